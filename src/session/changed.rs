//! What a write did, on its way to becoming an outcome.

use super::outcome::{OutputColumn, arrow_schema, record_batch};
use super::{Error, Outcome, Receipt, Rows};
use crate::executor::{Error as ExecutorError, Written};
use crate::planner::Write;

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
            let columns = OutputColumn::named(&returning.names);
            let schema = arrow_schema(&columns);
            let batches = returned.into_iter().map(move |batch| record_batch(&schema, batch));
            Rows::new(columns, None, batches)
        });
        let failure = failure.map(|failure| {
            let stays = match (failure.rolls_back, receipt.rows) {
                (true, _) => "the transaction was rolled back".to_owned(),
                (false, 1) => "the row before it stays".to_owned(),
                (false, count) => format!("the {count} rows before it stay"),
            };
            let note = (failure.rolls_back || receipt.rows > 0).then_some(stays);
            let error = ExecutorError::note(failure.error, note).into();
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
