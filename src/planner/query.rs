//! Queries become logical plans, and those plans: what stands around a SELECT, and several of them.

use super::bind::Binder;
use super::collation;
use super::comparison_traits::ComparisonTraits;
use super::exact_numbers;
use super::expression::{BoundExpression, BoundKind};
use super::functions::{ScalarFunction, common_type};
use super::logical::{ComputedColumn, Logical, LogicalKey, LogicalSetFilter, LogicalValues};
use super::plan::{Limits, QueryPlan};
use super::scope::Scope;
use super::select::{self, no_such_ordinal, signed_integer};
use super::surroundings::Surroundings;
use super::values::{BoundRows, Target};
use super::{Error, Planning, common_table, relation_query};
use crate::language::ast::{
    Expression, ExpressionKind, Identifier, ListItem, OrderItem, Query, QueryBody, SetOperator,
    ValueRows,
};
use crate::types::{DataType, Span};
use std::sync::Arc;

/// A query as a logical plan, and the columns of its answer.
#[derive(Clone, Debug)]
pub(super) struct LogicalQuery {
    pub logical: Logical,
    pub output: Vec<QueryColumn>,
}

/// A column of an answer.
#[derive(Clone, Debug)]
pub(super) struct QueryColumn {
    pub name: String,
    pub data_type: DataType,
    /// Its identity in the logical plan.
    pub column: usize,
    /// What counts besides where it is compared.
    pub traits: ComparisonTraits,
}

impl QueryColumn {
    /// The column as an expression over the query's.
    fn bound(&self) -> BoundExpression {
        BoundExpression::column(self.column, self.data_type).with_traits(self.traits)
    }
}

/// Plans a query.
///
/// # Errors
/// `unknown-table`, `unknown-column`, `ambiguous-table`, `ambiguous-column`, `unknown-function`,
/// `function`, `type`, `misplaced-aggregate` and `misplaced-having` where the query says so,
/// `column-count` where the parts of a compound have different numbers of columns, `nesting-limit` of
/// too many tables, and those of [`Catalog`](super::Catalog).
pub(super) fn plan(query: &Query, planning: &mut Planning<'_>) -> Result<QueryPlan, Error> {
    let surroundings = planning.surroundings();
    Ok(finish(bind(query, &surroundings, planning)?, planning))
}

/// The plan of a query that is bound.
pub(super) fn finish(query: LogicalQuery, planning: &mut Planning) -> QueryPlan {
    let LogicalQuery { logical, output } = query;
    let identities: Vec<usize> = output.iter().map(|column| column.column).collect();
    let plan = planning.plan_of(logical, &identities);
    let columns = output.into_iter().map(|column| (column.name, column.data_type)).collect();
    QueryPlan { plan, columns }
}

impl LogicalQuery {
    /// Tells the query of the types of the columns that its rows go into, in order.
    pub fn assign_to(&mut self, types: impl Iterator<Item = DataType>) {
        let typed = self.output.iter().map(|column| column.column).zip(types);
        let typed: Vec<(usize, DataType)> = typed.collect();
        // What is named once is what the rows are made of.
        let logical = std::mem::replace(&mut self.logical, Logical::OneRow);
        self.logical = common_table::inline(logical);
        let projected = exact_numbers::assign_columns(&mut self.logical, &typed);
        for QueryColumn { data_type, column, .. } in &mut self.output {
            if let Some((_, now)) = projected.iter().find(|(known, _)| known == column) {
                *data_type = *now;
            }
        }
    }

    /// The query of something that has a name, and perhaps some for its columns.
    ///
    /// # Errors
    /// `column-count` where it says how others are called than it has.
    pub fn called(
        mut self,
        name: &Identifier,
        columns: &[Identifier],
    ) -> Result<LogicalQuery, Error> {
        if columns.is_empty() {
            return Ok(self);
        }
        if columns.len() != self.output.len() {
            let (names, have) = (columns.len(), self.output.len());
            let message = format!("{} has {have} columns and {names} names for them", name.name);
            return Err(Error::new("column-count", message, columns[0].span));
        }
        for (column, name) in self.output.iter_mut().zip(columns) {
            column.name = name.name.clone();
        }
        Ok(self)
    }

