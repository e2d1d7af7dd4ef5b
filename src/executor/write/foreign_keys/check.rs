//! Whether what was touched still refers to what is there.

use super::super::super::Error;
use super::super::place::row_name;
use super::keys::{
    Referenced, TouchedTable, all_rows, referenced_columns, referring, row_of, touched, values_of,
};
use crate::storage::{Fork, RewrittenRow, View};
use crate::types::{ForeignKey, Row, RowId, Schema, TableSchema, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Which constraints are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckedConstraints {
    /// Those that hold at the end of each statement.
    Immediate,
    /// Those that hold at the end of the transaction.
    Deferred,
    /// All of them.
    All,
}

impl CheckedConstraints {
    fn has(self, constraint: &ForeignKey) -> bool {
        match self {
            CheckedConstraints::Immediate => !constraint.deferred,
            CheckedConstraints::Deferred => constraint.deferred,
            CheckedConstraints::All => true,
        }
    }
}

/// A foreign key of a table, beside what it refers to.
pub(in super::super) struct Reference<'a> {
    table: &'a TableSchema,
    constraint: &'a ForeignKey,
    referenced: Result<Referenced, Error>,
}

impl<'a> Reference<'a> {
    /// That of a schema.
    pub fn of(
        schema: &Schema,
        table: &'a TableSchema,
        constraint: &'a ForeignKey,
    ) -> Reference<'a> {
        let referenced = Referenced::of(schema, table, constraint);
        Reference { table, constraint, referenced }
    }

    /// Whether a row refers to none: where there is no such table or key, every row does that refers at
    /// all.
    fn is_lost(&self, view: &View, row: &Row) -> bool {
        let own = values_of(row, &self.constraint.columns);
        match &self.referenced {
            Ok(referenced) => referenced.is_lost(view, &own),
            Err(_) => !own.iter().any(Value::is_null),
        }
    }

    /// What is wrong with a row that refers to none.
    pub fn broken(&self, view: &View, row: &Row) -> Option<String> {
        self.is_lost(view, row).then(|| match &self.referenced {
            Ok(referenced) => {
                let own = values_of(row, &self.constraint.columns);
                refers_to_none(self.table, self.constraint, referenced, &own)
            }
            Err(mismatch) => mismatch.to_string(),
        })
    }
}

/// What is wrong with a row whose values refer to none.
fn refers_to_none(
    table: &TableSchema,
    constraint: &ForeignKey,
    referenced: &Referenced,
    own: &[Value],
) -> String {
    format!(
        "{} refers to {}, which is not there: {}",
        sides(table, &constraint.columns, own),
        sides(&referenced.table, &referenced.columns, own),
        constraint.title()
    )
}

/// Asks foreign keys of what a fork recorded from one operation on, and noted since: of the rows that refer,
/// of those that others referred to, and of those that were given again what they refer by.
///
/// # Errors
/// `foreign-key` of a row that refers to none, with both sides; `foreign-key-mismatch` where there is
/// no such key to refer to.
pub fn check(fork: &Fork, first: usize, which: CheckedConstraints) -> Result<(), Error> {
    let rewritten = fork.rewritten_since(first);
    if (first >= fork.len() && rewritten.is_empty()) || !fork.has_foreign_key(|key| which.has(key))
    {
        return Ok(());
    }
    let view = fork.view();
    let schema = view.schema();
    let is_child = |table: &TableSchema| table.foreign_keys.iter().any(|key| which.has(key));
    let referring_tables: Vec<&Arc<TableSchema>> =
        schema.all_tables().filter(|table| is_child(table)).collect();
    let is_wanted = |table: &TableSchema| {
        is_child(table) || referring_tables.iter().any(|other| other.refers_to(table))
    };
    for touched in touched(fork, &view, first, is_wanted)? {
        let now = schema.home(touched.table.id).table(&touched.table.name);
        let is_there = now.is_some_and(|now| now.id == touched.table.id);
        let own = touched.table.foreign_keys.iter().filter(|key| is_there && which.has(key));
        own.into_iter().try_for_each(|key| check_referring(&view, &touched, key, which))?;
        for child in &referring_tables {
            for key in child.keys_to(&touched.table).filter(|key| which.has(key)) {
                check_referenced(&view, &touched, child, key)?;
            }
        }
    }
    rewritten.iter().try_for_each(|row| check_rewritten(&view, row, which))
}

/// The rows of a table that do not find what they refer to, each with the index of the foreign key.
///
/// # Errors
/// `foreign-key-mismatch` where what is referred to has no such key.
pub fn unreferenced_rows(
    view: &View,
    table: &Arc<TableSchema>,
) -> Result<Vec<(RowId, Row, usize)>, Error> {
    let mut found = Vec::new();
    let rows = all_rows(&view.table(table))?;
    for (index, constraint) in table.foreign_keys.iter().enumerate() {
        let reference = Reference::of(view.schema(), table, constraint);
        let is_there = view.schema().home(table.id).table(&constraint.references).is_some();
        let lost = rows.iter().filter(|(_, row)| reference.is_lost(view, row));
        found.extend(lost.map(|(number, row)| (*number, row.clone(), index)));
        if let (Err(mismatch), true) = (reference.referenced, is_there) {
            return Err(mismatch);
        }
    }
    Ok(found)
}

