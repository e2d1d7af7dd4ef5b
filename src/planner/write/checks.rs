//! CHECK: conditions on a row alone, over the columns of its table.

use super::super::Error;
use super::super::bind::Binder;
use super::super::expression::{BoundExpression, BoundKind};
use super::super::functions::Volatility;
use super::super::scope::Scope;
use super::super::write_plan::BoundCheck;
use crate::language::ast::Expression;
use crate::language::parse_expression;
use crate::types::{CheckConstraint, Span, TableSchema};

/// A condition over a table's columns as it is declared.
///
/// # Errors
/// Those of a condition; `misplaced-subquery` of a query in it, `check` of what is not the same each time
/// it is asked, and of a hidden column, which a row has only once it is there.
pub(in super::super) fn condition(
    table: &TableSchema,
    condition: &Expression,
) -> Result<BoundExpression, Error> {
    let scope = Scope::of(&table.name, table);
    let bound = Binder::new(&scope, "CHECK").condition(condition)?;
    let refused = |message: &str| Error::new("check", message, condition.span);
    if !is_immutable(&bound) {
        return Err(refused("a CHECK asks what is the same whenever it is asked"));
    }
    let mut is_hidden = false;
    bound.for_each_column(&mut |column| is_hidden |= table.pseudo(column).is_some());
    if is_hidden {
        return Err(refused("a CHECK asks about columns of the row, and not about its history"));
    }
    Ok(bound)
}

/// Whether an expression is the same whenever it is computed.
fn is_immutable(expression: &BoundExpression) -> bool {
    let mut is_same = if let BoundKind::Call(function, arguments) = &expression.kind {
        match function.volatility() {
            Volatility::Immutable => true,
            // The calendar knows what time it is only where it is asked for it.
            Volatility::Stable => !arguments.is_empty() && !arguments.iter().any(says_now),
            Volatility::Volatile => false,
        }
    } else {
        !matches!(expression.kind, BoundKind::CurrentTime(_))
    };
    expression.for_each_operand(|operand| is_same = is_same && is_immutable(operand));
    is_same
}

fn says_now(argument: &BoundExpression) -> bool {
    argument.as_constant().is_some_and(|value| value.to_text().eq_ignore_ascii_case("now"))
}

/// What a table demands of a row whatever of it is written.
///
/// # Errors
/// `check` of a condition that cannot be read any more.
pub fn all(table: &TableSchema) -> Result<Vec<BoundCheck>, Error> {
    bind(table, None)
}

/// What a table demands of its rows where these columns are written, or all of them.
///
/// # Errors
/// `check` of a condition that cannot be read any more.
pub(super) fn bind(
    table: &TableSchema,
    written: Option<&[(usize, BoundExpression)]>,
) -> Result<Vec<BoundCheck>, Error> {
    let mut checks = Vec::with_capacity(table.checks.len());
    for CheckConstraint { name, condition } in &table.checks {
        let broken = |reason: String| {
            let message = format!("CHECK ({condition}) of {}: {reason}", table.name);
            Error::new("check", message, Span::default())
        };
        let expression = parse_expression(condition).map_err(|error| broken(error.message))?;
        let scope = Scope::of(&table.name, table);
        let bound = Binder::new(&scope, "CHECK").condition(&expression);
        let mut bound = bound.map_err(|error| broken(error.message))?;
        let mut columns = Vec::new();
        bound.for_each_column(&mut |column| {
            if !columns.contains(&column) {
                columns.push(column);
            }
        });
        let is_asked = |column: &usize| {
            written.is_none_or(|written| written.iter().any(|(index, _)| index == column))
        };
        if written.is_none() || columns.iter().any(is_asked) {
            bound.relocate(&columns);
            let (name, text) = (name.clone(), condition.clone());
            checks.push(BoundCheck { name, text, columns, condition: bound });
        }
    }
    Ok(checks)
}
