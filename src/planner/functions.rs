//! The vocabulary of functions: one table for names, arities and result types. The executor gives
//! each scalar function its meaning and each aggregate its accumulator.

use super::exact::{common_decimal, quotient_scale};
use crate::types::DataType;

/// A scalar function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's function of that name; version is PostgreSQL's")]
pub enum ScalarFunction {
    Abs,
    Acos,
    Asin,
    Atan,
    Atan2,
    Calendar(CalendarFunction),
    Ceil,
    Char,
    Coalesce,
    Concat,
    ConcatWs,
    Cos,
    Degrees,
    Exp,
    Floor,
    Glob,
    Hex,
    Iif,
    Instr,
    Length,
    Like,
    Ln,
    Log,
    Log10,
    Log2,
    Lower,
    Ltrim,
    Max,
    Min,
    Mod,
    Nullif,
    OctetLength,
    Pi,
    Power,
    Quote,
    Radians,
    Replace,
    Round,
    Rtrim,
    Sign,
    Sin,
    Sqrt,
    Substr,
    Tan,
    Trim,
    Trunc,
    Typeof,
    Unicode,
    Unistr,
    Upper,
    Version,
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
    /// The value of a column that is neither grouped nor aggregated: that of the row which the only
    /// min or max of the query took, else of the group's first row.
    Bare,
}

/// How a function's result type follows from its arguments'.
#[derive(Clone, Copy, Debug)]
pub enum ResultType {
    /// Always this.
    Of(DataType),
    /// That of the first argument.
    First,
    /// The common type of the arguments from this index on; ANY where they differ.
    Common(usize),
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
    /// Its name in lower case.
    pub name: &'static str,
    /// What it means.
    pub function: ScalarFunction,
    /// The fewest arguments.
    pub least: usize,
    /// The most arguments.
    pub most: usize,
    /// The type of its result.
    pub result: ResultType,
}

const MANY: usize = 127;

const fn entry(
    name: &'static str,
    function: ScalarFunction,
    (least, most): (usize, usize),
    result: ResultType,
) -> ScalarEntry {
    ScalarEntry { name, function, least, most, result }
}

const TEXT: ResultType = ResultType::Of(DataType::Text);
const INTEGER: ResultType = ResultType::Of(DataType::Integer);
const REAL: ResultType = ResultType::Of(DataType::Real);
const BOOLEAN: ResultType = ResultType::Of(DataType::Boolean);
const ANY: ResultType = ResultType::Of(DataType::Any);

