//! Chunks of versions: the sealed ones in Arrow arrays, and the open one that still grows.
//!
//! ```text
//!   Handle ─┬─ to      [ 7 ][ ∞ ][ 9 ] …   when each version ended: changes, copied if a view holds it
//!           ├─ zone    min and max `from`, how many are open, max `to`: decides whether to look at all
//!           └─ Sealed ─┬─ row  from  rev  prev  jump     never change
//!                      └─ a block per column, found by the column's identity: an Arrow array, in
//!                         memory or in a file, and beside one of texts their codes
//! ```
//!
//! A table keeps handles. What says where versions are and when they live is in memory, what values they
//! have is opened: it may have to be read, which may fail, and belongs to whoever opened it.

use super::Error;
use super::blocks::{BlockCache, ColumnBlock};
use super::column::{FEW, OpenColumn, StoredColumn, place_of};
use super::dictionaries::Dictionaries;
use super::visibility::is_visible;
use super::zone_map::{ChunkVisibility, ZoneMap};
use crate::types::column::{array_of, value_at};
use crate::types::text_codes::TextCodes;
use crate::types::{Column, DataType, EventId, Period, RowId, Value};
use arrow_array::ArrayRef;
use std::ops::Range;
use std::sync::Arc;

/// The most versions of a chunk.
pub(super) const CHUNK_ROWS: usize = 4096;
/// A chunk is sealed early when one of its columns has this many bytes, so that neither what is read at
/// once nor a batch is much larger than its rows, and an array's 32-bit offsets always suffice.
const CHUNK_BYTES: usize = 4 << 20;

/// The most versions of a chunk, and rows of a batch.
#[cfg(not(test))]
pub(super) fn chunk_rows() -> usize {
    CHUNK_ROWS
}

#[cfg(test)]
thread_local! {
    static ROWS: std::cell::Cell<usize> = const { std::cell::Cell::new(CHUNK_ROWS) };
}

/// The most versions of a chunk, and rows of a batch: fewer where a test wants many chunks.
#[cfg(test)]
pub(super) fn chunk_rows() -> usize {
    ROWS.get()
}

/// Runs a test with small chunks.
#[cfg(test)]
pub(super) fn with_chunk_rows(rows: usize, test: impl FnOnce()) {
    ROWS.set(rows);
    test();
    ROWS.set(CHUNK_ROWS);
}

/// Where a version stands: its chunk and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VersionPosition(u32);

impl VersionPosition {
    /// No version.
    pub const NONE: VersionPosition = VersionPosition(u32::MAX);
    /// No version, and the version that a fork's base has is hidden: the fork deleted the row.
    pub const DELETED: VersionPosition = VersionPosition(u32::MAX - 1);

    /// The position of a place in a chunk.
    pub fn new(chunk: usize, offset: usize) -> VersionPosition {
        debug_assert!(offset < CHUNK_ROWS, "a place lies inside its chunk");
        let position = u32::try_from(chunk * CHUNK_ROWS + offset);
        VersionPosition(position.expect("memory ends long before four billion versions of a table"))
    }

    /// The number of the chunk.
    pub fn chunk(self) -> usize {
        self.0 as usize / CHUNK_ROWS
    }

    /// The place in the chunk.
    pub fn offset(self) -> usize {
        self.0 as usize % CHUNK_ROWS
    }

    /// Whether there is a version.
    pub fn exists(self) -> bool {
        self < VersionPosition::DELETED
    }

    /// Whether `next` stands right behind this version in the same chunk.
    pub fn precedes(self, next: VersionPosition) -> bool {
        self.0.checked_add(1) == Some(next.0) && self.chunk() == next.chunk()
    }
}

/// What is known of a new version besides its values and its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionHeader {
    /// The row.
    pub row: RowId,
    /// The event that began the version.
    pub from: EventId,
    /// The number of the version in its row.
    pub rev: u32,
    /// The row's version before this one.
    pub prev: VersionPosition,
    /// A version further back, or this one where it is the first: for searches into the past.
    pub jump: VersionPosition,
}

