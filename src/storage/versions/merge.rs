//! The runs of a table, and of what lies below it, as one: the visible versions in order of their rows.
//!
//! ```text
//!   ordered   [ 1 2 3̶ 4 … 4096 ][ 4097 …  8192 ][ 8193 … ]      rows in order, some of them ended
//!   later     … 9000 3 …                                        in order of events, found by the row map
//!   gives     1 2 3 4 … 4096    4097 … 8192    8193 … 9000 …
//! ```
//!
//! What stands in order is passed by, chunk after chunk, those of the lowest layer first: the rows of a fork
//! come behind those of its base. Where a version of an ordered chunk has ended, the row map knows those that
//! followed it. Rows that the ordered runs know nothing of, *loose* ones, are entered where they belong; one
//! that a fork touched is such, and hides what the base has of it. Nothing else is looked at, and nothing
//! before it is asked for.

use super::chunk::{ChunkRef, VersionPosition, chunk_rows};
use super::layer::Layer;
use super::row_map::RowMapCursor;
use super::zone_map::ChunkVisibility;
use crate::types::{Period, RowId};
use std::ops::Range;
use std::sync::Arc;

/// How many flags are looked at one by one, and then together.
const FEW: usize = 8;
const TOGETHER: usize = 64;

/// Versions one behind the other in a chunk of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionRun {
    /// How many layers down.
    pub depth: u8,
    /// The first of them.
    pub start: VersionPosition,
    /// How many there are.
    pub len: usize,
}

/// A row that no ordered run knows of, or not this layer's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LooseRow {
    row: RowId,
    depth: u8,
}

/// A way through the visible versions of a layer and those below it.
#[derive(Debug)]
pub(super) struct RunMerge {
    layer: Arc<Layer>,
    /// How many layers down the ordered run is that comes next; nothing behind the last.
    depth: Option<u8>,
    /// The next chunk of that, and the next place there.
    index: usize,
    offset: usize,
    /// The first row that was not passed by; nothing behind the last there may be.
    next_row: Option<RowId>,
}

#[cfg(test)]
thread_local! {
    /// How many rows this thread has asked row maps about to merge runs.
    pub(super) static LOOKED_UP: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl RunMerge {
    /// From the first row on.
    pub fn new(layer: Arc<Layer>) -> RunMerge {
        let depth = Some(layer.depth());
        RunMerge { layer, depth, index: 0, offset: 0, next_row: Some(RowId(0)) }
    }

    /// Adds the visible versions of the next rows: at most of a chunk, and of as many loose rows of each
    /// layer. False where there are no more; it may also be that none of them was visible.
    pub fn next(&mut self, found: &mut Vec<VersionRun>) -> bool {
        let Some(first) = self.next_row else { return false };
        let layer = Arc::clone(&self.layer);
        let mut runs = RunCollector { layer: &layer, found, versions: Vec::new() };
        let mut last = RowId(u64::MAX);
        let Some((depth, number)) = self.ordered_chunk() else {
            let loose = self.loose_rows(first, &mut last);
            loose.iter().for_each(|loose| runs.add_row(*loose));
            self.next_row = last.0.checked_add(1).map(RowId);
            return !loose.is_empty();
        };
        let chunk = layer.below(depth).versions().chunk(number);
        let rows = &chunk.headers().rows;
        last = rows.last().copied().unwrap_or(last);
        let loose = self.loose_rows(first, &mut last);
        let end = rows.partition_point(|row| *row <= last);
        let mut ordered = OrderedChunk::new(&layer, depth, number);
        let mut at = self.offset;
        for loose in loose {
            let stop = at + rows[at..end].partition_point(|row| *row < loose.row);
            ordered.add(at..stop, &mut runs);
            runs.add_row(loose);
            at = stop + usize::from(stop < end && rows[stop] == loose.row);
        }
        ordered.add(at..end, &mut runs);
        self.offset = end;
        self.next_row = last.0.checked_add(1).map(RowId);
        true
    }

    /// The layer and the number of the chunk that is passed by now; nothing behind the last.
    fn ordered_chunk(&mut self) -> Option<(u8, usize)> {
        while let Some(depth) = self.depth {
            let ordered = self.layer.below(depth).versions().ordered();
            while self.index < ordered.chunk_count() {
                if self.offset < ordered.chunk(self.index).len() {
                    return Some((depth, ordered.number(self.index)));
                }
                self.index += 1;
                self.offset = 0;
            }
            self.index = 0;
            self.depth = depth.checked_sub(1);
        }
        None
    }

    /// The loose rows from the first to `last`, in order, with the topmost layer that has each. Where
    /// there are many, `last` is lowered.
    fn loose_rows(&self, first_row: RowId, last: &mut RowId) -> Vec<LooseRow> {
        let mut found: Vec<LooseRow> = Vec::new();
        let mut layers = 0;
        for depth in 0..=self.layer.depth() {
            let first = found.len();
            let rows = self.layer.below(depth).versions().loose().iter_from(first_row);
            let until = rows.map(|(row, _)| row).take_while(|row| *row <= *last);
            found.extend(until.take(chunk_rows()).map(|row| LooseRow { row, depth }));
            if found.len() - first == chunk_rows()
                && let Some(most) = found.last()
            {
                *last = most.row;
            }
            layers += usize::from(found.len() > first);
        }
        if layers > 1 {
            found.sort_unstable();
            found.dedup_by_key(|loose| loose.row);
            found.truncate(found.partition_point(|loose| loose.row <= *last));
        }
        found
    }
}

/// A chunk in order of rows, and how its versions stand to a period.
struct OrderedChunk<'a> {
    depth: u8,
    number: usize,
    chunk: ChunkRef<'a>,
    /// Which versions are visible at the end of the period: all that is to be seen of their rows then.
    last: ChunkVisibility,
    /// From the start of the epoch to the end of the period: one visible then that is none of those has
    /// ended, and others may have followed.
    until: Option<Period>,
    rows: RowMapCursor<'a>,
}

