//! GROUP BY and the aggregates: one row per group, in order of the groups' values.

use super::Error;
use super::accumulate::{Accumulator, AccumulatorInput};
use super::batches::BatchCutter;
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use super::ordered::OrderedRows;
use crate::planner::{AggregateCall, AggregateFunction, BoundExpression, OrderKey};
use crate::types::column::{array_of, value_at};
use crate::types::key::{KeyColumn, push_collated, row_key};
use crate::types::{Collation, DataType, Value};
use arrow_array::BooleanArray;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Groups rows and computes their aggregates; holds one row per group.
pub struct Aggregate {
    input: Option<BatchCutter>,
    groups: Arc<[BoundExpression]>,
    aggregates: Arc<[AggregateCall]>,
    context: Arc<Context>,
    /// The number of each group by its key.
    numbers: HashMap<Vec<u8>, usize>,
    /// The values of each group, a list per group expression.
    values: Vec<Vec<Value>>,
    accumulators: Vec<Accumulator>,
    /// The rows of each aggregate that has an order.
    ordered: Vec<OrderedRows>,
    /// What an aggregate with DISTINCT has already seen: group number and value.
    seen: Vec<HashSet<Vec<u8>>>,
    /// What comes out, once all rows are in.
    output: Option<GroupRows>,
}

impl Aggregate {
    /// Groups the input's rows.
    pub fn new(
        input: BoxedOperator,
        groups: Arc<[BoundExpression]>,
        aggregates: Arc<[AggregateCall]>,
        context: Arc<Context>,
    ) -> Aggregate {
        let accumulators = aggregates.iter().map(Accumulator::new).collect();
        Aggregate {
            input: Some(BatchCutter::new(input)),
            values: vec![Vec::new(); groups.len()],
            seen: vec![HashSet::new(); aggregates.len()],
            ordered: aggregates.iter().map(|_| OrderedRows::default()).collect(),
            groups,
            aggregates,
            context,
            numbers: HashMap::new(),
            accumulators,
            output: None,
        }
    }

