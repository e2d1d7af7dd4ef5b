//! Who set what: the event behind each value of a row.

use super::outcome::{self, Outcome};
use super::point::quoted;
use super::relations::{integer, optional};
use super::{Error, Session};
use crate::executor;
use crate::language::ast::{Identifier, ObjectName};
use crate::planner::{self, Catalog};
use crate::storage::{Operation, RowImages, RowOperation};
use crate::types::column::value_at;
use crate::types::{Column, DataType, EventId, Period, Row, RowId, Span, TableSchema, Value};
use std::sync::Arc;

impl Session {
    /// For each column of the row with this primary key (or `_row`, where there is none): its value,
    /// and the committed event that last set it.
    ///
    /// # Errors
    /// `unknown-table`, `key` where these are no values of its key, `no-such-row` where no row has them;
    /// `corrupt` where the log is damaged there, `io` where it cannot be read.
    pub fn blame(&mut self, table: &str, key: &[String]) -> Result<Outcome, Error> {
        const COLUMNS: &[(&str, DataType)] = &[
            ("column", DataType::Text),
            ("value", DataType::Any),
            ("event", DataType::Integer),
            ("at", DataType::Timestamp),
            ("tx", DataType::Integer),
            ("intent", DataType::Text),
            ("actor", DataType::Text),
        ];
        let last = self.past.unwrap_or_else(|| self.head());
        let table = self.catalog()?.table(&ObjectName::of(table), None)?.schema;
        let row = self.row_of(&table, key, last)?;
        let period = Period { first: EventId::START.next(), last };
        let mut known: Option<(Row, Vec<EventId>)> = None;
        for change in self.database.changes(&table, period, Some(Arc::from([row])))? {
            let change = change?;
            known = match (known, change.new) {
                (_, None) => None,
                (None, Some(new)) => {
                    // A column that was added later has its first value since then.
                    let set = |column: &Column| column.id.event.max(change.event);
                    Some((new, table.columns.iter().map(set).collect()))
                }
                (Some((old, mut set)), Some(new)) => {
                    for ((old, new), set) in old.iter().zip(&new).zip(&mut set) {
                        if !old.is_same(new) {
                            *set = change.event;
                        }
                    }
                    Some((new, set))
                }
            };
        }
        let Some((values, events)) = known else {
            let message = format!("{} has no committed row {row}", table.name);
            return Err(executor::Error::failed("no-such-row", message).into());
        };
        let mut rows = Vec::new();
        for ((column, value), event) in table.columns.iter().zip(values).zip(events) {
            let about = self.database.store().transaction_info(event)?;
            let about = about.as_deref();
            let metadata = about.map(|about| &about.metadata);
            rows.push(vec![
                Value::text(&column.name),
                value,
                integer(event.0),
                about.map_or(Value::Null, |about| Value::Timestamp(about.at)),
                about.map_or(Value::Null, |about| integer(about.tx.0)),
                optional(metadata.and_then(|metadata| metadata.intent.as_deref())),
                optional(metadata.and_then(|metadata| metadata.actor.as_deref())),
            ]);
        }
        outcome::fixed(COLUMNS, rows, Some(last))
    }

    /// The row with a primary key, as the session sees it; `last` is the last committed event of that.
    ///
    /// # Errors
    /// `key` where these are no values of a key, `no-such-row` where no row has them: with the event that
    /// took the last one away that had.
    fn row_of(
        &mut self,
        table: &TableSchema,
        key: &[String],
        last: EventId,
    ) -> Result<RowId, Error> {
        let columns: Vec<&Column> = match table.primary_key() {
            Some(primary) => primary.columns.iter().map(|at| &table.columns[*at]).collect(),
            None => Vec::new(),
        };
        let names: Vec<String> = match columns.as_slice() {
            [] => vec!["_row".to_string()],
            columns => columns
                .iter()
                .map(|column| Identifier::of(column.name.clone()).to_string())
                .collect(),
        };
        if names.len() != key.len() {
            let message = format!("the key of {} is {}", table.name, names.join(", "));
            return Err(executor::Error::failed("key", message).into());
        }
        let conditions = names.iter().zip(key).enumerate().map(|(at, (name, word))| {
            let is_text = columns.get(at).is_some_and(|column| column.data_type == DataType::Text);
            match word.parse::<f64>() {
                Ok(number) if number.is_finite() && !is_text => format!("{name} = {word}"),
                _ => format!("{name} = {}", quoted(word)),
            }
        });
        let conditions: Vec<String> = conditions.collect();
        let (from, conditions) = (Identifier::of(table.name.clone()), conditions.join(" AND "));
        let query = format!("SELECT _row FROM {from} WHERE {conditions}");
        if let Some(row) = self.number(&query)? {
            return Ok(RowId(row));
        }
        let message = format!("{} has no row with {conditions}", table.name);
        let query = format!(
            "SELECT _event_to FROM {from} FOR SYSTEM_TIME ALL \
             WHERE {conditions} AND _event_to <= {last} ORDER BY _event_to DESC LIMIT 1"
        );
        let Some(ended) = self.number(&query)?.map(EventId) else {
            return Err(executor::Error::failed("no-such-row", message).into());
        };
        let end = self.end_of_row(ended)?;
        let help = format!(".goto EVENT {} goes to where it was last", ended.before());
        Err(planner::Error::new("no-such-row", format!("{message}: {end}"), Span::default())
            .help(Some(help))
            .into())
    }

    /// The first number that a query gives.
    fn number(&mut self, query: &str) -> Result<Option<u64>, Error> {
        let Outcome::Rows(rows) = self.execute(query)? else { return Ok(None) };
        for batch in rows {
            let batch = batch?;
            if batch.rows > 0
                && let Value::Integer(number) = value_at(&batch.columns[0], DataType::Integer, 0)
            {
                return Ok(u64::try_from(number).ok());
            }
        }
        Ok(None)
    }

    /// What an event did to the row that it took away, when, and who did it, in words.
    fn end_of_row(&self, event: EventId) -> Result<String, Error> {
        let mut events = self.database.store().read(Period::at(event));
        let operation = events.next().transpose()?.map(|event| event.operation);
        let is_deletion = matches!(
            operation,
            Some(Operation::Row(RowOperation { images: RowImages::Delete(_), .. }))
        );
        let what = if is_deletion { "deleted it" } else { "gave it another key" };
        let mut parts = Vec::new();
        if let Some(about) = self.database.store().transaction_info(event)? {
            parts.push(about.at.to_string());
            let metadata = &about.metadata;
            parts.extend(
                [&metadata.actor, &metadata.intent, &metadata.note].into_iter().flatten().cloned(),
            );
        }
        Ok(format!("event {event} {what} ({})", parts.join(", ")))
    }
}
