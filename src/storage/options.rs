//! How a database is opened.

use super::environment::Environment;
use crate::types::memory::MemoryBudget;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// Take no lock and write nothing, not even repairs. Beside a process that writes, the log is read
    /// as far as that has made it durable.
    pub read_only: bool,
    /// Where another process writes to the directory, do not wait for it: open for reading, to
    /// [`follow`](super::Database::follow) it. Where nobody does, the writer's place is taken for
    /// opening; [`give_up_place`](super::Database::give_up_place) lets others have it.
    pub follow: bool,
    /// Read and check the whole log, whatever its index and the other projections say.
    pub whole: bool,
    /// Take a directory that does not exist for an empty database; the first write creates it.
    pub create: bool,
    /// How long to wait for another process that writes to the directory.
    pub busy_timeout: Duration,
    /// What ends that wait, and then is the error `interrupted`, once it is set.
    pub interrupt: Arc<AtomicBool>,
    /// How many events lie between two automatic snapshots; `None` for a number that grows with the
    /// database.
    pub snapshot_every: Option<u64>,
    /// The memory of what can be made again, or written to files: the database's own, or several
    /// databases' together.
    pub memory: Arc<MemoryBudget>,
    /// Files, time and randomness.
    pub environment: Environment,
}

/// How long to wait for the right to write to a directory.
#[derive(Clone, Debug)]
pub(crate) struct LockWait {
    pub timeout: Duration,
    /// Ends the wait once it is set.
    pub interrupt: Arc<AtomicBool>,
}

impl OpenOptions {
    /// How long to wait for the writer's place.
    pub(super) fn lock_wait(&self) -> LockWait {
        LockWait { timeout: self.busy_timeout, interrupt: Arc::clone(&self.interrupt) }
    }
}

impl Default for OpenOptions {
    fn default() -> OpenOptions {
        OpenOptions {
            read_only: false,
            follow: false,
            whole: false,
            create: true,
            busy_timeout: Duration::from_secs(5),
            interrupt: Arc::default(),
            snapshot_every: None,
            memory: Arc::default(),
            environment: Environment::standard(),
        }
    }
}
