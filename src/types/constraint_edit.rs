//! What ALTER TABLE does to a constraint of a table.

use super::{CheckConstraint, Column, ConflictResolution, TableSchema};
use serde::{Deserialize, Serialize};

/// What becomes of a constraint. Constraints are told by their places in the table as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintEdit {
    /// A CHECK of the table comes to be, as its last.
    AddCheck(CheckConstraint),
    /// A CHECK goes.
    DropCheck(usize),
    /// A foreign key goes.
    DropForeignKey(usize),
    /// A column refuses NULL.
    SetNotNull {
        /// The column.
        column: usize,
        /// What becomes of a row that is NULL there, where it says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_null: Option<ConflictResolution>,
    },
    /// A column takes NULL.
    DropNotNull {
        /// The column.
        column: usize,
    },
}

impl ConstraintEdit {
    /// The column that the constraint stands with, if it stands with one.
    fn column(&self, table: &TableSchema) -> Option<usize> {
        match self {
            ConstraintEdit::AddCheck(_) => None,
            ConstraintEdit::DropCheck(check) => table.checks.get(*check)?.column,
            ConstraintEdit::DropForeignKey(key) => {
                let key = table.foreign_keys.get(*key).filter(|key| key.of_column)?;
                key.columns.first().copied()
            }
            ConstraintEdit::SetNotNull { column, .. } | ConstraintEdit::DropNotNull { column } => {
                Some(*column)
            }
        }
    }

    /// The column whose own definition says the constraint, because ALTER TABLE added it; `None` where
    /// the statement that created the table does.
    pub fn definition(&self, table: &TableSchema) -> Option<usize> {
        let is_added = |column: &Column| column.id.event != table.id.0;
        self.column(table).filter(|at| table.columns.get(*at).is_some_and(is_added))
    }

    /// Whether the table has what it is about.
    pub fn fits(&self, table: &TableSchema) -> bool {
        match self {
            ConstraintEdit::AddCheck(check) => check.column.is_none(),
            ConstraintEdit::DropCheck(check) => *check < table.checks.len(),
            ConstraintEdit::DropForeignKey(key) => *key < table.foreign_keys.len(),
            ConstraintEdit::SetNotNull { column, .. } | ConstraintEdit::DropNotNull { column } => {
                *column < table.columns.len()
            }
        }
    }

    /// Makes of the table before it the one after it, whose definition that has the constraint is `sql`
    /// from then on.
    pub fn apply(&self, table: &mut TableSchema, sql: &str) {
        if !self.fits(table) {
            return;
        }
        match self.definition(table) {
            Some(column) => sql.clone_into(&mut table.columns[column].sql),
            None => sql.clone_into(&mut table.sql),
        }
        match self {
            ConstraintEdit::AddCheck(check) => table.checks.push(check.clone()),
            ConstraintEdit::DropCheck(check) => drop(table.checks.remove(*check)),
            ConstraintEdit::DropForeignKey(key) => drop(table.foreign_keys.remove(*key)),
            ConstraintEdit::SetNotNull { column, on_null } => {
                let column = &mut table.columns[*column];
                (column.not_null, column.on_null) = (true, *on_null);
            }
            ConstraintEdit::DropNotNull { column } => {
                let column = &mut table.columns[*column];
                (column.not_null, column.on_null) = (false, None);
            }
        }
    }
}
