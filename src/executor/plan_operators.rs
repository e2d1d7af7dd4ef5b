//! A plan opened becomes operators.

use super::Error;
use super::aggregate::Aggregate;
use super::batches::BatchCutter;
use super::demand::RowDemand;
use super::direct_row::{DirectRow, direct_row};
use super::distinct::Distinct;
use super::evaluate::Context;
use super::input::PlanInput;
use super::join::HashJoin;
use super::key_join::{KeyJoin, PartnerLookup};
use super::operator::BoxedOperator;
use super::recursive::{GivenRows, Recursive};
use super::runtime_filter::RuntimeFilter;
use super::scan_order;
use super::set::{Append, Values};
use super::set_filter::SetFilter;
use super::shared_rows::SharedReader;
use super::sort::Sort;
use super::streaming::{Filter, Limit, OneRow, Project};
use super::table_functions::FunctionCalls;
use super::window::WindowFunctions;
use crate::planner::{BoundExpression, Join, Limits, Plan};
use crate::types::{DataType, Row, Value, with_stack};
use std::sync::Arc;

/// Opens a plan over its inputs, one per slot.
///
/// # Errors
/// `type` of a LIMIT or OFFSET that is no whole number, and what [`Context::evaluate`] says of the
/// constants of keys.
pub fn open(plan: &Plan, inputs: Vec<PlanInput>, context: Context) -> Result<BoxedOperator, Error> {
    open_operator(plan, &context.over(inputs))
}

/// What comes out of a plan.
pub enum QueryRows {
    /// One row or none, known already.
    Direct(Option<Row>),
    /// Batches, still to be made.
    Batches(BoxedOperator),
}

/// Opens a plan over its inputs, one per slot, unless there is a direct way to its one row.
///
/// # Errors
/// As [`open`].
pub fn run(plan: &Plan, inputs: Vec<PlanInput>, context: Context) -> Result<QueryRows, Error> {
    let context = context.over(inputs);
    match direct_row(plan, &context)? {
        Some(DirectRow::One(row)) => Ok(QueryRows::Direct(Some(row))),
        Some(DirectRow::None) => Ok(QueryRows::Direct(None)),
        None => Ok(QueryRows::Batches(open_operator(plan, &context)?)),
    }
}

/// The same for a part of a plan, in the context of the whole.
pub(super) fn open_operator(plan: &Plan, context: &Arc<Context>) -> Result<BoxedOperator, Error> {
    open_demanded(plan, context, &RowDemand::default())
}

/// The same, where something is asked of it.
fn open_demanded(
    plan: &Plan,
    context: &Arc<Context>,
    demand: &RowDemand,
) -> Result<BoxedOperator, Error> {
    context.probe(plan.id()).wrap(|| with_stack(|| operator(plan, context, demand)))
}

