//! Floor 4: text in, outcome out; the one place that sees the whole pipeline.
//!
//! A [`Session`] is one user of one [`Database`]. Its [`execute`](Session::execute) parses a
//! statement, resolves every moment it names to an event, plans it against the schemas of those
//! moments, and opens the plan over one view per table reference. A write runs on a fork: of the
//! present for a statement by itself, of the open transaction's otherwise.
//!
//! What is no table and can be read like one, the log and the history of a table, is in `relations`.
//!
//! One short cut: statements that differ in nothing but their literals share a plan (`cache`), which
//! saves parsing and planning all but the first, and for those of the latest shapes making tokens.

mod analyze;
mod blame;
mod cache;
mod catalog;
mod changed;
mod describe;
mod difference;
mod error;
mod executable;
mod explain;
mod help;
mod last_result;
mod load;
mod missing;
mod outcome;
mod period;
mod point;
mod pragmas;
mod relations;
mod relative_time;
mod replay;
mod savepoint;
mod script_check;
mod sequence;
mod settings;
mod shareable;
mod staged;
mod temporary;
mod time;
mod trace;
mod transaction;
mod triggers;
mod undo;
mod verify;
mod view;

pub use error::Error;
pub use help::{help, help_subjects, nearest_subjects};
pub use load::{BulkLoader, RefusedRows};
pub use outcome::{Listing, Outcome, OutputColumn, Receipt, Rows};
pub use replay::{Replay, ReplayFrame};
pub use trace::{EventTrace, changes_in_words};
pub use verify::ProgressHandler;

pub use crate::executor::{Batch, PartialRow};

#[cfg(test)]
pub(crate) use relations::event_columns;

use crate::executor::{self, ChangeCounts, Context, QueryRows, Resources};
use crate::language::ast::{MaintenanceKind, PlannableStatement, SessionStatement, Statement};
use crate::language::{ParameterName, Parameters, ParseError, Prepared, parse_statement_with};
use crate::planner::{Planned, PragmaSwitch, QueryPlan, Rewriting};
use crate::storage::{Database, TemporaryState, View};
use crate::types::{ByteSize, EventId, Literal, Period, Schema, Timestamp, Value};
use cache::{PlanCache, SharedStatement};
use catalog::StatementCatalog;
use executable::{ExecutablePlan, ExecutableStatement, PendingStatement};
use last_result::ResultStore;
use pragmas::PragmaSettings;
use script_check::ScriptCheck;
use staged::StagedEvents;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use transaction::{OpenTransaction, TransactionState, already_open, not_open};
use triggers::TriggerCache;

/// One user of one database.
#[derive(Debug)]
pub struct Session {
    database: Arc<Database>,
    transaction: Option<OpenTransaction>,
    /// What it staged, and whether it does.
    staged: StagedEvents,
    /// What is temporary, once something was.
    temporary: Option<Box<TemporaryState>>,
    /// What SET AS OF said, unless it is the present.
    past: Option<EventId>,
    cache: PlanCache,
    parameters: Parameters,
    interrupt: Arc<AtomicBool>,
    /// Who wants to see how far long work is.
    progress_handler: Option<ProgressHandler>,
    /// The triggers that were bound.
    triggers: RefCell<TriggerCache>,
    /// What `_` reads.
    results: ResultStore,
    /// What [`Session::check_statement`] went through.
    script_check: Option<ScriptCheck>,
    /// Who does what the session does, where a statement does not say who.
    actor: Option<String>,
    /// Whom the session began with.
    first_actor: Option<String>,
    /// Whether new tables are FLEXIBLE.
    flexible_types: bool,
    /// Whether foreign keys are held.
    foreign_keys: bool,
    /// Whether triggers fire inside of themselves.
    recursive_triggers: bool,
    /// Whether plans are rewritten.
    rewrites: bool,
    /// What the database's statements could hold when the session began.
    first_memory: ByteSize,
    /// What writes did so far.
    counts: Arc<ChangeCounts>,
    /// What PRAGMAs set.
    pragmas: PragmaSettings,
    /// What PRAGMAs turned on.
    switched_on: BTreeSet<PragmaSwitch>,
    /// What is to be said of the statements that were run, and was not yet.
    notices: RefCell<Vec<String>>,
    /// Whether it was said that the log is ahead of the clock.
    is_clock_notice_given: Cell<bool>,
}