    /// The identities of its columns.
    pub fn identities(&self) -> Vec<usize> {
        self.output.iter().map(|column| column.column).collect()
    }
}

/// Binds a query.
pub(super) fn bind<'q>(
    query: &'q Query,
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    let inside = surroundings.inside(query, planning)?;
    let bound = match &query.body {
        QueryBody::Select(select) => select::bind(select, &query.order_by, &inside, planning)?,
        QueryBody::Values(rows) => sorted(bind_values(rows, planning)?, &query.order_by, planning)?,
        QueryBody::Compound { first, others } => {
            sorted(bind_compound(first, others, &inside, planning)?, &query.order_by, planning)?
        }
    };
    limited(bound, query)
}

/// The rows of a query that its LIMIT and OFFSET let through.
pub(super) fn limited(mut bound: LogicalQuery, query: &Query) -> Result<LogicalQuery, Error> {
    if let Some(limits) = limits(query)? {
        bound.logical = Logical::Limit { input: Box::new(bound.logical), limits };
    }
    Ok(bound)
}

/// Binds the parts of a compound query.
pub(super) fn bind_compound<'q>(
    first: &'q QueryBody,
    others: &'q [(SetOperator, QueryBody)],
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    let mut bound = bind_part(first, surroundings, planning)?;
    for (operator, part) in others {
        let part = bind_part(part, surroundings, planning)?;
        bound = combined(bound, *operator, part, planning)?;
    }
    Ok(bound)
}

/// Binds a part of a compound query.
pub(super) fn bind_part<'q>(
    body: &'q QueryBody,
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    match body {
        QueryBody::Select(select) => select::bind(select, &[], surroundings, planning),
        QueryBody::Values(rows) => bind_values(rows, planning),
        QueryBody::Compound { .. } => unreachable!("a compound has no compounds"),
    }
}

/// Binds VALUES, whose columns are called as in SQLite.
fn bind_values(rows: &Arc<ValueRows>, planning: &mut Planning) -> Result<LogicalQuery, Error> {
    let scope = Scope::default();
    let mut binder = Binder::new(&scope, "VALUES");
    let width = rows.width();
    let mut types: Vec<Vec<Option<DataType>>> = vec![Vec::new(); width];
    let mut expressions = Vec::new();
    for (index, item) in rows.values().iter().enumerate() {
        let data_type = match item {
            ListItem::Constant(literal) if literal.value.is_null() => None,
            ListItem::Constant(literal) => Some(literal.value.data_type()),
            ListItem::Default => {
                let span = rows.span(index / width, Some(index % width)).unwrap_or_default();
                let message = "DEFAULT is a value of INSERT and UPDATE alone";
                return Err(Error::new("misplaced-default", message, span));
            }
            ListItem::Expression(expression) => {
                let bound = binder.bind(expression)?;
                let data_type = bound.data_type;
                expressions.push(bound);
                Some(data_type)
            }
        };
        let known = &mut types[index % width];
        if !known.contains(&data_type) {
            known.push(data_type);
        }
    }
    let types: Vec<DataType> = types.into_iter().map(common_type).collect();
    let target =
        |data_type: &DataType| Target { data_type: *data_type, is_lossless: false, default: None };
    let targets = types.iter().map(target).collect();
    let bound = Arc::new(BoundRows::new(Arc::clone(rows), targets, expressions));
    let output: Vec<QueryColumn> = types
        .iter()
        .enumerate()
        .map(|(index, data_type)| {
            let name = format!("column{}", index + 1);
            let column = planning.names.add(&*name);
            QueryColumn { name, data_type: *data_type, column, traits: ComparisonTraits::default() }
        })
        .collect();
    let columns = output.iter().map(|column| column.column).collect();
    let logical = Logical::Values(LogicalValues { rows: bound, columns, types });
    Ok(LogicalQuery { logical, output })
}

/// Makes sure that the parts of a compound have as many columns.
pub(super) fn check_width(operator: SetOperator, left: usize, right: usize) -> Result<(), Error> {
    if left == right {
        return Ok(());
    }
    let message = format!("the parts of {operator} have {left} and {right} columns");
    Err(Error::new("column-count", message, Span::default()))
}

