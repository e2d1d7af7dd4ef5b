//! What happened between two moments, taken together: differences, taking back, and who set what.
//!
//! All three fold the changes of a table's rows, which the versions tell: of a row that changed often
//! only its first image and its last count.

use super::moment::quoted;
use super::outcome::{self, Outcome, Receipt};
use super::relations::{integer, optional};
use super::{Error, Session};
use crate::executor;
use crate::language::ast::{At, Identifier};
use crate::planner::Catalog;
use crate::storage::{About, Change, Metadata, Operation, row_json};
use crate::types::column::value_at;
use crate::types::{Column, DataType, EventId, Period, Row, RowId, TableSchema, Value, fold};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A row at the beginning of a period and at its end; never twice `None`, never twice the same.
struct Net {
    row: RowId,
    old: Option<Row>,
    new: Option<Row>,
}

impl Net {
    /// The word of the log for it.
    fn operation(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "insert",
            (Some(_), None) => "delete",
            (Some(_), Some(_)) => "update",
        }
    }

    /// The columns that differ, by their places; `None` where a row came or went.
    fn changed(&self) -> Option<Vec<usize>> {
        let (old, new) = self.old.as_ref().zip(self.new.as_ref())?;
        let pairs = old.iter().zip(new).enumerate();
        Some(pairs.filter(|(_, (old, new))| !old.is_same(new)).map(|(at, _)| at).collect())
    }
}

impl Session {
    /// The net difference between two moments, of one table or of all, a row each. From a later moment
    /// to an earlier one it tells what would lead back.
    ///
    /// # Errors
    /// Where a point is none, or there is no such table at either.
    pub fn difference(&self, from: &At, to: &At, table: Option<&str>) -> Result<Outcome, Error> {
        const COLUMNS: &[(&str, DataType)] = &[
            ("table_name", DataType::Text),
            ("op", DataType::Text),
            ("row", DataType::Integer),
            ("changed", DataType::Text),
            ("old", DataType::Json),
            ("new", DataType::Json),
        ];
        let catalog = self.catalog()?;
        let from = catalog.moments().resolve(&from.as_of(false))?;
        let to = catalog.moments().resolve(&to.as_of(false))?;
        let (first, last) = (from.min(to), from.max(to));
        let before = self.database.view(Period::at(first))?;
        let after = self.database.view(Period::at(last))?;
        let mut tables: BTreeMap<String, [Option<&Arc<TableSchema>>; 2]> = BTreeMap::new();
        for (side, view) in [&before, &after].into_iter().enumerate() {
            for schema in view.schema().tables() {
                tables.entry(fold(&schema.name)).or_default()[side] = Some(schema);
            }
        }
        if let Some(name) = table {
            tables.retain(|known, _| *known == fold(name));
            if tables.is_empty() {
                self.catalog()?.table(&Identifier::of(name), None)?;
            }
        }
        let mut rows = Vec::new();
        for [before, after] in tables.into_values() {
            let is_same = before.zip(after).is_some_and(|(before, after)| before.id == after.id);
            let reversed = to < from;
            let mut whole = |table: &Arc<TableSchema>, came: bool| {
                let op = if came == reversed { "drop_table" } else { "create_table" };
                let rest = std::iter::repeat_n(Value::Null, COLUMNS.len() - 2);
                let told = [Value::text(&table.name), Value::text(op)];
                rows.push(told.into_iter().chain(rest).collect());
            };
            if let Some(gone) = before.filter(|_| !is_same) {
                whole(gone, false);
            }
            let Some(table) = after else { continue };
            if !is_same {
                whole(table, true);
            }
            for net in self.net(table, Period { first: first.next(), last })? {
                let net = match reversed {
                    true => Net { row: net.row, old: net.new, new: net.old },
                    false => net,
                };
                rows.push(difference_row(table, &net)?);
            }
        }
        outcome::fixed(COLUMNS, rows, Some(to))
    }

    /// Takes the last transaction back, in a new one that says so.
    ///
    /// # Errors
    /// Where there is none, it did more than change rows, or nothing can be written.
    pub fn undo(&mut self) -> Result<Outcome, Error> {
        self.check_present()?;
        if self.transaction.is_some() {
            return Err(super::already_open());
        }
        let mut fork = self.database.begin()?;
        let about = self.database.store().about(fork.base())?;
        let Some(About { tx, first, last, .. }) = about.as_deref().cloned() else {
            return Err(executor::Error::failed("undo", "there is no transaction yet").into());
        };
        let mut tables: Vec<Arc<TableSchema>> = Vec::new();
        for event in self.database.store().read(Period { first, last }) {
            let event = event?;
            let (Some(_), Some(table)) = (event.operation.row(), event.operation.table()) else {
                return Err(not_undone(&event.operation, event.id));
            };
            if tables.iter().all(|known| known.id != table.id) {
                tables.push(Arc::clone(table));
            }
        }
        let mut changes = Vec::new();
        for table in tables {
            for Net { row, old, new } in self.net(&table, Period { first, last })? {
                let table = Arc::clone(&table);
                changes.extend(match (old, new) {
                    (None, Some(old)) => Some(Change::Delete { table, row, old }),
                    (Some(new), None) => Some(Change::Insert { table, new }),
                    (Some(new), Some(old)) => Some(Change::Update { table, row, old, new }),
                    (None, None) => None,
                });
            }
        }
        let rows = changes.len();
        let events = fork.record(changes)?;
        let note = Some(format!("takes back transaction {tx}"));
        let metadata = Metadata { intent: Some("Undo".into()), note, ..Metadata::default() };
        let committed = self.database.commit(fork, metadata)?;
        let committed = committed.map(|committed| (committed.first, committed.last));
        let name = format!("transaction {tx}");
        Ok(Outcome::Changed(Receipt { verb: "UNDO", name, rows, events, committed }))
    }

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
    fn net(&self, table: &Arc<TableSchema>, period: Period) -> Result<Vec<Net>, Error> {
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

/// A difference as [`Session::difference`] tells it: of an update only what it changed.
fn difference_row(table: &TableSchema, net: &Net) -> Result<Row, Error> {
    let changed = net.changed();
    let image = |row: Option<&Row>| -> Result<Value, Error> {
        let Some(row) = row else { return Ok(Value::Null) };
        let of = |at: usize| (&table.columns[at], &row[at]);
        let text = match &changed {
            Some(changed) => row_json(changed.iter().map(|at| of(*at)))?,
            None => row_json((0..table.columns.len()).map(of))?,
        };
        Ok(Value::Json(text.into()))
    };
    let names = changed.as_ref().map(|changed| {
        let names: Vec<&str> = changed.iter().map(|at| &*table.columns[*at].name).collect();
        names.join(", ")
    });
    Ok(vec![
        Value::text(&table.name),
        Value::text(net.operation()),
        integer(net.row.0),
        optional(names.as_deref()),
        image(net.old.as_ref())?,
        image(net.new.as_ref())?,
    ])
}

/// Why a transaction with this operation cannot be taken back.
fn not_undone(operation: &Operation, event: EventId) -> Error {
    let (what, way_out) = match operation {
        Operation::Tag { .. } => ("named a moment", "a tag stays what it is"),
        Operation::Snapshot { .. } => ("took a snapshot", "it changed nothing"),
        _ => ("changed the tables", "a statement of the opposite takes it back"),
    };
    executor::Error::Failed {
        code: "undo",
        message: format!("the last transaction {what} (event {event}) and is not taken back"),
        help: Some(way_out.to_string()),
    }
    .into()
}