/// How a version stands in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct VersionLink {
    prev: VersionPosition,
    jump: VersionPosition,
    rev: u32,
}

impl VersionLink {
    /// The link of a row's first version.
    fn first(here: VersionPosition) -> VersionLink {
        VersionLink { prev: VersionPosition::NONE, jump: here, rev: 1 }
    }
}

/// What never changes about the versions of a chunk, side by side.
#[derive(Clone, Debug)]
pub(super) struct VersionHeaders {
    /// The chunk's number.
    number: usize,
    /// Shared with the batches of scans that take the chunk whole.
    pub rows: Arc<Vec<RowId>>,
    from: Vec<EventId>,
    /// Empty in a sealed chunk of first versions only: rows that were just inserted.
    links: Vec<VersionLink>,
}

impl VersionHeaders {
    fn push(&mut self, header: VersionHeader) {
        Arc::make_mut(&mut self.rows).push(header.row);
        self.from.push(header.from);
        self.links.push(VersionLink { prev: header.prev, jump: header.jump, rev: header.rev });
    }

    /// The version at a place.
    #[inline]
    pub fn at(&self, offset: usize) -> VersionHeader {
        let first = || VersionLink::first(VersionPosition::new(self.number, offset));
        let link = self.links.get(offset).copied().unwrap_or_else(first);
        let (row, from) = (self.rows[offset], self.from[offset]);
        VersionHeader { row, from, rev: link.rev, prev: link.prev, jump: link.jump }
    }

    /// The event that began the version at a place.
    #[inline]
    pub fn from(&self, offset: usize) -> EventId {
        self.from[offset]
    }

    fn byte_size(&self) -> usize {
        let of_each = size_of::<RowId>() + size_of::<EventId>();
        self.from.len() * of_each + self.links.len() * size_of::<VersionLink>()
    }

    fn tight(mut self) -> VersionHeaders {
        let first = |(offset, link): (usize, &VersionLink)| {
            *link == VersionLink::first(VersionPosition::new(self.number, offset))
        };
        if self.links.iter().enumerate().all(first) {
            self.links = Vec::new();
        }
        Arc::make_mut(&mut self.rows).shrink_to_fit();
        self.from.shrink_to_fit();
        self.links.shrink_to_fit();
        self
    }
}

/// A chunk that no longer grows.
#[derive(Debug)]
struct SealedChunk {
    headers: VersionHeaders,
    stored: Arc<[StoredColumn]>,
    blocks: Box<[Arc<ColumnBlock>]>,
    /// Whether it was sealed because nothing more went in.
    full: bool,
}

/// What a table keeps of a sealed chunk.
#[derive(Clone, Debug)]
pub(super) struct ChunkHandle {
    chunk: Arc<SealedChunk>,
    /// Empty as long as none has ended.
    to: Arc<Vec<EventId>>,
    zone: ZoneMap,
}

/// The chunk that still grows.
#[derive(Clone, Debug)]
pub(super) struct OpenChunk {
    headers: VersionHeaders,
    to: Vec<EventId>,
    zone: ZoneMap,
    stored: Arc<[StoredColumn]>,
    columns: Vec<OpenColumn>,
}

impl OpenChunk {
    /// An empty chunk of these columns, the table's `number`th.
    pub fn new(number: usize, stored: Arc<[StoredColumn]>) -> OpenChunk {
        let columns = stored.iter().map(|column| OpenColumn::new(column.data_type)).collect();
        let headers =
            VersionHeaders { number, rows: Arc::default(), from: Vec::new(), links: Vec::new() };
        OpenChunk { headers, to: Vec::new(), zone: ZoneMap::EMPTY, stored, columns }
    }

    /// How many versions there are.
    pub fn len(&self) -> usize {
        self.to.len()
    }

    /// Whether the next version belongs into another chunk.
    pub fn is_full(&self) -> bool {
        self.len() >= chunk_rows()
            || self.columns.iter().any(|column| column.byte_size() >= CHUNK_BYTES)
    }

