//! What is temporary in a session: what it is seen beside, how its changes come back from a transaction,
//! and what is said where somebody asks for its past, which it does not have.

use super::cache::PlanCache;
use super::catalog::StatementCatalog;
use super::{Error, ExecutableStatement, Session};
use crate::language::ast::{ObjectName, Temporal};
use crate::planner::{self, Planned};
use crate::storage::{CommittedTransaction, Fork, Metadata, Operation, View};
use crate::types::{SchemaName, TableSchema};
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
    pub(super) fn begin_deferred(&self) -> Fork {
        let fork = self.database.begin_deferred();
        match &self.temporary {
            Some(temporary) => fork.with_temporary(temporary.view()),
            None => fork,
        }
    }

    /// Makes a transaction durable, then visible; what it did to what is temporary comes to the session.
    ///
    /// # Errors
    /// Those of [`Database::commit`](crate::storage::Database::commit); then nothing of it happened.
    pub(super) fn commit_fork(
        &mut self,
        mut fork: Fork,
        metadata: Metadata,
    ) -> Result<Option<CommittedTransaction>, Error> {
        let temporary = fork.take_temporary();
        let committed = self.database.commit(fork, metadata)?;
        self.commit_temporary(temporary);
        Ok(committed)
    }

    fn commit_temporary(&mut self, operations: Vec<Operation>) {
        if operations.is_empty() {
            return;
        }
        if operations.iter().any(|operation| operation.schema_change().is_some()) {
            // Other names may mean what is temporary now.
            self.cache = PlanCache::default();
        }
        self.temporary.get_or_insert_default().commit(operations);
    }

    /// Makes sure that a statement can write what it would, in a transaction that has no event yet: the
    /// writer's place is needed for what is not temporary.
    ///
    /// # Errors
    /// `read-only` and its like; those of the statement itself come behind.
    pub(super) fn check_place(
        &self,
        fork: &Fork,
        statement: Option<&ExecutableStatement<'_>>,
    ) -> Result<(), Error> {
        let is_temporary = statement.is_some_and(|of| of.plan.planned().is_temporary());
        if fork.events() == 0 && !is_temporary {
            self.database.store().check_writable()?;
        }
        Ok(())
    }
}

impl Planned {
    /// Whether it changes what is temporary and, but for triggers, nothing else.
    fn is_temporary(&self) -> bool {
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
        let table = self.names().find_table(name.schema, &name.name)?;
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
                let shadowed = ObjectName::within(SchemaName::Main, &table.name);
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
