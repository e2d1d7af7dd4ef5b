//! Values as bytes that sort as the values do.
//!
//! Indexes, GROUP BY, DISTINCT, hash joins and ORDER BY all use this one form: two encoded lists of
//! values are equal, or one below the other, exactly as the values are under [`Value::compare`].
//!
//! Per value: a class byte (NULL 0x05, numbers 0x10, texts 0x20, blobs 0x30), then
//!
//! * a number: the nearest double as big-endian bits made sortable (sign bit set, or all bits
//!   flipped), then 0x02 if that is all of it, else 0x01 or 0x03 for a number below or above that
//!   double and the difference as a number again. So 1, 1.0 and TRUE are one key, and integers
//!   beyond 2^53 stay apart;
//! * a text or blob: its bytes with 0x00 written as 0x00 0xFF, then 0x00 0x01, so that a prefix sorts
//!   first and nothing of the next value is read as part of this one.

use super::{Collation, DataType, Decimal, Value, column::value_at};
use crate::types::text_codes::{CodedColumns, TextCodes};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;

const NULL: u8 = 0x05;
const NUMBER: u8 = 0x10;
const TEXT: u8 = 0x20;
const BLOB: u8 = 0x30;

/// The number is below the double, is the double, is above it.
const BELOW: u8 = 1;
const WHOLE: u8 = 2;
const ABOVE: u8 = 3;

/// Integers up to this size are doubles exactly.
const EXACT: i64 = 1 << 53;

/// Appends one value to a key.
pub fn push_value(key: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => key.push(NULL),
        Value::Boolean(b) => push_integer(key, i64::from(*b)),
        Value::Integer(i) => push_integer(key, *i),
        Value::Real(r) => push_real(key, *r),
        Value::Decimal(d) => push_decimal(key, *d),
        Value::Date(_) | Value::Timestamp(_) | Value::Text(_) | Value::Json(_) => {
            push_bytes(key, TEXT, value.to_text().as_bytes());
        }
        Value::Blob(b) => push_bytes(key, BLOB, b),
    }
}

/// Appends one value to a key in which texts compare by a collation.
pub fn push_collated(key: &mut Vec<u8>, value: &Value, collation: Collation) {
    match value {
        Value::Text(text) | Value::Json(text) => {
            push_bytes(key, TEXT, collation.key(text).as_bytes());
        }
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Real(_)
        | Value::Decimal(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Blob(_) => push_value(key, value),
    }
}

/// The key of a list of values.
pub fn encode<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<u8> {
    let mut key = Vec::with_capacity(16);
    values.into_iter().for_each(|value| push_value(&mut key, value));
    key
}

/// The same with texts that compare by these collations.
pub fn encode_collated(values: &[Value], collations: &[Collation]) -> Vec<u8> {
    let mut key = Vec::with_capacity(16);
    let pairs = values.iter().zip(collations);
    pairs.for_each(|(value, collation)| push_collated(&mut key, value, *collation));
    key
}

/// The number that is a double, or is beside it.
fn push_number(key: &mut Vec<u8>, real: f64, rest: u8) {
    let bits = real.to_bits();
    let sortable = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
    let mut bytes = [NUMBER, 0, 0, 0, 0, 0, 0, 0, 0, rest];
    bytes[1..9].copy_from_slice(&sortable.to_be_bytes());
    key.extend_from_slice(&bytes);
}

fn push_integer(key: &mut Vec<u8>, integer: i64) {
    if (-EXACT..=EXACT).contains(&integer) {
        #[expect(clippy::cast_precision_loss, reason = "exact within 53 bits")]
        push_number(key, integer as f64, WHOLE);
    } else {
        push_decimal(key, Decimal::from(integer));
    }
}

fn push_real(key: &mut Vec<u8>, real: f64) {
    push_number(key, if real == 0.0 { 0.0 } else { real }, WHOLE);
}

/// The nearest double, then what it is short of or above, as a number again, until nothing is left.
fn push_decimal(key: &mut Vec<u8>, decimal: Decimal) {
    let nearest = decimal.to_f64();
    let residue = decimal.minus_real(nearest).filter(|residue| residue.mantissa != 0);
    match residue {
        None => push_number(key, nearest, WHOLE),
        Some(residue) => {
            push_number(key, nearest, if residue.mantissa < 0 { BELOW } else { ABOVE });
            push_decimal(key, residue);
        }
    }
}

/// The number that a key of one value is of, where that is a whole one with room in an INTEGER.
pub fn decode_integer(key: &[u8]) -> Option<i64> {
    let (mut rest, mut sum) = (key, 0_i128);
    loop {
        let (number, behind) = rest.split_first_chunk::<10>()?;
        let [NUMBER, sortable @ .., beside] = number else { return None };
        let sortable = u64::from_be_bytes(*sortable);
        let bits = if sortable >> 63 == 0 { !sortable } else { sortable & !(1 << 63) };
        let real = f64::from_bits(bits);
        if real.fract() != 0.0 {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "what is too large is none below")]
        let whole = real as i128;
        sum = sum.checked_add(whole)?;
        if *beside == WHOLE {
            return i64::try_from(sum).ok();
        }
        rest = behind;
    }
}

