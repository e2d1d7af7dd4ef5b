//! Arithmetic: of two values, and of two columns by the same rules.
//!
//! Integers stay integers and overflow is an error, but where the result may be a real; of decimals and
//! integers + - * % are exact and / has ten digits behind the point or as many as they have, more than
//! 38 digits are an error; division by zero is NULL; a real that would be no number is NULL. A text
//! counts as the number it begins with.

use super::datum::{Datum, map_values, shared};
use super::kernels::{self, Integers};
use super::{Error, exact_columns};
use crate::planner::{Arithmetic, arithmetic_of_moments, quotient_scale};
use crate::types::column::value_at;
use crate::types::{DataType, Decimal, Value, integer_prefix, numeric_prefix};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_buffer::{NullBuffer, ScalarBuffer};

/// A value as a number: integer, real or decimal.
pub fn number(value: &Value) -> Value {
    match value {
        Value::Boolean(truth) => Value::Integer(i64::from(*truth)),
        Value::Text(_) | Value::Json(_) | Value::Date(_) | Value::Timestamp(_) | Value::Blob(_) => {
            numeric_prefix(&value.to_text())
        }
        Value::Null | Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => value.clone(),
    }
}

/// A number as a double; 0.0 for what is none.
pub fn to_real(value: &Value) -> f64 {
    match number(value) {
        #[expect(clippy::cast_precision_loss, reason = "arithmetic with a real rounds, as in SQL")]
        Value::Integer(i) => i as f64,
        Value::Real(r) => r,
        Value::Decimal(d) => d.to_f64(),
        Value::Null
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Text(_)
        | Value::Json(_)
        | Value::Blob(_) => 0.0,
    }
}

/// A value as an integer: a number cut towards zero, of a text the integer it begins with; held at
/// the ends of 64 bits.
pub fn to_integer(value: &Value) -> i64 {
    match value {
        Value::Null => 0,
        Value::Boolean(truth) => i64::from(*truth),
        Value::Integer(i) => *i,
        #[expect(clippy::cast_possible_truncation, reason = "`as` holds at the ends")]
        Value::Real(r) => *r as i64,
        Value::Decimal(d) => d.trunc().unwrap_or(if d.mantissa < 0 { i64::MIN } else { i64::MAX }),
        Value::Text(_) | Value::Json(_) | Value::Date(_) | Value::Timestamp(_) | Value::Blob(_) => {
            integer_prefix(&value.to_text())
        }
    }
}

/// The error of integers that come to more than 64 bits.
const OVERFLOW: &str = "integer-overflow";

fn overflow(operator: Arithmetic, a: &Value, b: &Value) -> Error {
    Error::Failed {
        code: OVERFLOW,
        message: format!("{a} {} {b} is beyond 64 bits", operator.symbol()),
        help: Some("CAST one side AS REAL to compute with rounding".into()),
    }
}

/// Computes `a operator b`.
///
/// # Errors
/// `integer-overflow`, `decimal-overflow`, `date-overflow`; `type` of a moment with what makes no
/// sense beside it.
pub fn compute(operator: Arithmetic, a: &Value, b: &Value) -> Result<Value, Error> {
    if let (Value::Integer(i), Value::Integer(j)) = (a, b) {
        return of_integers(operator, *i, *j);
    }
    if a.is_null() || b.is_null() {
        return Ok(Value::Null);
    }
    if let Some(defined) = arithmetic_of_moments(operator, a.data_type(), b.data_type()) {
        return match defined {
            Ok(_) => days(operator, a, b),
            Err(undefined) => Err(Error::Failed {
                code: "type",
                message: undefined.message,
                help: Some(undefined.help.to_owned()),
            }),
        };
    }
    let (x, y) = (number(a), number(b));
    if let Some(result) = decimals(operator, &x, &y) {
        return result;
    }
    let are_integers = matches!((&x, &y), (Value::Integer(_), Value::Integer(_)));
    if !are_integers && let Some(operation) = real_operation(operator) {
        return Ok(Value::real(operation(to_real(&x), to_real(&y))));
    }
    // SQLite makes integers of the operands of what is left, and a real of their remainder again.
    let result = of_integers(operator, to_integer(a), to_integer(b))?;
    match operator == Arithmetic::Modulo && !are_integers && !result.is_null() {
        true => Ok(Value::real(to_real(&result))),
        false => Ok(result),
    }
}

