//! About how many rows come out of an operator, and what it costs to join them: what the order of joins
//! is decided by, never what comes out.
//!
//! Tables know how many rows they have; of what conditions leave of them, only keys tell, and what
//! ANALYZE counted of them. The other fractions are the usual ones of planners without statistics (Selinger et al., "Access Path
//! Selection in a Relational Database Management System", 1979, table 1).

use super::expression::{BoundExpression, BoundKind, Comparison};
use super::logical::{Logical, LogicalAggregate, LogicalJoin, LogicalTable, LogicalWindow};
use super::plan::Limits;
use super::{TableSource, access};
use crate::types::{KeySchema, PseudoColumn, Value, with_stack};

/// What is left of rows by a condition of which nothing is known.
const SOME: f64 = 0.5;

/// What is left of rows by a comparison of order.
const RANGE: f64 = 1.0 / 3.0;

/// How many rows share a value of a column that is no unique key.
const SHARE: f64 = 10.0;

/// What it costs to hold a row and to find it there, in rows that are read.
const HOLD: f64 = 4.0;

/// What it costs to look a row's partners up by a key, and to fetch one of them.
const LOOKUP: (f64, f64) = (60.0, 40.0);

/// What it costs to read the rows of a join's input; one without rows may get some before the plan is
/// used again.
pub(super) fn read_cost(input: &Logical) -> f64 {
    if let Logical::Table(table) = input
        && !access::is_found_by_key(table)
    {
        return count(table.source.rows).max(1.0);
    }
    rows(input).max(1.0)
}

/// What it costs to read and hold the rows of a join's right side.
pub(super) fn held_cost(input: &Logical) -> f64 {
    read_cost(input) + rows(input).max(1.0) * HOLD
}

/// What it costs to look the partners of some rows up, of which each has so many.
pub(super) fn lookup_cost(rows: f64, partners: f64) -> f64 {
    rows.max(1.0) * (LOOKUP.0 + partners * LOOKUP.1)
}

/// About how many rows come out.
pub(super) fn rows(logical: &Logical) -> f64 {
    with_stack(|| match logical {
        Logical::OneRow => 1.0,
        Logical::Values(values) => count(values.rows.len()),
        Logical::Table(table) => table_rows(table, logical),
        Logical::Filter { input, conditions } => {
            let fractions = conditions.iter().map(|condition| fraction(condition, input));
            rows(input) * fractions.product::<f64>()
        }
        Logical::Function(function) => rows(&function.input) * SHARE,
        Logical::Project { input, .. }
        | Logical::Window(LogicalWindow { input, .. })
        | Logical::Distinct { input, .. }
        | Logical::Sort { input, first: None, .. } => rows(input),
        Logical::Sort { input, first: Some(limits), .. } | Logical::Limit { input, limits } => {
            rows(input).min(most(limits))
        }
        Logical::Aggregate(LogicalAggregate { input, groups, .. }) => {
            if groups.is_empty() {
                1.0
            } else {
                (rows(input) / SHARE).max(1.0)
            }
        }
        Logical::Append { inputs, .. } => inputs.iter().map(|(input, _)| rows(input)).sum(),
        Logical::SetFilter(filter) => rows(&filter.left),
        Logical::Shared(shared) => shared.table.rows(),
        Logical::Recursive(recursive) => rows(&recursive.initial) * SHARE * SHARE,
        // Mostly one row is handed on.
        Logical::RecursiveRows(_) => 1.0,
        Logical::Join(join) => joined_rows(join, rows(&join.left)),
    })
}

/// About how many rows a table has, before conditions.
pub(super) fn rows_of_source(table: &TableSource) -> f64 {
    count(table.rows)
}

/// About how many rows of tables are read for those of an operator: a key may find less, which is known
/// when keys are chosen.
pub(super) fn rows_read(logical: &Logical) -> f64 {
    let mut read =
        if let Logical::Table(table) = logical { rows_of_source(&table.source) } else { 0.0 };
    logical.for_each_input(|input| read += rows_read(input));
    read
}

/// About how many rows of a table have the same values in a key's first `parts` parts.
pub(super) fn rows_of_key(key: &KeySchema, parts: usize, table: &TableSource) -> f64 {
    if key.unique && parts == key.parts(&table.schema).len() {
        return 1.0;
    }
    let known = table.statistics.as_ref().and_then(|known| known.key(key.id));
    if let Some(rows) = known.and_then(|known| known.rows_per_value(parts)) {
        return estimate(rows).max(1.0);
    }
    let shared = std::iter::repeat_n(1.0 / SHARE, parts.saturating_sub(1));
    (SHARE * shared.product::<f64>()).max(1.0)
}

