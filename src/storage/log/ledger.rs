//! The books that every event must agree with: tables, indexes, row versions, markers.
//!
//! An append asks [`Ledger::admit`] before a line is written, and so does everyone who reads lines
//! back; so what was accepted can be read again, and a log that was not written here is refused
//! instead of misread.

use super::schema_rules::{define, missing};
use crate::storage::error::Error;
use crate::storage::event::{Marker, Operation, RowImages, RowOperation};
use crate::storage::{Dropped, SchemaChange};
use crate::types::{EventId, RowId, Schema, TableId, TableSchema};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Set in a row's version when that has ended and none began.
const DELETED: u32 = 1 << 31;

/// How far beyond the rows so far a row may lie to be kept in the plain list: rows are numbered
/// densely, and one that is not must not cost memory for all those between.
const GAP: usize = 1024;

/// How many entries of a transaction's own notes are kept room for.
const MOST_KEPT: usize = 16 << 10;

/// The newest version of a row: its number, 0 where there was none and [`DELETED`] perhaps set, and
/// the event that made it, in halves so that a million rows need no padding.
#[derive(Clone, Copy, Debug, Default)]
struct NewestVersion {
    version: u32,
    event: [u32; 2],
}

impl NewestVersion {
    fn new(version: u32, event: EventId) -> NewestVersion {
        let bytes = event.0.to_le_bytes();
        let half = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        NewestVersion { version, event: [half(0), half(4)] }
    }

    /// Whether it stands for a row that ended before the books were opened, or never was.
    fn is_unknown(self) -> bool {
        self.version == DELETED
    }

    fn event(self) -> EventId {
        EventId(u64::from(self.event[0]) | u64::from(self.event[1]) << 32)
    }
}

/// The newest version of every row of a table.
#[derive(Debug, Default)]
struct RowVersions {
    dense: Vec<NewestVersion>,
    sparse: HashMap<u64, NewestVersion>,
    /// Rows below this one that are not listed were deleted before the books were opened.
    opened: RowId,
    /// The number of the next new row: all below it have been given, or were passed over.
    next: RowId,
    /// The event that brought the table back, if one did: what is older ended when it was dropped.
    restored: EventId,
}

impl RowVersions {
    fn at(&self, row: RowId) -> NewestVersion {
        let dense = usize::try_from(row.0).ok().and_then(|index| self.dense.get(index));
        let found = dense.or_else(|| self.sparse.get(&row.0)).copied().unwrap_or_default();
        if found.version == 0 && row < self.opened {
            return NewestVersion::new(DELETED, EventId::START);
        }
        if found.version > 0 && found.event() < self.restored {
            return NewestVersion { version: found.version | DELETED, ..found };
        }
        found
    }

    /// Whether nobody knows if there ever was such a row: not among those that the books were opened
    /// with.
    fn is_unknown(&self, row: RowId) -> bool {
        self.at(row).is_unknown()
    }

    fn set(&mut self, row: RowId, newest: NewestVersion) {
        let newest = if newest.is_unknown() { NewestVersion::default() } else { newest };
        let index = usize::try_from(row.0).unwrap_or(usize::MAX);
        if index < self.dense.len() {
            self.dense[index] = newest;
        } else if index - self.dense.len() < GAP && !self.sparse.contains_key(&row.0) {
            self.dense.resize(index, NewestVersion::default());
            self.dense.push(newest);
            // A row that was far away before may lie inside now.
            if !self.sparse.is_empty() {
                let dense = &mut self.dense;
                self.sparse.retain(|row, newest| {
                    let inside = usize::try_from(*row).ok().and_then(|at| dense.get_mut(at));
                    inside.map(|place| *place = *newest).is_none()
                });
            }
        } else {
            self.sparse.insert(row.0, newest);
        }
    }
}

/// What the books had before an event.
#[derive(Debug)]
enum Replaced {
    /// Of a row, and the number of its table's next one.
    Row { table: TableId, row: RowId, newest: NewestVersion, next: RowId },
    /// Of a table that went or came back.
    Table(Box<ReplacedTable>),
}

/// What was known of a table.
#[derive(Debug)]
struct ReplacedTable {
    table: TableId,
    /// That it was dropped, if so.
    dropped: Option<(EventId, Arc<TableSchema>)>,
    /// The number of its next row and the event that brought it back, if rows were known.
    rows: Option<(RowId, EventId)>,
}

/// All tables and row versions after some events.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    schema: Schema,
    /// The table of the last row, which is that of the next one mostly: it is in the schema.
    current: Option<Arc<TableSchema>>,
    rows: BTreeMap<TableId, RowVersions>,
    /// The last event about no row.
    structural: EventId,
    /// What the transaction under way replaced, to be put back if it fails.
    replaced: Vec<Replaced>,
    /// The tables that were dropped and not brought back: by which event, and what they were.
    dropped: HashMap<TableId, (EventId, Arc<TableSchema>)>,
    /// Whether tables may have been dropped of which nothing is known.
    is_partial: bool,
    schema_before: Schema,
    structural_before: EventId,
    markers: MarkerNames,
}

