//! The types of columns: their names in SQL, their arrays in Arrow, and what each accepts.

use super::{
    ColumnAffinity, Date, Decimal, Timestamp, Value, decimal::MAX_PRECISION, parse_number,
    whole_number,
};
use arrow_schema::{DataType as ArrowType, TimeUnit};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The type of a column or of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// A 64-bit integer.
    Integer,
    /// A finite IEEE 754 double.
    Real,
    /// An exact number: at most `precision` digits, `scale` of them behind the point.
    Decimal {
        /// All digits, 1 to 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// A number without declared digits: INTEGER where that is exact, else REAL.
    Numeric,
    /// UTF-8 text.
    Text,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A moment in UTC, in microseconds.
    Timestamp,
    /// Bytes.
    Blob,
    /// A JSON document.
    Json,
    /// Whatever comes: an untyped column, an expression whose branches differ.
    Any,
    /// Whatever comes, converted as SQLite does: a column of a FLEXIBLE table.
    Flexible(ColumnAffinity),
}

/// Why a column refused a value: `value` names it, `data_type` says what the column holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversionError {
    /// The value as an SQL literal, cut to a readable length.
    pub value: String,
    /// What the column holds.
    pub data_type: DataType,
    /// Whether the value is infinity, or a text of a number that only infinity is near to.
    pub infinite: bool,
}

impl fmt::Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConversionError { value, data_type, infinite } = self;
        if *infinite {
            return write!(f, "{value} is infinity, which no column of {data_type} holds");
        }
        // A column of decimals rounds: what it refuses is too large, or no number.
        let rounds = matches!(data_type, DataType::Decimal { .. });
        let how = if rounds { "" } else { " without loss" };
        write!(f, "{value} does not fit {data_type}{how}")
    }
}

/// Type names of SQL and the type each means; the first of a type is the one that prints.
const NAMES: &[(&str, DataType)] = &[
    ("INTEGER", DataType::Integer),
    ("INT", DataType::Integer),
    ("BIGINT", DataType::Integer),
    ("SERIAL", DataType::Integer),
    ("BIGSERIAL", DataType::Integer),
    ("SMALLINT", DataType::Integer),
    ("TINYINT", DataType::Integer),
    ("MEDIUMINT", DataType::Integer),
    ("INT2", DataType::Integer),
    ("INT4", DataType::Integer),
    ("INT8", DataType::Integer),
    ("INT UNSIGNED", DataType::Integer),
    ("INTEGER UNSIGNED", DataType::Integer),
    ("BIGINT UNSIGNED", DataType::Integer),
    ("SMALLINT UNSIGNED", DataType::Integer),
    ("TINYINT UNSIGNED", DataType::Integer),
    ("MEDIUMINT UNSIGNED", DataType::Integer),
    ("UNSIGNED BIG INT", DataType::Integer),
    ("REAL", DataType::Real),
    ("FLOAT", DataType::Real),
    ("FLOAT4", DataType::Real),
    ("FLOAT8", DataType::Real),
    ("DOUBLE", DataType::Real),
    ("DOUBLE PRECISION", DataType::Real),
    ("NUMERIC", DataType::Numeric),
    ("NUM", DataType::Numeric),
    ("DECIMAL", DataType::Numeric),
    ("NUMBER", DataType::Numeric),
    ("TEXT", DataType::Text),
    ("STRING", DataType::Text),
    ("VARCHAR", DataType::Text),
    ("NVARCHAR", DataType::Text),
    ("VARCHAR2", DataType::Text),
    ("CHAR", DataType::Text),
    ("NCHAR", DataType::Text),
    ("CHARACTER", DataType::Text),
    ("CHARACTER VARYING", DataType::Text),
    ("VARYING CHARACTER", DataType::Text),
    ("NATIVE CHARACTER", DataType::Text),
    ("CLOB", DataType::Text),
    ("TINYTEXT", DataType::Text),
    ("MEDIUMTEXT", DataType::Text),
    ("LONGTEXT", DataType::Text),
    ("BOOLEAN", DataType::Boolean),
    ("BOOL", DataType::Boolean),
    ("DATE", DataType::Date),
    ("TIMESTAMP", DataType::Timestamp),
    ("DATETIME", DataType::Timestamp),
    ("BLOB", DataType::Blob),
    ("BYTEA", DataType::Blob),
    ("TINYBLOB", DataType::Blob),
    ("MEDIUMBLOB", DataType::Blob),
    ("LONGBLOB", DataType::Blob),
    ("JSON", DataType::Json),
    ("JSONB", DataType::Json),
    ("ANY", DataType::Any),
];

