//! CHECK: conditions on a row alone, over the columns of its table.

use super::super::Error;
use super::super::bind::Binder;
use super::super::expression::BoundExpression;
use super::super::key_definition::changing;
use super::super::scope::Scope;
use super::super::write_plan::BoundCheck;
use crate::language::ast::Expression;
use crate::language::parse_expression;
use crate::types::{CheckConstraint, PseudoColumn, Span, TableSchema};

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
    if changing(&bound).is_some() {
        return Err(refused("a CHECK asks what is the same whenever it is asked"));
    }
    let mut is_hidden = false;
    bound.for_each_column(&mut |column| {
        is_hidden |= table.pseudo(column).is_some_and(|hidden| hidden != PseudoColumn::Row);
    });
    if is_hidden {
        return Err(refused("a CHECK asks about columns of the row, and not about its history"));
    }
    Ok(bound)
}

/// What a table demands of a row whatever of it is written.
///
/// # Errors
/// `check` of a condition that cannot be read any more.
pub fn all(table: &TableSchema) -> Result<Vec<BoundCheck>, Error> {
    bind(table, |_| true)
}

/// What a table demands of its rows by those conditions that are to be asked, given the columns that each
/// of them reads.
///
/// # Errors
/// `check` of a condition that cannot be read any more.
pub(super) fn bind(
    table: &TableSchema,
    is_asked: impl Fn(&[usize]) -> bool,
) -> Result<Vec<BoundCheck>, Error> {
    let mut checks = Vec::with_capacity(table.checks.len());
    for CheckConstraint { name, condition, .. } in &table.checks {
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
        if is_asked(&columns) {
            bound.relocate(&columns);
            let (name, text) = (name.clone(), condition.clone());
            checks.push(BoundCheck { name, text, columns, condition: bound });
        }
    }
    Ok(checks)
}
