//! Arithmetic of whole columns of decimals and integers.
//!
//! A column of decimals has one scale, so that each operand is brought to the scale of the result by one
//! factor for all rows; what is left is integer arithmetic. Where a result has no room, nothing is
//! computed here: by value it is an error that names the operands.

use super::datum::Datum;
use crate::planner::Arithmetic;
use crate::types::{DataType, Decimal, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, Decimal128Array};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use std::sync::Arc;

/// The most digits that a result has.
const DIGITS: u8 = 38;

/// An operand: its digits as integers, and how many of them stand behind the point.
struct Operand {
    digits: OperandDigits,
    scale: u8,
    nulls: Option<NullBuffer>,
}

enum OperandDigits {
    Column(ScalarBuffer<i128>),
    Constant(i128),
}

impl Operand {
    /// `None` of what is neither a decimal nor an integer, and of NULL.
    fn of((datum, data_type): (&Datum, DataType)) -> Option<Operand> {
        match (datum, data_type) {
            (Datum::Array(array), DataType::Decimal { scale, .. }) => {
                let digits = array.as_primitive::<Decimal128Type>().values().clone();
                let (digits, nulls) = (OperandDigits::Column(digits), array.nulls().cloned());
                Some(Operand { digits, scale, nulls })
            }
            (Datum::Array(array), DataType::Integer) => {
                let integers = array.as_primitive::<Int64Type>().values();
                let digits: Vec<i128> = integers.iter().map(|i| i128::from(*i)).collect();
                let (digits, nulls) =
                    (OperandDigits::Column(digits.into()), array.nulls().cloned());
                Some(Operand { digits, scale: 0, nulls })
            }
            (Datum::Scalar(Value::Decimal(decimal)), _) => {
                let Decimal { mantissa, scale } = *decimal;
                Some(Operand { digits: OperandDigits::Constant(mantissa), scale, nulls: None })
            }
            (Datum::Scalar(Value::Integer(integer)), _) => {
                let digits = OperandDigits::Constant(i128::from(*integer));
                Some(Operand { digits, scale: 0, nulls: None })
            }
            (Datum::Array(_) | Datum::Scalar(_), _) => None,
        }
    }

    /// The same numbers with `scale` digits behind the point; `None` where one has no room.
    fn rescaled(self, scale: u8) -> Option<Operand> {
        let places = scale.checked_sub(self.scale)?;
        if places == 0 {
            return Some(self);
        }
        let factor = 10_i128.checked_pow(u32::from(places))?;
        let digits = match self.digits {
            OperandDigits::Constant(digits) => OperandDigits::Constant(product(digits, factor)?),
            OperandDigits::Column(column) => {
                let digits =
                    computed(column.len(), self.nulls.as_ref(), |row| product(column[row], factor));
                OperandDigits::Column(digits?.into())
            }
        };
        Some(Operand { digits, scale, nulls: self.nulls })
    }
}

/// Computes with each row of two operands of which one is a column at least; `None` where an operator,
/// an operand or the result is of another kind, and where a result has no room.
pub(super) fn evaluate(
    operator: Arithmetic,
    result: DataType,
    a: (&Datum, DataType),
    b: (&Datum, DataType),
) -> Option<Datum> {
    let DataType::Decimal { scale, .. } = result else { return None };
    // Of two integers the result is one, or an error.
    let is_decimal = |(datum, data_type): (&Datum, DataType)| {
        matches!(data_type, DataType::Decimal { .. })
            || matches!(datum, Datum::Scalar(Value::Decimal(_)))
    };
    if !is_decimal(a) && !is_decimal(b) {
        return None;
    }
    let (a, b) = (Operand::of(a)?, Operand::of(b)?);
    let operation = match operator {
        Arithmetic::Add => sum,
        Arithmetic::Subtract => difference,
        Arithmetic::Multiply if a.scale.checked_add(b.scale) == Some(scale) && scale <= DIGITS => {
            product
        }
        Arithmetic::Multiply
        | Arithmetic::Divide
        | Arithmetic::Modulo
        | Arithmetic::BitAnd
        | Arithmetic::BitOr
        | Arithmetic::ShiftLeft
        | Arithmetic::ShiftRight => return None,
    };
    let (a, b) = if operator == Arithmetic::Multiply {
        (a, b)
    } else if a.scale.max(b.scale) == scale {
        (a.rescaled(scale)?, b.rescaled(scale)?)
    } else {
        return None;
    };
    let nulls = NullBuffer::union(a.nulls.as_ref(), b.nulls.as_ref());
    let digits = match (&a.digits, &b.digits) {
        (OperandDigits::Column(a), OperandDigits::Column(b)) => {
            computed(a.len(), nulls.as_ref(), |row| operation(a[row], b[row]))
        }
        (OperandDigits::Column(a), OperandDigits::Constant(b)) => {
            computed(a.len(), nulls.as_ref(), |row| operation(a[row], *b))
        }
        (OperandDigits::Constant(a), OperandDigits::Column(b)) => {
            computed(b.len(), nulls.as_ref(), |row| operation(*a, b[row]))
        }
        (OperandDigits::Constant(_), OperandDigits::Constant(_)) => None,
    };
    let column = Decimal128Array::new(digits?.into(), nulls).with_data_type(result.arrow());
    Some(Datum::Array(Arc::new(column)))
}

/// What an operation gives for each row that is known; `None` where one of these has no room.
fn computed(
    rows: usize,
    nulls: Option<&NullBuffer>,
    operation: impl Fn(usize) -> Option<i128>,
) -> Option<Vec<i128>> {
    match nulls {
        None => (0..rows).map(operation).collect(),
        Some(nulls) => {
            let known = |row: usize| if nulls.is_valid(row) { operation(row) } else { Some(0) };
            (0..rows).map(known).collect()
        }
    }
}

