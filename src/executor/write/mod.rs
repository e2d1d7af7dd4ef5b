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
//! 3. *generated columns* (`generate`): what is computed from the others of the row;
//! 4. *demands* on a row alone (`demands`): NOT NULL, then CHECK;
//! 5. *uniqueness* (`unique`): keys beside those of other rows;
//! 6. *changes*: what is left becomes [`Change`]s, which the [`Fork`] records;
//! 7. *foreign keys* (`foreign_keys`): what that does to rows that refer to these; and, when the
//!    outermost statement is done, whether all of them still find what they refer to.
//!
//! Each step is a function of rows, and asks the plan ([`Write`]) what the table demands: bound
//! expressions over its columns. It notes what is wrong with a row in [`Failures`]; the first row that
//! has an error ends the statement, whose fork is then as it was. `place` says of an error which row and
//! which value it is about.
//!
//! # All at once, or one by one
//!
//! The rows of a plain statement go through the steps as one batch: keys are compared as they are when
//! all of it is done, so that an UPDATE may exchange them. Where one row may meet what another did
//! (OR and ON CONFLICT say what happens then, and triggers may), each row takes all steps before the
//! next one begins ([`Write::is_row_by_row`], `each`): the same steps, over a batch of one row. There
//! is no second book of what is under way: a row that was done is in the fork, and the
//! next one looks there. What was read in the first step stays as it was; an UPDATE takes its row anew
//! from the fork, and leaves one out that is gone. Queries in DO UPDATE and in RETURNING read what there
//! is by then ([`Pipeline::by_now`]), so rows that are asked them go one by one, too.
//!
//! One row about which nobody but its table is asked takes the same steps by itself (`single`).
//!
//! Views of the fork go before it changes, so that nothing has to be copied for them.
//!
//! # Triggers
//!
//! BEFORE triggers fire behind the first step, AFTER triggers behind the changes and what foreign keys
//! do to other rows (`firing`, `fire`). What they run is a [`Write`] of its own through a `Pipeline` over
//! the same fork, whose events name their cause. A row that goes for another is a deletion (`replace`),
//! which fires triggers where `recursive_triggers` is on; the rows that foreign keys change fire theirs
//! always (`foreign_keys`).

mod altered;
mod assign;
mod audit;
mod demands;
mod each;
mod fire;
mod firing;
mod foreign_keys;
mod generate;
mod load;
mod numbers;
mod place;
mod replace;
mod returning;
mod row;
mod single;
mod source;
mod unique;

pub(super) use altered::{Demand, ask_rows};
pub(super) use assign::assign;
pub use audit::Audit;
pub use firing::{
    MAX_TRIGGER_DEPTH, NoTriggers, Trigger, TriggerFault, TriggerProgram, TriggerSource,
};
pub(super) use foreign_keys::empty;
pub use foreign_keys::{CheckedConstraints, check_foreign_keys, unreferenced_rows};
pub use load::{PartialRow, load};
pub(super) use place::row_name;
pub(super) use unique::duplicate;

use super::Error;
use super::datum::Batch;
use super::evaluate::Context;
use super::input::PlanInput;
use crate::planner::{OperatorId, UpsertUpdate, Write, WriteAction};
use crate::storage::{Change, Fork, TableView};
use crate::types::{KeySchema, RowId, TableSchema};
use fire::Taken;
use firing::{Firing, RowSteps};
use numbers::GivenNumbers;
use row::{Failures, WriteRow};
use std::borrow::Cow;
use std::sync::Arc;

/// What a write did.
#[derive(Debug, Default)]
pub struct Written {
    /// How many rows the statement inserted, updated or deleted; those that went for others not counted.
    pub rows: usize,
    /// How many events it made: a row that stays what it was makes none.
    pub events: usize,
    /// What RETURNING says, in the order in which rows were reached.
    pub returned: Vec<Batch>,
    /// What it ended with, where what it did before stays.
    pub failure: Option<Failure>,
}

/// An error of a statement that does not just leave everything as it was.
#[derive(Debug)]
pub struct Failure {
    /// The error.
    pub error: Error,
    /// Whether the whole transaction is rolled back; else what the statement did before stays.
    pub rolls_back: bool,
}

