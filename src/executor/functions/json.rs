//! SQLite's functions of JSON. What they make is a JSON value, which goes into another as what it is;
//! a text goes in as a text.

mod binary;
mod document;
mod parse;
mod path;
mod rows;
mod soundness;

pub use rows::JsonRows;

use super::super::Error;
use super::super::arithmetic::{number, to_integer};
use super::check_together;
use crate::planner::JsonFunction;
use crate::types::Value;
use document::{Json, JsonText};
use path::{JsonEdit, PathError};
use std::borrow::Cow;

/// Calls a function of JSON.
///
/// # Errors
/// `json` of what is no JSON document, no path into one, or nothing that a document can hold;
/// `text-limit`.
pub(super) fn call(function: JsonFunction, arguments: &[Value]) -> Result<Value, Error> {
    match function {
        JsonFunction::Array => {
            check_together(arguments, 1)?;
            let items: Result<Vec<Json>, Error> = arguments.iter().map(held).collect();
            Ok(json_value(&Json::Array(items?)))
        }
        JsonFunction::Object => object(arguments).map(|object| json_value(&object)),
        JsonFunction::Quote => held(&arguments[0]).map(|held| json_value(&held)),
        JsonFunction::Valid => valid(arguments),
        JsonFunction::Binary if matches!(arguments[0], Value::Json(_)) => {
            Ok(Value::Blob(binary::encode(&document(&arguments[0])?).into()))
        }
        JsonFunction::Binary => Ok(arguments[0].clone()),
        JsonFunction::Json => of_document(arguments, |document, _| Ok(json_value(&document))),
        // Without a path SQLite does not look at the document.
        JsonFunction::Extract if arguments.len() < 2 => Ok(Value::Null),
        JsonFunction::Extract => {
            of_document(arguments, |document, paths| extract(&document, paths))
        }
        JsonFunction::Arrow => of_document(arguments, |document, path| {
            Ok(part(&document, path, short_path)?.map_or(Value::Null, json_value))
        }),
        JsonFunction::LongArrow => of_document(arguments, |document, path| {
            Ok(part(&document, path, short_path)?.map_or(Value::Null, Json::to_value))
        }),
        JsonFunction::Type => of_document(arguments, |document, path| {
            let found = part(&document, path, |path| path.to_text().into_owned())?;
            Ok(found.map_or(Value::Null, |found| Value::text(found.type_name())))
        }),
        JsonFunction::ArrayLength => of_document(arguments, |document, path| {
            let found = part(&document, path, |path| path.to_text().into_owned())?;
            Ok(found.map_or(Value::Null, |found| {
                let length = if let Json::Array(items) = found { items.len() } else { 0 };
                Value::Integer(i64::try_from(length).unwrap_or(i64::MAX))
            }))
        }),
        JsonFunction::ErrorPosition if arguments[0].is_null() => Ok(Value::Null),
        JsonFunction::ErrorPosition => {
            let at = match binary_form(&arguments[0]) {
                Some(bytes) => soundness::fault(bytes).unwrap_or(0),
                None => parse::error_position(&arguments[0].to_text()),
            };
            Ok(Value::Integer(i64::try_from(at).unwrap_or(i64::MAX)))
        }
        JsonFunction::ArrayInsert => change(arguments, function, JsonEdit::InsertBefore),
        JsonFunction::Insert => change(arguments, function, JsonEdit::Insert),
        JsonFunction::Replace => change(arguments, function, JsonEdit::Replace),
        JsonFunction::Set => change(arguments, function, JsonEdit::Set),
        JsonFunction::Remove => of_document(arguments, remove),
        JsonFunction::Patch => of_document(arguments, |mut document, patch| {
            if patch[0].is_null() {
                return Ok(Value::Null);
            }
            merge(&mut document, self::document(&patch[0])?);
            Ok(json_value(&document))
        }),
        JsonFunction::Pretty => of_document(arguments, |document, indent| {
            let indent = indent.first().filter(|indent| !indent.is_null());
            let indent = indent.map_or(Cow::Borrowed("    "), Value::to_text);
            Ok(Value::text(document.pretty(&indent)))
        }),
    }
}

/// What a function makes of the document that its first argument is, and of its other arguments; NULL
/// of NULL.
fn of_document(
    arguments: &[Value],
    make: impl FnOnce(Json, &[Value]) -> Result<Value, Error>,
) -> Result<Value, Error> {
    match arguments.split_first() {
        None | Some((Value::Null, _)) => Ok(Value::Null),
        Some((first, others)) => make(document(first)?, others),
    }
}