impl DataType {
    /// Every name that is one of a type, and not only has the letters of one.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(name, _)| *name)
    }

    /// Whether a name is one of these.
    pub fn is_name(name: &str) -> bool {
        DataType::names().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The type that an SQL type name means, with the numbers in its parentheses.
    ///
    /// A name outside the table follows SQLite's rules of affinity (INT, then CHAR/CLOB/TEXT, then
    /// BLOB, then REAL/FLOA/DOUB inside the name); what none of them knows is ANY. `None` where the
    /// numbers make no sense: `DECIMAL(3,5)`.
    pub fn from_sql(name: &str, arguments: &[u64]) -> Option<DataType> {
        let upper = name.to_ascii_uppercase();
        let known = NAMES.iter().find(|(n, _)| *n == upper).map(|(_, data_type)| *data_type);
        match (known, arguments) {
            (Some(DataType::Numeric), [precision]) => DataType::decimal(*precision, 0),
            (Some(DataType::Numeric), [precision, scale]) => DataType::decimal(*precision, *scale),
            (Some(data_type), _) => Some(data_type),
            (None, _) => {
                let has = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
                Some(if has(&["INT"]) {
                    DataType::Integer
                } else if has(&["CHAR", "CLOB", "TEXT"]) {
                    DataType::Text
                } else if has(&["BLOB"]) {
                    DataType::Blob
                } else if has(&["REAL", "FLOA", "DOUB"]) {
                    DataType::Real
                } else {
                    DataType::Any
                })
            }
        }
    }

    fn decimal(precision: u64, scale: u64) -> Option<DataType> {
        let precision = u8::try_from(precision).ok().filter(|p| (1..=MAX_PRECISION).contains(p))?;
        let scale = u8::try_from(scale).ok().filter(|s| *s <= precision)?;
        Some(DataType::Decimal { precision, scale })
    }

    /// The Arrow type of this type's arrays.
    ///
    /// ANY, NUMERIC and the columns of FLEXIBLE tables are `LargeBinary`: each element is [`column::encode_any`] of one value.
    ///
    /// [`column::encode_any`]: super::column::encode_any
    pub fn arrow(self) -> ArrowType {
        match self {
            DataType::Integer => ArrowType::Int64,
            DataType::Real => ArrowType::Float64,
            DataType::Decimal { precision, scale } => {
                ArrowType::Decimal128(precision, i8::try_from(scale).unwrap_or(i8::MAX))
            }
            DataType::Text | DataType::Json => ArrowType::Utf8,
            DataType::Boolean => ArrowType::Boolean,
            DataType::Date => ArrowType::Date32,
            DataType::Timestamp => ArrowType::Timestamp(TimeUnit::Microsecond, None),
            DataType::Blob => ArrowType::Binary,
            DataType::Numeric | DataType::Any | DataType::Flexible(_) => ArrowType::LargeBinary,
        }
    }

    /// Whether its values are of several types, so that each has to say its own.
    pub fn is_mixed(self) -> bool {
        matches!(self, DataType::Numeric | DataType::Any | DataType::Flexible(_))
    }

    /// The type of an expression that has the values of such a column and no affinity.
    pub fn without_affinity(self) -> DataType {
        if let DataType::Flexible(_) = self { DataType::Any } else { self }
    }

    /// Whether values of this type compute as numbers.
    pub fn is_number(self) -> bool {
        matches!(
            self,
            DataType::Integer
                | DataType::Real
                | DataType::Decimal { .. }
                | DataType::Numeric
                | DataType::Boolean
        )
    }

    /// Whether values of this type are days or moments.
    pub fn is_moment(self) -> bool {
        matches!(self, DataType::Date | DataType::Timestamp)
    }

    /// Turns a value into what a column of this type stores, if nothing is lost by that but the digits
    /// behind those of a decimal, which is rounded half away from zero.
    ///
    /// # Errors
    /// [`ConversionError`] where the column cannot hold the value.
    pub fn accept(self, value: Value) -> Result<Value, ConversionError> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        let stored = match self {
            DataType::Integer => to_integer(&value).map(Value::Integer),
            DataType::Real => to_real(&value),
            DataType::Decimal { precision, scale } => to_decimal(&value, scale)
                .filter(|decimal| decimal.fits(precision))
                .map(Value::Decimal),
            DataType::Numeric => to_integer(&value).map(Value::Integer).or_else(|| to_real(&value)),
            DataType::Text => match value {
                Value::Text(_) => return Ok(value),
                Value::Blob(_) => None,
                Value::Null
                | Value::Boolean(_)
                | Value::Integer(_)
                | Value::Real(_)
                | Value::Decimal(_)
                | Value::Date(_)
                | Value::Timestamp(_)
                | Value::Json(_) => Some(Value::text(value.to_text())),
            },
            DataType::Boolean => to_boolean(&value).map(Value::Boolean),
            DataType::Date => to_date(&value).map(Value::Date),
            DataType::Timestamp => to_timestamp(&value).map(Value::Timestamp),
            DataType::Blob => matches!(value, Value::Blob(_)).then(|| value.clone()),
            DataType::Json => to_json(&value),
            DataType::Any if matches!(value, Value::Real(_)) => to_real(&value),
            DataType::Any => return Ok(value),
            DataType::Flexible(affinity) => Some(affinity.convert(value.clone())),
        };
        stored.ok_or_else(|| ConversionError {
            value: value.shortened(),
            data_type: self,
            infinite: (self.is_number() || matches!(value, Value::Real(_))) && is_infinite(&value),
        })
    }
}