/// Does a write in a fork, whose tables its inputs show as they are now.
///
/// # Errors
/// `type` of a value that its column cannot hold, `not-null`, `unique` of a key that is already there,
/// `key-exhausted` where no number is left for a row, `rowid` of a number that no row can have,
/// `row-limit` of one that is too large, `foreign-key` and `foreign-key-mismatch`, those of a trigger
/// and its RAISE; and what [`Context::evaluate`] says of the expressions. Then the fork is as it was.
pub fn write(
    write: &Write,
    inputs: Vec<PlanInput>,
    fork: &mut Fork,
    context: Context,
    triggers: &dyn TriggerSource,
) -> Result<Written, Error> {
    let probe = context.probe(OperatorId::of(write));
    let firing = Firing::new(triggers);
    let counts = Arc::clone(&context.counts);
    let before = counts.save();
    let written = probe.time(|| write_within(write, inputs, fork, context, &firing));
    let written = written.or_else(Error::ended);
    match &written {
        Ok(Written { failure: Some(Failure { rolls_back: true, .. }), .. }) | Err(_) => {
            counts.restore(before);
            counts.fail(0);
        }
        Ok(written) => counts.end(written.rows),
    }
    let mut written = written?;
    probe.count(written.rows);
    written.returned = joined(written.returned)?;
    Ok(written)
}

/// Does a write beside the triggers that are firing.
fn write_within(
    write: &Write,
    inputs: Vec<PlanInput>,
    fork: &mut Fork,
    context: Context,
    firing: &Firing<'_>,
) -> Result<Written, Error> {
    if firing.is_outermost()
        && let Some(row) = single::read(write, &inputs, fork, &context)?
    {
        // Views go before the fork changes, so that nothing has to be copied for them.
        drop(inputs);
        return single::record(row, write, fork, &context);
    }
    let steps = RowSteps::of(write, fork, &context, firing)?;
    let first = fork.len();
    // What triggers do is checked at the end of the statement that fired the first of them.
    let asks = firing.is_outermost() && context.enforcement.asks_foreign_keys();
    let checks = asks && (steps.is_concerned || steps.fire());
    // Rows that are recorded at once are recorded or not, without a place to return to.
    let is_at_once = !write.is_row_by_row() && !steps.fire() && !steps.has_queries;
    let can_fail_later = !is_at_once || write.returning.is_some() || steps.is_concerned;
    let savepoint = can_fail_later.then(|| fork.savepoint());
    let run = |fork: &mut Fork| -> Result<Written, Error> {
        let mut context = context.over(inputs);
        let rows = source::read(write, &context)?;
        if !steps.has_queries && !steps.fire() {
            // Views go before the fork changes, so that nothing has to be copied for them.
            Context::close(&mut context);
        }
        let steps = &steps;
        let mut pipeline = Pipeline::new(write, &mut *fork, &context, steps);
        let done = if is_at_once { pipeline.run_all(rows) } else { pipeline.run_each(rows) };
        // What stays of a statement that failed has to be right, too.
        if checks && done.as_ref().err().is_none_or(Error::keeps_changes) {
            check_foreign_keys(pipeline.fork, first, CheckedConstraints::Immediate)?;
        }
        done?;
        pipeline.count_on()?;
        Ok(pipeline.written)
    };
    let written = run(fork);
    if written.as_ref().is_err_and(|error| !error.keeps_changes()) {
        savepoint.iter().for_each(|savepoint| fork.rollback_to(savepoint));
    }
    written
}

/// Batches of one row each as one.
fn joined(batches: Vec<Batch>) -> Result<Vec<Batch>, Error> {
    match batches.as_slice() {
        [first, _, ..] if first.rows == 1 => Ok(vec![Batch::concat(&batches)?]),
        [..] => Ok(batches),
    }
}

/// The steps behind the first, and what they did so far.
struct Pipeline<'a> {
    write: &'a Write,
    fork: &'a mut Fork,
    context: &'a Context,
    written: Written,
    /// What is known of its steps; its firing names the operation that made this write, if one did.
    steps: &'a RowSteps<'a>,
    /// How long the fork was behind the last row's own operation, before those of foreign key actions.
    recorded: usize,
    /// What it gave to rows as AUTOINCREMENT numbers.
    given: GivenNumbers,
}

impl<'a> Pipeline<'a> {
    /// A write of which no row has taken a step.
    fn new(
        write: &'a Write,
        fork: &'a mut Fork,
        context: &'a Context,
        steps: &'a RowSteps<'a>,
    ) -> Pipeline<'a> {
        let (written, recorded) = (Written::default(), fork.len());
        let given = GivenNumbers::default();
        Pipeline { write, fork, context, written, steps, recorded, given }
    }
}

impl Pipeline<'_> {
    /// Makes the AUTOINCREMENT counter go on behind numbers that rows got which were left out, unless the
    /// statement ended with one.
    fn count_on(&mut self) -> Result<(), Error> {
        let change = self.given.counter(&self.write.table, self.fork);
        if let Some(change) = change.filter(|_| self.written.failure.is_none()) {
            let made = self.fork.record_one(change, self.steps.firing.cause)?;
            self.written.events += usize::from(made.is_some());
        }
        Ok(())
    }
}

