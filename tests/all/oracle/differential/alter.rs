//! Changes of the schema: columns and tables that come, go and are renamed.

use super::schema::{Column, Kind, Table};
use super::{Scope, ScriptGenerator};

impl ScriptGenerator {
    /// ALTER TABLE of some kind.
    pub fn alter(&mut self) -> String {
        let at = self.dice.roll(self.made.tables.len());
        match self.dice.roll(13) {
            9.. => self.alter_constraint(at),
            0..=2 => self.rename_column(at),
            3 | 4 => self.drop_column(at),
            5 => self.rename_table(at),
            _ => self.add_column(at),
        }
    }

    fn rename_column(&mut self, at: usize) -> String {
        let table = self.made.tables[at].clone();
        let renamed = 1 + self.dice.roll(table.columns.len() - 1);
        let (name, old) = (self.name('n'), table.columns[renamed].name.clone());
        self.made.tables[at].columns[renamed].name.clone_from(&name);
        format!("ALTER TABLE {} RENAME COLUMN {old} TO {name}", table.name)
    }

    fn drop_column(&mut self, at: usize) -> String {
        let table = self.made.tables[at].clone();
        let dropped = 1 + self.dice.roll(table.columns.len() - 1);
        let name = table.columns[dropped].name.clone();
        // Mostly one of a key or an index is not dropped, and remains.
        if table.columns.len() > 3 && !table.columns[dropped].in_key {
            self.made.tables[at].columns.remove(dropped);
        }
        format!("ALTER TABLE {} DROP COLUMN {name}", table.name)
    }

    /// A condition that comes or goes, and NOT NULL.
    fn alter_constraint(&mut self, at: usize) -> String {
        let table = self.made.tables[at].clone();
        let name = &table.name;
        let column = &table.columns[1 + self.dice.roll(table.columns.len() - 1)].name;
        let number = self.dice.roll(3);
        match self.dice.roll(4) {
            0 => {
                let condition = self.condition(&self.columns_of(&table).plain(), 1);
                format!("ALTER TABLE {name} ADD CONSTRAINT c{number} CHECK ({condition} OR id < 9)")
            }
            1 => format!("ALTER TABLE {name} DROP CONSTRAINT c{number}"),
            2 => format!("ALTER TABLE {name} ALTER COLUMN {column} SET NOT NULL"),
            _ => format!("ALTER TABLE {name} ALTER COLUMN {column} DROP NOT NULL"),
        }
    }

    fn rename_table(&mut self, at: usize) -> String {
        let (old, name) = (self.made.tables[at].name.clone(), self.name('r'));
        self.made.tables[at].name.clone_from(&name);
        format!("ALTER TABLE {old} RENAME TO {name}")
    }

    fn add_column(&mut self, at: usize) -> String {
        let (table, name) = (self.made.tables[at].clone(), self.name('n'));
        let mut kind = self.any_kind();
        let mut is_generated = false;
        let sql = match (kind, self.dice.roll(5)) {
            (Kind::Integer, 0) => {
                let of = self.made.tables[self.dice.roll(self.made.tables.len())].name.clone();
                let of = if table.is_temporary { table.name.clone() } else { of };
                self.refers_later = true;
                format!("INTEGER REFERENCES {of}(id)")
            }
            (Kind::Integer, 1) => format!("INTEGER CHECK ({name} IS NULL OR {name} < 100)"),
            (Kind::Integer | Kind::Real, 2) => {
                let scope = self.columns_of(&table).plain();
                let scope = Scope { columns: without_id(scope.columns), ..scope };
                (kind, is_generated) = (Kind::Integer, true);
                format!("INTEGER AS ({})", self.value(Kind::Integer, &scope, 1))
            }
            (Kind::Integer, _) => "INTEGER DEFAULT 5".into(),
            (Kind::Real, _) => "REAL".into(),
            (Kind::Text, 0) if self.collated => "TEXT COLLATE NOCASE".into(),
            (Kind::Text, _) => "TEXT NOT NULL DEFAULT 'new'".into(),
            (Kind::Any, _) => String::new(),
        };
        let column = Column { is_generated, ..Column::new(name.clone(), kind) };
        self.made.tables[at].columns.push(column);
        format!("ALTER TABLE {} ADD COLUMN {name} {sql}", table.name)
    }

    /// A table from a query, which is only looked at.
    pub fn create_table_as(&mut self) -> String {
        let (from, scope) = self.table_as("x");
        let items: Vec<String> = (0..1 + self.dice.roll(3))
            .map(|at| {
                let value = self.value(Kind::Any, &scope, 1);
                format!("{value} AS c{at}")
            })
            .collect();
        let (temporary, name) = (self.dice.pick(&["", "", "TEMP "]), self.name('c'));
        format!("CREATE {temporary}TABLE {name} AS SELECT {} FROM {from}", items.join(", "))
    }

    /// What is dropped: mostly something that is not there.
    pub fn drop(&mut self) -> String {
        let number = 1 + self.dice.roll(self.names.max(8));
        match self.dice.roll(6) {
            0..=2 => format!("DROP INDEX IF EXISTS i{number}"),
            3 => format!("DROP TABLE IF EXISTS c{number}"),
            4 => {
                let name = format!("v{number}");
                self.made.views.retain(|view| view.name != name);
                format!("DROP VIEW IF EXISTS {name}")
            }
            _ => {
                let event = self.dice.pick(&["INSERT", "UPDATE", "DELETE"]);
                let at = self.dice.pick(&["", "0"]);
                format!("DROP TRIGGER IF EXISTS {}_{event}{at}", self.table().origin)
            }
        }
    }

    /// A table goes with its rows; another of its kind comes at another time.
    pub fn drop_table(&mut self) -> String {
        if self.made.tables.len() < 3 {
            return self.delete();
        }
        let at = self.dice.roll(self.made.tables.len());
        let Table { name, .. } = self.made.tables.remove(at);
        format!("DROP TABLE {name}")
    }
}

fn without_id(columns: Vec<(String, Kind)>) -> Vec<(String, Kind)> {
    columns.into_iter().filter(|(name, _)| name != "id").collect()
}
