//! DISTINCT: the first of all rows that agree on their first columns.
//!
//! As long as the memory lasts, each row comes out as it comes. Then the keys that are held stay as they
//! are: a later row that has one of them goes, and one that has another is *undecided*. Undecided rows are
//! taken apart by their keys into a temporary file, with their numbers, and each part is looked at by
//! itself. What is first there comes out in the order of the numbers, behind all that came out before.

use super::datum::Batch;
use super::evaluate::Context;
use super::held_keys::HeldKeys;
use super::numbered::{RowNumbers, number_key, without_number};
use super::operator::{BoxedOperator, Operator};
use super::partitions::{KeyPartition, KeyPartitions, MOST_LEVELS};
use super::runs::{MergedRuns, SortedRuns};
use super::spill::{SpillFile, Spilled};
use super::streaming::key_columns;
use super::{Error, kernels};
use crate::types::DataType;
use crate::types::key::row_key;
use std::sync::Arc;

/// The first of all rows that agree on their first columns.
pub struct Distinct {
    input: Option<BoxedOperator>,
    /// The types of the columns that count.
    types: Arc<[DataType]>,
    context: Arc<Context>,
    seen: HeldKeys,
    numbers: RowNumbers,
    undecided: Option<Undecided>,
    /// What comes out behind the rest.
    last: Option<MergedRuns>,
    spilled: Spilled,
}

/// Rows of which nobody knows whether they are the first.
struct Undecided {
    file: SpillFile,
    parts: KeyPartitions,
    /// How many columns they have without their numbers.
    width: usize,
}

impl Distinct {
    /// The input's rows; those that agree on their first columns, which are of these types, once.
    pub fn new(input: BoxedOperator, types: Arc<[DataType]>, context: Arc<Context>) -> Distinct {
        let (seen, input) = (HeldKeys::new(&context.memory), Some(input));
        let (numbers, spilled) = Default::default();
        Distinct { input, types, context, seen, numbers, undecided: None, last: None, spilled }
    }

    /// The rows of a batch that are surely first; notes those that may be.
    fn decide(&mut self, batch: Batch) -> Result<Option<Batch>, Error> {
        let keys = key_columns(&batch, &self.types);
        let mut key = Vec::new();
        if let Some(undecided) = &mut self.undecided {
            let numbered = self.numbers.add_to(batch.clone());
            let open = (0..batch.rows).filter(|row| {
                row_key(&mut key, &keys, *row);
                !self.seen.contains(&key)
            });
            undecided.parts.write(&mut undecided.file, &numbered, &keys, open)?;
            self.spilled = undecided.file.spilled();
            return Ok(None);
        }
        let first = kernels::mask(batch.rows, |row| {
            row_key(&mut key, &keys, row);
            self.seen.insert(&key)
        });
        if self.seen.is_full() {
            let (file, parts) = (SpillFile::new(), KeyPartitions::new(0, true));
            let width = batch.columns.len();
            self.undecided = Some(Undecided { file, parts, width });
        }
        batch.filter_some(&first)
    }

    /// Decides what is undecided.
    fn finish(&mut self) -> Result<(), Error> {
        let Some(Undecided { mut file, parts, width }) = self.undecided.take() else {
            return Ok(());
        };
        self.seen = HeldKeys::new(&self.context.memory);
        let mut runs = SortedRuns::new(number_key(width));
        let mut pending = parts.finish();
        while let Some(part) = pending.pop() {
            pending.extend(self.decide_part(&mut file, part, &mut runs)?);
        }
        self.spilled = file.spilled() + runs.spilled();
        self.last = Some(runs.merge()?);
        Ok(())
    }

    /// Writes the first rows of a part as a run; gives the parts of what it has no memory for.
    fn decide_part(
        &self,
        file: &mut SpillFile,
        part: KeyPartition,
        runs: &mut SortedRuns,
    ) -> Result<Vec<KeyPartition>, Error> {
        let mut seen = HeldKeys::new(&self.context.memory);
        let mut open: Option<KeyPartitions> = None;
        let mut key = Vec::new();
        runs.begin();
        for place in part.batches {
            self.context.check()?;
            let batch = file.read(place)?;
            let keys = key_columns(&batch, &self.types);
            let mut undecided = Vec::new();
            let mut is_first = |row: usize| {
                row_key(&mut key, &keys, row);
                if open.is_none() {
                    return seen.insert(&key);
                }
                if !seen.contains(&key) {
                    undecided.push(row);
                }
                false
            };
            let first = kernels::mask(batch.rows, &mut is_first);
            if let Some(open) = &mut open {
                open.write(file, &batch, &keys, undecided.into_iter())?;
            } else if seen.is_full() && part.level < MOST_LEVELS {
                open = Some(KeyPartitions::new(part.level, true));
            }
            if let Some(batch) = batch.filter_some(&first)? {
                runs.write(&batch)?;
            }
        }
        Ok(open.map(KeyPartitions::finish).unwrap_or_default())
    }
}

impl Operator for Distinct {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while let Some(input) = &mut self.input {
            self.context.check()?;
            match input.next()? {
                Some(batch) => {
                    if let Some(first) = self.decide(batch)? {
                        return Ok(Some(first));
                    }
                }
                None => {
                    self.input = None;
                    self.finish()?;
                }
            }
        }
        let Some(last) = &mut self.last else { return Ok(None) };
        Ok(last.next()?.map(without_number))
    }

    fn spilled(&self) -> Spilled {
        self.spilled
    }
}