/// Computes `a operator b` for a result of a type. Where that holds reals, too, integers that come to
/// more than 64 bits become one, as in SQLite.
///
/// # Errors
/// As [`compute`].
pub fn compute_as(
    result: DataType,
    operator: Arithmetic,
    a: &Value,
    b: &Value,
) -> Result<Value, Error> {
    let computed = compute(operator, a, b);
    if let (Err(error), Some(operation)) = (&computed, real_operation(operator))
        && result.is_mixed()
        && error.code() == OVERFLOW
    {
        return Ok(Value::real(operation(to_real(a), to_real(b))));
    }
    computed
}

/// Computes `-x`.
///
/// # Errors
/// `integer-overflow`, `decimal-overflow`
pub fn negate(result: DataType, value: &Value) -> Result<Value, Error> {
    compute_as(result, Arithmetic::Subtract, &Value::Integer(0), &number(value))
}

/// Days between two days, or a day so many days from another.
fn days(operator: Arithmetic, a: &Value, b: &Value) -> Result<Value, Error> {
    let moved = match (a, b) {
        (Value::Date(a), Value::Date(b)) => {
            return Ok(Value::Integer(i64::from(a.0) - i64::from(b.0)));
        }
        (Value::Date(day), Value::Integer(days)) if operator == Arithmetic::Subtract => {
            days.checked_neg().and_then(|days| day.moved(days))
        }
        (Value::Date(day), Value::Integer(days)) | (Value::Integer(days), Value::Date(day)) => {
            day.moved(*days)
        }
        _ => None,
    };
    let message = || format!("{a} {} {b} is beyond the years 0000 to 9999", operator.symbol());
    moved.map(Value::Date).ok_or_else(|| Error::failed("date-overflow", message()))
}

/// Computes `a operator b` of two integers; NULL where that would be divided by zero.
///
/// # Errors
/// `integer-overflow`
fn of_integers(operator: Arithmetic, a: i64, b: i64) -> Result<Value, Error> {
    if b == 0 && matches!(operator, Arithmetic::Divide | Arithmetic::Modulo) {
        return Ok(Value::Null);
    }
    let result = integers(operator, a, b).map(Value::Integer);
    result.ok_or_else(|| overflow(operator, &Value::Integer(a), &Value::Integer(b)))
}

/// The result of two integers; `None` where it is beyond 64 bits, or divided by zero.
fn integers(operator: Arithmetic, a: i64, b: i64) -> Option<i64> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Modulo => (b != 0).then(|| a.wrapping_rem(b)),
        Arithmetic::BitAnd => Some(a & b),
        Arithmetic::BitOr => Some(a | b),
        Arithmetic::ShiftLeft => Some(shift(a, b)),
        Arithmetic::ShiftRight => Some(shift(a, b.saturating_neg())),
    }
}

/// What an operator does with reals; `None` where it makes integers of them. What it gives is not a
/// number where there is no result, which becomes NULL.
fn real_operation(operator: Arithmetic) -> Option<fn(f64, f64) -> f64> {
    match operator {
        Arithmetic::Add => Some(|a, b| a + b),
        Arithmetic::Subtract => Some(|a, b| a - b),
        Arithmetic::Multiply => Some(|a, b| a * b),
        Arithmetic::Divide => Some(|a, b| if b == 0.0 { f64::NAN } else { a / b }),
        Arithmetic::Modulo
        | Arithmetic::BitAnd
        | Arithmetic::BitOr
        | Arithmetic::ShiftLeft
        | Arithmetic::ShiftRight => None,
    }
}

/// The exact result of two numbers of which one is a decimal and none a real; `None` for others.
fn decimals(operator: Arithmetic, a: &Value, b: &Value) -> Option<Result<Value, Error>> {
    let (x, y) = match (a, b) {
        (Value::Decimal(x), Value::Decimal(y)) => (*x, *y),
        (Value::Decimal(x), Value::Integer(y)) => (*x, Decimal::from(*y)),
        (Value::Integer(x), Value::Decimal(y)) => (Decimal::from(*x), *y),
        _ => return None,
    };
    let result = match operator {
        Arithmetic::Add => x.checked_add(y),
        Arithmetic::Subtract => y.checked_neg().and_then(|y| x.checked_add(y)),
        Arithmetic::Multiply => x.checked_mul(y),
        Arithmetic::Divide | Arithmetic::Modulo if y.mantissa == 0 => return Some(Ok(Value::Null)),
        Arithmetic::Divide => x.checked_div(y, quotient_scale(x.scale, y.scale)),
        Arithmetic::Modulo => x.checked_rem(y),
        Arithmetic::BitAnd | Arithmetic::BitOr | Arithmetic::ShiftLeft | Arithmetic::ShiftRight => {
            return None;
        }
    };
    Some(result.filter(|result| result.fits(38)).map(Value::Decimal).ok_or_else(|| Error::Failed {
        code: "decimal-overflow",
        message: format!("{a} {} {b} has more than 38 digits", operator.symbol()),
        help: Some("CAST one side AS REAL to compute with rounding".into()),
    }))
}

