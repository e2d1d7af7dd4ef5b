//! The vocabulary of functions: one [table] for names, arities, result types and what HELP says of
//! each. The executor gives each scalar function its meaning and each aggregate its accumulator.

mod signature;
mod table;
mod volatility;

pub(super) use signature::MANY;
pub use signature::Signature;
pub use table::{AGGREGATE_FUNCTIONS, SCALAR_FUNCTIONS, WINDOW_FUNCTIONS};
pub use volatility::Volatility;

use super::exact_numbers::quotient_scale;
pub use super::ordered_set::OrderedSetFunction;
use crate::language::ast::RaiseAction;
use crate::types::{Collation, DataType};

/// A scalar function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's or PostgreSQL's function of that name")]
pub enum ScalarFunction {
    Abs,
    Calendar(CalendarFunction),
    Ceil,
    Char,
    Coalesce,
    CompileOption(CompileOptionFunction),
    Concat,
    ConcatWs,
    Floor,
    Format,
    Gcd,
    Glob,
    Hex,
    Iif,
    Json(JsonFunction),
    Lcm,
    Like,
    Likelihood,
    Likely,
    Lpad,
    Math(MathFunction),
    /// Of several values, whose texts compare by a collation.
    Max(Collation),
    /// Of several values, whose texts compare by a collation.
    Min(Collation),
    Nullif,
    Quote,
    Raise(RaiseAction),
    Random,
    Randomblob,
    Regexp,
    Repeat,
    Replace,
    Round,
    Rpad,
    Session(SessionFunction),
    Sign,
    Soundex,
    SqliteSourceId,
    SqliteVersion,
    Subtype,
    Text(TextFunction),
    Trunc,
    /// The name of a value's type.
    Typeof(TypeNames),
    Unhex,
    Unistr,
    UnistrQuote,
    Unlikely,
    Version,
    Zeroblob,
}

/// A function of real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's function of that name")]
pub enum MathFunction {
    Acos,
    Acosh,
    Asin,
    Asinh,
    Atan,
    Atan2,
    Atanh,
    Cos,
    Cosh,
    Degrees,
    Exp,
    Ln,
    Log,
    Log10,
    Log2,
    Mod,
    Pi,
    Power,
    Radians,
    Sin,
    Sinh,
    Sqrt,
    Tan,
    Tanh,
}

/// A function of a JSON document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's function of that name behind json_")]
pub enum JsonFunction {
    Array,
    ArrayInsert,
    ArrayLength,
    /// The operator `->`
    Arrow,
    /// SQLite's binary form of what is a document, which the functions give whose names begin with `jsonb`.
    Binary,
    ErrorPosition,
    Extract,
    Insert,
    /// json(text)
    Json,
    /// The operator `->>`
    LongArrow,
    Object,
    Patch,
    Pretty,
    Quote,
    Remove,
    Replace,
    Set,
    Type,
    Valid,
}

impl JsonFunction {
    /// The function's name, or the operator's.
    pub fn name(self) -> &'static str {
        ScalarFunction::Json(self).name()
    }
}

/// What `typeof` calls the types of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeNames {
    /// By their own names.
    Own,
    /// As SQLite, which has no truth values, moments and documents.
    Sqlite,
}

/// A function of how the program was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompileOptionFunction {
    /// sqlite_compileoption_get(number): the option of this number, from 0
    At,
    /// sqlite_compileoption_used(option): whether it is one of them
    Used,
}

/// A function of what the session did before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's function of that name")]
pub enum SessionFunction {
    Changes,
    LastInsertRowid,
    TotalChanges,
}

/// A function of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's function of that name")]
pub enum TextFunction {
    Instr,
    Length,
    Lower,
    Ltrim,
    OctetLength,
    Rtrim,
    Substr,
    Trim,
    Unicode,
    Upper,
}

/// A function of dates and times: a time string and modifiers go in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CalendarFunction {
    /// date(time, modifier, …): `YYYY-MM-DD`
    Date,
    /// time(time, modifier, …): `HH:MM:SS`
    Time,
    /// datetime(time, modifier, …): `YYYY-MM-DD HH:MM:SS`
    Datetime,
    /// julianday(time, modifier, …): days since noon of -4713-11-24
    Julianday,
    /// unixepoch(time, modifier, …): seconds since 1970
    Unixepoch,
    /// strftime(format, time, modifier, …)
    Strftime,
    /// timediff(a, b): what leads from b to a, as a modifier
    Timediff,
}

