//! Projections: files that say again, in a form that is quicker to read, what the log says.
//!
//! Rows flow in and out as plain values; nothing here knows a database, a log or a state. Values are
//! written as they are in the log, every file goes through [`Vfs`](super::vfs::Vfs).
//!
//! ```text
//! users.db                     Engine           the current rows of one table, changed in place
//! snapshots/snapshot_7.json    SnapshotManager  all tables at one event, written once
//! _catalog.json                Catalog          the tables, and which row files can be trusted
//! ```
//!
//! A projection is never repaired. What is wrong with it is said as an
//! [`Error::Projection`](super::error::Error::Projection), and it is written anew from the log. So
//! the checks need not tell kinds of damage apart, they only have to find every one: each byte of
//! each file is under a CRC32C, and beyond that
//!
//! * a [`ProjectionPosition`](super::store::ProjectionPosition) says whose history a file is about: the database's uuid, the event, the chain's
//!   hash there and where the log goes on. Of another database, or of a history that went another
//!   way, nothing is believed;
//! * a length is held against its limit and against what is left of the file before anything is
//!   allocated for it;
//! * a definition is checked as one in the log is ([`ledger`](super::log::ledger)), and a file named
//!   in a catalog has to be the one that its table's name leads to.
//!
//! # Crashes
//!
//! Snapshots, the catalog and rewritten row files are written under a temporary name, synced,
//! renamed, and their directory synced: after a crash there is the old one, or the new one, and
//! perhaps a `*.tmp`, which is removed when the database is next written to. Row files are also
//! changed in place: that the catalog says `"clean":false` meanwhile, and was synced before, is what
//! keeps a half-changed one from being believed.

mod blocks;
mod catalog;
mod definitions;
mod engine;
mod file_name;
mod header;
mod lines;
mod output_file;
mod record;
mod row_file;
mod snapshot;
mod snapshots;
#[cfg(test)]
pub(in crate::storage) mod tests;

use super::base::BaseRow;
pub use catalog::{CatalogFile, CatalogTable};
pub use engine::Engine;
pub use file_name::row_file_name;
pub use row_file::{RowFileScan, RowFileSummary};
pub use snapshot::{Snapshot, SnapshotHeader, SnapshotPart};
pub use snapshots::{SnapshotEntry, SnapshotListing, SnapshotManager, SnapshotSource};

use super::error::Error;
use std::path::Path;

/// What is wrong with a projection.
fn damaged(file: &Path, reason: impl Into<String>) -> Error {
    Error::Projection { file: file.to_path_buf(), reason: reason.into() }
}
