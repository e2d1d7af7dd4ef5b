//! The meaning of every scalar function, value by value; SQLite's, function by function.

mod build;
mod bytes;
mod digits;
mod format;
mod json;
mod padding;
mod substr;

pub use build::COMPILE_OPTIONS;
pub use format::fifteen_digits;
pub use json::{JsonRows, item as json_item, label as json_label};
use padding::Side;
pub use substr::character_range;

use super::Error;
use super::arithmetic::{number, to_integer, to_real};
use super::datetime;
use super::datum::check_length;
use super::evaluate::Context;
use super::text::{Pattern, escape_character, unescape};
use crate::planner::{
    Arithmetic, MathFunction, PatternKind, ScalarFunction, SessionFunction, TextFunction, TypeNames,
};
use crate::types::{Collation, Decimal, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// The longest text or blob that a function makes, in bytes.
pub const MAX_TEXT: usize = 1 << 30;

/// Calls a function in a statement.
///
/// # Errors
/// `integer-overflow` of `abs`, `decimal-overflow`, `text-limit`, `escape` of LIKE and `unistr`,
/// `json`, `regexp`.
pub fn call(
    function: ScalarFunction,
    arguments: &[Value],
    context: &Context,
) -> Result<Value, Error> {
    match function {
        ScalarFunction::Format => format::format(arguments),
        ScalarFunction::Json(function) => json::call(function, arguments),
        ScalarFunction::Likelihood | ScalarFunction::Likely | ScalarFunction::Unlikely => {
            Ok(arguments[0].clone())
        }
        ScalarFunction::Raise(action) => {
            let message = arguments.first().map(Value::to_text).unwrap_or_default();
            Err(Error::Raised { action, message: message.to_string() })
        }
        ScalarFunction::Random => Ok(bytes::random_integer(&*context.random)),
        ScalarFunction::Randomblob => bytes::random_bytes(&arguments[0], &*context.random),
        ScalarFunction::Session(function) => Ok(Value::Integer(session_count(function, context))),
        ScalarFunction::Soundex => Ok(Value::text(bytes::soundex(&arguments[0].to_text()))),
        ScalarFunction::CompileOption(function) => Ok(build::option(function, &arguments[0])),
        ScalarFunction::SqliteSourceId => Ok(Value::text(build::SQLITE_SOURCE_ID)),
        ScalarFunction::SqliteVersion => Ok(Value::text(build::SQLITE_VERSION)),
        // What SQLite marks a text with that one of its functions of JSON made.
        ScalarFunction::Subtype => {
            let is_json = matches!(arguments[0], Value::Json(_));
            Ok(Value::Integer(if is_json { i64::from(b'J') } else { 0 }))
        }
        ScalarFunction::Zeroblob => bytes::zeros(&arguments[0]),
        ScalarFunction::Coalesce => Ok(first_known(arguments)),
        ScalarFunction::Nullif => {
            let same = !arguments[0].is_null() && arguments[0] == arguments[1];
            Ok(if same { Value::Null } else { arguments[0].clone() })
        }
        ScalarFunction::Iif => Err(Error::failed("internal", "iif is a CASE by now")),
        ScalarFunction::Typeof(names) => Ok(Value::text(type_name(&arguments[0], names))),
        ScalarFunction::Quote => Ok(quote(&arguments[0])),
        ScalarFunction::UnistrQuote => unistr_quote(&arguments[0]),
        ScalarFunction::Version => Ok(Value::text(build::VERSION)),
        ScalarFunction::Char => Ok(characters(arguments)),
        ScalarFunction::Concat => {
            check_together(arguments, 0)?;
            Ok(Value::text(arguments.iter().map(Value::to_text).collect::<String>()))
        }
        ScalarFunction::ConcatWs => concat_with(arguments),
        ScalarFunction::Hex => Ok(hex(&arguments[0])),
        // The functions above have something to say of NULL.
        _ if arguments.iter().any(Value::is_null) => Ok(Value::Null),
        ScalarFunction::Abs => absolute(&arguments[0]),
        ScalarFunction::Calendar(function) => Ok(datetime::call(function, arguments, context.now)),
        ScalarFunction::Glob => matches(PatternKind::Glob, arguments),
        ScalarFunction::Like => matches(PatternKind::Like, arguments),
        ScalarFunction::Regexp => matches(PatternKind::Regexp, arguments),
        ScalarFunction::Replace => replace(arguments),
        ScalarFunction::Lpad => padding::padded(arguments, Side::Front),
        ScalarFunction::Rpad => padding::padded(arguments, Side::End),
        ScalarFunction::Repeat => padding::repeated(&arguments[0], &arguments[1]),
        ScalarFunction::Gcd => padding::greatest_common_divisor(&arguments[0], &arguments[1]),
        ScalarFunction::Lcm => padding::least_common_multiple(&arguments[0], &arguments[1]),
        ScalarFunction::Unhex => {
            let ignored = arguments.get(1).map_or(Cow::Borrowed(""), Value::to_text);
            Ok(bytes::from_hexadecimal(&arguments[0].to_text(), &ignored))
        }
        ScalarFunction::Unistr => unescape(&arguments[0].to_text()),
        // Of equal ones, as 1 and 1.0 are, the first is the largest and the last the smallest.
        ScalarFunction::Max(collation) => Ok(best(arguments, collation, Ordering::is_gt)),
        ScalarFunction::Min(collation) => Ok(best(arguments, collation, Ordering::is_le)),
        ScalarFunction::Round => round(arguments),
        ScalarFunction::Sign => Ok(sign(&arguments[0])),
        ScalarFunction::Ceil => whole(&arguments[0], f64::ceil, Decimal::ceil),
        ScalarFunction::Floor => whole(&arguments[0], f64::floor, Decimal::floor),
        ScalarFunction::Trunc => whole(&arguments[0], f64::trunc, |decimal| decimal.cut(0)),
        ScalarFunction::Math(MathFunction::Mod) if is_exact(arguments) => {
            super::arithmetic::compute(Arithmetic::Modulo, &arguments[0], &arguments[1])
        }
        ScalarFunction::Math(function) => Ok(real_function(function, arguments)),
        ScalarFunction::Text(function) => Ok(text_function(function, arguments)),
    }
}

fn session_count(function: SessionFunction, context: &Context) -> i64 {
    match function {
        SessionFunction::Changes => context.counts.changes(),
        SessionFunction::LastInsertRowid => context.counts.last_row(),
        SessionFunction::TotalChanges => context.counts.total_changes(),
    }
}

fn first_known(arguments: &[Value]) -> Value {
    arguments.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null)
}