/// About how many rows come out of a join, whose left side has about so many.
pub(super) fn joined_rows(join: &LogicalJoin, lefts: f64) -> f64 {
    let LogicalJoin { left, right, kind, on } = join;
    let fractions = on.iter().map(|condition| match equal_sides(condition) {
        Some((a, b)) => {
            let most = |other| key_rows(other, left).or_else(|| key_rows(other, right));
            let of = |side, other| distinct(side, left, right, most(other));
            1.0 / of(a, b).max(of(b, a))
        }
        None => SOME,
    });
    if !kind.gives_right() {
        return lefts * SOME;
    }
    let rights = rows(right);
    // What several equalities leave mostly depends on each other: each further one counts half.
    let mut fractions: Vec<f64> = fractions.collect();
    fractions.sort_by(f64::total_cmp);
    let weights = std::iter::successors(Some(1.0), |weight| Some(weight / 2.0));
    let fraction: f64 = fractions.iter().zip(weights).map(|(left, by)| left.powf(by)).product();
    let mut pairs = lefts * rights * fraction;
    if kind.keeps_left() {
        pairs = pairs.max(lefts);
    }
    if kind.keeps_right() {
        pairs = pairs.max(rights);
    }
    pairs
}

/// The two sides of an equality.
pub(super) fn equal_sides(
    condition: &BoundExpression,
) -> Option<(&BoundExpression, &BoundExpression)> {
    if let BoundKind::Compare(Comparison::Equal, a, b) = &condition.kind {
        return Some((a, b));
    }
    None
}

/// How many values an expression over two inputs has, where nothing but a guess says more at most so
/// many.
fn distinct(side: &BoundExpression, left: &Logical, right: &Logical, most: Option<f64>) -> f64 {
    let most = most.unwrap_or(f64::INFINITY);
    let of = |input| values_up_to(side, input, most);
    of(left).or_else(|| of(right)).unwrap_or(SHARE)
}

/// About how many values a column of an input has, before conditions; `None` of what is none.
pub(super) fn distinct_values(expression: &BoundExpression, input: &Logical) -> Option<f64> {
    values_up_to(expression, input, f64::INFINITY)
}

/// The same, where a guess is at most so much: what is equal to a key refers to it, and has no other
/// values.
pub(super) fn values_up_to(
    expression: &BoundExpression,
    input: &Logical,
    most: f64,
) -> Option<f64> {
    let BoundKind::Column(column) = expression.kind else { return None };
    input.has(column).then(|| with_stack(|| column_values(column, input, most)).max(1.0))
}

/// How many rows a table has, before conditions, of which an expression is a unique key.
pub(super) fn key_rows(expression: &BoundExpression, input: &Logical) -> Option<f64> {
    let (BoundKind::Column(column), Logical::Table(table)) = (&expression.kind, input) else {
        return None;
    };
    let is_key = input.has(*column) && is_unique(table, column - table.first);
    is_key.then(|| count(table.source.rows))
}

/// The unique keys of several columns that a table has, as the identities of these.
pub(super) fn composite_keys(input: &Logical) -> Vec<Vec<usize>> {
    let Logical::Table(table) = input else { return Vec::new() };
    let is_one = |key: &&KeySchema| key.unique && !key.is_computed() && key.columns.len() > 1;
    let keys = table.source.schema.keys.iter().filter(is_one);
    keys.map(|key| key.columns.iter().map(|column| table.first + column).collect()).collect()
}

/// Whether one column of a table, by its index, is a unique key by itself.
fn is_unique(table: &LogicalTable, index: usize) -> bool {
    let is_it =
        |key: &KeySchema| key.unique && !key.is_computed() && key.columns.as_slice() == [index];
    table.source.schema.keys.iter().any(is_it)
}

fn column_values(column: usize, input: &Logical, most: f64) -> f64 {
    match input {
        Logical::Table(table) => {
            let index = column - table.first;
            let rows = count(table.source.rows);
            match known_values(&table.source, index) {
                _ if is_unique(table, index) => rows,
                Some(known) => known.min(rows),
                None => (rows / SHARE).min(most),
            }
        }
        Logical::Join(LogicalJoin { left, right, .. }) => {
            // Of a row of joins the right sides are single inputs.
            column_values(column, if right.has(column) { right } else { left }, most)
        }
        Logical::Project { input: below, columns } => {
            let computed = columns.iter().find(|computed| computed.column == column);
            let known = computed.and_then(|known| values_up_to(&known.expression, below, most));
            known.unwrap_or_else(|| (rows(input) / SHARE).min(most))
        }
        Logical::Aggregate(LogicalAggregate { groups, .. }) => {
            let is_group = groups.len() == 1 && groups[0].column == column;
            if is_group { rows(input) } else { (rows(input) / SHARE).min(most) }
        }
        Logical::Window(LogicalWindow { input: below, calls, .. }) => {
            let is_computed = calls.iter().any(|(call, _)| *call == column);
            if is_computed { rows(below) / SHARE } else { column_values(column, below, most) }
        }
        Logical::Function(function) if function.input.has(column) => {
            column_values(column, &function.input, most)
        }
        Logical::Filter { input, .. }
        | Logical::Distinct { input, .. }
        | Logical::Sort { input, .. }
        | Logical::Limit { input, .. } => column_values(column, input, most),
        Logical::OneRow
        | Logical::Function(_)
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_) => rows(input) / SHARE,
    }
}

