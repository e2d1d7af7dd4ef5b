//! Window functions: for each row something of the rows around it.
//!
//! The rows come sorted by the partition and then by the order. Of one partition is kept what the functions
//! are asked about, in columns ([`PagedColumn`]), and its batches wait; both go to temporary files where
//! the memory is spent. Once a partition has all of its rows, its batches leave one after the other, and
//! the results of each are computed then. Frames only ever move forward, so that each row enters and leaves
//! one once, and is read in order: sums take values in and out again, extremes are kept in a queue, or two
//! where EXCLUDE cuts a hole into frames. Of texts that are joined the length of the result is the work.

mod additive;
mod call;
mod extreme;
mod frame;
mod listing;
mod partition;
mod place;
mod queue;

use super::Error;
use super::batches::BatchCutter;
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use super::paged::PageSource;
use super::sort_keys::key_columns;
use super::spill::Spilled;
use super::waiting::WaitingBatches;
use crate::planner::{SortKey, WindowCall};
use crate::types::memory::Reservation;
use call::{CallInput, OpenCall};
use frame::KnownFrame;
use partition::{KeyChanges, Partition};
use std::ops::Range;
use std::sync::Arc;

#[cfg(doc)]
use super::paged::PagedColumn;

/// Window functions over one window.
pub struct WindowFunctions {
    input: Option<BatchCutter>,
    partition_by: Arc<[SortKey]>,
    order_by: Arc<[SortKey]>,
    context: Arc<Context>,
    calls: Vec<OpenCall>,
    open: Partition,
    /// Whether the open partition has all of its rows.
    is_whole: bool,
    /// What is held of the open partition.
    memory: Reservation,
    /// The last batch, while rows of it are in no partition yet.
    entering: Option<EnteringBatch>,
    partitions: KeyChanges,
    peers: KeyChanges,
    /// Batches that have not all of their results yet: as many as there are rows in a partition.
    waiting: WaitingBatches,
    /// The first of them, and what is left of it.
    leaving: Option<Batch>,
    /// How many rows have left.
    left: usize,
}

/// A batch whose rows enter partitions.
struct EnteringBatch {
    rows: usize,
    inputs: Vec<CallInput>,
    key: Option<PageSource>,
    /// The rows that begin a partition, and those that begin a group of peers.
    partitions: Vec<usize>,
    groups: Vec<usize>,
    /// How far each of them is done.
    next_row: usize,
    next_partition: usize,
    next_group: usize,
}

impl EnteringBatch {
    /// Whether the next row begins a partition.
    fn begins(&self) -> bool {
        self.partitions.get(self.next_partition) == Some(&self.next_row)
    }

    /// The next rows, which are of one partition.
    fn run(&mut self) -> Range<usize> {
        self.next_partition += usize::from(self.begins());
        let end = self.partitions.get(self.next_partition).copied().unwrap_or(self.rows);
        let run = self.next_row..end;
        self.next_row = end;
        run
    }

