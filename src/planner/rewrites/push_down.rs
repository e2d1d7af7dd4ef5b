//! Conditions are tested as early as they can be: at the lowest operator that has all their columns; and
//! what an OR about two sides of a join implies of one of them is tested there, besides.

use super::RewriteContext;
use crate::planner::expression::{BoundExpression, BoundKind};
use crate::planner::logical::{ComputedColumn, Logical, LogicalJoin, LogicalWindow};

/// Pushes the conditions of filters and joins down.
pub(super) fn apply(logical: &mut Logical, _: &RewriteContext) {
    *logical = push(logical.take(), Vec::new());
}

/// The operator with conditions on what comes out of it, tested as far below as they may be.
fn push(logical: Logical, conditions: Vec<BoundExpression>) -> Logical {
    match logical {
        Logical::Table(mut table) => {
            add(&mut table.conditions, conditions);
            Logical::Table(table)
        }
        Logical::Filter { input, conditions: own } => {
            // What reads no column decides about all rows, or is an error, before any is read. What is
            // another value each time is tested as often as it is written.
            let (staying, own): (Vec<_>, Vec<_>) =
                own.into_iter().partition(|own| own.is_constant() || own.is_volatile());
            push(*input, own.into_iter().chain(conditions).collect()).filtered(staying)
        }
        Logical::Join(join) => push_into_join(join, conditions),
        Logical::Project { input, columns } => {
            let (below, above) = conditions.into_iter().partition(|condition| {
                condition.reads_only(|column| is_handed_on(&columns, column))
            });
            let below = renamed(below, &columns);
            let input = Box::new(push(*input, below));
            Logical::Project { input, columns }.filtered(above)
        }
        Logical::Function(mut function) => {
            let identities = function.identities();
            let (below, above) = conditions.into_iter().partition(|condition| {
                condition.reads_only(|column| !identities.contains(&column))
            });
            function.input = Box::new(push(*function.input, below));
            Logical::Function(function).filtered(above)
        }
        Logical::Append { inputs, columns } => {
            let inputs = inputs.into_iter().map(|(input, own)| {
                let mut conditions = conditions.clone();
                let names = |column| columns.iter().position(|known| *known == column);
                for condition in &mut conditions {
                    condition.map_columns(&|column| names(column).map_or(column, |at| own[at]));
                }
                (push(input, conditions), own)
            });
            Logical::Append { inputs: inputs.collect(), columns }
        }
        Logical::Distinct { input, columns } => {
            let (below, above) = conditions
                .into_iter()
                .partition(|condition| condition.reads_only(|column| columns.contains(&column)));
            let input = Box::new(push(*input, below));
            Logical::Distinct { input, columns }.filtered(above)
        }
        Logical::Window(window) => {
            // A condition on what a partition has in common takes partitions away, and no row of others.
            let (below, above) = conditions.into_iter().partition(|condition| {
                condition.reads_only(|column| window.partition.contains(&column))
            });
            let input = Box::new(push(*window.input, below));
            Logical::Window(LogicalWindow { input, ..window }).filtered(above)
        }
        Logical::Sort { input, keys, first: None } => {
            let input = Box::new(push(*input, conditions));
            Logical::Sort { input, keys, first: None }
        }
        // Fewer rows would make other groups, or other first rows.
        mut stop @ (Logical::OneRow
        | Logical::Values(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)
        | Logical::SetFilter(_)
        | Logical::Aggregate(_)
        | Logical::Sort { .. }
        | Logical::Limit { .. }) => {
            stop.for_each_input_mut(|input| *input = push(input.take(), Vec::new()));
            stop.filtered(conditions)
        }
    }
}

/// Adds conditions that are not known already, as what an OR implies may be.
fn add(known: &mut Vec<BoundExpression>, conditions: Vec<BoundExpression>) {
    for condition in conditions {
        if !known.contains(&condition) {
            known.push(condition);
        }
    }
}

/// Conditions on the pairs of a join, and its own, go to the side that they are about; what an outer
/// join would change by that stays where it is. Conditions on what comes out of it may drop rows of a
/// side that it keeps, but none of the other, in whose place NULLs would come; its own may drop rows
/// of a side that it does not keep.
fn push_into_join(join: LogicalJoin, conditions: Vec<BoundExpression>) -> Logical {
    let LogicalJoin { left, right, kind, on: own } = join;
    let (keeps_left, keeps_right) = (kind.keeps_left(), kind.keeps_right());
    let (mut to_left, mut to_right, mut on, mut above) = (vec![], vec![], vec![], vec![]);
    // What is said of the pairs reads columns of the two sides alone, and the right one is mostly small.
    let is_left = |condition: &BoundExpression| condition.reads_only(|column| !right.has(column));
    for condition in conditions {
        if !keeps_right && is_left(&condition) {
            to_left.push(condition);
        } else if !keeps_left && right.has_all_of(&condition) {
            to_right.push(condition);
        } else if keeps_left || keeps_right {
            above.push(condition);
        } else {
            on.push(condition);
        }
    }
    let mut remaining = Vec::with_capacity(own.len());
    for condition in own {
        if !keeps_right && right.has_all_of(&condition) {
            to_right.push(condition);
        } else if !keeps_left && is_left(&condition) {
            to_left.push(condition);
        } else {
            remaining.push(condition);
        }
    }
    remaining.extend(on);
    for condition in &remaining {
        let is_right = |part: &BoundExpression| right.has_all_of(part);
        to_left.extend(implied(condition, &is_left).filter(|_| !keeps_left));
        to_right.extend(implied(condition, &is_right).filter(|_| !keeps_right));
    }
    let (left, right) = (Box::new(push(*left, to_left)), Box::new(push(*right, to_right)));
    Logical::Join(LogicalJoin { left, right, kind, on: remaining }).filtered(above)
}

/// What an OR implies of one side of a join, where each of its alternatives says something of it: of
/// `(a = 1 AND b = 1) OR (a = 2 AND b = 2)`, `a = 1 OR a = 2`.
fn implied(
    condition: &BoundExpression,
    is_of_side: &dyn Fn(&BoundExpression) -> bool,
) -> Option<BoundExpression> {
    if !matches!(condition.kind, BoundKind::Or(..)) || condition.is_volatile() {
        return None;
    }
    let alternatives: Option<Vec<BoundExpression>> = condition
        .clone()
        .disjuncts()
        .into_iter()
        .map(|side| BoundExpression::all_of(side.conjuncts().into_iter().filter(is_of_side)))
        .collect();
    BoundExpression::any_of(alternatives?)
}

/// Whether a projection only hands a column on.
fn is_handed_on(columns: &[ComputedColumn], column: usize) -> bool {
    let is_plain = |known: &ComputedColumn| matches!(known.expression.kind, BoundKind::Column(_));
    columns.iter().any(|known| known.column == column && is_plain(known))
}

/// Conditions on columns that a projection hands on, said of its input's.
fn renamed(
    mut conditions: Vec<BoundExpression>,
    columns: &[ComputedColumn],
) -> Vec<BoundExpression> {
    for condition in &mut conditions {
        condition.map_columns(&|column| {
            let known = columns.iter().find(|known| known.column == column);
            match known.map(|known| &known.expression.kind) {
                Some(BoundKind::Column(input)) => *input,
                _ => column,
            }
        });
    }
    conditions
}
