//! One row, where nothing but its table has a say: what most statements of most scripts write.
//!
//! It takes the steps of every row, one behind the other. What is made for many rows, for what fires,
//! refers, or asks behind the change, is not made for it.

use super::super::Error;
use super::super::direct_row::direct_access;
use super::super::evaluate::Context;
use super::super::input::PlanInput;
use super::each::{KeyRules, Refusal, admit};
use super::numbers::{self, GivenNumbers};
use super::row::WriteRow;
use super::source::{self, NewRows};
use super::{Written, change, demands, foreign_keys, place};
use crate::planner::{InsertInput, Write, WriteAction};
use crate::storage::Fork;
use crate::types::{KeySchema, RowId};
use std::slice;

/// The row that a write reaches alone.
pub(super) enum SingleRow {
    /// This one, as it shall be.
    One(WriteRow),
    /// None is there.
    None,
}

/// Whether only its table is asked about the rows of a write: no trigger, no foreign key, no condition,
/// and nobody behind it.
fn is_plain(write: &Write, fork: &Fork, context: &Context) -> bool {
    let is_asked = !write.checks.is_empty() || !write.generated.is_empty();
    if is_asked || write.returning.is_some() || write.is_row_by_row() {
        return false;
    }
    let table = &write.table;
    let view = fork.view();
    let (schema, holds) = (view.schema(), context.enforcement.foreign_keys);
    let is_computed = table.keys.iter().any(KeySchema::is_computed);
    let is_concerned = holds && foreign_keys::concern(schema, table);
    !(is_computed || is_concerned || schema.has_triggers())
}

/// Reads the row of a write that reaches one at most, about which only its table is asked, and takes it
/// through the steps up to its change; `None` where it has to be read otherwise.
///
/// # Errors
/// Those of the steps.
pub(super) fn read(
    write: &Write,
    inputs: &[PlanInput],
    fork: &Fork,
    context: &Context,
) -> Result<Option<SingleRow>, Error> {
    if !is_plain(write, fork, context) {
        return Ok(None);
    }
    let mut row = match &write.action {
        WriteAction::Insert { input: InsertInput::Values(rows), columns, row, .. }
            if rows.len() == 1 && !rows.has_queries() =>
        {
            let source = NewRows { table: &write.table, columns, row: *row, context };
            match source.values(rows)?.pop() {
                Some(row) => row,
                None => return Ok(Some(SingleRow::None)),
            }
        }
        WriteAction::Update { rows, assignments, number: None } => {
            if assignments.iter().any(|(_, value)| value.has_subquery()) {
                return Ok(None);
            }
            let Some(direct) = direct_access(rows, inputs, context)? else { return Ok(None) };
            let assigned = (assignments.as_slice(), None);
            match source::direct_target(&write.table, rows, direct, assigned, context)? {
                Some(row) => row,
                None => return Ok(Some(SingleRow::None)),
            }
        }
        WriteAction::Delete { rows } => {
            let Some(direct) = direct_access(rows, inputs, context)? else { return Ok(None) };
            let gone = source::direct_deletion(&write.table, direct);
            return Ok(Some(gone.map_or(SingleRow::None, SingleRow::One)));
        }
        WriteAction::Insert { .. } | WriteAction::Update { .. } | WriteAction::InsteadOf { .. } => {
            return Ok(None);
        }
    };
    match refusal(write, fork, &mut row)? {
        Some(error) => Err(place::placed(error, write, &row)),
        None => Ok(Some(SingleRow::One(row))),
    }
}

/// Why a row cannot be as it shall be, if so. A new one gets its number.
fn refusal(write: &Write, fork: &Fork, row: &mut WriteRow) -> Result<Option<Error>, Error> {
    let table = &write.table;
    let view = fork.view().table(table);
    numbers::fill(table, &view, slice::from_mut(row), &mut GivenNumbers::default())?;
    if let Some((_, error)) = demands::missing(table, row) {
        return Ok(Some(error));
    }
    let is_written = &|column| write.writes(column);
    let rules = KeyRules { upserts: &[], resolution: None, is_written };
    match admit(row, &view, &rules, table) {
        Ok(_) | Err(Refusal::Skipped) => Ok(None),
        Err(Refusal::Broken(error, _)) => Ok(Some(error)),
        Err(Refusal::Failed(error) | Refusal::Fired(error)) => Err(error),
    }
}

/// Records what was read.
///
/// # Errors
/// Those of the fork; then nothing was recorded.
pub(super) fn record(
    row: SingleRow,
    write: &Write,
    fork: &mut Fork,
    context: &Context,
) -> Result<Written, Error> {
    let SingleRow::One(row) = row else { return Ok(Written::default()) };
    let table = &write.table;
    let is_numbered = row.old.is_none() && !table.options.without_rowid;
    let known = numbers::rowid(table, &row).filter(|_| is_numbered);
    let Some(change) = change(table, row) else { return Ok(Written::default()) };
    let events = usize::from(fork.record_one(change, None)?.is_some());
    if is_numbered {
        let made = || fork.operations().last()?.row().map(|row| row.row);
        let number = known.or_else(|| made().and_then(|RowId(row)| i64::try_from(row).ok()));
        number.into_iter().for_each(|number| context.counts.insert(number));
    }
    Ok(Written { rows: 1, events, ..Written::default() })
}
