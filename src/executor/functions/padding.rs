//! `lpad`, `rpad` and `repeat`, and `gcd` and `lcm`: PostgreSQL's, which SQLite has not.

use super::super::Error;
use super::super::arithmetic::to_integer;
use super::super::datum::check_length;
use super::numeric;
use crate::types::Value;

/// A side of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where it begins.
    Front,
    /// Where it ends.
    End,
}

/// A text with as many characters as the second argument says: filled at a side with the third, by
/// default spaces, or cut at its end. With nothing to fill it with it stays as it is.
///
/// # Errors
/// `text-limit` of one that would be too long.
pub fn padded(arguments: &[Value], side: Side) -> Result<Value, Error> {
    let text = arguments[0].to_text();
    let wanted = usize::try_from(to_integer(&arguments[1])).unwrap_or(0);
    let fill = arguments.get(2).map_or(" ".into(), Value::to_text);
    let missing = wanted.saturating_sub(text.chars().count());
    if missing == 0 {
        return Ok(Value::text(text.chars().take(wanted).collect::<String>()));
    }
    if fill.is_empty() {
        return Ok(Value::text(&text));
    }
    let characters = fill.chars().count();
    let (times, part) = (missing / characters, missing % characters);
    let part: String = fill.chars().take(part).collect();
    check_length(fill.len().saturating_mul(times).saturating_add(part.len() + text.len()))?;
    let filling = fill.repeat(times) + &part;
    Ok(Value::text(match side {
        Side::Front => format!("{filling}{text}"),
        Side::End => format!("{text}{filling}"),
    }))
}

/// A text so many times, empty where that is not once.
///
/// # Errors
/// `text-limit` of one that would be too long.
pub fn repeated(text: &Value, count: &Value) -> Result<Value, Error> {
    let (text, count) = (text.to_text(), usize::try_from(to_integer(count)).unwrap_or(0));
    check_length(text.len().saturating_mul(count))?;
    Ok(Value::text(text.repeat(count)))
}

/// The greatest integer that divides both, of 0 and 0 that is 0; NULL of what is no integer.
///
/// # Errors
/// `integer-overflow` of the least integer and itself, or 0.
pub fn greatest_common_divisor(a: &Value, b: &Value) -> Result<Value, Error> {
    let (Some(a), Some(b)) = (whole(a), whole(b)) else { return Ok(Value::Null) };
    i64::try_from(divisor(a, b)).map(Value::Integer).map_err(|_| beyond("gcd", a, b))
}

/// The least integer that both divide, 0 beside 0; NULL of what is no integer.
///
/// # Errors
/// `integer-overflow`
pub fn least_common_multiple(a: &Value, b: &Value) -> Result<Value, Error> {
    let (Some(a), Some(b)) = (whole(a), whole(b)) else { return Ok(Value::Null) };
    if a == 0 || b == 0 {
        return Ok(Value::Integer(0));
    }
    let multiple = (a.unsigned_abs() / divisor(a, b)).checked_mul(b.unsigned_abs());
    let multiple = multiple.and_then(|multiple| i64::try_from(multiple).ok());
    multiple.map(Value::Integer).ok_or_else(|| beyond("lcm", a, b))
}

/// Euclid's algorithm.
fn divisor(a: i64, b: i64) -> u64 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// The integer that a number is, if it is one.
fn whole(value: &Value) -> Option<i64> {
    match crate::types::DataType::Integer.accept(numeric(value)?) {
        Ok(Value::Integer(integer)) => Some(integer),
        Ok(_) | Err(_) => None,
    }
}

fn beyond(name: &str, a: i64, b: i64) -> Error {
    Error::failed("integer-overflow", format!("{name}({a}, {b}) is beyond 64 bits"))
}
