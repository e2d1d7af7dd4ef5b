//! What is temporary in a session: what it is seen beside, how its changes come back from a transaction,
//! and what is said where somebody asks for its past, which it does not have.

use super::catalog::StatementCatalog;
use super::{Error, Session};
use crate::language::ast::{ObjectName, Temporal};
use crate::planner::{self, ALTER_TABLE, Planned};
use crate::storage::{CommittedTransaction, Fork, Metadata, Operation, TemporaryState, View};
use crate::types::{EventId, SchemaName, TableSchema};
use std::sync::Arc;

impl Session {
    /// A view beside what is temporary.
    pub(super) fn beside_temporary(&self, view: View) -> View {
        match &self.temporary {
            Some(temporary) => view.with_temporary(temporary.view()),
            None => view,
        }
    }

    /// Begins a transaction that may never write.
    ///
    /// # Errors
    /// Those of [`Database::begin_for`](crate::storage::Database::begin_for).
    pub(super) fn begin_deferred(&self) -> Result<Fork, Error> {
        let temporary = self.temporary.as_deref().map(TemporaryState::view);
        Ok(self.database.begin_for(self.staged.last(), temporary)?)
    }

    /// Begins the transaction of a statement by itself.
    ///
    /// # Errors
    /// As [`Session::begin_deferred`].
    pub(super) fn begin_statement(&self) -> Result<Fork, Error> {
        let temporary = self.temporary.as_deref().map(TemporaryState::view);
        // Its outcome is told when it is durable, and so is what it builds upon.
        Ok(self.database.begin_for(EventId::NEVER, temporary)?.unseen())
    }

    /// Makes a transaction durable, then visible, or stages it where the statement is; what it did to what
    /// is temporary comes to the session.
    ///
    /// # Errors
    /// Those of [`Database::commit`](crate::storage::Database::commit) and
    /// [`Database::stage`](crate::storage::Database::stage); then nothing of it happened. Those of
    /// [`TemporaryState::commit`]: then nothing temporary is left.
    pub(super) fn commit_fork(
        &mut self,
        mut fork: Fork,
        metadata: Metadata,
    ) -> Result<Option<CommittedTransaction>, Error> {
        let temporary = fork.take_temporary();
        let committed = match self.staged.defers {
            true => self.database.stage(fork, metadata)?,
            false => self.database.commit(fork, metadata)?,
        };
        if let Some(committed) = committed.filter(|_| self.staged.defers) {
            self.staged.add(committed);
        }
        self.commit_temporary(temporary)?;
        Ok(committed)
    }

    /// Where that fails nothing temporary is left: half a transaction is nothing to go on with.
    fn commit_temporary(&mut self, operations: Vec<Operation>) -> Result<(), Error> {
        if operations.is_empty() {
            return Ok(());
        }
        let mut temporary = match self.temporary.take() {
            Some(temporary) => temporary,
            None => Box::new(TemporaryState::beside(&self.database.latest()?)),
        };
        temporary.commit(operations)?;
        self.temporary = Some(temporary);
        Ok(())
    }

    /// Makes sure that what is about to be written can be, in a transaction that has no event yet: the
    /// writer's place is needed for what is not temporary.
    ///
    /// # Errors
    /// `read-only` and its like; those of the statement itself come behind.
    pub(super) fn check_place(&self, fork: &Fork, is_temporary: bool) -> Result<(), Error> {
        if fork.events() == 0 && !is_temporary {
            self.database.store().check_writable()?;
        }
        Ok(())
    }

    /// Makes sure that what a change of something temporary led to can be written, behind so many events of
    /// its transaction: its triggers may have changed what is not temporary.
    ///
    /// # Errors
    /// As [`Session::check_place`].
    pub(super) fn check_reached(&self, fork: &Fork, behind: usize) -> Result<(), Error> {
        if behind == 0 && fork.events() > 0 {
            self.database.store().check_writable()?;
        }
        Ok(())
    }
}

impl Planned {
    /// Whether there is nothing to do: what is to be made is there, or what is to be dropped is not. What
    /// alters a table to what it is already asks for a change all the same, as in SQLite.
    pub(super) fn changes_nothing(&self) -> bool {
        match self {
            Planned::Query(_) | Planned::Write(_) => false,
            Planned::Schema(schema) => schema.changes.is_empty() && schema.verb != ALTER_TABLE,
        }
    }

    /// Whether it changes what is temporary and, but for triggers, nothing else.
    pub(super) fn is_temporary(&self) -> bool {
        match self {
            Planned::Query(_) => false,
            Planned::Write(write) => write.table.id.is_temporary(),
            Planned::Schema(schema) => {
                let mut changes = schema.changes.iter().map(|change| change.schema_name());
                !schema.changes.is_empty() && changes.all(|of| of == SchemaName::Temporary)
            }
        }
    }
}

impl StatementCatalog<'_> {
    /// The temporary table that a name means, as it is now.
    pub(super) fn temporary_table(&self, name: &ObjectName) -> Option<Arc<TableSchema>> {
        let names = self.names();
        names.temporary.as_ref()?;
        let table = names.find_table(name.schema, &name.name)?;
        table.id.is_temporary().then(|| Arc::clone(table))
    }

    /// Refuses a moment of what is temporary.
    ///
    /// # Errors
    /// `no-past` where one is given, or the session is at one.
    pub(super) fn check_no_moment(
        &self,
        name: &ObjectName,
        temporal: Option<&Temporal>,
    ) -> Result<(), planner::Error> {
        match (temporal, self.session().past) {
            (Some(temporal), _) => Err(self.no_past(name, &temporal.to_string())),
            (None, Some(past)) => {
                let said = format!("event {past}, where the session is,");
                let help = "SET AS OF LATEST comes back to the present".to_owned();
                let message =
                    format!("{name} is temporary: {said} is a past that it does not have");
                Err(planner::Error::new("no-past", message, name.span).help(Some(help)))
            }
            (None, None) => Ok(()),
        }
    }

    /// The error of what asks for the past of what is temporary.
    pub(super) fn no_past(&self, name: &ObjectName, asked: &str) -> planner::Error {
        let message = format!("{name} is temporary: it is in no event, and has no past");
        let main = self.names().within(SchemaName::Main);
        let help = match main.table(&name.name) {
            Some(table) if name.schema.is_none() => {
                let shadowed = ObjectName::within(SchemaName::Main, table.name.clone());
                format!("{shadowed} is the table of the database")
            }
            Some(_) | None if asked.is_empty() => {
                format!("SELECT * FROM {name} gives its rows as they are")
            }
            Some(_) | None => {
                format!(
                    "write {asked} behind each table of the database, and leave {name} as it is"
                )
            }
        };
        planner::Error::new("no-past", message, name.span).help(Some(help))
    }
}
