//! Tokens become syntax trees: one function for each production of `grammar/asof.ebnf`, under its
//! name.
//!
//! The functions are nom parsers over the token slice. Nothing is tried that the next word or two
//! exclude, so parsing is linear. [`MAX_NESTING`] bounds the recursion of the parser,
//! [`MAX_HEIGHT`] that of whoever walks the tree; both take what
//! stack they need ([`with_stack`](crate::types::with_stack)).

mod alter;
mod annotations;
mod constant;
mod dialect_hints;
mod expected;
mod expression;
mod input;
mod name;
mod object;
mod predicate;
mod report;
mod select;
mod statement;
mod table;
mod time;
mod transaction;
mod trigger;
mod view;
mod window;
mod write;

pub(super) use constant::literal_value;
pub(super) use expected::{Expected, NameKind};
pub(super) use expression::{operand_words, operator_words};
pub(super) use input::LiteralSlot;
pub use input::{MAX_EXPRESSIONS, MAX_HEIGHT, MAX_NESTING, MAX_TERMS};
pub use statement::productions;

use super::ast::{Expression, Query, SchemaStatement, Statement, TableReference};
use super::splitter::{MAX_STATEMENT_SIZE, size};
use super::token::{Symbol, Token, TokenKind};
use super::token_source::{LexedText, TokenSource};
use super::{Parameters, ParseError};
use crate::types::Span;
use input::{ParseState, Parsed, TokenInput};
use report::END;
use std::cell::RefCell;

/// Reads one statement, with or without its `;`; `None` where there are only blanks and comments.
///
/// # Errors
///
/// `syntax`, or the code of what is refused there, at the furthest place that fits the grammar;
/// `statement-size` beyond [`MAX_STATEMENT_SIZE`].
pub fn parse_statement(text: &str) -> Result<Option<Statement>, ParseError> {
    parse_one(text, None)
}

/// The same with values for its parameters.
///
/// # Errors
///
/// As [`parse_statement`], and `unknown-parameter` for one without a value; `statement-size` beyond [`MAX_STATEMENT_SIZE`].
pub fn parse_statement_with(
    text: &str,
    parameters: &Parameters,
) -> Result<Option<Statement>, ParseError> {
    parse_one(text, Some(parameters))
}

/// Reads one statement that changes the schema; `None` of any other.
///
/// # Errors
///
/// As [`parse_statement`].
pub fn parse_definition(text: &str) -> Result<Option<SchemaStatement>, ParseError> {
    Ok(match parse_statement(text)? {
        Some(Statement::Schema(statement)) => Some(*statement),
        Some(Statement::Query(_) | Statement::Write(_) | Statement::Session(_)) | None => None,
    })
}

/// Reads one statement, if it is not too large.
fn parse_one(text: &str, given: Option<&Parameters>) -> Result<Option<Statement>, ParseError> {
    if text.len() <= MAX_STATEMENT_SIZE {
        return parse_given(text, given, one_statement);
    }
    Err(ParseError {
        code: "statement-size",
        message: format!("this statement is larger than {}", size(MAX_STATEMENT_SIZE)),
        span: Span::new(0, 0),
        help: None,
        incomplete: false,
    })
}

/// The same of the tokens of a text that was lexed to its end.
///
/// # Errors
///
/// As [`parse_statement_with`].
pub(super) fn parse_lexed(
    text: &str,
    tokens: &[Token],
    parameters: &Parameters,
) -> Result<Option<Statement>, ParseError> {
    parse_tokens(text, (TokenSource::whole(tokens), None), Some(parameters), one_statement)
}

/// Reads every statement of a text, each with its place, `;` excluded.
///
/// # Errors
///
/// As [`parse_statement`], of the first statement that is none.
pub fn parse_script(text: &str) -> Result<Vec<(Statement, Span)>, ParseError> {
    parse(text, script)
}

/// Reads an expression.
///
/// # Errors
///
/// As [`parse_statement`].
pub fn parse_expression(text: &str) -> Result<Expression, ParseError> {
    parse(text, |input| {
        let (rest, expression) = expression::expression(input)?;
        let (rest, ()) = end(rest)?;
        Ok((rest, expression))
    })
}

/// Reads one statement from its tokens, with a slot for each literal or parameter that begins at
/// these places; `None` where it is no statement, which parsing it without slots explains.
pub(super) fn parse_with_slots(
    text: &str,
    tokens: &[Token],
    slots: &[LiteralSlot],
) -> Option<Statement> {
    let mut state = ParseState::new(text, TokenSource::whole(tokens));
    state.parameters = slots;
    one_statement(TokenInput::new(&state, 0)).ok().and_then(|(_, statement)| statement)
}

/// Everything that the statement of these tokens could go on with at their end.
pub(super) fn expected_at_end(text: &str, tokens: &[Token]) -> Vec<Expected> {
    let state = ParseState::completing(text, TokenSource::whole(tokens));
    if let Ok((rest, _)) = statement::statement(TokenInput::new(&state, 0)) {
        rest.note(Symbol::Semicolon);
    }
    state.expected.map(RefCell::into_inner).unwrap_or_default()
}

