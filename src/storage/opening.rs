//! Opening a database: the ladder from what is quick to read to what is certain.
//!
//! ```text
//! row files that the catalog vouches for   + the events after them
//! the newest good snapshot                 + the events after it
//! the empty database                       + all events
//! ```
//!
//! Every step down is reported. Whatever is behind the newest of these is turned into epochs on the
//! way, as it was when the events were committed, so that opening needs no more memory for a long log
//! than for a short one.

use super::base::SnapshotId;
use super::error::{Error, FilePlace, Mismatch};
use super::event::Event;
use super::file_names::CATALOG;
use super::log::header::Uuid;
use super::log::ledger::Ledger;
use super::options::OpenOptions;
use super::past::epoch::{Epoch, EpochCache, SnapshotQueue};
use super::past::restore::{restore_rows, restore_snapshot};
use super::past::schedule::Schedule;
use super::projections::{CatalogFile, Engine, SnapshotEntry, SnapshotManager};
use super::store::ProjectionPosition;
use super::store::recovery::{DurableMark, DurableMarks, IndexedLog, Replica};
use super::versions::{Base, BlockCache, State};
use super::vfs::Vfs;
use crate::types::{EventId, Period, Schema};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The state and what it was read from, past epochs, views that snapshots are due of, and when the next is.
type OpenedState = ((State, Base), Arc<EpochCache>, SnapshotQueue, Schedule);

/// A database on the way from its files to its state.
pub(crate) struct DatabaseLoader {
    vfs: Arc<dyn Vfs>,
    directory: PathBuf,
    /// Whether another process may be writing: then it is nothing to speak of that the catalog lags.
    beside_writer: bool,
    manager: SnapshotManager,
    catalog: Option<CatalogFile>,
    snapshots: Vec<SnapshotEntry>,
    /// Why each projection that was tried was of no use.
    pub steps: Vec<String>,
    /// The state, and what it began with.
    pub state: State,
    /// What that was read from.
    pub base: Base,
    /// What the reading of the log began with.
    pub began: Base,
    /// Why an event could not be taken in: then those behind it are not, either.
    failure: Option<Error>,
    /// What the values of rows are among.
    pub blocks: Arc<BlockCache>,
    /// Epochs that ended on the way.
    pub past: Arc<EpochCache>,
    /// Views of the events at which they ended, of which there are no snapshots yet.
    pub due: SnapshotQueue,
    /// When the next epoch ends, and the next snapshot is due.
    schedule: Schedule,
}

impl DatabaseLoader {
    /// A database before its files were looked at.
    pub(crate) fn new(directory: &Path, options: &OpenOptions) -> DatabaseLoader {
        let vfs = &options.environment.vfs;
        // Of what is kept they are the first to go: an epoch takes longer to be made again.
        let blocks = BlockCache::new(vfs, &options.memory);
        DatabaseLoader {
            vfs: Arc::clone(vfs),
            directory: directory.to_path_buf(),
            beside_writer: options.read_only,
            manager: SnapshotManager::new(Arc::clone(vfs), directory),
            catalog: None,
            snapshots: Vec::new(),
            steps: Vec::new(),
            state: State::new(&blocks),
            failure: None,
            blocks,
            base: Base::Start,
            began: Base::Start,
            past: EpochCache::new(&options.memory),
            due: SnapshotQueue::default(),
            schedule: Schedule::new(options.snapshot_every),
        }
    }