/// An aggregate function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// count(*) or count(x)
    Count,
    /// sum(x): exact for integers and decimals, an error on overflow
    Sum,
    /// total(x): always a real, 0.0 of nothing
    Total,
    /// avg(x)
    Avg,
    /// min(x)
    Min,
    /// max(x)
    Max,
    /// group_concat(x, separator) and string_agg
    GroupConcat,
    /// json_group_array(x)
    JsonGroupArray,
    /// json_group_object(label, x)
    JsonGroupObject,
    /// median(x) and its like
    Percentile(PercentileFunction),
    /// percentile_cont(fraction) WITHIN GROUP (ORDER BY x) and its like
    OrderedSet(OrderedSetFunction),
    /// The value of a column that is neither grouped nor aggregated: that of the row which the only
    /// min or max of the query took, else of the group's first row.
    Bare,
}

/// An aggregate of what lies so far from the least to the greatest number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PercentileFunction {
    /// median(x)
    Median,
    /// percentile(x, percent)
    Percent,
    /// percentile_cont(x, fraction)
    Continuous,
    /// percentile_disc(x, fraction)
    Discrete,
}

impl PercentileFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        AggregateFunction::Percentile(self).name()
    }
}

/// A function that OVER stands behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowFunction {
    /// An aggregate of the frame.
    Aggregate(AggregateFunction),
    /// row_number(): from 1
    RowNumber,
    /// rank(): how many rows come before the peers, and 1
    Rank,
    /// dense_rank(): how many groups of peers come before, and 1
    DenseRank,
    /// percent_rank(): the rank from 0 to 1
    PercentRank,
    /// cume_dist(): which share of the rows comes no later than the peers
    CumeDist,
    /// ntile(n): which of so many parts, as equal as can be
    Ntile,
    /// lag(x, offset, default): x of a row before
    Lag,
    /// lead(x, offset, default): x of a row behind
    Lead,
    /// first_value(x): x of the frame's first row
    FirstValue,
    /// last_value(x): x of the frame's last row
    LastValue,
    /// nth_value(x, n): x of the frame's row of this number
    NthValue,
}

/// How a function's result type follows from its arguments'.
#[derive(Clone, Copy, Debug)]
pub enum ResultType {
    /// Always this.
    Of(DataType),
    /// That of the first argument.
    First,
    /// The common type of what is chosen from; ANY where they differ.
    Common,
    /// A blob of a blob, a text of anything else.
    Part,
    /// That of the first argument if it is a DECIMAL, else ANY.
    Magnitude,
    /// A DECIMAL without digits behind the point of a DECIMAL, else ANY.
    Whole,
    /// A DECIMAL with as many digits as the second argument says of a DECIMAL, else a real.
    Rounded,
    /// A DECIMAL of exact numbers of which one is a DECIMAL, else a real.
    Remainder,
}

/// One scalar function of the table.
#[derive(Clone, Copy, Debug)]
pub struct ScalarEntry {
    /// How it is called, and what it gives.
    pub signature: Signature,
    /// What it means.
    pub function: ScalarFunction,
    /// The type of its result.
    pub result: ResultType,
}

/// One aggregate function of the table.
#[derive(Clone, Copy, Debug)]
pub struct AggregateEntry {
    /// How it is called, and what it gives.
    pub signature: Signature,
    /// What it means.
    pub function: AggregateFunction,
}

/// One window function of the table.
#[derive(Clone, Copy, Debug)]
pub struct WindowEntry {
    /// How it is called, and what it gives.
    pub signature: Signature,
    /// What it means.
    pub function: WindowFunction,
}

