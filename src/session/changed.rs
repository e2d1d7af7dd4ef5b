//! Changes: how one is recorded in a fork and committed, and what of it becomes the outcome.

use super::cache::PlanCache;
use super::executable::{ExecutableStatement, PendingStatement};
use super::outcome::OutputColumn;
use super::sequence::counter_write;
use super::{Error, Outcome, Receipt, Rows, Session};
use crate::executor::{self, Failure, Written};
use crate::language::ast::{Statement, WriteStatement};
use crate::planner::{Planned, PragmaSwitch, Write};
use crate::storage::{self, CommittedTransaction, Fork, SchemaChange};
use crate::types::SchemaName;

/// How often a statement by itself is run again because others committed meanwhile.
const MOST_RUNS: usize = 1000;

/// What a statement changed.
pub(super) struct Changed {
    pub receipt: Receipt,
    /// What RETURNING says.
    rows: Option<Rows>,
    /// What it ended with, where what it did before stays, or the whole transaction goes.
    pub failure: Option<ChangeFailure>,
}

/// Why a statement ended before its end.
pub(super) struct ChangeFailure {
    pub error: Error,
    pub rolls_back: bool,
}

impl From<Receipt> for Changed {
    fn from(receipt: Receipt) -> Changed {
        Changed { receipt, rows: None, failure: None }
    }
}

impl Changed {
    /// What a write did.
    ///
    /// # Errors
    /// `internal` where its rows do not fit their columns, which is a fault of ours.
    pub fn of(write: &Write, written: Written) -> Result<Changed, Error> {
        let Written { rows, events, returned, failure } = written;
        let (verb, name) = (write.verb(), write.table.name.clone());
        let receipt = Receipt { verb, name, rows, events, committed: None };
        let rows = write.returning.as_ref().map(|returning| {
            let columns = OutputColumn::named(returning.names.iter().cloned());
            Rows::new(columns, None, returned.into_iter().map(Ok))
        });
        let failure = failure.map(|failure| {
            let stays = match (failure.rolls_back, receipt.rows) {
                (true, _) => "the transaction was rolled back".to_owned(),
                (false, 1) => "the row before it stays".to_owned(),
                (false, count) => format!("the {count} rows before it stay"),
            };
            let note = (failure.rolls_back || receipt.rows > 0).then_some(stays);
            let error = failure.error.note(note).into();
            ChangeFailure { error, rolls_back: failure.rolls_back }
        });
        Ok(Changed { receipt, rows, failure })
    }

    /// Whether the transaction ends with it.
    pub fn rolls_back(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.rolls_back)
    }

    /// The outcome of the statement.
    ///
    /// # Errors
    /// What the statement ended with.
    pub fn outcome(self) -> Result<Outcome, Error> {
        let Changed { receipt, rows, failure } = self;
        match (failure, rows) {
            (Some(failure), _) => Err(failure.error),
            (None, Some(rows)) => {
                Ok(Outcome::Rows(Rows { receipt: Some(Box::new(receipt)), ..rows }))
            }
            (None, None) => Ok(Outcome::Changed(receipt)),
        }
    }
}

impl Session {
    /// Does what a statement changes: in the open transaction, or in one of its own.
    pub(super) fn change(&mut self, pending: PendingStatement) -> Result<Outcome, Error> {
        self.check_present()?;
        if let Some(mut transaction) = self.transaction.take() {
            let changed = self.change_transaction(&mut transaction, pending);
            match changed.as_ref().is_ok_and(Changed::rolls_back) {
                true => self.end_deferring(),
                false => self.transaction = Some(transaction),
            }
            return changed?.outcome();
        }
        let text = pending.text();
        let mut changed = self.change_alone(pending);
        for _ in 0..MOST_RUNS {
            if !matches!(&changed, Err(Error::Storage(storage::Error::Stale { .. }))) {
                break;
            }
            // Another session was quicker: what a statement by itself asks is asked again.
            let statement = self.parse(text)?;
            let Some(statement) = statement.as_ref().and_then(Statement::plannable) else { break };
            changed = self.change_alone(PendingStatement::Parsed { statement, text });
        }
        self.end_deferring();
        changed?.outcome()
    }

