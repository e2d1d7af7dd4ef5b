//! `_events`: the log as rows.

use super::images::RowImageReader;
use super::{RelationSchema, at_most, change_text, fact, limit, relation_rows};
use crate::executor::{BoxedOperator, Context, Error, Relation};
use crate::planner::BoundExpression;
use crate::storage::{self, Database, Event, Metadata, TransactionInfo};
use crate::types::{DataType, EventId, Period, TableId, Value};
use std::collections::VecDeque;
use std::sync::Arc;

pub(in crate::session) const SCHEMA: RelationSchema = RelationSchema {
    name: "_events",
    columns: &[
        ("event", DataType::Integer),
        ("at", DataType::Timestamp),
        ("op", DataType::Text),
        ("table_name", DataType::Text),
        ("row", DataType::Integer),
        ("actor", DataType::Text),
        ("intent", DataType::Text),
        ("change", DataType::Text),
        ("rev", DataType::Integer),
        ("tx", DataType::Integer),
        ("note", DataType::Text),
        ("cause", DataType::Integer),
        ("old", DataType::Json),
        ("new", DataType::Json),
    ],
};

/// The events of a period, of one table or of all.
#[derive(Clone, Debug)]
pub(in crate::session) struct EventsRelation {
    database: Arc<Database>,
    period: Period,
    table: Option<TableId>,
    limit: Option<BoundExpression>,
}

impl EventsRelation {
    /// The events of a period; of this table only, where one is given, and `limit` of them.
    pub fn new(
        database: Arc<Database>,
        period: Period,
        table: Option<TableId>,
        limit: Option<BoundExpression>,
    ) -> EventsRelation {
        EventsRelation { database, period, table, limit }
    }

    /// The last so many of them, and whether others are known to stand before these.
    ///
    /// # Errors
    /// `corrupt` where the log is damaged there, `io` where it cannot be read; `interrupted` where the
    /// statement shall stop.
    pub fn newest(self, count: usize, context: &Context) -> Result<(EventsRelation, bool), Error> {
        let Period { first, last } = self.period;
        let least = self.table.map_or(first, |table| first.max(table.0));
        let mut window = u64::try_from(count).unwrap_or(u64::MAX);
        loop {
            // From the end on as far back as it takes, which of one table nobody knows.
            let from = EventId(last.0.saturating_sub(window).saturating_add(1)).max(least);
            let mut found = VecDeque::new();
            let mut are_more = self.table.is_none() && from > least;
            for event in self.database.store().read(Period { first: from, last }) {
                let event = event?;
                context.check()?;
                if self.is_wanted(&event) {
                    found.push_back(event.id);
                }
                if found.len() > count {
                    found.pop_front();
                    are_more = true;
                }
            }
            if found.len() == count || from == least {
                let first = found.front().copied().unwrap_or(last.next());
                return Ok((EventsRelation { period: Period { first, last }, ..self }, are_more));
            }
            window = window.saturating_mul(4).max(64);
        }
    }

    fn is_wanted(&self, event: &Event) -> bool {
        let about = event.operation.table().map(|table| table.id);
        self.table.is_none_or(|wanted| about == Some(wanted))
    }
}

impl Relation for EventsRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let mut metadata_lookup = MetadataLookup::new(Arc::clone(&self.database));
        let most = limit(self.limit.as_ref(), context)?;
        let is_change = |column: &usize| SCHEMA.columns[*column].0 == "change";
        // Only words ask for keys, which have to be looked up.
        let mut keys = columns
            .iter()
            .any(is_change)
            .then(|| RowImageReader::of_keys(&self.database, self.period.last));
        let these = self.clone();
        let events = self.database.store().read(self.period).map(move |event| {
            let event = event?;
            if !these.is_wanted(&event) {
                return Ok(None);
            }
            let about = metadata_lookup.about(event.id)?;
            let key = match &mut keys {
                Some(keys) => keys.key_of(&event)?,
                None => Vec::new(),
            };
            Ok(Some((event, about, key)))
        });
        let events = at_most(most, events);
        Ok(relation_rows(&SCHEMA, columns, context, events, |(event, about, key), column| {
            value(event, about.as_ref().map(|about| &about.metadata), key, column)
        }))
    }

    fn source(&self) -> String {
        format!("{}: the log, {}", SCHEMA.name, self.period)
    }
}

/// What transactions say of themselves, asked once for each as its events go by.
pub(super) struct MetadataLookup {
    database: Arc<Database>,
    last: Option<Arc<TransactionInfo>>,
}

impl MetadataLookup {
    /// Nothing asked yet.
    pub fn new(database: Arc<Database>) -> MetadataLookup {
        MetadataLookup { database, last: None }
    }

    /// What the transaction that holds an event says.
    ///
    /// # Errors
    /// `corrupt` where the log is damaged there, `io` where it cannot be read.
    pub fn about(
        &mut self,
        event: EventId,
    ) -> Result<Option<Arc<TransactionInfo>>, storage::Error> {
        let holds = |about: &Arc<TransactionInfo>| about.first <= event && event <= about.last;
        if !self.last.as_ref().is_some_and(holds) {
            self.last = self.database.store().transaction_info(event)?;
        }
        Ok(self.last.clone())
    }
}

fn value(
    event: &Event,
    metadata: Option<&Metadata>,
    key: &[Value],
    column: usize,
) -> Result<Value, storage::Error> {
    let payload = |at: usize| -> Result<Value, storage::Error> {
        let text = event.operation.payloads()?[at].take();
        Ok(text.map_or(Value::Null, |text| Value::Json(text.into())))
    };
    Ok(match SCHEMA.columns.get(column).map(|column| column.0) {
        Some("change") => Value::text(change_text::of_event(event, key)),
        Some("old") => payload(0)?,
        Some("new") => payload(1)?,
        Some(name) => fact(event, metadata, name).unwrap_or(Value::Null),
        None => Value::Null,
    })
}
