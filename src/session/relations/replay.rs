//! REPLAY: the events of a period, each with its row before and after.

use super::events::MetadataLookup;
use super::images::{RowImageReader, key_in};
use super::{RelationSchema, change_text, fact, relation_rows};
use crate::executor::{BoxedOperator, Context};
use crate::storage::{self, Database, Event, EventReader, RowImages, TransactionInfo, row_json};
use crate::types::{DataType, Period, Row, TableId, Value};
use std::sync::Arc;

/// What REPLAY gives where rows and not frames are wanted.
pub(in crate::session) const SCHEMA: RelationSchema = RelationSchema {
    name: "replay",
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
        ("before", DataType::Json),
        ("after", DataType::Json),
    ],
};

/// One event with what it did to its row.
pub(in crate::session) struct ReplayedEvent {
    pub event: Event,
    pub about: Option<Arc<TransactionInfo>>,
    /// The whole row before, if there was one.
    pub before: Option<Row>,
    /// The whole row after, if there is one.
    pub after: Option<Row>,
}

/// The steps of a period, of one table or of all, read as they are asked for.
pub(in crate::session) struct ReplayedEvents {
    events: EventReader,
    table: Option<TableId>,
    /// How many steps may still come.
    left: usize,
    metadata_lookup: MetadataLookup,
    images: RowImageReader,
}

impl ReplayedEvents {
    /// The steps of a period; of this table only, where one is given, and no more than `most`.
    pub fn new(
        database: Arc<Database>,
        period: Period,
        table: Option<TableId>,
        most: usize,
    ) -> ReplayedEvents {
        ReplayedEvents {
            left: most,
            events: database.store().read(period),
            table,
            images: RowImageReader::whole(&database, period.last),
            metadata_lookup: MetadataLookup::new(database),
        }
    }

    /// The same as rows of [`SCHEMA`].
    pub fn into_rows(self, context: &Context) -> BoxedOperator {
        let all: Vec<usize> = (0..SCHEMA.columns.len()).collect();
        relation_rows(&SCHEMA, &all, context, self, value)
    }

    fn step(&mut self, event: Event) -> Result<Option<ReplayedEvent>, storage::Error> {
        let about = event.operation.table().map(|table| table.id);
        if self.table.is_some_and(|wanted| about != Some(wanted)) {
            return Ok(None);
        }
        let (before, after) = match event.operation.row() {
            None => (None, None),
            Some(row) => match &row.images {
                RowImages::Insert { new, .. } => (None, Some(new.clone())),
                RowImages::Delete(old) => (Some(old.clone()), None),
                RowImages::Update(_) => self.images.of(event.id, &row.table)?,
            },
        };
        let about = self.metadata_lookup.about(event.id)?;
        Ok(Some(ReplayedEvent { event, about, before, after }))
    }
}

/// An event of another table is `None`.
impl Iterator for ReplayedEvents {
    type Item = Result<Option<ReplayedEvent>, storage::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let event = self.events.next()?;
        let step = event.and_then(|event| self.step(event));
        self.left -= usize::from(matches!(step, Ok(Some(_))));
        Some(step)
    }
}

fn value(step: &ReplayedEvent, column: usize) -> Result<Value, storage::Error> {
    let ReplayedEvent { event, about, before, after } = step;
    let metadata = about.as_ref().map(|about| &about.metadata);
    let operation = &event.operation;
    // An event of no row has what it says of itself in the place of images.
    let json = |row: &Option<Row>, at: usize| -> Result<Value, storage::Error> {
        let text = match (row, operation.table()) {
            (Some(row), Some(table)) => Some(row_json(table.columns.iter().zip(row))?),
            _ if operation.row().is_none() => operation.payloads()?[at].take(),
            _ => None,
        };
        Ok(text.map_or(Value::Null, |text| Value::Json(text.into())))
    };
    Ok(match SCHEMA.columns.get(column).map(|column| column.0) {
        Some("change") => {
            let key = match (operation.table(), before) {
                (Some(table), Some(row)) => key_in(table, row),
                (_, _) => Vec::new(),
            };
            Value::text(change_text::of_event(event, &key))
        }
        Some("before") => json(before, 0)?,
        Some("after") => json(after, 1)?,
        Some(name) => fact(event, metadata, name).unwrap_or(Value::Null),
        None => Value::Null,
    })
}
