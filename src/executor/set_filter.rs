//! INTERSECT and EXCEPT: the left rows that the right side has, or those that it has not.
//!
//! As long as the memory lasts, the right side's keys are held and the left rows stream. Else those that
//! are held decide what they can, and the other rows of both sides are taken apart by their keys: each
//! part of the left side is held against the same part of the right one, by as many of its keys at once as
//! there is memory for. The left rows carry numbers, and come out in their order.

use super::datum::Batch;
use super::evaluate::Context;
use super::held_keys::HeldKeys;
use super::key_rows::KeyRows;
use super::numbered::{RowNumbers, number_key, without_number};
use super::operator::{BoxedOperator, Operator};
use super::partitions::{KeyPartition, KeyPartitions};
use super::runs::{MergedRuns, SortedRuns};
use super::spill::{SpillFile, Spilled};
use super::streaming::key_columns;
use super::{Error, kernels};
use crate::types::DataType;
use arrow_array::BooleanArray;
use std::sync::Arc;

/// The left rows that the right side has, or those that it has not.
pub struct SetFilter {
    left: BoxedOperator,
    /// `None` once it was read.
    right: Option<BoxedOperator>,
    types: Arc<[DataType]>,
    /// How many columns left rows have.
    width: usize,
    keeps_common: bool,
    context: Arc<Context>,
    /// The keys of the right rows.
    held: HeldKeys,
    /// What comes out, where not all of them are held.
    merged: Option<MergedRuns>,
    spilled: Spilled,
}

/// The right rows that are not held.
struct RightRest {
    file: SpillFile,
    parts: KeyPartitions,
}

impl SetFilter {
    /// The rows of `left`, of `width` columns, whose first columns `right` has, all of whose columns are
    /// of `types`; or, where `keeps_common` is false, the others.
    pub fn new(
        left: BoxedOperator,
        right: BoxedOperator,
        (types, width): (Arc<[DataType]>, usize),
        keeps_common: bool,
        context: Arc<Context>,
    ) -> SetFilter {
        let held = HeldKeys::new(&context.memory);
        let (right, merged, spilled) = (Some(right), None, Spilled::default());
        SetFilter { left, right, types, width, keeps_common, context, held, merged, spilled }
    }

    /// Reads the right side.
    fn hold(&mut self, mut right: BoxedOperator) -> Result<(), Error> {
        let mut rest: Option<RightRest> = None;
        while let Some(batch) = right.next()? {
            self.context.check()?;
            let keys = self.keys_of(&batch);
            if let Some(RightRest { file, parts }) = &mut rest {
                let held = self.held.contained(&keys);
                let other = (0..batch.rows).filter(|row| !held.value(*row));
                parts.write(file, &batch, keys.columns(), other)?;
                continue;
            }
            self.held.insert(&keys);
            if self.held.is_full() {
                rest =
                    Some(RightRest { file: SpillFile::new(), parts: KeyPartitions::new(0, true) });
            }
        }
        drop(right);
        rest.map_or(Ok(()), |rest| self.filter_parts(rest))
    }

    fn keys_of(&self, batch: &Batch) -> KeyRows {
        KeyRows::new(key_columns(batch, &self.types), batch.rows)
    }

    /// All left rows that come out, where the right side is not all held.
    fn filter_parts(&mut self, right: RightRest) -> Result<(), Error> {
        let RightRest { file: mut right_file, parts: right } = right;
        let (mut file, mut parts) = (SpillFile::new(), KeyPartitions::new(0, true));
        let mut runs = SortedRuns::new(number_key(self.width));
        let mut numbers = RowNumbers::default();
        runs.begin();
        while let Some(batch) = self.left.next()? {
            self.context.check()?;
            let keys = self.keys_of(&batch);
            let common = self.held.contained(&keys);
            let numbered = numbers.add_to(batch);
            let open = (0..numbered.rows).filter(|row| !common.value(*row));
            parts.write(&mut file, &numbered, keys.columns(), open)?;
            if !self.keeps_common {
                continue;
            }
            if let Some(kept) = numbered.filter_some(&common)? {
                runs.write(&kept)?;
            }
        }
        self.held = HeldKeys::new(&self.context.memory);
        for (left, right) in parts.finish().into_iter().zip(right.finish()) {
            self.filter_part(&mut file, left, &mut right_file, right, &mut runs)?;
        }
        self.spilled = file.spilled() + right_file.spilled() + runs.spilled();
        self.merged = Some(runs.merge()?);
        Ok(())
    }

    /// Writes the left rows of a part that come out as a run.
    fn filter_part(
        &self,
        file: &mut SpillFile,
        left: KeyPartition,
        right_file: &mut SpillFile,
        right: KeyPartition,
        runs: &mut SortedRuns,
    ) -> Result<(), Error> {
        let mut common = vec![false; left.rows()];
        let mut right = right.batches.into_iter().peekable();
        while right.peek().is_some() {
            let mut held = HeldKeys::new(&self.context.memory);
            while !held.is_full()
                && let Some(place) = right.next()
            {
                let batch = right_file.read(place)?;
                held.insert(&self.keys_of(&batch));
            }
            let mut common = common.iter_mut();
            for place in &left.batches {
                self.context.check()?;
                let batch = file.read(*place)?;
                let held = held.contained(&self.keys_of(&batch));
                held.values().iter().zip(&mut common).for_each(|(held, common)| *common |= held);
            }
        }
        runs.begin();
        let mut common = common.into_iter();
        for place in left.batches {
            let batch = file.read(place)?;
            let kept = common.by_ref().take(batch.rows);
            let kept: Vec<bool> = kept.map(|common| common == self.keeps_common).collect();
            let kept = BooleanArray::from(kept);
            if let Some(kept) = batch.filter_some(&kept)? {
                runs.write(&kept)?;
            }
        }
        Ok(())
    }
}

impl Operator for SetFilter {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        if let Some(right) = self.right.take() {
            self.hold(right)?;
        }
        if let Some(merged) = &mut self.merged {
            return Ok(merged.next()?.map(without_number));
        }
        while let Some(batch) = self.left.next()? {
            let common = self.held.contained(&self.keys_of(&batch));
            let kept = if self.keeps_common { common } else { kernels::not(&common) };
            if let Some(kept) = batch.filter_some(&kept)? {
                return Ok(Some(kept));
            }
        }
        Ok(None)
    }

    fn spilled(&self) -> Spilled {
        self.spilled
    }
}
