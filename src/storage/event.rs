//! What happened: events, and the changes they are made from.

use crate::types::{EventId, KeySchema, Row, RowId, Schema, TableSchema, Timestamp, TxId, Value};
use std::sync::Arc;

/// One event of the log: one row change or one schema change.
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
    pub last: Option<Metadata>,
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
        key: KeySchema,
    },
    /// An index went.
    DropIndex {
        /// The table as it was before.
        table: Arc<TableSchema>,
        /// The index.
        key: KeySchema,
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

impl Operation {
    /// The word of the log's `op` field.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::CreateTable(_) => "create_table",
            Operation::DropTable(_) => "drop_table",
            Operation::CreateIndex { .. } => "create_index",
            Operation::DropIndex { .. } => "drop_index",
            Operation::Insert { .. } => "insert",
            Operation::Update { .. } => "update",
            Operation::Delete { .. } => "delete",
        }
    }

    /// What it makes of the schema before it: the one place that knows. Row operations leave it.
    pub fn change_schema(&self, schema: &mut Schema) {
        match self {
            Operation::CreateTable(table) => schema.put(Arc::clone(table)),
            Operation::DropTable(table) => {
                schema.remove(&table.name);
            }
            Operation::CreateIndex { table, key } => {
                let mut after = TableSchema::clone(table);
                after.keys.push(key.clone());
                schema.put(Arc::new(after));
            }
            Operation::DropIndex { table, key } => {
                let mut after = TableSchema::clone(table);
                after.keys.retain(|other| other.id != key.id);
                schema.put(Arc::new(after));
            }
            Operation::Insert { .. } | Operation::Update { .. } | Operation::Delete { .. } => {
                return;
            }
        }
        schema.version += 1;
    }

    /// The row that the event is about.
    pub fn row(&self) -> Option<RowId> {
        match self {
            Operation::Insert { row, .. }
            | Operation::Update { row, .. }
            | Operation::Delete { row, .. } => Some(*row),
            Operation::CreateTable(_)
            | Operation::DropTable(_)
            | Operation::CreateIndex { .. }
            | Operation::DropIndex { .. } => None,
        }
    }

    /// The table that the event is about.
    pub fn table(&self) -> &Arc<TableSchema> {
        match self {
            Operation::CreateTable(table) | Operation::DropTable(table) => table,
            Operation::CreateIndex { table, .. }
            | Operation::DropIndex { table, .. }
            | Operation::Insert { table, .. }
            | Operation::Update { table, .. }
            | Operation::Delete { table, .. } => table,
        }
    }
}

/// What a statement wants done: an [`Operation`] before it has its numbers.
#[derive(Clone, Debug)]
pub enum Change {
    /// Create this table; identities inside are still empty.
    CreateTable(TableSchema),
    /// Drop this table.
    DropTable(Arc<TableSchema>),
    /// Create this index on this table.
    CreateIndex {
        /// The table.
        table: Arc<TableSchema>,
        /// The index; its identity is still empty.
        key: KeySchema,
    },
    /// Drop this index of this table.
    DropIndex {
        /// The table.
        table: Arc<TableSchema>,
        /// The index.
        key: KeySchema,
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
