//! What becomes of a statement whose row breaks a constraint.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What SQLite calls a conflict resolution: behind OR in a statement, or behind ON CONFLICT in a
/// constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictResolution {
    /// The statement fails, and the transaction with it.
    Rollback,
    /// The statement fails and has changed nothing.
    Abort,
    /// The statement fails, and what it did before that row stays.
    Fail,
    /// The row is left out.
    Ignore,
    /// The rows that are in the way go.
    Replace,
}

impl ConflictResolution {
    /// All of them.
    pub const ALL: &[ConflictResolution] = &[
        ConflictResolution::Rollback,
        ConflictResolution::Abort,
        ConflictResolution::Fail,
        ConflictResolution::Ignore,
        ConflictResolution::Replace,
    ];
}

/// Prints the word.
impl fmt::Display for ConflictResolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ConflictResolution::Rollback => "ROLLBACK",
            ConflictResolution::Abort => "ABORT",
            ConflictResolution::Fail => "FAIL",
            ConflictResolution::Ignore => "IGNORE",
            ConflictResolution::Replace => "REPLACE",
        })
    }
}
