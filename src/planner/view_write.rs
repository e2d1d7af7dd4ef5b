//! INSERT, UPDATE and DELETE of a view's rows, which its INSTEAD OF triggers do: what is planned is the
//! query of the rows that they are told of.

use super::plan::QueryPlan;
use super::query;
use super::surroundings::Surroundings;
use super::trigger::RowEvent;
use super::write::{named_columns, unknown_column};
use super::write_plan::{Write, WriteAction};
use super::{Error, Planning};
use crate::language::ast::{
    AssignedValue, Assignment, Delete, Expression, ExpressionKind, Identifier, Insert,
    InsertSource, Query, QueryBody, RowLimits, Select, SelectItem, TableReference, Update,
};
use crate::types::{Literal, Span, TableSchema, Value};
use std::slice;
use std::sync::Arc;

/// The view that a write is about, if it is one that such a trigger is on.
///
/// # Errors
/// Those of the view's query.
pub(super) fn target(
    name: &Identifier,
    event: RowEvent,
    planning: &mut Planning,
) -> Result<Option<Arc<TableSchema>>, Error> {
    let schema = planning.catalog.schema();
    if schema.view(&name.name).is_none() {
        return Ok(None);
    }
    let is_on = |trigger: &Arc<crate::types::Definition>| {
        trigger.table_name().eq_ignore_ascii_case(&name.name)
            && super::parse_trigger(trigger).is_ok_and(|known| RowEvent::of(&known.event) == event)
    };
    if !schema.triggers().any(is_on) {
        return Ok(None);
    }
    planning.catalog.view_columns(name).map(Some)
}

/// What a view does not do.
const RETURNING: &str = "RETURNING";

fn unsupported(what: &str, view: &TableSchema, span: Span) -> Error {
    let message = format!("{what} is not supported yet where {} is a view", view.name);
    Error::new("unsupported", message, span)
}

/// Refuses what stands in a statement and is only for tables.
fn check(view: &TableSchema, at: Span, stands: &[(bool, &str)]) -> Result<(), Error> {
    match stands.iter().find(|(stands, _)| *stands) {
        Some((_, what)) => Err(unsupported(what, view, at)),
        None => Ok(()),
    }
}

/// Plans an INSERT: the rows that come, with NULL in the columns that are not given.
pub(super) fn insert(
    view: Arc<TableSchema>,
    insert: &Insert,
    planning: &mut Planning,
) -> Result<Write, Error> {
    let given: Vec<usize> = match insert.columns.is_empty() {
        true => (0..view.columns.len()).collect(),
        false => named_columns(&view, &insert.columns)?,
    };
    let nothing =
        || expression(ExpressionKind::Literal(Literal::from(Value::Null)), Span::default());
    let query = match &insert.source {
        InsertSource::Values(rows) => {
            let mut query = Query::of(select(Vec::new(), None, None));
            query.body = QueryBody::Values(Arc::clone(rows));
            query
        }
        InsertSource::Query(query) => Query::clone(query),
        InsertSource::DefaultValues => {
            let all = given.iter().map(|_| item(nothing())).collect();
            Query::of(select(all, None, None))
        }
        InsertSource::Objects(_) => {
            let message = format!("{} is a view, into which objects cannot be inserted", view.name);
            return Err(Error::new("unsupported", message, insert.table.span)
                .help(Some("write VALUES (…)".to_owned())));
        }
    };
    let stands =
        [(!insert.upserts.is_empty(), "ON CONFLICT"), (!insert.returning.is_empty(), RETURNING)];
    check(&view, insert.table.span, &stands)?;
    let surroundings: Surroundings<'_> = planning.surroundings().with(&insert.with, planning)?;
    let bound = query::bind(&query, &surroundings, planning)?;
    if bound.output.len() != given.len() {
        let (wanted, have) = (given.len(), bound.output.len());
        let message = format!("{wanted} columns of {} and {have} values", view.name);
        return Err(Error::new("column-count", message, insert.table.span).note(view.to_string()));
    }
    let columns = (0..view.columns.len())
        .map(|column| given.iter().position(|known| *known == column))
        .collect();
    let rows = query::finish(bound, planning);
    Ok(write(view, RowEvent::Insert, rows, columns, Vec::new()))
}

