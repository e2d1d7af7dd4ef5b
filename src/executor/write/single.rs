//! One new row, where nothing but its table has a say: what most statements of most scripts are.
//!
//! It takes the steps of every row, one behind the other. What is made for many rows, for what fires,
//! refers, or asks behind the change, is not made for it.

use super::super::Error;
use super::super::evaluate::Context;
use super::numbers::{self, GivenNumbers};
use super::row::WriteRow;
use super::source::NewRows;
use super::{Written, demands, foreign_keys, place, unique};
use crate::planner::{BoundRows, Write};
use crate::storage::{Change, Fork};
use crate::types::{KeySchema, RowId};
use std::slice;
use std::sync::Arc;

/// The source of a write that is one new row of constants, about which its table alone is asked: no
/// trigger, no foreign key, no condition, and nobody behind it.
pub(super) fn source<'a>(
    write: &'a Write,
    fork: &Fork,
    context: &'a Context,
) -> Option<(NewRows<'a>, &'a BoundRows)> {
    let (source, rows) = NewRows::one(write, context)?;
    let is_asked = !write.checks.is_empty() || !write.generated.is_empty();
    let table = &write.table;
    let is_computed = || table.keys.iter().any(KeySchema::is_computed);
    if is_asked || write.returning.is_some() || write.is_row_by_row() || is_computed() {
        return None;
    }
    let view = fork.view();
    let (schema, holds) = (view.schema(), context.enforcement.foreign_keys);
    let has_company = schema.has_triggers() || (holds && foreign_keys::concern(schema, table));
    (!has_company && !rows.has_queries()).then_some((source, rows))
}

/// Takes it through the steps.
///
/// # Errors
/// Those of the steps; then nothing was recorded.
pub(super) fn insert(
    write: &Write,
    (source, rows): (NewRows<'_>, &BoundRows),
    fork: &mut Fork,
) -> Result<Written, Error> {
    let table = &write.table;
    let mut row = source.first(rows)?;
    let view = fork.view().table(table);
    numbers::fill(table, &view, slice::from_mut(&mut row), &mut GivenNumbers::default())?;
    let refused = demands::missing(table, &row).map(|(_, error)| error);
    let refused = refused.or_else(|| unique::refusal(table, &view, &row));
    drop(view);
    if let Some(error) = refused {
        return Err(place::placed(error, write, &row));
    }
    let known = numbers::rowid(table, &row);
    let WriteRow { row: number, new: Some(new), .. } = row else { return Ok(Written::default()) };
    let change = Change::Insert { table: Arc::clone(table), row: number, new };
    let events = usize::from(fork.record_one(change, None)?.is_some());
    if !table.options.without_rowid {
        let made = || fork.operations().last()?.row().map(|row| row.row);
        let number = known.or_else(|| made().and_then(|RowId(row)| i64::try_from(row).ok()));
        number.into_iter().for_each(|number| source.context.counts.insert(number));
    }
    Ok(Written { rows: 1, events, ..Written::default() })
}