impl Session {
    /// A session without a transaction.
    pub fn new(database: Arc<Database>) -> Session {
        let (cache, interrupt) = (PlanCache::default(), Arc::default());
        let parameters = Parameters::new();
        let first_memory = ByteSize(database.memory().limit());
        Session {
            database,
            transaction: None,
            staged: StagedEvents::default(),
            temporary: None,
            past: None,
            cache,
            parameters,
            interrupt,
            progress_handler: None,
            triggers: RefCell::default(),
            results: ResultStore::default(),
            script_check: None,
            actor: None,
            first_actor: None,
            flexible_types: false,
            foreign_keys: true,
            recursive_triggers: false,
            rewrites: true,
            first_memory,
            counts: Arc::default(),
            pragmas: PragmaSettings::default(),
            switched_on: BTreeSet::new(),
            notices: RefCell::default(),
            is_clock_notice_given: Cell::new(false),
        }
    }

    /// Stops what runs as soon as the flag is set, with an error of the code `interrupted`; whoever
    /// sets it clears it.
    pub fn interrupt_by(&mut self, flag: Arc<AtomicBool>) {
        self.interrupt = flag;
    }

    /// What there is to be said of statements that ran and of their database, beside their outcomes,
    /// since it was last asked; one line each.
    pub fn take_notices(&self) -> Vec<String> {
        let mut notices = self.notices.take();
        notices.extend(self.database.take_notices());
        if let Some(ahead) = self.database.ahead_of_clock()
            && !self.is_clock_notice_given.replace(true)
        {
            notices.push(ahead.to_owned());
        }
        notices
    }

    /// Lets somebody watch statements that take long.
    pub fn set_progress_handler(&mut self, progress_handler: ProgressHandler) {
        self.progress_handler = Some(progress_handler);
    }

    /// Gives `$name`, or `?1`, a value for the statements to come: what a literal stands for, or the
    /// text itself if it is none.
    ///
    /// # Errors
    /// Where `name` is no name of a parameter.
    pub fn set_parameter(&mut self, name: &str, value: &str) -> Result<(), Error> {
        Ok(self.parameters.set(name, value)?)
    }

    /// Gives all parameters at once.
    pub fn set_parameters(&mut self, parameters: Parameters) {
        self.parameters = parameters;
    }

    /// Every parameter with its value.
    pub fn parameters(&self) -> impl Iterator<Item = (&ParameterName, &Literal)> {
        self.parameters.iter()
    }

    /// Takes all values back.
    pub fn clear_parameters(&mut self) {
        self.parameters.clear();
    }

    /// The database.
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// How many events the open transaction has so far, 0 in a check; `None` if none is open.
    pub fn transaction(&self) -> Option<usize> {
        if self.script_check.as_ref().is_some_and(ScriptCheck::in_transaction) {
            return Some(0);
        }
        self.transaction.as_ref().map(|transaction| transaction.fork.events())
    }

    /// The moment that SET AS OF chose; `None` in the present.
    pub fn past(&self) -> Option<EventId> {
        self.past
    }

    /// Who does what the session does, where a statement does not say who.
    pub fn actor(&self) -> Option<&str> {
        self.actor.as_deref()
    }

    /// The tables now, as the open transaction sees them.
    ///
    /// # Errors
    /// `corrupt` where a file that the present is made of is damaged, `io` where it cannot be read.
    pub fn schema(&self) -> Result<Schema, Error> {
        Ok(self.present()?.schema().clone())
    }

    /// Runs one statement with these values for `?1`, `?2` and so on; `?` alone is the next.
    ///
    /// # Errors
    /// As [`execute`](Session::execute); `unknown-parameter` where there are too few.
    pub fn execute_with(&mut self, text: &str, values: &[Value]) -> Result<Outcome, Error> {
        let before = self.parameters.clone();
        self.parameters.number(values);
        let outcome = self.execute(text);
        self.parameters = before;
        outcome
    }

    /// The syntax tree of a statement with the values of its parameters.
    fn parse(&self, text: &str) -> Result<Option<Statement>, ParseError> {
        parse_statement_with(text, &self.parameters)
    }

    /// Runs a statement whose events, if it makes some, may be staged or not.
    fn perform(&mut self, text: &str) -> Result<Outcome, Error> {
        // Plans are shared over the present only, and as they are rewritten.
        let is_shareable = self.past.is_none() && self.rewrites;
        if is_shareable && let Some(shared) = self.matching_plan(text)? {
            return self.run_shared(shared, text);
        }
        let prepared = is_shareable.then(|| Prepared::new(text, &self.parameters)).flatten();
        let Some(prepared) = prepared else {
            let statement = self.parse(text)?;
            return self.execute_parsed(statement.as_ref(), text);
        };
        if let Some(shared) = self.shared_plan(&prepared)? {
            return self.run_shared(shared, text);
        }
        let statement = prepared.parse_alone(&self.parameters)?;
        self.execute_parsed(statement.as_ref(), text)
    }

