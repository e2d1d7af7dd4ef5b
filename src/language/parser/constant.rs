//! Constants that are words, or begin with one: NULL, CURRENT_DATE, `DATE '2026-01-31'`.

use super::super::Keyword;
use super::super::ast::{CurrentTime, Expression, ExpressionKind};
use super::super::token::TokenKind;
use super::expected::Expected;
use super::expression::literal;
use super::input::{Parsed, TokenInput};
use crate::types::{DataType, Literal, Value};

/// The words that are constants, or the time of the statement.
pub(super) const CONSTANT_WORDS: &[Keyword] = &[
    Keyword::Null,
    Keyword::True,
    Keyword::False,
    Keyword::CurrentDate,
    Keyword::CurrentTime,
    Keyword::CurrentTimestamp,
];

/// Whether `DATE 'text'` or `TIMESTAMP 'text'` stands here. Neither word is reserved: without a text
/// behind it, it is a name.
pub(super) fn is_moment(input: TokenInput<'_>) -> bool {
    let word = TokenKind::Keyword(Keyword::Date);
    let other = TokenKind::Keyword(Keyword::Timestamp);
    [word, other].contains(&input.peek().kind) && input.ahead(1).kind == TokenKind::Text
}

/// `Moment ::= ( 'DATE' | 'TIMESTAMP' ) Text`
pub(super) fn moment(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let is_day = input.is_word(0, Keyword::Date);
    let data_type = if is_day { DataType::Date } else { DataType::Timestamp };
    let (rest, text) = literal(input.skip(1))?;
    let kind = if let ExpressionKind::Literal(Literal { value: Value::Text(text), .. }) = text.kind
    {
        ExpressionKind::Moment { data_type, text }
    } else {
        // What the statement is given each time it runs.
        text.kind
    };
    Ok((rest, Expression { kind, span: input.span_to(rest) }))
}

/// `NULL`, `TRUE`, `FALSE` and the words for the time of the statement.
pub(super) fn constant_word(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let kind = match input.peek().kind {
        TokenKind::Keyword(Keyword::Null) => ExpressionKind::Literal(Value::Null.into()),
        TokenKind::Keyword(Keyword::True) => ExpressionKind::Literal(Value::Boolean(true).into()),
        TokenKind::Keyword(Keyword::False) => ExpressionKind::Literal(Value::Boolean(false).into()),
        TokenKind::Keyword(Keyword::CurrentDate) => ExpressionKind::CurrentTime(CurrentTime::Date),
        TokenKind::Keyword(Keyword::CurrentTime) => ExpressionKind::CurrentTime(CurrentTime::Time),
        TokenKind::Keyword(Keyword::CurrentTimestamp) => {
            ExpressionKind::CurrentTime(CurrentTime::Timestamp)
        }
        _ => return input.no_match(Expected::Other("a constant")),
    };
    let rest = input.skip(1);
    Ok((rest, Expression { kind, span: input.span_to(rest) }))
}
