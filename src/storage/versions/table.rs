//! All versions of one table.
//!
//! ```text
//!   row map            open chunk              sealed chunks
//!   row 7 ──────────▶  rev 3 ──── prev ──────▶ rev 2 ──── prev ──────▶ rev 1
//!                        └──────────────── jump ─────────────────────────▲
//! ```
//!
//! Versions stand in two runs, the first ones of rows in order of these, and what came later. Those of a
//! row form a chain backwards from the latest. Everything is shared with views and copied only where a change meets a view that is still
//! held: the ends of one chunk, or the open chunk, a page of the row map, a path in an index.
//!
//! `counters`: its rows and the numbers that it gives; `keys`, `computed`: its indexes; `key_order`: whether rows follow their key; `epoch`: how the next one
//! begins.

mod computed;
mod counters;
mod epoch;
mod key_order;
mod keys;

use super::Error;
use super::blocks::BlockCache;
use super::chunk::{ChunkRef, ColumnRef, OpenChunk, VersionHeader, VersionPosition};
use super::column::{OpenColumn, StoredColumn};
use super::dictionaries::Dictionaries;
use super::key_index::KeyIndex;
use super::key_shape::KeyShape;
use super::layer::Layer;
use super::row_map::RowMap;
use super::run::{Run, RunKind, are_stored, stored};
use super::visibility::is_visible;
use crate::types::{EventId, KeyId, KeySchema, Period, Row, RowId, TableSchema, Value};
use computed::ComputedIndexes;
use counters::TableCounters;
use key_order::KeyOrder;
use keys::LargestKey;
use std::sync::{Arc, Mutex};

pub use computed::KeyFunction;
pub(super) use counters::EndedRow;

/// What an update does to a row: columns by index, with the value before and after.
type ColumnChanges = [(usize, Value, Value)];

