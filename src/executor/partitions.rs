//! Rows taken apart by their keys into a temporary file: equal keys come into one part, which has room
//! where all rows had not.

use super::Error;
use super::datum::Batch;
use super::spill::{SpillFile, SpilledBatch};
use crate::types::key::{KeyColumn, row_key};
use crate::types::key_hash::KeyHashing;
use crate::types::row_filter::row_index;

/// Into how many parts rows are taken apart at once.
const PARTS: usize = 16;

/// How often a part is taken apart again. What is too large then has one key, or few.
pub const MOST_LEVELS: u32 = 6;

/// Rows that are taken apart.
pub struct KeyPartitions {
    parts: Vec<KeyPartition>,
    hashing: KeyHashing,
}

/// Some of the rows, in the order in which they came.
#[derive(Debug, Default)]
pub struct KeyPartition {
    /// How often its rows were taken apart.
    pub level: u32,
    /// Where they are.
    pub batches: Vec<SpilledBatch>,
}

impl KeyPartition {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(|batch| batch.rows).sum()
    }
}

impl KeyPartitions {
    /// No rows yet, to be taken apart by a hash of their own for each level; into one part only where
    /// there is no key.
    pub fn new(level: u32, has_key: bool) -> KeyPartitions {
        let part = || KeyPartition { level: level + 1, batches: Vec::new() };
        let parts = std::iter::repeat_with(part).take(if has_key { PARTS } else { 1 });
        KeyPartitions { parts: parts.collect(), hashing: KeyHashing::level(level) }
    }

    /// Writes some rows of a batch, whose keys are over these columns, to their parts.
    ///
    /// # Errors
    /// `io` where they cannot be written.
    pub fn write(
        &mut self,
        file: &mut SpillFile,
        batch: &Batch,
        keys: &[KeyColumn],
        rows: impl Iterator<Item = usize>,
    ) -> Result<(), Error> {
        let mut places: Vec<Vec<u64>> = vec![Vec::new(); self.parts.len()];
        let count = u64::try_from(places.len()).unwrap_or(1);
        let mut key = Vec::new();
        for row in rows {
            row_key(&mut key, keys, row);
            let part = usize::try_from(self.hashing.hash(&key) % count).unwrap_or(0);
            places[part].push(row_index(row));
        }
        for (part, places) in self.parts.iter_mut().zip(places) {
            if !places.is_empty() {
                let rows = batch.take(&places)?;
                part.batches.push(file.write(&rows)?);
            }
        }
        Ok(())
    }

    /// The parts.
    pub fn finish(self) -> Vec<KeyPartition> {
        self.parts
    }
}
