//! Constants are computed once, and conditions that decide nothing go.

use super::RewriteContext;
use crate::planner::Catalog;
use crate::planner::expression::{BoundExpression, BoundKind};
use crate::planner::expression_parts::ExpressionParts;
use crate::planner::logical::{Logical, LogicalJoin};
use crate::types::{DataType, Value};

/// Computes what reads no column, parameter or clock, unless that is an error: then the rows decide
/// whether it ever has to be computed.
pub(super) fn apply(logical: &mut Logical, context: &RewriteContext) {
    logical.for_each_input_mut(|input| apply(input, context));
    logical.for_each_expression_mut(|expression| {
        fold(expression, context.catalog);
    });
    let is_no_condition = |condition: &BoundExpression| !is_literal(condition, true);
    match logical {
        Logical::Filter { conditions, .. } | Logical::Join(LogicalJoin { on: conditions, .. }) => {
            conditions.retain(is_no_condition);
        }
        Logical::Table(table) => table.conditions.retain(is_no_condition),
        Logical::Function(function) => function.on.retain(is_no_condition),
        Logical::OneRow
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)
        | Logical::Project { .. }
        | Logical::Aggregate(_)
        | Logical::Window(_)
        | Logical::Distinct { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. } => {}
    }
    if let Logical::Filter { input, conditions } = logical
        && conditions.is_empty()
    {
        *logical = input.take();
    }
}

/// The value of an expression that is known before the statement runs.
pub(in crate::planner) fn known_value(
    expression: &BoundExpression,
    catalog: &dyn Catalog,
) -> Option<Value> {
    let mut folded = expression.clone();
    fold(&mut folded, catalog);
    folded.as_constant().cloned()
}

/// Folds an expression. A constant is computed as a whole: only where that is an error, its parts are.
fn fold(expression: &mut BoundExpression, catalog: &dyn Catalog) {
    let parts = expression.parts();
    if !parts.any(ExpressionParts::UNKNOWN) {
        compute(expression, catalog);
    } else if parts.any(ExpressionParts::FOLDABLE) {
        expression.for_each_operand_mut(|operand| fold(operand, catalog));
        fold_logic(expression);
    }
}

/// Whether folding makes something of an expression, or of the condition that it is.
pub(super) fn is_worth(expression: &BoundExpression) -> bool {
    let parts = expression.parts();
    parts.any(ExpressionParts::FOLDABLE)
        || !parts.any(ExpressionParts::UNKNOWN) && !is_computed(expression)
        || is_literal(expression, true)
}

fn is_computed(expression: &BoundExpression) -> bool {
    matches!(expression.kind, BoundKind::Literal(_) | BoundKind::Number(_))
}

/// Computes a constant, or what can be of it.
fn compute(expression: &mut BoundExpression, catalog: &dyn Catalog) {
    if is_computed(expression) {
        return;
    }
    if let Some(value) = catalog.constant(expression) {
        expression.become_kind(BoundKind::Literal(value));
    } else {
        expression.for_each_operand_mut(|operand| compute_parts(operand, catalog));
        fold_logic(expression);
    }
}

/// Computes the parts of a constant from the innermost on, each once, and it from them.
fn compute_parts(expression: &mut BoundExpression, catalog: &dyn Catalog) {
    if is_computed(expression) {
        return;
    }
    let mut all = true;
    expression.for_each_operand_mut(|operand| {
        compute_parts(operand, catalog);
        all = all && is_computed(operand);
    });
    if all && let Some(value) = catalog.constant(expression) {
        expression.become_kind(BoundKind::Literal(value));
    } else {
        fold_logic(expression);
    }
}

/// `x AND TRUE` is x, `FALSE AND x` is FALSE, and so with OR.
fn fold_logic(expression: &mut BoundExpression) {
    let is_and = matches!(expression.kind, BoundKind::And(..));
    let (BoundKind::And(left, right) | BoundKind::Or(left, right)) = &mut expression.kind else {
        return;
    };
    let folded = if is_literal(left, is_and) {
        right
    } else if is_literal(right, is_and) || is_literal(left, !is_and) {
        left
    } else {
        return;
    };
    let nothing = BoundExpression::literal(Value::Null, DataType::Boolean);
    *expression = std::mem::replace(folded.as_mut(), nothing);
}

/// Whether an expression is this truth value.
fn is_literal(expression: &BoundExpression, truth: bool) -> bool {
    matches!(&expression.kind, BoundKind::Literal(Value::Boolean(value)) if *value == truth)
}
