//! Statements that look at the schema: DESCRIBE, SHOW TABLES; and what is said of those that ask
//! SQLite for it.

use super::outcome::{self, Outcome};
use super::relations::{SystemTable, column_row};
use super::{Error, Session};
use crate::language::ast::{AsOf, MaintenanceKind, ObjectName, Temporal};
use crate::planner::{self, suggest};
use crate::types::{Collation, DataType, EventId, KeyKind, Schema, SchemaName, TableSchema, Value};
use std::sync::Arc;

impl Session {
    /// The columns of a table or a view, a row each.
    pub(super) fn describe(
        &self,
        name: &ObjectName,
        as_of: Option<&AsOf>,
    ) -> Result<Outcome, Error> {
        let mut catalog = self.catalog()?;
        let temporal = as_of.cloned().map(Temporal::AsOf);
        let (schema, event) = catalog.described(name, temporal.as_ref())?;
        let columns = [
            ("column", DataType::Text),
            ("type", DataType::Text),
            ("null", DataType::Text),
            ("key", DataType::Text),
            ("default", DataType::Text),
            ("holds", DataType::Text),
        ];
        let rows = (0..schema.columns.len()).map(|at| column_row(&schema, at));
        let event = (!schema.id.is_temporary()).then_some(event);
        outcome::fixed(&columns, rows.collect(), event)
    }

    /// The tables and views at a moment, a row each.
    pub(super) fn show_tables(&self, as_of: Option<&AsOf>) -> Result<Outcome, Error> {
        let mut catalog = self.catalog()?;
        let (event, view) = catalog.view(as_of)?;
        let columns = [
            ("table", DataType::Text),
            ("columns", DataType::Text),
            ("created", DataType::Integer),
        ];
        let row = |name: &str, columns: Option<&Arc<TableSchema>>, created: EventId| {
            let columns = columns.map(|columns| columns.column_names().join(", "));
            let created = i64::try_from(created.0).unwrap_or(i64::MAX);
            let columns = columns.map_or(Value::Null, Value::text);
            vec![Value::text(name), columns, Value::Integer(created)]
        };
        let rows = view.schema().tables().map(|table| row(&table.name, Some(table), table.id.0));
        let temporal = as_of.cloned().map(Temporal::AsOf);
        let known = catalog.readable_views(view.schema(), temporal.as_ref());
        let views = view.schema().views();
        let views =
            views.map(|view| row(&view.name, known.named(SchemaName::Main, &view.name), view.id));
        let temporary = view.schema().within(SchemaName::Temporary);
        let names = temporary.tables().map(|table| (table.name.as_str(), Some(table)));
        let views_of = temporary
            .views()
            .map(|view| (view.name.as_str(), known.named(SchemaName::Temporary, &view.name)));
        let names = names.chain(views_of);
        let temporary = names.map(|(name, columns)| {
            let mut row =
                row(&format!("{}.{name}", SchemaName::Temporary), columns, EventId::START);
            row[2] = Value::Null;
            row
        });
        outcome::fixed(&columns, rows.chain(views).chain(temporary).collect(), Some(event))
    }
}

/// Makes sure that what ANALYZE or REINDEX names is there.
///
/// # Errors
/// `unknown-table` where there is neither a table nor an index of that name.
pub(super) fn check_maintenance(
    verb: MaintenanceKind,
    name: Option<&ObjectName>,
    schema: &Schema,
) -> Result<(), planner::Error> {
    let Some(name) = name else { return Ok(()) };
    let is_collation = || Collation::from_name(&name.name).is_some();
    let is_known = schema.find_table(name.schema, &name.name).is_some()
        || schema.find_view(name.schema, &name.name).is_some()
        || schema.find_index(name.schema, &name.name).is_some()
        || SystemTable::of(name).is_some()
        || (verb == MaintenanceKind::Reindex && is_collation());
    if is_known {
        return Ok(());
    }
    let tables = schema.all_tables().map(|table| table.name.as_str());
    let keys = schema.all_tables().flat_map(|table| &table.keys);
    let indexes = keys.filter(|key| key.kind == KeyKind::Index).filter_map(|k| k.name.as_deref());
    let help = suggest(&name.name, tables.chain(indexes));
    let message = format!("no table or index \"{}\"", name.name);
    Err(planner::Error::new("unknown-table", message, name.span).help(help))
}

/// What is said of a statement that is taken and does nothing.
pub(super) fn accepted(words: &str) -> String {
    format!("{words} is accepted and does nothing here")
}
