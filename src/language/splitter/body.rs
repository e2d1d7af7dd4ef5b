//! Statements that hold statements: the `BEGIN …; …; END` of a trigger and its like.
//!
//! The rule is that of SQLite's shell, because `end` may be the name of a column and CASE has an END,
//! too: a body ends with an END that stands between two `;`, or directly behind its BEGIN.

use crate::language::lexer::tokenize;

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
        let tokens = tokenize(statement).tokens;
        let mut words = tokens.iter().map(|token| &statement[token.span.start..token.span.end]);
        let is = |word: &str, known: &[&str]| known.iter().any(|k| k.eq_ignore_ascii_case(word));
        let mut first =
            words.by_ref().skip_while(|w| is(w, &["EXPLAIN", "QUERY", "PLAN", "ANALYZE"]));
        if !is(first.next()?, &["CREATE"]) {
            return None;
        }
        let mut kind = words.by_ref().skip_while(|word| is(word, BEFORE));
        if !is(kind.next()?, WITH_BODY) {
            return None;
        }
        // What is called BEGIN opens nothing.
        let mut name = words.by_ref().skip_while(|word| is(word, &["IF", "NOT", "EXISTS"]));
        name.next()?;
        let passed = tokens.len() - words.len();
        let opens = |token: &&crate::language::Token| {
            is(&statement[token.span.start..token.span.end], &["BEGIN"])
        };
        let span = tokens[passed..].iter().find(opens)?.span;
        Some(StatementBody { begin: start + span.start, next: start + span.end })
    }

    /// Whether the body ends where its next statement would, at a `;` or with all text: nothing but
    /// END stands there.
    pub fn ends(self, text: &str, at: usize) -> bool {
        let statement = &text[self.next.min(at)..at];
        // What is longer holds more than the word, or comments that nobody writes there.
        let tokens = tokenize(statement).tokens;
        let [word, _] = tokens.as_slice() else { return false };
        statement[word.span.start..word.span.end].eq_ignore_ascii_case("END")
    }
}
