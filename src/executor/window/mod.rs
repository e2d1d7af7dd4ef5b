//! Window functions: for each row something of the rows around it.
//!
//! The rows come sorted by the partition and then by the order. One partition is held, as values of
//! what the functions are asked about; its batches wait, in a temporary file where the memory is spent,
//! and leave with the results as further columns. Frames only ever move forward, so that each row enters
//! and leaves one once: sums take values in and out again, extremes are kept in a queue, or in a tree
//! where EXCLUDE cuts holes into frames. Of texts that are joined the length of the result is the work.

mod additive;
mod extreme;
mod frame;
mod listing;
mod place;

use super::Error;
use super::accumulate::ListKind;
use super::batches::{BatchCutter, first_part};
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::memory::Reservation;
use super::operator::{BoxedOperator, Operator};
use super::sort_keys::key_columns;
use super::spill::Spilled;
use super::waiting::WaitingBatches;
use crate::planner::{AggregateFunction, SortKey, WindowCall, WindowFunction};
use crate::types::column::array_of;
use crate::types::key::row_key;
use crate::types::{DataType, Value};
use arrow_array::BooleanArray;
use frame::{Frames, KnownFrame};
use std::collections::VecDeque;
use std::sync::Arc;

/// The rows of one partition.
#[derive(Default)]
struct Partition {
    /// How many there are.
    rows: usize,
    /// For each row the number of its group of peers, from 0.
    group_of: Vec<usize>,
    /// The first row of each group of peers.
    groups: Vec<usize>,
    /// The values of the first term of the order, where RANGE asks how far they are apart.
    keys: Vec<Value>,
    /// About how many bytes all values take that its functions are asked about.
    bytes: usize,
}

impl Partition {
    /// The rows of a group, none behind the last.
    fn group(&self, number: usize) -> std::ops::Range<usize> {
        let start = |number: usize| self.groups.get(number).copied().unwrap_or(self.rows);
        start(number)..start(number.saturating_add(1))
    }

    fn clear(&mut self) {
        self.rows = 0;
        self.group_of.clear();
        self.groups.clear();
        self.keys.clear();
        self.bytes = 0;
    }
}

/// One function, and the values that it is asked about in the open partition.
struct OpenCall {
    calls: Arc<[WindowCall]>,
    index: usize,
    frame: KnownFrame,
    /// For each argument its values.
    arguments: Vec<Vec<Value>>,
    /// Whether FILTER lets each row in; empty where there is none.
    taken: Vec<bool>,
}

impl OpenCall {
    /// The function as the plan has it.
    fn call(&self) -> &WindowCall {
        &self.calls[self.index]
    }

    /// Whether an aggregate takes a row.
    fn takes(&self, row: usize) -> bool {
        self.taken.get(row).is_none_or(|taken| *taken)
    }

    /// The argument's value, if the aggregate takes the row and it is no NULL.
    fn known(&self, row: usize) -> Option<&Value> {
        let value = self.arguments.first().and_then(|values| values.get(row))?;
        (self.takes(row) && !value.is_null()).then_some(value)
    }

    /// What is computed of each row.
    fn compute(&self, partition: &Partition) -> Result<Vec<Value>, Error> {
        let frames = Frames::new(&self.frame, partition);
        match self.call().function {
            WindowFunction::Aggregate(function) => match function {
                AggregateFunction::Count
                | AggregateFunction::Sum
                | AggregateFunction::Total
                | AggregateFunction::Avg
                | AggregateFunction::Percentile(_) => additive::compute(self, frames, partition),
                AggregateFunction::Min | AggregateFunction::Max => {
                    extreme::compute(self, frames, partition)
                }
                AggregateFunction::GroupConcat => {
                    listing::compute(ListKind::Joined, self, frames, partition)
                }
                AggregateFunction::JsonGroupArray => {
                    listing::compute(ListKind::JsonArray, self, frames, partition)
                }
                AggregateFunction::JsonGroupObject => {
                    listing::compute(ListKind::JsonObject, self, frames, partition)
                }
                AggregateFunction::OrderedSet(_) | AggregateFunction::Bare => {
                    unreachable!("neither a bare column nor WITHIN GROUP is one of a window")
                }
            },
            WindowFunction::RowNumber
            | WindowFunction::Rank
            | WindowFunction::DenseRank
            | WindowFunction::PercentRank
            | WindowFunction::CumeDist
            | WindowFunction::Ntile
            | WindowFunction::Lag
            | WindowFunction::Lead
            | WindowFunction::FirstValue
            | WindowFunction::LastValue
            | WindowFunction::NthValue => place::compute(self, frames, partition),
        }
    }
}

