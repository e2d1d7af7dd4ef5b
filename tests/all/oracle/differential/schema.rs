//! Tables, indexes and views.

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
    /// Whether no two rows have the same in it.
    pub is_unique: bool,
    pub is_generated: bool,
}

impl Column {
    pub fn new(name: impl Into<String>, kind: Kind) -> Column {
        let name = name.into();
        Column { name, kind, in_key: false, is_unique: false, is_generated: false }
    }
}

/// A table, or a view.
#[derive(Clone)]
pub struct Table {
    pub name: String,
    /// The name that it had first.
    pub origin: String,
    pub columns: Vec<Column>,
    pub is_temporary: bool,
    /// Whether AUTOINCREMENT counts its rows.
    pub is_numbered: bool,
    /// Whether its key is a column before the `id`, and that.
    pub has_long_key: bool,
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
            all.push(self.create_table(number, false));
        }
        if self.dice.roll(4) == 0 {
            all.push(self.create_table(9, true));
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

    fn create_table(&mut self, number: usize, is_temporary: bool) -> String {
        let name = if is_temporary { "k".to_owned() } else { format!("t{number}") };
        let origin = name.clone();
        let mut table = Table {
            name: name.clone(),
            origin,
            columns: Vec::new(),
            is_temporary,
            is_numbered: false,
            has_long_key: false,
        };
        let (key, options) = self.key_column(&mut table);
        let (mut parts, mut constraints) = (vec![key], Vec::new());
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
        if self.dice.roll(3) == 0 && !is_temporary {
            let (column, constraint) = self.reference(&mut table, number);
            parts.push(column);
            constraints.extend(constraint);
        }
        if table.has_long_key {
            table.columns[1].in_key = true;
            constraints.push(format!("PRIMARY KEY ({}, id)", table.columns[1].name));
        }
        if self.dice.roll(4) == 0 {
            let columns: Vec<Column> = table.given();
            let (x, y) = (&columns[1], &columns[columns.len() - 1]);
            if x.name != y.name {
                constraints.push(format!("UNIQUE ({}, {})", x.name, y.name));
                for column in &mut table.columns[1..] {
                    column.in_key = true;
                }
            }
        }
        if self.dice.roll(4) == 0 {
            let scope = self.columns_of(&table).plain();
            constraints.push(format!("CHECK ({} OR id > 0)", self.condition(&scope, 2)));
        }
        self.made.tables.push(table);
        parts.append(&mut constraints);
        let temporary = if is_temporary { "TEMP " } else { "" };
        format!("CREATE {temporary}TABLE {name}({}){options}", parts.join(", "))
    }

    /// The column that tells rows apart, and what stands behind the table for it.
    fn key_column(&mut self, table: &mut Table) -> (String, &'static str) {
        let id = Column::new("id", Kind::Integer);
        table.columns.push(Column { in_key: true, is_unique: true, ..id });
        let (key, options) = match self.dice.roll(8) {
            // Those of temporary tables are counted in a table of their own in SQLite.
            0 if !table.is_temporary => {
                self.numbered = true;
                table.is_numbered = true;
                ("id INTEGER PRIMARY KEY AUTOINCREMENT", "")
            }
            1 => ("id INTEGER PRIMARY KEY", " WITHOUT ROWID"),
            4 => {
                table.has_long_key = true;
                ("id INTEGER NOT NULL UNIQUE", " WITHOUT ROWID")
            }
            // In strict tables an INT is an INTEGER here, too.
            2 if self.flexible => {
                self.hides_numbers = true;
                ("id INT NOT NULL PRIMARY KEY", "")
            }
            3 => {
                self.hides_numbers = true;
                ("id INTEGER NOT NULL UNIQUE", "")
            }
            _ => ("id INTEGER PRIMARY KEY", ""),
        };
        (key.into(), options)
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
        let mut column = Column::new(name, kind);
        if self.collated && kind == Kind::Text {
            sql += &format!(" COLLATE {}", self.dice.pick(&["NOCASE", "RTRIM", "BINARY"]));
        }
        match self.dice.roll(12) {
            0 => {
                sql += " UNIQUE";
                (column.in_key, column.is_unique) = (true, true);
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
        let mut scope = self.columns_of(table).plain();
        scope.columns.retain(|(name, _)| name != "id");
        let kind = *self.dice.pick(&[&Kind::Integer, &Kind::Text]);
        let (name, value) = (format!("g{number}"), self.value(kind, &scope, 2));
        let (of, kept) = match kind {
            Kind::Text => ("TEXT", self.dice.pick(&["", " VIRTUAL", " STORED"])),
            Kind::Integer | Kind::Real | Kind::Any => ("INTEGER", self.dice.pick(&["", " STORED"])),
        };
        table.columns.push(Column { is_generated: true, ..Column::new(name.clone(), kind) });
        format!("{name} {of} GENERATED ALWAYS AS ({value}){kept}")
    }

    fn default(&mut self, kind: Kind) -> &'static str {
        match kind {
            Kind::Integer | Kind::Any => self.dice.pick(&["1", "-2", "(3 + 1)"]),
            Kind::Real => self.dice.pick(&["0.5", "1.25"]),
            Kind::Text => self.dice.pick(&["'d'", "'A'", "('x' || 'y')"]),
        }
    }

    /// A column that refers to rows of another table or of its own, or one that does so with a column
    /// before it.
    fn reference(&mut self, table: &mut Table, number: usize) -> (String, Option<String>) {
        let at = self.dice.roll(self.made.tables.len() + 1);
        let parent = self.made.tables.get(at).unwrap_or(table).clone();
        let name = format!("p{number}");
        let actions = [
            "",
            " ON DELETE CASCADE",
            " ON DELETE SET NULL",
            " ON UPDATE CASCADE ON DELETE CASCADE",
            " ON DELETE SET DEFAULT",
            " ON UPDATE SET NULL ON DELETE RESTRICT",
        ];
        // SQLite acts on each row of a DELETE before the next: it returns none that went with another, and is
        // restricted by rows that are to go.
        let refers_to_itself = at == self.made.tables.len();
        let action = match self.dice.pick(&actions) {
            action if refers_to_itself && !action.ends_with("SET NULL") => "",
            action => action,
        };
        let time = self.dice.pick(&["", "", " DEFERRABLE INITIALLY DEFERRED", " DEFERRABLE"]);
        let column = Column::new(name.clone(), Kind::Integer);
        table.columns.push(Column { in_key: true, ..column });
        let (first, parent_name) = (&table.columns[1].name, &parent.name);
        match parent.has_long_key && !refers_to_itself {
            true => {
                let keys = format!("({}, id)", parent.columns[1].name);
                let refers = format!("FOREIGN KEY ({first}, {name}) REFERENCES {parent_name}");
                (format!("{name} INTEGER"), Some(format!("{refers}{keys}{action}{time}")))
            }
            false => (format!("{name} INTEGER REFERENCES {parent_name}(id){action}{time}"), None),
        }
    }

    /// An index of columns or of an expression, perhaps of some rows only, and seldom unique.
    pub fn create_index(&mut self) -> String {
        let table = self.table();
        let scope = self.columns_of(&table).plain();
        let name = self.name('i');
        let unique = if self.dice.roll(6) == 0 { "UNIQUE " } else { "" };
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
        if !unique.is_empty() {
            let known = self.made.tables.iter_mut().find(|known| known.name == table.name);
            for column in known.into_iter().flat_map(|known| &mut known.columns) {
                column.in_key = true;
            }
        }
        format!("CREATE {unique}INDEX {name} ON {}({}){some}", table.name, keys.join(", "))
    }

    /// An expression without queries.
    fn deterministic(&mut self, scope: &Scope) -> String {
        let kind = self.any_kind();
        // A literal alone is a name to CREATE INDEX of SQLite.
        format!("coalesce({}, id)", self.value(kind, scope, 2))
    }

    /// A view of a table or of another view.
    pub fn create_view(&mut self) -> String {
        let name = self.name('v');
        self.named_temporary = false;
        let (from, scope) = self.table_as("s");
        let mut columns = vec![Column::new("id", Kind::Integer)];
        let mut items = vec!["s.id".to_owned()];
        for at in 0..1 + self.dice.roll(3) {
            let kind = self.any_kind();
            items.push(self.value(kind, &scope, 2));
            columns.push(Column::new(format!("w{at}"), kind));
        }
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let (names, items, filter) =
            (names.join(", "), items.join(", "), self.condition(&scope, 2));
        let more = match self.dice.roll(4) {
            0 => format!(" UNION ALL SELECT {items} FROM {from} WHERE s.id > 4"),
            _ => String::new(),
        };
        // What is not temporary names nothing that is.
        let is_temporary = self.named_temporary || self.dice.roll(6) == 0;
        let temporary = if is_temporary { "TEMP " } else { "" };
        let origin = name.clone();
        self.made.views.push(Table {
            name: name.clone(),
            origin,
            columns,
            is_temporary,
            is_numbered: false,
            has_long_key: false,
        });
        format!(
            "CREATE {temporary}VIEW {name}({names}) AS SELECT {items} FROM {from} WHERE {filter}{more}"
        )
    }
}
