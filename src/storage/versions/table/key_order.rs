//! Whether a table's rows stand in the order of the INTEGER PRIMARY KEY when they stand in that of their
//! numbers. Rows are shown in that order, as in SQLite; mostly it is the one in which they came, and then
//! nothing has to be sorted.

use crate::storage::versions::layer::Layer;
use crate::types::{RowId, TableSchema, Value};

/// What is known of the keys of all rows that a table ever had.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyOrder {
    /// The largest, as long as each row's was larger than those of the rows before it.
    largest: Option<i64>,
    is_that_of_rows: bool,
}

impl KeyOrder {
    /// That of a table without rows, over a base if there is one.
    pub fn new(base: Option<&Layer>) -> KeyOrder {
        let none = KeyOrder { largest: None, is_that_of_rows: true };
        base.map_or(none, |base| base.versions().key_order)
    }

    /// A row has come, before that of number `next`.
    pub fn note(&mut self, schema: &TableSchema, row: RowId, next: RowId, values: &[Value]) {
        let Some(key) = schema.integer_primary_key().and_then(|key| values.get(key)) else {
            return;
        };
        if let Value::Integer(key) = key
            && row >= next
            && self.largest.is_none_or(|most| most < *key)
        {
            self.largest = Some(*key);
        } else {
            self.is_that_of_rows = false;
        }
    }

    /// A column of a row has changed.
    pub fn note_change(&mut self, schema: &TableSchema, column: usize) {
        self.is_that_of_rows &= schema.integer_primary_key() != Some(column);
    }

    /// Whether the order of the rows' numbers is that of their keys.
    pub fn is_that_of_rows(self) -> bool {
        self.is_that_of_rows
    }
}
