//! Values in a payload, typed by the schema: both directions.

use super::text::{parse_date, parse_moment, push_date, push_i64, push_moment, push_string};
use crate::storage::error::Error;
use crate::types::{
    Column, DataType, Date, Decimal, MAX_JSON_DEPTH, Row, TableSchema, Timestamp, Value,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::io::Write;

/// What begins a JSON document that would read back as something else if it stood alone.
const JSON_WRAPPER: &str = "{\"$json\":";

/// The most digits behind the point that a decimal in a column without declared digits has.
const MAX_SCALE: u8 = 38;

// ---- writing ----------------------------------------------------------------------------------

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

// ---- reading ----------------------------------------------------------------------------------

/// Reads an object of columns and their values, in schema order, each at most once.
pub(crate) fn decode_columns(
    payload: &RawValue,
    table: &TableSchema,
) -> Result<Vec<(usize, Value)>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(payload.get());
    let columns = ColumnsSeed(table).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(columns)
}

/// Reads a value for every column, in schema order, from an object that may go on behind them.
///
/// Columns are told by their place, so that what follows may be called as one of them is.
pub(crate) fn next_row<'de, A: MapAccess<'de>>(
    map: &mut A,
    table: &TableSchema,
) -> Result<Row, A::Error> {
    let mut values = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        match map.next_key_seed(NameSeed { columns: std::slice::from_ref(column), from: 0 })? {
            Some(_) => values.push(map.next_value_seed(ValueSeed(column.data_type))?),
            None => return Err(A::Error::custom(format!("no value of `{}`", column.name))),
        }
    }
    Ok(values)
}

/// Reads an object that is exactly a row, as [`next_row`] does.
pub(crate) struct RowSeed<'s>(pub &'s TableSchema);

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {}", self.0.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let row = next_row(&mut map, self.0)?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(row),
            Some(_) => Err(A::Error::custom("more values than columns")),
        }
    }
}

struct ColumnsSeed<'s>(&'s TableSchema);

impl<'de> DeserializeSeed<'de> for ColumnsSeed<'_> {
    type Value = Vec<(usize, Value)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ColumnsSeed<'_> {
    type Value = Vec<(usize, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "columns of {}", self.0.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let columns = &self.0.columns;
        let mut values = Vec::new();
        let mut from = 0;
        while let Some(index) = map.next_key_seed(NameSeed { columns, from })? {
            let value = map.next_value_seed(ValueSeed(columns[index].data_type))?;
            values.push((index, value));
            from = index + 1;
        }
        Ok(values)
    }
}

/// Reads a column's name into its index, which is `from` or later.
struct NameSeed<'s> {
    columns: &'s [Column],
    from: usize,
}

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a column")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<usize, E> {
        let rest = self.columns.iter().enumerate().skip(self.from);
        let found = rest.map(|(index, column)| (index, &column.name)).find(|(_, n)| *n == name);
        found.map(|(index, _)| index).ok_or_else(|| E::custom(format!("no column `{name}` here")))
    }
}

/// Reads the value of a column of a type.
struct ValueSeed(DataType);

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.0 != DataType::Json {
            return deserializer.deserialize_any(self);
        }
        let raw: &RawValue = serde::Deserialize::deserialize(deserializer)?;
        let document = raw.get();
        if document == "null" {
            return Ok(Value::Null);
        }
        let wrapped = document.strip_prefix(JSON_WRAPPER).and_then(|rest| rest.strip_suffix('}'));
        Ok(Value::Json(wrapped.unwrap_or(document).into()))
    }
}

impl ValueSeed {
    /// The value if the column takes it.
    fn take<E: serde::de::Error>(&self, value: Option<Value>, what: &str) -> Result<Value, E> {
        value.ok_or_else(|| E::custom(format!("{what} in a column of type {}", self.0)))
    }

    fn is_any(&self) -> bool {
        self.0.is_mixed()
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of type {}", self.0)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Value, E> {
        let fits = self.is_any() || self.0 == DataType::Boolean;
        self.take(fits.then_some(Value::Boolean(truth)), "a boolean")
    }