/// The names and numbers that markers have taken.
#[derive(Debug, Default)]
struct MarkerNames {
    tags: HashSet<String>,
    last_snapshot: u64,
    /// What the transaction under way added.
    new_tags: Vec<String>,
    last_snapshot_before: u64,
}

impl Ledger {
    /// The tables after the events admitted.
    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The number of a row's newest version, counting its deletion as one; `None` where there never
    /// was such a row.
    pub(crate) fn row_version(&self, table: TableId, row: RowId) -> Option<u32> {
        self.row_newest(table, row).map(|(version, _)| version)
    }

    /// The same with the event that made it.
    pub(crate) fn row_newest(&self, table: TableId, row: RowId) -> Option<(u32, EventId)> {
        let newest = self.rows.get(&table)?.at(row);
        let version = newest.version & !DELETED;
        (version > 0).then(|| (version, newest.event()))
    }

    /// Whether a row may have ended before the books were opened, and nobody has told them.
    pub(crate) fn is_unknown(&self, table: TableId, row: RowId) -> bool {
        self.rows.get(&table).is_some_and(|rows| rows.is_unknown(row))
    }

    /// Enters the newest versions that the rows of a table ever had, of those that are not known: from
    /// here on all are.
    pub(crate) fn complete(
        &mut self,
        table: TableId,
        ever: impl Iterator<Item = (RowId, u32, EventId)>,
    ) {
        let Some(versions) = self.rows.get_mut(&table) else { return };
        for (row, rev, event) in ever {
            if versions.is_unknown(row) {
                versions.set(row, NewestVersion::new(rev | DELETED, event));
            }
        }
        versions.opened = RowId::default();
    }

    /// Enters a table's rows as they stand, where the books begin with them: `next` is the number of
    /// the next row.
    pub(crate) fn open_with(
        &mut self,
        table: TableId,
        next: RowId,
        rows: impl Iterator<Item = (RowId, u32, EventId)>,
    ) {
        let versions = self.rows.entry(table).or_default();
        (versions.opened, versions.next) = (next, next);
        rows.for_each(|(row, rev, event)| versions.set(row, NewestVersion::new(rev, event)));
    }

    /// Goes on with the tables of a later moment, whose rows are to be entered; the markers are those
    /// that are known.
    pub(crate) fn resume(&mut self, schema: Schema) {
        self.roll_back();
        self.current = None;
        self.rows.clear();
        self.dropped.clear();
        self.is_partial = true;
        (self.schema, self.schema_before) = (schema.clone(), schema);
    }

    /// Makes what was admitted since the last time final.
    pub(crate) fn commit(&mut self) {
        self.replaced.clear();
        // The room that one large transaction needed is not kept for the small ones.
        self.replaced.shrink_to(MOST_KEPT);
        self.structural_before = self.structural;
        self.markers.new_tags.clear();
        self.markers.last_snapshot_before = self.markers.last_snapshot;
        if self.schema_before.version != self.schema.version {
            self.schema_before = self.schema.clone();
        }
    }

    /// Forgets what was admitted since the last [`Ledger::commit`].
    pub(crate) fn roll_back(&mut self) {
        while let Some(replaced) = self.replaced.pop() {
            match replaced {
                Replaced::Row { table, row, newest, next } => {
                    if let Some(rows) = self.rows.get_mut(&table) {
                        rows.set(row, newest);
                        rows.next = next;
                    }
                }
                Replaced::Table(table) => self.put_back(*table),
            }
        }
        self.structural = self.structural_before;
        self.current = None;
        self.schema = self.schema_before.clone();
        for name in self.markers.new_tags.drain(..) {
            self.markers.tags.remove(&name);
        }
        self.markers.last_snapshot = self.markers.last_snapshot_before;
    }

    /// Makes a table again what it was.
    fn put_back(&mut self, ReplacedTable { table, dropped, rows }: ReplacedTable) {
        match dropped {
            Some(dropped) => self.dropped.insert(table, dropped),
            None => self.dropped.remove(&table),
        };
        match rows {
            Some((next, restored)) => {
                if let Some(now) = self.rows.get_mut(&table) {
                    (now.next, now.restored) = (next, restored);
                }
            }
            None => drop(self.rows.remove(&table)),
        }
    }

    /// Enters an event, if it can follow what was entered so far. Gives the event before it of the
    /// same row, or the one before it about no row either; 0 if there is none.
    pub(crate) fn admit(
        &mut self,
        event: EventId,
        operation: &Operation,
    ) -> Result<EventId, Error> {
        match operation {
            Operation::Row(row) => return self.advance(event, row),
            Operation::Schema(change) => {
                self.check_restored(change)?;
                self.current = None;
                define(&mut self.schema, event, operation)?;
                self.note_tables(event, change);
            }
            Operation::Marker(marker) => {
                self.current = None;
                define(&mut self.schema, event, operation)?;
                self.mark(marker)?;
            }
        }
        Ok(std::mem::replace(&mut self.structural, event))
    }

