//! What happened: events, and the changes they are made from.

use crate::types::{
    Column, EventId, ForeignKey, KeySchema, Row, RowId, Schema, TableSchema, Timestamp, TxId,
    Value, fold,
};
use std::sync::Arc;

/// One event of the log: one row change, one schema change or one marker.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its number, dense from 1.
    pub id: EventId,
    /// The transaction it belongs to.
    pub tx: TxId,
    /// When that transaction was committed; the same for all its events.
    pub at: Timestamp,
    /// What it did.
    pub operation: Operation,
    /// Present on the last event of its transaction.
    pub last: Option<Box<Metadata>>,
}

/// What a transaction says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The domain's name for what happened, `MoneyDeposited`.
    pub intent: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// Whatever else should be known.
    pub note: Option<String>,
    /// An identity that makes a retry idempotent.
    pub id: Option<String>,
}

/// What one event did. Row operations carry the schema that types their values.
#[derive(Clone, Debug)]
pub enum Operation {
    /// A table came to be. The identities inside are those of this event.
    CreateTable(Arc<TableSchema>),
    /// A table went, with its indexes.
    DropTable(Arc<TableSchema>),
    /// An index came to be on a table.
    CreateIndex {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The index, its identity that of this event.
        key: Box<KeySchema>,
    },
    /// An index went.
    DropIndex {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The index.
        key: Box<KeySchema>,
    },
    /// A column came to be, as the last of its table.
    AddColumn {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The column, its identity that of this event, with what the rows that are there have in it.
        column: Box<Column>,
    },
    /// A column went. No key has it.
    DropColumn {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The column's index there.
        column: usize,
    },
    /// A column got another name.
    RenameColumn {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The column's index.
        column: usize,
        /// Its name from now on.
        name: String,
    },
    /// A table got another name.
    RenameTable {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// Its name from now on.
        name: String,
    },
    /// A moment got a name.
    Tag {
        /// The name, which no other moment has.
        name: String,
        /// The moment: after this event, which is earlier than the tag's own.
        at: EventId,
    },
    /// Everything before this event is kept whole under a number.
    Snapshot {
        /// The number, higher than all before.
        id: u64,
        /// A name, which need not be the only one.
        name: Option<String>,
    },
    /// A row's first version began.
    Insert {
        /// The table.
        table: Arc<TableSchema>,
        /// The row's new identity.
        row: RowId,
        /// The whole row.
        new: Row,
    },
    /// A row's version ended and the next began.
    Update {
        /// The table.
        table: Arc<TableSchema>,
        /// The row.
        row: RowId,
        /// The number of the version that begins, counted from 1.
        rev: u32,
        /// The columns that changed, by index, with the value before and after; never empty.
        changed: Vec<(usize, Value, Value)>,
    },
    /// A row's last version ended.
    Delete {
        /// The table.
        table: Arc<TableSchema>,
        /// The row.
        row: RowId,
        /// The number of the version that ended, counted from 1, plus one.
        rev: u32,
        /// The whole row as it was.
        old: Row,
    },
}

// A transaction has as many as the rows it changes: what is rare in one is boxed.
const _: () = assert!(size_of::<Operation>() == 48 && size_of::<Event>() == 80);

