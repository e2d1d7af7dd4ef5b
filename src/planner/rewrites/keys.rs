//! Rows are found by a key where conditions fix its first columns, and the partners of few rows where
//! a join does.

use super::RewriteContext;
use crate::planner::logical::{Logical, LogicalJoin};
use crate::planner::plan::AccessPath;
use crate::planner::{access, cardinality};
use crate::types::with_stack;

/// Chooses the way to the rows of each table.
pub(super) fn apply(logical: &mut Logical, _: &RewriteContext) {
    // How many rows there are is told by conditions, which go where a key is found by them.
    look_up_partners(logical);
    find_rows(logical);
}

/// Lets joins look partners up by a key.
fn look_up_partners(logical: &mut Logical) {
    if let Logical::Join(join) = logical {
        look_up_partners_of(join);
    } else {
        logical.for_each_input_mut(look_up_partners);
    }
}

/// The same in a row of joins; gives about how many rows it has, which each join of it asks about the
/// one to its left.
fn look_up_partners_of(join: &mut LogicalJoin) -> f64 {
    let lefts = if let Logical::Join(left) = &mut *join.left {
        with_stack(|| look_up_partners_of(left))
    } else {
        with_stack(|| look_up_partners(&mut join.left));
        cardinality::rows(&join.left)
    };
    if let Some(lookup) = access::lookup(join, lefts)
        && let Logical::Table(table) = &mut *join.right
    {
        table.path = lookup;
    }
    with_stack(|| look_up_partners(&mut join.right));
    cardinality::joined_rows(join, lefts)
}

/// Lets the conditions of tables find their rows by a key.
fn find_rows(logical: &mut Logical) {
    if let Logical::Table(table) = logical {
        if matches!(table.path, AccessPath::Scan) {
            access::choose(table);
        }
    } else {
        logical.for_each_input_mut(find_rows);
    }
}
