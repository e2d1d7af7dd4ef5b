//! What the entries of a key's index are made of.

use super::bytes::Bytes;
use super::column::StoredColumn;
use super::table::KeyFunction;
use crate::types::{Collation, KeySchema, TableSchema, Value, key::push_collated};
use std::sync::Arc;

/// The columns of a key, and how their texts compare.
#[derive(Clone, Debug)]
pub(super) struct KeyShape {
    columns: Vec<StoredColumn>,
    collations: Vec<Collation>,
    /// What makes the key of the columns' values, where it is not these.
    function: Option<Arc<dyn KeyFunction>>,
}

impl KeyShape {
    /// That of a table's key.
    pub fn of(key: &KeySchema, table: &TableSchema) -> KeyShape {
        let (columns, collations) = (Vec::new(), Vec::new());
        let mut shape = KeyShape { columns, collations, function: None };
        for part in key.parts(table).iter() {
            let column = part.source.column().and_then(|at| table.columns.get(at));
            shape.columns.extend(column.map(StoredColumn::new));
            shape.collations.extend(column.map(|_| part.collation));
        }
        shape
    }

    /// That of a key that has to be computed.
    pub fn computed(function: &Arc<dyn KeyFunction>, table: &TableSchema) -> KeyShape {
        let key = function.key();
        let columns = key.columns.iter().filter_map(|at| table.columns.get(*at));
        KeyShape {
            columns: columns.map(StoredColumn::new).collect(),
            collations: key.parts(table).iter().map(|part| part.collation).collect(),
            function: Some(Arc::clone(function)),
        }
    }

    /// The key that is computed, if it is.
    pub fn key(&self) -> Option<&KeySchema> {
        self.function.as_ref().map(|function| function.key())
    }

    /// The columns whose values it is made from.
    pub fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    /// The entry of a row, whose values `value` gives; `None` where the key is not about the row.
    pub fn encode(&self, value: impl Fn(&StoredColumn) -> Value) -> Option<Bytes> {
        if let Some(function) = &self.function {
            let columns: Vec<Value> = self.columns.iter().map(value).collect();
            let values = function.values(&columns)?;
            return Some(Bytes::from(self.prefix(&values).as_slice()));
        }
        let mut bytes = Vec::with_capacity(16);
        for (column, collation) in self.columns.iter().zip(&self.collations) {
            push_collated(&mut bytes, &value(column), *collation);
        }
        Some(Bytes::from(bytes.as_slice()))
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
