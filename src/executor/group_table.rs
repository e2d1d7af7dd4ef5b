//! The groups that an aggregate holds: a key, the values that they have in common, and what each aggregate
//! keeps of them.

use super::Error;
use super::accumulate::{Accumulator, AccumulatorInput};
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::gathered::GatheredRows;
use super::held::OUTPUT;
use super::key_numbers::KeyNumbers;
use super::key_rows::KeyRows;
use super::spill::Spilled;
use crate::planner::{AggregateCall, AggregateFunction, BoundExpression, OrderKey};
use crate::types::column::{array_of, value_at};
use crate::types::key::KeyColumn;
use crate::types::{DataType, Value};
use arrow_array::BooleanArray;
use std::sync::Arc;

/// Bytes that a group takes besides its key and its values, and those of each of its values and
/// aggregates.
const GROUP_BYTES: usize = 64;
const VALUE_BYTES: usize = 48;

/// The groups of some rows.
pub struct GroupTable {
    groups: Arc<[BoundExpression]>,
    aggregates: Arc<[AggregateCall]>,
    /// The number of each group by its key.
    numbers: KeyNumbers,
    /// The values of each group, a list per group expression.
    values: Vec<Vec<Value>>,
    accumulators: Vec<Accumulator>,
    /// The rows of each aggregate that does not take them as they come.
    gathered: Vec<Option<GatheredRows>>,
    /// About how many bytes came since somebody asked.
    growth: usize,
}

impl GroupTable {
    /// No rows.
    pub fn new(
        groups: &Arc<[BoundExpression]>,
        aggregates: &Arc<[AggregateCall]>,
        context: &Arc<Context>,
    ) -> GroupTable {
        let gathered = |call| GatheredRows::of(call, !groups.is_empty(), context);
        GroupTable {
            values: vec![Vec::new(); groups.len()],
            gathered: aggregates.iter().map(gathered).collect(),
            accumulators: aggregates.iter().map(Accumulator::new).collect(),
            groups: Arc::clone(groups),
            aggregates: Arc::clone(aggregates),
            numbers: KeyNumbers::default(),
            growth: 0,
        }
    }

    /// About how many bytes came since this was asked last.
    pub fn growth(&mut self) -> usize {
        std::mem::take(&mut self.growth)
    }

    /// Which rows are of groups that there are.
    pub fn contained(&self, keys: &KeyRows) -> BooleanArray {
        self.numbers.contained(keys)
    }

    /// Takes the rows of a batch in, whose values were computed.
    ///
    /// # Errors
    /// Those of [`Accumulator::update`].
    pub fn consume(&mut self, batch: &AggregateBatch) -> Result<(), Error> {
        let numbers = self.number_rows(batch);
        let groups = self.group_count();
        let mut standing: Option<Standing> = None;
        for (at, values) in batch.calls.iter().enumerate() {
            if self.aggregates[at].function == AggregateFunction::Bare {
                continue;
            }
            let taken = self.update(at, values, &numbers, groups);
            let taken = taken.map_err(|error| error.at(self.aggregates[at].place))?;
            if let Some(taken) = taken {
                let is_one_group = self.groups.is_empty();
                standing = Some(Standing::behind(standing, taken, &values.kept, is_one_group));
            }
        }
        if !self.aggregates.iter().any(|call| call.function == AggregateFunction::Bare) {
            return Ok(());
        }
        // The first row counts until there is one of the least or the greatest, as in SQLite.
        let all: Vec<usize> = (0..batch.rows).collect();
        self.update_bare(batch, &numbers, groups, &all, false);
        if let Some(Standing { rows, .. }) = standing {
            self.update_bare(batch, &numbers, groups, &rows, true);
        }
        Ok(())
    }

    fn group_count(&self) -> usize {
        if self.groups.is_empty() { 1 } else { self.numbers.len() }
    }

    /// The group number of each row.
    fn number_rows(&mut self, batch: &AggregateBatch) -> Vec<usize> {
        if self.groups.is_empty() {
            return vec![0; batch.rows];
        }
        let GroupTable { numbers, values, aggregates, growth, .. } = self;
        let each = VALUE_BYTES * (values.len() + aggregates.len());
        numbers.number(&batch.groups, |row, key_bytes| {
            for (values, column) in values.iter_mut().zip(batch.groups.columns()) {
                values.push(value_at(&column.array, column.data_type, row));
            }
            *growth += GROUP_BYTES + key_bytes + each;
        })
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
        let input = AccumulatorInput { arguments: &values.arguments, call: aggregate, numbers };
        let accumulator = &mut self.accumulators[at];
        if let Some(gathered) = &mut self.gathered[at] {
            self.growth += gathered.push(&input, &values.order, accumulator, groups)?;
            return Ok(None);
        }
        self.growth += accumulator.growth(&input);
        let taken = accumulator.update(&input, groups)?;
        Ok(match (taken, &values.kept) {
            (Some(rows), Some(kept)) => Some(rows.into_iter().map(|row| kept[row]).collect()),
            (taken, _) => taken,
        })
    }

