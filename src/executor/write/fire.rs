//! The steps of a row that fires triggers: those BEFORE it, what the write does to it, those AFTER it.
//!
//! A row is what it is when its turn comes, since triggers may have changed it; one that is gone by then
//! is left out, and so is one for which a trigger says RAISE(IGNORE). What a statement of a trigger does
//! is a write as any other, over views of the fork as it is then; a trigger does not fire inside of
//! itself unless `recursive_triggers` is on. The events that a trigger makes name the event of the row
//! change that fired it; before that has happened, the one that is the cause of the whole statement.
//!
//! What OR says where a trigger is fired holds for what the trigger does, and over what its statements
//! say themselves, as in SQLite; a DELETE says nothing, REPLACE of the rows that it deletes, too, and DO
//! UPDATE and foreign keys say ABORT.

use super::super::Error;
use super::super::compare::value_truth;
use super::super::datum::Batch;
use super::super::input::PlanInput;
use super::super::plan_operators::open;
use super::assign::assign;
use super::each::Refusal;
use super::firing::{Fired, Firing, Trigger, TriggerProgram};
use super::row::WriteRow;
use super::{Pipeline, returning, source, write_within};
use crate::language::ast::{RaiseAction, TriggerTime};
use crate::planner::{BoundExpression, BoundKind, Planned, Write, WriteAction, trigger_width};
use crate::types::column::{array_of, value_at};
use crate::types::{
    ConflictResolution, DataType, KeySchema, Row, RowId, TableSchema, Value, with_stack,
};
use arrow_array::ArrayRef;
use std::sync::Arc;

/// What became of a row.
pub(super) struct Taken {
    /// The row; a new one without its number.
    pub row: WriteRow,
    /// The operation of the fork that it made, if it made one.
    pub operation: Option<usize>,
}