    /// The next row before `end` that begins a group of peers.
    fn group(&mut self, end: usize) -> Option<usize> {
        let group = self.groups.get(self.next_group).copied().filter(|group| *group < end);
        self.next_group += usize::from(group.is_some());
        group
    }
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
            open.push(OpenCall::new(&calls, index, frame, &context.memory));
        }
        let measures = open.iter().any(|open| open.asked.frame.measures);
        let key = order_by.first().filter(|_| measures).map(|key| key.data_type);
        Ok(WindowFunctions {
            waiting: WaitingBatches::new(&context.memory),
            memory: Reservation::new(&context.memory),
            input: Some(BatchCutter::new(input)),
            partition_by,
            order_by,
            context,
            calls: open,
            open: Partition::new(key),
            is_whole: false,
            entering: None,
            partitions: KeyChanges::default(),
            peers: KeyChanges::default(),
            leaving: None,
            left: 0,
        })
    }

    /// Takes the next rows in; false at the end.
    fn read(&mut self) -> Result<bool, Error> {
        if self.enter()? {
            return Ok(true);
        }
        let Some(input) = &mut self.input else { return Ok(false) };
        let (calls, context) = (&self.calls, &self.context);
        let next = input.next(|batch| {
            let inputs = calls.iter().map(|open| CallInput::of(open.asked.call(), batch, context));
            Ok((batch.clone(), inputs.collect::<Result<Vec<_>, _>>()?))
        })?;
        let Some((batch, inputs)) = next else {
            self.input = None;
            self.is_whole = !self.open.rows.is_empty();
            return Ok(self.is_whole);
        };
        let partitions = key_columns(&batch, &self.partition_by);
        let peers = key_columns(&batch, &self.order_by);
        let key = self.order_by.first().filter(|_| self.open.keys.is_some());
        self.entering = Some(EnteringBatch {
            rows: batch.rows,
            inputs,
            key: key.map(|key| {
                PageSource::new(Datum::Array(batch.columns[key.column].clone()), batch.rows)
            }),
            partitions: self.partitions.find(&partitions, batch.rows),
            groups: self.peers.find(&peers, batch.rows),
            next_row: 0,
            next_partition: 0,
            next_group: 0,
        });
        self.waiting.push(batch)?;
        Ok(true)
    }

    /// Lets rows of a batch enter the open partition, up to its last one; false where there are none.
    fn enter(&mut self) -> Result<bool, Error> {
        let WindowFunctions { entering, open, memory, calls, .. } = self;
        let Some(batch) = entering else { return Ok(false) };
        let is_first = open.rows.is_empty();
        if batch.begins() && !is_first {
            self.is_whole = true;
            return Ok(true);
        }
        let run = batch.run();
        if is_first {
            open.push_start(open.rows.start, memory)?;
        }
        while let Some(row) = batch.group(run.end) {
            if !is_first || row > run.start {
                open.push_start(open.rows.end + row - run.start, memory)?;
            }
        }
        if let (Some(keys), Some(key)) = (&mut open.keys, &batch.key) {
            keys.push(key, run.clone(), memory)?;
        }
        for (call, input) in calls.iter_mut().zip(&batch.inputs) {
            call.push(input, &run, memory)?;
        }
        open.rows.end += run.len();
        if run.end == batch.rows {
            *entering = None;
        }
        Ok(true)
    }

    /// Computes results of the whole partition: as far as the first batch goes that waits, and the
    /// results have room.
    fn compute(&mut self) -> Result<(), Error> {
        self.context.check()?;
        let leaving = self.leaving.as_ref().map(|batch| batch.rows);
        let leaving = self.left + leaving.or(self.waiting.first_rows()).unwrap_or(0);
        let wanted = self.open.rows.end.min(leaving);
        let mut until = wanted;
        for call in &mut self.calls {
            until = call.compute(&self.open, until)?;
        }
        if until == leaving || until < wanted {
            self.calls.iter_mut().for_each(|call| call.results.finish_until(until));
        }
        if until == self.open.rows.end {
            self.calls.iter_mut().for_each(OpenCall::clear);
            self.open.clear();
            self.memory.release();
            self.is_whole = false;
        }
        Ok(())
    }

    /// The first batch that waits, or a part of it, if there are results of all functions for it.
    fn leave(&mut self) -> Result<Option<Batch>, Error> {
        let ready = self.calls.iter().map(|call| call.results.ready()).min().unwrap_or(0);
        if ready == 0 {
            return Ok(None);
        }
        let waiting =
            if self.leaving.is_some() { self.leaving.take() } else { self.waiting.pop()? };
        let Some(batch) = waiting else { return Ok(None) };
        let rows = ready.min(batch.rows);
        let mut part = batch;
        if rows < part.rows {
            self.leaving = Some(part.slice(rows, part.rows - rows));
            part = part.slice(0, rows);
        }
        part.columns.extend(self.calls.iter_mut().filter_map(|call| call.results.take(rows)));
        self.left += rows;
        Ok(Some(part))
    }
}

impl Operator for WindowFunctions {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        loop {
            if let Some(batch) = self.leave()? {
                return Ok(Some(batch));
            }
            if self.is_whole {
                self.compute()?;
            } else if !self.read()? {
                return Ok(None);
            }
        }
    }

    fn spilled(&self) -> Spilled {
        let calls = self.calls.iter().map(OpenCall::spilled);
        calls.fold(self.waiting.spilled() + self.open.spilled(), |all, of| all + of)
    }
}