    /// Sets the bare columns to these rows, in the place of those that are held or where there are none yet.
    fn update_bare(
        &mut self,
        batch: &AggregateBatch,
        numbers: &[usize],
        groups: usize,
        rows: &[usize],
        replace: bool,
    ) {
        let calls = self.aggregates.iter().zip(&batch.calls).zip(&mut self.accumulators);
        for ((aggregate, values), accumulator) in calls {
            if aggregate.function == AggregateFunction::Bare {
                let (datum, data_type) = (&values.arguments[0], aggregate.arguments[0].data_type);
                accumulator.set_bare(datum, data_type, numbers, rows, groups, replace);
            }
        }
    }

    /// The rows that come out, one per group, in order of their keys.
    ///
    /// # Errors
    /// Those of [`Accumulator::finish`].
    pub fn finish(mut self) -> Result<GroupRows, Error> {
        let groups = self.group_count();
        let order = if self.groups.is_empty() { vec![0] } else { self.numbers.in_order() };
        let mut columns: Vec<(DataType, Vec<Value>)> = Vec::new();
        for (group, values) in self.groups.iter().zip(self.values) {
            columns.push((group.data_type, values));
        }
        let calls = self.aggregates.iter().zip(&mut self.accumulators);
        let mut spilled = Spilled::default();
        for ((aggregate, accumulator), gathered) in calls.zip(self.gathered) {
            let at = |error: Error| error.at(aggregate.place);
            if let Some(gathered) = gathered {
                let written = gathered.finish(aggregate, accumulator, groups).map_err(at)?;
                spilled = spilled + written;
            }
            columns.push((aggregate.data_type, accumulator.finish(groups).map_err(at)?));
        }
        Ok(GroupRows { columns, order, given: 0, spilled })
    }
}

/// The rows of a batch that bare columns are of, one after the other: those that are a new minimum or
/// maximum.
struct Standing {
    rows: Vec<usize>,
    /// Whether all of the minimums and maximums so far have a FILTER.
    are_filtered: bool,
}

impl Standing {
    /// Those behind one more minimum or maximum, which took these rows of those that its FILTER kept.
    ///
    /// As in SQLite the last one decides; only where there is one group and one of them has no FILTER, one
    /// that has decides about the rows alone that it keeps.
    fn behind(
        before: Option<Standing>,
        taken: Vec<usize>,
        kept: &Option<Vec<usize>>,
        is_one_group: bool,
    ) -> Standing {
        let Some(kept) = kept else { return Standing { rows: taken, are_filtered: false } };
        match before {
            Some(Standing { mut rows, are_filtered: false }) if is_one_group => {
                rows.retain(|row| kept.binary_search(row).is_err());
                rows.extend(taken);
                rows.sort_unstable();
                Standing { rows, are_filtered: false }
            }
            before => {
                let are_filtered = before.is_none_or(|before| before.are_filtered);
                Standing { rows: taken, are_filtered }
            }
        }
    }
}

/// What is computed of a batch before any of it counts.
pub struct AggregateBatch {
    groups: KeyRows,
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

/// The values that tell groups apart.
///
/// # Errors
/// What [`Context::evaluate`] says of them.
pub fn group_keys(
    groups: &[BoundExpression],
    context: &Context,
    batch: &Batch,
) -> Result<KeyRows, Error> {
    let group = |group: &BoundExpression| {
        let array = context.evaluate(group, batch)?.into_array(group.data_type, batch.rows)?;
        Ok(KeyColumn::ascending(array, group.data_type).coded(&batch.coded))
    };
    let columns = groups.iter().map(group).collect::<Result<_, Error>>()?;
    Ok(KeyRows::new(columns, batch.rows))
}

/// Computes what is needed of a batch.
///
/// # Errors
/// What [`Context::evaluate`] says of the expressions.
pub fn evaluate(
    groups: &[BoundExpression],
    aggregates: &[AggregateCall],
    context: &Context,
    batch: &Batch,
) -> Result<AggregateBatch, Error> {
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
        groups: group_keys(groups, context, batch)?,
        calls: aggregates.iter().map(call).collect::<Result<_, Error>>()?,
        rows: batch.rows,
    })
}

/// Rows that were computed, to be given batch by batch.
pub struct GroupRows {
    /// Type and values of each column.
    columns: Vec<(DataType, Vec<Value>)>,
    /// The indexes of the values in order of the rows.
    order: Vec<usize>,
    given: usize,
    spilled: Spilled,
}

impl GroupRows {
    /// What was written to temporary files for them.
    pub fn spilled(&self) -> Spilled {
        self.spilled
    }

    /// The next rows, `None` behind the last.
    ///
    /// # Errors
    /// None but faults of ours.
    pub fn next(&mut self) -> Result<Option<Batch>, Error> {
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
        Ok(Batch::new(columns?, order.len()))
    }
}
