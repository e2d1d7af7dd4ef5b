//! How rows come that ORDER BY takes for equal.
//!
//! SQLite reads a table by an index that has the order, forward or backward, and rows whose parts are
//! equal come as they stand in it: by its other parts and by their numbers, all of them turned round
//! where the order is that of the index turned round. Scripts rely on it, so that the order gets these as
//! its last keys. An index by which a condition finds the rows is read instead of it, and those rows are
//! sorted; so are those of several tables, and of groups.

use super::access;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::logical::{Logical, LogicalTable};
use super::scan_order;
use crate::language::ast::OrderItem;
use crate::types::{DataType, KeySchema};

/// A key that decides between rows which those before it take for equal.
pub(super) struct TieKey {
    /// What it orders by, over the rows.
    pub expression: BoundExpression,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// The keys behind those of an ORDER BY: none where rows come as SQLite's without them. `order` is what
/// the items are.
pub(super) fn ties(rows: &Logical, items: &[OrderItem], order: &[BoundExpression]) -> Vec<TieKey> {
    let Some(first) = order.first() else { return Vec::new() };
    let mut conditions: Vec<&BoundExpression> = Vec::new();
    let mut rows = rows;
    while let Logical::Filter { input, conditions: own } = rows {
        conditions.extend(own);
        rows = input;
    }
    let Logical::Table(table) = rows else { return Vec::new() };
    let schema = &*table.source.schema;
    let is_one_moment = table.source.period.first == table.source.period.last;
    let (Some(number), true) = (schema.row_number(), is_one_moment) else { return Vec::new() };
    let usable = schema.keys.iter().enumerate().filter(|(index, key)| {
        table.may_use(*index) && key.condition.is_none() && !scan_order::is_of_rows(key, schema)
    });
    let orders = usable.filter_map(|(_, key)| IndexOrder::of(table, key, items, order));
    let Some(best) = orders.max_by_key(|index| index.matched) else { return Vec::new() };
    let number = BoundExpression::column(table.first + number, DataType::Integer);
    if is_found(table, &conditions, &number, first) {
        return Vec::new();
    }
    let mut ties = best.rest;
    if ties.is_empty() && !best.is_backward {
        // Rows come in the order of their numbers by themselves.
        return ties;
    }
    ties.push(TieKey { expression: number, descending: best.is_backward });
    ties
}

/// Whether one of the conditions fixes the number of the rows, or the first part of a key. By what the order begins
/// with a list of values finds them in their order.
fn is_found(
    table: &LogicalTable,
    conditions: &[&BoundExpression],
    number: &BoundExpression,
    first: &BoundExpression,
) -> bool {
    let fixes = |condition: &BoundExpression, part: &BoundExpression| {
        if let BoundKind::Compare(Comparison::Equal | Comparison::Is, a, b) = &condition.kind {
            **a == *part && b.is_constant() || **b == *part && a.is_constant()
        } else if let BoundKind::InList { operand, negated: false, .. } = &condition.kind {
            **operand == *part && first != part
        } else {
            false
        }
    };
    let is_fixed = |part: &BoundExpression| conditions.iter().any(|known| fixes(known, part));
    let schema = &*table.source.schema;
    let first_part = |key: &KeySchema| {
        let parts = key.parts(schema);
        access::compared_part(schema, table.first, parts.first()?)
    };
    !conditions.is_empty()
        && (is_fixed(number)
            || schema.keys.iter().filter_map(first_part).any(|part| is_fixed(&part)))
}

/// An index in whose order rows are wanted.
struct IndexOrder {
    /// How many of its first parts are the first keys of the order.
    matched: usize,
    /// Whether it is read backward.
    is_backward: bool,
    /// The parts behind those.
    rest: Vec<TieKey>,
}

impl IndexOrder {
    /// The index, if its first part is the first key of the order.
    fn of(
        table: &LogicalTable,
        key: &KeySchema,
        items: &[OrderItem],
        order: &[BoundExpression],
    ) -> Option<IndexOrder> {
        let schema = &*table.source.schema;
        if !access::is_part(schema, table.first, &*key.first_part(schema)?, order.first()?) {
            return None;
        }
        let parts = key.parts(schema);
        let compared: Vec<BoundExpression> = parts
            .iter()
            .map(|part| access::compared_part(schema, table.first, part))
            .collect::<Option<_>>()?;
        let is_backward = items.first()?.descending != parts.first()?.descending;
        let agrees = |at: &usize| {
            let (item, part) = (&items[*at], &parts[*at]);
            order[*at] == compared[*at] && (item.descending != part.descending) == is_backward
        };
        let matched = (0..order.len().min(parts.len())).take_while(agrees).count();
        let rest = compared.into_iter().zip(parts.iter()).skip(matched);
        let rest = rest.map(|(expression, part)| TieKey {
            expression,
            descending: part.descending != is_backward,
        });
        (matched > 0).then(|| IndexOrder { matched, is_backward, rest: rest.collect() })
    }
}
