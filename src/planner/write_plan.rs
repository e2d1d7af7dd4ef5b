//! Plans of INSERT, UPDATE and DELETE.
//!
//! What a write demands of its rows is in its plan as bound expressions over them, so that the steps of
//! the executor (`executor/write`) know no names. A step that is added there has its part here.

use super::expression::BoundExpression;
use super::plan::{Plan, QueryPlan, TableAccess};
use super::trigger::RowEvent;
use super::values::BoundRows;
use crate::types::{
    ColumnAffinity, ConflictResolution, DataType, KeySchema, Name, PseudoColumn, TableSchema,
};
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
    /// What OR says of rows that break a constraint; what the constraint says where it says nothing.
    pub resolution: Option<ConflictResolution>,
    /// The columns that are computed from what is written, each behind those that it reads.
    pub generated: Vec<BoundGenerated>,
    /// The conditions that no row that is written may make false.
    pub checks: Vec<BoundCheck>,
    /// The defaults that a row gets where REPLACE is said of a NOT NULL that it breaks.
    pub defaults: Vec<(usize, BoundExpression)>,
    /// What comes out.
    pub returning: Option<BoundReturning>,
    /// The slots of tables that are read as they are, at no moment that is named: expressions that are
    /// computed when rows have begun to change read them as they are by then.
    pub present: Arc<[usize]>,
}

/// A CHECK.
#[derive(Clone, Debug)]
pub struct BoundCheck {
    /// Its name.
    pub name: Option<String>,
    /// The condition as it was written.
    pub text: String,
    /// The columns of the table that it reads, by index.
    pub columns: Vec<usize>,
    /// What must not be false, over those.
    pub condition: BoundExpression,
}

/// A generated column.
#[derive(Clone, Debug)]
pub struct BoundGenerated {
    /// Which column of the table it is, by index.
    pub column: usize,
    /// The columns of the table that it reads, by index.
    pub columns: Vec<usize>,
    /// What it is, over those.
    pub expression: BoundExpression,
}

/// What comes out of each row that a write reaches.
#[derive(Clone, Debug)]
pub struct BoundReturning {
    /// The columns of the table that are read, by index; `_row` and `_rev` may be among them.
    pub columns: Vec<usize>,
    /// What comes out, over those.
    pub expressions: Vec<BoundExpression>,
    /// Name and type of each.
    pub names: Vec<(Name, DataType)>,
}

/// `ON CONFLICT (…) DO …`.
#[derive(Clone, Debug)]
pub struct BoundUpsert {
    /// The keys by which a row is met, by their places in the table.
    pub keys: Vec<usize>,
    /// Whether a row is met by the number that it is given, too.
    pub by_number: bool,
    /// What becomes of the row that is met; `None` for DO NOTHING.
    pub update: Option<UpsertUpdate>,
}

/// DO UPDATE SET … WHERE ….
#[derive(Clone, Debug)]
pub struct UpsertUpdate {
    /// What its expressions read, by index: columns of the row that is met, the hidden ones behind the
    /// declared ones, and behind all of them those of the new row.
    pub columns: Vec<usize>,
    /// Column and new value.
    pub assignments: Vec<(usize, BoundExpression)>,
    /// The columns that are computed from what is assigned.
    pub generated: Vec<BoundGenerated>,
    /// Of which rows that are met.
    pub filter: Option<BoundExpression>,
}

impl UpsertUpdate {
    /// Whether it gives a column new values.
    pub fn writes(&self, column: usize) -> bool {
        are_written(&self.assignments, &self.generated, column)
    }
}

/// Whether a column is assigned, or computed from what is.
fn are_written(
    assignments: &[(usize, BoundExpression)],
    generated: &[BoundGenerated],
    column: usize,
) -> bool {
    assignments.iter().any(|(assigned, _)| *assigned == column)
        || generated.iter().any(|one| one.column == column)
}

impl Write {
    /// Whether its rows take the steps one by one, because one may meet what another did.
    pub fn is_row_by_row(&self) -> bool {
        let (meets, asks) = match &self.action {
            WriteAction::Insert { upserts, .. } => (!upserts.is_empty(), true),
            WriteAction::Update { number, .. } => (number.is_some(), true),
            WriteAction::Delete { .. } | WriteAction::InsteadOf { .. } => (false, false),
        };
        let is_said = match self.resolution {
            Some(said) => said != ConflictResolution::Abort,
            None => asks && self.table.has_resolutions(),
        };
        meets || is_said
    }

    /// Whether a condition or DO UPDATE reads the numbers that new rows get.
    pub fn reads_new_numbers(&self) -> bool {
        let number = self.table.width() + self.table.index_of(PseudoColumn::Row);
        let upserts = if let WriteAction::Insert { upserts, .. } = &self.action {
            upserts.as_slice()
        } else {
            &[]
        };
        let mut updates = upserts.iter().filter_map(|upsert| upsert.update.as_ref());
        read_numbers(&self.checks, &self.table)
            || updates.any(|update| update.columns.contains(&number))
    }