fn type_name(value: &Value, names: TypeNames) -> &'static str {
    match value {
        Value::Boolean(_) if names == TypeNames::Sqlite => "integer",
        Value::Date(_) | Value::Timestamp(_) | Value::Json(_) if names == TypeNames::Sqlite => {
            "text"
        }
        Value::Null => "null",
        Value::Boolean(_) => "boolean",
        Value::Integer(_) => "integer",
        Value::Real(_) => "real",
        Value::Decimal(_) => "decimal",
        Value::Date(_) => "date",
        Value::Timestamp(_) => "timestamp",
        Value::Text(_) => "text",
        Value::Json(_) => "json",
        Value::Blob(_) => "blob",
    }
}

/// The value as a literal that SQLite reads, too, in its spelling.
fn quote(value: &Value) -> Value {
    Value::text(if let Value::Blob(bytes) = value {
        format!("X'{}'", hexadecimal(bytes))
    } else if let Value::Boolean(truth) = value {
        i64::from(*truth).to_string()
    } else if let Value::Text(text) = value
        && let Some((shown, _)) = text.split_once('\0')
    {
        Value::text(shown).to_string()
    } else {
        value.to_string()
    })
}

/// The same; control characters in a text as `unistr` reads them.
fn unistr_quote(value: &Value) -> Result<Value, Error> {
    match value {
        Value::Text(_) => format::format(&[Value::text("%#Q"), value.clone()]),
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Json(_)
        | Value::Blob(_) => Ok(quote(value)),
    }
}

