//! What the program says of itself, and of the SQLite whose functions these are.

use crate::executor::arithmetic::to_integer;
use crate::planner::CompileOptionFunction;
use crate::types::Value;

/// What `version()` says.
pub(super) const VERSION: &str = concat!("asof ", env!("CARGO_PKG_VERSION"));

/// What `sqlite_version()` says: whose answers the tests hold against ours.
pub(super) const SQLITE_VERSION: &str = "3.54.1";

/// What `sqlite_source_id()` says: the same version, by day and hash.
pub(super) const SQLITE_SOURCE_ID: &str =
    "2026-10-16 14:45:20 555e07ef33f69a0957d24d8e555b702464a131d6f1607f4c3c1e4551e8e6ca76";

/// What a program is told that asks how SQLite was built: what is here, too.
pub const COMPILE_OPTIONS: [&str; 4] =
    ["ENABLE_MATH_FUNCTIONS", "ENABLE_UPDATE_DELETE_LIMIT", "SOUNDEX", "THREADSAFE=1"];

/// Calls a function of [`COMPILE_OPTIONS`]. NULL is the number 0, and no name.
pub(super) fn option(function: CompileOptionFunction, argument: &Value) -> Value {
    match function {
        CompileOptionFunction::At => {
            let number = usize::try_from(to_integer(argument)).ok();
            let option = number.and_then(|number| COMPILE_OPTIONS.get(number));
            option.map_or(Value::Null, |option| Value::text(*option))
        }
        CompileOptionFunction::Used if argument.is_null() => Value::Null,
        CompileOptionFunction::Used => {
            let asked = argument.to_text().to_ascii_uppercase();
            let asked = asked.strip_prefix("SQLITE_").unwrap_or(&asked);
            // With its value, or by its name alone.
            let is_it = |option: &str| {
                let behind = option.strip_prefix(asked);
                behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('='))
            };
            Value::Integer(COMPILE_OPTIONS.into_iter().any(is_it).into())
        }
    }
}
