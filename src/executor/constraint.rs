//! What a schema change demands of the rows that are there.

use super::Error;
use super::evaluate::Context;
use super::row_key::RowKey;
use super::write::{assign, duplicate, row_name};
use crate::planner::BoundExpression;
use crate::storage::{SchemaChange, View};
use crate::types::column::value_at;
use crate::types::{Column, KeySchema, Row, RowId, TableSchema, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// Schema changes ready to be recorded, once the rows that are there take them: a column that is
/// added has a value for them, `initial` if it is given, a UNIQUE index finds no key twice.
///
/// # Errors
/// `unique` naming the first key that is there twice, `not-null` where a column would have no value,
/// `type` where it cannot hold the value.
pub fn schema_changes(
    changes: &[SchemaChange],
    initial: Option<&BoundExpression>,
    view: &View,
    context: &Context,
) -> Result<Vec<SchemaChange>, Error> {
    let mut changes = changes.to_vec();
    for change in &mut changes {
        match change {
            SchemaChange::AddColumn { table, column, constraints } => {
                let given = initial.map_or(Ok(Value::Null), |initial| context.constant(initial))?;
                column.initial = assign(table, column, given)?;
                let is_null = column.initial.is_null();
                let has_no_value = column.not_null && is_null && column.generated.is_none();
                let refers = context.enforcement.foreign_keys
                    && !is_null
                    && !constraints.foreign_keys.is_empty();
                if (has_no_value || refers) && has_rows(table, view)? {
                    return Err(match has_no_value {
                        true => no_value(table, column),
                        false => no_reference(table, column),
                    });
                }
            }
            SchemaChange::CreateIndex { table, key } => {
                if key.unique || key.is_computed() {
                    check_unique(table, key, view)?;
                }
            }
            SchemaChange::CreateTable(_)
            | SchemaChange::DropTable(_)
            | SchemaChange::RestoreTable { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. }
            | SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => {}
        }
    }
    Ok(changes)
}

/// Whether a table has any row.
fn has_rows(table: &Arc<TableSchema>, view: &View) -> Result<bool, Error> {
    for rows in view.table(table).scan(&[]) {
        if !rows?.rows.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A column that refers, which would say the same in all rows that are there.
fn no_reference(table: &TableSchema, column: &Column) -> Error {
    Error::Failed {
        code: "foreign-key",
        message: format!(
            "{}.{} refers to another table, and rows older than it would all refer to its DEFAULT",
            table.name, column.name
        ),
        help: Some("add it without a DEFAULT, then UPDATE says what they refer to".to_owned()),
    }
}

/// A column that must not be NULL and would be in all rows that are there.
fn no_value(table: &TableSchema, column: &Column) -> Error {
    Error::Failed {
        code: "not-null",
        message: format!(
            "{}.{} must not be NULL, and rows older than it would have no value in it",
            table.name, column.name
        ),
        help: Some("give it a DEFAULT that is not NULL".to_owned()),
    }
}

/// Checks that every row has a key, and no two the same if it is unique.
fn check_unique(table: &Arc<TableSchema>, key: &KeySchema, view: &View) -> Result<(), Error> {
    let mut first_rows = HashMap::new();
    let row_key = RowKey::new(key, table)?;
    for_each_row(table, view, |number, row, id| {
        let values = row_key.values(row)?.filter(|_| key.unique);
        let Some(values) = values else { return Ok(()) };
        let encoded = row_key.encode(&values);
        let Some(first) = first_rows.insert(encoded, number) else { return Ok(()) };
        let mut names: Vec<String> = Vec::new();
        for_each_row(table, view, |number, row, id| {
            names.extend(row_name(table, row, Some(id)).filter(|_| number == first));
            Ok(())
        })?;
        names.extend(row_name(table, row, Some(id)));
        let note = format!("the rows: {}", names.join(" and "));
        let error = duplicate(table, key, &values, "there twice");
        Err(error.of_row(None, key.columns.last().copied()).note(Some(note)))
    })
}

/// Calls `visit` with every row of a table, the number of rows before it and its own number.
fn for_each_row(
    table: &Arc<TableSchema>,
    view: &View,
    mut visit: impl FnMut(usize, &Row, RowId) -> Result<(), Error>,
) -> Result<(), Error> {
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    let mut number = 0;
    for rows in view.table(table).scan(&columns) {
        let rows = rows?;
        for (at, id) in rows.rows.iter().enumerate() {
            let typed = rows.columns.iter().zip(&table.columns);
            let row: Row =
                typed.map(|(array, column)| value_at(array, column.data_type, at)).collect();
            visit(number, &row, *id)?;
            number += 1;
        }
    }
    Ok(())
}
