//! Expressions that read no column, value by value.
//!
//! What a recursion does a million times is mostly one comparison and one addition of two values. They
//! mean here what they mean for columns, by the same functions of values; everything that is not listed
//! is a column of one row.

use super::evaluate::Context;
use super::{Error, arithmetic, cast, compare, datum};
use crate::planner::{BoundExpression, BoundKind, ScalarFunction};
use crate::types::{Literal, Value, with_stack};

impl Context {
    /// Computes an expression that reads no column.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn constant(&self, expression: &BoundExpression) -> Result<Value, Error> {
        with_stack(|| self.scalar(expression)).map_err(|error| error.at(expression.place))
    }

    fn scalar(&self, expression: &BoundExpression) -> Result<Value, Error> {
        let result = expression.data_type;
        // What most operands are takes no stack.
        let of = |operand: &BoundExpression| {
            if let BoundKind::Literal(value) = &operand.kind {
                return Ok(value.clone());
            }
            if let BoundKind::Argument(index) = operand.kind {
                return Ok(self.subqueries.argument(index));
            }
            self.constant(operand)
        };
        match &expression.kind {
            BoundKind::Literal(value) | BoundKind::Number(Literal { value, .. }) => {
                Ok(value.clone())
            }
            BoundKind::Argument(index) => Ok(self.subqueries.argument(*index)),
            BoundKind::Arithmetic(operator, a, b) => {
                let value = arithmetic::compute_as(result, *operator, &of(a)?, &of(b)?)?;
                Ok(datum::conform(value, result))
            }
            BoundKind::Compare(comparison, a, b) => {
                let truth = compare::compare(*comparison, &of(a)?, &of(b)?);
                Ok(truth.map_or(Value::Null, Value::Boolean))
            }
            BoundKind::And(a, b) => self.scalar_logic(true, a, b),
            BoundKind::Or(a, b) => self.scalar_logic(false, a, b),
            BoundKind::Not(a) => {
                let truth = of(a)?;
                Ok(if let Value::Boolean(truth) = truth { Value::Boolean(!truth) } else { truth })
            }
            BoundKind::Truth(a) => Ok(compare::value_truth(&of(a)?)),
            BoundKind::Negate(a) => {
                Ok(datum::conform(arithmetic::negate(result, &of(a)?)?, result))
            }
            BoundKind::BitNot(a) => Ok(datum::conform(arithmetic::bit_not(&of(a)?), result)),
            BoundKind::Cast(a) => Ok(datum::conform(cast::cast(&of(a)?, result)?, result)),
            BoundKind::Affinity(affinity, a) => Ok(datum::conform(affinity.of(of(a)?), result)),
            BoundKind::CollationKey(collation, a) => {
                Ok(datum::conform(collation.key_of(of(a)?), result))
            }
            BoundKind::Call(ScalarFunction::Coalesce, arguments) if arguments.len() == 1 => {
                Ok(datum::conform(of(&arguments[0])?, result))
            }
            BoundKind::Parameter { .. }
            | BoundKind::ExactParameter(_)
            | BoundKind::Column(_)
            | BoundKind::CurrentTime(_)
            | BoundKind::Aggregate(_)
            | BoundKind::Window(_)
            | BoundKind::CompareRows(..)
            | BoundKind::Concat(..)
            | BoundKind::InList { .. }
            | BoundKind::Match { .. }
            | BoundKind::Case { .. }
            | BoundKind::Let { .. }
            | BoundKind::Bound
            | BoundKind::Subquery(_)
            | BoundKind::Call(..) => self.of_one_row(expression),
        }
    }

    /// AND or OR; the right side is not computed where the left decides.
    fn scalar_logic(
        &self,
        and: bool,
        a: &BoundExpression,
        b: &BoundExpression,
    ) -> Result<Value, Error> {
        let decided = Value::Boolean(!and);
        let left = self.constant(a)?;
        if left == decided {
            return Ok(left);
        }
        let right = self.constant(b)?;
        Ok(if right == decided || left == Value::Boolean(and) { right } else { Value::Null })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::{Arithmetic, Comparison};
    use crate::types::DataType;

    fn boxed(value: &Value) -> Box<BoundExpression> {
        Box::new(BoundExpression::of(value.clone()))
    }

    /// All operators that are computed by value give what a column of one row gives.
    #[test]
    fn values_say_what_columns_say() {
        let context = Context::of_constants();
        let values = [
            Value::Null,
            Value::Integer(3),
            Value::Integer(i64::MAX),
            Value::Real(-0.5),
            Value::text("2x"),
            Value::Boolean(true),
            Value::Boolean(false),
        ];
        let pairs = values.iter().flat_map(|a| values.iter().map(move |b| (a, b)));
        for (a, b) in pairs {
            let truth = |value: &Value| {
                let kind = BoundKind::Truth(boxed(value));
                Box::new(BoundExpression::new(kind, DataType::Boolean))
            };
            let kinds = [
                (BoundKind::Arithmetic(Arithmetic::Add, boxed(a), boxed(b)), DataType::Any),
                (BoundKind::Arithmetic(Arithmetic::Modulo, boxed(a), boxed(b)), DataType::Any),
                (BoundKind::Compare(Comparison::Less, boxed(a), boxed(b)), DataType::Boolean),
                (BoundKind::Compare(Comparison::Is, boxed(a), boxed(b)), DataType::Boolean),
                (BoundKind::And(truth(a), truth(b)), DataType::Boolean),
                (BoundKind::Or(truth(a), truth(b)), DataType::Boolean),
                (BoundKind::Not(truth(a)), DataType::Boolean),
                (BoundKind::Cast(boxed(a)), DataType::Integer),
                (BoundKind::Cast(boxed(a)), DataType::Text),
            ];
            for (kind, data_type) in kinds {
                let expression = BoundExpression::new(kind, data_type);
                let by_value = context.constant(&expression).map_err(|error| error.to_string());
                let by_row = context.of_one_row(&expression).map_err(|error| error.to_string());
                assert_eq!(by_value, by_row, "{expression}");
            }
        }
    }
}
