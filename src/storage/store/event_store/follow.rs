//! A log that another process writes, or may: read on as far as that has made it durable.
//!
//! The last entry of `events.index` is the head for everybody but the writer: what stands behind it
//! in the log may never have been synced, and may be gone after a crash. Nothing here waits for the
//! writer or is waited for.

use super::{EventStore, REPLACED};
use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::chain::Hash;
use crate::storage::log::reader::LineReader;
use crate::storage::store::append::LogWriter;
use crate::storage::store::index::{EventIndex, IndexGrowth, find_growth};
use crate::storage::store::lock::holder_of;
use crate::storage::store::recovery::{TransactionReader, hash_of, read_header};
use crate::storage::vfs::{FileStamp, VfsFile};
use crate::types::TxId;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// The log and its index at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogFiles {
    log: FileStamp,
    index: FileStamp,
}

impl EventStore {
    /// Which process keeps the log from being opened for writing now, which may be another one than
    /// [`EventStore::holder`] by now; `None` where nobody does.
    ///
    /// # Errors
    /// [`Error::Io`] where `LOCK` is there and cannot be opened, or not be asked.
    pub fn current_holder(&self) -> Result<Option<String>, Error> {
        holder_of(&*self.environment.vfs, &self.directory)
    }

    /// Reads what another process appended to the log and made durable since it was last read, and
    /// hands each transaction to `apply` once it is known to everybody.
    ///
    /// # Errors
    /// [`Error::Replaced`] where the log is not the one that was opened, [`Error::Corrupt`] where a
    /// line of it is not what was written, [`Error::Io`] where it cannot be read: what was read
    /// before it stays.
    pub(crate) fn follow(&self, apply: &mut dyn FnMut(Vec<Event>)) -> Result<(), Error> {
        self.damage.note(self.follow_file(apply))
    }

    fn follow_file(&self, apply: &mut dyn FnMut(Vec<Event>)) -> Result<(), Error> {
        let Some(file) = self.file().filter(|_| self.follows || self.has_given_up()) else {
            return Ok(());
        };
        let path = self.log_path.clone();
        let files = self.files(&path);
        {
            let read = self.read_files.lock().unwrap_or_else(PoisonError::into_inner);
            if files.is_some() && *read == files {
                return Ok(());
            }
        }
        self.follow_changed(&file, &path, apply)?;
        // Where the index has more than was taken from it, there is something left to be looked at.
        let is_read = |files: &LogFiles| self.published().index.ends_at(files.index.size);
        let mut read = self.read_files.lock().unwrap_or_else(PoisonError::into_inner);
        *read = files.filter(is_read);
        Ok(())
    }

    /// The files as they are, if they are there.
    fn files(&self, log: &Path) -> Option<LogFiles> {
        let vfs = &*self.environment.vfs;
        let log = vfs.stamp(log).ok()??;
        let index = vfs.stamp(self.published().index.path()).ok()??;
        Some(LogFiles { log, index })
    }

    /// Follows files of which one may be another than it was.
    fn follow_changed(
        &self,
        file: &Arc<dyn VfsFile>,
        path: &Path,
        apply: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Error> {
        if !file.is_at(path).map_err(Error::io("read", path))? {
            let path = path.to_path_buf();
            return Err(Error::Replaced { path, reason: REPLACED });
        }
        let mut writer = self.writer();
        if !self.has_header(&mut writer, file, path)? {
            return Ok(());
        }
        let Some(growth) = find_growth(&*self.environment.vfs, &self.published().index) else {
            return self.check_length(&**file, path);
        };
        self.check_length(&**file, path)?;
        self.check_last(file, path, &growth)?;
        let read = self.read_on(&mut writer, file, path, &growth, apply);
        self.published_mut().index.settle(&growth.file);
        read
    }

    /// Whether the log has its header by now, which opening found none of if it was just created.
    fn has_header(
        &self,
        writer: &mut LogWriter,
        file: &Arc<dyn VfsFile>,
        path: &Path,
    ) -> Result<bool, Error> {
        if writer.header.is_none() {
            let size = file.size().map_err(Error::io("read", path))?;
            let mut reader = LineReader::new(Arc::clone(file), 0, size);
            if let Some(header) = read_header(&mut reader, path)? {
                let mut published = self.published_mut();
                published.index = EventIndex::new(&self.directory, &header, reader.next_offset());
                published.hash = header.previous_hash;
                drop(published);
                writer.hash = header.previous_hash;
                writer.header = Some(header);
            }
        }
        Ok(writer.header.is_some())
    }

    /// Refuses a log that lacks what was read from it.
    fn check_length(&self, file: &dyn VfsFile, path: &Path) -> Result<(), Error> {
        let size = file.size().map_err(Error::io("read", path))?;
        if size < self.published().index.end() {
            let path = path.to_path_buf();
            return Err(Error::Replaced { path, reason: "was cut behind what was read" });
        }
        Ok(())
    }

    /// Refuses a log in which the last event that was read is another one by now.
    fn check_last(
        &self,
        file: &Arc<dyn VfsFile>,
        path: &Path,
        growth: &IndexGrowth,
    ) -> Result<(), Error> {
        let published = self.published();
        let head = published.index.head();
        let Some(entry) = published.index.entry(head)? else { return Ok(()) };
        let (end, hash): (u64, Hash) = (published.index.end(), published.hash);
        drop(published);
        let stands = growth.before.is_none_or(|before| before == entry)
            && hash_of(file, &self.directory, &entry, end, head)? == Some(hash);
        if stands {
            return Ok(());
        }
        Err(Error::Replaced { path: path.to_path_buf(), reason: REPLACED })
    }

    /// Reads whole transactions up to the last entry of the index.
    fn read_on(
        &self,
        writer: &mut LogWriter,
        file: &Arc<dyn VfsFile>,
        path: &Path,
        growth: &IndexGrowth,
        apply: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Error> {
        let size = file.size().map_err(Error::io("read", path))?;
        let mut transactions = self.transactions();
        let mut reader = LineReader::new(Arc::clone(file), transactions.end, size);
        let mut read = Ok(());
        while read.is_ok() && transactions.head() < growth.head {
            read = self.read_line(&mut transactions, &mut reader, path, apply);
        }
        let TransactionReader { mut ledger, links, .. } = transactions;
        ledger.roll_back();
        (self.staging().ledger, writer.hash) = (ledger, links.hash);
        read
    }

    /// The books, taken over by the reading.
    fn transactions(&self) -> TransactionReader {
        let ledger = std::mem::take(&mut self.staging().ledger);
        let published = self.published();
        let index = &published.index;
        let last: (TxId, _) = (index.last_tx(), index.last_at());
        TransactionReader::after(ledger, published.hash, index.head(), last, index.end())
    }

    /// Takes in the next line; tells everybody about its transaction once that is whole.
    fn read_line(
        &self,
        transactions: &mut TransactionReader,
        reader: &mut LineReader,
        path: &Path,
        apply: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Error> {
        if !transactions.advance(reader, path)? {
            return Ok(());
        }
        {
            let mut published = self.published_mut();
            published.index.push(&mut transactions.entries, transactions.end);
            published.hash = transactions.links.hash;
            self.damage.knows(transactions.head());
            self.settled.fetch_max(transactions.head().0, Ordering::Release);
            transactions.pending.iter().for_each(|event| published.timeline.record(event));
        }
        apply(std::mem::take(&mut transactions.pending));
        Ok(())
    }
}
