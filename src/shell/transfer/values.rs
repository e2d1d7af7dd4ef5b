//! From what a file says to the value that a column is given, and back where a file cannot say it.
//!
//! Most conversions are those of INSERT: a text that reads as a number becomes one in a column of
//! numbers. What is decided here is what INSERT is given. A column of ANY says of itself nothing, so
//! that there the file has to: a field is a number or a truth value if it is written as one, and
//! everything that is no plain text is written as in the log, `{"$date":"2026-01-31"}`.

use super::fields::Field;
use crate::types::{
    ColumnAffinity, DataType, Decimal, Literal, Value, exact_json, parse_exact_json, parse_number,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;

/// How a JSON document begins that says its type.
const WRAPPER: &str = "{\"$";

/// The value of a field for a column of this type.
pub(super) fn of_field(field: Field<'_>, data_type: DataType) -> Value {
    let Some(text) = field else { return Value::Null };
    match data_type {
        DataType::Blob => blob(&text).unwrap_or_else(|| Value::text(&text)),
        DataType::Any | DataType::Flexible(ColumnAffinity::Blob) => {
            any(&text).unwrap_or_else(|| Value::text(&text))
        }
        DataType::Flexible(_) => documented(&text).unwrap_or_else(|| Value::text(&text)),
        DataType::Integer
        | DataType::Real
        | DataType::Decimal { .. }
        | DataType::Numeric
        | DataType::Text
        | DataType::Boolean
        | DataType::Date
        | DataType::Timestamp
        | DataType::Json => Value::Text(text.into()),
    }
}

/// A field of a file whose numbers have a decimal comma as one of others: in a column of numbers, and in
/// one of ANY if it is a number.
///
/// # Errors
/// A text that would be a number, and another one, if its point were no comma.
pub(super) fn of_comma(text: Cow<'_, str>, data_type: DataType) -> Result<Field<'_>, String> {
    let is_any = matches!(data_type, DataType::Any | DataType::Flexible(_));
    let is_number = data_type.is_number() && data_type != DataType::Boolean;
    if !(is_any || is_number) {
        return Ok(Some(text));
    }
    match with_comma(&text) {
        Ok(Cow::Owned(number)) => Ok(Some(Cow::Owned(number))),
        Ok(Cow::Borrowed(_)) => Ok(Some(text)),
        Err(_) if is_any => Ok(Some(text)),
        Err(wrong) => Err(wrong),
    }
}

/// A text with the decimal comma and the points between thousands, `1.234,50`, as `1234.50`; as it is
/// where it is no number.
///
/// # Errors
/// A number with a point where none stands between thousands: `3.5` is not what was said of the file.
pub(super) fn with_comma(text: &str) -> Result<Cow<'_, str>, String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once(',') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (unsigned, None),
    };
    let mut groups = whole.split('.');
    let first = groups.next().unwrap_or_default();
    let grouped = digits(first)
        && (!whole.contains('.') || first.len() <= 3)
        && groups.all(|group| group.len() == 3 && digits(group));
    if grouped && fraction.is_none_or(digits) {
        return Ok(match text.contains(['.', ',']) {
            true => Cow::Owned(text.replace('.', "").replace(',', ".")),
            false => Cow::Borrowed(text),
        });
    }
    match parse_number(text) {
        Some(_) if text.contains('.') => Err(format!("{text} is no number with a decimal comma")),
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// The bytes of `x'0aff'`.
fn blob(text: &str) -> Option<Value> {
    let digits = text.strip_prefix("x'").or_else(|| text.strip_prefix("X'"))?.strip_suffix('\'')?;
    let half = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, odd) = digits.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(half(*high)? << 4 | half(*low)?)).collect();
    bytes.filter(|_| odd.is_empty()).map(|bytes| Value::Blob(bytes.into()))
}

/// Whether a field is JSON that says the type of its value.
fn is_documented(text: &str) -> bool {
    text.starts_with('"') || text.starts_with(WRAPPER)
}

/// The value of a field that says its type.
fn documented(text: &str) -> Option<Value> {
    if is_documented(text) { parse_exact_json(text) } else { None }
}

/// What a field means that is no plain text, in a column of ANY.
fn any(text: &str) -> Option<Value> {
    if is_documented(text) {
        return parse_exact_json(text);
    }
    match text {
        "true" => Some(Value::Boolean(true)),
        "false" => Some(Value::Boolean(false)),
        _ => number(text),
    }
}