/// How many values a column has by what ANALYZE found of a key that begins with it.
fn known_values(table: &TableSource, column: usize) -> Option<f64> {
    let statistics = table.statistics.as_ref()?;
    let begins = |key: &&KeySchema| {
        let first = key.part_columns().and_then(|columns| columns.first().copied());
        key.condition.is_none() && first == Some(column)
    };
    let keys = table.schema.keys.iter().filter(begins);
    let known = keys.filter_map(|key| statistics.key(key.id)?.distinct.first().copied());
    known.max().map(estimate)
}

/// The rows of a table, which an input is, for which its conditions are true: at most one where they fix
/// a unique key.
fn table_rows(table: &LogicalTable, input: &Logical) -> f64 {
    let is_fixed = |index: &usize| {
        table.conditions.iter().any(|condition| fixes(condition, table.first + index))
    };
    if is_fixed(&table.source.schema.index_of(PseudoColumn::Row)) {
        return 1.0;
    }
    let keys = &table.source.schema.keys;
    let is_unique = |key: &&KeySchema| key.unique && !key.is_computed();
    if keys.iter().filter(is_unique).any(|key| key.columns.iter().all(is_fixed)) {
        return 1.0;
    }
    let fractions = table.conditions.iter().map(|condition| fraction(condition, input));
    count(table.source.rows) * fractions.product::<f64>()
}

/// Whether a condition leaves one value of a column.
fn fixes(condition: &BoundExpression, column: usize) -> bool {
    let is_column = |side: &BoundExpression| side.kind == BoundKind::Column(column);
    equal_sides(condition)
        .is_some_and(|(a, b)| is_column(a) && b.is_constant() || is_column(b) && a.is_constant())
}

/// How many values something has that a condition compares. A column that no key begins with is taken
/// to have few.
fn compared_values(side: &BoundExpression, input: &Logical) -> f64 {
    if let (BoundKind::Column(column), Logical::Table(table)) = (&side.kind, input)
        && let Some(index) = column.checked_sub(table.first)
    {
        let begins = |key: &KeySchema| key.columns.first() == Some(&index);
        if !table.source.schema.keys.iter().any(begins) {
            return SHARE;
        }
    }
    distinct_values(side, input).unwrap_or(SHARE)
}

/// What is left of an input's rows by a condition on them.
fn fraction(condition: &BoundExpression, input: &Logical) -> f64 {
    let values = |side: &BoundExpression| compared_values(side, input);
    if let BoundKind::Compare(comparison, a, b) = &condition.kind {
        return match comparison {
            Comparison::Equal | Comparison::Is => 1.0 / values(a).max(values(b)),
            Comparison::NotEqual | Comparison::IsNot => 1.0,
            Comparison::Less
            | Comparison::LessEqual
            | Comparison::Greater
            | Comparison::GreaterEqual => RANGE,
        };
    }
    if let BoundKind::InList { operand, list, negated: false } = &condition.kind {
        return (count(list.len()) / values(operand)).min(1.0);
    }
    if let BoundKind::And(a, b) = &condition.kind {
        return fraction(a, input) * fraction(b, input);
    }
    if let BoundKind::Or(a, b) = &condition.kind {
        let (a, b) = (fraction(a, input), fraction(b, input));
        return a + b - a * b;
    }
    SOME
}

/// The rows that a limit lets through, where it is written as a number.
fn most(limits: &Limits) -> f64 {
    let limit = limits.limit.as_deref().and_then(BoundExpression::as_constant);
    if let Some(Value::Integer(limit)) = limit
        && let Ok(limit) = usize::try_from(*limit)
    {
        return count(limit);
    }
    f64::INFINITY
}

fn count(rows: usize) -> f64 {
    estimate(u64::try_from(rows).unwrap_or(u64::MAX))
}

fn estimate(rows: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let rows = rows as f64;
    rows
}
