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
///
/// # Errors
/// [`Error::Invalid`] of a value that is none of its column's, or would not read back.
pub(crate) fn push_columns<'a>(
    out: &mut Vec<u8>,
    columns: impl Iterator<Item = (&'a Column, &'a Value)> + Clone,
) -> Result<(), Error> {
    check_columns(columns.clone())?;
    write_columns(out, columns);
    Ok(())
}

/// Refuses what [`write_columns`] could not write so that it reads back.
///
/// # Errors
/// [`Error::Invalid`] of a value that is none of its column's, or would not read back.
pub(crate) fn check_columns<'a>(
    mut columns: impl Iterator<Item = (&'a Column, &'a Value)>,
) -> Result<(), Error> {
    columns.try_for_each(|(column, value)| {
        check_value(column.data_type, value).map_err(|reason| {
            Error::invalid(format!("column `{}` cannot hold {reason}", column.name))
        })
    })
}

/// Appends an object of columns and their values that were checked.
pub(crate) fn write_columns<'a>(
    out: &mut Vec<u8>,
    columns: impl Iterator<Item = (&'a Column, &'a Value)>,
) {
    let mut separator = b'{';
    for (column, value) in columns {
        out.push(separator);
        separator = b',';
        push_string(out, &column.name);
        out.push(b':');
        write_value(out, column.data_type.is_mixed(), value);
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
}

/// A row, or some columns of one, as the object that the log holds.
///
/// # Errors
/// [`Error::Invalid`] of a value that is none of its column's.
pub fn row_json<'a>(
    columns: impl Iterator<Item = (&'a Column, &'a Value)> + Clone,
) -> Result<String, Error> {
    let mut out = Vec::new();
    push_columns(&mut out, columns)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Refuses, with what it is, a value of a column that would not read back.
fn check_value(data_type: DataType, value: &Value) -> Result<(), String> {
    match (data_type, value) {
        (_, Value::Null)
        | (DataType::Integer, Value::Integer(_))
        | (DataType::Boolean, Value::Boolean(_))
        | (DataType::Text, Value::Text(_))
        | (DataType::Blob, Value::Blob(_))
        | (DataType::Date, Value::Date(_))
        | (DataType::Timestamp, Value::Timestamp(_)) => Ok(()),
        (DataType::Real, Value::Real(real)) if real.is_finite() => Ok(()),
        (DataType::Real, Value::Real(real)) => Err(real.to_string()),
        (DataType::Decimal { precision, scale }, Value::Decimal(decimal))
            if decimal.scale == scale && decimal.fits(precision) =>
        {
            check_scale(*decimal)
        }
        (DataType::Json, Value::Json(document)) => check_json(document),
        (data_type, value) if data_type.is_mixed() => match value {
            Value::Real(real) if real.is_nan() => Err(real.to_string()),
            Value::Decimal(decimal) => check_scale(*decimal),
            Value::Json(document) => check_json(document),
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Real(_)
            | Value::Text(_)
            | Value::Date(_)
            | Value::Timestamp(_)
            | Value::Blob(_) => Ok(()),
        },
        (_, value) => Err(value.shortened()),
    }
}

fn check_scale(decimal: Decimal) -> Result<(), String> {
    match decimal.scale > MAX_SCALE {
        true => Err(format!("a decimal with {} digits behind the point", decimal.scale)),
        false => Ok(()),
    }
}

/// Appends a value that was checked: `is_mixed` says whether its type has to be told with it.
fn write_value(out: &mut Vec<u8>, is_mixed: bool, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Boolean(truth) => push_boolean(out, *truth),
        Value::Integer(integer) => push_i64(out, *integer),
        Value::Real(real) if real.is_infinite() => {
            push_tagged(out, "$real", |out| push_string(out, infinity_name(*real)));
        }
        Value::Real(real) => push_real(out, *real),
        Value::Text(text) => push_string(out, text),
        Value::Decimal(decimal) => {
            tagged_if(is_mixed, out, "$decimal", |out| push_decimal(out, *decimal));
        }
        Value::Date(date) => tagged_if(is_mixed, out, "$date", |out| push_date(out, *date)),
        Value::Timestamp(at) => {
            tagged_if(is_mixed, out, "$timestamp", |out| push_moment(out, *at));
        }
        Value::Blob(bytes) => tagged_if(is_mixed, out, "$blob", |out| push_blob(out, bytes)),
        Value::Json(document) => {
            let is_tagged =
                is_mixed || document.as_ref() == "null" || document.starts_with(JSON_WRAPPER);
            let push = |out: &mut Vec<u8>| out.extend_from_slice(document.as_bytes());
            tagged_if(is_tagged, out, "$json", push);
        }
    }
}

fn tagged_if(is_tagged: bool, out: &mut Vec<u8>, tag: &str, push: impl FnOnce(&mut Vec<u8>)) {
    if is_tagged { push_tagged(out, tag, push) } else { push(out) }
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

fn push_real(out: &mut Vec<u8>, real: f64) {
    // The shortest text that reads back, always with a point or an exponent. Memory takes all of it.
    let written = serde_json::to_writer(out, &real);
    debug_assert!(written.is_ok(), "a finite number has a text");
}

fn push_decimal(out: &mut Vec<u8>, decimal: Decimal) {
    let written = write!(out, "\"{decimal}\"");
    debug_assert!(written.is_ok(), "a vector takes what is written to it");
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
