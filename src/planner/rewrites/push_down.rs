//! Conditions are tested as early as they can be: at the lowest operator that has all their columns; and
//! what an OR about two sides of a join implies of one of them is tested there, besides.

use super::RewriteContext;
use crate::planner::expression::{BoundExpression, BoundKind};
use crate::planner::logical::{ComputedColumn, Logical, LogicalJoin};

/// Pushes the conditions of filters and joins down.
pub(super) fn apply(logical: &mut Logical, _: &RewriteContext) {
    push(logical, Vec::new());
}

/// Has conditions on what comes out of an operator tested as far below as they may be.
fn push(logical: &mut Logical, mut conditions: Vec<BoundExpression>) {
    match logical {
        Logical::Table(table) => return add(&mut table.conditions, conditions),
        Logical::Filter { input, conditions: own } => {
            let mut own = std::mem::take(own);
            // What reads no column decides about all rows, or is an error, before any is read. What is
            // another value each time is tested as often as it is written.
            let staying = taken(&mut own, |own| own.is_constant() || own.is_volatile());
            own.append(&mut conditions);
            *logical = input.take();
            push(logical, own);
            conditions = staying;
        }
        Logical::Join(join) => conditions = push_into_join(join, conditions),
        Logical::Project { input, columns } => {
            let mut below = taken(&mut conditions, |condition| {
                condition.reads_only(|column| is_handed_on(columns, column))
            });
            rename(&mut below, columns);
            push(input, below);
        }
        Logical::Function(function) => {
            let identities = function.identities();
            let below = taken(&mut conditions, |condition| {
                condition.reads_only(|column| !identities.contains(&column))
            });
            push(&mut function.input, below);
        }
        Logical::Append { inputs, columns } => {
            for (input, own) in inputs {
                let mut conditions = conditions.clone();
                let names = |column| columns.iter().position(|known| *known == column);
                for condition in &mut conditions {
                    condition.map_columns(&|column| names(column).map_or(column, |at| own[at]));
                }
                push(input, conditions);
            }
            return;
        }
        Logical::Distinct { input, columns } => {
            let below = taken(&mut conditions, |condition| {
                condition.reads_only(|column| columns.contains(&column))
            });
            push(input, below);
        }
        Logical::Window(window) => {
            // A condition on what a partition has in common takes partitions away, and no row of others.
            let below = taken(&mut conditions, |condition| {
                condition.reads_only(|column| window.partition.contains(&column))
            });
            push(&mut window.input, below);
        }
        Logical::Sort { input, first: None, .. } => return push(input, conditions),
        // Fewer rows would make other groups, or other first rows.
        Logical::OneRow
        | Logical::Values(_)
        | Logical::Shared(_)
        | Logical::Recursive(_)
        | Logical::RecursiveRows(_)
        | Logical::SetFilter(_)
        | Logical::Aggregate(_)
        | Logical::Sort { .. }
        | Logical::Limit { .. } => logical.for_each_input_mut(|input| push(input, Vec::new())),
    }
    logical.filter(conditions);
}

/// The conditions that are so, taken from the others.
fn taken(
    conditions: &mut Vec<BoundExpression>,
    is_so: impl Fn(&BoundExpression) -> bool,
) -> Vec<BoundExpression> {
    conditions.extract_if(.., |condition| is_so(condition)).collect()
}

/// Adds conditions that are not known already, as what an OR implies may be.
fn add(known: &mut Vec<BoundExpression>, conditions: Vec<BoundExpression>) {
    if known.is_empty() {
        known.reserve(conditions.len());
    }
    for condition in conditions {
        if !known.contains(&condition) {
            known.push(condition);
        }
    }
}

/// Conditions on the pairs of a join, and its own, go to the side that they are about; what an outer
/// join would change by that stays where it is. Conditions on what comes out of it may drop rows of a
/// side that it keeps, but none of the other, in whose place NULLs would come; its own may drop rows
/// of a side that it does not keep. What is to be tested above it comes back.
fn push_into_join(
    join: &mut LogicalJoin,
    conditions: Vec<BoundExpression>,
) -> Vec<BoundExpression> {
    let LogicalJoin { left, right, kind, on } = join;
    let (keeps_left, keeps_right) = (kind.keeps_left(), kind.keeps_right());
    let (mut to_left, mut to_right, mut said, mut above) = (vec![], vec![], vec![], vec![]);
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
            said.push(condition);
        }
    }
    let own = std::mem::take(on);
    on.reserve(own.len() + said.len());
    for condition in own {
        if !keeps_right && right.has_all_of(&condition) {
            to_right.push(condition);
        } else if !keeps_left && is_left(&condition) {
            to_left.push(condition);
        } else {
            on.push(condition);
        }
    }
    on.append(&mut said);
    for condition in &*on {
        let is_right = |part: &BoundExpression| right.has_all_of(part);
        to_left.extend(implied(condition, &is_left).filter(|_| !keeps_left));
        to_right.extend(implied(condition, &is_right).filter(|_| !keeps_right));
    }
    push(left, to_left);
    push(right, to_right);
    above
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

/// Says conditions on columns that a projection hands on of its input's.
fn rename(conditions: &mut [BoundExpression], columns: &[ComputedColumn]) {
    for condition in conditions {
        condition.map_columns(&|column| {
            let known = columns.iter().find(|known| known.column == column);
            match known.map(|known| &known.expression.kind) {
                Some(BoundKind::Column(input)) => *input,
                _ => column,
            }
        });
    }
}