/// Whether a value is infinity, or the text of a number beyond the largest real.
fn is_infinite(value: &Value) -> bool {
    let number = if let Value::Text(text) = value { whole_number(text) } else { None };
    matches!(number.as_ref().unwrap_or(value), Value::Real(real) if real.is_infinite())
}

fn to_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(i) => Some(*i),
        Value::Boolean(b) => Some(i64::from(*b)),
        Value::Real(r) => {
            #[expect(clippy::cast_possible_truncation, reason = "compared with the real below")]
            let integer = *r as i64;
            super::compare_integer_real(integer, *r).is_eq().then_some(integer)
        }
        Value::Decimal(d) => d.rescale(0).and_then(Decimal::trunc),
        // Its digits do not pass a real, which would lose some of `9007199254740993.0`.
        Value::Text(t) => match Decimal::parse(t) {
            Some(decimal) => to_integer(&Value::Decimal(decimal)),
            None => parse_number(t).and_then(|number| to_integer(&number)),
        },
        Value::Null | Value::Date(_) | Value::Timestamp(_) | Value::Json(_) | Value::Blob(_) => {
            None
        }
    }
}

fn to_real(value: &Value) -> Option<Value> {
    match value {
        Value::Real(r) => r.is_finite().then(|| Value::real(*r)),
        Value::Boolean(b) => Some(Value::Real(f64::from(u8::from(*b)))),
        Value::Integer(i) => {
            #[expect(clippy::cast_precision_loss, reason = "compared with the integer below")]
            let real = *i as f64;
            super::compare_integer_real(*i, real).is_eq().then_some(Value::Real(real))
        }
        Value::Decimal(d) => Some(Value::real(d.to_f64())),
        Value::Text(t) => parse_number(t).and_then(|number| to_real(&number)),
        Value::Null | Value::Date(_) | Value::Timestamp(_) | Value::Json(_) | Value::Blob(_) => {
            None
        }
    }
}

