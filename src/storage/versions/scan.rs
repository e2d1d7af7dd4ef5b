//! The visible rows of a table, in batches, in order of their rows.
//!
//! Where versions stand in that order already (rows that were only ever appended) a scan passes
//! whole chunks through, their arrays untouched, or filters them. Elsewhere it notes the positions of
//! the visible versions, puts them in order, and gathers batch after batch. What a fork adds is a
//! second such stream, merged with the base's.

use super::Error;
use super::chunk::{ChunkVisibility, VersionPosition, chunk_rows};
use super::column::StoredColumn;
use super::gather::{filter, gather, interleave, run_length};
use super::hidden_columns::{HiddenColumn, TransactionCache};
use super::layer::Layer;
use super::scan_cache::{CachedTable, ScanCache};
use super::table::TableVersions;
use super::view::RowBatch;
use crate::types::row_filter::RowFilter;
use crate::types::text_codes::CodedColumns;
use crate::types::{DataType, RowId};
use arrow_array::ArrayRef;
use std::sync::Arc;

/// A table with this many row ids per visible row still gets a place for each when it is ordered.
const DENSE: usize = 4;
/// Versions one behind the other, from which on they are worth a batch of their own.
const LONG_RUN: usize = 1024;

/// A column that a reader asks for.
#[derive(Clone, Debug)]
pub(super) enum ScanColumn {
    /// One that the table declares.
    Declared(DeclaredColumn),
    /// One that every table has.
    HiddenColumn(HiddenColumn),
}

/// A declared column that a reader asks for.
#[derive(Clone, Debug)]
pub(super) struct DeclaredColumn {
    pub stored: StoredColumn,
    /// Its place in the table now, where most chunks have it, too.
    pub guess: usize,
    /// Whether the codes of its texts are wanted, where there are such.
    pub is_coded: bool,
}

impl ScanColumn {
    /// A declared column, and where it probably is.
    pub fn new(stored: StoredColumn, guess: usize) -> ScanColumn {
        ScanColumn::Declared(DeclaredColumn { stored, guess, is_coded: false })
    }

    /// What it holds.
    pub fn data_type(&self) -> DataType {
        match self {
            ScanColumn::Declared(declared) => declared.stored.data_type,
            ScanColumn::HiddenColumn(hidden) => hidden.column.data_type(),
        }
    }
}

/// The visible rows of a table in order of `_row`, at most 4,096 per batch.
#[derive(Debug)]
pub struct Scan {
    source: ScanSource,
}

#[derive(Debug)]
enum ScanSource {
    Empty,
    /// Chunk after chunk; the number of the next.
    Stream(Arc<Layer>, Arc<[ScanColumn]>, usize),
    /// Positions in order, and how many of them were given.
    Gather(Arc<Layer>, Arc<[ScanColumn]>, Vec<VersionPosition>, usize),
    /// Batches that the moment keeps; the number of the next.
    Cached(Arc<Layer>, Arc<[ScanColumn]>, Arc<ScanCache>, Arc<CachedTable>, usize),
    Merge(Box<ForkScan>),
}

impl Scan {
    /// No rows.
    pub(super) fn empty() -> Scan {
        Scan { source: ScanSource::Empty }
    }

    /// The rows of a layer alone, without what is below it.
    pub(super) fn of_layer(layer: Arc<Layer>, wanted: Arc<[ScanColumn]>) -> Scan {
        let source = if layer.versions().is_ascending() {
            ScanSource::Stream(layer, wanted, 0)
        } else {
            let positions = positions_in_order(&layer, 0);
            ScanSource::Gather(layer, wanted, positions, 0)
        };
        Scan { source }
    }

    /// The rows of a table at a moment that keeps what scans of it make.
    pub(super) fn kept(
        layer: Arc<Layer>,
        wanted: Arc<[ScanColumn]>,
        kept: Arc<ScanCache>,
        table: Arc<CachedTable>,
    ) -> Scan {
        Scan { source: ScanSource::Cached(layer, wanted, kept, table, 0) }
    }

    /// The rows of a base that its fork has not touched, and those of the fork.
    pub(super) fn merge(base: Scan, own: Scan, fork: Arc<TableVersions>) -> Scan {
        let (below, above) = (None, None);
        Scan { source: ScanSource::Merge(Box::new(ForkScan { base, own, fork, below, above })) }
    }
}

