//! `_transactions`: what was committed, one transaction a row.

use super::{RelationSchema, integer, optional, relation_rows};
use crate::executor::{BoxedOperator, Context, Error, Relation};
use crate::session::trace::hexadecimal;
use crate::storage::{Database, Metadata};
use crate::types::{DataType, EventId, Period, Timestamp, TxId, Value};
use std::sync::Arc;

pub(super) const SCHEMA: RelationSchema = RelationSchema {
    name: "_transactions",
    columns: &[
        ("tx", DataType::Integer),
        ("first_event", DataType::Integer),
        ("last_event", DataType::Integer),
        ("events", DataType::Integer),
        ("at", DataType::Timestamp),
        ("intent", DataType::Text),
        ("actor", DataType::Text),
        ("note", DataType::Text),
        ("id", DataType::Text),
        ("digest", DataType::Text),
        ("reverts", DataType::Text),
    ],
};

/// The transactions whose last event lies in a period.
#[derive(Debug)]
pub(in crate::session) struct TransactionsRelation {
    database: Arc<Database>,
    period: Period,
}

impl TransactionsRelation {
    /// The transactions that a period saw the end of.
    pub fn new(database: Arc<Database>, period: Period) -> TransactionsRelation {
        TransactionsRelation { database, period }
    }
}

impl Relation for TransactionsRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let mut first: Option<EventId> = None;
        let transactions = self.database.store().read(self.period).map(move |event| {
            let event = event?;
            let begun = *first.get_or_insert(event.id);
            let Some(metadata) = event.last else { return Ok(None) };
            first = None;
            let (tx, at, last) = (event.tx, event.at, event.id);
            Ok(Some(TransactionRow { tx, at, first: begun, last, metadata: *metadata }))
        });
        Ok(relation_rows(&SCHEMA, columns, context, transactions, |transaction, column| {
            Ok(value(transaction, column))
        }))
    }

    fn source(&self) -> String {
        format!("{}: the log, {}", SCHEMA.name, self.period)
    }
}

struct TransactionRow {
    tx: TxId,
    at: Timestamp,
    first: EventId,
    last: EventId,
    metadata: Metadata,
}

fn value(transaction: &TransactionRow, column: usize) -> Value {
    let metadata = &transaction.metadata;
    match SCHEMA.columns.get(column).map(|column| column.0) {
        Some("tx") => integer(transaction.tx.0),
        Some("first_event") => integer(transaction.first.0),
        Some("last_event") => integer(transaction.last.0),
        Some("events") => {
            integer(transaction.last.0.saturating_sub(transaction.first.0).saturating_add(1))
        }
        Some("at") => Value::Timestamp(transaction.at),
        Some("intent") => optional(metadata.intent.as_deref()),
        Some("actor") => optional(metadata.actor.as_deref()),
        Some("note") => optional(metadata.note.as_deref()),
        Some("id") => optional(metadata.id.as_deref()),
        Some("digest") => optional(metadata.digest.map(|digest| hexadecimal(&digest)).as_deref()),
        Some("reverts") => {
            let reverts: Vec<String> = metadata.reverts.iter().map(ToString::to_string).collect();
            optional((!reverts.is_empty()).then(|| reverts.join(", ")).as_deref())
        }
        _ => Value::Null,
    }
}
