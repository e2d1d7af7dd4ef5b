//! The direct way to one row: where a plan does nothing but find what a whole unique key or a row's number
//! leads to, its values are read one by one, and no batch is made of them.

use super::Error;
use super::access::located;
use super::evaluate::Context;
use super::input::PlanInput;
use crate::planner::{AccessPath, BoundExpression, Plan, TableAccess};
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
/// What [`Context::evaluate`] says of the constants of the key; `io` where the row cannot be read back.
pub(super) fn direct_row(plan: &Plan, context: &Context) -> Result<Option<DirectRow>, Error> {
    let Some(access) = direct(plan, context) else { return Ok(None) };
    find(access, context.input(access.slot), context)
}

/// The same of a plan that was not opened over what it reads, so that no query can stand in its key.
///
/// # Errors
/// As [`direct_row`].
pub(super) fn direct_access(
    plan: &Plan,
    inputs: &[PlanInput],
    context: &Context,
) -> Result<Option<DirectRow>, Error> {
    let direct = direct(plan, context).filter(|access| !asks_queries(access));
    let Some(access) = direct else { return Ok(None) };
    inputs.get(access.slot).map_or(Ok(None), |input| find(access, input, context))
}

/// The access that a plan is, if it is nothing else, and leads to one row.
fn direct<'a>(plan: &'a Plan, context: &Context) -> Option<&'a TableAccess> {
    let Plan::Access(access) = plan else { return None };
    // What is measured goes the way that is shown.
    let is_direct = access.filter.is_none() && !context.is_measured() && finds_one(access);
    is_direct.then_some(access)
}

fn find(
    access: &TableAccess,
    input: &PlanInput,
    context: &Context,
) -> Result<Option<DirectRow>, Error> {
    let PlanInput::Table(view) = input else { return Ok(None) };
    let Some(located) = located(access, view, context)? else { return Ok(None) };
    Ok(match located.as_slice() {
        [] => Some(DirectRow::None),
        [located] => view.values(*located, &access.columns[..access.output])?.map(DirectRow::One),
        // Of a period there may be several versions.
        [_, _, ..] => None,
    })
}

/// Whether queries stand in what an access looks for.
fn asks_queries(access: &TableAccess) -> bool {
    match &access.path {
        AccessPath::Numbered(numbers) => numbers.iter().any(BoundExpression::has_subquery),
        AccessPath::Find { values, .. } => {
            values.iter().flatten().any(BoundExpression::has_subquery)
        }
        AccessPath::Scan | AccessPath::Lookup { .. } => false,
    }
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