    fn byte_size(&self) -> usize {
        let columns: usize = self.columns.iter().map(OpenColumn::byte_size).sum();
        let fixed = self.len() * (self.columns.len() + 1) * size_of::<u64>();
        self.headers.byte_size() + fixed + columns
    }

    /// The columns that it stores.
    pub fn stored(&self) -> &Arc<[StoredColumn]> {
        &self.stored
    }

    /// The growing columns, to add the values of one version to each before [`OpenChunk::begin`].
    pub fn columns_mut(&mut self) -> &mut [OpenColumn] {
        &mut self.columns
    }

    /// Begins a version, whose values were just added.
    pub fn begin(&mut self, header: VersionHeader) {
        self.headers.push(header);
        self.to.push(EventId::NEVER);
        self.zone.begin(header.from);
    }

    /// Ends a version.
    pub fn end(&mut self, offset: usize, to: EventId) {
        self.to[offset] = to;
        self.zone.end(to);
    }

    /// The chunk in its final form, with its values among these blocks.
    pub fn seal(self, cache: &Arc<BlockCache>) -> ChunkHandle {
        let full = self.is_full();
        let block = |(column, stored): (OpenColumn, &StoredColumn)| {
            ColumnBlock::new(cache, column.finish(), stored.data_type)
        };
        let blocks = self.columns.into_iter().zip(self.stored.iter()).map(block).collect();
        let mut to = self.to;
        if self.zone.open == to.len() {
            to = Vec::new();
        }
        to.shrink_to_fit();
        let (headers, stored) = (self.headers.tight(), self.stored);
        let chunk = SealedChunk { headers, stored, blocks, full };
        ChunkHandle { chunk: Arc::new(chunk), to: Arc::new(to), zone: self.zone }
    }
}

impl ChunkHandle {
    /// About how many bytes it has in memory besides its values.
    fn byte_size(&self) -> usize {
        let blocks = self.chunk.blocks.len() * size_of::<ColumnBlock>();
        self.chunk.headers.byte_size() + self.to.len() * size_of::<EventId>() + blocks
    }

    /// Where the chunk lies, the same for all who share it.
    #[cfg(test)]
    pub fn address(&self) -> usize {
        Arc::as_ptr(&self.chunk).addr()
    }

    /// Whether at least half of it lives, and of what it could hold: the others are better copied
    /// together.
    pub fn is_worth_keeping(&self) -> bool {
        let count = self.chunk.headers.rows.len();
        let live = self.zone.open * 2;
        live > 0 && live >= count && (self.chunk.full || live >= chunk_rows())
    }

    /// Ends a version. Copies the ends of the chunk if a view holds them.
    pub fn end(&mut self, offset: usize, to: EventId) {
        let ends = Arc::make_mut(&mut self.to);
        if ends.is_empty() {
            *ends = vec![EventId::NEVER; self.chunk.headers.rows.len()];
        }
        ends[offset] = to;
        self.zone.end(to);
    }
}

