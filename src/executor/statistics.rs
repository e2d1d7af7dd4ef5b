//! ANALYZE: a table is read once for each of its keys, and what its values say is counted.

use super::Error;
use super::evaluate::Context;
use super::row_key::RowKey;
use crate::storage::{KeyStatistics, RowBatch, TableStatistics, TableView};
use crate::types::column::value_at;
use crate::types::key_hash::KeyHashing;
use crate::types::{KeySchema, Row, Value, key};
use std::collections::HashSet;

/// What is to be said of a table's rows and keys. Values are told apart by a hash of 64 bits.
///
/// # Errors
/// `interrupted`; the codes of storage where rows cannot be read.
pub fn table_statistics(view: &TableView, context: &Context) -> Result<TableStatistics, Error> {
    let mut rows = 0;
    for batch in view.scan(&[]) {
        context.check()?;
        rows += count(batch?.rows.len());
    }
    let keys = view.schema().keys.iter().map(|key| key_statistics(view, key, context));
    Ok(TableStatistics { rows, keys: keys.collect::<Result<_, Error>>()? })
}

fn key_statistics(
    view: &TableView,
    key: &KeySchema,
    context: &Context,
) -> Result<KeyStatistics, Error> {
    let table = view.schema();
    let row_key = RowKey::new(key, table)?;
    let collations: Vec<_> = key.parts(table).iter().map(|part| part.collation).collect();
    let (mut rows, hashing) = (0, KeyHashing::default());
    let mut seen: Vec<HashSet<u64>> = vec![HashSet::new(); collations.len()];
    let mut row: Row = vec![Value::Null; table.columns.len()];
    for batch in view.scan(&key.columns) {
        context.check()?;
        let RowBatch { rows: found, columns, .. } = batch?;
        for at in 0..found.len() {
            for (column, array) in key.columns.iter().zip(&columns) {
                row[*column] = value_at(array, table.type_of(*column), at);
            }
            // A row that nothing can be computed of is found by nothing.
            let Some(values) = row_key.parts(&row).ok().flatten() else { continue };
            rows += 1;
            for (parts, seen) in (1..=values.len()).zip(&mut seen) {
                let bytes = key::encode_collated(&values[..parts], &collations[..parts]);
                seen.insert(hashing.hash(&bytes));
            }
        }
    }
    let distinct = seen.iter().map(|values| count(values.len())).collect();
    Ok(KeyStatistics { key: key.id, rows, distinct })
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
