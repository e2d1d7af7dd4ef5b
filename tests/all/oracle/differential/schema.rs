//! Tables, indexes, views and triggers.

use super::{Scope, ScriptGenerator};

/// What a column holds, for the most part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Real,
    Text,
    Any,
}

#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    /// Whether a key holds it: it is changed one row at a time.
    pub in_key: bool,
    pub is_generated: bool,
}

/// A table, or a view.
#[derive(Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

impl Table {
    /// The columns that a write gives values to.
    pub fn given(&self) -> Vec<Column> {
        self.columns.iter().filter(|column| !column.is_generated).cloned().collect()
    }
}

impl ScriptGenerator {
    /// The statements that make two to four tables, and perhaps more.
    pub fn schema(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        for number in 0..2 + self.dice.roll(3) {
            all.push(self.create_table(number));
        }
        all.push("CREATE TABLE log(what, a, b)".into());
        for _ in 0..self.dice.roll(4) {
            all.push(self.create_index());
        }
        for _ in 0..self.dice.roll(3) {
            all.push(self.create_view());
        }
        for _ in 0..self.dice.roll(3) {
            all.push(self.create_trigger());
        }
        all
    }

    fn create_table(&mut self, number: usize) -> String {
        let name = format!("t{number}");
        let mut table = Table { name: name.clone(), columns: Vec::new() };
        let mut parts = vec![self.key_column(&mut table)];
        for (at, letter) in ["a", "b", "c", "d"].into_iter().enumerate() {
            if at > 1 && self.dice.roll(3) == 0 {
                continue;
            }
            let part = self.column(&mut table, &format!("{letter}{number}"));
            parts.push(part);
        }
        if self.dice.roll(4) == 0 {
            parts.push(self.generated_column(&mut table, number));
        }
        if self.dice.roll(3) == 0 && !self.tables.is_empty() {
            parts.push(self.reference(&mut table, number));
        }
        if self.dice.roll(4) == 0 {
            let columns: Vec<Column> = table.given();
            let (x, y) = (&columns[1], &columns[columns.len() - 1]);
            if x.name != y.name {
                parts.push(format!("UNIQUE ({}, {})", x.name, y.name));
                for column in &mut table.columns[1..] {
                    column.in_key = true;
                }
            }
        }
        if self.dice.roll(4) == 0 {
            let scope = Scope { queries: 0, ..self.columns_of(&table) };
            parts.push(format!("CHECK ({} OR id > 0)", self.condition(&scope, 2)));
        }
        self.tables.push(table);
        format!("CREATE TABLE {name}({})", parts.join(", "))
    }

    fn key_column(&mut self, table: &mut Table) -> String {
        let kind = Kind::Integer;
        table.columns.push(Column { name: "id".into(), kind, in_key: true, is_generated: false });
        "id INTEGER PRIMARY KEY".into()
    }

    fn column(&mut self, table: &mut Table, name: &str) -> String {
        let kind = *self.dice.pick(&[
            &Kind::Integer,
            &Kind::Text,
            &Kind::Real,
            &Kind::Any,
            &Kind::Integer,
        ]);
        let mut sql = match kind {
            Kind::Integer => format!("{name} INTEGER"),
            Kind::Real => format!("{name} REAL"),
            Kind::Text => format!("{name} TEXT"),
            Kind::Any => name.to_owned(),
        };
        let mut column = Column { name: name.into(), kind, in_key: false, is_generated: false };
        if self.collated && kind == Kind::Text {
            sql += &format!(" COLLATE {}", self.dice.pick(&["NOCASE", "RTRIM", "BINARY"]));
        }
        match self.dice.roll(12) {
            0 => {
                sql += " UNIQUE";
                column.in_key = true;
            }
            1 => sql += &format!(" NOT NULL DEFAULT {}", self.default(kind)),
            2 => sql += &format!(" DEFAULT {}", self.default(kind)),
            3 => sql += &format!(" CHECK ({name} IS NULL OR {name} <> {})", self.default(kind)),
            _ => {}
        }
        table.columns.push(column);
        sql
    }

    fn generated_column(&mut self, table: &mut Table, number: usize) -> String {
        // Before the row is there, SQLite computes with an id of -1.
        let mut scope = Scope { queries: 0, ..self.columns_of(table) };
        scope.columns.retain(|(name, _)| name != "id");
        let kind = *self.dice.pick(&[&Kind::Integer, &Kind::Text]);
        let (name, value) = (format!("g{number}"), self.value(kind, &scope, 2));
        let (of, kept) = match kind {
            Kind::Text => ("TEXT", self.dice.pick(&["", " VIRTUAL", " STORED"])),
            Kind::Integer | Kind::Real | Kind::Any => ("INTEGER", self.dice.pick(&["", " STORED"])),
        };
        table.columns.push(Column { name: name.clone(), kind, in_key: false, is_generated: true });
        format!("{name} {of} GENERATED ALWAYS AS ({value}){kept}")
    }

