//! The step that numbers new rows: the INTEGER PRIMARY KEY fills itself, and a number that a row is
//! given beside it is one that no row ever had.

use super::super::Error;
use super::row::WriteRow;
use crate::storage::TableView;
use crate::types::{RowId, TableSchema, Value};

/// Gives every new row its number where it has none: one more than the largest so far.
///
/// # Errors
/// `key-exhausted` where none is left.
pub(super) fn fill(
    table: &TableSchema,
    view: &TableView,
    rows: &mut [WriteRow],
) -> Result<(), Error> {
    let Some(column) = table.integer_primary_key() else { return Ok(()) };
    // The largest number is looked up when it is first needed.
    let (mut given, mut last) = (0, None);
    for WriteRow { old, new, .. } in rows {
        let (None, Some(new)) = (old, new) else { continue };
        if let Value::Integer(number) = new[column] {
            given = given.max(number);
        } else if new[column].is_null() {
            let known = last.unwrap_or_else(|| largest(table, view)).max(given);
            let next = known.checked_add(1).ok_or_else(|| {
                let message = format!("{} has no number left for a new row", table.name);
                Error::failed("key-exhausted", message)
            })?;
            (last, new[column]) = (Some(next), Value::Integer(next));
        }
    }
    Ok(())
}

/// The rowid of a row as far as it is known before it is recorded: its key, or the number that it has.
pub(super) fn rowid(table: &TableSchema, row: &WriteRow) -> Option<i64> {
    match (table.integer_primary_key(), &row.new) {
        (Some(key), Some(new)) => {
            if let Value::Integer(number) = new[key] {
                Some(number)
            } else {
                None
            }
        }
        (Some(_), None) => None,
        (None, _) => i64::try_from(row.row?.0).ok(),
    }
}

/// The number from which new ones count on, at least 0.
fn largest(table: &TableSchema, view: &TableView) -> i64 {
    let present = table.primary_key().and_then(|key| {
        let Some(Value::Integer(number)) = view.largest(key.id) else { return None };
        Some(number)
    });
    let ever = if table.autoincrement { view.autoincrement() } else { 0 };
    present.unwrap_or(0).max(ever).max(0)
}

/// Checks the numbers that new rows are given: a row keeps its own for ever, and they only count up.
///
/// # Errors
/// `rowid` of one that is used up.
pub(super) fn check(table: &TableSchema, view: &TableView, rows: &[WriteRow]) -> Result<(), Error> {
    if rows.iter().all(|row| row.row.is_none() || row.old.is_some()) {
        return Ok(());
    }
    let mut next = view.next_row();
    for row in rows.iter().filter(|row| row.old.is_none()) {
        if let Some(number) = row.row.filter(|number| *number < next) {
            let message = format!(
                "{} cannot have a row {number} any more: its rows count up, the next is {next}",
                table.name
            );
            let help = "without rowid among the columns it gets the next".to_owned();
            return Err(Error::Failed { code: "rowid", message, help: Some(help) });
        }
        next = RowId(row.row.unwrap_or(next).0.saturating_add(1));
    }
    Ok(())
}
