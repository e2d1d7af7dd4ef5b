//! Floor 1, the right-hand side: the log, the versions of rows that follow from it, and the files that
//! say again what the log says.
//!
//! Changes flow in and become events; events are appended to the log ([`EventStore`]), made durable, and
//! only then applied to the [`State`] that [`View`]s look at. [`Database`] is all of it together.
//! Everything that touches a disk goes through [`Vfs`], the time and randomness come from an
//! [`Environment`].
//!
//! ```text
//! View ── Fork ── record(changes) ── commit ──▶ EventStore ── append, sync ──▶ State ── apply ──▶ View
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
//! * `log`: what the log's bytes are; `store`: the log as a thing, its index, its recovery;
//! * `versions`: rows and their versions in memory, views of them at any moment;
//! * `projections`: the other files' formats; `checkpoint`: when and from what they are written;
//! * `verify`: all files read again and held against each other;
//! * `past`: how a moment is reached; `opening`: the ladder from projections down to the log;
//! * `base`: what an epoch begins with, whichever file it was read from.

mod base;
mod checkpoint;
mod database;
mod environment;
mod error;
mod event;
mod log;
mod opening;
mod options;
mod past;
mod projections;
mod schema_change;
mod store;
#[cfg(test)]
mod tests;
mod verify;
mod versions;
mod vfs;

pub use base::{BaseRow, BaseTable};
pub use database::{Committed, Database, SnapshotInfo};
pub use environment::{
    Clock, Environment, FixedClock, Random, SeededRandom, SystemRandom, WallClock,
};
pub use error::Error;
pub use event::{Change, Event, Marker, Metadata, Operation, RowImages, RowOperation};
pub use log::line::check_row;
pub use log::values::row_json;
pub use log::{MAX_LINE_SIZE, MAX_ROW_SIZE};
pub use options::OpenOptions;
pub use past::QueryEngine;
pub use projections::{
    Anchor, Catalog, CatalogTable, Engine, Position, Rows, Snapshot, SnapshotEntry, SnapshotHead,
    SnapshotListing, SnapshotManager, SnapshotPart, SnapshotSource, Summary, row_file_name,
};
pub use schema_change::SchemaChange;
pub use store::{About, EventStore, Events, Lost, SnapshotMarker, Tag};
pub use verify::{Checked, Cure, Damage, Verdict, Verification, Watch};
pub use versions::{
    Base, Changes, EventFacts, Fork, Located, Mark, Origin, RowBatch, RowChange, Scan, State,
    TableView, View,
};
pub use vfs::{Access, MemVfs, StdVfs, Vfs, VfsFile};
