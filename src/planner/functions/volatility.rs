//! What decides what a function gives, besides its arguments.

use super::ScalarFunction;

/// When what a function gives can change although its arguments stay the same: PostgreSQL's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatility {
    /// Never: it can be computed before the statement runs.
    Immutable,
    /// From statement to statement: the calendar knows what time it is, the session what it did.
    Stable,
    /// At every call: each row has its own.
    Volatile,
}

impl ScalarFunction {
    /// What else than its arguments decides what it gives.
    pub fn volatility(self) -> Volatility {
        match self {
            ScalarFunction::Random | ScalarFunction::Randomblob | ScalarFunction::Raise(_) => {
                Volatility::Volatile
            }
            // Another program may be of another version.
            ScalarFunction::Calendar(_)
            | ScalarFunction::Session(_)
            | ScalarFunction::CompileOption(_)
            | ScalarFunction::SqliteSourceId
            | ScalarFunction::SqliteVersion
            | ScalarFunction::Version => Volatility::Stable,
            ScalarFunction::Abs
            | ScalarFunction::Ceil
            | ScalarFunction::Char
            | ScalarFunction::Coalesce
            | ScalarFunction::Concat
            | ScalarFunction::ConcatWs
            | ScalarFunction::Floor
            | ScalarFunction::Format
            | ScalarFunction::Gcd
            | ScalarFunction::Glob
            | ScalarFunction::Hex
            | ScalarFunction::Iif
            | ScalarFunction::Json(_)
            | ScalarFunction::Lcm
            | ScalarFunction::Like
            | ScalarFunction::Likelihood
            | ScalarFunction::Likely
            | ScalarFunction::Lpad
            | ScalarFunction::Math(_)
            | ScalarFunction::Max(_)
            | ScalarFunction::Min(_)
            | ScalarFunction::Nullif
            | ScalarFunction::Quote
            | ScalarFunction::Regexp
            | ScalarFunction::Repeat
            | ScalarFunction::Replace
            | ScalarFunction::Round
            | ScalarFunction::Rpad
            | ScalarFunction::Sign
            | ScalarFunction::Soundex
            | ScalarFunction::Subtype
            | ScalarFunction::Text(_)
            | ScalarFunction::Trunc
            | ScalarFunction::Typeof(_)
            | ScalarFunction::Unhex
            | ScalarFunction::Unistr
            | ScalarFunction::UnistrQuote
            | ScalarFunction::Unlikely
            | ScalarFunction::Zeroblob => Volatility::Immutable,
        }
    }
}
