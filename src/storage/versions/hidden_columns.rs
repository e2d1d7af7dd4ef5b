//! The hidden columns of versions: where they stand in history.
//!
//! What a version knows of itself is read from its chunk; what its transaction says is asked of the
//! log, once per transaction and batch.

use super::Error;
use super::chunk::{VersionHeader, VersionPosition};
use super::layer::Layer;
use super::merge::VersionRun;
use super::table::TableVersions;
use crate::storage::{EventStore, TransactionInfo};
use crate::types::column::ColumnBuilder;
use crate::types::{EventId, PseudoColumn, RowId, TableId, Timestamp, TxId, Value};
use arrow_array::ArrayRef;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What is known of events besides what they did to rows.
pub trait EventLookup: fmt::Debug + Send + Sync {
    /// The transaction that holds an event; `None` where there is no such event.
    ///
    /// # Errors
    /// Those of [`EventStore::transaction_info`].
    fn transaction_info(&self, event: EventId) -> Result<Option<Arc<TransactionInfo>>, Error>;

    /// The transaction that holds an event, and when that was committed: what costs less to know.
    ///
    /// # Errors
    /// Those of [`EventStore::stamp`].
    fn stamp(&self, event: EventId) -> Result<Option<(TxId, Timestamp)>, Error>;

    /// The word of the log for what an event did; `None` where there is no such event.
    ///
    /// # Errors
    /// Those of [`EventStore::operation_name`].
    fn operation(&self, event: EventId) -> Result<Option<&'static str>, Error>;

    /// Whether a table ever came back after it was dropped.
    fn was_restored(&self, table: TableId) -> bool;

    /// The number of the newest version that a row ever had, its end counted as one, and the event that
    /// made it; `None` where there never was such a row.
    ///
    /// # Errors
    /// Those of [`EventStore::newest_version`].
    fn newest_version(&self, table: TableId, row: RowId) -> Result<Option<(u32, EventId)>, Error>;
}

/// Whoever asks about an event that is staged waits until it is settled.
impl EventLookup for EventStore {
    fn transaction_info(&self, event: EventId) -> Result<Option<Arc<TransactionInfo>>, Error> {
        self.await_event(event)?;
        EventStore::transaction_info(self, event)
    }

    fn stamp(&self, event: EventId) -> Result<Option<(TxId, Timestamp)>, Error> {
        self.await_event(event)?;
        EventStore::stamp(self, event)
    }

    fn operation(&self, event: EventId) -> Result<Option<&'static str>, Error> {
        self.await_event(event)?;
        EventStore::operation_name(self, event)
    }

    fn was_restored(&self, table: TableId) -> bool {
        EventStore::was_restored(self, table)
    }

    fn newest_version(&self, table: TableId, row: RowId) -> Result<Option<(u32, EventId)>, Error> {
        EventStore::newest_version(self, table, row)
    }
}

/// Whom to ask about events, and up to which one.
#[derive(Clone, Debug)]
pub(super) struct CommittedLookup {
    pub source: Option<Arc<dyn EventLookup>>,
    /// The table that is read.
    pub table: TableId,
    /// Later events are those of a transaction that is not committed: their numbers may come to be
    /// those of others.
    pub committed: EventId,
    /// Ends of versions behind this event are not told.
    pub known: EventId,
}

impl CommittedLookup {
    /// Who knows of an event, if anybody does.
    fn source_of(&self, event: EventId) -> Option<&dyn EventLookup> {
        self.source.as_deref().filter(|_| event <= self.committed)
    }

    /// The transaction that holds an event, and when it was committed; `None` where it was not.
    fn stamp(&self, event: EventId) -> Result<Option<(TxId, Timestamp)>, Error> {
        self.source_of(event).map_or(Ok(None), |source| source.stamp(event))
    }

    /// What an event did; `None` where it is not known.
    fn operation(&self, event: EventId) -> Result<Option<&'static str>, Error> {
        self.source_of(event).map_or(Ok(None), |source| source.operation(event))
    }

    /// Whether the table is known to have come back after it was dropped.
    fn is_restored(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.was_restored(self.table))
    }
}

