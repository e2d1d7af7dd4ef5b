//! `_schema_history`: every change of the schema, with its definition.

use super::{Shape, fact, made, optional};
use crate::executor::{Context, Error, Relation, Rows};
use crate::language::ast::Identifier;
use crate::planner::{column_definition, create_index, create_table};
use crate::storage::{Database, Event, Operation};
use crate::types::{DataType, EventId, Period, TableSchema, Value};
use std::sync::Arc;

pub(super) const SHAPE: Shape = Shape {
    name: "_schema_history",
    columns: &[
        ("event", DataType::Integer),
        ("op", DataType::Text),
        ("table_name", DataType::Text),
        ("name", DataType::Text),
        ("at", DataType::Timestamp),
        ("tx", DataType::Integer),
        ("sql", DataType::Text),
    ],
};

/// The changes of the schema up to an event.
#[derive(Debug)]
pub(super) struct SchemaHistory {
    pub database: Arc<Database>,
    pub last: EventId,
}

impl Relation for SchemaHistory {
    fn open(&self, columns: &[usize], context: &Context) -> Result<Rows, Error> {
        let store = Arc::clone(self.database.store());
        // They are few, and lie far apart.
        let changes = store.schema_changes(self.last).into_iter();
        let events = changes.map(move |event| store.read(Period::at(event)).next().transpose());
        Ok(made(&SHAPE, columns, context, events, |event, column| Ok(value(event, column))))
    }

    fn source(&self) -> String {
        format!("{}: the log, up to event {}", SHAPE.name, self.last)
    }
}

fn value(event: &Event, column: usize) -> Value {
    match SHAPE.columns.get(column).map(|column| column.0) {
        Some("name") => optional(name(&event.operation)),
        Some("sql") => optional(definition(&event.operation).as_deref()),
        Some(column) => fact(event, None, column).unwrap_or(Value::Null),
        None => Value::Null,
    }
}

/// The name of the table, index or column that changed, as it was before a change of it.
fn name(operation: &Operation) -> Option<&str> {
    match operation {
        Operation::CreateTable(table)
        | Operation::DropTable(table)
        | Operation::RenameTable { table, .. } => Some(&table.name),
        Operation::CreateIndex { key, .. } | Operation::DropIndex { key, .. } => {
            key.name.as_deref()
        }
        Operation::AddColumn { column, .. } => Some(&column.name),
        Operation::DropColumn { table, column } | Operation::RenameColumn { table, column, .. } => {
            Some(&table.columns.get(*column)?.name)
        }
        Operation::Tag { .. }
        | Operation::Snapshot { .. }
        | Operation::Insert { .. }
        | Operation::Update { .. }
        | Operation::Delete { .. } => None,
    }
}

/// The statement that made what was made or dropped; of an alteration, one that does it.
fn definition(operation: &Operation) -> Option<String> {
    let alter = |table: &TableSchema, what: String| {
        Some(format!("ALTER TABLE {} {what}", Identifier::of(&table.name)))
    };
    match operation {
        Operation::CreateTable(table) | Operation::DropTable(table) => Some(create_table(table)),
        Operation::CreateIndex { table, key } | Operation::DropIndex { table, key } => {
            Some(create_index(table, key))
        }
        Operation::AddColumn { table, column } => {
            alter(table, format!("ADD COLUMN {}", column_definition(column)))
        }
        Operation::DropColumn { table, .. } => {
            alter(table, format!("DROP COLUMN {}", Identifier::of(name(operation)?)))
        }
        Operation::RenameColumn { table, name: new, .. } => {
            let old = Identifier::of(name(operation)?);
            alter(table, format!("RENAME COLUMN {old} TO {}", Identifier::of(new)))
        }
        Operation::RenameTable { table, name: new } => {
            alter(table, format!("RENAME TO {}", Identifier::of(new)))
        }
        Operation::Tag { .. }
        | Operation::Snapshot { .. }
        | Operation::Insert { .. }
        | Operation::Update { .. }
        | Operation::Delete { .. } => None,
    }
}
