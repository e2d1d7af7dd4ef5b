//! What an expression has among its parts, known without a look into it.
//!
//! Rewrites ask the same few things of every expression, and most of them of every part of it. So an
//! expression knows them from the moment it is made: what it is itself, and what its operands know.

use super::expression::{BoundExpression, BoundKind};
use super::functions::Volatility;
use crate::types::Value;

/// The kinds of parts that an expression has, itself among them, a bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExpressionParts(u16);

impl ExpressionParts {
    /// A column of the input.
    pub const COLUMN: ExpressionParts = ExpressionParts(1);
    /// An aggregate, while a SELECT is being planned.
    pub const AGGREGATE: ExpressionParts = ExpressionParts(1 << 1);
    /// A window function, while a SELECT is being planned.
    pub const WINDOW: ExpressionParts = ExpressionParts(1 << 2);
    /// A call that gives another value each time.
    pub const VOLATILE: ExpressionParts = ExpressionParts(1 << 3);
    /// A query.
    pub const SUBQUERY: ExpressionParts = ExpressionParts(1 << 4);
    /// An argument of the query that the expression stands in.
    pub const ARGUMENT: ExpressionParts = ExpressionParts(1 << 5);
    /// An OR.
    pub const DISJUNCTION: ExpressionParts = ExpressionParts(1 << 6);
    /// What can be an error for some value.
    pub const FALLIBLE: ExpressionParts = ExpressionParts(1 << 7);
    /// What nobody knows before the statement runs.
    pub const UNKNOWN: ExpressionParts = ExpressionParts(1 << 8);
    /// What can be computed before the statement runs, or decides nothing.
    pub const FOLDABLE: ExpressionParts = ExpressionParts(1 << 9);

    /// Those of an expression of a kind, from what its operands know.
    pub(super) fn of(kind: &BoundKind) -> ExpressionParts {
        ExpressionParts::with_visit(kind, |_| {})
    }

    /// The same with a visit to each operand on the way.
    pub(super) fn with_visit(
        kind: &BoundKind,
        mut visit: impl FnMut(&BoundExpression),
    ) -> ExpressionParts {
        let mut parts = ExpressionParts::own(kind);
        kind.for_each_operand(|operand| {
            visit(operand);
            parts.0 |= operand.parts.0;
            if !operand.parts.any(ExpressionParts::UNKNOWN) && operand.as_constant().is_none() {
                parts.0 |= ExpressionParts::FOLDABLE.0;
            }
        });
        // A part of a Let is computed with the whole, what is asked about a query for each row.
        if matches!(kind, BoundKind::Let { .. } | BoundKind::Subquery(_)) {
            parts.0 &= !ExpressionParts::FOLDABLE.0;
        }
        parts
    }

    /// Whether one of these is among them.
    pub fn any(self, such: ExpressionParts) -> bool {
        self.0 & such.0 != 0
    }

    /// Both together.
    pub const fn or(self, other: ExpressionParts) -> ExpressionParts {
        ExpressionParts(self.0 | other.0)
    }

    /// What an expression of a kind is by itself.
    fn own(kind: &BoundKind) -> ExpressionParts {
        let none = ExpressionParts::default();
        match kind {
            BoundKind::Column(_) => ExpressionParts::COLUMN.or(ExpressionParts::UNKNOWN),
            BoundKind::Aggregate(_) => ExpressionParts::AGGREGATE.or(ExpressionParts::UNKNOWN),
            BoundKind::Window(_) => ExpressionParts::WINDOW.or(ExpressionParts::UNKNOWN),
            BoundKind::Argument(_) => ExpressionParts::ARGUMENT.or(ExpressionParts::UNKNOWN),
            BoundKind::Subquery(_) => {
                ExpressionParts::SUBQUERY.or(ExpressionParts::UNKNOWN).or(ExpressionParts::FALLIBLE)
            }
            BoundKind::Parameter { .. }
            | BoundKind::ExactParameter(_)
            | BoundKind::CurrentTime(_)
            | BoundKind::Let { .. }
            | BoundKind::Bound => ExpressionParts::UNKNOWN,
            BoundKind::Call(function, _) => {
                ExpressionParts::FALLIBLE.or(match function.volatility() {
                    Volatility::Immutable => none,
                    Volatility::Stable => ExpressionParts::UNKNOWN,
                    Volatility::Volatile => ExpressionParts::VOLATILE.or(ExpressionParts::UNKNOWN),
                })
            }
            BoundKind::Arithmetic(..)
            | BoundKind::Negate(_)
            | BoundKind::Cast(_)
            | BoundKind::Match { .. } => ExpressionParts::FALLIBLE,
            BoundKind::And(a, b) => decided(a, b),
            BoundKind::Or(a, b) => ExpressionParts::DISJUNCTION.or(decided(a, b)),
            BoundKind::Literal(_)
            | BoundKind::Number(_)
            | BoundKind::BitNot(_)
            | BoundKind::Not(_)
            | BoundKind::Truth(_)
            | BoundKind::Compare(..)
            | BoundKind::CompareRows(..)
            | BoundKind::Concat(..)
            | BoundKind::InList { .. }
            | BoundKind::Case { .. }
            | BoundKind::Affinity(..)
            | BoundKind::CollationKey(..) => none,
        }
    }
}

/// What AND and OR have where one side is a truth value: the other side, or that, is the whole.
fn decided(a: &BoundExpression, b: &BoundExpression) -> ExpressionParts {
    let is_truth =
        |side: &BoundExpression| matches!(side.kind, BoundKind::Literal(Value::Boolean(_)));
    if is_truth(a) || is_truth(b) { ExpressionParts::FOLDABLE } else { ExpressionParts::default() }
}
