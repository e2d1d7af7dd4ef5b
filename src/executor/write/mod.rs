//! INSERT, UPDATE and DELETE: rows in, changes in a fork.
//!
//! # The steps
//!
//! A write first reads its *source* wholly, so that it sees the tables as they were before it. Each of
//! its rows is a [`WriteRow`]: what it is (OLD), what it becomes (NEW), or one of both. Rows then take
//! the same steps, in this order:
//!
//! 1. *source* (`source`, `assign`): the rows of VALUES, of a query, or of the table itself; what is not
//!    given has its default, and each value is converted to the type of its column;
//! 2. *numbers* (`numbers`): the INTEGER PRIMARY KEY fills itself;
//! 3. *demands* on a row alone (`demands`): NOT NULL;
//! 4. *uniqueness* (`unique`): keys beside those of other rows;
//! 5. *changes*: what is left becomes [`Change`]s, which the [`Fork`] records.
//!
//! Each step is a function of rows, and asks the plan ([`Write`]) what the table demands: bound
//! expressions over its columns. It notes what is wrong with a row in [`Failures`]; the first row that
//! has an error ends the statement, whose fork is then as it was. `place` says of an error which row and
//! which value it is about.
//!
//! # All at once
//!
//! The rows of a statement go through the steps as one batch: keys are compared as they are when all of
//! it is done. Views of the fork go before it changes, so that nothing has to be copied for them.

mod assign;
mod demands;
mod load;
mod numbers;
mod place;
mod row;
mod source;
mod unique;

pub(super) use assign::assign;
pub use load::{PartialRow, load};
pub(super) use place::row_name;
pub(super) use unique::duplicate;

use super::Error;
use super::evaluate::Context;
use super::input::PlanInput;
use crate::planner::{Write, WriteAction};
use crate::storage::{Change, Fork, TableView};
use crate::types::{KeySchema, TableSchema};
use row::{Failures, WriteRow};
use std::sync::Arc;

/// What a write did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// How many rows the statement reached.
    pub rows: usize,
    /// How many events it made: a row that stays what it was makes none.
    pub events: usize,
}

/// Does a write in a fork, whose tables its inputs show as they are now.
///
/// # Errors
/// `type` of a value that its column cannot hold, `not-null`, `unique` of a key that is already there,
/// `key-exhausted` where no number is left for a row, `rowid` of a number that a row cannot have,
/// `row-limit` of one that is too large; and what [`Context::evaluate`] says of the expressions. Then
/// the fork is as it was.
pub fn write(
    write: &Write,
    inputs: Vec<PlanInput>,
    fork: &mut Fork,
    context: Context,
) -> Result<Written, Error> {
    let probe = context.probe();
    let written = probe.time(|| {
        let context = context.over(inputs);
        let rows = source::read(write, &context)?;
        drop(context);
        run(write, rows, fork)
    })?;
    probe.count(written.rows);
    Ok(written)
}

/// Takes rows through the steps behind the first.
fn run(write: &Write, mut rows: Vec<WriteRow>, fork: &mut Fork) -> Result<Written, Error> {
    let table = &write.table;
    let view = fork.view().table(table);
    numbers::fill(table, &view, &mut rows)?;
    let mut failures = Failures::default();
    check(table, &view, &rows, |key| is_written(write, key), &mut failures);
    if let Some((index, error)) = failures.first() {
        return Err(place::placed(error, write, &rows[index]));
    }
    numbers::check(table, &view, &rows)?;
    drop(view);
    let count = rows.len();
    let events = fork.record(changes(table, rows))?;
    Ok(Written { rows: count, events })
}

/// Asks of rows whether they may be as they are, beside the others.
fn check(
    table: &TableSchema,
    view: &TableView,
    rows: &[WriteRow],
    wanted: impl Fn(&KeySchema) -> bool,
    failures: &mut Failures,
) {
    demands::check_not_null(table, rows, failures);
    unique::check(table, view, rows, wanted, failures);
}

/// Whether a write gives a key new values.
fn is_written(write: &Write, key: &KeySchema) -> bool {
    match &write.action {
        WriteAction::Insert { .. } => true,
        WriteAction::Update { assignments, .. } => {
            key.columns.iter().any(|column| assignments.iter().any(|(index, _)| index == column))
        }
        WriteAction::Delete { .. } => false,
    }
}

/// The changes that rows are.
fn changes(table: &Arc<TableSchema>, rows: Vec<WriteRow>) -> Vec<Change> {
    let change = |WriteRow { row, old, new, .. }: WriteRow| {
        let table = Arc::clone(table);
        Some(match (row, old, new) {
            (row, None, Some(new)) => Change::Insert { table, row, new },
            (Some(row), Some(old), Some(new)) => Change::Update { table, row, old, new },
            (Some(row), Some(old), None) => Change::Delete { table, row, old },
            (None, Some(_), _) | (_, None, None) => return None,
        })
    };
    rows.into_iter().filter_map(change).collect()
}
