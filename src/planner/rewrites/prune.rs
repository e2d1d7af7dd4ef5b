//! Only columns that something above reads come up.

use super::RewriteContext;
use crate::planner::expression::BoundExpression;
use crate::planner::functions::AggregateFunction;
use crate::planner::logical::{Logical, LogicalAggregate, LogicalJoin};
use crate::planner::plan::AggregateCall;
use std::collections::BTreeSet;

/// Leaves out every column that the answer does not need.
pub(super) fn apply(logical: Logical, context: &RewriteContext) -> Logical {
    prune(logical, context.output.clone())
}

/// The operator with the columns that are `needed` of it.
fn prune(mut logical: Logical, mut needed: BTreeSet<usize>) -> Logical {
    match &mut logical {
        Logical::OneRow => {}
        Logical::Table(table) => {
            let first = table.first;
            table.columns.retain(|column| needed.contains(&(first + column)));
        }
        Logical::Project { columns, .. } => {
            columns.retain(|computed| needed.contains(&computed.column));
            needed.clear();
        }
        Logical::Aggregate(LogicalAggregate { aggregates, .. }) => {
            // Which row a bare column is of, another aggregate may decide.
            let is_bare = |call: &AggregateCall| call.function == AggregateFunction::Bare;
            if !aggregates.iter().any(|(column, call)| needed.contains(column) && is_bare(call)) {
                aggregates.retain(|(column, _)| needed.contains(column));
            }
            needed.clear();
        }
        Logical::Distinct { columns, .. } => needed.extend(columns.iter()),
        Logical::Sort { keys, .. } => needed.extend(keys.iter().map(|key| key.column)),
        Logical::Filter { .. } | Logical::Join(LogicalJoin { .. }) | Logical::Limit { .. } => {}
    }
    logical.for_each_expression(|expression| need(expression, &mut needed));
    logical.map_inputs(&mut |input| prune(input, needed.clone()))
}

/// Adds what an expression reads.
fn need(expression: &BoundExpression, needed: &mut BTreeSet<usize>) {
    expression.for_each_column(&mut |column| {
        needed.insert(column);
    });
}
