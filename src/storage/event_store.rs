//! The log as a thing: append a transaction, read a period, ask for versions.
//!
//! Operations flow in, numbered events come back once they are durable. One transaction is written at
//! a time; reading needs none of what the writer holds, so nobody who reads waits for the disk of
//! somebody who writes.

use super::environment::Environment;
use super::error::Error;
use super::event::{Event, Metadata, Operation};
use super::lock::Lock;
use super::log::chain::{Chain, Hash};
use super::log::header::Header;
use super::log::ledger::{Ledger, define};
use super::log::line::{self, First, Stamp, Tables};
use super::log::reader::{LineReader, Next, to_u64};
use super::log::text::{FIRST_MOMENT, LAST_MOMENT};
use super::log::{LOG, has_valid_crc};
use super::options::OpenOptions;
use super::recovery::{Apply, Recovered, check_companions, recover};
use super::timeline::Timeline;
use super::vfs::{Access, VfsFile};
use crate::types::{EventId, Period, RowId, Schema, TableId, Timestamp, TxId};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

/// How many encoded bytes gather before they are handed to the file.
const FLUSH_SIZE: usize = 1 << 20;

/// The log of a database, open.
#[derive(Debug)]
pub struct EventStore {
    directory: PathBuf,
    environment: Environment,
    busy_timeout: Duration,
    notices: Vec<String>,
    read_only: Option<String>,
    timeline: RwLock<Timeline>,
    /// The file, once there is one.
    file: RwLock<Option<Arc<dyn VfsFile>>>,
    writer: Mutex<Writer>,
}

/// What only the one who appends needs.
#[derive(Debug)]
struct Writer {
    lock: Option<Lock>,
    header: Option<Header>,
    ledger: Ledger,
    chain: Chain,
    hash: Hash,
    buffer: Vec<u8>,
    poisoned: bool,
}

/// What opening the file came to.
struct Opened {
    file: Option<Arc<dyn VfsFile>>,
    lock: Option<Lock>,
    /// Why nothing may be written, if so.
    refusal: Option<String>,
}

