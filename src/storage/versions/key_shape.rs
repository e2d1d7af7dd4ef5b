//! What the entries of a key's index are made of.

use super::bytes::Bytes;
use super::column::StoredColumn;
use super::table::KeyFunction;
use crate::types::{Collation, KeySchema, TableSchema, Value, key::push_collated};
use std::sync::Arc;

/// The bytes that most values have in an entry: a number takes ten, and is what most keys are made of.
const VALUE_BYTES: usize = 16;

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
    pub fn of(key: &KeySchema, table: &TableSchema) -> Arc<KeyShape> {
        let parts = key.parts(table);
        let (columns, collations) =
            (Vec::with_capacity(parts.len()), Vec::with_capacity(parts.len()));
        let mut shape = KeyShape { columns, collations, function: None };
        for part in parts.iter() {
            if let Some(column) = part.source.column().and_then(|at| table.columns.get(at)) {
                shape.columns.push(StoredColumn::new(column));
                shape.collations.push(part.collation);
            }
        }
        Arc::new(shape)
    }

    /// That of a key that has to be computed.
    pub fn computed(function: &Arc<dyn KeyFunction>, table: &TableSchema) -> Arc<KeyShape> {
        let key = function.key();
        let columns = key.columns.iter().filter_map(|at| table.columns.get(*at));
        Arc::new(KeyShape {
            columns: columns.map(StoredColumn::new).collect(),
            collations: key.parts(table).iter().map(|part| part.collation).collect(),
            function: Some(Arc::clone(function)),
        })
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
    ///
    /// # Errors
    /// Those of `value`.
    pub fn encode<E>(
        &self,
        value: impl Fn(&StoredColumn) -> Result<Value, E>,
    ) -> Result<Option<Bytes>, E> {
        if let Some(function) = &self.function {
            let columns: Result<Vec<Value>, E> = self.columns.iter().map(value).collect();
            let values = function.values(&columns?);
            return Ok(values.map(|values| Bytes::from(self.prefix(&values).as_slice())));
        }
        let mut bytes = Vec::with_capacity(self.columns.len() * VALUE_BYTES);
        for (column, collation) in self.columns.iter().zip(&self.collations) {
            push_collated(&mut bytes, &value(column)?, *collation);
        }
        Ok(Some(Bytes::from(bytes.as_slice())))
    }

    /// What the entries begin with whose first values these are.
    pub fn prefix(&self, values: &[Value]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(values.len() * VALUE_BYTES);
        for (value, collation) in values.iter().zip(&self.collations) {
            push_collated(&mut bytes, value, *collation);
        }
        bytes
    }
}
