//! How a table's versions begin an epoch: from rows as they stood, or from the epoch before.
//!
//! An epoch answers for its first moment and all later ones. What began earlier stands in it as if it
//! had no past ([`TableVersions::header`]), and what had ended is left behind:
//!
//! ```text
//!   before    [ dead ] [ live ] [ few ] [ few ] [ live ] [ open ]
//!   after     (empty)  [ live ] [ both ] (empty) [ live ] [ what was open, sealed ] [ open ]
//! ```
//!
//! Chunks that are mostly alive are shared and keep their places, so that positions in them hold. The
//! others are copied together, in their places too: versions that stood in order of their rows still
//! do. The places that remain empty are given up when there are too many of them.

use super::{ComputedIndexes, KeyIndex, TableVersions, copy, stored};
use crate::storage::versions::chunk::{
    ChunkHandle, ChunkRef, OpenChunk, VersionHeader, VersionPosition, chunk_rows,
};
use crate::storage::versions::key_shape::KeyShape;
use crate::storage::{BaseRow, BaseTable, Dropped};
use crate::types::{EventId, KeySchema, RowId, TableSchema, Value};
use std::collections::VecDeque;
use std::sync::Arc;

/// Chunks that are copied together, one after the other.
struct ChunkCopy {
    /// Places that may be filled, in order.
    free: VecDeque<usize>,
    /// The chunk that is being filled, and its place.
    open: Option<(usize, OpenChunk)>,
}

impl TableVersions {
    /// The versions that an epoch begins with at an event: of these rows.
    pub fn load<E>(
        table: &BaseTable,
        at: EventId,
        rows: impl Iterator<Item = Result<BaseRow, E>>,
    ) -> Result<TableVersions, E> {
        let mut versions = TableVersions::new(&table.schema, None);
        versions.start = at;
        for row in rows {
            let BaseRow { row, rev, event, values } = row?;
            versions.make_room(&table.schema);
            let open = Arc::make_mut(&mut versions.open);
            for (place, column) in open.columns_mut().iter_mut().enumerate() {
                column.push(values.get(place).unwrap_or(&Value::Null));
            }
            versions.key_order.note(&table.schema, row, versions.counters.next_row, &values);
            versions.begin(event, row, rev, VersionPosition::NONE);
            versions.counters.live += 1;
        }
        let index = |key: &KeySchema| {
            let shape = KeyShape::of(key, &table.schema);
            let entries = versions.entries(&shape);
            (key.id, Arc::new(KeyIndex::build(shape, entries)))
        };
        let stored = table.schema.keys.iter().filter(|key| !key.is_computed());
        versions.indexes = stored.map(index).collect();
        let counters = &mut versions.counters;
        counters.next_row = counters.next_row.max(table.next_row);
        counters.autoincrement = table.autoincrement;
        versions.counters.begin_epoch(at);
        Ok(versions)
    }

    /// The versions of a table that comes back by an event of an epoch that has not seen it.
    pub fn restored(event: EventId, schema: &TableSchema, dropped: &Dropped) -> TableVersions {
        let mut versions = TableVersions::new(schema, None);
        versions.counters.next_row_before = dropped.next_row;
        versions.restore(event, dropped);
        versions
    }

    /// The table comes back, by an event: the rows that it still had ended when it was dropped.
    pub fn restore(&mut self, event: EventId, dropped: &Dropped) {
        let rows = self.rows.iter_from(RowId(0));
        let open = rows.filter(|(_, position)| self.is_open(*position)).map(|(row, _)| row);
        for row in open.collect::<Vec<_>>() {
            self.delete(dropped.event, row);
        }
        self.drops.push(dropped.event);
        self.is_restored = true;
        self.counters.next_row = self.counters.next_row.max(dropped.next_row);
        self.set_autoincrement(event, dropped.autoincrement);
    }

    /// The event at which the epoch begins.
    pub fn start(&self) -> EventId {
        self.start
    }

    /// Whether an event dropped the table, which came back: what ended then was not deleted.
    pub fn was_dropped_by(&self, event: EventId) -> bool {
        self.drops.contains(&event)
    }

    /// Whether the table is known to have come back after it was dropped.
    pub fn is_restored(&self) -> bool {
        self.is_restored
    }

    /// Seals the open chunk, so that it can be shared.
    pub fn seal_open(&mut self, schema: &TableSchema) {
        if self.open.len() > 0 {
            let next = OpenChunk::new(self.sealed.len() + 1, stored(schema));
            let open = std::mem::replace(&mut self.open, Arc::new(next));
            self.sealed.push(Arc::unwrap_or_clone(open).seal());
        }
    }

