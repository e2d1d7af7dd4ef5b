//! A database opened: its files found, what opening saw said.

use super::Database;
use crate::storage::checkpoint::Checkpointer;
use crate::storage::environment::Environment;
use crate::storage::error::Error;
use crate::storage::opening::DatabaseLoader;
use crate::storage::options::OpenOptions;
use crate::storage::past::QueryEngine;
use crate::storage::projections::SnapshotManager;
use crate::storage::scrubber::Scrubber;
use crate::storage::settler::Settler;
use crate::storage::statistics::StatisticsCache;
use crate::storage::store::EventStore;
use crate::storage::versions::{Base, View};
use crate::types::EventId;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The name of a database that has no directory.
const MEMORY: &str = "memory";

impl Database {
    /// Opens the database in a directory: reads what its projections hold and the events after that,
    /// checks these, repairs what a crash left.
    ///
    /// # Errors
    /// Those of [`EventStore::open`].
    pub fn open(path: &Path, options: OpenOptions) -> Result<Database, Error> {
        let mut database = Database::open_unscrubbed(path, options)?;
        database.scrubber = Scrubber::begin(&database.environment, &database.store);
        Ok(database)
    }

    fn open_unscrubbed(path: &Path, options: OpenOptions) -> Result<Database, Error> {
        let vfs = &options.environment.vfs;
        let mut opening = DatabaseLoader::new(path, &options);
        let store = Arc::new(EventStore::open_with(path, &options, &mut opening)?);
        let notices = notices_of(&store, &opening);
        let snapshots = SnapshotManager::new(Arc::clone(vfs), path);
        let (state, past, due, schedule) = opening.take_state()?;
        store.scrub_from(opening.scrubbed());
        let blocks = Arc::clone(&opening.blocks);
        let catalog = opening.into_catalog();
        let checkpointer =
            Checkpointer::new(&options.environment, path, Arc::clone(&store), catalog);
        let engine = QueryEngine::new(Arc::clone(&store), snapshots.clone(), state, past, blocks);
        let engine = Arc::new(engine);
        let settler = Settler::new(&options.environment, &store);
        let database = Database {
            name: name_of(path, &options.environment),
            path: Some(path.to_path_buf()),
            memory: Arc::clone(&options.memory),
            environment: options.environment,
            notices,
            store,
            engine,
            snapshots,
            last_rows: AtomicU64::new(0),
            checkpointer,
            scrubber: None,
            settler,
            ahead: OnceLock::new(),
            commit: Mutex::new(schedule),
            statistics: StatisticsCache::default(),
        };
        // What is wrong with the index is said by whoever needs it.
        if let Ok(Some(at)) = database.committed_at(database.head()) {
            database.note_if_ahead(at);
        }
        database.last_rows.store(database.head().0, Ordering::Relaxed);
        let due: Vec<View> = due.into_views().filter(|_| !database.is_read_only()).collect();
        if !due.is_empty() {
            database.checkpointer.snapshots_later(due);
        }
        Ok(database)
    }

    /// An empty database that ends with the process.
    ///
    /// # Errors
    /// None: nothing refuses an access to memory.
    pub fn in_memory() -> Result<Database, Error> {
        Database::in_memory_with(Environment::in_memory())
    }

    /// The same with its own time and randomness; its files are in memory whatever was given.
    ///
    /// # Errors
    /// None: nothing refuses an access to memory.
    pub fn in_memory_with(environment: Environment) -> Result<Database, Error> {
        let environment = Environment { vfs: Environment::in_memory().vfs, ..environment };
        let options = OpenOptions { environment, ..OpenOptions::default() };
        let mut database = Database::open_unscrubbed(Path::new(MEMORY), options)?;
        database.path = None;
        Ok(database)
    }
}

/// What opening found worth saying.
fn notices_of(store: &EventStore, opening: &DatabaseLoader) -> Vec<String> {
    let mut notices = store.notices().to_vec();
    if store.holder().is_some() || !store.is_sound() {
        // What its projections lack the one who writes has told, and may be mending; what is to be said
        // of damage was said.
        return notices;
    }
    let index = store.index_notice().map(|reason| format!("events.index {reason}"));
    let steps: Vec<String> = index.into_iter().chain(opening.steps.iter().cloned()).collect();
    if store.head() > EventId::START && !steps.is_empty() {
        let plural = if store.replayed() == 1 { "" } else { "s" };
        let from = match opening.began {
            Base::Start | Base::PreviousEpoch => String::new(),
            Base::Snapshot(id) => format!("{id} and "),
            Base::RowFiles => "the row files and ".into(),
        };
        let replayed = store.replayed();
        // Whoever closed a window sees this next.
        let steps = steps.join("; ");
        notices.push(format!("{steps}; read {from}{replayed} event{plural}, nothing is lost"));
    }
    notices
}

/// The last component of a directory's path, however it was written.
fn name_of(path: &Path, environment: &Environment) -> String {
    let known = environment.vfs.canonical(path).or_else(|_| std::path::absolute(path));
    let known = known.unwrap_or_else(|_| path.to_path_buf());
    let name = known.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| known.display().to_string())
}
