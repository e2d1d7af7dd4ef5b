//! Why a text is no statement.

use crate::types::Span;

/// What is wrong with a text, where, and what would have been right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// A stable word for the kind: `syntax`, `unfinished`, `bad-token`, `bad-json`, `number-range`,
    /// `nesting-limit`, `expression-limit`, `row-length`, `ambiguous-as-of`, `unknown-topic`,
    /// `bad-parameter`, `unknown-parameter`, `unsupported`, `statement-size`.
    pub code: &'static str,
    /// The shortest sentence that is true.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Span,
    /// A way out, where there is a good one.
    pub help: Option<String>,
    /// Whether more text could make it right: the furthest miss is at the end of the text.
    pub incomplete: bool,
}