    fn visit_i64<E: serde::de::Error>(self, integer: i64) -> Result<Value, E> {
        let value = match self.0 {
            DataType::Integer | DataType::Any | DataType::Numeric | DataType::Flexible(_) => {
                Some(Value::Integer(integer))
            }
            DataType::Date => i32::try_from(integer).ok().map(|days| Value::Date(Date(days))),
            DataType::Timestamp => Some(Value::Timestamp(Timestamp(integer))),
            DataType::Real
            | DataType::Decimal { .. }
            | DataType::Text
            | DataType::Boolean
            | DataType::Blob
            | DataType::Json => None,
        };
        self.take(value, "an integer")
    }

    fn visit_u64<E: serde::de::Error>(self, integer: u64) -> Result<Value, E> {
        match i64::try_from(integer) {
            Ok(integer) => self.visit_i64(integer),
            Err(_) => self.take(None, "an integer beyond 64 bits"),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, real: f64) -> Result<Value, E> {
        let fits = (self.is_any() || self.0 == DataType::Real) && real.is_finite();
        self.take(fits.then_some(Value::Real(real)), "a real")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        let value = match self.0 {
            DataType::Text | DataType::Any | DataType::Numeric | DataType::Flexible(_) => {
                Some(Value::Text(text.into()))
            }
            DataType::Decimal { precision, scale } => Decimal::parse(text)
                .filter(|decimal| decimal.scale == scale && decimal.fits(precision))
                .map(Value::Decimal),
            DataType::Date => parse_date(text).map(Value::Date),
            DataType::Timestamp => parse_moment(text).map(Value::Timestamp),
            DataType::Blob => STANDARD.decode(text).ok().map(|bytes| Value::Blob(bytes.into())),
            DataType::Integer | DataType::Real | DataType::Boolean | DataType::Json => None,
        };
        self.take(value, "such a text")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        if !self.is_any() {
            return Err(A::Error::custom(format!("an object in a column of type {}", self.0)));
        }
        let Some(tag) = map.next_key::<&str>()? else {
            return Err(A::Error::custom("an object without a type"));
        };
        let value = match tag {
            "$date" => map.next_value_seed(ValueSeed(DataType::Date))?,
            "$timestamp" => map.next_value_seed(ValueSeed(DataType::Timestamp))?,
            "$blob" => map.next_value_seed(ValueSeed(DataType::Blob))?,
            "$json" => Value::Json(map.next_value::<&RawValue>()?.get().into()),
            "$decimal" => {
                let text = map.next_value::<&str>()?;
                let decimal = Decimal::parse(text).filter(|decimal| decimal.to_string() == text);
                self.take(decimal.map(Value::Decimal), "such a decimal")?
            }
            _ => return Err(A::Error::custom(format!("a value of the unknown type `{tag}`"))),
        };
        if value.is_null() || map.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom(format!("a malformed `{tag}`")));
        }
        Ok(value)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::types::TableOptions;
    use proptest::prelude::*;