/// A number, or a text that is one as a whole: what mathematical functions take. They are NULL of
/// anything else.
fn numeric(value: &Value) -> Option<Value> {
    match value {
        Value::Null | Value::Blob(_) => None,
        Value::Text(_) | Value::Json(_) | Value::Date(_) | Value::Timestamp(_) => {
            crate::types::whole_number(&value.to_text())
        }
        Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => {
            Some(number(value))
        }
    }
}

fn characters(arguments: &[Value]) -> Value {
    let of = |value: &Value| {
        u32::try_from(to_integer(value)).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}')
    };
    Value::text(arguments.iter().map(of).collect::<String>())
}

/// Goes on where all arguments together, and so many bytes between two of them, may be one text.
///
/// # Errors
/// `text-limit` of more than [`MAX_TEXT`] bytes.
fn check_together(arguments: &[Value], between: usize) -> Result<(), Error> {
    let lengths = arguments.iter().map(|argument| argument.byte_length() + between);
    check_length(lengths.sum())
}

fn concat_with(arguments: &[Value]) -> Result<Value, Error> {
    if arguments[0].is_null() {
        return Ok(Value::Null);
    }
    let separator = arguments[0].to_text();
    check_together(&arguments[1..], separator.len())?;
    let parts: Vec<Cow<str>> =
        arguments[1..].iter().filter(|value| !value.is_null()).map(Value::to_text).collect();
    Ok(Value::text(parts.join(&*separator)))
}

fn hex(value: &Value) -> Value {
    Value::text(match blob(value) {
        Some(bytes) => hexadecimal(bytes),
        None => hexadecimal(value.to_text().as_bytes()),
    })
}

/// Two capital digits for each byte.
fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

