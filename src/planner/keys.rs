//! The keys of tables and their indexes: what is written becomes a [`KeySchema`].

use super::write::named_columns;
use super::{Error, collation};
use crate::language::ast::{Identifier, IndexedColumn};
use crate::types::{KeyId, KeyKind, KeyPart, KeySchema, TableSchema};

/// A key that is one column as it is.
pub(super) fn of_column(kind: KeyKind, name: Option<&Identifier>, column: usize) -> KeySchema {
    KeySchema {
        id: KeyId::default(),
        name: name.map(|name| name.name.clone()),
        kind,
        unique: true,
        columns: vec![column],
        parts: Vec::new(),
        condition: None,
        sql: String::new(),
    }
}

/// A key of what stands in parentheses.
///
/// # Errors
/// `unknown-column`, `duplicate-column`, `unknown-collation`.
pub(super) fn of_parts(
    kind: KeyKind,
    name: Option<&Identifier>,
    written: &[IndexedColumn],
    table: &TableSchema,
) -> Result<KeySchema, Error> {
    let names: Vec<Identifier> = written.iter().map(|column| column.name.clone()).collect();
    let columns = named_columns(table, &names)?;
    let mut parts = Vec::with_capacity(columns.len());
    for (written, column) in written.iter().zip(&columns) {
        let mut part = KeyPart::of_column(table, *column);
        part.descending = written.descending;
        if let Some(name) = &written.collation {
            part.collation = collation::named(name)?;
        }
        parts.push(part);
    }
    let mut key = of_column(kind, name, 0);
    let plain = columns.iter().map(|column| KeyPart::of_column(table, *column));
    key.parts = if plain.eq(parts.iter().cloned()) { Vec::new() } else { parts };
    key.columns = columns;
    Ok(key)
}
