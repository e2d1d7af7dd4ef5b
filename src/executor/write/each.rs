//! Rows that take the steps one by one: each meets what those before it did, and one that breaks a
//! constraint is left out, takes the place of others, or ends the statement, as OR and ON CONFLICT say.

use super::super::Error;
use super::super::datum::Batch;
use super::super::row_key::RowKey;
use super::assign::assign;
use super::demands::number_of;
use super::fire::{Taken, row_values};
use super::firing::{Fired, Trigger, is_assigned};
use super::place::{placed, row_name};
use super::row::{Failures, WriteRow};
use super::unique;
use super::{Failure, Pipeline, demands, generate, numbers, source};
use crate::language::ast::TriggerTime;
use crate::planner::{BoundUpsert, UpsertUpdate, WriteAction};
use crate::storage::{LocatedVersion, TableView};
use crate::types::column::array_of;
use crate::types::{ConflictResolution, KeyKind, KeySchema, PseudoColumn, Row, TableSchema, Value};
use std::slice;
use std::sync::Arc;

/// Why a row is not taken in.
pub(super) enum Refusal {
    /// Nothing is to become of it.
    Skipped,
    /// It breaks a constraint, and what is to become of the statement.
    Broken(Error, ConflictResolution),
    /// There is nothing to say about what is wrong.
    Failed(Error),
    /// A trigger ended it, which is about no place of the statement.
    Fired(Error),
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Refusal {
        Refusal::Failed(error.into())
    }
}

/// What becomes of a row that may be as it is.
pub(super) enum Admission<'a> {
    /// It comes, or changes, and these rows go for it.
    Free(Vec<LocatedVersion>),
    /// It takes the place of this row by its primary key or its number, and these others go.
    InPlaceOf(LocatedVersion, Vec<LocatedVersion>),
    /// The row that it meets changes instead.
    Instead(LocatedVersion, &'a UpsertUpdate),
}

/// What is said of keys that a row has in common with others.
pub(super) struct KeyRules<'a, 'r> {
    /// ON CONFLICT, the first that fits.
    pub upserts: &'a [BoundUpsert],
    /// OR, behind that.
    pub resolution: Option<ConflictResolution>,
    /// Whether a column has new values.
    pub is_written: &'r dyn Fn(usize) -> bool,
}

impl KeyRules<'_, '_> {
    /// Whether a row can have got in the way of others by a key.
    fn concern(&self, key: &KeySchema) -> bool {
        key.unique && key.columns.iter().any(|column| (self.is_written)(*column))
    }

    /// What becomes of a row that a key is in the way of: what the statement says, or else the key.
    fn resolution(&self, key: &KeySchema) -> ConflictResolution {
        self.resolution.or(key.on_conflict).unwrap_or(ConflictResolution::Abort)
    }

    /// The keys that are asked, by their places in the table: first those of ON CONFLICT, in its order,
    /// then as the table has it; last those for which other rows go, so that none goes for a row that does
    /// not come.
    fn order(&self, table: &TableSchema) -> Vec<usize> {
        if !table.keys.iter().any(|key| self.concern(key)) {
            return Vec::new();
        }
        let named = self.upserts.iter().flat_map(|upsert| upsert.keys.iter().copied());
        let mut order: Vec<usize> = Vec::with_capacity(table.keys.len());
        let replaces =
            |index: &usize| self.resolution(&table.keys[*index]) == ConflictResolution::Replace;
        let (last, first): (Vec<usize>, Vec<usize>) =
            table.keys_as_asked().into_iter().partition(replaces);
        for index in named.chain(first).chain(last) {
            if self.concern(&table.keys[index]) && !order.contains(&index) {
                order.push(index);
            }
        }
        order
    }
}

