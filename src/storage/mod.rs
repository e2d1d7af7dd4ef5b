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
mod changes;
mod chronicle;
mod database;
mod environment;
mod error;
mod event;
mod event_store;
mod events;
mod index;
mod lock;
mod log;
mod log_file;
mod options;
mod projections;
mod recovery;
#[cfg(test)]
mod tests;
mod versions;
mod vfs;

pub use changes::RowChange;
pub use database::{Committed, Database};
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
    Anchor, BaseRow, BaseTable, Catalog, CatalogTable, Engine, Position, Rows, Snapshot,
    SnapshotEntry, SnapshotHead, SnapshotListing, SnapshotManager, SnapshotPart, SnapshotSource,
    Summary, row_file_name,
};
pub use versions::{
    EventFacts, Fork, Located, Mark, QueryEngine, RowBatch, Scan, State, TableView, View,
};
pub use vfs::{Access, MemVfs, StdVfs, Vfs, VfsFile};
