//! What every side of an OR asks is asked once, beside it: an equality that was hidden there can then
//! join tables or find a key.

use super::RewriteContext;
use crate::planner::expression::{BoundExpression, BoundKind};
use crate::planner::logical::{Logical, LogicalJoin};
use crate::types::with_stack;

/// `(a AND b) OR (a AND c)` becomes `a AND (b OR c)`, which is as true of three truth values as of two.
pub(super) fn apply(logical: &mut Logical, _: &RewriteContext) {
    factor_conditions(logical);
}

fn factor_conditions(logical: &mut Logical) {
    logical.for_each_input_mut(factor_conditions);
    let conditions = if let Logical::Table(table) = logical {
        &mut table.conditions
    } else if let Logical::Filter { conditions, .. }
    | Logical::Join(LogicalJoin { on: conditions, .. }) = logical
    {
        conditions
    } else {
        return;
    };
    *conditions = std::mem::take(conditions).into_iter().flat_map(factor).collect();
}

/// Whether the sides of an OR have a part in common.
fn has_common_part(condition: &BoundExpression) -> bool {
    let mut sides = Vec::new();
    chain(condition, &mut sides, &|kind| {
        if let BoundKind::Or(a, b) = kind { Some((a, b)) } else { None }
    });
    let [first, others @ ..] = sides.as_slice() else { return false };
    let mut parts = Vec::new();
    chain(first, &mut parts, &|kind| {
        if let BoundKind::And(a, b) = kind { Some((a, b)) } else { None }
    });
    !others.is_empty() && parts.iter().any(|part| others.iter().all(|side| has_part(side, part)))
}

/// The two sides of a link of a chain, if an expression is one.
type Link = dyn Fn(&BoundKind) -> Option<(&BoundExpression, &BoundExpression)>;

/// Gathers the parts of a chain in order.
fn chain<'a>(expression: &'a BoundExpression, parts: &mut Vec<&'a BoundExpression>, link: &Link) {
    match link(&expression.kind) {
        Some((a, b)) => with_stack(|| {
            chain(a, parts, link);
            chain(b, parts, link);
        }),
        None => parts.push(expression),
    }
}

/// Whether a part is one of those that AND joins.
fn has_part(side: &BoundExpression, part: &BoundExpression) -> bool {
    if let BoundKind::And(a, b) = &side.kind {
        return with_stack(|| has_part(a, part) || has_part(b, part));
    }
    side == part
}

/// The parts of a condition, all of which have to be true.
fn factor(condition: BoundExpression) -> Vec<BoundExpression> {
    if !has_common_part(&condition) || condition.is_volatile() {
        return vec![condition];
    }
    let mut sides: Vec<_> =
        condition.disjuncts().into_iter().map(BoundExpression::conjuncts).collect();
    let (first, others) = sides.split_first().expect("an OR has two sides");
    let is_everywhere = |part: &&BoundExpression| others.iter().all(|side| side.contains(part));
    let mut parts: Vec<BoundExpression> = first.iter().filter(is_everywhere).cloned().collect();
    for side in &mut sides {
        side.retain(|part| !parts.contains(part));
    }
    // A side that asks nothing more is true wherever the common parts are.
    if sides.iter().all(|side| !side.is_empty()) {
        parts
            .extend(BoundExpression::any_of(sides.into_iter().filter_map(BoundExpression::all_of)));
    }
    parts
}
