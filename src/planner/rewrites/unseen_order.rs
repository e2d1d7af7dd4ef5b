//! Rows are put in no order that nobody sees: IN, EXISTS and counts are the same in any.

use super::RewriteContext;
use crate::planner::functions::AggregateFunction;
use crate::planner::join_type::JoinType;
use crate::planner::logical::{Logical, LogicalAggregate, LogicalJoin, LogicalSetFilter};
use crate::planner::plan::AggregateCall;
use crate::planner::scan_order::SeenOrder;
use crate::types::with_stack;

/// Leaves out sorts whose order makes no difference to the answer, and lets tables come as they are kept
/// where theirs makes none.
pub(super) fn apply(logical: &mut Logical, context: &RewriteContext) {
    let seen = match context.is_ordered {
        true => OrderSeen::ALL,
        false => OrderSeen::NOTHING,
    };
    seen_so(logical, seen);
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
        OrderSeen { sorts, tables: if is_listed { SeenOrder::Index } else { SeenOrder::Nothing } }
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

/// Tells an operator that so much is seen of the order of its rows.
fn seen_so(logical: &mut Logical, seen: OrderSeen) {
    let of_inputs = match logical {
        Logical::Table(table) => {
            // A write sees no more than it said.
            table.seen = table.seen.min(seen.tables);
            return;
        }
        Logical::Sort { input, first: None, .. } if !seen.sorts => {
            *logical = input.take();
            return seen_so(logical, seen);
        }
        Logical::Join(LogicalJoin { left, right, kind, .. }) => {
            let seen = seen.but_indexes();
            let of_right = match kind {
                JoinType::Semi | JoinType::Anti => OrderSeen::NOTHING,
                JoinType::Inner
                | JoinType::Cross
                | JoinType::Left
                | JoinType::Right
                | JoinType::Full => seen,
            };
            with_stack(|| seen_so(left, seen));
            return with_stack(|| seen_so(right, of_right));
        }
        Logical::SetFilter(LogicalSetFilter { left, right, .. }) => {
            with_stack(|| seen_so(left, seen));
            return with_stack(|| seen_so(right, OrderSeen::NOTHING));
        }
        Logical::Aggregate(LogicalAggregate { aggregates, .. }) => OrderSeen::by(aggregates),
        Logical::Function(_)
        | Logical::Filter { .. }
        | Logical::Project { .. }
        | Logical::Append { .. } => seen,
        Logical::Sort { .. } if !is_of_one_table(logical) => OrderSeen::ALL.but_indexes(),
        Logical::Window(_) => OrderSeen::ALL.but_indexes(),
        // Which rows are the first, or what is numbered how, is seen.
        Logical::Distinct { .. }
        | Logical::Limit { .. }
        | Logical::Sort { .. }
        | Logical::OneRow
        | Logical::Values(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_) => OrderSeen::ALL,
    };
    logical.for_each_input_mut(|input| seen_so(input, of_inputs));
}
