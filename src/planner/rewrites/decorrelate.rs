//! Queries in conditions become joins where that is cheaper than to ask them for each row.
//!
//! A query about columns of the one around it has one answer for each list of arguments. Where its
//! WHERE compares them with its own columns by `=`, all answers are found at once: EXISTS and IN are
//! semi joins, NOT EXISTS and NOT IN anti joins, and the one row of an aggregate is a group that a
//! LEFT JOIN brings (Neumann and Kemper, "Unnesting Arbitrary Queries", 2015, has more than these).
//! `x NOT IN (…)` is true only if no comparison is true *or NULL*, which the condition of its join says.
//! An aggregate that is asked of few rows, about a table with a key for it, stays as it is.

use super::{RewriteContext, fold, push_down, restrict};
use crate::planner::access::key_lookups;
use crate::planner::cardinality::{self, equal_sides};
use crate::planner::expression::{
    BoundExpression, BoundKind, BoundSubquery, Comparison, SubqueryRole,
};
use crate::planner::functions::{AggregateFunction, ScalarFunction};
use crate::planner::join_type::JoinType;
use crate::planner::logical::{ComputedColumn, Logical, LogicalAggregate, LogicalJoin};
use crate::types::{DataType, Value};

/// What it costs to ask a query once, in rows that are read.
const ASK: f64 = 30.0;

/// What it costs to hold a row, in rows that are read.
const HOLD: f64 = 5.0;

/// Replaces queries in conditions and in what is selected.
pub(super) fn apply(logical: &mut Logical, context: &RewriteContext) {
    logical.for_each_input_mut(|input| apply(input, context));
    *logical = operator(logical.take(), context);
}

fn operator(logical: Logical, context: &RewriteContext) -> Logical {
    match logical {
        Logical::Table(mut table) => {
            let all = std::mem::take(&mut table.conditions);
            let (asking, own) = all.into_iter().partition(asks);
            table.conditions = own;
            filtered(Logical::Table(table), asking, context)
        }
        Logical::Filter { input, conditions } => {
            let (asking, own) = conditions.into_iter().partition(asks);
            filtered(input.filtered(own), asking, context)
        }
        Logical::Join(mut join) if join.kind.is_inner() => {
            let (asking, own) = join.on.into_iter().partition(asks);
            join.on = own;
            filtered(Logical::Join(join), asking, context)
        }
        Logical::Project { input, mut columns } => {
            let mut input = *input;
            for computed in &mut columns {
                input = with_values(input, &mut computed.expression, context);
            }
            Logical::Project { input: Box::new(input), columns }
        }
        other @ (Logical::OneRow
        | Logical::Function(_)
        | Logical::Join(_)
        | Logical::Aggregate(_)
        | Logical::Distinct { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. }
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::Window(_)
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)) => other,
    }
}

/// Whether a query about the row stands in an expression.
fn asks(expression: &BoundExpression) -> bool {
    let mut asks = false;
    expression.for_each_subquery(&mut |query| asks = asks || !query.arguments.is_empty());
    asks
}

/// The rows for which conditions are true that ask queries about them.
fn filtered(
    mut input: Logical,
    conditions: Vec<BoundExpression>,
    context: &RewriteContext,
) -> Logical {
    let mut rest = Vec::new();
    for mut condition in conditions {
        if let Some((kind, right, on)) = matching(&condition, &input, context) {
            let (left, right) = (Box::new(input), Box::new(right));
            input = Logical::Join(LogicalJoin { left, right, kind, on });
        } else {
            input = with_values(input, &mut condition, context);
            rest.push(condition);
        }
    }
    // As a table's other conditions, so that a key may be used for them.
    if let Logical::Table(table) = &mut input {
        table.conditions.extend(rest);
        return input;
    }
    input.filtered(rest)
}

/// A query without the conditions about the rows around it.
struct Opened {
    /// Its rows, whatever is around it.
    rows: Logical,
    /// What it says of both, by identities of both.
    on: Vec<BoundExpression>,
}

impl Opened {
    /// Opens a query whose WHERE stands on top; `None` where something else reads its arguments.
    fn new(rows: Logical, query: &BoundSubquery, context: &RewriteContext) -> Option<Opened> {
        let Logical::Filter { input, conditions } = rows else { return None };
        let (mut on, own): (Vec<_>, Vec<_>) =
            conditions.into_iter().partition(BoundExpression::reads_argument);
        let mut rows = input.filtered(own);
        let is_volatile = |condition: &BoundExpression| condition.is_volatile();
        if rows_read_argument(&rows) || on.iter().any(is_volatile) {
            return None;
        }
        on.iter_mut().for_each(|condition| condition.replace_arguments(&query.arguments));
        fold::apply(&mut rows, context);
        push_down::apply(&mut rows, context);
        apply(&mut rows, context);
        Some(Opened { rows, on })
    }