    /// Runs a statement with the plan that it shares.
    fn run_shared(&mut self, shared: SharedStatement, text: &str) -> Result<Outcome, Error> {
        let SharedStatement { plan, values, view } = shared;
        let fits = view.is_some();
        let pending = PendingStatement::Shared { plan: &plan, values, text, fits };
        let outcome = match view {
            Some(view) => {
                self.note_read();
                let outcome = self.read(pending, view)?;
                self.end_reading(&outcome);
                outcome
            }
            // Nobody looks while a transaction changes, so nothing is copied for a view.
            None => self.change(pending)?,
        };
        Ok(self.dated(outcome))
    }

    /// Runs a statement that shares no plan, if there is one in the text.
    fn execute_parsed(
        &mut self,
        statement: Option<&Statement>,
        text: &str,
    ) -> Result<Outcome, Error> {
        let Some(statement) = statement else { return Ok(Outcome::Nothing) };
        let outcome = self.run(statement, text)?;
        Ok(self.dated(outcome))
    }

    /// Rows that were read in the past know where to look up what transaction that was in; all are
    /// watched by what keeps them.
    fn dated(&self, outcome: Outcome) -> Outcome {
        let Outcome::Rows(mut rows) = outcome else { return outcome };
        let open = self.transaction.as_ref();
        let committed = open.map_or_else(|| self.head(), |open| open.fork.view().committed());
        if let Some(event) = rows.as_of.filter(|event| *event > committed) {
            (rows.as_of, rows.uncommitted) = (Some(committed), event.0 - committed.0);
        }
        let mut rows = self.results.watch(self.interruptible(rows));
        let is_past = rows.as_of.is_some_and(|event| event < committed);
        rows.log = is_past.then(|| Arc::clone(&self.database));
        Outcome::Rows(rows)
    }

    fn run(&mut self, statement: &Statement, text: &str) -> Result<Outcome, Error> {
        if self.staged.defers && !staged::may_be_deferred(statement) {
            self.settle()?;
        }
        match statement {
            Statement::Query(query) => {
                self.note_read();
                let statement = PlannableStatement::Query(query);
                let pending = PendingStatement::Parsed { statement, text };
                let outcome = self.read(pending, self.present()?)?;
                self.end_reading(&outcome);
                Ok(outcome)
            }
            Statement::Write(write) => {
                let statement = PlannableStatement::Write(write);
                self.change(PendingStatement::Parsed { statement, text })
            }
            Statement::Schema(schema) => {
                let statement = PlannableStatement::Schema(schema);
                self.change(PendingStatement::Parsed { statement, text })
            }
            Statement::Session(statement) => self.run_by_itself(statement, text),
        }
    }

    /// Runs a statement that has no plan.
    fn run_by_itself(
        &mut self,
        statement: &SessionStatement,
        text: &str,
    ) -> Result<Outcome, Error> {
        match statement {
            SessionStatement::Begin { is_immediate, annotations } => {
                self.begin(*is_immediate, annotations)
            }
            SessionStatement::Commit => self.commit(),
            SessionStatement::Rollback => self.rollback(),
            SessionStatement::Savepoint(name) => self.savepoint(name, text),
            SessionStatement::Release(name) => self.release(name, text),
            SessionStatement::RollbackTo(name) => self.rollback_to(name, text),
            SessionStatement::Explain { mode, statement } => {
                self.note_read();
                self.explain(*mode, statement, text)
            }
            SessionStatement::Describe { table, as_of } => {
                self.note_read();
                self.describe(table, as_of.as_ref())
            }
            SessionStatement::Help(topic) => self::help::answer(topic.as_ref()).map(Outcome::Text),
            SessionStatement::ShowTables { as_of } => self.show_tables(as_of.as_ref()),
            SessionStatement::Maintenance { verb, name } => {
                let schema = self.present()?.schema().clone();
                describe::check_maintenance(*verb, name.as_ref(), &schema)?;
                match verb {
                    MaintenanceKind::Analyze => return self.analyze(name.as_ref()),
                    MaintenanceKind::Vacuum => self.check_vacuum()?,
                    MaintenanceKind::Reindex => {}
                }
                Ok(Outcome::Done(describe::accepted(&statement.to_string())))
            }
            SessionStatement::Pragma(pragma) => self.pragma(pragma),
            SessionStatement::Accepted(words) => Ok(Outcome::Done(describe::accepted(words))),
            SessionStatement::Verify => self.verify(),
            SessionStatement::SetAsOf(as_of) => self.set_as_of(as_of),
            SessionStatement::SetActor(setting) => Ok(self.set_actor(setting)),
            SessionStatement::SetMemory(size) => Ok(self.set_memory(*size)),
            SessionStatement::SetSwitch { switch, is_on } => Ok(self.set_switch(*switch, *is_on)),
            SessionStatement::Replay(events) => self.replay(events),
            SessionStatement::Snapshot { name, annotations } => {
                self.snapshot(name.as_ref(), annotations, text)
            }
            SessionStatement::Tag { name, at, annotations } => {
                self.tag(name, at.as_ref(), annotations, text)
            }
        }
    }

