//! Taking the last transaction back.

use super::outcome::{Outcome, Receipt};
use super::relations::{Difference, DifferenceSide, RowDifference};
use super::{Error, Session, already_open};
use crate::executor::{self, CheckedConstraints};
use crate::language::ast::{Annotations, Identifier};
use crate::planner::{column_definition, create_index, reverse_alteration};
use crate::storage::{
    Change, Event, Marker, Operation, RowImages, RowOperation, SchemaChange, TransactionInfo,
    definition_changes,
};
use crate::types::{
    Definition, DefinitionKind, EventId, Period, RowId, Schema, TableId, TableSchema, Timestamp,
    TxId,
};
use std::collections::HashMap;
use std::sync::Arc;

/// A transaction that changed something, as far as it can be taken back.
struct RevertibleTransaction {
    tx: TxId,
    period: Period,
    /// The transactions that it took back itself.
    reverts: Vec<TxId>,
    /// How many of its events did what to which table, in the order in which it came to them.
    done: Vec<(&'static str, Arc<TableSchema>, usize)>,
    /// The counters that it set, with what they were before.
    counters: Vec<(Arc<TableSchema>, i64)>,
    /// The rows that it deleted for good: by which event, and the number that the deletion counted as.
    deleted: HashMap<(TableId, RowId), (EventId, u32)>,
    /// The tables that it dropped, and by which events.
    dropped: Vec<(TableId, EventId)>,
    /// The tables that it created and did not drop.
    created: Vec<TableId>,
    /// The tables that it created and dropped.
    passing: Vec<TableId>,
    /// The views and triggers that it created, dropped or replaced, each once.
    definitions: Vec<(DefinitionKind, String)>,
}

impl Session {
    /// Takes the last transaction that changed something back, in a new one that says so and what it is
    /// annotated with. A table that it dropped comes back as itself, one that it created is dropped.
    ///
    /// # Errors
    /// `undo` where there is none, or it changed how a table is defined; `transaction` where one is open,
    /// `past` where the session is there; `read-only`, `damaged` and `poisoned` where nothing can be written.
    pub fn undo(&mut self, annotations: &Annotations) -> Result<Outcome, Error> {
        self.check_changeable()?;
        if self.transaction.is_some() {
            return Err(already_open());
        }
        let mut fork = self.database.begin()?;
        let undone = self.last_change(fork.base())?;
        // Nothing in it asks for the time.
        let context = self.context(Timestamp(0), Arc::default());
        let mut changes = self.tables_back(&undone, fork.view().schema())?;
        let mut rows =
            changes.iter().filter(|change| matches!(change, Change::Restore { .. })).count();
        let stays = |table: &Arc<TableSchema>| !undone.is_of_tables(table.id);
        for (table, last) in undone.counters.iter().filter(|(table, _)| stays(table)) {
            changes.push(Change::Counter { table: Arc::clone(table), last: *last });
        }
        for table in undone.tables().filter(|table| stays(table)) {
            let side = |event| DifferenceSide { table: Some(Arc::clone(table)), event };
            let Period { first, last } = undone.period;
            // From what the transaction left to what it found.
            let back = Difference::new(&self.database, side(last), side(first.before()));
            for difference in back.rows(&context)? {
                let Some(difference) = difference? else { continue };
                changes.extend(undone.reversed(Arc::clone(table), difference));
                rows += 1;
            }
        }
        let events = fork.record(changes)?;
        if self.foreign_keys {
            executor::check_foreign_keys(&fork, 0, CheckedConstraints::All)?;
        }
        let mut state = self.state(annotations);
        state.takes_back(undone.tx);
        state.note(".undo", &self.parameters);
        let committed = self.database.commit(fork, state.finish())?;
        let committed = committed.map(|committed| (committed.first, committed.last));
        Ok(Outcome::Changed(Receipt {
            verb: "UNDO",
            name: undone.name().into(),
            rows,
            events,
            committed,
        }))
    }

