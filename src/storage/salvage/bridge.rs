//! What a stretch of lost events led to, as one transaction.
//!
//! Lines behind the stretch may go on from what only it knew: a row that was created and deleted there,
//! or a table that was dropped there, comes back behind it under its own identity. So that it can, the
//! transaction has it come and go, too, with the values that it comes back with.

use super::Salvage;
use crate::storage::base::BaseRow;
use crate::storage::checkpoint::view_source::ViewSource;
use crate::storage::database::Database;
use crate::storage::error::Error;
use crate::storage::event::{Change, Operation, RowImages, RowOperation};
use crate::storage::projections::SnapshotSource;
use crate::storage::schema_change::{SchemaChange, definition_changes};
use crate::storage::versions::{Fork, View};
use crate::types::{
    Definition, EventId, KeyKind, KeySchema, Period, Row, RowId, Schema, TableId, TableSchema,
    Value,
};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What comes back behind lost events and was last seen before or among them: tables and rows of the
/// damaged database.
#[derive(Default)]
pub(super) struct Returning {
    tables: HashMap<TableId, Arc<TableSchema>>,
    rows: HashMap<TableId, BTreeMap<RowId, (Arc<TableSchema>, Row)>>,
}

impl Returning {
    /// What comes back in a period.
    pub fn behind(old: &Database, period: Period) -> Result<Returning, Error> {
        let mut returning = Returning::default();
        if period.first > period.last {
            return Ok(returning);
        }
        for event in old.store().read(period) {
            match event?.operation {
                Operation::Row(RowOperation { table, row, images, .. }) => {
                    if let RowImages::Insert { new, prev } = images
                        && (EventId::START.next()..period.first).contains(&prev)
                    {
                        let rows = returning.rows.entry(table.id).or_default();
                        rows.entry(row).or_insert((table, new));
                    }
                }
                Operation::Schema(SchemaChange::RestoreTable { table, dropped }) => {
                    if dropped.event < period.first {
                        returning.tables.entry(table.id).or_insert(table);
                    }
                }
                Operation::Schema(_) | Operation::Marker(_) => {}
            }
        }
        Ok(returning)
    }

    /// The rows of a table that come back, in order.
    fn rows_of(&self, table: TableId) -> impl Iterator<Item = (RowId, &Arc<TableSchema>, &Row)> {
        let rows = self.rows.get(&table).into_iter().flatten();
        rows.map(|(row, (table, values))| (*row, table, values))
    }
}

/// The event that the next operation of a fork of the new database becomes.
pub(super) fn next_event(fork: &Fork) -> EventId {
    let recorded = u64::try_from(fork.len()).unwrap_or(u64::MAX);
    EventId(fork.base().0.saturating_add(recorded)).next()
}

impl Salvage<'_> {
    /// What makes of the new database what a view of the damaged one shows.
    pub(super) fn difference(&mut self, view: &View, returning: &Returning) -> Result<Fork, Error> {
        let mut fork = self.new.begin()?;
        let stays = |id: &TableId, now: &TableSchema| {
            let old = view.schema().tables().find(|table| table.id == *id);
            old.is_some_and(|old| is_alike(old, now))
        };
        let known = self.tables.iter();
        let mut gone: Vec<(TableId, Arc<TableSchema>)> = known
            .filter(|(id, now)| !stays(id, now))
            .map(|(id, now)| (*id, Arc::clone(now)))
            .collect();
        gone.sort_unstable_by_key(|(id, _)| *id);
        for (old, now) in gone {
            self.pass_rows(&mut fork, &now, returning.rows_of(old), RowId(u64::MAX), false);
            self.tables.remove(&old);
            self.drop_table(&mut fork, old, now)?;
        }
        for old in view.schema().tables() {
            let now = match self.tables.entry(old.id) {
                Entry::Occupied(now) => Arc::clone(now.get()),
                Entry::Vacant(place) => Arc::clone(place.insert(create(&mut fork, old)?)),
            };
            self.bring_rows(&mut fork, (view, old), &now, returning)?;
        }
        for (old, table) in &returning.tables {
            if !self.tables.contains_key(old) && !self.dropped.contains_key(old) {
                let now = create(&mut fork, table)?;
                self.pass_rows(&mut fork, &now, returning.rows_of(*old), RowId(u64::MAX), false);
                self.drop_table(&mut fork, *old, now)?;
            }
        }
        let definitions = definition_changes(fork.view().schema(), view.schema());
        fork.record(definitions.into_iter().map(Change::Schema).collect())?;
        Ok(fork)
    }

    fn drop_table(
        &mut self,
        fork: &mut Fork,
        old: TableId,
        now: Arc<TableSchema>,
    ) -> Result<(), Error> {
        self.dropped.insert(old, (Arc::clone(&now), next_event(fork)));
        fork.record(vec![Change::Schema(SchemaChange::DropTable(now))]).map(drop)
    }

    /// Records how the rows of a table differ.
    fn bring_rows(
        &self,
        fork: &mut Fork,
        (view, old): (&View, &Arc<TableSchema>),
        now: &Arc<TableSchema>,
        returning: &Returning,
    ) -> Result<(), Error> {
        let before = fork.view();
        let source = ViewSource(&before);
        let mut there = source.rows(now)?.peekable();
        let mut back = returning.rows_of(old.id).peekable();
        for row in ViewSource(view).rows(old)? {
            let row = row?;
            let is_gone = |other: &Result<BaseRow, Error>| {
                other.as_ref().map_or(true, |other| other.row < row.row)
            };
            while let Some(gone) = there.next_if(is_gone) {
                delete(fork, now, gone?)?;
            }
            let is_same = |other: &Result<BaseRow, Error>| {
                other.as_ref().is_ok_and(|other| other.row == row.row)
            };
            match there.next_if(is_same).transpose()? {
                None => {
                    // New rows are numbered upwards, those that are gone by now, too.
                    self.pass_rows(fork, now, &mut back, row.row, true);
                    self.insert(fork, now, row);
                }
                Some(BaseRow { row: id, values: old, .. }) => {
                    let (table, new) = (Arc::clone(now), row.values);
                    fork.record(vec![Change::Update { table, row: id, old, new }])?;
                }
            }
        }
        for gone in there {
            delete(fork, now, gone?)?;
        }
        self.pass_rows(fork, now, &mut back, RowId(u64::MAX), true);
        let last = view.table(old).autoincrement();
        if last != fork.view().table(now).autoincrement() {
            fork.record(vec![Change::Counter { table: Arc::clone(now), last }])?;
        }
        Ok(())
    }

    /// Records a row under the identity that it had.
    fn insert(&self, fork: &mut Fork, table: &Arc<TableSchema>, row: BaseRow) {
        let BaseRow { row, values, .. } = row;
        let (rev, prev) = self.next_rev(table, row);
        let (table, images) = (Arc::clone(table), RowImages::Insert { new: values, prev });
        fork.append(Operation::Row(RowOperation { table, row, rev, images }));
    }

    /// Records that rows were there which come back later, of those before a row that the new database
    /// has never had; and that they went, unless they go with their table.
    fn pass_rows<'r>(
        &self,
        fork: &mut Fork,
        now: &Arc<TableSchema>,
        back: impl Iterator<Item = (RowId, &'r Arc<TableSchema>, &'r Row)>,
        before: RowId,
        go: bool,
    ) {
        let mut back = back.peekable();
        while let Some((row, then, values)) = back.next_if(|(row, ..)| *row < before) {
            if self.new.store().row_newest(now.id, row).is_some() {
                continue;
            }
            let values = in_columns_of(now, then, values);
            let operation = |rev: u32, images: RowImages| {
                Operation::Row(RowOperation { table: Arc::clone(now), row, rev, images })
            };
            let (new, prev) = (values.clone(), EventId::START);
            fork.append(operation(1, RowImages::Insert { new, prev }));
            if go {
                fork.append(operation(2, RowImages::Delete(values)));
            }
        }
    }
}

