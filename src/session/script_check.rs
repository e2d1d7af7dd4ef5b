//! A check: a script is parsed and bound, statement by statement, and nothing of it is done.
//!
//! Changes of the schema are recorded in a fork that nobody commits, so that later statements find the
//! tables that earlier ones make; rows are neither read nor written. What depends on rows, or on events
//! that the script would make, cannot be known and is not told.

use super::catalog::StatementCatalog;
use super::savepoint::Savepoints;
use super::{Error, Session, already_open, not_open, sequence::counter_write};
use crate::executor;
use crate::language::ast::{Identifier, PlannableStatement, SessionStatement, Statement, Switch};
use crate::planner::{self, Planned};
use crate::storage::{Change, Fork, Savepoint, View};
use crate::types::{EventId, Period};
use std::sync::Arc;

/// Errors about moments that the script itself may bring about.
const UNKNOWN_MOMENTS: &[&str] =
    &["beyond-head", "before-start", "unknown-tag", "unknown-snapshot"];

/// How far a check is.
#[derive(Debug)]
pub(super) struct ScriptCheck {
    /// The schema as the script would have made it.
    fork: Fork,
    /// Where its transaction began, while one is open.
    begun: Option<Savepoint>,
    /// The savepoints in it.
    savepoints: Savepoints,
    /// Whether new tables would be FLEXIBLE.
    flexible_types: bool,
    /// Where SET AS OF would have gone.
    past: Option<EventId>,
    /// Whether it would have made events by now: then moments and rows are no longer known.
    is_changed: bool,
    /// What is to be said of the last statement.
    notices: Vec<String>,
}

impl ScriptCheck {
    /// Whether a transaction of the script is open.
    pub(super) fn in_transaction(&self) -> bool {
        self.begun.is_some()
    }
}

impl Session {
    /// Parses and binds one statement, as it would run behind those checked before, and does nothing
    /// of it.
    ///
    /// # Errors
    /// What [`Session::execute`] would say of it, as far as that depends neither on rows nor on events
    /// of the script.
    pub fn check_statement(&mut self, text: &str) -> Result<(), Error> {
        let Some(statement) = self.parse(text)? else { return Ok(()) };
        let mut script_check = match self.script_check.take() {
            Some(script_check) => script_check,
            None => {
                let fork = self.begin_deferred()?;
                let (flexible_types, notices) = (self.flexible_types, Vec::new());
                let (begun, past, is_changed) = (None, None, false);
                let savepoints = Savepoints::default();
                ScriptCheck { fork, begun, savepoints, flexible_types, past, is_changed, notices }
            }
        };
        let bound = self.bind(&mut script_check, &statement, text);
        let is_changed = script_check.is_changed;
        self.notices.borrow_mut().append(&mut script_check.notices);
        self.script_check = Some(script_check);
        match bound {
            Err(error) if is_changed && UNKNOWN_MOMENTS.contains(&error.code()) => Ok(()),
            bound => bound,
        }
    }

    fn bind(
        &self,
        script_check: &mut ScriptCheck,
        statement: &Statement,
        text: &str,
    ) -> Result<(), Error> {
        let statement = match statement {
            Statement::Session(statement) => {
                return self.bind_session(script_check, statement, text);
            }
            Statement::Query(query) => PlannableStatement::Query(query),
            Statement::Write(write) => PlannableStatement::Write(write),
            Statement::Schema(schema) => PlannableStatement::Schema(schema),
        };
        if counter_write(statement).is_some() {
            script_check.is_changed = true;
            return script_check.check_present();
        }
        self.bind_planned(script_check, statement, text)
    }

    fn bind_session(
        &self,
        script_check: &mut ScriptCheck,
        statement: &SessionStatement,
        text: &str,
    ) -> Result<(), Error> {
        match statement {
            SessionStatement::Explain { statement, .. } => match statement.plannable() {
                Some(explained) => self.bind_planned(script_check, explained, text),
                None => Ok(()),
            },
            SessionStatement::Begin { .. } => {
                script_check.check_present()?;
                if script_check.begun.replace(script_check.fork.savepoint()).is_some() {
                    return Err(already_open());
                }
                Ok(())
            }
            SessionStatement::Commit => {
                script_check.savepoints = Savepoints::default();
                script_check.begun.take().map(drop).ok_or_else(|| not_open("COMMIT"))
            }
            SessionStatement::Rollback => {
                let mark = script_check.begun.take().ok_or_else(|| not_open("ROLLBACK"))?;
                script_check.fork.rollback_to(&mark);
                script_check.savepoints = Savepoints::default();
                Ok(())
            }
            SessionStatement::Savepoint(name) => script_check.savepoint(name),
            SessionStatement::Release(name) => script_check.release(name),
            SessionStatement::RollbackTo(name) => {
                script_check.savepoints.rollback_to(name, &mut script_check.fork)
            }
            SessionStatement::SetAsOf(as_of) => {
                script_check.past = None;
                if !as_of.is_latest() {
                    let catalog = self.checked_catalog(script_check)?;
                    script_check.past = Some(catalog.resolver().resolve(as_of)?);
                }
                Ok(())
            }
            SessionStatement::Help(topic) => super::help::answer(topic.as_ref()).map(|_| ()),
            SessionStatement::SetSwitch { switch: Switch::FlexibleTypes, is_on } => {
                script_check.flexible_types = *is_on;
                Ok(())
            }
            SessionStatement::Tag { .. } | SessionStatement::Snapshot { .. } => {
                script_check.is_changed = true;
                script_check.check_present()
            }
            SessionStatement::Describe { .. }
            | SessionStatement::ShowTables { .. }
            | SessionStatement::Replay(_)
            | SessionStatement::SetActor(_)
            | SessionStatement::SetMemory(_)
            | SessionStatement::SetSwitch { .. }
            | SessionStatement::Verify
            | SessionStatement::Maintenance { .. }
            | SessionStatement::Pragma(_)
            | SessionStatement::Accepted(_) => Ok(()),
        }
    }

