//! Floor 1, the right-hand side: the log, and the versions of rows that follow from it.
//!
//! Changes flow in and become events; events are appended to the log ([`EventStore`]), made durable, and
//! only then applied to the [`State`] that [`View`]s look at. [`Database`] is the two together.
//! Everything that touches a disk goes through [`Vfs`], the time and randomness come from an
//! [`Environment`].
//!
//! ```text
//! View ── Fork ── record(changes) ── commit ──► EventStore ── append, sync ──► State ── apply ──► View
//! ```

mod append;
mod base;
mod checkpoint;
mod chronicle;
mod database;
mod environment;
mod epoch;
mod error;
mod event;
mod event_store;
mod events;
mod index;
mod lock;
mod log;
mod log_file;
mod opening;
mod options;
mod projections;
mod query_engine;
mod recovery;
mod restore;
mod row_files;
mod source;
#[cfg(test)]
mod tests;
mod versions;
mod vfs;

pub use base::{BaseRow, BaseTable};
pub use chronicle::{SnapshotMarker, Tag};
pub use database::{Committed, Database, SnapshotInfo};
pub use environment::{
    Clock, Environment, FixedClock, Random, SeededRandom, SystemRandom, WallClock,
};
pub use error::Error;
pub use event::{Change, Event, Metadata, Operation};
pub use event_store::{About, EventStore};
pub use events::Events;
pub use log::values::row_json;
pub use log::{MAX_LINE_SIZE, MAX_ROW_SIZE};
pub use options::OpenOptions;
pub use projections::{
    Anchor, Catalog, CatalogTable, Engine, Position, Rows, Snapshot, SnapshotEntry, SnapshotHead,
    SnapshotListing, SnapshotManager, SnapshotPart, SnapshotSource, Summary, row_file_name,
};
pub use query_engine::QueryEngine;
pub use versions::{
    Base, Changes, EventFacts, Fork, Located, Mark, Origin, RowBatch, RowChange, Scan, State,
    TableView, View,
};
pub use vfs::{Access, MemVfs, StdVfs, Vfs, VfsFile};