/// What is known of the numbers of rows before they are recorded.
struct KnownNumbers {
    /// Of each, where RETURNING says something of it.
    known: Vec<Option<RowId>>,
    /// Of the last, its key or its number.
    last: Option<i64>,
    /// Whether that is to be noted.
    are_new: bool,
    /// The number of the row and the one that it gets instead, if it gets another one.
    moved: Option<(RowId, RowId)>,
}

impl Pipeline<'_> {
    /// Takes rows through the steps all at once.
    fn run_all(&mut self, mut rows: Vec<WriteRow>) -> Result<(), Error> {
        let (write, table) = (self.write, &self.write.table);
        let view = self.fork.view().table(table);
        numbers::fill(table, &view, &mut rows, &mut self.given)?;
        if write.reads_new_numbers() {
            numbers::foresee(table, self.fork, &mut rows)?;
        }
        let mut failures = Failures::default();
        generate::fill(table, &write.generated, &mut rows, self.context, &mut failures);
        demands::check_not_null(table, &rows, &mut failures);
        demands::check_conditions(table, &write.checks, &rows, self.context, &mut failures)?;
        unique::check_numbers(table, &view, &rows, &mut failures);
        unique::check(table, &view, &rows, |key| is_written(write, key), &mut failures);
        if let Some((index, error)) = failures.first() {
            return Err(place::placed(error, write, &rows[index]));
        }
        drop(view);
        self.write_down(rows, None).map(drop)
    }

    /// Whether the rows that are recorded are new ones that `last_insert_rowid()` tells the number of.
    fn numbers_rows(&self) -> bool {
        let is_insert = matches!(self.write.action, WriteAction::Insert { .. });
        is_insert && !self.write.table.options.without_rowid
    }

    /// What is read where rows have begun to change: tables as they are by now.
    fn by_now(&self) -> Cow<'_, Context> {
        if !self.steps.has_queries {
            return Cow::Borrowed(self.context);
        }
        let view = self.fork.view();
        let is_present = |slot: usize| self.write.present.contains(&slot);
        let now =
            |slot: usize, table: &TableView| is_present(slot).then(|| view.table(table.schema()));
        Cow::Owned(self.context.refreshed(now))
    }

    /// What RETURNING reads of a row that has changed: tables as they are by now, its queries asked again.
    fn behind_row(&self) -> Cow<'_, Context> {
        match self.by_now() {
            Cow::Owned(now) => Cow::Owned(now.asked_again()),
            same @ Cow::Borrowed(_) => same,
        }
    }

    /// What is known of the numbers of rows before they are recorded; `are_new` where that of the last is
    /// noted.
    fn numbers(&self, rows: &[WriteRow], are_new: bool) -> KnownNumbers {
        let returning = self.write.returning.iter();
        let known = returning.flat_map(|_| rows.iter().map(returning::known_number)).collect();
        let last = rows.last().and_then(|row| numbers::rowid(&self.write.table, row));
        let moved = rows.iter().find_map(|row| row.row.zip(row.moved));
        KnownNumbers { known, last, are_new, moved }
    }

    /// Notes the number of the last row that was recorded behind so many operations; `given` is what is
    /// known of it.
    fn note_number(&self, given: Option<i64>, behind: usize) {
        let own = self.fork.operations().get(behind..self.recorded).unwrap_or_default();
        let made = || i64::try_from(own.last()?.row()?.row.0).ok();
        if let Some(number) = given.or_else(made) {
            self.context.counts.insert(number);
        }
    }

    /// Records a row that may be as it is, and before it those that go for it; `instead` is the DO UPDATE
    /// that it changes by, if it does.
    fn record(
        &mut self,
        gone: Vec<WriteRow>,
        row: WriteRow,
        instead: Option<&UpsertUpdate>,
    ) -> Result<Taken, Error> {
        self.record_gone(gone)?;
        let operation = self.write_down(vec![row.clone()], instead)?;
        Ok(Taken { row, operation })
    }

    /// Records rows that go for another; gives the last operation that this made.
    fn record_gone(&mut self, gone: Vec<WriteRow>) -> Result<Option<usize>, Error> {
        let (behind, events) = (self.fork.len(), self.fork.events());
        self.apply(changes(&self.write.table, gone))?;
        self.written.events += self.fork.events() - events;
        Ok(self.last_of_own(behind))
    }

    /// Records the changes of rows, and says what comes out of them; `instead` is the DO UPDATE that makes
    /// them, if one does. Gives the last operation that this made.
    fn write_down(
        &mut self,
        rows: Vec<WriteRow>,
        instead: Option<&UpsertUpdate>,
    ) -> Result<Option<usize>, Error> {
        let (write, table) = (self.write, &self.write.table);
        if self.steps.is_concerned {
            let is_written =
                |at| instead.map_or_else(|| write.writes(at), |update| update.writes(at));
            foreign_keys::note_rewritten(self.fork, table, &rows, &is_written);
        }
        let numbers = self.numbers(&rows, instead.is_none() && self.numbers_rows());
        let (own, known) = (changes(table, rows), &numbers.known);
        let returning = write.returning.as_ref();
        let are_deleted = matches!(write.action, WriteAction::Delete { .. });
        let mut gone = Vec::new();
        if let Some(returning) = returning.filter(|_| are_deleted) {
            let (view, rows) = (self.fork.view().table(table), known.iter().flatten().copied());
            let rows: Vec<RowId> = rows.collect();
            gone = returning::read(returning, &view, &rows)?;
        }
        self.written.rows += own.len();
        let (behind, events) = (self.fork.len(), self.fork.events());
        self.apply(own)?;
        if let Some((from, to)) = numbers.moved {
            self.renumber(from, to)?;
        }
        self.written.events += self.fork.events() - events;
        if numbers.are_new {
            self.note_number(numbers.last, behind);
        }
        let Some(returning) = returning else { return Ok(self.last_of_own(behind)) };
        let read = if are_deleted {
            gone
        } else {
            let rows = returning::numbers(known, self.fork, behind);
            returning::read(returning, &self.fork.view().table(table), &rows)?
        };
        let context = self.behind_row();
        let computed = |batch: &Batch| returning::computed(returning, batch, &context);
        let returned: Result<Vec<Batch>, Error> = read.iter().map(computed).collect();
        drop(context);
        self.written.returned.extend(returned?);
        Ok(self.last_of_own(behind))
    }

    /// Gives a row that is as it shall be another number: it goes, and comes again under that. No foreign
    /// key is concerned, since no column changes.
    fn renumber(&mut self, from: RowId, to: RowId) -> Result<(), Error> {
        let Some(row) = self.whole_row(from)? else { return Ok(()) };
        let table = || Arc::clone(&self.write.table);
        let gone = Change::Delete { table: table(), row: from, old: row.clone() };
        let back = Change::Insert { table: table(), row: Some(to), new: row };
        record(self.fork, vec![gone, back], self.steps.firing.cause)?;
        self.recorded = self.fork.len();
        Ok(())
    }

    /// The last operation that changes of the table made behind so many others.
    fn last_of_own(&self, behind: usize) -> Option<usize> {
        (self.recorded > behind).then(|| self.recorded - 1)
    }

    /// Applies changes of the table, and what foreign keys do for them.
    fn apply(&mut self, own: Vec<Change>) -> Result<(), Error> {
        if self.steps.acts {
            for change in own {
                let operation = self.fork.record_one(change, self.steps.firing.cause)?;
                let recorded = self.fork.len();
                operation.map_or(Ok(()), |operation| self.act(operation))?;
                self.recorded = recorded;
            }
        } else if self.steps.is_concerned {
            self.recorded = foreign_keys::record_with_actions(
                self.fork,
                own,
                self.steps.firing.cause,
                self.context,
            )?;
            self.context.counts.add(self.fork.len() - self.recorded);
        } else {
            record(self.fork, own, self.steps.firing.cause)?;
            self.recorded = self.fork.len();
        }
        Ok(())
    }
}

