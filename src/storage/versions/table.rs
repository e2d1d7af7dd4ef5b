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

mod epoch;

use super::bytes::Bytes;
use super::chunk::{ChunkHandle, ChunkRef, OpenChunk, VersionHeader, VersionPosition};
use super::column::{OpenColumn, StoredColumn};
use super::key_index::{KeyEntry, KeyIndex};
use super::layer::Layer;
use super::row_map::RowMap;
use crate::types::{
    EventId, KeyId, KeySchema, Period, Row, RowId, TableSchema, Value, key::push_value,
};
use std::sync::{Arc, Mutex, PoisonError};

/// How many insertions and deletions lie between two notes of the number of rows.
const NOTE_EVERY: u32 = 1024;

/// What an update does to a row: columns by index, with the value before and after.
type ColumnChanges = [(usize, Value, Value)];

/// All versions of one table in one epoch, or those that a fork adds to its base's.
#[derive(Clone, Debug)]
pub(super) struct TableVersions {
    /// What a fork builds upon. Every row in `rows` hides the base's.
    base: Option<Arc<Layer>>,
    sealed: Vec<ChunkHandle>,
    open: Arc<OpenChunk>,
    rows: RowMap,
    indexes: Vec<(KeyId, Arc<KeyIndex>)>,
    /// Indexes over the base's rows that the base has not: those that the fork created.
    base_indexes: Vec<(KeyId, Arc<KeyIndex>)>,
    /// Whether the versions stand in order of their rows: one each, appended.
    ascending: bool,
    counters: TableCounters,
    largest: Arc<Mutex<Vec<LargestKey>>>,
    /// The event at which the epoch begins.
    start: EventId,
    /// The events of the epoch that dropped the table before it came back.
    drops: Vec<EventId>,
    /// Whether it came back after it was dropped, in this epoch or an earlier one that is known.
    is_restored: bool,
}

/// The largest value of a key among the rows that a fork has not touched, and as of which event.
#[derive(Clone, Debug)]
struct LargestKey {
    key: KeyId,
    event: EventId,
    found: Option<(RowId, Value)>,
}

/// What a table counts.
#[derive(Clone, Debug)]
struct TableCounters {
    next_row: RowId,
    /// What it was when the epoch began.
    next_row_before: RowId,
    autoincrement: i64,
    /// What it was when the epoch began.
    autoincrement_before: i64,
    autoincrement_key: Option<KeyId>,
    /// What it was set to by hand in this epoch, and by which events, oldest first.
    settings: Vec<(EventId, i64)>,
    /// Visible rows after the last event; in a fork, how many more than in its base.
    live: i64,
    /// The number of rows after some events, oldest first.
    notes: Arc<Vec<(EventId, i64)>>,
    since_note: u32,
    last_event: EventId,
}

/// The columns of a table as a chunk stores them.
fn stored(schema: &TableSchema) -> Arc<[StoredColumn]> {
    schema.columns.iter().map(StoredColumn::new).collect()
}

