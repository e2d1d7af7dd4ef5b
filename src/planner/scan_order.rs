//! The order in which the rows of a table come where a query asks for none, which is SQLite's.
//!
//! Rows are kept in the order in which they were inserted. SQLite keeps a table in the order of its
//! rowid, which is the INTEGER PRIMARY KEY, one WITHOUT ROWID in that of its primary key, and an index
//! in that of its parts; it gives rows as they stand in what it reads, and scripts rely on it. So a scan
//! puts them in that order wherever somebody sees it. An index decides where it finds the rows by equality
//! or by a range, or has all columns that are read and is narrower than its table ("Query Planning", and
//! `whereLoopAddBtree` in SQLite's source).

use super::access;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::key_definition;
use super::logical::LogicalTable;
use super::plan::{AccessPath, OrderKey};
use crate::types::{
    Column, ColumnAffinity, DataType, KeyKind, KeySchema, PseudoColumn, TableSchema,
};

/// Whose order of the rows of a table is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SeenOrder {
    /// None.
    Nothing,
    /// That of the table, whatever index finds them.
    Table,
    /// That of the index that finds them, else that of the table.
    Index,
}

/// The keys of the order in which the rows of a table come, over its columns by index; none where it is
/// that of `_row`, or nobody sees it. `read` are the indexes of the columns that are read.
pub(super) fn keys(table: &LogicalTable, read: &[usize]) -> Vec<OrderKey> {
    let (source, schema) = (&table.source, &*table.source.schema);
    let is_one_moment = source.period.first == source.period.last;
    if table.seen == SeenOrder::Nothing || !is_one_moment || !gives_several(table) {
        return Vec::new();
    }
    let index = match table.seen {
        SeenOrder::Index => index_of(table, read),
        SeenOrder::Nothing | SeenOrder::Table => None,
    };
    let mut keys = Vec::new();
    if let Some(index) = index {
        add_parts(&mut keys, index, schema);
    }
    add_order_of_table(&mut keys, schema);
    keys
}

/// Whether the rows may be several and are not looked up one by one.
fn gives_several(table: &LogicalTable) -> bool {
    let (key, values) = match &table.path {
        AccessPath::Scan => return true,
        AccessPath::Numbered(numbers) => return numbers.len() > 1,
        AccessPath::Lookup { .. } => return false,
        AccessPath::Find { key, values } => (key, values),
    };
    let schema = &table.source.schema;
    let key = &schema.keys[*key];
    let is_whole = |list: &Vec<BoundExpression>| list.len() == key.parts(schema).len();
    !(key.unique && values.len() == 1 && values.iter().all(is_whole))
}

/// Adds the order of a table: by its number, which counts up however its key was declared, or by the
/// primary key of one WITHOUT ROWID.
fn add_order_of_table(keys: &mut Vec<OrderKey>, schema: &TableSchema) {
    let Some(primary) = schema.keys.iter().find(|key| is_of_rows(key, schema)) else { return };
    let first = keys.len();
    add_parts(keys, primary, schema);
    if !schema.options.without_rowid {
        keys[first..].iter_mut().for_each(|key| (key.descending, key.nulls_first) = (false, true));
    }
}

/// Adds the parts of a key as those of an order.
fn add_parts(keys: &mut Vec<OrderKey>, key: &KeySchema, schema: &TableSchema) {
    let parts = key.parts(schema);
    keys.extend(parts.iter().filter_map(|part| {
        let expression = access::compared_part(schema, 0, part)?;
        let (descending, nulls_first) = (part.descending, !part.descending);
        Some(OrderKey { expression, descending, nulls_first })
    }));
}

