//! The books that every event must agree with: tables, indexes, row versions.
//!
//! An append asks [`Ledger::admit`] before a line is written, and so does everyone who reads lines
//! back; so what was accepted can be read again, and a log that was not written here is refused
//! instead of misread.

use crate::storage::error::Error;
use crate::storage::event::Operation;
use crate::types::{
    DataType, EventId, KeyId, KeyKind, KeySchema, RowId, Schema, TableId, TableSchema, fold,
};
use std::collections::{HashMap, HashSet};

/// Set in a row's version when that has ended and none began.
const DELETED: u32 = 1 << 31;

/// How far beyond the rows so far a row may lie to be kept in the plain list: rows are numbered
/// densely, and one that is not must not cost memory for all those between.
const GAP: usize = 1024;

/// The newest version of every row of a table, 0 where there was none; [`DELETED`] may be set.
#[derive(Debug, Default)]
struct RowVersions {
    dense: Vec<u32>,
    sparse: HashMap<u64, u32>,
}

impl RowVersions {
    fn at(&self, row: RowId) -> u32 {
        let dense = usize::try_from(row.0).ok().and_then(|index| self.dense.get(index));
        dense.or_else(|| self.sparse.get(&row.0)).copied().unwrap_or(0)
    }

    fn set(&mut self, row: RowId, version: u32) {
        let index = usize::try_from(row.0).unwrap_or(usize::MAX);
        if index < self.dense.len() {
            self.dense[index] = version;
        } else if index - self.dense.len() < GAP && !self.sparse.contains_key(&row.0) {
            self.dense.resize(index, 0);
            self.dense.push(version);
            // A row that was far away before may lie inside now.
            if !self.sparse.is_empty() {
                let dense = &mut self.dense;
                self.sparse.retain(|row, version| {
                    let inside = usize::try_from(*row).ok().and_then(|at| dense.get_mut(at));
                    inside.map(|place| *place = *version).is_none()
                });
            }
        } else {
            self.sparse.insert(row.0, version);
        }
    }
}

/// All tables and row versions after some events.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    schema: Schema,
    rows: HashMap<TableId, RowVersions>,
    /// What the transaction under way replaced, to be put back if it fails.
    replaced: Vec<(TableId, RowId, u32)>,
    schema_before: Schema,
}

impl Ledger {
    /// The tables after the events admitted.
    pub(crate) fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The number of a row's newest version, counting its deletion as one; `None` where there never
    /// was such a row.
    pub(crate) fn row_version(&self, table: TableId, row: RowId) -> Option<u32> {
        let version = self.rows.get(&table)?.at(row) & !DELETED;
        (version > 0).then_some(version)
    }

    /// Makes what was admitted since the last time final.
    pub(crate) fn commit(&mut self) {
        self.replaced.clear();
        if self.schema_before.version != self.schema.version {
            self.schema_before = self.schema.clone();
        }
    }

    /// Forgets what was admitted since the last [`Ledger::commit`].
    pub(crate) fn roll_back(&mut self) {
        while let Some((table, row, version)) = self.replaced.pop() {
            if let Some(rows) = self.rows.get_mut(&table) {
                rows.set(row, version);
            }
        }
        self.schema = self.schema_before.clone();
    }

    /// Enters an event, if it can follow what was entered so far.
    pub(crate) fn admit(&mut self, event: EventId, operation: &Operation) -> Result<(), Error> {
        match operation {
            Operation::Insert { table, row, .. } => self.advance(table, *row, 1, false),
            Operation::Update { table, row, rev, changed } => {
                if changed.is_empty() {
                    return Err(Error::invalid("an update that changes nothing"));
                }
                self.advance(table, *row, *rev, false)
            }
            Operation::Delete { table, row, rev, .. } => self.advance(table, *row, *rev, true),
            Operation::CreateTable(_)
            | Operation::DropTable(_)
            | Operation::CreateIndex { .. }
            | Operation::DropIndex { .. } => define(&mut self.schema, event, operation),
        }
    }

