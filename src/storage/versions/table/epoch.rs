//! How a table's versions begin an epoch: from rows as they stood, or from the epoch before.
//!
//! An epoch answers for its first moment and all later ones. What began earlier stands in it as if it
//! had no past ([`TableVersions::header`]), and what had ended is left behind:
//!
//! ```text
//!   before    ordered [ live ][ changed ][ few ][ live ]   later [ changed ][ changed ]
//!   after     ordered [ live ][ copied          ][ live ]   later
//! ```
//!
//! Ordered chunks that are mostly alive, and whose rows all live in them, are shared. What else lives is
//! copied to where its row belongs: an epoch begins in order of rows, whatever came before it.

use super::{ComputedIndexes, KeyIndex, TableVersions};
use crate::storage::versions::Error;
use crate::storage::versions::blocks::BlockCache;
use crate::storage::versions::chunk::{
    ChunkHandle, ChunkRef, OpenChunk, VersionHeader, VersionPosition, chunk_rows,
};
use crate::storage::versions::key_shape::KeyShape;
use crate::storage::versions::row_map::RowMap;
use crate::storage::versions::run::{Run, RunKind, stored};
use crate::storage::{BaseRow, BaseTable, Dropped};
use crate::types::{EventId, KeySchema, RowId, TableSchema, Value};
use std::sync::Arc;

impl TableVersions {
    /// The versions that an epoch begins with at an event: of these rows.
    ///
    /// # Errors
    /// The first of the rows', and those of [`TableVersions::value`].
    pub fn load<E: From<Error>>(
        table: &BaseTable,
        at: EventId,
        rows: impl Iterator<Item = Result<BaseRow, E>>,
        blocks: &Arc<BlockCache>,
    ) -> Result<TableVersions, E> {
        let mut versions = TableVersions::new(&table.schema, None, blocks);
        versions.start = at;
        for row in rows {
            let BaseRow { row, rev, event, values } = row?;
            let is_next = row >= versions.next_ordered;
            let kind = if is_next { RunKind::Ordered } else { RunKind::Later };
            versions.make_room(kind, &table.schema);
            for (place, column) in
                versions.run(kind).open_mut().columns_mut().iter_mut().enumerate()
            {
                column.push(values.get(place).unwrap_or(&Value::Null));
            }
            versions.key_order.note(&table.schema, row, versions.counters.next_row, &values);
            versions.begin(kind, event, row, rev, VersionPosition::NONE);
            versions.counters.live += 1;
        }
        let index = |key: &KeySchema| {
            let shape = KeyShape::of(key, &table.schema);
            let entries = versions.entries(&shape)?;
            Ok::<_, Error>((key.id, Arc::new(KeyIndex::build(shape, entries))))
        };
        let stored = table.schema.keys.iter().filter(|key| !key.is_computed());
        versions.indexes = stored.map(index).collect::<Result<_, Error>>()?;
        let counters = &mut versions.counters;
        counters.next_row = counters.next_row.max(table.next_row);
        counters.autoincrement = table.autoincrement;
        versions.counters.begin_epoch(at);
        Ok(versions)
    }

    /// The versions of a table that comes back by an event of an epoch that has not seen it.
    pub fn restored(
        event: EventId,
        schema: &TableSchema,
        dropped: &Dropped,
        blocks: &Arc<BlockCache>,
    ) -> TableVersions {
        let mut versions = TableVersions::new(schema, None, blocks);
        versions.counters.next_row_before = dropped.next_row;
        versions.come_back(event, dropped);
        versions
    }

    /// The table comes back, by an event: the rows that it still had ended when it was dropped.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`]: some of the rows have ended then.
    pub fn restore(&mut self, event: EventId, dropped: &Dropped) -> Result<(), Error> {
        let rows = self.rows.iter_from(RowId(0));
        let open = rows.filter(|(_, position)| self.is_open(*position)).map(|(row, _)| row);
        for row in open.collect::<Vec<_>>() {
            self.delete(dropped.event, row)?;
        }
        self.come_back(event, dropped);
        Ok(())
    }