/// Every scalar function; the first name of a function is the one that prints.
pub const SCALAR_FUNCTIONS: &[ScalarEntry] = &[
    entry("abs", ScalarFunction::Abs, (1, 1), ResultType::Magnitude),
    entry("acos", ScalarFunction::Acos, (1, 1), REAL),
    entry("asin", ScalarFunction::Asin, (1, 1), REAL),
    entry("atan", ScalarFunction::Atan, (1, 1), REAL),
    entry("atan2", ScalarFunction::Atan2, (2, 2), REAL),
    entry("ceil", ScalarFunction::Ceil, (1, 1), ResultType::Whole),
    entry("ceiling", ScalarFunction::Ceil, (1, 1), ResultType::Whole),
    entry("char", ScalarFunction::Char, (0, MANY), TEXT),
    entry("coalesce", ScalarFunction::Coalesce, (2, MANY), ResultType::Common(0)),
    entry("concat", ScalarFunction::Concat, (1, MANY), TEXT),
    entry("concat_ws", ScalarFunction::ConcatWs, (2, MANY), TEXT),
    entry("cos", ScalarFunction::Cos, (1, 1), REAL),
    entry("date", ScalarFunction::Calendar(CalendarFunction::Date), (0, MANY), TEXT),
    entry("datetime", ScalarFunction::Calendar(CalendarFunction::Datetime), (0, MANY), TEXT),
    entry("degrees", ScalarFunction::Degrees, (1, 1), REAL),
    entry("exp", ScalarFunction::Exp, (1, 1), REAL),
    entry("floor", ScalarFunction::Floor, (1, 1), ResultType::Whole),
    entry("glob", ScalarFunction::Glob, (2, 2), BOOLEAN),
    entry("hex", ScalarFunction::Hex, (1, 1), TEXT),
    entry("ifnull", ScalarFunction::Coalesce, (2, 2), ResultType::Common(0)),
    entry("iif", ScalarFunction::Iif, (2, 3), ResultType::Common(1)),
    entry("if", ScalarFunction::Iif, (2, 3), ResultType::Common(1)),
    entry("instr", ScalarFunction::Instr, (2, 2), INTEGER),
    entry("julianday", ScalarFunction::Calendar(CalendarFunction::Julianday), (0, MANY), REAL),
    entry("length", ScalarFunction::Length, (1, 1), INTEGER),
    entry("char_length", ScalarFunction::Length, (1, 1), INTEGER),
    entry("like", ScalarFunction::Like, (2, 3), BOOLEAN),
    entry("ln", ScalarFunction::Ln, (1, 1), REAL),
    entry("log", ScalarFunction::Log, (1, 2), REAL),
    entry("log10", ScalarFunction::Log10, (1, 1), REAL),
    entry("log2", ScalarFunction::Log2, (1, 1), REAL),
    entry("lower", ScalarFunction::Lower, (1, 1), TEXT),
    entry("ltrim", ScalarFunction::Ltrim, (1, 2), TEXT),
    entry("max", ScalarFunction::Max, (2, MANY), ResultType::Common(0)),
    entry("min", ScalarFunction::Min, (2, MANY), ResultType::Common(0)),
    entry("mod", ScalarFunction::Mod, (2, 2), ResultType::Remainder),
    entry("nullif", ScalarFunction::Nullif, (2, 2), ResultType::First),
    entry("octet_length", ScalarFunction::OctetLength, (1, 1), INTEGER),
    entry("pi", ScalarFunction::Pi, (0, 0), REAL),
    entry("power", ScalarFunction::Power, (2, 2), REAL),
    entry("pow", ScalarFunction::Power, (2, 2), REAL),
    entry("quote", ScalarFunction::Quote, (1, 1), TEXT),
    entry("radians", ScalarFunction::Radians, (1, 1), REAL),
    entry("replace", ScalarFunction::Replace, (3, 3), TEXT),
    entry("round", ScalarFunction::Round, (1, 2), ResultType::Rounded),
    entry("rtrim", ScalarFunction::Rtrim, (1, 2), TEXT),
    entry("sign", ScalarFunction::Sign, (1, 1), INTEGER),
    entry("sin", ScalarFunction::Sin, (1, 1), REAL),
    entry("sqrt", ScalarFunction::Sqrt, (1, 1), REAL),
    entry("strftime", ScalarFunction::Calendar(CalendarFunction::Strftime), (1, MANY), TEXT),
    entry("substr", ScalarFunction::Substr, (2, 3), ResultType::Part),
    entry("substring", ScalarFunction::Substr, (2, 3), ResultType::Part),
    entry("tan", ScalarFunction::Tan, (1, 1), REAL),
    entry("time", ScalarFunction::Calendar(CalendarFunction::Time), (0, MANY), TEXT),
    entry("timediff", ScalarFunction::Calendar(CalendarFunction::Timediff), (2, 2), TEXT),
    entry("trim", ScalarFunction::Trim, (1, 2), TEXT),
    entry("trunc", ScalarFunction::Trunc, (1, 1), ResultType::Whole),
    entry("typeof", ScalarFunction::Typeof, (1, 1), TEXT),
    entry("unicode", ScalarFunction::Unicode, (1, 1), INTEGER),
    entry("unistr", ScalarFunction::Unistr, (1, 1), TEXT),
    entry("unixepoch", ScalarFunction::Calendar(CalendarFunction::Unixepoch), (0, MANY), ANY),
    entry("upper", ScalarFunction::Upper, (1, 1), TEXT),
    entry("version", ScalarFunction::Version, (0, 0), TEXT),
];

/// Every aggregate function with the fewest and the most arguments. `min` and `max` of several
/// arguments are scalar functions.
pub const AGGREGATE_FUNCTIONS: &[(&str, AggregateFunction, usize, usize)] = &[
    ("count", AggregateFunction::Count, 0, 1),
    ("sum", AggregateFunction::Sum, 1, 1),
    ("total", AggregateFunction::Total, 1, 1),
    ("avg", AggregateFunction::Avg, 1, 1),
    ("min", AggregateFunction::Min, 1, 1),
    ("max", AggregateFunction::Max, 1, 1),
    ("group_concat", AggregateFunction::GroupConcat, 1, 2),
    ("string_agg", AggregateFunction::GroupConcat, 2, 2),
];

impl ScalarFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        SCALAR_FUNCTIONS.iter().find(|entry| entry.function == self).map_or("", |entry| entry.name)
    }
}

impl AggregateFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        let named = AGGREGATE_FUNCTIONS.iter().find(|(_, function, ..)| *function == self);
        named.map_or("value of", |(name, ..)| name)
    }

    /// The type of its result over an argument of this type.
    pub fn result(self, argument: DataType) -> DataType {
        match self {
            AggregateFunction::Count => DataType::Integer,
            AggregateFunction::Total => DataType::Real,
            AggregateFunction::Avg => {
                if let DataType::Decimal { scale, .. } = argument {
                    DataType::Decimal { precision: 38, scale: quotient_scale(scale, 0) }
                } else {
                    DataType::Real
                }
            }
            AggregateFunction::GroupConcat => DataType::Text,
            AggregateFunction::Min | AggregateFunction::Max | AggregateFunction::Bare => {
                argument.without_affinity()
            }
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

/// The common type of several: the one they all have, a DECIMAL that holds the values of INTEGERs and
/// other DECIMALs, else ANY. NULL literals have no say.
pub fn common_type(types: impl IntoIterator<Item = Option<DataType>>) -> DataType {
    let mut common = None;
    for data_type in types.into_iter().flatten().map(DataType::without_affinity) {
        match common {
            None => common = Some(data_type),
            Some(other) if other == data_type => {}
            Some(other) => match common_decimal(other, data_type) {
                Some(decimal) => common = Some(decimal),
                None => return DataType::Any,
            },
        }
    }
    common.unwrap_or(DataType::Any)
}
