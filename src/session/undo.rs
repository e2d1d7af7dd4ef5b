//! Taking the last transaction back.

use super::outcome::{Outcome, Receipt};
use super::relations::{Difference, RowDifference, Side};
use super::{Error, Session};
use crate::executor;
use crate::language::ast::Identifier;
use crate::planner::{column_definition, create_index};
use crate::storage::{About, Change, Metadata, Operation, RowOperation, SchemaChange};
use crate::types::{EventId, Period, TableSchema, Timestamp, TxId};
use std::sync::Arc;

impl Session {
    /// Takes the last transaction back, in a new one that says so.
    ///
    /// # Errors
    /// Where there is none, it did more than change rows, or nothing can be written.
    pub fn undo(&mut self) -> Result<Outcome, Error> {
        self.check_present()?;
        if self.transaction.is_some() {
            return Err(super::already_open());
        }
        let mut fork = self.database.begin()?;
        let (tx, Period { first, last }, tables) = self.last_change(fork.base())?;
        // Nothing in it asks for the time.
        let context = self.context(Timestamp(0), Arc::new([]));
        let mut changes = Vec::new();
        for table in tables {
            let side = |event| Side { table: Some(Arc::clone(&table)), event };
            // From what the transaction left to what it found.
            let back = Difference::new(&self.database, side(last), side(first.before()));
            for difference in back.rows(&context)? {
                let Some(RowDifference { row, old, new }) = difference? else { continue };
                let table = Arc::clone(&table);
                changes.extend(match (old, new) {
                    (Some(old), None) => Some(Change::Delete { table, row, old }),
                    (None, Some(new)) => Some(Change::Insert { table, row: None, new }),
                    (Some(old), Some(new)) => Some(Change::Update { table, row, old, new }),
                    (None, None) => None,
                });
            }
        }
        let rows = changes.len();
        let events = fork.record(changes)?;
        let note = Some(format!("takes back transaction {tx}"));
        let metadata = Metadata { intent: Some("Undo".into()), note, ..Metadata::default() };
        let committed = self.database.commit(fork, metadata)?;
        let committed = committed.map(|committed| (committed.first, committed.last));
        let name = format!("transaction {tx}");
        Ok(Outcome::Changed(Receipt { verb: "UNDO", name, rows, events, committed }))
    }

    /// The last transaction up to an event that changed rows, with its events and their tables. Tags and
    /// snapshots behind it changed nothing.
    fn last_change(&self, head: EventId) -> Result<(TxId, Period, Vec<Arc<TableSchema>>), Error> {
        let mut head = head;
        loop {
            let about = self.database.store().about(head)?;
            let Some(About { tx, first, last, .. }) = about.as_deref().cloned() else {
                return Err(executor::Error::failed("undo", "there is nothing to take back").into());
            };
            let mut tables: Vec<Arc<TableSchema>> = Vec::new();
            for event in self.database.store().read(Period { first, last }) {
                let event = event?;
                match &event.operation {
                    Operation::Row(RowOperation { table, .. }) => {
                        if tables.iter().all(|known| known.id != table.id) {
                            tables.push(Arc::clone(table));
                        }
                    }
                    Operation::Schema(change) => return Err(not_undone(change, event.id)),
                    Operation::Marker(_) => {}
                }
            }
            if !tables.is_empty() {
                return Ok((tx, Period { first, last }, tables));
            }
            head = EventId(first.0.saturating_sub(1));
        }
    }
}

/// Why a transaction with this change of the tables is not taken back.
fn not_undone(change: &SchemaChange, event: EventId) -> Error {
    let table = change.table();
    let name = Identifier::of(&table.name);
    let column = |at: usize| table.columns.get(at).map_or("?", |column| column.name.as_str());
    let way_out = match change {
        SchemaChange::CreateTable(_) => format!("DROP TABLE {name} drops it; AS OF still reads it"),
        SchemaChange::DropTable(_) => format!(
            "once it is created again, INSERT INTO {name} SELECT * FROM {name} BEFORE EVENT {event} \
             brings its rows back"
        ),
        SchemaChange::CreateIndex { key, .. } => {
            format!("DROP INDEX {}", Identifier::of(key.name.as_deref().unwrap_or_default()))
        }
        SchemaChange::DropIndex { table, key } => create_index(table, key),
        SchemaChange::AddColumn { column, .. } => {
            format!("ALTER TABLE {name} DROP COLUMN {}", Identifier::of(&column.name))
        }
        SchemaChange::DropColumn { table, column } => {
            let column = table.columns.get(*column).map(column_definition).unwrap_or_default();
            format!("ALTER TABLE {name} ADD COLUMN {column}; BEFORE EVENT {event} has what it held")
        }
        SchemaChange::RenameColumn { column: at, name: new, .. } => {
            let (old, new) = (Identifier::of(column(*at)), Identifier::of(new));
            format!("ALTER TABLE {name} RENAME COLUMN {new} TO {old}")
        }
        SchemaChange::RenameTable { name: new, .. } => {
            format!("ALTER TABLE {} RENAME TO {name}", Identifier::of(new))
        }
    };
    let message = "the last transaction changed the tables";
    executor::Error::Failed {
        code: "undo",
        message: format!("{message} (event {event}) and is not taken back"),
        help: Some(way_out),
    }
    .into()
}
