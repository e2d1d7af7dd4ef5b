//! Rows that stand in a statement, and rows of several queries as those of one.

use super::Error;
use super::datum::{Batch, conform};
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use crate::planner::{BoundRows, BoundValue, ValuePlace};
use crate::types::DataType;
use crate::types::column::ColumnBuilder;
use std::sync::Arc;

/// The most rows of a batch of VALUES.
const BATCH: usize = 4_096;

/// The rows of VALUES.
pub struct Values {
    rows: Arc<BoundRows>,
    types: Arc<[DataType]>,
    context: Arc<Context>,
    /// How many rows were given, and where the next one's values are.
    given: usize,
    next: ValuePlace,
}

impl Values {
    /// Rows of these types, computed when they are asked for.
    pub fn new(rows: Arc<BoundRows>, types: Arc<[DataType]>, context: Arc<Context>) -> Values {
        Values { rows, types, context, given: 0, next: ValuePlace::default() }
    }

    /// So many rows from a place on, which is then behind them.
    fn batch(&self, rows: usize, place: &mut ValuePlace) -> Result<Batch, Error> {
        let builder = |data_type: &DataType| ColumnBuilder::new(*data_type, rows);
        let mut columns: Vec<ColumnBuilder> = self.types.iter().map(builder).collect();
        let width = columns.len();
        for (index, value) in self.rows.values_from(place).take(rows * width).enumerate() {
            let column = index % width;
            if column == 0 {
                self.context.check()?;
            }
            let value = match value {
                BoundValue::Constant(value) => value,
                BoundValue::Expression(expression) => self.context.constant(expression)?,
            };
            columns[column].push(&conform(value, self.types[column]))?;
        }
        let columns = columns.into_iter().map(ColumnBuilder::finish).collect();
        Ok(Batch::new(columns, rows))
    }
}

impl Operator for Values {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let mut rows = (self.rows.len() - self.given).min(BATCH);
        if rows == 0 {
            return Ok(None);
        }
        loop {
            let mut place = self.next;
            match self.batch(rows, &mut place) {
                Err(error) if error.is_batch_too_large() && rows > 1 => rows /= 2,
                batch => {
                    (self.given, self.next) = (self.given + rows, place);
                    return batch.map(Some);
                }
            }
        }
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