/// All versions of one table in one epoch, or those that a fork adds to its base's.
#[derive(Clone, Debug)]
pub(super) struct TableVersions {
    /// What a fork builds upon. Every row in `rows` hides the base's.
    base: Option<Arc<Layer>>,
    dictionaries: Dictionaries,
    ordered: Run,
    later: Run,
    /// The first row that the ordered run may begin.
    next_ordered: RowId,
    rows: RowMap,
    /// The rows among these that the ordered run knows nothing of: those of a fork's base, those that came
    /// out of order.
    loose: RowMap,
    indexes: Vec<(KeyId, Arc<KeyIndex>)>,
    /// The indexes of keys that have to be computed, as far as they were asked for.
    computed: ComputedIndexes,
    /// Indexes over the base's rows that the base has not: those that the fork created.
    base_indexes: Vec<(KeyId, Arc<KeyIndex>)>,
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

impl TableVersions {
    /// No versions of a table, over those of a base if there is one; what grows large of them will be
    /// among these blocks.
    pub fn new(
        schema: &TableSchema,
        base: Option<Arc<Layer>>,
        blocks: &Arc<BlockCache>,
    ) -> TableVersions {
        let below = base.as_ref().map(|base| base.versions());
        // What the base stores the columns as, and makes its entries of, holds for what comes over it.
        let stored = match below.map(|below| below.ordered.stored()) {
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
            dictionaries: below.map(|below| below.dictionaries.clone()).unwrap_or_default(),
            ordered: Run::new(RunKind::Ordered, stored, blocks),
            later: Run::new(RunKind::Later, Arc::default(), blocks),
            // The rows of a base come before those of what is over it.
            next_ordered: below.map_or(RowId(0), |below| below.next_row()),
            key_order: KeyOrder::new(base.as_deref()),
            counters: TableCounters::new(schema, base.as_deref()),
            base,
            rows: RowMap::default(),
            loose: RowMap::default(),
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

    /// The versions that stand in order of their rows.
    pub fn ordered(&self) -> &Run {
        &self.ordered
    }

    /// The rows with versions here, or deleted here, of which none is in order.
    pub fn loose(&self) -> &RowMap {
        &self.loose
    }

    /// Whether the order of the rows' numbers is that of their INTEGER PRIMARY KEY.
    pub fn is_in_key_order(&self) -> bool {
        self.key_order.is_that_of_rows()
    }

    /// All chunks with their numbers.
    pub fn chunks(&self) -> impl Iterator<Item = (usize, ChunkRef<'_>)> {
        self.ordered.chunks().chain(self.later.chunks())
    }

    /// One chunk.
    #[inline]
    pub fn chunk(&self, number: usize) -> ChunkRef<'_> {
        match RunKind::of_chunk(number) {
            (RunKind::Ordered, index) => self.ordered.chunk(index),
            (RunKind::Later, index) => self.later.chunk(index),
        }
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
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where it has to be read back, and cannot be.
    pub fn value(
        &self,
        position: VersionPosition,
        column: &StoredColumn,
        guess: usize,
    ) -> Result<Value, Error> {
        self.chunk(position.chunk()).value(column, guess, position.offset())
    }

    /// One value, of a column that probably stands where it was made.
    fn value_of(&self, position: VersionPosition, column: &StoredColumn) -> Result<Value, Error> {
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
        self.ancestor_of(self.rows.get(row)?, event)
    }

    /// The same, from the latest version of the row on.
    fn ancestor_of(&self, latest: VersionPosition, event: EventId) -> Option<VersionPosition> {
        let mut at = Some(latest).filter(|latest| latest.exists())?;
        while self.chunk(at.chunk()).headers().from(at.offset()) > event {
            at = self.older(at, event)?;
        }
        Some(at)
    }

    /// The next version to look at behind one that began after `event`.
    pub fn older(&self, at: VersionPosition, event: EventId) -> Option<VersionPosition> {
        let header = self.header(at);
        let far = header.jump;
        let jumps = far != at && self.chunk(far.chunk()).headers().from(far.offset()) > event;
        Some(if jumps { far } else { header.prev }).filter(|next| next.exists())
    }

    /// Gives the visible versions of a row, the newest first.
    pub fn visible(&self, row: RowId, period: Period, found: impl FnMut(VersionPosition)) {
        if let Some(latest) = self.rows.get(row) {
            self.visible_from(latest, period, found);
        }
    }

    /// The same, from the latest version of the row on.
    pub fn visible_from(
        &self,
        latest: VersionPosition,
        period: Period,
        mut found: impl FnMut(VersionPosition),
    ) {
        let mut next = self.ancestor_of(latest, period.last);
        while let Some(at) = next.filter(|at| at.exists()) {
            let (chunk, offset) = (self.chunk(at.chunk()), at.offset());
            if !chunk.is_visible(offset, period) {
                return;
            }
            found(at);
            // What was before it had ended when it began.
            let may_go_on = is_visible(EventId::START, chunk.headers().from(offset), period);
            next = may_go_on.then(|| self.header(at).prev);
        }
    }

    /// The number of a row's version that has not ended, here or in what a fork builds upon.
    pub fn open_rev(&self, row: RowId) -> Option<u32> {
        match self.rows.get(row) {
            Some(latest) => self.is_open(latest).then(|| self.header(latest).rev),
            None => {
                let (holder, position) = self.base.as_ref()?.version(row)?;
                Some(holder.versions().header(position).rev)
            }
        }
    }

    // ---- writing --------------------------------------------------------------------------

    // What has to be read is read before anything is changed: what fails has not happened.

    /// A row began, or began again after it was deleted.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`], where the row is there already.
    pub fn insert(
        &mut self,
        event: EventId,
        schema: &TableSchema,
        row: RowId,
        rev: u32,
        new: &Row,
    ) -> Result<(), Error> {
        // A row that is there already is no error here: what the log says last holds.
        if self.base.is_some() || self.rows.get(row).is_some() {
            self.delete(event, row)?;
        }
        let latest = self.rows.get(row);
        let kind = match latest {
            None if row >= self.next_ordered => RunKind::Ordered,
            Some(_) | None => RunKind::Later,
        };
        self.make_room(kind, schema);
        for (at, column) in self.run(kind).open_mut().columns_mut().iter_mut().enumerate() {
            column.push(new.get(at).unwrap_or(&Value::Null));
        }
        self.insert_keys(event, row, kind, new);
        self.key_order.note(schema, row, self.counters.next_row, new);
        // In a fork that deleted the base's row nothing else tells that this begins again.
        self.begin(kind, event, row, rev, latest.unwrap_or(VersionPosition::NONE));
        self.counters.count(event, 1);
        if schema.autoincrement
            && let Some(at) = schema.integer_primary_key()
            && let Some(key) = new.get(at)
        {
            self.counters.note_key(key);
        }
        Ok(())
    }

    /// A version of a row ended and the next began. An update of a row that is not there is none.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`].
    pub fn update(
        &mut self,
        event: EventId,
        schema: &TableSchema,
        row: RowId,
        rev: u32,
        changed: &ColumnChanges,
    ) -> Result<(), Error> {
        self.make_room(RunKind::Later, schema);
        match self.rows.get(row) {
            Some(old) if self.is_open(old) => {
                let keys = self.moves_of_keys(None, old, changed)?;
                self.copy_own(old, changed)?;
                self.change_keys(event, row, keys);
                self.end(old, event);
                self.begin(RunKind::Later, event, row, rev, old);
            }
            Some(_) => return Ok(()),
            None => {
                let base = self.base.clone();
                let Some((layer, old)) = base.as_ref().and_then(|base| base.version(row)) else {
                    return Ok(());
                };
                let keys = self.moves_of_keys(Some(layer.versions()), old, changed)?;
                let chunk = layer.versions().chunk(old.chunk());
                copy(self.later.open_mut(), chunk, old.offset(), changed)?;
                self.begin(RunKind::Later, event, row, rev, VersionPosition::NONE);
                self.change_keys(event, row, keys);
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
        Ok(())
    }

    /// A row's last version ended.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`].
    pub fn delete(&mut self, event: EventId, row: RowId) -> Result<(), Error> {
        match self.rows.get(row) {
            Some(old) if self.is_open(old) => {
                let keys = self.ends_of_keys(old)?;
                self.change_keys(event, row, keys);
                self.end(old, event);
                self.counters.count(event, -1);
            }
            Some(_) => {}
            None => {
                if self.base.as_ref().is_some_and(|base| base.version(row).is_some()) {
                    self.rows.set(row, VersionPosition::DELETED);
                    self.loose.set(row, VersionPosition::DELETED);
                    self.counters.count(event, -1);
                }
            }
        }
        Ok(())
    }

    /// Whether there is a version at a position, and it has not ended.
    pub fn is_open(&self, position: VersionPosition) -> bool {
        position.exists() && self.end_of(position) == EventId::NEVER
    }

    fn run(&mut self, kind: RunKind) -> &mut Run {
        match kind {
            RunKind::Ordered => &mut self.ordered,
            RunKind::Later => &mut self.later,
        }
    }

    /// Sees to it that a run has room for one more version of the table's columns.
    fn make_room(&mut self, kind: RunKind, schema: &TableSchema) {
        let is_of_fork = self.is_of_fork;
        self.run(kind).make_room(schema, is_of_fork);
    }

    /// Adds the values of an own version to the later ones once more, but for what changed.
    fn copy_own(&mut self, old: VersionPosition, changed: &ColumnChanges) -> Result<(), Error> {
        let (kind, index) = RunKind::of_chunk(old.chunk());
        if kind == RunKind::Ordered {
            let chunk = self.ordered.chunk(index);
            return copy(self.later.open_mut(), chunk, old.offset(), changed);
        }
        if let Some(handle) = self.later.sealed().get(index).cloned() {
            let chunk = ChunkRef::Sealed(&handle);
            return copy(self.later.open_mut(), chunk, old.offset(), changed);
        }
        for (at, column) in self.later.open_mut().columns_mut().iter_mut().enumerate() {
            push_changed(column, at, changed, |column| column.push_again(old.offset()));
        }
        Ok(())
    }

    /// Begins a version whose values were just added to a run.
    fn begin(
        &mut self,
        kind: RunKind,
        event: EventId,
        row: RowId,
        rev: u32,
        prev: VersionPosition,
    ) {
        let here = self.run(kind).next_position();
        let jump = if prev.exists() { self.jump_from(prev) } else { here };
        let header = VersionHeader { row, from: event, rev, prev, jump };
        self.run(kind).open_mut().begin(header);
        match kind {
            RunKind::Ordered => self.next_ordered = RowId(row.0.saturating_add(1)),
            // One that there was before is loose by now, or in order.
            RunKind::Later if prev.exists() => {}
            RunKind::Later => self.loose.set(row, here),
        }
        self.rows.set(row, here);
        self.counters.note_row(row);
        self.counters.note_event(event);
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
        let (kind, index) = RunKind::of_chunk(position.chunk());
        self.run(kind).end(index, position.offset(), to);
    }
}

/// Adds the values of a version of another chunk, but for what changed.
fn copy(
    open: &mut OpenChunk,
    chunk: ChunkRef<'_>,
    offset: usize,
    changed: &ColumnChanges,
) -> Result<(), Error> {
    let stored = Arc::clone(open.stored());
    let mut sources = Vec::with_capacity(stored.len());
    for (at, column) in stored.iter().enumerate() {
        let is_changed = changed.iter().any(|change| change.0 == at);
        sources.push(if is_changed { ColumnRef::Initial } else { chunk.column(column, at)? });
    }
    for (at, column) in open.columns_mut().iter_mut().enumerate() {
        push_changed(column, at, changed, |column| {
            sources[at].push_to(column, &stored[at], offset);
        });
    }
    Ok(())
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
