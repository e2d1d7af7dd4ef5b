//! Rows that stand in a statement, and rows of several queries as those of one.

use super::Error;
use super::datum::{Batch, conform};
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use super::streaming::key_columns;
use crate::planner::{BoundRows, BoundValue};
use crate::types::DataType;
use crate::types::column::ColumnBuilder;
use arrow_array::BooleanArray;
use std::collections::HashSet;
use std::sync::Arc;

/// The rows of VALUES, as one batch.
pub struct Values {
    rows: Arc<BoundRows>,
    types: Vec<DataType>,
    context: Context,
    is_done: bool,
}

impl Values {
    /// Rows of these types, computed when they are asked for.
    pub fn new(rows: Arc<BoundRows>, types: Vec<DataType>, context: Context) -> Values {
        Values { rows, types, context, is_done: false }
    }
}

impl Operator for Values {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        if std::mem::replace(&mut self.is_done, true) {
            return Ok(None);
        }
        let rows = self.rows.len();
        let builder = |data_type: &DataType| ColumnBuilder::new(*data_type, rows);
        let mut columns: Vec<ColumnBuilder> = self.types.iter().map(builder).collect();
        let width = columns.len();
        for (index, value) in self.rows.values().enumerate() {
            let column = index % width;
            if column == 0 {
                self.context.check()?;
            }
            let value = match value {
                BoundValue::Constant(value) => value,
                BoundValue::Expression(expression) => self.context.constant(expression)?,
            };
            columns[column].push(&conform(value, self.types[column]));
        }
        let columns = columns.into_iter().map(ColumnBuilder::finish).collect();
        Ok(Some(Batch { columns, rows }))
    }
}

/// The rows of all inputs, one input behind the other.
pub struct Append {
    inputs: std::vec::IntoIter<BoxedOperator>,
    current: Option<BoxedOperator>,
}

impl Append {
    /// The rows of these inputs.
    pub fn new(inputs: Vec<BoxedOperator>) -> Append {
        let mut inputs = inputs.into_iter();
        let current = inputs.next();
        Append { inputs, current }
    }
}

impl Operator for Append {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while let Some(current) = &mut self.current {
            if let Some(batch) = current.next()? {
                return Ok(Some(batch));
            }
            // What the input holds is let go before the next one holds something.
            self.current = self.inputs.next();
        }
        Ok(None)
    }
}

/// The left rows that the right side has, or those that it has not.
pub struct SetFilter {
    left: BoxedOperator,
    /// `None` once it was read.
    right: Option<BoxedOperator>,
    types: Vec<DataType>,
    keeps_common: bool,
    /// The keys of the right rows.
    held: HashSet<Vec<u8>>,
}

impl SetFilter {
    /// The rows of `left` that `right` has, whose columns are of the same types; or, where
    /// `keeps_common` is false, the others.
    pub fn new(
        left: BoxedOperator,
        right: BoxedOperator,
        types: Vec<DataType>,
        keeps_common: bool,
    ) -> SetFilter {
        SetFilter { left, right: Some(right), types, keeps_common, held: HashSet::new() }
    }

    fn hold(&mut self) -> Result<(), Error> {
        let Some(mut right) = self.right.take() else { return Ok(()) };
        while let Some(batch) = right.next()? {
            let keys = key_columns(&batch, &self.types);
            for row in 0..batch.rows {
                let mut key = Vec::new();
                keys.iter().for_each(|column| column.push(&mut key, row));
                self.held.insert(key);
            }
        }
        Ok(())
    }
}

impl Operator for SetFilter {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        self.hold()?;
        while let Some(batch) = self.left.next()? {
            let keys = key_columns(&batch, &self.types);
            let mut key = Vec::new();
            let kept: BooleanArray = (0..batch.rows)
                .map(|row| {
                    key.clear();
                    keys.iter().for_each(|column| column.push(&mut key, row));
                    Some(self.held.contains(&key) == self.keeps_common)
                })
                .collect();
            let kept = batch.filter(&kept)?;
            if kept.rows > 0 {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}
