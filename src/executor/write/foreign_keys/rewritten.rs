//! Rows that are given what they refer by, and had it before. No operation tells of that, and where it refers
//! to nothing, because the row came while no foreign key was held, the statement that says so again is held
//! to it as in SQLite: the fork notes the row, and the check asks it with those that were touched.

use super::super::row::WriteRow;
use super::keys::{Referenced, referenced_columns, values_of};
use crate::storage::Fork;
use crate::types::{ForeignKey, Row, RowId, Schema, TableSchema, Value};

/// Notes those among rows of a table that are about to be recorded.
pub(in super::super) fn note_rewritten(
    fork: &mut Fork,
    table: &TableSchema,
    rows: &[WriteRow],
    is_written: &dyn Fn(usize) -> bool,
) {
    let changes =
        || rows.iter().filter_map(|row| Some((row.row?, row.old.as_ref()?, row.new.as_ref()?)));
    if table.foreign_keys.is_empty() || changes().next().is_none() {
        return;
    }
    let view = fork.view();
    for constraint in &table.foreign_keys {
        let columns = &constraint.columns;
        let is_same =
            |(_, old, new): &(RowId, &Row, &Row)| columns.iter().all(|at| old[*at] == new[*at]);
        let mut same = changes().filter(is_same).peekable();
        if same.peek().is_none() || !is_asked(view.schema(), table, constraint, is_written) {
            continue;
        }
        let referenced = Referenced::of(view.schema(), table, constraint);
        for (row, _, new) in same {
            let own = values_of(new, columns);
            let is_lost = match &referenced {
                Ok(referenced) => referenced.is_lost_to(&view, (table, row), (&own, new)),
                Err(_) => !own.iter().any(Value::is_null),
            };
            if is_lost {
                let columns = columns.iter().map(|at| table.columns[*at].id).collect();
                fork.note_rewritten(table.id, row, columns);
            }
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
