//! Only columns that something above reads come up.

use super::RewriteContext;
use crate::planner::expression::BoundExpression;
use crate::planner::functions::AggregateFunction;
use crate::planner::logical::{Logical, LogicalAggregate, LogicalJoin, LogicalWindow};
use crate::planner::plan::AggregateCall;
use std::collections::BTreeSet;

/// Leaves out every column that the answer does not need.
pub(super) fn apply(logical: Logical, context: &RewriteContext) -> Logical {
    prune(logical, context.output.clone())
}

/// The operator with the columns that are `needed` of it.
fn prune(mut logical: Logical, mut needed: BTreeSet<usize>) -> Logical {
    if let Logical::Append { inputs, columns } = logical {
        return prune_append(inputs, &columns, &needed);
    }
    if let Logical::SetFilter(mut filter) = logical {
        // All columns that are compared decide which rows are equal.
        needed.extend(filter.left_columns.iter());
        filter.left = Box::new(prune(*filter.left, needed));
        let compared = filter.right_columns.iter().copied().collect();
        filter.right = Box::new(prune(*filter.right, compared));
        return Logical::SetFilter(filter);
    }
    if let Logical::Window(window) = logical {
        return prune_window(window, needed);
    }
    if let Logical::Recursive(mut recursive) = logical {
        // All columns are those of the rows to come.
        let initial = recursive.initial_columns.iter().copied().collect();
        recursive.initial = Box::new(prune(*recursive.initial, initial));
        for part in &mut recursive.parts {
            let needed = part.output().into_iter().collect();
            let logical = std::mem::replace(&mut part.logical, Logical::OneRow);
            part.logical = prune(logical, needed);
        }
        return Logical::Recursive(recursive);
    }
    match &mut logical {
        Logical::OneRow
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::Window(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_) => {}
        Logical::Table(table) => {
            let first = table.first;
            table.columns.retain(|column| needed.contains(&(first + column)));
        }
        Logical::Function(function) => {
            function.on.iter().for_each(|condition| need(condition, &mut needed));
            let first = function.first;
            function.columns.retain(|column| needed.contains(&(first + column)));
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

/// Functions that nobody reads go, and with the last of them the window; the order of rows stays.
fn prune_window(mut window: LogicalWindow, mut needed: BTreeSet<usize>) -> Logical {
    window.calls.retain(|(column, _)| needed.contains(column));
    if window.calls.is_empty() {
        return prune(*window.input, needed);
    }
    for (column, call) in &window.calls {
        needed.remove(column);
        call.expressions().for_each(|expression| need(expression, &mut needed));
    }
    needed.extend(window.partition.iter().chain(window.order.iter().map(|key| &key.column)));
    let input = Box::new(prune(*window.input, needed));
    Logical::Window(LogicalWindow { input, ..window })
}

/// The same columns of each input are needed.
fn prune_append(
    inputs: Vec<(Logical, Vec<usize>)>,
    columns: &[usize],
    needed: &BTreeSet<usize>,
) -> Logical {
    let is_needed = |(column, _): &(&usize, &usize)| needed.contains(column);
    let inputs = inputs.into_iter().map(|(input, own)| {
        let own: Vec<usize> =
            columns.iter().zip(&own).filter(is_needed).map(|(_, own)| *own).collect();
        (prune(input, own.iter().copied().collect()), own)
    });
    let inputs = inputs.collect();
    let columns = columns.iter().copied().filter(|column| needed.contains(column)).collect();
    Logical::Append { inputs, columns }
}

/// Adds what an expression reads.
fn need(expression: &BoundExpression, needed: &mut BTreeSet<usize>) {
    expression.for_each_column(&mut |column| {
        needed.insert(column);
    });
}