    /// The versions that the next epoch begins with at an event, the last one here, where every
    /// chunk is sealed.
    pub fn next_epoch(&self, schema: &TableSchema, at: EventId) -> TableVersions {
        let index = |(key, index): &(_, Arc<KeyIndex>)| (*key, Arc::new(index.without_ended()));
        let mut next = TableVersions {
            base: None,
            sealed: self.sealed.clone(),
            open: Arc::clone(&self.open),
            dictionaries: self.dictionaries.clone(),
            rows: self.rows.clone(),
            indexes: self.indexes.iter().map(index).collect(),
            computed: ComputedIndexes::default(),
            base_indexes: Vec::new(),
            ascending: self.ascending,
            key_order: self.key_order,
            counters: self.counters.clone(),
            largest: Arc::default(),
            start: at,
            drops: Vec::new(),
            is_restored: self.is_restored,
            is_of_fork: false,
        };
        next.rows.remove_all(self.dead_rows());
        let live = usize::try_from(self.counters.live).unwrap_or(0);
        let many = self.sealed.len() > 4 * (live / chunk_rows()) + 8;
        // Where all is copied anyway, it comes to stand in order.
        if many || !self.sealed.iter().any(ChunkHandle::is_worth_keeping) {
            next.rebuild(self, schema);
        } else {
            next.compact(self, schema);
        }
        while next.sealed.last().is_some_and(|last| ChunkRef::Sealed(last).len() == 0) {
            next.sealed.pop();
        }
        next.open = Arc::new(OpenChunk::new(next.sealed.len(), stored(schema)));
        next.counters.begin_epoch(at);
        next
    }

    /// The rows that were deleted in this epoch, in order.
    fn dead_rows(&self) -> Vec<RowId> {
        let mut dead = Vec::new();
        for (number, handle) in self.sealed.iter().enumerate() {
            if !handle.ended_after(self.start) {
                continue;
            }
            let rows = &ChunkRef::Sealed(handle).headers().rows;
            for (offset, row) in rows.iter().enumerate() {
                let latest = || self.rows.get(*row) == Some(VersionPosition::new(number, offset));
                if !handle.is_live(offset) && latest() {
                    dead.push(*row);
                }
            }
        }
        dead.sort_unstable();
        dead
    }

    /// Copies what lives in chunks of which little does, and drops these.
    fn compact(&mut self, from: &TableVersions, schema: &TableSchema) {
        let mut filling = ChunkCopy { free: VecDeque::new(), open: None };
        for (number, handle) in from.sealed.iter().enumerate() {
            if handle.is_worth_keeping() {
                // What was copied before it stays before it.
                self.place(&mut filling);
                filling.free.clear();
                continue;
            }
            self.sealed[number] = ChunkHandle::empty(number);
            filling.free.push_back(number);
            for offset in (0..ChunkRef::Sealed(handle).len()).filter(|at| handle.is_live(*at)) {
                self.copy_version(&mut filling, from, VersionPosition::new(number, offset), schema);
            }
        }
        self.place(&mut filling);
    }

    /// Copies all that lives, in order of rows.
    fn rebuild(&mut self, from: &TableVersions, schema: &TableSchema) {
        let all: Vec<VersionPosition> =
            self.rows.iter_from(RowId(0)).map(|(_, position)| position).collect();
        self.sealed = Vec::new();
        let mut filling = ChunkCopy { free: VecDeque::new(), open: None };
        for position in all {
            self.copy_version(&mut filling, from, position, schema);
        }
        self.place(&mut filling);
        self.ascending = true;
    }

    /// Copies one version.
    fn copy_version(
        &mut self,
        filling: &mut ChunkCopy,
        from: &TableVersions,
        position: VersionPosition,
        schema: &TableSchema,
    ) {
        if filling.open.as_ref().is_some_and(|(_, open)| open.is_full()) {
            self.place(filling);
        }
        let (number, open) = filling.open.get_or_insert_with(|| {
            let number = filling.free.pop_front().unwrap_or_else(|| {
                // Behind chunks of later rows, for all that is known here.
                self.ascending = false;
                self.sealed.push(ChunkHandle::empty(self.sealed.len()));
                self.sealed.len() - 1
            });
            (number, OpenChunk::new(number, stored(schema)))
        });
        let here = VersionPosition::new(*number, open.len());
        let header = from.header(position);
        copy(open, from.chunk(position.chunk()), position.offset(), &[]);
        open.begin(VersionHeader { prev: VersionPosition::NONE, jump: here, ..header });
        self.rows.set(header.row, here);
    }

    /// Puts the chunk that was filled in its place.
    fn place(&mut self, filling: &mut ChunkCopy) {
        if let Some((number, open)) = filling.open.take() {
            self.sealed[number] = open.seal();
        }
    }
}