/// Whether a text that reads as an integer is written as that prints.
pub(super) fn is_plain(integer: &str) -> bool {
    let digits = integer.strip_prefix('-').unwrap_or(integer);
    integer == "0" || !digits.starts_with(['0', '+'])
}

/// A number of JSON, a decimal where a real would lose digits.
fn number(text: &str) -> Option<Value> {
    if let Ok(integer) = text.parse::<i64>() {
        return is_plain(text).then_some(Value::Integer(integer));
    }
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && text.contains(['.', 'e', 'E'])
        && text.ends_with(|c: char| c.is_ascii_digit());
    let digits = text.strip_prefix('-');
    let literal = Literal::number(digits.unwrap_or(text), digits.is_some());
    let is_finite =
        |literal: &Literal| !matches!(literal.value, Value::Real(real) if real.is_infinite());
    literal.filter(|literal| is_number && is_finite(literal)).map(Literal::lossless)
}

/// A value of a column of ANY or of a FLEXIBLE table as a field says it.
pub(super) fn any_field(value: &Value, data_type: DataType) -> Value {
    // A column that is meant for something makes the same of a text as of what it says.
    let has_affinity =
        matches!(data_type, DataType::Flexible(affinity) if affinity != ColumnAffinity::Blob);
    match value {
        Value::Null => Value::Null,
        Value::Integer(_) | Value::Real(_) | Value::Decimal(_) if has_affinity => {
            Value::text(value.to_text())
        }
        Value::Text(text) if has_affinity && !is_documented(text) => value.clone(),
        Value::Text(text) if !has_affinity && any(text).is_none() => value.clone(),
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Text(_)
        | Value::Json(_)
        | Value::Blob(_) => Value::Text(exact_json(value).into()),
    }
}

/// A value of a column of ANY or JSON as a document says it.
pub(super) fn any_document(value: &Value, data_type: DataType) -> Value {
    // A document that is a text or a number would read as one in a column of ANY.
    let is_plain = |text: &str| {
        let is_document = match data_type == DataType::Json {
            true => text != "null",
            false => text.starts_with(['{', '[']),
        };
        is_document && !text.starts_with(WRAPPER)
    };
    if let Value::Json(text) = value
        && is_plain(text)
    {
        return value.clone();
    }
    if value.is_null() { Value::Null } else { Value::Json(exact_json(value).into()) }
}

/// The value of a key of a JSON object for a column of this type.
///
/// # Errors
/// Why it cannot be one.
pub(super) fn of_json(raw: &str, data_type: DataType) -> Result<Value, String> {
    if raw == "null" {
        return Ok(Value::Null);
    }
    let typed = raw.starts_with(WRAPPER).then(|| parse_exact_json(raw)).flatten();
    let is_any = matches!(data_type, DataType::Any | DataType::Flexible(_));
    match typed {
        Some(value) if is_any => return Ok(value),
        Some(value @ Value::Json(_)) if data_type == DataType::Json => return Ok(value),
        Some(_) | None if data_type == DataType::Json => return Ok(Value::Text(raw.into())),
        Some(_) | None => {}
    }
    match raw.as_bytes().first() {
        Some(b'"') => {
            let text: String = serde_json::from_str(raw).map_err(|_| "a broken text".to_owned())?;
            let is_blob = data_type == DataType::Blob;
            let bytes = if is_blob { STANDARD.decode(&text).ok() } else { None };
            Ok(bytes.map_or(Value::Text(text.into()), |bytes| Value::Blob(bytes.into())))
        }
        Some(b't') => Ok(Value::Boolean(true)),
        Some(b'f') => Ok(Value::Boolean(false)),
        Some(b'{' | b'[') if data_type == DataType::Any => Ok(Value::Json(raw.into())),
        Some(b'{' | b'[') => Ok(Value::Text(raw.into())),
        _ if data_type == DataType::Any => Ok(exact_number(raw)),
        _ if data_type == DataType::Flexible(ColumnAffinity::Blob) => {
            Ok(number(raw).unwrap_or_else(|| Value::text(raw)))
        }
        // A column of numbers reads them from their text, with all its digits.
        _ => Ok(Value::Text(raw.into())),
    }
}

