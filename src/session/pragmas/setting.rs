//! The numbers of a database that PRAGMAs set: `user_version` and `application_id`. They are part of
//! the schema, so that setting one is an event, and each moment has its own.

use super::super::outcome::{Outcome, Receipt};
use super::super::{Error, Session};
use crate::language::ast::{Annotations, PragmaStatement, SessionStatement, Statement};
use crate::language::{leading_number, parse_statement};
use crate::storage::{Change, SchemaChange};
use crate::types::{Definition, DefinitionKind, EventId, Schema};
use std::sync::Arc;

/// The statement that sets a number, which is what is kept of it.
pub(in crate::session) fn setting_statement(name: &str, number: i32) -> String {
    format!("PRAGMA {name} = {number}")
}

/// The number that a schema has under a name; 0 where nobody set another.
pub(super) fn setting(schema: &Schema, name: &str) -> i32 {
    let Some(definition) = schema.definition(DefinitionKind::Setting, name) else { return 0 };
    let Ok(Some(Statement::Session(statement))) = parse_statement(&definition.sql) else {
        return 0;
    };
    let SessionStatement::Pragma(PragmaStatement { value: Some(value), .. }) = *statement else {
        return 0;
    };
    leading_number(&value)
}

/// What makes a number of a schema this one; nothing where it is.
fn change(schema: &Schema, name: &str, number: i32) -> Option<SchemaChange> {
    let old = schema.definition(DefinitionKind::Setting, name).map(Arc::clone);
    let new = (number != 0).then(|| {
        Arc::new(Definition {
            id: old.as_ref().map_or(EventId::START, |old| old.id),
            kind: DefinitionKind::Setting,
            name: name.to_owned(),
            table: None,
            table_schema: None,
            sql: setting_statement(name, number),
        })
    });
    match (old, new) {
        (None, None) => None,
        (None, Some(new)) => Some(SchemaChange::CreateDefinition(new)),
        (Some(old), None) => Some(SchemaChange::DropDefinition(old)),
        (Some(old), Some(new)) => {
            (!old.is_alike(&new)).then_some(SchemaChange::ReplaceDefinition { old, new })
        }
    }
}

impl Session {
    /// Sets a number of the schema: in the open transaction, or in one of its own.
    ///
    /// # Errors
    /// `past` where the session is there; `read-only`, `busy`, `damaged` and `poisoned` where nothing can be
    /// written.
    pub(super) fn set_setting(
        &mut self,
        name: &'static str,
        value: &str,
        text: &str,
    ) -> Result<Outcome, Error> {
        self.check_changeable()?;
        let number = leading_number(value);
        let receipt =
            Receipt { verb: "PRAGMA", name: name.into(), rows: 0, events: 0, committed: None };
        self.record_changes((&Annotations::default(), text), receipt, |schema| {
            change(schema, name, number).into_iter().map(Change::Schema).collect()
        })
    }
}
