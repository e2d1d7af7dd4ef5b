//! The step that numbers new rows: the INTEGER PRIMARY KEY fills itself.

use super::super::Error;
use super::row::WriteRow;
use crate::storage::{Change, Fork, TableView};
use crate::types::{RowId, TableSchema, Value};
use std::sync::Arc;

/// How many numbers are tried when they cannot be counted up any more: as many as SQLite tries.
const ATTEMPTS: usize = 100;

/// The largest number that a statement gave or met so far in a table whose numbers are never used again:
/// as in SQLite those count that rows got which were left out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct GivenNumbers(i64);

impl GivenNumbers {
    /// The change that makes the table's counter go on behind them, where its rows do not.
    pub(super) fn counter(self, table: &Arc<TableSchema>, fork: &Fork) -> Option<Change> {
        let behind = || fork.view().table(table).autoincrement() < self.0;
        (table.autoincrement && self.0 > 0 && behind())
            .then(|| Change::Counter { table: Arc::clone(table), last: self.0 })
    }
}

/// Gives new rows the numbers that they will have, where somebody asks for them before they are
/// recorded: as the fork would, the next, or any that is free behind the largest.
///
/// # Errors
/// `key-exhausted` where none is found.
pub(super) fn foresee(
    table: &Arc<TableSchema>,
    fork: &Fork,
    rows: &mut [WriteRow],
) -> Result<(), Error> {
    let view = fork.view();
    let mut scattered = scattered(view.period().last.0);
    let view = view.table(table);
    let mut next = view.next_row();
    for row in rows.iter_mut().filter(|row| row.old.is_none() && row.new.is_some()) {
        let number = match row.row {
            Some(number) => number,
            None if next <= RowId::MAX => next,
            None => {
                let is_free = |number: &RowId| view.locate(*number).is_none();
                let found = scattered.by_ref().take(ATTEMPTS).find(is_free);
                found.ok_or_else(|| exhausted(table).of_row(Some(row.place), None))?
            }
        };
        row.row = Some(number);
        next = next.max(RowId(number.0.saturating_add(1)));
    }
    Ok(())
}

/// Numbers that look as if they were any, others for each seed.
fn scattered(seed: u64) -> impl Iterator<Item = RowId> {
    (0..).map(move |step| RowId::scattered(seed.wrapping_add(step)))
}

fn exhausted(table: &TableSchema) -> Error {
    let message = format!("{} has no number left for a new row", table.name);
    Error::failed("key-exhausted", message)
}

/// Gives every new row its number where it has none: one more than the largest so far, or any that is
/// free behind the largest that there is, but where they are never used again (AUTOINCREMENT).
///
/// # Errors
/// `key-exhausted` where none is left.
pub(super) fn fill(
    table: &TableSchema,
    view: &TableView,
    rows: &mut [WriteRow],
    before: &mut GivenNumbers,
) -> Result<(), Error> {
    // WITHOUT ROWID it is a key like others, and NOT NULL.
    let is_filled = |at: &usize| !(table.options.without_rowid && table.columns[*at].not_null);
    let filled = table.integer_primary_key().filter(is_filled);
    let Some(column) = filled else { return Ok(()) };
    // The largest number is looked up when it is first needed.
    let (mut given, mut last) = ((before.0 > 0).then_some(before.0), None);
    for WriteRow { old, new, place, .. } in rows {
        let (None, Some(new)) = (old, new) else { continue };
        if let Value::Integer(number) = new[column] {
            given = given.max(Some(number));
        } else if new[column].is_null() {
            let known = last.or_else(|| largest(table, view)).max(given);
            let next = match known.unwrap_or(0).checked_add(1) {
                Some(next) => next,
                None => {
                    // The rest of the batch counts on from there.
                    given = None;
                    free(table, view).map_err(|error| error.of_row(Some(*place), Some(column)))?
                }
            };
            (last, new[column]) = (Some(next), Value::Integer(next));
        }
    }
    if table.autoincrement {
        before.0 = last.max(given).unwrap_or(0);
    }
    Ok(())
}

/// A number that no row has, where the largest is taken.
fn free(table: &TableSchema, view: &TableView) -> Result<i64, Error> {
    let key = table.primary_key().filter(|_| !table.autoincrement);
    let key = key.ok_or_else(|| exhausted(table))?;
    let numbers = scattered(view.next_row().0).take(ATTEMPTS);
    let mut numbers = numbers.filter_map(|number| i64::try_from(number.0).ok());
    let is_free = |number: &i64| {
        let found = view.find(key.id, &[Value::Integer(*number)]);
        found.is_some_and(|found| found.is_empty())
    };
    numbers.find(is_free).ok_or_else(|| exhausted(table))
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

/// The number from which new ones count on: the largest that there is, also below 0, or that ever was where
/// those are never used again.
fn largest(table: &TableSchema, view: &TableView) -> Option<i64> {
    let present = table.primary_key().and_then(|key| view.largest(key.id));
    present.max(table.autoincrement.then(|| view.autoincrement()))
}