impl EventStore {
    /// Opens the log of a directory, checks all of it, repairs what a crash left, and hands every
    /// event to `apply` in order.
    ///
    /// A database that was never written to needs no directory: the first append makes it.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none and `options.create` is off, [`Error::Busy`] where
    /// another process writes to it, [`Error::Corrupt`] where it is damaged and not only to be read,
    /// [`Error::Io`] where the system refuses.
    pub fn open(
        directory: &Path,
        options: &OpenOptions,
        apply: &mut dyn FnMut(&Event),
    ) -> Result<EventStore, Error> {
        let opened = open_file(directory, options)?;
        let recovered = match &opened.file {
            Some(file) => {
                let writable = opened.lock.is_some() && opened.refusal.is_none();
                let vfs = &*options.environment.vfs;
                recover(vfs, directory, file, writable, apply as Apply<'_>)?
            }
            None => Recovered::empty(),
        };
        let Recovered { header, ledger, timeline, hash, mut notices, refusal } = recovered;
        if let Some(reason) = opened.refusal.as_ref().filter(|_| !options.read_only) {
            notices.insert(0, format!("opened read-only: {reason}"));
        }
        let writer = Writer {
            lock: opened.lock,
            header,
            ledger,
            chain: Chain::after(&hash),
            hash,
            buffer: Vec::new(),
            poisoned: false,
        };
        Ok(EventStore {
            directory: directory.to_path_buf(),
            environment: options.environment.clone(),
            busy_timeout: options.busy_timeout,
            notices,
            read_only: opened.refusal.or(refusal),
            timeline: RwLock::new(timeline),
            file: RwLock::new(opened.file),
            writer: Mutex::new(writer),
        })
    }

    /// What opening found worth saying, one line each.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// Why nothing may be written, if so.
    pub fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// The last event.
    pub fn head(&self) -> EventId {
        self.timeline().head()
    }

    /// How many schema changes there were.
    pub fn schema_version(&self) -> u64 {
        self.timeline().schema_version()
    }

    /// The number of a row's newest version, counting its deletion as one; `None` where there never
    /// was such a row.
    pub fn row_version(&self, table: TableId, row: RowId) -> Option<u32> {
        self.writer().ledger.row_version(table, row)
    }

    /// The last event of the newest transaction committed at a time or before, or 0.
    pub fn at_time(&self, at: Timestamp) -> EventId {
        self.timeline().at_time(at)
    }

    /// The last transaction.
    pub fn last_tx(&self) -> TxId {
        self.timeline().last_tx()
    }

    /// The last event of a transaction; 0 of transaction 0, `None` where there is none of that number.
    pub fn last_of(&self, tx: TxId) -> Option<EventId> {
        self.timeline().last_of(tx)
    }

    /// When the transaction that holds an event was committed.
    pub fn committed_at(&self, event: EventId) -> Option<Timestamp> {
        self.timeline().committed_at(event)
    }

    /// Whether and why an append would be refused whatever it is.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] or [`Error::Poisoned`].
    pub fn check_writable(&self) -> Result<(), Error> {
        self.check_open_for(&self.writer())
    }

    /// The events of a period as far as they happened, read from the file and checked one by one.
    ///
    /// # Errors
    /// The items are errors where a line cannot be read; there the iteration ends.
    pub fn read(&self, period: Period) -> Events {
        let timeline = self.timeline();
        let (before, offset, schema) = timeline.start_of(period.first);
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner).clone();
        Events {
            path: self.directory.join(LOG),
            reader: file.map(|file| LineReader::new(file, offset, timeline.end())),
            tables: Tables::default(),
            schema,
            next: before.next(),
            period,
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
    /// [`Error::Io`] where the outcome is unknown, [`Error::Poisoned`] ever after.
    pub fn append(
        &self,
        operations: Vec<Operation>,
        metadata: Metadata,
    ) -> Result<Vec<Event>, Error> {
        let mut writer = self.writer();
        self.check_open_for(&writer)?;
        if operations.is_empty() {
            return Err(Error::invalid("a transaction without events"));
        }
        let file = self.file_to_write(&mut writer)?;
        let (stamp, end) = self.next_stamp()?;
        self.check_file(&*file, end)?;
        let mut events = number(operations, metadata, stamp);
        let path = self.directory.join(LOG);
        let mut batch = Batch { writer: &mut writer, file: &*file, path: &path, end, at: end };
        let hash = batch.write(&mut events, stamp, &*self.environment.random)?;
        let end = batch.at;
        writer.hash = hash;
        writer.ledger.commit();
        let mut timeline = self.timeline.write().unwrap_or_else(PoisonError::into_inner);
        timeline.push(&events, writer.ledger.schema(), end);
        Ok(events)
    }

    fn timeline(&self) -> RwLockReadGuard<'_, Timeline> {
        self.timeline.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked while writing left the file as nobody knows it.
            let mut writer = poisoned.into_inner();
            writer.poisoned = true;
            writer
        })
    }

    fn check_open_for(&self, writer: &Writer) -> Result<(), Error> {
        match &self.read_only {
            Some(reason) => Err(Error::ReadOnly { reason: reason.clone() }),
            None if writer.poisoned => Err(Error::Poisoned),
            None => Ok(()),
        }
    }

    /// Refuses to write to a file that nobody would find again, or that others wrote to: neither
    /// happens while everyone keeps to the lock, but files can be removed, restored and copied.
    fn check_file(&self, file: &dyn VfsFile, end: u64) -> Result<(), Error> {
        let path = self.directory.join(LOG);
        let refused = |reason| Err(Error::Replaced { path: path.clone(), reason });
        if !file.is_at(&path).map_err(Error::io("read", &path))? {
            return refused("was moved, removed or replaced");
        }
        if file.size().map_err(Error::io("read", &path))? != end {
            return refused("was written to by another program");
        }
        Ok(())
    }

    /// The numbers and the time of the next transaction's first event, and where its line goes.
    fn next_stamp(&self) -> Result<(Stamp, u64), Error> {
        let now = self.environment.clock.now().0.clamp(FIRST_MOMENT, LAST_MOMENT);
        let timeline = self.timeline();
        let at = timeline.last_at().map_or(now, |before| now.max(before.0.saturating_add(1)));
        if at > LAST_MOMENT {
            return Err(Error::invalid("the log has reached the end of the year 9999"));
        }
        let tx = TxId(timeline.last_tx().0 + 1);
        let stamp = Stamp { event: timeline.head().next(), tx, at: Timestamp(at) };
        Ok((stamp, timeline.end()))
    }

    /// The log, created with its header if this is the first write.
    fn file_to_write(&self, writer: &mut Writer) -> Result<Arc<dyn VfsFile>, Error> {
        let mut slot = self.file.write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(file), Some(_)) = (&*slot, &writer.header) {
            return Ok(Arc::clone(file));
        }
        let vfs = &*self.environment.vfs;
        let (directory, path) = (&self.directory, self.directory.join(LOG));
        if writer.lock.is_none() {
            // One that exists may be reached through a link.
            if vfs.names(directory).is_err() {
                vfs.create_directory(directory).map_err(Error::io("create", directory))?;
            }
            writer.lock = Some(Lock::take(vfs, directory, self.busy_timeout)?);
        }
        let file = vfs.open(&path, Access::Create).map_err(Error::io("create", &path))?;
        if file.size().map_err(Error::io("read", &path))? > 0 {
            let holder = "another process, which created it meanwhile: reopen".into();
            return Err(Error::Busy { path: directory.clone(), holder });
        }
        let mut uuid = [0; 16];
        self.environment.random.fill(&mut uuid);
        let header = Header::new(uuid);
        let line = header.encode();
        // Written and synced on its own, so that a bad header with lines behind it is damage.
        let written = file.write_at(0, &line).and_then(|()| file.sync()).and_then(|()| {
            vfs.sync_directory(directory)?;
            directory.parent().map_or(Ok(()), |parent| vfs.sync_directory(parent))
        });
        if let Err(source) = written {
            writer.poisoned = true;
            return Err(Error::Io { action: "write", path, source });
        }
        let mut timeline = self.timeline.write().unwrap_or_else(PoisonError::into_inner);
        *timeline = Timeline::new(&header, to_u64(line.len()));
        writer.hash = header.previous_hash;
        writer.header = Some(header);
        *slot = Some(Arc::clone(&file));
        Ok(file)
    }
}

