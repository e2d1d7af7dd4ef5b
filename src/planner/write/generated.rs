//! GENERATED: columns whose values are expressions over the others of their row.

use super::super::bind::Binder;
use super::super::expression::BoundExpression;
use super::super::key_definition::changing;
use super::super::scope::Scope;
use super::super::write_plan::BoundGenerated;
use super::super::{Error, exact_numbers};
use crate::language::ast::{Expression, Identifier};
use crate::language::parse_expression;
use crate::types::{Span, TableSchema};

/// Makes sure that a generated column, as it is declared, is a function of the others of its row.
///
/// # Errors
/// `generated-column` of what is not the same each time it is asked, of a hidden column, and of columns
/// that need each other; `misplaced-subquery` of a query; those of any expression.
pub(in super::super) fn check(
    table: &TableSchema,
    column: &Identifier,
    expression: &Expression,
) -> Result<(), Error> {
    let scope = Scope::of_row(table);
    let bound = Binder::new(&scope, "a generated column").bind(expression)?;
    let refused = |what: &str| {
        let message = format!("{what} cannot stand in a generated column");
        Error::new("generated-column", message, expression.span)
            .help(Some("it is made of what the other columns of its row say by themselves".into()))
    };
    if let Some(what) = changing(&bound) {
        return Err(refused(what));
    }
    let mut is_hidden = false;
    bound.for_each_column(&mut |read| is_hidden |= table.pseudo(read).is_some());
    if is_hidden {
        return Err(refused("a hidden column"));
    }
    all(table).map(drop).map_err(|error| Error { span: column.span, ..error })
}

/// How a table computes its generated columns, each behind those that it reads.
///
/// # Errors
/// `generated-column` of a definition that cannot be read any more, and of columns that need each other.
pub fn all(table: &TableSchema) -> Result<Vec<BoundGenerated>, Error> {
    let mut waiting = Vec::new();
    for (column, known) in table.columns.iter().enumerate() {
        if let Some(generation) = &known.generated {
            waiting.push(bind(table, column, &generation.expression)?);
        }
    }
    let mut ordered: Vec<BoundGenerated> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let is_waiting = |read: &usize| waiting.iter().any(|other| other.column == *read);
        let next = waiting.iter().position(|one| !one.columns.iter().any(is_waiting));
        match next {
            Some(next) => ordered.push(waiting.remove(next)),
            None => return Err(circle(table, &waiting)),
        }
    }
    Ok(ordered)
}

/// Those that change where columns get new values: what they read is among these, or changes itself.
///
/// # Errors
/// As [`all`].
pub(super) fn changed_by(
    table: &TableSchema,
    assignments: &[(usize, BoundExpression)],
) -> Result<Vec<BoundGenerated>, Error> {
    let mut changed: Vec<usize> = assignments.iter().map(|(column, _)| *column).collect();
    let mut generated = all(table)?;
    generated.retain(|one| {
        let is_changed = one.columns.iter().any(|read| changed.contains(read));
        changed.extend(is_changed.then_some(one.column));
        is_changed
    });
    Ok(generated)
}

fn bind(table: &TableSchema, column: usize, text: &str) -> Result<BoundGenerated, Error> {
    let broken = |reason: String| {
        let name = &table.columns[column].name;
        let message = format!("the generated column {}.{name}: {reason}", table.name);
        Error::new("generated-column", message, Span::default())
    };
    let expression = parse_expression(text).map_err(|error| broken(error.message))?;
    let scope = Scope::of_row(table);
    let bound = Binder::new(&scope, "a generated column").bind(&expression);
    let bound = bound.map_err(|error| broken(error.message))?;
    let mut expression = exact_numbers::assigned(bound, table.columns[column].data_type);
    let mut columns = Vec::new();
    expression.for_each_column(&mut |read| {
        if !columns.contains(&read) {
            columns.push(read);
        }
    });
    expression.relocate(&columns);
    Ok(BoundGenerated { column, columns, expression })
}

/// The error of columns each of which another of them has to be known for.
fn circle(table: &TableSchema, waiting: &[BoundGenerated]) -> Error {
    let names: Vec<&str> =
        waiting.iter().map(|one| table.columns[one.column].name.as_str()).collect();
    let message = match names.as_slice() {
        [one] => format!("the generated column \"{one}\" of {} needs itself", table.name),
        names => {
            format!("generated columns of {} need each other: {}", table.name, names.join(", "))
        }
    };
    Error::new("generated-column", message, Span::default())
}