    /// The changes that drop the tables that a transaction created, and bring back those that it
    /// dropped; and those that make the views and triggers what they were before it.
    fn tables_back(
        &self,
        undone: &RevertibleTransaction,
        now: &Schema,
    ) -> Result<Vec<Change>, Error> {
        let mut changes = Vec::new();
        for table in now.tables().filter(|table| undone.created.contains(&table.id)) {
            changes.push(Change::Schema(SchemaChange::DropTable(Arc::clone(table))));
        }
        let before = undone.period.first.before();
        for (_, event) in &undone.dropped {
            changes.extend(self.database.restored_table(*event, before)?);
        }
        if !undone.definitions.is_empty() {
            let before = self.database.view(Period::at(before))?;
            let back = definition_changes(now, before.schema()).into_iter();
            let back =
                back.filter(|change| change.definition().is_some_and(|of| undone.defined(of)));
            changes.extend(back.map(Change::Schema));
        }
        Ok(changes)
    }

    /// The last transaction up to an event that changed something. Tags, snapshots and what only has an
    /// identity changed nothing.
    fn last_change(&self, head: EventId) -> Result<RevertibleTransaction, Error> {
        let mut head = head;
        loop {
            let about = self.database.store().transaction_info(head)?;
            let Some(TransactionInfo { tx, first, last, metadata, .. }) = about.as_deref().cloned()
            else {
                return Err(executor::Error::failed("undo", "there is nothing to take back").into());
            };
            let (period, reverts) = (Period { first, last }, metadata.reverts);
            let (done, counters, deleted) = Default::default();
            let (dropped, created, passing, definitions) = Default::default();
            let mut undone = RevertibleTransaction {
                tx,
                period,
                reverts,
                done,
                counters,
                deleted,
                dropped,
                created,
                passing,
                definitions,
            };
            for event in self.database.store().read(period) {
                undone.note(&event?)?;
            }
            if !undone.done.is_empty() || !undone.definitions.is_empty() {
                return Ok(undone);
            }
            head = EventId(first.0.saturating_sub(1));
        }
    }
}

impl RevertibleTransaction {
    /// Takes note of an event; an error where it cannot be taken back.
    fn note(&mut self, event: &Event) -> Result<(), Error> {
        let (verb, table) = match &event.operation {
            Operation::Row(RowOperation { table, row, rev, images }) => match images {
                RowImages::Insert { .. } => {
                    self.deleted.remove(&(table.id, *row));
                    ("INSERT", table)
                }
                RowImages::Update(_) => ("UPDATE", table),
                RowImages::Delete(_) => {
                    self.deleted.insert((table.id, *row), (event.id, *rev));
                    ("DELETE", table)
                }
            },
            Operation::Marker(Marker::Counter { table, old, .. }) => {
                // The first that it was set from is what it was before.
                if self.counters.iter().all(|(known, _)| known.id != table.id) {
                    self.counters.push((Arc::clone(table), *old));
                }
                ("COUNTER", table)
            }
            Operation::Schema(change) => {
                let Some(table) = change.table() else {
                    self.definitions
                        .extend(change.definition().map(|of| (of.kind, of.name.clone())));
                    return Ok(());
                };
                let Some(verb) = self.note_tables(change, table.id, event.id)? else {
                    return Ok(());
                };
                (verb, table)
            }
            Operation::Marker(
                Marker::Tag { .. } | Marker::Snapshot { .. } | Marker::Transaction,
            ) => return Ok(()),
        };
        let is_same = |(known, of, _): &&mut (&str, Arc<TableSchema>, usize)| {
            *known == verb && of.id == table.id
        };
        match self.done.iter_mut().find(is_same) {
            Some((_, _, count)) => *count += 1,
            None => self.done.push((verb, Arc::clone(table), 1)),
        }
        Ok(())
    }