    /// Whether a condition is an equality of the two sides.
    fn connects(&self, condition: &BoundExpression) -> bool {
        let is_own = |side: &BoundExpression| self.rows.has_all_of(side);
        let is_other = |side: &BoundExpression| side.reads_only(|column| !self.rows.has(column));
        equal_sides(condition)
            .is_some_and(|(a, b)| is_own(a) && is_other(b) || is_own(b) && is_other(a))
    }

    /// Whether it is cheaper to read all its rows once than to ask for each of `outer`.
    fn pays(&self, outer: &Logical) -> bool {
        let asked = cardinality::rows(outer).max(1.0);
        let read = cardinality::rows_read(&self.rows);
        let once = if self.is_found_by_key() { 1.0 } else { read };
        read + cardinality::rows(&self.rows) * HOLD + asked < asked * (ASK + once)
    }

    /// Whether a join would look its rows up by a key.
    fn is_looked_up(&self) -> bool {
        let Logical::Table(table) = &self.rows else { return false };
        !key_lookups(table, &self.on).is_empty()
    }

    /// Whether the equalities fix the first column of a key.
    fn is_found_by_key(&self) -> bool {
        let Logical::Table(table) = &self.rows else { return false };
        let is_fixed = |column: usize| {
            let is_it = |side: &BoundExpression| side.kind == BoundKind::Column(column);
            let mut sides = self.on.iter().filter_map(equal_sides);
            sides.any(|(a, b)| is_it(a) || is_it(b))
        };
        table.source.schema.keys.iter().any(|key| {
            let first = key.columns.first();
            first.is_some_and(|column| is_fixed(table.first + column))
        })
    }
}

/// The join that a condition is which asks whether there is a row, or whether one has these values.
fn matching(
    condition: &BoundExpression,
    outer: &Logical,
    context: &RewriteContext,
) -> Option<(JoinType, Logical, Vec<BoundExpression>)> {
    let (kind, asked) = if let BoundKind::Not(asked) = &condition.kind {
        (JoinType::Anti, &**asked)
    } else {
        (JoinType::Semi, condition)
    };
    let BoundKind::Subquery(query) = &asked.kind else { return None };
    if query.arguments.is_empty() {
        return None;
    }
    let mut values: Vec<BoundExpression> = match query.role {
        SubqueryRole::Exists => Vec::new(),
        SubqueryRole::Contains => query.source.columns.clone(),
        SubqueryRole::Scalar | SubqueryRole::Field(_) | SubqueryRole::Compares(..) => return None,
    };
    let rows = unordered(query.source.logical.clone(), &mut values);
    let mut opened = Opened::new(rows, query, context)?;
    let is_plain = |value: &BoundExpression| !value.reads_argument() && !value.is_volatile();
    if !values.iter().all(is_plain) {
        return None;
    }
    let pairs = query.operands.iter().cloned().zip(values);
    let equal: Vec<BoundExpression> = pairs.map(|(a, b)| BoundExpression::equal(a, b)).collect();
    if kind == JoinType::Semi {
        opened.on.extend(equal);
    } else if let Some(equal) = BoundExpression::all_of(equal) {
        let not = BoundExpression::literal(Value::Boolean(false), DataType::Boolean);
        let kind = BoundKind::Compare(Comparison::IsNot, Box::new(equal), Box::new(not));
        opened.on.push(BoundExpression::new(kind, DataType::Boolean));
    }
    let is_join = opened.on.iter().any(|condition| opened.connects(condition));
    let pays = || opened.is_looked_up() || opened.pays(outer);
    (is_join && pays()).then_some((kind, opened.rows, opened.on))
}

/// The rows below what only computes, orders or repeats none of them, and some columns in their terms.
fn unordered(rows: Logical, values: &mut [BoundExpression]) -> Logical {
    match rows {
        Logical::Project { input, columns } => {
            values.iter_mut().for_each(|value| compute(value, &columns));
            unordered(*input, values)
        }
        Logical::Distinct { input, .. } | Logical::Sort { input, first: None, .. } => {
            unordered(*input, values)
        }
        other @ (Logical::OneRow
        | Logical::Table(_)
        | Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Join(_)
        | Logical::Aggregate(_)
        | Logical::Sort { first: Some(_), .. }
        | Logical::Limit { .. }
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::Window(_)
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)) => other,
    }
}

