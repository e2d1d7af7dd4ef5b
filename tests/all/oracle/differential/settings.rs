//! Transactions and savepoints, what PRAGMA sets, and what the schema and the session tell of themselves.

use super::{ScriptGenerator, Step};

impl ScriptGenerator {
    /// BEGIN, COMMIT or ROLLBACK.
    pub fn transaction(&mut self) -> String {
        match self.dice.roll(4) {
            0 => {
                if self.marks.is_empty() {
                    self.marks.push((None, self.made.clone()));
                }
                self.dice.pick(&["BEGIN", "BEGIN", "BEGIN IMMEDIATE"]).to_owned()
            }
            1 | 2 => {
                self.marks.clear();
                self.dice.pick(&["COMMIT", "END"]).to_owned()
            }
            _ => {
                if let Some((_, made)) = self.marks.drain(..).next() {
                    self.made = made;
                }
                "ROLLBACK".to_owned()
            }
        }
    }

    /// A savepoint that is set, released or gone back to.
    pub fn savepoint(&mut self) -> String {
        let name = format!("s{}", self.dice.roll(3));
        let found = self.marks.iter().rposition(|(known, _)| known.as_ref() == Some(&name));
        match (self.dice.roll(4), found) {
            (0 | 1, _) => {
                self.marks.push((Some(name.clone()), self.made.clone()));
                format!("SAVEPOINT {name}")
            }
            (2, found) => {
                if let Some(at) = found {
                    self.made = self.marks[at].1.clone();
                    self.marks.truncate(at + 1);
                }
                format!("ROLLBACK TO {name}")
            }
            (_, found) => {
                self.marks.truncate(found.unwrap_or(self.marks.len()));
                format!("RELEASE {name}")
            }
        }
    }

    /// A PRAGMA that sets something.
    pub fn setting(&mut self) -> String {
        if self.query_only {
            self.query_only = false;
            return "PRAGMA query_only = off".into();
        }
        let switch = self.dice.pick(&["on", "off"]);
        match self.dice.roll(12) {
            0..=2 => format!("PRAGMA foreign_keys = {switch}"),
            3 | 4 => "PRAGMA foreign_keys = on".into(),
            5 => "PRAGMA defer_foreign_keys = on".into(),
            6 | 7 => format!("PRAGMA recursive_triggers = {switch}"),
            8 => format!("PRAGMA ignore_check_constraints = {switch}"),
            9 => "PRAGMA ignore_check_constraints = off".into(),
            10 => {
                self.query_only = true;
                "PRAGMA query_only = on".into()
            }
            _ => format!("PRAGMA user_version = {}", self.small()),
        }
    }

    /// A query about the schema or the session.
    pub fn told(&mut self) -> Step {
        let table = self.table().name;
        let sql = match self.dice.roll(14) {
            0 => format!("PRAGMA table_info({table})"),
            1 => format!("PRAGMA table_xinfo({table})"),
            2 => format!("PRAGMA index_list({table})"),
            3 if self.refers_later => format!(
                "SELECT \"table\", \"from\", \"to\", on_delete FROM pragma_foreign_key_list('{table}')"
            ),
            3 => format!("PRAGMA foreign_key_list({table})"),
            // The number of a row that is gone is no other row's.
            4 if self.hides_numbers || self.refers_later => {
                "SELECT \"table\", parent FROM pragma_foreign_key_check".into()
            }
            4 => "PRAGMA foreign_key_check".into(),
            5 => format!("PRAGMA index_xinfo(i{})", 1 + self.dice.roll(6)),
            6 => format!(
                "SELECT i.name, i.\"unique\", i.origin, i.partial, c.seqno, c.name FROM \
                 pragma_index_list('{table}') i JOIN pragma_index_info(i.name) c"
            ),
            7 => {
                format!("SELECT count(*), max(name) FROM pragma_table_info('{table}') WHERE pk = 0")
            }
            // A strict table's keys have no names there.
            8 if !self.flexible => "SELECT type, name, tbl_name FROM sqlite_master \
                 WHERE name NOT LIKE 'sqlite%'"
                .into(),
            // That of AUTOINCREMENT stays in SQLite when its tables are gone.
            8 => "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_s%'"
                .into(),
            9 => "SELECT type, name, tbl_name FROM sqlite_temp_master \
                 WHERE name NOT LIKE 'sqlite%'"
                .into(),
            10 => super::deliberate::CHANGES.into(),
            11 if !self.hides_numbers => super::deliberate::NUMBER.into(),
            12 => {
                let name = self.dice.pick(&[
                    "foreign_keys",
                    "defer_foreign_keys",
                    "recursive_triggers",
                    "ignore_check_constraints",
                    "query_only",
                    "user_version",
                ]);
                format!("PRAGMA {name}")
            }
            _ if self.numbered => "SELECT name, seq FROM sqlite_sequence WHERE seq <> 0".into(),
            _ => super::deliberate::CHANGES.into(),
        };
        Step::Query { sql, ordered: false, of_its_time: false }
    }
}
