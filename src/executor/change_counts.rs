//! What a session's writes did so far, as `changes()`, `total_changes()` and `last_insert_rowid()` say.
//!
//! As in SQLite, what a trigger does counts inside of it only: once it is done, the last statement and
//! the last new row are again what they were before. The total is of everything, what triggers and
//! foreign keys do included; what is taken back later stays counted.

use std::sync::atomic::{AtomicI64, Ordering};

/// The counts of one session.
#[derive(Debug, Default)]
pub struct ChangeCounts {
    last: AtomicI64,
    total: AtomicI64,
    row: AtomicI64,
}

/// What a trigger finds when it begins, and leaves as it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct SavedCounts {
    last: i64,
    row: i64,
}

impl ChangeCounts {
    /// How many rows the last statement changed itself; 0 where it failed.
    pub fn changes(&self) -> i64 {
        self.last.load(Ordering::Relaxed)
    }

    /// How many rows all statements changed, with what triggers and foreign keys did.
    pub fn total_changes(&self) -> i64 {
        self.total.load(Ordering::Relaxed)
    }

    /// The number of the last new row of a table that has such numbers; 0 before the first.
    pub fn last_row(&self) -> i64 {
        self.row.load(Ordering::Relaxed)
    }

    /// Counts the rows of a statement that is done.
    pub fn end(&self, rows: usize) {
        self.last.store(self.add(rows), Ordering::Relaxed);
    }

    /// A statement failed, of which so many rows were counted.
    pub fn fail(&self, counted: usize) {
        self.last.store(0, Ordering::Relaxed);
        self.total.fetch_sub(i64::try_from(counted).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Counts rows that no statement changed itself.
    pub(super) fn add(&self, rows: usize) -> i64 {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        self.total.fetch_add(rows, Ordering::Relaxed);
        rows
    }

    /// Notes the number of a new row.
    pub(super) fn insert(&self, row: i64) {
        self.row.store(row, Ordering::Relaxed);
    }

    /// What is there when a trigger begins.
    pub(super) fn save(&self) -> SavedCounts {
        SavedCounts { last: self.changes(), row: self.last_row() }
    }

    /// Comes back to that when it is done.
    pub(super) fn restore(&self, saved: SavedCounts) {
        self.last.store(saved.last, Ordering::Relaxed);
        self.row.store(saved.row, Ordering::Relaxed);
    }
}
