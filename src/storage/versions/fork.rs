//! Transactions: a view and what is done to it before it is committed.

use super::Error;
use super::state::State;
use super::table::EndedRow;
use super::view::View;
use crate::storage::event::Causes;
use crate::storage::log::line::check_row;
use crate::storage::{Change, Marker, Operation, RowImages, RowOperation};
use crate::types::{EventId, Period, Row, RowId, TableSchema, Value};
use std::sync::Arc;

/// How many numbers are tried for a row when they cannot be counted up any more.
const ATTEMPTS: u64 = 1000;

/// A transaction: a view plus its own versions and closings. Nothing reaches the log before commit.
///
/// Changes become operations here: they get their rows, revisions and provisional event ids. The
/// operations are applied by the same function as those of the log, over the base.
#[derive(Debug)]
pub struct Fork {
    base: Arc<View>,
    first: EventId,
    own: State,
    operations: Vec<Operation>,
    causes: Causes,
}

/// A place in a fork to return to, as often as one likes: what the fork had recorded, and what that led
/// to. A state shares what it has with those that follow, so that keeping one costs nothing that grows
/// with the transaction, and neither does going back to it; the change behind one copies the pages
/// that it touches.
#[derive(Debug)]
pub struct Savepoint {
    count: usize,
    own: State,
}

impl Fork {
    /// A transaction that begins with what `base` shows. Its events are numbered from `next` until
    /// they are committed.
    pub fn new(base: View, next: EventId) -> Fork {
        let base = Arc::new(base);
        let (operations, causes) = (Vec::new(), Causes::default());
        Fork { own: State::over(Arc::clone(&base)), base, first: next, operations, causes }
    }

    /// The base and the fork's own changes, as of now.
    pub fn view(&self) -> View {
        if self.operations.is_empty() {
            return View::clone(&self.base);
        }
        self.own.view(Period::at(self.own.head()))
    }

    /// The event that the transaction was forked from.
    pub fn base(&self) -> EventId {
        self.base.period().last
    }

    /// How many events were recorded.
    pub fn len(&self) -> usize {
        self.operations.len()
    }

    /// Whether nothing was recorded.
    pub fn is_empty(&self) -> bool {
        self.operations.is_empty()
    }

    /// The operations recorded, in order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operations recorded, in order, and which of them others made.
    pub fn into_operations(self) -> (Vec<Operation>, Causes) {
        (self.operations, self.causes)
    }

    /// The last event of a row that was recorded here.
    pub(crate) fn last_event(&self, table: &TableSchema, row: RowId) -> Option<EventId> {
        self.last_operation(table, row).map(|(event, _)| event)
    }

    fn last_operation(&self, table: &TableSchema, row: RowId) -> Option<(EventId, &RowOperation)> {
        let of_row =
            |operation: &RowOperation| operation.table.id == table.id && operation.row == row;
        let mut operations = self.operations.iter().enumerate().rev();
        let found = operations.find_map(|(at, operation)| {
            Some((at, operation.row().filter(|operation| of_row(operation))?))
        });
        let (at, operation) = found?;
        let event = self.first.0.saturating_add(u64::try_from(at).ok()?);
        Some((EventId(event), operation))
    }

    /// The number of the newest version that a row had which is not there, its end counted as one, and
    /// the event that made it; `None` where there never was such a row.
    fn newest_version(
        &self,
        table: &TableSchema,
        row: RowId,
    ) -> Result<Option<(u32, EventId)>, Error> {
        if row >= self.own.next_row(table) {
            return Ok(None);
        }
        // Where nothing was recorded of it, what there was before is known to the base, or to the log.
        let recorded = self.own.may_have_had(table, row).then(|| self.last_operation(table, row));
        if let Some((event, operation)) = recorded.flatten() {
            return Ok(Some((operation.rev, event)));
        }
        let known = self.base.layer(table.id).map(|layer| layer.versions().newest_version(row));
        match (known, &self.base.lookup) {
            (Some(EndedRow::Known(newest)), _) => Ok(newest),
            (Some(EndedRow::BeforeEpoch) | None, Some(lookup)) => {
                lookup.newest_version(table.id, row)
            }
            (Some(EndedRow::BeforeEpoch) | None, None) => Ok(None),
        }
    }

    /// The number of a row that is given none: the next, or where the largest that SQLite knows is taken
    /// any that no row ever had.
    ///
    /// # Errors
    /// [`Error::Limit`] where none is found.
    fn free_row(&self, table: &TableSchema) -> Result<RowId, Error> {
        let next = self.own.next_row(table);
        if next <= RowId::MAX {
            return Ok(next);
        }
        let seed = self.own.head().0;
        for attempt in 0..ATTEMPTS {
            let row = RowId::scattered(seed.wrapping_add(attempt));
            let is_free = self.own.rev(table, row).is_none();
            if is_free && self.newest_version(table, row)?.is_none() {
                return Ok(row);
            }
        }
        Err(Error::Limit { what: "the numbers of a table's rows", size: 1, limit: 0 })
    }

