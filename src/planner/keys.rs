//! The keys of tables and their indexes: what is written becomes a [`KeySchema`].

use super::expression::BoundExpression;
use super::scope::Scope;
use super::write::named_columns;
use super::{Error, collation, key_definition, rename};
use crate::language::ast::{Expression, ExpressionKind, Identifier, IndexedColumn};
use crate::types::{
    Collation, KeyKind, KeyPart, KeySchema, KeySource, Literal, Name, TableSchema, Value,
};
use std::collections::HashSet;

/// A key that is one column as it is.
pub(super) fn of_column(kind: KeyKind, name: Option<&Identifier>, column: usize) -> KeySchema {
    let name = name.map(|name| name.name.to_string());
    KeySchema { name, ..KeySchema::new(kind, true, vec![column]) }
}

/// A key of what stands in parentheses, about the rows for which a condition is true.
///
/// # Errors
/// `unknown-column`, `unknown-collation`; `index-expression` of what cannot stand in an index, or of an
/// expression where only columns can stand; and those of any expression.
pub(super) fn of_parts(
    kind: KeyKind,
    name: Option<&Identifier>,
    written: &[IndexedColumn],
    condition: Option<&Expression>,
    table: &TableSchema,
) -> Result<KeySchema, Error> {
    let mut read = Vec::new();
    let mut parts: Vec<KeyPart> = Vec::with_capacity(written.len());
    for written in written {
        parts.push(part(kind, written, table, &mut read)?);
    }
    let mut key = of_column(kind, name, 0);
    let columns = parts.iter().map(|part| part.source.column());
    let columns: Option<Vec<usize>> = columns.collect();
    key.columns = parts.iter().filter_map(|part| part.source.column()).collect();
    if let Some(condition) = condition {
        let scope = Scope::of(&table.name, table);
        note_columns(&key_definition::bind_over(&scope, condition, table)?, &mut read);
        key.condition = Some(rename::unqualified(&condition.to_string()));
    }
    key.columns.extend(read);
    let mut known = HashSet::new();
    key.columns.retain(|column| known.insert(*column));
    let plain = columns.map(|columns| {
        columns.into_iter().map(|column| KeyPart::of_column(table, column)).collect::<Vec<_>>()
    });
    // One that names a column twice has more parts than columns, and is no better for it.
    let is_plain = |plain: &[KeyPart]| plain == parts && parts.len() == key.columns.len();
    key.parts = match plain {
        Some(plain) if is_plain(&plain) && condition.is_none() => Vec::new(),
        Some(_) | None => parts,
    };
    Ok(key)
}

/// One part of a key; `read` gets the columns that an expression reads.
fn part(
    kind: KeyKind,
    written: &IndexedColumn,
    table: &TableSchema,
    read: &mut Vec<usize>,
) -> Result<KeyPart, Error> {
    let (expression, collation) = written.collated();
    // A text that stands alone is a name also in parentheses.
    let text = if let ExpressionKind::Literal(Literal { value: Value::Text(text), .. }) =
        &expression.kind
    {
        Some(Identifier { name: Name::new(text), span: expression.span, quoted: false })
    } else {
        None
    };
    let mut part = if let Some(name) = written.column().or(text.as_ref()) {
        let column = named_columns(table, std::slice::from_ref(name))?[0];
        KeyPart::of_column(table, column)
    } else if kind == KeyKind::Index {
        let bound = key_definition::bind(expression, table)?;
        note_columns(&bound, read);
        let source = KeySource::Expression(expression.to_string());
        // Only the COLLATE of the part itself counts, as in SQLite: none inside of the expression does.
        KeyPart { source, collation: Collation::default(), descending: false }
    } else {
        let message = "a PRIMARY KEY or UNIQUE constraint is made of columns";
        return Err(Error::new("index-expression", message, expression.span)
            .help(Some("CREATE UNIQUE INDEX takes expressions".into())));
    };
    if let Some(name) = collation {
        part.collation = collation::named(name)?;
    }
    part.descending = written.descending;
    Ok(part)
}

fn note_columns(expression: &BoundExpression, read: &mut Vec<usize>) {
    expression.for_each_column(&mut |column| read.push(column));
}
