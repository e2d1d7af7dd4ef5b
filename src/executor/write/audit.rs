//! What rows that are there break of what their tables demand: rows from before an ALTER TABLE, or written
//! while foreign keys were off. Reading never asks; VERIFY does.

use super::super::Error;
use super::super::evaluate::Context;
use super::super::row_key::RowKey;
use super::demands::{check_conditions, check_not_null};
use super::foreign_keys::Reference;
use super::place::row_name;
use super::row::{Failures, WriteRow};
use super::source::row_at;
use super::unique::duplicate;
use crate::planner;
use crate::storage::View;
use crate::types::{Row, RowId, TableSchema, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// Tells `report` of every row of a view that breaks a NOT NULL, a CHECK, a key or a foreign key, with the
/// table and what the row is called.
///
/// # Errors
/// `interrupted`; `corrupt` and `io` where rows cannot be read.
pub fn audit(
    view: &View,
    context: &Context,
    mut report: impl FnMut(&TableSchema, String),
) -> Result<(), Error> {
    for table in view.schema().tables() {
        let mut audit = TableAudit::new(table, view);
        let checks = planner::checks_of(table).unwrap_or_else(|error| {
            report(table, error.to_string());
            Vec::new()
        });
        let all: Vec<usize> = (0..table.columns.len()).collect();
        for batch in view.table(table).scan(&all) {
            context.check()?;
            let batch = batch?;
            let of_row = |(at, number): (usize, &RowId)| {
                let new = Some(row_at(table, &batch.columns, at));
                WriteRow { row: Some(*number), old: None, new, place: at }
            };
            let rows: Vec<WriteRow> = batch.rows.iter().enumerate().map(of_row).collect();
            let mut failures = Failures::default();
            check_not_null(table, &rows, &mut failures);
            check_conditions(table, &checks, &rows, context, &mut failures)?;
            for (index, row) in rows.iter().enumerate() {
                let (Some(values), Some(number)) = (&row.new, row.row) else { continue };
                let broken = failures.take(index).into_iter().map(|error| error.to_string());
                let broken: Vec<String> = broken.chain(audit.row(values)).collect();
                let name = row_name(table, values, Some(number)).unwrap_or_default();
                broken.iter().for_each(|broken| report(table, format!("{name}: {broken}")));
            }
        }
    }
    Ok(())
}

/// What is known of the rows of one table so far.
struct TableAudit<'a> {
    table: &'a Arc<TableSchema>,
    view: &'a View,
    /// The unique keys, with what rows have of them.
    keys: Vec<(RowKey<'a>, HashSet<Vec<u8>>)>,
    references: Vec<Reference<'a>>,
}

impl<'a> TableAudit<'a> {
    fn new(table: &'a Arc<TableSchema>, view: &'a View) -> TableAudit<'a> {
        let unique = table.keys.iter().filter(|key| key.unique);
        let keys = unique.filter_map(|key| RowKey::new(key, table).ok());
        let keys = keys.map(|key| (key, HashSet::new())).collect();
        let references = table.foreign_keys.iter();
        let references = references.map(|key| Reference::of(view.schema(), table, key)).collect();
        TableAudit { table, view, keys, references }
    }

    /// What a row breaks beside others.
    fn row(&mut self, row: &Row) -> Vec<String> {
        let mut broken = Vec::new();
        for (key, known) in &mut self.keys {
            let values: Option<Vec<Value>> = key.values(row).ok().flatten();
            let Some(values) = values else { continue };
            if !known.insert(key.encode(&values)) {
                broken.push(duplicate(self.table, key.key, &values, "there twice").to_string());
            }
        }
        broken.extend(self.references.iter().filter_map(|refers| refers.broken(self.view, row)));
        broken
    }
}