/// Plans an UPDATE: the rows that are there, and behind each what it is to become.
pub(super) fn update(
    view: Arc<TableSchema>,
    update: &Update,
    planning: &mut Planning,
) -> Result<Write, Error> {
    let mut items: Vec<SelectItem> = all_of(&view, update.alias.as_ref());
    let mut new = items.clone();
    let mut assigned = Vec::new();
    for assignment in &update.assignments {
        let (names, values): (&[Identifier], &[AssignedValue]) = match assignment {
            Assignment::One(name, value) => (slice::from_ref(name), slice::from_ref(value)),
            Assignment::Several(names, values) => (names, values),
            Assignment::Query(_, _, span) => {
                return Err(unsupported("SET (…) = (query)", &view, span.0));
            }
        };
        for (name, value) in names.iter().zip(values) {
            let Some(column) = view.column(&name.name) else {
                return Err(unknown_column(&view, &name.name, name.span));
            };
            let AssignedValue::Expression(value) = value else {
                let message = format!("{}.{} has no default: it is a view's", view.name, name.name);
                return Err(Error::new("misplaced-default", message, name.span));
            };
            new[column] = item(value.clone());
            assigned.push(column);
        }
    }
    let at = update.table.span;
    check(
        &view,
        at,
        &[(update.from.is_some(), "FROM"), (!update.returning.is_empty(), RETURNING)],
    )?;
    items.append(&mut new);
    let mut query = of_view(&update.table, update.alias.as_ref(), items, update.filter.as_ref());
    query.with.clone_from(&update.with);
    limited(&mut query, &update.limits);
    finished(view, RowEvent::Update, &query, assigned, planning)
}

/// Plans a DELETE: the rows that are there.
pub(super) fn delete(
    view: Arc<TableSchema>,
    delete: &Delete,
    planning: &mut Planning,
) -> Result<Write, Error> {
    let items = all_of(&view, delete.alias.as_ref());
    check(&view, delete.table.span, &[(!delete.returning.is_empty(), RETURNING)])?;
    let mut query = of_view(&delete.table, delete.alias.as_ref(), items, delete.filter.as_ref());
    query.with.clone_from(&delete.with);
    limited(&mut query, &delete.limits);
    finished(view, RowEvent::Delete, &query, Vec::new(), planning)
}

fn finished(
    view: Arc<TableSchema>,
    event: RowEvent,
    query: &Query,
    assigned: Vec<usize>,
    planning: &mut Planning,
) -> Result<Write, Error> {
    let surroundings: Surroundings<'_> = planning.surroundings();
    let bound = query::bind(query, &surroundings, planning)?;
    let columns = (0..bound.output.len()).map(Some).collect();
    let rows = query::finish(bound, planning);
    Ok(write(view, event, rows, columns, assigned))
}

fn write(
    view: Arc<TableSchema>,
    event: RowEvent,
    rows: QueryPlan,
    columns: Vec<Option<usize>>,
    assigned: Vec<usize>,
) -> Write {
    let rows = Box::new(rows);
    let action = WriteAction::InsteadOf { event, rows, columns, assigned };
    let (resolution, generated, checks, defaults, returning) = Default::default();
    // There is no table behind it that the steps could ask.
    let slot = usize::MAX;
    Write { table: view, slot, action, resolution, generated, checks, defaults, returning }
}

/// Every column of a view under the name that the statement has for it.
fn all_of(view: &TableSchema, alias: Option<&Identifier>) -> Vec<SelectItem> {
    let called = alias.map_or_else(|| Identifier::of(&view.name), Identifier::clone);
    let column = |name: &str| {
        let (table, column) = (Some(called.clone()), Identifier::of(name));
        item(expression(ExpressionKind::Column { table, column }, Span::default()))
    };
    view.columns.iter().map(|known| column(&known.name)).collect()
}

fn of_view(
    name: &Identifier,
    alias: Option<&Identifier>,
    items: Vec<SelectItem>,
    filter: Option<&Expression>,
) -> Query {
    let (name, alias) = (name.clone(), alias.cloned());
    let from = TableReference::Table { name, temporal: None, alias, indexed_by: None };
    Query::of(select(items, Some(from), filter.cloned()))
}

/// Takes ORDER BY, LIMIT and OFFSET of a write into the query of its rows.
fn limited(query: &mut Query, limits: &RowLimits) {
    query.order_by.clone_from(&limits.order_by);
    query.limit.clone_from(&limits.limit);
    query.offset.clone_from(&limits.offset);
}

fn select(
    items: Vec<SelectItem>,
    from: Option<TableReference>,
    filter: Option<Expression>,
) -> Select {
    let (distinct, group_by, having, windows) = Default::default();
    Select { distinct, items, from, filter, group_by, having, windows }
}

fn item(expression: Expression) -> SelectItem {
    SelectItem::Expression { expression, alias: None }
}

fn expression(kind: ExpressionKind, span: Span) -> Expression {
    Expression { kind, span }
}
