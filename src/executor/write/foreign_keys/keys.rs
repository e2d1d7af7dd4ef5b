//! Both sides of a foreign key: the key that it refers to, the rows that were touched, and the rows that
//! refer.

use super::super::super::Error;
use crate::storage::{
    Fork, LocatedVersion, Operation, RowBatch, RowImages, RowOperation, TableView, View,
};
use crate::types::column::value_at;
use crate::types::{
    Collation, ForeignKey, KeyPart, KeySchema, KeySource, Row, RowId, Schema, TableId, TableSchema,
    Value, key,
};
use std::collections::HashMap;
use std::sync::Arc;

/// What a foreign key refers to, as it is now.
pub(super) struct Referenced {
    pub table: Arc<TableSchema>,
    pub key: KeySchema,
    /// The columns referred to, in the order of those that refer.
    pub columns: Vec<usize>,
}

impl Referenced {
    /// Finds it.
    ///
    /// # Errors
    /// `foreign-key-mismatch` where there is no such table, or the columns are no unique key of it.
    pub fn of(
        schema: &Schema,
        child: &TableSchema,
        constraint: &ForeignKey,
    ) -> Result<Referenced, Error> {
        let mismatch = |message: String, help: String| Error::Failed {
            code: "foreign-key-mismatch",
            message: format!("{} refers to {message}", child.name),
            help: Some(help),
        };
        let name = &constraint.references;
        let Some(table) = schema.home(child.id).table(name) else {
            let message = format!("\"{name}\", and there is no such table");
            return Err(mismatch(message, "CREATE TABLE makes it".to_owned()));
        };
        let columns = referenced_columns(table, constraint);
        // A partial index, or one in which other texts are equal than in its columns, is none.
        let is_of = |columns: &[usize], key: &KeySchema| {
            key.columns.len() == columns.len()
                && key.columns.iter().all(|column| columns.contains(column))
                && is_plain(table, key)
        };
        let key = columns.as_ref().and_then(|columns| match constraint.referenced.as_slice() {
            // Which key is meant is known, as in SQLite also where it compares in another way.
            [] => table.primary_key(),
            _ => table.keys.iter().find(|key| key.unique && is_of(columns, key)),
        });
        match (columns, key) {
            (Some(columns), Some(key)) => {
                Ok(Referenced { table: Arc::clone(table), key: key.clone(), columns })
            }
            (_, _) => {
                let columns = match constraint.referenced.as_slice() {
                    [] => "its primary key".to_owned(),
                    named => named.join(", "),
                };
                let message = format!(
                    "{columns} of {}, which is no unique key of as many columns",
                    table.name
                );
                let help = "a PRIMARY KEY, UNIQUE or a unique index over these columns makes one";
                Err(mismatch(message, help.to_owned()))
            }
        }
    }

    /// Values of referring columns as the columns referred to hold them; `None` where one is NULL, which
    /// refers to nothing, or `Some(None)` where no row can have them.
    #[expect(clippy::option_option, reason = "what refers to nothing is not what finds nothing")]
    pub fn converted(&self, values: &[Value]) -> Option<Option<Vec<Value>>> {
        if values.iter().any(Value::is_null) {
            return None;
        }
        let pairs = values.iter().zip(&self.columns);
        let converted =
            pairs.map(|(value, at)| self.table.columns[*at].data_type.accept(value.clone()));
        Some(converted.collect::<Result<Vec<Value>, _>>().ok())
    }

    /// Whether values of referring columns refer to a row that is not there; NULL refers to none.
    pub fn is_lost(&self, view: &View, own: &[Value]) -> bool {
        let converted = self.converted(own);
        converted.is_some_and(|converted| !converted.is_some_and(|v| self.exists(view, &v)))
    }

    /// The same of a row that was written. As in SQLite, a row of the table itself finds itself only by
    /// the values that it holds: nothing is converted, and texts are equal letter by letter. A number
    /// of the row is what the values become.
    pub fn is_lost_to(
        &self,
        view: &View,
        (child, row): (&TableSchema, RowId),
        (own, values): (&[Value], &Row),
    ) -> bool {
        let is_number = self.table.integer_primary_key().is_some_and(|at| self.columns == [at]);
        let holds = || key::encode(own) == key::encode(&values_of(values, &self.columns));
        if child.id != self.table.id || is_number || holds() {
            return self.is_lost(view, own);
        }
        let found = |values: Vec<Value>| self.found(view, &values).iter().any(|at| at.row() != row);
        self.converted(own).is_some_and(|converted| !converted.is_some_and(found))
    }

