//! GENERATED: columns whose values are expressions over the others of their row.

use super::super::bind::Binder;
use super::super::key_definition::beyond_row;
use super::super::scope::Scope;
use super::super::write_plan::BoundGenerated;
use super::super::{Error, exact_numbers};
use crate::language::ast::{Expression, Identifier};
use crate::language::parse_expression;
use crate::types::{Span, TableSchema};
use std::collections::{BTreeSet, HashMap};

/// Makes sure that generated columns, as they are declared, are functions of the others of their row: each
/// is given by its name and its expression.
///
/// # Errors
/// `generated-column` of what is not the same each time it is asked, of a hidden column, and of columns
/// that need each other; `misplaced-subquery` of a query; those of any expression.
pub(in super::super) fn check(
    table: &TableSchema,
    declared: &[(&Identifier, &Expression)],
) -> Result<(), Error> {
    let scope = Scope::of_row(table);
    declared.iter().try_for_each(|(_, expression)| check_one(table, &scope, expression))?;
    let bound = bind_all(table)?;
    in_order(bound).map(drop).map_err(|waiting| {
        let is_waiting = |name: &Identifier| {
            waiting.iter().any(|one| table.column(&name.name) == Some(one.column))
        };
        let place = declared.iter().find(|(name, _)| is_waiting(name)).map(|(name, _)| name.span);
        Error { span: place.unwrap_or_default(), ..circle(table, &waiting) }
    })
}

fn check_one(table: &TableSchema, scope: &Scope, expression: &Expression) -> Result<(), Error> {
    let bound = Binder::new(scope, "a generated column").bind(expression)?;
    let refused = |what: &str| {
        let message = format!("{what} cannot stand in a generated column");
        Error::new("generated-column", message, expression.span)
            .help(Some("it is made of what the other columns of its row say by themselves".into()))
    };
    beyond_row(&bound, table).map_or(Ok(()), |what| Err(refused(what)))
}

/// How a table computes its generated columns, each behind those that it reads.
///
/// # Errors
/// `generated-column` of a definition that cannot be read any more, and of columns that need each other.
pub fn all(table: &TableSchema) -> Result<Vec<BoundGenerated>, Error> {
    in_order(bind_all(table)?).map_err(|waiting| circle(table, &waiting))
}

/// The generated columns of a table, in the order in which they are declared.
fn bind_all(table: &TableSchema) -> Result<Vec<BoundGenerated>, Error> {
    if table.columns.iter().all(|column| column.generated.is_none()) {
        return Ok(Vec::new());
    }
    let scope = Scope::of_row(table);
    let generated = table.columns.iter().enumerate().filter_map(|(column, known)| {
        let generation = known.generated.as_ref()?;
        Some(bind(table, &scope, column, &generation.expression))
    });
    generated.collect()
}

/// Columns each behind those that it reads, else in the order that they have; as an error those that wait
/// for each other. Each is looked at once for each column that it reads, since a chain of them may be as
/// long as a table is wide.
fn in_order(generated: Vec<BoundGenerated>) -> Result<Vec<BoundGenerated>, Vec<BoundGenerated>> {
    let places: HashMap<usize, usize> =
        generated.iter().enumerate().map(|(place, one)| (one.column, place)).collect();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); generated.len()];
    let mut missing = vec![0; generated.len()];
    for (place, one) in generated.iter().enumerate() {
        for read in one.columns.iter().filter_map(|read| places.get(read)) {
            readers[*read].push(place);
            missing[place] += 1;
        }
    }
    let mut ready: BTreeSet<usize> =
        (0..generated.len()).filter(|place| missing[*place] == 0).collect();
    let mut order = Vec::with_capacity(generated.len());
    while let Some(place) = ready.pop_first() {
        order.push(place);
        for reader in &readers[place] {
            missing[*reader] -= 1;
            if missing[*reader] == 0 {
                ready.insert(*reader);
            }
        }
    }
    let is_whole = order.len() == generated.len();
    let mut generated: Vec<Option<BoundGenerated>> = generated.into_iter().map(Some).collect();
    let ordered: Vec<BoundGenerated> =
        order.into_iter().filter_map(|place| generated[place].take()).collect();
    if is_whole { Ok(ordered) } else { Err(generated.into_iter().flatten().collect()) }
}

/// Those that change where columns get new values: what they read is among these, or changes itself.
///
/// # Errors
/// As [`all`].
pub fn changed_by<'a>(
    table: &TableSchema,
    columns: impl IntoIterator<Item = &'a usize>,
) -> Result<Vec<BoundGenerated>, Error> {
    let mut changed: Vec<usize> = columns.into_iter().copied().collect();
    let mut generated = all(table)?;
    generated.retain(|one| {
        let is_changed = one.columns.iter().any(|read| changed.contains(read));
        changed.extend(is_changed.then_some(one.column));
        is_changed
    });
    Ok(generated)
}

fn bind(
    table: &TableSchema,
    scope: &Scope,
    column: usize,
    text: &str,
) -> Result<BoundGenerated, Error> {
    let broken = |reason: String| {
        let name = &table.columns[column].name;
        let message = format!("the generated column {}.{name}: {reason}", table.name);
        Error::new("generated-column", message, Span::default())
    };
    let expression = parse_expression(text).map_err(|error| broken(error.message))?;
    let bound = Binder::new(scope, "a generated column").bind(&expression);
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
