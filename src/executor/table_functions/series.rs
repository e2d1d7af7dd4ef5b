//! `generate_series`: numbers from one to another.

use super::super::Error;
use super::super::arithmetic::to_integer;
use super::TableRows;
use crate::planner::LAST_OF_SERIES;
use crate::types::Value;

/// Numbers from `start` on, each `step` behind the one before, none beyond `stop`.
pub struct Series {
    start: i64,
    stop: i64,
    step: i64,
    /// The current number; none before the first.
    current: Option<i64>,
}

impl Series {
    /// The series of these arguments; `None` where one of them is NULL.
    ///
    /// # Errors
    /// `function` where the first number is not told.
    pub fn open(arguments: &[Value]) -> Result<Option<Series>, Error> {
        if arguments.is_empty() {
            let message = "generate_series does not know its first number";
            return Err(Error::failed("function", message));
        }
        if arguments.iter().any(Value::is_null) {
            return Ok(None);
        }
        let number = |at: usize, other: i64| arguments.get(at).map_or(other, to_integer);
        let step = match number(2, 1) {
            0 => 1,
            step => step,
        };
        Ok(Some(Series {
            start: number(0, 0),
            stop: number(1, LAST_OF_SERIES),
            step,
            current: None,
        }))
    }
}

impl TableRows for Series {
    fn advance(&mut self) -> Result<bool, Error> {
        let next = match self.current {
            None => Some(self.start),
            Some(current) => current.checked_add(self.step),
        };
        let is_within =
            |next: &i64| if self.step > 0 { *next <= self.stop } else { *next >= self.stop };
        let Some(next) = next.filter(is_within) else { return Ok(false) };
        self.current = Some(next);
        Ok(true)
    }

    fn value(&self, column: usize) -> Value {
        match column {
            0 => self.current.map_or(Value::Null, Value::Integer),
            1 => Value::Integer(self.start),
            2 => Value::Integer(self.stop),
            _ => Value::Integer(self.step),
        }
    }

    fn rowid(&self, _number: i64) -> Value {
        self.value(0)
    }
}
