//! What a write made of it: its events one by one, for whoever wants to watch.

use super::replay::what;
use super::{Error, Session};
use crate::storage::{Event, RowImages, RowOperation};
use crate::types::{EventId, Period, RowId, Value};

/// One event with what it changed.
#[derive(Clone, Debug)]
pub struct Trace {
    /// Its number.
    pub event: EventId,
    /// The hash of its transaction and all before it, in hexadecimal.
    pub hash: Option<String>,
    /// What it did, in the words of the statement that does it: `UPDATE accounts`.
    pub what: String,
    /// The row it did that to.
    pub row: Option<RowId>,
    /// The columns that it changed.
    pub changes: Vec<ValueChange>,
}

/// What became of one value.
#[derive(Clone, Debug)]
pub struct ValueChange {
    /// The column's name.
    pub column: String,
    /// The value before; `None` where there was no row.
    pub old: Option<Value>,
    /// The value after; `None` where there is no row.
    pub new: Option<Value>,
}

impl Session {
    /// The events of one transaction, from its first to its last.
    pub fn traces(
        &self,
        first: EventId,
        last: EventId,
    ) -> impl Iterator<Item = Result<Trace, Error>> + use<> {
        let store = self.database.store();
        // A hash that cannot be read is not shown; the events say why, if there is a reason.
        let position = store.position_at(last).ok().flatten();
        let hash = position.map(|position| hexadecimal(&position.hash));
        let events = store.read(Period { first, last });
        events.map(move |event| Ok(trace(&event?, hash.clone())))
    }
}

fn trace(event: &Event, hash: Option<String>) -> Trace {
    let operation = &event.operation;
    let changes = operation.row().map_or_else(Vec::new, changes);
    let row = operation.row().map(|row| row.row);
    Trace { event: event.id, hash, what: what(event), row, changes }
}

/// The values that an event changed.
fn changes(row: &RowOperation) -> Vec<ValueChange> {
    let columns = &row.table.columns;
    match &row.images {
        RowImages::Insert(new) => {
            let pairs = columns.iter().zip(new);
            pairs.map(|(column, new)| change(&column.name, None, Some(new))).collect()
        }
        RowImages::Delete(old) => {
            let pairs = columns.iter().zip(old);
            pairs.map(|(column, old)| change(&column.name, Some(old), None)).collect()
        }
        RowImages::Update(changed) => changed
            .iter()
            .map(|(at, old, new)| change(&columns[*at].name, Some(old), Some(new)))
            .collect(),
    }
}

fn change(column: &str, old: Option<&Value>, new: Option<&Value>) -> ValueChange {
    ValueChange { column: column.to_string(), old: old.cloned(), new: new.cloned() }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
