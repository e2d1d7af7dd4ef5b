//! Comparisons of columns, by a kernel where both sides have one type.
//!
//! Everything else goes value by value through `Value::compare`.

use super::Error;
use super::datum::{Datum, conform, map_values, nulls};
use super::kernels::{self, Other};
use super::truths::Truths;
use crate::planner::Comparison;
use crate::types::{DataType, Value};
use arrow_array::{Array, ArrayRef, BooleanArray};
use std::sync::Arc;

/// Compares two values; `None` is the unknown truth of a NULL.
pub fn compare(comparison: Comparison, a: &Value, b: &Value) -> Option<bool> {
    let known = !a.is_null() && !b.is_null();
    let order = a.compare(b);
    match comparison {
        Comparison::Is => Some(order.is_eq()),
        Comparison::IsNot => Some(order.is_ne()),
        _ if !known => None,
        Comparison::Equal => Some(order.is_eq()),
        Comparison::NotEqual => Some(order.is_ne()),
        Comparison::Less => Some(order.is_lt()),
        Comparison::LessEqual => Some(order.is_le()),
        Comparison::Greater => Some(order.is_gt()),
        Comparison::GreaterEqual => Some(order.is_ge()),
    }
}

/// Compares each row.
///
/// # Errors
/// None of its own.
pub fn evaluate(
    comparison: Comparison,
    a: (&Datum, DataType),
    b: (&Datum, DataType),
    rows: usize,
) -> Result<Datum, Error> {
    if let Some(array) = beside_null(a.0, b.0) {
        return Ok(match comparison {
            Comparison::Is => Datum::Array(Arc::new(kernels::is_null(array))),
            Comparison::IsNot => Datum::Array(Arc::new(kernels::is_not_null(array))),
            Comparison::Equal
            | Comparison::NotEqual
            | Comparison::Less
            | Comparison::LessEqual
            | Comparison::Greater
            | Comparison::GreaterEqual => Datum::Scalar(Value::Null),
        });
    }
    if let Some(mask) = by_kernel(comparison, a, b, kernels::compare) {
        return Ok(Datum::Array(Arc::new(mask)));
    }
    by_value(comparison, a, b, rows)
}

/// Compares each of a few rows.
///
/// # Errors
/// None of its own.
pub(super) fn few(
    comparison: Comparison,
    a: (&Datum, DataType),
    b: (&Datum, DataType),
    rows: usize,
) -> Result<Truths, Error> {
    if let Some(array) = beside_null(a.0, b.0) {
        let known = kernels::known_bits(array);
        return Ok(match comparison {
            Comparison::Is => Truths::known(!known, rows),
            Comparison::IsNot => Truths::known(known, rows),
            Comparison::Equal
            | Comparison::NotEqual
            | Comparison::Less
            | Comparison::LessEqual
            | Comparison::Greater
            | Comparison::GreaterEqual => Truths::UNKNOWN,
        });
    }
    match by_kernel(comparison, a, b, kernels::compare_few) {
        Some(truths) => Ok(truths),
        None => Ok(Truths::of(by_value(comparison, a, b, rows)?, rows)),
    }
}

/// The column that is compared with NULL, if one is.
fn beside_null<'a>(a: &'a Datum, b: &'a Datum) -> Option<&'a ArrayRef> {
    match (a, b) {
        (Datum::Array(array), Datum::Scalar(Value::Null))
        | (Datum::Scalar(Value::Null), Datum::Array(array)) => Some(array),
        (Datum::Array(_) | Datum::Scalar(_), _) => None,
    }
}

