//! Functions that give rows: the meaning of each, and the operator that calls them.

mod calls;
mod series;

pub use calls::FunctionCalls;

use super::Error;
use super::functions::JsonRows;
use crate::planner::TableFunction;
use crate::types::Value;
use series::Series;

/// The rows of one call, as they are asked for.
pub trait TableRows: Send {
    /// Goes to the next row; false where there is none.
    ///
    /// # Errors
    /// Those of the function.
    fn advance(&mut self) -> Result<bool, Error>;

    /// A column of the row, by its index among all that the function has.
    fn value(&self, column: usize) -> Value;
}

/// Calls a function for these columns; `None` where it gives no rows.
///
/// # Errors
/// `json` of what is no document or no path; `function` where an argument is missing.
fn call(
    function: TableFunction,
    arguments: &[Value],
    columns: &[usize],
) -> Result<Option<Box<dyn TableRows>>, Error> {
    fn boxed(rows: impl TableRows + 'static) -> Box<dyn TableRows> {
        Box::new(rows)
    }
    match function {
        TableFunction::JsonEach | TableFunction::JsonTree => {
            Ok(JsonRows::open(function, arguments, columns)?.map(boxed))
        }
        TableFunction::GenerateSeries => Ok(Series::open(arguments)?.map(boxed)),
    }
}