/// Two queries whose rows become those of one; its columns are called as the first's.
fn combined(
    left: LogicalQuery,
    operator: SetOperator,
    right: LogicalQuery,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    check_width(operator, left.output.len(), right.output.len())?;
    let pairs = left.output.iter().zip(&right.output);
    let types: Vec<DataType> =
        pairs.map(|(a, b)| common_type([Some(a.data_type), Some(b.data_type)])).collect();
    let pairs = left.output.iter().zip(&right.output);
    let output: Vec<QueryColumn> = pairs
        .zip(&types)
        .map(|((column, other), data_type)| QueryColumn {
            name: column.name.clone(),
            data_type: *data_type,
            column: planning.names.add(&*column.name),
            traits: column.traits.combined(other.traits, *data_type),
        })
        .collect();
    let columns: Vec<usize> = output.iter().map(|column| column.column).collect();
    let inputs = [left, right].map(|side| widened(side, &types, planning));
    let [left, right] = inputs;
    let logical = match operator {
        SetOperator::UnionAll => append(left, right, columns),
        SetOperator::Union => {
            let logical = append(without_distinct(left), right, columns);
            let (input, columns) =
                with_keys(logical, &output, output.iter().map(QueryColumn::bound), planning);
            Logical::Distinct { input: Box::new(input), columns }
        }
        SetOperator::Intersect | SetOperator::Except => {
            let keeps_common = operator == SetOperator::Intersect;
            let (mut left, mut right) = (left, right);
            // The collations are those of the result.
            for side in [&mut left.output, &mut right.output] {
                side.iter_mut().zip(&output).for_each(|(own, column)| own.traits = column.traits);
            }
            let identities = left.identities();
            let keys = |side: LogicalQuery, planning: &mut Planning| {
                let compared = side.output.iter().map(QueryColumn::bound);
                with_keys(side.logical, &side.output, compared, planning)
            };
            let (input, left_columns) = keys(left, planning);
            let (right, right_columns) = keys(right, planning);
            let distinct =
                Logical::Distinct { input: Box::new(input), columns: left_columns.clone() };
            let rows = Logical::SetFilter(LogicalSetFilter {
                left: Box::new(distinct),
                right: Box::new(right),
                left_columns,
                right_columns,
                keeps_common,
            });
            let renamed = columns.iter().zip(identities).zip(&types);
            let renamed = renamed.map(|((column, input), data_type)| ComputedColumn {
                column: *column,
                expression: BoundExpression::column(input, *data_type),
            });
            Logical::Project { input: Box::new(rows), columns: renamed.collect() }
        }
    };
    Ok(LogicalQuery { logical, output })
}

/// A query's rows with what some of its columns compare as, and the columns that say it.
fn with_keys(
    logical: Logical,
    output: &[QueryColumn],
    compared: impl Iterator<Item = BoundExpression>,
    planning: &mut Planning,
) -> (Logical, Vec<usize>) {
    let handed_on =
        |known: &QueryColumn| ComputedColumn { column: known.column, expression: known.bound() };
    let mut columns: Vec<ComputedColumn> = output.iter().map(handed_on).collect();
    let mut keys = Vec::with_capacity(output.len());
    for expression in compared {
        let key = ComputedColumn::new(collation::comparable(expression), &mut planning.names);
        keys.push(key.column);
        if !matches!(key.expression.kind, BoundKind::Column(_)) {
            columns.push(key);
        }
    }
    if columns.len() == output.len() {
        return (logical, keys);
    }
    (Logical::Project { input: Box::new(logical), columns }, keys)
}

/// The rows of one query behind those of another; of several, one operator.
fn append(left: LogicalQuery, right: LogicalQuery, columns: Vec<usize>) -> Logical {
    let right_columns = right.identities();
    let left_columns = left.identities();
    let is_append =
        matches!(&left.logical, Logical::Append { columns, .. } if *columns == left_columns);
    let mut inputs = if is_append && let Logical::Append { inputs, .. } = left.logical {
        inputs
    } else {
        vec![(left.logical, left_columns)]
    };
    inputs.push((right.logical, right_columns));
    Logical::Append { inputs, columns }
}

