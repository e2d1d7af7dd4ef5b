//! SET: columns and what they are given.

use super::super::bind::Binder;
use super::super::expression::BoundExpression;
use super::super::scope::Scope;
use super::super::subquery::SubqueryBinder;
use super::super::surroundings::Surroundings;
use super::super::{Error, Planning, exact_numbers, row_value};
use super::columns::{column_default, written_columns};
use crate::language::ast::{AssignedValue, Assignment, Identifier};
use crate::types::{Span, TableSchema};

/// The columns that SET names, each once, with their new values over a scope. The last assignment to a
/// column counts, as in SQLite. Where a row may get another number, that is among them by the index of
/// `_row`.
///
/// # Errors
/// Those of names and expressions, `reserved-name` of a number that stays.
pub(super) fn bind(
    assignments: &[Assignment],
    (table, may_move): (&TableSchema, bool),
    scope: &Scope,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning,
) -> Result<Vec<(usize, BoundExpression)>, Error> {
    let values = Vec::new();
    let mut bound = Assignments { table, may_move, scope, surroundings, planning, values };
    for assignment in assignments {
        match assignment {
            Assignment::One(column, value) => bound.add(column, value)?,
            Assignment::Several(columns, values) => {
                columns.iter().zip(values).try_for_each(|(name, value)| bound.add(name, value))?;
            }
            Assignment::Query(columns, query, span) => {
                let values =
                    binder(scope, bound.planning, surroundings).first_row(query, span.0)?;
                if values.len() != columns.len() {
                    return Err(row_value::lengths(columns.len(), values.len(), span.0));
                }
                let place = bound.planning.place(span.0).into();
                for (name, value) in columns.iter().zip(values) {
                    bound.put(name, BoundExpression { place, ..value })?;
                }
            }
        }
    }
    Ok(bound.values)
}

/// What is bound so far.
struct Assignments<'a, 'p> {
    table: &'a TableSchema,
    /// Whether a row may get another number.
    may_move: bool,
    scope: &'a Scope,
    surroundings: &'a Surroundings<'a>,
    planning: &'a mut Planning<'p>,
    values: Vec<(usize, BoundExpression)>,
}

fn binder<'a, 'p>(
    scope: &'a Scope,
    planning: &'a mut Planning<'p>,
    surroundings: &'a Surroundings<'a>,
) -> Binder<'a, 'p> {
    let subqueries = Some(SubqueryBinder { planning, surroundings });
    Binder { subqueries, ..Binder::new(scope, "SET") }
}

impl Assignments<'_, '_> {
    fn add(&mut self, name: &Identifier, value: &AssignedValue) -> Result<(), Error> {
        let value = match value {
            AssignedValue::Expression(expression) => {
                binder(self.scope, self.planning, self.surroundings).bind(expression)?
            }
            AssignedValue::Default(span) => {
                let column = column(self.table, name)?;
                if column >= self.table.columns.len() {
                    let message = format!("the rowid of {} has no default", self.table.name);
                    let help = "give it a number, or leave it as it is".to_owned();
                    return Err(Error::new("reserved-name", message, span.0).help(Some(help)));
                }
                let default = column_default(self.table, column)?;
                BoundExpression { place: self.planning.place(span.0).into(), ..default }
            }
        };
        self.put(name, value)
    }

    fn put(&mut self, name: &Identifier, value: BoundExpression) -> Result<(), Error> {
        let column = column(self.table, name)?;
        if column < self.table.columns.len() {
            self.planning.record_column(name, self.table, column);
        } else if !self.may_move {
            return Err(number_stays(self.table, name.span));
        }
        self.values.retain(|(assigned, _)| *assigned != column);
        let value = exact_numbers::assigned(value, self.table.type_of(column));
        self.values.push((column, value));
        Ok(())
    }
}

/// The column that a name means, which can be given a value.
fn column(table: &TableSchema, name: &Identifier) -> Result<usize, Error> {
    Ok(written_columns(table, std::slice::from_ref(name), false)?[0])
}

/// The error for the number of a row where it cannot be given a value.
fn number_stays(table: &TableSchema, span: Span) -> Error {
    let message = format!("DO UPDATE leaves a row of {} its rowid", table.name);
    let help = "UPDATE … SET rowid = … gives it another one".to_owned();
    Error::new("reserved-name", message, span).help(Some(help))
}
