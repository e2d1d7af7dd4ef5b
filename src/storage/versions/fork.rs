//! Transactions: a view and what is done to it before it is committed.

use super::Error;
use super::state::State;
use super::table::EndedRow;
use super::temporary::shown;
use super::view::View;
use crate::storage::event::Causes;
use crate::storage::log::line::check_row;
use crate::storage::{Change, Marker, Operation, RowImages, RowOperation};
use crate::types::{
    ColumnId, EventId, ForeignKey, Period, Row, RowId, Schema, SchemaName, TableId, TableSchema,
    Value,
};
use std::sync::OnceLock;

/// How many numbers are tried for a row when they cannot be counted up any more.
const ATTEMPTS: u64 = 1000;

/// A transaction: a view plus its own versions and closings. Nothing reaches the log before commit.
///
/// Changes become operations here: they get their rows, revisions and provisional event ids. The
/// operations are applied by the same function as those of the log, over the base. Those of temporary
/// tables stand among the others in the order in which they were recorded, and are no events.
#[derive(Debug)]
pub struct Fork {
    base: View,
    first: EventId,
    own: State,
    /// What it made of what is temporary, once it did.
    temporary: Option<Box<State>>,
    operations: Vec<Operation>,
    /// How many of the operations are temporary.
    temporaries: usize,
    causes: Causes,
    /// Rows that no operation tells of, in the order in which they were noted.
    rewritten: Vec<RewrittenRow>,
    /// Whether nobody is expected to look at what is recorded.
    is_unseen: bool,
    /// Whether the only operation, which is about a row, is not applied yet.
    is_behind: bool,
    /// What it shows, for all who ask before it changes: then it goes, so that nothing is copied for it.
    shown: OnceLock<View>,
    /// Why something that was recorded could not be applied when somebody looked.
    failure: OnceLock<Error>,
}

/// A row that was given values which it had, and which refer to nothing: no operation tells of it.
#[derive(Clone, Debug)]
pub struct RewrittenRow {
    /// Its table.
    pub table: TableId,
    /// Its number.
    pub row: RowId,
    /// The columns that refer.
    pub columns: Vec<ColumnId>,
    /// How many operations were recorded before.
    pub behind: usize,
}

/// A place in a fork to return to, as often as one likes: what the fork had recorded and noted, and what
/// that led to. A state shares what it has with those that follow, so that keeping one costs nothing that
/// grows with the transaction, and neither does going back to it; the change behind one copies the pages
/// that it touches.
#[derive(Debug)]
pub struct Savepoint {
    count: usize,
    temporaries: usize,
    rewritten: usize,
    own: State,
    temporary: Option<Box<State>>,
}

impl Savepoint {
    /// Lets it be the same place of a fork that went on from another view.
    pub fn move_to(&mut self, fork: &Fork) {
        self.own = State::over(fork.base.clone());
    }
}

impl Fork {
    /// A transaction that begins with what `base` shows. Its events are numbered from `next` until
    /// they are committed.
    pub fn new(base: View, next: EventId) -> Fork {
        let (operations, causes) = (Vec::new(), Causes::default());
        let (own, temporary, temporaries) = (State::over(base.clone()), None, 0);
        Fork {
            own,
            base,
            first: next,
            temporary,
            operations,
            temporaries,
            causes,
            rewritten: Vec::new(),
            is_unseen: false,
            is_behind: false,
            shown: OnceLock::new(),
            failure: OnceLock::new(),
        }
    }

    /// Expects to be committed as soon as one row has changed: that is applied to the fork if somebody
    /// looks at it all the same, or records more.
    pub fn unseen(self) -> Fork {
        Fork { is_unseen: true, ..self }
    }

    /// What it made so far, with all that was recorded. Where that cannot be said, it cannot be committed.
    fn caught_up(&self) -> State {
        let mut own = self.own.clone();
        if let Some(operation) = self.operations.first().filter(|_| self.is_behind)
            && let Err(failure) = own.apply_operation(self.first, operation)
        {
            self.failure.get_or_init(|| failure);
        }
        own
    }

    /// Applies what was not, before more is recorded.
    fn catch_up(&mut self) {
        if self.is_behind {
            (self.own, self.is_behind) = (self.caught_up(), false);
        }
    }

    /// Whether a table of it has a foreign key that is wanted.
    pub(crate) fn has_foreign_key(&self, wanted: impl Fn(&ForeignKey) -> bool) -> bool {
        let has =
            |schema: &Schema| schema.tables().any(|table| table.foreign_keys.iter().any(&wanted));
        let temporary = match (&self.temporary, &self.base.parts().temporary) {
            (Some(own), _) => has(own.schema()),
            (None, Some(base)) => has(base.schema()),
            (None, None) => false,
        };
        temporary || has(self.own.schema())
    }

