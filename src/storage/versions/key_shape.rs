//! What the entries of a key's index are made of.

use super::bytes::Bytes;
use super::column::StoredColumn;
use crate::types::{Collation, KeySchema, TableSchema, Value, key::push_collated};

/// The columns of a key, and how their texts compare.
#[derive(Clone, Debug)]
pub(super) struct KeyShape {
    columns: Vec<StoredColumn>,
    collations: Vec<Collation>,
}

impl KeyShape {
    /// That of a table's key.
    pub fn of(key: &KeySchema, table: &TableSchema) -> KeyShape {
        let mut shape = KeyShape { columns: Vec::new(), collations: Vec::new() };
        for part in key.parts(table).iter() {
            let column = part.source.column().and_then(|at| table.columns.get(at));
            shape.columns.extend(column.map(StoredColumn::new));
            shape.collations.extend(column.map(|_| part.collation));
        }
        shape
    }

    /// The columns whose values it is made from.
    pub fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    /// The entry of a row, whose values `value` gives.
    pub fn encode(&self, value: impl Fn(&StoredColumn) -> Value) -> Bytes {
        let mut bytes = Vec::with_capacity(16);
        for (column, collation) in self.columns.iter().zip(&self.collations) {
            push_collated(&mut bytes, &value(column), *collation);
        }
        Bytes::from(bytes.as_slice())
    }

    /// What the entries begin with whose first values these are.
    pub fn prefix(&self, values: &[Value]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16);
        for (value, collation) in values.iter().zip(&self.collations) {
            push_collated(&mut bytes, value, *collation);
        }
        bytes
    }
}
