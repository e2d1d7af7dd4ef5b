//! HISTORY: every change of a table's rows, as rows.
//!
//! A row matches if its condition is true of any of its versions in the period, so that a first query
//! finds the rows, by a key where one serves, and then their changes are listed, along the chain of each;
//! nothing else is held. The condition has the columns of the table at the end of the period; what is
//! listed is what each event recorded, under the names of then.

use super::events::MetadataLookup;
use super::table_changes::table_changes;
use super::{RelationSchema, change_text, integer, limit, optional, relation_rows};
use crate::executor::{self, BoxedOperator, Context, Error, PlanInput, Relation};
use crate::planner::{BoundExpression, Plan};
use crate::storage::{self, Database, RowChange, TransactionInfo, row_json};
use crate::types::{Column, DataType, Period, Row, RowId, TableSchema, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The changes of one table.
#[derive(Debug)]
pub(in crate::session) struct HistoryRelation {
    database: Arc<Database>,
    table: Arc<TableSchema>,
    period: Period,
    /// Finds the rows' numbers.
    filter: Option<Plan>,
    limit: Option<BoundExpression>,
}

impl HistoryRelation {
    /// Its columns.
    pub const SCHEMA: RelationSchema = RelationSchema {
        name: "history",
        columns: &[
            ("event", DataType::Integer),
            ("at", DataType::Timestamp),
            ("op", DataType::Text),
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

    /// The changes in a period, of the rows whose numbers `filter` ever finds there; `limit` of them.
    pub fn new(
        database: Arc<Database>,
        table: Arc<TableSchema>,
        period: Period,
        filter: Option<Plan>,
        limit: Option<BoundExpression>,
    ) -> HistoryRelation {
        HistoryRelation { database, table, period, filter, limit }
    }

    /// The rows of which the condition is true at some time, in their order.
    fn matching(&self, filter: &Plan, context: &Context) -> Result<Arc<[RowId]>, Error> {
        let mut found = BTreeSet::new();
        for piece in self.database.pieces(self.table.id, self.period)? {
            let rows = PlanInput::Table(piece?.table(&self.table));
            // What is measured is the history, not how it is found.
            let context = context.clone().unmeasured();
            let mut rows = executor::open(filter, vec![rows], context)?;
            while let Some(batch) = rows.next()? {
                let numbers = batch.columns[0].as_primitive::<Int64Type>().values();
                let row = |number: &i64| RowId(u64::try_from(*number).unwrap_or_default());
                found.extend(numbers.iter().map(row));
            }
        }
        Ok(found.into_iter().collect())
    }
}

impl Relation for HistoryRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let limit = limit(self.limit.as_ref(), context)?;
        let wanted = match &self.filter {
            Some(filter) => Some(self.matching(filter, context)?),
            None => None,
        };
        // Lines of the log are read for these alone.
        let asks = |is_it: fn(&str) -> bool| columns.iter().any(|column| is_it(name_of(*column)));
        let (asks_cause, asks_transaction) = (asks(is_cause), asks(is_of_transaction));
        let database = Arc::clone(&self.database);
        let mut metadata_lookup = MetadataLookup::new(Arc::clone(&self.database));
        let changes = table_changes(&self.database, self.table.id, self.period, wanted);
        let changes = changes.take(limit).map(move |change| {
            let (table, change) = change?;
            let about = match asks_transaction {
                true => metadata_lookup.about(change.event)?,
                false => None,
            };
            let cause = match asks_cause {
                true => database.store().cause(change.event)?,
                false => None,
            };
            Ok(Some((table, change, about, cause)))
        });
        Ok(relation_rows(
            &HistoryRelation::SCHEMA,
            columns,
            context,
            changes,
            |(table, change, about, cause), column| match cause {
                Some(cause) if is_cause(name_of(column)) => Ok(integer(cause.0)),
                Some(_) | None => value(table, change, about.as_deref(), column),
            },
        ))
    }

    fn source(&self) -> String {
        let mut source = format!("history of {}: its versions, {}", self.table.name, self.period);
        if let Some(filter) = &self.filter {
            filter.for_each_access(&mut |access| source.push_str(&format!("; rows: {access}")));
        }
        source
    }
}

fn value(
    table: &TableSchema,
    change: &RowChange,
    about: Option<&TransactionInfo>,
    column: usize,
) -> Result<Value, storage::Error> {
    let metadata = about.map(|about| &about.metadata);
    Ok(match name_of(column) {
        "event" => integer(change.event.0),
        "at" => about.map_or(Value::Null, |about| Value::Timestamp(about.at)),
        "tx" => about.map_or(Value::Null, |about| integer(about.tx.0)),
        "op" => Value::text(operation(change)),
        "row" => integer(change.row.0),
        "rev" => integer(u64::from(change.rev)),
        "intent" => optional(metadata.and_then(|metadata| metadata.intent.as_deref())),
        "actor" => optional(metadata.and_then(|metadata| metadata.actor.as_deref())),
        "note" => optional(metadata.and_then(|metadata| metadata.note.as_deref())),
        "change" => Value::text(words(table, change)),
        "old" => image(table, change, change.old.as_ref())?,
        "new" => image(table, change, change.new.as_ref())?,
        _ => Value::Null,
    })
}

/// The name of a column; none of what is no column.
fn name_of(column: usize) -> &'static str {
    HistoryRelation::SCHEMA.columns.get(column).map_or("", |(name, _)| name)
}

/// Whether a column has the event that made another.
fn is_cause(name: &str) -> bool {
    name == "cause"
}

/// Whether a column tells of the transaction.
fn is_of_transaction(name: &str) -> bool {
    matches!(name, "at" | "tx" | "intent" | "actor" | "note")
}

/// What happened, in words.
fn words(table: &TableSchema, change: &RowChange) -> String {
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            let changed = changed(table, change).unwrap_or_default().into_iter();
            change_text::updated(changed.map(|(column, at)| (&*column.name, &old[at], &new[at])))
        }
        (None, Some(new)) => change_text::inserted(new.iter()),
        (Some(old), None) => change_text::deleted(old.iter()),
        (None, None) => String::new(),
    }
}

/// The word of the log's `op` field.
fn operation(change: &RowChange) -> &'static str {
    match (&change.old, &change.new) {
        (None, _) => "insert",
        (Some(_), None) => "delete",
        (Some(_), Some(_)) => "update",
    }
}

/// The columns that an update changed, with their places; `None` of what is no update.
fn changed<'a>(table: &'a TableSchema, change: &RowChange) -> Option<Vec<(&'a Column, usize)>> {
    let (old, new) = change.old.as_ref().zip(change.new.as_ref())?;
    let differs = |at: &usize| !old[*at].is_same(&new[*at]);
    let places = (0..table.columns.len()).filter(differs);
    Some(places.map(|at| (&table.columns[at], at)).collect())
}

/// An image as JSON: the whole row, of an update only what it changed.
fn image(
    table: &TableSchema,
    change: &RowChange,
    row: Option<&Row>,
) -> Result<Value, storage::Error> {
    let Some(row) = row else { return Ok(Value::Null) };
    let text = match changed(table, change) {
        Some(changed) => row_json(changed.iter().map(|(column, at)| (*column, &row[*at])))?,
        None => row_json(table.columns.iter().zip(row))?,
    };
    Ok(Value::Json(text.into()))
}
