//! What all events lead to, and the one function that knows what an event does.

use super::Error;
use super::blocks::BlockCache;
use super::chunk::VersionPosition;
use super::hidden_columns::EventLookup;
use super::layer::Layer;
use super::table::TableVersions;
use super::view::{TableMap, View, ViewParts};
use crate::storage::{
    BaseRow, BaseTable, Event, Marker, Operation, RowImages, RowOperation, SchemaChange,
};
use crate::types::{EventId, Period, RowId, Schema, TableId, TableSchema};
use std::sync::Arc;

/// Schemas and versions after a run of events: those of the log, or those of a fork over its base.
#[derive(Clone, Debug)]
pub struct State {
    head: EventId,
    /// The first moment that the state answers for.
    start: EventId,
    /// Each schema with the event that made it, oldest first; never empty.
    schemas: Vec<(EventId, Schema)>,
    tables: TableMap,
    base: Option<View>,
    applied: usize,
    lookup: Option<Arc<dyn EventLookup>>,
    /// What the values of its rows are among, as far as they are many.
    blocks: Arc<BlockCache>,
}

#[cfg(test)]
thread_local! {
    /// How many operations were applied to states by this thread.
    pub(super) static APPLIED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl Default for State {
    fn default() -> State {
        State::new(&BlockCache::unlimited())
    }
}

impl State {
    /// A state that was kept, to be gone on from, after another one went on from it. What that
    /// remembered of searches is about events that never were.
    pub(super) fn returned_to(&self) -> State {
        let mut state = self.clone();
        let touched: Vec<TableId> = state.tables.iter().map(|(table, _)| *table).collect();
        for table in touched {
            if let Some(versions) = state.tables.get_mut(&table) {
                Arc::make_mut(versions).forget_searches();
            }
        }
        state
    }

    /// The empty database, at event 0; the values of its rows will be among these blocks, as far as they
    /// are many.
    pub(crate) fn new(blocks: &Arc<BlockCache>) -> State {
        State {
            head: EventId::START,
            start: EventId::START,
            schemas: vec![(EventId::START, Schema::default())],
            tables: TableMap::default(),
            base: None,
            applied: 0,
            lookup: None,
            blocks: Arc::clone(blocks),
        }
    }

    /// That of what is temporary, before there is anything.
    pub(super) fn temporary(blocks: &Arc<BlockCache>) -> State {
        let start = EventId::FIRST_TEMPORARY;
        State { head: start, start, ..State::new(blocks) }
    }

    /// What the values of its rows are among.
    pub(super) fn blocks(&self) -> &Arc<BlockCache> {
        &self.blocks
    }

    /// The same, whose views ask `lookup` about events: without, what transactions say of themselves
    /// is NULL in the hidden columns.
    pub fn with_lookup(self, lookup: Arc<dyn EventLookup>) -> State {
        State { lookup: Some(lookup), ..self }
    }

    /// What a view shows, to be built upon.
    pub(super) fn over(base: View) -> State {
        State {
            head: base.period().last,
            start: base.period().last,
            schemas: vec![(EventId::START, base.schema().clone())],
            tables: TableMap::default(),
            lookup: base.parts().lookup.clone(),
            blocks: Arc::clone(&base.parts().blocks),
            base: Some(base),
            applied: 0,
        }
    }

    /// The state at an event as something else than the events until then tells it. The rows of its
    /// tables follow by [`State::load`].
    pub(crate) fn restore(head: EventId, schema: Schema, blocks: &Arc<BlockCache>) -> State {
        let mut tables = TableMap::default();
        for table in schema.tables() {
            tables.insert(table.id, Arc::new(TableVersions::new(table, None, blocks)));
        }
        State { head, start: head, schemas: vec![(head, schema)], tables, ..State::new(blocks) }
    }

    /// The rows of a table of a state that was just restored, best in order of their identities.
    ///
    /// # Errors
    /// The first of the rows', or [`Error::TemporaryFile`] where what came first cannot be read back for
    /// the keys; then the table remains empty.
    pub fn load<E: From<Error>>(
        &mut self,
        table: &BaseTable,
        rows: impl Iterator<Item = Result<BaseRow, E>>,
    ) -> Result<(), E> {
        let versions = TableVersions::load(table, self.start, rows, &self.blocks)?;
        self.tables.insert(table.schema.id, Arc::new(versions));
        Ok(())
    }

    /// Begins a new epoch at the head, and gives the one so far: that answers for the events from its
    /// base to the head, and this for the head and what follows. What had ended is forgotten here.
    ///
    /// It costs a look at each chunk and a copy of what lives in those where little does.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where what is to be copied cannot be read back: then the epoch goes on.
    pub fn start_epoch(&mut self) -> Result<State, Error> {
        let schema = self.schema().clone();
        for table in schema.tables() {
            if let Some(versions) = self.tables.get_mut(&table.id) {
                Arc::make_mut(versions).seal_open(table);
            }
        }
        let before = self.clone();
        let mut tables = TableMap::default();
        for table in schema.tables() {
            if let Some(versions) = before.tables.get(&table.id) {
                tables.insert(table.id, Arc::new(versions.next_epoch(table, self.head)?));
            }
        }
        self.tables = tables;
        self.start = self.head;
        self.schemas = vec![(self.head, schema)];
        Ok(before)
    }

    /// The first moment that the state answers for.
    pub fn base(&self) -> EventId {
        self.start
    }

    /// The last event applied.
    pub fn head(&self) -> EventId {
        self.head
    }

    /// About how many rows there are after an event: exact after the last.
    pub fn row_count(&self, event: EventId) -> u64 {
        let tables = self.schema_at(event).tables();
        let tables = tables.filter_map(|table| self.tables.get(&table.id));
        let rows: i64 = tables.map(|versions| versions.row_count(event)).sum();
        u64::try_from(rows).unwrap_or(0)
    }

    /// About how many bytes its versions and keys have, as if they shared nothing with other states, but for
    /// values that need not be in memory.
    pub(crate) fn byte_size(&self) -> usize {
        self.tables.iter().map(|(_, versions)| versions.byte_size()).sum()
    }

    /// Gives each table with the number of its next row, and all its rows: which version each is
    /// at, and the event that began that.
    pub(crate) fn for_each_table(
        &self,
        mut visit: impl FnMut(TableId, RowId, &mut dyn Iterator<Item = (RowId, u32, EventId)>),
    ) {
        for table in self.schema().tables() {
            let Some(versions) = self.tables.get(&table.id) else { continue };
            let row = |(row, position): (RowId, VersionPosition)| {
                let header = versions.header(position);
                (row, header.rev, header.from)
            };
            let rows = versions.rows().iter_from(RowId(0));
            let mut live = rows.filter(|(_, position)| versions.is_open(*position)).map(row);
            visit(table.id, versions.next_row(), &mut live);
        }
    }

    /// The schema after the last event.
    pub(crate) fn schema(&self) -> &Schema {
        self.schema_at(EventId::NEVER)
    }

    /// The schema after an event.
    fn schema_at(&self, event: EventId) -> &Schema {
        let next = self.schemas.partition_point(|(since, _)| *since <= event);
        &self.schemas[next.saturating_sub(1)].1
    }

    /// What was visible in a period. The caller has seen to it that the period ends at the head or
    /// before.
    pub fn view(&self, period: Period) -> View {
        View::from(ViewParts {
            schema: self.schema_at(period.last).clone(),
            period,
            tables: self.tables.clone(),
            base: self.base.as_ref().map(|base| (base.clone(), self.applied)),
            lookup: self.lookup.clone(),
            blocks: Arc::clone(&self.blocks),
            known: EventId::NEVER,
            origin: None,
            temporary: None,
        })
    }

    /// Does what an event says.
    ///
    /// It never refuses: constraints were checked before the event was made, and the log is verified
    /// before it is replayed. What makes no sense all the same, an update of a row that is not there,
    /// does nothing.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where what the event builds upon cannot be read back: then it did nothing,
    /// but where it brought back a table.
    pub fn apply(&mut self, event: &Event) -> Result<(), Error> {
        self.apply_operation(event.id, &event.operation)
    }

    /// [`State::apply`], of an event that is not committed and has no transaction yet.
    ///
    /// # Errors
    /// As there.
    pub(super) fn apply_operation(
        &mut self,
        event: EventId,
        operation: &Operation,
    ) -> Result<(), Error> {
        #[cfg(test)]
        APPLIED.set(APPLIED.get() + 1);
        match operation {
            Operation::Row(RowOperation { table, row, rev, images }) => {
                let versions = self.versions(table);
                match images {
                    RowImages::Insert { new, .. } => {
                        versions.insert(event, table, *row, *rev, new)?;
                    }
                    RowImages::Update(changed) => {
                        versions.update(event, table, *row, *rev, changed)?;
                    }
                    RowImages::Delete(_) => versions.delete(event, *row)?,
                }
            }
            Operation::Schema(change) => self.change_schema(event, change)?,
            Operation::Marker(Marker::Counter { table, new, .. }) => {
                self.versions(table).set_autoincrement(event, *new);
            }
            Operation::Marker(
                Marker::Tag { .. } | Marker::Snapshot { .. } | Marker::Transaction,
            ) => {}
        }
        self.head = self.head.max(event);
        self.applied += 1;
        Ok(())
    }

    fn change_schema(&mut self, event: EventId, change: &SchemaChange) -> Result<(), Error> {
        match change {
            SchemaChange::CreateTable(table) => {
                let versions =
                    TableVersions::new(table, None, &self.blocks).in_fork(self.base.is_some());
                self.tables.insert(table.id, Arc::new(versions));
            }
            SchemaChange::RestoreTable { table, dropped } => {
                // A fork shows nothing of what was before, and an epoch only what went in it.
                let known = self.tables.get_mut(&table.id).filter(|_| self.base.is_none());
                if let Some(versions) = known {
                    Arc::make_mut(versions).restore(event, dropped)?;
                } else {
                    let versions = TableVersions::restored(event, table, dropped, &self.blocks);
                    self.tables.insert(table.id, Arc::new(versions));
                }
            }
            // The index is built over what the table held before: as the last of its keys, it is
            // not among those that the versions of a fork begin with.
            SchemaChange::CreateIndex { table, key } => {
                self.versions(table).add_index(key, table)?
            }
            SchemaChange::DropIndex { table, key } => self.versions(table).drop_index(key.id),
            // Rows that are there have a new column's initial value wherever they are read, and what
            // they have in a column that went, or goes by another name, need not be touched.
            SchemaChange::DropTable(_)
            | SchemaChange::AddColumn { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. }
            | SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => {}
        }
        let mut schema = self.schema().clone();
        change.apply(&mut schema);
        if self.base.is_some() {
            // Nobody sees a fork but as it is.
            self.schemas.clear();
        }
        self.schemas.push((event, schema));
        Ok(())
    }

    /// The row id that the next row of a table gets.
    pub(super) fn next_row(&self, table: &TableSchema) -> RowId {
        let own = self.tables.get(&table.id).map(|versions| versions.next_row());
        let of_base = || Some(self.base.as_ref()?.versions(table.id)?.next_row());
        own.or_else(of_base).unwrap_or(RowId(1))
    }

    /// The AUTOINCREMENT counter of a table.
    pub(super) fn autoincrement(&self, table: &TableSchema) -> i64 {
        self.layer(table).map_or(0, |layer| layer.autoincrement())
    }

    /// Whether something may have happened to a row in a fork: to the row itself, or to a table that
    /// went and came back.
    pub(super) fn may_have_had(&self, table: &TableSchema, row: RowId) -> bool {
        let versions = self.tables.get(&table.id);
        versions.is_some_and(|own| own.is_restored() || own.rows().get(row).is_some())
    }

    /// The number of a row's visible version.
    pub(super) fn rev(&self, table: &TableSchema, row: RowId) -> Option<u32> {
        match (self.tables.get(&table.id), &self.base) {
            (Some(versions), _) => versions.open_rev(row),
            (None, base) => {
                let layer = base.as_ref()?.layer(table.id)?;
                let (holder, position) = layer.version(row)?;
                Some(holder.versions().header(position).rev)
            }
        }
    }

    /// A table as it is now.
    fn layer(&self, table: &TableSchema) -> Option<Arc<Layer>> {
        match (self.tables.get(&table.id), &self.base) {
            (Some(versions), _) => {
                Some(Arc::new(Layer::new(Arc::clone(versions), Period::at(self.head))))
            }
            (None, base) => base.as_ref()?.layer(table.id),
        }
    }

    /// The versions of a table, to be changed. In a fork they begin when the table is first touched.
    fn versions(&mut self, table: &TableSchema) -> &mut TableVersions {
        if self.tables.get(&table.id).is_none() {
            let base = self.base.as_ref().and_then(|base| base.layer(table.id));
            let versions =
                TableVersions::new(table, base, &self.blocks).in_fork(self.base.is_some());
            self.tables.insert(table.id, Arc::new(versions));
        }
        let versions = self.tables.get_mut(&table.id).expect("inserted above if it was missing");
        Arc::make_mut(versions)
    }
}