impl Pipeline<'_> {
    /// Takes a row through its steps, between the triggers that it fires.
    pub(super) fn take(&mut self, row: &mut WriteRow) -> Result<(), Refusal> {
        let (steps, table, cause) = (self.steps, &self.write.table, self.steps.firing.cause);
        let resolution = self.said();
        let of_time = |time| Fired { triggers: &steps.triggers, time, resolution, cause };
        if let WriteAction::InsteadOf { .. } = self.write.action {
            let values = row_values(table, row);
            if self.fire(of_time(TriggerTime::InsteadOf), &values)? {
                self.return_of_view(row)?;
            }
            return Ok(());
        }
        if steps.triggers.is_empty() {
            return self.run_one(row).map(drop);
        }
        let Some(now) = self.current(row.clone(), true)? else { return Ok(()) };
        *row = now;
        if of_time(TriggerTime::Before).each().next().is_some() {
            self.generate(std::slice::from_mut(row))?;
            let values = row_values(table, row);
            if !self.fire(of_time(TriggerTime::Before), &values)? {
                return Ok(());
            }
            let Some(now) = self.current(row.clone(), false)? else { return Ok(()) };
            *row = now;
        }
        let Some(taken) = self.run_one(row)? else { return Ok(()) };
        self.fire_after(taken, of_time(TriggerTime::After))
    }

    /// Notes what RETURNING says of a row of a view.
    fn return_of_view(&mut self, row: &WriteRow) -> Result<(), Error> {
        let (Some(returning), view) = (&self.write.returning, &self.write.table) else {
            return Ok(());
        };
        let values = row.new.as_ref().or(row.old.as_ref());
        let value = |column: &usize| -> Result<ArrayRef, Error> {
            let value = values.map_or(Value::Null, |values| values[*column].clone());
            let value = assign(view, &view.columns[*column], value)?;
            Ok(array_of(view.columns[*column].data_type, std::iter::once(&value))?)
        };
        let columns: Result<Vec<_>, Error> = returning.columns.iter().map(value).collect();
        let batch = Batch::new(columns?, 1);
        let computed = returning::computed(returning, &batch, &self.behind_row())?;
        self.written.returned.push(computed);
        Ok(())
    }

    /// What OR says of the statement, for what it fires.
    fn said(&self) -> Option<ConflictResolution> {
        match &self.write.action {
            WriteAction::Delete { .. } => None,
            WriteAction::Insert { .. }
            | WriteAction::Update { .. }
            | WriteAction::InsteadOf { .. } => self.write.resolution,
        }
    }

    /// Fires what comes behind the change of a row.
    pub(super) fn fire_after(&mut self, taken: Taken, fired: Fired<'_>) -> Result<(), Refusal> {
        if fired.each().next().is_none() {
            return Ok(());
        }
        let Taken { mut row, operation } = taken;
        let made = operation.and_then(|made| self.fork.operations().get(made)?.row());
        if let Some(made) = made.filter(|_| row.moved.is_none()) {
            row.row = Some(made.row);
        }
        if let (Some(number), Some(_)) = (row.number(), &row.new) {
            row.new = self.whole_row(number)?.or(row.new);
        }
        let values = row_values(&self.write.table, &row);
        let cause = operation.or(self.steps.firing.cause);
        self.fire(Fired { cause, ..fired }, &values).map(drop)
    }

    /// A row with all its columns, as it is now.
    pub(super) fn whole_row(&self, number: RowId) -> Result<Option<Row>, Error> {
        let table = &self.write.table;
        let view = self.fork.view().table(table);
        let Some(located) = view.locate(number) else { return Ok(None) };
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let fetched = view.fetch(&[located], &all)?;
        Ok(Some(source::row_at(table, &fetched.columns, 0)))
    }

    /// The row as it is now; `None` where it is gone, or has another key, by which SQLite does not find it
    /// any more. What it becomes is computed again where it is
    /// another one, or only what the statement leaves as it was is taken over.
    fn current(&self, row: WriteRow, computes: bool) -> Result<Option<WriteRow>, Error> {
        let (Some(number), Some(old)) = (row.row, &row.old) else { return Ok(Some(row)) };
        let Some(now) = self.whole_row(number)? else { return Ok(None) };
        if old.iter().zip(&now).all(|(old, now)| old.is_same(now)) {
            return Ok(Some(row));
        }
        let (table, width) = (&self.write.table, self.write.table.columns.len());
        let is_rekeyed =
            |key: &KeySchema| key.columns.iter().any(|at| !old[*at].is_same(&now[*at]));
        let is_found_by_key =
            |_: &&KeySchema| table.options.without_rowid || table.integer_primary_key().is_some();
        if table.primary_key().filter(is_found_by_key).is_some_and(is_rekeyed) {
            return Ok(None);
        }
        let mut new = row.new.is_some().then(|| now.clone());
        if let (Some(new), Some(before), WriteAction::Update { assignments, .. }) =
            (&mut new, &row.new, &self.write.action)
        {
            let numbered = now.iter().cloned().chain([number_value(number)]);
            let columns: Result<Vec<ArrayRef>, _> = numbered
                .enumerate()
                .map(|(at, value)| {
                    let own = table.columns.get(at).map_or(DataType::Integer, |c| c.data_type);
                    array_of(own, std::iter::once(&value))
                })
                .collect();
            let batch = Batch::new(columns?, 1);
            for (column, expression) in assignments {
                // What another table says of the row was read with it.
                let mut own = computes;
                expression.for_each_column(&mut |read| own = own && read <= width);
                new[*column] = if own {
                    let value = self.context.evaluate(expression, &batch)?;
                    let value = value.value(expression.data_type, 0);
                    assign(table, &table.columns[*column], value)?
                } else {
                    before[*column].clone()
                };
            }
        }
        Ok(Some(WriteRow { old: Some(now), new, ..row }))
    }

    /// Fires triggers of a row with these values; says whether the row goes on.
    pub(super) fn fire(&mut self, fired: Fired<'_>, values: &[Value]) -> Result<bool, Refusal> {
        for trigger in fired.each() {
            let counts = self.context.counts.save();
            let ran = self.run_trigger(trigger, &fired, values);
            self.context.counts.restore(counts);
            match ran {
                Ok(()) => {}
                Err(Error::Raised { action: RaiseAction::Ignore, .. }) => return Ok(false),
                Err(error) => return Err(Refusal::Fired(error.in_trigger(&trigger.name))),
            }
        }
        Ok(true)
    }

    /// Runs the statements of a trigger for a row, if its condition is true.
    fn run_trigger(
        &mut self,
        trigger: &Trigger,
        fired: &Fired<'_>,
        values: &[Value],
    ) -> Result<(), Error> {
        let firing = self.steps.firing;
        let inner = firing.deeper(Some(trigger.id), fired.cause, fired.resolution)?;
        if let Some(condition) = &trigger.condition {
            let value = self.run_program(condition, values, &inner)?;
            let is_true = |value: Value| value_truth(&value).is_true();
            if !value.is_some_and(is_true) {
                return Ok(());
            }
        }
        for statement in &trigger.statements {
            with_stack(|| self.run_program(statement, values, &inner))?;
        }
        Ok(())
    }

    /// Runs a statement for a row; gives the first value of a query.
    fn run_program(
        &mut self,
        program: &TriggerProgram,
        values: &[Value],
        firing: &Firing<'_>,
    ) -> Result<Option<Value>, Error> {
        let TriggerProgram { statement, tables } = program;
        let (view, context) = (self.fork.view(), self.context);
        let inputs = tables.iter().map(|table| PlanInput::Table(view.table(table))).collect();
        drop(view);
        let argument = |argument: &BoundExpression| {
            if let BoundKind::Column(at) = argument.kind {
                return Ok(values[at].clone());
            }
            context.constant(argument)
        };
        let arguments: Result<Arc<[Value]>, Error> =
            statement.arguments.iter().map(argument).collect();
        let counts = Arc::clone(&context.counts);
        let context = context.clone().with_arguments(arguments?);
        match &statement.planned {
            Planned::Query(query) => {
                let mut rows = open(&query.plan, inputs, context)?;
                let mut first = None;
                while let Some(batch) = rows.next()? {
                    if first.is_none()
                        && let (Some(array), Some((_, data_type))) =
                            (batch.columns.first(), query.columns.first())
                    {
                        first = Some(value_at(array, *data_type, 0));
                    }
                }
                Ok(first)
            }
            Planned::Write(inner) => {
                let written = match firing.resolution {
                    Some(_) => {
                        let inner = Write { resolution: firing.resolution, ..Write::clone(inner) };
                        write_within(&inner, inputs, self.fork, context, firing)?
                    }
                    None => write_within(inner, inputs, self.fork, context, firing)?,
                };
                counts.end(written.rows);
                written.failure.map_or(Ok(None), |failure| Err(Error::Halted(Box::new(failure))))
            }
            Planned::Schema(_) => unreachable!("a body has queries and writes"),
        }
    }
}

/// The number of a row as a value.
fn number_value(number: RowId) -> Value {
    i64::try_from(number.0).map_or(Value::Null, Value::Integer)
}

/// What triggers know of a row: what it is, then what it becomes, each with its number.
pub(super) fn row_values(table: &TableSchema, row: &WriteRow) -> Vec<Value> {
    let width = trigger_width(table);
    let mut values = Vec::with_capacity(2 * width);
    for (half, number) in [(&row.old, row.row), (&row.new, row.number())] {
        match half {
            None => values.extend(std::iter::repeat_n(Value::Null, width)),
            Some(half) => {
                values.extend(half.iter().cloned());
                // A number that is still to be given is -1, as in SQLite.
                values.push(number.map_or(Value::Integer(-1), number_value));
            }
        }
    }
    if let Some(key) = table.integer_primary_key()
        && !table.options.without_rowid
        && row.old.is_none()
        && values[width + key].is_null()
    {
        values[width + key] = Value::Integer(-1);
    }
    values
}