    /// What opening came to.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where what an event built upon could not be read back.
    pub(crate) fn take_state(&mut self) -> Result<OpenedState, Error> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        let state = std::mem::replace(&mut self.state, State::new(&self.blocks));
        let past = Arc::clone(&self.past);
        Ok(((state, self.base), past, std::mem::take(&mut self.due), self.schedule))
    }

    /// What the row files are known to hold, if anything.
    pub(crate) fn into_catalog(self) -> Option<CatalogFile> {
        self.catalog.filter(|_| self.began == Base::RowFiles)
    }

    /// The event that the scrub of the log came to before, as far as the catalog tells.
    pub(crate) fn scrubbed(&self) -> EventId {
        self.catalog.as_ref().map_or(EventId::START, |catalog| catalog.scrubbed)
    }

    fn begin(&mut self, state: State, base: Base) {
        (self.state, self.base, self.began) = (state, base, base);
    }

    /// Counts from the last snapshot that made itself before the state, as far as it is there.
    fn schedule(&mut self) {
        let base = self.state.base();
        let before = self.snapshots.iter().rev().map(|entry| entry.id);
        let last = before.filter_map(|id| match id {
            SnapshotId::At(event) if event <= base => Some(event),
            SnapshotId::At(_) | SnapshotId::Number(_) => None,
        });
        let last = last.max().unwrap_or_default();
        self.schedule.begin(&self.state, last);
    }

    fn try_rows(&mut self, log: &IndexedLog<'_>) -> Option<EventId> {
        let catalog = self.catalog.clone()?;
        let tried = match check_vouched(log, &catalog.position) {
            Ok(()) if !catalog.clean && self.beside_writer => return None,
            Ok(()) if !catalog.clean => Err("_catalog.json was not closed".to_owned()),
            Ok(()) => {
                let mut engine = Engine::new(Arc::clone(&self.vfs), &self.directory);
                let schema = log.schema_at(catalog.position.event);
                let restored = restore_rows(&mut engine, &catalog, schema, &self.blocks);
                restored.map_err(|error| error.to_string())
            }
            Err(reason) => Err(reason),
        };
        match tried {
            Ok(state) => {
                self.begin(state, Base::RowFiles);
                Some(catalog.position.event)
            }
            Err(reason) => {
                self.steps.push(reason);
                None
            }
        }
    }

    fn try_snapshot(&mut self, log: &IndexedLog<'_>, entry: &SnapshotEntry) -> Option<EventId> {
        let tried = check_vouched(log, &entry.position).and_then(|()| {
            let schema = log.schema_at(entry.position.event);
            let restored = restore_snapshot(&self.manager, entry, Some(schema), &self.blocks);
            restored.map_err(|error| error.to_string())
        });
        match tried {
            Ok(state) => {
                self.begin(state, Base::Snapshot(entry.id));
                Some(entry.position.event)
            }
            Err(reason) => {
                self.steps.push(reason);
                None
            }
        }
    }
}

/// Whether the index knows where a projection stands, which the log was found to have; else why it
/// cannot be begun with.
fn check_vouched(log: &IndexedLog<'_>, position: &ProjectionPosition) -> Result<(), String> {
    match position.event > log.head() {
        true => Err(format!("events.index ends before event {}", position.event)),
        false => Ok(()),
    }
}

/// The error for a projection that belongs to another log, or to more of this one than there is.
fn foreign(file: &Path) -> Error {
    let intact = "nothing was changed; if the log is the right one, remove this file".into();
    Mismatch::new("a file of this database", "it belongs to another database").at(
        FilePlace::start_of(file),
        EventId::START,
        intact,
    )
}

impl Replica for DatabaseLoader {
    fn uuid(&self) -> Option<Uuid> {
        Some(CatalogFile::load(&*self.vfs, &self.directory).ok()??.position.uuid)
    }

    fn marks(&mut self, uuid: &Uuid) -> Result<DurableMarks, Error> {
        match CatalogFile::load(&*self.vfs, &self.directory) {
            Ok(None) if self.beside_writer => {}
            Ok(None) => self.steps.push("_catalog.json is missing".into()),
            Ok(catalog) => self.catalog = catalog,
            Err(error) => self.steps.push(error.to_string()),
        }
        match self.manager.listing() {
            Ok(listing) => {
                self.steps.extend(listing.damaged.iter().map(Error::to_string));
                self.snapshots = listing.entries;
            }
            Err(error) => self.steps.push(error.to_string()),
        }
        let catalog_file = self.directory.join(CATALOG);
        let catalog = self.catalog.iter().map(|catalog| (&catalog_file, &catalog.position));
        let snapshots = self.snapshots.iter().map(|entry| (&entry.path, &entry.position));
        let mut marks = DurableMarks { all: Vec::new(), has_catalog: self.catalog.is_some() };
        for (file, position) in catalog.chain(snapshots) {
            if position.uuid != *uuid {
                return Err(foreign(file));
            }
            let (event, hash) = (position.event, position.hash.to_vec());
            marks.all.push(DurableMark { file: file.clone(), event, hash });
        }
        Ok(marks)
    }

