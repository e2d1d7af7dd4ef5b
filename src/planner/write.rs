//! INSERT, UPDATE and DELETE become plans.

use super::bind::Binder;
use super::expression::BoundExpression;
use super::logical::{Logical, LogicalTable};
use super::plan::TableAccess;
use super::query::{self, Surroundings};
use super::scope::Scope;
use super::subquery::SubqueryBinder;
use super::suggest::suggest;
use super::values::{BoundRows, Target};
use super::write_plan::{BulkLoad, ColumnSource, InsertInput, Write, WriteAction};
use super::{Error, Planning, TableSource, exact_numbers, lower};
use crate::language::ast::{
    AssignedValue, Delete, Expression, ExpressionKind, ExpressionList, Identifier, Insert,
    InsertSource, JsonObject, ListItem, Update, ValueRows,
};
use crate::language::parse_expression;
use crate::types::{Literal, PseudoColumn, Span, TableSchema, Value};
use std::sync::Arc;

/// Plans an INSERT.
pub(super) fn insert(insert: &Insert, planning: &mut Planning) -> Result<Write, Error> {
    let TableSource { slot, schema: table, .. } = planning.catalog.target(&insert.table)?;
    let given: Vec<usize> = if insert.columns.is_empty() {
        (0..table.columns.len()).collect()
    } else {
        written_columns(&table, &insert.columns)?
    };
    let row = given.iter().position(|column| *column >= table.columns.len());
    let (input, columns) = match &insert.source {
        InsertSource::Values(rows) => {
            let input =
                InsertInput::Values(values(&table, rows, &given, insert.table.span, planning)?);
            (input, column_sources(&table, &given)?)
        }
        InsertSource::Query(query) => {
            let mut query = query::bind(query, &Surroundings::default(), planning)?;
            check_width(&table, given.len(), query.output.len(), insert.table.span)?;
            query.assign_to(given.iter().map(|column| table.type_of(*column)));
            let query = Box::new(query::finish(query, planning));
            (InsertInput::Query(query), column_sources(&table, &given)?)
        }
        InsertSource::DefaultValues => {
            (InsertInput::Values(BoundRows::empty_row()), column_sources(&table, &[])?)
        }
        InsertSource::Objects(objects) => {
            let rows = object_rows(&table, objects)?;
            (InsertInput::Values(rows), (0..table.columns.len()).map(ColumnSource::Input).collect())
        }
    };
    let action = WriteAction::Insert { input, columns, row };
    Ok(Write { table, slot, action })
}

/// Plans how rows that come from outside of the language fill a table: their values belong to these
/// columns, or to all in order.
///
/// # Errors
/// `unknown-column` of one that the table has not, `duplicate-column` of one named twice.
pub fn load(table: &Arc<TableSchema>, columns: Option<&[Identifier]>) -> Result<BulkLoad, Error> {
    let width = table.columns.len();
    let given: Vec<usize> = match columns {
        Some(names) => named_columns(table, names)?,
        None => (0..width).collect(),
    };
    let places = (0..width).map(|column| given.iter().position(|have| *have == column)).collect();
    let defaults: Result<Vec<_>, Error> = (0..width).map(|column| default(table, column)).collect();
    Ok(BulkLoad { table: Arc::clone(table), places, defaults: defaults? })
}

/// Plans an UPDATE.
pub(super) fn update(update: &Update, planning: &mut Planning) -> Result<Write, Error> {
    let source = planning.catalog.target(&update.table)?;
    let table = source.schema.clone();
    planning.name_target(&table);
    let scope = Scope::of(&update.alias.as_ref().unwrap_or(&update.table).name, &table);
    let mut assignments: Vec<(usize, BoundExpression)> = Vec::new();
    for (name, value) in &update.assignments {
        let column = written_columns(&table, std::slice::from_ref(name))?[0];
        if column >= table.columns.len() {
            let message = format!("a row of {} keeps its {} for ever", table.name, name.name);
            let help = "an INTEGER PRIMARY KEY is a number that can be changed".to_owned();
            return Err(Error::new("reserved-name", message, name.span).help(Some(help)));
        }
        let surroundings = Surroundings::default();
        let subqueries =
            Some(SubqueryBinder { planning: &mut *planning, surroundings: &surroundings });
        let mut binder = Binder { subqueries, ..Binder::new(&scope, "SET") };
        let bound = match value {
            AssignedValue::Expression(expression) => binder.bind(expression)?,
            AssignedValue::Default(_) => default(&table, column)?,
        };
        // The last assignment to a column counts, as in SQLite.
        assignments.retain(|(assigned, _)| *assigned != column);
        assignments.push((column, exact_numbers::assigned(bound, table.columns[column].data_type)));
    }
    let mut all: Vec<usize> = (0..table.columns.len()).collect();
    for (_, value) in &assignments {
        value.for_each_column(&mut |column| {
            if !all.contains(&column) {
                all.push(column);
            }
        });
    }
    assignments.iter_mut().for_each(|(_, value)| value.relocate(&all));
    let access = rows_to_change(&source, &scope, all, update.filter.as_ref(), planning)?;
    let action = WriteAction::Update { access, assignments };
    Ok(Write { table, slot: source.slot, action })
}