/// A chunk to be read, whichever it is.
#[derive(Clone, Copy)]
pub(super) enum ChunkRef<'a> {
    Sealed(&'a ChunkHandle),
    Open(&'a OpenChunk),
}

impl<'a> ChunkRef<'a> {
    /// What never changes about its versions.
    pub fn headers(self) -> &'a VersionHeaders {
        match self {
            ChunkRef::Sealed(handle) => &handle.chunk.headers,
            ChunkRef::Open(open) => &open.headers,
        }
    }

    /// When each version ended; empty where none has.
    fn to(self) -> &'a [EventId] {
        match self {
            ChunkRef::Sealed(handle) => &handle.to,
            ChunkRef::Open(open) => &open.to,
        }
    }

    fn zone(self) -> &'a ZoneMap {
        match self {
            ChunkRef::Sealed(handle) => &handle.zone,
            ChunkRef::Open(open) => &open.zone,
        }
    }

    /// How many versions it has.
    pub fn len(self) -> usize {
        self.headers().rows.len()
    }

    /// About how many bytes it has, but for values that need not be in memory.
    pub fn byte_size(self) -> usize {
        match self {
            ChunkRef::Sealed(handle) => handle.byte_size(),
            ChunkRef::Open(open) => open.byte_size(),
        }
    }

    /// When the version at a place ended.
    #[inline]
    pub fn end(self, offset: usize) -> EventId {
        self.to().get(offset).copied().unwrap_or(EventId::NEVER)
    }

    /// Whether the version at a place has not ended.
    pub fn is_live(self, offset: usize) -> bool {
        self.end(offset) == EventId::NEVER
    }

    /// Whether versions ended after an event.
    pub fn ended_after(self, event: EventId) -> bool {
        self.zone().max_to > event
    }

    /// Whether any version may be visible.
    pub fn may_show(self, period: Period) -> bool {
        self.zone().may_show(period)
    }

    /// Whether the version at a place is visible.
    pub fn is_visible(self, offset: usize, period: Period) -> bool {
        is_visible(self.headers().from(offset), self.end(offset), period)
    }

    /// Whether a version may have begun or ended in a period.
    pub fn has_changes(self, period: Period) -> bool {
        let zone = self.zone();
        (zone.min_from <= period.last && zone.max_from >= period.first)
            || zone.max_to >= period.first
    }

    /// Which versions are visible.
    pub fn visibility(self, period: Period) -> ChunkVisibility {
        if !self.zone().may_show(period) {
            return ChunkVisibility::None;
        }
        if self.zone().shows_all(self.len(), period) {
            return ChunkVisibility::All;
        }
        let from = self.headers().from.iter();
        // Where all have begun, the ends alone decide.
        let have_begun = is_visible(self.zone().max_from, EventId::NEVER, period);
        ChunkVisibility::Some(match self.to() {
            [] => from.map(|from| is_visible(*from, EventId::NEVER, period)).collect(),
            to if have_begun => {
                to.iter().map(|to| is_visible(EventId::START, *to, period)).collect()
            }
            to => from.zip(to).map(|(from, to)| is_visible(*from, *to, period)).collect(),
        })
    }

    /// The columns that it stores.
    fn stored(self) -> &'a [StoredColumn] {
        match self {
            ChunkRef::Sealed(handle) => &handle.chunk.stored,
            ChunkRef::Open(open) => &open.stored,
        }
    }

    /// The place of a column; `guess` is tried first.
    fn place(self, column: &StoredColumn, guess: usize) -> Option<usize> {
        place_of(self.stored(), guess, |stored| stored == column)
    }

    /// The block of a column; `None` where the chunk lacks it, or still grows.
    fn block(self, column: &StoredColumn, guess: usize) -> Option<&'a Arc<ColumnBlock>> {
        let ChunkRef::Sealed(handle) = self else { return None };
        self.place(column, guess).map(|place| &handle.chunk.blocks[place])
    }

    /// A column, opened.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where it has to be read back, and cannot be.
    pub fn column(self, column: &StoredColumn, guess: usize) -> Result<ColumnRef<'a>, Error> {
        self.column_at(self.place(column, guess))
    }

    /// The column at a place, opened.
    fn column_at(self, place: Option<usize>) -> Result<ColumnRef<'a>, Error> {
        Ok(match (self, place) {
            (_, None) => ColumnRef::Initial,
            (ChunkRef::Sealed(handle), Some(place)) => {
                ColumnRef::Array(handle.chunk.blocks[place].array()?)
            }
            (ChunkRef::Open(open), Some(place)) => ColumnRef::Open(&open.columns[place]),
        })
    }

    /// Whether a column need not be read from a file.
    pub fn is_loaded(self, column: &StoredColumn, guess: usize) -> bool {
        self.block(column, guess).is_none_or(|block| block.is_loaded())
    }

    /// One value.
    ///
    /// # Errors
    /// As [`ChunkRef::column`].
    pub fn value(self, column: &StoredColumn, guess: usize, offset: usize) -> Result<Value, Error> {
        let opened = self.column(column, guess)?;
        Ok(opened.value(column.data_type, &column.initial, offset))
    }

    /// One value of a column as its table has it now.
    ///
    /// # Errors
    /// As [`ChunkRef::column`].
    pub fn declared_value(
        self,
        column: &Column,
        guess: usize,
        offset: usize,
    ) -> Result<Value, Error> {
        let place = place_of(self.stored(), guess, |stored| stored.is_of(column));
        Ok(self.column_at(place)?.value(column.data_type, &column.initial, offset))
    }

    /// The array of a whole column.
    ///
    /// # Errors
    /// [`Error::Batch`] where it is not stored and has no room for its initial value so many times; those
    /// of [`ChunkRef::column`].
    pub fn array(self, column: &StoredColumn, guess: usize) -> Result<ArrayRef, Error> {
        self.slice(column, guess, 0..self.len())
    }

    /// The array of some versions of a column.
    ///
    /// # Errors
    /// As [`ChunkRef::array`].
    pub fn slice(
        self,
        column: &StoredColumn,
        guess: usize,
        places: Range<usize>,
    ) -> Result<ArrayRef, Error> {
        let cut = |array: ArrayRef| match places.len() == self.len() {
            true => array,
            false => array.slice(places.start, places.len()),
        };
        Ok(match self.column(column, guess)? {
            ColumnRef::Array(array) => cut(array),
            ColumnRef::Open(open) => cut(open.array()),
            ColumnRef::Initial if column.initial.is_null() => {
                arrow_array::new_null_array(&column.data_type.arrow(), places.len())
            }
            ColumnRef::Initial => {
                let initial = std::iter::repeat_n(&column.initial, places.len());
                array_of(column.data_type, initial)?
            }
        })
    }

    /// The codes of a column's texts; `None` where there are none, and of a chunk that still grows.
    ///
    /// # Errors
    /// As [`ChunkRef::column`].
    pub fn codes(
        self,
        column: &StoredColumn,
        guess: usize,
        dictionaries: &Dictionaries,
    ) -> Result<Option<TextCodes>, Error> {
        match self.block(column, guess) {
            Some(block) => block.codes(|| dictionaries.of(column.id)),
            None => Ok(None),
        }
    }

    /// Whether [`ChunkRef::array`] is there, or worth making for so many versions.
    pub fn has_arrays_for(self, count: usize) -> bool {
        match self {
            ChunkRef::Sealed(_) => true,
            ChunkRef::Open(open) => count * FEW >= open.len(),
        }
    }
}

