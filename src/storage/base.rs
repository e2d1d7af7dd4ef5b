//! What an epoch begins with: rows as they stood, whichever file they were read from.

use crate::types::{EventId, Row, RowId, TableSchema};
use std::sync::Arc;

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
