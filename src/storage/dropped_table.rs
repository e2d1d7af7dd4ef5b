//! A table that was dropped, on its way back.

use super::base::BaseRow;
use super::checkpoint::view_source::ViewSource;
use super::database::Database;
use super::error::Error;
use super::event::Change;
use super::projections::SnapshotSource;
use super::schema_change::{Dropped, SchemaChange};
use crate::types::{EventId, Period, RowId, TableId};
use std::collections::HashMap;
use std::sync::Arc;

impl Database {
    /// The changes that bring back the table that an event dropped, as itself, with the rows and the
    /// AUTOINCREMENT counter that it had after an earlier event: each row goes on with its number and
    /// its next version.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the event dropped no table; [`Error::Io`] and [`Error::Corrupt`] where
    /// the past has to be read and cannot.
    pub fn restored_table(&self, dropped_by: EventId, at: EventId) -> Result<Vec<Change>, Error> {
        let event = self.store().read(Period::at(dropped_by)).next().transpose()?;
        let operation = event.map(|event| event.operation);
        let Some(SchemaChange::DropTable(table)) =
            operation.as_ref().and_then(|operation| operation.schema_change())
        else {
            return Err(Error::invalid(format!("event {dropped_by} dropped no table")));
        };
        let until = dropped_by.before();
        let then = self.view(Period::at(at))?;
        let dropped = Dropped {
            event: dropped_by,
            next_row: self.view(Period::at(until))?.table(table).next_row(),
            autoincrement: then.table(table).autoincrement(),
        };
        let table = Arc::clone(table);
        let mut changes =
            vec![Change::Schema(SchemaChange::RestoreTable { table: Arc::clone(&table), dropped })];
        if !then.schema().tables().any(|known| known.id == table.id) {
            return Ok(changes);
        }
        let newest = self.newest(table.id, Period { first: at.next(), last: until })?;
        for row in ViewSource(&then).rows(&table)? {
            let BaseRow { row, rev, event, values: new } = row?;
            let (prev, rev) = newest.get(&row).copied().unwrap_or((event, rev));
            let (table, rev) = (Arc::clone(&table), rev.saturating_add(1));
            changes.push(Change::Restore { table, row, rev, prev, new });
        }
        Ok(changes)
    }

    /// The last event of each row of a table that has one in a period, and the number of the version
    /// that it began; a deletion counts as one.
    fn newest(
        &self,
        table: TableId,
        period: Period,
    ) -> Result<HashMap<RowId, (EventId, u32)>, Error> {
        let mut newest = HashMap::new();
        if period.first > period.last {
            return Ok(newest);
        }
        for event in self.store().read(period) {
            let event = event?;
            if let Some(row) = event.operation.row().filter(|row| row.table.id == table) {
                newest.insert(row.row, (event.id, row.rev));
            }
        }
        Ok(newest)
    }
}
