//! One transaction on its way to the disk.

use super::index::{IndexEntry, start_of};
use super::lock::Lock;
use crate::storage::environment::Random;
use crate::storage::error::Error;
use crate::storage::event::{Causes, Event, Metadata, Operation};
use crate::storage::log::chain::{Chain, Hash};
use crate::storage::log::header::Header;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line::{self, FirstLine, LineStamp};
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::VfsFile;
use crate::types::EventId;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// How many encoded bytes gather before they are handed to the file.
const FLUSH_SIZE: usize = 1 << 20;

/// What only the one who appends needs.
#[derive(Debug)]
pub(crate) struct LogWriter {
    pub lock: Option<Lock>,
    pub header: Option<Header>,
    pub ledger: Ledger,
    pub chain: Chain,
    /// The chain's hash after the last transaction.
    pub hash: Hash,
    pub buffer: Vec<u8>,
    /// The index's entries of the transaction under way.
    pub entries: Vec<IndexEntry>,
    /// The index, to be extended; `None` until it is first, and after that failed.
    pub index: Option<Arc<dyn VfsFile>>,
    /// Why the index is no longer extended, if so.
    pub index_failure: Option<io::Error>,
    pub poisoned: bool,
    /// Whether the database was closed: whoever still holds the log may read it.
    pub closed: bool,
}

impl LogWriter {
    /// A writer that goes on after a log was read.
    pub(crate) fn new(
        lock: Option<Lock>,
        header: Option<Header>,
        ledger: Ledger,
        hash: Hash,
    ) -> LogWriter {
        LogWriter {
            lock,
            header,
            ledger,
            chain: Chain::after(&hash),
            hash,
            buffer: Vec::new(),
            entries: Vec::new(),
            index: None,
            index_failure: None,
            poisoned: false,
            closed: false,
        }
    }

    /// Makes sure that the events of a transaction can be written, and writes nothing. That rows can
    /// was seen when they were recorded; each would cost as much again.
    ///
    /// # Errors
    /// [`Error::StaleVersion`], [`Error::Invalid`] and [`Error::Limit`], each where an append of
    /// them would say so.
    pub(crate) fn rehearse(&mut self, events: &[Event]) -> Result<(), Error> {
        let first = FirstLine { durable: EventId::START, salt: [0; 16] };
        let LogWriter { ledger, buffer, hash, .. } = self;
        let mut chain = Chain::after(hash);
        let encoded = events.iter().enumerate().try_for_each(|(at, event)| {
            ledger.admit(event.id, &event.operation)?;
            if event.operation.row().is_some() && event.last.is_none() {
                return Ok(());
            }
            buffer.clear();
            let stamp = LineStamp::from(event);
            let first = (at == 0).then_some(&first);
            let last = event.last.as_deref();
            line::encode(buffer, &mut chain, stamp, &event.operation, first, last).map(drop)
        });
        ledger.roll_back();
        buffer.clear();
        encoded
    }
}

/// Gives operations their numbers as events of one transaction.
pub(crate) fn number(
    operations: Vec<Operation>,
    causes: &Causes,
    metadata: Metadata,
    stamp: LineStamp,
) -> Vec<Event> {
    let LineStamp { event: first, tx, at, cause: _ } = stamp;
    let count = operations.len();
    let ids = std::iter::successors(Some(first), |id| Some(id.next()));
    let cause_of = |index| {
        let cause = u64::try_from(causes.of(index)?).ok()?;
        Some(EventId(first.0.saturating_add(cause)))
    };
    let events = ids.zip(operations).enumerate().map(|(index, (id, operation))| Event {
        id,
        tx,
        at,
        cause: cause_of(index),
        operation,
        last: None,
    });
    // What counts up has no end, so that the room is asked for by hand: growing would take as much again.
    let mut numbered = Vec::with_capacity(count);
    numbered.extend(events);
    let mut events: Vec<Event> = numbered;
    if let Some(last) = events.last_mut() {
        last.last = Some(Box::new(metadata));
    }
    events
}

/// The entry of an event whose line begins at `offset`, behind `previous`; `hash` is the chain's after it
/// if it ends its transaction.
pub(crate) fn entry_of(
    event: &Event,
    offset: u64,
    previous: EventId,
    hash: Option<&Hash>,
) -> IndexEntry {
    IndexEntry {
        offset,
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

/// One transaction on its way to the disk.
pub(crate) struct TransactionBatch<'a> {
    pub writer: &'a mut LogWriter,
    pub file: &'a dyn VfsFile,
    pub path: &'a Path,
    /// Where the last transaction ends.
    pub end: u64,
    /// Where the next bytes go.
    pub at: u64,
}

impl TransactionBatch<'_> {
    /// Writes the events and makes them durable; leaves everything as it was if one is refused.
    pub(crate) fn write(
        &mut self,
        events: &mut [Event],
        stamp: LineStamp,
        random: &dyn Random,
    ) -> Result<Hash, Error> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let first = FirstLine { durable: EventId(stamp.event.0 - 1), salt };
        self.writer.buffer.clear();
        self.writer.entries.clear();
        self.writer.entries.reserve(events.len());
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

    fn encode(&mut self, event: &Event, first: Option<&FirstLine>) -> Result<Option<Hash>, Error> {
        let LogWriter { ledger, chain, buffer, entries, .. } = &mut *self.writer;
        let previous = ledger.admit(event.id, &event.operation)?;
        let (offset, last) = (self.at.saturating_add(to_u64(buffer.len())), event.last.as_deref());
        let hash = line::encode(buffer, chain, event.into(), &event.operation, first, last)?;
        entries.push(entry_of(event, offset, previous, hash.as_ref()));
        Ok(hash)
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