/// What a kernel says, where there is one for such operands.
fn by_kernel<T>(
    comparison: Comparison,
    a: (&Datum, DataType),
    b: (&Datum, DataType),
    kernel: impl Fn(Comparison, &dyn Array, Other<'_>) -> Option<T>,
) -> Option<T> {
    match (a, b) {
        ((Datum::Array(left), x), (Datum::Array(right), y)) if x == y && has_kernel(x) => {
            kernel(comparison, left, Other::Column(right))
        }
        ((Datum::Array(left), x), (Datum::Scalar(value), _)) if has_kernel(x) => {
            kernel(comparison, left, Other::Value(&as_column_has(value, x)?))
        }
        ((Datum::Scalar(value), _), (Datum::Array(right), y)) if has_kernel(y) => {
            kernel(comparison.flipped(), right, Other::Value(&as_column_has(value, y)?))
        }
        _ => None,
    }
}

fn by_value(
    comparison: Comparison,
    a: (&Datum, DataType),
    b: (&Datum, DataType),
    rows: usize,
) -> Result<Datum, Error> {
    map_values(rows, DataType::Boolean, &[a, b], |values| {
        Ok(compare(comparison, &values[0], &values[1]).map_or(Value::Null, Value::Boolean))
    })
}

/// Compares rows of values, given pair by pair: the first pair that differs decides, and one that has
/// a NULL before that leaves it open.
///
/// # Errors
/// None of its own.
pub fn evaluate_rows(
    comparison: Comparison,
    pairs: &[(&Datum, DataType)],
    rows: usize,
) -> Result<Datum, Error> {
    map_values(rows, DataType::Boolean, pairs, |values| {
        let mut truth = None;
        for pair in values.chunks_exact(2) {
            truth = compare(comparison, &pair[0], &pair[1]);
            if compare(Comparison::Equal, &pair[0], &pair[1]) != Some(true) {
                break;
            }
        }
        Ok(truth.map_or(Value::Null, Value::Boolean))
    })
}

/// Whether the order of the type's arrays is that of its values.
fn has_kernel(data_type: DataType) -> bool {
    match data_type {
        DataType::Integer
        | DataType::Real
        | DataType::Decimal { .. }
        | DataType::Text
        | DataType::Boolean
        | DataType::Date
        | DataType::Timestamp
        | DataType::Blob => true,
        DataType::Numeric | DataType::Json | DataType::Any | DataType::Flexible(_) => false,
    }
}

/// The value as a column of a type has it, if it is exactly one of that type and of the same class.
pub(super) fn as_column_has(value: &Value, data_type: DataType) -> Option<Value> {
    let same = match value {
        Value::Null => false,
        Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => {
            data_type.is_number()
        }
        Value::Text(_) | Value::Json(_) => data_type == DataType::Text,
        Value::Date(_) => data_type == DataType::Date,
        Value::Timestamp(_) => data_type == DataType::Timestamp,
        Value::Blob(_) => data_type == DataType::Blob,
    };
    if !same {
        return None;
    }
    let converted = data_type.accept(value.clone()).ok()?;
    (converted == *value).then_some(converted)
}

/// Whether each value counts as true.
///
/// # Errors
/// None of its own.
pub fn truth(operand: (&Datum, DataType), rows: usize) -> Result<Datum, Error> {
    map_values(rows, DataType::Boolean, &[operand], |values| Ok(value_truth(&values[0])))
}

/// Whether a value counts as true: a number other than 0, NULL where it is unknown.
pub fn value_truth(value: &Value) -> Value {
    match value.is_null() {
        true => Value::Null,
        false => {
            Value::Boolean(super::arithmetic::number(value).compare(&Value::Integer(0)).is_ne())
        }
    }
}

/// NOT of each row.
///
/// # Errors
/// None of its own.
pub fn not(operand: &Datum) -> Result<Datum, Error> {
    match operand {
        Datum::Scalar(Value::Boolean(truth)) => Ok(Datum::Scalar(Value::Boolean(!truth))),
        Datum::Scalar(value) => Ok(Datum::Scalar(conform(value.clone(), DataType::Boolean))),
        Datum::Array(array) => {
            use arrow_array::cast::AsArray;
            Ok(Datum::Array(Arc::new(kernels::not(array.as_boolean()))))
        }
    }
}

/// AND or OR of conditions by three-valued logic.
///
/// # Errors
/// None of its own.
pub fn combine(and: bool, a: Datum, b: Datum, rows: usize) -> Result<Datum, Error> {
    match (&a, &b) {
        // The side that decides alone, or changes nothing.
        (Datum::Scalar(Value::Boolean(truth)), other)
        | (other, Datum::Scalar(Value::Boolean(truth))) => {
            Ok(if *truth == and { other.clone() } else { Datum::Scalar(Value::Boolean(*truth)) })
        }
        (Datum::Scalar(_), Datum::Scalar(_)) => Ok(Datum::Scalar(Value::Null)),
        _ => {
            let (a, b) = (mask_or_nulls(a, rows), mask_or_nulls(b, rows));
            let combined = if and { kernels::and(&a, &b) } else { kernels::or(&a, &b) };
            Ok(Datum::Array(Arc::new(combined)))
        }
    }
}

fn mask_or_nulls(datum: Datum, rows: usize) -> BooleanArray {
    if let Datum::Scalar(Value::Null) = datum {
        use arrow_array::cast::AsArray;
        return nulls(DataType::Boolean, rows).as_boolean().clone();
    }
    datum.into_mask(rows)
}

/// The rows for which a condition is true: NULL counts as not.
pub fn selected(mask: &BooleanArray) -> BooleanArray {
    if mask.null_count() == 0 {
        mask.clone()
    } else {
        arrow_select::filter::prep_null_mask_filter(mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::{array_of, value_at};

    #[test]
    fn kernels_say_what_values_say() {
        let all = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessEqual,
            Comparison::Greater,
            Comparison::GreaterEqual,
            Comparison::Is,
            Comparison::IsNot,
        ];
        let reals = [-1.5, 0.0, 2.0, 1e300].map(Value::Real);
        let texts = ["", "a", "B", "é", "ab"].map(Value::text);
        let integers = [i64::MIN, -1, 0, 2, i64::MAX].map(Value::Integer);
        let cases: [(DataType, &[Value], &[Value]); 3] = [
            (DataType::Real, &reals, &[Value::Integer(2), Value::Real(0.0), Value::Null]),
            (DataType::Text, &texts, &[Value::text("a"), Value::Integer(1), Value::Null]),
            (DataType::Integer, &integers, &[Value::Real(2.0), Value::Real(1.5), Value::Null]),
        ];
        for (data_type, values, others) in cases {
            let mut column: Vec<Value> = values.to_vec();
            column.push(Value::Null);
            let array = Datum::Array(array_of(data_type, column.iter()).expect("small"));
            for (other, comparison) in others.iter().flat_map(|o| all.map(|c| (o, c))) {
                let scalar = Datum::Scalar(other.clone());
                let rows = column.len();
                let forward =
                    evaluate(comparison, (&array, data_type), (&scalar, DataType::Any), rows);
                let backward =
                    evaluate(comparison, (&scalar, DataType::Any), (&array, data_type), rows);
                let forward =
                    forward.expect("compares").into_array(DataType::Boolean, rows).expect("small");
                let backward =
                    backward.expect("compares").into_array(DataType::Boolean, rows).expect("small");
                for (row, value) in column.iter().enumerate() {
                    let truth = |t: Option<bool>| t.map_or(Value::Null, Value::Boolean);
                    let place = format!("{value} {} {other}", comparison.symbol());
                    let expected = truth(compare(comparison, value, other));
                    assert_eq!(value_at(&forward, DataType::Boolean, row), expected, "{place}");
                    let expected = truth(compare(comparison, other, value));
                    assert_eq!(value_at(&backward, DataType::Boolean, row), expected, "{place}");
                }
            }
        }
    }
}
