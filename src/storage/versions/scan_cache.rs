//! What scans of a past moment made, kept for the next that looks there.
//!
//! A moment that is asked about once is often asked about again: a report, a session that is set into
//! the past, a join of two moments. Nothing about it can change, so the order of its rows and the
//! columns that were gathered serve every later scan as they are; that is what the present has for
//! nothing as long as its rows stand in order.

use super::Error;
use super::chunk::VersionPosition;
use super::gather::gather;
use super::layer::Layer;
use super::scan::{DeclaredColumn, ScanColumn, batch_length, positions_in_order};
use super::view::RowBatch;
use crate::types::{ColumnId, DataType, RowId, TableId};
use arrow_array::{Array, ArrayRef};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many bytes one moment may keep; what goes beyond is made anew for each scan.
const MOST_BYTES: usize = 16 << 20;

/// What one row takes besides its columns.
const ROW_BYTES: usize = size_of::<VersionPosition>() + size_of::<RowId>();

/// What scans of one moment made.
#[derive(Debug, Default)]
pub(super) struct ScanCache {
    tables: Mutex<HashMap<TableId, Arc<CachedTable>>>,
    bytes: AtomicUsize,
}

/// The visible rows of one table.
#[derive(Debug)]
pub(super) struct CachedTable {
    positions: Vec<VersionPosition>,
    batches: Vec<CachedBatch>,
}

/// Rows that are scanned together.
#[derive(Debug)]
struct CachedBatch {
    places: Range<usize>,
    rows: Arc<Vec<RowId>>,
    columns: Mutex<HashMap<(ColumnId, DataType), ArrayRef>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever was being entered when somebody panicked is there whole or not at all.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScanCache {
    /// The rows of a table in order, found now if it is the first time. `None` where it has too many
    /// to be kept, or they stand in order as they are.
    pub fn table(&self, table: TableId, layer: &Layer) -> Option<Arc<CachedTable>> {
        let versions = layer.versions();
        if versions.is_ascending() || versions.base().is_some() {
            return None;
        }
        if let Some(known) = lock(&self.tables).get(&table) {
            return Some(Arc::clone(known));
        }
        let rows = usize::try_from(layer.row_estimate()).unwrap_or(0);
        if !self.has_room(rows.saturating_mul(ROW_BYTES)) {
            return None;
        }
        let found = Arc::new(CachedTable::new(layer));
        self.bytes.fetch_add(found.positions.len() * ROW_BYTES, Ordering::Relaxed);
        lock(&self.tables).insert(table, Arc::clone(&found));
        Some(found)
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.bytes.load(Ordering::Relaxed).saturating_add(bytes) <= MOST_BYTES
    }

    /// The wanted columns of one batch of a table; `None` behind the last.
    pub fn batch(
        &self,
        table: &CachedTable,
        number: usize,
        layer: &Layer,
        wanted: &[ScanColumn],
    ) -> Option<Result<RowBatch, Error>> {
        let batch = table.batches.get(number)?;
        let positions = &table.positions[batch.places.clone()];
        let columns = wanted.iter().map(|w| match w {
            ScanColumn::Declared(declared) => self.column(batch, positions, layer, declared),
            ScanColumn::HiddenColumn(_) => made(layer, positions, w),
        });
        let columns = columns.collect::<Result<_, _>>();
        Some(columns.map(|columns| RowBatch::new(Arc::clone(&batch.rows), columns)))
    }

    fn column(
        &self,
        batch: &CachedBatch,
        positions: &[VersionPosition],
        layer: &Layer,
        wanted: &DeclaredColumn,
    ) -> Result<ArrayRef, Error> {
        let key = (wanted.stored.id, wanted.stored.data_type);
        if let Some(known) = lock(&batch.columns).get(&key) {
            return Ok(Arc::clone(known));
        }
        let array = made(layer, positions, &ScanColumn::Declared(wanted.clone()))?;
        let bytes = array.get_array_memory_size();
        if self.has_room(bytes) {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            lock(&batch.columns).insert(key, Arc::clone(&array));
        }
        Ok(array)
    }
}

/// One column of some versions.
fn made(
    layer: &Layer,
    positions: &[VersionPosition],
    wanted: &ScanColumn,
) -> Result<ArrayRef, Error> {
    let gathered = gather(layer.versions(), positions, std::slice::from_ref(wanted))?;
    gathered.columns.into_iter().next().ok_or_else(|| Error::invalid("a batch without its column"))
}

impl CachedTable {
    /// All positions, and where those of a batch begin.
    pub fn positions_of(&self, number: usize) -> (Vec<VersionPosition>, usize) {
        let start = self.batches.get(number).map(|batch| batch.places.start);
        (self.positions.clone(), start.unwrap_or(self.positions.len()))
    }

    fn new(layer: &Layer) -> CachedTable {
        let positions = positions_in_order(layer, 0);
        let mut batches = Vec::new();
        let mut start = 0;
        while start < positions.len() {
            let places = start..start + batch_length(&positions[start..]);
            let row = |position: &VersionPosition| layer.versions().header(*position).row;
            let rows = Arc::new(positions[places.clone()].iter().map(row).collect());
            start = places.end;
            batches.push(CachedBatch { places, rows, columns: Mutex::default() });
        }
        CachedTable { positions, batches }
    }
}
