//! The visible rows of a table, in batches, in order of their rows.
//!
//! What stands in the same chunk one behind the other is passed on as it lies there, and a chunk that
//! nothing has disturbed is a batch by itself, its arrays untouched. The runs that are merged (`merge`) say
//! which versions, `gather` makes the columns.

use super::Error;
use super::chunk::chunk_rows;
use super::column::StoredColumn;
use super::gather::gather;
use super::hidden_columns::HiddenColumn;
use super::layer::Layer;
use super::merge::{RunMerge, VersionRun};
use super::view::RowBatch;
use crate::types::DataType;
use std::sync::Arc;

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
    source: Option<ScanSource>,
}

#[derive(Debug)]
struct ScanSource {
    layer: Arc<Layer>,
    wanted: Arc<[ScanColumn]>,
    merge: RunMerge,
    /// What was found of the versions, and not given yet.
    runs: Vec<VersionRun>,
}

impl Scan {
    /// No rows.
    pub(super) fn empty() -> Scan {
        Scan { source: None }
    }

    /// The rows of a layer and of those below it.
    pub(super) fn new(layer: Arc<Layer>, wanted: Arc<[ScanColumn]>) -> Scan {
        let merge = RunMerge::new(Arc::clone(&layer));
        Scan { source: Some(ScanSource { layer, wanted, merge, runs: Vec::new() }) }
    }
}

impl Iterator for Scan {
    type Item = Result<RowBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let ScanSource { layer, wanted, merge, runs } = self.source.as_mut()?;
        while runs.is_empty() {
            if !merge.next(runs) {
                return None;
            }
        }
        // As many batches as it takes, of about the same size.
        let all: usize = runs.iter().map(|run| run.len).sum();
        let mut count = all.div_ceil(all.div_ceil(chunk_rows()));
        loop {
            let mut rest = cut(runs, count);
            let batch = gather(layer, runs, wanted);
            if is_too_large(&batch) && count > 1 {
                runs.append(&mut rest);
                count /= 2;
                continue;
            }
            *runs = rest;
            return Some(batch);
        }
    }
}

/// Whether a batch could not be made because values of megabytes have no room in it: fewer rows have.
fn is_too_large(batch: &Result<RowBatch, Error>) -> bool {
    matches!(batch, Err(error) if error.is_batch_too_large())
}

/// Leaves so many versions; gives the others.
fn cut(runs: &mut Vec<VersionRun>, count: usize) -> Vec<VersionRun> {
    let mut left = count;
    for at in 0..runs.len() {
        if left < runs[at].len {
            let mut rest = runs.split_off(at);
            let (front, behind) = rest[0].split(left);
            runs.extend(front);
            rest[0] = behind;
            return rest;
        }
        left -= runs[at].len;
    }
    Vec::new()
}
