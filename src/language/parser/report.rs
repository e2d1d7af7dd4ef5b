//! The error message of a parse that failed, from the furthest place and what was expected there.

use super::super::ParseError;
use super::super::keyword::Keyword;
use super::super::token::{Token, TokenKind};
use super::dialect_hints;
use super::expected::Expected;
use super::input::ParseState;

/// How many expected words a message lists; beyond, it only says what was unexpected.
const MAX_LISTED: usize = 8;

/// Nothing more.
pub(super) const END: Expected = Expected::Other("the end");

/// Draws up the error at the furthest miss.
pub(super) fn report(state: &ParseState<'_>) -> ParseError {
    let at = state.furthest.get();
    let found = state.tokens.at(at);
    let mut expected: Vec<Expected> =
        state.expected.as_ref().map(|words| words.take()).unwrap_or_default();
    if found.kind != TokenKind::End && expected.len() > 1 {
        expected.retain(|what| *what != END);
    }
    let help = dialect_hints::inside(state, at)
        .or_else(|| misspelt(state, at, &expected))
        .or_else(|| reserved(state, found, &expected))
        .or_else(|| file(state, at));
    let incomplete = found.kind == TokenKind::End;
    let code = if incomplete { "unfinished" } else { "syntax" };
    let message = message(state, found, &expected);
    ParseError { code, message, span: found.span, help, incomplete }
}

fn message(state: &ParseState<'_>, found: Token, expected: &[Expected]) -> String {
    // Wherever an expression ends an operator is expected; true, and seldom what was meant.
    let only_operators = expected.iter().all(|what| *what == Expected::Operator);
    let shown = expected.iter().filter(|what| only_operators || **what != Expected::Operator);
    let mut shown: Vec<&str> = shown.map(|what| what.text()).collect();
    shown.dedup();
    let end = found.kind == TokenKind::End;
    let Some((last, others)) = shown.split_last() else {
        return format!("unexpected {}", quoted(state, found));
    };
    let many = shown.len() > MAX_LISTED;
    if many && !shown.contains(&"`;`") {
        return if end {
            "the text ends too early".to_owned()
        } else {
            format!("unexpected {}", quoted(state, found))
        };
    }
    let list = if others.is_empty() {
        (*last).to_owned()
    } else if many {
        format!("{} … or `;`", others[..MAX_LISTED / 2].join(", "))
    } else {
        format!("{} or {last}", others.join(", "))
    };
    if end { format!("expected {list}, but the text ends") } else { format!("expected {list}") }
}

/// A token between backquotes, shortened if it is long.
fn quoted(state: &ParseState<'_>, token: Token) -> String {
    let text = state.slice(token.span);
    if text.chars().count() <= 40 {
        return format!("`{text}`");
    }
    let start: String = text.chars().take(30).collect();
    format!("`{start}…`")
}

/// "did you mean" for a word one slip away from a keyword that fits: the word found, or the one
/// before it, which a misspelt keyword became as an alias.
fn misspelt(state: &ParseState<'_>, at: usize, expected: &[Expected]) -> Option<String> {
    let before = at.checked_sub(1);
    [Some(at), before].into_iter().flatten().find_map(|index| {
        let token = state.tokens.at(index);
        let word = state.slice(token.span).to_ascii_uppercase();
        if token.kind != TokenKind::Name {
            return None;
        }
        let later = if index == 0 { dialect_hints::LATER } else { &[] };
        let words = expected.iter().filter_map(|what| {
            let Expected::Words(words) = what else { return None };
            Some(words.split(' '))
        });
        let candidates = words.flatten().chain(later.iter().map(|(word, ..)| *word));
        let best = candidates
            .map(|candidate| (strsim::osa_distance(&word, candidate), candidate))
            .min_by_key(|(distance, _)| *distance)?;
        let near = best.0 * 3 <= word.chars().count();
        near.then(|| format!("did you mean {}?", best.1))
    })
}

/// A way out for a reserved word in the place of a name.
fn reserved(state: &ParseState<'_>, found: Token, expected: &[Expected]) -> Option<String> {
    let reserved =
        matches!(found.kind, TokenKind::Keyword(keyword) if Keyword::is_reserved(keyword));
    if !reserved || !expected.iter().any(|what| matches!(what, Expected::Name(_))) {
        return None;
    }
    let word = state.slice(found.span);
    Some(format!("{} is a reserved word; as a name it is written \"{word}\"", word.to_uppercase()))
}

/// A way out for a text in the place of a table, which elsewhere means a file.
fn file(state: &ParseState<'_>, at: usize) -> Option<String> {
    let from = at.checked_sub(1).map(|before| state.tokens.at(before).kind)?;
    let is_file = from == TokenKind::Keyword(Keyword::From)
        && state.tokens.at(at).kind == TokenKind::Text
        && state.slice(state.tokens.at(at).span).contains('.');
    let name = state.slice(state.tokens.at(at).span).trim_matches('\'');
    is_file.then(|| format!(".import {name} TABLE makes a table of a file"))
}
