//! One value, its order beside any other, and its texts.

use super::{DataType, Date, Decimal, Timestamp, compare_integer_real};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The values of one row, in the order of its table's columns.
pub type Row = Vec<Value>;

/// One value of any type.
///
/// Invariant: a [`Value::Real`] is finite and never -0.0 once it left [`Value::real`] or a column
/// conversion, so that equal reals have equal bits.
#[derive(Clone, Debug)]
pub enum Value {
    /// No value.
    Null,
    /// True or false; computes and prints as 1 or 0.
    Boolean(bool),
    /// A 64-bit integer.
    Integer(i64),
    /// A finite IEEE 754 double.
    Real(f64),
    /// An exact decimal number.
    Decimal(Decimal),
    /// A day.
    Date(Date),
    /// A moment in UTC, in microseconds.
    Timestamp(Timestamp),
    /// UTF-8 text.
    Text(Arc<str>),
    /// A JSON document as its text, without white space between tokens.
    Json(Arc<str>),
    /// Bytes.
    Blob(Arc<[u8]>),
}

// Rows are vectors of values: transactions hold as many as a file has that is imported.
const _: () = assert!(size_of::<Value>() == 24);

impl Value {
    /// A text value.
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Text(Arc::from(text.as_ref()))
    }

    /// A real, normalised: -0.0 becomes 0.0, and what is no finite number becomes NULL.
    pub fn real(real: f64) -> Value {
        if real.is_nan() {
            Value::Null
        } else if real == 0.0 {
            Value::Real(0.0)
        } else {
            Value::Real(real)
        }
    }

    /// How many bytes a text or blob has; 0 of anything else.
    pub fn byte_length(&self) -> usize {
        match self {
            Value::Text(text) | Value::Json(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Real(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Timestamp(_) => 0,
        }
    }

    /// Whether two values are one and the same: of one type, and written alike. In a column of any type,
    /// 1 and 1.0 are equal and not the same.
    pub fn is_same(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Boolean(old), Value::Boolean(new)) => old == new,
            (Value::Integer(old), Value::Integer(new)) => old == new,
            (Value::Real(old), Value::Real(new)) => old.to_bits() == new.to_bits(),
            (Value::Decimal(old), Value::Decimal(new)) => {
                (old.mantissa, old.scale) == (new.mantissa, new.scale)
            }
            (Value::Date(old), Value::Date(new)) => old == new,
            (Value::Timestamp(old), Value::Timestamp(new)) => old == new,
            (Value::Text(old), Value::Text(new)) | (Value::Json(old), Value::Json(new)) => {
                old == new
            }
            (Value::Blob(old), Value::Blob(new)) => old == new,
            (
                Value::Null
                | Value::Boolean(_)
                | Value::Integer(_)
                | Value::Real(_)
                | Value::Decimal(_)
                | Value::Date(_)
                | Value::Timestamp(_)
                | Value::Text(_)
                | Value::Json(_)
                | Value::Blob(_),
                _,
            ) => false,
        }
    }

    /// The type that holds exactly this value; ANY for NULL.
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Null => DataType::Any,
            Value::Boolean(_) => DataType::Boolean,
            Value::Integer(_) => DataType::Integer,
            Value::Real(_) => DataType::Real,
            Value::Decimal(d) => d.data_type(),
            Value::Date(_) => DataType::Date,
            Value::Timestamp(_) => DataType::Timestamp,
            Value::Text(_) => DataType::Text,
            Value::Json(_) => DataType::Json,
            Value::Blob(_) => DataType::Blob,
        }
    }

    /// The value as an SQL literal of a readable length, for messages.
    pub fn shortened(&self) -> String {
        const SHOWN: usize = 60;
        let text = self.to_string();
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }

    /// Whether it is the truth value TRUE.
    pub fn is_true(&self) -> bool {
        matches!(self, Value::Boolean(true))
    }

    /// Whether this is NULL.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether this stands for what is no day and no moment beside those that are.
    pub fn is_beside_all_moments(&self) -> bool {
        match self {
            Value::Date(day) => matches!(*day, Date::BEFORE_ALL | Date::BEHIND_ALL),
            Value::Timestamp(at) => matches!(*at, Timestamp::BEFORE_ALL | Timestamp::BEHIND_ALL),
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Real(_)
            | Value::Decimal(_)
            | Value::Text(_)
            | Value::Json(_)
            | Value::Blob(_) => false,
        }
    }

    /// The class that decides the order of unlike values: NULL, numbers, texts, blobs.
    pub(crate) fn class(&self) -> u8 {
        match self {
            Value::Null => 0,
            Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => 1,
            Value::Date(_) | Value::Timestamp(_) | Value::Text(_) | Value::Json(_) => 2,
            Value::Blob(_) => 3,
        }
    }

    /// Orders two values as SQLite does: NULL, then numbers by value, then texts by bytes, then
    /// blobs by bytes. A boolean is the number 1 or 0, a date its text, so values of different types
    /// can be equal.
    pub fn compare(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Real(a), Value::Real(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Value::Date(a), Value::Date(b)) => a.cmp(b),
            (Value::Timestamp(a), Value::Timestamp(b)) => a.cmp(b),
            (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
            _ => self.class().cmp(&other.class()).then_with(|| match self.class() {
                1 => self.compare_number(other),
                2 => self.to_text().as_bytes().cmp(other.to_text().as_bytes()),
                _ => Ordering::Equal,
            }),
        }
    }

    fn compare_number(&self, other: &Value) -> Ordering {
        match (self.number(), other.number()) {
            (Number::Integer(a), Number::Integer(b)) => a.cmp(&b),
            (Number::Integer(a), Number::Real(b)) => compare_integer_real(a, b),
            (Number::Real(a), Number::Integer(b)) => compare_integer_real(b, a).reverse(),
            (Number::Real(a), Number::Real(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Number::Decimal(a), Number::Decimal(b)) => a.compare(&b),
            (Number::Decimal(a), Number::Integer(b)) => a.compare(&Decimal::from(b)),
            (Number::Integer(a), Number::Decimal(b)) => Decimal::from(a).compare(&b),
            (Number::Decimal(a), Number::Real(b)) => a.compare_real(b),
            (Number::Real(a), Number::Decimal(b)) => b.compare_real(a).reverse(),
        }
    }

    fn number(&self) -> Number {
        match self {
            Value::Boolean(b) => Number::Integer(i64::from(*b)),
            Value::Integer(i) => Number::Integer(*i),
            Value::Decimal(d) => Number::Decimal(*d),
            Value::Real(r) => Number::Real(*r),
            Value::Null
            | Value::Date(_)
            | Value::Timestamp(_)
            | Value::Text(_)
            | Value::Json(_)
            | Value::Blob(_) => Number::Integer(0),
        }
    }

    /// The text that `CAST(… AS TEXT)` and `||` give; empty for NULL. The output modes show the same,
    /// but for blobs, of which they must lose nothing.
    ///
    /// A real is the shortest text that reads back to the same bits and always has a `.` or an `e`.
    /// A blob is its bytes read as UTF-8, bad ones replaced.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Value::Null => Cow::Borrowed(""),
            Value::Boolean(b) => Cow::Borrowed(if *b { "1" } else { "0" }),
            Value::Integer(i) => Cow::Owned(i.to_string()),
            Value::Real(r) if r.is_infinite() => {
                Cow::Borrowed(if *r > 0.0 { "Inf" } else { "-Inf" })
            }
            Value::Real(r) => Cow::Owned(format!("{r:?}")),
            Value::Decimal(d) => Cow::Owned(d.to_string()),
            Value::Date(d) => Cow::Owned(d.to_string()),
            Value::Timestamp(t) => Cow::Owned(t.to_string()),
            Value::Text(t) | Value::Json(t) => Cow::Borrowed(t),
            Value::Blob(b) => String::from_utf8_lossy(b),
        }
    }
}

/// A number without its type's name.
enum Number {
    Integer(i64),
    Real(f64),
    Decimal(Decimal),
}

/// Equality is that of [`Value::compare`], with NULL equal to NULL: what GROUP BY and DISTINCT mean.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.compare(other) == Ordering::Equal
    }
}

impl Eq for Value {}

/// Prints the value as an SQL literal that reads back to it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("NULL"),
            Value::Boolean(b) => f.write_str(if *b { "TRUE" } else { "FALSE" }),
            Value::Text(_) | Value::Json(_) | Value::Date(_) | Value::Timestamp(_) => {
                write!(f, "'{}'", self.to_text().replace('\'', "''"))
            }
            Value::Blob(bytes) => {
                f.write_str("x'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
            // A number beyond every double, which reads back to it in SQLite and is refused here.
            Value::Real(r) if r.is_infinite() => {
                f.write_str(if *r > 0.0 { "9.0e+999" } else { "-9.0e+999" })
            }
            Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => f.write_str(&self.to_text()),
        }
    }
}