/// A column of a chunk, as long as it is used.
pub(super) enum ColumnRef<'a> {
    /// Of a sealed one.
    Array(ArrayRef),
    /// Of the open one.
    Open(&'a OpenColumn),
    /// Of one that lacks it: all have the column's initial value.
    Initial,
}

impl ColumnRef<'_> {
    /// The value at a place.
    fn value(&self, data_type: DataType, initial: &Value, offset: usize) -> Value {
        match self {
            ColumnRef::Array(array) => value_at(array, data_type, offset),
            ColumnRef::Open(open) => open.value(offset),
            ColumnRef::Initial => initial.clone(),
        }
    }

    /// Adds the values at some places to a column that grows elsewhere.
    pub fn push_run(&self, to: &mut OpenColumn, column: &StoredColumn, places: Range<usize>) {
        match self {
            ColumnRef::Array(array) => to.push_run_from_array(array, places),
            ColumnRef::Open(open) => to.push_run_from(open, places),
            ColumnRef::Initial => places.for_each(|_| to.push(&column.initial)),
        }
    }

    /// Adds the value at a place to a column that grows elsewhere.
    pub fn push_to(&self, to: &mut OpenColumn, column: &StoredColumn, offset: usize) {
        match self {
            ColumnRef::Array(array) => to.push_from_array(array, offset),
            ColumnRef::Open(open) => to.push_from(open, offset),
            ColumnRef::Initial => to.push(&column.initial),
        }
    }
}