/// Gives operations their numbers as events of one transaction.
fn number(operations: Vec<Operation>, metadata: Metadata, stamp: Stamp) -> Vec<Event> {
    let Stamp { event, tx, at } = stamp;
    let ids = std::iter::successors(Some(event), |id| Some(id.next()));
    let events =
        ids.zip(operations).map(|(id, operation)| Event { id, tx, at, operation, last: None });
    let mut events: Vec<Event> = events.collect();
    if let Some(last) = events.last_mut() {
        last.last = Some(metadata);
    }
    events
}

/// One transaction on its way to the disk.
struct Batch<'a> {
    writer: &'a mut Writer,
    file: &'a dyn VfsFile,
    path: &'a Path,
    /// Where the last transaction ends.
    end: u64,
    /// Where the next bytes go.
    at: u64,
}

impl Batch<'_> {
    /// Writes the events and makes them durable; leaves everything as it was if one is refused.
    fn write(
        &mut self,
        events: &mut [Event],
        stamp: Stamp,
        random: &dyn super::environment::Random,
    ) -> Result<Hash, Error> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let first = First { durable: EventId(stamp.event.0 - 1), salt };
        self.writer.buffer.clear();
        let hash = self.writer.hash;
        self.writer.chain.restart(&hash);
        let mut hash = None;
        for event in events {
            let first = (event.id == stamp.event).then_some(&first);
            match self.encode(event, first) {
                Ok(encoded) => hash = encoded,
                Err(refused) => return Err(self.take_back(refused)),
            }
            if self.writer.buffer.len() >= FLUSH_SIZE {
                self.flush()?;
            }
        }
        self.flush()?;
        if let Err(source) = self.file.sync() {
            return Err(self.poison("sync", source));
        }
        // Buffers that one large transaction needed are not kept for the small ones.
        self.writer.buffer.shrink_to(FLUSH_SIZE);
        Ok(hash.expect("the last event of a transaction carries its metadata, so it has a hash"))
    }

    fn encode(&mut self, event: &Event, first: Option<&First>) -> Result<Option<Hash>, Error> {
        let Writer { ledger, chain, buffer, .. } = &mut *self.writer;
        ledger.admit(event.id, &event.operation)?;
        let stamp = Stamp { event: event.id, tx: event.tx, at: event.at };
        line::encode(buffer, chain, stamp, &event.operation, first, event.last.as_ref())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if let Err(source) = self.file.write_at(self.at, &self.writer.buffer) {
            return Err(self.poison("write", source));
        }
        self.at += to_u64(self.writer.buffer.len());
        self.writer.buffer.clear();
        Ok(())
    }

    /// Forgets the transaction, and cuts off what the file has of it already.
    fn take_back(&mut self, refused: Error) -> Error {
        self.writer.ledger.roll_back();
        self.writer.buffer.clear();
        if self.at > self.end
            && let Err(source) = self.file.truncate(self.end)
        {
            return self.poison("truncate", source);
        }
        refused
    }

    /// After this nobody knows what stands in the file: what the system failed to write it may have
    /// dropped, and a second sync may claim that all is well.
    fn poison(&mut self, action: &'static str, source: io::Error) -> Error {
        self.writer.poisoned = true;
        self.writer.ledger.roll_back();
        Error::Io { action, path: self.path.to_path_buf(), source }
    }
}

