//! Which rows come out of a join.

use crate::language::ast::JoinKind;

/// Which rows come out of a join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinType {
    /// Pairs that match.
    Inner,
    /// All pairs: an inner join without a condition.
    Cross,
    /// Pairs that match, and left rows that match nothing.
    Left,
    /// Pairs that match, and right rows that match nothing.
    Right,
    /// Pairs that match, and rows of both sides that match nothing.
    Full,
    /// Left rows that match something, each once and alone.
    Semi,
    /// Left rows that match nothing, alone.
    Anti,
}

impl JoinType {
    /// What EXPLAIN calls it.
    pub(super) fn word(self) -> &'static str {
        match self {
            JoinType::Inner => "inner",
            JoinType::Cross => "cross",
            JoinType::Left => "left",
            JoinType::Right => "right",
            JoinType::Full => "full",
            JoinType::Semi => "semi",
            JoinType::Anti => "anti",
        }
    }

    /// Whether only pairs that match come out.
    pub(super) fn is_inner(self) -> bool {
        match self {
            JoinType::Inner | JoinType::Cross => true,
            JoinType::Left | JoinType::Right | JoinType::Full | JoinType::Semi | JoinType::Anti => {
                false
            }
        }
    }

    /// Whether left rows come out that match nothing.
    pub fn keeps_left(self) -> bool {
        match self {
            JoinType::Left | JoinType::Full | JoinType::Anti => true,
            JoinType::Inner | JoinType::Cross | JoinType::Right | JoinType::Semi => false,
        }
    }

    /// Whether right rows come out that match nothing.
    pub fn keeps_right(self) -> bool {
        match self {
            JoinType::Right | JoinType::Full => true,
            JoinType::Inner
            | JoinType::Cross
            | JoinType::Left
            | JoinType::Semi
            | JoinType::Anti => false,
        }
    }

    /// Whether columns of the right side come out.
    pub fn gives_right(self) -> bool {
        match self {
            JoinType::Semi | JoinType::Anti => false,
            JoinType::Inner
            | JoinType::Cross
            | JoinType::Left
            | JoinType::Right
            | JoinType::Full => true,
        }
    }
}

impl From<JoinKind> for JoinType {
    fn from(kind: JoinKind) -> JoinType {
        match kind {
            JoinKind::Inner => JoinType::Inner,
            JoinKind::Cross => JoinType::Cross,
            JoinKind::Left => JoinType::Left,
            JoinKind::Right => JoinType::Right,
            JoinKind::Full => JoinType::Full,
        }
    }
}
