//! INSERT, UPDATE and DELETE of a view's rows, which its INSTEAD OF triggers do: what is planned is the
//! query of the rows that they are told of.

use super::comparison_traits::OperandAffinity;
use super::plan::QueryPlan;
use super::query::{self, LogicalQuery, QueryColumn};
use super::surroundings::Surroundings;
use super::trigger::RowEvent;
use super::write::{named_columns, object_values, returned, unknown_column};
use super::write_plan::{BoundReturning, Write, WriteAction};
use super::{Error, Planning};
use crate::language::ast::{
    AssignedValue, Assignment, CommonTable, Delete, Expression, ExpressionKind, ExpressionList,
    Identifier, Insert, InsertSource, JoinConstraint, JoinKind, ObjectName, Query, QueryBody,
    RowLimits, Select, SelectItem, TableReference, TriggerEvent, Update, ValueRows,
};
use crate::types::{
    ColumnAffinity, ConflictResolution, DataType, Literal, Span, TableSchema, Value,
};
use std::slice;
use std::sync::Arc;

/// The view that a write is about, if it is one that such a trigger is on, about columns that it assigns.
///
/// # Errors
/// Those of the view's query.
pub(super) fn target(
    name: &ObjectName,
    event: RowEvent,
    assigned: &[Assignment],
    planning: &mut Planning,
) -> Result<Option<Arc<TableSchema>>, Error> {
    let is_about = |known: &TriggerEvent| match known {
        TriggerEvent::Update(columns) if !columns.is_empty() => {
            let is_assigned = |column: &Identifier| {
                let mut names = assigned.iter().flat_map(names_of);
                names.any(|name| name.name.eq_ignore_ascii_case(&column.name))
            };
            columns.iter().any(is_assigned)
        }
        TriggerEvent::Insert | TriggerEvent::Delete | TriggerEvent::Update(_) => true,
    };
    let name = &*planning.looked_up(name)?;
    let schema = planning.catalog.schema();
    let Some(view) = schema.find_view(name.schema, &name.name) else { return Ok(None) };
    let is_on = |trigger: &Arc<crate::types::Definition>| {
        trigger.is_on(view.schema_name(), &view.name)
            && super::parse_trigger(trigger)
                .is_ok_and(|known| RowEvent::of(&known.event) == event && is_about(&known.event))
    };
    let Some(trigger) = schema.all_triggers().find(|trigger| is_on(trigger)) else {
        return Ok(None);
    };
    let made_for = [Arc::clone(view), Arc::clone(trigger)];
    made_for.iter().for_each(|definition| planning.catalog.rely_on(definition));
    planning.catalog.view_columns(name).map(Some)
}

/// The columns that an assignment is about.
fn names_of(assignment: &Assignment) -> &[Identifier] {
    match assignment {
        Assignment::One(name, _) => slice::from_ref(name),
        Assignment::Several(names, _) | Assignment::Query(names, ..) => names,
    }
}

/// A view to which rows are written, whose columns hold what comes.
fn written(view: &TableSchema) -> Arc<TableSchema> {
    let mut view = view.clone();
    view.columns.iter_mut().for_each(|column| column.data_type = DataType::Any);
    Arc::new(view)
}

/// What RETURNING says of the rows that triggers are told of.
fn returning(
    items: &[SelectItem],
    view: &TableSchema,
    name: &Identifier,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning,
) -> Result<Option<BoundReturning>, Error> {
    let bound = returned(items, view, name, surroundings, planning)?;
    let read = bound.iter().flat_map(|bound| &bound.columns);
    match read.into_iter().find(|column| **column >= view.columns.len()) {
        Some(hidden) => Err(unknown_column(view, view.name_of(*hidden), name.span)),
        None => Ok(bound),
    }
}

