//! Rows that come from outside of the language: an INSERT that goes on behind what it refuses.

use super::super::Error;
use super::super::evaluate::Context;
use super::row::{Failures, WriteRow};
use super::source::new_row;
use super::{changes, demands, generate, numbers, unique};
use crate::planner::BulkLoad;
use crate::storage::{Change, TableView, check_row};
use crate::types::Value;

/// A row on its way into a table: `None` where a column has its default.
pub type PartialRow = Vec<Option<Value>>;

/// Computes what rows that come from outside of the language change, each as an INSERT of its own
/// would: one that is refused is handed to `refuse` by its place, and the others go on.
///
/// # Errors
/// `key-exhausted` where no number is left for a row.
pub fn load(
    load: &BulkLoad,
    view: &TableView,
    rows: impl Iterator<Item = (u64, PartialRow)>,
    context: &Context,
    mut refuse: impl FnMut(u64, Error),
) -> Result<Vec<Change>, Error> {
    let table = &load.table;
    let (mut read, mut places, mut failures) = (Vec::new(), Vec::new(), Failures::default());
    for (place, mut values) in rows {
        let index = read.len();
        let new = new_row(table, index, |column| {
            let given = load.places[column].and_then(|at| values.get_mut(at)?.take());
            given.map_or_else(|| context.constant(&load.defaults[column]), Ok)
        });
        let new = new.and_then(|row| check_row(table, &row).map(|()| row).map_err(Error::from));
        let new = new.map_err(|error| failures.note(index, error)).ok();
        read.push(WriteRow { row: None, old: None, new, place: index });
        places.push(place);
    }
    numbers::fill(table, view, &mut read)?;
    generate::fill(table, &load.generated, &mut read, context, &mut failures);
    demands::check_not_null(table, &read, &mut failures);
    demands::check_conditions(table, &load.checks, &read, context, &mut failures)?;
    unique::check(table, view, &read, |_| true, &mut failures);
    let mut kept = Vec::with_capacity(read.len());
    for (index, row) in read.into_iter().enumerate() {
        match failures.take(index) {
            Some(error) => refuse(places[index], error),
            None => kept.push(row),
        }
    }
    Ok(changes(table, kept))
}
