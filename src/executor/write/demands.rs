//! The steps that ask whether a row may be as it is, whatever other rows there are: NOT NULL.

use super::super::Error;
use super::row::{Failures, WriteRow};
use crate::types::TableSchema;

/// Asks of every row that is to be there whether its columns have the values that they need.
pub(super) fn check_not_null(table: &TableSchema, rows: &[WriteRow], failures: &mut Failures) {
    let fills_itself = table.integer_primary_key();
    for (index, row) in rows.iter().enumerate() {
        let Some(new) = &row.new else { continue };
        let missing = table.columns.iter().zip(new).enumerate().find(|(at, (column, value))| {
            value.is_null() && (column.not_null || fills_itself == Some(*at))
        });
        if let Some((at, (column, _))) = missing {
            let message = format!("{}.{} must not be NULL", table.name, column.name);
            let error = Error::failed("not-null", message);
            failures.note(index, error.of_row(Some(row.place), Some(at)));
        }
    }
}
