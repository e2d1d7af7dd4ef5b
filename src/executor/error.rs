//! Why a plan stopped.

use super::write::{Failure, Written};
use crate::language::ast::RaiseAction;
use crate::storage;
use crate::types::{CompactSpan, Span};

/// What went wrong while a plan ran.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value or a row that cannot be.
    #[error("{message}")]
    Failed {
        /// A stable word for the kind: `integer-overflow`, `unique`, `not-null`.
        code: &'static str,
        /// The shortest sentence that is true.
        message: String,
        /// A way out, where there is a good one.
        help: Option<String>,
    },
    /// A value that cannot be, of an expression of the statement.
    #[error("{}", .0.error)]
    At(Box<ExpressionError>),
    /// One row of a write cannot be.
    #[error("{}", .0.error)]
    Row(Box<RowError>),
    /// A trigger ended what it does, or what fired it.
    #[error("{message}")]
    Raised {
        /// How far.
        action: RaiseAction,
        /// What it says.
        message: String,
    },
    /// A row of a trigger's statement broke a constraint, where OR says that what was done before stays,
    /// or that the whole transaction goes.
    #[error("{}", .0.error)]
    Halted(Box<Failure>),
    /// The storage below failed.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// Arrow refused something; a fault of ours, told and not hidden.
    #[error("internal error: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
}

/// A failure of an expression, and where that stands.
#[derive(Debug)]
pub struct ExpressionError {
    /// What is wrong.
    pub error: Error,
    /// Where it is, in the text that was planned.
    pub span: Span,
}

/// A failure of one row of a write, and which row that is.
#[derive(Debug)]
pub struct RowError {
    /// What is wrong with it.
    pub error: Error,
    /// Which row of the statement's source it is, from 0; `None` for a row that was there before.
    pub row: Option<usize>,
    /// Which column of the table it is about, by index; `None` where it is about none of them.
    pub column: Option<usize>,
    /// Which value of that row of an INSERT's input it is about, if it is one that stands there.
    pub value: Option<usize>,
    /// Where what it is about stands in the text. Where a value of VALUES does, who has the text finds.
    pub span: Option<Span>,
    /// Facts that help, each a line.
    pub notes: Vec<String>,
}

impl Error {
    /// The same, about one row of a write.
    pub(super) fn of_row(self, row: Option<usize>, column: Option<usize>) -> Error {
        let (value, span, notes) = Default::default();
        Error::Row(Box::new(RowError { error: self, row, column, value, span, notes }))
    }

    /// The same, of an expression that stands there, if it is one of a value and no smaller expression
    /// was it.
    pub(super) fn at(self, place: CompactSpan) -> Error {
        match place.get().filter(|_| matches!(self, Error::Failed { .. })) {
            Some(span) => Error::At(Box::new(ExpressionError { error: self, span })),
            None => self,
        }
    }

    /// The same, with the place of its expression moved to where `moved` says, or without one.
    #[must_use]
    pub fn moved(self, moved: impl Fn(Span) -> Option<Span>) -> Error {
        self.moved_by(&moved)
    }

    fn moved_by(self, moved: &dyn Fn(Span) -> Option<Span>) -> Error {
        match self {
            Error::At(at) => {
                let ExpressionError { error, span } = *at;
                match moved(span) {
                    Some(span) => Error::At(Box::new(ExpressionError { error, span })),
                    None => error,
                }
            }
            Error::Row(mut row) => {
                row.span = row.span.and_then(moved);
                row.error = row.error.moved_by(moved);
                Error::Row(row)
            }
            Error::Halted(failure) => {
                let Failure { error, rolls_back } = *failure;
                Error::Halted(Box::new(Failure { error: error.moved_by(moved), rolls_back }))
            }
            Error::Failed { .. } | Error::Raised { .. } | Error::Storage(_) | Error::Arrow(_) => {
                self
            }
        }
    }

