//! What the slots of a plan are filled with.

use super::Error;
use super::evaluate::Context;
use super::operator::BoxedOperator;
use crate::planner::TableFunction;
use crate::storage::TableView;
use crate::types::{Row, Value};
use std::fmt;
use std::sync::Arc;

/// Rows that are made as they are read: the events of the log, the history of a table.
pub trait Relation: fmt::Debug + Send + Sync {
    /// Its rows from the first on, at most some thousands per batch. A batch has an array for each of
    /// `columns`, which are indexes into those that the planner was told of. Nothing is held that was
    /// given, and the rows end with an error where `context` says that the statement shall stop.
    ///
    /// # Errors
    /// `io`, `corrupt` and the other codes of storage, where the first row cannot be found.
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error>;

    /// Where they come from, for EXPLAIN: `_events: the log, events 1 to 42`.
    fn source(&self) -> String;
}

/// What a function in the place of a table reads besides its arguments.
pub trait FunctionSource: fmt::Debug + Send + Sync {
    /// The rows of a call, with all columns but those of its arguments.
    ///
    /// # Errors
    /// The codes of storage, where they cannot be read.
    fn rows(
        &self,
        function: TableFunction,
        arguments: &[Value],
        context: &Context,
    ) -> Result<Vec<Row>, Error>;

    /// Where they come from, for EXPLAIN.
    fn source(&self) -> String;
}

/// What a plan reads at one of its slots.
#[derive(Clone, Debug)]
pub enum PlanInput {
    /// A table at its moment.
    Table(TableView),
    /// What only looks like a table.
    Relation(Arc<dyn Relation>),
    /// What functions tell of.
    Function(Arc<dyn FunctionSource>),
}
