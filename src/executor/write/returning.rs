//! The step that reads what comes out: the rows as they are recorded, or as they were before they go.

use super::super::Error;
use super::super::datum::Batch;
use super::super::evaluate::Context;
use super::row::WriteRow;
use crate::planner::{BoundExpression, BoundReturning};
use crate::storage::{Fork, LocatedVersion, RowImages, TableView};
use crate::types::RowId;

/// How many rows come out at once.
const BATCH: usize = 4096;

/// What RETURNING reads of rows that a view shows, in this order.
///
/// # Errors
/// Those of storage.
pub(super) fn read(
    returning: &BoundReturning,
    view: &TableView,
    rows: &[RowId],
) -> Result<Vec<Batch>, Error> {
    let mut batches = Vec::new();
    for rows in rows.chunks(BATCH) {
        let located: Vec<LocatedVersion> =
            rows.iter().filter_map(|row| view.locate(*row)).collect();
        let fetched = view.fetch(&located, &returning.columns)?;
        batches.push(Batch::new(fetched.columns, located.len()));
    }
    Ok(batches)
}

/// What RETURNING says of rows whose columns, as far as they are read, are these.
///
/// # Errors
/// What [`Context::evaluate`] says of its expressions.
pub(super) fn computed(
    returning: &BoundReturning,
    batch: &Batch,
    context: &Context,
) -> Result<Batch, Error> {
    let value = |expression: &BoundExpression| -> Result<_, Error> {
        let BoundExpression { data_type, .. } = expression;
        context.evaluate(expression, batch)?.into_array(*data_type, batch.rows)
    };
    let columns: Result<Vec<_>, Error> = returning.expressions.iter().map(value).collect();
    Ok(Batch::new(columns?, batch.rows))
}

/// The numbers of rows that are there, and of those that were recorded as new behind so many operations,
/// in the order of the rows.
pub(super) fn numbers(rows: &[Option<RowId>], fork: &Fork, behind: usize) -> Vec<RowId> {
    let mut inserted = fork.operations()[behind..].iter().filter_map(|operation| {
        let row = operation.row()?;
        matches!(row.images, RowImages::Insert { .. }).then_some(row.row)
    });
    rows.iter().filter_map(|row| row.or_else(|| inserted.next())).collect()
}

/// The number of a row that is there; `None` of a new one, which gets its number when it is recorded.
pub(super) fn known_number(row: &WriteRow) -> Option<RowId> {
    row.number().filter(|_| row.old.is_some())
}
