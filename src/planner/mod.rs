//! Floor 2: a syntax tree and a schema become a plan.
//!
//! In: a [`Statement`], the text it was parsed from, and a [`Catalog`] that knows which tables there
//! are at which moment. Out: a [`Planned`] statement, whose expressions read by position and have
//! static types ([`BoundExpression`]; the tree of names is another type). The catalog gives each
//! table reference a *slot*; the executor is handed one input per slot, so that a plan says what to
//! do with tables and never when they are read.
//!
//! Decided here: conditions sink to the lowest operator that has their columns, only needed columns
//! come up, a key is used where conditions fix its first columns. Joins keep the order in which they
//! were written, so a rewrite never changes the order of rows.

mod access;
mod alter;
mod bind;
mod coerce;
mod ddl;
mod definition;
mod error;
mod exact_numbers;
mod expression;
mod from_clause;
mod function_hints;
mod functions;
mod moment_arithmetic;
mod notices;
mod plan;
mod print;
mod relation_query;
mod scope;
mod select;
mod suggest;
mod values;
mod write;

pub use ddl::MAX_COLUMNS;
pub use definition::{column_definition, create_index, create_table};
pub use error::Error;
pub use exact_numbers::quotient_scale;
pub use expression::{Affinity, Arithmetic, BoundExpression, BoundKind, Comparison, DayRounding};
pub use functions::{
    AGGREGATE_FUNCTIONS, AggregateEntry, AggregateFunction, CalendarFunction, ResultType,
    SCALAR_FUNCTIONS, ScalarEntry, ScalarFunction, Signature,
};
pub use moment_arithmetic::arithmetic_of_moments;
pub use plan::{
    AccessPath, AggregateCall, BulkLoad, ColumnSource, InsertInput, Join, Limits, Plan, Planned,
    Query, SortKey, TableAccess, Write, WriteAction,
};
pub use relation_query::{condition, constant};
pub use suggest::suggest;
pub use values::{BoundRows, BoundValue};
pub use write::load;

use crate::language::ast::{
    AsOf, Expression, History, Identifier, Range, ShowSubject, Statement, Temporal,
};
use crate::types::{Period, Schema, TableSchema};
use std::sync::Arc;

/// What the planner asks about tables.
pub trait Catalog {
    /// The table of this name at a moment or over a period, the present where none is given.
    ///
    /// # Errors
    /// No such table then, or no such moment.
    fn table(
        &mut self,
        name: &Identifier,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error>;

    /// The table of this name now, to be changed.
    ///
    /// # Errors
    /// No such table, or none that can be changed.
    fn target(&mut self, name: &Identifier) -> Result<TableSource, Error>;

    /// The changes of a table: up to what `temporal` says where the history has no end of its own.
    ///
    /// # Errors
    /// No such table then, no such moment, and of its conditions.
    fn history(
        &mut self,
        history: &History,
        temporal: Option<&Temporal>,
    ) -> Result<TableSource, Error>;

    /// The events of a table, or of all, in a range; as many as `limit` says.
    ///
    /// # Errors
    /// No such table, no such moment, and of the limit.
    fn events(
        &mut self,
        table: Option<&Identifier>,
        range: &Range,
        limit: Option<&Expression>,
    ) -> Result<TableSource, Error>;

    /// What SHOW shows.
    ///
    /// # Errors
    /// No such moment.
    fn show(&mut self, subject: ShowSubject, as_of: Option<&AsOf>) -> Result<TableSource, Error>;

    /// Makes sure that a table may be given this name.
    ///
    /// # Errors
    /// It is the name of what every database has.
    fn check_new(&self, name: &Identifier) -> Result<(), Error>;

    /// The schema now.
    fn schema(&self) -> &Schema;
}

/// A table as a query reads it.
#[derive(Clone, Debug)]
pub struct TableSource {
    /// Which of the statement's views shows it.
    pub slot: usize,
    /// Its schema at the period's last event.
    pub schema: Arc<TableSchema>,
    /// The period whose versions are read: mostly one moment. Nothing is read of one that ends
    /// before it begins.
    pub period: Period,
}

/// Plans a statement about tables. `text` is what its spans point into.
///
/// # Errors
/// What [`Error`] says: unknown or ambiguous names, impossible types, misplaced aggregates.
///
/// # Panics
/// If the statement is one that the session does itself: BEGIN, COMMIT, ROLLBACK, EXPLAIN, DESCRIBE,
/// SHOW TABLES, REPLAY, SNAPSHOT, TAG, SET AS OF or BEFORE, SET ACTOR, VERIFY, VACUUM and its like,
/// PRAGMA.
pub fn plan(
    statement: &Statement,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    match statement {
        Statement::Select(select) => select::plan(select, text, catalog).map(Planned::Query),
        Statement::Insert(insert) => write::insert(insert, text, catalog).map(Planned::Write),
        Statement::Update(update) => write::update(update, catalog).map(Planned::Write),
        Statement::Delete(delete) => write::delete(delete, catalog).map(Planned::Write),
        Statement::CreateTable(create) => ddl::create_table(create, text, catalog),
        Statement::DropTable { if_exists, name, .. } => ddl::drop_table(*if_exists, name, catalog),
        Statement::CreateIndex(create) => ddl::create_index(create, text, catalog),
        Statement::DropIndex { if_exists, name, .. } => ddl::drop_index(*if_exists, name, catalog),
        Statement::AlterTable { table, action, .. } => alter::alter_table(table, action, catalog),
        Statement::History(history) => {
            catalog.history(history, None).map(relation_query::all).map(Planned::Query)
        }
        Statement::Events { table, range, limit } => {
            let events = catalog.events(table.as_ref(), range, limit.as_ref())?;
            Ok(Planned::Query(relation_query::all(events)))
        }
        Statement::Show { subject, as_of } => {
            catalog.show(*subject, as_of.as_ref()).map(relation_query::all).map(Planned::Query)
        }
        Statement::Begin(_)
        | Statement::Commit
        | Statement::Rollback
        | Statement::Explain { .. }
        | Statement::Describe { .. }
        | Statement::ShowTables { .. }
        | Statement::Replay { .. }
        | Statement::Snapshot { .. }
        | Statement::Tag { .. }
        | Statement::Help(_)
        | Statement::SetAsOf(_)
        | Statement::SetActor(_)
        | Statement::SetFlexibleTypes(_)
        | Statement::Verify
        | Statement::Maintenance { .. }
        | Statement::Accepted(_) => unreachable!("the session does {statement:?} itself"),
    }
}
