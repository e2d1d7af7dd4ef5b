//! Why a plan stopped.

use crate::storage;

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
    /// The storage below failed.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// Arrow refused something; a fault of ours, told and not hidden.
    #[error("internal error: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
}

impl Error {
    /// A failure without help.
    pub fn failed(code: &'static str, message: impl Into<String>) -> Error {
        Error::Failed { code, message: message.into(), help: None }
    }

    /// The stable word for the kind.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Failed { code, .. } => code,
            Error::Storage(error) => error.code(),
            Error::Arrow(_) => "internal",
        }
    }
}
