//! How tightly operators bind: the one table for the parser's loop and the printer's parentheses.

use super::{BinaryOperator, ExpressionKind, UnaryOperator};
use crate::types::Value;

/// `OR`
pub const OR: u8 = 1;
/// `AND`
pub const AND: u8 = 2;
/// `NOT`, before its operand.
pub const NOT: u8 = 3;
/// `= <> IS IN LIKE GLOB REGEXP BETWEEN ISNULL NOTNULL`
pub const EQUALITY: u8 = 4;
/// `< <= > >=`
pub const COMPARISON: u8 = 5;
/// `& | << >>`
pub const BITS: u8 = 6;
/// `+ -`
pub const SUM: u8 = 7;
/// `* / %`
pub const PRODUCT: u8 = 8;
/// `|| -> ->>`
pub const CONCAT: u8 = 9;
/// COLLATE
pub const COLLATE: u8 = 10;
/// `- + ~`, before their operand.
pub const SIGN: u8 = 11;
/// What needs no parentheses.
pub const ATOM: u8 = 12;

impl BinaryOperator {
    /// How tightly the operator binds; all bind to the left.
    pub fn precedence(self) -> u8 {
        match self {
            BinaryOperator::Or => OR,
            BinaryOperator::And => AND,
            BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Is
            | BinaryOperator::IsNot => EQUALITY,
            BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual => COMPARISON,
            BinaryOperator::BitAnd
            | BinaryOperator::BitOr
            | BinaryOperator::ShiftLeft
            | BinaryOperator::ShiftRight => BITS,
            BinaryOperator::Add | BinaryOperator::Subtract => SUM,
            BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo => PRODUCT,
            BinaryOperator::Concat | BinaryOperator::Arrow | BinaryOperator::LongArrow => CONCAT,
        }
    }
}

impl UnaryOperator {
    /// How tightly the operator binds.
    pub fn precedence(self) -> u8 {
        match self {
            UnaryOperator::Not => NOT,
            UnaryOperator::Minus | UnaryOperator::Plus | UnaryOperator::BitNot => SIGN,
        }
    }
}

impl ExpressionKind {
    /// How tightly the outermost operator binds; [`ATOM`] if there is none.
    pub fn precedence(&self) -> u8 {
        match self {
            ExpressionKind::Unary { operator, .. } => operator.precedence(),
            ExpressionKind::Binary { operator, .. } => operator.precedence(),
            ExpressionKind::Collate { .. } => COLLATE,
            ExpressionKind::Between { .. }
            | ExpressionKind::InList { .. }
            | ExpressionKind::InQuery { .. }
            | ExpressionKind::Match { .. } => EQUALITY,
            ExpressionKind::Quantified { operator, .. } => operator.precedence(),
            ExpressionKind::Literal(_)
            | ExpressionKind::Moment { .. }
            | ExpressionKind::Parameter { .. }
            | ExpressionKind::Variable(_)
            | ExpressionKind::CurrentTime(_)
            | ExpressionKind::Column { .. }
            | ExpressionKind::Subquery(_)
            | ExpressionKind::Exists(_)
            | ExpressionKind::Row(_)
            | ExpressionKind::Case { .. }
            | ExpressionKind::Cast { .. }
            | ExpressionKind::Raise { .. }
            | ExpressionKind::Function(_) => ATOM,
        }
    }

    /// Whether this is a number that prints with a minus (true) or without one (false).
    pub(in crate::language) fn is_number(&self, negative: bool) -> bool {
        let ExpressionKind::Literal(literal) = self else { return false };
        match literal.value {
            Value::Integer(integer) => (integer < 0) == negative,
            Value::Real(real) => (real < 0.0) == negative,
            Value::Decimal(number) => (number.mantissa < 0) == negative,
            Value::Null
            | Value::Boolean(_)
            | Value::Date(_)
            | Value::Timestamp(_)
            | Value::Text(_)
            | Value::Json(_)
            | Value::Blob(_) => false,
        }
    }
}