    /// What becomes of the plans of the session's statements.
    fn rewriting(&self) -> Rewriting {
        Rewriting::new(self.rewrites)
    }

    /// What a statement sees where it names no moment.
    fn present(&self) -> Result<View, Error> {
        Ok(match (&self.transaction, self.past) {
            (Some(transaction), _) => transaction.fork.view(),
            (None, Some(event)) => self.beside_temporary(self.database.view(Period::at(event))?),
            (None, None) => self.beside_temporary(self.database.latest_for(self.staged())?),
        })
    }

    /// Makes sure that the session is not in the past, where nothing can be changed.
    fn check_present(&self) -> Result<(), Error> {
        self.past.map_or(Ok(()), |event| Err(Error::Past(event)))
    }

    /// The tables of a statement that only looks.
    fn catalog(&self) -> Result<StatementCatalog<'_>, Error> {
        Ok(StatementCatalog::new(self, self.present()?))
    }

    /// What is the same for a whole statement.
    fn context(&self, now: Timestamp, parameters: Arc<[Literal]>) -> Context {
        let resources = Resources {
            interrupt: Arc::clone(&self.interrupt),
            random: Arc::clone(self.database.random()),
            memory: Arc::clone(self.database.memory()),
            counts: Arc::clone(&self.counts),
        };
        let context = Context::new(now, parameters, resources).holding(self.enforcement());
        context.recursing(self.recursive_triggers)
    }

    /// Runs a query whose tables are seen in a view where it names no moment.
    fn read(&self, pending: PendingStatement, view: View) -> Result<Outcome, Error> {
        let is_listing = match &pending {
            PendingStatement::Parsed { statement: PlannableStatement::Query(query), .. } => {
                replay::lists_events(query)
            }
            PendingStatement::Parsed { .. } | PendingStatement::Shared { .. } => false,
        };
        let text = pending.text();
        let ExecutableStatement { plan, inputs, as_of, several, context } =
            self.executable(pending, view)?;
        let listing = is_listing.then_some(Listing { now: context.now });
        let not_a_query = || unreachable!("the plan of a SELECT is a query");
        let (rows, columns, shared) = match plan {
            ExecutablePlan::Own(planned) => {
                let Planned::Query(QueryPlan { plan, columns }) = planned else { not_a_query() };
                let rows = executor::run(&plan, inputs, context)?;
                (rows, OutputColumn::named(columns), None)
            }
            ExecutablePlan::Shared(shared) => {
                let Planned::Query(query) = &shared.planned else { not_a_query() };
                let rows = executor::run(&query.plan, inputs, context)
                    .map_err(|error| shared.located(error, text))?;
                // Where an error is of a plan that others share, this text says.
                let located = (Arc::clone(shared), Box::<str>::from(text));
                (rows, Arc::clone(&shared.columns), Some(located))
            }
        };
        let mut rows = match rows {
            QueryRows::Direct(row) => {
                let rows = Rows::direct(columns, as_of, row);
                return Ok(Outcome::Rows(Rows { summary: several, listing, ..rows }));
            }
            QueryRows::Batches(rows) => rows,
        };
        let batches = std::iter::from_fn(move || match (rows.next(), &shared) {
            (Ok(batch), _) => batch.map(Ok),
            (Err(error), None) => Some(Err(error.into())),
            (Err(error), Some((plan, text))) => Some(Err(plan.located(error, text).into())),
        });
        let rows = Rows::new(columns, as_of, batches);
        Ok(Outcome::Rows(Rows { summary: several, listing, ..rows }))
    }
}

#[cfg(test)]
mod tests;