impl Operation {
    /// The word of the log's `op` field.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::CreateTable(_) => "create_table",
            Operation::DropTable(_) => "drop_table",
            Operation::CreateIndex { .. } => "create_index",
            Operation::DropIndex { .. } => "drop_index",
            Operation::AddColumn { .. } => "add_column",
            Operation::DropColumn { .. } => "drop_column",
            Operation::RenameColumn { .. } => "rename_column",
            Operation::RenameTable { .. } => "rename_table",
            Operation::Tag { .. } => "tag",
            Operation::Snapshot { .. } => "snapshot",
            Operation::Insert { .. } => "insert",
            Operation::Update { .. } => "update",
            Operation::Delete { .. } => "delete",
        }
    }

    /// What it makes of the schema before it: the one place that knows. Row operations and markers
    /// leave it.
    pub fn change_schema(&self, schema: &mut Schema) {
        let edited = |table: &Arc<TableSchema>, edit: &dyn Fn(&mut TableSchema)| {
            let mut after = TableSchema::clone(table);
            edit(&mut after);
            Arc::new(after)
        };
        match self {
            Operation::CreateTable(table) => schema.put(Arc::clone(table)),
            Operation::DropTable(table) => {
                schema.remove(&table.name);
            }
            Operation::CreateIndex { table, key } => {
                schema.put(edited(table, &|after| after.keys.push(KeySchema::clone(key))));
            }
            Operation::DropIndex { table, key } => {
                let id = key.id;
                schema.put(edited(table, &|after| after.keys.retain(|other| other.id != id)));
            }
            Operation::AddColumn { table, column } => {
                schema.put(edited(table, &|after| after.columns.push(Column::clone(column))));
            }
            Operation::DropColumn { table, column } => {
                schema.put(edited(table, &|after| after.remove_column(*column)));
            }
            Operation::RenameColumn { table, column, name } => {
                schema.put(edited(table, &|after| {
                    if let Some(column) = after.columns.get_mut(*column) {
                        column.name.clone_from(name);
                    }
                }));
                if let Some(column) = table.columns.get(*column) {
                    rename_in_references(schema, &table.name, |key| {
                        let same = |other: &&mut String| fold(other) == fold(&column.name);
                        let named = key.referenced.iter_mut().filter(same);
                        named.for_each(|other| other.clone_from(name));
                    });
                }
            }
            Operation::RenameTable { table, name } => {
                schema.remove(&table.name);
                schema.put(edited(table, &|after| after.name.clone_from(name)));
                rename_in_references(schema, &table.name, |key| key.references.clone_from(name));
            }
            Operation::Tag { .. }
            | Operation::Snapshot { .. }
            | Operation::Insert { .. }
            | Operation::Update { .. }
            | Operation::Delete { .. } => return,
        }
        schema.version += 1;
    }

    /// The row that the event is about.
    pub fn row(&self) -> Option<RowId> {
        match self {
            Operation::Insert { row, .. }
            | Operation::Update { row, .. }
            | Operation::Delete { row, .. } => Some(*row),
            _ => None,
        }
    }

    /// The table that the event is about; none for a marker.
    pub fn table(&self) -> Option<&Arc<TableSchema>> {
        match self {
            Operation::CreateTable(table) | Operation::DropTable(table) => Some(table),
            Operation::CreateIndex { table, .. }
            | Operation::DropIndex { table, .. }
            | Operation::AddColumn { table, .. }
            | Operation::DropColumn { table, .. }
            | Operation::RenameColumn { table, .. }
            | Operation::RenameTable { table, .. }
            | Operation::Insert { table, .. }
            | Operation::Update { table, .. }
            | Operation::Delete { table, .. } => Some(table),
            Operation::Tag { .. } | Operation::Snapshot { .. } => None,
        }
    }
}

/// Edits the foreign keys of all tables that refer to the table of this name.
fn rename_in_references(schema: &mut Schema, table: &str, edit: impl Fn(&mut ForeignKey)) {
    let refers = |key: &ForeignKey| fold(&key.references) == fold(table);
    let referring = schema.tables().filter(|other| other.foreign_keys.iter().any(refers));
    let referring: Vec<TableSchema> = referring.map(|other| TableSchema::clone(other)).collect();
    for mut other in referring {
        other.foreign_keys.iter_mut().filter(|key| refers(key)).for_each(&edit);
        schema.put(Arc::new(other));
    }
}

/// What a statement wants done: an [`Operation`] before it has its numbers.
#[derive(Clone, Debug)]
pub enum Change {
    /// Create this table; identities inside are still empty.
    CreateTable(Box<TableSchema>),
    /// Drop this table.
    DropTable(Arc<TableSchema>),
    /// Create this index on this table.
    CreateIndex {
        /// The table.
        table: Arc<TableSchema>,
        /// The index; its identity is still empty.
        key: Box<KeySchema>,
    },
    /// Drop this index of this table.
    DropIndex {
        /// The table.
        table: Arc<TableSchema>,
        /// The index.
        key: Box<KeySchema>,
    },
    /// Add this column to this table; its identity is still empty.
    AddColumn {
        /// The table.
        table: Arc<TableSchema>,
        /// The column, with what the rows that are there have in it.
        column: Box<Column>,
    },
    /// Drop a column, which no key has.
    DropColumn {
        /// The table.
        table: Arc<TableSchema>,
        /// The column's index.
        column: usize,
    },
    /// Give a column another name.
    RenameColumn {
        /// The table.
        table: Arc<TableSchema>,
        /// The column's index.
        column: usize,
        /// Its name from now on.
        name: String,
    },
    /// Give a table another name.
    RenameTable {
        /// The table.
        table: Arc<TableSchema>,
        /// Its name from now on.
        name: String,
    },
    /// Give a moment a name.
    Tag {
        /// The name.
        name: String,
        /// The moment: after this event; without one, the one before the tag's own event.
        at: Option<EventId>,
    },
    /// Insert a row: values in the table's order, of the columns' types.
    Insert {
        /// The table.
        table: Arc<TableSchema>,
        /// The whole row.
        new: Row,
    },
    /// Replace a row that is visible now. One that changes nothing makes no event.
    Update {
        /// The table.
        table: Arc<TableSchema>,
        /// The row.
        row: RowId,
        /// The whole row as it is.
        old: Row,
        /// The whole row as it shall be.
        new: Row,
    },
    /// Delete a row that is visible now.
    Delete {
        /// The table.
        table: Arc<TableSchema>,
        /// The row.
        row: RowId,
        /// The whole row as it is.
        old: Row,
    },
}
