//! Images of rows that events updated: the log has only what changed of them.

use crate::storage::{self, Database, Event, RowChange, RowImages, RowOperation};
use crate::types::{EventId, Period, Row, TableId, TableSchema, Value};
use std::collections::HashMap;
use std::sync::Arc;

type RowChangeStream = Box<dyn Iterator<Item = Result<RowChange, storage::Error>> + Send>;

/// The images of the rows that the events of a period updated, which are asked for in their order.
pub(in crate::session) struct RowImageReader {
    database: Arc<Database>,
    last: EventId,
    columns: ImageColumns,
    /// What happened to each table that was asked for, with the table that it was asked for by.
    changes: HashMap<TableId, (Arc<TableSchema>, RowChangeStream)>,
}

/// What of a row is wanted.
#[derive(Clone, Copy)]
enum ImageColumns {
    All,
    Key,
}

impl RowImageReader {
    /// Of whole rows, up to an event.
    pub fn whole(database: &Arc<Database>, last: EventId) -> RowImageReader {
        RowImageReader::new(database, last, ImageColumns::All)
    }

    /// Of their primary keys.
    pub fn of_keys(database: &Arc<Database>, last: EventId) -> RowImageReader {
        RowImageReader::new(database, last, ImageColumns::Key)
    }

    fn new(database: &Arc<Database>, last: EventId, columns: ImageColumns) -> RowImageReader {
        RowImageReader { database: Arc::clone(database), last, columns, changes: HashMap::new() }
    }

    /// The row before and after an update of a table.
    ///
    /// # Errors
    /// `corrupt` where the log is damaged there, `io` where it cannot be read.
    pub fn of(
        &mut self,
        event: EventId,
        table: &Arc<TableSchema>,
    ) -> Result<(Option<Row>, Option<Row>), storage::Error> {
        let known = self.changes.get(&table.id).is_some_and(|(known, _)| known == table);
        if !known {
            let period = Period { first: event, last: self.last };
            let columns = match self.columns {
                ImageColumns::All => Arc::clone(table),
                ImageColumns::Key => Arc::new(key_columns(table)),
            };
            let changes: RowChangeStream = Box::new(self.database.changes(&columns, period, None)?);
            self.changes.insert(table.id, (Arc::clone(table), changes));
        }
        let Some((_, changes)) = self.changes.get_mut(&table.id) else { return Ok((None, None)) };
        for change in changes {
            let change = change?;
            if change.event >= event {
                return Ok((change.old, change.new));
            }
        }
        Ok((None, None))
    }

    /// The values of the key by which the row was found that an event updated; none where it did not
    /// or has no key.
    ///
    /// # Errors
    /// `corrupt` where the log is damaged there, `io` where it cannot be read.
    pub fn key_of(&mut self, event: &Event) -> Result<Row, storage::Error> {
        match event.operation.row() {
            Some(RowOperation { table, images: RowImages::Update(_), .. })
                if table.primary_key().is_some() =>
            {
                Ok(self.of(event.id, table)?.0.unwrap_or_default())
            }
            Some(_) | None => Ok(Vec::new()),
        }
    }
}

/// A table as if it had its key and nothing else.
fn key_columns(table: &TableSchema) -> TableSchema {
    let places = table.primary_key().map_or(&[][..], |key| &key.columns);
    let columns = places.iter().filter_map(|at| table.columns.get(*at).cloned()).collect();
    TableSchema { columns, ..table.clone() }
}

/// The values of a table's key in a row of it; none where it has no key.
pub(super) fn key_in(table: &TableSchema, row: &[Value]) -> Row {
    let places = table.primary_key().map_or(&[][..], |key| &key.columns);
    places.iter().filter_map(|at| row.get(*at).cloned()).collect()
}
