//! What triggers there are, and which of them a write fires.

use super::super::Error;
use super::super::evaluate::Context;
use super::foreign_keys;
use crate::language::ast::TriggerTime;
use crate::planner::{
    BoundExpression, BoundUpsert, RowEvent, TriggerStatement, UpsertUpdate, Write, WriteAction,
};
use crate::storage::Fork;
use crate::types::{ConflictResolution, EventId, TableSchema};
use std::sync::Arc;

/// How deep triggers fire triggers.
pub const MAX_TRIGGER_DEPTH: usize = 1_000;

/// A statement of a trigger, or its WHEN, and the tables that it reads.
#[derive(Debug)]
pub struct TriggerProgram {
    /// Its plan.
    pub statement: TriggerStatement,
    /// What fills its slots: these tables as they are when it runs.
    pub tables: Vec<Arc<TableSchema>>,
}

/// A trigger, ready to fire.
#[derive(Debug)]
pub struct Trigger {
    /// Which it is: the event that created it, and whether it is a temporary one.
    pub id: EventId,
    /// Its name.
    pub name: String,
    /// When it fires.
    pub time: TriggerTime,
    /// Of UPDATE OF the columns, one of which has to be assigned.
    pub columns: Option<Vec<usize>>,
    /// WHEN
    pub condition: Option<TriggerProgram>,
    /// What it does.
    pub statements: Vec<TriggerProgram>,
    /// Why it cannot run; what does not fire it need not know.
    pub fault: Option<TriggerFault>,
}

/// Why a trigger cannot run as things are.
#[derive(Clone, Debug)]
pub struct TriggerFault {
    /// The code of the error.
    pub code: &'static str,
    /// Its sentence.
    pub message: String,
    /// A way out, where there is one.
    pub help: Option<String>,
}

impl From<TriggerFault> for Error {
    fn from(fault: TriggerFault) -> Error {
        let TriggerFault { code, message, help } = fault;
        Error::Failed { code, message, help }
    }
}

/// Knows which triggers there are.
pub trait TriggerSource {
    /// The triggers that changes of a table fire, in their order; `None` where there are none on it.
    ///
    /// # Errors
    /// `syntax` and its like of a definition that this version cannot read.
    fn triggers(
        &self,
        table: &TableSchema,
        event: RowEvent,
        fork: &Fork,
    ) -> Result<Option<Arc<[Arc<Trigger>]>>, Error>;
}

/// That of a write that fires nothing.
#[derive(Debug)]
pub struct NoTriggers;

impl TriggerSource for NoTriggers {
    fn triggers(
        &self,
        _: &TableSchema,
        _: RowEvent,
        _: &Fork,
    ) -> Result<Option<Arc<[Arc<Trigger>]>>, Error> {
        Ok(None)
    }
}

/// The triggers that are firing, and the foreign keys that are acting.
#[derive(Clone)]
pub(super) struct Firing<'a> {
    pub source: &'a dyn TriggerSource,
    active: Vec<EventId>,
    /// How many of them there are.
    depth: usize,
    /// The operation of the fork that fired the innermost; none where nothing did, or nothing yet.
    pub cause: Option<usize>,
    /// What OR says of the statement that fired the innermost: it holds for what that does.
    pub resolution: Option<ConflictResolution>,
}

impl<'a> Firing<'a> {
    /// Nothing fires yet.
    pub fn new(source: &'a dyn TriggerSource) -> Firing<'a> {
        Firing { source, active: Vec::new(), depth: 0, cause: None, resolution: None }
    }

    /// Whether no trigger is firing.
    pub fn is_outermost(&self) -> bool {
        self.depth == 0
    }

    /// One more of them: a trigger, or a foreign key where none is given.
    ///
    /// # Errors
    /// `trigger-depth` where that is too many.
    pub fn deeper(
        &self,
        trigger: Option<EventId>,
        cause: Option<usize>,
        resolution: Option<ConflictResolution>,
    ) -> Result<Firing<'a>, Error> {
        if self.depth >= MAX_TRIGGER_DEPTH {
            let message = format!("triggers fire each other more than {MAX_TRIGGER_DEPTH} deep");
            return Err(Error::failed("trigger-depth", message));
        }
        let mut inner = Firing { cause, resolution, depth: self.depth + 1, ..self.clone() };
        inner.active.extend(trigger);
        Ok(inner)
    }

    /// The triggers on a table that are about a change; of those that are firing only where they may fire
    /// inside of themselves.
    ///
    /// # Errors
    /// That of one that cannot run.
    fn on(
        &self,
        table: &TableSchema,
        event: RowEvent,
        is_about: impl Fn(&Trigger) -> bool,
        fork: &Fork,
        context: &Context,
    ) -> Result<Vec<Arc<Trigger>>, Error> {
        let Some(all) = self.source.triggers(table, event, fork)? else { return Ok(Vec::new()) };
        let fires = |trigger: &&Arc<Trigger>| {
            is_about(trigger) && (context.recursive_triggers || !self.active.contains(&trigger.id))
        };
        let fired: Vec<Arc<Trigger>> = all.iter().filter(fires).map(Arc::clone).collect();
        match fired.iter().find_map(|trigger| trigger.fault.clone()) {
            Some(fault) => Err(fault.into()),
            None => Ok(fired),
        }
    }
}