fn push_bytes(key: &mut Vec<u8>, class: u8, bytes: &[u8]) {
    key.push(class);
    for part in bytes.split_inclusive(|b| *b == 0) {
        key.extend_from_slice(part);
        if part.last() == Some(&0) {
            key.push(0xFF);
        }
    }
    key.extend_from_slice(&[0x00, 0x01]);
}

/// Writes the key of a row over these columns, in the place of what `key` was.
pub fn row_key(key: &mut Vec<u8>, columns: &[KeyColumn], row: usize) {
    key.clear();
    columns.iter().for_each(|column| column.push(key, row));
}

/// One column of many keys: how its values sort, and the values.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    /// The values, as many as there are keys.
    pub array: ArrayRef,
    /// The same as integers, where all of them are: what most keys are is asked once for all rows.
    pub integers: Option<ScalarBuffer<i64>>,
    /// Their type.
    pub data_type: DataType,
    /// How texts among them compare.
    pub collation: Collation,
    /// Whether larger values come first.
    pub descending: bool,
    /// Whether NULLs come first, whatever the direction.
    pub nulls_first: bool,
    /// The codes of texts, where there are such.
    pub codes: Option<TextCodes>,
}

impl KeyColumn {
    /// A column in ascending order with NULLs first, as indexes and groups have it.
    pub fn ascending(array: ArrayRef, data_type: DataType) -> KeyColumn {
        let integers = array.as_primitive_opt::<Int64Type>();
        let integers =
            integers.filter(|all| data_type == DataType::Integer && all.null_count() == 0);
        let integers = integers.map(|all| all.values().clone());
        let collation = Collation::Binary;
        let (descending, nulls_first, codes) = (false, true, None);
        KeyColumn { array, integers, data_type, collation, descending, nulls_first, codes }
    }

    /// The same column with the codes of its texts, if it is among those that have some.
    #[must_use]
    pub fn coded(self, coded: &CodedColumns) -> KeyColumn {
        KeyColumn { codes: coded.of(&self.array).cloned(), ..self }
    }

    /// The same column with texts that compare by a collation.
    pub fn collated(self, collation: Collation) -> KeyColumn {
        KeyColumn { collation, ..self }
    }

    /// The values of a column of whole numbers that are no NULL.
    pub fn known_integers(&self) -> impl Iterator<Item = i64> {
        let integers = self.array.as_primitive::<Int64Type>();
        let nulls = integers.nulls();
        let numbered = integers.values().iter().enumerate();
        let is_known = move |row: &usize| nulls.is_none_or(|nulls| nulls.is_valid(*row));
        numbered.filter(move |(row, _)| is_known(row)).map(|(_, value)| *value)
    }

    /// Whether there is a value at `index`.
    pub fn is_known(&self, index: usize) -> bool {
        self.integers.is_some() || self.array.is_valid(index)
    }