/// Window functions over one window.
pub struct WindowFunctions {
    input: Option<BatchCutter>,
    partition_by: Arc<[SortKey]>,
    order_by: Arc<[SortKey]>,
    context: Arc<Context>,
    calls: Vec<OpenCall>,
    open: Partition,
    /// The keys of the last row that was read: of its partition, and of its peers.
    last: Option<(Vec<u8>, Vec<u8>)>,
    /// Batches that have not all of their results yet: as many as there are rows in a partition.
    waiting: WaitingBatches,
    /// What the values of the open partition take, which any of its frames may reach: where they are more
    /// than the budget has, others have to make room.
    values: Reservation,
    /// For each call the results of the rows held, as far as they are computed.
    results: Vec<VecDeque<Value>>,
    /// What is left of a batch that had no room for its results.
    parts: Vec<Batch>,
}

impl WindowFunctions {
    /// Computes functions over the input's rows, of a partition and in an order.
    ///
    /// # Errors
    /// `window-frame` of a bound whose distance is none.
    pub fn new(
        input: BoxedOperator,
        window: (Arc<[SortKey]>, Arc<[SortKey]>),
        calls: Arc<[WindowCall]>,
        context: Arc<Context>,
    ) -> Result<WindowFunctions, Error> {
        let (partition_by, order_by) = window;
        let mut open = Vec::with_capacity(calls.len());
        for (index, call) in calls.iter().enumerate() {
            let frame = KnownFrame::of(&call.frame, order_by.first(), &context)?;
            let arguments = vec![Vec::new(); call.arguments.len()];
            let calls = Arc::clone(&calls);
            open.push(OpenCall { calls, index, frame, arguments, taken: Vec::new() });
        }
        Ok(WindowFunctions {
            waiting: WaitingBatches::new(&context.memory),
            values: Reservation::new(&context.memory),
            input: Some(BatchCutter::new(input)),
            partition_by,
            order_by,
            context,
            results: vec![VecDeque::new(); open.len()],
            calls: open,
            open: Partition::default(),
            last: None,
            parts: Vec::new(),
        })
    }

    /// Takes a batch in; closes each partition that ends in it.
    fn take(&mut self, batch: Batch, inputs: &[CallInput]) -> Result<(), Error> {
        let partitions = key_columns(&batch, &self.partition_by);
        let peers = key_columns(&batch, &self.order_by);
        let (mut partition, mut peer) = (Vec::new(), Vec::new());
        for row in 0..batch.rows {
            row_key(&mut partition, &partitions, row);
            row_key(&mut peer, &peers, row);
            let is_next = self.last.as_ref().is_some_and(|(last, _)| *last != partition);
            if is_next {
                self.close()?;
            }
            let is_peer = !is_next && self.last.as_ref().is_some_and(|(_, last)| *last == peer);
            if !is_peer {
                self.open.groups.push(self.open.rows);
                let last = self.last.get_or_insert_default();
                last.0.clone_from(&partition);
                last.1.clone_from(&peer);
            }
            self.add(&batch, inputs, row);
        }
        self.values.release();
        let _has_room = self.values.grow(self.open.bytes);
        self.waiting.push(batch)
    }

