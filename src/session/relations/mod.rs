//! What can be read like a table and is none: the log, its transactions, the history of a table, what
//! differs between two moments of it, the schema.
//!
//! Each is a [`Relation`]; those about the log are made from it as it is read, batch by batch. The planner knows their
//! columns, from a [`RelationSchema`], and the slot that the session fills with them.

pub(super) mod change_text;
mod difference;
mod events;
mod history;
mod images;
mod markers;
mod replay;
mod schema;
mod schema_history;
mod statistics;
mod table_changes;
mod transactions;

pub(super) use difference::{Difference, DifferenceSide, RowDifference};
pub(super) use events::{EventsRelation, SCHEMA as EVENTS};
pub(super) use history::HistoryRelation;
pub(super) use images::RowImageReader;
pub(super) use replay::{ReplayedEvent, ReplayedEvents, SCHEMA as REPLAY};
pub(super) use schema::{MASTER, column_row};
pub(super) use transactions::TransactionsRelation;

use super::view::ReadableViews;
use crate::executor::{Batch, BoxedOperator, Context, Error, Operator, Relation};
use crate::language::ast::{ObjectName, ShowSubject};
use crate::planner::BoundExpression;
use crate::storage::{self, Database, Event, Metadata, View};
use crate::types::column::ColumnBuilder;
use crate::types::{
    Column, ColumnId, DataType, EventId, Name, Period, SchemaName, TableId, TableOptions,
    TableSchema, Value,
};
use schema::SchemaRelation;
use std::sync::Arc;

/// The most rows of a batch.
const BATCH: usize = 1_024;
/// The bytes of text from which on a batch is full.
const BATCH_BYTES: usize = 4 << 20;

/// Name and columns of what is no table.
#[derive(Debug)]
pub(super) struct RelationSchema {
    pub name: &'static str,
    pub columns: &'static [(&'static str, DataType)],
}

impl RelationSchema {
    /// What the planner is told.
    pub fn schema(&self) -> Arc<TableSchema> {
        self.called(self.name)
    }

    /// The same under another name.
    pub fn called(&self, name: &str) -> Arc<TableSchema> {
        table_schema(
            name,
            self.columns.iter().map(|(name, data_type)| ((*name).into(), *data_type)),
        )
    }
}

/// What the planner is told of something with these columns that is no table.
pub(super) fn table_schema(
    name: &str,
    columns: impl Iterator<Item = (Name, DataType)>,
) -> Arc<TableSchema> {
    let column = |(ordinal, (name, data_type))| Column {
        id: ColumnId { event: EventId::NEVER, ordinal },
        ..Column::new(name, data_type)
    };
    Arc::new(TableSchema {
        id: TableId::NONE,
        name: name.into(),
        columns: columns.enumerate().map(column).collect(),
        keys: Vec::new(),
        autoincrement: false,
        options: TableOptions::default(),
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        sql: String::new(),
    })
}

/// The columns of EVENTS, for the tests of those who draw them.
#[cfg(test)]
pub(crate) fn event_columns() -> &'static [(&'static str, DataType)] {
    EVENTS.columns
}

/// The tables that every database has, whatever is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SystemTable {
    Events,
    Transactions,
    Snapshots,
    Tags,
    Tables,
    Columns,
    Indexes,
    Views,
    Triggers,
    SchemaHistory,
    Master,
    TemporaryMaster,
    Sequence,
    Statistics,
}

impl SystemTable {
    const ALL: [SystemTable; 14] = [
        SystemTable::Events,
        SystemTable::Transactions,
        SystemTable::Snapshots,
        SystemTable::Tags,
        SystemTable::Tables,
        SystemTable::Columns,
        SystemTable::Indexes,
        SystemTable::Views,
        SystemTable::Triggers,
        SystemTable::SchemaHistory,
        SystemTable::Master,
        SystemTable::TemporaryMaster,
        SystemTable::Sequence,
        SystemTable::Statistics,
    ];

    /// The system table that a name means.
    pub fn of(name: &ObjectName) -> Option<SystemTable> {
        let known = SystemTable::named(&name.name)?;
        match (known == SystemTable::Master, name.schema) {
            (true, Some(SchemaName::Temporary)) => Some(SystemTable::TemporaryMaster),
            (_, home) => home.is_none_or(|home| home == known.schema_name()).then_some(known),
        }
    }

    /// The system table of this name, in any case.
    pub fn named(name: &str) -> Option<SystemTable> {
        // Most names are not of these tables, and each is asked about several times in a statement.
        let begins = |start: &str| {
            name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
        };
        if !begins("_") && !begins(super::catalog::SQLITE) {
            return None;
        }
        // SQLite's second names for the same.
        let seconds = [
            ("sqlite_schema", schema::MASTER.name),
            ("sqlite_temp_schema", schema::TEMPORARY_MASTER.name),
        ];
        let second = seconds.iter().find(|(second, _)| name.eq_ignore_ascii_case(second));
        let name = second.map_or(name, |(_, first)| first);
        SystemTable::ALL.into_iter().find(|table| table.relation().name.eq_ignore_ascii_case(name))
    }

