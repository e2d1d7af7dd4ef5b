//! What happened: events, and the changes they are made from.

use super::schema_change::SchemaChange;
use crate::types::{EventId, Row, RowId, SchemaName, TableSchema, Timestamp, TxId, Value};
use std::sync::Arc;

/// One event of the log: one row change, one schema change or one marker.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number, dense from 1.
    pub id: EventId,
    /// The transaction it belongs to.
    pub tx: TxId,
    /// When that transaction was committed; the same for all its events.
    pub at: Timestamp,
    /// The event of the same transaction whose trigger, handler or foreign key action made it.
    pub cause: Option<EventId>,
    /// What it did.
    pub operation: Operation,
    /// Present on the last event of its transaction.
    pub last: Option<Box<Metadata>>,
}

/// What a transaction says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The domain's name for what happened, `MoneyDeposited`.
    pub intent: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// Whatever else should be known.
    pub note: Option<String>,
    /// An identity that makes a retry idempotent.
    pub id: Option<String>,
    /// With an identity: what tells the transaction's text from another's.
    pub digest: Option<Digest>,
    /// The earlier transactions that it takes back, oldest first.
    pub reverts: Vec<TxId>,
}

/// A BLAKE3 digest of what a transaction was asked to do.
pub type Digest = [u8; 32];

/// Makes a [`Digest`] of texts, one after the other.
#[derive(Clone, Debug, Default)]
pub struct TextDigest(blake3::Hasher);

impl TextDigest {
    /// Adds a text, behind its length: two texts in a row cannot be cut in another place.
    pub fn add(&mut self, text: &str) {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        self.0.update(&length.to_le_bytes());
        self.0.update(text.as_bytes());
    }

    /// The digest of all that was added.
    pub fn finish(self) -> Digest {
        *self.0.finalize().as_bytes()
    }
}

/// Which operations of a transaction others of it made.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    /// An operation and the earlier one that made it, each by its index, in order of the first. Most
    /// were asked for and stand not here.
    made: Vec<(usize, usize)>,
}

impl Causes {
    /// Which operation made another one, if one did.
    pub fn of(&self, operation: usize) -> Option<usize> {
        let at = self.made.binary_search_by_key(&operation, |(made, _)| *made).ok()?;
        Some(self.made[at].1)
    }

    /// Notes that a later operation than all so far was made by another one.
    pub(super) fn push(&mut self, operation: usize, cause: usize) {
        debug_assert!(cause < operation, "what makes another one comes before it");
        debug_assert!(self.made.last().is_none_or(|(last, _)| *last < operation), "in order");
        self.made.push((operation, cause));
    }

    /// Those of some of the operations, which have other indexes among themselves: `now` gives that of
    /// one of them. What one of the others made was made by what made that.
    pub(super) fn among(&self, now: impl Fn(usize) -> Option<usize>) -> Causes {
        let cause_of = |cause: usize| {
            let mut at = Some(cause);
            while let Some(made) = at {
                if now(made).is_some() {
                    return now(made);
                }
                at = self.of(made);
            }
            None
        };
        let made =
            self.made.iter().filter_map(|(made, cause)| Some((now(*made)?, cause_of(*cause)?)));
        Causes { made: made.collect() }
    }

    /// Forgets all but the first operations.
    pub(super) fn truncate(&mut self, count: usize) {
        let kept = self.made.partition_point(|(operation, _)| *operation < count);
        self.made.truncate(kept);
    }
}

/// What one event did: one row change, one schema change, or one marker, which changes neither.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A version of a row began or ended, or both.
    Row(RowOperation),
    /// The tables changed.
    Schema(SchemaChange),
    /// Something is known from now on that is in no row.
    Marker(Marker),
}

/// What an event did to a row.
#[derive(Clone, Debug)]
pub struct RowOperation {
    /// The table, whose schema types the values.
    pub table: Arc<TableSchema>,
    /// The row.
    pub row: RowId,
    /// The number of the version that begins, counted from 1; a deletion counts as one.
    pub rev: u32,
    /// The row before and after, as far as the event tells them.
    pub images: RowImages,
}

/// What an event tells of a row before and after it.
#[derive(Clone, Debug)]
pub enum RowImages {
    /// There was none before: the whole row after it.
    Insert {
        /// The row.
        new: Row,
        /// The event that ended the row's last version, where the row comes back; event 0 of one that
        /// never was.
        prev: EventId,
    },
    /// The columns that changed, by index, with the value before and after; never empty.
    Update(Vec<(usize, Value, Value)>),
    /// There is none after: the whole row before it.
    Delete(Row),
}

/// What an event tells that changes neither rows nor tables.
#[derive(Clone, Debug)]
pub enum Marker {
    /// A moment got a name.
    Tag {
        /// The name, which no other moment has.
        name: String,
        /// The moment: after this event, which is earlier than the tag's own.
        at: EventId,
    },
    /// Everything before this event is kept whole under a number.
    Snapshot {
        /// The number, higher than all before.
        id: u64,
        /// A name, which need not be the only one.
        name: Option<String>,
    },
    /// An AUTOINCREMENT counter was set by hand: the row of `sqlite_sequence` of its table.
    Counter {
        /// The table.
        table: Arc<TableSchema>,
        /// The last number given, as it was before.
        old: i64,
        /// The last number given from now on, unless a row has a larger one.
        new: i64,
    },
    /// Nothing changed, but the transaction has an identity and is known by it from now on.
    Transaction,
}

