//! One value of a batch, read in its column's own type and without a copy.

use crate::session::{Batch, OutputColumn};
use crate::types::column::decode_any;
use crate::types::{DataType, Date, Decimal, Timestamp, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array,
    LargeBinaryArray, StringArray, TimestampMicrosecondArray,
};
use std::io::Write;

/// A column of a batch in its own type.
pub(super) enum Cells<'a> {
    Integer(&'a Int64Array),
    Real(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    Text(&'a StringArray),
    Json(&'a StringArray),
    Boolean(&'a BooleanArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
    Blob(&'a BinaryArray),
    Any(&'a LargeBinaryArray),
    /// That of a row alone.
    One(&'a Value),
}

/// One value, borrowed from its column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Real(f64),
    Decimal(Decimal),
    Date(Date),
    Timestamp(Timestamp),
    Text(&'a str),
    Json(&'a str),
    Blob(&'a [u8]),
}

impl<'a> Cells<'a> {
    /// The columns of a batch, each in the type that its output column says.
    pub(super) fn of_batch(columns: &[OutputColumn], batch: &'a Batch) -> Vec<Cells<'a>> {
        let typed = |(column, array): (&OutputColumn, &'a arrow_array::ArrayRef)| {
            Cells::new(column.data_type, array.as_ref())
        };
        columns.iter().zip(&batch.columns).map(typed).collect()
    }

    fn new(data_type: DataType, array: &'a dyn Array) -> Cells<'a> {
        match data_type {
            DataType::Integer => Cells::Integer(array.as_primitive::<Int64Type>()),
            DataType::Real => Cells::Real(array.as_primitive::<Float64Type>()),
            DataType::Decimal { scale, .. } => {
                Cells::Decimal(array.as_primitive::<Decimal128Type>(), scale)
            }
            DataType::Text => Cells::Text(array.as_string()),
            DataType::Json => Cells::Json(array.as_string()),
            DataType::Boolean => Cells::Boolean(array.as_boolean()),
            DataType::Date => Cells::Date(array.as_primitive::<Date32Type>()),
            DataType::Timestamp => {
                Cells::Timestamp(array.as_primitive::<TimestampMicrosecondType>())
            }
            DataType::Blob => Cells::Blob(array.as_binary()),
            DataType::Numeric | DataType::Any | DataType::Flexible(_) => {
                Cells::Any(array.as_binary())
            }
        }
    }

    /// Calls `then` with the value at `row`.
    pub(super) fn with<R>(&self, row: usize, then: impl FnOnce(Cell<'_>) -> R) -> R {
        if self.is_null(row) {
            return then(Cell::Null);
        }
        let value;
        let cell = match self {
            Cells::Integer(array) => Cell::Integer(array.value(row)),
            Cells::Real(array) => Cell::Real(array.value(row)),
            Cells::Decimal(array, scale) => {
                Cell::Decimal(Decimal { mantissa: array.value(row), scale: *scale })
            }
            Cells::Text(array) => Cell::Text(array.value(row)),
            Cells::Json(array) => Cell::Json(array.value(row)),
            Cells::Boolean(array) => Cell::Boolean(array.value(row)),
            Cells::Date(array) => Cell::Date(Date(array.value(row))),
            Cells::Timestamp(array) => Cell::Timestamp(Timestamp(array.value(row))),
            Cells::Blob(array) => Cell::Blob(array.value(row)),
            Cells::Any(array) => {
                value = decode_any(array.value(row));
                Cell::from(&value)
            }
            Cells::One(value) => Cell::from(*value),
        };
        then(cell)
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Cells::Integer(array) => array.is_null(row),
            Cells::Real(array) => array.is_null(row),
            Cells::Decimal(array, _) => array.is_null(row),
            Cells::Text(array) | Cells::Json(array) => array.is_null(row),
            Cells::Boolean(array) => array.is_null(row),
            Cells::Date(array) => array.is_null(row),
            Cells::Timestamp(array) => array.is_null(row),
            Cells::Blob(array) => array.is_null(row),
            Cells::Any(array) => array.is_null(row),
            Cells::One(value) => value.is_null(),
        }
    }
}

impl<'a> From<&'a Value> for Cell<'a> {
    fn from(value: &'a Value) -> Cell<'a> {
        match value {
            Value::Null => Cell::Null,
            Value::Boolean(b) => Cell::Boolean(*b),
            Value::Integer(i) => Cell::Integer(*i),
            Value::Real(r) => Cell::Real(*r),
            Value::Decimal(d) => Cell::Decimal(*d),
            Value::Date(d) => Cell::Date(*d),
            Value::Timestamp(t) => Cell::Timestamp(*t),
            Value::Text(t) => Cell::Text(t),
            Value::Json(t) => Cell::Json(t),
            Value::Blob(b) => Cell::Blob(b),
        }
    }
}

impl<'a> Cell<'a> {
    /// What it says, if it is a text, which may hold anything.
    pub(super) fn text(self) -> Option<&'a str> {
        if let Cell::Text(text) | Cell::Json(text) = self { Some(text) } else { None }
    }

    /// Whether it is NULL.
    pub(super) fn is_null(self) -> bool {
        matches!(self, Cell::Null)
    }

    /// Whether it stands to the right of its column.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Cell::Boolean(_) | Cell::Integer(_) | Cell::Real(_) | Cell::Decimal(_))
    }

    /// Appends the text that every mode for people shows; nothing for NULL.
    pub(super) fn write_text(self, out: &mut Vec<u8>) {
        match self {
            Cell::Null => {}
            Cell::Boolean(b) => out.push(if b { b'1' } else { b'0' }),
            Cell::Integer(i) => append(out, format_args!("{i}")),
            Cell::Real(r) if r.is_infinite() => {
                out.extend_from_slice(if r > 0.0 { b"Inf" } else { b"-Inf" });
            }
            Cell::Real(r) => append(out, format_args!("{r:?}")),
            Cell::Decimal(d) => append(out, format_args!("{d}")),
            Cell::Date(d) => append(out, format_args!("{d}")),
            Cell::Timestamp(t) => append(out, format_args!("{t}")),
            Cell::Text(t) | Cell::Json(t) => out.extend_from_slice(t.as_bytes()),
            Cell::Blob(bytes) => {
                out.extend_from_slice(b"x'");
                bytes.iter().for_each(|byte| append(out, format_args!("{byte:02x}")));
                out.push(b'\'');
            }
        }
    }
}

/// Appends a text in quotes, each of which is doubled inside.
pub(super) fn push_quoted(text: &str, quote: u8, out: &mut Vec<u8>) {
    out.push(quote);
    for byte in text.bytes() {
        if byte == quote {
            out.push(quote);
        }
        out.push(byte);
    }
    out.push(quote);
}

/// Appends what a format says.
pub(super) fn append(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a vector takes every byte");
}
