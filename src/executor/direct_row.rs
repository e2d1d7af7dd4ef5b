//! The direct way to one row: where a plan does nothing but find what a whole unique key or a row's number
//! leads to, its values are read one by one, and no batch is made of them.

use super::Error;
use super::evaluate::Context;
use super::input::PlanInput;
use super::row_key::RowKey;
use crate::planner::{AccessPath, BoundExpression, Plan, TableAccess};
use crate::storage::{LocatedVersion, TableView};
use crate::types::{DataType, KeySchema, Row, RowId, Value};

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
    if access.filter.is_some() || context.is_measured() {
        return Ok(None);
    }
    let located = match &access.path {
        AccessPath::Numbered(numbers) => match numbers.as_slice() {
            [number] => row_of(context.constant(number)?).map(|row| view.versions_of(row)),
            [..] => return Ok(None),
        },
        AccessPath::Find { key, values } => match values.as_slice() {
            [values] => {
                let key = &access.table.keys[*key];
                match by_key(view, key, values, access, context)? {
                    Some(located) => Some(located),
                    None => return Ok(None),
                }
            }
            [..] => return Ok(None),
        },
        AccessPath::Scan | AccessPath::Lookup { .. } => return Ok(None),
    };
    Ok(match located.as_deref() {
        None | Some([]) => Some(DirectRow::None),
        Some([located]) => {
            view.values(*located, &access.columns[..access.output]).map(DirectRow::One)
        }
        // Of a period there may be several versions.
        Some([..]) => None,
    })
}

/// The number of a row that a value is; none where no row has it. A real may be the same number.
pub(super) fn row_of(given: Value) -> Option<RowId> {
    let Ok(Value::Integer(number)) = DataType::Integer.accept(given.clone()) else { return None };
    let is_same = Value::Integer(number) == given;
    u64::try_from(number).ok().filter(|_| is_same).map(RowId)
}

/// What a key leads to that is unique and known as a whole; `None` of another, and where the view lacks it.
fn by_key(
    view: &TableView,
    key: &KeySchema,
    values: &[BoundExpression],
    access: &TableAccess,
    context: &Context,
) -> Result<Option<Vec<LocatedVersion>>, Error> {
    if !key.unique || values.len() < key.part_count() {
        return Ok(None);
    }
    let row_key = RowKey::new(key, &access.table)?;
    let mut given = Vec::with_capacity(values.len());
    for value in values {
        given.push(context.constant(value)?);
    }
    match row_key.held(given.into_iter()) {
        Some(values) => Ok(row_key.find(view, &values)),
        None => Ok(Some(Vec::new())),
    }
}
