//! The log as a thing: append a transaction, read a period, ask for versions.
//!
//! Operations flow in and are *staged* as numbered events, in the order of the log; they are *settled*
//! together with all that gathered meanwhile: one write, one sync. Staging and reading need none of what
//! the writer holds, so nobody waits for the disk but who asks for what is not durable yet, and who makes
//! the first transaction of all, which creates the log.

mod cause;
mod copy;
mod create;
mod follow;
mod lookup;
mod lost_ranges;
mod reread;
mod schema;
mod scrub;
mod write;
mod writer_place;

use follow::LogStamps;
pub use lookup::TransactionInfo;
pub use lost_ranges::LostRange;
pub(crate) use reread::RereadTransaction;
use scrub::ScrubProgress;

use super::append::LogWriter;
use super::damage::DamageState;
use super::event_reader::EventReader;
use super::found_log::FoundLog;
use super::index::{EventIndex, IndexEntry};
use super::links::Links;
use super::recovery::{LogGap, RecoveredLog, RecoveryOptions, Replica, TransientReplica, recover};
use super::schema_timeline::{SchemaTimeline, SnapshotMarker, TagMarker};
use super::staging::Staging;
use crate::storage::environment::Environment;
use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::chain::Hash;
use crate::storage::log::{Locator, Log, log_path};
use crate::storage::options::{LockWait, OpenOptions};
use crate::storage::store::position::ProjectionPosition;
use crate::types::{EventId, Period, RowId, TableId, TxId};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What is wrong with a log that is another one than was opened.
const REPLACED: &str = "was moved, removed or replaced";

/// The log of a database, open.
#[derive(Debug)]
pub struct EventStore {
    directory: PathBuf,
    /// What the log is called where one tells of it.
    log_path: PathBuf,
    environment: Environment,
    lock_wait: LockWait,
    notices: Vec<String>,
    index_notice: Option<String>,
    replayed: u64,
    read_only: Option<String>,
    /// Whether more may come from another process.
    follows: bool,
    /// Whether the writer's place was given up: then more may come, too.
    given_up: AtomicBool,
    /// The events that cannot be read.
    gaps: Vec<LogGap>,
    /// Who that is, where it kept the log from being written to.
    holder: Option<String>,
    published: RwLock<PublishedLog>,
    /// The log, once there is one.
    log: RwLock<Option<Arc<dyn Log>>>,
    /// Whoever needs both takes this before `staging`, and both before `published`.
    writer: Mutex<LogWriter>,
    staging: Mutex<Staging>,
    /// The last event that is durable and in the index.
    settled: AtomicU64,
    /// Whether a write failed.
    poisoned: AtomicBool,
    /// Whether the database was closed: whoever still holds the log may read it.
    closed: AtomicBool,
    /// Whether it was found damaged.
    damage: Arc<DamageState>,
    scrub: Mutex<ScrubProgress>,
    /// The log and the index as they were when all of both had been read.
    read_stamps: Mutex<Option<LogStamps>>,
}

/// What everybody may know of the transactions that are durable.
#[derive(Debug)]
struct PublishedLog {
    index: EventIndex,
    timeline: SchemaTimeline,
    /// The chain's hash after the last.
    hash: Hash,
}

impl EventStore {
    /// Opens the log of a directory, checks all of it, repairs what a crash left, and hands every
    /// event to `apply` in order.
    ///
    /// A database that was never written to needs no directory: the first append makes it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none and `options.create` is off, [`Error::NotADatabase`]
    /// where the path means something else, [`Error::Busy`] where another process writes to it,
    /// [`Error::Corrupt`] where the log is not what was written and not only to be read,
    /// [`Error::OtherHistory`] where a file beside it is of another history, [`Error::Io`] where a
    /// file of it cannot be read, or not be repaired.
    pub fn open(
        directory: &Path,
        options: &OpenOptions,
        apply: &mut dyn FnMut(&Event),
    ) -> Result<EventStore, Error> {
        EventStore::open_with(directory, options, &mut TransientReplica(apply))
    }

