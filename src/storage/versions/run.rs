//! Versions one behind the other: a part of a table's.
//!
//! A table has two runs. One is *ordered*: the first version of each row that came with a larger number
//! than all before it, so that it stands in order of `_row` as it is. The other has what came *later*,
//! in the order of events: what updates made, rows that came back, rows of low numbers. Both grow at
//! their ends only, so that neither disturbs the other. Scans merge them (`merge`), and what an epoch
//! begins with is ordered again (`table::epoch`).

use super::blocks::BlockCache;
use super::chunk::{ChunkHandle, ChunkRef, OpenChunk, VersionPosition, chunk_rows};
use super::column::StoredColumn;
use crate::types::{Column, EventId, TableSchema};
use std::sync::Arc;

/// The part of a chunk that an open one may have where a savepoint of a fork holds it.
const HELD_PART: usize = 4;

/// How many runs a table has: the numbers of their chunks take turns.
const RUNS: usize = 2;

/// Which of a table's runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RunKind {
    /// That in order of rows.
    Ordered,
    /// That in order of events.
    Later,
}

impl RunKind {
    /// The run that a chunk is in, and its place there.
    #[inline]
    pub fn of_chunk(number: usize) -> (RunKind, usize) {
        let kind = if number.is_multiple_of(RUNS) { RunKind::Ordered } else { RunKind::Later };
        (kind, number / RUNS)
    }

    /// The number of the chunk at a place of the run.
    fn number(self, index: usize) -> usize {
        match self {
            RunKind::Ordered => index * RUNS,
            RunKind::Later => index * RUNS + 1,
        }
    }
}

/// Chunks that are full, and the one that still grows.
#[derive(Clone, Debug)]
pub(super) struct Run {
    kind: RunKind,
    sealed: Vec<ChunkHandle>,
    open: Arc<OpenChunk>,
    /// Where the values of those that are full are.
    blocks: Arc<BlockCache>,
}

/// The columns of a table as a chunk stores them.
pub(super) fn stored(schema: &TableSchema) -> Arc<[StoredColumn]> {
    schema.columns.iter().map(StoredColumn::new).collect()
}

/// Whether these are the columns of a table, as it has them now.
pub(super) fn are_stored(stored: &[StoredColumn], schema: &TableSchema) -> bool {
    let is_stored = |(stored, column): (&StoredColumn, &Column)| stored.is_of(column);
    stored.len() == schema.columns.len() && stored.iter().zip(&schema.columns).all(is_stored)
}

impl Run {
    /// No versions of these columns, whose values will be among these blocks.
    pub fn new(kind: RunKind, stored: Arc<[StoredColumn]>, blocks: &Arc<BlockCache>) -> Run {
        let open = Arc::new(OpenChunk::new(kind.number(0), stored));
        Run { kind, sealed: Vec::new(), open, blocks: Arc::clone(blocks) }
    }

    /// The blocks that the values of full chunks are among.
    pub fn blocks(&self) -> &Arc<BlockCache> {
        &self.blocks
    }

    /// The columns that the next version has.
    pub fn stored(&self) -> &Arc<[StoredColumn]> {
        self.open.stored()
    }

    /// The chunks that are full.
    pub fn sealed(&self) -> &[ChunkHandle] {
        &self.sealed
    }

    /// How many chunks there are, the open one included.
    pub fn chunk_count(&self) -> usize {
        self.sealed.len() + 1
    }

    /// The chunk at a place.
    #[inline]
    pub fn chunk(&self, index: usize) -> ChunkRef<'_> {
        self.sealed.get(index).map_or(ChunkRef::Open(&self.open), ChunkRef::Sealed)
    }

    /// All chunks with their numbers.
    pub fn chunks(&self) -> impl Iterator<Item = (usize, ChunkRef<'_>)> {
        (0..self.chunk_count()).map(|index| (self.number(index), self.chunk(index)))
    }

    /// The number of the chunk at a place.
    pub fn number(&self, index: usize) -> usize {
        self.kind.number(index)
    }

    /// Where the next version comes to stand.
    pub fn next_position(&self) -> VersionPosition {
        VersionPosition::new(self.number(self.sealed.len()), self.open.len())
    }

    /// The chunk that grows, to be changed.
    pub fn open_mut(&mut self) -> &mut OpenChunk {
        Arc::make_mut(&mut self.open)
    }

    /// Seals the open chunk if it is full or stores other columns than the table has. In a fork, whose
    /// savepoints hold it, it is sealed earlier: what is held is copied for the first change behind it.
    pub fn make_room(&mut self, schema: &TableSchema, is_of_fork: bool) {
        let changed = !are_stored(self.open.stored(), schema);
        let is_held = is_of_fork
            && self.open.len() >= chunk_rows() / HELD_PART
            && Arc::get_mut(&mut self.open).is_none();
        if changed || is_held || self.open.is_full() {
            let columns = if changed { stored(schema) } else { Arc::clone(self.open.stored()) };
            self.seal_open(columns);
        }
    }

    /// Seals the open chunk, so that it can be shared; the next has these columns.
    pub fn seal_open(&mut self, columns: Arc<[StoredColumn]>) {
        let count = self.sealed.len() + usize::from(self.open.len() > 0);
        let next = Arc::new(OpenChunk::new(self.number(count), columns));
        let full = std::mem::replace(&mut self.open, next);
        if full.len() > 0 {
            self.sealed.push(Arc::unwrap_or_clone(full).seal(&self.blocks));
        }
    }

    /// Adds a chunk that is full, of later rows than those before it; gives its number.
    pub fn push(&mut self, chunk: ChunkHandle) -> usize {
        debug_assert!(self.open.len() == 0, "what is open is the last");
        self.sealed.push(chunk);
        self.open = Arc::new(OpenChunk::new(
            self.number(self.sealed.len()),
            Arc::clone(self.open.stored()),
        ));
        self.number(self.sealed.len() - 1)
    }

    /// Ends the version at a place.
    pub fn end(&mut self, index: usize, offset: usize, to: EventId) {
        match self.sealed.get_mut(index) {
            Some(handle) => handle.end(offset, to),
            None => Arc::make_mut(&mut self.open).end(offset, to),
        }
    }
}
