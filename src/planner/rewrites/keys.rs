//! Rows are found by a key where conditions fix its first columns.

use super::RewriteContext;
use crate::planner::access;
use crate::planner::logical::Logical;

/// Chooses the way to the rows of each table.
pub(super) fn apply(logical: Logical, _: &RewriteContext) -> Logical {
    use_keys(logical)
}

fn use_keys(logical: Logical) -> Logical {
    if let Logical::Table(mut table) = logical {
        access::choose(&mut table);
        Logical::Table(table)
    } else {
        logical.map_inputs(&mut use_keys)
    }
}
