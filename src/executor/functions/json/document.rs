//! A JSON document as a tree that keeps what SQLite keeps: the order of labels, labels that come twice,
//! every digit of a number and every escape of a text.

use super::super::MAX_TEXT;
use crate::types::Value;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    True,
    False,
    /// Its text.
    Integer(String),
    /// Its text.
    Real(String),
    Text(JsonText),
    Array(Vec<Json>),
    Object(Vec<(JsonText, Json)>),
}

/// A text as it stands between its quotes, escapes and all.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct JsonText(pub String);

impl JsonText {
    /// A text without escapes, escaped.
    pub(super) fn of(text: &str) -> JsonText {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '"' | '\\' => escaped.extend(['\\', c]),
                '\u{8}' => escaped.push_str("\\b"),
                '\t' => escaped.push_str("\\t"),
                '\n' => escaped.push_str("\\n"),
                '\u{c}' => escaped.push_str("\\f"),
                '\r' => escaped.push_str("\\r"),
                ..='\u{1f}' => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
                _ => escaped.push(c),
            }
        }
        JsonText(escaped)
    }

    /// What the escapes stand for.
    pub(super) fn plain(&self) -> String {
        let mut plain = String::with_capacity(self.0.len());
        let mut rest = self.0.chars();
        while let Some(c) = rest.next() {
            if c != '\\' {
                plain.push(c);
                continue;
            }
            match rest.next() {
                Some('b') => plain.push('\u{8}'),
                Some('f') => plain.push('\u{c}'),
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('t') => plain.push('\t'),
                Some('u') => {
                    let high = four_digits(&mut rest);
                    let mut ahead = rest.clone();
                    let is_pair = (0xd800..0xdc00).contains(&high)
                        && (ahead.next(), ahead.next()) == (Some('\\'), Some('u'));
                    let low = if is_pair { four_digits(&mut ahead) } else { 0 };
                    let code = if (0xdc00..0xe000).contains(&low) {
                        rest = ahead;
                        0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff)
                    } else {
                        high
                    };
                    plain.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                }
                Some(other) => plain.push(other),
                None => {}
            }
        }
        plain
    }
}

fn four_digits(rest: &mut std::str::Chars) -> u32 {
    rest.by_ref().take(4).fold(0, |code, c| code * 16 + c.to_digit(16).unwrap_or(0))
}

impl Json {
    /// What `json_type` says.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::True => "true",
            Json::False => "false",
            Json::Integer(_) => "integer",
            Json::Real(_) => "real",
            Json::Text(_) => "text",
            Json::Array(_) => "array",
            Json::Object(_) => "object",
        }
    }

    /// The document without blanks.
    pub(super) fn compact(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None, 0);
        out
    }

    /// The document with a line for each value, each level further in by `indent`.
    pub(super) fn pretty(&self, indent: &str) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(indent), 0);
        out
    }

    fn write(&self, out: &mut String, indent: Option<&str>, level: usize) {
        let line = |out: &mut String, level: usize| {
            if let Some(indent) = indent {
                out.push('\n');
                // What is too long is refused as a whole, and need not grow until then.
                (0..level).for_each(|_| {
                    out.push_str(if out.len() > MAX_TEXT { "" } else { indent });
                });
            }
        };
        match self {
            Json::Null | Json::True | Json::False => out.push_str(self.type_name()),
            Json::Integer(digits) | Json::Real(digits) => out.push_str(digits),
            Json::Text(text) => text.write(out),
            Json::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    line(out, level + 1);
                    item.write(out, indent, level + 1);
                }
                if !items.is_empty() {
                    line(out, level);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (at, (label, value)) in members.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    line(out, level + 1);
                    label.write(out);
                    out.push_str(if indent.is_some() { ": " } else { ":" });
                    value.write(out, indent, level + 1);
                }
                if !members.is_empty() {
                    line(out, level);
                }
                out.push('}');
            }
        }
    }

    /// The value of SQL: arrays and objects stay JSON.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Json::Null => Value::Null,
            Json::True => Value::Integer(1),
            Json::False => Value::Integer(0),
            Json::Integer(digits) | Json::Real(digits) => {
                let integer = match self {
                    Json::Integer(_) => digits.parse().ok(),
                    Json::Null
                    | Json::True
                    | Json::False
                    | Json::Real(_)
                    | Json::Text(_)
                    | Json::Array(_)
                    | Json::Object(_) => None,
                };
                let real = || Value::real(digits.parse().unwrap_or(f64::INFINITY));
                integer.map_or_else(real, Value::Integer)
            }
            Json::Text(text) => Value::text(text.plain()),
            Json::Array(_) | Json::Object(_) => Value::Json(self.compact().into()),
        }
    }
}

impl JsonText {
    fn write(&self, out: &mut String) {
        out.push('"');
        out.push_str(&self.0);
        out.push('"');
    }
}
