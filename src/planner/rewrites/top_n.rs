//! A sort keeps no more rows than a limit above it lets through.

use super::RewriteContext;
use crate::planner::expression::BoundExpression;
use crate::planner::logical::Logical;
use crate::planner::plan::Limits;

/// Tells sorts of the limits above them.
pub(super) fn apply(logical: &mut Logical, _: &RewriteContext) {
    limit_sorts(logical);
}

fn limit_sorts(logical: &mut Logical) {
    logical.for_each_input_mut(limit_sorts);
    // What is another number each time is computed once.
    let is_volatile = |limits: &Limits| limits.expressions().any(BoundExpression::is_volatile);
    if let Logical::Limit { input, limits } = logical
        && !is_volatile(limits)
        && let Logical::Sort { first, .. } = input.as_mut()
    {
        *first = Some(limits.clone());
    }
}