    fn restore(&mut self, log: &IndexedLog<'_>) -> Result<Option<EventId>, Error> {
        let of_rows = self.catalog.as_ref().map(|catalog| catalog.position.event);
        let snapshots = std::mem::take(&mut self.snapshots);
        let newest = snapshots.last().map(|entry| entry.position.event);
        let mut restored = None;
        if of_rows >= newest {
            restored = self.try_rows(log);
        }
        for entry in snapshots.iter().rev() {
            restored = restored.or_else(|| self.try_snapshot(log, entry));
        }
        if of_rows < newest {
            restored = restored.or_else(|| self.try_rows(log));
        }
        self.snapshots = snapshots;
        self.schedule();
        Ok(restored)
    }

    fn resume(
        &mut self,
        uuid: &Uuid,
        after: EventId,
        fits: &dyn Fn(&ProjectionPosition) -> bool,
    ) -> Option<(ProjectionPosition, Schema)> {
        let catalog = self.catalog.clone().filter(|catalog| catalog.clean);
        let of_rows = catalog.iter().map(|catalog| (&catalog.position, None));
        let of_snapshots = self.snapshots.iter().map(|entry| (&entry.position, Some(entry)));
        let mut saved: Vec<_> = of_rows.chain(of_snapshots).collect();
        saved.retain(|(position, _)| position.uuid == *uuid && position.event > after);
        saved.sort_by_key(|(position, _)| position.event);
        let restored = saved.into_iter().filter(|(position, _)| fits(position)).find_map(|saved| {
            let (state, base) = match saved {
                (_, Some(entry)) => (
                    restore_snapshot(&self.manager, entry, None, &self.blocks),
                    Base::Snapshot(entry.id),
                ),
                (_, None) => {
                    let catalog = catalog.as_ref()?;
                    let mut engine = Engine::new(Arc::clone(&self.vfs), &self.directory);
                    let schema = catalog.schema();
                    (restore_rows(&mut engine, catalog, schema, &self.blocks), Base::RowFiles)
                }
            };
            Some((state.ok()?, base, saved.0.clone()))
        });
        let (state, base, position) = restored?;
        let before = std::mem::replace(&mut self.state, State::new(&self.blocks));
        self.past.keep(Arc::new(Epoch::new(self.base, before)));
        let schema = state.schema().clone();
        self.begin(state, base);
        self.schedule();
        Some((position, schema))
    }

    fn enter_rows(&self, ledger: &mut Ledger) {
        self.state.for_each_table(|table, next_row, rows| ledger.open_with(table, next_row, rows));
    }

    fn reset(&mut self) {
        self.failure = None;
        self.begin(State::new(&self.blocks), Base::Start);
        self.schedule();
        self.past.clear();
        self.due = SnapshotQueue::default();
    }

    fn apply(&mut self, event: &Event) {
        if self.failure.is_none()
            && let Err(failure) = self.take_in(event)
        {
            self.failure = Some(failure);
        }
    }
}

impl DatabaseLoader {
    /// Applies the next event, and ends the epoch where one ends with it.
    fn take_in(&mut self, event: &Event) -> Result<(), Error> {
        self.state.apply(event)?;
        if event.last.is_none() {
            return Ok(());
        }
        let first = self.snapshots.partition_point(|entry| entry.position.event < event.id);
        let here = self.snapshots[first..].iter();
        let mut here = here.take_while(|entry| entry.position.event == event.id).peekable();
        if here.peek().is_some() || self.schedule.is_due(event.id) {
            let state = self.state.start_epoch()?;
            self.past.keep(Arc::new(Epoch::new(self.base, state)));
            self.base = Base::PreviousEpoch;
            if here.any(|entry| entry.id == SnapshotId::At(event.id)) {
                self.schedule.snapshot_made(&self.state);
            }
            if self.schedule.next_epoch(&self.state) {
                let view = self.state.view(Period::at(event.id));
                self.due.push(view, self.state.row_count(event.id));
            }
        }
        Ok(())
    }
}
