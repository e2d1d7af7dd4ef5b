//! All versions of one table.
//!
//! ```text
//!   row map            open chunk              sealed chunks
//!   row 7 ──────────▶  rev 3 ──── prev ──────▶ rev 2 ──── prev ──────▶ rev 1
//!                        └──────────────── jump ─────────────────────────▲
//! ```
//!
//! Versions stand in the order in which they began. Those of a row form a chain backwards from the
//! latest. Everything is shared with views and copied only where a change meets a view that is still
//! held: the ends of one chunk, or the open chunk, a page of the row map, a path in an index.
//!
//! `counters`: its rows and the numbers that it gives; `keys`, `computed`: its indexes; `key_order`: whether rows follow their key; `epoch`: how the next one
//! begins.

mod computed;
mod counters;
mod epoch;
mod key_order;
mod keys;

use super::chunk::{ChunkHandle, ChunkRef, OpenChunk, VersionHeader, VersionPosition, chunk_rows};
use super::column::{OpenColumn, StoredColumn};
use super::dictionaries::Dictionaries;
use super::key_index::KeyIndex;
use super::key_shape::KeyShape;
use super::layer::Layer;
use super::row_map::RowMap;
use crate::types::{Column, EventId, KeyId, KeySchema, Period, Row, RowId, TableSchema, Value};
use computed::ComputedIndexes;
use counters::TableCounters;
use key_order::KeyOrder;
use keys::LargestKey;
use std::sync::{Arc, Mutex};

/// The part of a chunk that an open one may have where a savepoint of a fork holds it.
const HELD_PART: usize = 4;

pub use computed::KeyFunction;
pub(super) use counters::EndedRow;

/// What an update does to a row: columns by index, with the value before and after.
type ColumnChanges = [(usize, Value, Value)];

/// All versions of one table in one epoch, or those that a fork adds to its base's.
#[derive(Clone, Debug)]
pub(super) struct TableVersions {
    /// What a fork builds upon. Every row in `rows` hides the base's.
    base: Option<Arc<Layer>>,
    sealed: Vec<ChunkHandle>,
    open: Arc<OpenChunk>,
    dictionaries: Dictionaries,
    rows: RowMap,
    indexes: Vec<(KeyId, Arc<KeyIndex>)>,
    /// The indexes of keys that have to be computed, as far as they were asked for.
    computed: ComputedIndexes,
    /// Indexes over the base's rows that the base has not: those that the fork created.
    base_indexes: Vec<(KeyId, Arc<KeyIndex>)>,
    /// Whether the versions stand in order of their rows: one each, appended.
    ascending: bool,
    key_order: KeyOrder,
    counters: TableCounters,
    largest: Arc<Mutex<Vec<LargestKey>>>,
    /// The event at which the epoch begins.
    start: EventId,
    /// The events of the epoch that dropped the table before it came back.
    drops: Vec<EventId>,
    /// Whether it came back after it was dropped, in this epoch or an earlier one that is known.
    is_restored: bool,
    /// Whether they are a fork's, which its savepoints hold while it goes on.
    is_of_fork: bool,
}

/// The columns of a table as a chunk stores them.
fn stored(schema: &TableSchema) -> Arc<[StoredColumn]> {
    schema.columns.iter().map(StoredColumn::new).collect()
}

/// Whether these are the columns of a table, as it has them now.
fn are_stored(stored: &[StoredColumn], schema: &TableSchema) -> bool {
    let is_stored = |(stored, column): (&StoredColumn, &Column)| {
        stored.id == column.id && stored.data_type == column.data_type
    };
    stored.len() == schema.columns.len() && stored.iter().zip(&schema.columns).all(is_stored)
}

