//! A logical plan becomes what the executor does: identities become positions, once.

use super::common_table::LogicalShared;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::function_scan::{FunctionScan, LogicalFunction};
use super::logical::{
    ComputedColumn, Logical, LogicalAggregate, LogicalJoin, LogicalKey, LogicalSetFilter,
    LogicalTable, LogicalValues, LogicalWindow,
};
use super::plan::{AccessPath, Join, Plan, SortKey, TableAccess};
use super::recursive::{LogicalRecursive, RecursivePart, RecursiveRows};
use super::scan_order;
use super::with_plan::{CommonTablePlan, RecursiveKey, RecursivePlan, RecursiveStep};
use crate::types::{Collation, DataType, with_stack};
use std::sync::Arc;

/// A plan, and the identity of each column that comes out of it.
pub(super) struct Lowered {
    /// The plan.
    pub plan: Plan,
    /// The identities, in the order of its columns.
    pub layout: Vec<usize>,
}

/// The plan whose columns are those of `output`, in this order.
pub(super) fn query(logical: Logical, output: &[usize]) -> Plan {
    with_columns(lower(logical), output).plan
}

/// The plan with these columns first, and with no others if there are more.
fn with_columns(lowered: Lowered, columns: &[usize]) -> Lowered {
    if lowered.layout == columns {
        return lowered;
    }
    let types = lowered.plan.types();
    let expressions = columns
        .iter()
        .map(|column| position(*column, &lowered.layout))
        .map(|position| BoundExpression::column(position, types[position]))
        .collect();
    let plan = Plan::Project { input: Box::new(lowered.plan), expressions };
    Lowered { plan, layout: columns.to_vec() }
}

/// The plan with these columns first, and the others behind them.
fn with_columns_first(lowered: Lowered, columns: &[usize]) -> Lowered {
    if lowered.layout.starts_with(columns) {
        return lowered;
    }
    let others = lowered.layout.iter().filter(|known| !columns.contains(known));
    let all: Vec<usize> = columns.iter().chain(others).copied().collect();
    with_columns(lowered, &all)
}

fn lower(logical: Logical) -> Lowered {
    with_stack(|| operator(logical))
}

fn operator(logical: Logical) -> Lowered {
    match logical {
        Logical::OneRow => Lowered { plan: Plan::OneRow, layout: Vec::new() },
        Logical::Values(LogicalValues { rows, columns, types }) => {
            Lowered { plan: Plan::Values { rows, types: types.into() }, layout: columns }
        }
        Logical::Append { inputs, columns } => {
            let input =
                |(input, layout): (Logical, Vec<usize>)| with_columns(lower(input), &layout).plan;
            let inputs = inputs.into_iter().map(input).collect();
            Lowered { plan: Plan::Append { inputs }, layout: columns }
        }
        Logical::SetFilter(filter) => set_filter(filter),
        Logical::Shared(LogicalShared { table, columns }) => {
            let (number, name, plan) = (table.number, table.name.clone(), table.plan());
            Lowered { plan: Plan::Shared(CommonTablePlan { number, name, plan }), layout: columns }
        }
        Logical::Recursive(logical) => recursive(*logical),
        Logical::RecursiveRows(rows) => {
            let RecursiveRows { number, name, columns, mut types, ordinal } = *rows;
            types.push(DataType::Integer);
            let layout = columns.into_iter().chain([ordinal]).collect();
            Lowered { plan: Plan::RecursiveRows { number, name, types: types.into() }, layout }
        }
        Logical::Table(table) => {
            let (access, layout) = access(*table);
            Lowered { plan: Plan::Access(Arc::new(access)), layout }
        }
        Logical::Function(logical) => function(*logical),
        Logical::Filter { input, conditions } => filtered(lower(*input), conditions),
        Logical::Project { input, columns } => project(lower(*input), columns),
        Logical::Join(logical) => join(logical),
        Logical::Aggregate(logical) => aggregate(logical),
        Logical::Distinct { input, columns } => {
            let Lowered { plan, layout } = with_columns_first(lower(*input), &columns);
            let types = plan.types()[..columns.len()].into();
            let plan = Plan::Distinct { input: Box::new(plan), types };
            Lowered { plan, layout }
        }
        Logical::Sort { input, keys, first } => {
            let Lowered { plan, layout } = lower(*input);
            let keys = sort_keys(&keys, &layout, &plan.types());
            let plan = Plan::Sort { input: Box::new(plan), keys, limit: first };
            Lowered { plan, layout }
        }
        Logical::Window(logical) => window(logical),
        Logical::Limit { input, limits } => {
            let Lowered { plan, layout } = lower(*input);
            Lowered { plan: Plan::Limit { input: Box::new(plan), limits }, layout }
        }
    }
}

