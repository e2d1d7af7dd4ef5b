//! The names in a data directory that more than one floor knows.

/// The log.
pub(crate) const LOG: &str = "events.log";

/// Where each event's line is.
pub(crate) const INDEX: &str = "events.index";

/// The tables, and what their row files have to be.
pub(crate) const CATALOG: &str = "_catalog.json";

/// The directory of snapshots.
pub(crate) const SNAPSHOTS: &str = "snapshots";
