//! Which tables a statement reads, and when.

use super::moment::Moments;
use crate::language::ast::{AsOf, Identifier, Temporal};
use crate::planner::{Catalog, Error, TableSource, suggest};
use crate::storage::{Database, TableView, View};
use crate::types::{EventId, Period, Schema, Span, TableSchema};
use std::sync::Arc;

/// The tables of one statement: every moment it names is resolved here, once.
pub(super) struct StatementCatalog<'a> {
    database: &'a Database,
    moments: Moments<'a>,
    present: View,
    /// The past views that were asked for.
    past: Vec<(Period, View)>,
    /// The view of each slot.
    views: Vec<TableView>,
    /// The period of each slot.
    periods: Vec<Period>,
}

impl<'a> StatementCatalog<'a> {
    /// A statement that sees this view where it names no moment.
    pub fn new(database: &'a Database, present: View) -> StatementCatalog<'a> {
        StatementCatalog {
            database,
            moments: Moments::new(database),
            present,
            past: Vec::new(),
            views: Vec::new(),
            periods: Vec::new(),
        }
    }

    /// The moment at which all its tables are read, if it is one.
    pub fn moment(&self) -> Option<EventId> {
        let first = *self.periods.first()?;
        let is_one = first.first == first.last && self.periods.iter().all(|other| *other == first);
        is_one.then_some(first.last)
    }

    /// What the statement's moments are.
    pub fn moments(&self) -> &Moments<'a> {
        &self.moments
    }

    /// The tables, one per slot.
    pub fn tables(&self) -> Vec<Arc<TableSchema>> {
        self.views.iter().map(|view| view.schema().clone()).collect()
    }

    /// The views, one per slot.
    pub fn into_views(self) -> Vec<TableView> {
        self.views
    }

    /// Everything at a moment, the present where none is given.
    ///
    /// # Errors
    /// As [`Moments::resolve`], and what storage says.
    pub fn view(&mut self, as_of: Option<&AsOf>) -> Result<(EventId, View), Error> {
        let Some(as_of) = as_of else {
            return Ok((self.present.period().last, self.present.clone()));
        };
        let event = self.moments.resolve(as_of)?;
        Ok((event, self.view_of(Period::at(event), as_of.span)?))
    }

    /// What was visible in a period; of one that ends before it begins, the schema at its end.
    fn view_of(&mut self, period: Period, span: Span) -> Result<View, Error> {
        if let Some((_, view)) = self.past.iter().find(|(known, _)| *known == period) {
            return Ok(view.clone());
        }
        let view = self
            .database
            .view(if period.first <= period.last { period } else { Period::at(period.last) })
            .map_err(|error| Error::new(error.code(), error.to_string(), span))?;
        self.past.push((period, view.clone()));
        Ok(view)
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
    fn table(
        &mut self,
        name: &Identifier,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error> {
        let (period, view) = match temporal {
            None => (self.present.period(), self.present.clone()),
            Some(temporal) => {
                let period = self.moments.period(temporal)?;
                (period, self.view_of(period, temporal.span())?)
            }
        };
        let Some(schema) = view.schema().table(&name.name).cloned() else {
            return Err(self.missing(name, period.last, temporal.is_some(), view.schema()));
        };
        let rows = if period.first <= period.last {
            view
        } else {
            // There are no rows at the start, of whatever table.
            self.view_of(Period::at(EventId::START), name.span)?
        };
        self.views.push(rows.table(&schema));
        self.periods.push(period);
        Ok(TableSource { slot: self.views.len() - 1, schema, period })
    }

    fn schema(&self) -> &Schema {
        self.present.schema()
    }
}