    /// What SHOW shows by this word.
    pub fn shown(subject: ShowSubject) -> SystemTable {
        match subject {
            ShowSubject::Events => SystemTable::Events,
            ShowSubject::Snapshots => SystemTable::Snapshots,
            ShowSubject::Tags => SystemTable::Tags,
        }
    }

    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SystemTable::ALL.into_iter().map(|table| table.relation().name)
    }

    /// Its name and columns.
    pub fn relation(self) -> &'static RelationSchema {
        match self {
            SystemTable::Events => &events::SCHEMA,
            SystemTable::Transactions => &transactions::SCHEMA,
            SystemTable::Snapshots => &markers::SNAPSHOTS,
            SystemTable::Tags => &markers::TAGS,
            SystemTable::Tables => &schema::TABLES,
            SystemTable::Columns => &schema::COLUMNS,
            SystemTable::Indexes => &schema::INDEXES,
            SystemTable::Views => &schema::VIEWS,
            SystemTable::Triggers => &schema::TRIGGERS,
            SystemTable::SchemaHistory => &schema_history::SCHEMA,
            SystemTable::Master => &schema::MASTER,
            SystemTable::TemporaryMaster => &schema::TEMPORARY_MASTER,
            SystemTable::Sequence => &schema::SEQUENCE,
            SystemTable::Statistics => &statistics::SCHEMA,
        }
    }

    /// The schema that it is in.
    pub fn schema_name(self) -> SchemaName {
        match self {
            SystemTable::TemporaryMaster => SchemaName::Temporary,
            SystemTable::Events
            | SystemTable::Transactions
            | SystemTable::Snapshots
            | SystemTable::Tags
            | SystemTable::SchemaHistory
            | SystemTable::Tables
            | SystemTable::Columns
            | SystemTable::Indexes
            | SystemTable::Views
            | SystemTable::Triggers
            | SystemTable::Master
            | SystemTable::Sequence
            | SystemTable::Statistics => SchemaName::Main,
        }
    }

    /// Whether it says what the schema of a moment is, and not what the log has up to there.
    pub fn is_schema(self) -> bool {
        match self {
            SystemTable::Events
            | SystemTable::Transactions
            | SystemTable::Snapshots
            | SystemTable::Tags
            | SystemTable::SchemaHistory => false,
            SystemTable::Tables
            | SystemTable::Columns
            | SystemTable::Indexes
            | SystemTable::Views
            | SystemTable::Triggers
            | SystemTable::Master
            | SystemTable::TemporaryMaster
            | SystemTable::Sequence
            | SystemTable::Statistics => true,
        }
    }

    /// Whether it tells of the columns of views, which have to be bound for it.
    pub fn knows_views(self) -> bool {
        matches!(self, SystemTable::Columns | SystemTable::Views)
    }

    /// What was in it after an event, by the log up to there and everything as it was there; `views` are
    /// those of then that can be read.
    pub fn at(
        self,
        database: &Arc<Database>,
        last: EventId,
        view: &View,
        views: &ReadableViews,
        are_flexible: bool,
    ) -> Arc<dyn Relation> {
        let database = Arc::clone(database);
        let all = Period { first: EventId::START.next(), last };
        match self {
            SystemTable::Events => Arc::new(EventsRelation::new(database, all, None, None)),
            SystemTable::Transactions => Arc::new(TransactionsRelation::new(database, all)),
            SystemTable::Snapshots => Arc::new(markers::SnapshotsRelation { database, last }),
            SystemTable::Tags => Arc::new(markers::TagsRelation { database, last }),
            SystemTable::SchemaHistory => {
                Arc::new(schema_history::SchemaHistoryRelation { database, last })
            }
            SystemTable::Tables | SystemTable::Columns | SystemTable::Indexes => {
                Arc::new(SchemaRelation::new(self.relation(), view.schema(), views))
            }
            SystemTable::Master | SystemTable::TemporaryMaster => {
                let within = view.schema().within(self.schema_name());
                Arc::new(SchemaRelation::master(self.relation(), within, are_flexible))
            }
            SystemTable::Views => Arc::new(SchemaRelation::views(view.schema(), views)),
            SystemTable::Triggers => Arc::new(SchemaRelation::triggers(view.schema())),
            SystemTable::Sequence => Arc::new(SchemaRelation::counters(view)),
            SystemTable::Statistics => Arc::new(statistics::StatisticsRelation(view.clone())),
        }
    }
}

/// Rows made from items: the columns asked for of a shape, by a function that knows each.
struct RelationRows<I, F> {
    /// `None` where an item that was looked at makes no row.
    items: I,
    columns: Vec<(usize, DataType)>,
    value: F,
    context: Context,
}

