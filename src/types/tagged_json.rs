//! Values of any type as JSON that says their type: exact, whatever they are.
//!
//! So a column's initial value stands in the log, and values in a column of type ANY: what JSON has itself stands as
//! it is, everything else with its type, `{"$decimal":"0.50"}`, an infinity by its name.

use super::{Date, Decimal, Timestamp, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// Writes a value.
pub(super) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::Null => serializer.serialize_unit(),
        Value::Boolean(truth) => serializer.serialize_bool(*truth),
        Value::Integer(integer) => serializer.serialize_i64(*integer),
        Value::Real(real) if real.is_infinite() => {
            tagged(serializer, "$real", infinity_name(*real))
        }
        Value::Real(real) => serializer.serialize_f64(*real),
        Value::Text(text) => serializer.serialize_str(text),
        Value::Decimal(decimal) => tagged(serializer, "$decimal", &decimal.to_string()),
        // Those far away have no text that reads back.
        Value::Date(date) => match date.to_string() {
            text if Date::parse(&text) == Some(*date) => tagged(serializer, "$date", &text),
            _ => tagged(serializer, "$date", &date.0),
        },
        Value::Timestamp(at) => match at.to_iso() {
            text if Timestamp::parse(&text) == Some(*at) => tagged(serializer, "$timestamp", &text),
            _ => tagged(serializer, "$timestamp", &at.0),
        },
        Value::Blob(bytes) => tagged(serializer, "$blob", &STANDARD.encode(bytes)),
        Value::Json(document) => {
            let raw = RawValue::from_string(document.to_string()).map_err(S::Error::custom)?;
            tagged(serializer, "$json", &raw)
        }
    }
}

fn tagged<S: Serializer>(
    serializer: S,
    tag: &str,
    value: &(impl Serialize + ?Sized),
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(tag, value)?;
    map.end()
}

/// What an infinity is called, which JSON has no number for.
pub fn infinity_name(infinity: f64) -> &'static str {
    if infinity > 0.0 { "Infinity" } else { "-Infinity" }
}

/// The infinity of a name.
pub fn infinity_named(name: &str) -> Option<f64> {
    let known = [f64::INFINITY, f64::NEG_INFINITY];
    known.into_iter().find(|infinity| infinity_name(*infinity) == name)
}

/// A value of any type as JSON that says its type.
pub fn exact_json(value: &Value) -> String {
    let mut text = Vec::new();
    let written = serialize(value, &mut serde_json::Serializer::new(&mut text));
    // What is no JSON is no document that a value holds.
    drop(written);
    String::from_utf8_lossy(&text).into_owned()
}

/// The value of such JSON, if it is any.
pub fn parse_exact_json(text: &str) -> Option<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = deserialize(&mut deserializer).ok()?;
    deserializer.end().ok().map(|()| value)
}

/// Reads a value.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    deserializer.deserialize_any(ValueVisitor)
}

/// A number or a text.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum NumberOrText {
    Number(i64),
    Text(String),
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Boolean(truth))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(Value::Integer(integer))
    }

    fn visit_u64<E: serde::de::Error>(self, integer: u64) -> Result<Value, E> {
        i64::try_from(integer).map(Value::Integer).map_err(E::custom)
    }

    fn visit_f64<E>(self, real: f64) -> Result<Value, E> {
        Ok(Value::Real(real))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let tag: String = map.next_key()?.ok_or_else(|| A::Error::custom("no type"))?;
        let value = match tag.as_str() {
            "$json" => Some(Value::Json(map.next_value::<Box<RawValue>>()?.get().into())),
            tag => match (tag, map.next_value()?) {
                ("$real", NumberOrText::Text(text)) => infinity_named(&text).map(Value::Real),
                ("$decimal", NumberOrText::Text(text)) => Decimal::parse(&text).map(Value::Decimal),
                ("$date", NumberOrText::Text(text)) => Date::parse(&text).map(Value::Date),
                ("$date", NumberOrText::Number(days)) => {
                    i32::try_from(days).ok().map(|days| Value::Date(Date(days)))
                }
                ("$timestamp", NumberOrText::Text(text)) => {
                    Timestamp::parse(&text).map(Value::Timestamp)
                }
                ("$timestamp", NumberOrText::Number(micros)) => {
                    Some(Value::Timestamp(Timestamp(micros)))
                }
                ("$blob", NumberOrText::Text(text)) => {
                    STANDARD.decode(text).ok().map(|bytes| Value::Blob(bytes.into()))
                }
                _ => None,
            },
        };
        if map.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("more than a type and a value"));
        }
        value.ok_or_else(|| A::Error::custom(format!("a malformed `{tag}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Holder(#[serde(with = "super")] Value);

    #[test]
    fn every_value_comes_back_as_it_was() {
        let decimal = |mantissa, scale| Value::Decimal(Decimal { mantissa, scale });
        for (value, text) in [
            (Value::Null, "null"),
            (Value::Boolean(true), "true"),
            (Value::Integer(i64::MIN), "-9223372036854775808"),
            (Value::Real(1.0), "1.0"),
            (Value::Real(0.1), "0.1"),
            (Value::Real(f64::INFINITY), r#"{"$real":"Infinity"}"#),
            (Value::Real(f64::NEG_INFINITY), r#"{"$real":"-Infinity"}"#),
            (Value::text("a\n\"b\""), r#""a\n\"b\"""#),
            (decimal(-50, 2), r#"{"$decimal":"-0.50"}"#),
            (decimal(i128::MAX, 38), r#"{"$decimal":"1.70141183460469231731687303715884105727"}"#),
            (Value::Date(Date(20_000)), r#"{"$date":"2024-10-04"}"#),
            (Value::Date(Date(i32::MAX)), r#"{"$date":2147483647}"#),
            (Value::Timestamp(Timestamp(1)), r#"{"$timestamp":"1970-01-01T00:00:00.000001Z"}"#),
            (Value::Timestamp(Timestamp(i64::MIN)), r#"{"$timestamp":-9223372036854775808}"#),
            (Value::Blob([0, 255].as_slice().into()), r#"{"$blob":"AP8="}"#),
            (Value::Json("{\"$json\":[1.50,null]}".into()), r#"{"$json":{"$json":[1.50,null]}}"#),
        ] {
            let shown = format!("{value:?}");
            let written = serde_json::to_string(&Holder(value)).expect("all can be written");
            assert_eq!(written, text);
            let Holder(back) = serde_json::from_str(&written).expect("it was just written");
            assert_eq!(format!("{back:?}"), shown);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "{}",
            "[]",
            "18446744073709551615",
            r#"{"$date":"soon"}"#,
            r#"{"$date":99999999999}"#,
            r#"{"$blob":1}"#,
            r#"{"$what":1}"#,
            r#"{"$real":"1.5"}"#,
            r#"{"$date":1,"$date":1}"#,
        ] {
            assert!(serde_json::from_str::<Holder>(text).is_err(), "{text}");
        }
        assert!(serde_json::to_string(&Holder(Value::Json("{".into()))).is_err());
    }
}