    /// Adds a row of a batch to the open partition.
    fn add(&mut self, batch: &Batch, inputs: &[CallInput], row: usize) {
        self.open.group_of.push(self.open.groups.len() - 1);
        self.open.rows += 1;
        self.open.bytes += size_of::<usize>();
        if let Some(key) = self.order_by.first()
            && self.calls.iter().any(|open| open.frame.measures())
        {
            let value = Datum::Array(batch.columns[key.column].clone()).value(key.data_type, row);
            self.open.bytes += value_bytes(&value);
            self.open.keys.push(value);
        }
        for (open, input) in self.calls.iter_mut().zip(inputs) {
            for (values, (datum, data_type)) in open.arguments.iter_mut().zip(&input.arguments) {
                let value = datum.value(*data_type, row);
                self.open.bytes += value_bytes(&value);
                values.push(value);
            }
            open.taken.extend(input.taken.as_ref().map(|mask| mask.value(row)));
        }
    }

    /// Computes the open partition, and begins another.
    fn close(&mut self) -> Result<(), Error> {
        self.context.check()?;
        for (open, results) in self.calls.iter_mut().zip(&mut self.results) {
            let computed = open.compute(&self.open);
            results.extend(computed.map_err(|error| error.at(open.call().place))?);
            open.arguments.iter_mut().for_each(Vec::clear);
            open.taken.clear();
        }
        self.open.clear();
        self.values.release();
        Ok(())
    }

    /// The first batch that waits, or a part of it, if all of its results are computed.
    fn done(&mut self) -> Result<Option<Batch>, Error> {
        if self.parts.is_empty() {
            let computed = self.results.first().map_or(0, VecDeque::len);
            if self.waiting.first_rows().is_some_and(|rows| rows <= computed) {
                self.parts.extend(self.waiting.pop()?);
            }
        }
        let Some(batch) = self.parts.pop() else { return Ok(None) };
        let (calls, results) = (&self.calls, &self.results);
        let batch = first_part(batch, &mut self.parts, |batch| {
            let mut columns = batch.columns.clone();
            for (open, values) in calls.iter().zip(results) {
                columns.push(array_of(open.call().data_type, values.iter().take(batch.rows))?);
            }
            Ok(Batch { columns, rows: batch.rows })
        })?;
        for values in &mut self.results {
            values.drain(..batch.rows);
        }
        Ok(Some(batch))
    }
}

/// About how many bytes a value takes where it is held.
fn value_bytes(value: &Value) -> usize {
    size_of::<Value>() + value.byte_length()
}

/// What a function is asked about in one batch: its arguments, and whether FILTER lets a row in.
struct CallInput {
    arguments: Vec<(Datum, DataType)>,
    taken: Option<BooleanArray>,
}

impl CallInput {
    fn of(call: &WindowCall, batch: &Batch, context: &Context) -> Result<CallInput, Error> {
        let taken = call.filter.as_ref().map(|filter| context.mask(filter, batch)).transpose()?;
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push((context.evaluate(argument, batch)?, argument.data_type));
        }
        Ok(CallInput { arguments, taken })
    }
}

impl Operator for WindowFunctions {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        loop {
            if let Some(batch) = self.done()? {
                return Ok(Some(batch));
            }
            let Some(input) = &mut self.input else { return Ok(None) };
            let (calls, context) = (&self.calls, &self.context);
            let next = input.next(|batch| {
                let inputs = calls.iter().map(|open| CallInput::of(open.call(), batch, context));
                Ok((batch.clone(), inputs.collect::<Result<Vec<_>, _>>()?))
            })?;
            match next {
                Some((batch, inputs)) => self.take(batch, &inputs)?,
                None => {
                    self.input = None;
                    self.close()?;
                }
            }
        }
    }

    fn spilled(&self) -> Spilled {
        self.waiting.spilled()
    }
}
