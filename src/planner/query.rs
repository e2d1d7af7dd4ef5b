//! Queries become logical plans, and those plans: what stands around a SELECT, and several of them.

use super::comparison_traits::{CollationDerivation, ComparisonTraits};
use super::compound::{self, CompoundOrder};
use super::exact_numbers;
use super::expression::{BoundExpression, BoundKind};
use super::functions::ScalarFunction;
use super::logical::{ComputedColumn, Logical};
use super::plan::QueryPlan;
use super::select;
use super::surroundings::Surroundings;
use super::{Error, Planning, common_table, limits, values_query};
use crate::language::ast::{Identifier, Query, QueryBody};
use crate::types::{DataType, Name};

/// A query as a logical plan, and the columns of its answer.
#[derive(Clone, Debug)]
pub(super) struct LogicalQuery {
    pub logical: Logical,
    pub output: Vec<QueryColumn>,
}

/// A column of an answer.
#[derive(Clone, Debug)]
pub(super) struct QueryColumn {
    pub name: Name,
    pub data_type: DataType,
    /// Its identity in the logical plan.
    pub column: usize,
    /// What counts besides where it is compared.
    pub traits: ComparisonTraits,
    /// The same where the query is an operand: as in SQLite, what its last part says.
    pub as_operand: ComparisonTraits,
}

impl QueryColumn {
    /// The column as an expression over the query's.
    pub fn bound(&self) -> BoundExpression {
        BoundExpression::column(self.column, self.data_type).with_traits(self.traits)
    }

    /// What counts where a value of it is an operand.
    pub fn operand_traits(&self) -> ComparisonTraits {
        let ComparisonTraits { affinity, .. } = self.as_operand;
        let is_held = affinity == self.traits.affinity;
        let affinity = if is_held { affinity } else { affinity.said() };
        ComparisonTraits { affinity, ..self.as_operand }
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
        common_table::inline(&mut self.logical);
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

    /// The collations of its columns, and who says so.
    pub fn collations(&self) -> Vec<CollationDerivation> {
        self.output.iter().map(|column| column.traits.collation).collect()
    }

    /// The identities of its columns.
    pub fn identities(&self) -> Vec<usize> {
        self.output.iter().map(|column| column.column).collect()
    }
}

/// Gives columns these collations for whoever reads them.
pub(super) fn collate(columns: &mut [QueryColumn], collations: &[CollationDerivation]) {
    for (column, collation) in columns.iter_mut().zip(collations) {
        column.traits.collation = *collation;
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
        QueryBody::Values(rows) => {
            let order = CompoundOrder::new(&query.order_by)?;
            compound::sorted(values_query::bind(rows, &inside, planning)?, &order, false, planning)?
        }
        QueryBody::Compound { first, others } => {
            compound::bind(first, others, &query.order_by, &inside, planning)?
        }
    };
    let bound = limited(bound, query, &inside, planning)?;
    common_table::record_unread(query, &inside, planning);
    Ok(bound)
}

/// The rows of a query that its LIMIT and OFFSET let through; `inside` is what they know.
pub(super) fn limited(
    mut bound: LogicalQuery,
    query: &Query,
    inside: &Surroundings<'_>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    let (limit, offset) = (query.limit.as_ref(), query.offset.as_ref());
    if limit.is_none() && offset.is_none() {
        return Ok(bound);
    }
    if let Some(limits) = limits::bind(limit, offset, inside, planning)? {
        bound.logical = Logical::Limit { input: Box::new(bound.logical), limits };
    }
    Ok(bound)
}

/// Binds a part of a compound query; `order` learns what it says of the compound's keys.
pub(super) fn bind_part<'q>(
    body: &'q QueryBody,
    order: &mut CompoundOrder<'_>,
    surroundings: &Surroundings<'q>,
    planning: &mut Planning,
) -> Result<LogicalQuery, Error> {
    match body {
        QueryBody::Select(select) => select::bind_part(select, order, surroundings, planning),
        QueryBody::Values(rows) => values_query::bind(rows, surroundings, planning),
        QueryBody::Compound { .. } => unreachable!("a compound has no compounds"),
    }
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
        let column = planning.names.add(&known.name);
        columns.push(ComputedColumn { column, expression });
        QueryColumn { column, data_type: *data_type, ..known }
    });
    let output = output.collect();
    LogicalQuery { logical: Logical::Project { input: Box::new(logical), columns }, output }
}
