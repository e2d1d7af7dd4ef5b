//! The keys of rows that are sorted.

use super::datum::Batch;
use super::held::{HeldBatches, RowPlace};
use crate::planner::SortKey;
use crate::types::key::KeyColumn;

/// The bytes of a number in a key, which most parts of keys are.
const NUMBER_BYTES: usize = 10;

/// The columns of a batch that rows are sorted by.
pub fn key_columns(batch: &Batch, keys: &[SortKey]) -> Vec<KeyColumn> {
    let column = |key: &SortKey| KeyColumn {
        descending: key.descending,
        nulls_first: key.nulls_first,
        ..KeyColumn::ascending(batch.columns[key.column].clone(), key.data_type)
    };
    keys.iter().map(column).collect()
}

/// The keys of many rows, one after the other in one buffer.
#[derive(Default)]
pub struct SortKeys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl SortKeys {
    /// The keys of a batch's rows.
    pub fn of(batch: &Batch, keys: &[SortKey]) -> SortKeys {
        let mut all = SortKeys::default();
        all.extend(batch, keys);
        all
    }

    fn extend(&mut self, batch: &Batch, keys: &[SortKey]) {
        let columns = key_columns(batch, keys);
        self.ends.reserve(batch.rows);
        self.bytes.reserve(batch.rows * columns.len() * NUMBER_BYTES);
        for row in 0..batch.rows {
            columns.iter().for_each(|column| column.push(&mut self.bytes, row));
            self.ends.push(self.bytes.len());
        }
    }

    /// The key of a row.
    pub fn at(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }
}

/// Held rows in order of their keys, at most so many; equal ones keep their order. With them the key of
/// the last one.
pub fn ordered(held: &HeldBatches, keys: &[SortKey], most: usize) -> (Vec<RowPlace>, Vec<u8>) {
    let mut all = SortKeys::default();
    held.batches().iter().for_each(|batch| all.extend(batch, keys));
    // Most rows are told apart by the first bytes of their keys, which stand side by side.
    let start = |row: usize| {
        let mut start = [0; 8];
        start.iter_mut().zip(all.at(row)).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(start)
    };
    let mut rows: Vec<(u64, usize)> = (0..held.rows()).map(|row| (start(row), row)).collect();
    rows.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| all.at(a.1).cmp(all.at(b.1))).then(a.1.cmp(&b.1))
    });
    rows.truncate(most);
    let last = rows.last().map_or_else(Vec::new, |(_, row)| all.at(*row).to_vec());
    let rows = rows.into_iter().map(|(_, row)| row);
    if held.batches().len() == 1 {
        return (rows.map(|row| (0, row)).collect(), last);
    }
    let places: Vec<RowPlace> = held.places().collect();
    (rows.map(|row| places[row]).collect(), last)
}
