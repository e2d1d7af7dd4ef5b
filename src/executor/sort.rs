//! ORDER BY: all rows, or only the first so many.
//!
//! Rows are held as they come. Where only the first so many are wanted, the others go from time to time,
//! and later rows that are behind all of those are not held at all. Where the memory is spent, what is
//! held is written as a sorted run, and the runs are merged at the end.

use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::held::{HeldBatches, OUTPUT, RowPlace, batch_bytes};
use super::operator::{BoxedOperator, Operator};
use super::runs::{MergedRuns, SortedRuns};
use super::sort_keys::{SortKeys, ordered};
use super::spill::Spilled;
use super::{Error, compare, kernels};
use crate::planner::{Comparison, SortKey};
use crate::types::memory::Reservation;
use crate::types::row_filter::row_index;
use crate::types::{Value, column::value_at};
use arrow_array::Array;
use std::sync::Arc;

/// Bytes of a row's place and its key's while rows are put in order, and of each part of the key.
const PLACE_BYTES: usize = 40;
const KEY_BYTES: usize = 12;

/// The rows of an input in order.
pub struct Sort {
    input: Option<BoxedOperator>,
    rows: RowSorter,
}

impl Sort {
    /// Sorts the input's rows; `wanted` is how many of the first ones will be asked for.
    pub fn new(
        input: BoxedOperator,
        keys: Arc<[SortKey]>,
        wanted: Option<usize>,
        context: Arc<Context>,
    ) -> Sort {
        Sort { input: Some(input), rows: RowSorter::new(keys, wanted, context) }
    }
}

impl Operator for Sort {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        if let Some(mut input) = self.input.take()
            && self.rows.wanted != Some(0)
        {
            while let Some(batch) = input.next()? {
                self.rows.push(batch)?;
            }
            drop(input);
            self.rows.finish()?;
        }
        self.rows.next()
    }

    fn spilled(&self) -> Spilled {
        self.rows.spilled()
    }
}

/// Rows that are pushed, and come out in order when all are there.
pub struct RowSorter {
    keys: Arc<[SortKey]>,
    /// How many rows are wanted; all where absent.
    wanted: Option<usize>,
    context: Arc<Context>,
    held: HeldBatches,
    memory: Reservation,
    /// The last row that is wanted so far: later rows must be before it.
    worst: Option<WorstRow>,
    /// What was held before, where that was too much.
    runs: Option<SortedRuns>,
    output: SortedRows,
}

/// A row that later ones must be before.
struct WorstRow {
    key: Vec<u8>,
    /// The first of its values, unless it is NULL.
    first: Option<Value>,
}

/// Rows that come out in order.
enum SortedRows {
    /// Those held: the places of all, and how many were given.
    Held(Vec<RowPlace>, usize),
    /// Those of runs, and how many are still wanted.
    Merged(Box<MergedRuns>, usize),
}

impl RowSorter {
    /// No rows yet; of equal ones those come first that were pushed first. `wanted` is how many of the first
    /// ones will be asked for.
    pub fn new(keys: Arc<[SortKey]>, wanted: Option<usize>, context: Arc<Context>) -> RowSorter {
        let memory = Reservation::new(&context.memory);
        RowSorter {
            keys,
            wanted,
            context,
            held: HeldBatches::default(),
            memory,
            worst: None,
            runs: None,
            output: SortedRows::Held(Vec::new(), 0),
        }
    }

    /// Puts what was pushed in order: no more rows come.
    ///
    /// # Errors
    /// `io` where rows cannot be read or written.
    pub fn finish(&mut self) -> Result<(), Error> {
        if self.runs.is_none() {
            let order = self.order();
            self.output = SortedRows::Held(order, 0);
            return Ok(());
        }
        self.spill()?;
        if let Some(runs) = self.runs.take() {
            let wanted = self.wanted.unwrap_or(usize::MAX);
            self.output = SortedRows::Merged(Box::new(runs.merge()?), wanted);
        }
        Ok(())
    }

    /// Takes rows in, unless it is clear that they will not be asked for.
    ///
    /// # Errors
    /// `interrupted`, and `io` where rows cannot be written.
    pub fn push(&mut self, batch: Batch) -> Result<(), Error> {
        self.context.check()?;
        let batch = match &self.worst {
            None => batch,
            Some(worst) => {
                let batch = self.prefilter(batch, worst)?;
                let keys = SortKeys::of(&batch, &self.keys);
                let before: Vec<u64> = (0..batch.rows)
                    .filter(|row| keys.at(*row) < worst.key.as_slice())
                    .map(row_index)
                    .collect();
                if before.is_empty() {
                    return Ok(());
                }
                batch.take(&before)?
            }
        };
        let bytes = batch_bytes(&batch) + batch.rows * (PLACE_BYTES + KEY_BYTES * self.keys.len());
        let fits = self.memory.grow(bytes);
        self.held.push(batch);
        let many = |wanted: usize| self.held.rows() >= wanted.saturating_mul(2).max(OUTPUT);
        match self.wanted {
            Some(wanted) if many(wanted) => self.shrink(),
            _ if fits => Ok(()),
            _ => self.spill(),
        }
    }

