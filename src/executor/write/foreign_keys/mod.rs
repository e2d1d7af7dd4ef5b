//! The step that holds foreign keys: what a change of a row that others refer to does to them, and
//! whether what refers still finds what it refers to.
//!
//! A statement's changes are recorded first, all of them. What they do to rows that refer to theirs is
//! found in the view behind them and recorded next, each naming the operation that made it; that may in
//! turn touch rows that others refer to, and so on, level by level. When nothing is left to be done,
//! every constraint that is not deferred is asked of what was touched since the statement began:
//!
//! ```text
//!   statement  ─▶ changes ─▶ actions of the changes ─▶ actions of those ─▶ … ─▶ check
//!                  └── one level: found in one view, recorded together ──┘
//! ```
//!
//! The check asks the rows that it finds in the fork: the operations tell which ones changed, and notes
//! beside them which ones were given what they had, and refer to nothing (`rewritten`). Both say which row,
//! not what is wrong with it, so that the same check over all of a transaction is what COMMIT asks of
//! deferred constraints, and a rollback to a savepoint takes both back and has no count to mend. A row
//! that broke a constraint before is not asked where neither tells of it.
//!
//! Where one of the rows that are acted on may fire a trigger ([`may_fire`]), each row of the statement is
//! done with all that it leads to before the next, and each row that an action changes takes the steps
//! of a row that a statement changes (`each`).
//!
//! What is referred to is found by its key, which must be unique; what refers is found by a key of its
//! own where one begins with the same columns, and by one scan for all of a level otherwise.

mod actions;
mod check;
mod each;
mod keys;
mod rewritten;

pub(super) use check::Reference;
pub use check::{CheckedConstraints, check as check_foreign_keys, unreferenced_rows};
pub(super) use rewritten::note_rewritten;

use super::super::Error;
use super::super::evaluate::Context;
use crate::storage::{Change, Fork};
use crate::types::{ForeignKey, ForeignKeyAction, Schema, TableSchema};
use std::sync::Arc;

/// Whether a table has foreign keys, or others refer to it.
pub(super) fn concern(schema: &Schema, table: &TableSchema) -> bool {
    !table.foreign_keys.is_empty() || schema.is_referenced(table)
}

/// The foreign keys that refer to a table and change rows of theirs where one of its rows goes or changes.
fn acting<'a>(
    schema: &'a Schema,
    table: &'a TableSchema,
    acts: impl Fn(&ForeignKey) -> bool + Copy + 'a,
) -> impl Iterator<Item = &'a Arc<TableSchema>> {
    let home = schema.home(table.id);
    home.tables().filter(move |child| child.keys_to(table).any(acts))
}

/// Whether a foreign key does something where what it refers to goes.
pub(super) fn act_on_deletion(schema: &Schema, table: &TableSchema) -> bool {
    let acts = |key: &ForeignKey| key.on_delete != ForeignKeyAction::NoAction;
    acting(schema, table, acts).next().is_some()
}

/// Whether a change of a table may lead to one of a row that fires a trigger, by foreign keys alone.
pub(super) fn may_fire(schema: &Schema, table: &TableSchema) -> bool {
    let changes = |action: ForeignKeyAction| match action {
        ForeignKeyAction::NoAction | ForeignKeyAction::Restrict => false,
        ForeignKeyAction::Cascade | ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault => {
            true
        }
    };
    let acts = |key: &ForeignKey| changes(key.on_delete) || changes(key.on_update);
    if schema.all_triggers().next().is_none() {
        return false;
    }
    let mut reached: Vec<&TableSchema> = vec![table];
    let mut at = 0;
    while at < reached.len() {
        for child in acting(schema, reached[at], acts) {
            let on_child = |name: &str| name.eq_ignore_ascii_case(&child.name);
            if schema.all_triggers().any(|trigger| on_child(trigger.table_name())) {
                return true;
            }
            if reached.iter().all(|known| known.id != child.id) {
                reached.push(child);
            }
        }
        at += 1;
    }
    false
}

/// Deletes all rows of a table that is about to be dropped, where rows of other tables refer to them:
/// SQLite's implicit DELETE. Gives how many events that made.
///
/// # Errors
/// As [`record_with_actions`], and `foreign-key`; then some of it may be recorded.
pub fn empty(table: &Arc<TableSchema>, fork: &mut Fork, context: &Context) -> Result<usize, Error> {
    let view = fork.view();
    let refers = |other: &Arc<TableSchema>| other.id != table.id && other.refers_to(table);
    if !context.enforcement.foreign_keys || !view.schema().home(table.id).tables().any(refers) {
        return Ok(0);
    }
    let rows = keys::all_rows(&view.table(table))?;
    drop(view);
    let delete = |(row, old)| Change::Delete { table: Arc::clone(table), row, old };
    let (first, events) = (fork.len(), fork.events());
    record_with_actions(fork, rows.into_iter().map(delete).collect(), None, context)?;
    if context.enforcement.asks_foreign_keys() {
        check_foreign_keys(fork, first, CheckedConstraints::Immediate)?;
    }
    Ok(fork.events() - events)
}

/// Records changes of rows, which an operation of the fork made where `cause` is its index, and what
/// that does to rows that refer to them. Gives how long the fork was before the latter.
///
/// # Errors
/// `foreign-key` where RESTRICT refuses it, `foreign-key-mismatch` where what is referred to has no such
/// key; `not-null` and `unique` of rows that an action changes. Then some of it may be recorded.
pub(super) fn record_with_actions(
    fork: &mut Fork,
    changes: Vec<Change>,
    cause: Option<usize>,
    context: &Context,
) -> Result<usize, Error> {
    let mut level = fork.len();
    for change in changes {
        fork.record_one(change, cause)?;
    }
    let recorded = fork.len();
    while level < fork.len() {
        context.check()?;
        let actions = actions::of(fork, level, context)?;
        level = fork.len();
        for (change, cause) in actions {
            fork.record_one(change, Some(cause))?;
        }
    }
    Ok(recorded)
}