    /// Takes note of a change of the tables: the word for it, or `None` where it goes with a table that
    /// was created before it.
    fn note_tables(
        &mut self,
        change: &SchemaChange,
        table: TableId,
        event: EventId,
    ) -> Result<Option<&'static str>, Error> {
        let was_created = self.created.contains(&table);
        match change {
            SchemaChange::CreateTable(_) => self.created.push(table),
            SchemaChange::RestoreTable { .. } if !self.is_of_tables(table) => {
                self.created.push(table);
            }
            SchemaChange::DropTable(_) if was_created => {
                self.created.retain(|created| *created != table);
                self.passing.push(table);
                return Ok(None);
            }
            SchemaChange::DropTable(_) => {
                self.dropped.push((table, event));
                return Ok(Some("DROP TABLE"));
            }
            SchemaChange::CreateIndex { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::AddColumn { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. }
                if was_created =>
            {
                return Ok(None);
            }
            SchemaChange::RestoreTable { .. }
            | SchemaChange::CreateIndex { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::AddColumn { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::AlterConstraint { .. }
            | SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => return Err(not_undone(change, event)),
        }
        Ok(Some("CREATE TABLE"))
    }

    /// Whether it dropped or created a table.
    fn is_of_tables(&self, table: TableId) -> bool {
        let dropped = self.dropped.iter().map(|(dropped, _)| dropped);
        self.created.iter().chain(&self.passing).chain(dropped).any(|of| *of == table)
    }

    /// Whether it created, dropped or replaced this view or trigger.
    fn defined(&self, definition: &Definition) -> bool {
        self.definitions.iter().any(|(kind, name)| {
            *kind == definition.kind && name.eq_ignore_ascii_case(&definition.name)
        })
    }

    /// The tables whose rows it changed, each once.
    fn tables(&self) -> impl Iterator<Item = &Arc<TableSchema>> {
        let done = self.done.iter().enumerate();
        done.filter(|(at, (_, table, _))| {
            self.done[..*at].iter().all(|(_, before, _)| before.id != table.id)
        })
        .map(|(_, (_, table, _))| table)
    }

    /// The change that leads a row from what the transaction left to what it found.
    fn reversed(&self, table: Arc<TableSchema>, difference: RowDifference) -> Option<Change> {
        let RowDifference { row, old, new } = difference;
        Some(match (old, new) {
            (Some(old), None) => Change::Delete { table, row, old },
            // The row comes back as itself: its deletion counted as a version.
            (None, Some(new)) => {
                let (prev, rev) = self.deleted.get(&(table.id, row)).copied()?;
                Change::Restore { table, row, rev: rev.saturating_add(1), prev, new }
            }
            (Some(old), Some(new)) => Change::Update { table, row, old, new },
            (None, None) => return None,
        })
    }

    /// What a receipt says: `transaction 12, INSERT accounts (2 rows)`, or of an undo
    /// `transaction 12 (undoes the undo of transaction 11), DELETE accounts (2 rows)`.
    fn name(&self) -> String {
        let mut name = format!("transaction {}", self.tx);
        if !self.reverts.is_empty() {
            let reverts: Vec<String> = self.reverts.iter().map(ToString::to_string).collect();
            name.push_str(&format!(" (undoes the undo of transaction {})", reverts.join(" and ")));
        }
        for (verb, table, count) in &self.done {
            let plural = if *count == 1 { "" } else { "s" };
            name.push_str(&match *verb {
                "COUNTER" | "CREATE TABLE" | "DROP TABLE" => format!(", {verb} {}", table.name),
                _ => format!(", {verb} {} ({count} row{plural})", table.name),
            });
        }
        let mut definitions = self.definitions.clone();
        definitions.sort();
        definitions.dedup();
        for (kind, of) in definitions {
            name.push_str(&format!(", {} {of}", kind.keyword()));
        }
        name
    }
}

/// Why a transaction with this change of the tables is not taken back.
fn not_undone(change: &SchemaChange, event: EventId) -> Error {
    let name = Identifier::of(change.table_name());
    let column = |at: usize| {
        let column = change.table().and_then(|table| table.columns.get(at));
        column.map_or("?", |column| column.name.as_str())
    };
    let way_out = match change {
        SchemaChange::CreateTable(_)
        | SchemaChange::DropTable(_)
        | SchemaChange::RestoreTable { .. } => {
            format!("DROP TABLE {name} drops it; AS OF still reads it")
        }
        SchemaChange::CreateIndex { key, .. } => {
            format!("DROP INDEX {}", Identifier::of(key.name.as_deref().unwrap_or_default()))
        }
        SchemaChange::DropIndex { table, key } => create_index(table, key),
        SchemaChange::AddColumn { column, .. } => {
            format!("ALTER TABLE {name} DROP COLUMN {}", Identifier::of(column.name.clone()))
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
        SchemaChange::AlterConstraint { table, edit, .. } => reverse_alteration(table, edit),
        SchemaChange::CreateDefinition(of)
        | SchemaChange::DropDefinition(of)
        | SchemaChange::ReplaceDefinition { old: of, .. } => of.sql.clone(),
    };
    let message = "the last transaction changed the tables";
    executor::Error::Failed {
        code: "undo",
        message: format!("{message} (event {event}) and is not taken back"),
        help: Some(way_out),
    }
    .into()
}
