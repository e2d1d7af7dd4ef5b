//! The step that compares the keys of rows that come: with each other, and with the rows that stay.

use super::super::Error;
use super::super::row_key::RowKey;
use super::row::{Failures, WriteRow};
use crate::storage::{LocatedVersion, TableView};
use crate::types::column::value_at;
use crate::types::key_table::KeyTable;
use crate::types::{KeyKind, KeySchema, RowId, TableSchema, Value};
use std::collections::{HashMap, HashSet};

/// The new values of one of a table's unique keys, as rows bring them.
struct KeyValues<'a> {
    key: &'a RowKey<'a>,
    /// Each list of values once, with the index of its row.
    values: Vec<(usize, Vec<Value>)>,
    /// The encodings of these in the same order, as soon as there are two lists.
    encoded: KeyTable,
}

impl<'a> KeyValues<'a> {
    fn new(key: &'a RowKey<'a>) -> KeyValues<'a> {
        KeyValues { key, values: Vec::new(), encoded: KeyTable::default() }
    }

    /// Takes in what a row has of the key; gives it back, with the row of the batch that has the same, if
    /// there is one.
    fn add(&mut self, index: usize, values: Vec<Value>) -> Result<(), (usize, Vec<Value>)> {
        // A single row needs no set to be unique in.
        if let [(_, only)] = self.values.as_slice() {
            self.encoded.insert(&self.key.encode(only));
        }
        if !self.values.is_empty()
            && let (place, false) = self.encoded.insert(&self.key.encode(&values))
        {
            return Err((self.values[place].0, values));
        }
        self.values.push((index, values));
        Ok(())
    }
}

/// The error of a row whose key another has that is there.
pub(super) fn there_already(
    table: &TableSchema,
    view: &TableView,
    key: &KeySchema,
    values: &[Value],
    place: usize,
    there: LocatedVersion,
) -> Error {
    let error = duplicate(table, key, values, "there already");
    let error = error.of_row(Some(place), key.columns.last().copied());
    error.note(row_there(table, view, there))
}

/// The error of a row that is given the number of one that is there.
pub(super) fn number_taken(
    table: &TableSchema,
    view: &TableView,
    place: usize,
    there: LocatedVersion,
) -> Error {
    let error = duplicate_number(table, there.row(), "there already");
    error.of_row(Some(place), None).note(row_there(table, view, there))
}

fn duplicate_number(table: &TableSchema, row: RowId, how: &str) -> Error {
    Error::failed("unique", format!("{}.rowid {row} is {how}: UNIQUE", table.name))
}

/// Asks of every new row of a batch whether the number that it is given is another's.
pub(super) fn check_numbers(
    table: &TableSchema,
    view: &TableView,
    rows: &[WriteRow],
    failures: &mut Failures,
) {
    let mut known: HashMap<RowId, usize> = HashMap::new();
    let new = rows.iter().enumerate().filter(|(_, row)| row.old.is_none());
    for (index, row, number) in new.filter_map(|(index, row)| Some((index, row, row.row?))) {
        if let Some(there) = view.locate(number) {
            failures.note(index, number_taken(table, view, row.place, there));
        } else if let Some(first) = known.insert(number, index) {
            let error = duplicate_number(table, number, "given twice");
            let first = format!("row {} gives it first", rows[first].place + 1);
            failures.note(index, error.of_row(Some(row.place), None).note(Some(first)));
        }
    }
}

/// Asks of every row of a batch whether one of the keys that are `wanted` is another's: one of the
/// batch's own, or one that is there and is not among those that the batch changes.
///
/// Keys are compared as they are when all rows have changed, so that an UPDATE may exchange them.
pub(super) fn check(
    table: &TableSchema,
    view: &TableView,
    rows: &[WriteRow],
    wanted: impl Fn(&KeySchema) -> bool,
    failures: &mut Failures,
) {
    if rows.iter().all(|row| row.new.is_none()) {
        return;
    }
    let changes: HashSet<RowId> =
        rows.iter().filter(|row| row.old.is_some()).filter_map(|row| row.row).collect();
    // What is computed is computed once, also where it need not be unique: it may be an error.
    let wanted = |key: &&KeySchema| (key.unique || key.is_computed()) && wanted(key);
    let asked = table.keys_as_asked();
    for key in asked.iter().map(|place| &table.keys[*place]).filter(wanted) {
        let row_key = match RowKey::new(key, table) {
            Ok(row_key) => row_key,
            Err(error) => return failures.note(0, error),
        };
        let mut known = KeyValues::new(&row_key);
        for (index, row) in rows.iter().enumerate() {
            let Some(new) = row.new.as_ref().filter(|_| !failures.has(index)) else { continue };
            let values = match row_key.values(new) {
                Ok(Some(values)) if key.unique => values,
                Ok(_) => continue,
                Err(error) => {
                    failures.note(index, error.of_row(Some(row.place), None));
                    continue;
                }
            };
            if let Err((first, values)) = known.add(index, values) {
                let error = duplicate(table, key, &values, "given twice");
                let error = error.of_row(Some(row.place), key.columns.last().copied());
                // What other row of an UPDATE has the key says its place, which nobody knows.
                let place = row.old.is_none().then(|| rows[first].place + 1);
                let note = place.map(|place| format!("row {place} gives it first"));
                failures.note(index, error.note(note));
            }
        }
        for (index, values) in &known.values {
            let found = match row_key.find(view, values) {
                Ok(found) => found.unwrap_or_default(),
                Err(error) => return failures.note(*index, error),
            };
            if let Some(there) = found.iter().find(|located| !changes.contains(&located.row())) {
                let place = rows[*index].place;
                failures.note(*index, there_already(table, view, key, values, place, *there));
            }
        }
    }
}

/// `accounts.id 1 is there already: PRIMARY KEY`, and the name of the constraint or index if it has one.
pub(in super::super) fn duplicate(
    table: &TableSchema,
    key: &KeySchema,
    values: &[Value],
    how: &str,
) -> Error {
    let parts = key.part_names(table).into_iter().zip(values);
    let named = parts.map(|(part, value)| format!("{}.{part} {}", table.name, value.shortened()));
    let named: Vec<String> = named.collect();
    let kind = match key.kind {
        KeyKind::Primary => "PRIMARY KEY",
        KeyKind::Unique => "UNIQUE",
        KeyKind::Index => "UNIQUE INDEX",
    };
    let name = key.name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
    Error::failed("unique", format!("{} is {how}: {kind}{name}", named.join(" with ")))
}

/// The most columns of a row that a note shows.
const MOST_SHOWN: usize = 6;

/// A row that is there in words: `the row there: id 1, owner 'Ada'`.
fn row_there(table: &TableSchema, view: &TableView, located: LocatedVersion) -> Option<String> {
    let columns: Vec<usize> = (0..table.columns.len().min(MOST_SHOWN)).collect();
    // What is wrong is said in any case.
    let rows = view.fetch(&[located], &columns).ok()?;
    let shown = rows.columns.iter().zip(&table.columns).map(|(array, column)| {
        format!("{} {}", column.name, value_at(array, column.data_type, 0).shortened())
    });
    let shown: Vec<String> = shown.collect();
    let more = if table.columns.len() > MOST_SHOWN { ", …" } else { "" };
    Some(format!("the row there: {}{more}", shown.join(", ")))
}
