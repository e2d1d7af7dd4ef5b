//! Floor 1, the right-hand side: the log, the versions of rows that follow from it, and the files that
//! say again what the log says.
//!
//! Changes flow in and become events; events are staged for the log ([`EventStore`]) and applied to the
//! [`State`] that [`View`]s look at. Who staged them sees them at once, all others when they are settled:
//! written and synced, together with what gathered meanwhile. [`Database`] is all of it together.
//! Everything that touches a disk goes through [`Vfs`], the time and randomness come from an
//! [`Environment`].
//!
//! ```text
//! View ── Fork ── record(changes) ── stage ───▶ EventStore ── numbered events ─▶ State ── apply ──▶ View
//!                                                   │ settle: write, sync        │
//!                                                   │                            │
//!                                     events.log    │ extended         every now and then, in the
//!                                     events.index ◀┘ behind it        background: checkpoint
//!                                                   ▲                            │
//!           QueryEngine ── a moment in the past ────┤                            ▼
//!           nearest snapshot + the events after it ─┴── snapshots/  users.db  _catalog.json
//! ```
//!
//! The log is the only truth; every other file is a projection and can be made from it.
//!
//! # What opening promises
//!
//! *The header* of the log is read, *every mark* (the event and the hash that the catalog and each
//! snapshot name, and the last entry of the index) is found in it, and *every line behind the last
//! checkpoint* is checked. The older log is read by the [scrub](Database::scrub) in the background, by
//! whoever reads the past, and by [VERIFY](Database::verify), all of it. Without a valid catalog the
//! whole log is read before anything is written.
//!
//! Whoever finds that it is not what was written, in whatever process, puts the database into its one
//! *damage state*: nothing is written any more, and `DAMAGED` remembers where. An opening reads the
//! whole log first and removes the record only if all of it is good; else it is refused, or reads the
//! moments whose lines are good, on both sides of the damage.
//!
//! # The floors inside
//!
//! Imports go down here, too, held by the same test; siblings do not know each other.
//!
//! ```text
//! 9  dropped_table, salvage            what a database can be asked for beside its statements
//! 8  database                          all of it together
//! 7  opening, verify                   the ladder from projections down to the log; every file held
//!                                      against the others
//! 6  past, checkpoint, scrubber,       how a moment is reached; when and from what the other files are
//!    settler                           written; the older log, read again; the log's own thread
//! 5  projections                       the other files' formats
//! 4  versions                          rows and their versions in memory, views of them at any moment
//! 3  store                             the log as a thing, its index, its recovery
//! 2  log, options                      what the log's bytes are, and where they are kept; how a database is
//!                                      opened
//! 1  event, error, environment,        what happened, what went wrong; files, time and randomness; how row
//!    row_file_signature                files are told from others
//! 0  schema_change, base, statistics,  plain values: what changes tables, what an epoch begins with,
//!    vfs, file_names                   what ANALYZE found; the disk, and the names on it
//! ```

mod base;
mod checkpoint;
mod database;
mod dropped_table;
mod environment;
mod error;
mod event;
mod file_names;
mod log;
mod opening;
mod options;
mod past;
mod projections;
mod row_file_signature;
mod salvage;
mod schema_change;
mod scrubber;
mod settler;
mod statistics;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod verify;
mod versions;
mod vfs;

pub use base::{BaseRow, BaseTable, SnapshotId};
pub use database::{CommittedTransaction, Database, SnapshotInfo};
pub use environment::{
    Clock, Environment, FixedClock, Random, SeededRandom, SystemRandom, WallClock,
};
pub use error::{Corruption, Error};
pub use event::{
    Causes, Change, Digest, Event, Marker, Metadata, Operation, RowImages, RowOperation, TextDigest,
};
pub use log::line::check_row;
pub use log::values::row_json;
pub use log::{Locator, MAX_LINE_SIZE, MAX_ROW_SIZE};
pub use options::OpenOptions;
pub use past::QueryEngine;
pub use projections::{
    CatalogFile, CatalogTable, Engine, RowFileScan, RowFileSummary, Snapshot, SnapshotEntry,
    SnapshotHeader, SnapshotListing, SnapshotManager, SnapshotPart, SnapshotSource, row_file_name,
};
pub use salvage::{SalvageReport, SalvagedRange};
pub use schema_change::{Dropped, ExpressionTexts, SchemaChange, definition_changes};
pub use statistics::{KeyStatistics, TableStatistics};
pub use store::{
    Anchor, EventReader, EventStore, FileDamage, LogGap, LostRange, ProjectionPosition, Repair,
    SnapshotMarker, TagMarker, TransactionInfo,
};
pub use verify::{CheckedFile, Verdict, Verification, VerifyMonitor};
pub use versions::{
    Base, EventLookup, Fork, KeyFunction, LocatedVersion, Origin, RewrittenRow, RowBatch,
    RowChange, RowChanges, Savepoint, Scan, State, TableView, TemporaryState, View,
};
pub use vfs::{Access, FileStamp, MemVfs, StdVfs, Vfs, VfsFile};
