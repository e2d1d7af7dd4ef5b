//! The rows of an aggregate that does not take them as they come: with DISTINCT only the first of each value
//! counts, and those that have an order wait until all are there.
//!
//! Both are what DISTINCT and ORDER BY are for a query, over rows that say which group they are of: what one
//! group gathers has beyond the memory is in temporary files as theirs is.

use super::Error;
use super::accumulate::{Accumulator, AccumulatorInput};
use super::datum::{Batch, Datum};
use super::distinct::DistinctRows;
use super::evaluate::Context;
use super::sort::RowSorter;
use super::spill::Spilled;
use crate::planner::{AggregateCall, AggregateFunction, SortKey};
use crate::types::key::KeyColumn;
use crate::types::{Collation, DataType};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array};
use std::sync::Arc;

/// The rows that one aggregate takes, of all groups: the number of the group where there are several, the
/// arguments, and what they are ordered by.
pub struct GatheredRows {
    is_grouped: bool,
    distinct: Option<DistinctRows>,
    sorter: Option<RowSorter>,
}

impl GatheredRows {
    /// No rows of a call; `None` where it takes them as they come. What is the least or the greatest is so
    /// however often it comes.
    pub fn of(
        call: &AggregateCall,
        is_grouped: bool,
        context: &Arc<Context>,
    ) -> Option<GatheredRows> {
        let is_extreme = matches!(call.function, AggregateFunction::Min | AggregateFunction::Max);
        let is_distinct = call.distinct && !call.arguments.is_empty() && !is_extreme;
        let group = is_grouped.then_some(DataType::Integer);
        let distinct = is_distinct.then(|| {
            let group = group.map(|data_type| (data_type, Collation::Binary));
            let value = (call.arguments[0].data_type, call.collation);
            DistinctRows::new(group.into_iter().chain([value]).collect(), Arc::clone(context))
        });
        let order = order_of(call, usize::from(is_grouped));
        let sorter = (!order.is_empty()).then(|| {
            let group = group.map(|data_type| SortKey {
                column: 0,
                data_type,
                descending: false,
                nulls_first: true,
            });
            let keys = group.into_iter().chain(order).collect();
            RowSorter::new(keys, None, Arc::clone(context))
        });
        (distinct.is_some() || sorter.is_some()).then_some(GatheredRows {
            is_grouped,
            distinct,
            sorter,
        })
    }

    /// Takes rows in, and feeds the aggregate with those that need not wait; `order` is what they are
    /// ordered by, and `groups` how many there are. Gives about how many bytes more the aggregate keeps.
    ///
    /// # Errors
    /// As [`Accumulator::update`] and [`Accumulator::expect`]; `io` where rows cannot be written.
    pub fn push(
        &mut self,
        input: &AccumulatorInput,
        order: &[KeyColumn],
        accumulator: &mut Accumulator,
        groups: usize,
    ) -> Result<usize, Error> {
        let rows = input.numbers.len();
        let mut columns: Vec<ArrayRef> = Vec::new();
        if self.is_grouped {
            let number = |number: &usize| i64::try_from(*number).unwrap_or(i64::MAX);
            columns.push(Arc::new(Int64Array::from_iter_values(input.numbers.iter().map(number))));
        }
        for (argument, bound) in input.arguments.iter().zip(&input.call.arguments) {
            columns.push(argument.clone().into_array(bound.data_type, rows)?);
        }
        columns.extend(order.iter().map(|key| Arc::clone(&key.array)));
        let batch = Batch::new(columns, rows);
        let batch = match &mut self.distinct {
            Some(distinct) => distinct.push(batch)?,
            None => Some(batch),
        };
        batch.map_or(Ok(0), |batch| self.take(batch, input.call, accumulator, groups))
    }

    /// Takes in rows that count; gives about how many bytes more the aggregate keeps.
    fn take(
        &mut self,
        batch: Batch,
        call: &AggregateCall,
        accumulator: &mut Accumulator,
        groups: usize,
    ) -> Result<usize, Error> {
        self.feed(&batch, call, |input| accumulator.expect(input, groups))?;
        match &mut self.sorter {
            Some(sorter) => sorter.push(batch).map(|()| 0),
            None => self.feed(&batch, call, |input| {
                accumulator.update(input, groups)?;
                Ok(accumulator.growth(input))
            }),
        }
    }

    /// Gives a batch as what an accumulator is fed.
    fn feed<T>(
        &self,
        batch: &Batch,
        call: &AggregateCall,
        take: impl FnOnce(&AccumulatorInput) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (numbers, first) = if self.is_grouped {
            let numbers = batch.columns[0].as_primitive::<Int64Type>().values().iter();
            (numbers.map(|number| usize::try_from(*number).unwrap_or(0)).collect(), 1)
        } else {
            (vec![0; batch.rows], 0)
        };
        let columns = &batch.columns[first..first + call.arguments.len()];
        let arguments: Vec<Datum> = columns.iter().cloned().map(Datum::Array).collect();
        take(&AccumulatorInput { arguments: &arguments, call, numbers: &numbers })
    }

    /// Feeds the aggregate with the rows that waited, each group in its order; equal ones keep theirs. Gives
    /// what was written to temporary files.
    ///
    /// # Errors
    /// As [`GatheredRows::push`].
    pub fn finish(
        mut self,
        call: &AggregateCall,
        accumulator: &mut Accumulator,
        groups: usize,
    ) -> Result<Spilled, Error> {
        let mut spilled = Spilled::default();
        if let Some(mut distinct) = self.distinct.take() {
            distinct.finish()?;
            while let Some(batch) = distinct.next()? {
                self.take(batch, call, accumulator, groups)?;
            }
            spilled = spilled + distinct.spilled();
        }
        if let Some(mut sorter) = self.sorter.take() {
            sorter.finish()?;
            while let Some(batch) = sorter.next()? {
                self.feed(&batch, call, |input| accumulator.update(input, groups).map(drop))?;
            }
            spilled = spilled + sorter.spilled();
        }
        Ok(spilled)
    }
}

/// What an aggregate orders its rows by, which have so many columns before its arguments: what it says, and
/// its numbers where it asks for one at a place.
fn order_of(call: &AggregateCall, arguments: usize) -> Vec<SortKey> {
    if let AggregateFunction::Percentile(_) = call.function {
        let data_type = call.arguments[0].data_type;
        let column = arguments;
        return vec![SortKey { column, data_type, descending: false, nulls_first: true }];
    }
    let first = arguments + call.arguments.len();
    let keys = call.order.iter().zip(first..).map(|(key, column)| SortKey {
        column,
        data_type: key.expression.data_type,
        descending: key.descending,
        nulls_first: key.nulls_first,
    });
    keys.collect()
}
