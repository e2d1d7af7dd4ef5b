//! Values as columns hold them, and the numbers that rows are given.

use super::super::Error;
use crate::types::{Column, DataType, RowId, TableSchema, Value};

/// The way out for a value that a column cannot hold: that of SQLite.
const FLEXIBLE: &str =
    "a FLEXIBLE table takes any value, as in SQLite: SET flexible_types = on, or --flexible-types";

/// A value as the column holds it.
pub(in super::super) fn assign(
    table: &TableSchema,
    column: &Column,
    value: Value,
) -> Result<Value, Error> {
    let is_number =
        matches!(value, Value::Integer(_) | Value::Real(_) | Value::Decimal(_) | Value::Boolean(_));
    column.data_type.accept(value).map_err(|rejected| {
        let message = format!("{}.{} cannot hold it: {rejected}", table.name, column.name);
        // A number that a DECIMAL does not take is too large, wherever it is kept exactly.
        let is_too_large = is_number && matches!(column.data_type, DataType::Decimal { .. });
        let help = (!rejected.infinite && !is_too_large).then(|| FLEXIBLE.to_owned());
        Error::Failed { code: "type", message, help }
    })
}

/// The number that a row is given; `None` for NULL, which is the next.
///
/// # Errors
/// `rowid` of what is no such number.
pub(super) fn row_number(table: &TableSchema, value: Value) -> Result<Option<RowId>, Error> {
    let shown = value.shortened();
    let accepted =
        DataType::Integer.accept(value).map_err(|rejected| no_number(table, &rejected.value))?;
    let Value::Integer(number) = accepted else { return Ok(None) };
    let row = u64::try_from(number).ok().filter(|row| *row > 0);
    row.map(|row| Some(RowId(row))).ok_or_else(|| no_number(table, &shown))
}

/// The number that a row gets instead of its own.
///
/// # Errors
/// `rowid` of what is no such number, NULL among them.
pub(super) fn moved_to(table: &TableSchema, value: Value) -> Result<RowId, Error> {
    row_number(table, value)?.ok_or_else(|| no_number(table, "NULL"))
}

fn no_number(table: &TableSchema, value: &str) -> Error {
    let message = format!("{value} is no number of a row of {}", table.name);
    let help = format!("it is a whole number from 1 to {}", RowId::MAX);
    Error::Failed { code: "rowid", message, help: Some(help) }
}