impl Iterator for Scan {
    type Item = Result<RowBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.source {
            ScanSource::Empty => None,
            ScanSource::Stream(layer, wanted, next) => {
                let count = layer.versions().chunk_count();
                let batch = loop {
                    if *next == count {
                        return None;
                    }
                    *next += 1;
                    if let Some(batch) = chunk_batch(layer, wanted, *next - 1) {
                        break batch;
                    }
                };
                if !is_too_large(&batch) {
                    return Some(batch);
                }
                let positions = positions_in_order(layer, *next - 1);
                let (layer, wanted) = (Arc::clone(layer), Arc::clone(wanted));
                self.source = ScanSource::Gather(layer, wanted, positions, 0);
                self.next()
            }
            ScanSource::Gather(layer, wanted, positions, at) => {
                let batch = &positions[*at..];
                if batch.is_empty() {
                    return None;
                }
                let mut count = batch_length(batch);
                loop {
                    let gathered = gather(layer.versions(), &batch[..count], wanted);
                    if is_too_large(&gathered) && count > 1 {
                        count /= 2;
                        continue;
                    }
                    *at += count;
                    return Some(gathered);
                }
            }
            ScanSource::Cached(layer, wanted, kept, table, next) => {
                let batch = kept.batch(table, *next, layer, wanted)?;
                if !is_too_large(&batch) {
                    *next += 1;
                    return Some(batch);
                }
                let (positions, at) = table.positions_of(*next);
                let (layer, wanted) = (Arc::clone(layer), Arc::clone(wanted));
                self.source = ScanSource::Gather(layer, wanted, positions, at);
                self.next()
            }
            ScanSource::Merge(merge) => merge.next().transpose(),
        }
    }
}

/// Whether a batch could not be made because values of megabytes have no room in it: fewer rows have.
fn is_too_large(batch: &Result<RowBatch, Error>) -> bool {
    matches!(batch, Err(error) if error.is_batch_too_large())
}

/// The visible rows of one chunk, if any.
fn chunk_batch(
    layer: &Layer,
    wanted: &[ScanColumn],
    number: usize,
) -> Option<Result<RowBatch, Error>> {
    let chunk = layer.versions().chunk(number);
    match chunk.visibility(layer.period()) {
        ChunkVisibility::None => None,
        ChunkVisibility::All if chunk.len() == 0 => None,
        ChunkVisibility::All => Some(chunk_rows_shown(layer, wanted, number, None)),
        ChunkVisibility::Some(mask) if !mask.contains(&true) => None,
        ChunkVisibility::Some(mask) => {
            let mask = Some(mask).filter(|mask| mask.contains(&false));
            Some(chunk_rows_shown(layer, wanted, number, mask))
        }
    }
}

/// Those rows of a chunk for which the mask is true; all without one.
fn chunk_rows_shown(
    layer: &Layer,
    wanted: &[ScanColumn],
    number: usize,
    mask: Option<Vec<bool>>,
) -> Result<RowBatch, Error> {
    let versions = layer.versions();
    let chunk = versions.chunk(number);
    // Hidden columns are made version by version: only of those that are visible.
    let is_shown = |offset: &usize| mask.as_ref().is_none_or(|mask| mask[*offset]);
    let shown = || (0..chunk.len()).filter(is_shown);
    let positions: Vec<VersionPosition> =
        match wanted.iter().any(|w| matches!(w, ScanColumn::HiddenColumn(_))) {
            true => shown().map(|offset| VersionPosition::new(number, offset)).collect(),
            false => Vec::new(),
        };
    let all = &chunk.headers().rows;
    let rows = match &mask {
        None => Arc::clone(all),
        Some(_) => Arc::new(shown().map(|offset| all[offset]).collect()),
    };
    let filter = mask.map(|mask| RowFilter::of_flags(mask, wanted.len()));
    let kept = |whole: &ArrayRef| match &filter {
        Some(filter) => filter.kept(whole),
        None => Ok(Arc::clone(whole)),
    };
    let (mut transactions, mut coded) = (TransactionCache::default(), CodedColumns::default());
    let mut columns = Vec::with_capacity(wanted.len());
    for column in wanted {
        columns.push(match column {
            ScanColumn::Declared(DeclaredColumn { stored, guess, is_coded }) => {
                let array = kept(&chunk.array(stored, *guess)?)?;
                if *is_coded
                    && let Some(codes) = chunk.codes(stored, *guess, versions.dictionaries())
                {
                    coded.add(&array, codes.changed(kept)?);
                }
                array
            }
            ScanColumn::HiddenColumn(hidden) => {
                hidden.array(versions, &positions, &mut transactions)?
            }
        });
    }
    Ok(RowBatch { rows, columns, coded })
}

/// The positions of all visible versions from a chunk on, in order of their rows, then of their age.
pub(super) fn positions_in_order(layer: &Layer, first_chunk: usize) -> Vec<VersionPosition> {
    let mut found: Vec<(RowId, VersionPosition)> = Vec::new();
    let versions = layer.versions();
    for number in first_chunk..versions.chunk_count() {
        let chunk = versions.chunk(number);
        let rows = &chunk.headers().rows;
        let mut note = |offset: usize| {
            found.push((rows[offset], VersionPosition::new(number, offset)));
        };
        match chunk.visibility(layer.period()) {
            ChunkVisibility::None => {}
            ChunkVisibility::All => (0..chunk.len()).for_each(note),
            ChunkVisibility::Some(mask) => {
                let shown = mask.iter().enumerate().filter(|(_, shown)| **shown);
                shown.for_each(|(offset, _)| note(offset));
            }
        }
    }
    in_order(found)
}