/// The rows of a UNION with those that it has twice: another UNION drops them, too.
fn without_distinct(query: LogicalQuery) -> LogicalQuery {
    let columns = query.identities();
    let is_union = matches!(
        &query.logical,
        Logical::Distinct { input, columns: distinct }
            if *distinct == columns && matches!(**input, Logical::Append { .. })
    );
    let logical = if is_union && let Logical::Distinct { input, .. } = query.logical {
        *input
    } else {
        query.logical
    };
    LogicalQuery { logical, output: query.output }
}

/// A query whose columns have these types, which hold all of their values.
pub(super) fn widened(
    query: LogicalQuery,
    types: &[DataType],
    planning: &mut Planning,
) -> LogicalQuery {
    if query.output.iter().zip(types).all(|(column, data_type)| column.data_type == *data_type) {
        return query;
    }
    let LogicalQuery { logical, output } = query;
    let mut columns = Vec::with_capacity(output.len());
    let output = output.into_iter().zip(types).map(|(known, data_type)| {
        let mut expression = BoundExpression::column(known.column, known.data_type);
        if known.data_type != *data_type {
            let kind = BoundKind::Call(ScalarFunction::Coalesce, vec![expression]);
            expression = BoundExpression::new(kind, *data_type);
        }
        let column = planning.names.add(&*known.name);
        columns.push(ComputedColumn { column, expression });
        QueryColumn { column, data_type: *data_type, ..known }
    });
    let output = output.collect();
    LogicalQuery { logical: Logical::Project { input: Box::new(logical), columns }, output }
}

/// A query in an order that its own columns give.
fn sorted(
    query: LogicalQuery,
    order_by: &[OrderItem],
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    let LogicalQuery { logical, output } = query;
    if order_by.is_empty() {
        return Ok(LogicalQuery { logical, output });
    }
    let compared = ordered_columns(order_by, &output)?;
    let (input, columns) = with_keys(logical, &output, compared.into_iter(), planning);
    let keys = order_by.iter().zip(columns).map(|(item, column)| LogicalKey::of(item, column));
    let logical = Logical::Sort { input: Box::new(input), keys: keys.collect(), first: None };
    Ok(LogicalQuery { logical, output })
}

/// The columns that a query's rows are in the order of, each with the collation that it is compared by.
pub(super) fn ordered_columns(
    order_by: &[OrderItem],
    output: &[QueryColumn],
) -> Result<Vec<BoundExpression>, Error> {
    let mut compared = Vec::with_capacity(order_by.len());
    for item in order_by {
        let (expression, said) = collation::behind(&item.expression)?;
        compared.push(collation::collated(ordered_column(expression, output)?.bound(), said));
    }
    Ok(compared)
}

/// The column of a compound query that a key of its ORDER BY means.
fn ordered_column<'a>(
    expression: &Expression,
    output: &'a [QueryColumn],
) -> Result<&'a QueryColumn, Error> {
    if let Some(number) = signed_integer(expression) {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        return match index.and_then(|index| output.get(index)) {
            Some(column) => Ok(column),
            None => Err(no_such_ordinal("ORDER BY", number, output.len(), expression.span)),
        };
    }
    if let ExpressionKind::Column { table: None, column: name } = &expression.kind
        && let Some(column) = output.iter().find(|c| c.name.eq_ignore_ascii_case(&name.name))
    {
        return Ok(column);
    }
    let names: Vec<&str> = output.iter().map(|column| column.name.as_str()).collect();
    let message = "ORDER BY of several queries is by a column of the result";
    Err(Error::new("unknown-column", message, expression.span)
        .help(Some(format!("write its number, or one of the names {}", names.join(", ")))))
}

fn limits(query: &Query) -> Result<Option<Limits>, Error> {
    let limit = query.limit.as_ref().map(relation_query::constant).transpose()?;
    let offset = query.offset.as_ref().map(relation_query::constant).transpose()?;
    let given = limit.is_some() || offset.is_some();
    Ok(given.then_some(Limits { limit, offset }))
}
