//! What a change of one row does to those that refer to it, row by row: each takes the steps of a row that
//! a statement changes, so that its triggers fire, and what refers to it is acted on in turn.

use super::super::super::Error;
use super::super::Pipeline;
use super::super::firing::RowSteps;
use super::super::row::WriteRow;
use super::actions::{ActedRow, acted_rows};
use super::keys::{Referenced, ReferringRow, touched};
use crate::planner::{self, BoundExpression, Plan, Write, WriteAction};
use crate::types::{ConflictResolution, ForeignKey, TableSchema, with_stack};
use std::sync::Arc;

impl Pipeline<'_> {
    /// Does what an operation, the last one of the fork, does to rows that refer to its row. The foreign
    /// key that was declared last acts first, as in SQLite.
    ///
    /// # Errors
    /// `foreign-key` where RESTRICT refuses it, `foreign-key-mismatch`, and those of the rows and their
    /// triggers; `trigger-depth` where that goes on and on.
    pub(in super::super) fn act(&mut self, operation: usize) -> Result<(), Error> {
        let table = &self.write.table;
        let view = self.fork.view();
        if !view.schema().is_referenced(table) {
            return Ok(());
        }
        let refers = |child: &&Arc<TableSchema>| child.refers_to(table);
        let mut children: Vec<Arc<TableSchema>> =
            view.schema().home(table.id).tables().filter(refers).cloned().collect();
        children.sort_by_key(|child| std::cmp::Reverse(child.id));
        let all = touched(self.fork, &view, operation, |other| other.id == table.id)?;
        drop(view);
        for touched in all {
            for child in &children {
                for key in child.keys_to(table).rev() {
                    let view = self.fork.view();
                    let referenced = match Referenced::of(view.schema(), child, key) {
                        Ok(referenced) => referenced,
                        Err(_) if !touched.has_gone() => continue,
                        Err(mismatch) => return Err(mismatch),
                    };
                    let rows =
                        acted_rows(&view, &touched, (child, key), &referenced, self.context)?;
                    drop(view);
                    with_stack(|| self.change_acted(child, key, rows, operation))?;
                }
            }
        }
        Ok(())
    }

    /// Changes the rows that refer to one that is gone or another now.
    fn change_acted(
        &mut self,
        table: &Arc<TableSchema>,
        constraint: &ForeignKey,
        rows: Vec<ActedRow>,
        operation: usize,
    ) -> Result<(), Error> {
        let Some(first) = rows.first() else { return Ok(()) };
        // One row was touched: what its key became is the same for all of them.
        let action = match &first.values {
            None => WriteAction::Delete { rows: Plan::OneRow },
            Some(values) => {
                let value = |(column, value): (&usize, _)| (*column, BoundExpression::of(value));
                let assignments =
                    constraint.columns.iter().zip(values.iter().cloned()).map(value).collect();
                WriteAction::Update { rows: Plan::OneRow, assignments, number: None }
            }
        };
        let broken = |error: planner::Error| Error::failed(error.code, error.to_string());
        let generated =
            planner::generated_changed_by(table, &constraint.columns).map_err(broken)?;
        let checks = planner::checks_of(table).map_err(broken)?;
        let (defaults, returning, present) = Default::default();
        // An action keeps to no OR but its own.
        let resolution = Some(ConflictResolution::Abort);
        let (table, slot) = (Arc::clone(table), usize::MAX);
        let write = Write {
            table,
            slot,
            action,
            resolution,
            generated,
            checks,
            defaults,
            returning,
            present,
        };
        let firing = self.steps.firing.deeper(None, Some(operation), resolution)?;
        let steps = RowSteps::of(&write, self.fork, self.context, &firing)?;
        let context = self.context;
        let mut pipeline = Pipeline::new(&write, &mut *self.fork, context, &steps);
        let rows = rows.into_iter().enumerate().map(|(place, acted)| {
            let ActedRow { found: ReferringRow { row, values: old, .. }, values, .. } = acted;
            let mut new = values.as_ref().map(|_| old.clone());
            for (column, value) in constraint.columns.iter().zip(values.into_iter().flatten()) {
                new.iter_mut().for_each(|new| new[*column] = value.clone());
            }
            WriteRow { row: Some(row), moved: None, old: Some(old), new, place }
        });
        let ran = pipeline.run_each(rows.collect());
        context.counts.add(pipeline.written.rows);
        let of_table = || format!("a foreign key of {} acts on it", write.table.name);
        ran.map_err(|error| error.elsewhere(of_table()))
    }
}