    /// Whether it gives a column of the table new values.
    pub fn writes(&self, column: usize) -> bool {
        match &self.action {
            WriteAction::Insert { .. } => true,
            WriteAction::Update { assignments, number, .. } => {
                are_written(assignments, &self.generated, column)
                    || number.is_some() && column == self.table.index_of(PseudoColumn::Row)
            }
            WriteAction::Delete { .. } | WriteAction::InsteadOf { .. } => false,
        }
    }

    /// Whether a row may go for one of it: of UPDATE where it gives a unique key new values.
    pub fn replaces(&self) -> bool {
        let is_replaced = |said| said == Some(ConflictResolution::Replace);
        let may_meet = |key: &KeySchema| {
            let is_written = key.columns.iter().any(|column| self.writes(*column));
            key.unique && is_written && is_replaced(self.resolution.or(key.on_conflict))
        };
        let is_numbered = matches!(
            self.action,
            WriteAction::Insert { row: Some(_), .. } | WriteAction::Update { number: Some(_), .. }
        );
        self.table.keys.iter().any(may_meet) || (is_numbered && is_replaced(self.resolution))
    }

    /// `INSERT`, `UPDATE` or `DELETE`.
    pub fn verb(&self) -> &'static str {
        match self.action {
            WriteAction::Insert { .. } => "INSERT",
            WriteAction::Update { .. } => "UPDATE",
            WriteAction::Delete { .. } => "DELETE",
            WriteAction::InsteadOf { event, .. } => match event {
                RowEvent::Insert => "INSERT",
                RowEvent::Update => "UPDATE",
                RowEvent::Delete => "DELETE",
            },
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
    /// The columns that are computed.
    pub generated: Vec<BoundGenerated>,
    /// The conditions that no row may make false.
    pub checks: Vec<BoundCheck>,
}

impl BulkLoad {
    /// Whether a condition reads the numbers that new rows get.
    pub fn reads_new_numbers(&self) -> bool {
        read_numbers(&self.checks, &self.table)
    }
}

/// Whether a condition of a table reads the numbers of its rows.
fn read_numbers(checks: &[BoundCheck], table: &TableSchema) -> bool {
    let number = table.index_of(PseudoColumn::Row);
    checks.iter().any(|check| check.columns.contains(&number))
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
        /// What becomes of those that meet a row.
        upserts: Vec<BoundUpsert>,
    },
    /// New values for the rows reached.
    Update {
        /// Which rows: all columns of the table in order, `_row`, and behind it what else new values
        /// read. A row may come several times: the last one counts.
        rows: Plan,
        /// Column and new value, over those columns.
        assignments: Vec<(usize, BoundExpression)>,
        /// The number that a row gets instead of its own, over those columns, if it gets one.
        number: Option<Box<BoundExpression>>,
    },
    /// The rows reached go.
    Delete {
        /// Which rows: all columns of the table in order, and `_row`.
        rows: Plan,
    },
    /// What happens to the rows of a view, its triggers do.
    InsteadOf {
        /// What would happen.
        event: RowEvent,
        /// The rows that it would happen to: as they are, and behind that as they would be. One that is
        /// joined with others comes as often as it is.
        rows: Box<QueryPlan>,
        /// For each of those values which column of the query it is; NULL where it is none.
        columns: Vec<Option<usize>>,
        /// The columns that are assigned, each with what it makes of a value.
        assigned: Vec<(usize, Option<ColumnAffinity>)>,
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
            WriteAction::Update { rows, .. } | WriteAction::Delete { rows } => {
                rows.for_each_access(visit);
            }
            WriteAction::InsteadOf { rows, .. } => rows.plan.for_each_access(visit),
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
            WriteAction::Update { rows, assignments, number } => {
                assignments.iter().for_each(|(_, value)| visit(value));
                number.as_deref().into_iter().for_each(&mut *visit);
                rows.for_each_expression(visit);
            }
            WriteAction::Delete { rows } => rows.for_each_expression(visit),
            WriteAction::InsteadOf { rows, .. } => rows.plan.for_each_expression(visit),
        }
        self.for_each_late_expression(visit);
    }

    /// Calls `visit` with every expression that is computed when rows have begun to change.
    pub fn for_each_late_expression<'a>(&'a self, visit: &mut impl FnMut(&'a BoundExpression)) {
        if let WriteAction::Insert { upserts, .. } = &self.action {
            for update in upserts.iter().filter_map(|upsert| upsert.update.as_ref()) {
                update.assignments.iter().for_each(|(_, value)| visit(value));
                update.filter.iter().for_each(&mut *visit);
            }
        }
        if let Some(returning) = &self.returning {
            returning.expressions.iter().for_each(&mut *visit);
        }
        self.defaults.iter().for_each(|(_, value)| visit(value));
    }
}
