//! The log as a thing: append a transaction, read a period, ask for versions.
//!
//! Operations flow in, numbered events come back once they are durable. One transaction is written at
//! a time; reading needs none of what the writer holds, so nobody who reads waits for the disk of
//! somebody who writes.

mod copy;
mod create;
mod follow;
mod lost_ranges;
mod reread;
mod schema;
mod scrub;
mod writer_place;

pub use lost_ranges::LostRange;
pub(crate) use reread::RereadTransaction;
use scrub::ScrubProgress;

use super::append::{LogWriter, TransactionBatch, number};
use super::damage::DamageState;
use super::event_reader::EventReader;
use super::index::EventIndex;
use super::links::Links;
use super::log_file::LogFile;
use super::recovery::{
    LogGap, RecoveredLog, RecoveryOptions, Replica, TransientReplica, hash_of, recover,
};
use super::schema_timeline::{SchemaTimeline, SnapshotMarker, TagMarker};
use crate::storage::environment::Environment;
use crate::storage::error::Error;
use crate::storage::event::{Event, Metadata, Operation};
use crate::storage::log::LOG;
use crate::storage::log::chain::Hash;
use crate::storage::log::line::LineStamp;
use crate::storage::log::reader::LineReader;
use crate::storage::log::text::{FIRST_MOMENT, LAST_MOMENT};
use crate::storage::options::OpenOptions;
use crate::storage::projections::ProjectionPosition;
use crate::storage::store::lock::LockWait;
use crate::storage::vfs::VfsFile;
use crate::types::{EventId, Period, RowId, TableId, Timestamp, TxId};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// What is wrong with a log that is another one than was opened.
const REPLACED: &str = "was moved, removed or replaced";

/// The log of a database, open.
#[derive(Debug)]
pub struct EventStore {
    directory: PathBuf,
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
    /// The file, once there is one.
    file: RwLock<Option<Arc<dyn VfsFile>>>,
    writer: Mutex<LogWriter>,
    /// Whether it was found damaged.
    damage: Arc<DamageState>,
    scrub: Mutex<ScrubProgress>,
}

/// What everybody may know of the transactions that are durable.
#[derive(Debug)]
struct PublishedLog {
    index: EventIndex,
    timeline: SchemaTimeline,
    /// The chain's hash after the last.
    hash: Hash,
}

