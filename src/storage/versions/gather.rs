//! Versions as a batch.

use super::Error;
use super::chunk::{ChunkRef, ColumnRef};
use super::column::OpenColumn;
use super::hidden_columns::TransactionCache;
use super::layer::Layer;
use super::merge::VersionRun;
use super::scan::{DeclaredColumn, ScanColumn};
use super::table::TableVersions;
use super::view::RowBatch;
use crate::types::RowId;
use crate::types::column::MAX_ARRAY_BYTES;
use crate::types::text_codes::{CodedColumns, TextCodes};
use arrow_array::{Array, ArrayRef};
use arrow_schema::ArrowError;
use std::sync::Arc;

/// With fewer versions than this in all, putting arrays together costs more than the values do.
const FEW_PICKS: usize = 8;
/// With more versions than this one behind the other on average, they are copied together.
const SHORT_RUN: usize = 4;

/// The wanted columns of versions of a layer and of those below it, in this order.
pub(super) fn gather(
    layer: &Layer,
    runs: &[VersionRun],
    wanted: &[ScanColumn],
) -> Result<RowBatch, Error> {
    let sources = Sources::new(layer, runs);
    let layout = BatchLayout::of(&sources);
    let (mut transactions, mut coded) = (TransactionCache::default(), CodedColumns::default());
    let mut columns = Vec::with_capacity(wanted.len());
    for column in wanted {
        columns.push(match column {
            ScanColumn::Declared(declared) => {
                let array = layout.column(&sources, declared)?;
                if let Some(codes) = sources.codes(declared)? {
                    coded.add(&array, codes);
                }
                array
            }
            ScanColumn::HiddenColumn(hidden) => hidden.array(layer, runs, &mut transactions)?,
        });
    }
    Ok(RowBatch { rows: sources.rows(), columns, coded })
}

/// Runs of versions, and the chunks in which they lie.
struct Sources<'a> {
    runs: &'a [VersionRun],
    /// How many versions there are.
    all: usize,
    /// Each chunk once, with the table's versions that it is of.
    chunks: Vec<(ChunkRef<'a>, &'a TableVersions)>,
    /// Which of the chunks each run lies in.
    of_runs: Vec<usize>,
}

impl<'a> Sources<'a> {
    fn new(layer: &'a Layer, runs: &'a [VersionRun]) -> Sources<'a> {
        let layers = usize::from(layer.depth()) + 1;
        let slot = |run: &VersionRun| run.start.chunk() * layers + usize::from(run.depth);
        let slots = runs.iter().map(slot).max().map_or(0, |most| most + 1);
        let mut number_of = vec![usize::MAX; if runs.len() > 1 { slots } else { 0 }];
        let (mut all, mut chunks) = (0, Vec::new());
        let mut of_runs = Vec::with_capacity(runs.len());
        for run in runs {
            all += run.len;
            let known = number_of.get(slot(run)).copied().filter(|known| *known != usize::MAX);
            of_runs.push(known.unwrap_or_else(|| {
                let versions = layer.below(run.depth).versions();
                chunks.push((versions.chunk(run.start.chunk()), &**versions));
                if let Some(number) = number_of.get_mut(slot(run)) {
                    *number = chunks.len() - 1;
                }
                chunks.len() - 1
            }));
        }
        Sources { runs, all, chunks, of_runs }
    }

    /// Each run with its chunk.
    fn each(&self) -> impl Iterator<Item = (VersionRun, ChunkRef<'a>)> {
        let runs = self.runs.iter().zip(&self.of_runs);
        runs.map(|(run, chunk)| (*run, self.chunks[*chunk].0))
    }

    /// The rows of the versions.
    fn rows(&self) -> Arc<Vec<RowId>> {
        if let [(chunk, _)] = self.chunks[..]
            && chunk.len() == self.all
            && self.runs.len() == 1
        {
            return Arc::clone(&chunk.headers().rows);
        }
        let mut rows = Vec::with_capacity(self.all);
        for (run, chunk) in self.each() {
            match (run.len, &chunk.headers().rows) {
                (1, all) => rows.push(all[run.start.offset()]),
                (_, all) => rows.extend_from_slice(&all[run.places()]),
            }
        }
        Arc::new(rows)
    }

    /// The codes of a column's texts, where they are wanted and all of these versions have some.
    fn codes(&self, wanted: &DeclaredColumn) -> Result<Option<TextCodes>, Error> {
        if !wanted.is_coded {
            return Ok(None);
        }
        let mut codes = Vec::with_capacity(self.chunks.len());
        for (chunk, versions) in &self.chunks {
            match chunk.codes(&wanted.stored, wanted.guess, versions.dictionaries())? {
                Some(of_chunk) => codes.push(of_chunk),
                None => return Ok(None),
            }
        }
        let runs = self.runs.iter().zip(&self.of_runs);
        Ok(TextCodes::joined(runs.map(|(run, chunk)| (&codes[*chunk], run.places()))))
    }
}