impl Trigger {
    /// Whether it fires where these columns are assigned.
    pub fn is_about(&self, mut is_assigned: impl FnMut(usize) -> bool) -> bool {
        let columns = self.columns.as_ref();
        columns.is_none_or(|columns| columns.iter().any(|column| is_assigned(*column)))
    }
}

/// What a write does to rows.
pub(super) fn event_of(write: &Write) -> RowEvent {
    match &write.action {
        WriteAction::Insert { .. } => RowEvent::Insert,
        WriteAction::Update { .. } => RowEvent::Update,
        WriteAction::Delete { .. } => RowEvent::Delete,
        WriteAction::InsteadOf { event, .. } => *event,
    }
}

/// What is known of the steps that the rows of a write take, before they do: what they fire on their way,
/// and what else has to be asked.
pub(super) struct RowSteps<'a> {
    /// What is firing already.
    pub firing: &'a Firing<'a>,
    /// What the rows of the write fire.
    pub triggers: Vec<Arc<Trigger>>,
    /// What a row fires that DO UPDATE changes instead.
    pub upserted: Vec<Arc<Trigger>>,
    /// What a row fires that REPLACE deletes.
    pub replaced: Vec<Arc<Trigger>>,
    /// Whether a row that a foreign key changes may fire something.
    pub acts: bool,
    /// Whether foreign keys are held that have to do with the table.
    pub is_concerned: bool,
    /// Whether queries stand in what is computed when rows have begun to change.
    pub has_queries: bool,
}

impl<'a> RowSteps<'a> {
    /// Those of a write.
    pub fn of(
        write: &Write,
        fork: &Fork,
        context: &Context,
        firing: &'a Firing<'a>,
    ) -> Result<RowSteps<'a>, Error> {
        let table = &write.table;
        let is_changed = |column: usize| match &write.action {
            WriteAction::Update { assignments, .. } => is_assigned(assignments, column),
            WriteAction::InsteadOf { assigned, .. } => {
                assigned.iter().any(|(known, _)| *known == column)
            }
            WriteAction::Insert { .. } | WriteAction::Delete { .. } => true,
        };
        let is_about = |trigger: &Trigger| trigger.is_about(is_changed);
        let triggers = firing.on(table, event_of(write), is_about, fork, context)?;
        let (mut upserted, mut replaced) = (Vec::new(), Vec::new());
        if let WriteAction::Insert { upserts, row, .. } = &write.action {
            // What no row can meet changes none.
            let meets = |upsert: &&BoundUpsert| {
                !upsert.keys.is_empty() || (upsert.by_number && row.is_some())
            };
            let updates: Vec<&UpsertUpdate> =
                upserts.iter().filter(meets).filter_map(|upsert| upsert.update.as_ref()).collect();
            let is_about = |trigger: &Trigger| {
                let mut updates = updates.iter();
                updates.any(|update| trigger.is_about(|at| is_assigned(&update.assignments, at)))
            };
            if !updates.is_empty() {
                upserted = firing.on(table, RowEvent::Update, is_about, fork, context)?;
            }
        }
        if context.recursive_triggers && write.replaces() {
            replaced = firing.on(table, RowEvent::Delete, |_| true, fork, context)?;
        }
        let view = fork.view();
        let schema = view.schema();
        let holds = context.enforcement.foreign_keys;
        let acts = holds && foreign_keys::may_fire(schema, table);
        let is_concerned = holds && foreign_keys::concern(schema, table);
        let has_queries = has_late_queries(write);
        Ok(RowSteps { firing, triggers, upserted, replaced, acts, is_concerned, has_queries })
    }

    /// Whether anything can fire on the way of a row.
    pub fn fire(&self) -> bool {
        let of_rows = [&self.triggers, &self.upserted, &self.replaced];
        self.acts || of_rows.iter().any(|triggers| !triggers.is_empty())
    }
}

/// Whether queries stand in what is computed when rows have begun to change.
fn has_late_queries(write: &Write) -> bool {
    let mut has_queries = false;
    write.for_each_late_expression(&mut |expression| {
        expression.for_each_subquery(&mut |_| has_queries = true);
    });
    has_queries
}

/// Whether a column is given a value.
pub(super) fn is_assigned(assignments: &[(usize, BoundExpression)], column: usize) -> bool {
    assignments.iter().any(|(assigned, _)| *assigned == column)
}

/// Triggers that a row fires.
#[derive(Clone, Copy)]
pub(super) struct Fired<'a> {
    pub triggers: &'a [Arc<Trigger>],
    /// Those of this time.
    pub time: TriggerTime,
    /// What OR says where they are fired.
    pub resolution: Option<ConflictResolution>,
    /// The operation that their events name.
    pub cause: Option<usize>,
}

impl Fired<'_> {
    /// Those that fire.
    pub fn each(&self) -> impl Iterator<Item = &Arc<Trigger>> {
        self.triggers.iter().filter(|trigger| trigger.time == self.time)
    }
}