/// The values of a row of one definition in the columns of another, as far as that has them.
fn in_columns_of(now: &TableSchema, then: &TableSchema, values: &[Value]) -> Row {
    let value = |column: &crate::types::Column| {
        let at = then.column(&column.name)?;
        let same = then.columns[at].data_type == column.data_type;
        same.then(|| values.get(at).cloned()).flatten()
    };
    now.columns.iter().map(|column| value(column).unwrap_or(Value::Null)).collect()
}

/// A change of a definition as the new database knows those that were there before.
pub(super) fn definition_in(schema: &Schema, change: SchemaChange) -> Result<SchemaChange, Error> {
    let known = |of: &Definition| {
        let found = schema.definition(of.kind, &of.name).map(Arc::clone);
        found
            .ok_or_else(|| Error::invalid(format!("there is no {} `{}` by then", of.kind, of.name)))
    };
    Ok(match change {
        SchemaChange::DropDefinition(gone) => SchemaChange::DropDefinition(known(&gone)?),
        SchemaChange::ReplaceDefinition { old, new } => {
            let old = known(&old)?;
            let new = Arc::new(Definition { id: old.id, ..Arc::unwrap_or_clone(new) });
            SchemaChange::ReplaceDefinition { old, new }
        }
        change @ (SchemaChange::CreateDefinition(_)
        | SchemaChange::CreateTable(_)
        | SchemaChange::DropTable(_)
        | SchemaChange::RestoreTable { .. }
        | SchemaChange::CreateIndex { .. }
        | SchemaChange::DropIndex { .. }
        | SchemaChange::AddColumn { .. }
        | SchemaChange::DropColumn { .. }
        | SchemaChange::RenameColumn { .. }
        | SchemaChange::RenameTable { .. }
        | SchemaChange::AlterConstraint { .. }) => change,
    })
}

/// Records a table as another one was defined, with its indexes; gives the definition.
fn create(fork: &mut Fork, old: &TableSchema) -> Result<Arc<TableSchema>, Error> {
    let mut definition = old.clone();
    // Its rows are written whole.
    definition.columns.iter_mut().for_each(|column| column.initial = Value::Null);
    let (indexes, keys) = definition.keys.into_iter().partition(|key| key.kind == KeyKind::Index);
    definition.keys = keys;
    let indexes: Vec<KeySchema> = indexes;
    let created = SchemaChange::CreateTable(Arc::new(definition));
    fork.record(vec![Change::Schema(created)])?;
    let now = |fork: &Fork| {
        let found = fork.view().schema().table(&old.name).map(Arc::clone);
        found.ok_or_else(|| Error::invalid(format!("`{}` was not created", old.name)))
    };
    for key in indexes {
        let (table, key) = (now(fork)?, Box::new(key));
        fork.record(vec![Change::Schema(SchemaChange::CreateIndex { table, key })])?;
    }
    now(fork)
}

fn delete(fork: &mut Fork, table: &Arc<TableSchema>, gone: BaseRow) -> Result<(), Error> {
    let BaseRow { row, values: old, .. } = gone;
    fork.record(vec![Change::Delete { table: Arc::clone(table), row, old }]).map(drop)
}

/// Whether two tables are defined alike, whatever events made them.
fn is_alike(one: &TableSchema, other: &TableSchema) -> bool {
    let plain = |table: &TableSchema| {
        let mut plain = table.clone().created_by(EventId::START);
        plain.columns.iter_mut().for_each(|column| column.initial = Value::Null);
        plain
    };
    plain(one) == plain(other)
}
