//! What the operators above an operator ask for, besides its rows: it goes down to where rows are read, as far
//! as the operators on the way hand it on.

use super::runtime_filter::RuntimeFilter;
use crate::planner::{BoundExpression, BoundKind, Plan};
use crate::types::DataType;

/// What is asked of an operator. All of it may be left undone.
#[derive(Clone, Default)]
pub struct RowDemand {
    /// Rows may be left out that these drop.
    pub filters: Vec<RuntimeFilter>,
    /// The columns of texts whose [codes](crate::types::text_codes) are of use.
    pub coded: Vec<usize>,
}

impl RowDemand {
    /// What is asked of one of an operator's inputs, the first or the second: what this has use for itself, and
    /// what the input can do for it of what is asked of the operator.
    pub fn below(&self, plan: &Plan, input: usize) -> RowDemand {
        let handed_on = self.coded.iter().filter_map(|column| coded_below(plan, *column));
        RowDemand {
            filters: RuntimeFilter::below(&self.filters, plan, input),
            coded: own_column(plan).into_iter().chain(handed_on).collect(),
        }
    }
}

/// The column of an operator's input whose texts it tells apart.
fn own_column(plan: &Plan) -> Option<usize> {
    match plan {
        Plan::Aggregate { groups, .. } => match &**groups {
            [group] => text_column(group),
            _ => None,
        },
        Plan::Distinct { types, .. } => (**types == [DataType::Text]).then_some(0),
        Plan::OneRow
        | Plan::Access(_)
        | Plan::Values { .. }
        | Plan::Function(_)
        | Plan::Filter { .. }
        | Plan::Project { .. }
        | Plan::SetFilter { .. }
        | Plan::Window { .. }
        | Plan::Join(_)
        | Plan::Limit { .. }
        | Plan::Append { .. }
        | Plan::Sort { .. }
        | Plan::Shared(_)
        | Plan::Recursive(_)
        | Plan::RecursiveRows { .. } => None,
    }
}

/// The column that an expression hands on, if it is one of texts.
fn text_column(expression: &BoundExpression) -> Option<usize> {
    let BoundKind::Column(column) = expression.kind else { return None };
    (expression.data_type == DataType::Text).then_some(column)
}

/// The column of an input that a column which comes out is, array by array.
fn coded_below(plan: &Plan, column: usize) -> Option<usize> {
    match plan {
        Plan::Filter { .. } | Plan::Limit { .. } | Plan::Append { .. } => Some(column),
        Plan::Project { expressions, .. } => text_column(&expressions[column]),
        Plan::OneRow
        | Plan::Access(_)
        | Plan::Values { .. }
        | Plan::Function(_)
        | Plan::SetFilter { .. }
        | Plan::Distinct { .. }
        | Plan::Aggregate { .. }
        | Plan::Window { .. }
        | Plan::Join(_)
        | Plan::Sort { .. }
        | Plan::Shared(_)
        | Plan::Recursive(_)
        | Plan::RecursiveRows { .. } => None,
    }
}
