//! The steps that ask whether a row may be as it is, whatever other rows there are: NOT NULL and CHECK.

use super::super::Error;
use super::super::datum::{Batch, Datum};
use super::super::evaluate::Context;
use super::place::row_name;
use super::row::{Failures, WriteRow};
use crate::planner::BoundCheck;
use crate::types::column::array_of;
use crate::types::{PseudoColumn, TableSchema, Value};

/// How many rows are asked at once.
pub(super) const BATCH: usize = 4096;

/// Asks of every row that is to be there whether its columns have the values that they need.
pub(super) fn check_not_null(table: &TableSchema, rows: &[WriteRow], failures: &mut Failures) {
    for (index, row) in rows.iter().enumerate() {
        if let Some((_, error)) = missing(table, row) {
            failures.note(index, error);
        }
    }
}

/// The first column that a row needs a value in and has none, and the error that this is.
pub(super) fn missing(table: &TableSchema, row: &WriteRow) -> Option<(usize, Error)> {
    let fills_itself = table.integer_primary_key();
    let mut columns = table.columns.iter().zip(row.new.as_ref()?).enumerate();
    let (at, _) = columns.find(|(at, (column, value))| {
        value.is_null() && (column.not_null || fills_itself == Some(*at))
    })?;
    Some((at, no_value(table, at, row)))
}

/// Asks of every row that is to be there for a value in a column that refuses NULL.
pub(super) fn check_column_not_null(
    table: &TableSchema,
    at: usize,
    rows: &[WriteRow],
    failures: &mut Failures,
) {
    let is_null =
        |row: &WriteRow| row.new.as_ref().and_then(|new| new.get(at)).is_some_and(Value::is_null);
    if table.columns[at].not_null {
        let missing = rows.iter().enumerate().filter(|(_, row)| is_null(row));
        missing.for_each(|(index, row)| failures.note(index, no_value(table, at, row)));
    }
}

fn no_value(table: &TableSchema, at: usize, row: &WriteRow) -> Error {
    let message = format!("{}.{} must not be NULL", table.name, table.columns[at].name);
    Error::failed("not-null", message).of_row(Some(row.place), Some(at))
}

/// Asks of every row that is to be there whether it makes a condition false, where CHECK is held. What cannot be computed of a
/// row is wrong with it.
///
/// # Errors
/// Where a batch has no room for the values of one column, which a smaller one would have.
pub(super) fn check_conditions(
    table: &TableSchema,
    checks: &[BoundCheck],
    rows: &[WriteRow],
    context: &Context,
    failures: &mut Failures,
) -> Result<(), Error> {
    let checks = if context.enforcement.checks { checks } else { &[] };
    for check in checks {
        for (number, part) in rows.chunks(BATCH).enumerate() {
            let first = number * BATCH;
            match violations(table, check, part, context) {
                Ok(broken) => {
                    for at in broken {
                        failures.note(first + at, broken_check(table, check, &part[at]));
                    }
                }
                // Which row it is of is known when each is asked alone.
                Err(error) if part.len() == 1 => {
                    failures.note(first, error.of_row(Some(part[0].place), only(table, check)));
                }
                Err(_) => {
                    for (at, row) in part.iter().enumerate() {
                        match violations(table, check, std::slice::from_ref(row), context) {
                            Ok(broken) if broken.is_empty() => {}
                            Ok(_) => failures.note(first + at, broken_check(table, check, row)),
                            Err(error) => {
                                let error = error.of_row(Some(row.place), only(table, check));
                                failures.note(first + at, error);
                            }
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

/// The places of the rows that make a condition false.
fn violations(
    table: &TableSchema,
    check: &BoundCheck,
    rows: &[WriteRow],
    context: &Context,
) -> Result<Vec<usize>, Error> {
    let new = || rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.new.as_ref()?)));
    let count = new().count();
    let number = table.index_of(PseudoColumn::Row);
    let array = |column: &usize| {
        let data_type = table.type_of(*column);
        if *column != number {
            return array_of(data_type, new().map(|(_, row)| &row[*column]));
        }
        let numbers: Vec<Value> = new().map(|(at, _)| number_of(&rows[at])).collect();
        array_of(data_type, numbers.iter())
    };
    let columns: Result<Vec<_>, _> = check.columns.iter().map(array).collect();
    let batch = Batch::new(columns?, count);
    let holds = context.evaluate(&check.condition, &batch)?;
    let data_type = check.condition.data_type;
    if let Datum::Scalar(value) = &holds
        && *value != Value::Boolean(false)
    {
        return Ok(Vec::new());
    }
    let is_false = |index: usize| holds.value(data_type, index) == Value::Boolean(false);
    let broken = new().enumerate().filter(|(index, _)| is_false(*index));
    Ok(broken.map(|(_, (at, _))| at).collect())
}

/// The number of a row, NULL where none is known.
pub(super) fn number_of(row: &WriteRow) -> Value {
    let number = row.number().and_then(|row| i64::try_from(row.0).ok());
    number.map_or(Value::Null, Value::Integer)
}

/// The one column that a condition is about, if it is one.
fn only(table: &TableSchema, check: &BoundCheck) -> Option<usize> {
    if let [column] = check.columns.as_slice() {
        (*column < table.columns.len()).then_some(*column)
    } else {
        None
    }
}

/// `accounts breaks CHECK positive (balance > 0)`, with the values that do.
fn broken_check(table: &TableSchema, check: &BoundCheck, row: &WriteRow) -> Error {
    let name = check.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    let message = format!("a row of {} breaks CHECK{name} ({})", table.name, check.text);
    let error = Error::failed("check", message).of_row(Some(row.place), only(table, check));
    let Some(new) = &row.new else { return error };
    let value = |column: &usize| match table.columns.get(*column) {
        Some(known) => format!("{} {}", known.name, new[*column].shortened()),
        None => format!("rowid {}", number_of(row)),
    };
    let values: Vec<String> = check.columns.iter().map(value).collect();
    let named = row_name(table, new, None).map(|name| format!("the row: {name}"));
    let values = (!values.is_empty()).then(|| format!("its values: {}", values.join(", ")));
    error.note(named.filter(|_| row.old.is_none())).note(values)
}
