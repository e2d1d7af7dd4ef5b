//! ORDER BY inside of an aggregate: its rows wait until all are there.

use super::Error;
use super::accumulate::{Accumulator, AccumulatorInput};
use super::datum::Datum;
use crate::planner::AggregateCall;
use crate::types::Value;
use crate::types::key::{KeyColumn, row_key};

/// The rows that one aggregate takes, of all groups.
#[derive(Debug, Default)]
pub struct OrderedRows(Vec<OrderedRow>);

/// A row: its group, where it stands in the order, and the arguments.
#[derive(Debug)]
struct OrderedRow {
    group: usize,
    key: Vec<u8>,
    arguments: Vec<Value>,
}

impl OrderedRows {
    /// Keeps the rows that count.
    pub fn add(&mut self, input: &AccumulatorInput, order: &[KeyColumn]) {
        for (row, group) in input.rows() {
            let mut key = Vec::new();
            row_key(&mut key, order, row);
            let arguments = (0..input.arguments.len()).map(|at| input.value(at, row)).collect();
            self.0.push(OrderedRow { group, key, arguments });
        }
    }

    /// Feeds an aggregate with all rows, each group in its order; equal ones keep theirs.
    ///
    /// # Errors
    /// As [`Accumulator::update`].
    pub fn feed(
        mut self,
        accumulator: &mut Accumulator,
        call: &AggregateCall,
        groups: usize,
    ) -> Result<(), Error> {
        self.0.sort_by(|a, b| (a.group, &a.key).cmp(&(b.group, &b.key)));
        for OrderedRow { group, arguments, .. } in self.0 {
            let arguments: Vec<Datum> = arguments.into_iter().map(Datum::Scalar).collect();
            let numbers = &[group];
            let input =
                AccumulatorInput { arguments: &arguments, calls: call, numbers, mask: None };
            accumulator.update(&input, groups)?;
        }
        Ok(())
    }
}
