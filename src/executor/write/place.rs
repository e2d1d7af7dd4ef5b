//! Which row of a statement an error is about, for whoever reads it: the value that stands in the text,
//! the row of a query, the row that is there.

use super::super::Error;
use super::row::WriteRow;
use super::source::NewRows;
use crate::planner::{ColumnSource, InsertInput, Write, WriteAction};
use crate::types::{CompactSpan, Row, RowId, TableSchema, Value};

/// An error of a row that is on its way, with its place.
pub(super) fn placed(error: Error, write: &Write, row: &WriteRow) -> Error {
    let table = &write.table;
    match &write.action {
        WriteAction::Insert { input: InsertInput::Values(rows), columns, row: number, .. } => {
            values_place(error, table, columns, *number, rows.len())
        }
        WriteAction::Insert { input: InsertInput::Query(_), .. } => {
            let Error::Row(mut about) = error else { return error };
            let name = row.new.as_ref().and_then(|new| row_name(table, new, None));
            about.notes.splice(0..0, name.map(|name| format!("the row of the query: {name}")));
            Error::Row(about)
        }
        WriteAction::Update { assignments, .. } => match (&row.old, row.row) {
            (Some(old), Some(number)) => {
                let column = if let Error::Row(about) = &error { about.column } else { None };
                let assigned = assignments.iter().find(|(assigned, _)| Some(*assigned) == column);
                let place = assigned.map(|(_, value)| value.place).unwrap_or_default();
                in_row(error, table, place, old, number)
            }
            (None, _) | (_, None) => error,
        },
        WriteAction::Delete { .. } | WriteAction::InsteadOf { .. } => error,
    }
}

/// An error of a row of VALUES with its place among so many of them.
pub(super) fn in_values(error: Error, rows: &NewRows, count: usize) -> Error {
    values_place(error, rows.table, rows.columns, rows.row, count)
}

/// An error with the value that stands in the text, and where there are many rows, which row and column
/// that is.
fn values_place(
    error: Error,
    table: &TableSchema,
    columns: &[ColumnSource],
    number: Option<usize>,
    count: usize,
) -> Error {
    let Error::Row(mut about) = error else { return error };
    about.value = match about.column.map(|column| &columns[column]) {
        Some(ColumnSource::Input(at)) => Some(*at),
        Some(ColumnSource::Default(_)) => None,
        None => number,
    };
    let row = about.row.filter(|_| count > 1).map(|row| row + 1);
    let column = about.column.map(|column| table.columns[column].name.as_str());
    let place = row.map(|row| match column {
        Some(column) => format!("row {row}, column {column}"),
        None => format!("row {row}"),
    });
    about.notes.splice(0..0, place);
    Error::Row(about)
}

/// An error of the row of a query that has these values, with the row's key.
pub(super) fn in_query(error: Error, rows: &NewRows, values: &[Value]) -> Error {
    let Error::Row(mut about) = error else { return error };
    let given = |fill: &ColumnSource| match fill {
        ColumnSource::Input(at) => values[*at].clone(),
        ColumnSource::Default(_) => Value::Null,
    };
    let given: Row = rows.columns.iter().map(given).collect();
    let number = about.row.map_or(0, |number| number + 1);
    let name = row_name(rows.table, &given, None);
    let name = name.map_or_else(String::new, |name| format!(": {name}"));
    about.notes.insert(0, format!("row {number} of the query{name}"));
    Error::Row(about)
}

/// An error of a row that is there, with the place of the assigned value that it is about and the row's
/// name, which it had before.
pub(super) fn in_row(
    error: Error,
    table: &TableSchema,
    place: CompactSpan,
    old: &Row,
    number: RowId,
) -> Error {
    let Error::Row(mut about) = error else { return error };
    (about.span, about.row) = (place.get(), None);
    let name = row_name(table, old, Some(number));
    about.notes.splice(0..0, name.map(|name| format!("the row changed: {name}")));
    Error::Row(about)
}

/// Which row of a table one is: `id 2`, the values of its primary key, or its number.
pub(in super::super) fn row_name(
    table: &TableSchema,
    row: &Row,
    number: Option<RowId>,
) -> Option<String> {
    let key = table.primary_key().filter(|key| key.columns.iter().all(|at| !row[*at].is_null()));
    match key {
        Some(key) => {
            let named =
                |at: &usize| format!("{} {}", table.columns[*at].name, row[*at].shortened());
            Some(key.columns.iter().map(named).collect::<Vec<_>>().join(", "))
        }
        None => number.map(|number| format!("_row {number}")),
    }
}