/// A hidden column that a reader asks for.
#[derive(Clone, Debug)]
pub(super) struct HiddenColumn {
    pub column: PseudoColumn,
    pub lookup: CommittedLookup,
}

/// The transactions that a batch came across, by their first events.
#[derive(Default)]
pub(super) struct TransactionCache(BTreeMap<EventId, Arc<TransactionInfo>>);

impl TransactionCache {
    fn transaction_info(
        &mut self,
        lookup: &CommittedLookup,
        event: EventId,
    ) -> Result<Option<Arc<TransactionInfo>>, Error> {
        if event > lookup.committed {
            return Ok(None);
        }
        let before = self.0.range(..=event).next_back();
        if let Some((_, info)) = before.filter(|(_, info)| event <= info.last) {
            return Ok(Some(Arc::clone(info)));
        }
        let Some(source) = &lookup.source else { return Ok(None) };
        let info = source.transaction_info(event)?;
        if let Some(info) = &info {
            self.0.insert(info.first, Arc::clone(info));
        }
        Ok(info)
    }
}

impl HiddenColumn {
    /// The column for versions of a layer and of those below it.
    pub fn array(
        &self,
        layer: &Layer,
        runs: &[VersionRun],
        transactions: &mut TransactionCache,
    ) -> Result<ArrayRef, Error> {
        let all = runs.iter().map(|run| run.len).sum();
        let mut column = ColumnBuilder::new(self.column.data_type(), all);
        for run in runs {
            let versions = layer.below(run.depth).versions();
            for position in run.positions() {
                column.push(&self.value(versions, position, transactions)?)?;
            }
        }
        Ok(column.finish())
    }

    fn value(
        &self,
        versions: &TableVersions,
        position: VersionPosition,
        transactions: &mut TransactionCache,
    ) -> Result<Value, Error> {
        let header = versions.header(position);
        let text = |text: Option<&String>| text.map_or(Value::Null, Value::text);
        if self.lookup.table.is_temporary() && self.column.is_event() {
            return Ok(Value::Null);
        }
        Ok(match self.column {
            PseudoColumn::Row => number(header.row.0),
            PseudoColumn::Rev => number(u64::from(header.rev)),
            PseudoColumn::Event | PseudoColumn::EventFrom => number(header.from.0),
            PseudoColumn::EventTo => match versions.end_of(position) {
                end if end > self.lookup.known || end == EventId::NEVER => Value::Null,
                end => number(end.0),
            },
            PseudoColumn::Op => Value::text(self.operation(versions, header)?),
            PseudoColumn::At => {
                self.lookup.stamp(header.from)?.map_or(Value::Null, |(_, at)| Value::Timestamp(at))
            }
            PseudoColumn::Tx => {
                self.lookup.stamp(header.from)?.map_or(Value::Null, |(tx, _)| number(tx.0))
            }
            PseudoColumn::Actor => {
                let info = transactions.transaction_info(&self.lookup, header.from)?;
                text(info.as_ref().and_then(|info| info.metadata.actor.as_ref()))
            }
            PseudoColumn::Intent => {
                let info = transactions.transaction_info(&self.lookup, header.from)?;
                text(info.as_ref().and_then(|info| info.metadata.intent.as_ref()))
            }
        })
    }

    /// What began a version: a row is inserted as its first, and perhaps again after a deletion, which
    /// counts as one, or after its table was dropped, which does not.
    fn operation(
        &self,
        versions: &TableVersions,
        header: VersionHeader,
    ) -> Result<&'static str, Error> {
        let VersionHeader { row, from, rev, prev, .. } = header;
        if rev == 1 {
            return Ok("insert");
        }
        if rev == 2 && !versions.is_restored() && !self.lookup.is_restored() {
            return Ok("update");
        }
        if let Some(told) = self.lookup.operation(from)? {
            return Ok(told);
        }
        let is_back = if prev == VersionPosition::DELETED {
            true
        } else if prev.exists() {
            versions.end_of(prev) != from
        } else {
            let is_absent = |base: &Arc<Layer>| base.version(row).is_none();
            versions.base().map_or(from > versions.start(), is_absent)
        };
        Ok(if is_back { "insert" } else { "update" })
    }
}

/// A number of the log as an integer: none gets so far that it does not fit.
fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