    /// Appends the value at `index` to a key.
    pub fn push(&self, key: &mut Vec<u8>, index: usize) {
        let start = key.len();
        if let Some(integers) = &self.integers {
            push_integer(key, integers[index]);
        } else if self.array.is_null(index) {
            return key.push(if self.nulls_first { NULL } else { 0xFF });
        } else {
            self.push_known(key, index);
        }
        if self.descending {
            key[start..].iter_mut().for_each(|b| *b = !*b);
        }
    }

    /// Appends a value that is no NULL.
    fn push_known(&self, key: &mut Vec<u8>, index: usize) {
        match self.data_type {
            DataType::Integer => {
                push_integer(key, self.array.as_primitive::<Int64Type>().value(index));
            }
            DataType::Real => push_real(key, self.array.as_primitive::<Float64Type>().value(index)),
            DataType::Text | DataType::Json => {
                let text = self.array.as_string::<i32>().value(index);
                push_bytes(key, TEXT, self.collation.key(text).as_bytes());
            }
            DataType::Decimal { .. }
            | DataType::Numeric
            | DataType::Boolean
            | DataType::Date
            | DataType::Timestamp
            | DataType::Blob
            | DataType::Any
            | DataType::Flexible(_) => {
                let value = value_at(&self.array, self.data_type, index);
                push_collated(key, &value, self.collation);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::Integer),
            (-3_i64..3).prop_map(Value::Integer),
            (EXACT - 3..EXACT + 6).prop_map(Value::Integer),
            any::<f64>().prop_filter_map("finite", |r| r.is_finite().then(|| Value::real(r))),
            (-3_i32..3).prop_map(|i| Value::Real(f64::from(i))),
            Just(Value::Real(9_007_199_254_740_994.0)),
            Just(Value::Real(9_223_372_036_854_775_808.0)),
            "[a\\x00é]{0,3}".prop_map(Value::text),
            proptest::collection::vec(0u8..2, 0..3).prop_map(|b| Value::Blob(b.into())),
            (-9_i128..9)
                .prop_map(|i| Value::Decimal(Decimal { mantissa: (1 << 100) + i, scale: 9 })),
            (-9_i128..9)
                .prop_map(|i| Value::Decimal(Decimal { mantissa: (1 << 53) + i, scale: 0 })),
            (-40_i128..40).prop_map(|mantissa| Value::Decimal(Decimal { mantissa, scale: 1 })),
        ]
    }

    proptest! {
        #[test]
        fn an_integer_is_read_from_its_key(value in any_value(), integer in any::<i64>()) {
            prop_assert_eq!(decode_integer(&encode([&Value::Integer(integer)])), Some(integer));
            // Of another number its key is that of an integer if it is equal to one.
            let read = decode_integer(&encode([&value])).map(Value::Integer);
            prop_assert!(read.is_none_or(|read| read.compare(&value).is_eq()));
        }

        #[test]
        fn keys_sort_as_values_do(a in any_value(), b in any_value(), c in any_value()) {
            let expected = a.compare(&b).then_with(|| c.compare(&a));
            prop_assert_eq!(encode([&a, &c]).cmp(&encode([&b, &a])), expected);
        }

        #[test]
        fn columns_sort_as_values_do(a in any_value(), b in any_value()) {
            let array = array_of(DataType::Any, [&a, &b].into_iter()).expect("small");
            let of = |descending, nulls_first, at| {
                let column = KeyColumn {
                    descending, nulls_first, ..KeyColumn::ascending(array.clone(), DataType::Any)
                };
                let mut key = Vec::new();
                column.push(&mut key, at);
                key
            };
            prop_assert_eq!(of(false, true, 0).cmp(&of(false, true, 1)), a.compare(&b));
            if !a.is_null() && !b.is_null() {
                prop_assert_eq!(of(true, false, 0).cmp(&of(true, false, 1)), b.compare(&a));
            } else if !a.is_null() {
                prop_assert!(of(true, false, 0) < of(true, false, 1));
                prop_assert!(of(true, true, 0) > of(true, true, 1));
            }
        }
    }
}
