//! A database: its log, and the state that all events lead to.
//!
//! Opening replays the log into the state. A transaction is a [`Fork`] of a view; committing it
//! appends its operations to the log and, once they are durable, applies the events to the state.
//! Views are values: who has one never waits, and nothing that happens later changes it.

use super::environment::{Clock, Environment};
use super::error::Error;
use super::event::Metadata;
use super::event_store::EventStore;
use super::options::OpenOptions;
use super::versions::{EventFacts, Fork, QueryEngine, State, View};
use crate::types::{EventId, Period, Timestamp, TxId};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The name of a database that has no directory.
const MEMORY: &str = "memory";

/// What a commit made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The transaction's first event.
    pub first: EventId,
    /// Its last event.
    pub last: EventId,
    /// Its number.
    pub tx: TxId,
    /// When it was committed.
    pub at: Timestamp,
}

/// An open database, to be shared by any number of threads.
#[derive(Debug)]
pub struct Database {
    name: String,
    path: Option<PathBuf>,
    environment: Environment,
    store: Arc<EventStore>,
    engine: QueryEngine,
    /// Held from the look at the head until the new one is published.
    commit: Mutex<()>,
}

impl Database {
    /// Opens the database in a directory: checks its log, repairs what a crash left, replays it.
    ///
    /// # Errors
    /// As [`EventStore::open`].
    pub fn open(path: &Path, options: OpenOptions) -> Result<Database, Error> {
        let mut state = State::new();
        let store = EventStore::open(path, &options, &mut |event| state.apply(event))?;
        let store = Arc::new(store);
        let state = state.with_facts(Arc::clone(&store) as Arc<dyn EventFacts>);
        Ok(Database {
            name: name_of(path, &options.environment),
            path: Some(path.to_path_buf()),
            environment: options.environment,
            store,
            engine: QueryEngine::new(state),
            commit: Mutex::new(()),
        })
    }

    /// An empty database that ends with the process.
    ///
    /// # Errors
    /// None that memory has.
    pub fn in_memory() -> Result<Database, Error> {
        Database::in_memory_with(Environment::in_memory())
    }

    /// The same with its own time and randomness; its files are in memory whatever was given.
    ///
    /// # Errors
    /// None that memory has.
    pub fn in_memory_with(environment: Environment) -> Result<Database, Error> {
        let environment = Environment { vfs: Environment::in_memory().vfs, ..environment };
        let options = OpenOptions { environment, ..OpenOptions::default() };
        let database = Database::open(Path::new(MEMORY), options)?;
        Ok(Database { path: None, ..database })
    }

    /// The directory's last component; "memory" where there is none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory as it was given.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Whether nothing can be written.
    pub fn is_read_only(&self) -> bool {
        self.store.read_only().is_some()
    }

    /// What opening found worth saying, one line each.
    pub fn notices(&self) -> &[String] {
        self.store.notices()
    }

    /// The log itself.
    pub fn store(&self) -> &EventStore {
        &self.store
    }

    /// The last committed event.
    pub fn head(&self) -> EventId {
        self.engine.head()
    }

    /// What was visible in a period.
    ///
    /// # Errors
    /// [`Error::BeyondHead`] where it ends after the last event.
    pub fn view(&self, period: Period) -> Result<View, Error> {
        self.engine.view(period)
    }

    /// What is visible now.
    ///
    /// # Errors
    /// None today: the present is always in memory.
    pub fn latest(&self) -> Result<View, Error> {
        Ok(self.engine.latest())
    }

    /// The last event of the newest transaction committed at a time or before, or 0.
    ///
    /// # Errors
    /// What the system says of the index.
    pub fn at_time(&self, at: Timestamp) -> Result<EventId, Error> {
        // Between the sync and the publication the log is ahead of what can be seen.
        Ok(self.store.at_time(at)?.min(self.head()))
    }

    /// The last transaction.
    pub fn last_tx(&self) -> TxId {
        self.store.last_tx()
    }

    /// The last event of a transaction; 0 of transaction 0, `None` where there is none of that number.
    ///
    /// # Errors
    /// What the system says of the index.
    pub fn last_of(&self, tx: TxId) -> Result<Option<EventId>, Error> {
        Ok(self.store.last_of(tx)?.filter(|last| *last <= self.head()))
    }

    /// When the transaction that holds an event was committed.
    ///
    /// # Errors
    /// What the system says of the index.
    pub fn committed_at(&self, event: EventId) -> Result<Option<Timestamp>, Error> {
        Ok(self.store.committed_at(event)?.filter(|_| event <= self.head()))
    }

    /// Begins a transaction on what is visible now.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] or [`Error::Poisoned`] where it could never be committed.
    pub fn begin(&self) -> Result<Fork, Error> {
        self.store.check_writable()?;
        let view = self.engine.latest();
        let next = view.period().last.next();
        Ok(Fork::new(view, next))
    }

    /// Makes a transaction durable, then visible. One without events commits nothing.
    ///
    /// # Errors
    /// [`Error::Stale`] where someone committed since the fork began, and as [`EventStore::append`].
    pub fn commit(&self, fork: Fork, metadata: Metadata) -> Result<Option<Committed>, Error> {
        if fork.is_empty() {
            return Ok(None);
        }
        let _one_at_a_time = self.commit.lock().unwrap_or_else(PoisonError::into_inner);
        let (base, head) = (fork.base(), self.store.head());
        if base != head {
            return Err(Error::Stale { base, head });
        }
        let events = self.store.append(fork.into_operations(), metadata)?;
        self.engine.apply(&events);
        Ok(events.first().zip(events.last()).map(|(first, last)| Committed {
            first: first.id,
            last: last.id,
            tx: last.tx,
            at: last.at,
        }))
    }

    /// The periods in which a table of this name existed: (created, dropped), oldest first.
    pub fn lifetimes(&self, table: &str) -> Vec<(EventId, Option<EventId>)> {
        self.store.lifetimes(table)
    }

    /// The time by the injected clock.
    pub fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    /// The injected clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.environment.clock
    }
}

/// The last component of a directory's path, however it was written.
fn name_of(path: &Path, environment: &Environment) -> String {
    let known = environment.vfs.canonical(path).or_else(|_| std::path::absolute(path));
    let known = known.unwrap_or_else(|_| path.to_path_buf());
    let name = known.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| known.display().to_string())
}