    fn default(&mut self, kind: Kind) -> &'static str {
        match kind {
            Kind::Integer | Kind::Any => self.dice.pick(&["1", "-2", "(3 + 1)"]),
            Kind::Real => self.dice.pick(&["0.5", "1.25"]),
            Kind::Text => self.dice.pick(&["'d'", "'A'", "('x' || 'y')"]),
        }
    }

    fn reference(&mut self, table: &mut Table, number: usize) -> String {
        let parent = self.tables[self.dice.roll(self.tables.len())].name.clone();
        let name = format!("p{number}");
        let actions = [
            "",
            " ON DELETE CASCADE",
            " ON DELETE SET NULL",
            " ON UPDATE CASCADE ON DELETE CASCADE",
        ];
        let action = self.dice.pick(&actions);
        table.columns.push(Column {
            name: name.clone(),
            kind: Kind::Integer,
            in_key: true,
            is_generated: false,
        });
        format!("{name} INTEGER REFERENCES {parent}(id){action}")
    }

    /// An index of columns or of an expression, perhaps of some rows only.
    pub fn create_index(&mut self) -> String {
        let table = self.table();
        let scope = Scope { queries: 0, ..self.columns_of(&table) };
        self.names += 1;
        let column = |dice: &mut crate::random::Dice| {
            table.columns[dice.roll(table.columns.len())].name.clone()
        };
        let mut keys = vec![column(&mut self.dice)];
        if self.dice.roll(3) == 0 {
            keys.push(self.deterministic(&scope));
        }
        if self.dice.roll(3) == 0 {
            keys[0] += self.dice.pick(&[" DESC", " COLLATE NOCASE", " COLLATE RTRIM DESC"]);
        }
        let some = match self.dice.roll(4) {
            0 => format!(" WHERE {} IS NOT NULL", column(&mut self.dice)),
            1 => format!(" WHERE id > {}", self.small()),
            _ => String::new(),
        };
        let name = format!("i{}", self.names);
        format!("CREATE INDEX {name} ON {}({}){some}", table.name, keys.join(", "))
    }

    /// An expression without queries.
    fn deterministic(&mut self, scope: &Scope) -> String {
        let kind = self.any_kind();
        // A literal alone is a name to CREATE INDEX of SQLite.
        format!("coalesce({}, id)", self.value(kind, scope, 2))
    }

    /// A view of a table or of another view.
    pub fn create_view(&mut self) -> String {
        self.names += 1;
        let name = format!("v{}", self.names);
        let (from, scope) = self.table_as("s");
        let column = |name: String, kind| Column { name, kind, in_key: false, is_generated: false };
        let mut columns = vec![column("id".into(), Kind::Integer)];
        let mut items = vec!["s.id".to_owned()];
        for at in 0..1 + self.dice.roll(3) {
            let kind = self.any_kind();
            items.push(self.value(kind, &scope, 2));
            columns.push(column(format!("w{at}"), kind));
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let (names, items, filter) =
            (names.join(", "), items.join(", "), self.condition(&scope, 2));
        let more = match self.dice.roll(4) {
            0 => format!(" UNION ALL SELECT {items} FROM {from} WHERE s.id > 4"),
            _ => String::new(),
        };
        self.views.push(Table { name: name.clone(), columns });
        format!("CREATE VIEW {name}({names}) AS SELECT {items} FROM {from} WHERE {filter}{more}")
    }

    /// A trigger that writes down what happened and may change another table; a table has one for each
    /// event at most, because SQLite promises no order.
    pub fn create_trigger(&mut self) -> String {
        let on_view = !self.views.is_empty() && self.dice.roll(3) == 0;
        let table = match on_view {
            true => self.views[self.dice.roll(self.views.len())].clone(),
            false => self.table(),
        };
        let event = self.dice.pick(&["INSERT", "UPDATE", "DELETE"]);
        let row = if event == "DELETE" { "OLD" } else { "NEW" };
        // BEFORE triggers of SQLite see generated columns now and then.
        let columns = table.given().into_iter().map(|c| (format!("{row}.{}", c.name), c.kind));
        let columns = columns.collect();
        let scope = Scope { columns, keys: Vec::new(), queries: 0 };
        let when = match self.dice.roll(3) {
            0 => format!(" WHEN {}", self.condition(&scope, 2)),
            _ => String::new(),
        };
        let time =
            if on_view { "INSTEAD OF" } else { self.dice.pick(&["BEFORE", "AFTER", "AFTER"]) };
        let mut body = Vec::new();
        if self.dice.roll(4) == 0 {
            let action = self.dice.pick(&["IGNORE", "ABORT, 'no'", "FAIL, 'no'"]);
            body.push(format!("SELECT RAISE({action}) WHERE {row}.id = 3"));
        }
        let (a, b) = (self.value(Kind::Integer, &scope, 2), self.value(Kind::Any, &scope, 1));
        body.push(format!("INSERT INTO log VALUES ('{event}', {a}, {b})"));
        if self.dice.roll(2) == 0 {
            body.extend(self.write_of_a_trigger(&table, &scope, row));
        }
        let (name, body) = (&table.name, body.join("; "));
        format!(
            "CREATE TRIGGER IF NOT EXISTS {name}_{event} {time} {event} ON {name}{when} BEGIN {body}; END"
        )
    }

    /// A change of one row of another table.
    fn write_of_a_trigger(&mut self, subject: &Table, scope: &Scope, row: &str) -> Option<String> {
        let other = self.table();
        let column = self.free_column(&other)?;
        if other.name == subject.name {
            return None;
        }
        let value = self.value(column.kind, scope, 1);
        let (name, column) = (&other.name, &column.name);
        Some(match self.dice.roll(4) {
            0 => format!("DELETE FROM {name} WHERE id = {row}.id + {}", self.dice.roll(3)),
            1 => format!(
                "INSERT OR IGNORE INTO {name}(id, {column}) VALUES ({row}.id % 12, {value})"
            ),
            _ => format!("UPDATE {name} SET {column} = {value} WHERE id = {row}.id"),
        })
    }
}
