//! `_events`: the log as rows.

use super::{Shape, fact, made};
use crate::executor::{Context, Error, Relation, Rows};
use crate::storage::{self, About, Database, Event, Metadata};
use crate::types::{DataType, EventId, Period, TableId, Value};
use std::sync::Arc;

pub(super) const SHAPE: Shape = Shape {
    name: "_events",
    columns: &[
        ("event", DataType::Integer),
        ("op", DataType::Text),
        ("table_name", DataType::Text),
        ("row", DataType::Integer),
        ("rev", DataType::Integer),
        ("at", DataType::Timestamp),
        ("tx", DataType::Integer),
        ("intent", DataType::Text),
        ("actor", DataType::Text),
        ("note", DataType::Text),
        ("old", DataType::Json),
        ("new", DataType::Json),
    ],
};

/// The events of a period, of one table or of all.
#[derive(Debug)]
pub(in crate::session) struct Events {
    database: Arc<Database>,
    period: Period,
    table: Option<TableId>,
}

impl Events {
    /// The events of a period; of this table only, where one is given.
    pub fn new(database: Arc<Database>, period: Period, table: Option<TableId>) -> Events {
        Events { database, period, table }
    }
}

impl Relation for Events {
    fn open(&self, columns: &[usize], context: &Context) -> Result<Rows, Error> {
        let mut told = Told::new(Arc::clone(&self.database));
        let wanted = self.table;
        let events = self.database.store().read(self.period).map(move |event| {
            let event = event?;
            let about = event.operation.table().map(|table| table.id);
            let is_wanted = wanted.is_none_or(|wanted| about == Some(wanted));
            if !is_wanted {
                return Ok(None);
            }
            let said = told.about(event.id)?;
            Ok(Some((event, said)))
        });
        Ok(made(&SHAPE, columns, context, events, |(event, said), column| {
            value(event, said.as_ref().map(|said| &said.metadata), column)
        }))
    }

    fn source(&self) -> String {
        format!("{}: the log, {}", SHAPE.name, self.period)
    }
}

/// What transactions say of themselves, asked once for each as its events go by.
pub(super) struct Told {
    database: Arc<Database>,
    last: Option<Arc<About>>,
}

impl Told {
    /// Nothing asked yet.
    pub fn new(database: Arc<Database>) -> Told {
        Told { database, last: None }
    }

    /// What the transaction that holds an event says.
    ///
    /// # Errors
    /// Of reading the log.
    pub fn about(&mut self, event: EventId) -> Result<Option<Arc<About>>, storage::Error> {
        let holds = |about: &Arc<About>| about.first <= event && event <= about.last;
        if !self.last.as_ref().is_some_and(holds) {
            self.last = self.database.store().about(event)?;
        }
        Ok(self.last.clone())
    }
}

fn value(event: &Event, said: Option<&Metadata>, column: usize) -> Result<Value, storage::Error> {
    let payload = |at: usize| -> Result<Value, storage::Error> {
        let text = event.operation.payloads()?[at].take();
        Ok(text.map_or(Value::Null, |text| Value::Json(text.into())))
    };
    Ok(match SHAPE.columns.get(column).map(|column| column.0) {
        Some("old") => payload(0)?,
        Some("new") => payload(1)?,
        Some(name) => fact(event, said, name).unwrap_or(Value::Null),
        None => Value::Null,
    })
}