impl<'a> OrderedChunk<'a> {
    fn new(layer: &'a Layer, depth: u8, number: usize) -> OrderedChunk<'a> {
        let layer = layer.below(depth);
        let (versions, Period { last, .. }) = (layer.versions(), layer.period());
        let chunk = versions.chunk(number);
        let until = Period { first: versions.start(), last };
        let until = Some(until).filter(|until| chunk.may_show(*until));
        let last = chunk.visibility(Period::at(last));
        OrderedChunk { depth, number, chunk, last, until, rows: versions.rows().cursor() }
    }

    /// Adds what is visible of the rows at some places.
    fn add(&mut self, places: Range<usize>, runs: &mut RunCollector<'_>) {
        let mut at = places.start;
        while at < places.end {
            let stop = match &self.last {
                ChunkVisibility::All => places.end,
                ChunkVisibility::None => at,
                ChunkVisibility::Some(shown) => at + count_true(&shown[at..places.end]),
            };
            if stop > at {
                let start = VersionPosition::new(self.number, at);
                runs.add(VersionRun { depth: self.depth, start, len: stop - at });
            }
            if stop < places.end {
                let Some(until) = self.until else { return };
                if self.chunk.is_visible(stop, until) {
                    let latest = self.rows.get(self.chunk.headers().rows[stop]);
                    runs.add_versions(self.depth, latest);
                }
            }
            at = stop + 1;
        }
    }
}

/// How many are true from the first on: few, or so many that several are looked at together.
fn count_true(flags: &[bool]) -> usize {
    let few = flags.iter().take(FEW).take_while(|flag| **flag).count();
    if few < FEW {
        return few;
    }
    let all = |part: &&[bool]| part.iter().fold(true, |all, flag| all & flag);
    let parts = flags[few..].chunks(TOGETHER).take_while(all);
    let whole = few + parts.map(<[bool]>::len).sum::<usize>();
    whole + flags[whole..].iter().take_while(|flag| **flag).count()
}

/// Puts together what was found one behind the other.
struct RunCollector<'a> {
    layer: &'a Layer,
    found: &'a mut Vec<VersionRun>,
    /// Those of one row.
    versions: Vec<VersionPosition>,
}

impl RunCollector<'_> {
    /// Versions behind those that there are.
    fn add(&mut self, run: VersionRun) {
        run.add_to(self.found);
    }

    /// What is visible of a loose row.
    fn add_row(&mut self, loose: LooseRow) {
        let latest = self.layer.below(loose.depth).versions().rows().get(loose.row);
        self.add_versions(loose.depth, latest);
    }

    /// What is visible of a row, from its latest version on.
    fn add_versions(&mut self, depth: u8, latest: Option<VersionPosition>) {
        #[cfg(test)]
        LOOKED_UP.set(LOOKED_UP.get() + 1);
        let Some(latest) = latest else { return };
        let layer = self.layer.below(depth);
        let (table, period) = (layer.versions(), layer.period());
        // Of a moment there is one at most.
        if period.first == period.last {
            let add = |start| VersionRun { depth, start, len: 1 }.add_to(self.found);
            return table.visible_from(latest, period, add);
        }
        let mut versions = std::mem::take(&mut self.versions);
        table.visible_from(latest, period, |version| versions.push(version));
        for start in versions.drain(..).rev() {
            self.add(VersionRun { depth, start, len: 1 });
        }
        self.versions = versions;
    }
}

impl VersionRun {
    /// Adds it to others, to the last where it stands right behind that in the same chunk.
    pub fn add_to(self, runs: &mut Vec<VersionRun>) {
        if let Some(last) = runs.last_mut()
            && last.depth == self.depth
            && last.start.chunk() == self.start.chunk()
            && last.start.offset() + last.len == self.start.offset()
        {
            last.len += self.len;
        } else {
            runs.push(self);
        }
    }

    /// The places in the chunk.
    pub fn places(self) -> Range<usize> {
        self.start.offset()..self.start.offset() + self.len
    }

    /// The first of them, if there are to be any, and the others.
    pub fn split(self, count: usize) -> (Option<VersionRun>, VersionRun) {
        let front = (count > 0).then_some(VersionRun { len: count, ..self });
        let start = VersionPosition::new(self.start.chunk(), self.start.offset() + count);
        (front, VersionRun { start, len: self.len - count, ..self })
    }

    /// The positions of the versions.
    pub fn positions(self) -> impl Iterator<Item = VersionPosition> {
        let chunk = self.start.chunk();
        self.places().map(move |offset| VersionPosition::new(chunk, offset))
    }
}