/// The sum of two integers, or of two decimals of one scale; `None` of others, and where it has no room.
pub(super) fn plus(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.checked_add(*b).map(Value::Integer),
        (Value::Decimal(a), Value::Decimal(b)) if a.scale == b.scale => {
            let mantissa = sum(a.mantissa, b.mantissa)?;
            Some(Value::Decimal(Decimal { mantissa, scale: a.scale }))
        }
        _ => None,
    }
}

fn sum(a: i128, b: i128) -> Option<i128> {
    a.checked_add(b).filter(fits)
}

fn difference(a: i128, b: i128) -> Option<i128> {
    a.checked_sub(b).filter(fits)
}

fn product(a: i128, b: i128) -> Option<i128> {
    // Most numbers have 64 bits, and their product has room.
    if let (Ok(a), Ok(b)) = (i64::try_from(a), i64::try_from(b)) {
        return Some(i128::from(a) * i128::from(b));
    }
    a.checked_mul(b).filter(fits)
}

/// Whether digits are no more than a decimal may have.
fn fits(digits: &i128) -> bool {
    const END: i128 = 10_i128.pow(38);
    -END < *digits && *digits < END
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::Error;
    use crate::executor::arithmetic::compute;
    use crate::types::column::{array_of, value_at};
    use proptest::prelude::*;

    const OPERATORS: &[Arithmetic] = &[
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Modulo,
    ];

    /// A type of exact numbers.
    fn exact() -> impl Strategy<Value = DataType> {
        prop_oneof![
            Just(DataType::Integer),
            (0_u8..20).prop_map(|scale| DataType::Decimal { precision: 38, scale }),
        ]
    }

    fn digits() -> impl Strategy<Value = Option<i128>> {
        let most = 10_i128.pow(38) - 1;
        prop_oneof![
            Just(None),
            (-1_000_i128..1_000).prop_map(Some),
            any::<i64>().prop_map(|digits| Some(i128::from(digits))),
            (-most..most).prop_map(Some),
        ]
    }

    fn value(digits: Option<i128>, data_type: DataType) -> Value {
        match (digits, data_type) {
            (Some(mantissa), DataType::Decimal { scale, .. }) => {
                Value::Decimal(Decimal { mantissa, scale })
            }
            (Some(digits), _) => i64::try_from(digits).map_or(Value::Null, Value::Integer),
            (None, _) => Value::Null,
        }
    }

    proptest! {
        #[test]
        fn columns_compute_as_values_do(
            rows in proptest::collection::vec((digits(), digits()), 1..6),
            (a_type, b_type) in (exact(), exact()),
            constant in 0_usize..3,
        ) {
            let mut a: Vec<Value> = rows.iter().map(|row| value(row.0, a_type)).collect();
            let mut b: Vec<Value> = rows.iter().map(|row| value(row.1, b_type)).collect();
            let datum = |values: &mut Vec<Value>, of, is_constant| {
                if is_constant {
                    let first = values[0].clone();
                    values.fill(first.clone());
                    return Datum::Scalar(first);
                }
                Datum::Array(array_of(of, values.iter()).expect("small"))
            };
            let (left, right) =
                (datum(&mut a, a_type, constant == 1), datum(&mut b, b_type, constant == 2));
            for operator in OPERATORS {
                let each: Result<Vec<Value>, Error> =
                    a.iter().zip(&b).map(|(a, b)| compute(*operator, a, b)).collect();
                let scales = (scale_of(a_type), scale_of(b_type));
                let scale = if *operator == Arithmetic::Multiply {
                    (scales.0 + scales.1).min(38)
                } else {
                    scales.0.max(scales.1)
                };
                let result = DataType::Decimal { precision: 38, scale };
                let whole = evaluate(*operator, result, (&left, a_type), (&right, b_type));
                let Some(whole) = whole else { continue };
                let whole = whole.into_array(result, rows.len()).expect("small");
                let each = each.expect("what a column can compute, values can");
                for (row, value) in each.iter().enumerate() {
                    let value = result.accept(value.clone()).expect("of this scale");
                    let computed = value_at(&whole, result, row);
                    prop_assert_eq!(format!("{computed:?}"), format!("{value:?}"));
                }
            }
        }
    }

    fn scale_of(data_type: DataType) -> u8 {
        if let DataType::Decimal { scale, .. } = data_type { scale } else { 0 }
    }

    #[test]
    fn money_is_computed_by_columns() {
        let of = |scale| DataType::Decimal { precision: 15, scale };
        let decimal = |mantissa, scale| Value::Decimal(Decimal { mantissa, scale });
        let column =
            |values: &[Value], of| Datum::Array(array_of(of, values.iter()).expect("small"));
        let price = column(&[decimal(1_995, 2), Value::Null, decimal(-5, 2)], of(2));
        let one = Datum::Scalar(Value::Integer(1));
        let less =
            evaluate(Arithmetic::Subtract, of(2), (&one, DataType::Integer), (&price, of(2)));
        let less = less.expect("there is a kernel");
        let product = evaluate(Arithmetic::Multiply, of(4), (&price, of(2)), (&less, of(2)));
        let product = product.and_then(|datum| datum.into_array(of(4), 3).ok()).expect("room");
        let values: Vec<String> =
            (0..3).map(|row| value_at(&product, of(4), row).to_string()).collect();
        assert_eq!(values, ["-378.0525", "NULL", "-0.0525"]);
    }
}