    /// Where in the text of the statement it is.
    pub fn span(&self) -> Option<Span> {
        match self {
            Error::At(at) => Some(at.span),
            Error::Row(row) => row.error.span().or(row.span),
            Error::Halted(failure) => failure.error.span(),
            Error::Failed { .. } | Error::Raised { .. } | Error::Storage(_) | Error::Arrow(_) => {
                None
            }
        }
    }

    /// The same, about no row that is known.
    pub(super) fn without_row(self) -> Error {
        if let Error::Row(row) = self { row.error } else { self }
    }

    /// The same with a fact that helps, if it is about one row of a write.
    pub fn note(mut self, note: Option<String>) -> Error {
        if let Error::Row(row) = &mut self {
            row.notes.extend(note);
        }
        self
    }

    /// A way out, where there is a good one.
    pub fn help(&self) -> Option<&str> {
        match self {
            Error::Failed { help, .. } => help.as_deref(),
            Error::At(at) => at.error.help(),
            Error::Row(row) => row.error.help(),
            Error::Halted(failure) => failure.error.help(),
            Error::Raised { .. } => None,
            Error::Storage(error) => error.help(),
            Error::Arrow(_) => None,
        }
    }

    /// The same, of a statement that a trigger runs: what it says of places is of another text.
    pub(super) fn in_trigger(self, name: &str) -> Error {
        self.elsewhere(format!("in trigger {name}"))
    }

    /// The same, of a row that the statement does not name, with what is true of it.
    pub(super) fn elsewhere(self, note: String) -> Error {
        let mut error = match self {
            Error::Raised { .. } => return self,
            Error::Halted(failure) => {
                let Failure { error, rolls_back } = *failure;
                let error = error.elsewhere(note);
                return Error::Halted(Box::new(Failure { error, rolls_back }));
            }
            Error::Row(_) => self,
            Error::At(at) => at.error.of_row(None, None),
            Error::Failed { .. } | Error::Storage(_) | Error::Arrow(_) => self.of_row(None, None),
        };
        error = error.moved(|_| None);
        if let Error::Row(row) = &mut error {
            (row.row, row.value, row.span) = (None, None, None);
            if row.notes.last() != Some(&note) {
                row.notes.push(note);
            }
        }
        error
    }

    /// What a statement is that a trigger ended by RAISE or OR: one that failed, and what becomes of what
    /// it did.
    pub(super) fn ended(self) -> Result<Written, Error> {
        if let Error::Halted(failure) = self {
            return Ok(Written { failure: Some(*failure), ..Written::default() });
        }
        let rolls_back = matches!(self, Error::Raised { action: RaiseAction::Rollback, .. });
        if !rolls_back && !self.keeps_changes() {
            return Err(self);
        }
        let failure = Some(Failure { error: self, rolls_back });
        Ok(Written { failure, ..Written::default() })
    }

    /// Whether what the statement did before it failed stays: RAISE(FAIL), OR FAIL in a trigger.
    pub(super) fn keeps_changes(&self) -> bool {
        match self {
            Error::Raised { action, .. } => *action == RaiseAction::Fail,
            Error::Halted(failure) => !failure.rolls_back,
            Error::Failed { .. }
            | Error::At(_)
            | Error::Row(_)
            | Error::Storage(_)
            | Error::Arrow(_) => false,
        }
    }

    /// A failure without help.
    pub fn failed(code: &'static str, message: impl Into<String>) -> Error {
        Error::Failed { code, message: message.into(), help: None }
    }

    /// Whether a batch is too large to be computed at once: a column of the result has no room for
    /// its values. A batch of one row never is.
    pub(super) fn is_batch_too_large(&self) -> bool {
        matches!(self, Error::Arrow(arrow_schema::ArrowError::OffsetOverflowError(_)))
            || matches!(self, Error::Storage(error) if error.is_batch_too_large())
    }

    /// The stable word for the kind.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Failed { code, .. } => code,
            Error::At(at) => at.error.code(),
            Error::Row(row) => row.error.code(),
            Error::Halted(failure) => failure.error.code(),
            Error::Raised { .. } => "raised",
            Error::Storage(error) => error.code(),
            Error::Arrow(_) => "internal",
        }
    }
}
