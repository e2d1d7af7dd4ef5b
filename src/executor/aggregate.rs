//! GROUP BY and the aggregates: one row per group, in order of the groups' values.

use super::Error;
use super::accumulate::{Accumulator, AccumulatorInput};
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use crate::planner::{AggregateCall, AggregateFunction, BoundExpression};
use crate::types::column::{ColumnBuilder, value_at};
use crate::types::{DataType, Value, key::KeyColumn};
use arrow_array::{Array, ArrayRef, BooleanArray};
use std::collections::{HashMap, HashSet};

/// Groups rows and computes their aggregates; holds one row per group.
pub struct Aggregate {
    input: Option<BoxedOperator>,
    groups: Vec<BoundExpression>,
    aggregates: Vec<AggregateCall>,
    context: Context,
    /// The number of each group by its key.
    numbers: HashMap<Vec<u8>, usize>,
    /// The values of each group, a list per group expression.
    values: Vec<Vec<Value>>,
    accumulators: Vec<Accumulator>,
    /// What an aggregate with DISTINCT has already seen: group number and value.
    seen: Vec<HashSet<Vec<u8>>>,
}

impl Aggregate {
    /// Groups the input's rows.
    pub fn new(
        input: BoxedOperator,
        groups: Vec<BoundExpression>,
        aggregates: Vec<AggregateCall>,
        context: Context,
    ) -> Aggregate {
        let accumulators = aggregates.iter().map(Accumulator::new).collect();
        Aggregate {
            input: Some(input),
            values: vec![Vec::new(); groups.len()],
            seen: vec![HashSet::new(); aggregates.len()],
            groups,
            aggregates,
            context,
            numbers: HashMap::new(),
            accumulators,
        }
    }

    fn consume(&mut self, batch: &Batch) -> Result<(), Error> {
        let numbers = self.number_rows(batch)?;
        let groups = self.group_count();
        let mut extreme: Option<Vec<usize>> = None;
        for at in 0..self.aggregates.len() {
            if self.aggregates[at].function == AggregateFunction::Bare {
                continue;
            }
            let taken = self.update(at, batch, &numbers, groups)?;
            if taken.is_some() {
                extreme = taken;
            }
        }
        let all: Vec<usize>;
        let rows = match (&extreme, self.has_extreme()) {
            (Some(rows), _) => rows,
            (None, true) => return Ok(()),
            (None, false) => {
                all = (0..batch.rows).collect();
                &all
            }
        };
        self.update_bare(batch, &numbers, groups, rows)
    }

    fn group_count(&self) -> usize {
        if self.groups.is_empty() { 1 } else { self.numbers.len() }
    }

    fn has_extreme(&self) -> bool {
        self.aggregates.iter().any(|aggregate| {
            matches!(aggregate.function, AggregateFunction::Min | AggregateFunction::Max)
        })
    }