fn recursive(logical: LogicalRecursive) -> Lowered {
    let LogicalRecursive { initial, initial_columns, parts, columns, order, .. } = logical;
    let part = |part: RecursivePart| {
        let output = part.output();
        let plan = with_columns(lower(part.logical), &output).plan;
        RecursiveStep { plan, feeding: part.feeding }
    };
    let (order, collations): (Vec<LogicalKey>, Vec<Collation>) = order.into_iter().unzip();
    let order = sort_keys(&order, &columns, &logical.types);
    let keys = order.iter().zip(collations);
    let keys: Vec<RecursiveKey> =
        keys.map(|(key, collation)| RecursiveKey { key: key.clone(), collation }).collect();
    let plan = RecursivePlan {
        number: logical.number,
        name: logical.name,
        initial: with_columns(lower(*initial), &initial_columns).plan,
        steps: parts.into_iter().map(part).collect(),
        order: keys.into(),
        types: logical.types.into(),
        distinct: logical.distinct.map(Arc::from),
    };
    Lowered { plan: Plan::Recursive(Arc::new(plan)), layout: columns }
}

fn set_filter(filter: LogicalSetFilter) -> Lowered {
    let LogicalSetFilter { left, right, left_columns, right_columns, keeps_common } = filter;
    let Lowered { plan: left, layout } = with_columns_first(lower(*left), &left_columns);
    let right = with_columns(lower(*right), &right_columns).plan;
    let types = right.types().into();
    let (left, right) = (Box::new(left), Box::new(right));
    Lowered { plan: Plan::SetFilter { left, right, types, keeps_common }, layout }
}

/// Where a column stands.
fn position(column: usize, layout: &[usize]) -> usize {
    let position = layout.iter().position(|have| *have == column);
    position.unwrap_or_else(|| {
        unreachable!("column {column} is needed but does not come up in {layout:?}")
    })
}

/// How a table's rows are reached, and the identity of each column that comes out. What only
/// conditions read is read besides.
pub(super) fn access(mut table: LogicalTable) -> (TableAccess, Vec<usize>) {
    let mut columns = std::mem::take(&mut table.columns);
    let LogicalTable { first, ref conditions, .. } = table;
    let output = columns.len();
    let layout = columns.iter().map(|column| first + column).collect();
    for condition in conditions {
        condition.for_each_column(&mut |column| {
            if !columns.contains(&(column - first)) {
                columns.push(column - first);
            }
        });
    }
    let order = scan_order::keys(&table, &columns);
    let LogicalTable { source, label, conditions, path, .. } = table;
    let filter = BoundExpression::all_of(conditions).map(|mut filter| {
        filter.map_columns(&|column| position(column - first, &columns));
        filter
    });
    let (slot, table) = (source.slot, source.schema);
    (TableAccess { slot, table, label, columns, output, path, filter, order }, layout)
}

/// The rows of a function behind those of its input.
fn function(logical: LogicalFunction) -> Lowered {
    let LogicalFunction { input, function, slot, mut arguments, first, .. } = logical;
    let LogicalFunction { columns, keeps_input, on, span, .. } = logical;
    let Lowered { plan: input, mut layout } = lower(*input);
    arguments.iter_mut().for_each(|argument| argument.relocate(&layout));
    layout.extend(columns.iter().map(|column| first + column));
    let condition = BoundExpression::all_of(on).map(|mut condition| {
        condition.relocate(&layout);
        condition
    });
    let place = span.into();
    let scan =
        FunctionScan { input, function, slot, arguments, columns, keeps_input, condition, place };
    Lowered { plan: Plan::Function(Arc::new(scan)), layout }
}

/// The plan with a filter on top, if there are conditions.
fn filtered(lowered: Lowered, conditions: Vec<BoundExpression>) -> Lowered {
    let Lowered { plan, layout } = lowered;
    let plan = match BoundExpression::all_of(conditions) {
        None => plan,
        Some(mut predicate) => {
            predicate.relocate(&layout);
            Plan::Filter { input: Box::new(plan), predicate: Arc::new(predicate) }
        }
    };
    Lowered { plan, layout }
}