fn operator(
    plan: &Plan,
    context: &Arc<Context>,
    demand: &RowDemand,
) -> Result<BoxedOperator, Error> {
    let input = |input: &Plan| open_demanded(input, context, &demand.below(plan, 0));
    Ok(match plan {
        Plan::OneRow => Box::new(OneRow(true)),
        Plan::Values { rows, types } => {
            Box::new(Values::new(Arc::clone(rows), Arc::clone(types), Arc::clone(context)))
        }
        Plan::Append { inputs: parts } => {
            let opened: Result<Vec<_>, Error> = parts.iter().map(input).collect();
            Box::new(Append::new(opened?))
        }
        Plan::SetFilter { left, right, types, keeps_common } => {
            let columns = (Arc::clone(types), left.types().len());
            let (left, right) = (input(left)?, open_operator(right, context)?);
            Box::new(SetFilter::new(left, right, columns, *keeps_common, Arc::clone(context)))
        }
        Plan::Access(access) => scan_order::open(access, context, demand)?,
        Plan::Shared(shared) => Box::new(SharedReader::open(shared, context)?),
        Plan::Recursive(recursive) => Box::new(Recursive::open(recursive, context)?),
        Plan::RecursiveRows { number, .. } => Box::new(GivenRows::of(*number, context)),
        Plan::Function(scan) => {
            let rows = input(&scan.input)?;
            Box::new(FunctionCalls::new(rows, Arc::clone(scan), Arc::clone(context)))
        }
        Plan::Filter { input: rows, predicate } => Box::new(Filter {
            input: input(rows)?,
            predicate: Arc::clone(predicate),
            context: Arc::clone(context),
        }),
        Plan::Project { input: rows, expressions } => Box::new(Project {
            input: BatchCutter::new(input(rows)?),
            expressions: Arc::clone(expressions),
            context: Arc::clone(context),
        }),
        Plan::Join(join) => opened_join(plan, join, context, demand)?,
        Plan::Aggregate { input: rows, groups, aggregates } => {
            let (groups, aggregates) = (Arc::clone(groups), Arc::clone(aggregates));
            Box::new(Aggregate::new(input(rows)?, groups, aggregates, Arc::clone(context)))
        }
        Plan::Window { input: rows, partition, order, calls } => {
            let window = (Arc::clone(partition), Arc::clone(order));
            let (calls, context) = (Arc::clone(calls), Arc::clone(context));
            Box::new(WindowFunctions::new(input(rows)?, window, calls, context)?)
        }
        Plan::Distinct { input: rows, types } => {
            Box::new(Distinct::new(input(rows)?, types, Arc::clone(context)))
        }
        Plan::Sort { input: rows, keys, limit } => {
            let keys = Arc::clone(keys);
            let wanted = match limit {
                Some(limits) => row_range(limits, context)?.end,
                None => None,
            };
            Box::new(Sort::new(input(rows)?, keys, wanted, Arc::clone(context)))
        }
        Plan::Limit { input: rows, limits } => {
            let RowRange { start, end } = row_range(limits, context)?;
            let left = end.map(|end| end - start);
            Box::new(Limit { input: input(rows)?, skip: start, left })
        }
    })
}

/// A join, whose left side is asked for what the join can use, too.
fn opened_join(
    plan: &Plan,
    join: &Arc<Join>,
    context: &Arc<Context>,
    demand: &RowDemand,
) -> Result<BoxedOperator, Error> {
    let mut lefts = demand.below(plan, 0);
    if let Some(partners) = PartnerLookup::of(join, context)? {
        // It looks at values.
        lefts.coded.clear();
        let left = open_demanded(&join.left, context, &lefts)?;
        return Ok(Box::new(KeyJoin::new(left, partners, join, context)));
    }
    let (own, sources) = RuntimeFilter::of(join);
    lefts.filters.extend(own);
    let left = open_demanded(&join.left, context, &lefts)?;
    let rights = demand.below(plan, 1);
    let filters = RowDemand { filters: rights.filters.clone(), ..RowDemand::default() };
    let right = open_demanded(&join.right, context, &filters)?;
    let (join, context) = (Arc::clone(join), Arc::clone(context));
    Ok(Box::new(HashJoin::new((left, sources), (right, rights), join, context)))
}

/// The rows that LIMIT and OFFSET let through: from `start` to before `end`.
struct RowRange {
    start: usize,
    end: Option<usize>,
}

fn row_range(limits: &Limits, context: &Context) -> Result<RowRange, Error> {
    let evaluate = |expression: Option<&BoundExpression>, word: &str| {
        let Some(expression) = expression else { return Ok(None) };
        let value = context.constant(expression)?;
        match DataType::Integer.accept(value.clone()) {
            Ok(Value::Integer(count)) => Ok(Some(count)),
            _ => {
                let error = Error::failed("type", format!("{word} {value} is no whole number"));
                Err(error.at(expression.place))
            }
        }
    };
    let start = evaluate(limits.offset.as_deref(), "OFFSET")?.unwrap_or(0);
    let start = usize::try_from(start.max(0)).unwrap_or(usize::MAX);
    let limit = evaluate(limits.limit.as_deref(), "LIMIT")?;
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    Ok(RowRange { start, end: limit.map(|limit| start.saturating_add(limit)) })
}
