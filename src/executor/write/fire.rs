//! The steps of a write whose table has triggers: its rows go one by one, each between those that fire
//! BEFORE it and those that fire AFTER it.
//!
//! A row is what it is when its turn comes, since triggers may have changed it; one that is gone by then
//! is left out, and so is one for which a trigger says RAISE(IGNORE). What a statement of a trigger does
//! is a write as any other, over views of the fork as it is then; a trigger does not fire inside of
//! itself. The events that a trigger makes name the event of the row change that fired it; before that
//! has happened, the one that is the cause of the whole statement.

use super::super::Error;
use super::super::compare::value_truth;
use super::super::datum::Batch;
use super::super::evaluate::Context;
use super::super::input::PlanInput;
use super::super::plan_operators::open;
use super::assign::assign;
use super::row::WriteRow;
use super::{Pipeline, source, write_within};
use crate::language::ast::{RaiseAction, TriggerTime};
use crate::planner::{
    BoundExpression, BoundKind, Planned, RowEvent, TriggerStatement, Write, WriteAction,
    trigger_width,
};
use crate::storage::{Fork, RowImages};
use crate::types::column::{array_of, value_at};
use crate::types::{
    ConflictResolution, DataType, EventId, Row, RowId, TableSchema, Value, with_stack,
};
use arrow_array::ArrayRef;
use std::sync::Arc;

/// How deep triggers fire triggers.
pub const MAX_TRIGGER_DEPTH: usize = 1_000;

/// A statement of a trigger, or its WHEN, and the tables that it reads.
#[derive(Debug)]
pub struct TriggerProgram {
    /// Its plan.
    pub statement: TriggerStatement,
    /// What fills its slots: these tables as they are when it runs.
    pub tables: Vec<Arc<TableSchema>>,
}

/// A trigger, ready to fire.
#[derive(Debug)]
pub struct Trigger {
    /// Which it is: the event that created it, and whether it is a temporary one.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// When it fires.
    pub time: TriggerTime,
    /// Of UPDATE OF the columns, one of which has to be assigned.
    pub columns: Option<Vec<usize>>,
    /// WHEN
    pub condition: Option<TriggerProgram>,
    /// What it does.
    pub statements: Vec<TriggerProgram>,
}

/// Knows which triggers there are.
pub trait TriggerSource {
    /// The triggers that changes of a table fire, in their order.
    ///
    /// # Errors
    /// Those of a definition that does not bind.
    fn triggers(
        &self,
        table: &TableSchema,
        event: RowEvent,
        fork: &Fork,
    ) -> Result<Arc<[Arc<Trigger>]>, Error>;
}

/// That of a write that fires nothing.
#[derive(Debug)]
pub struct NoTriggers;

impl TriggerSource for NoTriggers {
    fn triggers(
        &self,
        _: &TableSchema,
        _: RowEvent,
        _: &Fork,
    ) -> Result<Arc<[Arc<Trigger>]>, Error> {
        Ok(Arc::from([]))
    }
}

/// The triggers that are firing.
#[derive(Clone)]
pub(super) struct Firing<'a> {
    pub source: &'a dyn TriggerSource,
    active: Vec<EventId>,
    /// The operation of the fork that fired the innermost; none where nothing did, or nothing yet.
    pub cause: Option<usize>,
    /// What OR says of the statement that fires the outermost.
    resolution: Option<ConflictResolution>,
}

impl<'a> Firing<'a> {
    /// Nothing fires yet.
    pub fn new(source: &'a dyn TriggerSource) -> Firing<'a> {
        Firing { source, active: Vec::new(), cause: None, resolution: None }
    }

    /// Whether no trigger is firing.
    pub fn is_outermost(&self) -> bool {
        self.active.is_empty()
    }

    /// What a write does to rows.
    fn event_of(&self, write: &Write) -> RowEvent {
        match &write.action {
            WriteAction::Insert { .. } => RowEvent::Insert,
            WriteAction::Update { .. } => RowEvent::Update,
            WriteAction::Delete { .. } => RowEvent::Delete,
            WriteAction::InsteadOf { event, .. } => *event,
        }
    }

    /// The triggers that a write fires, but those that are firing.
    pub fn of(&self, write: &Write, fork: &Fork) -> Result<Vec<Arc<Trigger>>, Error> {
        let is_assigned = |column: &usize| match &write.action {
            WriteAction::Update { assignments, .. } => {
                assignments.iter().any(|(assigned, _)| assigned == column)
            }
            WriteAction::InsteadOf { assigned, .. } => assigned.contains(column),
            WriteAction::Insert { .. } | WriteAction::Delete { .. } => true,
        };
        let mut triggers = self.on(&write.table, self.event_of(write), fork)?;
        triggers.retain(|trigger| {
            trigger.columns.as_ref().is_none_or(|columns| columns.iter().any(is_assigned))
        });
        Ok(triggers)
    }

    /// The triggers on a table, but those that are firing.
    fn on(
        &self,
        table: &TableSchema,
        event: RowEvent,
        fork: &Fork,
    ) -> Result<Vec<Arc<Trigger>>, Error> {
        let all = self.source.triggers(table, event, fork)?;
        let fires = |trigger: &&Arc<Trigger>| !self.active.contains(&trigger.id);
        Ok(all.iter().filter(fires).map(Arc::clone).collect())
    }
}

/// What the rows of a write go through one by one.
pub(super) struct RowSteps<'a> {
    /// The triggers that the write fires.
    pub triggers: &'a [Arc<Trigger>],
    /// Those that are firing.
    pub firing: &'a Firing<'a>,
}

