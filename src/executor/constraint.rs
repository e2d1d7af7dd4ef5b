//! Keys that must stay unique, checked at the end of a statement, and what a schema change demands of
//! the rows that are there.

use super::Error;
use super::evaluate::Context;
use super::write::assign;
use crate::planner::BoundExpression;
use crate::storage::{LocatedVersion, SchemaChange, TableView, View};
use crate::types::column::value_at;
use crate::types::{Column, KeyKind, KeySchema, Row, RowId, TableSchema, Value, key};
use std::collections::HashMap;
use std::sync::Arc;

/// The new values of a table's unique keys, as a statement gathers them.
pub struct UniqueKeys<'a> {
    keys: Vec<KeyValues<'a>>,
    /// How many rows they are of.
    rows: usize,
}

struct KeyValues<'a> {
    key: &'a KeySchema,
    /// Each list of values once, with the number of its row.
    values: Vec<(usize, Vec<Value>)>,
    /// The rows by the encodings of their values, as soon as there are two lists.
    rows: HashMap<Vec<u8>, usize>,
}

impl<'a> KeyValues<'a> {
    fn new(key: &'a KeySchema) -> KeyValues<'a> {
        KeyValues { key, values: Vec::new(), rows: HashMap::new() }
    }

    /// The error of a row of the statement that has one of the key's values again.
    fn duplicate(&self, table: &TableSchema, row: usize, values: &[Value], how: &str) -> Error {
        let error = duplicate(table, self.key, values, how);
        error.of_row(Some(row), self.key.columns.last().copied())
    }
}

impl<'a> UniqueKeys<'a> {
    /// The unique keys of a table that are `wanted`.
    pub fn of(table: &'a TableSchema, wanted: impl Fn(&KeySchema) -> bool) -> UniqueKeys<'a> {
        let keys = table.keys.iter().filter(|key| key.unique && wanted(key));
        UniqueKeys { keys: keys.map(KeyValues::new).collect(), rows: 0 }
    }

    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Takes a new row's keys in. A key with a NULL in it is like no other.
    ///
    /// # Errors
    /// `unique` where the statement itself gives a key twice.
    pub fn add(&mut self, table: &TableSchema, row: &Row) -> Result<(), Error> {
        let number = self.rows;
        self.rows += 1;
        for key_values in &mut self.keys {
            let values: Vec<Value> =
                key_values.key.columns.iter().map(|column| row[*column].clone()).collect();
            if values.iter().any(Value::is_null) {
                continue;
            }
            // A single row needs no set to be unique in.
            if let [(first, only)] = key_values.values.as_slice() {
                key_values.rows.insert(key::encode(only), *first);
            }
            if !key_values.values.is_empty()
                && let Some(first) = key_values.rows.insert(key::encode(&values), number)
            {
                let error = key_values.duplicate(table, number, &values, "given twice");
                return Err(error.note(Some(format!("row {} gives it first", first + 1))));
            }
            key_values.values.push((number, values));
        }
        Ok(())
    }

    /// Compares the gathered keys with the rows that stay.
    ///
    /// # Errors
    /// `unique` where a visible row that the statement does not `replace` has one of the keys.
    pub fn check(
        &self,
        table: &TableSchema,
        view: &TableView,
        replaces: impl Fn(RowId) -> bool,
    ) -> Result<(), Error> {
        for key_values in &self.keys {
            for (number, values) in &key_values.values {
                let found = view.find(key_values.key.id, values).unwrap_or_default();
                if let Some(there) = found.iter().find(|located| !replaces(located.row())) {
                    let error = key_values.duplicate(table, *number, values, "there already");
                    return Err(error.note(row_there(table, view, *there)));
                }
            }
        }
        Ok(())
    }

    /// Compares the keys of one row with the rows that are there.
    ///
    /// # Errors
    /// `unique` where a visible row has one of them.
    pub fn check_row(&self, table: &TableSchema, view: &TableView, row: &Row) -> Result<(), Error> {
        for KeyValues { key, .. } in &self.keys {
            let values: Vec<Value> =
                key.columns.iter().map(|column| row[*column].clone()).collect();
            let counts = !values.iter().any(Value::is_null);
            let found = if counts { view.find(key.id, &values) } else { None };
            if let Some(there) = found.as_ref().and_then(|found| found.first()) {
                let error = duplicate(table, key, &values, "there already").of_row(None, None);
                return Err(error.note(row_there(table, view, *there)));
            }
        }
        Ok(())
    }
}

/// `accounts.id 1 is there already: PRIMARY KEY`.
fn duplicate(table: &TableSchema, key: &KeySchema, values: &[Value], how: &str) -> Error {
    let named = |(column, value): (&usize, &Value)| {
        format!("{}.{} {}", table.name, table.columns[*column].name, value.shortened())
    };
    let named: Vec<String> = key.columns.iter().zip(values).map(named).collect();
    let kind = match key.kind {
        KeyKind::Primary => "PRIMARY KEY",
        KeyKind::Unique | KeyKind::Index => "UNIQUE",
    };
    Error::failed("unique", format!("{} is {how}: {kind}", named.join(" with ")))
}

/// The most columns of a row that a note shows.
const MOST_SHOWN: usize = 6;

/// A row that is there in words: `the row there: id 1, owner 'Ada'`.
fn row_there(table: &TableSchema, view: &TableView, located: LocatedVersion) -> Option<String> {
    let columns: Vec<usize> = (0..table.columns.len().min(MOST_SHOWN)).collect();
    // What is wrong is said in any case.
    let rows = view.fetch(&[located], &columns).ok()?;
    let shown = rows.columns.iter().zip(&table.columns).map(|(array, column)| {
        format!("{} {}", column.name, value_at(array, column.data_type, 0).shortened())
    });
    let shown: Vec<String> = shown.collect();
    let more = if table.columns.len() > MOST_SHOWN { ", …" } else { "" };
    Some(format!("the row there: {}{more}", shown.join(", ")))
}

/// Which row of a table one is: `id 2`, the values of its primary key, or its number.
pub(super) fn row_name(table: &TableSchema, row: &Row, number: Option<RowId>) -> Option<String> {
    let key = table.primary_key().filter(|key| key.columns.iter().all(|at| !row[*at].is_null()));
    match key {
        Some(key) => {
            let named =
                |at: &usize| format!("{} {}", table.columns[*at].name, row[*at].shortened());
            Some(key.columns.iter().map(named).collect::<Vec<_>>().join(", "))
        }
        None => number.map(|number| format!("_row {number}")),
    }
}

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
            SchemaChange::AddColumn { table, column } => {
                let given = initial.map_or(Ok(Value::Null), |initial| context.constant(initial))?;
                column.initial = assign(table, column, given)?;
                if column.not_null && column.initial.is_null() {
                    return Err(no_value(table, column));
                }
            }
            SchemaChange::CreateIndex { table, key } => {
                if key.unique {
                    check_unique(table, key, view)?;
                }
            }
            SchemaChange::CreateTable(_)
            | SchemaChange::DropTable(_)
            | SchemaChange::RestoreTable { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. } => {}
        }
    }
    Ok(changes)
}

/// A column that must not be NULL and would be in all rows that are there, or ever were.
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

/// Checks that no two rows have the same key.
fn check_unique(table: &Arc<TableSchema>, key: &KeySchema, view: &View) -> Result<(), Error> {
    let mut first_rows = HashMap::new();
    for_each_row(table, view, |number, row, id| {
        let values: Vec<Value> = key.columns.iter().map(|column| row[*column].clone()).collect();
        if values.iter().any(Value::is_null) {
            return Ok(());
        }
        let Some(first) = first_rows.insert(key::encode(&values), number) else { return Ok(()) };
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
