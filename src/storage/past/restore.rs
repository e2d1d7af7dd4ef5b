//! From a projection back to a state.

use crate::storage::base::BaseRow;
use crate::storage::error::Error;
use crate::storage::file_names::CATALOG;
use crate::storage::projections::{
    CatalogFile, Engine, SnapshotEntry, SnapshotManager, SnapshotPart,
};
use crate::storage::versions::{BlockCache, State};
use crate::types::{EventId, Schema};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// Builds the state of a snapshot, whose position was vouched for; the schema there is given where the
/// log tells it.
///
/// # Errors
/// [`Error::Projection`] where the snapshot is not what was written or another one, [`Error::Io`]
/// where it cannot be read.
pub(crate) fn restore_snapshot(
    snapshots: &SnapshotManager,
    entry: &SnapshotEntry,
    schema: Option<Schema>,
    blocks: &Arc<BlockCache>,
) -> Result<State, Error> {
    let snapshot = snapshots.load(entry, &entry.position.anchor())?;
    let tables = snapshot.header().tables.clone();
    let schema = schema.unwrap_or_else(|| snapshot.header().schema());
    let expected = snapshot.header().schema();
    check_schema(&schema, &expected, &entry.path)?;
    let mut snapshot = snapshot.peekable();
    let mut state = State::restore(entry.position.event, schema, blocks);
    for (at, table) in tables.iter().enumerate() {
        let is_row = |part: &Result<SnapshotPart, Error>| match part {
            Ok(SnapshotPart::Row { table, .. }) => *table == at,
            Ok(SnapshotPart::Index { .. }) => false,
            Err(_) => true,
        };
        let rows = std::iter::from_fn(|| match snapshot.next_if(is_row)? {
            Ok(SnapshotPart::Row { row, .. }) => Some(Ok(row)),
            Ok(SnapshotPart::Index { .. }) => None,
            Err(error) => Some(Err(error)),
        });
        state.load(table, rows)?;
    }
    // The checksum is at the end, behind the indexes, which are made from the rows.
    snapshot.try_for_each(|part| part.map(drop))?;
    Ok(state)
}

/// Builds the state of the row files, for which the catalog vouches, given the schema there.
///
/// # Errors
/// [`Error::Projection`] where a row file is not what the catalog says, [`Error::Io`] where it
/// cannot be read.
pub(crate) fn restore_rows(
    engine: &mut Engine,
    catalog: &CatalogFile,
    schema: Schema,
    blocks: &Arc<BlockCache>,
) -> Result<State, Error> {
    let event = catalog.position.event;
    check_schema(&schema, &catalog.schema(), Path::new(CATALOG))?;
    let mut state = State::restore(event, schema, blocks);
    for table in &catalog.tables {
        let base = &table.base;
        engine.open(&base.schema, &table.rows)?;
        let mut known = HashSet::new();
        let sound = |row: &BaseRow| {
            row.row < base.next_row
                && row.rev > 0
                && row.event <= event
                && row.event > EventId::START
        };
        let mut check = |row: BaseRow| match sound(&row) && known.insert(row.row) {
            true => Ok(row),
            false => Err(Error::Projection {
                file: table.rows.file.clone().into(),
                reason: format!("row {} has no place there", row.row),
            }),
        };
        let rows = engine.scan(&base.schema)?.map(|row| row.and_then(&mut check));
        state.load(base, rows)?;
    }
    Ok(state)
}

/// Refuses a projection whose schema is not exactly what the log says it was: rows of a table that it
/// leaves out, or defines otherwise, would be missing or misread.
fn check_schema(schema: &Schema, found: &Schema, file: &Path) -> Result<(), Error> {
    if schema.is_same(found) {
        return Ok(());
    }
    let reason = "its tables are not those of the log".into();
    Err(Error::Projection { file: file.to_path_buf(), reason })
}