impl Pipeline<'_> {
    /// Takes rows through the steps one by one, between the triggers that they fire.
    pub(super) fn run_fired(
        &mut self,
        rows: Vec<WriteRow>,
        steps: &RowSteps<'_>,
    ) -> Result<(), Error> {
        for row in rows {
            self.context.check()?;
            self.take(row, steps)?;
            if self.written.failure.is_some() {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, row: WriteRow, steps: &RowSteps<'_>) -> Result<(), Error> {
        let (table, cause) = (&self.write.table, self.cause);
        if let WriteAction::InsteadOf { .. } = self.write.action {
            let values = row_values(table, &row, None);
            return self.fire(steps, TriggerTime::InsteadOf, &values, cause).map(drop);
        }
        let Some(mut row) = self.current(row, true)? else { return Ok(()) };
        if steps.triggers.iter().any(|trigger| trigger.time == TriggerTime::Before) {
            self.generate(std::slice::from_mut(&mut row))?;
            let values = row_values(table, &row, None);
            if !self.fire(steps, TriggerTime::Before, &values, cause)? {
                return Ok(());
            }
            let Some(now) = self.current(row, false)? else { return Ok(()) };
            row = now;
        }
        let (behind, count) = (self.fork.len(), self.written.rows);
        let mut known = row.clone();
        self.run_each(vec![row])?;
        if self.written.rows == count {
            return Ok(());
        }
        let made = (self.recorded > behind).then(|| self.recorded - 1);
        let mut event = steps.firing.event_of(self.write);
        if let Some(operation) = made.and_then(|made| self.fork.operations().get(made)?.row()) {
            let number = operation.row;
            known.row = Some(number);
            if let (RowImages::Update(changed), RowEvent::Insert) = (&operation.images, event)
                && self.write.resolution.is_none()
            {
                // DO UPDATE: what fires is the change of the row that was met.
                let old: Vec<(usize, Value)> =
                    changed.iter().map(|(column, old, _)| (*column, old.clone())).collect();
                event = RowEvent::Update;
                known.new = self.whole_row(number)?;
                known.old.clone_from(&known.new);
                for (column, value) in old {
                    known.old.iter_mut().for_each(|row| row[column] = value.clone());
                }
            } else if known.new.is_some() {
                known.new = self.whole_row(number)?;
            }
        }
        let values = row_values(table, &known, known.row);
        let others = match event == steps.firing.event_of(self.write) {
            true => None,
            false => Some(steps.firing.on(&self.write.table, event, self.fork)?),
        };
        let triggers = others.as_deref().unwrap_or(steps.triggers);
        let steps = RowSteps { triggers, firing: steps.firing };
        self.fire(&steps, TriggerTime::After, &values, made.or(cause)).map(drop)
    }

    /// A row with all its columns, as it is now.
    fn whole_row(&self, number: RowId) -> Result<Option<Row>, Error> {
        let table = &self.write.table;
        let view = self.fork.view().table(table);
        let Some(located) = view.locate(number) else { return Ok(None) };
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let fetched = view.fetch(&[located], &all)?;
        Ok(Some(source::row_at(table, &fetched.columns, 0)))
    }

    /// The row as it is now; `None` where it is gone. What it becomes is computed again where it is
    /// another one, or only what the statement leaves as it was is taken over.
    fn current(&self, row: WriteRow, computes: bool) -> Result<Option<WriteRow>, Error> {
        let (Some(number), Some(old)) = (row.row, &row.old) else { return Ok(Some(row)) };
        let Some(now) = self.whole_row(number)? else { return Ok(None) };
        if old.iter().zip(&now).all(|(old, now)| old.is_same(now)) {
            return Ok(Some(row));
        }
        let (table, width) = (&self.write.table, self.write.table.columns.len());
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
            let batch = Batch { columns: columns?, rows: 1 };
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

    /// Fires the triggers of a time; says whether the row goes on.
    fn fire(
        &mut self,
        steps: &RowSteps<'_>,
        time: TriggerTime,
        values: &[Value],
        cause: Option<usize>,
    ) -> Result<bool, Error> {
        for trigger in steps.triggers.iter().filter(|trigger| trigger.time == time) {
            match run(trigger, steps.firing, self.write, values, self.fork, self.context, cause) {
                Ok(()) => {}
                Err(Error::Raised { action: RaiseAction::Ignore, .. }) => return Ok(false),
                Err(error) => return Err(error.in_trigger(&trigger.name)),
            }
        }
        Ok(true)
    }
}

/// The number of a row as a value.
fn number_value(number: RowId) -> Value {
    i64::try_from(number.0).map_or(Value::Null, Value::Integer)
}

/// What triggers know of a row: what it is, then what it becomes, each with its number.
fn row_values(table: &TableSchema, row: &WriteRow, number: Option<RowId>) -> Vec<Value> {
    let width = trigger_width(table);
    // A number that is still to be given is -1, as in SQLite.
    let shown = number.or(row.row).map_or(Value::Integer(-1), number_value);
    let mut values = Vec::with_capacity(2 * width);
    for half in [&row.old, &row.new] {
        match half {
            None => values.extend(std::iter::repeat_n(Value::Null, width)),
            Some(half) => {
                values.extend(half.iter().cloned());
                values.push(shown.clone());
            }
        }
    }
    if let Some(key) = table.integer_primary_key()
        && row.old.is_none()
        && values[width + key].is_null()
    {
        values[width + key] = Value::Integer(-1);
    }
    values
}

/// Runs the statements of a trigger for a row, if its condition is true.
fn run(
    trigger: &Trigger,
    firing: &Firing<'_>,
    fires: &Write,
    values: &[Value],
    fork: &mut Fork,
    context: &Context,
    cause: Option<usize>,
) -> Result<(), Error> {
    if firing.active.len() >= MAX_TRIGGER_DEPTH {
        let message = format!("triggers fire each other more than {MAX_TRIGGER_DEPTH} deep");
        return Err(Error::failed("trigger-depth", message));
    }
    let counts = context.counts.save();
    let ran = run_counted(trigger, firing, fires, values, fork, context, cause);
    context.counts.restore(counts);
    ran
}

/// The same, which counts what it does.
fn run_counted(
    trigger: &Trigger,
    firing: &Firing<'_>,
    fires: &Write,
    values: &[Value],
    fork: &mut Fork,
    context: &Context,
    cause: Option<usize>,
) -> Result<(), Error> {
    // What OR says of the statement that fires it holds inside, too.
    let resolution = firing.resolution.or(fires.resolution);
    let mut inner = Firing { cause, resolution, ..firing.clone() };
    inner.active.push(trigger.id);
    if let Some(condition) = &trigger.condition {
        let value = program(condition, values, fork, context, &inner)?;
        let is_true = |value: Value| value_truth(&value) == Value::Boolean(true);
        if !value.is_some_and(is_true) {
            return Ok(());
        }
    }
    for statement in &trigger.statements {
        with_stack(|| program(statement, values, fork, context, &inner))?;
    }
    Ok(())
}

/// Runs a statement for a row; gives the first value of a query.
fn program(
    program: &TriggerProgram,
    values: &[Value],
    fork: &mut Fork,
    context: &Context,
    firing: &Firing<'_>,
) -> Result<Option<Value>, Error> {
    let TriggerProgram { statement, tables } = program;
    let view = fork.view();
    let inputs = tables.iter().map(|table| PlanInput::Table(view.table(table))).collect();
    drop(view);
    let argument = |argument: &BoundExpression| {
        if let BoundKind::Column(at) = argument.kind {
            return Ok(values[at].clone());
        }
        context.constant(argument)
    };
    let arguments: Result<Arc<[Value]>, Error> = statement.arguments.iter().map(argument).collect();
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
                    let inner = Write { resolution: firing.resolution, ..inner.clone() };
                    write_within(&inner, inputs, fork, context, firing)?
                }
                None => write_within(inner, inputs, fork, context, firing)?,
            };
            counts.end(written.rows);
            written.failure.map_or(Ok(None), |failure| Err(failure.error))
        }
        Planned::Schema(_) => unreachable!("a body has queries and writes"),
    }
}