    /// As [`EventStore::open`], for a replica that may have been saved: what it holds already is
    /// neither read nor handed to it.
    pub(crate) fn open_with(
        directory: &Path,
        options: &OpenOptions,
        replica: &mut dyn Replica,
    ) -> Result<EventStore, Error> {
        EventStore::open_log(FoundLog::open(directory, options)?, directory, options, replica)
    }

    /// As [`EventStore::open_with`], where the log was found already, wherever it is kept; its index and
    /// what else there is of it are in the directory.
    pub(crate) fn open_log(
        opened: FoundLog,
        directory: &Path,
        options: &OpenOptions,
        replica: &mut dyn Replica,
    ) -> Result<EventStore, Error> {
        let vfs = &options.environment.vfs;
        let damage = Arc::new(DamageState::new(vfs, directory));
        let recovered = match &opened.log {
            Some(log) => {
                let record = damage.record()?;
                if let Some(record) = record.as_ref().filter(|_| opened.holder.is_some()) {
                    // Whether the log is good again is seen by who has the lock.
                    return Err(Error::Corrupt(Box::new(record.corruption.clone())));
                }
                let recovery = RecoveryOptions {
                    is_writable: opened.is_writable(),
                    beside_writer: opened.beside_writer,
                    whole: options.whole,
                    checks_all: record.is_some(),
                    known: record.as_ref().map_or(EventId::START, |record| record.known),
                };
                let recovered = recover(&**vfs, directory, &**log, recovery, replica, &damage)?;
                recovered.with_record(record, recovery, &damage)?
            }
            None => RecoveredLog::empty(),
        };
        let RecoveredLog { header, ledger, index, timeline, hash, mut notices, refusal, .. } =
            recovered;
        damage.knows(index.head());
        if let Some(reason) = opened.refusal.as_ref().filter(|_| !options.read_only)
            && opened.holder.is_none()
        {
            notices.insert(0, format!("opened read-only: {reason}"));
        }
        let store = EventStore {
            directory: directory.to_path_buf(),
            log_path: log_path(directory),
            environment: options.environment.clone(),
            lock_wait: options.lock_wait(),
            notices,
            index_notice: recovered.index_notice,
            replayed: recovered.replayed,
            gaps: recovered.gaps,
            follows: opened.refusal.is_some() && refusal.is_none(),
            given_up: AtomicBool::new(false),
            holder: opened.holder,
            read_only: opened.refusal.or(refusal),
            settled: AtomicU64::new(index.head().0),
            published: RwLock::new(PublishedLog { index, timeline, hash }),
            staging: Mutex::new(Staging::new(ledger, header.is_some() && opened.log.is_some())),
            log: RwLock::new(opened.log),
            writer: Mutex::new(LogWriter::new(opened.lock, header, hash)),
            poisoned: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            damage,
            scrub: Mutex::new(ScrubProgress::Begins(EventId::START)),
            read_stamps: Mutex::default(),
        };
        if store.read_only.is_none() {
            store.extend_index(&mut store.writer());
        }
        Ok(store)
    }

    /// What opening found worth saying, one line each.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Why the index was made anew from some event on, if it was.
    pub(crate) fn index_notice(&self) -> Option<&str> {
        self.index_notice.as_deref()
    }

    /// How many events opening read.
    pub fn replayed(&self) -> u64 {
        self.replayed
    }

    /// The events that could not be read when the log was opened damaged, in order.
    pub fn gaps(&self) -> &[LogGap] {
        &self.gaps
    }

    /// Which process kept the log from being opened for writing, `process 4711`.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// Whether there is a log: it is created by the first write.
    pub fn is_created(&self) -> bool {
        self.log().is_some()
    }

    /// The last event.
    pub fn head(&self) -> EventId {
        self.published().index.head()
    }

    /// The number of a row's newest version, counting its deletion as one; `None` where there never
    /// was such a row, or it was deleted before the database was opened.
    pub fn row_version(&self, table: TableId, row: RowId) -> Option<u32> {
        self.staging().ledger.row_version(table, row)
    }

    /// The same with the event that made it.
    pub(crate) fn row_newest(&self, table: TableId, row: RowId) -> Option<(u32, EventId)> {
        self.staging().ledger.row_newest(table, row)
    }