impl TableVersions {
    /// No versions of a table, over those of a base if there is one.
    pub fn new(schema: &TableSchema, base: Option<Arc<Layer>>) -> TableVersions {
        let below = base.as_ref().map(|base| base.versions());
        // What the base stores the columns as, and makes its entries of, holds for what comes over it.
        let stored = match below.map(|below| below.open.stored()) {
            Some(stored) if are_stored(stored, schema) => Arc::clone(stored),
            Some(_) | None => stored(schema),
        };
        let index = |key: &KeySchema| {
            let known = below.and_then(|below| below.index(key.id));
            let shape =
                known.map_or_else(|| KeyShape::of(key, schema), |index| Arc::clone(index.shape()));
            (key.id, Arc::new(KeyIndex::new(shape)))
        };
        TableVersions {
            indexes: schema.keys.iter().filter(|key| !key.is_computed()).map(index).collect(),
            computed: ComputedIndexes::default(),
            base_indexes: Vec::new(),
            open: Arc::new(OpenChunk::new(0, stored)),
            dictionaries: below.map(|below| below.dictionaries.clone()).unwrap_or_default(),
            key_order: KeyOrder::new(base.as_deref()),
            counters: TableCounters::new(schema, base.as_deref()),
            base,
            sealed: Vec::new(),
            rows: RowMap::default(),
            ascending: true,
            largest: Arc::default(),
            start: EventId::START,
            drops: Vec::new(),
            is_restored: false,
            is_of_fork: false,
        }
    }

    /// The same, where they are a fork's.
    pub fn in_fork(self, is_of_fork: bool) -> TableVersions {
        TableVersions { is_of_fork, ..self }
    }

    // ---- reading --------------------------------------------------------------------------

    /// What a fork builds upon.
    pub fn base(&self) -> Option<&Arc<Layer>> {
        self.base.as_ref()
    }

    /// Whether the versions stand in order of their rows, one each.
    pub fn is_ascending(&self) -> bool {
        self.ascending
    }

    /// Whether the order of the rows' numbers is that of their INTEGER PRIMARY KEY.
    pub fn is_in_key_order(&self) -> bool {
        self.key_order.is_that_of_rows()
    }

    /// How many chunks there are, the open one included.
    pub fn chunk_count(&self) -> usize {
        self.sealed.len() + 1
    }

