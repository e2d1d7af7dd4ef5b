//! Which tables a statement reads, and when.

use crate::language::ast::{AsOf, Identifier, Point};
use crate::planner::{Catalog, Error, TableSource, suggest};
use crate::storage::{self, Database, TableView, View};
use crate::types::{DataType, EventId, Period, Schema, TableSchema, TxId, Value};
use std::sync::Arc;

/// The tables of one statement: every moment it names is resolved here, once.
pub(super) struct StatementCatalog<'a> {
    database: &'a Database,
    present: View,
    /// The past views that were asked for.
    past: Vec<(EventId, View)>,
    /// The view of each slot.
    views: Vec<TableView>,
    moments: Vec<EventId>,
}

impl<'a> StatementCatalog<'a> {
    /// A statement that sees this view where it names no moment.
    pub fn new(database: &'a Database, present: View) -> StatementCatalog<'a> {
        StatementCatalog {
            database,
            present,
            past: Vec::new(),
            views: Vec::new(),
            moments: Vec::new(),
        }
    }

    /// The moment at which all its tables are read, if it is one.
    pub fn moment(&self) -> Option<EventId> {
        let first = *self.moments.first()?;
        self.moments.iter().all(|moment| *moment == first).then_some(first)
    }

    /// The tables, one per slot.
    pub fn tables(&self) -> Vec<Arc<TableSchema>> {
        self.views.iter().map(|view| view.schema().clone()).collect()
    }

    /// The views, one per slot.
    pub fn into_views(self) -> Vec<TableView> {
        self.views
    }

    /// The event that a moment is.
    ///
    /// # Errors
    /// A moment beyond the head or before the start, a text that is no timestamp.
    pub fn resolve(&self, as_of: &AsOf) -> Result<EventId, Error> {
        let head = self.database.head();
        let refused =
            |error: storage::Error| Error::new(error.code(), error.to_string(), as_of.span);
        let missing = |code, message| Err(Error::new(code, message, as_of.span));
        match &as_of.point {
            Point::Start => Ok(EventId::START),
            Point::Latest => Ok(head),
            Point::Event(number) if EventId(*number) <= head => Ok(EventId(*number)),
            Point::Event(number) => missing(
                "beyond-head",
                format!("event {number} has not happened; the last is {head}"),
            ),
            Point::EventsBack(events) => match head.0.checked_sub(*events) {
                Some(event) => Ok(EventId(event)),
                None => missing("before-start", format!("there are only {head} events to go back")),
            },
            Point::Transaction(number) => {
                match self.database.last_of(TxId(*number)).map_err(refused)? {
                    Some(event) => Ok(event),
                    None => {
                        let last = self.database.last_tx();
                        let message =
                            format!("transaction {number} has not happened; the last is {last}");
                        missing("beyond-head", message)
                    }
                }
            }
            Point::Timestamp(text) => match DataType::Timestamp.accept(Value::text(text)) {
                Ok(Value::Timestamp(at)) => self.database.at_time(at).map_err(refused),
                _ => {
                    let message = format!("'{text}' is no timestamp");
                    let help = "write it as '2026-11-22 15:40:00' (UTC) or with an offset";
                    Err(Error::new("timestamp", message, as_of.span).help(Some(help.into())))
                }
            },
        }
    }

    /// Everything at a moment, the present where none is given.
    ///
    /// # Errors
    /// As [`StatementCatalog::resolve`], and what storage says.
    pub fn view(&mut self, as_of: Option<&AsOf>) -> Result<(EventId, View), Error> {
        let Some(as_of) = as_of else {
            return Ok((self.present.period().last, self.present.clone()));
        };
        let event = self.resolve(as_of)?;
        if let Some((_, view)) = self.past.iter().find(|(known, _)| *known == event) {
            return Ok((event, view.clone()));
        }
        let view = self
            .database
            .view(Period::at(event))
            .map_err(|error| Error::new(error.code(), error.to_string(), as_of.span))?;
        self.past.push((event, view.clone()));
        Ok((event, view))
    }

    /// The error for a table that is not there at a moment: what is true of its name.
    fn missing(&self, name: &Identifier, event: EventId, past: bool, schema: &Schema) -> Error {
        let names = schema.tables().map(|table| table.name.as_str());
        let plain = Error::new("unknown-table", format!("no table \"{}\"", name.name), name.span)
            .help(suggest(&name.name, names));
        let lifetimes = self.database.lifetimes(&name.name);
        let Some((first, _)) = lifetimes.first() else { return plain };
        let dropped =
            lifetimes.iter().rev().find_map(|(_, dropped)| dropped.filter(|d| *d <= event));
        let message = match dropped {
            Some(dropped) if past => format!(
                "table {} does not exist at event {event}; it was dropped by event {dropped}",
                name.name
            ),
            Some(dropped) => format!("table {} was dropped by event {dropped}", name.name),
            None if past => {
                let later = lifetimes.iter().map(|(created, _)| created).find(|c| **c > event);
                format!(
                    "table {} does not exist at event {event}; it was created by event {}",
                    name.name,
                    later.unwrap_or(first)
                )
            }
            None => return plain,
        };
        let help = dropped.map(|dropped| {
            let before = EventId(dropped.0.saturating_sub(1));
            format!("AS OF EVENT {before} reads it as it was before")
        });
        Error::new("unknown-table", message, name.span).help(help)
    }
}

impl Catalog for StatementCatalog<'_> {
    fn table(&mut self, name: &Identifier, as_of: Option<&AsOf>) -> Result<TableSource, Error> {
        let (event, view) = self.view(as_of)?;
        let Some(schema) = view.schema().table(&name.name).cloned() else {
            return Err(self.missing(name, event, as_of.is_some(), view.schema()));
        };
        self.views.push(view.table(&schema));
        self.moments.push(event);
        Ok(TableSource { slot: self.views.len() - 1, schema, as_of: event })
    }

    fn schema(&self) -> &Schema {
        self.present.schema()
    }
}