impl ScalarFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        // These are in no table, two of them being operators.
        if self == ScalarFunction::Json(JsonFunction::Binary) {
            return "jsonb";
        } else if self == ScalarFunction::Json(JsonFunction::Arrow) {
            return "->";
        } else if self == ScalarFunction::Json(JsonFunction::LongArrow) {
            return "->>";
        }
        // What ends a trigger is written otherwise than a call.
        if let ScalarFunction::Raise(_) = self {
            return "raise";
        }
        let plain = if let ScalarFunction::Typeof(_) = self {
            ScalarFunction::Typeof(TypeNames::Own)
        } else {
            self.collated(Collation::Binary)
        };
        let named = SCALAR_FUNCTIONS.iter().find(|entry| entry.function == plain);
        named.map_or("", |entry| entry.signature.name)
    }

    /// The same function, whose texts compare by a collation if it compares any.
    pub(super) fn collated(self, collation: Collation) -> ScalarFunction {
        if let ScalarFunction::Max(_) = self {
            ScalarFunction::Max(collation)
        } else if let ScalarFunction::Min(_) = self {
            ScalarFunction::Min(collation)
        } else {
            self
        }
    }
}

impl AggregateFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        let named = AGGREGATE_FUNCTIONS.iter().find(|entry| entry.function == self);
        named.map_or("value of", |entry| entry.signature.name)
    }

    /// Whether WITHIN GROUP stands behind it.
    pub(super) fn is_ordered_set(self) -> bool {
        matches!(self, AggregateFunction::OrderedSet(_))
    }

    /// Whether the order of rows makes a difference: lists have one, and sums round in one.
    pub(super) fn sees_order(self) -> bool {
        match self {
            AggregateFunction::Sum
            | AggregateFunction::Total
            | AggregateFunction::Avg
            | AggregateFunction::GroupConcat
            | AggregateFunction::JsonGroupArray
            | AggregateFunction::JsonGroupObject
            | AggregateFunction::OrderedSet(_) => true,
            AggregateFunction::Count
            | AggregateFunction::Min
            | AggregateFunction::Max
            | AggregateFunction::Percentile(_)
            | AggregateFunction::Bare => false,
        }
    }

    /// The type of its result over an argument of this type.
    pub fn result(self, argument: DataType) -> DataType {
        match self {
            AggregateFunction::Count => DataType::Integer,
            AggregateFunction::Total
            | AggregateFunction::Percentile(_)
            | AggregateFunction::OrderedSet(OrderedSetFunction::Continuous) => DataType::Real,
            AggregateFunction::Avg => {
                if let DataType::Decimal { scale, .. } = argument {
                    DataType::Decimal { precision: 38, scale: quotient_scale(scale, 0) }
                } else {
                    DataType::Real
                }
            }
            AggregateFunction::GroupConcat => DataType::Text,
            AggregateFunction::JsonGroupArray | AggregateFunction::JsonGroupObject => {
                DataType::Json
            }
            AggregateFunction::Min
            | AggregateFunction::Max
            | AggregateFunction::OrderedSet(
                OrderedSetFunction::Discrete | OrderedSetFunction::Mode,
            )
            | AggregateFunction::Bare => argument.without_affinity(),
            AggregateFunction::Sum => match argument {
                DataType::Integer | DataType::Boolean => DataType::Integer,
                DataType::Real => DataType::Real,
                DataType::Decimal { scale, .. } => DataType::Decimal { precision: 38, scale },
                DataType::Numeric
                | DataType::Text
                | DataType::Date
                | DataType::Timestamp
                | DataType::Blob
                | DataType::Json
                | DataType::Any
                | DataType::Flexible(_) => DataType::Any,
            },
        }
    }
}

impl WindowFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        if let WindowFunction::Aggregate(function) = self {
            return function.name();
        }
        let named = WINDOW_FUNCTIONS.iter().find(|entry| entry.function == self);
        named.map_or("", |entry| entry.signature.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_told_apart_by_name_and_arity() {
        let scalar = SCALAR_FUNCTIONS.iter().map(|entry| entry.signature);
        let all = scalar.chain(AGGREGATE_FUNCTIONS.iter().map(|entry| entry.signature));
        let all: Vec<Signature> =
            all.chain(WINDOW_FUNCTIONS.iter().map(|entry| entry.signature)).collect();
        for (at, one) in all.iter().enumerate() {
            let mut others = all[at + 1..].iter().filter(|other| other.name == one.name);
            assert!(
                others.all(|other| other.most < one.least || one.most < other.least),
                "{one:?}"
            );
        }
    }
}
