//! JSON becomes values.

use super::JSON_WRAPPER;
use crate::storage::log::text::{parse_date, parse_moment};
use crate::types::{
    Column, DataType, Date, Decimal, Row, TableSchema, Timestamp, Value, infinity_named,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

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
            "$real" => {
                let infinity = infinity_named(map.next_value::<&str>()?);
                self.take(infinity.map(Value::Real), "such a real")?
            }
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