    /// The same of a row that may have been deleted before the database was opened. That is read once
    /// for a table, from the whole log.
    ///
    /// # Errors
    /// Those of [`EventStore::read`].
    pub fn newest_version(
        &self,
        table: TableId,
        row: RowId,
    ) -> Result<Option<(u32, EventId)>, Error> {
        if self.staging().ledger.is_unknown(table, row) {
            let mut ever: HashMap<RowId, (u32, EventId)> = HashMap::new();
            for event in self.read(Period { first: EventId::START.next(), last: self.head() }) {
                let event = event?;
                if let Some(of) = event.operation.row().filter(|of| of.table.id == table) {
                    ever.insert(of.row, (of.rev, event.id));
                }
            }
            let ever = ever.into_iter().map(|(row, (rev, event))| (row, rev, event));
            self.staging().ledger.complete(table, ever);
        }
        Ok(self.row_newest(table, row))
    }

    /// The events of a period as far as they happened, read from the log and checked one by one, and
    /// against each other from the first transaction on that the period has the beginning of.
    ///
    /// # Errors
    /// The items are [`Error::Corrupt`] where a line of the log is not what was written,
    /// [`Error::Io`] where it cannot be read, [`Error::Projection`] where the index is not what was
    /// written; there the iteration ends.
    pub fn read(&self, period: Period) -> EventReader {
        let from_start = period.first <= EventId::START.next();
        let start = Links::after(Hash::default(), EventId::START, (TxId(0), None));
        self.read_linked(period, from_start.then_some(start))
    }

    /// As [`EventStore::read`], from where a projection stands to an event: the chain has to go on from
    /// there, too.
    pub(crate) fn read_from(&self, position: &ProjectionPosition, last: EventId) -> EventReader {
        let ProjectionPosition { event, tx, at, hash, .. } = *position;
        let links = Links::after(hash, event, (tx, Some(at)));
        self.read_linked(Period { first: event.next(), last }, Some(links))
    }

    fn read_linked(&self, period: Period, links: Option<Links>) -> EventReader {
        let published = self.published();
        let first = period.first.max(published.index.base().next());
        let last = period.last.min(published.index.head());
        let links = links.filter(|links| links.next_event() == first);
        let (entry, end) = (published.index.entry(first), published.index.end_of(last));
        let schema = published.timeline.schema_at(EventId(first.0.saturating_sub(1)));
        drop(published);
        let open = |(entry, end): (Option<IndexEntry>, Locator)| {
            let (entry, log) = entry.zip(self.log())?;
            Some((log.read(entry.line..end), schema))
        };
        let opened = entry.and_then(|entry| Ok((entry, end?))).map(open);
        EventReader::new(&self.damage, Period { first, last }, opened, links)
    }

    /// The log, if there is one. Nobody who waits for it may hold `published`: whoever creates the
    /// log takes that while it holds this.
    fn log(&self) -> Option<Arc<dyn Log>> {
        self.log.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All tags, in the order in which they were given.
    pub fn tags(&self) -> Vec<TagMarker> {
        self.published().timeline.tags().to_vec()
    }

    /// All snapshots that were asked for, in order.
    pub fn snapshot_markers(&self) -> Vec<SnapshotMarker> {
        self.published().timeline.snapshots().to_vec()
    }

    /// Gives back the right to write. Reading goes on.
    pub(crate) fn close(&self) {
        let mut writer = self.writer();
        self.closed.store(true, Ordering::Release);
        self.settle_all(&mut writer);
        writer.lock = None;
    }

    fn published(&self) -> RwLockReadGuard<'_, PublishedLog> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn published_mut(&self) -> RwLockWriteGuard<'_, PublishedLog> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, LogWriter> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked while writing left the file as nobody knows it.
            self.poisoned.store(true, Ordering::Release);
            poisoned.into_inner()
        })
    }

    fn staging(&self) -> MutexGuard<'_, Staging> {
        self.staging.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked while staging left books that nobody knows.
            self.poisoned.store(true, Ordering::Release);
            poisoned.into_inner()
        })
    }
}