    /// The group number of each row.
    fn number_rows(&mut self, batch: &Batch) -> Result<Vec<usize>, Error> {
        if self.groups.is_empty() {
            return Ok(vec![0; batch.rows]);
        }
        let mut columns = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let array =
                self.context.evaluate(group, batch)?.into_array(group.data_type, batch.rows);
            columns.push(KeyColumn::ascending(array, group.data_type));
        }
        let mut key = Vec::new();
        let mut numbers = Vec::with_capacity(batch.rows);
        for row in 0..batch.rows {
            key.clear();
            columns.iter().for_each(|column| column.push(&mut key, row));
            numbers.push(match self.numbers.get(&key) {
                Some(number) => *number,
                None => {
                    let number = self.numbers.len();
                    self.numbers.insert(key.clone(), number);
                    for (values, column) in self.values.iter_mut().zip(&columns) {
                        values.push(value_at(&column.array, column.data_type, row));
                    }
                    number
                }
            });
        }
        Ok(numbers)
    }

    /// Feeds an aggregate; gives the rows that are a new minimum or maximum of their group.
    fn update(
        &mut self,
        at: usize,
        batch: &Batch,
        numbers: &[usize],
        groups: usize,
    ) -> Result<Option<Vec<usize>>, Error> {
        let aggregate = &self.aggregates[at];
        let filtered;
        let (batch, numbers, kept) = match &aggregate.filter {
            None => (batch, numbers, None),
            Some(filter) => {
                let mask = self.context.mask(filter, batch)?;
                let kept: Vec<usize> = (0..batch.rows).filter(|row| mask.value(*row)).collect();
                let numbers: Vec<usize> = kept.iter().map(|row| numbers[*row]).collect();
                filtered = (batch.filter(&mask)?, numbers);
                (&filtered.0, filtered.1.as_slice(), Some(kept))
            }
        };
        let mut arguments: Vec<Datum> = Vec::with_capacity(aggregate.arguments.len());
        for argument in &aggregate.arguments {
            arguments.push(self.context.evaluate(argument, batch)?);
        }
        let mask = if aggregate.distinct && !arguments.is_empty() {
            let data_type = aggregate.arguments[0].data_type;
            let array = arguments[0].clone().into_array(data_type, batch.rows);
            Some(first_seen(&mut self.seen[at], &array, data_type, numbers))
        } else {
            None
        };
        let input = AccumulatorInput {
            arguments: &arguments,
            calls: aggregate,
            numbers,
            mask: mask.as_ref(),
        };
        let taken = self.accumulators[at].update(&input, groups)?;
        Ok(match (taken, kept) {
            (Some(rows), Some(kept)) => Some(rows.into_iter().map(|row| kept[row]).collect()),
            (taken, _) => taken,
        })
    }

    /// Sets the bare columns: to the rows of a new extreme, else to each group's first row.
    fn update_bare(
        &mut self,
        batch: &Batch,
        numbers: &[usize],
        groups: usize,
        rows: &[usize],
    ) -> Result<(), Error> {
        let replace = self.has_extreme();
        for (aggregate, accumulator) in self.aggregates.iter().zip(&mut self.accumulators) {
            if aggregate.function != AggregateFunction::Bare {
                continue;
            }
            let argument = &aggregate.arguments[0];
            let datum = self.context.evaluate(argument, batch)?;
            accumulator.set_bare(&datum, argument.data_type, numbers, rows, groups, replace);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<Batch, Error> {
        let groups = self.group_count();
        let mut order: Vec<(&Vec<u8>, usize)> =
            self.numbers.iter().map(|(key, number)| (key, *number)).collect();
        order.sort();
        let order: Vec<usize> = if self.groups.is_empty() {
            vec![0]
        } else {
            order.into_iter().map(|(_, number)| number).collect()
        };
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (group, values) in self.groups.iter().zip(&self.values) {
            let mut builder = ColumnBuilder::new(group.data_type, groups);
            order.iter().for_each(|number| builder.push(&values[*number]));
            columns.push(builder.finish());
        }
        for (aggregate, accumulator) in self.aggregates.iter().zip(&mut self.accumulators) {
            let values = accumulator.finish(groups)?;
            let mut builder = ColumnBuilder::new(aggregate.data_type, groups);
            order.iter().for_each(|number| builder.push(&values[*number]));
            columns.push(builder.finish());
        }
        Ok(Batch { columns, rows: order.len() })
    }
}

impl Operator for Aggregate {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
        while let Some(batch) = input.next()? {
            self.consume(&batch)?;
        }
        Ok(Some(self.finish()?).filter(|batch| batch.rows > 0))
    }
}

/// Which rows bring a value that their group has not had yet.
fn first_seen(
    seen: &mut HashSet<Vec<u8>>,
    array: &ArrayRef,
    data_type: DataType,
    numbers: &[usize],
) -> BooleanArray {
    let column = KeyColumn::ascending(array.clone(), data_type);
    numbers
        .iter()
        .enumerate()
        .map(|(row, number)| {
            if array.is_null(row) {
                return Some(false);
            }
            let mut key = number.to_be_bytes().to_vec();
            column.push(&mut key, row);
            Some(seen.insert(key))
        })
        .collect()
}