fn absolute(value: &Value) -> Result<Value, Error> {
    let beyond = |i: i64| Error::failed("integer-overflow", format!("abs({i}) is beyond 64 bits"));
    match value {
        Value::Null => Ok(Value::Null),
        Value::Boolean(truth) => Ok(Value::Integer(i64::from(*truth))),
        Value::Integer(i) => i.checked_abs().map(Value::Integer).ok_or_else(|| beyond(*i)),
        Value::Decimal(d) => fitting(if d.mantissa < 0 { d.checked_neg() } else { Some(*d) }),
        // The number that a text begins with is a real here, whatever it looks like.
        Value::Real(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Text(_)
        | Value::Json(_)
        | Value::Blob(_) => Ok(Value::real(to_real(value).abs())),
    }
}

fn matches(kind: PatternKind, arguments: &[Value]) -> Result<Value, Error> {
    let escape = escape_character(arguments.get(2).unwrap_or(&Value::Null))?;
    let pattern = Pattern::new(kind, &arguments[0].to_text(), escape)?;
    Ok(Value::Boolean(pattern.matches(&arguments[1].to_text())))
}

fn replace(arguments: &[Value]) -> Result<Value, Error> {
    let [text, from, to] = [0, 1, 2].map(|at| arguments[at].to_text());
    // As in SQLite, what begins with a NUL is nothing to look for.
    if from.is_empty() || from.starts_with('\0') {
        return Ok(Value::text(text));
    }
    let found = text.matches(&*from).count();
    let length = text.len() + found.saturating_mul(to.len());
    if length > MAX_TEXT {
        let message = format!("replace() would make a text of more than {MAX_TEXT} bytes");
        return Err(Error::failed("text-limit", message));
    }
    Ok(Value::text(text.replace(&*from, &to)))
}

/// The value that each of those before it gives way to, if `is_better` says so of their order.
fn best(values: &[Value], collation: Collation, is_better: fn(Ordering) -> bool) -> Value {
    let better = |a, b| if is_better(collation.compare(b, a)) { b } else { a };
    values.iter().reduce(better).cloned().unwrap_or(Value::Null)
}

/// Rounds half away from zero by the double's first 18 decimal digits, as SQLite does since 3.43:
/// 2.675 is a little less than that and becomes 2.67.
fn round(arguments: &[Value]) -> Result<Value, Error> {
    let digits = arguments.get(1).map_or(0, to_integer).clamp(0, 38);
    let scale = u8::try_from(digits).unwrap_or(38);
    if let Value::Decimal(decimal) = arguments[0] {
        return match decimal.scale <= scale {
            true => Ok(arguments[0].clone()),
            false => fitting(decimal.round(scale)),
        };
    }
    Ok(round_real(to_real(&arguments[0]), scale.min(30)))
}

/// A decimal that a function computed.
fn fitting(result: Option<Decimal>) -> Result<Value, Error> {
    result.filter(|result| result.fits(38)).map(Value::Decimal).ok_or_else(|| {
        Error::failed("decimal-overflow", "a rounded number has more than 38 digits")
    })
}

/// Whether these are decimals, or decimals and integers.
fn is_exact(arguments: &[Value]) -> bool {
    let is_decimal = |value: &Value| matches!(value, Value::Decimal(_));
    arguments.iter().any(is_decimal)
        && arguments.iter().all(|value| is_decimal(value) || matches!(value, Value::Integer(_)))
}

fn round_real(real: f64, scale: u8) -> Value {
    // From 2^52 on there is no fraction to round.
    if !real.is_finite() || real.abs() >= 4_503_599_627_370_496.0 {
        return Value::real(real);
    }
    if scale == 0 {
        return Value::real((real + 0.5_f64.copysign(real)).trunc());
    }
    let rounded = Decimal::parse_rounded(&format!("{real:.17e}"), scale);
    Value::real(rounded.map_or(real, Decimal::to_f64))
}

fn sign(value: &Value) -> Value {
    numeric(value).map_or(Value::Null, |number| {
        Value::Integer(i64::from(number.compare(&Value::Integer(0)) as i8))
    })
}

/// A number without digits behind its point.
fn whole(
    value: &Value,
    of_real: fn(f64) -> f64,
    of_decimal: fn(Decimal) -> Option<Decimal>,
) -> Result<Value, Error> {
    match numeric(value) {
        None => Ok(Value::Null),
        Some(Value::Integer(integer)) => Ok(Value::Integer(integer)),
        Some(Value::Decimal(decimal)) => fitting(of_decimal(decimal)),
        Some(other) => Ok(Value::real(of_real(to_real(&other)))),
    }
}

/// The bytes of a blob.
fn blob(value: &Value) -> Option<&[u8]> {
    if let Value::Blob(bytes) = value { Some(bytes) } else { None }
}

fn text_function(function: TextFunction, arguments: &[Value]) -> Value {
    let text = arguments[0].to_text();
    let count = |n: usize| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let set = arguments.get(1).map_or(Cow::Borrowed(" "), Value::to_text);
    let trimmed = |c: char| set.contains(c);
    match function {
        TextFunction::Length => {
            let before_nul = || text.chars().take_while(|c| *c != '\0').count();
            count(blob(&arguments[0]).map_or_else(before_nul, |bytes| bytes.len()))
        }
        TextFunction::OctetLength => {
            count(blob(&arguments[0]).map_or(text.len(), |bytes| bytes.len()))
        }
        TextFunction::Lower => Value::text(text.to_ascii_lowercase()),
        TextFunction::Upper => Value::text(text.to_ascii_uppercase()),
        TextFunction::Instr
            if let (Some(bytes), Some(part)) = (blob(&arguments[0]), blob(&arguments[1])) =>
        {
            count(bytes::position(bytes, part))
        }
        TextFunction::Instr => match text.find(&*arguments[1].to_text()) {
            Some(at) => count(text[..at].chars().count() + 1),
            None => Value::Integer(0),
        },
        // A text ends with its first NUL, as in SQLite.
        TextFunction::Unicode => text
            .chars()
            .next()
            .filter(|first| *first != '\0')
            .map_or(Value::Null, |first| Value::Integer(i64::from(u32::from(first)))),
        TextFunction::Substr => substr::substr(arguments),
        TextFunction::Ltrim => Value::text(text.trim_start_matches(trimmed)),
        TextFunction::Rtrim => Value::text(text.trim_end_matches(trimmed)),
        TextFunction::Trim => Value::text(text.trim_matches(trimmed)),
    }
}

fn real_function(function: MathFunction, arguments: &[Value]) -> Value {
    let Some(numbers) = arguments.iter().map(numeric).collect::<Option<Vec<Value>>>() else {
        return Value::Null;
    };
    let a = numbers.first().map_or(0.0, to_real);
    let b = numbers.get(1).map_or(0.0, to_real);
    let positive = |x: f64, f: fn(f64) -> f64| if x > 0.0 { f(x) } else { f64::NAN };
    Value::real(match function {
        MathFunction::Acos => a.acos(),
        MathFunction::Acosh => a.acosh(),
        MathFunction::Asin => a.asin(),
        MathFunction::Asinh => a.asinh(),
        MathFunction::Atan => a.atan(),
        MathFunction::Atan2 => a.atan2(b),
        // Of a negative number the formula loses digits.
        MathFunction::Atanh => a.abs().atanh().copysign(a),
        MathFunction::Cos => a.cos(),
        MathFunction::Cosh => a.cosh(),
        MathFunction::Degrees => a.to_degrees(),
        MathFunction::Exp => a.exp(),
        MathFunction::Ln => positive(a, f64::ln),
        MathFunction::Log if arguments.len() == 2 => {
            // As in SQLite there is no base up to 1.
            let base = positive(a, f64::ln);
            if base > 0.0 { positive(b, f64::ln) / base } else { f64::NAN }
        }
        MathFunction::Log | MathFunction::Log10 => positive(a, f64::log10),
        MathFunction::Log2 => positive(a, f64::log2),
        MathFunction::Mod => a % b,
        MathFunction::Pi => std::f64::consts::PI,
        MathFunction::Power => a.powf(b),
        MathFunction::Radians => a.to_radians(),
        MathFunction::Sin => a.sin(),
        MathFunction::Sinh => a.sinh(),
        MathFunction::Sqrt => a.sqrt(),
        MathFunction::Tan => a.tan(),
        MathFunction::Tanh => a.tanh(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(function: ScalarFunction, arguments: &[Value]) -> String {
        let context = Context::of_constants();
        call(function, arguments, &context)
            .map_or_else(|error| error.code().into(), |v| v.to_string())
    }

    #[test]
    fn substr_takes_every_position() {
        let of = |start: i64, length: Option<i64>| {
            let mut arguments = vec![Value::text("abcde"), Value::Integer(start)];
            arguments.extend(length.map(Value::Integer));
            shown(ScalarFunction::Text(TextFunction::Substr), &arguments)
        };
        // Answers of SQLite 3.40.1.
        assert_eq!(of(2, None), "'bcde'");
        assert_eq!(of(2, Some(2)), "'bc'");
        assert_eq!(of(-2, Some(5)), "'de'");
        assert_eq!(of(0, Some(2)), "'a'");
        assert_eq!(of(-7, Some(4)), "'ab'");
        assert_eq!(of(3, Some(-2)), "'ab'");
        assert_eq!(of(i64::MAX, Some(i64::MAX)), "''");
        assert_eq!(of(i64::MIN, Some(i64::MIN)), "''");
    }

    #[test]
    fn numbers_round_and_overflow_as_documented() {
        let round = |r: f64, digits: i64| {
            shown(ScalarFunction::Round, &[Value::Real(r), Value::Integer(digits)])
        };
        assert_eq!(round(2.5, 0), "3.0");
        assert_eq!(round(-2.5, 0), "-3.0");
        assert_eq!(round(1234.567, 2), "1234.57");
        assert_eq!(round(2.675, 2), "2.67");
        assert_eq!(round(-0.125, 2), "-0.13");
        assert_eq!(round(1e-40, 2), "0.0");
        assert_eq!(round(0.1, 30), "0.1");
        assert_eq!(shown(ScalarFunction::Abs, &[Value::Integer(i64::MIN)]), "integer-overflow");
        assert_eq!(shown(ScalarFunction::Math(MathFunction::Sqrt), &[Value::Integer(-1)]), "NULL");
        assert_eq!(shown(ScalarFunction::Hex, &[Value::text("aé")]), "'61C3A9'");
        assert_eq!(
            shown(
                ScalarFunction::Text(TextFunction::Instr),
                &[Value::text("éa"), Value::text("a")]
            ),
            "2"
        );
    }
}
