//! Only columns that something above reads come up.

use super::RewriteContext;
use crate::planner::column_set::ColumnSet;
use crate::planner::expression::BoundExpression;
use crate::planner::functions::AggregateFunction;
use crate::planner::logical::{Logical, LogicalAggregate};
use crate::planner::plan::AggregateCall;

/// Leaves out every column that the answer does not need.
pub(super) fn apply(logical: &mut Logical, context: &RewriteContext) {
    prune(logical, context.output.clone());
}

/// Leaves an operator the columns that are `needed` of it.
fn prune(logical: &mut Logical, mut needed: ColumnSet) {
    match logical {
        Logical::OneRow | Logical::Values(_) | Logical::Shared(_) | Logical::RecursiveRows(_) => {}
        Logical::Append { inputs, columns } => {
            prune_append(inputs, columns, &needed);
            return;
        }
        Logical::SetFilter(filter) => {
            // All columns that are compared decide which rows are equal.
            needed.extend(filter.left_columns.iter().copied());
            prune(&mut filter.left, needed);
            prune(&mut filter.right, filter.right_columns.iter().copied().collect());
            return;
        }
        Logical::Recursive(recursive) => {
            // All columns are those of the rows to come.
            let initial = recursive.initial_columns.iter().copied().collect();
            prune(&mut recursive.initial, initial);
            for part in &mut recursive.parts {
                let needed = part.output().into_iter().collect();
                prune(&mut part.logical, needed);
            }
            return;
        }
        Logical::Window(window) => {
            // Functions that nobody reads go, and with the last of them the window; the order of rows stays.
            window.calls.retain(|(column, _)| needed.contains(*column));
            if window.calls.is_empty() {
                *logical = window.input.take();
                return prune(logical, needed);
            }
            window.calls.iter().for_each(|(column, _)| needed.remove(*column));
            needed.extend(window.partition.iter().copied());
            needed.extend(window.order.iter().map(|key| key.column));
        }
        Logical::Table(table) => {
            let first = table.first;
            table.columns.retain(|column| needed.contains(first + column));
        }
        Logical::Function(function) => {
            function.on.iter().for_each(|condition| need(condition, &mut needed));
            let first = function.first;
            function.columns.retain(|column| needed.contains(first + column));
        }
        Logical::Project { columns, .. } => {
            columns.retain(|computed| needed.contains(computed.column));
            needed.clear();
        }
        Logical::Aggregate(LogicalAggregate { aggregates, .. }) => {
            // Which row a bare column is of, another aggregate may decide.
            let is_bare = |call: &AggregateCall| call.function == AggregateFunction::Bare;
            if !aggregates.iter().any(|(column, call)| needed.contains(*column) && is_bare(call)) {
                aggregates.retain(|(column, _)| needed.contains(*column));
            }
            needed.clear();
        }
        Logical::Distinct { columns, .. } => needed.extend(columns.iter().copied()),
        Logical::Sort { keys, .. } => needed.extend(keys.iter().map(|key| key.column)),
        Logical::Filter { .. } | Logical::Join(_) | Logical::Limit { .. } => {}
    }
    logical.for_each_expression(|expression| need(expression, &mut needed));
    logical.for_each_input_mut(|input| prune(input, needed.clone()));
}

/// The same columns of each input are needed.
fn prune_append(
    inputs: &mut [(Logical, Vec<usize>)],
    columns: &mut Vec<usize>,
    needed: &ColumnSet,
) {
    for (input, own) in inputs {
        let mut place = columns.iter();
        own.retain(|_| place.next().is_some_and(|column| needed.contains(*column)));
        prune(input, own.iter().copied().collect());
    }
    columns.retain(|column| needed.contains(*column));
}

/// Adds what an expression reads.
fn need(expression: &BoundExpression, needed: &mut ColumnSet) {
    expression.for_each_column(&mut |column| needed.insert(column));
}
