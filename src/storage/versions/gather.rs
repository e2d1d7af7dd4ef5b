//! Versions at positions as a batch.

use super::Error;
use super::chunk::VersionPosition;
use super::column::OpenColumn;
use super::hidden_columns::TransactionCache;
use super::scan::{DeclaredColumn, ScanColumn};
use super::table::TableVersions;
use super::view::RowBatch;
use crate::types::column::MAX_ARRAY_BYTES;
use crate::types::row_filter::RowFilter;
use arrow_array::{Array, ArrayRef};
use arrow_schema::ArrowError;
use std::sync::Arc;

/// With fewer versions than this of each chunk on average, values are copied one by one.
const SCATTERED: usize = 8;

/// The wanted columns of the versions at `positions`, in this order.
pub(super) fn gather(
    versions: &TableVersions,
    positions: &[VersionPosition],
    wanted: &[ScanColumn],
) -> Result<RowBatch, Error> {
    let rows = positions.iter().map(|position| versions.header(*position).row);
    let rows = Arc::new(rows.collect());
    let layout = BatchLayout::of(versions, positions);
    let mut transactions = TransactionCache::default();
    let column = |w: &ScanColumn| match w {
        ScanColumn::Declared(declared) => layout.column(versions, positions, declared),
        ScanColumn::HiddenColumn(hidden) => hidden.array(versions, positions, &mut transactions),
    };
    let columns = wanted.iter().map(column).collect::<Result<_, _>>()?;
    Ok(RowBatch::new(rows, columns))
}

/// How the versions of a batch lie, and so how their columns are best made.
enum BatchLayout {
    /// One behind the other in a sealed chunk, from here on: slices of its arrays.
    Run(VersionPosition),
    /// Many of each chunk.
    Chunks(ChunkSources),
    /// A few here and there.
    Scattered,
}

impl BatchLayout {
    fn of(versions: &TableVersions, positions: &[VersionPosition]) -> BatchLayout {
        match sealed_run(versions, positions) {
            Some(start) => BatchLayout::Run(start),
            None => ChunkSources::new(versions, positions)
                .map_or(BatchLayout::Scattered, BatchLayout::Chunks),
        }
    }

    fn column(
        &self,
        versions: &TableVersions,
        positions: &[VersionPosition],
        wanted: &DeclaredColumn,
    ) -> Result<ArrayRef, Error> {
        match self {
            BatchLayout::Run(start) => {
                let places = start.offset()..start.offset() + positions.len();
                versions.chunk(start.chunk()).slice(&wanted.stored, wanted.guess, places)
            }
            BatchLayout::Chunks(sources) => sources.column(versions, positions, wanted),
            BatchLayout::Scattered => copied(versions, positions, wanted),
        }
    }
}

/// How many versions from the first on stand one behind the other.
pub(super) fn run_length(positions: &[VersionPosition]) -> usize {
    let breaks = positions.windows(2).position(|pair| !pair[0].precedes(pair[1]));
    breaks.map_or(positions.len(), |last| last + 1)
}

/// The first of versions that stand one behind the other in a sealed chunk: slices of its arrays.
fn sealed_run(versions: &TableVersions, positions: &[VersionPosition]) -> Option<VersionPosition> {
    let first = *positions.first()?;
    let sealed = !versions.chunk(first.chunk()).is_open();
    (sealed && run_length(positions) == positions.len()).then_some(first)
}

/// A column of scattered versions, value by value.
fn copied(
    versions: &TableVersions,
    positions: &[VersionPosition],
    wanted: &DeclaredColumn,
) -> Result<ArrayRef, Error> {
    let mut column = OpenColumn::with_capacity(wanted.stored.data_type, positions.len());
    for position in positions {
        let chunk = versions.chunk(position.chunk());
        chunk.push_to(&mut column, &wanted.stored, wanted.guess, position.offset());
        let size = column.byte_size();
        if size > MAX_ARRAY_BYTES && positions.len() > 1 {
            return Err(ArrowError::OffsetOverflowError(size).into());
        }
    }
    Ok(column.finish())
}

/// Which chunks the positions lie in, and each position's place among their arrays.
struct ChunkSources {
    chunks: Vec<usize>,
    picks: Vec<(usize, usize)>,
}

impl ChunkSources {
    /// The chunks of many positions; `None` where they are scattered or few, so that a look at the
    /// chunks' arrays is not worth it.
    fn new(versions: &TableVersions, positions: &[VersionPosition]) -> Option<ChunkSources> {
        let mut chunks = Vec::new();
        let mut number_of: Vec<usize> = Vec::new();
        let mut picks = Vec::with_capacity(positions.len());
        for position in positions {
            if chunks.len() * SCATTERED >= positions.len() {
                return None;
            }
            let chunk = position.chunk();
            if number_of.is_empty() {
                number_of = vec![usize::MAX; versions.chunk_count()];
            }
            if number_of[chunk] == usize::MAX {
                number_of[chunk] = chunks.len();
                chunks.push(chunk);
            }
            picks.push((number_of[chunk], position.offset()));
        }
        let open = versions.chunk_count() - 1;
        let few = positions.len() * SCATTERED < versions.chunk(open).len();
        let worth = !positions.is_empty() && (!few || !chunks.contains(&open));
        worth.then_some(ChunkSources { chunks, picks })
    }

    fn column(
        &self,
        versions: &TableVersions,
        positions: &[VersionPosition],
        wanted: &DeclaredColumn,
    ) -> Result<ArrayRef, Error> {
        let array = |number: &usize| versions.chunk(*number).array(&wanted.stored, wanted.guess);
        let arrays: Result<Vec<ArrayRef>, Error> = self.chunks.iter().map(array).collect();
        // A whole chunk has no room for a large initial value, a part of it may have.
        let Ok(arrays) = arrays else { return copied(versions, positions, wanted) };
        let arrays: Vec<&dyn Array> = arrays.iter().map(|array| &**array).collect();
        Ok(arrow_select::interleave::interleave(&arrays, &self.picks)?)
    }
}

/// The rows of a batch for which `keep` says so.
pub(super) fn filter(batch: &RowBatch, keep: Vec<bool>) -> Result<RowBatch, Error> {
    let rows = batch.rows.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(row, _)| *row);
    let rows = Arc::new(rows.collect());
    let filter = RowFilter::of_flags(keep, batch.columns.len());
    let columns = batch.columns.iter().map(|array| filter.kept(array));
    let columns = columns.collect::<Result<Vec<ArrayRef>, _>>()?;
    let coded = batch.coded.changed(&batch.columns, &columns, |array| filter.kept(array))?;
    Ok(RowBatch { rows, columns, coded })
}

/// Rows of several batches: `picks` names the batch and the row of each.
pub(super) fn interleave(
    batches: &[&RowBatch],
    picks: &[(usize, usize)],
) -> Result<RowBatch, Error> {
    let rows = Arc::new(picks.iter().map(|(batch, at)| batches[*batch].rows[*at]).collect());
    let count = batches.first().map_or(0, |batch| batch.columns.len());
    let column = |at: usize| {
        let arrays: Vec<&dyn Array> = batches.iter().map(|batch| &*batch.columns[at]).collect();
        arrow_select::interleave::interleave(&arrays, picks)
    };
    let columns = (0..count).map(column).collect::<Result<_, _>>()?;
    Ok(RowBatch::new(rows, columns))
}
