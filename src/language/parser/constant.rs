//! Constants: numbers, texts and blobs, and those that are words or begin with one: NULL, CURRENT_DATE,
//! `DATE '2026-01-31'`.

use super::super::Keyword;
use super::super::ast::{CurrentTime, Expression, ExpressionKind, UnaryOperator};
use super::super::token::{Symbol, TokenKind};
use super::expected::Expected;
use super::expression::at;
use super::input::{LiteralSlot, Parsed, TokenInput};
use super::name::{NUMBER, unquote};
use crate::types::{DataType, Literal, Value};
use std::borrow::Cow;
use std::sync::Arc;

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
    [word, other].contains(&input.kind) && input.ahead(1).kind == TokenKind::Text
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
    let kind = match input.kind {
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

/// A number with or without its sign, a text, or a blob.
///
/// A sign directly before a number belongs to it, which makes the smallest integer a literal.
#[inline(never)]
pub(super) fn literal(input: TokenInput<'_>) -> Parsed<'_, Expression> {
    let negative = input.is_symbol(0, Symbol::Minus);
    let signed = negative || input.is_symbol(0, Symbol::Plus);
    let digits = input.skip(usize::from(signed));
    let token = digits.peek();
    let is_number = matches!(token.kind, TokenKind::Integer | TokenKind::Real);
    if !is_number && (signed || !matches!(token.kind, TokenKind::Text | TokenKind::Blob)) {
        return digits.no_match(NUMBER);
    }
    let rest = digits.skip(1);
    if let Some(parameter) = slot(digits.state.parameters, token.span.start) {
        let parameter = at(digits, rest, parameter);
        return Ok((rest, if negative { negated(input, rest, parameter) } else { parameter }));
    }
    let value = if is_number {
        number(digits.word(), negative)
    } else {
        literal_value(token.kind, digits.word())
    };
    match value {
        Ok(value) => Ok((rest, at(input, rest, ExpressionKind::Literal(value)))),
        Err(message) => digits.fail("number-range", message),
    }
}

/// The parameter in the place of a literal that begins here, if there is one.
pub(super) fn slot(slots: &[LiteralSlot], start: usize) -> Option<ExpressionKind> {
    let index = slots.binary_search_by_key(&start, |slot| slot.start).ok()?;
    let LiteralSlot { data_type, exact, .. } = slots[index];
    Some(ExpressionKind::Parameter { index, data_type, exact })
}

fn negated(input: TokenInput<'_>, rest: TokenInput<'_>, operand: Expression) -> Expression {
    let operator = UnaryOperator::Minus;
    at(input, rest, ExpressionKind::Unary { operator, operand: Box::new(operand) })
}

/// The value of a text, blob or number token; the message of a number beyond all range.
pub(in crate::language) fn literal_value(kind: TokenKind, word: &str) -> Result<Literal, String> {
    if kind == TokenKind::Text {
        Ok(Value::Text(shared_text(word)).into())
    } else if kind == TokenKind::Blob {
        Ok(Value::Blob(blob(word)).into())
    } else if kind == TokenKind::Real {
        real(&without_separators(word), false)
    } else {
        number(word, false)
    }
}

fn shared_text(text: &str) -> Arc<str> {
    let plain = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    match plain.filter(|text| !text.as_bytes().contains(&b'\'')) {
        Some(plain) => Arc::from(plain),
        None => Arc::from(unquote(text)),
    }
}

fn blob(text: &str) -> Arc<[u8]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => byte - b'0',
        _ => (byte | 0x20) - b'a' + 10,
    };
    let digits = &text.as_bytes()[2..text.len() - 1];
    digits.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// The digits of a number without the `_` between them.
pub(super) fn without_separators(digits: &str) -> Cow<'_, str> {
    if digits.as_bytes().contains(&b'_') { digits.replace('_', "").into() } else { digits.into() }
}

/// The value of the digits of a number; an integer beyond 64 bits is a real.
fn number(digits: &str, negative: bool) -> Result<Literal, String> {
    if let Ok(integer) = digits.parse::<i64>() {
        return Ok(Value::Integer(if negative { -integer } else { integer }).into());
    }
    let digits = &*without_separators(digits);
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        let bits =
            u64::from_str_radix(hex, 16).map_err(|_| format!("{digits} has over 64 bits"))?;
        let integer = bits.cast_signed();
        let integer = if negative { integer.checked_neg() } else { Some(integer) };
        let integer = integer.map(|integer| Value::Integer(integer).into());
        return integer.ok_or_else(|| format!("-{digits} has over 64 bits"));
    }
    if let Ok(integer) = digits.parse::<i64>() {
        return Ok(Value::Integer(if negative { -integer } else { integer }).into());
    }
    if negative && digits.trim_start_matches('0') == "9223372036854775808" {
        return Ok(Value::Integer(i64::MIN).into());
    }
    real(digits, negative)
}

fn real(digits: &str, negative: bool) -> Result<Literal, String> {
    Literal::number(digits, negative).ok_or_else(|| format!("{digits} is no number"))
}