    /// Refuses to bring back a table that is not known to have been dropped so.
    fn check_restored(&self, change: &SchemaChange) -> Result<(), Error> {
        let SchemaChange::RestoreTable { table, dropped } = change else { return Ok(()) };
        let is_it = match self.dropped.get(&table.id) {
            Some((event, was)) => *event == dropped.event && *was == *table,
            // Dropped before the books were opened: whoever brings it back knows.
            None => self.is_partial,
        };
        let next = self.rows.get(&table.id).map_or(RowId(1), |rows| rows.next);
        if is_it && dropped.next_row >= next {
            return Ok(());
        }
        let (name, event) = (&table.name, dropped.event);
        Err(Error::invalid(format!("`{name}` is not what event {event} dropped")))
    }

    /// Takes note of a table that goes or comes back.
    fn note_tables(&mut self, event: EventId, change: &SchemaChange) {
        let Some(table) = change.table().map(|table| table.id) else { return };
        let rows = self.rows.get(&table).map(|rows| (rows.next, rows.restored));
        let dropped = match change {
            SchemaChange::DropTable(was) => self.dropped.insert(table, (event, Arc::clone(was))),
            SchemaChange::RestoreTable { dropped: Dropped { next_row, .. }, .. } => {
                let rows = self.rows.entry(table).or_default();
                if rows.next == RowId::default() {
                    // What rows it had is told by whoever brings them back.
                    rows.opened = *next_row;
                }
                (rows.next, rows.restored) = (*next_row, event);
                self.dropped.remove(&table)
            }
            SchemaChange::CreateTable(_)
            | SchemaChange::CreateIndex { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::AddColumn { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. }
            | SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => return,
        };
        self.replaced.push(Replaced::Table(Box::new(ReplacedTable { table, dropped, rows })));
    }

    /// Takes the name or the number of a marker.
    fn mark(&mut self, marker: &Marker) -> Result<(), Error> {
        match marker {
            Marker::Tag { name, .. } => {
                if !self.markers.tags.insert(name.clone()) {
                    return Err(Error::invalid(format!("there is a tag `{name}` already")));
                }
                self.markers.new_tags.push(name.clone());
            }
            Marker::Snapshot { id, .. } => {
                if *id <= self.markers.last_snapshot {
                    return Err(Error::invalid(format!("snapshot {id} does not follow")));
                }
                self.markers.last_snapshot = *id;
            }
            Marker::Counter { .. } | Marker::Transaction => {}
        }
        Ok(())
    }

    /// Refuses rows of a table that is not there, or has other columns.
    fn check_table(&mut self, table: &Arc<TableSchema>) -> Result<(), Error> {
        let Some(current) = self.schema.table(&table.name).filter(|now| now.id == table.id) else {
            return Err(missing(table));
        };
        if !Arc::ptr_eq(current, table) && current.columns != table.columns {
            return Err(Error::invalid(format!("`{}` has other columns now", table.name)));
        }
        self.current = Some(Arc::clone(table));
        Ok(())
    }

    /// Ends the row's version `rev - 1` and begins `rev`, which may be that it is deleted. Gives the
    /// event that made the former; 0 of a row that never was.
    fn advance(&mut self, event: EventId, operation: &RowOperation) -> Result<EventId, Error> {
        let RowOperation { table, row, rev, images } = operation;
        let (row, rev) = (*row, *rev);
        if self.current.as_ref().is_none_or(|current| !Arc::ptr_eq(current, table)) {
            self.check_table(table)?;
        }
        let rows = self.rows.entry(table.id).or_default();
        let found = rows.at(row);
        let (before, next) = (rev.wrapping_sub(1), rows.next);
        let (version, previous, follows) = match images {
            // Whether a row ended before the books were opened, whoever inserts it knows.
            RowImages::Insert { prev, .. } if rev == 1 => {
                let is_new = found.version == 0 || found.is_unknown();
                (rev, *prev, *prev == EventId::START && is_new)
            }
            RowImages::Insert { prev, .. } if found.is_unknown() => {
                (rev, *prev, rev > 1 && (EventId::START < *prev && *prev < event))
            }
            RowImages::Insert { prev, .. } => {
                (rev, *prev, found.version == before | DELETED && *prev == found.event())
            }
            RowImages::Update(changed) if changed.is_empty() => {
                return Err(Error::invalid("an update that changes nothing"));
            }
            RowImages::Update(_) => (rev, found.event(), found.version == before),
            RowImages::Delete(_) => (rev | DELETED, found.event(), found.version == before),
        };
        if !follows || !(1..DELETED).contains(&rev) {
            return Err(Error::StaleVersion {
                table: table.name.to_string(),
                row,
                expected: rev.saturating_sub(1),
                found: found.version & !DELETED,
            });
        }
        rows.set(row, NewestVersion::new(version, event));
        rows.next = next.max(RowId(row.0.saturating_add(1)));
        self.replaced.push(Replaced::Row { table: table.id, row, newest: found, next });
        Ok(previous)
    }
}
