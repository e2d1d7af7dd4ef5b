//! What rows that are there break of what their tables demand: rows from before an ALTER TABLE, or written
//! while foreign keys were off. Reading never asks; VERIFY and PRAGMA integrity_check do.

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
use std::ops::ControlFlow;
use std::sync::Arc;

/// What is asked of rows that are there.
#[derive(Clone, Copy, Debug)]
pub struct Audit<'a> {
    /// The moment.
    pub view: &'a View,
    /// What conditions are computed with; where it says so, CHECK is not asked.
    pub context: &'a Context,
    /// The one table that is asked; all where there is none.
    pub table: Option<&'a TableSchema>,
    /// Whether keys are, besides NOT NULL and CHECK.
    pub keys: bool,
    /// Whether foreign keys are.
    pub foreign_keys: bool,
}

impl Audit<'_> {
    /// Tells `report` of every row that breaks what is asked, with the table and what the row is called,
    /// until it has enough.
    ///
    /// # Errors
    /// `interrupted`; `corrupt` and `io` where rows cannot be read.
    pub fn run(
        &self,
        mut report: impl FnMut(&TableSchema, String) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let is_asked = |table: &TableSchema| self.table.is_none_or(|only| only.id == table.id);
        for table in self.view.schema().all_tables().filter(|table| is_asked(table)) {
            if self.ask(table, &mut report)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Asks the rows of one table.
    fn ask(
        &self,
        table: &Arc<TableSchema>,
        report: &mut impl FnMut(&TableSchema, String) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let mut audit = TableAudit::new(table, self);
        let checks = match planner::checks_of(table) {
            Ok(checks) => checks,
            Err(error) if report(table, error.to_string()).is_break() => {
                return Ok(ControlFlow::Break(()));
            }
            Err(_) => Vec::new(),
        };
        let all: Vec<usize> = (0..table.columns.len()).collect();
        for batch in self.view.table(table).scan(&all) {
            self.context.check()?;
            let batch = batch?;
            let of_row = |(at, number): (usize, &RowId)| {
                let new = Some(row_at(table, &batch.columns, at));
                WriteRow { row: Some(*number), moved: None, old: None, new, place: at }
            };
            let rows: Vec<WriteRow> = batch.rows.iter().enumerate().map(of_row).collect();
            let mut failures = Failures::default();
            check_not_null(table, &rows, &mut failures);
            check_conditions(table, &checks, &rows, self.context, &mut failures)?;
            for (index, row) in rows.iter().enumerate() {
                let (Some(values), Some(number)) = (&row.new, row.row) else { continue };
                let broken = failures.take(index).into_iter().map(|error| error.to_string());
                let broken: Vec<String> = broken.chain(audit.row(values)).collect();
                for broken in broken {
                    let name = row_name(table, values, Some(number)).unwrap_or_default();
                    if report(table, format!("{name}: {broken}")).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
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
    fn new(table: &'a Arc<TableSchema>, audit: &Audit<'a>) -> TableAudit<'a> {
        let view = audit.view;
        let unique = table.keys.iter().filter(|key| audit.keys && key.unique);
        let keys = unique.filter_map(|key| RowKey::new(key, table).ok());
        let keys = keys.map(|key| (key, HashSet::new())).collect();
        let references = table.foreign_keys.iter().filter(|_| audit.foreign_keys);
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