impl<'a> Pipeline<'a> {
    /// Takes rows through the steps one by one.
    pub(super) fn run_each(&mut self, rows: Vec<WriteRow>) -> Result<(), Error> {
        for mut row in rows {
            self.context.check()?;
            let Err(refusal) = self.take(&mut row) else { continue };
            match refusal {
                Refusal::Skipped | Refusal::Broken(_, ConflictResolution::Ignore) => {}
                Refusal::Failed(error)
                | Refusal::Broken(error, ConflictResolution::Abort | ConflictResolution::Replace) =>
                {
                    return Err(placed(error, self.write, &row));
                }
                Refusal::Fired(error) => return Err(error),
                Refusal::Broken(error, resolution) => {
                    let rolls_back = resolution == ConflictResolution::Rollback;
                    let error = placed(error, self.write, &row);
                    self.written.failure = Some(Failure { error, rolls_back });
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The steps of a row but what fires; what became of it where it is the row that was changed.
    pub(super) fn run_one(&mut self, row: &mut WriteRow) -> Result<Option<Taken>, Refusal> {
        let write = self.write;
        let view = self.fork.view().table(&write.table);
        let (upserts, written): (&'a [BoundUpsert], _) = match &write.action {
            WriteAction::Insert { upserts, .. } => (upserts, None),
            WriteAction::Update { assignments, .. } => (&[], Some(assignments.as_slice())),
            WriteAction::Delete { .. } | WriteAction::InsteadOf { .. } => (&[], None),
        };
        let row_there = match row.row.filter(|_| row.old.is_some()) {
            Some(number) => Some(view.locate(number).ok_or(Refusal::Skipped)?),
            None => None,
        };
        if let (Some(there), Some(new), Some(written)) = (row_there, &mut row.new, written) {
            // Another row of the statement may have changed it.
            let mut now = self.row_at(&view, there)?;
            row.old = Some(now.clone());
            for (column, _) in written {
                now[*column] = std::mem::replace(&mut new[*column], Value::Null);
            }
            *new = now;
        }
        numbers::fill(&write.table, &view, slice::from_mut(row), &mut self.given)?;
        if write.reads_new_numbers() {
            numbers::foresee(&write.table, self.fork, slice::from_mut(row))?;
        }
        self.generate(slice::from_mut(row))?;
        self.demand(row, write.resolution)?;
        let is_written = &|column| write.writes(column);
        let rules = KeyRules { upserts, resolution: write.resolution, is_written };
        match admit(row, &view, &rules, &write.table)? {
            Admission::Free(gone) => {
                let gone = self.deletions(&view, gone)?;
                drop(view);
                self.replace(gone, None, row)
            }
            Admission::InPlaceOf(there, gone) => {
                let place = self.deletions(&view, vec![there])?.pop();
                let gone = self.deletions(&view, gone)?;
                drop(view);
                self.replace(gone, place, row)
            }
            Admission::Instead(there, update) => {
                self.change_instead(row, view, there, update)?;
                Ok(None)
            }
        }
    }
}

/// What becomes of a row, beside the rows that its keys meet.
pub(super) fn admit<'a>(
    row: &WriteRow,
    view: &TableView,
    rules: &KeyRules<'a, '_>,
    table: &TableSchema,
) -> Result<Admission<'a>, Refusal> {
    let Some(new) = &row.new else { return Ok(Admission::Free(Vec::new())) };
    let own = row.row.filter(|_| row.old.is_some());
    let (mut place, mut gone): (Option<LocatedVersion>, Vec<LocatedVersion>) = Default::default();
    // Where it is given the number of a row that is there, they meet by it.
    let given = if own.is_some() { row.moved } else { row.row };
    if let Some(there) = given.and_then(|number| view.locate(number)) {
        match rules.upserts.iter().find(|upsert| upsert.by_number) {
            Some(BoundUpsert { update: None, .. }) => return Err(Refusal::Skipped),
            Some(BoundUpsert { update: Some(update), .. }) => {
                return Ok(Admission::Instead(there, update));
            }
            None => {}
        }
        match rules.resolution.unwrap_or(ConflictResolution::Abort) {
            ConflictResolution::Ignore => return Err(Refusal::Skipped),
            ConflictResolution::Replace if own.is_some() => gone.push(there),
            ConflictResolution::Replace => place = Some(there),
            resolution @ (ConflictResolution::Abort
            | ConflictResolution::Fail
            | ConflictResolution::Rollback) => {
                let error = unique::number_taken(table, view, row.place, there);
                return Err(Refusal::Broken(error, resolution));
            }
        }
    }
    for index in rules.order(table) {
        let key = &table.keys[index];
        let row_key = RowKey::new(key, table)?;
        let Some(values) = row_key.values(new)? else { continue };
        let found = row_key.find(view, &values)?.unwrap_or_default();
        let Some(there) = found.into_iter().find(|there| Some(there.row()) != own) else {
            continue;
        };
        match rules.upserts.iter().find(|upsert| upsert.keys.contains(&index)) {
            Some(BoundUpsert { update: None, .. }) => return Err(Refusal::Skipped),
            Some(BoundUpsert { update: Some(update), .. }) => {
                return Ok(Admission::Instead(there, update));
            }
            None => {}
        }
        match rules.resolution(key) {
            ConflictResolution::Ignore => return Err(Refusal::Skipped),
            ConflictResolution::Replace if key.kind == KeyKind::Primary && own.is_none() => {
                place = place.or(Some(there));
            }
            ConflictResolution::Replace => {}
            resolution @ (ConflictResolution::Abort
            | ConflictResolution::Fail
            | ConflictResolution::Rollback) => {
                let error = unique::there_already(table, view, key, &values, row.place, there);
                return Err(Refusal::Broken(error, resolution));
            }
        }
        if !gone.contains(&there) {
            gone.push(there);
        }
    }
    Ok(match place {
        Some(place) => {
            gone.retain(|there| *there != place);
            Admission::InPlaceOf(place, gone)
        }
        None => Admission::Free(gone),
    })
}

/// The parts of the way of a row that changes what is there.
impl Pipeline<'_> {
    /// Asks of a row what the table demands of it alone. Where REPLACE is said, a NULL that may not be
    /// gets the default of its column. What a NOT NULL says counts where the statement says nothing.
    fn demand(
        &self,
        row: &mut WriteRow,
        resolution: Option<ConflictResolution>,
    ) -> Result<(), Refusal> {
        let table = &self.write.table;
        let of_column = |column: usize| resolution.or(table.columns[column].on_null);
        let mut is_replaced = false;
        if let Some(new) = &mut row.new {
            for (column, default) in &self.write.defaults {
                let replaces = of_column(*column) == Some(ConflictResolution::Replace);
                if new[*column].is_null() && replaces {
                    let value = self.context.constant(default)?;
                    new[*column] = assign(table, &table.columns[*column], value)?;
                    is_replaced = true;
                }
            }
        }
        if is_replaced {
            self.generate(slice::from_mut(row))?;
        }
        if let Some((column, error)) = demands::missing(table, row) {
            let resolution = of_column(column).unwrap_or(ConflictResolution::Abort);
            return Err(Refusal::Broken(error, resolution));
        }
        let mut failures = Failures::default();
        let row = slice::from_ref(row);
        demands::check_conditions(table, &self.write.checks, row, self.context, &mut failures)?;
        let resolution = resolution.unwrap_or(ConflictResolution::Abort);
        match failures.first() {
            Some((_, error)) => Err(Refusal::Broken(error, resolution)),
            None => Ok(()),
        }
    }

    /// Computes the generated columns of rows.
    ///
    /// # Errors
    /// Those of the expressions, `type` of a value that its column cannot hold.
    pub(super) fn generate(&self, rows: &mut [WriteRow]) -> Result<(), Error> {
        let mut failures = Failures::default();
        let (table, generated) = (&self.write.table, &self.write.generated);
        generate::fill(table, generated, rows, self.context, &mut failures);
        failures.first().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// A row that is there, whole.
    fn row_at(&self, view: &TableView, there: LocatedVersion) -> Result<Row, Error> {
        let columns: Vec<usize> = (0..self.write.table.columns.len()).collect();
        let fetched = view.fetch(&[there], &columns)?;
        Ok(source::row_at(&self.write.table, &fetched.columns, 0))
    }

    /// Rows that are there as rows that go.
    fn deletions(
        &self,
        view: &TableView,
        gone: Vec<LocatedVersion>,
    ) -> Result<Vec<WriteRow>, Error> {
        let deletion = |there: LocatedVersion| {
            let old = Some(self.row_at(view, there)?);
            Ok(WriteRow { row: Some(there.row()), old, ..WriteRow::default() })
        };
        gone.into_iter().map(deletion).collect()
    }

    /// DO UPDATE: the row that a new one meets changes.
    fn change_instead(
        &mut self,
        row: &WriteRow,
        view: TableView,
        there: LocatedVersion,
        update: &UpsertUpdate,
    ) -> Result<(), Refusal> {
        let table = &self.write.table;
        let old = self.row_at(&view, there)?;
        let about_it = |error: Error| about_row(table, &old, row, there, error);
        let batch = met(table, &view, row, there, update)?;
        if let Some(filter) = &update.filter
            && !self.by_now().mask(filter, &batch).map_err(about_it)?.value(0)
        {
            return Err(Refusal::Skipped);
        }
        let mut new = old.clone();
        let context = self.by_now();
        for (column, expression) in &update.assignments {
            let value = context.evaluate(expression, &batch).map_err(about_it)?;
            let value = value.value(expression.data_type, 0);
            new[*column] = assign(table, &table.columns[*column], value).map_err(about_it)?;
        }
        drop((view, context));
        let (place, about) = (row.place, old.clone());
        let mut changed =
            WriteRow { row: Some(there.row()), moved: None, old: Some(old), new: Some(new), place };
        let about_it = |error: Error| about_row(table, &about, row, there, error.without_row());
        let fill = |changed: &mut WriteRow| {
            let mut failures = Failures::default();
            let rows = slice::from_mut(changed);
            generate::fill(table, &update.generated, rows, self.context, &mut failures);
            failures.first().map_or(Ok(()), |(_, error)| Err(about_it(error)))
        };
        fill(&mut changed)?;
        let Some(fired) = self.fire_instead(&mut changed, update)? else { return Ok(()) };
        if !fired.is_empty() {
            fill(&mut changed)?;
        }
        let view = self.fork.view().table(table);
        let is_written = &|column| update.writes(column);
        // As in SQLite, what the constraints say counts for nothing here.
        let resolution = Some(ConflictResolution::Abort);
        let rules = KeyRules { upserts: &[], resolution, is_written };
        let demanded = self.demand(&mut changed, resolution);
        demanded.and_then(|()| admit(&changed, &view, &rules, table).map(|_| ())).map_err(
            |refusal| match refusal {
                Refusal::Broken(error, resolution) => Refusal::Broken(about_it(error), resolution),
                Refusal::Skipped | Refusal::Failed(_) | Refusal::Fired(_) => refusal,
            },
        )?;
        drop(view);
        let taken = self.record(Vec::new(), changed, Some(update))?;
        self.fire_after(taken, Fired { triggers: &fired, ..self.of_upsert() })
    }

    /// Fires what comes before the change of a row that DO UPDATE changes; gives what may come behind it,
    /// or nothing where the row stays as it is.
    fn fire_instead(
        &mut self,
        changed: &mut WriteRow,
        update: &UpsertUpdate,
    ) -> Result<Option<Vec<Arc<Trigger>>>, Refusal> {
        let mut fired = self.steps.upserted.clone();
        fired.retain(|of| of.is_about(|column| is_assigned(&update.assignments, column)));
        let before = Fired { triggers: &fired, time: TriggerTime::Before, ..self.of_upsert() };
        if before.each().next().is_none() {
            return Ok(Some(fired));
        }
        let values = row_values(&self.write.table, changed);
        if !self.fire(before, &values)? {
            return Ok(None);
        }
        let Some(number) = changed.row else { return Ok(None) };
        let Some(now) = self.whole_row(number)? else { return Ok(None) };
        let mut new = now.clone();
        for (column, _) in &update.assignments {
            changed.new.iter().for_each(|given| new[*column].clone_from(&given[*column]));
        }
        (changed.old, changed.new) = (Some(now), Some(new));
        Ok(Some(fired))
    }

    /// How the triggers of a row fire that DO UPDATE changed.
    fn of_upsert(&self) -> Fired<'static> {
        let resolution = Some(ConflictResolution::Abort);
        Fired {
            triggers: &[],
            time: TriggerTime::After,
            resolution,
            cause: self.steps.firing.cause,
        }
    }
}

/// An error of a row that DO UPDATE changes instead of a new one.
fn about_row(
    table: &TableSchema,
    old: &Row,
    row: &WriteRow,
    there: LocatedVersion,
    error: Error,
) -> Error {
    let name = row_name(table, old, Some(there.row()));
    let note = name.map(|name| format!("the row changed: {name}"));
    error.of_row(Some(row.place), None).note(note)
}

/// What the expressions of DO UPDATE read: of the row that is there, and of the new one.
fn met(
    table: &TableSchema,
    view: &TableView,
    row: &WriteRow,
    there: LocatedVersion,
    update: &UpsertUpdate,
) -> Result<Batch, Error> {
    let width = table.width();
    let read: Vec<usize> =
        update.columns.iter().copied().filter(|column| *column < width).collect();
    let mut read = view.fetch(&[there], &read)?.columns.into_iter();
    let new = row.new.as_deref().unwrap_or_default();
    let mut columns = Vec::with_capacity(update.columns.len());
    let number = table.index_of(PseudoColumn::Row);
    for column in &update.columns {
        match column.checked_sub(width) {
            None => columns.extend(read.next()),
            Some(at) if at == number => {
                columns.push(array_of(table.type_of(at), std::iter::once(&number_of(row)))?);
            }
            Some(at) => columns.push(array_of(table.type_of(at), new.get(at).into_iter())?),
        }
    }
    Ok(Batch::new(columns, 1))
}