    /// One chunk.
    #[inline]
    pub fn chunk(&self, number: usize) -> ChunkRef<'_> {
        self.sealed.get(number).map_or(ChunkRef::Open(&self.open), ChunkRef::Sealed)
    }

    /// The dictionaries of its columns.
    pub fn dictionaries(&self) -> &Dictionaries {
        &self.dictionaries
    }

    /// The version at a position. One that is as old as the epoch has none before it here: what it
    /// says of them is about chunks that are gone.
    #[inline]
    pub fn header(&self, position: VersionPosition) -> VersionHeader {
        let header = self.chunk(position.chunk()).headers().at(position.offset());
        if header.from <= self.start {
            return VersionHeader { prev: VersionPosition::NONE, jump: position, ..header };
        }
        header
    }

    /// When the version at a position ended.
    pub fn end_of(&self, position: VersionPosition) -> EventId {
        self.chunk(position.chunk()).end(position.offset())
    }

    /// Whether the version at a position is visible.
    pub fn is_visible(&self, position: VersionPosition, period: Period) -> bool {
        self.chunk(position.chunk()).is_visible(position.offset(), period)
    }

    /// One value.
    pub fn value(&self, position: VersionPosition, column: &StoredColumn, guess: usize) -> Value {
        self.chunk(position.chunk()).value(column, guess, position.offset())
    }

    /// One value, of a column that probably stands where it was made.
    fn value_of(&self, position: VersionPosition, column: &StoredColumn) -> Value {
        self.value(position, column, column.guess())
    }

    /// The rows with versions of their own here, or deleted here.
    pub fn rows(&self) -> &RowMap {
        &self.rows
    }

    /// The newest version of a row that began at `event` or before.
    ///
    /// Each version knows the one before it and one further back: the jump of its predecessor's
    /// jump where the two last jumps were equally long, else its predecessor. So a search takes
    /// logarithmic steps, for one number more per version (Myers, "An applicative random-access
    /// stack", 1983).
    pub fn ancestor(&self, row: RowId, event: EventId) -> Option<VersionPosition> {
        let latest = self.rows.get(row).filter(|latest| latest.exists());
        let mut path = std::iter::successors(latest, |at| self.older(*at, event));
        path.find(|at| self.chunk(at.chunk()).headers().from(at.offset()) <= event)
    }

    /// The next version to look at behind one that began after `event`.
    pub fn older(&self, at: VersionPosition, event: EventId) -> Option<VersionPosition> {
        let header = self.header(at);
        let far = header.jump;
        let jumps = far != at && self.chunk(far.chunk()).headers().from(far.offset()) > event;
        Some(if jumps { far } else { header.prev }).filter(|next| next.exists())
    }

    /// Gives the visible versions of a row, the newest first.
    pub fn visible(&self, row: RowId, period: Period, mut found: impl FnMut(VersionPosition)) {
        let mut next = self.ancestor(row, period.last);
        while let Some(at) = next.filter(|at| at.exists() && self.is_visible(*at, period)) {
            found(at);
            next = Some(self.header(at).prev);
        }
    }

    // ---- writing --------------------------------------------------------------------------

    /// A row began, or began again after it was deleted.
    pub fn insert(
        &mut self,
        event: EventId,
        schema: &TableSchema,
        row: RowId,
        rev: u32,
        new: &Row,
    ) {
        // A row that is there already is no error here: what the log says last holds.
        self.delete(event, row);
        // In a fork that deleted the base's row nothing else tells that this begins again.
        let prev = self.rows.get(row).unwrap_or(VersionPosition::NONE);
        self.make_room(schema);
        for (at, column) in Arc::make_mut(&mut self.open).columns_mut().iter_mut().enumerate() {
            column.push(new.get(at).unwrap_or(&Value::Null));
        }
        self.insert_keys(event, row, new);
        self.key_order.note(schema, row, self.counters.next_row, new);
        self.begin(event, row, rev, prev);
        self.counters.count(event, 1);
        if schema.autoincrement
            && let Some(at) = schema.integer_primary_key()
            && let Some(key) = new.get(at)
        {
            self.counters.note_key(key);
        }
    }

    /// A version of a row ended and the next began. An update of a row that is not there is none.
    pub fn update(
        &mut self,
        event: EventId,
        schema: &TableSchema,
        row: RowId,
        rev: u32,
        changed: &ColumnChanges,
    ) {
        self.make_room(schema);
        match self.rows.get(row) {
            Some(old) if self.is_open(old) => {
                self.copy_own(old, changed);
                self.move_keys(event, row, old, changed);
                self.end(old, event);
                self.begin(event, row, rev, old);
            }
            Some(_) => return,
            None => {
                let base = self.base.clone();
                let Some((layer, old)) = base.as_ref().and_then(|base| base.version(row)) else {
                    return;
                };
                let chunk = layer.versions().chunk(old.chunk());
                copy(Arc::make_mut(&mut self.open), chunk, old.offset(), changed);
                self.begin(event, row, rev, VersionPosition::NONE);
                self.begin_keys(event, row);
            }
        }
        for (column, _, _) in changed {
            self.key_order.note_change(schema, *column);
        }
        if schema.autoincrement
            && let Some(primary) = schema.integer_primary_key()
            && let Some((_, _, key)) = changed.iter().find(|c| c.0 == primary)
        {
            self.counters.note_key(key);
        }
        self.counters.note_event(event);
    }

    /// A row's last version ended.
    pub fn delete(&mut self, event: EventId, row: RowId) {
        match self.rows.get(row) {
            Some(old) if self.is_open(old) => {
                self.end_keys(event, row, old);
                self.end(old, event);
                self.counters.count(event, -1);
            }
            Some(_) => {}
            None => {
                if self.base.as_ref().is_some_and(|base| base.version(row).is_some()) {
                    self.rows.set(row, VersionPosition::DELETED);
                    self.counters.count(event, -1);
                }
            }
        }
    }

    /// Whether there is a version at a position, and it has not ended.
    pub fn is_open(&self, position: VersionPosition) -> bool {
        position.exists() && self.end_of(position) == EventId::NEVER
    }

    /// Seals the open chunk if it is full or stores other columns than the table has.
    fn make_room(&mut self, schema: &TableSchema) {
        let changed = !are_stored(self.open.stored(), schema);
        // What a savepoint holds is copied for the first change behind it: little, then.
        let is_held = self.is_of_fork
            && self.open.len() >= chunk_rows() / HELD_PART
            && Arc::get_mut(&mut self.open).is_none();
        if self.open.len() > 0 && (changed || is_held || self.open.is_full()) {
            let next = OpenChunk::new(self.sealed.len() + 1, stored(schema));
            let full = std::mem::replace(&mut self.open, Arc::new(next));
            self.sealed.push(Arc::unwrap_or_clone(full).seal());
        } else if changed {
            self.open = Arc::new(OpenChunk::new(self.sealed.len(), stored(schema)));
        }
    }

    /// Adds the values of an own version once more, but for what changed.
    fn copy_own(&mut self, old: VersionPosition, changed: &ColumnChanges) {
        let open = Arc::make_mut(&mut self.open);
        if let Some(handle) = self.sealed.get(old.chunk()) {
            copy(open, ChunkRef::Sealed(handle), old.offset(), changed);
        } else {
            for (at, column) in open.columns_mut().iter_mut().enumerate() {
                push_changed(column, at, changed, |column| column.push_again(old.offset()));
            }
        }
    }

    /// Begins a version whose values were just added.
    fn begin(&mut self, event: EventId, row: RowId, rev: u32, prev: VersionPosition) {
        let here = VersionPosition::new(self.sealed.len(), self.open.len());
        let jump = if prev.exists() { self.jump_from(prev) } else { here };
        Arc::make_mut(&mut self.open).begin(VersionHeader { row, from: event, rev, prev, jump });
        self.rows.set(row, here);
        self.ascending &= row >= self.counters.next_row || self.is_first_above(here, row);
        self.counters.note_row(row);
        self.counters.note_event(event);
    }

    /// Whether the version before this one is of a smaller row, or there is none.
    fn is_first_above(&self, here: VersionPosition, row: RowId) -> bool {
        let before = match (here.chunk(), here.offset()) {
            (0, 0) => return true,
            (chunk, 0) => self.chunk(chunk - 1).headers().rows.last(),
            (chunk, offset) => self.chunk(chunk).headers().rows.get(offset - 1),
        };
        before.is_some_and(|before| *before < row)
    }

    /// Where the version behind `prev` jumps to.
    fn jump_from(&self, prev: VersionPosition) -> VersionPosition {
        let one = self.header(prev);
        let two = self.header(one.jump);
        let three = self.header(two.jump);
        let equal = one.rev.wrapping_sub(two.rev) == two.rev.wrapping_sub(three.rev);
        if equal { two.jump } else { prev }
    }

    fn end(&mut self, position: VersionPosition, to: EventId) {
        match self.sealed.get_mut(position.chunk()) {
            Some(handle) => handle.end(position.offset(), to),
            None => Arc::make_mut(&mut self.open).end(position.offset(), to),
        }
    }
}

/// Adds the values of a version of another chunk, but for what changed.
fn copy(open: &mut OpenChunk, chunk: ChunkRef<'_>, offset: usize, changed: &ColumnChanges) {
    let stored = Arc::clone(open.stored());
    for (at, column) in open.columns_mut().iter_mut().enumerate() {
        push_changed(column, at, changed, |column| {
            chunk.push_to(column, &stored[at], at, offset);
        });
    }
}

/// Adds the changed value of a column, or else what `unchanged` adds.
fn push_changed(
    column: &mut OpenColumn,
    at: usize,
    changed: &ColumnChanges,
    unchanged: impl FnOnce(&mut OpenColumn),
) {
    match changed.iter().find(|change| change.0 == at) {
        Some((_, _, new)) => column.push(new),
        None => unchanged(column),
    }
}
