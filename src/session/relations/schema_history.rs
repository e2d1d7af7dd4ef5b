//! `_schema_history`: every change of the schema, with its definition.

use super::{RelationSchema, fact, optional, relation_rows};
use crate::executor::{BoxedOperator, Context, Error, Relation};
use crate::language::ast::Identifier;
use crate::planner::{alteration, column_definition, create_index, create_table};
use crate::storage::{Database, Event, SchemaChange};
use crate::types::{DataType, EventId, Period, Value};
use std::sync::Arc;

pub(super) const SCHEMA: RelationSchema = RelationSchema {
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
pub(super) struct SchemaHistoryRelation {
    pub database: Arc<Database>,
    pub last: EventId,
}

impl Relation for SchemaHistoryRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let store = Arc::clone(self.database.store());
        // They are few, and lie far apart.
        let changes = store.schema_changes(self.last).into_iter();
        let events = changes.map(move |event| store.read(Period::at(event)).next().transpose());
        Ok(relation_rows(&SCHEMA, columns, context, events, |event, column| {
            Ok(value(event, column))
        }))
    }

    fn source(&self) -> String {
        format!("{}: the log, up to event {}", SCHEMA.name, self.last)
    }
}

fn value(event: &Event, column: usize) -> Value {
    let change = event.operation.schema_change();
    match SCHEMA.columns.get(column).map(|column| column.0) {
        Some("name") => optional(change.and_then(name)),
        Some("sql") => optional(change.map(definition).as_deref()),
        Some(column) => fact(event, None, column).unwrap_or(Value::Null),
        None => Value::Null,
    }
}

/// The name of the table, index, column, view or trigger that changed, as it was before a change of it.
fn name(change: &SchemaChange) -> Option<&str> {
    match change {
        SchemaChange::CreateTable(table)
        | SchemaChange::DropTable(table)
        | SchemaChange::RestoreTable { table, .. }
        | SchemaChange::RenameTable { table, .. }
        | SchemaChange::AlterConstraint { table, .. } => Some(&table.name),
        SchemaChange::CreateIndex { key, .. } | SchemaChange::DropIndex { key, .. } => {
            key.name.as_deref()
        }
        SchemaChange::AddColumn { column, .. } => Some(&column.name),
        SchemaChange::DropColumn { table, column }
        | SchemaChange::RenameColumn { table, column, .. } => {
            Some(&table.columns.get(*column)?.name)
        }
        SchemaChange::CreateDefinition(definition)
        | SchemaChange::DropDefinition(definition)
        | SchemaChange::ReplaceDefinition { new: definition, .. } => Some(&definition.name),
    }
}

/// The statement that made what was made or dropped; of an alteration, one that does it.
fn definition(change: &SchemaChange) -> String {
    let alter =
        |what: String| format!("ALTER TABLE {} {what}", Identifier::of(change.table_name()));
    let column = || Identifier::of(name(change).unwrap_or_default());
    match change {
        SchemaChange::CreateTable(table)
        | SchemaChange::DropTable(table)
        | SchemaChange::RestoreTable { table, .. } => create_table(table),
        SchemaChange::CreateIndex { table, key } | SchemaChange::DropIndex { table, key } => {
            create_index(table, key)
        }
        SchemaChange::AddColumn { column, .. } => {
            let written = column.sql.as_str();
            let written = (!written.is_empty()).then(|| written.to_owned());
            alter(format!("ADD COLUMN {}", written.unwrap_or_else(|| column_definition(column))))
        }
        SchemaChange::DropColumn { .. } => alter(format!("DROP COLUMN {}", column())),
        SchemaChange::RenameColumn { name, .. } => {
            alter(format!("RENAME COLUMN {} TO {}", column(), Identifier::of(name)))
        }
        SchemaChange::RenameTable { name, .. } => {
            alter(format!("RENAME TO {}", Identifier::of(name)))
        }
        SchemaChange::AlterConstraint { table, edit, .. } => alteration(table, edit),
        SchemaChange::CreateDefinition(definition)
        | SchemaChange::DropDefinition(definition)
        | SchemaChange::ReplaceDefinition { new: definition, .. } => definition.sql.clone(),
    }
}
