//! What an expression means in a session whose new tables are FLEXIBLE, where it differs.
//!
//! The columns of such tables hold what SQLite's hold. What is computed from them has SQLite's types
//! as well: `typeof` knows its five, a comparison counts as an INTEGER in JSON, constants that come to
//! more than 64 bits are a REAL, and a CAST to a type that nobody knows makes numbers.

use super::bind::Binder;
use super::expression::{Arithmetic, BoundExpression, BoundKind};
use super::functions::{AggregateFunction, ScalarFunction, TypeNames};
use crate::types::DataType;

impl Binder<'_, '_> {
    /// Whether expressions are SQLite's in the session. What is kept with a table means the same in
    /// all of them.
    pub(super) fn is_flexible(&self) -> bool {
        self.subqueries.as_ref().is_some_and(|queries| queries.planning.catalog.is_flexible())
    }

    /// A function, and what it is given, as the session means them.
    pub(super) fn meant(
        &self,
        function: ScalarFunction,
        arguments: Vec<BoundExpression>,
    ) -> (ScalarFunction, Vec<BoundExpression>) {
        if !self.is_flexible() {
            return (function, arguments);
        }
        if let ScalarFunction::Typeof(_) = function {
            (ScalarFunction::Typeof(TypeNames::Sqlite), arguments)
        } else if let ScalarFunction::Json(_) = function {
            (function, arguments.into_iter().map(counted).collect())
        } else {
            (function, arguments)
        }
    }

    /// The same of what an aggregate is given.
    pub(super) fn meant_of_rows(
        &self,
        function: AggregateFunction,
        arguments: Vec<BoundExpression>,
    ) -> Vec<BoundExpression> {
        let is_json = matches!(
            function,
            AggregateFunction::JsonGroupArray | AggregateFunction::JsonGroupObject
        );
        if is_json && self.is_flexible() {
            arguments.into_iter().map(counted).collect()
        } else {
            arguments
        }
    }

    /// Arithmetic of integer constants may come to a real.
    pub(super) fn may_round(&self, mut computed: BoundExpression) -> BoundExpression {
        let is_constant = |operand: &BoundExpression| {
            matches!(operand.kind, BoundKind::Literal(_) | BoundKind::Parameter { .. })
        };
        let may_round = if let BoundKind::Negate(operand) = &computed.kind {
            is_constant(operand)
        } else if let BoundKind::Arithmetic(
            Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply | Arithmetic::Divide,
            left,
            right,
        ) = &computed.kind
        {
            is_constant(left) && is_constant(right)
        } else {
            false
        };
        if may_round && computed.data_type == DataType::Integer && self.is_flexible() {
            computed.data_type = DataType::Numeric;
        }
        computed
    }
}

/// A truth value that is computed as the number that it is in SQLite; that of a column, which a strict
/// table has, stays one.
fn counted(argument: BoundExpression) -> BoundExpression {
    let is_column = matches!(argument.kind, BoundKind::Column(_) | BoundKind::Argument(_));
    if argument.data_type != DataType::Boolean || is_column {
        return argument;
    }
    BoundExpression::new(BoundKind::Cast(Box::new(argument)), DataType::Integer)
}