    /// Takes the rows of a batch in, whose values were computed.
    fn consume(&mut self, batch: &AggregateBatch) -> Result<(), Error> {
        let numbers = self.number_rows(batch);
        let groups = self.group_count();
        let mut extreme: Option<Vec<usize>> = None;
        for (at, values) in batch.calls.iter().enumerate() {
            if self.aggregates[at].function == AggregateFunction::Bare {
                continue;
            }
            let taken = self.update(at, values, &numbers, groups)?;
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
        self.update_bare(batch, &numbers, groups, rows);
        Ok(())
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
    fn number_rows(&mut self, batch: &AggregateBatch) -> Vec<usize> {
        if self.groups.is_empty() {
            return vec![0; batch.rows];
        }
        let mut key = Vec::new();
        let mut numbers = Vec::with_capacity(batch.rows);
        for row in 0..batch.rows {
            row_key(&mut key, &batch.groups, row);
            numbers.push(match self.numbers.get(&key) {
                Some(number) => *number,
                None => {
                    let number = self.numbers.len();
                    self.numbers.insert(key.clone(), number);
                    for (values, column) in self.values.iter_mut().zip(&batch.groups) {
                        values.push(value_at(&column.array, column.data_type, row));
                    }
                    number
                }
            });
        }
        numbers
    }

    /// Feeds an aggregate; gives the rows that are a new minimum or maximum of their group.
    fn update(
        &mut self,
        at: usize,
        values: &CallValues,
        numbers: &[usize],
        groups: usize,
    ) -> Result<Option<Vec<usize>>, Error> {
        let aggregate = &self.aggregates[at];
        let filtered: Vec<usize>;
        let numbers = match &values.kept {
            None => numbers,
            Some(kept) => {
                filtered = kept.iter().map(|row| numbers[*row]).collect();
                &filtered
            }
        };
        let mask = if aggregate.distinct && !values.arguments.is_empty() {
            let data_type = aggregate.arguments[0].data_type;
            let (values, collation) = (&values.arguments[0], aggregate.collation);
            Some(first_seen(&mut self.seen[at], (values, data_type, collation), numbers))
        } else {
            None
        };
        let input = AccumulatorInput {
            arguments: &values.arguments,
            calls: aggregate,
            numbers,
            mask: mask.as_ref(),
        };
        if !values.order.is_empty() {
            self.ordered[at].add(&input, &values.order);
            return Ok(None);
        }
        let taken = self.accumulators[at].update(&input, groups)?;
        Ok(match (taken, &values.kept) {
            (Some(rows), Some(kept)) => Some(rows.into_iter().map(|row| kept[row]).collect()),
            (taken, _) => taken,
        })
    }

    /// Sets the bare columns: to the rows of a new extreme, else to each group's first row.
    fn update_bare(
        &mut self,
        batch: &AggregateBatch,
        numbers: &[usize],
        groups: usize,
        rows: &[usize],
    ) {
        let replace = self.has_extreme();
        let calls = self.aggregates.iter().zip(&batch.calls).zip(&mut self.accumulators);
        for ((aggregate, values), accumulator) in calls {
            if aggregate.function == AggregateFunction::Bare {
                let (datum, data_type) = (&values.arguments[0], aggregate.arguments[0].data_type);
                accumulator.set_bare(datum, data_type, numbers, rows, groups, replace);
            }
        }
    }

    /// The rows that come out, one per group.
    fn finish(&mut self) -> Result<GroupRows, Error> {
        let groups = self.group_count();
        let mut order: Vec<(&Vec<u8>, usize)> =
            self.numbers.iter().map(|(key, number)| (key, *number)).collect();
        order.sort();
        let order: Vec<usize> = if self.groups.is_empty() {
            vec![0]
        } else {
            order.into_iter().map(|(_, number)| number).collect()
        };
        let mut columns: Vec<(DataType, Vec<Value>)> = Vec::new();
        for (group, values) in self.groups.iter().zip(&mut self.values) {
            columns.push((group.data_type, std::mem::take(values)));
        }
        let ordered = std::mem::take(&mut self.ordered).into_iter();
        let calls = self.aggregates.iter().zip(&mut self.accumulators);
        for ((aggregate, accumulator), ordered) in calls.zip(ordered) {
            ordered.feed(accumulator, aggregate, groups)?;
            columns.push((aggregate.data_type, accumulator.finish(groups)?));
        }
        Ok(GroupRows { columns, order, given: 0 })
    }
}

/// What is computed of a batch before any of it counts.
struct AggregateBatch {
    groups: Vec<KeyColumn>,
    calls: Vec<CallValues>,
    rows: usize,
}

/// The values of an aggregate's arguments.
struct CallValues {
    arguments: Vec<Datum>,
    /// What its rows are ordered by.
    order: Vec<KeyColumn>,
    /// The rows that they are of; all where absent.
    kept: Option<Vec<usize>>,
}

/// Computes what is needed of a batch.
fn evaluate(
    groups: &[BoundExpression],
    aggregates: &[AggregateCall],
    context: &Context,
    batch: &Batch,
) -> Result<AggregateBatch, Error> {
    let group = |group: &BoundExpression| {
        let array = context.evaluate(group, batch)?.into_array(group.data_type, batch.rows)?;
        Ok(KeyColumn::ascending(array, group.data_type))
    };
    let call = |aggregate: &AggregateCall| {
        let (filtered, kept) = match &aggregate.filter {
            None => (None, None),
            Some(filter) => {
                let mask = context.mask(filter, batch)?;
                let kept: Vec<usize> = (0..batch.rows).filter(|row| mask.value(*row)).collect();
                (Some(batch.filter(&mask)?), Some(kept))
            }
        };
        let batch = filtered.as_ref().unwrap_or(batch);
        let argument = |argument: &BoundExpression| context.evaluate(argument, batch);
        let arguments: Result<Vec<Datum>, Error> =
            aggregate.arguments.iter().map(argument).collect();
        let key = |key: &OrderKey| {
            let OrderKey { expression, descending, nulls_first } = key;
            let data_type = expression.data_type;
            let array = context.evaluate(expression, batch)?.into_array(data_type, batch.rows)?;
            let (descending, nulls_first) = (*descending, *nulls_first);
            let column = KeyColumn::ascending(array, data_type);
            Ok(KeyColumn { descending, nulls_first, ..column })
        };
        let order: Result<Vec<KeyColumn>, Error> = aggregate.order.iter().map(key).collect();
        Ok(CallValues { arguments: arguments?, order: order?, kept })
    };
    Ok(AggregateBatch {
        groups: groups.iter().map(group).collect::<Result<_, Error>>()?,
        calls: aggregates.iter().map(call).collect::<Result<_, Error>>()?,
        rows: batch.rows,
    })
}

/// The most rows of a batch of groups.
const OUTPUT: usize = 4_096;

/// Rows that were computed, to be given batch by batch.
struct GroupRows {
    /// Type and values of each column.
    columns: Vec<(DataType, Vec<Value>)>,
    /// The indexes of the values in order of the rows.
    order: Vec<usize>,
    given: usize,
}

impl GroupRows {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let mut rows = (self.order.len() - self.given).min(OUTPUT);
        while rows > 0 {
            match self.batch(&self.order[self.given..self.given + rows]) {
                Err(error) if error.is_batch_too_large() && rows > 1 => rows /= 2,
                batch => {
                    self.given += rows;
                    return batch.map(Some);
                }
            }
        }
        Ok(None)
    }

    fn batch(&self, order: &[usize]) -> Result<Batch, Error> {
        let column = |(data_type, values): &(DataType, Vec<Value>)| {
            array_of(*data_type, order.iter().map(|index| &values[*index]))
        };
        let columns: Result<Vec<_>, _> = self.columns.iter().map(column).collect();
        Ok(Batch { columns: columns?, rows: order.len() })
    }
}

impl Operator for Aggregate {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        if let Some(mut input) = self.input.take() {
            loop {
                let (groups, aggregates) = (&self.groups, &self.aggregates);
                let computed = |batch: &Batch| evaluate(groups, aggregates, &self.context, batch);
                let Some(batch) = input.next(computed)? else { break };
                self.consume(&batch)?;
            }
            self.output = Some(self.finish()?);
        }
        self.output.as_mut().map_or(Ok(None), GroupRows::next)
    }
}

/// Which rows bring a value that their group has not had yet; NULL is one.
fn first_seen(
    seen: &mut HashSet<Vec<u8>>,
    (values, data_type, collation): (&Datum, DataType, Collation),
    numbers: &[usize],
) -> BooleanArray {
    let mut key = Vec::new();
    let mut is_first = |row: usize, number: usize| {
        key.clear();
        key.extend_from_slice(&number.to_be_bytes());
        match values {
            Datum::Array(array) => {
                let column = KeyColumn::ascending(array.clone(), data_type).collated(collation);
                column.push(&mut key, row);
            }
            Datum::Scalar(value) => push_collated(&mut key, value, collation),
        }
        !seen.contains(&key) && seen.insert(key.clone())
    };
    numbers.iter().enumerate().map(|(row, number)| Some(is_first(row, *number))).collect()
}
