//! What was staged on its way to the disk: encoded, written, and synced all at once.

use super::index::{IndexEntry, start_of};
use super::lock::Lock;
use super::staging::StagedTransaction;
use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::chain::{Chain, Hash};
use crate::storage::log::header::Header;
use crate::storage::log::line::{self, FirstLine};
use crate::storage::log::{Locator, Log};
use crate::storage::vfs::VfsFile;
use crate::types::EventId;
use std::io;
use std::sync::Arc;

/// How many encoded bytes gather before they are handed to the log.
const FLUSH_SIZE: usize = 1 << 20;

/// What only the one who writes needs.
#[derive(Debug)]
pub(crate) struct LogWriter {
    pub lock: Option<Lock>,
    pub header: Option<Header>,
    chain: Chain,
    /// The chain's hash after the last transaction that is durable.
    pub hash: Hash,
    buffer: Vec<u8>,
    /// What was written and not synced.
    batch: Option<UnsyncedBatch>,
    /// The index's entries of that.
    entries: Vec<IndexEntry>,
    /// The index, to be extended; `None` until it is first, and after that failed.
    pub index: Option<Arc<dyn VfsFile>>,
    /// Why the index is no longer extended, if so.
    pub index_failure: Option<io::Error>,
    /// Why nothing is written any more, if so.
    pub failure: Option<Error>,
}

/// What was written since the last sync: whole transactions.
#[derive(Debug)]
pub(crate) struct UnsyncedBatch {
    /// The last event known to be durable when it began.
    durable: EventId,
    /// The last event that was written.
    pub last: EventId,
    /// Where the next lines go.
    pub end: Locator,
    /// The chain's hash after it.
    pub hash: Hash,
    /// Its events that are about no row.
    pub structural: Vec<Event>,
}

impl LogWriter {
    /// A writer that goes on after a log was read.
    pub(crate) fn new(lock: Option<Lock>, header: Option<Header>, hash: Hash) -> LogWriter {
        LogWriter {
            lock,
            header,
            chain: Chain::after(&hash),
            hash,
            buffer: Vec::new(),
            batch: None,
            entries: Vec::new(),
            index: None,
            index_failure: None,
            failure: None,
        }
    }

    /// Where the log ends with what was written and not synced; `durable_end` is where it ends without.
    pub(crate) fn end(&self, durable_end: Locator) -> Locator {
        self.batch.as_ref().map_or(durable_end, |batch| batch.end)
    }

    /// Whether something was written and not synced.
    pub(crate) fn is_open(&self) -> bool {
        self.batch.is_some()
    }

    /// Begins a batch behind the last event that is durable, whose line ends at `end`.
    pub(crate) fn begin(&mut self, durable: EventId, end: Locator) {
        let hash = self.hash;
        self.chain.restart(&hash);
        self.entries.clear();
        self.buffer.clear();
        self.batch =
            Some(UnsyncedBatch { durable, last: durable, end, hash, structural: Vec::new() });
    }

    /// Writes a transaction behind those of the batch that was begun.
    ///
    /// # Errors
    /// Those of [`Log::append`]; after them nobody knows what stands in the log.
    pub(crate) fn write(
        &mut self,
        transaction: &StagedTransaction,
        log: &dyn Log,
    ) -> Result<(), Error> {
        let LogWriter { chain, buffer, entries, batch: Some(batch), .. } = self else {
            return Err(Error::invalid("a transaction outside of a batch"));
        };
        let StagedTransaction { events, previous, salt, is_log_checked: _ } = transaction;
        let first = FirstLine { durable: batch.durable, salt: *salt };
        entries.reserve(events.len());
        for (at, (event, previous)) in events.iter().zip(previous).enumerate() {
            let (first, last) = ((at == 0).then_some(&first), event.last.as_deref());
            let line = log.locate(batch.end, buffer);
            let hash = line::encode(buffer, chain, event.into(), &event.operation, first, last)?;
            entries.push(entry_of(event, line, *previous, hash.as_ref()));
            (batch.last, batch.hash) = (event.id, hash.unwrap_or(batch.hash));
            if event.operation.row().is_none() {
                batch.structural.push(event.clone());
            }
            if buffer.len() >= FLUSH_SIZE {
                batch.flush(buffer, log)?;
            }
        }
        Ok(())
    }

    /// Hands the log what was encoded.
    ///
    /// # Errors
    /// As [`LogWriter::write`].
    pub(crate) fn flush(&mut self, log: &dyn Log) -> Result<(), Error> {
        self.batch.as_mut().map_or(Ok(()), |batch| batch.flush(&mut self.buffer, log))
    }

    /// Makes the batch durable and gives it, with its entries for the index.
    ///
    /// # Errors
    /// As [`LogWriter::write`].
    pub(crate) fn sync(
        &mut self,
        log: &dyn Log,
    ) -> Result<Option<(UnsyncedBatch, &mut Vec<IndexEntry>)>, Error> {
        if self.batch.is_none() {
            return Ok(None);
        }
        log.sync()?;
        // Buffers that one large transaction needed are not kept for the small ones.
        self.buffer.shrink_to(FLUSH_SIZE);
        let batch = self.batch.take();
        self.hash = batch.as_ref().map_or(self.hash, |batch| batch.hash);
        Ok(batch.map(|batch| (batch, &mut self.entries)))
    }

    /// Forgets what was written and not synced, and remembers why: what the system failed to write it
    /// may have dropped, and a second sync may claim that all is well.
    pub(crate) fn fail(&mut self, failure: Error) {
        self.batch = None;
        self.buffer = Vec::new();
        self.entries = Vec::new();
        self.failure = Some(failure);
    }
}

impl UnsyncedBatch {
    fn flush(&mut self, buffer: &mut Vec<u8>, log: &dyn Log) -> Result<(), Error> {
        self.end = log.append(self.end, buffer)?;
        buffer.clear();
        Ok(())
    }
}

/// The entry of an event with this line, behind `previous`; `hash` is the chain's after it if it ends its
/// transaction.
pub(crate) fn entry_of(
    event: &Event,
    line: Locator,
    previous: EventId,
    hash: Option<&Hash>,
) -> IndexEntry {
    IndexEntry {
        line,
        at: event.at,
        tx: event.tx,
        table: event.operation.table().map(|table| table.id).unwrap_or_default(),
        previous,
        operation: IndexEntry::operation_of(event.operation.name()),
        last: event.last.is_some(),
        is_caused: event.cause.is_some(),
        hash: start_of(hash),
    }
}
