//! What an ALTER TABLE demands of the rows that are there, and makes of them.

use super::super::Error;
use super::super::evaluate::Context;
use super::demands::{check_column_not_null, check_conditions};
use super::place::row_name;
use super::row::{Failures, WriteRow};
use super::source::row_at;
use super::{changes, generate};
use crate::planner;
use crate::storage::{self, Fork};
use crate::types::{RowId, TableSchema};

/// What a change of a table demands of the rows that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Demand {
    /// All that is said of the column that it got last.
    LastColumn,
    /// The CHECK that it got last.
    LastCheck,
    /// A value in this column.
    NotNull(usize),
}

/// Asks of the rows that are there what a change of their table demands. Where that is a generated column,
/// each of them becomes what it is by a change of its own: the operation of the fork that changed the table
/// is its cause.
///
/// # Errors
/// Those of the expression; `type`, `not-null` and `check` of a row that may not be so.
pub(in super::super) fn ask_rows(
    altered: &TableSchema,
    demand: Demand,
    cause: usize,
    fork: &mut Fork,
    context: &Context,
) -> Result<(), Error> {
    let view = fork.view();
    let table = view.schema().home(altered.id).table(&altered.name).cloned();
    let table = table.ok_or_else(|| storage::Error::invalid("the table is not there"))?;
    let broken = |error: planner::Error| Error::failed(error.code, error.to_string());
    let last = table.columns.len() - 1;
    let mut generated = planner::generated_columns_of(&table).map_err(broken)?;
    generated.retain(|one| demand == Demand::LastColumn && one.column == last);
    let mut checks = planner::checks_of(&table).map_err(broken)?;
    let mut own = table.checks.iter().enumerate().map(|(at, check)| match demand {
        Demand::LastColumn => check.column == Some(last),
        Demand::LastCheck => at + 1 == table.checks.len(),
        Demand::NotNull(_) => false,
    });
    checks.retain(|_| own.next() == Some(true));
    let not_null = match demand {
        Demand::LastColumn => Some(last),
        Demand::LastCheck => None,
        Demand::NotNull(column) => Some(column),
    };
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let mut changed = Vec::new();
    for found in view.table(&table).scan(&all) {
        context.check()?;
        let found = found?;
        let of_row = |(at, number): (usize, &RowId)| {
            let row = row_at(&table, &found.columns, at);
            WriteRow {
                row: Some(*number),
                old: Some(row.clone()),
                new: Some(row),
                place: at,
                moved: None,
            }
        };
        let mut rows: Vec<WriteRow> = found.rows.iter().enumerate().map(of_row).collect();
        let mut failures = Failures::default();
        generate::fill(&table, &generated, &mut rows, context, &mut failures);
        not_null.iter().for_each(|at| check_column_not_null(&table, *at, &rows, &mut failures));
        check_conditions(&table, &checks, &rows, context, &mut failures)?;
        if let Some((index, error)) = failures.first() {
            let old = rows[index].old.as_ref();
            let name = old.and_then(|old| row_name(&table, old, rows[index].row));
            let note = name.map(|name| format!("the row that is there: {name}"));
            return Err(error.without_row().note(note));
        }
        let is_changed = |row: &WriteRow| {
            let value = row.new.as_ref().and_then(|new| new.get(last));
            value.is_some_and(|value| !value.is_null())
        };
        if !generated.is_empty() {
            changed.extend(rows.into_iter().filter(is_changed));
        }
    }
    // The view goes before the fork changes, so that nothing has to be copied for it.
    drop(view);
    for change in changes(&table, changed) {
        fork.record_one(change, Some(cause))?;
    }
    Ok(())
}