    /// Leaves out rows that the first key alone puts behind the worst row, by one comparison of the
    /// whole column; the others are compared by their keys.
    fn prefilter(&self, batch: Batch, worst: &WorstRow) -> Result<Batch, Error> {
        let (Some(key), Some(first)) = (self.keys.first(), &worst.first) else { return Ok(batch) };
        let comparison =
            if key.descending { Comparison::GreaterEqual } else { Comparison::LessEqual };
        let column = Datum::Array(batch.columns[key.column].clone());
        let (of, first) = (key.data_type, Datum::Scalar(first.clone()));
        let near = compare::evaluate(comparison, (&column, of), (&first, of), batch.rows)?
            .into_mask(batch.rows);
        // Where NULLs come first they are wanted, whatever they are compared with.
        let near = match key.nulls_first && near.null_count() > 0 {
            true => kernels::or(&near, &kernels::is_null(&batch.columns[key.column])),
            false => compare::selected(&near),
        };
        batch.filter(&near)
    }

    /// The places of the held rows that are wanted, in order.
    fn order(&self) -> Vec<RowPlace> {
        ordered(&self.held, &self.keys, self.wanted.unwrap_or(usize::MAX))
    }

    /// Notes the last of the rows that are wanted, once there are as many.
    fn note_worst(&mut self, order: &[RowPlace]) {
        if let (Some((batch, row)), true) = (order.last(), Some(order.len()) == self.wanted) {
            let last = self.held.batches()[*batch].slice(*row, 1);
            let key = SortKeys::of(&last, &self.keys).at(0).to_vec();
            let first = self.keys.first();
            let first = first.map(|key| value_at(&last.columns[key.column], key.data_type, 0));
            self.worst = Some(WorstRow { key, first: first.filter(|first| !first.is_null()) });
        }
    }

    /// Keeps the wanted rows of those held, in order.
    fn shrink(&mut self) -> Result<(), Error> {
        let order = self.order();
        self.note_worst(&order);
        let (mut kept, mut bytes, mut rest) = (HeldBatches::default(), 0, order.as_slice());
        while !rest.is_empty() {
            let batch = self.held.gather(rest)?;
            rest = &rest[batch.rows..];
            bytes += batch_bytes(&batch);
            kept.push(batch);
        }
        self.held = kept;
        self.memory.release();
        let places = self.held.rows() * (PLACE_BYTES + KEY_BYTES * self.keys.len());
        if self.memory.grow(bytes + places) { Ok(()) } else { self.spill() }
    }

    /// Writes what is held as a run.
    fn spill(&mut self) -> Result<(), Error> {
        if self.held.rows() == 0 {
            return Ok(());
        }
        let order = self.order();
        self.note_worst(&order);
        let keys = &self.keys;
        let runs = self.runs.get_or_insert_with(|| SortedRuns::new(Arc::clone(keys)));
        let bytes = self.held.batches().iter().map(batch_bytes).sum();
        runs.add(&self.held, &order, bytes, self.context.memory.limit())?;
        self.held = HeldBatches::default();
        self.memory.release();
        Ok(())
    }

    /// The next rows in order; `None` behind the last.
    ///
    /// # Errors
    /// `interrupted`, and `io` where rows cannot be read.
    pub fn next(&mut self) -> Result<Option<Batch>, Error> {
        match &mut self.output {
            SortedRows::Held(order, given) => {
                let rest = &order[*given..];
                if rest.is_empty() {
                    return Ok(None);
                }
                let batch = self.held.gather(rest)?;
                *given += batch.rows;
                Ok(Some(batch))
            }
            SortedRows::Merged(_, 0) => Ok(None),
            SortedRows::Merged(merged, wanted) => {
                self.context.check()?;
                let Some(batch) = merged.next()? else { return Ok(None) };
                let batch = batch.slice(0, batch.rows.min(*wanted));
                *wanted -= batch.rows;
                Ok(Some(batch))
            }
        }
    }

    /// What was written to temporary files.
    pub fn spilled(&self) -> Spilled {
        match (&self.output, &self.runs) {
            (SortedRows::Merged(merged, _), _) => merged.spilled(),
            (SortedRows::Held(..), Some(runs)) => runs.spilled(),
            (SortedRows::Held(..), None) => Spilled::default(),
        }
    }
}