/// How the versions of a batch lie, and so how their columns are best made.
enum BatchLayout {
    /// One behind the other: slices of a chunk's arrays.
    Slice,
    /// Here and there: each one's chunk and place in what that gives for the column, its array, or as long
    /// as it grows a copy of these.
    Picks(Vec<(usize, usize)>),
    /// In long runs, or few in all.
    Copies,
}

impl BatchLayout {
    fn of(sources: &Sources<'_>) -> BatchLayout {
        let Sources { runs, all, chunks, of_runs } = sources;
        if runs.len() == 1 && chunks.iter().all(|(chunk, _)| chunk.has_arrays_for(*all)) {
            return BatchLayout::Slice;
        }
        if *all < FEW_PICKS || *all > runs.len() * SHORT_RUN {
            return BatchLayout::Copies;
        }
        let mut picks = Vec::with_capacity(*all);
        // How many were picked so far of a chunk whose versions are copied.
        let copied = |(chunk, _): &(ChunkRef<'_>, _)| (!chunk.has_arrays_for(*all)).then_some(0);
        let mut copied: Vec<Option<usize>> = chunks.iter().map(copied).collect();
        for (run, chunk) in runs.iter().zip(of_runs) {
            let first = match &mut copied[*chunk] {
                Some(copied) => std::mem::replace(copied, *copied + run.len),
                None => run.start.offset(),
            };
            match run.len {
                1 => picks.push((*chunk, first)),
                len => picks.extend((first..first + len).map(|place| (*chunk, place))),
            }
        }
        BatchLayout::Picks(picks)
    }

    fn column(&self, sources: &Sources<'_>, wanted: &DeclaredColumn) -> Result<ArrayRef, Error> {
        match (self, sources.runs, &sources.chunks[..]) {
            (BatchLayout::Slice, [run], [(chunk, _)]) => {
                chunk.slice(&wanted.stored, wanted.guess, run.places())
            }
            (BatchLayout::Picks(picks), _, chunks) => {
                let is_loaded =
                    |(chunk, _): &(ChunkRef<'_>, _)| chunk.is_loaded(&wanted.stored, wanted.guess);
                // What has to be read is there one after the other, and not all at once.
                if !chunks.iter().all(is_loaded) {
                    return copied(sources, wanted, |_| true);
                }
                let array = |(number, (chunk, _)): (usize, &(ChunkRef<'_>, _))| match chunk
                    .has_arrays_for(sources.all)
                {
                    true => chunk.array(&wanted.stored, wanted.guess),
                    false => copied(sources, wanted, |of| of == number),
                };
                let arrays: Result<Vec<ArrayRef>, Error> =
                    chunks.iter().enumerate().map(array).collect();
                // A whole chunk has no room for a large initial value, a part of it may have.
                let Ok(arrays) = arrays else { return copied(sources, wanted, |_| true) };
                let arrays: Vec<&dyn Array> = arrays.iter().map(|array| &**array).collect();
                Ok(arrow_select::interleave::interleave(&arrays, picks)?)
            }
            (BatchLayout::Slice | BatchLayout::Copies, _, _) => copied(sources, wanted, |_| true),
        }
    }
}

/// A column of versions, run by run, of those chunks that are wanted.
fn copied(
    sources: &Sources<'_>,
    wanted: &DeclaredColumn,
    is_wanted: impl Fn(usize) -> bool,
) -> Result<ArrayRef, Error> {
    let mut column = OpenColumn::with_capacity(wanted.stored.data_type, sources.all);
    let mut opened: Option<(usize, ColumnRef<'_>)> = None;
    let runs = sources.runs.iter().zip(&sources.of_runs);
    for (run, chunk) in runs.filter(|(_, chunk)| is_wanted(**chunk)) {
        // One that is not used any more is let go before the next is opened.
        let from = match opened.take().filter(|(known, _)| known == chunk) {
            Some(from) => from,
            None => (*chunk, sources.chunks[*chunk].0.column(&wanted.stored, wanted.guess)?),
        };
        from.1.push_run(&mut column, &wanted.stored, run.places());
        opened = Some(from);
        let size = column.byte_size();
        if size > MAX_ARRAY_BYTES && sources.all > 1 {
            return Err(ArrowError::OffsetOverflowError(size).into());
        }
    }
    Ok(column.finish())
}
