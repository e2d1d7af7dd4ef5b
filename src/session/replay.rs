//! REPLAY: frames for people, rows for programs.

use super::outcome::{self, Outcome, OutputColumn, Rows};
use super::relations::{
    self, EVENTS, EventsRelation, REPLAY, ReplayedEvent, ReplayedEvents, SystemTable, change_text,
};
use super::{Error, Session};
use crate::executor::{self, Batch, Context, Relation};
use crate::language::ast::{
    EventSelection, ObjectName, QueryStatement, Range, Select, SelectItem, ShowSubject,
    TableReference,
};
use crate::planner;
use crate::types::column::array_of;
use crate::types::{DataType, EventId, Name, Row, TableSchema, Value};
use std::fmt;
use std::sync::Arc;

/// A stretch of the log, event by event, read as it is drawn.
pub struct Replay {
    /// The last event that can come.
    pub last: EventId,
    steps: ReplayedEvents,
    context: Context,
}

/// One event of a replay.
#[derive(Debug)]
pub struct ReplayFrame {
    /// `#43 UPDATE accounts · tx 12 · 2026-11-22 15:40:00 · MoneyDeposited by amy`.
    pub heading: String,
    /// The row before and after, as far as there is one; `None` of an event of no row.
    pub rows: Option<Rows>,
}

impl Replay {
    /// The same as rows, with the images as JSON.
    pub fn into_rows(self) -> Rows {
        let mut rows = self.steps.into_rows(&self.context);
        let batches = std::iter::from_fn(move || rows.next().map_err(Error::from).transpose());
        outcome::streamed(REPLAY.columns, batches, Some(self.last))
    }
}

impl Iterator for Replay {
    type Item = Result<ReplayFrame, Error>;

    fn next(&mut self) -> Option<Result<ReplayFrame, Error>> {
        loop {
            if let Err(error) = self.context.check() {
                return Some(Err(error.into()));
            }
            match self.steps.next()? {
                Ok(Some(step)) => return Some(frame(&step, self.last)),
                Ok(None) => {}
                Err(error) => return Some(Err(error.into())),
            }
        }
    }
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("last", &self.last).finish_non_exhaustive()
    }
}

/// Whether each row of a statement is an event, or a change of a row, with all its columns.
pub(super) fn lists_events(statement: &QueryStatement) -> bool {
    match statement {
        QueryStatement::Query(query) => query.as_select().is_some_and(selects_events),
        QueryStatement::History(_) | QueryStatement::Events(_) => true,
        QueryStatement::Show { subject, .. } => *subject == ShowSubject::Events,
    }
}

/// Whether a SELECT gives events as EVENTS or HISTORY does: their own columns and no others.
fn selects_events(select: &Select) -> bool {
    let is_list = match &select.from {
        Some(TableReference::Table { name, .. }) => {
            SystemTable::named(&name.name) == Some(SystemTable::Events)
        }
        Some(TableReference::History { .. }) => true,
        Some(
            TableReference::Function(_)
            | TableReference::Query { .. }
            | TableReference::Join { .. },
        )
        | None => false,
    };
    is_list
        && matches!(select.items.as_slice(), [SelectItem::Star(_)])
        && select.group_by.is_empty()
}

impl Session {
    /// The newest events of the log, or of a table, so many at most; the newest is the last.
    ///
    /// # Errors
    /// `unknown-table` where there never was such a table; what is wrong with the log.
    pub fn newest_events(&self, count: usize, table: Option<&str>) -> Result<Outcome, Error> {
        let mut catalog = self.catalog()?;
        let table = table.map(ObjectName::of);
        let (period, table) = catalog.stretch(table.as_ref(), &Range::default())?;
        let now = catalog.resolver().now();
        let events = EventsRelation::new(Arc::clone(&self.database), period, table, None);
        let context = self.context(now, Arc::default());
        let (newest, are_more) = events.newest(count, &context)?;
        let all: Vec<usize> = (0..EVENTS.columns.len()).collect();
        let mut rows = newest.open(&all, &context)?;
        let batches = std::iter::from_fn(move || rows.next().map_err(Error::from).transpose());
        let rows = outcome::streamed(EVENTS.columns, batches, Some(period.last));
        let summary = are_more.then(|| "EVENTS lists all".to_string());
        Ok(Outcome::Rows(Rows { summary, ..rows }).listing(now))
    }

    /// REPLAY: the events of a table, or of all, in a range.
    pub(super) fn replay(&self, events: &EventSelection) -> Result<Outcome, Error> {
        let mut catalog = self.catalog()?;
        let (period, table) = catalog.stretch(events.table.as_ref(), &events.range)?;
        let limit = events.limit.as_ref().map(planner::constant).transpose()?;
        let context = self.context(catalog.resolver().now(), Arc::default());
        let most = relations::limit(limit.as_ref(), &context)?;
        let steps = ReplayedEvents::new(self.database.clone(), period, table, most);
        Ok(Outcome::Replay(Box::new(Replay { last: period.last, steps, context })))
    }
}

fn frame(step: &ReplayedEvent, last: EventId) -> Result<ReplayFrame, Error> {
    let images = [("before", &step.before), ("after", &step.after)];
    let images: Vec<(&str, &Row)> =
        images.into_iter().filter_map(|(name, row)| Some((name, row.as_ref()?))).collect();
    let rows = match step.event.operation.table() {
        Some(table) if !images.is_empty() => Some(rows(table, &images, last)?),
        _ => None,
    };
    Ok(ReplayFrame { heading: heading(step), rows })
}

fn rows(table: &TableSchema, images: &[(&str, &Row)], last: EventId) -> Result<Rows, Error> {
    let declared = table.columns.iter().map(|column| (column.name.clone(), column.data_type));
    let columns: Vec<OutputColumn> = std::iter::once((Name::default(), DataType::Text))
        .chain(declared)
        .map(|(name, data_type)| OutputColumn { name, data_type })
        .collect();
    let names: Vec<Value> = images.iter().map(|(name, _)| Value::text(name)).collect();
    let array = |data_type, values: &mut dyn Iterator<Item = &Value>| {
        array_of(data_type, values).map_err(executor::Error::from)
    };
    let mut arrays = vec![array(DataType::Text, &mut names.iter())?];
    for (at, column) in table.columns.iter().enumerate() {
        arrays.push(array(column.data_type, &mut images.iter().map(|(_, row)| &row[at]))?);
    }
    let batch = Batch::new(arrays, images.len());
    Ok(Rows::new(columns, Some(last), std::iter::once(Ok(batch))))
}

fn heading(step: &ReplayedEvent) -> String {
    let event = &step.event;
    let what = change_text::statement_of(event);
    let mut heading = format!("#{} {what} · tx {} · {}", event.id, event.tx, event.at);
    let metadata = step.about.as_ref().map(|about| &about.metadata);
    let who = metadata.map(|metadata| (metadata.intent.as_deref(), metadata.actor.as_deref()));
    match who {
        Some((Some(intent), Some(actor))) => heading.push_str(&format!(" · {intent} by {actor}")),
        Some((Some(intent), None)) => heading.push_str(&format!(" · {intent}")),
        Some((None, Some(actor))) => heading.push_str(&format!(" · by {actor}")),
        Some((None, None)) | None => {}
    }
    if let Some(note) = metadata.and_then(|metadata| metadata.note.as_deref()) {
        heading.push_str(&format!(" · {note}"));
    }
    heading
}