/// Plans a DELETE.
pub(super) fn delete(delete: &Delete, planning: &mut Planning) -> Result<Write, Error> {
    let source = planning.catalog.target(&delete.table)?;
    let table = source.schema.clone();
    planning.name_target(&table);
    let scope = Scope::of(&delete.alias.as_ref().unwrap_or(&delete.table).name, &table);
    let all = (0..table.columns.len()).collect();
    let access = rows_to_change(&source, &scope, all, delete.filter.as_ref(), planning)?;
    let action = WriteAction::Delete { access };
    Ok(Write { table, slot: source.slot, action })
}

/// The access to these columns of the rows that a condition names.
fn rows_to_change(
    source: &TableSource,
    scope: &Scope,
    columns: Vec<usize>,
    filter: Option<&Expression>,
    planning: &mut Planning,
) -> Result<Arc<TableAccess>, Error> {
    let mut table = LogicalTable::new(source.clone(), None, 0);
    table.columns.clone_from(&columns);
    if let Some(filter) = filter {
        let surroundings = Surroundings::default();
        let subqueries =
            Some(SubqueryBinder { planning: &mut *planning, surroundings: &surroundings });
        let mut binder = Binder { subqueries, ..Binder::new(scope, "WHERE") };
        table.conditions = binder.condition(filter)?.conjuncts();
    }
    let rewritten = planning.rewrite(Logical::Table(table), &columns);
    let Logical::Table(table) = rewritten else {
        unreachable!("a table without an operator above it became {rewritten:?}")
    };
    Ok(Arc::new(lower::access(table).0))
}

/// The table's columns of these names, by index.
pub(super) fn named_columns(
    table: &TableSchema,
    names: &[Identifier],
) -> Result<Vec<usize>, Error> {
    columns_by(table, names, |name| table.column(name))
}

/// The same where a write gives them values: SQLite's names for the number of a row are names, too.
fn written_columns(table: &TableSchema, names: &[Identifier]) -> Result<Vec<usize>, Error> {
    columns_by(table, names, |name| table.column(name).or_else(|| table.rowid(name)))
}

fn columns_by(
    table: &TableSchema,
    names: &[Identifier],
    find: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<usize>, Error> {
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let Some(column) = find(&name.name) else {
            return Err(unknown_column(table, &name.name, name.span));
        };
        if found.contains(&column) {
            let message = format!("\"{}\" is named twice", name.name);
            return Err(Error::new("duplicate-column", message, name.span));
        }
        found.push(column);
    }
    Ok(found)
}

pub(super) fn unknown_column(table: &TableSchema, name: &str, span: Span) -> Error {
    if PseudoColumn::is_reserved(name) {
        let message = format!("\"{name}\" is a column that the database keeps for itself");
        return Error::new("reserved-name", message, span);
    }
    let names = table.columns.iter().map(|column| column.name.as_str());
    Error::new("unknown-column", format!("{} has no column \"{name}\"", table.name), span)
        .help(suggest(name, names))
        .note(table.to_string())
}

