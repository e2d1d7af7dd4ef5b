//! What happened to the rows of a table, each change under the table's definition of then.
//!
//! An event recorded the columns that its table had, under the names that they had. Between two
//! changes of the definition the versions tell what that was; a period is read piece by piece.

use crate::storage::{self, Database, RowChange};
use crate::types::{EventId, Period, RowId, TableId, TableSchema};
use std::sync::Arc;

/// A change, and the table as it was when that happened.
pub(super) type TableChange = (Arc<TableSchema>, RowChange);

/// The changes of a table's rows in a period, in order of events; of these rows alone if there are any said.
pub(super) fn table_changes(
    database: &Arc<Database>,
    table: TableId,
    period: Period,
    rows: Option<Arc<[RowId]>>,
) -> impl Iterator<Item = Result<TableChange, storage::Error>> + Send + use<> {
    let pieces = definitions(database, table, period);
    let database = Arc::clone(database);
    pieces.into_iter().flat_map(move |(table, period)| {
        let (changes, failure) = match database.changes(&table, period, rows.clone()) {
            Ok(changes) => (Some(changes), None),
            Err(error) => (None, Some(Err(error))),
        };
        let changes = changes.into_iter().flatten();
        let changes = changes.map(move |change| Ok((Arc::clone(&table), change?)));
        changes.chain(failure)
    })
}

/// The pieces of a period in which the columns of a table stay what they are.
fn definitions(
    database: &Database,
    table: TableId,
    period: Period,
) -> Vec<(Arc<TableSchema>, Period)> {
    let store = database.store();
    let is_inside = |event: &EventId| *event > period.first;
    let changes = store.schema_changes(period.last).into_iter().filter(is_inside);
    let mut pieces: Vec<(Option<Arc<TableSchema>>, EventId)> = Vec::new();
    for event in std::iter::once(period.first).chain(changes) {
        let schema = store.schema_at(event);
        let known = schema.tables().find(|known| known.id == table).cloned();
        let columns = |known: &Option<Arc<TableSchema>>| known.as_ref().map(|t| t.columns.clone());
        let is_another =
            |(last, _): &(Option<Arc<TableSchema>>, EventId)| columns(last) != columns(&known);
        if pieces.last().is_none_or(is_another) {
            pieces.push((known, event));
        }
    }
    let ends = pieces.iter().skip(1).map(|(_, next)| next.before()).chain([period.last]);
    let ends: Vec<EventId> = ends.collect();
    let piece = |((table, first), last): ((Option<Arc<TableSchema>>, EventId), EventId)| {
        Some((table?, Period { first, last }))
    };
    pieces.into_iter().zip(ends).filter_map(piece).collect()
}
