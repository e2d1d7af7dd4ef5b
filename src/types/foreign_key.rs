//! Foreign keys as they are declared.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A FOREIGN KEY, or the REFERENCES of a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The name of the constraint, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is the REFERENCES of its one column, and goes with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_column: bool,
    /// Indexes of the referring columns.
    pub columns: Vec<usize>,
    /// The table referred to, which may not exist yet.
    pub references: String,
    /// The columns referred to; empty for its primary key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub referenced: Vec<String>,
    /// What becomes of a row when the one that it refers to goes.
    #[serde(default, skip_serializing_if = "ForeignKeyAction::is_none")]
    pub on_delete: ForeignKeyAction,
    /// What becomes of a row when the one that it refers to gets another key.
    #[serde(default, skip_serializing_if = "ForeignKeyAction::is_none")]
    pub on_update: ForeignKeyAction,
    /// Whether it has to hold no sooner than at the end of the transaction.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deferred: bool,
}

impl ForeignKey {
    /// Whether it refers to the table of a name, in any case.
    pub fn is_to(&self, table: &str) -> bool {
        self.references.eq_ignore_ascii_case(table)
    }

    /// What an error calls it: `FOREIGN KEY`, and its name where it has one.
    pub fn title(&self) -> String {
        match &self.name {
            Some(name) => format!("FOREIGN KEY {name}"),
            None => "FOREIGN KEY".to_owned(),
        }
    }
}

/// What happens to referring rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignKeyAction {
    /// NO ACTION: nothing, and the constraint has to hold at the end of the statement.
    #[default]
    NoAction,
    /// RESTRICT: it is refused at once.
    Restrict,
    /// CASCADE: they go, too, or get the new key.
    Cascade,
    /// SET NULL: they refer to nothing.
    SetNull,
    /// SET DEFAULT: they refer to what their columns have by default.
    SetDefault,
}

impl ForeignKeyAction {
    /// Whether nothing happens.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_none(&self) -> bool {
        *self == ForeignKeyAction::NoAction
    }
}

impl fmt::Display for ForeignKeyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ForeignKeyAction::NoAction => "NO ACTION",
            ForeignKeyAction::Restrict => "RESTRICT",
            ForeignKeyAction::Cascade => "CASCADE",
            ForeignKeyAction::SetNull => "SET NULL",
            ForeignKeyAction::SetDefault => "SET DEFAULT",
        })
    }
}