impl TableVersions {
    /// No versions of a table, over those of a base if there is one.
    pub fn new(schema: &TableSchema, base: Option<Arc<Layer>>) -> TableVersions {
        let stored = stored(schema);
        let index = |key: &KeySchema| (key.id, Arc::new(KeyIndex::new(columns_of(key, &stored))));
        let under = base.as_ref().map(|base| &base.versions().counters);
        let automatic = schema.primary_key().filter(|_| schema.autoincrement);
        let next_row = under.map_or(RowId(1), |under| under.next_row);
        let counters = TableCounters {
            next_row,
            next_row_before: next_row,
            autoincrement: base.as_ref().map_or(0, |base| base.autoincrement()),
            autoincrement_before: 0,
            autoincrement_key: automatic.map(|key| key.id),
            settings: Vec::new(),
            live: 0,
            notes: Arc::default(),
            since_note: 0,
            last_event: under.map_or(EventId::START, |under| under.last_event),
        };
        TableVersions {
            indexes: schema.keys.iter().map(index).collect(),
            base_indexes: Vec::new(),
            open: Arc::new(OpenChunk::new(0, stored)),
            base,
            sealed: Vec::new(),
            rows: RowMap::default(),
            ascending: true,
            counters,
            largest: Arc::default(),
            start: EventId::START,
            drops: Vec::new(),
            is_restored: false,
        }
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

    /// How many chunks there are, the open one included.
    pub fn chunk_count(&self) -> usize {
        self.sealed.len() + 1
    }

    /// One chunk.
    #[inline]
    pub fn chunk(&self, number: usize) -> ChunkRef<'_> {
        self.sealed.get(number).map_or(ChunkRef::Open(&self.open), ChunkRef::Sealed)
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

    /// The number of the next row.
    pub fn next_row(&self) -> RowId {
        self.counters.next_row
    }

    /// What the AUTOINCREMENT counter was after an event, unless something happened since; and the
    /// key, if the table has such a one.
    pub fn autoincrement(&self, event: EventId) -> (Option<i64>, Option<KeyId>) {
        let TableCounters { autoincrement, settings, last_event, .. } = &self.counters;
        let now = event >= *last_event || (*autoincrement == 0 && settings.is_empty());
        (now.then_some(*autoincrement), self.counters.autoincrement_key)
    }

    /// What the AUTOINCREMENT counter was last set to up to an event, and by which; what it was when
    /// the epoch began, if nobody set it.
    pub fn autoincrement_set(&self, event: EventId) -> (EventId, i64) {
        let settings = &self.counters.settings;
        let count = settings.partition_point(|(since, _)| *since <= event);
        let before = (self.start, self.counters.autoincrement_before);
        count.checked_sub(1).map_or(before, |at| settings[at])
    }

    /// The number of rows after an event, about: exact after the last.
    pub fn row_count(&self, event: EventId) -> i64 {
        let notes = &self.counters.notes;
        if event >= self.counters.last_event {
            return self.counters.live;
        }
        let next = notes.partition_point(|note| note.0 <= event);
        let after = notes.get(next).map_or(self.counters.live, |note| note.1);
        let before = next.checked_sub(1).map_or(0, |at| notes[at].1);
        i64::midpoint(before, after)
    }

    /// The index of a key.
    pub fn index(&self, key: KeyId) -> Option<&KeyIndex> {
        self.indexes.iter().find(|index| index.0 == key).map(|index| &*index.1)
    }

    /// The index of a key that a fork created over its base's rows.
    pub fn base_index(&self, key: KeyId) -> Option<&KeyIndex> {
        self.base_indexes.iter().find(|index| index.0 == key).map(|index| &*index.1)
    }

    /// The largest value of a key among the base's rows that are not touched here: `search` finds
    /// it, given which ones are.
    ///
    /// It is remembered, so that a fork that deleted all rows does not pass them by again for each
    /// row that it inserts. What was largest remains so until its row is touched, since a fork only
    /// ever touches more; a view from before the memory was made does not use it.
    pub fn remembered(
        &self,
        key: KeyId,
        search: impl FnOnce(&dyn Fn(RowId) -> bool) -> Option<(RowId, Value)>,
    ) -> Option<(RowId, Value)> {
        self.base.as_ref()?;
        let touched = |row| self.rows.get(row).is_some();
        let event = self.counters.last_event;
        let mut memory = self.largest.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory.iter().position(|largest| largest.key == key);
        if let Some(known) = known.map(|at| &memory[at])
            && known.event <= event
            && known.found.as_ref().is_none_or(|(row, _)| !touched(*row))
        {
            return known.found.clone();
        }
        let found = search(&touched);
        let fresh = LargestKey { key, event, found: found.clone() };
        match known {
            Some(at) if memory[at].event <= event => memory[at] = fresh,
            Some(_) => {}
            None => memory.push(fresh),
        }
        found
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
        let value = |at: usize| new.get(at).cloned().unwrap_or(Value::Null);
        let stored = Arc::clone(self.open.stored());
        for (_, index) in &mut self.indexes {
            let key = encode(index.columns(), |column| {
                place_of(&stored, column).map_or(Value::Null, value)
            });
            Arc::make_mut(index).begin(key, row, event);
        }
        self.begin(event, row, rev, prev);
        self.count(event, 1);
        if schema.autoincrement
            && let Some(at) = schema.integer_primary_key()
            && let Some(Value::Integer(number)) = new.get(at)
        {
            self.counters.autoincrement = self.counters.autoincrement.max(*number);
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
        if schema.autoincrement
            && let Some(primary) = schema.integer_primary_key()
            && let Some((_, _, Value::Integer(number))) = changed.iter().find(|c| c.0 == primary)
        {
            self.counters.autoincrement = self.counters.autoincrement.max(*number);
        }
        self.counters.last_event = self.counters.last_event.max(event);
    }

    /// A row's last version ended.
    pub fn delete(&mut self, event: EventId, row: RowId) {
        match self.rows.get(row) {
            Some(old) if self.is_open(old) => {
                let mut indexes = std::mem::take(&mut self.indexes);
                for (_, index) in &mut indexes {
                    let key = encode(index.columns(), |column| self.value_of(old, column));
                    Arc::make_mut(index).end(key, row, event);
                }
                self.indexes = indexes;
                self.end(old, event);
                self.count(event, -1);
            }
            Some(_) => {}
            None => {
                if self.base.as_ref().is_some_and(|base| base.version(row).is_some()) {
                    self.rows.set(row, VersionPosition::DELETED);
                    self.count(event, -1);
                }
            }
        }
    }

    /// The AUTOINCREMENT counter was set by hand.
    pub fn set_autoincrement(&mut self, event: EventId, number: i64) {
        let counters = &mut self.counters;
        counters.autoincrement = number;
        counters.settings.push((event, number));
        counters.last_event = counters.last_event.max(event);
    }

    /// An index came to be, over all versions.
    pub fn add_index(&mut self, key: &KeySchema, schema: &TableSchema) {
        let columns = columns_of(key, &stored(schema));
        if let Some(base) = &self.base
            && !base.has_index(key.id)
        {
            let index = KeyIndex::build(columns.clone(), base.visible_entries(&columns));
            self.base_indexes.push((key.id, Arc::new(index)));
        }
        let index = KeyIndex::build(columns.clone(), self.entries(&columns));
        self.indexes.push((key.id, Arc::new(index)));
    }

    /// An index went.
    pub fn drop_index(&mut self, key: KeyId) {
        self.indexes.retain(|index| index.0 != key);
        self.base_indexes.retain(|index| index.0 != key);
    }

    /// Whether there is a version at a position, and it has not ended.
    pub fn is_open(&self, position: VersionPosition) -> bool {
        position.exists() && self.end_of(position) == EventId::NEVER
    }

    /// Seals the open chunk if it is full or stores other columns than the table has.
    fn make_room(&mut self, schema: &TableSchema) {
        let same = |stored: &[StoredColumn]| {
            stored.len() == schema.columns.len()
                && stored.iter().zip(&schema.columns).all(|(stored, column)| {
                    stored.id == column.id && stored.data_type == column.data_type
                })
        };
        let changed = !same(self.open.stored());
        if self.open.len() > 0 && (changed || self.open.is_full()) {
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
        self.counters.next_row = self.counters.next_row.max(RowId(row.0.saturating_add(1)));
        self.counters.last_event = self.counters.last_event.max(event);
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

    fn count(&mut self, event: EventId, by: i64) {
        let counters = &mut self.counters;
        counters.live += by;
        counters.since_note += 1;
        counters.last_event = counters.last_event.max(event);
        if counters.since_note >= NOTE_EVERY {
            counters.since_note = 0;
            Arc::make_mut(&mut counters.notes).push((event, counters.live));
        }
    }

    /// Moves the entries of a row in those indexes whose columns changed.
    fn move_keys(
        &mut self,
        event: EventId,
        row: RowId,
        old: VersionPosition,
        changed: &ColumnChanges,
    ) {
        let stored = Arc::clone(self.open.stored());
        let touched = |index: &KeyIndex| {
            changed.iter().any(|change| {
                stored.get(change.0).is_some_and(|column| index.columns().contains(column))
            })
        };
        let mut indexes = std::mem::take(&mut self.indexes);
        for (_, index) in indexes.iter_mut().filter(|index| touched(&index.1)) {
            let before = |column: &StoredColumn| self.value_of(old, column);
            let is_of = |at: usize, column: &StoredColumn| stored.get(at) == Some(column);
            let after = |column: &StoredColumn| match changed.iter().find(|c| is_of(c.0, column)) {
                Some((_, _, new)) => new.clone(),
                None => before(column),
            };
            let old_key = encode(index.columns(), before);
            let new_key = encode(index.columns(), after);
            if old_key != new_key {
                let index = Arc::make_mut(index);
                index.end(old_key, row, event);
                index.begin(new_key, row, event);
            }
        }
        self.indexes = indexes;
    }

    /// Enters the latest version of a row in all indexes.
    fn begin_keys(&mut self, event: EventId, row: RowId) {
        let Some(position) = self.rows.get(row) else { return };
        let mut indexes = std::mem::take(&mut self.indexes);
        for (_, index) in &mut indexes {
            let key = encode(index.columns(), |column| self.value_of(position, column));
            Arc::make_mut(index).begin(key, row, event);
        }
        self.indexes = indexes;
    }

    /// The entries of an index over all versions held here.
    fn entries(&self, columns: &[StoredColumn]) -> Vec<KeyEntry> {
        let mut entries: Vec<KeyEntry> = Vec::new();
        for (row, latest) in self.rows.iter_from(RowId(0)) {
            let start = entries.len();
            let mut at = latest;
            while at.exists() {
                let (header, to) = (self.header(at), self.end_of(at));
                let mut bytes = Vec::with_capacity(16);
                for column in columns {
                    push_value(&mut bytes, &self.value_of(at, column));
                }
                let key = Bytes::from(bytes.as_slice());
                // Walking back, a version that ends where the one behind it began, with the same
                // key, is the same entry.
                match entries[start..].last_mut() {
                    Some(entry) if entry.key == key && entry.from == to => entry.from = header.from,
                    Some(_) | None => entries.push(KeyEntry { key, row, from: header.from, to }),
                }
                at = header.prev;
            }
        }
        entries
    }
}

/// The columns of a key as a chunk stores them.
fn columns_of(key: &KeySchema, stored: &[StoredColumn]) -> Vec<StoredColumn> {
    key.columns.iter().filter_map(|at| stored.get(*at).cloned()).collect()
}

/// The place of a column among those stored.
fn place_of(stored: &[StoredColumn], column: &StoredColumn) -> Option<usize> {
    let guessed = stored.get(column.guess()) == Some(column);
    guessed.then(|| column.guess()).or_else(|| stored.iter().position(|other| other == column))
}

/// The encoded key of a row, whose values `value` gives.
fn encode(columns: &[StoredColumn], value: impl Fn(&StoredColumn) -> Value) -> Bytes {
    let mut bytes = Vec::with_capacity(16);
    columns.iter().for_each(|column| push_value(&mut bytes, &value(column)));
    Bytes::from(bytes.as_slice())
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
