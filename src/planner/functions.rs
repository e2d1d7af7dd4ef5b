//! The vocabulary of functions: one table for names, arities, result types and what HELP says of
//! each. The executor gives each scalar function its meaning and each aggregate its
//! accumulator.

use super::exact_numbers::{common_decimal, quotient_scale};
use crate::types::DataType;

/// A scalar function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's function of that name; version is PostgreSQL's")]
pub enum ScalarFunction {
    Abs,
    Calendar(CalendarFunction),
    Ceil,
    Char,
    Coalesce,
    Concat,
    ConcatWs,
    Floor,
    Glob,
    Hex,
    Iif,
    Like,
    Math(MathFunction),
    Max,
    Min,
    Nullif,
    Quote,
    Replace,
    Round,
    Sign,
    Text(TextFunction),
    Trunc,
    Typeof,
    Unistr,
    Version,
}

/// A function of real numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is SQLite's function of that name")]
pub enum MathFunction {
    Acos,
    Asin,
    Atan,
    Atan2,
    Cos,
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
    Sqrt,
    Tan,
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

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Its name in lower case.
    pub name: &'static str,
    /// The name and its arguments: those in brackets may be left out, `…` is any number more.
    pub usage: &'static str,
    /// What it gives, in a few words.
    pub about: &'static str,
    /// The fewest arguments; `*` is none.
    pub least: usize,
    /// The most arguments.
    pub most: usize,
}

/// The most arguments of a function that takes any number of them.
pub(super) const MANY: usize = 127;

impl Signature {
    /// Reads name and arity from a usage as `substr(text, start [, length])`.
    const fn new(usage: &'static str, about: &'static str) -> Signature {
        let bytes = usage.as_bytes();
        let mut open = 0;
        while bytes[open] != b'(' {
            open += 1;
        }
        let (mut least, mut most, mut optional, mut at) = (0, 0, false, open + 1);
        while at < bytes.len() {
            let begins_word =
                bytes[at].is_ascii_alphabetic() && !bytes[at - 1].is_ascii_alphabetic();
            match bytes[at] {
                b'[' => optional = true,
                b']' => optional = false,
                _ if begins_word => {
                    most += 1;
                    least += if optional { 0 } else { 1 };
                }
                _ if !bytes[at].is_ascii() => most = MANY,
                _ => {}
            }
            at += 1;
        }
        // A star is no argument.
        if bytes[open + 1] == b'*' {
            (least, most) = (0, 1);
        }
        let (name, _) = usage.split_at(open);
        Signature { name, usage, about, least, most }
    }

    /// Whether the function takes so many arguments.
    pub fn takes(&self, given: usize) -> bool {
        (self.least..=self.most).contains(&given)
    }
}

const fn entry(
    usage: &'static str,
    function: ScalarFunction,
    result: ResultType,
    about: &'static str,
) -> ScalarEntry {
    ScalarEntry { signature: Signature::new(usage, about), function, result }
}

const fn aggregate(
    usage: &'static str,
    function: AggregateFunction,
    about: &'static str,
) -> AggregateEntry {
    AggregateEntry { signature: Signature::new(usage, about), function }
}

const TEXT: ResultType = ResultType::Of(DataType::Text);
const INTEGER: ResultType = ResultType::Of(DataType::Integer);
const REAL: ResultType = ResultType::Of(DataType::Real);
const BOOLEAN: ResultType = ResultType::Of(DataType::Boolean);
const ANY: ResultType = ResultType::Of(DataType::Any);

