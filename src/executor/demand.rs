//! What the operators above an operator ask for, besides its rows: it goes down to where rows are read, as far
//! as the operators on the way hand it on.

use super::runtime_filter::RuntimeFilter;
use crate::planner::{AggregateCall, BoundExpression, BoundKind, Join, Plan};
use crate::types::DataType;

/// What is asked of an operator. All of it may be left undone.
#[derive(Clone, Default)]
pub struct RowDemand {
    /// Rows may be left out that these drop.
    pub filters: Vec<RuntimeFilter>,
    /// The columns of texts whose [codes](crate::types::text_codes) are of use.
    pub coded: Vec<usize>,
    /// The columns of a join of which no value is looked at: NULLs may stand there.
    pub unread: Vec<usize>,
}

impl RowDemand {
    /// What is asked of one of an operator's inputs, the first or the second: what this has use for itself, and
    /// what the input can do for it of what is asked of the operator.
    pub fn below(&self, plan: &Plan, input: usize) -> RowDemand {
        let handed_on = self.coded.iter().filter_map(|column| coded_below(plan, input, *column));
        let unread = if let Plan::Join(join) = plan {
            right_columns(&self.unread, join, input)
        } else {
            unread(plan)
        };
        RowDemand {
            filters: RuntimeFilter::below(&self.filters, plan, input),
            coded: own_column(plan, input).into_iter().chain(handed_on).collect(),
            unread,
        }
    }
}

/// The column of an operator's input whose texts it tells apart.
fn own_column(plan: &Plan, input: usize) -> Option<usize> {
    match plan {
        Plan::Aggregate { groups, .. } => match &**groups {
            [group] => text_column(group),
            _ => None,
        },
        Plan::Distinct { types, .. } => (**types == [DataType::Text]).then_some(0),
        // The right side is looked through once anyway.
        Plan::Join(join) => match join.equal.as_slice() {
            [(left, _)] if input == 0 => text_column(left),
            _ => None,
        },
        Plan::OneRow
        | Plan::Access(_)
        | Plan::Values { .. }
        | Plan::Function(_)
        | Plan::Filter { .. }
        | Plan::Project { .. }
        | Plan::SetFilter { .. }
        | Plan::Window { .. }
        | Plan::Limit { .. }
        | Plan::Append { .. }
        | Plan::Sort { .. }
        | Plan::Shared(_)
        | Plan::Recursive(_)
        | Plan::RecursiveRows { .. } => None,
    }
}

/// The columns of a join that an operator above it does not read.
fn unread(plan: &Plan) -> Vec<usize> {
    let mut is_read = Vec::new();
    let mut read = |join: &Join, expressions: &mut dyn Iterator<Item = &BoundExpression>| {
        is_read.resize(join.types.0.len() + join.types.1.len(), false);
        expressions.for_each(|expression| {
            expression.for_each_column(&mut |column| {
                is_read.get_mut(column).into_iter().for_each(|is_read| *is_read = true);
            });
        });
    };
    match plan {
        Plan::Aggregate { input, groups, aggregates } => {
            if let Plan::Join(join) = &**input {
                let calls = aggregates.iter().flat_map(AggregateCall::expressions);
                read(join, &mut groups.iter().chain(calls));
            }
        }
        Plan::Project { input, expressions } => {
            if let Plan::Join(join) = &**input {
                read(join, &mut expressions.iter());
            }
        }
        Plan::OneRow
        | Plan::Access(_)
        | Plan::Values { .. }
        | Plan::Function(_)
        | Plan::Filter { .. }
        | Plan::Distinct { .. }
        | Plan::SetFilter { .. }
        | Plan::Window { .. }
        | Plan::Join(_)
        | Plan::Limit { .. }
        | Plan::Append { .. }
        | Plan::Sort { .. }
        | Plan::Shared(_)
        | Plan::Recursive(_)
        | Plan::RecursiveRows { .. } => {}
    }
    (0..is_read.len()).filter(|column| !is_read[*column]).collect()
}

/// Those of a join's columns that are of its right side, as that counts them.
fn right_columns(columns: &[usize], join: &Join, input: usize) -> Vec<usize> {
    let right = columns.iter().filter_map(|column| column.checked_sub(join.types.0.len()));
    if input == 1 { right.collect() } else { Vec::new() }
}

/// The column that an expression hands on, if it is one of texts.
fn text_column(expression: &BoundExpression) -> Option<usize> {
    let BoundKind::Column(column) = expression.kind else { return None };
    (expression.data_type == DataType::Text).then_some(column)
}

/// The column of an input that a column which comes out is, array by array.
fn coded_below(plan: &Plan, input: usize, column: usize) -> Option<usize> {
    match plan {
        Plan::Filter { .. } | Plan::Limit { .. } | Plan::Append { .. } => Some(column),
        Plan::Project { expressions, .. } => text_column(&expressions[column]),
        Plan::Join(join) => match (input, column.checked_sub(join.types.0.len())) {
            (0, None) => Some(column),
            (1, right) => right,
            _ => None,
        },
        Plan::OneRow
        | Plan::Access(_)
        | Plan::Values { .. }
        | Plan::Function(_)
        | Plan::SetFilter { .. }
        | Plan::Distinct { .. }
        | Plan::Aggregate { .. }
        | Plan::Window { .. }
        | Plan::Sort { .. }
        | Plan::Shared(_)
        | Plan::Recursive(_)
        | Plan::RecursiveRows { .. } => None,
    }
}