/// The index that SQLite reads the rows by, if it is one.
fn index_of<'a>(table: &'a LogicalTable, read: &[usize]) -> Option<&'a KeySchema> {
    let schema = &table.source.schema;
    match &table.path {
        AccessPath::Find { key, .. } => Some(&schema.keys[*key]),
        AccessPath::Numbered(_) | AccessPath::Lookup { .. } => None,
        AccessPath::Scan => {
            let usable = |(index, key): &(usize, &KeySchema)| {
                table.may_use(*index)
                    && key_definition::is_implied(key, schema, table.first, &table.conditions)
            };
            let indexes = schema.keys.iter().enumerate().filter(usable).map(|(_, key)| key);
            match by_range(table, indexes.clone()) {
                // A range of what the rows are kept by.
                Some(key) if is_of_rows(key, schema) => None,
                Some(key) => Some(key),
                None => covering(schema, indexes, read),
            }
        }
    }
}

/// The key whose first part most conditions bound; of several the table's own, else the newest.
fn by_range<'a>(
    table: &LogicalTable,
    keys: impl Iterator<Item = &'a KeySchema>,
) -> Option<&'a KeySchema> {
    let schema = &table.source.schema;
    let ranges: Vec<&BoundExpression> =
        table.conditions.iter().filter(|condition| is_of_order(condition)).collect();
    if ranges.is_empty() {
        return None;
    }
    let bounded = keys.filter_map(|key| {
        let first = access::compared_part(schema, table.first, &*key.first_part(schema)?)?;
        let bounds = ranges.iter().filter(|condition| bounds_part(condition, &first)).count();
        (bounds > 0).then_some((bounds, key))
    });
    let best = bounded.max_by_key(|(bounds, key)| (*bounds, is_of_rows(key, schema)))?;
    Some(best.1)
}

/// Whether a key is what the rows of a table are kept by.
pub(super) fn is_of_rows(key: &KeySchema, schema: &TableSchema) -> bool {
    key.kind == KeyKind::Primary
        && (schema.options.without_rowid || schema.integer_primary_key().is_some())
}

/// Whether a condition compares a part of a key with a constant.
fn bounds_part(condition: &BoundExpression, part: &BoundExpression) -> bool {
    let BoundKind::Compare(_, a, b) = &condition.kind else { return false };
    **a == *part && b.is_constant() || **b == *part && a.is_constant()
}

/// Whether a condition compares by an order.
fn is_of_order(condition: &BoundExpression) -> bool {
    let BoundKind::Compare(comparison, ..) = &condition.kind else { return false };
    match comparison {
        Comparison::Less
        | Comparison::LessEqual
        | Comparison::Greater
        | Comparison::GreaterEqual => true,
        Comparison::Equal | Comparison::NotEqual | Comparison::Is | Comparison::IsNot => false,
    }
}

/// The narrowest key that has all columns that are read, where it is narrower than its table.
fn covering<'a>(
    schema: &TableSchema,
    keys: impl DoubleEndedIterator<Item = &'a KeySchema>,
    read: &[usize],
) -> Option<&'a KeySchema> {
    if schema.options.without_rowid {
        return None;
    }
    let number = schema.integer_primary_key();
    // A key has the number of the row, too.
    let width = |column: &usize| estimate(&schema.columns[*column]);
    let of_key = |key: &KeySchema| key.columns.iter().map(width).sum::<usize>() + 1;
    let covers = |key: &&KeySchema| {
        let is_number = |column: usize| {
            number == Some(column) || schema.pseudo(column) == Some(PseudoColumn::Row)
        };
        let has = |column: &usize| key.columns.contains(column) || is_number(*column);
        !key.is_computed() && !is_of_rows(key, schema) && read.iter().all(has)
    };
    let narrow = keys.rev().filter(covers).min_by_key(|key| of_key(key))?;
    let of_table =
        schema.columns.iter().map(estimate).sum::<usize>() + usize::from(number.is_none());
    (of_key(narrow) < of_table).then_some(narrow)
}

/// How wide SQLite takes the values of a column to be.
fn estimate(column: &Column) -> usize {
    match column.data_type {
        DataType::Text | DataType::Json | DataType::Blob => 5,
        DataType::Flexible(ColumnAffinity::Text) => 5,
        DataType::Flexible(_)
        | DataType::Any
        | DataType::Integer
        | DataType::Real
        | DataType::Decimal { .. }
        | DataType::Numeric
        | DataType::Boolean
        | DataType::Date
        | DataType::Timestamp => 1,
    }
}
