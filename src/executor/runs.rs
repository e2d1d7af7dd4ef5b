//! Sorted runs in a temporary file, and their merge: what a sort makes of more rows than it may hold, and
//! what brings rows that were taken apart back into their order.
//!
//! Of equal rows those of an earlier run come first, and in a run they keep their order. So runs of an
//! input cut into pieces merge into a stable sort of it.

use super::Error;
use super::datum::Batch;
use super::held::{HeldBatches, OUTPUT, RowPlace};
use super::sort_keys::SortKeys;
use super::spill::{SpillFile, Spilled, SpilledBatch};
use crate::planner::SortKey;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;

/// The most runs that are merged at once: more are first merged into fewer.
const FAN_IN: usize = 32;

/// The fewest rows of a batch in a run.
const FEWEST: usize = 16;

/// Runs of rows, each in the order of the same keys.
pub struct SortedRuns {
    file: SpillFile,
    keys: Arc<[SortKey]>,
    runs: Vec<SpilledRun>,
}

/// The batches of a run, in order.
type SpilledRun = Vec<SpilledBatch>;

impl SortedRuns {
    /// No runs yet.
    pub fn new(keys: Arc<[SortKey]>) -> SortedRuns {
        SortedRuns { file: SpillFile::new(), keys, runs: Vec::new() }
    }

    /// What was written so far.
    pub fn spilled(&self) -> Spilled {
        self.file.spilled()
    }

    /// Begins a run, behind those before.
    pub fn begin(&mut self) {
        self.runs.push(SpilledRun::new());
    }

    /// Writes rows behind those of the run that was begun last.
    ///
    /// # Errors
    /// `io` where they cannot be written.
    pub fn write(&mut self, batch: &Batch) -> Result<(), Error> {
        let place = self.file.write(batch)?;
        if let Some(run) = self.runs.last_mut() {
            run.push(place);
        }
        Ok(())
    }

    /// Writes a run of held rows, which are in this order: in batches of which a merge may hold many
    /// within so much memory.
    ///
    /// # Errors
    /// `io` where they cannot be written.
    pub fn add(
        &mut self,
        held: &HeldBatches,
        order: &[RowPlace],
        bytes: usize,
        memory: usize,
    ) -> Result<(), Error> {
        let row = bytes / held.rows().max(1) + 1;
        let rows = (memory / (2 * FAN_IN) / row).clamp(FEWEST, OUTPUT);
        self.begin();
        let mut rest = order;
        while !rest.is_empty() {
            let batch = held.gather(&rest[..rest.len().min(rows)])?;
            rest = &rest[batch.rows..];
            self.write(&batch)?;
        }
        Ok(())
    }

    /// All rows in order.
    ///
    /// # Errors
    /// `io` where runs cannot be read, or written where there are very many.
    pub fn merge(mut self) -> Result<MergedRuns, Error> {
        while self.runs.len() > FAN_IN {
            let runs = std::mem::take(&mut self.runs);
            for group in runs.chunks(FAN_IN) {
                let mut merge = Merge::new(group.to_vec(), Arc::clone(&self.keys), &mut self.file)?;
                self.begin();
                while let Some(batch) = merge.next(&mut self.file)? {
                    self.write(&batch)?;
                }
            }
        }
        let merge = Merge::new(self.runs, self.keys, &mut self.file)?;
        Ok(MergedRuns { file: self.file, merge })
    }
}

/// Rows of runs in order, batch by batch.
pub struct MergedRuns {
    file: SpillFile,
    merge: Merge,
}

impl MergedRuns {
    /// The next rows.
    ///
    /// # Errors
    /// `io` where they cannot be read.
    pub fn next(&mut self) -> Result<Option<Batch>, Error> {
        self.merge.next(&mut self.file)
    }

    /// What was written.
    pub fn spilled(&self) -> Spilled {
        self.file.spilled()
    }
}

/// A merge of some runs of a file.
struct Merge {
    keys: Arc<[SortKey]>,
    cursors: Vec<Cursor>,
    /// The first row of each cursor that has one, the smallest on top.
    first: BinaryHeap<FirstRow>,
    /// The batches that the rows to come out next are in, and where.
    held: HeldBatches,
    picks: Vec<RowPlace>,
    given: usize,
}

/// How far a run was read.
struct Cursor {
    rest: std::vec::IntoIter<SpilledBatch>,
    batch: Batch,
    keys: SortKeys,
    row: usize,
    /// The number of the batch among those held.
    number: usize,
}

/// The key of a cursor's next row.
struct FirstRow {
    key: Vec<u8>,
    cursor: usize,
}

