//! The keys of a table: what their indexes learn of its versions.

use super::{ColumnChanges, TableVersions};
use crate::storage::versions::chunk::VersionPosition;
use crate::storage::versions::column::StoredColumn;
use crate::storage::versions::key_index::{KeyEntry, KeyIndex};
use crate::storage::versions::key_shape::KeyShape;
use crate::storage::versions::run::RunKind;
use crate::types::{EventId, KeyId, KeySchema, Row, RowId, TableSchema, Value};
use std::sync::{Arc, PoisonError};

/// The largest value of a key among the rows that a fork has not touched, and as of which event.
#[derive(Clone, Debug)]
pub(super) struct LargestKey {
    key: KeyId,
    event: EventId,
    found: Option<(RowId, Value)>,
}

impl TableVersions {
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

    /// Forgets what was remembered of searches: a fork goes back, and its next events have the numbers
    /// of those that it undoes.
    pub fn forget_searches(&mut self) {
        self.largest = Arc::default();
    }

    /// An index came to be, over all versions.
    pub fn add_index(&mut self, key: &KeySchema, schema: &TableSchema) {
        if key.is_computed() {
            return;
        }
        let shape = KeyShape::of(key, schema);
        if let Some(base) = &self.base
            && !base.has_index(key.id)
        {
            let index = KeyIndex::build(Arc::clone(&shape), base.visible_entries(&shape));
            self.base_indexes.push((key.id, Arc::new(index)));
        }
        let entries = self.entries(&shape);
        let index = KeyIndex::build(shape, entries);
        self.indexes.push((key.id, Arc::new(index)));
    }

    /// An index went.
    pub fn drop_index(&mut self, key: KeyId) {
        self.indexes.retain(|index| index.0 != key);
        self.base_indexes.retain(|index| index.0 != key);
        self.computed.drop_index(key);
    }

    /// Enters a row with these values, whose version is about to begin in a run, in all indexes.
    pub(super) fn insert_keys(&mut self, event: EventId, row: RowId, run: RunKind, values: &Row) {
        let stored = Arc::clone(self.run(run).stored());
        let value = |at: usize| values.get(at).cloned().unwrap_or(Value::Null);
        self.for_each_index(|_, index| {
            let value = |column: &StoredColumn| match place_of(&stored, column) {
                Some(place) => value(place),
                None => column.initial.clone(),
            };
            if let Some(key) = index.shape().encode(value) {
                Arc::make_mut(index).begin(key, row, event);
            }
        });
    }

    /// Ends the entries of a row, whose latest version is at a position, in all indexes.
    pub(super) fn end_keys(&mut self, event: EventId, row: RowId, old: VersionPosition) {
        self.for_each_index(|versions, index| {
            if let Some(key) = index.shape().encode(|column| versions.value_of(old, column)) {
                Arc::make_mut(index).end(key, row, event);
            }
        });
    }

    /// Moves the entries of a row in those indexes whose columns changed.
    pub(super) fn move_keys(
        &mut self,
        event: EventId,
        row: RowId,
        old: VersionPosition,
        changed: &ColumnChanges,
    ) {
        let stored = Arc::clone(self.later.stored());
        let touched = |index: &KeyIndex| {
            changed.iter().any(|change| {
                stored.get(change.0).is_some_and(|column| index.shape().columns().contains(column))
            })
        };
        self.for_each_index(|versions, index| {
            if !touched(index) {
                return;
            }
            let before = |column: &StoredColumn| versions.value_of(old, column);
            let is_of = |at: usize, column: &StoredColumn| stored.get(at) == Some(column);
            let after = |column: &StoredColumn| match changed.iter().find(|c| is_of(c.0, column)) {
                Some((_, _, new)) => new.clone(),
                None => before(column),
            };
            let old_key = index.shape().encode(before);
            let new_key = index.shape().encode(after);
            if old_key != new_key {
                let index = Arc::make_mut(index);
                old_key.into_iter().for_each(|key| index.end(key, row, event));
                new_key.into_iter().for_each(|key| index.begin(key, row, event));
            }
        });
    }

    /// Enters the latest version of a row in all indexes.
    pub(super) fn begin_keys(&mut self, event: EventId, row: RowId) {
        let Some(position) = self.rows.get(row) else { return };
        self.for_each_index(|versions, index| {
            if let Some(key) = index.shape().encode(|column| versions.value_of(position, column)) {
                Arc::make_mut(index).begin(key, row, event);
            }
        });
    }

    /// Changes all indexes, beside the versions that they are about.
    fn for_each_index(&mut self, mut change: impl FnMut(&TableVersions, &mut Arc<KeyIndex>)) {
        let mut indexes = std::mem::take(&mut self.indexes);
        let mut computed = std::mem::take(self.computed.all_mut());
        let all = indexes.iter_mut().map(|(_, index)| index).chain(&mut computed);
        all.for_each(|index| change(self, index));
        self.indexes = indexes;
        *self.computed.all_mut() = computed;
    }

    /// The entries of an index over all versions held here.
    pub(super) fn entries(&self, shape: &KeyShape) -> Vec<KeyEntry> {
        let mut entries: Vec<KeyEntry> = Vec::new();
        for (row, latest) in self.rows.iter_from(RowId(0)) {
            let start = entries.len();
            let mut at = latest;
            while at.exists() {
                let (here, header, to) = (at, self.header(at), self.end_of(at));
                at = header.prev;
                let Some(key) = shape.encode(|column| self.value_of(here, column)) else {
                    continue;
                };
                // Walking back, a version that ends where the one behind it began, with the same
                // key, is the same entry.
                match entries[start..].last_mut() {
                    Some(entry) if entry.key == key && entry.from == to => entry.from = header.from,
                    Some(_) | None => entries.push(KeyEntry { key, row, from: header.from, to }),
                }
            }
        }
        entries
    }
}

/// The place of a column among those stored.
fn place_of(stored: &[StoredColumn], column: &StoredColumn) -> Option<usize> {
    let guessed = stored.get(column.guess()) == Some(column);
    guessed.then(|| column.guess()).or_else(|| stored.iter().position(|other| other == column))
}
