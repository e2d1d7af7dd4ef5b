//! A sort keeps no more rows than a limit above it lets through.

use super::RewriteContext;
use crate::planner::logical::Logical;

/// Tells sorts of the limits above them.
pub(super) fn apply(logical: Logical, _: &RewriteContext) -> Logical {
    limit_sorts(logical)
}

fn limit_sorts(logical: Logical) -> Logical {
    let mut logical = logical.map_inputs(&mut limit_sorts);
    if let Logical::Limit { input, limits } = &mut logical
        && let Logical::Sort { first, .. } = input.as_mut()
    {
        *first = Some(limits.clone());
    }
    logical
}