/// Turns all bits of an integer over.
pub fn bit_not(value: &Value) -> Value {
    if value.is_null() { Value::Null } else { Value::Integer(!to_integer(value)) }
}

/// SQLite's: a negative distance shifts the other way, 64 or more shifts everything out.
fn shift(value: i64, distance: i64) -> i64 {
    match distance {
        64.. => 0,
        0..=63 => value << distance,
        -63..=-1 => value >> -distance,
        _ => value >> 63,
    }
}

/// Computes `a operator b` for each row.
///
/// # Errors
/// As [`compute`].
pub fn evaluate(
    operator: Arithmetic,
    result: DataType,
    a: (&Datum, DataType),
    b: (&Datum, DataType),
    rows: usize,
) -> Result<Datum, Error> {
    let arrays = matches!(a.0, Datum::Array(_)) || matches!(b.0, Datum::Array(_));
    if arrays
        && result == DataType::Real
        && let Some(operation) = real_operation(operator)
    {
        return Ok(evaluate_reals(operation, a, b, rows));
    }
    // The kernel stops at an overflow; computed again by value, the error names the operands.
    if arrays
        && a.1 == DataType::Integer
        && b.1 == DataType::Integer
        && let Some(computed) = evaluate_integers(operator, a.0, b.0)
    {
        return Ok(computed);
    }
    if arrays && let Some(computed) = exact_columns::evaluate(operator, result, a, b) {
        return Ok(computed);
    }
    map_values(rows, result, &[a, b], |values| compute_as(result, operator, &values[0], &values[1]))
}

/// Whole columns at once; `None` where there is no kernel for the operator, or it overflows.
fn evaluate_integers(operator: Arithmetic, a: &Datum, b: &Datum) -> Option<Datum> {
    match operator {
        Arithmetic::Add => computed_integers(a, b, i64::overflowing_add),
        Arithmetic::Subtract => computed_integers(a, b, i64::overflowing_sub),
        Arithmetic::Multiply => computed_integers(a, b, i64::overflowing_mul),
        // Division by zero is NULL, and the others are rare.
        Arithmetic::Divide
        | Arithmetic::Modulo
        | Arithmetic::BitAnd
        | Arithmetic::BitOr
        | Arithmetic::ShiftLeft
        | Arithmetic::ShiftRight => None,
    }
}

/// `operation` gives the result and whether it has overflowed.
fn computed_integers(
    a: &Datum,
    b: &Datum,
    operation: impl Fn(i64, i64) -> (i64, bool),
) -> Option<Datum> {
    kernels::integers(integers_of(a)?, integers_of(b)?, operation).map(shared)
}

/// `None` of NULL.
fn integers_of(datum: &Datum) -> Option<Integers<'_>> {
    match datum {
        Datum::Array(array) => Some(Integers::Column(array.as_primitive::<Int64Type>())),
        Datum::Scalar(Value::Integer(integer)) => Some(Integers::Constant(*integer)),
        Datum::Scalar(_) => None,
    }
}

/// Computes `-x` for each row.
///
/// # Errors
/// As [`negate`].
pub fn negate_each(
    result: DataType,
    operand: (&Datum, DataType),
    rows: usize,
) -> Result<Datum, Error> {
    // What else is a number is made one value by value.
    let is_computed_as_column =
        matches!(operand.1, DataType::Integer | DataType::Real | DataType::Decimal { .. });
    if is_computed_as_column {
        let zero = Datum::Scalar(Value::Integer(0));
        return evaluate(Arithmetic::Subtract, result, (&zero, DataType::Integer), operand, rows);
    }
    map_values(rows, result, &[operand], |values| negate(result, &values[0]))
}

/// One operand of real arithmetic.
enum RealOperand {
    Constant(f64),
    Column(ScalarBuffer<f64>, Option<NullBuffer>),
}

