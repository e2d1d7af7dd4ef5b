//! What happened between two moments, taken together; and who set what.
//!
//! The changes of a table's rows, which the versions tell, are folded: of a row that changed often only
//! its first image and its last count. Differences and what takes a transaction back come of it.

use super::moment::quoted;
use super::outcome::{self, Outcome};
use super::relations::{integer, optional};
use super::{Error, Session};
use crate::executor;
use crate::language::ast::Identifier;
use crate::planner::Catalog;
use crate::types::column::value_at;
use crate::types::{Column, DataType, EventId, Period, Row, RowId, TableSchema, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A row at the beginning of a period and at its end; never twice `None`, never twice the same.
pub(super) struct Net {
    pub row: RowId,
    pub old: Option<Row>,
    pub new: Option<Row>,
}

impl Net {
    /// The word of the log for it.
    pub fn operation(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "insert",
            (Some(_), None) => "delete",
            (Some(_), Some(_)) => "update",
        }
    }

    /// The columns that differ, by their places; `None` where a row came or went.
    pub fn changed(&self) -> Option<Vec<usize>> {
        let (old, new) = self.old.as_ref().zip(self.new.as_ref())?;
        let pairs = old.iter().zip(new).enumerate();
        Some(pairs.filter(|(_, (old, new))| !old.is_same(new)).map(|(at, _)| at).collect())
    }
}

impl Session {
    /// For each column of the row with this primary key (or `_row`, where there is none): its value,
    /// and the committed event that last set it.
    ///
    /// # Errors
    /// Where there is no such table, or no such row.
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
        let table = self.catalog()?.table(&Identifier::of(table), None)?.schema;
        let row = self.row_of(&table, key)?;
        let period = Period { first: EventId::START.next(), last };
        let mut known: Option<(Row, Vec<EventId>)> = None;
        for change in self.database.changes(&table, period)? {
            let change = change?;
            if change.row != row {
                continue;
            }
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
            let about = self.database.store().about(event)?;
            let about = about.as_deref();
            let said = about.map(|about| &about.metadata);
            rows.push(vec![
                Value::text(&column.name),
                value,
                integer(event.0),
                about.map_or(Value::Null, |about| Value::Timestamp(about.at)),
                about.map_or(Value::Null, |about| integer(about.tx.0)),
                optional(said.and_then(|said| said.intent.as_deref())),
                optional(said.and_then(|said| said.actor.as_deref())),
            ]);
        }
        outcome::fixed(COLUMNS, rows, Some(last))
    }

    /// The row with a primary key, as the session sees it.
    fn row_of(&mut self, table: &TableSchema, key: &[String]) -> Result<RowId, Error> {
        let columns: Vec<&Column> = match table.primary_key() {
            Some(primary) => primary.columns.iter().map(|at| &table.columns[*at]).collect(),
            None => Vec::new(),
        };
        let names: Vec<String> = match columns.as_slice() {
            [] => vec!["_row".to_string()],
            columns => {
                columns.iter().map(|column| Identifier::of(&column.name).to_string()).collect()
            }
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
        let (from, conditions) = (Identifier::of(&table.name), conditions.join(" AND "));
        let query = format!("SELECT _row FROM {from} WHERE {conditions}");
        if let Outcome::Rows(rows) = self.execute(&query)? {
            for batch in rows {
                let batch = batch?;
                if batch.num_rows() > 0
                    && let Value::Integer(row) = value_at(batch.column(0), DataType::Integer, 0)
                    && let Ok(row) = u64::try_from(row)
                {
                    return Ok(RowId(row));
                }
            }
        }
        let message = format!("{} has no row with {conditions}", table.name);
        Err(executor::Error::failed("no-such-row", message).into())
    }

    /// What happened to each row of a table in a period, taken together, in order of rows.
    pub(super) fn net(&self, table: &Arc<TableSchema>, period: Period) -> Result<Vec<Net>, Error> {
        let mut rows: BTreeMap<RowId, (Option<Row>, Option<Row>)> = BTreeMap::new();
        if period.first > period.last {
            return Ok(Vec::new());
        }
        for change in self.database.changes(table, period)? {
            let change = change?;
            rows.entry(change.row).or_insert((change.old, None)).1 = change.new;
        }
        let net = rows.into_iter().map(|(row, (old, new))| Net { row, old, new });
        let is_some = |net: &Net| match net.changed() {
            Some(changed) => !changed.is_empty(),
            None => net.old.is_some() || net.new.is_some(),
        };
        Ok(net.filter(is_some).collect())
    }
}
