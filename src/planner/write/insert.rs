//! INSERT: the rows, and what the columns have that they do not give.

use super::super::bind::Binder;
use super::super::expression::BoundExpression;
use super::super::query::{self, LogicalQuery};
use super::super::scope::Scope;
use super::super::subquery::SubqueryBinder;
use super::super::surroundings::Surroundings;
use super::super::trigger::RowEvent;
use super::super::values::{BoundRows, Target};
use super::super::write_plan::{BulkLoad, ColumnSource, InsertInput, Write, WriteAction};
use super::super::{Error, Planning, TableSource, exact_numbers, values_query, view_write};
use super::columns::{
    check_given, column_default, given_columns, replacing_defaults, unknown_column, written_columns,
};
use super::{checks, generated, returning, upsert};
use crate::language::ast::{
    Expression, ExpressionKind, ExpressionList, Identifier, Insert, InsertSource, JsonObject,
    ListItem, ValueRows,
};
use crate::types::{Literal, Span, TableSchema};
use std::sync::Arc;

/// The codes of what stands in no VALUES that is not a query.
const MISPLACED: [&str; 2] = ["misplaced-window", "misplaced-aggregate"];

/// Plans an INSERT.
///
/// # Errors
/// `upsert` of an ON CONFLICT that names no key; those of the query and of expressions.
pub(in super::super) fn insert(insert: &Insert, planning: &mut Planning) -> Result<Write, Error> {
    if let Some(view) = view_write::target(&insert.table, RowEvent::Insert, &[], planning)? {
        return view_write::insert(view, insert, planning);
    }
    let surroundings = &planning.surroundings().with(&insert.with, planning);
    let TableSource { slot, schema: table, .. } =
        planning.catalog.target(&*planning.looked_up(&insert.table)?)?;
    planning.record_table(&insert.table, table.id);
    let given: Vec<usize> = if insert.columns.is_empty() {
        table.given_columns()
    } else {
        written_columns(&table, &insert.columns, planning.catalog.is_flexible())?
    };
    let named = insert.columns.iter().zip(&given);
    named.for_each(|(name, column)| planning.record_column(name, &table, *column));
    let row = given.iter().rposition(|column| *column >= table.columns.len());
    let from_query = |mut query: LogicalQuery, planning: &mut Planning| {
        check_width(&table, given.len(), query.output.len(), insert.table.span)?;
        query.assign_to(given.iter().map(|column| table.type_of(*column)));
        Ok(InsertInput::Query(Box::new(query::finish(query, planning))))
    };
    let (input, columns) = match &insert.source {
        InsertSource::Values(rows) => {
            let input = match values(&table, rows, &given, insert, surroundings, planning) {
                // As in SQLite, several rows are a query where one has a window function.
                Err(error) if rows.len() > 1 && MISPLACED.contains(&error.code) => {
                    let query = values_query::bind(rows, surroundings, planning);
                    // What stands in no VALUES at all is said as of these.
                    let query = query.map_err(|of_query| {
                        if of_query.code.starts_with("misplaced-") { error } else { of_query }
                    });
                    from_query(query?, planning)?
                }
                bound => InsertInput::Values(bound?),
            };
            (input, column_sources(&table, &given)?)
        }
        InsertSource::Query(query) => {
            let query = query::bind(query, surroundings, planning)?;
            (from_query(query, planning)?, column_sources(&table, &given)?)
        }
        InsertSource::DefaultValues => {
            (InsertInput::Values(BoundRows::empty_row()), column_sources(&table, &[])?)
        }
        InsertSource::Objects(objects) => {
            let rows = object_rows(&table, objects)?;
            (InsertInput::Values(rows), (0..table.columns.len()).map(ColumnSource::Input).collect())
        }
    };
    let name = insert.alias.as_ref().unwrap_or(&insert.table);
    let upserts = upsert::bind(&insert.upserts, &table, name, surroundings, planning)?;
    let returning = returning::bind(&insert.returning, &table, name, surroundings, planning)?;
    let action = WriteAction::Insert { input, columns, row, upserts };
    let resolution = insert.resolution;
    let defaults = replacing_defaults(&table, resolution)?;
    let (generated, checks) = (generated::all(&table)?, checks::all(&table)?);
    let present = Arc::default();
    Ok(Write { table, slot, action, resolution, generated, checks, defaults, returning, present })
}

/// Plans how rows that come from outside of the language fill a table: their values belong to these
/// columns, or to all in order.
///
/// # Errors
/// `unknown-column` of one that the table has not, `duplicate-column` of one named twice,
/// `generated-column` of one that is computed.
pub fn load(table: &Arc<TableSchema>, columns: Option<&[Identifier]>) -> Result<BulkLoad, Error> {
    let width = table.columns.len();
    let given: Vec<usize> = match columns {
        Some(names) => given_columns(table, names)?,
        None => table.given_columns(),
    };
    let places = (0..width).map(|column| given.iter().position(|have| *have == column)).collect();
    let defaults: Result<Vec<_>, Error> =
        (0..width).map(|column| column_default(table, column)).collect();
    let (generated, checks) = (generated::all(table)?, checks::all(table)?);
    let (table, defaults) = (Arc::clone(table), defaults?);
    Ok(BulkLoad { table, places, defaults, generated, checks })
}

/// The values of each row for the columns `given`.
fn values(
    table: &TableSchema,
    rows: &Arc<ValueRows>,
    given: &[usize],
    insert: &Insert,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning,
) -> Result<BoundRows, Error> {
    let place = insert.table.span;
    check_width(table, given.len(), rows.width(), rows.span(0, None).unwrap_or(place))?;
    let scope = Scope::default();
    let subqueries = Some(SubqueryBinder { planning, surroundings });
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
            ListItem::Default => targets[at].default = Some(column_default(table, given[at])?),
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

/// Where each column's value comes from if the source gives these, in this order. Of several values for
/// one SQLite takes the first, and the last for the number of a row.
fn column_sources(table: &TableSchema, given: &[usize]) -> Result<Vec<ColumnSource>, Error> {
    let number = table.integer_primary_key();
    (0..table.columns.len())
        .map(|column| {
            let is_it = |have: &usize| *have == column;
            let index = match number == Some(column) {
                true => given.iter().rposition(is_it),
                false => given.iter().position(is_it),
            };
            match index {
                Some(index) => Ok(ColumnSource::Input(index)),
                None => column_default(table, column).map(ColumnSource::Default),
            }
        })
        .collect()
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
            default: is_default.then(|| column_default(table, column)).transpose()?,
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
pub(in super::super) fn object_values<'a>(
    table: &TableSchema,
    object: &'a JsonObject,
) -> Result<Vec<Option<&'a Literal>>, Error> {
    let mut given: Vec<Option<&Literal>> = vec![None; table.columns.len()];
    for (name, value) in &object.fields {
        let Some(column) = table.column(name) else {
            return Err(unknown_column(table, name, object.span));
        };
        check_given(table, column, object.span)?;
        if given[column].replace(value).is_some() {
            let message = format!("\"{name}\" is given twice");
            return Err(Error::new("duplicate-column", message, object.span));
        }
    }
    Ok(given)
}