    /// It is there again, without the rows that it had.
    fn come_back(&mut self, event: EventId, dropped: &Dropped) {
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

    /// Seals what is open, so that it can be shared.
    pub fn seal_open(&mut self, schema: &TableSchema) {
        self.ordered.seal_open(stored(schema));
        self.later.seal_open(Arc::default());
    }

    /// The versions that the next epoch begins with at an event, the last one here, where every
    /// chunk is sealed.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`].
    pub fn next_epoch(&self, schema: &TableSchema, at: EventId) -> Result<TableVersions, Error> {
        let blocks = self.ordered.blocks();
        let index = |(key, index): &(_, Arc<KeyIndex>)| (*key, Arc::new(index.without_ended()));
        let mut next = TableVersions {
            base: None,
            dictionaries: self.dictionaries.clone(),
            ordered: Run::new(RunKind::Ordered, stored(schema), blocks),
            later: Run::new(RunKind::Later, Arc::default(), blocks),
            next_ordered: self.next_ordered,
            rows: self.rows.clone(),
            loose: RowMap::default(),
            indexes: self.indexes.iter().map(index).collect(),
            computed: ComputedIndexes::default(),
            base_indexes: Vec::new(),
            key_order: self.key_order,
            counters: self.counters.clone(),
            largest: Arc::default(),
            start: at,
            drops: Vec::new(),
            is_restored: self.is_restored,
            is_of_fork: false,
        };
        next.rows.remove_all(self.dead_rows());
        next.put_in_order(self, schema)?;
        next.counters.begin_epoch(at);
        Ok(next)
    }

    /// The rows that were deleted in this epoch, in order.
    fn dead_rows(&self) -> Vec<RowId> {
        let mut dead = Vec::new();
        for (number, chunk) in self.chunks() {
            if !chunk.ended_after(self.start) {
                continue;
            }
            for (offset, row) in chunk.headers().rows.iter().enumerate() {
                let latest = || self.rows.get(*row) == Some(VersionPosition::new(number, offset));
                if !chunk.is_live(offset) && latest() {
                    dead.push(*row);
                }
            }
        }
        dead.sort_unstable();
        dead
    }

    /// Shares the ordered chunks of another run that are worth it, and copies what else lives, all in order
    /// of rows.
    fn put_in_order(&mut self, from: &TableVersions, schema: &TableSchema) -> Result<(), Error> {
        let rows = self.rows.clone();
        let mut rows = rows.iter_from(RowId(0)).peekable();
        let mut filling = None;
        let mut live: Vec<(RowId, VersionPosition)> = Vec::new();
        for (index, handle) in from.ordered.sealed().iter().enumerate() {
            let last = ChunkRef::Sealed(handle).headers().rows.last().copied();
            live.clear();
            live.extend(std::iter::from_fn(|| rows.next_if(|(row, _)| Some(*row) <= last)));
            let number = from.ordered.number(index);
            // Where others stand between its rows, or instead of them, it is not all that there is.
            let is_alone = || live.iter().all(|(_, position)| position.chunk() == number);
            if handle.is_worth_keeping() && is_alone() {
                self.place(&mut filling);
                self.share(handle, number, &live);
            } else {
                self.copy_versions(&mut filling, from, &live, schema)?;
            }
        }
        self.copy_versions(&mut filling, from, &rows.collect::<Vec<_>>(), schema)?;
        self.place(&mut filling);
        Ok(())
    }

    /// Goes on with a chunk of the epoch before, whose number was this, and in which these rows live.
    fn share(&mut self, handle: &ChunkHandle, number: usize, live: &[(RowId, VersionPosition)]) {
        let here = self.ordered.push(handle.clone());
        if here != number {
            for (row, position) in live {
                self.rows.set(*row, VersionPosition::new(here, position.offset()));
            }
        }
    }

    /// Copies versions, as many at once as stand one behind the other.
    fn copy_versions(
        &mut self,
        filling: &mut Option<OpenChunk>,
        from: &TableVersions,
        mut versions: &[(RowId, VersionPosition)],
        schema: &TableSchema,
    ) -> Result<(), Error> {
        while let Some((_, first)) = versions.first() {
            if filling.as_ref().is_some_and(OpenChunk::is_full) {
                self.place(filling);
            }
            let number = self.ordered.number(self.ordered.sealed().len());
            let open = filling.get_or_insert_with(|| OpenChunk::new(number, stored(schema)));
            let most = versions.len().min(chunk_rows() - open.len());
            let pairs = versions[..most].windows(2);
            let run = 1 + pairs.take_while(|pair| pair[0].1.precedes(pair[1].1)).count();
            let places = first.offset()..first.offset() + run;
            let columns = Arc::clone(open.stored());
            for (at, column) in open.columns_mut().iter_mut().enumerate() {
                let source = from.chunk(first.chunk()).column(&columns[at], at)?;
                source.push_run(column, &columns[at], places.clone());
            }
            for (row, position) in &versions[..run] {
                let here = VersionPosition::new(number, open.len());
                let header = from.header(*position);
                open.begin(VersionHeader { prev: VersionPosition::NONE, jump: here, ..header });
                self.rows.set(*row, here);
            }
            versions = &versions[run..];
        }
        Ok(())
    }

    /// Puts the chunk that was filled behind those that there are.
    fn place(&mut self, filling: &mut Option<OpenChunk>) {
        if let Some(open) = filling.take() {
            let chunk = open.seal(self.ordered.blocks());
            self.ordered.push(chunk);
        }
    }
}
