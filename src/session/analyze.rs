//! ANALYZE: counts what the order of joins is decided by.

use super::outcome::Outcome;
use super::{Error, Session};
use crate::executor::table_statistics;
use crate::language::ast::Identifier;
use std::sync::Arc;

impl Session {
    /// Counts the rows and the values of keys of a table, of the table of an index, or of all tables, as
    /// the session sees them; no event, and gone when the database is closed.
    ///
    /// # Errors
    /// `interrupted`; the codes of storage where rows cannot be read.
    pub(super) fn analyze(&self, name: Option<&Identifier>) -> Result<Outcome, Error> {
        let view = self.present()?;
        let schema = view.schema();
        let named = name.map(|name| name.name.as_str());
        let tables = schema.tables().filter(|table| {
            named.is_none_or(|name| {
                let of_index = schema.index(name).is_some_and(|(of, _)| of.id == table.id);
                of_index || schema.table(name).is_some_and(|known| known.id == table.id)
            })
        });
        let context = self.context(self.database.now(), Arc::new([]));
        let mut counted = 0;
        for table in tables {
            let statistics = table_statistics(&view.table(table), &context)?;
            self.database.note_statistics(table.id, statistics);
            counted += 1;
        }
        let tables = if counted == 1 { "table" } else { "tables" };
        Ok(Outcome::Done(format!("analyzed {counted} {tables}")))
    }
}