/// Finds the log and takes the lock, as far as there is anything to lock.
fn open_file(directory: &Path, options: &OpenOptions) -> Result<Opened, Error> {
    let vfs = &*options.environment.vfs;
    let names = match vfs.names(directory) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound && options.create => Vec::new(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::NotFound { path: directory.to_path_buf() });
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let reason = "it is a file".into();
            return Err(Error::NotADatabase { path: directory.to_path_buf(), reason });
        }
        Err(error) => return Err(Error::io("read", directory)(error)),
    };
    let path = directory.join(LOG);
    let asked = || "it was opened so".to_owned();
    if !names.iter().any(|name| name == LOG) {
        check_companions(&path, &names, "it is missing")?;
        if let (false, Some(name)) = (options.create, names.first()) {
            let reason = format!("`{name}` is there and {LOG} is not");
            return Err(Error::NotADatabase { path: directory.to_path_buf(), reason });
        }
        if !options.create {
            return Err(Error::NotFound { path: directory.to_path_buf() });
        }
        let refusal = options.read_only.then(asked);
        return Ok(Opened { file: None, lock: None, refusal });
    }
    if options.read_only {
        let file = vfs.open(&path, Access::Read).map_err(Error::io("open", &path))?;
        return Ok(Opened { file: Some(file), lock: None, refusal: Some(asked()) });
    }
    let lock = Lock::take(vfs, directory, options.busy_timeout);
    let opened = lock.and_then(|lock| {
        let file = vfs.open(&path, Access::Write).map_err(Error::io("open", &path))?;
        Ok(Opened { file: Some(file), lock: Some(lock), refusal: None })
    });
    match opened {
        Err(Error::Io { action, path: refused, source }) if is_forbidden(&source) => {
            let refusal = Some(format!("cannot {action} {}: {source}", refused.display()));
            let file = vfs.open(&path, Access::Read).map_err(Error::io("open", &path))?;
            Ok(Opened { file: Some(file), lock: None, refusal })
        }
        opened => opened,
    }
}

/// Whether the system allows no write there, as opposed to having failed at one. A full disk counts:
/// opening needs no space.
fn is_forbidden(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | StorageFull | QuotaExceeded)
}

/// The events of a period, read from the file.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    /// Absent where nothing was ever written, and after an error.
    reader: Option<LineReader>,
    tables: Tables,
    schema: Schema,
    next: EventId,
    period: Period,
}

impl Events {
    /// The next event, whether or not it belongs to the period.
    fn advance(&mut self) -> Result<Option<Event>, Error> {
        let Some(reader) = &mut self.reader else {
            return Ok(None);
        };
        let next = reader.advance().map_err(Error::io("read", &self.path))?;
        let decoded = match next {
            Next::End => return Ok(None),
            Next::Line if has_valid_crc(reader.line()) => line::parse(reader.line())
                .and_then(|line| line.event(&mut self.tables, &self.schema))
                .and_then(|event| {
                    define(&mut self.schema, event.id, &event.operation)
                        .map_err(|error| error.to_string())?;
                    let follows = event.id == self.next;
                    follows.then_some(event).ok_or_else(|| "the events are out of order".into())
                }),
            Next::Line | Next::Unfinished | Next::TooLong => Err("the line is damaged".into()),
        };
        let damage = |reason| Error::Corrupt {
            file: self.path.clone(),
            offset: reader.offset(),
            event: self.next,
            reason,
            intact: "it was read without error when the database was opened".into(),
        };
        let event = decoded.map_err(damage)?;
        self.next = event.id.next();
        Ok(Some(event))
    }
}

impl Iterator for Events {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Result<Event, Error>> {
        while self.next <= self.period.last {
            match self.advance() {
                Ok(Some(event)) if event.id >= self.period.first => return Some(Ok(event)),
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(error) => {
                    self.reader = None;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}
