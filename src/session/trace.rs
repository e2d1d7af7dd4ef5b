//! What a write made of it: its events one by one, for whoever wants to watch.

use super::replay::what;
use super::{Error, Session};
use crate::storage::{Event, Operation};
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
    let changes = match operation {
        Operation::Insert { table, new, .. } => table
            .columns
            .iter()
            .zip(new)
            .map(|(column, new)| change(&column.name, None, Some(new)))
            .collect(),
        Operation::Delete { table, old, .. } => table
            .columns
            .iter()
            .zip(old)
            .map(|(column, old)| change(&column.name, Some(old), None))
            .collect(),
        Operation::Update { table, changed, .. } => changed
            .iter()
            .map(|(at, old, new)| change(&table.columns[*at].name, Some(old), Some(new)))
            .collect(),
        _ => Vec::new(),
    };
    let row = operation.version().map(|(row, _)| row);
    Trace { event: event.id, hash, what: what(event), row, changes }
}

fn change(column: &str, old: Option<&Value>, new: Option<&Value>) -> ValueChange {
    ValueChange { column: column.to_string(), old: old.cloned(), new: new.cloned() }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