/// What the path among the arguments leads to, the whole document without one; `None` of nothing and
/// of a path that is NULL.
fn part<'j>(
    document: &'j Json,
    path: &[Value],
    written: impl FnOnce(&Value) -> String,
) -> Result<Option<&'j Json>, Error> {
    match path.first() {
        None => Ok(Some(document)),
        Some(Value::Null) => Ok(None),
        Some(path) => found(document, &written(path)),
    }
}

/// The document without what stands at the paths; NULL without the whole.
fn remove(mut document: Json, paths: &[Value]) -> Result<Value, Error> {
    for path in paths {
        if path.is_null() {
            return Ok(Value::Null);
        }
        let path = path.to_text();
        let steps = path.strip_prefix('$').ok_or_else(|| bad_path(PathError::Bad, &path))?;
        if steps.is_empty() {
            return Ok(Value::Null);
        }
        or_nowhere(path::edit(&mut document, steps, JsonEdit::Remove, &Json::Null, 0), &path)?;
    }
    Ok(json_value(&document))
}

fn json_value(json: &Json) -> Value {
    Value::Json(json.compact().into())
}

/// The document that a value is the text of, or SQLite's binary form of it.
fn document(value: &Value) -> Result<Json, Error> {
    let document = match binary_form(value) {
        Some(bytes) => binary::decode(bytes),
        None => parse::parse(&value.to_text()).map(|(document, _)| document),
    };
    document.ok_or_else(|| malformed(value))
}

/// The bytes of a blob that counts as a document in SQLite's binary form.
fn binary_form(value: &Value) -> Option<&[u8]> {
    if let Value::Blob(bytes) = value {
        Some(&**bytes).filter(|bytes| binary::is_binary(bytes))
    } else {
        None
    }
}

fn malformed(value: &Value) -> Error {
    Error::failed("json", format!("malformed JSON: {}", value.shortened()))
}

/// A value as text inside of a document.
///
/// # Errors
/// `json` of nothing that a document can hold.
pub fn item(value: &Value) -> Result<String, Error> {
    Ok(held(value)?.compact())
}

/// A value as the label of an object.
pub fn label(value: &Value) -> String {
    Json::Text(JsonText::of(&value.to_text())).compact()
}

/// A value as part of a document.
fn held(value: &Value) -> Result<Json, Error> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Boolean(true) => Json::True,
        Value::Boolean(false) => Json::False,
        Value::Integer(_) => Json::Integer(value.to_text().into_owned()),
        Value::Real(real) if real.is_infinite() => {
            Json::Real(if *real > 0.0 { "9.0e+999" } else { "-9.0e+999" }.to_owned())
        }
        Value::Real(_) | Value::Decimal(_) => Json::Real(value.to_text().into_owned()),
        Value::Date(_) | Value::Timestamp(_) | Value::Text(_) => {
            Json::Text(JsonText::of(&value.to_text()))
        }
        Value::Blob(_) if binary_form(value).is_none() => {
            return Err(Error::failed("json", "JSON cannot hold BLOB values"));
        }
        Value::Json(_) | Value::Blob(_) => document(value)?,
    })
}

fn object(arguments: &[Value]) -> Result<Json, Error> {
    if !arguments.len().is_multiple_of(2) {
        let message = "json_object takes a value for each label";
        return Err(Error::failed("json", message));
    }
    check_together(arguments, 1)?;
    let mut members = Vec::with_capacity(arguments.len() / 2);
    for pair in arguments.chunks_exact(2) {
        let (Value::Text(label) | Value::Json(label)) = &pair[0] else {
            let message =
                format!("a label of a JSON object is a text, not {}", pair[0].shortened());
            return Err(Error::failed("json", message));
        };
        members.push((JsonText::of(label), held(&pair[1])?));
    }
    Ok(Json::Object(members))
}

fn valid(arguments: &[Value]) -> Result<Value, Error> {
    let flags = arguments.get(1).map_or(1, to_integer);
    if !(1..=15).contains(&flags) {
        return Err(Error::failed("json", "the flags of json_valid are a number from 1 to 15"));
    }
    if arguments[0].is_null() {
        return Ok(Value::Null);
    }
    // 4 asks whether it counts as SQLite's binary JSON, 8 whether it is that; 1 for RFC 8259, 2 also for
    // JSON5.
    if let Some(bytes) = binary_form(&arguments[0]) {
        let is_valid = flags & 4 != 0 || flags & 8 != 0 && soundness::fault(bytes).is_none();
        return Ok(Value::Boolean(is_valid));
    }
    let parsed = parse::parse(&arguments[0].to_text());
    let is_valid =
        flags & 3 != 0 && parsed.is_some_and(|(_, is_standard)| is_standard || flags & 2 != 0);
    Ok(Value::Integer(i64::from(is_valid)))
}