/// Plans an INSERT: the rows that come, with NULL in the columns that are not given.
pub(super) fn insert(
    view: Arc<TableSchema>,
    insert: &Insert,
    planning: &mut Planning,
) -> Result<Write, Error> {
    if let Some(upsert) = insert.upserts.first() {
        let message = format!("ON CONFLICT is for tables, and {} is a view", view.name);
        return Err(Error::new("upsert", message, upsert.span.0)
            .help(Some("what its triggers do can say it".to_owned())));
    }
    let given: Vec<usize> = match insert.columns.is_empty() {
        true => (0..view.columns.len()).collect(),
        false => named_columns(&view, &insert.columns)?,
    };
    let query = match &insert.source {
        InsertSource::Values(rows) => values(Arc::clone(rows)),
        InsertSource::Query(query) => Query::clone(query),
        InsertSource::DefaultValues => {
            let all = given.iter().map(|_| item(nothing())).collect();
            Query::of(select(all, None, None))
        }
        InsertSource::Objects(objects) => {
            let mut list = ExpressionList::default();
            for object in objects {
                for value in object_values(&view, object)? {
                    let literal = value.cloned().unwrap_or_else(|| Literal::from(Value::Null));
                    let (kind, span) = (ExpressionKind::Literal(literal), object.span);
                    list.push(Expression { kind, span });
                }
            }
            values(Arc::new(ValueRows::new(view.columns.len(), list)))
        }
    };
    let surroundings: Surroundings<'_> = planning.surroundings().with(&insert.with, planning);
    let bound = query::bind(&query, &surroundings, planning)?;
    if bound.output.len() != given.len() {
        let (wanted, have) = (given.len(), bound.output.len());
        let message = format!("{wanted} columns of {} and {have} values", view.name);
        return Err(Error::new("column-count", message, insert.table.span).note(view.to_string()));
    }
    let columns = (0..view.columns.len())
        .map(|column| given.iter().position(|known| *known == column))
        .collect();
    let rows = Box::new(query::finish(bound, planning));
    let view = written(&view);
    let name = insert.alias.as_ref().unwrap_or(&insert.table);
    let returning = returning(&insert.returning, &view, name, &surroundings, planning)?;
    let (event, assigned) = (RowEvent::Insert, Vec::new());
    let action = WriteAction::InsteadOf { event, rows, columns, assigned };
    Ok(write(view, action, insert.resolution, returning))
}

/// Rows that stand in a statement.
fn values(rows: Arc<ValueRows>) -> Query {
    Query { body: QueryBody::Values(rows), ..Query::of(select(Vec::new(), None, None)) }
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
        for (place, name) in names_of(assignment).iter().enumerate() {
            let Some(column) = view.column(&name.name) else {
                return Err(unknown_column(&view, &name.name, name.span));
            };
            new[column] = item(assigned_value(assignment, place, name, &view)?);
            assigned.push(column);
        }
    }
    items.append(&mut new);
    let (name, alias) = (&update.table, update.alias.as_ref());
    let mut query = of_view(name, alias, items, update.from.as_ref(), update.filter.as_ref());
    query.with.clone_from(&update.with);
    limited(&mut query, &update.limits);
    let surroundings: Surroundings<'_> = planning.surroundings();
    let bound = query::bind(&query, &surroundings, planning)?;
    let held = |column: usize| (column, affinity_of(&bound.output[column]));
    let assigned = assigned.into_iter().map(held).collect();
    let (rows, columns) = rows_of(bound, planning);
    let view = written(&view);
    let returning =
        returning(&update.returning, &view, alias.unwrap_or(name), &surroundings, planning)?;
    let event = RowEvent::Update;
    let action = WriteAction::InsteadOf { event, rows, columns, assigned };
    Ok(write(view, action, update.resolution, returning))
}

/// What an assignment gives the column at a place of its names.
fn assigned_value(
    assignment: &Assignment,
    place: usize,
    name: &Identifier,
    view: &TableSchema,
) -> Result<Expression, Error> {
    let value = match assignment {
        Assignment::One(_, value) => value,
        Assignment::Several(_, values) => &values[place],
        Assignment::Query(names, query, span) => {
            // One column of its first row, under a name that the statement has not given it.
            let called = |at: usize| Identifier::of(format!("_{at}"));
            let (table, columns) = (called(0), (1..=names.len()).map(called).collect());
            let (query, materialized) = (Query::clone(query), None);
            let common = CommonTable { name: table.clone(), columns, materialized, query };
            let column = ExpressionKind::Column { table: None, column: called(place + 1) };
            let (name, index_hint) = (table.into(), None);
            let from = TableReference::Table { name, temporal: None, alias: None, index_hint };
            let items = vec![item(expression(column, span.0))];
            let first = Query { with: vec![common], ..Query::of(select(items, Some(from), None)) };
            return Ok(expression(ExpressionKind::Subquery(Box::new(first)), span.0));
        }
    };
    match value {
        AssignedValue::Expression(value) => Ok(value.clone()),
        AssignedValue::Default(_) => {
            let message = format!("{}.{} has no default: it is a view's", view.name, name.name);
            Err(Error::new("misplaced-default", message, name.span))
        }
    }
}

