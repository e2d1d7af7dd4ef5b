//! Values become JSON.

use super::JSON_WRAPPER;
use crate::storage::error::Error;
use crate::storage::log::text::{push_date, push_i64, push_moment, push_string};
use crate::types::{Column, DataType, Decimal, MAX_JSON_DEPTH, Value, infinity_name};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use std::io::Write;

/// The most digits behind the point that a decimal in a column without declared digits has.
pub(super) const MAX_SCALE: u8 = 38;

/// Appends an object of columns and their values, in the order given.
pub(crate) fn push_columns<'a>(
    out: &mut Vec<u8>,
    columns: impl Iterator<Item = (&'a Column, &'a Value)>,
) -> Result<(), Error> {
    let mut separator = b'{';
    for (column, value) in columns {
        out.push(separator);
        separator = b',';
        push_string(out, &column.name);
        out.push(b':');
        push_value(out, column.data_type, value).map_err(|reason| {
            Error::invalid(format!("column `{}` cannot hold {reason}", column.name))
        })?;
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(())
}

/// A row, or some columns of one, as the object that the log holds.
///
/// # Errors
/// [`Error::Invalid`] of a value that is none of its column's.
pub fn row_json<'a>(
    columns: impl Iterator<Item = (&'a Column, &'a Value)>,
) -> Result<String, Error> {
    let mut out = Vec::new();
    push_columns(&mut out, columns)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Appends a value of a column; refuses, with what it is, a value that would not read back.
fn push_value(out: &mut Vec<u8>, data_type: DataType, value: &Value) -> Result<(), String> {
    match (data_type, value) {
        (_, Value::Null) => out.extend_from_slice(b"null"),
        (DataType::Integer, Value::Integer(integer)) => push_i64(out, *integer),
        (DataType::Real, Value::Real(real)) => push_real(out, *real)?,
        (DataType::Boolean, Value::Boolean(truth)) => push_boolean(out, *truth),
        (DataType::Text, Value::Text(text)) => push_string(out, text),
        (DataType::Blob, Value::Blob(bytes)) => push_blob(out, bytes),
        (DataType::Date, Value::Date(date)) => push_date(out, *date),
        (DataType::Timestamp, Value::Timestamp(at)) => push_moment(out, *at),
        (DataType::Decimal { precision, scale }, Value::Decimal(decimal))
            if decimal.scale == scale && decimal.fits(precision) =>
        {
            push_decimal(out, *decimal)?;
        }
        (DataType::Json, Value::Json(document)) => {
            check_json(document)?;
            if document.as_ref() == "null" || document.starts_with(JSON_WRAPPER) {
                push_tagged(out, "$json", |out| out.extend_from_slice(document.as_bytes()));
            } else {
                out.extend_from_slice(document.as_bytes());
            }
        }
        (data_type, value) if data_type.is_mixed() => push_any(out, value)?,
        (_, value) => return Err(value.shortened()),
    }
    Ok(())
}

/// Appends a value so that its type can be told.
fn push_any(out: &mut Vec<u8>, value: &Value) -> Result<(), String> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(truth) => push_boolean(out, *truth),
        Value::Integer(integer) => push_i64(out, *integer),
        Value::Real(real) if real.is_infinite() => {
            push_tagged(out, "$real", |out| push_string(out, infinity_name(*real)));
        }
        Value::Real(real) => push_real(out, *real)?,
        Value::Text(text) => push_string(out, text),
        Value::Decimal(decimal) => {
            let mut text = Vec::new();
            push_decimal(&mut text, *decimal)?;
            push_tagged(out, "$decimal", |out| out.extend_from_slice(&text));
        }
        Value::Date(date) => push_tagged(out, "$date", |out| push_date(out, *date)),
        Value::Timestamp(at) => push_tagged(out, "$timestamp", |out| push_moment(out, *at)),
        Value::Blob(bytes) => push_tagged(out, "$blob", |out| push_blob(out, bytes)),
        Value::Json(document) => {
            check_json(document)?;
            push_tagged(out, "$json", |out| out.extend_from_slice(document.as_bytes()));
        }
    }
    Ok(())
}

fn push_tagged(out: &mut Vec<u8>, tag: &str, push: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'{');
    push_string(out, tag);
    out.push(b':');
    push(out);
    out.push(b'}');
}

fn push_boolean(out: &mut Vec<u8>, truth: bool) {
    out.extend_from_slice(if truth { b"true" } else { b"false" });
}

fn push_real(out: &mut Vec<u8>, real: f64) -> Result<(), String> {
    if !real.is_finite() {
        return Err(real.to_string());
    }
    // The shortest text that reads back, always with a point or an exponent.
    serde_json::to_writer(out, &real).map_err(|error| error.to_string())
}

fn push_decimal(out: &mut Vec<u8>, decimal: Decimal) -> Result<(), String> {
    if decimal.scale > MAX_SCALE {
        return Err(format!("a decimal with {} digits behind the point", decimal.scale));
    }
    write!(out, "\"{decimal}\"").map_err(|error| error.to_string())
}

fn push_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    let written = STANDARD.encode_slice(bytes, &mut out[start..]);
    debug_assert_eq!(
        written.ok(),
        Some(out.len() - start),
        "base64 has four digits per three bytes"
    );
    out.push(b'"');
}

/// Refuses a document that is none, or that a line could not give back as it is.
fn check_json(document: &str) -> Result<(), String> {
    if serde_json::from_str::<IgnoredAny>(document).is_err() {
        return Err(format!("{} as JSON", Value::text(document).shortened()));
    }
    // Inside strings control characters are escaped, so one of these stands between tokens; there a
    // line break would end the line, and what surrounds the document would be lost.
    let outside = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    let bytes = document.as_bytes();
    if outside(bytes.first()) || outside(bytes.last()) || bytes.iter().any(|byte| *byte < 0x20) {
        return Err("JSON with white space around it".into());
    }
    if json_depth(document) > MAX_JSON_DEPTH {
        return Err(format!("JSON nested deeper than {MAX_JSON_DEPTH} levels"));
    }
    Ok(())
}

/// How deep a valid document nests.
fn json_depth(document: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in document.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
