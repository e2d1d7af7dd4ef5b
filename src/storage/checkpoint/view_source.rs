//! A view as what projections are written from.

use crate::storage::base::{BaseRow, BaseTable};
use crate::storage::error::Error;
use crate::storage::projections::SnapshotSource;
use crate::storage::versions::{RowBatch, View};
use crate::types::column::value_at;
use crate::types::{Definition, EventId, PseudoColumn, RowId, TableSchema};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use std::sync::Arc;

/// The tables of a view of one event, with the numbers they give next.
pub(crate) fn base_tables(view: &View) -> Vec<BaseTable> {
    let of = |table: &Arc<TableSchema>| {
        let rows = view.table(table);
        let (next_row, autoincrement) = (rows.next_row(), rows.autoincrement());
        BaseTable { schema: Arc::clone(table), next_row, autoincrement }
    };
    view.schema().tables().map(of).collect()
}

/// The views, triggers and settings of a view of one event, in the order in which they were created.
pub(crate) fn definitions(view: &View) -> Vec<Arc<Definition>> {
    view.schema().definitions().into_iter().map(Arc::clone).collect()
}

/// The rows of a view of one event.
pub(crate) struct ViewSource<'a>(pub &'a View);

/// All columns of a table, and behind them those that say which version it is.
pub(crate) fn whole_rows(table: &TableSchema) -> Vec<usize> {
    let hidden = [PseudoColumn::Rev, PseudoColumn::Event].map(|column| table.index_of(column));
    (0..table.columns.len()).chain(hidden).collect()
}

/// The rows of a batch that was asked for [`whole_rows`].
pub(crate) fn base_rows(table: &TableSchema, batch: &RowBatch) -> Vec<BaseRow> {
    let count = table.columns.len();
    // No version is without its number and its event.
    let number = |column: usize, at: usize| {
        batch.columns[column].as_primitive::<Int64Type>().value(at).cast_unsigned()
    };
    let row = |at: usize| BaseRow {
        row: batch.rows[at],
        rev: u32::try_from(number(count, at)).unwrap_or(u32::MAX),
        event: EventId(number(count + 1, at)),
        values: (0..count)
            .map(|column| value_at(&batch.columns[column], table.columns[column].data_type, at))
            .collect(),
    };
    (0..batch.rows.len()).map(row).collect()
}

impl SnapshotSource for ViewSource<'_> {
    fn rows(
        &self,
        table: &Arc<TableSchema>,
    ) -> Result<impl Iterator<Item = Result<BaseRow, Error>>, Error> {
        let scan = self.0.table(table).scan(&whole_rows(table));
        let table = Arc::clone(table);
        Ok(scan.flat_map(move |batch| {
            let (rows, failed) = match batch {
                Ok(batch) => (base_rows(&table, &batch), None),
                Err(error) => (Vec::new(), Some(Err(error))),
            };
            rows.into_iter().map(Ok).chain(failed)
        }))
    }

    fn index_order(&self, table: &Arc<TableSchema>, key: usize) -> Result<Vec<RowId>, Error> {
        let found = self.0.table(table).index_order(table.keys[key].id);
        found.ok_or_else(|| Error::invalid("a view without its table's index"))
    }
}
