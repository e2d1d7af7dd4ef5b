//! The keys of a table: what their indexes learn of its versions.

use super::{ColumnChanges, TableVersions};
use crate::storage::versions::Error;
use crate::storage::versions::bytes::Bytes;
use crate::storage::versions::chunk::VersionPosition;
use crate::storage::versions::column::{StoredColumn, place_of};
use crate::storage::versions::key_index::{KeyEntry, KeyIndex};
use crate::storage::versions::key_shape::KeyShape;
use crate::storage::versions::run::RunKind;
use crate::types::{EventId, KeyId, KeySchema, Row, RowId, TableSchema, Value};
use std::convert::Infallible;
use std::sync::{Arc, PoisonError};

/// The largest value of a key among the rows that a fork has not touched, and as of which event.
#[derive(Clone, Debug)]
pub(super) struct LargestKey {
    key: KeyId,
    event: EventId,
    found: Option<(RowId, i64)>,
}

/// What becomes of a row's entry in one index: what ends, and what begins.
#[derive(Debug, Default)]
pub(super) struct KeyChange {
    old: Option<Bytes>,
    new: Option<Bytes>,
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
        search: impl FnOnce(&dyn Fn(RowId) -> bool) -> Option<(RowId, i64)>,
    ) -> Option<(RowId, i64)> {
        self.base.as_ref()?;
        let touched = |row| self.rows.get(row).is_some();
        let event = self.counters.last_event;
        let mut memory = self.largest.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memory.iter().position(|largest| largest.key == key);
        if let Some(known) = known.map(|at| &memory[at])
            && known.event <= event
            && known.found.as_ref().is_none_or(|(row, _)| !touched(*row))
        {
            return known.found;
        }
        let found = search(&touched);
        let fresh = LargestKey { key, event, found };
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
    ///
    /// # Errors
    /// Those of [`TableVersions::value`]: then there is none.
    pub fn add_index(&mut self, key: &KeySchema, schema: &TableSchema) -> Result<(), Error> {
        if key.is_computed() {
            return Ok(());
        }
        let shape = KeyShape::of(key, schema);
        let entries = self.entries(&shape)?;
        if let Some(base) = &self.base
            && !base.has_index(key.id)
        {
            let index = KeyIndex::build(Arc::clone(&shape), base.visible_entries(&shape)?);
            self.base_indexes.push((key.id, Arc::new(index)));
        }
        let index = KeyIndex::build(shape, entries);
        self.indexes.push((key.id, Arc::new(index)));
        Ok(())
    }

    /// An index went.
    pub fn drop_index(&mut self, key: KeyId) {
        self.indexes.retain(|index| index.0 != key);
        self.base_indexes.retain(|index| index.0 != key);
        self.computed.drop_index(key);
    }

    /// The indexes, the computed ones behind the others.
    fn all_indexes(&mut self) -> impl Iterator<Item = &mut Arc<KeyIndex>> {
        let stored = self.indexes.iter_mut().map(|(_, index)| index);
        stored.chain(self.computed.all_mut())
    }

    /// What each index is told of a row, if anything: found before anything is changed, since values may
    /// have to be read.
    fn key_changes(
        &mut self,
        change: impl Fn(&TableVersions, &KeyIndex) -> Result<KeyChange, Error>,
    ) -> Result<Vec<KeyChange>, Error> {
        let computed = std::mem::take(self.computed.all_mut());
        let all = self.indexes.iter().map(|(_, index)| index).chain(&computed);
        let changes = all.map(|index| change(self, index)).collect();
        *self.computed.all_mut() = computed;
        changes
    }

    /// Tells each index what becomes of a row's entry.
    pub(super) fn change_keys(&mut self, event: EventId, row: RowId, changes: Vec<KeyChange>) {
        for (index, KeyChange { old, new }) in self.all_indexes().zip(changes) {
            if old.is_some() || new.is_some() {
                let index = Arc::make_mut(index);
                old.into_iter().for_each(|key| index.end(key, row, event));
                new.into_iter().for_each(|key| index.begin(key, row, event));
            }
        }
    }

    /// Enters a row with these values, whose version is about to begin in a run, in all indexes.
    pub(super) fn insert_keys(&mut self, event: EventId, row: RowId, run: RunKind, values: &Row) {
        let stored = Arc::clone(self.run(run).stored());
        for index in self.all_indexes() {
            let value = |column: &StoredColumn| {
                let place = place_of(&stored, column.guess(), |other| other == column);
                Ok::<_, Infallible>(match place {
                    Some(place) => values.get(place).cloned().unwrap_or(Value::Null),
                    None => column.initial.clone(),
                })
            };
            let Ok(key) = index.shape().encode(value);
            if let Some(key) = key {
                Arc::make_mut(index).begin(key, row, event);
            }
        }
    }

    /// The ends of the entries of a row, whose latest version is at a position.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`].
    pub(super) fn ends_of_keys(&mut self, old: VersionPosition) -> Result<Vec<KeyChange>, Error> {
        self.key_changes(|versions, index| {
            let old = index.shape().encode(|column| versions.value_of(old, column))?;
            Ok(KeyChange { old, new: None })
        })
    }

    /// What becomes of the entries of a row in those indexes whose columns change. Over a version of a
    /// fork's base the row has none here yet, and gets one in each.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`].
    pub(super) fn moves_of_keys(
        &mut self,
        base: Option<&TableVersions>,
        old: VersionPosition,
        changed: &ColumnChanges,
    ) -> Result<Vec<KeyChange>, Error> {
        let stored = Arc::clone(self.later.stored());
        let is_of = |at: usize, column: &StoredColumn| stored.get(at) == Some(column);
        self.key_changes(|own, index| {
            let shape = index.shape();
            let change_of =
                |column: &StoredColumn| changed.iter().find(|change| is_of(change.0, column));
            if base.is_none() && shape.columns().iter().all(|column| change_of(column).is_none()) {
                return Ok(KeyChange::default());
            }
            let before = |column: &StoredColumn| base.unwrap_or(own).value_of(old, column);
            let after = |column: &StoredColumn| match change_of(column) {
                Some((_, _, new)) => Ok(new.clone()),
                None => before(column),
            };
            let new = shape.encode(after)?;
            let old = if base.is_none() { shape.encode(before)? } else { None };
            Ok(if old == new { KeyChange::default() } else { KeyChange { old, new } })
        })
    }

    /// The entries of an index over all versions held here.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`].
    pub(super) fn entries(&self, shape: &KeyShape) -> Result<Vec<KeyEntry>, Error> {
        let mut entries: Vec<KeyEntry> = Vec::new();
        for (row, latest) in self.rows.iter_from(RowId(0)) {
            let start = entries.len();
            let mut at = latest;
            while at.exists() {
                let (here, header, to) = (at, self.header(at), self.end_of(at));
                at = header.prev;
                let Some(key) = shape.encode(|column| self.value_of(here, column))? else {
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
        Ok(entries)
    }
}
