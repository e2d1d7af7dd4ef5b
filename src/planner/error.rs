//! Why a statement has no plan.

use crate::types::Span;

/// A statement that names what is not there, or asks for what makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// A stable word for the kind: `unknown-column`.
    pub code: &'static str,
    /// The shortest sentence that is true.
    pub message: String,
    /// Where, in bytes of the statement's text.
    pub span: Span,
    /// A way out, where there is a good one: `did you mean "owner"?`.
    pub help: Option<String>,
    /// Facts that help, each a line: `accounts(id, owner, balance)`.
    pub notes: Vec<String>,
}

impl Error {
    /// An error without help.
    pub fn new(code: &'static str, message: impl Into<String>, span: Span) -> Error {
        Error { code, message: message.into(), span, help: None, notes: Vec::new() }
    }

    /// The same with a way out, if there is one.
    pub fn help(mut self, help: Option<String>) -> Error {
        self.help = help;
        self
    }

    /// The same with a fact that helps.
    pub fn note(mut self, note: impl Into<String>) -> Error {
        self.notes.push(note.into());
        self
    }
}
