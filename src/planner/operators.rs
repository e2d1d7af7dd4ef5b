//! What an operator between two bound operands is, and its static type.

use super::bind::{boolean, boxed, truth};
use super::expression::{Arithmetic, BoundExpression, BoundKind, Comparison};
use super::functions::{JsonFunction, ScalarFunction};
use super::moment_arithmetic::arithmetic_of_moments;
use super::{Error, exact_numbers};
use crate::language::ast::BinaryOperator;
use crate::types::{DataType, Span};

impl Comparison {
    /// The comparison that an operator is, if it is one.
    pub(super) fn of(operator: BinaryOperator) -> Option<Comparison> {
        Some(match operator {
            BinaryOperator::Equal => Comparison::Equal,
            BinaryOperator::NotEqual => Comparison::NotEqual,
            BinaryOperator::Less => Comparison::Less,
            BinaryOperator::LessEqual => Comparison::LessEqual,
            BinaryOperator::Greater => Comparison::Greater,
            BinaryOperator::GreaterEqual => Comparison::GreaterEqual,
            BinaryOperator::Is => Comparison::Is,
            BinaryOperator::IsNot => Comparison::IsNot,
            BinaryOperator::Or
            | BinaryOperator::And
            | BinaryOperator::Add
            | BinaryOperator::Subtract
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::Concat
            | BinaryOperator::Arrow
            | BinaryOperator::LongArrow
            | BinaryOperator::BitAnd
            | BinaryOperator::BitOr
            | BinaryOperator::ShiftLeft
            | BinaryOperator::ShiftRight => return None,
        })
    }
}

/// The operator over two operands; comparisons are of rows, and made by
/// [`compare`](super::row_value::compare).
///
/// # Errors
/// `type` of arithmetic that means nothing for moments, or of digits that no DECIMAL holds.
pub(super) fn binary(
    operator: BinaryOperator,
    left: BoundExpression,
    right: BoundExpression,
    span: Span,
) -> Result<BoundExpression, Error> {
    Ok(match operator {
        BinaryOperator::Or => boolean(BoundKind::Or(boxed(truth(left)), boxed(truth(right)))),
        BinaryOperator::And => boolean(BoundKind::And(boxed(truth(left)), boxed(truth(right)))),
        BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual
        | BinaryOperator::Is
        | BinaryOperator::IsNot => unreachable!("{operator:?} compares rows"),
        BinaryOperator::Add => arithmetic(Arithmetic::Add, left, right, span)?,
        BinaryOperator::Subtract => arithmetic(Arithmetic::Subtract, left, right, span)?,
        BinaryOperator::Multiply => arithmetic(Arithmetic::Multiply, left, right, span)?,
        BinaryOperator::Divide => arithmetic(Arithmetic::Divide, left, right, span)?,
        BinaryOperator::Modulo => arithmetic(Arithmetic::Modulo, left, right, span)?,
        BinaryOperator::BitAnd => arithmetic(Arithmetic::BitAnd, left, right, span)?,
        BinaryOperator::BitOr => arithmetic(Arithmetic::BitOr, left, right, span)?,
        BinaryOperator::ShiftLeft => arithmetic(Arithmetic::ShiftLeft, left, right, span)?,
        BinaryOperator::ShiftRight => arithmetic(Arithmetic::ShiftRight, left, right, span)?,
        BinaryOperator::Concat => {
            let kind = BoundKind::Concat(boxed(left), boxed(right));
            BoundExpression::new(kind, DataType::Text)
        }
        BinaryOperator::Arrow => json(JsonFunction::Arrow, left, right, DataType::Json),
        BinaryOperator::LongArrow => json(JsonFunction::LongArrow, left, right, DataType::Any),
    })
}

fn json(
    function: JsonFunction,
    left: BoundExpression,
    right: BoundExpression,
    data_type: DataType,
) -> BoundExpression {
    let kind = BoundKind::Call(ScalarFunction::Json(function), vec![left, right]);
    BoundExpression::new(kind, data_type)
}

fn arithmetic(
    operator: Arithmetic,
    left: BoundExpression,
    right: BoundExpression,
    span: Span,
) -> Result<BoundExpression, Error> {
    let (left, right) = match operator {
        Arithmetic::Add
        | Arithmetic::Subtract
        | Arithmetic::Multiply
        | Arithmetic::Divide
        | Arithmetic::Modulo => exact_numbers::operands(left, right, span)?,
        Arithmetic::BitAnd | Arithmetic::BitOr | Arithmetic::ShiftLeft | Arithmetic::ShiftRight => {
            (left, right)
        }
    };
    let data_type = match arithmetic_of_moments(operator, left.data_type, right.data_type) {
        None => arithmetic_type(operator, left.data_type, right.data_type),
        Some(Ok(data_type)) => data_type,
        Some(Err(undefined)) => {
            return Err(
                Error::new("type", undefined.message, span).help(Some(undefined.help.to_owned()))
            );
        }
    };
    let kind = BoundKind::Arithmetic(operator, boxed(left), boxed(right));
    Ok(BoundExpression::new(kind, data_type))
}

fn arithmetic_type(operator: Arithmetic, left: DataType, right: DataType) -> DataType {
    use DataType::{Any, Boolean, Integer, Numeric, Real};
    if matches!(
        operator,
        Arithmetic::BitAnd | Arithmetic::BitOr | Arithmetic::ShiftLeft | Arithmetic::ShiftRight
    ) {
        return Integer;
    }
    match (left, right) {
        (Integer | Boolean, Integer | Boolean) => Integer,
        (Real, right) | (right, Real) if right.is_number() && right != Numeric => Real,
        _ => exact_numbers::arithmetic_type(operator, left, right).unwrap_or(Any),
    }
}
