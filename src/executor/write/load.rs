//! Rows that come from outside of the language: an INSERT that goes on behind what it refuses.

use super::super::Error;
use super::super::evaluate::Context;
use super::firing::{Firing, RowSteps, TriggerSource};
use super::numbers::GivenNumbers;
use super::row::{Failures, WriteRow};
use super::source::new_row;
use super::{Pipeline, changes, demands, generate, numbers, unique};
use crate::planner::{BoundRows, BulkLoad, ColumnSource, InsertInput, Write, WriteAction};
use crate::storage::{Fork, check_row};
use crate::types::Value;
use std::sync::Arc;

/// A row on its way into a table: `None` where a column has its default.
pub type PartialRow = Vec<Option<Value>>;

/// Records rows that come from outside of the language, each as an INSERT of its own would: one that is
/// refused is handed to `refuse` by its place, and the others go on. Gives how many were recorded.
///
/// # Errors
/// `key-exhausted` where no number is left for a row; `interrupted`; those of a trigger that does not bind.
pub fn load(
    load: &BulkLoad,
    fork: &mut Fork,
    rows: impl Iterator<Item = (u64, PartialRow)>,
    context: &Context,
    triggers: &dyn TriggerSource,
    mut refuse: impl FnMut(u64, Error),
) -> Result<usize, Error> {
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
        read.push(WriteRow { new, place: index, ..WriteRow::default() });
        places.push(place);
    }
    let write = insertion(load);
    let firing = Firing::new(triggers);
    let steps = RowSteps::of(&write, fork, context, &firing)?;
    if steps.fire() || write.is_row_by_row() {
        let mut pipeline = Pipeline::new(&write, fork, context, &steps);
        for (index, row) in read.into_iter().enumerate() {
            let refused = match failures.take(index) {
                Some(error) => Some(error),
                None => pipeline.load_one(row).err(),
            };
            refused.into_iter().for_each(|error| refuse(places[index], error));
        }
        return Ok(pipeline.written.rows);
    }
    let view = fork.view().table(table);
    numbers::fill(table, &view, &mut read, &mut GivenNumbers::default())?;
    if load.reads_new_numbers() {
        numbers::foresee(table, fork, &mut read)?;
    }
    generate::fill(table, &load.generated, &mut read, context, &mut failures);
    demands::check_not_null(table, &read, &mut failures);
    demands::check_conditions(table, &load.checks, &read, context, &mut failures)?;
    unique::check(table, &view, &read, |_| true, &mut failures);
    // The view goes before the fork changes, so that nothing has to be copied for it.
    drop(view);
    let mut kept = Vec::with_capacity(read.len());
    for (index, row) in read.into_iter().enumerate() {
        match failures.take(index) {
            Some(error) => refuse(places[index], error),
            None => kept.push(row),
        }
    }
    let count = kept.len();
    fork.record(changes(table, kept))?;
    Ok(count)
}

/// The INSERT that a load is, without its rows.
fn insertion(load: &BulkLoad) -> Write {
    let input = InsertInput::Values(BoundRows::default());
    let columns = (0..load.table.columns.len()).map(ColumnSource::Input).collect();
    let action = WriteAction::Insert { input, columns, row: None, upserts: Vec::new() };
    let (table, slot, checks) = (Arc::clone(&load.table), usize::MAX, load.checks.clone());
    let generated = load.generated.clone();
    let (resolution, defaults, returning, present) = Default::default();
    Write { table, slot, action, resolution, generated, checks, defaults, returning, present }
}

impl Pipeline<'_> {
    /// Takes a row in between the triggers that it fires; what it did is taken back if that fails.
    fn load_one(&mut self, row: WriteRow) -> Result<(), Error> {
        let (savepoint, count) = (self.fork.savepoint(), self.written.rows);
        let loaded = self.run_each(vec![row]);
        let loaded = match (loaded, self.written.failure.take()) {
            (Ok(()), Some(failure)) => Err(failure.error),
            (loaded, _) => loaded,
        };
        if loaded.is_err() {
            self.fork.rollback_to(&savepoint);
            self.written.rows = count;
        }
        loaded
    }
}
