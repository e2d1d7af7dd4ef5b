//! A statement with its plan, and what that reads: ready to run.

use super::cache::SharedPlan;
use super::catalog::StatementCatalog;
use super::{Error, Session};
use crate::executor::{self, Context, PlanInput};
use crate::language::ast::{PlannableStatement, SchemaStatement, Statement, TableOption};
use crate::planner::{self, Planned};
use crate::storage::View;
use crate::types::{EventId, Literal};
use std::sync::Arc;

/// A statement to run.
pub(super) enum PendingStatement<'a> {
    /// With its own plan, to be made.
    Parsed { statement: PlannableStatement<'a>, text: &'a str },
    /// With the plan of its shape and its own values; whether that is known to fit what is seen.
    Shared { plan: &'a Arc<SharedPlan>, values: Vec<Literal>, text: &'a str, fits: bool },
}

impl<'a> PendingStatement<'a> {
    pub fn text(&self) -> &'a str {
        match self {
            PendingStatement::Parsed { text, .. } | PendingStatement::Shared { text, .. } => text,
        }
    }
}

/// A statement ready to run.
pub(super) struct ExecutableStatement<'a> {
    pub plan: ExecutablePlan<'a>,
    pub inputs: Vec<PlanInput>,
    pub as_of: Option<EventId>,
    /// The moments, where they are several.
    pub several: Option<String>,
    pub context: Context,
}

/// The plan of a statement.
pub(super) enum ExecutablePlan<'a> {
    /// Made for it.
    Own(Planned),
    /// That of its shape.
    Shared(&'a Arc<SharedPlan>),
}

impl ExecutablePlan<'_> {
    pub fn planned(&self) -> &Planned {
        match self {
            ExecutablePlan::Own(planned) => planned,
            ExecutablePlan::Shared(shared) => &shared.planned,
        }
    }

    /// Whether others have it, too.
    pub fn is_shared(&self) -> bool {
        matches!(self, ExecutablePlan::Shared(_))
    }

    /// An error of it with its place in the text of the statement.
    pub fn located(&self, error: executor::Error, text: &str) -> executor::Error {
        match self {
            ExecutablePlan::Own(_) => error,
            ExecutablePlan::Shared(shared) => shared.located(error, text),
        }
    }
}

impl Session {
    /// A piece of work made ready to run where its tables are seen at `present`; a shared plan's, where
    /// it reads them.
    pub(super) fn executable<'a>(
        &self,
        pending: PendingStatement<'a>,
        present: View,
    ) -> Result<ExecutableStatement<'a>, Error> {
        match pending {
            PendingStatement::Shared { plan, values, fits, .. } if fits || plan.fits(&present) => {
                let are_dated = plan.tables.iter().any(|table| !table.id.is_temporary());
                let as_of = are_dated.then(|| present.period().last);
                let input = |table| PlanInput::Table(present.table(table));
                let tables = if plan.reads_tables { plan.tables.as_slice() } else { &[] };
                let inputs = tables.iter().map(input).collect();
                let context = self.context(self.database.now(), values.into());
                let plan = ExecutablePlan::Shared(plan);
                Ok(ExecutableStatement { plan, inputs, as_of, several: None, context })
            }
            // Another session changed the schema since the plan was chosen.
            PendingStatement::Shared { text, .. } => {
                let statement = self.parse(text)?;
                let statement = statement.as_ref().and_then(Statement::plannable);
                let statement = statement.expect("what has a shared plan is a statement");
                let executable =
                    self.executable(PendingStatement::Parsed { statement, text }, present)?;
                let ExecutablePlan::Own(plan) = executable.plan else {
                    unreachable!("it was planned just now")
                };
                Ok(ExecutableStatement { plan: ExecutablePlan::Own(plan), ..executable })
            }
            PendingStatement::Parsed { statement, text } => {
                let mut catalog = StatementCatalog::new(self, present);
                let flexible = Session::flexible(statement, self.flexible_types);
                let statement = flexible.as_ref().map_or(statement, PlannableStatement::Schema);
                let planned = planner::plan(statement, text, &mut catalog, &mut self.rewriting())?;
                let (as_of, several) = (catalog.moment(), catalog.several());
                // What a moment in words was reckoned from is the time of the whole statement.
                let context = self.context(catalog.resolver().now(), Arc::default());
                let inputs = catalog.into_inputs(&planned)?;
                let plan = ExecutablePlan::Own(planned);
                Ok(ExecutableStatement { plan, inputs, as_of, several, context })
            }
        }
    }

    /// A CREATE TABLE that says nothing of its types, where new tables are FLEXIBLE.
    pub(super) fn flexible(
        statement: PlannableStatement<'_>,
        is_default: bool,
    ) -> Option<SchemaStatement> {
        let PlannableStatement::Schema(schema) = statement else { return None };
        let says = |option: &TableOption| match option {
            TableOption::Strict | TableOption::Flexible => true,
            TableOption::WithoutRowid => false,
        };
        let of_default = |options: &[TableOption]| is_default && !options.iter().any(says);
        if let SchemaStatement::CreateTable(create) = schema
            && of_default(&create.options)
        {
            let mut create = create.clone();
            create.options.push(TableOption::Flexible);
            return Some(SchemaStatement::CreateTable(create));
        }
        if let SchemaStatement::CreateTableAs(create) = schema
            && of_default(&create.options)
        {
            let mut create = create.clone();
            create.options.push(TableOption::Flexible);
            return Some(SchemaStatement::CreateTableAs(create));
        }
        None
    }
}
