//! Arithmetic with days and moments: what is defined, and what to write instead of the rest.

use super::expression::Arithmetic;
use crate::types::DataType;

/// Why an operator has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndefinedArithmetic {
    /// The shortest sentence that is true.
    pub message: String,
    /// What to write instead.
    pub help: &'static str,
}

/// The type of `left operator right` where one of them is a DATE or a TIMESTAMP, `None` where none is:
/// days between two days, a day so many days from another, ANY where only the values can tell.
pub fn arithmetic_of_moments(
    operator: Arithmetic,
    left: DataType,
    right: DataType,
) -> Option<Result<DataType, UndefinedArithmetic>> {
    use DataType::{Any, Date, Integer, Numeric, Timestamp};
    if !left.is_moment() && !right.is_moment() {
        return None;
    }
    Some(match (left, operator, right) {
        (Date, Arithmetic::Subtract, Date) => Ok(Integer),
        (Date, Arithmetic::Add | Arithmetic::Subtract, Integer) => Ok(Date),
        (Integer, Arithmetic::Add, Date) => Ok(Date),
        (Any | Numeric, ..) | (.., Any | Numeric) => Ok(Any),
        _ => Err(UndefinedArithmetic {
            message: format!("{left} {} {right} is not defined", operator.symbol()),
            help: match (left, operator, right) {
                (Date | Timestamp, Arithmetic::Subtract, Date | Timestamp) => {
                    "julianday(a) - julianday(b) is days, unixepoch(a) - unixepoch(b) seconds"
                }
                (_, Arithmetic::Add | Arithmetic::Subtract, DataType::Text)
                | (DataType::Text, Arithmetic::Add | Arithmetic::Subtract, _) => {
                    "a day is written DATE '2026-01-31', a number of days 7"
                }
                (Timestamp, Arithmetic::Add | Arithmetic::Subtract, _)
                | (_, Arithmetic::Add, Timestamp) => {
                    "datetime(x, '+1 day') or datetime(x, '-90 minutes') moves a moment"
                }
                (Date, Arithmetic::Add | Arithmetic::Subtract, _) | (_, Arithmetic::Add, Date) => {
                    "a day moves by an INTEGER of days; datetime(x, '+36 hours') by anything"
                }
                _ => "julianday(x) makes a number of it, strftime('%Y', x) its year",
            },
        }),
    })
}
