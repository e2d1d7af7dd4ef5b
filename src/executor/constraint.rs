//! Keys that must stay unique, checked at the end of a statement.

use super::Error;
use crate::storage::{Change, TableView, View};
use crate::types::{KeySchema, Row, RowId, TableSchema, Value, key};
use std::collections::HashSet;

/// The new values of a table's unique keys, as a statement gathers them.
pub struct UniqueKeys<'a> {
    keys: Vec<Gathered<'a>>,
}

struct Gathered<'a> {
    key: &'a KeySchema,
    /// Each list of values once.
    values: Vec<Vec<Value>>,
    /// Their encodings, as soon as there are two lists.
    known: HashSet<Vec<u8>>,
}

impl<'a> Gathered<'a> {
    fn new(key: &'a KeySchema) -> Gathered<'a> {
        Gathered { key, values: Vec::new(), known: HashSet::new() }
    }
}

impl<'a> UniqueKeys<'a> {
    /// The unique keys of a table that are `wanted`.
    pub fn of(table: &'a TableSchema, wanted: impl Fn(&KeySchema) -> bool) -> UniqueKeys<'a> {
        let keys = table.keys.iter().filter(|key| key.unique && wanted(key));
        UniqueKeys { keys: keys.map(Gathered::new).collect() }
    }

    /// Whether there is nothing to check.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Takes a new row's keys in. A key with a NULL in it is like no other.
    ///
    /// # Errors
    /// `unique` where the statement itself gives a key twice.
    pub fn add(&mut self, table: &TableSchema, row: &Row) -> Result<(), Error> {
        for gathered in &mut self.keys {
            let values: Vec<Value> =
                gathered.key.columns.iter().map(|column| row[*column].clone()).collect();
            if values.iter().any(Value::is_null) {
                continue;
            }
            // A single row needs no set to be unique in.
            if gathered.values.len() == 1 {
                gathered.known.insert(key::encode(&gathered.values[0]));
            }
            if !gathered.values.is_empty() && !gathered.known.insert(key::encode(&values)) {
                return Err(duplicate(table, gathered.key, &values, "given twice"));
            }
            gathered.values.push(values);
        }
        Ok(())
    }

    /// Compares the gathered keys with the rows that stay.
    ///
    /// # Errors
    /// `unique` where a visible row that the statement does not `replace` has one of the keys.
    pub fn check(
        &self,
        table: &TableSchema,
        view: &TableView,
        replaces: impl Fn(RowId) -> bool,
    ) -> Result<(), Error> {
        for gathered in &self.keys {
            for values in &gathered.values {
                let found = view.find(gathered.key.id, values).unwrap_or_default();
                if found.iter().any(|located| !replaces(located.row())) {
                    return Err(duplicate(table, gathered.key, values, "already there"));
                }
            }
        }
        Ok(())
    }
}

fn duplicate(table: &TableSchema, key: &KeySchema, values: &[Value], how: &str) -> Error {
    let equal: Vec<String> = key
        .columns
        .iter()
        .zip(values)
        .map(|(column, value)| format!("{}.{} = {value}", table.name, table.columns[*column].name))
        .collect();
    Error::failed("unique", format!("{} is {how}", equal.join(" and ")))
}

/// Checks what a schema change demands of the rows that are there: a UNIQUE index of unique keys.
///
/// # Errors
/// `unique` naming the first key that is there twice.
pub fn check_schema_change(change: &Change, view: &View) -> Result<(), Error> {
    let Change::CreateIndex { table, key } = change else { return Ok(()) };
    if !key.unique {
        return Ok(());
    }
    let mut unique = UniqueKeys { keys: vec![Gathered::new(key)] };
    let columns: Vec<usize> = (0..table.columns.len()).collect();
    for rows in view.table(table).scan(&columns) {
        let rows = rows?;
        for at in 0..rows.rows.len() {
            let typed = rows.columns.iter().zip(&table.columns);
            let row: Row = typed
                .map(|(array, column)| crate::types::column::value_at(array, column.data_type, at))
                .collect();
            unique.add(table, &row)?;
        }
    }
    Ok(())
}
