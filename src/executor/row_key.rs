//! Keys of rows: the values of columns, or what expressions give for a row.

use super::Error;
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use crate::planner::{self, BoundKey};
use crate::storage::{KeyFunction, LocatedVersion, TableView};
use crate::types::column::{array_of, value_at};
use crate::types::{Collation, DataType, KeySchema, Row, TableSchema, Value, key};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

/// A key of a table, as a statement asks rows for it.
pub(super) struct RowKey<'a> {
    /// The key.
    pub key: &'a KeySchema,
    table: &'a TableSchema,
    /// The columns that its parts are, where all of them are columns.
    columns: Option<Cow<'a, [usize]>>,
    /// How its parts compare, once somebody asked.
    collations: OnceCell<Vec<Collation>>,
    /// What computes it, where it is more than columns.
    computed: Option<Arc<ComputedKey>>,
}

impl<'a> RowKey<'a> {
    /// A table's key.
    ///
    /// # Errors
    /// What the planner says of its definition, which was sound when it was made.
    pub fn new(key: &'a KeySchema, table: &'a TableSchema) -> Result<RowKey<'a>, Error> {
        let (columns, collations) = (key.part_columns(), OnceCell::new());
        let computed = key.is_computed().then(|| ComputedKey::new(key, table).map(Arc::new));
        Ok(RowKey { key, table, columns, collations, computed: computed.transpose()? })
    }

    /// The type of a part.
    fn type_of(&self, part: usize) -> DataType {
        let column = match &self.columns {
            Some(columns) => columns.get(part).copied(),
            None => self.key.parts.get(part).and_then(|part| part.source.column()),
        };
        column.map_or(DataType::Any, |column| self.table.columns[column].data_type)
    }

    /// Values as the key's first parts hold them; `None` where one is NULL, or none that its part can
    /// hold: it is equal to nothing there.
    pub fn held(&self, given: impl Iterator<Item = Value>) -> Option<Vec<Value>> {
        let held = given.enumerate().map(|(part, value)| {
            let held = self.type_of(part).accept(value.clone()).ok()?;
            (held == value && !held.is_null()).then_some(held)
        });
        held.collect()
    }

    /// What a row has of the key's parts; `None` where the key is not about the row.
    ///
    /// # Errors
    /// What [`Context::evaluate`] says of the key's expressions.
    pub fn parts(&self, row: &Row) -> Result<Option<Vec<Value>>, Error> {
        let value = |column: &usize| row[*column].clone();
        match &self.computed {
            Some(computed) => {
                let columns: Vec<Value> = self.key.columns.iter().map(value).collect();
                computed.compute(&columns)
            }
            None => {
                let columns = self.columns.as_deref().unwrap_or_default();
                Ok(Some(columns.iter().map(value).collect()))
            }
        }
    }

    /// The same; `None` where a NULL is among it, too.
    ///
    /// # Errors
    /// As [`RowKey::parts`].
    pub fn values(&self, row: &Row) -> Result<Option<Vec<Value>>, Error> {
        Ok(self.parts(row)?.filter(|values| !values.iter().any(Value::is_null)))
    }

    /// The bytes by which rows with the same key are told.
    pub fn encode(&self, values: &[Value]) -> Vec<u8> {
        let collations = self
            .collations
            .get_or_init(|| self.key.parts(self.table).iter().map(|part| part.collation).collect());
        key::encode_collated(values, collations)
    }

    /// The rows of a view that begin with these values; `None` where the view has no such key.
    ///
    /// # Errors
    /// `io` where rows that a computed key is made of cannot be read back.
    pub fn find(
        &self,
        view: &TableView,
        values: &[Value],
    ) -> Result<Option<Vec<LocatedVersion>>, Error> {
        match &self.computed {
            Some(computed) => {
                let function: Arc<dyn KeyFunction> = Arc::clone(computed) as _;
                Ok(view.find_computed(&function, values)?)
            }
            None => Ok(view.find(self.key.id, values)),
        }
    }
}

/// A key that has to be computed.
pub(super) struct ComputedKey {
    key: KeySchema,
    bound: BoundKey,
    context: Context,
}

/// Prints the key.
impl fmt::Debug for ComputedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ComputedKey").field(&self.key).finish()
    }
}

impl ComputedKey {
    fn new(key: &KeySchema, table: &TableSchema) -> Result<ComputedKey, Error> {
        let bound = planner::bound_key(key, table)
            .map_err(|error| Error::failed("index-definition", error.to_string()))?;
        Ok(ComputedKey { key: key.clone(), bound, context: Context::of_constants() })
    }

    /// The values of the key's parts, by those of the columns that it is made from.
    fn compute(&self, columns: &[Value]) -> Result<Option<Vec<Value>>, Error> {
        let typed = columns.iter().zip(&self.bound.types);
        let arrays = typed.map(|(value, data_type)| array_of(*data_type, std::iter::once(value)));
        let columns = arrays.collect::<Result<_, _>>()?;
        let batch = Batch::new(columns, 1);
        if let Some(condition) = &self.bound.condition
            && !self.context.mask(condition, &batch)?.value(0)
        {
            return Ok(None);
        }
        let mut values = Vec::with_capacity(self.bound.parts.len());
        for part in &self.bound.parts {
            values.push(match self.context.evaluate(part, &batch)? {
                Datum::Scalar(value) => value,
                Datum::Array(array) => value_at(&array, part.data_type, 0),
            });
        }
        Ok(Some(values))
    }
}

impl KeyFunction for ComputedKey {
    fn key(&self) -> &KeySchema {
        &self.key
    }

    /// A row that nothing can be computed of is found by nothing: a scan would fail at it.
    fn values(&self, columns: &[Value]) -> Option<Vec<Value>> {
        self.compute(columns).ok().flatten()
    }
}
