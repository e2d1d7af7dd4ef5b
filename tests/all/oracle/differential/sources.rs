//! What stands in FROM beside tables: JSON as a table, and VALUES.

use super::schema::Kind;
use super::{Scope, ScriptGenerator};

const ARRAYS: &[&str] = &["[1,2.5,\"a\",null]", "[]", "[[1],{\"a\":2},3]", "[7]"];

const OBJECTS: &[&str] = &["{\"a\":[1,2],\"b\":{\"c\":\"x\"}}", "{\"a\":1,\"b\":null}", "5"];

/// The columns of a source that are compared, and the one that is another in each row.
fn scope(alias: &str, columns: &[(&str, Kind)], key: &str) -> Scope {
    let named = |(name, kind): &(&str, Kind)| (format!("{alias}.{name}"), *kind);
    let columns = columns.iter().map(named).collect();
    Scope { columns, keys: vec![format!("{alias}.{key}")], queries: 1 }
}

impl ScriptGenerator {
    /// Rows of constants.
    pub fn constant_source(&mut self, alias: &str) -> (String, Scope) {
        match self.dice.roll(3) {
            0 => {
                let (a, b) = (self.literal(Kind::Integer), self.literal(Kind::Text));
                let columns = [("column1", Kind::Integer), ("column2", Kind::Any)];
                let sql = format!("(VALUES (1, {a}), (2, {b}), (3, 'a')) {alias}");
                (sql, scope(alias, &columns, "column1"))
            }
            1 => {
                let json = self.dice.pick(ARRAYS);
                let columns = [("key", Kind::Integer), ("atom", Kind::Any), ("type", Kind::Text)];
                (format!("json_each('{json}') {alias}"), scope(alias, &columns, "key"))
            }
            _ => {
                let json = self.dice.pick(OBJECTS);
                let columns = [("fullkey", Kind::Text), ("atom", Kind::Any), ("type", Kind::Text)];
                (format!("json_tree('{json}') {alias}"), scope(alias, &columns, "fullkey"))
            }
        }
    }

    /// JSON that the tables beside it say.
    pub fn json_of(&mut self, beside: &Scope, alias: &str) -> (String, Scope) {
        let (number, text) =
            (self.leaf(Kind::Integer, beside), self.value(Kind::Text, &beside.plain(), 1));
        let columns = [("key", Kind::Any), ("value", Kind::Any), ("path", Kind::Text)];
        let json = match self.dice.roll(2) {
            0 => format!("json_array(quote({number}), '' || {text})"),
            _ => format!("json_object('a', '' || {text}, 'b', json_array(1, 2))"),
        };
        (format!("json_each({json}) {alias}"), scope(alias, &columns, "key"))
    }
}
