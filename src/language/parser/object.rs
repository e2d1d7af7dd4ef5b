//! JSON objects as rows.

use super::super::ast::JsonObject;
use super::super::token::TokenKind;
use super::expected::Expected;
use super::input::{Parsed, TokenInput};
use crate::types::{DataType, Literal, Span, Value};
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::fmt;

/// A row in braces.
pub(super) const JSON_OBJECT: Expected = Expected::Other("a JSON object");

/// `JsonObject ::= a JSON object`
pub(super) fn json_object(input: TokenInput<'_>) -> Parsed<'_, JsonObject> {
    let Span { start, end } = input.peek().span;
    if input.kind != TokenKind::Json {
        return input.no_match(JSON_OBJECT);
    }
    let text = input.word();
    let fields = match serde_json::from_str::<ObjectFields>(text) {
        Ok(fields) => fields.0,
        Err(error) => {
            let (at, message) = place(text, &error);
            let at = (start + at).min(end);
            return input.fail_at(Span::new(at, end), "bad-json", message, None);
        }
    };
    let span = Span::new(start, end);
    let mut seen = HashSet::with_capacity(fields.len());
    if let Some((twice, _)) = fields.iter().find(|(key, _)| !seen.insert(key.to_ascii_lowercase()))
    {
        return input.fail("bad-json", format!("the key {twice:?} stands twice in this object"));
    }
    Ok((input.skip(1), JsonObject { fields, text: text.to_owned(), span }))
}

/// The offset and the sentence of an error of serde's, whose own text counts lines of the object.
fn place(text: &str, error: &serde_json::Error) -> (usize, String) {
    let line = error.line().saturating_sub(1);
    let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut at = (before + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let full = error.to_string();
    let sentence = full.split(" at line ").next().unwrap_or(&full);
    (at, format!("this is no JSON object: {sentence}"))
}

/// The fields of an object in order.
struct ObjectFields(Vec<(String, Literal)>);

impl<'de> serde::Deserialize<'de> for ObjectFields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<ObjectFields, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = ObjectFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ObjectFields, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, raw)) = map.next_entry::<String, &'de RawValue>()? {
            let value = value(raw.get()).ok_or_else(|| {
                serde::de::Error::custom(format!("the value of {key:?} is no value of a column"))
            })?;
            fields.push((key, value));
        }
        Ok(ObjectFields(fields))
    }
}

/// The value of one field's JSON text; `None` if a number is too large or the nesting too deep.
fn value(json: &str) -> Option<Literal> {
    let value = match json.as_bytes().first()? {
        b'n' => Value::Null,
        b't' => Value::Boolean(true),
        b'f' => Value::Boolean(false),
        b'"' => serde_json::from_str::<String>(json).ok().map(Value::text)?,
        b'{' | b'[' => DataType::Json.accept(Value::text(json)).ok()?,
        _ => match json.parse::<i64>() {
            Ok(integer) => Value::Integer(integer),
            Err(_) => {
                let digits = json.strip_prefix('-');
                return Literal::number(digits.unwrap_or(json), digits.is_some());
            }
        },
    };
    Some(value.into())
}
