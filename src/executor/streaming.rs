//! Operators that hold nothing.

use super::Error;
use super::batches::BatchCutter;
use super::datum::Batch;
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use crate::planner::BoundExpression;
use crate::types::DataType;
use crate::types::key::KeyColumn;
use std::sync::Arc;

/// One row without columns; whether it is still to come.
pub struct OneRow(pub bool);

impl Operator for OneRow {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        Ok(std::mem::take(&mut self.0).then(|| Batch::new(Vec::new(), 1)))
    }
}

/// Rows for which the predicate is true.
pub struct Filter {
    pub input: BoxedOperator,
    pub predicate: Arc<BoundExpression>,
    pub context: Arc<Context>,
}

impl Operator for Filter {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while let Some(batch) = self.input.next()? {
            if let Some(kept) = self.context.filter(&self.predicate, &batch)? {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }
}

/// New columns from the input's.
pub struct Project {
    pub input: BatchCutter,
    pub expressions: Arc<[BoundExpression]>,
    pub context: Arc<Context>,
}

impl Operator for Project {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let Project { input, expressions, context } = self;
        input.next(|batch| {
            let columns: Result<Vec<_>, Error> = expressions
                .iter()
                .map(|expression| {
                    let datum = context.evaluate(expression, batch)?;
                    datum.into_array(expression.data_type, batch.rows)
                })
                .collect();
            let columns = columns?;
            let coded = batch.coded.clone().among(&columns);
            Ok(Batch { columns, rows: batch.rows, coded })
        })
    }
}

/// The first columns of a batch as keys in ascending order.
pub(super) fn key_columns(batch: &Batch, types: &[DataType]) -> Vec<KeyColumn> {
    let typed = batch.columns.iter().zip(types);
    typed.map(|(array, data_type)| KeyColumn::ascending(array.clone(), *data_type)).collect()
}

/// Some rows of all: after `skip`, at most `left`.
pub struct Limit {
    pub input: BoxedOperator,
    pub skip: usize,
    pub left: Option<usize>,
}

impl Operator for Limit {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while self.left != Some(0) {
            let Some(batch) = self.input.next()? else { return Ok(None) };
            if self.skip >= batch.rows {
                self.skip -= batch.rows;
                continue;
            }
            let available = batch.rows - self.skip;
            let taken = self.left.map_or(available, |left| left.min(available));
            let batch = batch.slice(self.skip, taken);
            self.skip = 0;
            self.left = self.left.map(|left| left - taken);
            return Ok(Some(batch));
        }
        Ok(None)
    }
}
