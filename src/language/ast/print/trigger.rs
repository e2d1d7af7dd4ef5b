//! Triggers as SQL.

use super::super::{CreateTrigger, RaiseAction, StatementList, TriggerEvent, TriggerTime};
use super::definition::if_not_exists_words;
use super::{CommaList, part};
use std::fmt;

impl fmt::Display for CreateTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let temporary = if self.temporary { "TEMP " } else { "" };
        let unless = if_not_exists_words(self.if_not_exists);
        let CreateTrigger { name, time, event, table, condition, body, annotations, .. } = self;
        write!(f, "CREATE {temporary}TRIGGER {unless}{name} {time} {event} ON {table}")?;
        part(f, "WHEN", condition.as_ref())?;
        write!(f, " {body}{annotations}")
    }
}

impl fmt::Display for TriggerTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TriggerTime::Before => "BEFORE",
            TriggerTime::After => "AFTER",
            TriggerTime::InsteadOf => "INSTEAD OF",
        })
    }
}

impl fmt::Display for TriggerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TriggerEvent::Insert => f.write_str("INSERT"),
            TriggerEvent::Delete => f.write_str("DELETE"),
            TriggerEvent::Update(columns) if columns.is_empty() => f.write_str("UPDATE"),
            TriggerEvent::Update(columns) => write!(f, "UPDATE OF {}", CommaList(columns)),
        }
    }
}

impl fmt::Display for StatementList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BEGIN ")?;
        self.0.iter().try_for_each(|statement| write!(f, "{statement}; "))?;
        f.write_str("END")
    }
}

impl fmt::Display for RaiseAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RaiseAction::Ignore => "IGNORE",
            RaiseAction::Abort => "ABORT",
            RaiseAction::Fail => "FAIL",
            RaiseAction::Rollback => "ROLLBACK",
        })
    }
}