    /// Ends the row's version `rev - 1` and begins `rev`, which may be that it is deleted.
    fn advance(
        &mut self,
        table: &TableSchema,
        row: RowId,
        rev: u32,
        delete: bool,
    ) -> Result<(), Error> {
        if self.schema.table(&table.name).is_none_or(|current| current.id != table.id) {
            return Err(Error::invalid(format!("there is no such table `{}` now", table.name)));
        }
        let rows = self.rows.entry(table.id).or_default();
        let found = rows.at(row);
        let follows = rev > 0 && rev < DELETED && found == rev - 1;
        if !follows {
            return Err(Error::StaleVersion {
                table: table.name.clone(),
                row,
                expected: rev.saturating_sub(1),
                found: found & !DELETED,
            });
        }
        rows.set(row, if delete { rev | DELETED } else { rev });
        self.replaced.push((table.id, row, found));
        Ok(())
    }
}

/// Applies a schema change to a schema, if it can follow from it. Row events leave it alone.
pub(crate) fn define(
    schema: &mut Schema,
    event: EventId,
    operation: &Operation,
) -> Result<(), Error> {
    let current = |table: &TableSchema| {
        let there = schema.table(&table.name).filter(|current| current.id == table.id);
        there.ok_or_else(|| Error::invalid(format!("there is no such table `{}` now", table.name)))
    };
    match operation {
        Operation::CreateTable(table) => {
            check_table(table)?;
            if schema.table(&table.name).is_some() {
                return Err(Error::invalid(format!("there is a table `{}` already", table.name)));
            }
            if **table != TableSchema::clone(table).created_by(event) {
                return Err(Error::invalid(format!("`{}` has a foreign identity", table.name)));
            }
            for key in &table.keys {
                check_index_name(schema, key)?;
            }
        }
        Operation::DropTable(table) => {
            current(table)?;
        }
        Operation::CreateIndex { table, key } => {
            check_key(current(table)?, key)?;
            check_index_name(schema, key)?;
            if key.id != (KeyId { event, ordinal: 0 }) || key.kind != KeyKind::Index {
                return Err(Error::invalid("an index with a foreign identity"));
            }
        }
        Operation::DropIndex { table, key } => {
            if !current(table)?.keys.iter().any(|k| k == key && k.kind == KeyKind::Index) {
                return Err(Error::invalid("there is no such index now"));
            }
        }
        Operation::Insert { .. } | Operation::Update { .. } | Operation::Delete { .. } => {}
    }
    operation.change_schema(schema);
    Ok(())
}

/// Refuses a second index with a name.
fn check_index_name(schema: &Schema, key: &KeySchema) -> Result<(), Error> {
    match &key.name {
        Some(name) if key.kind == KeyKind::Index && schema.index(name).is_some() => {
            Err(Error::invalid(format!("there is an index `{name}` already")))
        }
        Some(_) => Ok(()),
        None if key.kind == KeyKind::Index => Err(Error::invalid("an index without a name")),
        None => Ok(()),
    }
}

/// Refuses a definition that others would stumble over.
fn check_table(table: &TableSchema) -> Result<(), Error> {
    let mut names = HashSet::new();
    for column in &table.columns {
        if !names.insert(fold(&column.name)) {
            return Err(Error::invalid(format!("two columns are called `{}`", column.name)));
        }
        if let DataType::Decimal { precision, scale } = column.data_type
            && (!(1..=38).contains(&precision) || scale > precision)
        {
            return Err(Error::invalid(format!("{} makes no sense", column.data_type)));
        }
    }
    table.keys.iter().try_for_each(|key| check_key(table, key))?;
    let inside = |columns: &[usize]| columns.iter().all(|column| *column < table.columns.len());
    if !table.foreign_keys.iter().all(|key| inside(&key.columns)) {
        return Err(Error::invalid("a foreign key of a column that does not exist"));
    }
    Ok(())
}

fn check_key(table: &TableSchema, key: &KeySchema) -> Result<(), Error> {
    let distinct: HashSet<usize> = key.columns.iter().copied().collect();
    let sound = !key.columns.is_empty()
        && distinct.len() == key.columns.len()
        && key.columns.iter().all(|column| *column < table.columns.len());
    if sound { Ok(()) } else { Err(Error::invalid("a key of columns that do not exist")) }
}
