//! Rows that are given what they refer by, and had it before. No operation tells of that, and where it refers
//! to nothing, because the row came while no foreign key was held, the statement that says so again is held
//! to it as in SQLite: the fork notes the row, and the check asks it with those that were touched.

use super::super::Pipeline;
use super::super::row::WriteRow;
use super::keys::{Referenced, referenced_columns, values_of};
use crate::types::{ColumnId, ForeignKey, RowId, Schema, TableSchema, Value};

impl Pipeline<'_> {
    /// Notes those among rows that are about to be recorded.
    pub(in super::super) fn note_rewritten(
        &mut self,
        rows: &[WriteRow],
        is_written: &dyn Fn(usize) -> bool,
    ) {
        let table = &self.write.table;
        if !self.steps.is_concerned || table.foreign_keys.is_empty() {
            return;
        }
        let view = self.fork.view();
        let mut noted: Vec<(RowId, Vec<ColumnId>)> = Vec::new();
        for constraint in &table.foreign_keys {
            if !is_asked(view.schema(), table, constraint, is_written) {
                continue;
            }
            let referenced = Referenced::of(view.schema(), table, constraint);
            for row in rows {
                let (Some(number), Some(old), Some(new)) = (row.row, &row.old, &row.new) else {
                    continue;
                };
                let own = values_of(new, &constraint.columns);
                let is_lost = || match &referenced {
                    Ok(referenced) => referenced.is_lost_to(&view, (table, number), (&own, new)),
                    Err(_) => !own.iter().any(Value::is_null),
                };
                if own == values_of(old, &constraint.columns) && is_lost() {
                    let columns = constraint.columns.iter().map(|at| table.columns[*at].id);
                    noted.push((number, columns.collect()));
                }
            }
        }
        drop(view);
        for (row, columns) in noted {
            self.fork.note_rewritten(table.id, row, columns);
        }
    }
}

/// Whether an UPDATE of these columns is one of what a foreign key refers by. One of a table to itself is
/// asked, as in SQLite, where the UPDATE is about any key that rows of the table refer or are referred to by.
fn is_asked(
    schema: &Schema,
    table: &TableSchema,
    constraint: &ForeignKey,
    is_written: &dyn Fn(usize) -> bool,
) -> bool {
    let refers = |key: &ForeignKey| key.columns.iter().any(|column| is_written(*column));
    let is_referred = |key: &ForeignKey| {
        let columns = referenced_columns(table, key).unwrap_or_default();
        columns.into_iter().any(is_written)
    };
    if refers(constraint) || !constraint.is_to(&table.name) {
        return refers(constraint);
    }
    let mut children = schema.home(table.id).tables();
    table.foreign_keys.iter().any(refers)
        || children.any(|child| child.keys_to(table).any(is_referred))
}