impl RealOperand {
    /// `None` of NULL.
    fn of((datum, data_type): (&Datum, DataType)) -> Option<RealOperand> {
        Some(match (datum, data_type) {
            (Datum::Scalar(Value::Null), _) => return None,
            (Datum::Scalar(value), _) => RealOperand::Constant(to_real(value)),
            (Datum::Array(array), DataType::Real) => {
                let reals = array.as_primitive::<Float64Type>();
                RealOperand::Column(reals.values().clone(), reals.nulls().cloned())
            }
            (Datum::Array(array), DataType::Integer) => {
                let integers = array.as_primitive::<Int64Type>();
                let real = |integer: &i64| to_real(&Value::Integer(*integer));
                let reals: Vec<f64> = integers.values().iter().map(real).collect();
                RealOperand::Column(reals.into(), integers.nulls().cloned())
            }
            (Datum::Array(array), _) => {
                let real = |row: usize| to_real(&value_at(array, data_type, row));
                let reals: Vec<f64> = (0..array.len()).map(real).collect();
                RealOperand::Column(reals.into(), array.nulls().cloned())
            }
        })
    }

    fn at(&self, row: usize) -> f64 {
        match self {
            RealOperand::Constant(real) => *real,
            RealOperand::Column(reals, _) => reals[row],
        }
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        if let RealOperand::Column(_, nulls) = self { nulls.as_ref() } else { None }
    }
}

fn evaluate_reals(
    operation: fn(f64, f64) -> f64,
    a: (&Datum, DataType),
    b: (&Datum, DataType),
    rows: usize,
) -> Datum {
    let (Some(a), Some(b)) = (RealOperand::of(a), RealOperand::of(b)) else {
        return Datum::Scalar(Value::Null);
    };
    // Adding 0.0 turns -0.0 into 0.0 and changes nothing else.
    let computed = (0..rows).map(|row| operation(a.at(row), b.at(row)) + 0.0);
    shared(kernels::reals(computed.collect(), NullBuffer::union(a.nulls(), b.nulls())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use proptest::prelude::*;

    fn operand() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            (-4_i64..4).prop_map(Value::Integer),
            (-4_i32..4).prop_map(|i| Value::Real(f64::from(i) / 2.0)),
        ]
    }

    proptest! {
        #[test]
        fn columns_compute_as_values_do(
            pairs in proptest::collection::vec((operand(), operand()), 1..8),
            integers in any::<bool>(),
        ) {
            let data_type = if integers { DataType::Integer } else { DataType::Real };
            let fit = |v: &Value| data_type.accept(v.clone()).unwrap_or(Value::Null);
            let a: Vec<Value> = pairs.iter().map(|(a, _)| fit(a)).collect();
            let b: Vec<Value> = pairs.iter().map(|(_, b)| fit(b)).collect();
            let column = |values: &[Value]| Datum::Array(array_of(data_type, values.iter()).expect("small"));
            for operator in [
                Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide,
            ] {
                let (left, right) = (column(&a), column(&b));
                let whole =
                    evaluate(operator, data_type, (&left, data_type), (&right, data_type), a.len());
                let each: Result<Vec<Value>, Error> =
                    a.iter().zip(&b).map(|(a, b)| compute(operator, a, b)).collect();
                match (whole, each) {
                    (Ok(whole), Ok(each)) => {
                        let whole = whole.into_array(data_type, a.len()).expect("small");
                        for (row, value) in each.iter().enumerate() {
                            let computed = value_at(&whole, data_type, row);
                            prop_assert_eq!(format!("{computed:?}"), format!("{value:?}"));
                        }
                    }
                    (whole, each) => prop_assert!(whole.is_err() && each.is_err()),
                }
            }
        }
    }

    #[test]
    fn the_ends_of_64_bits_are_errors_and_not_panics() {
        let (min, one) = (Value::Integer(i64::MIN), Value::Integer(-1));
        assert!(compute(Arithmetic::Divide, &min, &one).is_err());
        assert_eq!(compute(Arithmetic::Modulo, &min, &one).ok(), Some(Value::Integer(0)));
        assert!(compute(Arithmetic::Multiply, &min, &one).is_err());
        let shifted = |a: i64, b: i64| {
            compute(Arithmetic::ShiftLeft, &Value::Integer(a), &Value::Integer(b)).ok()
        };
        assert_eq!(shifted(1, 64), Some(Value::Integer(0)));
        assert_eq!(shifted(-8, -1), Some(Value::Integer(-4)));
        assert_eq!(shifted(-8, i64::MIN), Some(Value::Integer(-1)));
    }
}
