//! The columns that a write names, and what they have where nothing is given.

use super::super::bind::Binder;
use super::super::expression::BoundExpression;
use super::super::scope::Scope;
use super::super::suggest::suggest;
use super::super::{Error, exact_numbers};
use crate::language::ast::Identifier;
use crate::language::parse_expression;
use crate::types::{ConflictResolution, PseudoColumn, Span, TableSchema, Value};

/// The table's columns of these names, by index.
pub(in super::super) fn named_columns(
    table: &TableSchema,
    names: &[Identifier],
) -> Result<Vec<usize>, Error> {
    columns_by(table, names, false, |name| table.column(name))
}

/// The same where a write gives them values: SQLite's names for the number of a row are names, too.
///
/// # Errors
/// Those of names, and `generated-column` of what nobody can give. One may stand there twice only where
/// that is said, as in SQLite.
pub(super) fn written_columns(
    table: &TableSchema,
    names: &[Identifier],
    may_repeat: bool,
) -> Result<Vec<usize>, Error> {
    let find = |name: &str| table.column(name).or_else(|| table.rowid(name));
    let columns = columns_by(table, names, may_repeat, find)?;
    let mut written = columns.iter().zip(names);
    written.try_for_each(|(column, name)| check_given(table, *column, name.span))?;
    Ok(columns)
}

/// The columns of these names whose values rows bring along.
pub(super) fn given_columns(
    table: &TableSchema,
    names: &[Identifier],
) -> Result<Vec<usize>, Error> {
    let columns = named_columns(table, names)?;
    let mut given = columns.iter().zip(names);
    given.try_for_each(|(column, name)| check_given(table, *column, name.span))?;
    Ok(columns)
}

/// Refuses to give a value to a column that is computed.
pub(super) fn check_given(table: &TableSchema, column: usize, span: Span) -> Result<(), Error> {
    let Some(known) = table.columns.get(column) else { return Ok(()) };
    let Some(generation) = &known.generated else { return Ok(()) };
    let message =
        format!("{}.{} is a generated column: nobody gives it a value", table.name, known.name);
    let help = format!("it is always {}", generation.expression);
    Err(Error::new("generated-column", message, span).help(Some(help)))
}

fn columns_by(
    table: &TableSchema,
    names: &[Identifier],
    may_repeat: bool,
    find: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<usize>, Error> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let Some(column) = find(&name.name) else {
            return Err(unknown_column(table, &name.name, name.span));
        };
        if found.contains(&column) && !may_repeat {
            let message = format!("\"{}\" is named twice", name.name);
            return Err(Error::new("duplicate-column", message, name.span));
        }
        found.push(column);
    }
    Ok(found)
}

pub(in super::super) fn unknown_column(table: &TableSchema, name: &str, span: Span) -> Error {
    if PseudoColumn::is_reserved(name) {
        let message = format!("\"{name}\" is a column that the database keeps for itself");
        return Error::new("reserved-name", message, span);
    }
    let names = table.columns.iter().map(|column| column.name.as_str());
    Error::new("unknown-column", format!("{} has no column \"{name}\"", table.name), span)
        .help(suggest(name, names))
        .note(table.to_string())
}

/// The defaults that take the place of a NULL where the statement says REPLACE, or NOT NULL itself does.
pub(in crate::planner) fn replacing_defaults(
    table: &TableSchema,
    resolution: Option<ConflictResolution>,
) -> Result<Vec<(usize, BoundExpression)>, Error> {
    let columns = table.columns.iter().enumerate();
    let replaced = columns.filter(|(_, column)| {
        column.not_null
            && column.default.is_some()
            && resolution.or(column.on_null) == Some(ConflictResolution::Replace)
    });
    replaced.map(|(index, _)| Ok((index, column_default(table, index)?))).collect()
}

/// The default of a column: a constant expression, NULL where there is none, as of the number of a row.
///
/// # Errors
/// `default` where its text is no such expression, which a log of another program may have.
pub fn column_default(table: &TableSchema, column: usize) -> Result<BoundExpression, Error> {
    let Some(text) = table.columns.get(column).and_then(|column| column.default.as_ref()) else {
        return Ok(BoundExpression::of(Value::Null));
    };
    let nowhere = Span::default();
    let broken = |reason: String| {
        let name = &table.columns[column].name;
        Error::new("default", format!("the default of {}.{name}: {reason}", table.name), nowhere)
    };
    let expression = parse_expression(text).map_err(|error| broken(error.message))?;
    let scope = Scope::default();
    Binder::new(&scope, "DEFAULT")
        .bind(&expression)
        .map(|bound| exact_numbers::assigned(bound, table.columns[column].data_type))
        .map_err(|error| broken(error.message))
}
