//! A log that another process writes, or may: read on as far as that has made it durable.
//!
//! The last entry of `events.index` is the head for everybody but the writer: what stands behind it
//! in the log may never have been synced, and may be gone after a crash. Nothing here waits for the
//! writer or is waited for.

use super::{EventStore, REPLACED};
use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::{Log, LogLines};
use crate::storage::store::append::LogWriter;
use crate::storage::store::index::{EventIndex, IndexGrowth, find_growth};
use crate::storage::store::lock::holder_of;
use crate::storage::store::recovery::{TransactionReader, hash_of, read_header};
use crate::storage::vfs::FileStamp;
use crate::types::TxId;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

/// The log and its index at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogStamps {
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
        self.damage.note(self.follow_log(apply))
    }

    fn follow_log(&self, apply: &mut dyn FnMut(Vec<Event>)) -> Result<(), Error> {
        let Some(log) = self.log().filter(|_| self.follows || self.has_given_up()) else {
            return Ok(());
        };
        let stamps = self.stamps(&*log);
        {
            let read = self.read_stamps.lock().unwrap_or_else(PoisonError::into_inner);
            if stamps.is_some() && *read == stamps {
                return Ok(());
            }
        }
        self.follow_changed(&*log, apply)?;
        // Where the index has more than was taken from it, there is something left to be looked at.
        let is_read = |stamps: &LogStamps| self.published().index.ends_at(stamps.index.size);
        let mut read = self.read_stamps.lock().unwrap_or_else(PoisonError::into_inner);
        *read = stamps.filter(is_read);
        Ok(())
    }

    /// The log and the index as they are, if they are there.
    fn stamps(&self, log: &dyn Log) -> Option<LogStamps> {
        let log = log.stamp()?;
        let index = self.environment.vfs.stamp(self.published().index.path()).ok()??;
        Some(LogStamps { log, index })
    }

    /// Follows a log and an index of which one may be another than it was.
    fn follow_changed(
        &self,
        log: &dyn Log,
        apply: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Error> {
        if !log.is_in_place()? {
            return Err(self.replaced(REPLACED));
        }
        let mut writer = self.writer();
        if !self.has_header(&mut writer, log)? {
            return Ok(());
        }
        let Some(growth) = find_growth(&*self.environment.vfs, &self.published().index) else {
            return self.check_length(log);
        };
        self.check_length(log)?;
        self.check_last(log, &growth)?;
        let read = self.read_on(&mut writer, log, &growth, apply);
        self.published_mut().index.settle(&growth.file);
        read
    }

    /// Whether the log has its header by now, which opening found none of if it was just created.
    fn has_header(&self, writer: &mut LogWriter, log: &dyn Log) -> Result<bool, Error> {
        if writer.header.is_none() {
            let mut reader = log.read(log.start()..log.end()?);
            if let Some(header) = read_header(&mut *reader)? {
                let mut published = self.published_mut();
                published.index = EventIndex::new(&self.directory, &header, reader.end());
                published.hash = header.previous_hash;
                drop(published);
                writer.hash = header.previous_hash;
                writer.header = Some(header);
            }
        }
        Ok(writer.header.is_some())
    }

    /// Refuses a log that lacks what was read from it.
    fn check_length(&self, log: &dyn Log) -> Result<(), Error> {
        let end = log.end()?;
        match end < self.published().index.end() {
            true => Err(self.replaced("was cut behind what was read")),
            false => Ok(()),
        }
    }

    /// Refuses a log in which the last event that was read is another one by now.
    fn check_last(&self, log: &dyn Log, growth: &IndexGrowth) -> Result<(), Error> {
        let published = self.published();
        let head = published.index.head();
        let Some(entry) = published.index.entry(head)? else { return Ok(()) };
        let (end, hash) = (published.index.end(), published.hash);
        drop(published);
        let stands = growth.before.is_none_or(|before| before == entry)
            && hash_of(log, &entry, end, head)? == Some(hash);
        match stands {
            true => Ok(()),
            false => Err(self.replaced(REPLACED)),
        }
    }

    /// Reads whole transactions up to the last entry of the index.
    fn read_on(
        &self,
        writer: &mut LogWriter,
        log: &dyn Log,
        growth: &IndexGrowth,
        apply: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Error> {
        let end = log.end()?;
        let mut transactions = self.transactions();
        let mut reader = log.read(transactions.end..end);
        let mut read = Ok(());
        while read.is_ok() && transactions.head() < growth.head {
            read = self.read_line(&mut transactions, &mut *reader, apply);
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
        reader: &mut dyn LogLines,
        apply: &mut dyn FnMut(Vec<Event>),
    ) -> Result<(), Error> {
        if !transactions.advance(reader)? {
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
