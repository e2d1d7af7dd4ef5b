//! The error for a table that is not there: what is true of its name, at the moment that is asked about.

use super::catalog::StatementCatalog;
use super::relations::SystemTable;
use crate::language::ast::ObjectName;
use crate::planner::{Error, suggest};
use crate::storage::SchemaChange;
use crate::types::{EventId, Period, Schema, SchemaName};

impl StatementCatalog<'_> {
    /// The error for a table that is not there at a moment: what is true of its name.
    pub(super) fn missing(
        &self,
        name: &ObjectName,
        event: EventId,
        past: bool,
        schema: &Schema,
    ) -> Error {
        self.missing_at("AS OF", name, event, past, schema)
    }

    /// The same where another word than AS OF says at which moment.
    pub(super) fn missing_at(
        &self,
        point: &str,
        name: &ObjectName,
        event: EventId,
        past: bool,
        schema: &Schema,
    ) -> Error {
        let system: Vec<&str> = SystemTable::names().collect();
        let names = schema.tables().map(|table| table.name.as_str()).chain(system);
        let message = match name.schema {
            Some(_) => format!("no table {name}"),
            None => format!("no table \"{}\"", name.name),
        };
        let plain =
            Error::new("unknown-table", message, name.span).help(suggest(&name.name, names));
        if name.schema == Some(SchemaName::Temporary) {
            return plain;
        }
        let lifetimes = self.database().lifetimes(&name.name);
        let Some((first, _)) = lifetimes.first() else { return plain };
        let ended = lifetimes.iter().rev().find_map(|(_, ended)| ended.filter(|e| *e <= event));
        let when =
            if event == EventId::START { "the start".to_owned() } else { format!("event {event}") };
        let at = if past { format!(" does not exist at {when}; it") } else { String::new() };
        let (message, help) = match ended {
            Some(ended) => {
                let renamed = self.renamed_by(ended).map(|(_, to)| to);
                let what =
                    renamed.as_ref().map_or("dropped".to_owned(), |to| format!("renamed to {to}"));
                let help = match renamed.filter(|to| schema.table(to).is_some()) {
                    Some(to) => format!("did you mean \"{to}\"?"),
                    None => format!("{point} EVENT {} reads it as it was before", ended.before()),
                };
                (format!("table {}{at} was {what} by event {ended}", name.name), Some(help))
            }
            None if past => {
                let later = lifetimes.iter().map(|(began, _)| began).find(|b| **b > event);
                let began = *later.unwrap_or(first);
                let (what, help) = match self.renamed_by(began) {
                    Some((from, _)) => {
                        let help = format!("did you mean \"{from}\"?");
                        let help = schema.table(&from).is_some().then_some(help);
                        (format!("{from} was renamed to it by event {began}"), help)
                    }
                    None => (format!("it was created by event {began}"), None),
                };
                let help = help.or_else(|| self.beginning(event));
                (format!("table {} does not exist at {when}; {what}", name.name), help)
            }
            None => return plain,
        };
        Error::new("unknown-table", message, name.span).help(help)
    }

    /// When the log begins, for a moment before that.
    fn beginning(&self, event: EventId) -> Option<String> {
        let first = self.database().committed_at(EventId::START.next()).ok()??;
        (event == EventId::START).then(|| format!("the first event was committed at {first}"))
    }

    /// The names before and after, where an event renamed a table.
    fn renamed_by(&self, event: EventId) -> Option<(String, String)> {
        let event = self.database().store().read(Period::at(event)).next()?.ok()?;
        let Some(SchemaChange::RenameTable { table, name }) = event.operation.schema_change()
        else {
            return None;
        };
        Some((table.name.to_string(), name.clone()))
    }
}
