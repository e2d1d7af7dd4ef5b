//! Rows are put in no order that nobody sees: IN, EXISTS and counts are the same in any.

use super::RewriteContext;
use crate::planner::functions::AggregateFunction;
use crate::planner::join_type::JoinType;
use crate::planner::logical::{Logical, LogicalAggregate, LogicalJoin, LogicalSetFilter};
use crate::planner::plan::AggregateCall;
use crate::planner::scan_order::SeenOrder;

/// Leaves out sorts whose order makes no difference to the answer, and lets tables come as they are kept
/// where theirs makes none.
pub(super) fn apply(logical: Logical, context: &RewriteContext) -> Logical {
    let seen = match context.is_ordered {
        true => OrderSeen::ALL,
        false => OrderSeen::NOTHING,
    };
    seen_so(logical, seen)
}

/// What is seen of the order of an operator's rows.
#[derive(Clone, Copy)]
struct OrderSeen {
    /// Whether one that is asked for is.
    sorts: bool,
    /// Whose order is, where none is asked for.
    tables: SeenOrder,
}

impl OrderSeen {
    const ALL: OrderSeen = OrderSeen { sorts: true, tables: SeenOrder::Index };
    const NOTHING: OrderSeen = OrderSeen { sorts: false, tables: SeenOrder::Nothing };

    /// The same of what decides about equal rows only, or is one of several tables: whichever index
    /// finds them there.
    fn but_indexes(self) -> OrderSeen {
        let tables = match self.tables {
            SeenOrder::Nothing => SeenOrder::Nothing,
            SeenOrder::Table | SeenOrder::Index => SeenOrder::Table,
        };
        OrderSeen { tables, ..self }
    }

    /// What aggregates see of the rows of their groups.
    fn by(aggregates: &[(usize, AggregateCall)]) -> OrderSeen {
        let is_listed = aggregates.iter().any(|(_, call)| lists(call));
        let sorts = is_listed || aggregates.iter().any(|(_, call)| call.function.sees_order());
        OrderSeen { sorts, tables: if is_listed { SeenOrder::Table } else { SeenOrder::Nothing } }
    }
}

/// Whether an aggregate gives one row of a group, or lists them. Sums round in some order, but nobody
/// asks a table for one.
fn lists(call: &AggregateCall) -> bool {
    match call.function {
        AggregateFunction::GroupConcat
        | AggregateFunction::JsonGroupArray
        | AggregateFunction::JsonGroupObject
        | AggregateFunction::OrderedSet(_)
        | AggregateFunction::Bare => true,
        AggregateFunction::Sum
        | AggregateFunction::Total
        | AggregateFunction::Avg
        | AggregateFunction::Count
        | AggregateFunction::Percentile(_) => false,
        // Of texts that are equal one is given.
        AggregateFunction::Min | AggregateFunction::Max => !call.collation.is_binary(),
    }
}

/// Whether a sort is of the rows of one table, which come equal to it as they are read.
fn is_of_one_table(logical: &Logical) -> bool {
    match logical {
        Logical::Table(_) => true,
        Logical::Sort { input, .. }
        | Logical::Filter { input, .. }
        | Logical::Project { input, .. } => is_of_one_table(input),
        Logical::OneRow
        | Logical::Values(_)
        | Logical::Function(_)
        | Logical::Join(_)
        | Logical::SetFilter(_)
        | Logical::Aggregate(_)
        | Logical::Append { .. }
        | Logical::Distinct { .. }
        | Logical::Limit { .. }
        | Logical::Window(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_) => false,
    }
}

/// The operator, of the order of whose rows so much is seen.
fn seen_so(logical: Logical, seen: OrderSeen) -> Logical {
    match logical {
        Logical::Table(mut table) => {
            table.seen = seen.tables;
            Logical::Table(table)
        }
        Logical::Sort { input, first: None, .. } if !seen.sorts => seen_so(*input, seen),
        Logical::Join(LogicalJoin { left, right, kind, on }) => {
            let seen = seen.but_indexes();
            let of_right = match kind {
                JoinType::Semi | JoinType::Anti => OrderSeen::NOTHING,
                JoinType::Inner
                | JoinType::Cross
                | JoinType::Left
                | JoinType::Right
                | JoinType::Full => seen,
            };
            let left = Box::new(seen_so(*left, seen));
            let right = Box::new(seen_so(*right, of_right));
            Logical::Join(LogicalJoin { left, right, kind, on })
        }
        Logical::SetFilter(filter) => {
            let LogicalSetFilter { left, right, .. } = filter;
            let left = Box::new(seen_so(*left, seen));
            let right = Box::new(seen_so(*right, OrderSeen::NOTHING));
            Logical::SetFilter(LogicalSetFilter { left, right, ..filter })
        }
        Logical::Aggregate(LogicalAggregate { input, groups, aggregates }) => {
            let input = Box::new(seen_so(*input, OrderSeen::by(&aggregates)));
            Logical::Aggregate(LogicalAggregate { input, groups, aggregates })
        }
        handing_on @ (Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Project { .. }
        | Logical::Append { .. }) => handing_on.map_inputs(&mut |input| seen_so(input, seen)),
        // Which rows are the first, or what is numbered how, is seen.
        deciding @ (Logical::Distinct { .. } | Logical::Limit { .. }) => {
            deciding.map_inputs(&mut |input| seen_so(input, OrderSeen::ALL))
        }
        Logical::Sort { .. } if is_of_one_table(&logical) => {
            logical.map_inputs(&mut |input| seen_so(input, OrderSeen::ALL))
        }
        ordering @ (Logical::Sort { .. } | Logical::Window(_)) => {
            ordering.map_inputs(&mut |input| seen_so(input, OrderSeen::ALL.but_indexes()))
        }
        other @ (Logical::OneRow
        | Logical::Values(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)) => {
            other.map_inputs(&mut |input| seen_so(input, OrderSeen::ALL))
        }
    }
}