/// The nearest decimal with so many digits behind the point. A real is the decimal that it prints as.
fn to_decimal(value: &Value, scale: u8) -> Option<Decimal> {
    match value {
        Value::Decimal(d) => d.round(scale),
        Value::Integer(i) => Decimal::from(*i).round(scale),
        Value::Boolean(b) => Decimal::from(i64::from(*b)).round(scale),
        Value::Real(_) => Decimal::parse_rounded(&value.to_text(), scale),
        Value::Text(t) => Decimal::parse_rounded(t, scale),
        Value::Null | Value::Date(_) | Value::Timestamp(_) | Value::Json(_) | Value::Blob(_) => {
            None
        }
    }
}

fn to_boolean(value: &Value) -> Option<bool> {
    if let Value::Text(t) = value {
        for (word, truth) in [("true", true), ("false", false), ("1", true), ("0", false)] {
            if t.eq_ignore_ascii_case(word) {
                return Some(truth);
            }
        }
        return None;
    }
    match to_integer(value) {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => None,
    }
}

fn to_date(value: &Value) -> Option<Date> {
    match value {
        Value::Date(d) => Some(*d),
        Value::Timestamp(t) => (t.date().midnight() == *t).then(|| t.date()),
        Value::Text(t) => {
            Date::parse(t).or_else(|| to_date(&Value::Timestamp(Timestamp::parse(t)?)))
        }
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Json(_)
        | Value::Blob(_) => None,
    }
}

fn to_timestamp(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Timestamp(t) => Some(*t),
        Value::Date(d) => Some(d.midnight()),
        Value::Text(t) => Timestamp::parse(t).or_else(|| Date::parse(t).map(Date::midnight)),
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Json(_)
        | Value::Blob(_) => None,
    }
}

/// How deep a JSON value may nest. With what stands around it in a line of the log it stays below the
/// 128 levels at which serde_json stops reading.
pub const MAX_JSON_DEPTH: usize = 100;

fn to_json(value: &Value) -> Option<Value> {
    match value {
        Value::Json(_) => Some(value.clone()),
        Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => {
            (!is_infinite(value)).then(|| Value::Json(value.to_text().into()))
        }
        Value::Boolean(b) => Some(Value::Json(b.to_string().into())),
        Value::Text(t) => {
            let _: serde::de::IgnoredAny = serde_json::from_str(t).ok()?;
            let compact = compact_json(t)?;
            Some(Value::Json(compact.into()))
        }
        Value::Null | Value::Date(_) | Value::Timestamp(_) | Value::Blob(_) => None,
    }
}