    /// Whether a row has these values, which are of the columns' types.
    pub fn exists(&self, view: &View, values: &[Value]) -> bool {
        !self.found(view, values).is_empty()
    }

    /// The rows that have these values.
    fn found(&self, view: &View, values: &[Value]) -> Vec<LocatedVersion> {
        let of_key = |column: &usize| {
            let at = self.columns.iter().position(|other| other == column).unwrap_or(0);
            values[at].clone()
        };
        let in_order: Vec<Value> = self.key.columns.iter().map(of_key).collect();
        view.table(&self.table).find(self.key.id, &in_order).unwrap_or_default()
    }
}

/// The columns of a table that a foreign key refers to, in the order of those that refer; `None` where they
/// are not there, or not as many.
pub(super) fn referenced_columns(
    table: &TableSchema,
    constraint: &ForeignKey,
) -> Option<Vec<usize>> {
    let columns: Option<Vec<usize>> = match constraint.referenced.as_slice() {
        [] => table.primary_key().map(|key| key.columns.clone()),
        named => named.iter().map(|column| table.column(column)).collect(),
    };
    columns.filter(|columns| columns.len() == constraint.columns.len())
}

/// Whether a key is its columns as they are, about all rows.
fn is_plain(table: &TableSchema, key: &KeySchema) -> bool {
    let of_column = |part: &KeyPart| match part.source {
        KeySource::Column(at) => part.collation == table.columns[at].collation,
        KeySource::Expression(_) => false,
    };
    key.condition.is_none() && key.parts(table).iter().all(of_column)
}

/// What an operation did to a row, told in the columns that its table has now.
pub(super) struct TouchedRow {
    /// Which operation of the fork it is.
    pub operation: usize,
    pub row: RowId,
    pub old: Option<Row>,
    pub new: Option<Row>,
}

/// What was done to the rows of one table.
pub(super) struct TouchedTable {
    /// The table as it is now, or as it was before it was dropped.
    pub table: Arc<TableSchema>,
    /// In the order of the operations, the last first.
    pub rows: Vec<TouchedRow>,
}

impl TouchedTable {
    /// Whether one of the rows went.
    pub fn has_gone(&self) -> bool {
        self.rows.iter().any(|row| row.new.is_none())
    }
}

/// What the operations of a fork from one on did to the rows of tables that are wanted.
///
/// Operations tell what changed. Walking back from what is there now gives the whole rows.
pub(super) fn touched(
    fork: &Fork,
    view: &View,
    first: usize,
    is_wanted: impl Fn(&TableSchema) -> bool,
) -> Result<Vec<TouchedTable>, Error> {
    let mut tables: Vec<TouchedTable> = Vec::new();
    let mut places: HashMap<TableId, Option<usize>> = HashMap::new();
    let mut known: HashMap<(TableId, RowId), Option<Row>> = HashMap::new();
    for (operation, recorded) in fork.operations().iter().enumerate().skip(first).rev() {
        let Operation::Row(RowOperation { table, row, images, .. }) = recorded else { continue };
        let place = *places.entry(table.id).or_insert_with(|| {
            let home = view.schema().home(table.id);
            let now = home.tables().find(|now| now.id == table.id).unwrap_or(table);
            is_wanted(now).then(|| {
                tables.push(TouchedTable { table: Arc::clone(now), rows: Vec::new() });
                tables.len() - 1
            })
        });
        let Some(place) = place else { continue };
        let now = Arc::clone(&tables[place].table);
        let after = match (known.remove(&(table.id, *row)), images) {
            (Some(after), _) => after,
            (None, RowImages::Insert { new, .. }) => Some(in_columns_of(&now, table, new)),
            (None, RowImages::Delete(_)) => None,
            (None, RowImages::Update(_)) => row_of(&view.table(&now), *row)?,
        };
        let before = match (images, &after) {
            (RowImages::Insert { .. }, _) => None,
            (RowImages::Delete(old), _) => Some(in_columns_of(&now, table, old)),
            (RowImages::Update(changed), after) => after.clone().map(|mut before| {
                for (column, old, _) in changed {
                    let id = table.columns[*column].id;
                    if let Some(at) = now.columns.iter().position(|column| column.id == id) {
                        before[at].clone_from(old);
                    }
                }
                before
            }),
        };
        known.insert((table.id, *row), before.clone());
        tables[place].rows.push(TouchedRow { operation, row: *row, old: before, new: after });
    }
    Ok(tables)
}