/// The values of each row for the columns `given`.
fn values(
    table: &TableSchema,
    rows: &Arc<ValueRows>,
    given: &[usize],
    place: Span,
    planning: &mut Planning,
) -> Result<BoundRows, Error> {
    check_width(table, given.len(), rows.width(), rows.span(0, None).unwrap_or(place))?;
    let scope = Scope::default();
    let surroundings = Surroundings::default();
    let subqueries = Some(SubqueryBinder { planning, surroundings: &surroundings });
    let mut binder = Binder { subqueries, ..Binder::new(&scope, "VALUES") };
    let target = |column: &usize| Target {
        data_type: table.type_of(*column),
        is_lossless: false,
        default: None,
    };
    let mut targets: Vec<Target> = given.iter().map(target).collect();
    let mut expressions = Vec::new();
    for (index, value) in rows.values().others() {
        let at = index % given.len();
        match value {
            ListItem::Constant(_) => {}
            ListItem::Default if targets[at].default.is_some() => {}
            ListItem::Default => targets[at].default = Some(default(table, given[at])?),
            ListItem::Expression(expression) => {
                let bound = binder.bind(expression)?;
                expressions.push(exact_numbers::assigned(bound, targets[at].data_type));
            }
        }
    }
    Ok(BoundRows::new(Arc::clone(rows), targets, expressions))
}

fn check_width(table: &TableSchema, wanted: usize, given: usize, span: Span) -> Result<(), Error> {
    if wanted == given {
        return Ok(());
    }
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let message = format!(
        "{wanted} column{} of {} and {given} value{}",
        plural(wanted),
        table.name,
        plural(given)
    );
    Err(Error::new("column-count", message, span).note(table.to_string()))
}

/// Where each column's value comes from if the source gives these, in this order.
fn column_sources(table: &TableSchema, given: &[usize]) -> Result<Vec<ColumnSource>, Error> {
    (0..table.columns.len())
        .map(|column| match given.iter().position(|have| *have == column) {
            Some(index) => Ok(ColumnSource::Input(index)),
            None => default(table, column).map(ColumnSource::Default),
        })
        .collect()
}

/// The default of a column: a constant expression, NULL where there is none, as of the number of a row.
fn default(table: &TableSchema, column: usize) -> Result<BoundExpression, Error> {
    let Some(text) = table.columns.get(column).and_then(|column| column.default.as_ref()) else {
        return Ok(BoundExpression::of(Value::Null));
    };
    let nowhere = Span::default();
    let broken = |reason: String| {
        let name = &table.columns[column].name;
        Error::new("default", format!("the default of {}.{name}: {reason}", table.name), nowhere)
    };
    let expression = parse_expression(text).map_err(|error| broken(error.message))?;
    let scope = Scope::default();
    Binder::new(&scope, "DEFAULT")
        .bind(&expression)
        .map(|bound| exact_numbers::assigned(bound, table.columns[column].data_type))
        .map_err(|error| broken(error.message))
}

/// The values of all columns as JSON objects give them.
fn object_rows(table: &TableSchema, objects: &[JsonObject]) -> Result<BoundRows, Error> {
    let mut list = ExpressionList::default();
    let mut is_default = vec![false; table.columns.len()];
    for object in objects {
        for (column, value) in object_values(table, object)?.into_iter().enumerate() {
            match value {
                Some(literal) => {
                    let kind = ExpressionKind::Literal(literal.clone());
                    list.push(Expression { kind, span: object.span });
                }
                None => {
                    is_default[column] = true;
                    list.push_default(object.span);
                }
            }
        }
    }
    let target = |(column, is_default): (usize, bool)| {
        Ok(Target {
            data_type: table.columns[column].data_type,
            // Nothing else says how exact it has to be.
            is_lossless: true,
            default: is_default.then(|| default(table, column)).transpose()?,
        })
    };
    let targets: Result<Vec<Target>, Error> =
        is_default.into_iter().enumerate().map(target).collect();
    let targets = targets?;
    let mut expressions = Vec::new();
    for (index, item) in list.others() {
        let target = &targets[index % targets.len()];
        if let ListItem::Expression(Expression { kind: ExpressionKind::Literal(literal), .. }) =
            item
        {
            expressions.push(BoundExpression::of(target.constant(literal.clone())));
        }
    }
    let rows = ValueRows::new(table.columns.len(), list);
    Ok(BoundRows::new(Arc::new(rows), targets, expressions))
}

/// What a JSON object gives each column; `None` where it says nothing of it.
fn object_values<'a>(
    table: &TableSchema,
    object: &'a JsonObject,
) -> Result<Vec<Option<&'a Literal>>, Error> {
    let mut given: Vec<Option<&Literal>> = vec![None; table.columns.len()];
    for (name, value) in &object.fields {
        let Some(column) = table.column(name) else {
            return Err(unknown_column(table, name, object.span));
        };
        if given[column].replace(value).is_some() {
            let message = format!("\"{name}\" is given twice");
            return Err(Error::new("duplicate-column", message, object.span));
        }
    }
    Ok(given)
}
