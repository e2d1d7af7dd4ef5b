//! LIMIT and OFFSET: how many rows come out.

use super::bind::Binder;
use super::plan::Limits;
use super::scope::Scope;
use super::subquery::SubqueryBinder;
use super::surroundings::Surroundings;
use super::{Error, Planning};
use crate::language::ast::Expression;

/// Binds LIMIT and OFFSET; `None` where neither is written. No row is there yet when they are computed,
/// so that they name no column, not even one of a query around, but OLD and NEW of a trigger; queries inside
/// of them are about tables alone.
///
/// # Errors
/// `unknown-column` of any name in them; those of expressions and of queries.
pub(super) fn bind(
    limit: Option<&Expression>,
    offset: Option<&Expression>,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning<'_>,
) -> Result<Option<Limits>, Error> {
    let surroundings = &surroundings.without_outer_queries();
    let scope = Scope::default();
    let mut bound = |expression: Option<&Expression>, clause: &'static str| {
        let bind = |expression: &Expression| {
            let subqueries = Some(SubqueryBinder { planning: &mut *planning, surroundings });
            Binder { subqueries, ..Binder::new(&scope, clause) }.bind(expression).map(Box::new)
        };
        expression.map(bind).transpose()
    };
    let limit = bound(limit, "LIMIT")?;
    let offset = bound(offset, "OFFSET")?;
    let given = limit.is_some() || offset.is_some();
    Ok(given.then_some(Limits { limit, offset }))
}
