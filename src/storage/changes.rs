//! Every change of a table's rows in order of events.

use super::{Database, Error, Operation};
use crate::types::{EventId, Period, Row, RowId, TableSchema};
use std::collections::HashMap;
use std::sync::Arc;

/// One change of a row.
#[derive(Clone, Debug)]
pub struct RowChange {
    /// The event.
    pub event: EventId,
    /// The row.
    pub row: RowId,
    /// Its version that began, or that would follow.
    pub rev: u32,
    /// The whole row before.
    pub old: Option<Row>,
    /// The whole row after.
    pub new: Option<Row>,
}

impl Database {
    /// The changes of a table's rows in a period.
    ///
    /// # Errors
    /// Of reading the log.
    pub fn changes(
        &self,
        table: &Arc<TableSchema>,
        period: Period,
    ) -> Result<impl Iterator<Item = Result<RowChange, Error>> + Send + use<>, Error> {
        let id = table.id;
        let mut rows: HashMap<RowId, Row> = HashMap::new();
        let mut change = move |event: super::Event| -> Option<RowChange> {
            if event.operation.table().is_none_or(|table| table.id != id) {
                return None;
            }
            let (row, rev) = event.operation.version()?;
            let (old, new) = match event.operation {
                Operation::Insert { new, .. } => (None, Some(new)),
                Operation::Delete { old, .. } => (Some(old), None),
                Operation::Update { changed, .. } => {
                    let old = rows.get(&row)?.clone();
                    let mut new = old.clone();
                    for (at, _, value) in changed {
                        new[at] = value;
                    }
                    (Some(old), Some(new))
                }
                _ => return None,
            };
            match &new {
                Some(new) => rows.insert(row, new.clone()),
                None => rows.remove(&row),
            };
            Some(RowChange { event: event.id, row, rev, old, new })
        };
        let all = Period { first: id.0, last: period.last };
        let changes = self.store().read(all).map(move |event| event.map(&mut change));
        Ok(changes.filter_map(Result::transpose).filter(move |change| {
            change.as_ref().is_ok_and(|change| change.event >= period.first) || change.is_err()
        }))
    }
}
