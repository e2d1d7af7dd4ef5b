//! When what a statement wrote is durable: before it returns, or before anybody is told.

use super::{Error, Outcome, Session};
use crate::language::ast::{SessionStatement, Statement};
use crate::storage::CommittedTransaction;
use crate::types::EventId;

/// What a session staged that is perhaps not settled.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StagedEvents {
    last: EventId,
    /// Whether what the statement under way commits is staged.
    pub defers: bool,
}

impl StagedEvents {
    /// The last event that was staged and not settled since; 0 where there is none.
    pub fn last(&self) -> EventId {
        self.last
    }

    /// Notes what was staged.
    pub fn add(&mut self, committed: CommittedTransaction) {
        self.last = committed.last;
    }
}

/// Whether a statement neither reads the log nor leaves anything but events: then it may follow others
/// that are not settled.
pub(super) fn may_be_deferred(statement: &Statement) -> bool {
    match statement {
        Statement::Write(_) => true,
        Statement::Session(statement) => matches!(
            **statement,
            SessionStatement::Begin { .. }
                | SessionStatement::Commit
                | SessionStatement::Rollback
                | SessionStatement::Savepoint(_)
                | SessionStatement::Release(_)
                | SessionStatement::RollbackTo(_)
        ),
        Statement::Query(_) | Statement::Schema(_) => false,
    }
}

impl Session {
    /// Runs one statement, with or without its `;`. Spans of errors are bytes of `text`.
    ///
    /// # Errors
    /// [`Error`] of any floor; a statement that fails has changed nothing, and leaves an open
    /// transaction open.
    pub fn execute(&mut self, text: &str) -> Result<Outcome, Error> {
        self.settle()?;
        self.perform(text)
    }

    /// The last committed event; one that the session staged counts.
    pub fn head(&self) -> EventId {
        self.database.head_for(self.staged())
    }

    /// The last event that was staged and not settled since; 0 where there is none.
    pub fn staged(&self) -> EventId {
        self.staged.last()
    }

    /// Runs one statement as [`Session::execute`] does, and does not wait until the disk has what it
    /// wrote: whoever is told of the outcome before [`Session::settle`] may be told of what never was.
    /// This session sees its own events at once, all others see them when they are settled.
    ///
    /// # Errors
    /// As [`Session::execute`]; also where the disk refused something that was staged before.
    pub fn stage(&mut self, text: &str) -> Result<Outcome, Error> {
        self.staged.defers = true;
        let outcome = self.perform(text);
        self.staged.defers = false;
        outcome
    }

    /// Waits until everything is durable that the session staged.
    ///
    /// # Errors
    /// `io` where the disk refused: the outcome of what was staged is unknown, this session sees nothing
    /// of it any more but in what is temporary, nothing can be written until the database is opened again, and an open
    /// transaction that was built upon it is over.
    pub fn settle(&mut self) -> Result<(), Error> {
        let settled = self.database.settle(std::mem::take(&mut self.staged.last));
        if settled.is_err() {
            let head = self.database.head();
            if self.transaction.take_if(|open| open.fork.base() > head).is_some() {
                self.end_deferring();
            }
        }
        Ok(settled?)
    }
}