    /// Does what a statement changes in a transaction of its own.
    fn change_alone(&mut self, pending: PendingStatement) -> Result<Changed, Error> {
        let mut fork = self.begin_statement()?;
        let state = self.state_of(&pending);
        let mut changed = self.change_fork(&mut fork, pending)?;
        if changed.rolls_back() {
            return Ok(changed);
        }
        let were_all = self.is_on(PragmaSwitch::DeferForeignKeys);
        let held = self.check_deferred(&fork, were_all);
        let committed = held.and_then(|()| self.commit_fork(fork, state.finish()));
        let committed = committed.inspect_err(|_| self.counts.fail(changed.receipt.rows))?;
        // One that changed nothing and has an identity is an event all the same.
        changed.receipt.events = committed.as_ref().map_or(0, CommittedTransaction::events);
        changed.receipt.committed = committed.map(|committed| (committed.first, committed.last));
        Ok(changed)
    }

    /// Records what a statement changes in a fork; the fork is as it was if that fails.
    pub(super) fn change_fork(
        &mut self,
        fork: &mut Fork,
        pending: PendingStatement,
    ) -> Result<Changed, Error> {
        let text = pending.text();
        let mut changed = self.record(fork, pending).map_err(|error| self.located(error, text))?;
        changed.failure = changed.failure.map(|failure| {
            let error = self.located(failure.error, text);
            ChangeFailure { error, ..failure }
        });
        Ok(changed)
    }

    /// The same error with the place of the value of VALUES that it is about: a plan knows no places of
    /// them, for they may be many, and the text is read once more.
    fn located(&self, error: Error, text: &str) -> Error {
        let Error::Execute(executor::Error::Row(mut row)) = error else { return error };
        if let Some(at) = row.row
            && let Ok(Some(Statement::Write(WriteStatement::Insert(insert)))) = self.parse(text)
        {
            row.span = insert.source.span_of(at, row.value);
        }
        Error::Execute(executor::Error::Row(row))
    }

    /// [`Session::change_fork`], with errors that do not know their place yet.
    fn record(&mut self, fork: &mut Fork, pending: PendingStatement) -> Result<Changed, Error> {
        if let PendingStatement::Parsed { statement, .. } = &pending
            && let Some(write) = counter_write(*statement)
        {
            self.check_changeable()?;
            self.check_place(fork, false)?;
            let receipt = self.write_sequence(fork, write)?;
            self.counts.end(receipt.rows);
            return Ok(receipt.into());
        }
        let text = pending.text();
        let is_shared = matches!(pending, PendingStatement::Shared { .. });
        let executable = self.executable(pending, fork.view());
        if is_shared && !matches!(&executable, Ok(of) if of.plan.is_shared()) {
            // The schema is another one than that of the plans that are kept.
            self.cache = PlanCache::default();
        }
        let is_temporary = executable.as_ref().is_ok_and(|of| of.plan.planned().is_temporary());
        // `DROP TABLE IF EXISTS` of none asks nothing of anybody.
        if !executable.as_ref().is_ok_and(|of| of.plan.planned().changes_nothing()) {
            self.check_changeable()?;
            self.check_place(fork, is_temporary)?;
        }
        let ExecutableStatement { plan, inputs, context, .. } = executable?;
        match plan.planned() {
            Planned::Write(write) => {
                let (behind, mark) = (fork.events(), is_temporary.then(|| fork.savepoint()));
                let written = executor::write(write, inputs, fork, context, &*self);
                let mut written = written.map_err(|error| plan.located(error, text))?;
                if let Some(mark) = mark
                    && let Err(error) = self.check_reached(fork, behind)
                {
                    fork.rollback_to(&mark);
                    self.counts.fail(written.rows);
                    return Err(error);
                }
                written.failure = written
                    .failure
                    .map(|failure| Failure { error: plan.located(failure.error, text), ..failure });
                Changed::of(write, written)
            }
            Planned::Schema(schema) => {
                let written = executor::write_schema(schema, inputs, fork, context)?;
                let mut homes = schema.changes.iter().map(SchemaChange::schema_name);
                if homes.any(|home| home == SchemaName::Temporary) {
                    // Other names may mean what is temporary now.
                    self.cache = PlanCache::default();
                }
                self.notices.borrow_mut().extend(schema.notices.iter().cloned());
                let (verb, name) = (schema.verb, schema.name.clone());
                let (rows, events) = (written.rows, written.events);
                Ok(Receipt { verb, name, rows, events, committed: None }.into())
            }
            Planned::Query(_) => unreachable!("a statement that changes nothing is read"),
        }
    }
}
