//! VALUES as a query.
//!
//! As in SQLite, a row alone is a SELECT without FROM: an aggregate in it counts one row, and a window has
//! that row. Several rows are so if one of them has a window function; otherwise no aggregate stands in
//! them but that of a query around.

use super::bind::Binder;
use super::calls::misplaced_aggregate;
use super::common_type::common_type;
use super::comparison_traits::ComparisonTraits;
use super::expression::BoundExpression;
use super::logical::{Logical, LogicalValues};
use super::plan::AggregateCall;
use super::query::{LogicalQuery, QueryColumn, collate};
use super::scope::Scope;
use super::subquery::SubqueryBinder;
use super::surroundings::Surroundings;
use super::values::{BoundRows, Target};
use super::window::{BoundWindow, WindowBinder};
use super::{Error, Planning, compound, select};
use crate::language::ast::{ListItem, SetOperator, ValueRows};
use crate::types::{DataType, Name, Span};
use std::sync::Arc;

/// The aggregates and the window functions of one row.
#[derive(Default)]
struct RowCalls {
    /// Which row, counted from 0.
    row: usize,
    aggregates: Vec<AggregateCall>,
    windows: Vec<BoundWindow>,
    /// Where the first value stands that has an aggregate.
    span: Span,
}

impl RowCalls {
    fn is_empty(&self) -> bool {
        self.aggregates.is_empty() && self.windows.is_empty()
    }
}

/// Binds VALUES, whose columns are called as in SQLite.
///
/// # Errors
/// Those of a [`Binder`]; `misplaced-default` of DEFAULT, `misplaced-aggregate` of an aggregate in one of
/// several rows.
pub(super) fn bind(
    rows: &Arc<ValueRows>,
    surroundings: &Surroundings<'_>,
    planning: &mut Planning<'_>,
) -> Result<LogicalQuery, Error> {
    let scope = Scope::default();
    let width = rows.width();
    let mut types: Vec<Vec<Option<DataType>>> = vec![Vec::new(); width];
    // As in SQLite, the first row says how a column compares.
    let mut traits = vec![ComparisonTraits::default(); width];
    let (mut expressions, mut calls) = (Vec::new(), Vec::new());
    let mut own = RowCalls::default();
    for (index, item) in rows.values().iter().enumerate() {
        let (row, column) = (index / width, index % width);
        let data_type = match item {
            ListItem::Constant(literal) if literal.value.is_null() => None,
            ListItem::Constant(literal) => Some(literal.value.data_type()),
            ListItem::Default => {
                let span = rows.span(row, Some(column)).unwrap_or_default();
                let message = "DEFAULT is a value of INSERT and UPDATE alone";
                return Err(Error::new("misplaced-default", message, span));
            }
            ListItem::Expression(expression) => {
                let subqueries = Some(SubqueryBinder { planning: &mut *planning, surroundings });
                let windows = Some(WindowBinder { named: &[], calls: &mut own.windows });
                let had_none = own.aggregates.is_empty();
                let aggregates = Some(&mut own.aggregates);
                let binder = Binder::new(&scope, "VALUES");
                let mut binder = Binder { aggregates, windows, subqueries, ..binder };
                let bound = binder.bind(expression)?;
                if had_none && !own.aggregates.is_empty() {
                    own.span = expression.span;
                }
                let data_type = bound.data_type;
                if row == 0 {
                    traits[column] = bound.traits;
                }
                expressions.push(bound);
                Some(data_type)
            }
        };
        let known = &mut types[column];
        if !known.contains(&data_type) {
            known.push(data_type);
        }
        if column + 1 == width && !own.is_empty() {
            calls.push(RowCalls { row, ..std::mem::take(&mut own) });
        }
    }
    if !calls.is_empty() {
        return computed(rows, expressions, calls, planning);
    }
    let types: Vec<DataType> = types.into_iter().map(common_type).collect();
    let target =
        |data_type: &DataType| Target { data_type: *data_type, is_lossless: false, default: None };
    let targets = types.iter().map(target).collect();
    let bound = Arc::new(BoundRows::new(Arc::clone(rows), targets, expressions));
    let output: Vec<QueryColumn> = types
        .iter()
        .zip(traits)
        .enumerate()
        .map(|(index, (data_type, traits))| {
            let name = column_name(index);
            let column = planning.names.add(&name);
            let traits = traits.combined(ComparisonTraits::default(), *data_type);
            // As in SQLite, several rows say nothing where they are an operand.
            let is_one = rows.values().len() == width;
            let as_operand = if is_one { traits } else { ComparisonTraits::default() };
            QueryColumn { name, data_type: *data_type, column, traits, as_operand }
        })
        .collect();
    let columns = output.iter().map(|column| column.column).collect();
    let logical = Logical::Values(LogicalValues { rows: bound, columns, types });
    Ok(LogicalQuery { logical, output })
}

/// What the column at an index is called.
fn column_name(index: usize) -> Name {
    format!("column{}", index + 1).into()
}

/// Rows of which some have such calls: each is a SELECT, and what is no constant in them was bound.
///
/// # Errors
/// `misplaced-aggregate` of an aggregate in one of several rows without a window function.
fn computed(
    rows: &ValueRows,
    expressions: Vec<BoundExpression>,
    calls: Vec<RowCalls>,
    planning: &mut Planning<'_>,
) -> Result<LogicalQuery, Error> {
    let is_alone = rows.len() == 1 || calls.iter().any(|own| !own.windows.is_empty());
    let aggregated = calls.iter().find_map(|own| Some((own.aggregates.first()?, own.span)));
    if let Some((call, span)) = aggregated.filter(|_| !is_alone) {
        return Err(misplaced_aggregate(
            call.function.name(),
            "one of several rows of VALUES",
            span,
        ));
    }
    let (mut expressions, mut calls) = (expressions.into_iter(), calls.into_iter().peekable());
    let mut items = rows.values().iter();
    let mut query: Option<LogicalQuery> = None;
    let mut collations = Vec::new();
    for row in 0..rows.len() {
        let mut values = Vec::with_capacity(rows.width());
        for (index, item) in items.by_ref().take(rows.width()).enumerate() {
            let value = match item {
                ListItem::Constant(literal) => Some(BoundExpression::constant(&literal)),
                ListItem::Expression(_) | ListItem::Default => expressions.next(),
            };
            values.extend(value.map(|value| (column_name(index), value)));
        }
        let own = calls.next_if(|own| own.row == row).unwrap_or_default();
        let part = select::of_one_row(values, (own.aggregates, own.windows), planning)?;
        query = Some(match query {
            Some(before) => compound::combined(before, SetOperator::UnionAll, part, planning)?,
            None => {
                collations = part.collations();
                part
            }
        });
    }
    let mut query = query.expect("VALUES has a row");
    collate(&mut query.output, &collations);
    Ok(query)
}
