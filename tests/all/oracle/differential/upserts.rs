//! Upserts: what is written where a row is met, of one key or of several.

use super::schema::{Column, Table};
use super::{Scope, ScriptGenerator};

impl ScriptGenerator {
    pub fn upsert(&mut self) -> String {
        let table = self.table();
        let (target, columns) = self.targets(&table);
        let rows: Vec<String> = (0..1 + self.dice.roll(2)).map(|_| self.row(&columns)).collect();
        let rows = rows.join(", ");
        let free: Vec<Column> = table.given().into_iter().filter(|c| !c.in_key).collect();
        if free.is_empty() || self.dice.roll(4) == 0 {
            return format!("INSERT INTO {target} VALUES {rows} ON CONFLICT DO NOTHING");
        }
        let unique: Vec<&Column> = table.columns.iter().filter(|column| column.is_unique).collect();
        let key = unique[self.dice.roll(unique.len())].name.clone();
        let key = if self.dice.roll(2) == 0 { "id".into() } else { key };
        let mut sql =
            format!("INSERT INTO {target} VALUES {rows}{}", self.update_of(&table, &free, &key));
        match self.dice.roll(4) {
            0 => sql += " ON CONFLICT DO NOTHING",
            1 => {
                let scope = self.met(&table);
                let (name, kind) = (&free[0].name, free[0].kind);
                sql +=
                    &format!(" ON CONFLICT DO UPDATE SET {name} = {}", self.value(kind, &scope, 1));
            }
            _ => {}
        }
        sql + &self.returning(&table)
    }

    /// What an upsert may name: the row that is there, and the row that would have come.
    fn met(&mut self, table: &Table) -> Scope {
        let mut scope = self.columns_of(table).plain();
        for column in table.given() {
            let name = &table.name;
            scope.columns.push((format!("excluded.{}", column.name), column.kind));
            scope.columns.push((format!("{name}.{}", column.name), column.kind));
        }
        scope
    }

    /// What changes where a row has the same key, perhaps under a condition.
    fn update_of(&mut self, table: &Table, free: &[Column], key: &str) -> String {
        let scope = self.met(table);
        let first = &free[self.dice.roll(free.len())];
        let value = self.value(first.kind, &scope, 1);
        let set = match free.iter().find(|column| column.name != first.name) {
            Some(other) if self.dice.roll(4) == 0 => {
                let second = self.value(other.kind, &scope, 1);
                format!("({}, {}) = ({value}, {second})", first.name, other.name)
            }
            Some(other) if self.dice.roll(3) == 0 => {
                format!("{} = {value}, {other} = excluded.{other}", first.name, other = other.name)
            }
            _ => format!("{} = {value}", first.name),
        };
        let filter = match self.dice.roll(3) {
            0 => format!(" WHERE {}", self.condition(&scope, 1)),
            _ => String::new(),
        };
        format!(" ON CONFLICT ({key}) DO UPDATE SET {set}{filter}")
    }
}