    /// This place, to return to.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint { count: self.operations.len(), own: self.own.clone() }
    }

    /// Undoes what was recorded since a place of this fork that was not undone itself; nothing is
    /// applied anew.
    pub fn rollback_to(&mut self, savepoint: &Savepoint) {
        debug_assert!(savepoint.count <= self.operations.len(), "it was not undone itself");
        self.operations.truncate(savepoint.count);
        self.causes.truncate(savepoint.count);
        self.own = savepoint.own.returned_to();
    }

    /// Turns changes into operations and applies them to the fork. Gives how many events that made:
    /// an update that changes nothing makes none.
    ///
    /// # Errors
    /// [`Error::NoSuchRow`] where a row to be changed is not visible, [`Error::Limit`] where a row
    /// would be too large to be written whole; then nothing was recorded.
    pub fn record(&mut self, changes: Vec<Change>) -> Result<usize, Error> {
        let before = self.operations.len();
        // One change is recorded or not, without a place to return to.
        let savepoint = (changes.len() > 1).then(|| self.savepoint());
        self.operations.reserve(changes.len());
        for change in changes {
            if let Err(error) = self.record_one(change, None) {
                savepoint.iter().for_each(|savepoint| self.rollback_to(savepoint));
                return Err(error);
            }
        }
        Ok(self.operations.len() - before)
    }

    /// Records one change, which the operation of an earlier one made where `cause` is its index. Gives
    /// the index of its operation, if it makes one.
    ///
    /// # Errors
    /// As [`Fork::record`]; then it is not recorded.
    pub fn record_one(
        &mut self,
        change: Change,
        cause: Option<usize>,
    ) -> Result<Option<usize>, Error> {
        let index = self.operations.len();
        let recorded = u64::try_from(index).unwrap_or(u64::MAX);
        let id = EventId(self.first.0.saturating_add(recorded));
        let Some(operation) = self.operation(id, change)? else {
            return Ok(None);
        };
        self.own.apply_operation(id, &operation);
        self.operations.push(operation);
        if let Some(cause) = cause {
            self.causes.push(index, cause);
        }
        Ok(Some(index))
    }

    /// Notes that the operations from an index on, which were just recorded, were made by an earlier one.
    pub(crate) fn note_cause(&mut self, first: usize, cause: usize) {
        (first..self.operations.len()).for_each(|made| self.causes.push(made, cause));
    }

    /// Records an operation that needs nothing from the fork: a marker.
    pub(crate) fn append(&mut self, operation: Operation) {
        let recorded = u64::try_from(self.operations.len()).unwrap_or(u64::MAX);
        let id = EventId(self.first.0.saturating_add(recorded));
        self.own.apply_operation(id, &operation);
        self.operations.push(operation);
    }

    /// The operation that a change is, if it changes anything.
    fn operation(&mut self, id: EventId, change: Change) -> Result<Option<Operation>, Error> {
        let (table, row, rev, images) = match change {
            Change::Schema(change) => return Ok(Some(Operation::Schema(change.made_by(id)))),
            Change::Tag { name, at } => {
                let before = EventId(id.0.saturating_sub(1));
                let marker = Marker::Tag { name, at: at.unwrap_or(before) };
                return Ok(Some(Operation::Marker(marker)));
            }
            Change::Counter { table, last: new } => {
                let old = self.own.autoincrement(&table);
                let marker = Marker::Counter { table, old, new };
                return Ok((old != new).then_some(Operation::Marker(marker)));
            }
            Change::Insert { table, row, new } => {
                check_row(&table, &new)?;
                let row = row.map_or_else(|| self.free_row(&table), Ok)?;
                if self.own.rev(&table, row).is_some() {
                    return Err(is_there(&table, row));
                }
                // One whose number a row had goes on with it, and with its versions.
                let (last, prev) = self.newest_version(&table, row)?.unwrap_or_default();
                (table, row, last.saturating_add(1), RowImages::Insert { new, prev })
            }
            Change::Restore { table, row, rev, prev, new } => {
                check_row(&table, &new)?;
                if self.own.rev(&table, row).is_some() {
                    return Err(is_there(&table, row));
                }
                (table, row, rev, RowImages::Insert { new, prev })
            }
            Change::Update { table, row, old, new } => {
                check_row(&table, &new)?;
                let changed = changed_columns(old, new);
                if changed.is_empty() {
                    return Ok(None);
                }
                let rev = self.next_rev(&table, row)?;
                (table, row, rev, RowImages::Update(changed))
            }
            Change::Delete { table, row, old } => {
                let rev = self.next_rev(&table, row)?;
                (table, row, rev, RowImages::Delete(old))
            }
        };
        Ok(Some(Operation::Row(RowOperation { table, row, rev, images })))
    }

    fn next_rev(&mut self, table: &TableSchema, row: RowId) -> Result<u32, Error> {
        let rev = self.own.rev(table, row).map(|rev| rev.saturating_add(1));
        rev.ok_or_else(|| Error::NoSuchRow { table: table.name.clone(), row })
    }
}

/// The error of a row that comes under the number of another.
fn is_there(table: &TableSchema, row: RowId) -> Error {
    Error::invalid(format!("row {row} of {} is there", table.name))
}

/// The columns in which two rows differ, with the value before and after.
fn changed_columns(old: Row, new: Row) -> Vec<(usize, Value, Value)> {
    let pairs = old.into_iter().zip(new).enumerate();
    pairs
        .filter(|(_, (old, new))| !old.is_same(new))
        .map(|(at, (old, new))| (at, old, new))
        .collect()
}
