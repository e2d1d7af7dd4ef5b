//! DISTINCT: the first of all rows that agree on their first columns.
//!
//! As long as the memory lasts, each row comes out as it comes. Then the keys that are held stay as they
//! are: a later row that has one of them goes, and one that has another is *undecided*. Undecided rows are
//! taken apart by their keys into a temporary file, with their numbers, and each part is looked at by
//! itself. What is first there comes out in the order of the numbers, behind all that came out before.

use super::Error;
use super::datum::Batch;
use super::evaluate::Context;
use super::held_keys::HeldKeys;
use super::key_rows::KeyRows;
use super::numbered::{RowNumbers, number_key, without_number};
use super::operator::{BoxedOperator, Operator};
use super::partitions::{KeyPartition, KeyPartitions, MOST_LEVELS};
use super::runs::{MergedRuns, SortedRuns};
use super::spill::{SpillFile, Spilled};
use crate::types::key::KeyColumn;
use crate::types::{Collation, DataType};
use std::sync::Arc;

/// The first of all rows that agree on their first columns: those of an input.
pub struct Distinct {
    input: Option<BoxedOperator>,
    rows: DistinctRows,
}

impl Distinct {
    /// The input's rows; those that agree on their first columns, which are of these types, once.
    pub fn new(input: BoxedOperator, types: &[DataType], context: Arc<Context>) -> Distinct {
        let keys = types.iter().map(|data_type| (*data_type, Collation::Binary)).collect();
        Distinct { input: Some(input), rows: DistinctRows::new(keys, context) }
    }
}

impl Operator for Distinct {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        while let Some(input) = &mut self.input {
            match input.next()? {
                Some(batch) => {
                    if let Some(first) = self.rows.push(batch)? {
                        return Ok(Some(first));
                    }
                }
                None => {
                    self.input = None;
                    self.rows.finish()?;
                }
            }
        }
        self.rows.next()
    }

    fn spilled(&self) -> Spilled {
        self.rows.spilled()
    }
}

/// The first of all rows that agree on their first columns: those that are pushed.
pub struct DistinctRows {
    /// The types of the columns that count, and how texts in them compare.
    keys: Box<[(DataType, Collation)]>,
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

impl DistinctRows {
    /// No rows yet, of which the first columns will be of these types; texts in them compare so.
    pub fn new(keys: Box<[(DataType, Collation)]>, context: Arc<Context>) -> DistinctRows {
        let seen = HeldKeys::new(&context.memory);
        let (numbers, spilled) = Default::default();
        DistinctRows { keys, context, seen, numbers, undecided: None, last: None, spilled }
    }

    /// The rows of a batch that are surely first; notes those that may be.
    ///
    /// # Errors
    /// `interrupted`, and `io` where rows cannot be written.
    pub fn push(&mut self, batch: Batch) -> Result<Option<Batch>, Error> {
        self.context.check()?;
        let keys = self.keys_of(&batch);
        if let Some(undecided) = &mut self.undecided {
            let numbered = self.numbers.add_to(batch);
            let seen = self.seen.contained(&keys);
            let open = (0..numbered.rows).filter(|row| !seen.value(*row));
            undecided.parts.write(&mut undecided.file, &numbered, keys.columns(), open)?;
            self.spilled = undecided.file.spilled();
            return Ok(None);
        }
        let first = self.seen.insert(&keys);
        if self.seen.is_full() {
            let (file, parts) = (SpillFile::new(), KeyPartitions::new(0, true));
            let width = batch.columns.len();
            self.undecided = Some(Undecided { file, parts, width });
        }
        batch.filter_some(&first)
    }

    fn keys_of(&self, batch: &Batch) -> KeyRows {
        let typed = batch.columns.iter().zip(&self.keys);
        let column = typed.map(|(array, (data_type, collation))| {
            let column = KeyColumn::ascending(array.clone(), *data_type).collated(*collation);
            column.coded(&batch.coded)
        });
        KeyRows::new(column.collect(), batch.rows)
    }

    /// Decides what is undecided: no more rows come.
    ///
    /// # Errors
    /// `interrupted`, and `io` where rows cannot be read or written.
    pub fn finish(&mut self) -> Result<(), Error> {
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
        runs.begin();
        for place in part.batches {
            self.context.check()?;
            let batch = file.read(place)?;
            let keys = self.keys_of(&batch);
            if let Some(open) = &mut open {
                let seen = seen.contained(&keys);
                let undecided = (0..batch.rows).filter(|row| !seen.value(*row));
                open.write(file, &batch, keys.columns(), undecided)?;
                continue;
            }
            let first = seen.insert(&keys);
            if seen.is_full() && part.level < MOST_LEVELS {
                open = Some(KeyPartitions::new(part.level, true));
            }
            if let Some(batch) = batch.filter_some(&first)? {
                runs.write(&batch)?;
            }
        }
        Ok(open.map(KeyPartitions::finish).unwrap_or_default())
    }

    /// The next rows of those that were undecided, in their order; `None` behind the last.
    ///
    /// # Errors
    /// `io` where they cannot be read.
    pub fn next(&mut self) -> Result<Option<Batch>, Error> {
        let Some(last) = &mut self.last else { return Ok(None) };
        Ok(last.next()?.map(without_number))
    }

    /// What was written to temporary files.
    pub fn spilled(&self) -> Spilled {
        self.spilled
    }
}