/// Asks of rows that refer, and were given what they refer by, whether that is there.
fn check_referring(
    view: &View,
    touched: &TouchedTable,
    constraint: &ForeignKey,
    which: CheckedConstraints,
) -> Result<(), Error> {
    let table = &touched.table;
    // What the last operation left is what is there now.
    let mut seen: HashSet<RowId> = HashSet::new();
    let mut asked: Vec<(RowId, &Row)> = Vec::new();
    let mut now: std::collections::HashMap<RowId, &Row> = std::collections::HashMap::new();
    for touched in &touched.rows {
        if seen.insert(touched.row) {
            now.extend(touched.new.as_ref().map(|new| (touched.row, new)));
        }
        let own = |row: &Row| values_of(row, &constraint.columns);
        let changed = match (&touched.old, &touched.new) {
            (Some(old), Some(new)) => own(old) != own(new),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if changed && let Some(row) = now.remove(&touched.row) {
            asked.push((touched.row, row));
        }
    }
    if which != CheckedConstraints::Immediate {
        // By the end of a transaction the table may be gone, of which a row with NULL asks nothing.
        asked.retain(|(_, row)| !values_of(row, &constraint.columns).iter().any(Value::is_null));
    }
    if asked.is_empty() {
        return Ok(());
    }
    let referenced = Referenced::of(view.schema(), table, constraint)?;
    // The first row of the statement is told first.
    let mut asked = asked.into_iter().rev();
    asked.try_for_each(|row| check_row(view, table, constraint, &referenced, row))
}

/// Asks of one row whether what it refers to is there.
fn check_row(
    view: &View,
    table: &TableSchema,
    constraint: &ForeignKey,
    referenced: &Referenced,
    (row, values): (RowId, &Row),
) -> Result<(), Error> {
    let own = values_of(values, &constraint.columns);
    if !referenced.is_lost_to(view, (table, row), (&own, values)) {
        return Ok(());
    }
    let message = refers_to_none(table, constraint, referenced, &own);
    let name = row_name(table, values, Some(row));
    Err(failed(message, name.map(|name| format!("the row of {}: {name}", table.name))))
}

/// Asks of a row that was given what it had, and that referred to nothing.
fn check_rewritten(
    view: &View,
    rewritten: &RewrittenRow,
    which: CheckedConstraints,
) -> Result<(), Error> {
    let mut tables = view.schema().home(rewritten.table).tables();
    let Some(table) = tables.find(|table| table.id == rewritten.table) else { return Ok(()) };
    let Some(values) = row_of(&view.table(table), rewritten.row)? else { return Ok(()) };
    let is_of = |key: &&ForeignKey| {
        let columns = key.columns.iter().map(|column| table.columns[*column].id);
        which.has(key) && columns.eq(rewritten.columns.iter().copied())
    };
    for key in table.foreign_keys.iter().filter(is_of) {
        if !values_of(&values, &key.columns).iter().any(Value::is_null) {
            let referenced = Referenced::of(view.schema(), table, key)?;
            check_row(view, table, key, &referenced, (rewritten.row, &values))?;
        }
    }
    Ok(())
}

/// Asks whether what rows were referred to by is gone while others still refer to it.
fn check_referenced(
    view: &View,
    touched: &TouchedTable,
    child: &Arc<TableSchema>,
    constraint: &ForeignKey,
) -> Result<(), Error> {
    let parent = &touched.table;
    let Some(columns) = referenced_columns(parent, constraint) else { return Ok(()) };
    let key_of = |row: &Row| values_of(row, &columns);
    let mut gone: Vec<Vec<Value>> = Vec::new();
    let now = Referenced::of(view.schema(), child, constraint);
    for touched in touched.rows.iter().rev() {
        let Some(old) = &touched.old else { continue };
        let key = key_of(old);
        let is_same = touched.new.as_ref().is_some_and(|new| key_of(new) == key);
        if is_same || key.iter().any(Value::is_null) {
            continue;
        }
        if !now.as_ref().is_ok_and(|now| now.exists(view, &key)) {
            gone.push(key);
        }
    }
    if gone.is_empty() {
        return Ok(());
    }
    // A table that was dropped is still what its rows were of.
    let referenced = match now {
        Ok(referenced) => referenced,
        Err(_) => match parent.keys.iter().find(|key| key.unique) {
            Some(key) => {
                Referenced { table: Arc::clone(parent), key: key.clone(), columns: columns.clone() }
            }
            None => return Ok(()),
        },
    };
    let found = referring(&view.table(child), constraint, &referenced, &gone)?;
    let Some(first) = found.into_iter().min_by_key(|found| (found.key, found.row)) else {
        return Ok(());
    };
    let own = values_of(&first.values, &constraint.columns);
    let message = format!(
        "{} is referred to by {}: {}",
        sides(parent, &columns, &gone[first.key]),
        sides(child, &constraint.columns, &own),
        constraint.title(),
    );
    let name = row_name(child, &first.values, Some(first.row));
    Err(failed(message, name.map(|name| format!("the row of {}: {name}", child.name))))
}

/// `orders.customer 7`, or `a.x 1 with a.y 2`.
pub(super) fn sides(table: &TableSchema, columns: &[usize], values: &[Value]) -> String {
    let named = columns.iter().zip(values).map(|(column, value)| {
        format!("{}.{} {}", table.name, table.columns[*column].name, value.shortened())
    });
    named.collect::<Vec<String>>().join(" with ")
}

/// The error of a foreign key that does not hold, with the row that refers.
pub(super) fn failed(message: String, note: Option<String>) -> Error {
    Error::failed("foreign-key", message).of_row(None, None).note(note)
}
