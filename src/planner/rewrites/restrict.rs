//! The groups of a query that became a join are made for those keys only which the rows around it have:
//! the least cost of each of some parts needs no look at all other parts.
//!
//! The table around it that a group's key is a unique key of is joined once more inside of the groups,
//! with its own conditions ("magic sets"; Mumick et al., "Magic is Relevant", 1990). The groups that are
//! left out then are those that nobody looks for.

use super::RewriteContext;
use crate::planner::JoinType;
use crate::planner::cardinality::{self, equal_sides};
use crate::planner::expression::{BoundExpression, BoundKind};
use crate::planner::logical::{Logical, LogicalJoin, LogicalTable};
use crate::types::with_stack;

/// How many times fewer rows a table must have by its conditions.
const WORTH_IT: f64 = 2.0;

/// The rows of a query's groups that equalities with a column of `outer` may find.
pub(super) fn to_keys_of(
    outer: &Logical,
    rows: Logical,
    on: &[BoundExpression],
    context: &RewriteContext,
) -> Logical {
    let read = cardinality::rows_read(&rows);
    let table_of = |condition: &BoundExpression| {
        let (a, b) = equal_sides(condition)?;
        [a, b].into_iter().find_map(|side| {
            let BoundKind::Column(column) = side.kind else { return None };
            let table = keyed_table(outer, column, side)?;
            let is_worth_it = cardinality::rows_of_source(&table.source) < read;
            is_worth_it.then_some((column, table))
        })
    };
    let found = on.iter().find_map(|condition| Some((condition, table_of(condition)?)));
    let Some((condition, (column, table))) = found else { return rows };
    let schema = &table.source.schema;
    let names = (0..schema.width()).map(|index| schema.name_of(index));
    let first = context.names.borrow_mut().add_all(names);
    let mut copy = LogicalTable { first, ..table.clone() };
    for own in &mut copy.conditions {
        own.map_columns(&|known| known - table.first + first);
    }
    let mut condition = condition.clone();
    let renamed = |known| if known == column { column - table.first + first } else { known };
    condition.map_columns(&renamed);
    let (left, right, on) =
        (Box::new(rows), Box::new(Logical::Table(Box::new(copy))), vec![condition]);
    Logical::Join(LogicalJoin { left, right, kind: JoinType::Inner, on })
}

/// The table whose unique key a column is, where each row has a row of it and its conditions leave few
/// of them.
fn keyed_table<'a>(
    outer: &'a Logical,
    column: usize,
    side: &BoundExpression,
) -> Option<&'a LogicalTable> {
    match outer {
        Logical::Table(table) => {
            let is_plain = |condition: &BoundExpression| {
                let mut asks = condition.is_volatile();
                condition.for_each_subquery(&mut |_| asks = true);
                !asks && condition.reads_only(|known| table.identities().contains(&known))
            };
            let all = cardinality::key_rows(side, outer)?;
            let are_few = cardinality::rows(outer) * WORTH_IT <= all;
            (are_few && table.conditions.iter().all(is_plain)).then_some(table)
        }
        Logical::Filter { input, .. } => with_stack(|| keyed_table(input, column, side)),
        Logical::Join(LogicalJoin { left, right, kind, .. }) => {
            let is_left = left.has(column);
            let is_whole = if is_left { !kind.keeps_right() } else { kind.is_inner() };
            let input = if is_left { left } else { right };
            if is_whole { with_stack(|| keyed_table(input, column, side)) } else { None }
        }
        Logical::OneRow
        | Logical::Function(_)
        | Logical::Project { .. }
        | Logical::Aggregate(_)
        | Logical::Window(_)
        | Logical::Distinct { .. }
        | Logical::Sort { .. }
        | Logical::Limit { .. }
        | Logical::Values(_)
        | Logical::Append { .. }
        | Logical::SetFilter(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_) => None,
    }
}
