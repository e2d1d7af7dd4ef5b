//! What an epoch begins with: rows as they stood, whichever file they were read from.

use crate::types::{EventId, Row, RowId, TableSchema};
use std::fmt;
use std::sync::Arc;

/// What tells a snapshot from all others, and gives its file its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SnapshotId {
    /// `snapshot_at_20000.json`: made by itself after this event. It is a cache: nobody can name it,
    /// and whether it is there changes no answer.
    At(EventId),
    /// `snapshot_3.json`: of the third SNAPSHOT statement, whose marker is in the log.
    Number(u64),
}

/// Prints `the snapshot at event 20000` or `snapshot 3`.
impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotId::At(event) => write!(f, "the snapshot at event {event}"),
            SnapshotId::Number(number) => write!(f, "snapshot {number}"),
        }
    }
}

/// A row as an epoch begins with it.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseRow {
    /// The row.
    pub row: RowId,
    /// The number of its version, counted from 1.
    pub rev: u32,
    /// The event that began the version.
    pub event: EventId,
    /// Its values in the order of the table's columns.
    pub values: Row,
}

/// A table as an epoch begins with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseTable {
    /// The table.
    pub schema: Arc<TableSchema>,
    /// The identity of the next row.
    pub next_row: RowId,
    /// The largest number that an AUTOINCREMENT key ever had; 0 if none.
    pub autoincrement: i64,
}