/// The input with a column for each query in an expression that asks for an aggregate, which the
/// expression reads in its place.
fn with_values(
    mut input: Logical,
    expression: &mut BoundExpression,
    context: &RewriteContext,
) -> Logical {
    if !asks(expression) {
        return input;
    }
    if let BoundKind::Subquery(query) = &expression.kind
        && let Some((right, on, value)) = aggregate(query, &input, context)
    {
        let (left, right) = (Box::new(input), Box::new(right));
        // An identity that is there already is the same query's, asked about the same rows.
        input = if on.iter().all(|condition| left.has_all_of(condition)) {
            *left
        } else {
            Logical::Join(LogicalJoin { left, right, kind: JoinType::Left, on })
        };
        let traits = expression.traits;
        *expression = value.with_traits(traits);
        return input;
    }
    expression.for_each_operand_mut(|operand| {
        let below = std::mem::replace(&mut input, Logical::OneRow);
        input = with_values(below, operand, context);
    });
    input
}

/// The groups that an aggregate of a query is one of, by what a row finds its own, and the value.
fn aggregate(
    query: &BoundSubquery,
    outer: &Logical,
    context: &RewriteContext,
) -> Option<(Logical, Vec<BoundExpression>, BoundExpression)> {
    let (SubqueryRole::Scalar, [column]) = (query.role, query.source.columns.as_slice()) else {
        return None;
    };
    let mut value = column.clone();
    let Logical::Project { input, columns } = &query.source.logical else { return None };
    compute(&mut value, columns);
    let Logical::Aggregate(LogicalAggregate { input, groups, aggregates }) = &**input else {
        return None;
    };
    let calls = aggregates.iter().map(|(_, call)| call);
    let is_plain = calls.clone().all(|call| {
        let mut parts = call.expressions();
        call.function != AggregateFunction::Bare
            && !parts.any(|part| part.reads_argument() || part.is_volatile())
    });
    if !groups.is_empty() || !is_plain || value.is_volatile() || query.arguments.is_empty() {
        return None;
    }
    let opened = Opened::new((**input).clone(), query, context)?;
    if !opened.pays(outer) {
        return None;
    }
    let mut groups = Vec::new();
    for condition in &opened.on {
        let (a, b) = equal_sides(condition).filter(|_| opened.connects(condition))?;
        let own = if opened.rows.has_all_of(a) { a } else { b };
        let BoundKind::Column(column) = own.kind else { return None };
        groups.push(ComputedColumn { column, expression: own.clone() });
    }
    if groups.is_empty() {
        return None;
    }
    value.replace_arguments(&query.arguments);
    for (column, call) in aggregates {
        with_nothing(&mut value, *column, call.function);
    }
    let Opened { rows, on } = opened;
    let rows = restrict::to_keys_of(outer, rows, &on, context);
    let aggregates = aggregates.clone();
    let aggregate = LogicalAggregate { input: Box::new(rows), groups, aggregates };
    Some((Logical::Aggregate(aggregate), on, value))
}

/// Lets a count of nothing be 0, and a list of nothing an empty one, where the row of a LEFT JOIN that finds no group has NULL.
fn with_nothing(value: &mut BoundExpression, column: usize, function: AggregateFunction) {
    let nothing = match function {
        AggregateFunction::Count => Value::Integer(0),
        AggregateFunction::Total => Value::Real(0.0),
        AggregateFunction::JsonGroupArray => Value::Json("[]".into()),
        AggregateFunction::JsonGroupObject => Value::Json("{}".into()),
        AggregateFunction::Sum
        | AggregateFunction::Avg
        | AggregateFunction::Min
        | AggregateFunction::Max
        | AggregateFunction::GroupConcat
        | AggregateFunction::Percentile(_)
        | AggregateFunction::OrderedSet(_)
        | AggregateFunction::Bare => return,
    };
    if value.kind == BoundKind::Column(column) {
        let (data_type, traits) = (value.data_type, value.traits);
        let values = vec![value.clone(), BoundExpression::literal(nothing, data_type)];
        let kind = BoundKind::Call(ScalarFunction::Coalesce, values);
        *value = BoundExpression::new(kind, data_type).with_traits(traits);
        return;
    }
    value.for_each_operand_mut(|operand| with_nothing(operand, column, function));
}

fn rows_read_argument(logical: &Logical) -> bool {
    let mut reads = false;
    logical.for_each_expression(|expression| reads = reads || expression.reads_argument());
    logical.for_each_input(|input| reads = reads || rows_read_argument(input));
    reads
}

/// Puts what columns are computed from in their places.
fn compute(expression: &mut BoundExpression, columns: &[ComputedColumn]) {
    if let BoundKind::Column(column) = expression.kind {
        if let Some(computed) = columns.iter().find(|computed| computed.column == column) {
            let traits = expression.traits;
            *expression = computed.expression.clone().with_traits(traits);
        }
        return;
    }
    expression.for_each_operand_mut(|operand| compute(operand, columns));
}