/// A number that no column says the type of: a decimal where a real would not print as it is written.
fn exact_number(raw: &str) -> Value {
    let real = number(raw);
    let is_exact = match &real {
        Some(value @ Value::Real(real)) => format!("{real:?}") == raw || exact_json(value) == raw,
        known => known.is_some(),
    };
    let decimal = || Decimal::parse(raw).map(Value::Decimal);
    if is_exact { real } else { decimal().or(real) }.unwrap_or_else(|| Value::text(raw))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Date, Timestamp};

    fn values() -> Vec<Value> {
        let decimal = |mantissa, scale| Value::Decimal(Decimal { mantissa, scale });
        let texts = [
            "",
            "12",
            "-0",
            "1.5",
            "1e5",
            "true",
            "null",
            "{\"$date\":1}",
            "\"x\"",
            "x'00'",
            "Zoë\n",
            "[1]",
            "\\N",
            "007",
            "inf",
            "NaN",
        ];
        let mut values: Vec<Value> = texts.into_iter().map(Value::text).collect();
        values.extend([
            Value::Null,
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Integer(9_007_199_254_740_993),
            Value::Real(0.1),
            Value::Real(1e300),
            Value::Real(3.0),
            decimal(-50, 2),
            decimal(i128::MAX, 38),
            Value::Date(Date(20_000)),
            Value::Timestamp(Timestamp(1)),
            Value::Blob([0, 255].as_slice().into()),
            Value::Blob([].as_slice().into()),
            Value::Json("null".into()),
            Value::Json("{\"$json\":1}".into()),
            Value::Json("[1,{}]".into()),
            Value::Json("\"a\"".into()),
        ]);
        values
    }

    #[test]
    fn every_value_of_any_comes_back_as_it_was() {
        for value in values() {
            let field = any_field(&value, DataType::Any);
            let field = (!field.is_null()).then(|| field.to_text().into_owned());
            let back = of_field(field.map(Into::into), DataType::Any);
            assert_eq!(format!("{back:?}"), format!("{value:?}"));
            for data_type in [DataType::Any, DataType::Json] {
                if data_type == DataType::Json && !matches!(value, Value::Json(_)) {
                    continue;
                }
                let document = any_document(&value, data_type);
                let document = if document.is_null() {
                    "null".to_owned()
                } else {
                    document.to_text().into_owned()
                };
                let back = of_json(&document, data_type).expect("it is JSON");
                let back = data_type.accept(back).expect("it came from there");
                assert_eq!(format!("{back:?}"), format!("{value:?}"));
            }
        }
    }

    #[test]
    fn a_decimal_comma_is_one_where_it_was_said() {
        for (text, number) in [
            ("3,50", "3.50"),
            ("-1.234,5", "-1234.5"),
            ("1.234.567", "1234567"),
            ("+0,1", "+0.1"),
            ("12", "12"),
            ("1e3", "1e3"),
            ("31.12.2025", "31.12.2025"),
            ("1,2,3", "1,2,3"),
            ("1,", "1,"),
            ("1234.567,8", "1234.567,8"),
            ("Ada", "Ada"),
            ("", ""),
        ] {
            assert_eq!(with_comma(text).as_deref(), Ok(number), "{text}");
        }
        for text in ["3.5", "1.2345", "-.5", "1234.567"] {
            assert!(with_comma(text).is_err(), "{text}");
        }
        let field =
            |text: &'static str, to| of_comma(text.into(), to).map(Option::unwrap_or_default);
        assert_eq!(field("3,50", DataType::Text).as_deref(), Ok("3,50"));
        assert_eq!(field("3,50", DataType::Any).as_deref(), Ok("3.50"));
        assert_eq!(field("3.50", DataType::Any).as_deref(), Ok("3.50"));
        assert!(field("3.50", DataType::Real).is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let any = |raw| of_json(raw, DataType::Any).expect("it is JSON").to_string();
        assert_eq!(any("9007199254740993"), "9007199254740993");
        assert_eq!(any("0.50"), "0.50");
        let field = of_field(Some("90071992.54740993".into()), DataType::Any);
        assert_eq!(
            format!("{field} {}", any("90071992.54740993")),
            "90071992.54740993 90071992.54740993"
        );
        assert_eq!(any("12345678901234567890"), "12345678901234567890");
        assert_eq!(of_json("1.10", DataType::Text), Ok(Value::text("1.10")));
    }
}