/// What a path leads to, if it leads anywhere.
fn found<'j>(document: &'j Json, path: &str) -> Result<Option<&'j Json>, Error> {
    let steps = path.strip_prefix('$').ok_or_else(|| bad_path(PathError::Bad, path))?;
    match path::look_up(document, steps) {
        Ok(found) => Ok(Some(found)),
        Err(PathError::NotFound) => Ok(None),
        Err(error @ (PathError::Bad | PathError::NoElement | PathError::TooDeep)) => {
            Err(bad_path(error, path))
        }
    }
}

fn bad_path(error: PathError, path: &str) -> Error {
    let what = match error {
        PathError::TooDeep => "JSON path too deep",
        PathError::NoElement => "not the path of an array's element",
        PathError::NotFound | PathError::Bad => "bad JSON path",
    };
    Error::failed("json", format!("{what}: {}", Value::text(path).shortened()))
}

/// A path that leads nowhere changes nothing.
fn or_nowhere(result: Result<(), PathError>, path: &str) -> Result<(), Error> {
    match result {
        Ok(()) | Err(PathError::NotFound) => Ok(()),
        Err(error @ (PathError::Bad | PathError::NoElement | PathError::TooDeep)) => {
            Err(bad_path(error, path))
        }
    }
}

/// One path gives a value of SQL, several an array.
fn extract(document: &Json, paths: &[Value]) -> Result<Value, Error> {
    let mut all = Vec::with_capacity(paths.len());
    for path in paths {
        if path.is_null() {
            return Ok(Value::Null);
        }
        all.push(found(document, &path.to_text())?);
    }
    Ok(match all.as_slice() {
        [] => Value::Null,
        [one] => one.map_or(Value::Null, Json::to_value),
        several => {
            let items = several.iter().map(|found| found.cloned().unwrap_or(Json::Null));
            json_value(&Json::Array(items.collect()))
        }
    })
}

/// What may stand behind `->`: a path, a label or the number of an element.
fn short_path(path: &Value) -> String {
    let text = path.to_text();
    if text.starts_with('$') {
        return text.into_owned();
    }
    let is_word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let path = if let Value::Boolean(_) = path { &number(path) } else { path };
    if let Value::Integer(index) = path {
        if *index < 0 { format!("$[#{index}]") } else { format!("$[{index}]") }
    } else if is_word {
        format!("$.{text}")
    } else if text.len() >= 3 && text.starts_with('[') && text.ends_with(']') {
        format!("${text}")
    } else {
        format!("$.\"{text}\"")
    }
}

/// Edits the document at each path with the value behind it.
fn change(arguments: &[Value], function: JsonFunction, edit: JsonEdit) -> Result<Value, Error> {
    if !arguments.is_empty() && arguments.len().is_multiple_of(2) {
        let message = format!("{} takes a value for each path", function.name());
        return Err(Error::failed("json", message));
    }
    of_document(arguments, |mut document, pairs| {
        for pair in pairs.chunks_exact(2).filter(|pair| !pair[0].is_null()) {
            let path = pair[0].to_text();
            let steps = path.strip_prefix('$').ok_or_else(|| bad_path(PathError::Bad, &path))?;
            let new = held(&pair[1])?;
            or_nowhere(path::edit(&mut document, steps, edit, &new, 0), &path)?;
        }
        Ok(json_value(&document))
    })
}

/// RFC 7396: members of the patch replace those of their label, and null takes them away.
fn merge(target: &mut Json, patch: Json) {
    let Json::Object(changes) = patch else {
        *target = patch;
        return;
    };
    if !matches!(target, Json::Object(_)) {
        *target = Json::Object(Vec::new());
    }
    let Json::Object(members) = target else { return };
    for (label, value) in changes {
        let plain = label.plain();
        let at = members.iter().position(|(known, _)| known.plain() == plain);
        match (at, value) {
            (Some(at), Json::Null) => {
                members.remove(at);
            }
            (Some(at), value) => merge(&mut members[at].1, value),
            (None, Json::Null) => {}
            (None, value) => {
                let mut new = Json::Null;
                merge(&mut new, value);
                members.push((label, new));
            }
        }
    }
}