    /// Plans a statement; what it changes of the schema is recorded.
    fn bind_planned(
        &self,
        script_check: &mut ScriptCheck,
        statement: PlannableStatement<'_>,
        text: &str,
    ) -> Result<(), Error> {
        let mut catalog = self.checked_catalog(script_check)?;
        let flexible = Session::flexible(statement, script_check.flexible_types);
        let statement = flexible.as_ref().map_or(statement, PlannableStatement::Schema);
        let planned = planner::plan(statement, text, &mut catalog, &mut self.rewriting())?;
        let context = self.context(catalog.resolver().now(), Arc::default());
        drop(catalog);
        let (changes, initial) = match planned {
            Planned::Query(_) => return Ok(()),
            Planned::Write(_) => {
                script_check.check_present()?;
                script_check.is_changed = true;
                return Ok(());
            }
            Planned::Schema(plan) => {
                script_check.notices.extend(plan.notices);
                (plan.changes, plan.initial)
            }
        };
        script_check.check_present()?;
        let view = script_check.fork.view();
        let checked = executor::schema_changes(&changes, initial.as_ref(), &view, &context);
        drop(view);
        let changes = match checked {
            // What rows would be there then is not known.
            Err(_) if script_check.is_changed => changes,
            checked => checked?,
        };
        script_check.fork.record(changes.into_iter().map(Change::Schema).collect())?;
        script_check.is_changed = true;
        Ok(())
    }

    /// What a statement of a check sees.
    fn checked_catalog(&self, script_check: &ScriptCheck) -> Result<StatementCatalog<'_>, Error> {
        let view: View = match script_check.past {
            Some(event) => self.beside_temporary(self.database.view(Period::at(event))?),
            None => script_check.fork.view(),
        };
        Ok(StatementCatalog::new(self, view))
    }
}

impl ScriptCheck {
    /// SAVEPOINT.
    fn savepoint(&mut self, name: &Identifier) -> Result<(), Error> {
        self.check_present()?;
        if self.begun.is_none() {
            self.begun = Some(self.fork.savepoint());
            self.savepoints = Savepoints::beginning();
        }
        self.savepoints.set(name, &self.fork);
        Ok(())
    }

    /// RELEASE.
    fn release(&mut self, name: &Identifier) -> Result<(), Error> {
        if self.savepoints.release(name)? {
            self.savepoints = Savepoints::default();
            self.begun = None;
        }
        Ok(())
    }

    /// Makes sure that the script is not in the past, where it could change nothing.
    fn check_present(&self) -> Result<(), Error> {
        self.past.map_or(Ok(()), |event| Err(Error::Past(event)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Database;

    #[test]
    fn a_check_finds_what_is_wrong_and_does_nothing() -> Result<(), Error> {
        let mut session = Session::new(Arc::new(Database::in_memory()?));
        session.execute("CREATE TABLE t(a INTEGER)")?;
        session.execute("INSERT INTO t VALUES (1), (1)")?;
        let cases = [
            ("SELECT b FROM t", Some("unknown-column")),
            ("SELECT a FROM t AS OF EVENT 9", Some("beyond-head")),
            ("CREATE UNIQUE INDEX one ON t(a)", Some("unique")),
            ("SELEC", Some("syntax")),
            ("INSERT INTO t VALUES (2, 3)", Some("column-count")),
            ("INSERT INTO t VALUES (2)", None),
            ("SELECT a FROM t AS OF EVENT 9", None),
            ("CREATE UNIQUE INDEX one ON t(a)", None),
            ("BEGIN", None),
            ("BEGIN", Some("transaction")),
            ("CREATE TABLE u(x TEXT)", None),
            ("SELECT y FROM u", Some("unknown-column")),
            ("SELECT x FROM u", None),
            ("ROLLBACK", None),
            ("SELECT x FROM u", Some("unknown-table")),
            ("COMMIT", Some("transaction")),
            ("RELEASE s", Some("transaction")),
            ("SAVEPOINT s", None),
            ("CREATE TABLE u(x TEXT)", None),
            ("ROLLBACK TO S", None),
            ("SELECT x FROM u", Some("unknown-table")),
            ("ROLLBACK TO other", Some("transaction")),
            ("RELEASE s", None),
            ("COMMIT", Some("transaction")),
            ("SET AS OF EVENT 1", None),
            ("DELETE FROM t", Some("past")),
            ("EXPLAIN SELECT z FROM t", Some("unknown-column")),
            ("SET AS OF LATEST", None),
            ("-- nothing", None),
        ];
        for (text, code) in cases {
            assert_eq!(
                session.check_statement(text).map_err(|error| error.code()).err(),
                code,
                "{text}"
            );
        }
        assert_eq!(session.head(), EventId(3));
        assert_eq!(session.schema()?.tables().count(), 1);
        Ok(())
    }
}