/// Every scalar function; the first name of a function is the one that prints.
#[rustfmt::skip] // An entry is two lines: how it is called, and what HELP says of it.
pub const SCALAR_FUNCTIONS: &[ScalarEntry] = &[
    entry("abs(x)", ScalarFunction::Abs, ResultType::Magnitude,
        "x without its sign"),
    entry("acos(x)", ScalarFunction::Math(MathFunction::Acos), REAL,
        "the arc cosine, in radians"),
    entry("asin(x)", ScalarFunction::Math(MathFunction::Asin), REAL,
        "the arc sine, in radians"),
    entry("atan(x)", ScalarFunction::Math(MathFunction::Atan), REAL,
        "the arc tangent, in radians"),
    entry("atan2(y, x)", ScalarFunction::Math(MathFunction::Atan2), REAL,
        "the angle of the point (x, y), in radians"),
    entry("ceil(x)", ScalarFunction::Ceil, ResultType::Whole,
        "the smallest whole number not below x"),
    entry("ceiling(x)", ScalarFunction::Ceil, ResultType::Whole,
        "ceil"),
    entry("char([code, …])", ScalarFunction::Char, TEXT,
        "the characters with these Unicode numbers"),
    entry("coalesce(x, y, …)", ScalarFunction::Coalesce, ResultType::Common(0),
        "the first that is not NULL"),
    entry("concat(x, …)", ScalarFunction::Concat, TEXT,
        "all as one text, NULLs left out"),
    entry("concat_ws(separator, x, …)", ScalarFunction::ConcatWs, TEXT,
        "all but the first as one text, that between them"),
    entry("cos(x)", ScalarFunction::Math(MathFunction::Cos), REAL,
        "the cosine of x radians"),
    entry("date([moment, modifier, …])", ScalarFunction::Calendar(CalendarFunction::Date), TEXT,
        "the day of a moment, now if none is given"),
    entry("datetime([moment, modifier, …])", ScalarFunction::Calendar(CalendarFunction::Datetime), TEXT,
        "day and time of a moment"),
    entry("degrees(x)", ScalarFunction::Math(MathFunction::Degrees), REAL,
        "x radians in degrees"),
    entry("exp(x)", ScalarFunction::Math(MathFunction::Exp), REAL,
        "e to the power of x"),
    entry("floor(x)", ScalarFunction::Floor, ResultType::Whole,
        "the largest whole number not above x"),
    entry("glob(pattern, text)", ScalarFunction::Glob, BOOLEAN,
        "text GLOB pattern"),
    entry("hex(x)", ScalarFunction::Hex, TEXT,
        "the bytes of x in hexadecimal"),
    entry("ifnull(x, y)", ScalarFunction::Coalesce, ResultType::Common(0),
        "x, or y where x is NULL"),
    entry("iif(condition, x [, y])", ScalarFunction::Iif, ResultType::Common(1),
        "x where the condition is true, else y or NULL"),
    entry("if(condition, x [, y])", ScalarFunction::Iif, ResultType::Common(1),
        "iif"),
    entry("instr(text, part)", ScalarFunction::Text(TextFunction::Instr), INTEGER,
        "where part begins in text, from 1; 0: nowhere"),
    entry("julianday([moment, modifier, …])", ScalarFunction::Calendar(CalendarFunction::Julianday), REAL,
        "the days since 4714 BC"),
    entry("length(x)", ScalarFunction::Text(TextFunction::Length), INTEGER,
        "how many characters, or bytes of a BLOB"),
    entry("char_length(x)", ScalarFunction::Text(TextFunction::Length), INTEGER,
        "length"),
    entry("like(pattern, text [, escape])", ScalarFunction::Like, BOOLEAN,
        "text LIKE pattern"),
    entry("ln(x)", ScalarFunction::Math(MathFunction::Ln), REAL,
        "the natural logarithm"),
    entry("log([base,] x)", ScalarFunction::Math(MathFunction::Log), REAL,
        "the logarithm to the base, 10 if none is given"),
    entry("log10(x)", ScalarFunction::Math(MathFunction::Log10), REAL,
        "the logarithm to the base 10"),
    entry("log2(x)", ScalarFunction::Math(MathFunction::Log2), REAL,
        "the logarithm to the base 2"),
    entry("lower(text)", ScalarFunction::Text(TextFunction::Lower), TEXT,
        "text in small letters (a to z)"),
    entry("ltrim(text [, characters])", ScalarFunction::Text(TextFunction::Ltrim), TEXT,
        "text without blanks, or these, at its beginning"),
    entry("max(x, y, …)", ScalarFunction::Max, ResultType::Common(0),
        "the greatest of them; NULL if one is NULL"),
    entry("min(x, y, …)", ScalarFunction::Min, ResultType::Common(0),
        "the least of them; NULL if one is NULL"),
    entry("mod(x, y)", ScalarFunction::Math(MathFunction::Mod), ResultType::Remainder,
        "the remainder of x / y"),
    entry("nullif(x, y)", ScalarFunction::Nullif, ResultType::First,
        "NULL where x equals y, else x"),
    entry("octet_length(x)", ScalarFunction::Text(TextFunction::OctetLength), INTEGER,
        "how many bytes"),
    entry("pi()", ScalarFunction::Math(MathFunction::Pi), REAL,
        "3.14159…"),
    entry("power(x, y)", ScalarFunction::Math(MathFunction::Power), REAL,
        "x to the power of y"),
    entry("pow(x, y)", ScalarFunction::Math(MathFunction::Power), REAL,
        "power"),
    entry("quote(x)", ScalarFunction::Quote, TEXT,
        "x as a literal of SQL"),
    entry("radians(x)", ScalarFunction::Math(MathFunction::Radians), REAL,
        "x degrees in radians"),
    entry("replace(text, old, new)", ScalarFunction::Replace, TEXT,
        "text with new wherever old stood"),
    entry("round(x [, digits])", ScalarFunction::Round, ResultType::Rounded,
        "x rounded, to so many digits behind the point"),
    entry("rtrim(text [, characters])", ScalarFunction::Text(TextFunction::Rtrim), TEXT,
        "text without blanks, or these, at its end"),
    entry("sign(x)", ScalarFunction::Sign, INTEGER,
        "-1, 0 or 1 as x is below, at or above 0"),
    entry("sin(x)", ScalarFunction::Math(MathFunction::Sin), REAL,
        "the sine of x radians"),
    entry("sqrt(x)", ScalarFunction::Math(MathFunction::Sqrt), REAL,
        "the square root"),
    entry("strftime(format [, moment, modifier, …])", ScalarFunction::Calendar(CalendarFunction::Strftime), TEXT,
        "a moment as %Y-%m-%d and its like"),
    entry("substr(text, start [, length])", ScalarFunction::Text(TextFunction::Substr), ResultType::Part,
        "from start on; 1 is the first, -1 the last"),
    entry("substring(text, start [, length])", ScalarFunction::Text(TextFunction::Substr), ResultType::Part,
        "substr"),
    entry("tan(x)", ScalarFunction::Math(MathFunction::Tan), REAL,
        "the tangent of x radians"),
    entry("time([moment, modifier, …])", ScalarFunction::Calendar(CalendarFunction::Time), TEXT,
        "the time of day of a moment"),
    entry("timediff(moment, moment)", ScalarFunction::Calendar(CalendarFunction::Timediff), TEXT,
        "from the second to the first moment"),
    entry("trim(text [, characters])", ScalarFunction::Text(TextFunction::Trim), TEXT,
        "text without blanks, or these, at both ends"),
    entry("trunc(x)", ScalarFunction::Trunc, ResultType::Whole,
        "x without what stands behind its point"),
    entry("typeof(x)", ScalarFunction::Typeof, TEXT,
        "integer, real, text, blob or null"),
    entry("unicode(text)", ScalarFunction::Text(TextFunction::Unicode), INTEGER,
        "the Unicode number of the first character"),
    entry("unistr(text)", ScalarFunction::Unistr, TEXT,
        "text with \\XXXX and its like made characters"),
    entry("unixepoch([moment, modifier, …])", ScalarFunction::Calendar(CalendarFunction::Unixepoch), ANY,
        "the seconds since 1970"),
    entry("upper(text)", ScalarFunction::Text(TextFunction::Upper), TEXT,
        "text in capital letters (A to Z)"),
    entry("version()", ScalarFunction::Version, TEXT,
        "the version of asof"),
];