/// Which tokens of one statement are names, by their index, as far as it can be read.
pub(super) fn names(text: &str, tokens: &[Token]) -> Vec<(usize, NameKind)> {
    let state = ParseState::naming(text, TokenSource::whole(tokens));
    // What fails was read up to there.
    let _ = statement::statement(TokenInput::new(&state, 0));
    state.names.map(RefCell::into_inner).unwrap_or_default()
}

/// The table, or the tables in parentheses, that stand at one place of a statement, and where that
/// ends; `None` if there are none.
pub(super) fn tables_at(
    text: &str,
    tokens: &[Token],
    at: usize,
) -> Option<(TableReference, usize)> {
    let state = ParseState::new(text, TokenSource::whole(tokens));
    let (rest, found) = select::table_reference(TokenInput::new(&state, at)).ok()?;
    Some((found, rest.at()))
}

/// The query in parentheses that stands at one place of a statement, and where that ends.
pub(super) fn query_in_parentheses_at(
    text: &str,
    tokens: &[Token],
    at: usize,
) -> Option<(Query, usize)> {
    let state = ParseState::new(text, TokenSource::whole(tokens));
    let (rest, query) = select::query_in_parentheses(TokenInput::new(&state, at)).ok()?;
    Some((*query, rest.at()))
}

/// The name that a token is; `None` for one that cannot be.
pub(super) fn name_at(text: &str, tokens: &[Token], at: usize) -> Option<String> {
    let state = ParseState::new(text, TokenSource::whole(tokens));
    let (_, name) = name::name(NameKind::New)(TokenInput::new(&state, at)).ok()?;
    Some(name.name.into())
}

fn parse<T>(
    text: &str,
    production: impl for<'a> Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> Result<T, ParseError> {
    parse_given(text, None, production)
}

fn parse_given<T>(
    text: &str,
    given: Option<&Parameters>,
    production: impl for<'a> Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> Result<T, ParseError> {
    let lexed = LexedText::new(text);
    parse_tokens(text, (lexed.source(), lexed.error()), given, production)
}

/// The same of a text's tokens, and what was wrong where they end.
fn parse_tokens<T>(
    text: &str,
    (tokens, error): (TokenSource<'_>, Option<&ParseError>),
    given: Option<&Parameters>,
    production: impl for<'a> Fn(TokenInput<'a>) -> Parsed<'a, T>,
) -> Result<T, ParseError> {
    let mut state = ParseState::new(text, tokens);
    state.given = given;
    match production(TokenInput::new(&state, 0)) {
        Ok((_, node)) => error.map_or(Ok(node), |error| Err(error.clone())),
        Err(nom::Err::Failure(input::NoMatch(Some(error)))) => Err(*error),
        Err(_) => {
            let furthest = state.furthest.get();
            let unread = error.filter(|_| tokens.at(furthest).kind == TokenKind::End);
            if let Some(error) = unread {
                return Err(error.clone());
            }
            let mut state = ParseState::collecting(text, tokens, furthest);
            state.given = given;
            let again = production(TokenInput::new(&state, 0));
            debug_assert!(again.is_err(), "the same tokens fail again");
            Err(report::report(&state))
        }
    }
}

/// `[Statement] [;]`
fn one_statement(input: TokenInput<'_>) -> Parsed<'_, Option<Statement>> {
    let mut rest = input;
    let mut found = None;
    if !rest.is_symbol(0, Symbol::Semicolon) && rest.kind != TokenKind::End {
        let (behind, statement) = statement::statement(rest)?;
        (rest, found) = (behind, Some(statement));
    }
    if rest.is_symbol(0, Symbol::Semicolon) {
        rest = rest.skip(1);
    } else if rest.kind != TokenKind::End {
        return rest.no_match(Symbol::Semicolon);
    }
    let (rest, ()) = end(rest)?;
    Ok((rest, found))
}

/// `Script ::= [Statement] (';' [Statement])*`
fn script(input: TokenInput<'_>) -> Parsed<'_, Vec<(Statement, Span)>> {
    let mut rest = input;
    let mut statements = Vec::new();
    loop {
        while rest.is_symbol(0, Symbol::Semicolon) {
            rest = rest.skip(1);
        }
        if rest.kind == TokenKind::End {
            return Ok((rest, statements));
        }
        let (behind, statement) = statement::statement(rest)?;
        statements.push((statement, rest.span_to(behind)));
        rest = behind;
        if !rest.is_symbol(0, Symbol::Semicolon) && rest.kind != TokenKind::End {
            return rest.no_match(Symbol::Semicolon);
        }
    }
}

fn end(input: TokenInput<'_>) -> Parsed<'_, ()> {
    if input.kind == TokenKind::End { Ok((input, ())) } else { input.no_match(END) }
}

#[cfg(test)]
mod tests;