    fn column(data_type: DataType) -> TableSchema {
        let column = Column {
            id: Default::default(),
            name: "a \"b\"".into(),
            data_type,
            declared: String::new(),
            not_null: false,
            default: None,
            initial: Value::Null,
        };
        TableSchema {
            id: Default::default(),
            name: "t".into(),
            columns: vec![column],
            keys: Vec::new(),
            autoincrement: false,
            options: TableOptions::default(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            sql: String::new(),
        }
    }

    fn round_trip(data_type: DataType, value: &Value) -> Result<Value, String> {
        let table = column(data_type);
        let mut out = Vec::new();
        push_columns(&mut out, std::iter::once((&table.columns[0], value)))
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8(out).expect("payloads are text");
        assert!(!text.contains('\n'), "{text}");
        serde_json::from_str::<serde_json::Value>(&text).expect("payloads are JSON");
        let raw: &RawValue = serde_json::from_str(&text).expect("payloads are JSON");
        let back = decode_columns(raw, &table).map_err(|error| format!("{error} in {text}"))?;
        assert_eq!(back.len(), 1);
        Ok(back[0].1.clone())
    }

    /// Every value that a column of some type can hold.
    pub(crate) fn values() -> impl Strategy<Value = Value> {
        let real = any::<u64>().prop_map(f64::from_bits);
        prop_oneof![
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::Integer),
            prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)].prop_map(Value::Integer),
            real.prop_filter_map("finite", |r| r.is_finite().then_some(Value::Real(r))),
            (-9_i32..9).prop_map(|i| Value::Real(f64::from(i))),
            (any::<i128>(), 0..=MAX_SCALE)
                .prop_map(|(mantissa, scale)| Value::Decimal(Decimal { mantissa, scale })),
            any::<i32>().prop_map(|days| Value::Date(Date(days))),
            any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp(micros))),
            (-99_999_i32..99_999).prop_map(|days| Value::Date(Date(days))),
            any::<String>().prop_map(Value::text),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(|b| Value::Blob(b.into())),
            any::<String>()
                .prop_map(|s| Value::Json(serde_json::Value::String(s).to_string().into())),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn values_read_back_to_the_same_bits(value in values()) {
            let shown = format!("{value:?}");
            let back = round_trip(DataType::Any, &value).map(|v| format!("{v:?}"));
            prop_assert_eq!(back, Ok(shown.clone()));
            let typed = value.data_type();
            if !matches!(&value, Value::Decimal(decimal) if !decimal.fits(38)) {
                prop_assert_eq!(round_trip(typed, &value).map(|v| format!("{v:?}")), Ok(shown));
            }
        }

        #[test]
        fn hostile_payloads_are_errors(text in "[\\[{\"$a-z:,0-9}\\]]{0,30}", at in 0_usize..5) {
            let types = [DataType::Any, DataType::Json, DataType::Date, DataType::Blob, DataType::Real];
            let table = column(types[at]);
            let payload = format!("{{\"a \\\"b\\\"\":{text}}}");
            if let Ok(raw) = serde_json::from_str::<&RawValue>(&payload) {
                drop(decode_columns(raw, &table));
            }
        }
    }

    #[test]
    fn documents_stay_apart_from_null_and_wrappers() {
        for document in ["null", "{\"$json\":1}", "{\"$json\":null}", "[1.50,1e40]", "{}", "\"a\""]
        {
            let value = Value::Json(document.into());
            for data_type in [DataType::Json, DataType::Any] {
                let back = round_trip(data_type, &value).map(|v| format!("{v:?}"));
                assert_eq!(back, Ok(format!("{value:?}")), "{data_type}");
            }
        }
        assert!(round_trip(DataType::Json, &Value::Null).is_ok_and(|v| v.is_null()));
    }

    #[test]
    fn what_would_not_read_back_is_refused() {
        let price = DataType::Decimal { precision: 9, scale: 2 };
        for (data_type, value) in [
            (DataType::Integer, Value::text("1")),
            (DataType::Text, Value::Integer(1)),
            (DataType::Real, Value::Real(f64::NAN)),
            (DataType::Any, Value::Real(f64::INFINITY)),
            (price, Value::Decimal(Decimal { mantissa: 1, scale: 3 })),
            (DataType::Any, Value::Decimal(Decimal { mantissa: 1, scale: 39 })),
            (DataType::Json, Value::Json("{".into())),
            (DataType::Json, Value::Json("[1,\n2]".into())),
            (DataType::Any, Value::Json(" 1".into())),
            (DataType::Json, Value::Json("".into())),
        ] {
            assert!(round_trip(data_type, &value).is_err(), "{data_type} {value:?}");
        }
    }

    #[test]
    fn json_depth_ends_at_the_limit_in_every_column() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for (depth, ok) in
            [(MAX_JSON_DEPTH - 1, true), (MAX_JSON_DEPTH, true), (MAX_JSON_DEPTH + 1, false)]
        {
            let value = Value::Json(nested(depth).into());
            assert_eq!(round_trip(DataType::Json, &value).is_ok(), ok, "{depth}");
            assert_eq!(round_trip(DataType::Any, &value).is_ok(), ok, "{depth}");
            assert_eq!(DataType::Json.accept(Value::text(nested(depth))).is_ok(), ok, "{depth}");
        }
    }
}