/// Rows for the columns of a shape, as they are asked for.
fn relation_rows<T, I, F>(
    relation: &RelationSchema,
    columns: &[usize],
    context: &Context,
    items: I,
    value: F,
) -> BoxedOperator
where
    I: Iterator<Item = Result<Option<T>, storage::Error>> + Send + 'static,
    F: Fn(&T, usize) -> Result<Value, storage::Error> + Send + 'static,
{
    let of = |at: &usize| (*at, relation.columns[*at].1);
    made_of(columns.iter().map(of).collect(), context, items, value)
}

/// Rows for columns of these types, which `value` knows by their numbers.
fn made_of<T, I, F>(
    columns: Vec<(usize, DataType)>,
    context: &Context,
    items: I,
    value: F,
) -> BoxedOperator
where
    I: Iterator<Item = Result<Option<T>, storage::Error>> + Send + 'static,
    F: Fn(&T, usize) -> Result<Value, storage::Error> + Send + 'static,
{
    Box::new(RelationRows { items, columns, value, context: context.clone() })
}

impl<T, I, F> Operator for RelationRows<I, F>
where
    I: Iterator<Item = Result<Option<T>, storage::Error>> + Send,
    F: Fn(&T, usize) -> Result<Value, storage::Error> + Send,
{
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let builder = |(_, data_type): &(usize, DataType)| ColumnBuilder::new(*data_type, BATCH);
        let mut builders: Vec<ColumnBuilder> = self.columns.iter().map(builder).collect();
        let (mut rows, mut bytes) = (0, 0);
        for (looked, item) in self.items.by_ref().enumerate() {
            if let Some(item) = item? {
                for ((column, _), builder) in self.columns.iter().zip(&mut builders) {
                    let value = (self.value)(&item, *column)?;
                    bytes += value.byte_length();
                    builder.push(&value)?;
                }
                rows += 1;
            }
            if rows == BATCH || bytes >= BATCH_BYTES {
                break;
            }
            if looked % BATCH == BATCH - 1 {
                self.context.check()?;
            }
        }
        let columns = builders.into_iter().map(ColumnBuilder::finish).collect();
        Ok((rows > 0).then_some(Batch::new(columns, rows)))
    }
}

/// How many rows a LIMIT allows: all, where there is none.
///
/// # Errors
/// `type` where it is no whole number.
pub(super) fn limit(limit: Option<&BoundExpression>, context: &Context) -> Result<usize, Error> {
    let Some(limit) = limit else { return Ok(usize::MAX) };
    let value = context.constant(limit)?;
    match DataType::Integer.accept(value.clone()) {
        // As everywhere, a negative LIMIT is none.
        Ok(Value::Integer(count)) => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
        _ => Err(Error::failed("type", format!("LIMIT {value} is no whole number"))),
    }
}

/// The first items, as many as there may be; those that make no row do not count.
fn at_most<T, E>(
    count: usize,
    items: impl Iterator<Item = Result<Option<T>, E>>,
) -> impl Iterator<Item = Result<Option<T>, E>> {
    let (mut left, mut items) = (count, items);
    std::iter::from_fn(move || {
        let item = if left == 0 { None } else { items.next() };
        left -= usize::from(matches!(item, Some(Ok(Some(_)))));
        item
    })
}

/// A number as a value; one beyond every INTEGER is the largest.
pub(super) fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// A text as a value, NULL where there is none.
pub(super) fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, Value::text)
}

/// What the columns that every list of events has say of an event; `None` of another column.
fn fact(event: &Event, metadata: Option<&Metadata>, column: &str) -> Option<Value> {
    let operation = &event.operation;
    let said_of = |of: fn(&Metadata) -> &Option<String>| {
        optional(metadata.and_then(|metadata| of(metadata).as_deref()))
    };
    Some(match column {
        "event" => integer(event.id.0),
        "tx" => integer(event.tx.0),
        "at" => Value::Timestamp(event.at),
        "op" => Value::text(operation.name()),
        "table_name" => optional(operation.table_name()),
        "row" => operation.row().map_or(Value::Null, |row| integer(row.row.0)),
        "rev" => operation.row().map_or(Value::Null, |row| integer(u64::from(row.rev))),
        "intent" => said_of(|metadata| &metadata.intent),
        "actor" => said_of(|metadata| &metadata.actor),
        "note" => said_of(|metadata| &metadata.note),
        "cause" => event.cause.map_or(Value::Null, |cause| integer(cause.0)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::SystemTable;

    #[test]
    fn every_table_of_the_system_is_found_by_its_name() {
        for table in SystemTable::ALL {
            let name = table.relation().name;
            assert_eq!(SystemTable::named(name), Some(table));
            assert_eq!(SystemTable::named(&name.to_uppercase()), Some(table));
        }
        assert_eq!(SystemTable::named("SQLITE_schema"), Some(SystemTable::Master));
        for other in ["", "t", "sqlite", "sqlite_é", "é_events", "_", "events"] {
            assert_eq!(SystemTable::named(other), None, "{other}");
        }
    }
}