// A transaction has as many as the rows it changes: what is rare in one is boxed.
const _: () = assert!(size_of::<Operation>() == 56 && size_of::<Event>() == 104);

impl Operation {
    /// The word of the log's `op` field.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Row(RowOperation { images, .. }) => match images {
                RowImages::Insert { .. } => "insert",
                RowImages::Update(_) => "update",
                RowImages::Delete(_) => "delete",
            },
            Operation::Schema(change) => change.name(),
            Operation::Marker(Marker::Tag { .. }) => "tag",
            Operation::Marker(Marker::Snapshot { .. }) => "snapshot",
            Operation::Marker(Marker::Counter { .. }) => "counter",
            Operation::Marker(Marker::Transaction) => "tx",
        }
    }

    /// What it did to a row, if it did.
    pub fn row(&self) -> Option<&RowOperation> {
        match self {
            Operation::Row(row) => Some(row),
            Operation::Schema(_) | Operation::Marker(_) => None,
        }
    }

    /// What became of the tables, if something did.
    pub fn schema_change(&self) -> Option<&SchemaChange> {
        match self {
            Operation::Schema(change) => Some(change),
            Operation::Row(_) | Operation::Marker(_) => None,
        }
    }

    /// The table that the event is about, as it was before.
    pub fn table(&self) -> Option<&Arc<TableSchema>> {
        match self {
            Operation::Row(RowOperation { table, .. })
            | Operation::Marker(Marker::Counter { table, .. }) => Some(table),
            Operation::Schema(change) => change.table(),
            Operation::Marker(
                Marker::Tag { .. } | Marker::Snapshot { .. } | Marker::Transaction,
            ) => None,
        }
    }

    /// The schema that it is about: what is temporary is no event.
    pub fn schema_name(&self) -> SchemaName {
        match self {
            Operation::Row(RowOperation { table, .. })
            | Operation::Marker(Marker::Counter { table, .. }) => table.id.schema_name(),
            Operation::Schema(change) => change.schema_name(),
            Operation::Marker(
                Marker::Tag { .. } | Marker::Snapshot { .. } | Marker::Transaction,
            ) => SchemaName::Main,
        }
    }

    /// What its line says of its table: the name of the view, too, or of what a trigger is on.
    pub fn table_name(&self) -> Option<&str> {
        match self {
            Operation::Schema(change) => Some(change.table_name()),
            Operation::Row(_) | Operation::Marker(_) => self.table().map(|table| &*table.name),
        }
    }
}

/// What a statement wants done: an [`Operation`] before it has its numbers.
#[derive(Clone, Debug)]
pub enum Change {
    /// Change the tables; the identities of what that makes are still empty.
    Schema(SchemaChange),
    /// Give a moment a name.
    Tag {
        /// The name.
        name: String,
        /// The moment: after this event; without one, the one before the tag's own event.
        at: Option<EventId>,
    },
    /// Set the AUTOINCREMENT counter of a table.
    Counter {
        /// The table, which has one.
        table: Arc<TableSchema>,
        /// The last number given, at least 0: the next is larger than it and than those of all rows.
        last: i64,
    },
    /// Insert a row: values in the table's order, of the columns' types.
    Insert {
        /// The table.
        table: Arc<TableSchema>,
        /// The row's number, which no row has that is there; without one, the next.
        row: Option<RowId>,
        /// The whole row.
        new: Row,
    },
    /// Bring back a row that is not there now: it goes on with its number and its next version.
    Restore {
        /// The table.
        table: Arc<TableSchema>,
        /// The row.
        row: RowId,
        /// The number of the version that begins: one more than its deletion counted as.
        rev: u32,
        /// The event that deleted it.
        prev: EventId,
        /// The whole row as it shall be.
        new: Row,
    },
    /// Replace a row that is visible now. One that changes nothing makes no event.
    Update {
        /// The table.
        table: Arc<TableSchema>,
        /// The row.
        row: RowId,
        /// The whole row as it is.
        old: Row,
        /// The whole row as it shall be.
        new: Row,
    },
    /// Delete a row that is visible now.
    Delete {
        /// The table.
        table: Arc<TableSchema>,
        /// The row.
        row: RowId,
        /// The whole row as it is.
        old: Row,
    },
}

impl Change {
    /// The schema that it is about.
    pub fn schema_name(&self) -> SchemaName {
        match self {
            Change::Schema(change) => change.schema_name(),
            Change::Tag { .. } => SchemaName::Main,
            Change::Counter { table, .. }
            | Change::Insert { table, .. }
            | Change::Restore { table, .. }
            | Change::Update { table, .. }
            | Change::Delete { table, .. } => table.id.schema_name(),
        }
    }
}
