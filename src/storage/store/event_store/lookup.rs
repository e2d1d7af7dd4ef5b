//! What the index knows of events and transactions, and where the log is after them.

use super::EventStore;
use crate::storage::error::Error;
use crate::storage::event::Metadata;
use crate::storage::store::position::ProjectionPosition;
use crate::storage::store::recovery::hash_of;
use crate::types::{EventId, Period, TableId, Timestamp, TxId};
use std::collections::HashMap;
use std::sync::Arc;

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
        let (next_line, uuid) = (index.end_of(event)?, *index.uuid());
        let newest = (event == index.head()).then_some(published.hash);
        drop(published);
        let hash = match (newest, self.log()) {
            (Some(hash), _) => Some(hash),
            (None, Some(log)) => self.damage.note(hash_of(&*log, &entry, next_line, event))?,
            (None, None) => None,
        };
        let position =
            |hash| ProjectionPosition { uuid, event, tx: entry.tx, at: entry.at, hash, next_line };
        Ok(hash.map(position))
    }

    /// Whether the index knows a projection's place, where the line itself cannot tell its hash.
    pub(crate) fn may_stand_at(&self, position: &ProjectionPosition) -> bool {
        let ProjectionPosition { uuid, event, tx, at, next_line, .. } = *position;
        let index = &self.published().index;
        let entry = index.entry(event).ok().flatten();
        uuid == *index.uuid()
            && entry.is_some_and(|entry| entry.last && (entry.tx, entry.at) == (tx, at))
            && index.end_of(event).is_ok_and(|end| end == next_line)
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
}
