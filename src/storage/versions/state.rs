//! What all events lead to, and the one function that knows what an event does.

use super::hidden::EventFacts;
use super::layer::Layer;
use super::table::TableVersions;
use super::view::{Tables, View};
use crate::storage::{Event, Operation};
use crate::types::{EventId, Period, RowId, Schema, TableId, TableSchema};
use std::sync::Arc;

/// Schemas and versions after a run of events: those of the log, or those of a fork over its base.
#[derive(Clone, Debug)]
pub struct State {
    head: EventId,
    /// Each schema with the event that made it, oldest first; never empty.
    schemas: Vec<(EventId, Schema)>,
    tables: Tables,
    base: Option<Arc<View>>,
    applied: usize,
    facts: Option<Arc<dyn EventFacts>>,
}

impl Default for State {
    fn default() -> State {
        State::new()
    }
}

impl State {
    /// The empty database, at event 0.
    pub fn new() -> State {
        State {
            head: EventId::START,
            schemas: vec![(EventId::START, Schema::default())],
            tables: Tables::default(),
            base: None,
            applied: 0,
            facts: None,
        }
    }

    /// The same, whose views ask `facts` about events: without, what transactions say of themselves
    /// is NULL in the hidden columns.
    pub fn with_facts(self, facts: Arc<dyn EventFacts>) -> State {
        State { facts: Some(facts), ..self }
    }

    /// What a view shows, to be built upon.
    pub(super) fn over(base: Arc<View>) -> State {
        State {
            head: base.period().last,
            schemas: vec![(EventId::START, base.schema().clone())],
            tables: Tables::default(),
            facts: base.facts.clone(),
            base: Some(base),
            applied: 0,
        }
    }

    /// The last event applied.
    pub fn head(&self) -> EventId {
        self.head
    }

    /// The schema after the last event.
    pub(super) fn schema(&self) -> &Schema {
        self.schema_at(EventId::NEVER)
    }

    /// The schema after an event.
    fn schema_at(&self, event: EventId) -> &Schema {
        let next = self.schemas.partition_point(|(since, _)| *since <= event);
        &self.schemas[next.saturating_sub(1)].1
    }

    /// The periods in which there was a table of this name: since when, and until when if it was
    /// dropped or renamed; oldest first.
    pub fn lifetimes(&self, table: &str) -> Vec<(EventId, Option<EventId>)> {
        let mut lifetimes: Vec<(EventId, Option<EventId>)> = Vec::new();
        let mut current = None;
        for (place, (event, schema)) in self.schemas.iter().enumerate() {
            let id = schema.table(table).map(|table| table.id);
            if id == current {
                continue;
            }
            if let Some(open) = lifetimes.last_mut().filter(|_| current.is_some()) {
                open.1 = Some(*event);
            }
            // What was there when this began was there since it was created, for all that is known.
            let since = |id: TableId| if place == 0 { id.0 } else { *event };
            lifetimes.extend(id.map(|id| (since(id), None)));
            current = id;
        }
        lifetimes
    }

    /// What was visible in a period. The caller has seen to it that the period ends at the head or
    /// before.
    pub fn view(&self, period: Period) -> View {
        View {
            schema: self.schema_at(period.last).clone(),
            period,
            tables: self.tables.clone(),
            base: self.base.as_ref().map(|base| (Arc::clone(base), self.applied)),
            facts: self.facts.clone(),
        }
    }

    /// Does what an event says.
    ///
    /// It never refuses: constraints were checked before the event was made, and the log is verified
    /// before it is replayed. What makes no sense all the same, an update of a row that is not there,
    /// does nothing.
    pub fn apply(&mut self, event: &Event) {
        self.apply_operation(event.id, &event.operation);
    }

    /// [`State::apply`], of an event that is not committed and has no transaction yet.
    pub(super) fn apply_operation(&mut self, event: EventId, operation: &Operation) {
        self.head = self.head.max(event);
        self.applied += 1;
        match operation {
            Operation::CreateTable(table) => {
                let versions = Arc::new(TableVersions::new(table, None));
                self.tables.insert(table.id, versions);
                self.change_schema(event, operation);
            }
            // Rows that are there have a new column's initial value wherever they are read, and what
            // they have in a column that went, or goes by another name, need not be touched.
            Operation::DropTable(_)
            | Operation::AddColumn { .. }
            | Operation::DropColumn { .. }
            | Operation::RenameColumn { .. }
            | Operation::RenameTable { .. } => self.change_schema(event, operation),
            Operation::Tag { .. } | Operation::Snapshot { .. } => {}
            // The index is built over what the table held before: as the last of its keys, it is
            // not among those that the versions of a fork begin with.
            Operation::CreateIndex { table, key } => {
                self.versions(table).add_index(key, table);
                self.change_schema(event, operation);
            }
            Operation::DropIndex { table, key } => {
                self.versions(table).drop_index(key.id);
                self.change_schema(event, operation);
            }
            Operation::Insert { table, row, new } => {
                self.versions(table).insert(event, table, *row, new);
            }
            Operation::Update { table, row, rev, changed } => {
                self.versions(table).update(event, table, *row, *rev, changed);
            }
            Operation::Delete { table, row, .. } => self.versions(table).delete(event, *row),
        }
    }

    fn change_schema(&mut self, event: EventId, operation: &Operation) {
        let mut schema = self.schema().clone();
        operation.change_schema(&mut schema);
        self.schemas.push((event, schema));
    }

    /// The row id that the next row of a table gets.
    pub(super) fn next_row(&self, table: &TableSchema) -> RowId {
        let own = self.tables.get(&table.id).map(|versions| versions.next_row());
        let of_base = || Some(self.base.as_ref()?.layer(table.id)?.versions().next_row());
        own.or_else(of_base).unwrap_or(RowId(1))
    }

    /// The number of a row's visible version.
    pub(super) fn rev(&self, table: &TableSchema, row: RowId) -> Option<u32> {
        let layer = match (self.tables.get(&table.id), &self.base) {
            (Some(versions), _) => {
                Arc::new(Layer::new(Arc::clone(versions), Period::at(self.head)))
            }
            (None, base) => base.as_ref()?.layer(table.id)?,
        };
        let (holder, position) = layer.version(row)?;
        Some(holder.versions().birth(position).rev)
    }

    /// The versions of a table, to be changed. In a fork they begin when the table is first touched.
    fn versions(&mut self, table: &TableSchema) -> &mut TableVersions {
        if self.tables.get(&table.id).is_none() {
            let base = self.base.as_ref().and_then(|base| base.layer(table.id));
            self.tables.insert(table.id, Arc::new(TableVersions::new(table, base)));
        }
        let versions = self.tables.get_mut(&table.id).expect("inserted above if it was missing");
        Arc::make_mut(versions)
    }
}
