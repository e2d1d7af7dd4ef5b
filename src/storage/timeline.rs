//! Where in the log and in time the transactions are.

use super::event::Event;
use super::log::header::Header;
use crate::types::{EventId, Schema, Timestamp, TxId};

/// One transaction of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Transaction {
    /// Its last event.
    last: EventId,
    /// When it was committed.
    at: Timestamp,
    /// Where its last line ends, in bytes.
    end: u64,
}

/// All whole transactions of a log, in order.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// The event before the log's first, where its transactions begin.
    base: EventId,
    /// Where the header ends.
    start: u64,
    transactions: Vec<Transaction>,
    /// The schema after each transaction that changed it.
    schemas: Vec<(EventId, Schema)>,
}

impl Timeline {
    /// The timeline of a log with nothing behind its header.
    pub(crate) fn new(header: &Header, start: u64) -> Timeline {
        let base = EventId(header.first_event.0.saturating_sub(1));
        Timeline { base, start, ..Timeline::default() }
    }

    /// The last event.
    pub(crate) fn head(&self) -> EventId {
        self.transactions.last().map_or(self.base, |transaction| transaction.last)
    }

    /// The number of the last transaction.
    pub(crate) fn last_tx(&self) -> TxId {
        TxId(u64::try_from(self.transactions.len()).unwrap_or(u64::MAX))
    }

    /// When the last transaction was committed.
    pub(crate) fn last_at(&self) -> Option<Timestamp> {
        self.transactions.last().map(|transaction| transaction.at)
    }

    /// Where the last transaction ends, in bytes.
    pub(crate) fn end(&self) -> u64 {
        self.transactions.last().map_or(self.start, |transaction| transaction.end)
    }

    /// Adds a transaction: its events, the schema after them, where it ends.
    pub(crate) fn push(&mut self, events: &[Event], schema: &Schema, end: u64) {
        let Some(last) = events.last() else {
            return;
        };
        debug_assert_eq!(events[0].id, self.head().next(), "events are dense");
        if self.schemas.last().map_or(0, |(_, before)| before.version) != schema.version {
            self.schemas.push((last.id, schema.clone()));
        }
        self.transactions.push(Transaction { last: last.id, at: last.at, end });
    }

    /// The last event of the newest transaction committed at a time or before, or 0.
    pub(crate) fn at_time(&self, at: Timestamp) -> EventId {
        let count = self.transactions.partition_point(|transaction| transaction.at <= at);
        let found = count.checked_sub(1).map(|index| self.transactions[index].last);
        found.unwrap_or(EventId::START)
    }

    /// The last event of a transaction; 0 of transaction 0, `None` where there is none of that number.
    pub(crate) fn last_of(&self, tx: TxId) -> Option<EventId> {
        let behind = usize::try_from(self.last_tx().0.checked_sub(tx.0)?).ok()?;
        match self.transactions.len().checked_sub(behind)?.checked_sub(1) {
            Some(index) => Some(self.transactions[index].last),
            None => Some(self.base),
        }
    }

    /// The place of the transaction that holds an event.
    fn index_of(&self, event: EventId) -> Option<usize> {
        if event <= self.base {
            return None;
        }
        let index = self.transactions.partition_point(|transaction| transaction.last < event);
        (index < self.transactions.len()).then_some(index)
    }

    /// When the transaction that holds an event was committed.
    pub(crate) fn committed_at(&self, event: EventId) -> Option<Timestamp> {
        self.index_of(event).map(|index| self.transactions[index].at)
    }

    /// Where the transaction that holds an event begins: the event before it, the offset of its first
    /// line, and the schema there. Of an event before the log's first, where the log begins.
    pub(crate) fn start_of(&self, event: EventId) -> (EventId, u64, Schema) {
        let before = match self.index_of(event.max(self.base.next())) {
            Some(index) => index.checked_sub(1),
            None => self.transactions.len().checked_sub(1),
        };
        let Some(before) = before.map(|index| self.transactions[index]) else {
            return (self.base, self.start, Schema::default());
        };
        let count = self.schemas.partition_point(|(event, _)| *event <= before.last);
        let schema = count.checked_sub(1).map(|index| self.schemas[index].1.clone());
        (before.last, before.end, schema.unwrap_or_default())
    }

    /// How many schema changes there were.
    pub(crate) fn schema_version(&self) -> u64 {
        self.schemas.last().map_or(0, |(_, schema)| schema.version)
    }
}
