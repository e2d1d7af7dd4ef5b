//! Rows are put in no order that nobody sees: IN, EXISTS and counts are the same in any.

use super::RewriteContext;
use crate::planner::functions::AggregateFunction;
use crate::planner::join_type::JoinType;
use crate::planner::logical::{Logical, LogicalAggregate, LogicalJoin, LogicalSetFilter};
use crate::planner::plan::AggregateCall;

/// Leaves out sorts whose order makes no difference to the answer.
pub(super) fn apply(logical: Logical, context: &RewriteContext) -> Logical {
    without_sorts(logical, context.is_ordered)
}

/// The operator, of whose rows the order counts or does not.
fn without_sorts(logical: Logical, is_seen: bool) -> Logical {
    match logical {
        Logical::Sort { input, first: None, .. } if !is_seen => without_sorts(*input, false),
        Logical::Join(LogicalJoin { left, right, kind, on }) => {
            let is_right_seen = match kind {
                JoinType::Semi | JoinType::Anti => false,
                JoinType::Inner
                | JoinType::Cross
                | JoinType::Left
                | JoinType::Right
                | JoinType::Full => is_seen,
            };
            let left = Box::new(without_sorts(*left, is_seen));
            let right = Box::new(without_sorts(*right, is_right_seen));
            Logical::Join(LogicalJoin { left, right, kind, on })
        }
        Logical::SetFilter(filter) => {
            let LogicalSetFilter { left, right, .. } = filter;
            let left = Box::new(without_sorts(*left, is_seen));
            let right = Box::new(without_sorts(*right, false));
            Logical::SetFilter(LogicalSetFilter { left, right, ..filter })
        }
        Logical::Aggregate(LogicalAggregate { input, groups, aggregates }) => {
            let is_seen = aggregates.iter().any(|(_, call)| sees_order(call));
            let input = Box::new(without_sorts(*input, is_seen));
            Logical::Aggregate(LogicalAggregate { input, groups, aggregates })
        }
        handing_on @ (Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Project { .. }
        | Logical::Append { .. }) => {
            handing_on.map_inputs(&mut |input| without_sorts(input, is_seen))
        }
        // Which rows are the first, or what is numbered how, is seen.
        other @ (Logical::OneRow
        | Logical::Table(_)
        | Logical::Window(_)
        | Logical::Distinct { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. }
        | Logical::Values(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)) => other.map_inputs(&mut |input| without_sorts(input, true)),
    }
}

/// Whether an aggregate can differ where the rows of a group come in another order.
fn sees_order(call: &AggregateCall) -> bool {
    let is_first_row = call.function == AggregateFunction::Bare;
    // Of texts that are equal one is given.
    is_first_row || call.function.sees_order() || !call.collation.is_binary()
}
