//! Plans of INSERT, UPDATE and DELETE.
//!
//! What a write demands of its rows is in its plan as bound expressions over them, so that the steps of
//! the executor (`executor/write`) know no names. A step that is added there has its part here.

use super::expression::BoundExpression;
use super::plan::{QueryPlan, TableAccess};
use super::values::BoundRows;
use crate::types::TableSchema;
use std::sync::Arc;

/// A change of a table's rows.
#[derive(Clone, Debug)]
pub struct Write {
    /// The table as it is now.
    pub table: Arc<TableSchema>,
    /// Which of the statement's views is the table's present.
    pub slot: usize,
    /// What happens.
    pub action: WriteAction,
}

impl Write {
    /// `INSERT`, `UPDATE` or `DELETE`.
    pub fn verb(&self) -> &'static str {
        match self.action {
            WriteAction::Insert { .. } => "INSERT",
            WriteAction::Update { .. } => "UPDATE",
            WriteAction::Delete { .. } => "DELETE",
        }
    }
}

/// How rows that come from outside of the language fill a table.
#[derive(Clone, Debug)]
pub struct BulkLoad {
    /// The table as it is now.
    pub table: Arc<TableSchema>,
    /// For each column of the table which value of a row is its own, if any.
    pub places: Vec<Option<usize>>,
    /// What each column has where a row gives it nothing.
    pub defaults: Vec<BoundExpression>,
}

/// What happens to a table's rows.
#[derive(Clone, Debug)]
pub enum WriteAction {
    /// New rows.
    Insert {
        /// Where their values come from.
        input: InsertInput,
        /// For each column of the table where its value comes from.
        columns: Vec<ColumnSource>,
        /// Which value of the input is the number of its row, if one is.
        row: Option<usize>,
    },
    /// New values for the rows reached; the access reads all columns in order, and behind them the
    /// hidden ones that new values are made from.
    Update {
        /// Which rows.
        access: Arc<TableAccess>,
        /// Column and new value, over the columns of the access.
        assignments: Vec<(usize, BoundExpression)>,
    },
    /// The rows reached go; the access reads all columns in order.
    Delete {
        /// Which rows.
        access: Arc<TableAccess>,
    },
}

/// Where the rows of an INSERT come from.
#[derive(Clone, Debug)]
pub enum InsertInput {
    /// Rows of constant expressions.
    Values(BoundRows),
    /// Rows of a query.
    Query(Box<QueryPlan>),
}

/// Where a column's value comes from.
#[derive(Clone, Debug)]
pub enum ColumnSource {
    /// The value of the input at this index.
    Input(usize),
    /// The column's default, NULL where it has none.
    Default(BoundExpression),
}

impl Write {
    /// Calls `visit` with every table access but those of queries in expressions.
    pub(super) fn for_each_access<'a>(&'a self, visit: &mut impl FnMut(&'a TableAccess)) {
        match &self.action {
            WriteAction::Insert { input: InsertInput::Query(query), .. } => {
                query.plan.for_each_access(visit);
            }
            WriteAction::Insert { input: InsertInput::Values(_), .. } => {}
            WriteAction::Update { access, .. } | WriteAction::Delete { access } => visit(access),
        }
    }

    /// Calls `visit` with every expression.
    pub(super) fn for_each_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        match &self.action {
            WriteAction::Insert { input, columns, .. } => {
                match input {
                    InsertInput::Values(rows) => rows.expressions().for_each(&mut *visit),
                    InsertInput::Query(query) => query.plan.for_each_expression(visit),
                }
                for fill in columns {
                    if let ColumnSource::Default(expression) = fill {
                        visit(expression);
                    }
                }
            }
            WriteAction::Update { access, assignments } => {
                assignments.iter().for_each(|(_, value)| visit(value));
                access.for_each_expression(visit);
            }
            WriteAction::Delete { access } => access.for_each_expression(visit),
        }
    }
}
