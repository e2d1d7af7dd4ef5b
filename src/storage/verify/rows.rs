//! One row file held against the rows that the log leads to.

use super::ProgressMeter;
use crate::storage::base::BaseRow;
use crate::storage::checkpoint::view_source::{base_rows, whole_rows};
use crate::storage::error::Error;
use crate::storage::log::reader::to_u64;
use crate::storage::projections::{CatalogTable, Engine};
use crate::storage::store::{FileDamage, Repair};
use crate::storage::versions::{TableView, View};
use crate::types::{RowId, TableSchema};
use std::collections::HashSet;
use std::path::Path;

/// How many rows are looked up at once.
const BATCH: usize = 1_024;

/// Holds the file of a table against a view of the event that the catalog is about; the inner error
/// is what is wrong with it.
///
/// # Errors
/// [`Error::Interrupted`] once the monitor's flag is set. What is wrong with the file is the inner
/// one.
pub(super) fn check(
    directory: &Path,
    engine: &mut Engine,
    table: &CatalogTable,
    view: &View,
    meter: &mut ProgressMeter<'_, '_>,
) -> Result<Result<(), FileDamage>, Error> {
    match compare(engine, table, view, meter) {
        Ok(None) => Ok(Ok(())),
        Ok(Some(reason)) => {
            let error = Error::Projection { file: directory.join(&table.rows.file), reason };
            Ok(Err(FileDamage { error, repair: Repair::Remove }))
        }
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => Ok(Err(FileDamage { error, repair: Repair::Reopen })),
    }
}

/// How the rows of a file differ from those of a view, if they do.
fn compare(
    engine: &mut Engine,
    table: &CatalogTable,
    view: &View,
    meter: &mut ProgressMeter<'_, '_>,
) -> Result<Option<String>, Error> {
    let schema = &table.base.schema;
    engine.open(schema, &table.rows)?;
    let rows = view.table(schema);
    let (mut seen, mut different) = (HashSet::new(), None);
    let mut batch = Vec::with_capacity(BATCH);
    // Read to its end whatever is found: what its checksums say comes first.
    let mut found = engine.scan(schema)?;
    loop {
        batch.clear();
        for row in found.by_ref().take(BATCH) {
            batch.push(row?);
        }
        if batch.is_empty() {
            break;
        }
        let bytes = table.rows.length / table.rows.live.max(1) * to_u64(batch.len());
        meter.advance(bytes)?;
        if different.is_none() {
            different = first_difference(schema, &rows, &batch, &mut seen)?;
        }
    }
    if different.is_none() {
        different = first_missing(&rows, &seen, meter)?;
    }
    Ok(different)
}

/// The first of some rows of a file that the log does not say.
fn first_difference(
    schema: &TableSchema,
    rows: &TableView,
    batch: &[BaseRow],
    seen: &mut HashSet<RowId>,
) -> Result<Option<String>, Error> {
    let mut places = Vec::with_capacity(batch.len());
    for row in batch {
        match rows.locate(row.row) {
            Some(place) if seen.insert(row.row) => places.push(place),
            Some(_) => return Ok(Some(format!("row {} has a second current version", row.row))),
            None => return Ok(Some(format!("row {} is not there by the log", row.row))),
        }
    }
    let columns = whole_rows(schema);
    let mut expected = Vec::with_capacity(places.len());
    for found in rows.fetch_batches(&places, &columns) {
        expected.extend(base_rows(schema, &found?));
    }
    let differs = |(one, other): &(&BaseRow, &BaseRow)| one != other;
    let different = batch.iter().zip(&expected).find(differs);
    Ok(different.map(|(row, _)| {
        let BaseRow { row, rev, event, .. } = row;
        format!("row {row}, version {rev} of event {event}, says otherwise than the log")
    }))
}

/// The first row of a view that is none of these.
fn first_missing(
    rows: &TableView,
    seen: &HashSet<RowId>,
    meter: &mut ProgressMeter<'_, '_>,
) -> Result<Option<String>, Error> {
    for batch in rows.scan(&[]) {
        meter.advance(0)?;
        if let Some(row) = batch?.rows.iter().find(|row| !seen.contains(row)) {
            return Ok(Some(format!("row {row} is missing")));
        }
    }
    Ok(None)
}
