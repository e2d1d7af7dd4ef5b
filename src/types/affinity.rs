//! What the columns of a FLEXIBLE table make of a value: SQLite's affinities.
//!
//! A column of such a table takes every value. One that has a counterpart in what the column is meant
//! for becomes that, if nothing is lost by it; every other is kept as it is. What only strict tables
//! have, days, moments and truth values, is here what SQLite has in its place: their texts, and 1 and 0.

use super::{DataType, Value, parse_number, whole_number};
use serde::{Deserialize, Serialize};

/// What a column of a FLEXIBLE table is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnAffinity {
    /// Integers, and other numbers as they are.
    Integer,
    /// Reals.
    Real,
    /// Numbers: integers where they are some, else reals.
    Numeric,
    /// Exact decimals, where a number is one of so many digits; which SQLite has not.
    Decimal {
        /// All digits, 1 to 38.
        precision: u8,
        /// Digits behind the point.
        scale: u8,
    },
    /// Texts.
    Text,
    /// Whatever comes.
    Blob,
}

impl ColumnAffinity {
    /// The affinity of a declared type, by SQLite's rules; of none where `name` is empty. `None` where
    /// the numbers make no sense: `DECIMAL(3,5)`.
    pub fn of(name: &str, arguments: &[u64]) -> Option<ColumnAffinity> {
        let upper = name.to_ascii_uppercase();
        let has = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
        Some(if has(&["INT"]) {
            ColumnAffinity::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            ColumnAffinity::Text
        } else if upper.is_empty() || has(&["BLOB"]) {
            ColumnAffinity::Blob
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            ColumnAffinity::Real
        } else {
            let data_type = DataType::from_sql(name, arguments)?;
            if let DataType::Decimal { precision, scale } = data_type {
                ColumnAffinity::Decimal { precision, scale }
            } else {
                ColumnAffinity::Numeric
            }
        })
    }

    /// What a column holds that is given a value.
    pub fn convert(self, value: Value) -> Value {
        let value = plain(value);
        match self {
            ColumnAffinity::Blob => value,
            ColumnAffinity::Text if value.data_type().is_number() => Value::text(value.to_text()),
            ColumnAffinity::Text => value,
            ColumnAffinity::Integer | ColumnAffinity::Numeric => whole(number(value)),
            ColumnAffinity::Real => nearest_real(number(value)),
            ColumnAffinity::Decimal { precision, scale } => exact(value, precision, scale),
        }
    }

    /// Whether it makes numbers of texts that are written as some.
    pub fn is_numeric(self) -> bool {
        !matches!(self, ColumnAffinity::Text | ColumnAffinity::Blob)
    }

    /// A type that SQLite reads as this affinity.
    pub fn name(self) -> &'static str {
        match self {
            ColumnAffinity::Integer => "INTEGER",
            ColumnAffinity::Real => "REAL",
            ColumnAffinity::Numeric => "NUMERIC",
            ColumnAffinity::Decimal { .. } => "DECIMAL",
            ColumnAffinity::Text => "TEXT",
            ColumnAffinity::Blob => "BLOB",
        }
    }
}

/// The real that is nearest to an integer; what is none stays.
fn nearest_real(value: Value) -> Value {
    if let Value::Integer(integer) = value {
        #[expect(clippy::cast_precision_loss, reason = "it is the nearest")]
        let real = integer as f64;
        Value::Real(real)
    } else {
        value
    }
}

/// A value as SQLite has it.
fn plain(value: Value) -> Value {
    match value {
        Value::Boolean(truth) => Value::Integer(i64::from(truth)),
        Value::Date(_) | Value::Timestamp(_) | Value::Json(_) => Value::text(value.to_text()),
        Value::Real(real) => Value::real(real),
        Value::Null | Value::Integer(_) | Value::Decimal(_) | Value::Text(_) | Value::Blob(_) => {
            value
        }
    }
}

/// A text that is written as a number as that, every other value as it is.
fn number(value: Value) -> Value {
    let parsed = if let Value::Text(text) = &value { whole_number(text) } else { None };
    parsed.unwrap_or(value)
}