/// Positions in order of their rows; those of one row in their own, which is that of time.
fn in_order(mut found: Vec<(RowId, VersionPosition)>) -> Vec<VersionPosition> {
    let rows = || found.iter().map(|(row, _)| row.0);
    let (Some(first), Some(last)) = (rows().min(), rows().max()) else {
        return Vec::new();
    };
    // Row ids are mostly dense, and a place for each is faster than a sort.
    let room = last.checked_sub(first).and_then(|span| usize::try_from(span).ok());
    if let Some(room) = room.filter(|room| *room < found.len().saturating_mul(DENSE)) {
        let mut places = vec![VersionPosition::NONE; room + 1];
        let once = found.iter().all(|(row, position)| {
            let place = usize::try_from(row.0 - first).ok().and_then(|at| places.get_mut(at));
            place.is_some_and(|place| std::mem::replace(place, *position) == VersionPosition::NONE)
        });
        if once {
            places.retain(|position| position.exists());
            return places;
        }
    }
    found.sort_unstable();
    found.into_iter().map(|(_, position)| position).collect()
}

/// How many versions of the front make the next batch. A long run is one by itself, since its
/// arrays are slices of a chunk's.
pub(super) fn batch_length(positions: &[VersionPosition]) -> usize {
    let most = positions.len().min(chunk_rows());
    let mut end = run_length(&positions[..most]);
    if end >= LONG_RUN {
        return end;
    }
    while end < most {
        let ahead = positions.len().min(end + LONG_RUN);
        let run = run_length(&positions[end..ahead]);
        if run >= LONG_RUN {
            return end;
        }
        end += run;
    }
    most
}

/// Two scans of disjoint rows as one: a base's rows, without those that its fork has touched, and
/// the fork's own.
#[derive(Debug)]
struct ForkScan {
    base: Scan,
    own: Scan,
    fork: Arc<TableVersions>,
    /// What is left of the batches begun.
    below: Option<RowBatch>,
    above: Option<RowBatch>,
}

impl ForkScan {
    fn next(&mut self) -> Result<Option<RowBatch>, Error> {
        while self.below.is_none() {
            let Some(batch) = self.base.next().transpose()? else { break };
            self.below = untouched(batch, &self.fork)?;
        }
        if self.above.is_none() {
            self.above = self.own.next().transpose()?;
        }
        let (below, above) = match (self.below.take(), self.above.take()) {
            (Some(below), Some(above)) => (below, above),
            (below, above) => return Ok(below.or(above)),
        };
        if below.rows.last() < above.rows.first() {
            self.above = Some(above);
            return Ok(Some(below));
        }
        if above.rows.last() < below.rows.first() {
            self.below = Some(below);
            return Ok(Some(above));
        }
        self.interleave(&below, &above).map(Some)
    }

    /// The first rows of both, up to a full batch or to the end of the one that ends first.
    fn interleave(&mut self, below: &RowBatch, above: &RowBatch) -> Result<RowBatch, Error> {
        let (mut one, mut other) = (0, 0);
        let mut picks = Vec::with_capacity(chunk_rows());
        while picks.len() < chunk_rows() {
            let (Some(low), Some(high)) = (below.rows.get(one), above.rows.get(other)) else {
                break;
            };
            if low <= high {
                picks.push((0, one));
                one += 1;
            } else {
                picks.push((1, other));
                other += 1;
            }
        }
        let batch = interleave(&[below, above], &picks)?;
        self.below = below.from(one);
        self.above = above.from(other);
        Ok(batch)
    }
}

/// The rows of a batch that a fork has not touched.
fn untouched(batch: RowBatch, fork: &TableVersions) -> Result<Option<RowBatch>, Error> {
    let (Some(first), Some(last)) = (batch.rows.first(), batch.rows.last()) else {
        return Ok(None);
    };
    let mut touched = fork.rows().iter_from(*first).map(|(row, _)| row).take_while(|r| r <= last);
    let Some(mut next) = touched.next() else { return Ok(Some(batch)) };
    let mut keep = Vec::with_capacity(batch.rows.len());
    for row in batch.rows.iter() {
        while next < *row {
            next = touched.next().unwrap_or(RowId(u64::MAX));
            if next == RowId(u64::MAX) {
                break;
            }
        }
        keep.push(next != *row);
    }
    if !keep.contains(&true) {
        return Ok(None);
    }
    filter(&batch, keep).map(Some)
}
