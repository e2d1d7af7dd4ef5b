//! Rows are found by a key where conditions fix its first columns, and the partners of few rows where
//! a join does.

use super::RewriteContext;
use crate::planner::access;
use crate::planner::logical::Logical;
use crate::planner::plan::AccessPath;
use crate::types::with_stack;

/// Chooses the way to the rows of each table.
pub(super) fn apply(logical: Logical, _: &RewriteContext) -> Logical {
    use_keys(logical)
}

fn use_keys(mut logical: Logical) -> Logical {
    if let Logical::Join(join) = &mut logical
        && let Some(lookup) = access::lookup(join)
        && let Logical::Table(table) = &mut *join.right
    {
        table.path = lookup;
    }
    if let Logical::Table(mut table) = logical {
        if matches!(table.path, AccessPath::Scan) {
            access::choose(&mut table);
        }
        Logical::Table(table)
    } else {
        logical.map_inputs(&mut |input| with_stack(|| use_keys(input)))
    }
}
