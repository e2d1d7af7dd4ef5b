//! The one damage state of a log: once anybody has seen that it is not what was written, nothing more
//! is written to the database, now and by later openings, until the log reads as it should again.
//!
//! ```text
//! opening, a query, VERIFY, the scrub, a follower ──▶ enter ──▶ this process: writes are refused
//!                                                       │
//!                                                       └──▶ DAMAGED ──▶ other processes, before
//!                                                                        they write; the next opening
//! ```
//!
//! `DAMAGED` is one line of JSON, made exclusively: the first who finds damage is the one who is
//! remembered. It is removed by an opening that has read the whole log and found it good.

mod record;

pub(crate) use record::DamageRecord;

use crate::storage::error::{Corruption, Error};
use crate::storage::log::log_path;
use crate::storage::vfs::{Access, Vfs, VfsFile, read_full};
use crate::types::EventId;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// The name of the record in the data directory.
pub(crate) const DAMAGED: &str = "DAMAGED";

/// How much of it is read at most.
const MAX_RECORD: usize = 64 << 10;

/// Whether the log of a directory was found damaged, for all who have it open in this process.
#[derive(Debug)]
pub(crate) struct DamageState {
    vfs: Arc<dyn Vfs>,
    directory: PathBuf,
    /// Where the record is, if there is one.
    record_path: PathBuf,
    found: OnceLock<Arc<Corruption>>,
    /// The last event that the log is known to have had.
    known: AtomicU64,
}

impl DamageState {
    /// The state of a log of which no damage is known yet.
    pub(crate) fn new(vfs: &Arc<dyn Vfs>, directory: &Path) -> DamageState {
        let (vfs, directory) = (Arc::clone(vfs), directory.to_path_buf());
        let record_path = directory.join(DAMAGED);
        DamageState {
            vfs,
            directory,
            record_path,
            found: OnceLock::new(),
            known: AtomicU64::new(0),
        }
    }

    /// Notes that the log has an event.
    pub(crate) fn knows(&self, event: EventId) {
        self.known.fetch_max(event.0, Ordering::Relaxed);
    }

    /// Passes on what came of reading the log; enters the state where that is damaged.
    pub(crate) fn note<T>(&self, read: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::Corrupt(corruption)) = &read
            && corruption.is_of_log()
        {
            self.enter(corruption);
        }
        read
    }

    /// Ends writing: for this process at once, for others and later ones by the record. Damage that
    /// was found before is what is remembered.
    pub(crate) fn enter(&self, corruption: &Corruption) {
        if self.found.set(Arc::new(corruption.clone())).is_err() {
            return;
        }
        let record = self.vfs.open(&self.record_path, Access::CreateNew).and_then(|file| {
            let known = EventId(self.known.load(Ordering::Relaxed));
            let record = DamageRecord { corruption: corruption.clone(), known };
            file.write_at(0, &record.encode())?;
            file.sync()?;
            self.vfs.sync_directory(&self.directory)
        });
        // Another one's record says as much; where the system allows none, this process knows, and
        // whoever opens the database next comes upon the same place.
        drop(record);
    }

    /// What was found by this process.
    pub(crate) fn found(&self) -> Option<&Arc<Corruption>> {
        self.found.get()
    }

    /// The record that an earlier process or another one has left, if there is one.
    ///
    /// # Errors
    /// [`Error::Io`] where there is a record and it cannot be read.
    pub(crate) fn record(&self) -> Result<Option<DamageRecord>, Error> {
        let path = &*self.record_path;
        let file = match self.vfs.open(path, Access::Read) {
            Ok(file) => file,
            // What is no file is not ours, and in nobody's way.
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(Error::io("open", path)(error)),
        };
        let record = self.read(&*file).map_err(Error::io("read", path))?;
        Ok(Some(record))
    }

    /// Reads a record. One that a crash left unfinished names no place.
    fn read(&self, file: &dyn VfsFile) -> io::Result<DamageRecord> {
        let length = usize::try_from(file.size()?).unwrap_or(usize::MAX).min(MAX_RECORD);
        let mut line = vec![0; length];
        let read = read_full(file, 0, &mut line)?;
        let nowhere = || {
            let found = format!("{DAMAGED} is there and does not say where");
            let (file, offset, event) = (log_path(&self.directory), 0, EventId::START);
            let (expected, intact) = (String::new(), String::new());
            let corruption = Corruption { file, offset, event, expected, found, intact };
            DamageRecord { corruption, known: EventId::START }
        };
        Ok(DamageRecord::decode(&line[..read], &self.directory).unwrap_or_else(nowhere))
    }

    /// Refuses to write to a log that was found damaged, by this process or another one.
    ///
    /// It is asked before every commit, and asks the file system each time: one look-up of a name that is
    /// not there, 2 µs beside the 43 µs of the sync's own time and the 3 ms that the sync waits (1,000
    /// commits under `strace -c`). Whatever watches the directory instead is told of a new record some time
    /// after it was made, and what is acknowledged in between would stand behind known damage.
    ///
    /// # Errors
    /// [`Error::Damaged`] once it was found so.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.found.get().is_none()
            && let Some(DamageRecord { corruption, .. }) = self.record()?
        {
            // It has its record; to lose the race to somebody who just found the same is no matter.
            drop(self.found.set(Arc::new(corruption)));
        }
        match self.found.get() {
            Some(corruption) => Err(Error::Damaged(Arc::clone(corruption))),
            None => Ok(()),
        }
    }

    /// Removes the record, after the whole log was read and is good.
    ///
    /// # Errors
    /// [`Error::Io`] where `DAMAGED` cannot be removed: then the database is as damaged as it was.
    pub(crate) fn remove_record(&self) -> Result<(), Error> {
        let path = &*self.record_path;
        self.vfs.remove(path).map_err(Error::io("remove", path))?;
        let synced = self.vfs.sync_directory(&self.directory);
        synced.map_err(Error::io("sync", &self.directory))
    }
}

/// Whether there is no file of that name.
fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidInput | IsADirectory)
}
