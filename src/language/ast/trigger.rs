//! Triggers, and statements that stand in another one.

use super::{Annotations, Expression, Identifier, ObjectName, Statement};

/// CREATE TRIGGER.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTrigger {
    /// Whether TEMP stood there.
    pub temporary: bool,
    /// Whether IF NOT EXISTS stood there.
    pub if_not_exists: bool,
    /// The trigger's name.
    pub name: ObjectName,
    /// When it fires.
    pub time: TriggerTime,
    /// What fires it.
    pub event: TriggerEvent,
    /// The table or view whose rows change.
    pub table: ObjectName,
    /// WHEN
    pub condition: Option<Expression>,
    /// What it does.
    pub body: StatementList,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

/// When a trigger fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriggerTime {
    /// BEFORE the row changes.
    Before,
    /// AFTER it changed.
    After,
    /// INSTEAD OF a change of a view's row.
    InsteadOf,
}

/// What fires a trigger.
#[derive(Clone, Debug, PartialEq)]
pub enum TriggerEvent {
    /// INSERT
    Insert,
    /// DELETE
    Delete,
    /// UPDATE, of one of these columns; of any where none is named.
    Update(Vec<Identifier>),
}

/// `BEGIN statement; … END`: statements that stand in another one.
#[derive(Clone, Debug, PartialEq)]
pub struct StatementList(pub Vec<Statement>);

/// What RAISE does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RaiseAction {
    /// IGNORE: the row is left out.
    Ignore,
    /// ABORT: the statement fails.
    Abort,
    /// FAIL: the statement ends where it is.
    Fail,
    /// ROLLBACK: the transaction fails.
    Rollback,
}

impl RaiseAction {
    /// All of them.
    pub const ALL: [RaiseAction; 4] =
        [RaiseAction::Ignore, RaiseAction::Abort, RaiseAction::Fail, RaiseAction::Rollback];
}