/// Every aggregate function. `min` and `max` of several arguments are scalar functions.
#[rustfmt::skip] // As above.
pub const AGGREGATE_FUNCTIONS: &[AggregateEntry] = &[
    aggregate("count(* or x)", AggregateFunction::Count,
        "how many rows, or those where x is not NULL"),
    aggregate("sum(x)", AggregateFunction::Sum,
        "the sum; exact but for REAL; NULL of nothing"),
    aggregate("total(x)", AggregateFunction::Total,
        "the sum as a REAL, 0.0 of nothing"),
    aggregate("avg(x)", AggregateFunction::Avg,
        "the mean"),
    aggregate("min(x)", AggregateFunction::Min,
        "the least"),
    aggregate("max(x)", AggregateFunction::Max,
        "the greatest"),
    aggregate("group_concat(x [, separator])", AggregateFunction::GroupConcat,
        "all as one text, between them a comma or this"),
    aggregate("string_agg(x, separator)", AggregateFunction::GroupConcat,
        "group_concat"),
];

impl ScalarFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        let named = SCALAR_FUNCTIONS.iter().find(|entry| entry.function == self);
        named.map_or("", |entry| entry.signature.name)
    }

    /// Whether its arguments alone decide what it gives: the calendar also knows what time it is.
    pub fn is_pure(self) -> bool {
        !matches!(self, ScalarFunction::Calendar(_))
    }
}

impl AggregateFunction {
    /// The function's name.
    pub fn name(self) -> &'static str {
        let named = AGGREGATE_FUNCTIONS.iter().find(|entry| entry.function == self);
        named.map_or("value of", |entry| entry.signature.name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_usage_says_how_many_arguments_there_are() {
        for (usage, least, most) in [
            ("pi()", 0, 0),
            ("abs(x)", 1, 1),
            ("substr(text, start [, length])", 2, 3),
            ("log([base,] x)", 1, 2),
            ("char([code, …])", 0, MANY),
            ("coalesce(x, y, …)", 2, MANY),
            ("count(* or x)", 0, 1),
        ] {
            let read = Signature::new(usage, "");
            assert_eq!((read.least, read.most), (least, most), "{usage}");
            assert!(usage.starts_with(&format!("{}(", read.name)), "{usage}");
        }
    }

    #[test]
    fn functions_are_told_apart_by_name_and_arity() {
        let scalar = SCALAR_FUNCTIONS.iter().map(|entry| entry.signature);
        let all: Vec<Signature> =
            scalar.chain(AGGREGATE_FUNCTIONS.iter().map(|entry| entry.signature)).collect();
        for (at, one) in all.iter().enumerate() {
            let mut others = all[at + 1..].iter().filter(|other| other.name == one.name);
            assert!(
                others.all(|other| other.most < one.least || one.most < other.least),
                "{one:?}"
            );
        }
    }
}
