//! Why a script cannot be cut up to its end.

use super::Unterminated;

/// What is larger than it may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this {what} is larger than {}", size(*.limit))]
pub struct StatementTooLarge {
    /// `statement`, `dot-command` or `comment`.
    pub what: &'static str,
    /// How many bytes it may have.
    pub limit: usize,
    /// The line where it begins, from 1.
    pub line: usize,
    /// The column there, in characters from 1.
    pub column: usize,
    /// The byte there in the whole script.
    pub offset: usize,
}

/// Why a script cannot be cut up to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// It ends inside something.
    #[error(transparent)]
    Unterminated(#[from] Unterminated),
    /// It goes on with what is too large.
    #[error(transparent)]
    TooLarge(#[from] StatementTooLarge),
}

/// A number of bytes in words.
pub(in crate::language) fn size(bytes: usize) -> String {
    const MEBIBYTE: usize = 1 << 20;
    match bytes % MEBIBYTE {
        0 => format!("{} MiB", bytes / MEBIBYTE),
        _ => format!("{bytes} bytes"),
    }
}
