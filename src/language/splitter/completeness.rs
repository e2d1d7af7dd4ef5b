//! What a text at the prompt still needs before it can be run.

use super::{BODY, Splitter, SplitterState};
use crate::language::lexer::tokenize;
use crate::language::token::{Symbol, TokenKind};

/// Whether a text at the prompt can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// Statements, each with its `;`, or dot-commands.
    Complete,
    /// Nothing but blanks and comments.
    Empty,
    /// Something is open: what opened it, `(` for parentheses, `BEGIN` for a body of statements, or `;`
    /// if only that is missing.
    Open(&'static str),
}

/// Says whether a text at the prompt is complete or what it still needs.
pub fn is_complete(text: &str) -> Completeness {
    // What is typed is there already; whoever reads it heeds how large it is.
    let mut splitter = Splitter::with_limit(usize::MAX);
    splitter.feed(text);
    splitter.ended = true;
    let mut any = false;
    while splitter.next().is_some() {
        any = true;
    }
    if let Some((_, opened_by)) = splitter.state.open() {
        return Completeness::Open(opened_by);
    }
    let Some(start) = splitter.start else {
        return if any { Completeness::Complete } else { Completeness::Empty };
    };
    if splitter.state == SplitterState::DotCommand {
        return Completeness::Complete;
    }
    let is_body = splitter.still_in_body(start, splitter.text.len()).is_some();
    let mut open = 0_usize;
    for token in tokenize(&splitter.text[start..]).tokens {
        if token.kind == TokenKind::Symbol(Symbol::LeftParenthesis) {
            open += 1;
        } else if token.kind == TokenKind::Symbol(Symbol::RightParenthesis) {
            open = open.saturating_sub(1);
        }
    }
    Completeness::Open(match (open, is_body) {
        (0, false) => ";",
        (0, true) => BODY,
        _ => "(",
    })
}
