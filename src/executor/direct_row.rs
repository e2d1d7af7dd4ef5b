//! The direct way to one row: where a plan does nothing but find what a whole unique key or a row's number
//! leads to, its values are read one by one, and no batch is made of them.

use super::Error;
use super::access::located;
use super::evaluate::Context;
use super::input::PlanInput;
use crate::planner::{AccessPath, Plan, TableAccess};
use crate::types::Row;

/// What there is at the end of the direct way.
pub(super) enum DirectRow {
    /// The values of the row that comes out.
    One(Row),
    /// No row.
    None,
}

/// The only row that may come out of a plan; `None` where it has to be opened to know.
///
/// # Errors
/// What [`Context::evaluate`] says of the constants of the key.
pub(super) fn direct_row(plan: &Plan, context: &Context) -> Result<Option<DirectRow>, Error> {
    let Plan::Access(access) = plan else { return Ok(None) };
    let PlanInput::Table(view) = context.input(access.slot) else { return Ok(None) };
    // What is measured goes the way that is shown.
    if access.filter.is_some() || context.is_measured() || !finds_one(access) {
        return Ok(None);
    }
    let Some(located) = located(access, view, context)? else { return Ok(None) };
    Ok(match located.as_slice() {
        [] => Some(DirectRow::None),
        [located] => view.values(*located, &access.columns[..access.output]).map(DirectRow::One),
        // Of a period there may be several versions.
        [_, _, ..] => None,
    })
}

/// Whether an access finds one row of a moment at most.
fn finds_one(access: &TableAccess) -> bool {
    match &access.path {
        AccessPath::Numbered(numbers) => numbers.len() == 1,
        AccessPath::Find { key, values } => {
            let key = &access.table.keys[*key];
            key.unique && values.len() == 1 && values[0].len() == key.part_count()
        }
        AccessPath::Scan | AccessPath::Lookup { .. } => false,
    }
}