/// A row of a table as it was, in the columns that it has now.
fn in_columns_of(now: &TableSchema, then: &TableSchema, row: &Row) -> Row {
    if now.columns.len() == then.columns.len() {
        return row.clone();
    }
    let value = |column: &crate::types::Column| {
        let at = then.columns.iter().position(|other| other.id == column.id);
        at.map_or_else(|| column.initial.clone(), |at| row[at].clone())
    };
    now.columns.iter().map(value).collect()
}

/// The values of some columns of a row.
pub(super) fn values_of(row: &Row, columns: &[usize]) -> Vec<Value> {
    columns.iter().map(|column| row[*column].clone()).collect()
}

/// A row that is there.
pub(super) fn row_of(view: &TableView, row: RowId) -> Result<Option<Row>, Error> {
    let Some(located) = view.locate(row) else { return Ok(None) };
    Ok(rows_of(view, &[located])?.into_iter().next().map(|(_, row)| row))
}

/// Whole rows that were found.
fn rows_of(view: &TableView, located: &[LocatedVersion]) -> Result<Vec<(RowId, Row)>, Error> {
    let table = view.schema();
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let mut rows = Vec::with_capacity(located.len());
    for batch in view.fetch_batches(located, &all) {
        rows.extend(rows_of_batch(table, &batch?));
    }
    Ok(rows)
}

/// All rows of a table.
pub(super) fn all_rows(view: &TableView) -> Result<Vec<(RowId, Row)>, Error> {
    let table = view.schema();
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let mut rows = Vec::new();
    for batch in view.scan(&all) {
        rows.extend(rows_of_batch(table, &batch?));
    }
    Ok(rows)
}

/// The rows of a batch that has all columns of its table.
fn rows_of_batch(table: &TableSchema, batch: &RowBatch) -> impl Iterator<Item = (RowId, Row)> {
    batch.rows.iter().enumerate().map(|(at, row)| {
        let typed = batch.columns.iter().zip(&table.columns);
        let values = typed.map(|(array, column)| value_at(array, column.data_type, at));
        (*row, values.collect())
    })
}

/// A row that refers to one of several keys.
pub(super) struct ReferringRow {
    pub row: RowId,
    pub values: Row,
    /// Which of the keys.
    pub key: usize,
}

/// The rows of a table that refer to one of these keys by a foreign key.
pub(super) fn referring(
    view: &TableView,
    constraint: &ForeignKey,
    referenced: &Referenced,
    keys: &[Vec<Value>],
) -> Result<Vec<ReferringRow>, Error> {
    let table = view.schema();
    let same_types = constraint.columns.iter().zip(&referenced.columns).all(|(own, other)| {
        table.columns[*own].data_type == referenced.table.columns[*other].data_type
    });
    let collations: Vec<Collation> =
        referenced.columns.iter().map(|at| referenced.table.columns[*at].collation).collect();
    // Texts are equal as they are in the columns referred to.
    let same_texts = |key: &KeySchema| {
        let parts = key.parts(table);
        parts.iter().zip(&collations).all(|(part, collation)| part.collation == *collation)
    };
    let index = table.keys.iter().find(|key| {
        !key.is_computed()
            && key.part_columns().is_some_and(|of| of.starts_with(&constraint.columns))
            && same_texts(key)
    });
    let mut found: Vec<(usize, LocatedVersion)> = Vec::new();
    if let Some(index) = index.filter(|_| same_types) {
        for (key, values) in keys.iter().enumerate() {
            let rows = view.find(index.id, values).unwrap_or_default();
            found.extend(rows.into_iter().map(|located| (key, located)));
        }
    } else {
        let mut known: HashMap<Vec<u8>, usize> = HashMap::with_capacity(keys.len());
        for (key, values) in keys.iter().enumerate() {
            known.entry(key::encode_collated(values, &collations)).or_insert(key);
        }
        for batch in view.scan(&constraint.columns) {
            let batch = batch?;
            for (at, row) in batch.rows.iter().enumerate() {
                let typed = batch.columns.iter().zip(&constraint.columns);
                let values: Vec<Value> = typed
                    .map(|(array, column)| value_at(array, table.columns[*column].data_type, at))
                    .collect();
                let Some(Some(values)) = referenced.converted(&values) else { continue };
                if let Some(key) = known.get(&key::encode_collated(&values, &collations)) {
                    found.extend(view.locate(*row).map(|located| (*key, located)));
                }
            }
        }
    }
    let located: Vec<LocatedVersion> = found.iter().map(|(_, located)| *located).collect();
    let rows = rows_of(view, &located)?;
    let of_key = found.iter().map(|(key, _)| *key);
    let referring = rows.into_iter().zip(of_key);
    Ok(referring.map(|((row, values), key)| ReferringRow { row, values, key }).collect())
}
