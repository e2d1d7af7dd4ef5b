//! Everything that can go wrong between a text and its outcome.

use crate::language::ParseError;
use crate::types::{EventId, Span};
use crate::{executor, planner, storage};

/// The sum of every floor's errors: what `render` draws.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no statement.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The statement has no plan.
    #[error(transparent)]
    Plan(#[from] planner::Error),
    /// The plan stopped.
    #[error(transparent)]
    Execute(#[from] executor::Error),
    /// The database refused.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// A transaction statement at the wrong moment.
    #[error("{message}")]
    Transaction {
        /// The shortest sentence that is true.
        message: String,
        /// A way out.
        help: Option<String>,
    },
    /// The last result was asked for and is not there.
    #[error("{message}")]
    NoResult {
        /// Why.
        message: String,
        /// A way out.
        help: String,
    },
    /// VERIFY found files that are not what the log says.
    #[error("{first}")]
    Damaged {
        /// What is wrong with the first of them.
        first: Box<storage::Error>,
        /// A way out.
        help: String,
        /// How many there are.
        notes: Vec<String>,
    },
    /// HELP about something that there is not.
    #[error("there is no help about {asked}")]
    UnknownTopic {
        /// What was asked about.
        asked: String,
        /// Where it stands in the statement.
        span: Span,
        /// A way out.
        help: String,
    },
    /// A change where SET AS OF put the session in the past.
    #[error("this session reads the past, at event {0}")]
    Past(EventId),
    /// A change where `query_only` is on.
    #[error("attempt to write a readonly database: query_only is on")]
    QueryOnly,
}

impl Error {
    /// The stable word for the kind.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Parse(error) => error.code,
            Error::Plan(error) => error.code,
            Error::Execute(error) => error.code(),
            Error::Storage(error) => error.code(),
            Error::Damaged { first, .. } => first.code(),
            Error::Transaction { .. } => "transaction",
            Error::Past(_) => "past",
            Error::QueryOnly => "read-only",
            Error::NoResult { .. } => "no-result",
            Error::UnknownTopic { .. } => "unknown-topic",
        }
    }

    /// The place in the statement's text, where the error has one.
    pub fn span(&self) -> Option<Span> {
        match self {
            Error::Parse(error) => Some(error.span),
            Error::Plan(error) => Some(error.span),
            Error::UnknownTopic { span, .. } => Some(*span),
            Error::Execute(error) => error.span(),
            Error::Storage(_)
            | Error::Damaged { .. }
            | Error::Transaction { .. }
            | Error::Past(_)
            | Error::QueryOnly
            | Error::NoResult { .. } => None,
        }
    }

    /// A way out, where there is a good one.
    pub fn help(&self) -> Option<&str> {
        match self {
            Error::Parse(error) => error.help.as_deref(),
            Error::Plan(error) => error.help.as_deref(),
            Error::Execute(error) => error.help(),
            Error::Transaction { help, .. } => help.as_deref(),
            Error::Past(_) => Some("SET AS OF LATEST returns to the present"),
            Error::QueryOnly => Some("PRAGMA query_only = OFF lets the session write"),
            Error::Storage(error) => error.help(),
            Error::NoResult { help, .. }
            | Error::Damaged { help, .. }
            | Error::UnknownTopic { help, .. } => Some(help),
        }
    }

    /// Facts that help, each a line.
    pub fn notes(&self) -> &[String] {
        match self {
            Error::Plan(error) => &error.notes,
            Error::Damaged { notes, .. } => notes,
            Error::Execute(executor::Error::Row(row)) => &row.notes,
            Error::Parse(_)
            | Error::Execute(_)
            | Error::Storage(_)
            | Error::Transaction { .. }
            | Error::Past(_)
            | Error::QueryOnly
            | Error::UnknownTopic { .. }
            | Error::NoResult { .. } => &[],
        }
    }
}
