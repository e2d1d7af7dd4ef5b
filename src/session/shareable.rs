//! Which statements may share a plan with those that differ from them in their literals.
//!
//! Names of columns, GROUP BY and ORDER BY look at what stands in the text. A whole number behind BY is no
//! literal of the statement (`language::prepared`); where another one is, the statement is planned alone.

use crate::language::StatementLiterals;
use crate::language::ast::{
    AsOf, Delete, Expression, InsertSource, PlannableStatement, Point, Query, QueryStatement,
    RowLimits, Select, SelectItem, TableReference, Temporal, Update, WriteStatement,
};

/// Whether statements of this kind can share a plan at all.
pub(super) fn is_shareable(
    statement: PlannableStatement<'_>,
    literals: &StatementLiterals,
) -> bool {
    let is_named = |item: &SelectItem| is_named(item, literals);
    match statement {
        PlannableStatement::Query(QueryStatement::Query(query)) => {
            query.as_select().is_some_and(|select| is_simple(query, select, literals))
        }
        PlannableStatement::Write(WriteStatement::Insert(insert)) => {
            let is_plain = insert.with.is_empty() && insert.returning.iter().all(is_named);
            is_plain && matches!(insert.source, InsertSource::Values(_))
        }
        PlannableStatement::Write(WriteStatement::Update(update)) => {
            let Update { with, from, limits, returning, .. } = &**update;
            let is_plain = with.is_empty() && from.is_none() && *limits == RowLimits::default();
            is_plain && returning.iter().all(is_named)
        }
        PlannableStatement::Write(WriteStatement::Delete(delete)) => {
            let Delete { with, limits, returning, .. } = &**delete;
            let is_plain = with.is_empty() && *limits == RowLimits::default();
            is_plain && returning.iter().all(is_named)
        }
        PlannableStatement::Query(
            QueryStatement::History(_) | QueryStatement::Events(_) | QueryStatement::Show { .. },
        )
        | PlannableStatement::Schema(_) => false,
    }
}

/// Whether a column of an answer is called the same whatever literals it is made of.
fn is_named(item: &SelectItem, literals: &StatementLiterals) -> bool {
    let has_alias = matches!(item, SelectItem::Expression { alias: Some(_), .. });
    has_alias || literals.none_in(item.span())
}

/// Whether a query is of one table, and neither its columns' names nor its terms of GROUP BY and ORDER BY
/// say another thing with other literals: a term may be what an item says, or the place of one.
fn is_simple(query: &Query, select: &Select, literals: &StatementLiterals) -> bool {
    let has_none = |term: &Expression| literals.none_in(term.span);
    let are_items_compared =
        !select.group_by.is_empty() || select.distinct && !query.order_by.is_empty();
    one_table_at_one_moment(query, select)
        && select.items.iter().all(|item| is_named(item, literals))
        && select.group_by.iter().all(has_none)
        && query.order_by.iter().all(|term| has_none(&term.expression))
        && !(are_items_compared && select.items.iter().any(|item| !literals.none_in(item.span())))
}

/// Whether a query reads one table, now or as of an event by its number.
fn one_table_at_one_moment(query: &Query, select: &Select) -> bool {
    let is_number = |as_of: &AsOf| matches!(as_of.point, Point::Event(_)) && !as_of.before;
    let Some(TableReference::Table { temporal, .. }) = &select.from else { return false };
    match (temporal.as_deref(), &query.as_of) {
        (None, as_of) => as_of.as_ref().is_none_or(is_number),
        (Some(Temporal::AsOf(as_of)), None) => is_number(as_of),
        (Some(_), _) => false,
    }
}

/// The moment of a statement that [`is_shareable`], if it names one.
pub(super) fn moment_of(statement: PlannableStatement<'_>) -> Option<&AsOf> {
    let PlannableStatement::Query(QueryStatement::Query(query)) = statement else { return None };
    let select = query.as_select()?;
    if let Some(TableReference::Table { temporal, .. }) = &select.from
        && let Some(Temporal::AsOf(as_of)) = temporal.as_deref()
    {
        return Some(as_of);
    }
    query.as_of.as_ref()
}