/// What is known of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionInfo {
    /// Its number.
    pub tx: TxId,
    /// When it was committed.
    pub at: Timestamp,
    /// Its first event.
    pub first: EventId,
    /// Its last event.
    pub last: EventId,
    /// What it says about itself.
    pub metadata: Metadata,
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
        let opened = LogFile::open(directory, options)?;
        let vfs = &options.environment.vfs;
        let damage = Arc::new(DamageState::new(vfs, directory));
        let recovered = match &opened.file {
            Some(file) => {
                let record = damage.record()?;
                if let Some(record) = record.as_ref().filter(|_| opened.holder.is_some()) {
                    // Whether the log is good again is seen by who has the lock.
                    return Err(Error::Corrupt(Box::new(record.corruption.clone())));
                }
                let how = RecoveryOptions {
                    is_writable: opened.is_writable(),
                    beside_writer: opened.beside_writer,
                    whole: options.whole,
                    checks_all: record.is_some(),
                    known: record.as_ref().map_or(EventId::START, |record| record.known),
                };
                let recovered = recover(&**vfs, directory, file, how, replica, &damage)?;
                recovered.with_record(record, how, &damage)?
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
            published: RwLock::new(PublishedLog { index, timeline, hash }),
            file: RwLock::new(opened.file),
            writer: Mutex::new(LogWriter::new(opened.lock, header, ledger, hash)),
            damage,
            scrub: Mutex::new(ScrubProgress::Begins(EventId::START)),
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
        self.file().is_some()
    }

    /// The last event.
    pub fn head(&self) -> EventId {
        self.published().index.head()
    }

    /// The number of a row's newest version, counting its deletion as one; `None` where there never
    /// was such a row, or it was deleted before the database was opened.
    pub fn row_version(&self, table: TableId, row: RowId) -> Option<u32> {
        self.writer().ledger.row_version(table, row)
    }

    /// The same with the event that made it.
    pub(crate) fn row_newest(&self, table: TableId, row: RowId) -> Option<(u32, EventId)> {
        self.writer().ledger.row_newest(table, row)
    }

    /// The last event of the newest transaction committed at a time or before, or 0.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn at_time(&self, at: Timestamp) -> Result<EventId, Error> {
        self.published().index.at_time(at)
    }

    /// The last transaction.
    pub fn last_tx(&self) -> TxId {
        self.published().index.last_tx()
    }

    /// When the last transaction was committed.
    pub fn last_at(&self) -> Option<Timestamp> {
        self.published().index.last_at()
    }

    /// The last event of a transaction; 0 of transaction 0, `None` where there is none of that number.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn last_of(&self, tx: TxId) -> Result<Option<EventId>, Error> {
        self.published().index.last_of(tx)
    }

    /// When the transaction that holds an event was committed.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn committed_at(&self, event: EventId) -> Result<Option<Timestamp>, Error> {
        Ok(self.stamp(event)?.map(|(_, at)| at))
    }

    /// The transaction that holds an event, and when that was committed.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn stamp(&self, event: EventId) -> Result<Option<(TxId, Timestamp)>, Error> {
        Ok(self.published().index.entry(event)?.map(|entry| (entry.tx, entry.at)))
    }

    /// The word for what an event did, as the log has it.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn operation_name(&self, event: EventId) -> Result<Option<&'static str>, Error> {
        Ok(self.published().index.entry(event)?.map(|entry| entry.operation_name()))
    }

    /// The transaction that holds an event.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where the last line of the transaction is not what was written,
    /// [`Error::Io`] where it or `events.index` cannot be read, [`Error::Projection`] where the
    /// index is not what was written.
    pub fn transaction_info(&self, event: EventId) -> Result<Option<Arc<TransactionInfo>>, Error> {
        let Period { first, last } = {
            let published = self.published();
            let Some(entry) = published.index.entry(event)? else { return Ok(None) };
            published.index.transaction_of(event, entry.tx)?
        };
        let Some(event) = self.read(Period::at(last)).next().transpose()? else { return Ok(None) };
        let (tx, at) = (event.tx, event.at);
        let metadata = event.last.map(|last| *last).unwrap_or_default();
        Ok(Some(Arc::new(TransactionInfo { tx, at, first, last, metadata })))
    }

    /// Whether and why an append would be refused whatever it is.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] where it was opened so, [`Error::Following`] where it was opened beside
    /// a process that writes, [`Error::GivenUp`] where the writer's place was given up,
    /// [`Error::Damaged`] where the log was found damaged, [`Error::Poisoned`] after a write that
    /// failed.
    pub fn check_writable(&self) -> Result<(), Error> {
        self.check_open_for(&self.writer())
    }

    /// Refuses to go on as if the log were good where it was found damaged.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the log was found damaged.
    pub(crate) fn check_undamaged(&self) -> Result<(), Error> {
        self.damage.check()
    }

    /// The events of a period as far as they happened, read from the file and checked one by one, and
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
        let (entry, end) = (published.index.entry(first), published.index.end());
        let schema = published.timeline.schema_at(EventId(first.0.saturating_sub(1)));
        drop(published);
        let open = |entry: Option<super::index::IndexEntry>| {
            let (entry, file) = entry.zip(self.file())?;
            Some((LineReader::new(file, entry.offset, end), schema))
        };
        let opened = entry.map(open);
        EventReader::new(&self.damage, &self.directory, Period { first, last }, opened, links)
    }

    /// The log, if there is one. Nobody who waits for it may hold `published`: whoever creates the
    /// log takes that while it holds this.
    fn file(&self) -> Option<Arc<dyn VfsFile>> {
        self.file.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the log is after an event that ends its transaction, as a projection names it to say what
    /// it holds; `None` of any other event.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where the line of the event is not what was written, [`Error::Io`] where
    /// it or `events.index` cannot be read, [`Error::Projection`] where the index is not what was
    /// written.
    pub(crate) fn position_at(&self, event: EventId) -> Result<Option<ProjectionPosition>, Error> {
        let published = self.published();
        let index = &published.index;
        let Some(entry) = index.entry(event)?.filter(|entry| entry.last) else { return Ok(None) };
        let (log_offset, uuid) = (index.end_of(event)?, *index.uuid());
        let newest = (event == index.head()).then_some(published.hash);
        drop(published);
        let hash = match (newest, self.file()) {
            (Some(hash), _) => Some(hash),
            (None, Some(file)) => {
                let hash = hash_of(&file, &self.directory, &entry, log_offset, event);
                self.damage.note(hash)?
            }
            (None, None) => None,
        };
        let position =
            |hash| ProjectionPosition { uuid, event, tx: entry.tx, at: entry.at, hash, log_offset };
        Ok(hash.map(position))
    }

    /// Whether the index knows a projection's place, where the line itself cannot tell its hash.
    pub(crate) fn may_stand_at(&self, position: &ProjectionPosition) -> bool {
        let ProjectionPosition { uuid, event, tx, at, log_offset, .. } = *position;
        let index = &self.published().index;
        let entry = index.entry(event).ok().flatten();
        uuid == *index.uuid()
            && entry.is_some_and(|entry| entry.last && (entry.tx, entry.at) == (tx, at))
            && index.end_of(event).is_ok_and(|end| end == log_offset)
    }

    /// How many events of a period were about each table.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub(crate) fn events_by_table(&self, period: Period) -> Result<HashMap<TableId, u64>, Error> {
        let mut counts = HashMap::new();
        self.published().index.for_each(period, |_, entry| {
            *counts.entry(entry.table).or_default() += 1;
        })?;
        Ok(counts)
    }

    /// All tags, in the order in which they were given.
    pub fn tags(&self) -> Vec<TagMarker> {
        self.published().timeline.tags().to_vec()
    }

    /// All snapshots that were asked for, in order.
    pub fn snapshot_markers(&self) -> Vec<SnapshotMarker> {
        self.published().timeline.snapshots().to_vec()
    }

    /// Makes the index durable as far as the log is.
    ///
    /// # Errors
    /// Those of [`VfsFile::write_at`] and [`VfsFile::sync`] that kept `events.index` from being
    /// written, now or before.
    pub(crate) fn sync_index(&self) -> std::io::Result<()> {
        let mut writer = self.writer();
        self.extend_index(&mut writer);
        let (failure, file) = (writer.index_failure.take(), writer.index.clone());
        // Nobody who commits waits for this sync.
        drop(writer);
        match (failure, file) {
            (Some(failure), _) => Err(failure),
            (None, Some(file)) => file.sync(),
            (None, None) => Ok(()),
        }
    }

    /// Appends operations as one transaction, in order; gives the events once they are durable.
    ///
    /// The identities inside a definition must be those of the event it becomes.
    ///
    /// # Errors
    /// [`Error::StaleVersion`] where an operation is not about the newest version of its row,
    /// [`Error::Invalid`] and [`Error::Limit`] where one could not be read back,
    /// [`Error::Replaced`] where the log is not the file that was opened: then nothing was written.
    /// [`Error::Damaged`] once it was found damaged, by this process or another one.
    /// [`Error::Io`] where the outcome is unknown, [`Error::Poisoned`] ever after.
    pub fn append(
        &self,
        operations: Vec<Operation>,
        metadata: Metadata,
    ) -> Result<Vec<Event>, Error> {
        let mut writer = self.writer();
        self.check_open_for(&writer)?;
        self.damage.check()?;
        if operations.is_empty() {
            return Err(Error::invalid("a transaction without events"));
        }
        let stamp = self.next_stamp()?;
        let mut events = number(operations, metadata, stamp);
        if writer.header.is_none() {
            // What is refused creates nothing.
            writer.rehearse(&events)?;
        }
        let file = self.file_to_write(&mut writer)?;
        let end = self.published().index.end();
        self.check_file(&*file, end)?;
        let path = self.directory.join(LOG);
        let mut batch =
            TransactionBatch { writer: &mut writer, file: &*file, path: &path, end, at: end };
        let hash = batch.write(&mut events, stamp, &*self.environment.random)?;
        let end = batch.at;
        writer.hash = hash;
        writer.ledger.commit();
        events.last().into_iter().for_each(|event| self.damage.knows(event.id));
        {
            let mut published = self.published_mut();
            published.index.push(&mut writer.entries, end);
            published.hash = hash;
            events.iter().for_each(|event| published.timeline.record(event));
        }
        self.extend_index(&mut writer);
        Ok(events)
    }

    /// Gives back the right to write. Reading goes on.
    pub(crate) fn close(&self) {
        let mut writer = self.writer();
        writer.closed = true;
        writer.lock = None;
    }

    fn published(&self) -> RwLockReadGuard<'_, PublishedLog> {
        self.published.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn published_mut(&self) -> RwLockWriteGuard<'_, PublishedLog> {
        self.published.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes to the index what the log has beyond it. The index is a projection: where that fails,
    /// its entries stay in memory, and it is not tried again.
    fn extend_index(&self, writer: &mut LogWriter) {
        if writer.index_failure.is_some() {
            return;
        }
        let written = {
            let index = &self.published().index;
            if index.is_written() {
                return;
            }
            let file = match &writer.index {
                Some(file) => Ok(Arc::clone(file)),
                None => index.file_to_write(&*self.environment.vfs),
            };
            file.and_then(|file| {
                index.unwritten().try_for_each(|(at, bytes)| file.write_at(at, &bytes))?;
                Ok(file)
            })
        };
        match written {
            Ok(file) => {
                self.published_mut().index.written(&file);
                writer.index = Some(file);
            }
            Err(failure) => writer.index_failure = Some(failure),
        }
    }

    fn writer(&self) -> MutexGuard<'_, LogWriter> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked while writing left the file as nobody knows it.
            let mut writer = poisoned.into_inner();
            writer.poisoned = true;
            writer
        })
    }

    fn check_open_for(&self, writer: &LogWriter) -> Result<(), Error> {
        match &self.read_only {
            Some(reason) => Err(match &self.holder {
                Some(holder) => {
                    Error::Following { path: self.directory.clone(), holder: holder.clone() }
                }
                None => Error::ReadOnly { reason: reason.clone() },
            }),
            None if self.damage.found().is_some() => self.damage.check(),
            None if self.has_given_up() => Err(Error::GivenUp { path: self.directory.clone() }),
            None if writer.poisoned => Err(Error::Poisoned),
            None if writer.closed => Err(Error::ReadOnly { reason: "it was closed".into() }),
            None => Ok(()),
        }
    }

    /// Refuses to write to a file that nobody would find again, or that others wrote to: neither
    /// happens while everyone keeps to the lock, but files can be removed, restored and copied.
    fn check_file(&self, file: &dyn VfsFile, end: u64) -> Result<(), Error> {
        let path = self.directory.join(LOG);
        let refused = |reason| Err(Error::Replaced { path: path.clone(), reason });
        if !file.is_at(&path).map_err(Error::io("read", &path))? {
            return refused(REPLACED);
        }
        if file.size().map_err(Error::io("read", &path))? != end {
            return refused("was written to by another program");
        }
        Ok(())
    }

    /// Refuses where the directory is no longer the one that was opened, or its log is damaged: nothing
    /// may be written beside such a log.
    pub(crate) fn check_in_place(&self) -> Result<(), Error> {
        let path = self.directory.join(LOG);
        let in_place = match self.file() {
            Some(file) => file.is_at(&path).map_err(Error::io("read", &path))?,
            None => false,
        };
        if in_place { self.damage.check() } else { Err(Error::Replaced { path, reason: REPLACED }) }
    }

    /// The numbers and the time of the next transaction's first event.
    fn next_stamp(&self) -> Result<LineStamp, Error> {
        let now = self.environment.clock.now().0.clamp(FIRST_MOMENT, LAST_MOMENT);
        let published = self.published();
        let index = &published.index;
        let at = index.last_at().map_or(now, |before| now.max(before.0.saturating_add(1)));
        if at > LAST_MOMENT {
            return Err(Error::invalid("the log has reached the end of the year 9999"));
        }
        let tx = TxId(index.last_tx().0 + 1);
        Ok(LineStamp { event: index.head().next(), tx, at: Timestamp(at), cause: None })
    }
}
