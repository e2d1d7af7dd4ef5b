//! Functions that give rows: the meaning of each, and the operator that calls them.

mod calls;
mod series;

pub use calls::FunctionCalls;

use super::Error;
use super::evaluate::Context;
use super::functions::JsonRows;
use super::input::PlanInput;
use crate::planner::TableFunction;
use crate::types::{Row, Value};
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

    /// What the rowid of the row is, which is the `number`th.
    fn rowid(&self, number: i64) -> Value {
        Value::Integer(number)
    }
}

/// Rows that are known at once, and behind their columns the arguments.
struct KnownRows {
    rows: std::vec::IntoIter<Row>,
    current: Row,
    arguments: Vec<Value>,
}

impl TableRows for KnownRows {
    fn advance(&mut self) -> Result<bool, Error> {
        let Some(next) = self.rows.next() else { return Ok(false) };
        self.current = next;
        Ok(true)
    }

    fn value(&self, column: usize) -> Value {
        let argument = || self.arguments.get(column - self.current.len());
        self.current.get(column).or_else(argument).cloned().unwrap_or(Value::Null)
    }
}

/// Calls a function for these columns; `None` where it gives no rows.
///
/// # Errors
/// `json` of what is no document or no path; `function` where an argument is missing.
fn call(
    function: TableFunction,
    arguments: &[Value],
    columns: &[usize],
    slot: Option<usize>,
    context: &Context,
) -> Result<Option<Box<dyn TableRows>>, Error> {
    fn boxed(rows: impl TableRows + 'static) -> Box<dyn TableRows> {
        Box::new(rows)
    }
    match function {
        TableFunction::JsonEach | TableFunction::JsonTree => {
            Ok(JsonRows::open(function, arguments, columns)?.map(boxed))
        }
        TableFunction::Pragma(_) => {
            let Some(PlanInput::Function(source)) = slot.map(|slot| context.input(slot)) else {
                unreachable!("the planner asked for it")
            };
            let rows = source.rows(function, arguments, context)?.into_iter();
            let arguments = arguments.to_vec();
            Ok(Some(boxed(KnownRows { rows, current: Vec::new(), arguments })))
        }
        TableFunction::GenerateSeries => Ok(Series::open(arguments)?.map(boxed)),
    }
}