/// A number that is whole as an integer, if it lies within those that SQLite converts.
fn whole(value: Value) -> Value {
    match (&value, DataType::Integer.accept(value.clone())) {
        (Value::Real(_) | Value::Decimal(_), Ok(Value::Integer(integer)))
            if integer != i64::MIN && integer != i64::MAX =>
        {
            Value::Integer(integer)
        }
        _ => value,
    }
}

/// A number as a decimal of so many digits behind the point, rounded as in every other table, or with
/// all of its own where it is larger.
fn exact(value: Value, precision: u8, scale: u8) -> Value {
    let is_number = match &value {
        Value::Text(text) => parse_number(text).is_some(),
        Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => true,
        Value::Null
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Json(_)
        | Value::Blob(_) => false,
    };
    if !is_number {
        return value;
    }
    if let Ok(decimal) = (DataType::Decimal { precision, scale }).accept(value.clone()) {
        return decimal;
    }
    let digits = super::Decimal::parse(value.to_text().trim());
    digits.map_or_else(|| whole(number(value)), Value::Decimal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Date, Decimal};

    #[test]
    fn declared_types_have_sqlites_affinities() {
        use ColumnAffinity::{Blob, Integer, Numeric, Real, Text};
        for (name, affinity) in [
            ("", Blob),
            ("INT", Integer),
            ("floating point", Integer),
            ("CHARINT", Integer),
            ("VARCHAR", Text),
            ("blob", Blob),
            ("DOUBLE PRECISION", Real),
            ("DATE", Numeric),
            ("BOOLEAN", Numeric),
            ("STRING", Numeric),
            ("ANY", Numeric),
            ("DECIMAL", Numeric),
        ] {
            assert_eq!(ColumnAffinity::of(name, &[]), Some(affinity), "{name}");
        }
        let price = ColumnAffinity::Decimal { precision: 5, scale: 2 };
        assert_eq!(ColumnAffinity::of("decimal", &[5, 2]), Some(price));
        assert_eq!(ColumnAffinity::of("decimal", &[3, 5]), None);
    }

    #[test]
    fn a_value_is_converted_where_nothing_is_lost() {
        use ColumnAffinity::{Blob, Integer, Numeric, Real, Text};
        let price = ColumnAffinity::Decimal { precision: 5, scale: 2 };
        let blob = || Value::Blob([1].as_slice().into());
        let text = Value::text;
        let cases = [
            (Integer, text("12"), "12"),
            (Integer, text(" 1e3 "), "1000"),
            (Integer, text("1.5"), "1.5"),
            (Integer, text("12x"), "'12x'"),
            (Integer, text("1e999"), "9.0e+999"),
            (Integer, Value::Real(3.0), "3"),
            (Integer, Value::Real(9.223_372_036_854_776e18), "9.223372036854776e18"),
            (Integer, Value::Boolean(true), "1"),
            (Numeric, Value::Real(-0.5), "-0.5"),
            (Numeric, text("2026-03-01"), "'2026-03-01'"),
            (Numeric, Value::Date(Date(0)), "'1970-01-01'"),
            (Numeric, blob(), "x'01'"),
            (Real, Value::Integer(3), "3.0"),
            (Real, Value::Integer(9_007_199_254_740_993), "9007199254740992.0"),
            (Real, text("9007199254740993"), "9007199254740992.0"),
            (Real, text("3"), "3.0"),
            (Text, Value::Integer(7), "'7'"),
            (Text, Value::Real(1.0), "'1.0'"),
            (Text, blob(), "x'01'"),
            (Blob, text("7"), "'7'"),
            (Blob, Value::Json("[1]".into()), "'[1]'"),
            (price, text("1.5"), "1.50"),
            (price, Value::Integer(7), "7.00"),
            (price, Value::Real(0.1), "0.10"),
            (price, text("1.005"), "1.01"),
            (price, Value::Integer(1000), "1000"),
            (price, text("dear"), "'dear'"),
            (price, Value::Decimal(Decimal { mantissa: 5, scale: 1 }), "0.50"),
        ];
        for (affinity, value, held) in cases {
            assert_eq!(affinity.convert(value.clone()).to_string(), held, "{affinity:?} {value}");
        }
    }
}