/// Drops the white space between the tokens of a valid document; `None` if it nests too deep.
fn compact_json(text: &str) -> Option<String> {
    let (mut out, mut depth, mut quoted, mut escaped) = (String::new(), 0_usize, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            c if c.is_ascii_whitespace() => continue,
            _ => {}
        }
        if depth > MAX_JSON_DEPTH {
            return None;
        }
        out.push(c);
    }
    Some(out)
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let DataType::Decimal { precision, scale } = self {
            return write!(f, "DECIMAL({precision},{scale})");
        }
        if let DataType::Flexible(affinity) = self {
            return f.write_str(affinity.name());
        }
        let name = NAMES.iter().find(|(_, data_type)| data_type == self).map_or("", |(n, _)| n);
        f.write_str(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_affinities() {
        let of = |name: &str, arguments: &[u64]| DataType::from_sql(name, arguments);
        assert_eq!(of("nvarchar", &[160]), Some(DataType::Text));
        assert_eq!(of("NUMERIC", &[10, 2]), Some(DataType::Decimal { precision: 10, scale: 2 }));
        assert_eq!(of("numeric", &[]), Some(DataType::Numeric));
        assert_eq!(of("decimal", &[3, 5]), None);
        assert_eq!(of("unsigned big int", &[]), Some(DataType::Integer));
        assert_eq!(of("geometry", &[]), Some(DataType::Any));
    }

    #[test]
    fn columns_take_what_loses_nothing() {
        let taken = |t: DataType, v: Value| t.accept(v).ok().map(|v| v.to_string());
        assert_eq!(taken(DataType::Integer, Value::text("42")), Some("42".into()));
        assert_eq!(taken(DataType::Integer, Value::Real(2.0)), Some("2".into()));
        assert_eq!(taken(DataType::Integer, Value::Real(2.5)), None);
        assert_eq!(taken(DataType::Integer, Value::Real(9.3e18)), None);
        assert_eq!(taken(DataType::Real, Value::Integer(i64::MAX)), None);
        assert_eq!(taken(DataType::Real, Value::Real(-0.0)), Some("0.0".into()));
        let price = DataType::Decimal { precision: 4, scale: 2 };
        assert_eq!(taken(price, Value::Real(0.99)), Some("0.99".into()));
        assert_eq!(taken(price, Value::Real(0.995)), Some("1.00".into()));
        assert_eq!(taken(price, Value::text("-0.9949999999999999999999")), Some("-0.99".into()));
        assert_eq!(taken(price, Value::text("99.995")), None);
        assert_eq!(taken(price, Value::Real(f64::INFINITY)), None);
        assert_eq!(
            taken(DataType::Integer, Value::text("9007199254740993.0")),
            Some("9007199254740993".into())
        );
        assert_eq!(taken(price, Value::Integer(100)), None);
        assert_eq!(taken(DataType::Boolean, Value::text("TRUE")), Some("TRUE".into()));
        assert_eq!(taken(DataType::Boolean, Value::Integer(2)), None);
        assert_eq!(taken(DataType::Date, Value::text("2024-02-30")), None);
        assert_eq!(
            taken(DataType::Json, Value::text("{\"a b\": [1, 2.50]}")),
            Some("'{\"a b\":[1,2.50]}'".into())
        );
        assert_eq!(taken(DataType::Blob, Value::text("x")), None);
    }

    #[test]
    fn what_is_refused_says_why() {
        let told = |t: DataType, v: Value| t.accept(v).expect_err("it is refused").to_string();
        let price = DataType::Decimal { precision: 4, scale: 2 };
        assert_eq!(told(price, Value::Integer(100)), "100 does not fit DECIMAL(4,2)");
        assert_eq!(
            told(DataType::Integer, Value::Real(0.5)),
            "0.5 does not fit INTEGER without loss"
        );
        let infinite = [Value::text("1e999"), Value::Real(f64::INFINITY)];
        for (value, data_type) in infinite.iter().flat_map(|value| {
            [DataType::Real, DataType::Integer, DataType::Numeric, price].map(|t| (value, t))
        }) {
            let expected = format!("{value} is infinity, which no column of {data_type} holds");
            assert_eq!(told(data_type, value.clone()), expected);
        }
        for data_type in [DataType::Any, DataType::Json] {
            assert!(told(data_type, Value::Real(f64::NEG_INFINITY)).contains("is infinity"));
        }
    }

    #[test]
    fn json_depth_ends_at_the_limit() {
        let nested = |depth: usize| Value::text("[".repeat(depth) + &"]".repeat(depth));
        for (depth, ok) in
            [(MAX_JSON_DEPTH - 1, true), (MAX_JSON_DEPTH, true), (MAX_JSON_DEPTH + 1, false)]
        {
            assert_eq!(DataType::Json.accept(nested(depth)).is_ok(), ok, "{depth}");
        }
    }
}
