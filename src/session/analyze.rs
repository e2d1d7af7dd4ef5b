//! ANALYZE: counts what the order of joins is decided by.

use super::outcome::Outcome;
use super::{Error, Session};
use crate::executor::table_statistics;
use crate::language::ast::ObjectName;
use std::sync::Arc;

impl Session {
    /// Counts the rows and the values of keys of a table, of the table of an index, or of all tables, as
    /// the session sees them; no event, and gone when the database is closed.
    ///
    /// # Errors
    /// `interrupted`; the codes of storage where rows cannot be read.
    pub(super) fn analyze(&self, name: Option<&ObjectName>) -> Result<Outcome, Error> {
        let view = self.present()?;
        let schema = view.schema();
        // What is temporary is not counted: nothing of it is remembered beside the session.
        let tables = schema.tables().filter(|table| {
            name.is_none_or(|ObjectName { schema: within, identifier }| {
                let name = &identifier.name;
                let indexed = schema.find_index(*within, name).map(|(of, _)| of);
                let known = schema.find_table(*within, name);
                indexed.into_iter().chain(known).any(|known| known.id == table.id)
            })
        });
        let context = self.context(self.database.now(), Arc::default());
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
