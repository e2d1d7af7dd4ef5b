//! Statements that hold statements: the `BEGIN …; …; END` of a trigger and its like.
//!
//! The rule is that of SQLite's shell, because `end` may be the name of a column and CASE has an END,
//! too: a body ends with an END that stands between two `;`, or directly behind its BEGIN.

use crate::language::lexer::Lexer;
use crate::language::token::TokenKind;
use crate::types::Span;

/// What can have a body.
const WITH_BODY: &[&str] = &["TRIGGER", "EVENT", "FUNCTION", "PROCEDURE"];

/// What may stand between CREATE and these.
const BEFORE: &[&str] = &["OR", "REPLACE", "TEMP", "TEMPORARY"];

/// A body that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatementBody {
    /// Where its BEGIN stands.
    pub begin: usize,
    /// Where the statement of it begins that comes next: behind the BEGIN, or behind a `;`.
    pub next: usize,
}

impl StatementBody {
    /// The body that a statement opens, whose text begins at `start` and ends at a `;` or with all text.
    pub fn opened(text: &str, start: usize) -> Option<StatementBody> {
        let statement = &text[start..];
        // Nearly all statements begin with another letter.
        if !statement.starts_with(['c', 'C', 'e', 'E']) {
            return None;
        }
        let mut spans = spans(statement);
        let is = |span: &Span, known: &[&str]| {
            let word = &statement[span.start..span.end];
            known.iter().any(|known| known.eq_ignore_ascii_case(word))
        };
        let explaining = &["EXPLAIN", "QUERY", "PLAN", "ANALYZE"];
        let first = spans.by_ref().find(|word| !is(word, explaining))?;
        if !is(&first, &["CREATE"]) {
            return None;
        }
        let kind = spans.by_ref().find(|word| !is(word, BEFORE))?;
        if !is(&kind, WITH_BODY) {
            return None;
        }
        // What is called BEGIN opens nothing.
        spans.by_ref().find(|word| !is(word, &["IF", "NOT", "EXISTS"]))?;
        let span = spans.find(|word| is(word, &["BEGIN"]))?;
        Some(StatementBody { begin: start + span.start, next: start + span.end })
    }

    /// Whether the body ends where its next statement would, at a `;` or with all text: nothing but
    /// END stands there.
    pub fn ends(self, text: &str, at: usize) -> bool {
        let statement = &text[self.next.min(at)..at];
        // What is longer holds more than the word, or comments that nobody writes there.
        let mut spans = spans(statement);
        let (Some(word), None) = (spans.next(), spans.next()) else { return false };
        statement[word.start..word.end].eq_ignore_ascii_case("END")
    }
}

/// Where the tokens of a statement stand, read as they are asked for: mostly the first few tell all.
fn spans(statement: &str) -> impl Iterator<Item = Span> {
    let mut lexer = Lexer::new(statement, 0);
    std::iter::from_fn(move || {
        let token = lexer.next().ok()?;
        (token.kind != TokenKind::End).then_some(token.span)
    })
}