/// Records changes that are asked for, or that an operation of the fork made.
fn record(fork: &mut Fork, changes: Vec<Change>, cause: Option<usize>) -> Result<(), Error> {
    if cause.is_none() {
        fork.record(changes)?;
        return Ok(());
    }
    // Who fired the trigger goes back as a whole.
    for change in changes {
        fork.record_one(change, cause)?;
    }
    Ok(())
}

/// Whether a write gives a key new values.
fn is_written(write: &Write, key: &KeySchema) -> bool {
    matches!(write.action, WriteAction::Insert { .. })
        || key.columns.iter().any(|column| write.writes(*column))
}

/// The changes that rows are.
fn changes(table: &Arc<TableSchema>, rows: Vec<WriteRow>) -> Vec<Change> {
    rows.into_iter().filter_map(|row| change(table, row)).collect()
}

/// The change that a row is, if it is one.
fn change(table: &Arc<TableSchema>, row: WriteRow) -> Option<Change> {
    let (WriteRow { row, old, new, .. }, table) = (row, Arc::clone(table));
    Some(match (row, old, new) {
        (row, None, Some(new)) => Change::Insert { table, row, new },
        (Some(row), Some(old), Some(new)) => Change::Update { table, row, old, new },
        (Some(row), Some(old), None) => Change::Delete { table, row, old },
        (None, Some(_), _) | (_, None, None) => return None,
    })
}