    /// Goes on from another view, beside what is temporary here: nothing else was recorded.
    pub fn move_to(&mut self, base: View, next: EventId) {
        debug_assert!(self.events() == 0, "an event is one behind the base");
        let base = match &self.base.parts().temporary {
            Some(temporary) => base.with_temporary(temporary.clone()),
            None => base,
        };
        self.shown.take();
        self.base = base;
        self.own = State::over(self.base.clone());
        self.first = next;
    }

    /// The base and the fork's own changes, as of now.
    pub fn view(&self) -> View {
        self.shown.get_or_init(|| self.to_show()).clone()
    }

    fn to_show(&self) -> View {
        if self.operations.is_empty() {
            return self.base.clone();
        }
        let view = match self.events() {
            0 => self.base.clone(),
            _ if self.is_behind => self.caught_up().view(Period::at(self.first)),
            _ => self.own.view(Period::at(self.own.head())),
        };
        match (&self.temporary, &self.base.parts().temporary) {
            (Some(own), _) => view.with_temporary(shown(own)),
            (None, Some(base)) => view.with_temporary(base.clone()),
            (None, None) => view,
        }
    }

    /// The event that the transaction was forked from.
    pub fn base(&self) -> EventId {
        self.base.period().last
    }

    /// How many events it will be: those of the operations that are not temporary.
    pub fn events(&self) -> usize {
        self.operations.len() - self.temporaries
    }

    /// How many operations were recorded.
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

    /// Notes a row that is about to be given what it has, and what refers to nothing.
    pub(crate) fn note_rewritten(&mut self, table: TableId, row: RowId, columns: Vec<ColumnId>) {
        let behind = self.operations.len();
        self.rewritten.push(RewrittenRow { table, row, columns, behind });
    }

    /// The rows that were noted so since an operation.
    pub(crate) fn rewritten_since(&self, first: usize) -> &[RewrittenRow] {
        &self.rewritten[self.rewritten.partition_point(|noted| noted.behind < first)..]
    }

    /// Takes out the operations that are temporary, in order; the others remain. What was noted between
    /// them goes: all of it was asked before.
    pub fn take_temporary(&mut self) -> Vec<Operation> {
        self.shown.take();
        self.rewritten.clear();
        if self.temporaries == 0 {
            return Vec::new();
        }
        let is_temporary = |of: &Operation| of.schema_name() == SchemaName::Temporary;
        let mut places = Vec::with_capacity(self.operations.len());
        let mut count = 0;
        for operation in &self.operations {
            let is_event = !is_temporary(operation);
            places.push(is_event.then_some(count));
            count += usize::from(is_event);
        }
        self.causes = self.causes.among(|index| places.get(index).copied().flatten());
        self.temporaries = 0;
        let all = std::mem::take(&mut self.operations);
        let (temporary, others) = all.into_iter().partition(is_temporary);
        self.operations = others;
        temporary
    }

    /// The operations recorded, in order, and which of them others made.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where somebody looked at the fork, and saw less than was recorded, since what
    /// that builds upon could not be read back.
    pub fn into_operations(self) -> Result<(Vec<Operation>, Causes), Error> {
        debug_assert!(self.temporaries == 0, "what is temporary was taken out");
        match self.failure.into_inner() {
            Some(failure) => Err(failure),
            None => Ok((self.operations, self.causes)),
        }
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
        let schema = table.id.schema_name();
        let before = match self.temporaries {
            0 => at,
            _ => {
                let is_counted = |of: &&Operation| of.schema_name() == schema;
                self.operations[..at].iter().filter(is_counted).count()
            }
        };
        Some((self.event(schema, before), operation))
    }

    /// The number of an operation behind so many others of its schema.
    fn event(&self, schema: SchemaName, before: usize) -> EventId {
        let first = match (schema, &self.base.parts().temporary) {
            (SchemaName::Main, _) => self.first,
            (SchemaName::Temporary, Some(base)) => base.period().last.next(),
            (SchemaName::Temporary, None) => EventId::FIRST_TEMPORARY.next(),
        };
        EventId(first.0.saturating_add(u64::try_from(before).unwrap_or(u64::MAX)))
    }

    /// The number of the next operation of a schema.
    fn next_event(&self, schema: SchemaName) -> EventId {
        match schema {
            SchemaName::Main => self.event(schema, self.events()),
            SchemaName::Temporary => self.event(schema, self.temporaries),
        }
    }

    /// What it made so far of the schema that a table is in.
    fn state_of(&self, table: &TableSchema) -> &State {
        match &self.temporary {
            Some(state) if table.id.is_temporary() => state,
            Some(_) | None => &self.own,
        }
    }

    /// What it makes of a schema.
    fn state(&mut self, schema: SchemaName) -> &mut State {
        match schema {
            SchemaName::Main => &mut self.own,
            SchemaName::Temporary => {
                let nothing = || shown(&State::temporary(&self.base.parts().blocks));
                let base = &self.base.parts().temporary;
                let begin = || Box::new(State::over(base.clone().unwrap_or_else(nothing)));
                self.temporary.get_or_insert_with(begin)
            }
        }
    }