/// Plans a DELETE: the rows that are there.
pub(super) fn delete(
    view: Arc<TableSchema>,
    delete: &Delete,
    planning: &mut Planning,
) -> Result<Write, Error> {
    let (name, alias) = (&delete.table, delete.alias.as_ref());
    let mut query = of_view(name, alias, all_of(&view, alias), None, delete.filter.as_ref());
    query.with.clone_from(&delete.with);
    limited(&mut query, &delete.limits);
    let surroundings: Surroundings<'_> = planning.surroundings();
    let returning =
        returning(&delete.returning, &view, alias.unwrap_or(name), &surroundings, planning)?;
    let (rows, columns) = rows_of(query::bind(&query, &surroundings, planning)?, planning);
    let (event, assigned) = (RowEvent::Delete, Vec::new());
    let action = WriteAction::InsteadOf { event, rows, columns, assigned };
    Ok(write(view, action, None, returning))
}

/// The plan of the rows of a view, all of whose columns count.
fn rows_of(bound: LogicalQuery, planning: &mut Planning) -> (Box<QueryPlan>, Vec<Option<usize>>) {
    let columns = (0..bound.output.len()).map(Some).collect();
    (Box::new(query::finish(bound, planning)), columns)
}

/// What UPDATE makes of a value that a column of a view is given, as in SQLite; INSERT makes nothing of it.
fn affinity_of(column: &QueryColumn) -> Option<ColumnAffinity> {
    match (column.traits.affinity, column.data_type) {
        (OperandAffinity::Text, _) => Some(ColumnAffinity::Text),
        (OperandAffinity::Number, DataType::Real) => Some(ColumnAffinity::Real),
        (OperandAffinity::Number, DataType::Flexible(affinity)) => Some(affinity),
        (OperandAffinity::Number, _) => Some(ColumnAffinity::Numeric),
        (
            OperandAffinity::None
            | OperandAffinity::Decimal
            | OperandAffinity::Truth
            | OperandAffinity::Whatever
            | OperandAffinity::Said(_),
            _,
        ) => None,
    }
}

fn write(
    view: Arc<TableSchema>,
    action: WriteAction,
    resolution: Option<ConflictResolution>,
    returning: Option<BoundReturning>,
) -> Write {
    let (generated, checks, defaults, present) = Default::default();
    // There is no table behind it that the steps could ask.
    let (table, slot) = (view, usize::MAX);
    Write { table, slot, action, resolution, generated, checks, defaults, returning, present }
}

/// Every column of a view under the name that the statement has for it.
fn all_of(view: &TableSchema, alias: Option<&Identifier>) -> Vec<SelectItem> {
    let called = alias.map_or_else(|| Identifier::of(view.name.clone()), Identifier::clone);
    let column = |name: &str| {
        let (table, column) = (Some(Box::new(called.clone().into())), Identifier::of(name));
        item(expression(ExpressionKind::Column { table, column }, Span::default()))
    };
    view.columns.iter().map(|known| column(&known.name)).collect()
}

fn of_view(
    name: &ObjectName,
    alias: Option<&Identifier>,
    items: Vec<SelectItem>,
    joined: Option<&TableReference>,
    filter: Option<&Expression>,
) -> Query {
    let (name, alias) = (name.clone(), alias.cloned());
    let mut from = TableReference::Table { name, temporal: None, alias, index_hint: None };
    if let Some(joined) = joined {
        let (left, right) = (Box::new(from), Box::new(joined.clone()));
        let (kind, constraint) = (JoinKind::Cross, JoinConstraint::None);
        from = TableReference::Join { left, kind, right, constraint };
    }
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

fn nothing() -> Expression {
    expression(ExpressionKind::Literal(Literal::from(Value::Null)), Span::default())
}

fn expression(kind: ExpressionKind, span: Span) -> Expression {
    Expression { kind, span }
}
