//! Triggers, which write down what happened and change other tables.

use super::schema::{Kind, Table};
use super::{Scope, ScriptGenerator};

impl ScriptGenerator {
    /// A trigger that writes down what happened and may change another table; a table has one for each
    /// event and time at most, because SQLite promises no order.
    pub fn create_trigger(&mut self) -> String {
        let on_view = !self.made.views.is_empty() && self.dice.roll(3) == 0;
        let table = match on_view {
            true => self.made.views[self.dice.roll(self.made.views.len())].clone(),
            false => self.table(),
        };
        self.named_temporary = table.is_temporary;
        let event = self.dice.pick(&["INSERT", "UPDATE", "DELETE"]);
        let rows: &[&str] = match event {
            "INSERT" => &["NEW"],
            "DELETE" => &["OLD"],
            _ => &["NEW", "OLD"],
        };
        let time =
            if on_view { "INSTEAD OF" } else { self.dice.pick(&["BEFORE", "AFTER", "AFTER"]) };
        let given = table.given();
        // BEFORE triggers of SQLite see generated columns now and then.
        let known = if time == "BEFORE" { &given } else { &table.columns };
        let named = |row: &&str| {
            let row = (*row).to_owned();
            known.iter().map(move |column| (format!("{row}.{}", column.name), column.kind))
        };
        let columns = rows.iter().flat_map(named).collect();
        let scope = Scope { columns, keys: Vec::new(), queries: 0 };
        let asking = Scope { queries: 1, ..scope.clone() };
        let when = match self.dice.roll(3) {
            0 => format!(" WHEN {}", self.condition(&asking, 2)),
            _ => String::new(),
        };
        let of = match (event, on_view, self.dice.roll(3)) {
            ("UPDATE", false, 0) => {
                format!(" OF {}, id", given[self.dice.roll(given.len())].name)
            }
            _ => String::new(),
        };
        let row = rows[0];
        let mut body = Vec::new();
        if self.dice.roll(4) == 0 {
            // What FAIL leaves behind SQLite does not count with AUTOINCREMENT.
            let fail = if self.numbered { "ABORT, 'no'" } else { "FAIL, 'no'" };
            let action = self.dice.pick(&["IGNORE", "ABORT, 'no'", fail, "ROLLBACK, 'no'"]);
            body.push(format!("SELECT RAISE({action}) WHERE {row}.id = 3"));
        }
        let (a, b) = (self.value(Kind::Integer, &scope, 2), self.value(Kind::Any, &asking, 1));
        body.push(format!("INSERT INTO log VALUES ('{event}', {a}, {b})"));
        for _ in 0..self.dice.roll(3) {
            body.extend(self.write_of_a_trigger(&table, &scope, row));
        }
        if time == "AFTER" && self.dice.roll(6) == 0 {
            body.extend(self.write_to_its_own(&table, &scope, row));
        }
        // What is not temporary names nothing that is.
        let temporary = if self.named_temporary || self.dice.roll(8) == 0 { "TEMP " } else { "" };
        let (name, origin, body) = (&table.name, &table.origin, body.join("; "));
        let at = if time == "BEFORE" { "0" } else { "" };
        format!(
            "CREATE {temporary}TRIGGER IF NOT EXISTS {origin}_{event}{at} {time} {event}{of} ON {name}{when} BEGIN {body}; END"
        )
    }

    /// A change of another row of the same table, which fires more where triggers are recursive; the rows that
    /// it leads to come to an end.
    fn write_to_its_own(&mut self, table: &Table, scope: &Scope, row: &str) -> Option<String> {
        let column = self.free_column(table)?;
        let value = self.value(column.kind, scope, 1);
        let (name, column) = (&table.name, &column.name);
        Some(match self.dice.roll(3) {
            0 => format!("DELETE FROM {name} WHERE id = {row}.id + 2"),
            1 => format!(
                "INSERT OR IGNORE INTO {name}(id, {column}) SELECT {row}.id + 20, {value} \
                 WHERE {row}.id < 12"
            ),
            _ => format!("UPDATE {name} SET {column} = {value} WHERE id = {row}.id + 1"),
        })
    }

    /// A change of one row of another table.
    fn write_of_a_trigger(&mut self, subject: &Table, scope: &Scope, row: &str) -> Option<String> {
        let other = self.table();
        self.named_temporary |= other.is_temporary;
        let column = self.free_column(&other)?;
        if other.name == subject.name {
            return None;
        }
        let value = self.value(column.kind, scope, 1);
        let (name, column) = (&other.name, &column.name);
        Some(match self.dice.roll(7) {
            0 => format!("DELETE FROM {name} WHERE id = {row}.id + {}", self.dice.roll(3)),
            2 => format!(
                "INSERT INTO {name}(id, {column}) VALUES ({row}.id % 12, {value}) \
                 ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column}"
            ),
            3 => format!(
                "REPLACE INTO {name}(id, {column}) SELECT id, {value} FROM {name} \
                 WHERE id = {row}.id"
            ),
            1 => format!(
                "INSERT OR IGNORE INTO {name}(id, {column}) VALUES ({row}.id % 12, {value})"
            ),
            _ => format!("UPDATE {name} SET {column} = {value} WHERE id = {row}.id"),
        })
    }
}