    /// The number of the newest version that a row had which is not there, its end counted as one, and
    /// the event that made it; `None` where there never was such a row.
    fn newest_version(
        &self,
        table: &TableSchema,
        row: RowId,
    ) -> Result<Option<(u32, EventId)>, Error> {
        let own = self.state_of(table);
        if row >= own.next_row(table) {
            return Ok(None);
        }
        // Where nothing was recorded of it, what there was before is known to the base, or to the log.
        let recorded = own.may_have_had(table, row).then(|| self.last_operation(table, row));
        if let Some((event, operation)) = recorded.flatten() {
            return Ok(Some((operation.rev, event)));
        }
        let known = self.base.versions(table.id).map(|versions| versions.newest_version(row));
        let lookup = self.base.parts().lookup.as_ref().filter(|_| !table.id.is_temporary());
        match (known, lookup) {
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
        let own = self.state_of(table);
        let next = own.next_row(table);
        if next <= RowId::MAX {
            return Ok(next);
        }
        let seed = own.head().0;
        for attempt in 0..ATTEMPTS {
            let row = RowId::scattered(seed.wrapping_add(attempt));
            let is_free = own.rev(table, row).is_none();
            if is_free && self.newest_version(table, row)?.is_none() {
                return Ok(row);
            }
        }
        Err(Error::Limit { what: "the numbers of a table's rows", size: 1, limit: 0 })
    }

    /// This place, to return to.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint {
            count: self.operations.len(),
            temporaries: self.temporaries,
            rewritten: self.rewritten.len(),
            own: self.caught_up(),
            temporary: self.temporary.clone(),
        }
    }

    /// Undoes what was recorded since a place of this fork that was not undone itself; nothing is
    /// applied anew.
    pub fn rollback_to(&mut self, savepoint: &Savepoint) {
        debug_assert!(savepoint.count <= self.operations.len(), "it was not undone itself");
        self.shown.take();
        self.operations.truncate(savepoint.count);
        self.causes.truncate(savepoint.count);
        self.own = savepoint.own.returned_to();
        self.is_behind = false;
        self.temporaries = savepoint.temporaries;
        self.rewritten.truncate(savepoint.rewritten);
        let temporary = savepoint.temporary.as_ref();
        self.temporary = temporary.map(|state| Box::new(state.returned_to()));
    }

    /// Turns changes into operations and applies them to the fork. Gives how many events that made:
    /// an update that changes nothing makes none.
    ///
    /// # Errors
    /// [`Error::NoSuchRow`] where a row to be changed is not visible, [`Error::Limit`] where a row
    /// would be too large to be written whole, [`Error::TemporaryFile`] where what it is now cannot be read
    /// back; then nothing was recorded.
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
        self.shown.take();
        self.catch_up();
        let (index, schema) = (self.operations.len(), change.schema_name());
        let id = self.next_event(schema);
        // What is temporary has a state from here on, which `state_of` finds.
        self.state(schema);
        let Some(operation) = self.operation(id, change)? else {
            return Ok(None);
        };
        let is_main_row = schema == SchemaName::Main && operation.row().is_some();
        self.is_behind = self.is_unseen && index == 0 && is_main_row;
        if !self.is_behind {
            self.state(schema).apply_operation(id, &operation)?;
        }
        self.operations.push(operation);
        self.temporaries += usize::from(schema == SchemaName::Temporary);
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
        self.shown.take();
        self.catch_up();
        let id = self.next_event(SchemaName::Main);
        if let Err(failure) = self.own.apply_operation(id, &operation) {
            self.failure.get_or_init(|| failure);
        }
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
                let old = self.state_of(&table).autoincrement(&table);
                let marker = Marker::Counter { table, old, new };
                return Ok((old != new).then_some(Operation::Marker(marker)));
            }
            Change::Insert { table, row, new } => {
                check_row(&table, &new)?;
                let row = row.map_or_else(|| self.free_row(&table), Ok)?;
                let own = self.state_of(&table);
                if row < own.next_row(&table) && own.rev(&table, row).is_some() {
                    return Err(is_there(&table, row));
                }
                // One whose number a row had goes on with it, and with its versions.
                let (last, prev) = self.newest_version(&table, row)?.unwrap_or_default();
                (table, row, last.saturating_add(1), RowImages::Insert { new, prev })
            }
            Change::Restore { table, row, rev, prev, new } => {
                check_row(&table, &new)?;
                if self.state_of(&table).rev(&table, row).is_some() {
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
        let rev = self.state_of(table).rev(table, row).map(|rev| rev.saturating_add(1));
        rev.ok_or_else(|| Error::NoSuchRow { table: table.name.to_string(), row })
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
