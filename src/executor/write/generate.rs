//! The step that computes generated columns from the others of their row.

use super::super::Error;
use super::super::datum::Batch;
use super::super::evaluate::Context;
use super::assign::assign;
use super::demands::BATCH;
use super::row::{Failures, WriteRow};
use crate::planner::BoundGenerated;
use crate::types::column::array_of;
use crate::types::{TableSchema, Value};
use std::slice;

/// Computes what every row that is to be there has in these columns, each as its column holds it. What
/// cannot be computed of a row is wrong with it.
pub(super) fn fill(
    table: &TableSchema,
    generated: &[BoundGenerated],
    rows: &mut [WriteRow],
    context: &Context,
    failures: &mut Failures,
) {
    for one in generated {
        for (number, part) in rows.chunks_mut(BATCH).enumerate() {
            let first = number * BATCH;
            if let Ok(values) = values(table, one, part, context) {
                put(table, one, part, values, |at, error| failures.note(first + at, error));
                continue;
            }
            // Which row it is of is known when each is computed alone.
            for (at, row) in part.iter_mut().enumerate() {
                let row = slice::from_mut(row);
                let place = Some(row[0].place);
                match values(table, one, row, context) {
                    Ok(values) => {
                        put(table, one, row, values, |_, error| failures.note(first + at, error));
                    }
                    Err(error) => failures.note(first + at, error.of_row(place, Some(one.column))),
                }
            }
        }
    }
}

/// The values of a column for those rows that are to be there.
fn values(
    table: &TableSchema,
    generated: &BoundGenerated,
    rows: &[WriteRow],
    context: &Context,
) -> Result<Vec<Value>, Error> {
    let new = || rows.iter().filter_map(|row| row.new.as_ref());
    let array =
        |read: &usize| array_of(table.columns[*read].data_type, new().map(|row| &row[*read]));
    let columns: Result<Vec<_>, _> = generated.columns.iter().map(array).collect();
    let batch = Batch::new(columns?, new().count());
    let computed = context.evaluate(&generated.expression, &batch)?;
    let data_type = generated.expression.data_type;
    Ok((0..batch.rows).map(|at| computed.value(data_type, at)).collect())
}

/// Gives the rows their values; `refuse` is told of one that its column cannot hold.
fn put(
    table: &TableSchema,
    generated: &BoundGenerated,
    rows: &mut [WriteRow],
    values: Vec<Value>,
    mut refuse: impl FnMut(usize, Error),
) {
    let column = generated.column;
    let there = rows.iter_mut().enumerate().filter(|(_, row)| row.new.is_some());
    for ((at, row), value) in there.zip(values) {
        let Some(new) = &mut row.new else { continue };
        match assign(table, &table.columns[column], value) {
            Ok(value) => new[column] = value,
            Err(error) => refuse(at, error.of_row(Some(row.place), Some(column))),
        }
    }
}
