//! How a database is opened.

use super::environment::Environment;
use std::time::Duration;

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Take no lock and write nothing, not even repairs.
    pub read_only: bool,
    /// Take a directory that does not exist for an empty database; the first write creates it.
    pub create: bool,
    /// How long to wait for another process that writes to the directory.
    pub busy_timeout: Duration,
    /// How many events lie between two automatic snapshots; `None` for a number that grows with the
    /// database.
    pub snapshot_every: Option<u64>,
    /// Files, time and randomness.
    pub environment: Environment,
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            read_only: false,
            create: true,
            busy_timeout: Duration::from_secs(5),
            snapshot_every: None,
            environment: Environment::standard(),
        }
    }
}

/// The fewest events between two automatic snapshots, unless it was said otherwise.
const FEWEST_EVENTS: u64 = 10_000;

/// How many events lie between two automatic snapshots of a database with so many rows: as many as
/// it has rows, so that snapshots cost no more than the log by a constant factor.
pub(crate) fn interval(every: Option<u64>, rows: u64) -> u64 {
    every.map_or(rows.max(FEWEST_EVENTS), |every| every.max(1))
}