/// The smallest key of the earliest run is the greatest, as a heap has the greatest on top.
impl Ord for FirstRow {
    fn cmp(&self, other: &FirstRow) -> Ordering {
        (&other.key, other.cursor).cmp(&(&self.key, self.cursor))
    }
}

impl PartialOrd for FirstRow {
    fn partial_cmp(&self, other: &FirstRow) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for FirstRow {
    fn eq(&self, other: &FirstRow) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for FirstRow {}

impl Merge {
    fn new(
        runs: Vec<SpilledRun>,
        keys: Arc<[SortKey]>,
        file: &mut SpillFile,
    ) -> Result<Merge, Error> {
        let (mut cursors, mut first) = (Vec::with_capacity(runs.len()), BinaryHeap::new());
        for run in runs {
            let mut rest = run.into_iter();
            let Some(place) = rest.next() else { continue };
            let batch = file.read(place)?;
            let order = SortKeys::of(&batch, &keys);
            let key = order.at(0).to_vec();
            first.push(FirstRow { key, cursor: cursors.len() });
            cursors.push(Cursor { rest, batch, keys: order, row: 0, number: 0 });
        }
        let (held, picks) = (HeldBatches::default(), Vec::new());
        Ok(Merge { keys, cursors, first, held, picks, given: 0 })
    }

    fn next(&mut self, file: &mut SpillFile) -> Result<Option<Batch>, Error> {
        if self.given == self.picks.len() {
            self.pick(file)?;
        }
        if self.picks.is_empty() {
            return Ok(None);
        }
        let batch = self.held.gather(&self.picks[self.given..])?;
        self.given += batch.rows;
        Ok(Some(batch))
    }

    /// Picks the rows of the next batch.
    fn pick(&mut self, file: &mut SpillFile) -> Result<(), Error> {
        (self.held, self.given) = (HeldBatches::default(), 0);
        self.picks.clear();
        for cursor in &mut self.cursors {
            if cursor.row < cursor.batch.rows {
                cursor.number = self.held.batches().len();
                self.held.push(cursor.batch.clone());
            }
        }
        while self.picks.len() < OUTPUT {
            let Some(mut first) = self.first.peek_mut() else { break };
            let cursor = &mut self.cursors[first.cursor];
            self.picks.push((cursor.number, cursor.row));
            cursor.row += 1;
            if cursor.row == cursor.batch.rows {
                let Some(place) = cursor.rest.next() else {
                    PeekMut::pop(first);
                    continue;
                };
                cursor.batch = file.read(place)?;
                cursor.keys = SortKeys::of(&cursor.batch, &self.keys);
                (cursor.row, cursor.number) = (0, self.held.batches().len());
                self.held.push(cursor.batch.clone());
            }
            first.key.clear();
            first.key.extend_from_slice(cursor.keys.at(cursor.row));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use crate::types::{DataType, Value};
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use proptest::prelude::*;

    fn batch(rows: &[(i64, i64)]) -> Batch {
        let column = |of: fn(&(i64, i64)) -> i64| {
            let values: Vec<Value> = rows.iter().map(|row| Value::Integer(of(row))).collect();
            array_of(DataType::Integer, values.iter()).expect("small")
        };
        Batch::new(vec![column(|row| row.0), column(|row| row.1)], rows.len())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn runs_merge_into_a_stable_sort(
            pieces in proptest::collection::vec(proptest::collection::vec(0_i64..5, 1..60), 0..80),
        ) {
            let data_type = DataType::Integer;
            let key = SortKey { column: 0, data_type, descending: true, nulls_first: false };
            let mut runs = SortedRuns::new(Arc::from([key]));
            let (mut all, mut number) = (Vec::new(), 0);
            for piece in &pieces {
                let mut rows: Vec<(i64, i64)> = Vec::new();
                for key in piece {
                    rows.push((*key, number));
                    number += 1;
                }
                all.extend(rows.iter().copied());
                let mut held = HeldBatches::default();
                rows.chunks(7).for_each(|rows| held.push(batch(rows)));
                let mut order: Vec<RowPlace> = held.places().collect();
                order.sort_by_key(|(batch, row)| -rows[batch * 7 + row].0);
                runs.add(&held, &order, 16 * rows.len(), 1 << 10).expect("written");
            }
            all.sort_by_key(|row| -row.0);
            let mut merged = runs.merge().expect("read");
            let mut said = Vec::new();
            while let Some(batch) = merged.next().expect("read") {
                let integer = |column: usize, row| {
                    batch.columns[column].as_primitive::<Int64Type>().value(row)
                };
                said.extend((0..batch.rows).map(|row| (integer(0, row), integer(1, row))));
            }
            prop_assert_eq!(said, all);
        }
    }
}