/// The projection, left out where it changes nothing.
fn project(lowered: Lowered, mut columns: Vec<ComputedColumn>) -> Lowered {
    let Lowered { plan, mut layout } = lowered;
    columns.iter_mut().for_each(|computed| computed.expression.relocate(&layout));
    let mut in_order = columns.iter().enumerate();
    let is_same = columns.len() == layout.len()
        && in_order.all(|(at, computed)| computed.expression.kind == BoundKind::Column(at));
    layout.clear();
    layout.extend(columns.iter().map(|computed| computed.column));
    if is_same && !matches!(plan, Plan::OneRow) {
        return Lowered { plan, layout };
    }
    let expressions = columns.into_iter().map(|computed| computed.expression).collect();
    Lowered { plan: Plan::Project { input: Box::new(plan), expressions }, layout }
}

fn join(logical: LogicalJoin) -> Lowered {
    let LogicalJoin { left, mut right, kind, on } = logical;
    let (mut equal, mut rest) = (Vec::new(), Vec::new());
    for condition in on {
        match split_equal(condition, &right) {
            Ok(pair) => equal.push(pair),
            Err(condition) => rest.push(condition),
        }
    }
    let left = lower(*left);
    if let Logical::Table(table) = &mut *right
        && let AccessPath::Lookup { values, .. } = &mut table.path
    {
        values.iter_mut().for_each(|value| value.relocate(&left.layout));
    }
    let right = lower(*right);
    for (a, b) in &mut equal {
        a.relocate(&left.layout);
        b.relocate(&right.layout);
    }
    let mut layout = left.layout;
    let own = layout.len();
    layout.extend(right.layout);
    let condition = BoundExpression::all_of(rest).map(|mut condition| {
        condition.relocate(&layout);
        condition
    });
    if !kind.gives_right() {
        layout.truncate(own);
    }
    let types = (left.plan.types().into(), right.plan.types().into());
    let (left, right) = (Box::new(left.plan), Box::new(right.plan));
    let join = Join { left, right, types, kind, equal, condition };
    Lowered { plan: Plan::Join(Arc::new(join)), layout }
}

/// The sides of an equality between the two inputs of a join, or the condition as it was.
fn split_equal(
    condition: BoundExpression,
    right: &Logical,
) -> Result<(BoundExpression, BoundExpression), BoundExpression> {
    let BoundKind::Compare(Comparison::Equal, a, b) = condition.kind else { return Err(condition) };
    let is_left = |side: &BoundExpression| side.reads_only(|column| !right.has(column));
    if is_left(&a) && right.has_all_of(&b) {
        return Ok((*a, *b));
    }
    if is_left(&b) && right.has_all_of(&a) {
        return Ok((*b, *a));
    }
    let kind = BoundKind::Compare(Comparison::Equal, a, b);
    Err(BoundExpression::new(kind, condition.data_type))
}

fn sort_keys(keys: &[LogicalKey], layout: &[usize], types: &[DataType]) -> Arc<[SortKey]> {
    let keys = keys.iter().map(|key| {
        let column = position(key.column, layout);
        let (descending, nulls_first) = (key.descending, key.nulls_first);
        SortKey { column, data_type: types[column], descending, nulls_first }
    });
    keys.collect()
}

fn window(logical: LogicalWindow) -> Lowered {
    let LogicalWindow { input, partition, order, calls } = logical;
    let Lowered { plan, layout: below } = lower(*input);
    let mut layout = below.clone();
    let calls = calls.into_iter().map(|(column, mut call)| {
        call.expressions_mut().for_each(|expression| expression.relocate(&below));
        layout.push(column);
        call
    });
    let calls = calls.collect();
    let types = plan.types();
    let partition: Vec<LogicalKey> = partition.into_iter().map(LogicalKey::ascending).collect();
    let partition = sort_keys(&partition, &below, &types);
    let order = sort_keys(&order, &below, &types);
    Lowered { plan: Plan::Window { input: Box::new(plan), partition, order, calls }, layout }
}

fn aggregate(logical: LogicalAggregate) -> Lowered {
    let LogicalAggregate { input, mut groups, mut aggregates } = logical;
    let Lowered { plan, mut layout } = lower(*input);
    groups.iter_mut().for_each(|group| group.expression.relocate(&layout));
    let calls = aggregates.iter_mut().flat_map(|(_, call)| call.expressions_mut());
    calls.for_each(|expression| expression.relocate(&layout));
    layout.clear();
    layout.extend(groups.iter().map(|group| group.column));
    layout.extend(aggregates.iter().map(|(column, _)| *column));
    let groups = groups.into_iter().map(|group| group.expression).collect();
    let aggregates = aggregates.into_iter().map(|(_, call)| call).collect();
    let plan = Plan::Aggregate { input: Box::new(plan), groups, aggregates };
    Lowered { plan, layout }
}
