//! What each aggregate keeps of each group.

use super::Error;
use super::datum::{Datum, check_length};
use super::functions::{json_item, json_label};
use super::held::array_bytes;
use super::ordered_set::OrderedSet;
use super::percentile::Percentile;
use super::sums::{RealSum, Sum, SumResult, exact_result, real_result};
use crate::planner::{
    AggregateCall, AggregateFunction, OrderedSetFunction, PercentileFunction, quotient_scale,
};
use crate::types::{DataType, Decimal, Value};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type};
use arrow_buffer::NullBuffer;
use std::cmp::Ordering;

/// One aggregate's state, an entry per group.
pub enum Accumulator {
    /// How many rows or values.
    Count(Vec<i64>),
    /// Sums of whatever comes.
    Sum(Vec<Option<Sum>>),
    /// Sums and numbers of decimals, and the digits that an average of them has behind the point; the
    /// function says what becomes of them.
    Exact(SumResult, u8, Vec<(Option<Sum>, i64)>),
    /// Sums of doubles; the function says what becomes of them.
    Real(SumResult, Vec<RealSum>),
    /// The smallest or largest value: the one that this is true of, of its order beside any other.
    Extreme(fn(Ordering) -> bool, Vec<Value>),
    /// Values with something between them.
    JoinedTexts(ListKind, Vec<JoinedTexts>),
    /// Numbers of which one or two are wanted.
    Percentile(PercentileFunction, Vec<Percentile>),
    /// Values in an order, of which one is wanted.
    OrderedSet(OrderedSetFunction, Vec<OrderedSet>),
    /// Values of some row.
    Bare(Vec<Option<Value>>),
}

/// What values are listed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListKind {
    /// One text; before each but the first what its second argument says, by default a comma.
    Joined,
    /// A JSON array.
    JsonArray,
    /// A JSON object of labels and values.
    JsonObject,
}

/// Values as one text, in the order in which they come.
#[derive(Clone, Debug)]
pub struct JoinedTexts {
    kind: ListKind,
    text: Option<String>,
}

impl JoinedTexts {
    /// Nothing yet.
    pub fn new(kind: ListKind) -> JoinedTexts {
        JoinedTexts { kind, text: None }
    }

    /// Takes the arguments of a row in. What is NULL is no part of a text, and no label.
    ///
    /// # Errors
    /// `text-limit` of a text that has become too long; `json` of nothing that a document can hold.
    pub fn add(&mut self, arguments: &[Value]) -> Result<(), Error> {
        let (first, second) = (&arguments[0], arguments.get(1));
        if first.is_null() && self.kind != ListKind::JsonArray {
            return Ok(());
        }
        let is_first = self.text.is_none();
        let text = self.text.get_or_insert_default();
        match (self.kind, second) {
            _ if is_first => {}
            (ListKind::Joined, Some(separator)) => text.push_str(&separator.to_text()),
            (ListKind::Joined | ListKind::JsonArray | ListKind::JsonObject, _) => text.push(','),
        }
        match self.kind {
            ListKind::Joined => text.push_str(&first.to_text()),
            ListKind::JsonArray => text.push_str(&json_item(first)?),
            ListKind::JsonObject => {
                let value = json_item(second.unwrap_or(&Value::Null))?;
                text.extend([json_label(first).as_str(), ":", &value]);
            }
        }
        check_length(text.len())
    }

    /// The text: of nothing NULL, or what is empty.
    pub fn value(&self) -> Value {
        let inner = self.text.as_deref();
        match self.kind {
            ListKind::Joined => inner.map_or(Value::Null, Value::text),
            ListKind::JsonArray => Value::Json(format!("[{}]", inner.unwrap_or("")).into()),
            ListKind::JsonObject => Value::Json(format!("{{{}}}", inner.unwrap_or("")).into()),
        }
    }
}

/// What an accumulator is fed.
pub struct AccumulatorInput<'a> {
    /// The values of the arguments.
    pub arguments: &'a [Datum],
    /// The call, for the arguments' types.
    pub call: &'a AggregateCall,
    /// The group of each row.
    pub numbers: &'a [usize],
}

impl AccumulatorInput<'_> {
    /// The value of an argument.
    pub fn value(&self, argument: usize, row: usize) -> Value {
        self.arguments[argument].value(self.call.arguments[argument].data_type, row)
    }

    /// About how many bytes the arguments have.
    fn byte_size(&self) -> usize {
        let bytes = |argument: &Datum| match argument {
            Datum::Array(array) => array_bytes(array),
            Datum::Scalar(value) => value.byte_length() * self.numbers.len(),
        };
        self.arguments.iter().map(bytes).sum()
    }

    /// Each row, and its group.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        self.numbers.iter().copied().enumerate()
    }

    /// The group of each row, and all arguments.
    fn all_values(&self) -> impl Iterator<Item = (usize, Vec<Value>)> {
        self.rows().map(|(row, number)| {
            (number, (0..self.arguments.len()).map(|at| self.value(at, row)).collect())
        })
    }

    /// The same with the first argument.
    fn counted(&self) -> impl Iterator<Item = (usize, usize, Value)> {
        self.rows().map(|(row, number)| (row, number, self.value(0, row)))
    }

    /// The same of those whose first argument is known.
    fn known(&self) -> impl Iterator<Item = (usize, usize, Value)> {
        self.counted().filter(|(.., value)| !value.is_null())
    }
}

impl Accumulator {
    /// The state of an aggregate over no rows.
    pub fn new(call: &AggregateCall) -> Accumulator {
        let argument = call.arguments.first().map(|argument| argument.data_type);
        match call.function {
            AggregateFunction::Count => Accumulator::Count(Vec::new()),
            AggregateFunction::Sum if argument != Some(DataType::Real) => {
                Accumulator::Sum(Vec::new())
            }
            AggregateFunction::Sum => Accumulator::sum(SumResult::Sum, argument),
            AggregateFunction::Total => Accumulator::sum(SumResult::Total, argument),
            AggregateFunction::Avg => Accumulator::sum(SumResult::Average, argument),
            AggregateFunction::Min => Accumulator::Extreme(Ordering::is_lt, Vec::new()),
            AggregateFunction::Max => Accumulator::Extreme(Ordering::is_gt, Vec::new()),
            AggregateFunction::GroupConcat => {
                Accumulator::JoinedTexts(ListKind::Joined, Vec::new())
            }
            AggregateFunction::JsonGroupArray => {
                Accumulator::JoinedTexts(ListKind::JsonArray, Vec::new())
            }
            AggregateFunction::JsonGroupObject => {
                Accumulator::JoinedTexts(ListKind::JsonObject, Vec::new())
            }
            AggregateFunction::Percentile(function) => {
                Accumulator::Percentile(function, Vec::new())
            }
            AggregateFunction::OrderedSet(function) => {
                Accumulator::OrderedSet(function, Vec::new())
            }
            AggregateFunction::Bare => Accumulator::Bare(Vec::new()),
        }
    }

    /// Sums of an argument of a type: exact of decimals, of doubles of everything else.
    fn sum(result: SumResult, argument: Option<DataType>) -> Accumulator {
        if let Some(DataType::Decimal { scale, .. }) = argument {
            Accumulator::Exact(result, quotient_scale(scale, 0), Vec::new())
        } else {
            Accumulator::Real(result, Vec::new())
        }
    }

    /// Takes some rows in; `groups` is how many groups there are by now. Gives the rows that became
    /// a minimum or maximum, for such an aggregate.
    ///
    /// # Errors
    /// `integer-overflow` or `decimal-overflow` of a sum; `function` or `type` of a percentile;
    /// `text-limit` of a text that is too long.
    pub fn update(
        &mut self,
        input: &AccumulatorInput,
        groups: usize,
    ) -> Result<Option<Vec<usize>>, Error> {
        match self {
            Accumulator::Count(counts) => {
                counts.resize(groups, 0);
                count(counts, input);
            }
            Accumulator::Sum(sums) => {
                sums.resize_with(groups, || None);
                add_exact(sums, input, |sum| sum)?;
            }
            Accumulator::Exact(_, _, sums) => {
                sums.resize_with(groups, || (None, 0));
                add_exact(sums, input, |(sum, count)| {
                    *count += 1;
                    sum
                })?;
            }
            Accumulator::Real(_, sums) => {
                sums.resize(groups, RealSum::default());
                add_reals(sums, input);
            }
            Accumulator::Extreme(is_better, best) => {
                best.resize(groups, Value::Null);
                return Ok(Some(extremes(*is_better, best, input)));
            }
            Accumulator::JoinedTexts(kind, listings) => {
                listings.resize(groups, JoinedTexts::new(*kind));
                for (group, given) in input.all_values() {
                    listings[group].add(&given)?;
                }
            }
            Accumulator::Percentile(function, held) => {
                held.resize(groups, Percentile::default());
                for (_, group, value) in input.counted() {
                    held[group].add(*function, &value)?;
                }
            }
            Accumulator::OrderedSet(function, held) => {
                held.resize(groups, OrderedSet::default());
                for (group, given) in input.all_values() {
                    held[group].add(*function, &given)?;
                }
            }
            Accumulator::Bare(_) => {}
        }
        Ok(None)
    }

    /// About how many bytes more it keeps of groups that are there when these rows are in.
    pub fn growth(&self, input: &AccumulatorInput) -> usize {
        match self {
            Accumulator::JoinedTexts(..) => input.byte_size(),
            Accumulator::Percentile(..)
            | Accumulator::OrderedSet(..)
            | Accumulator::Count(_)
            | Accumulator::Sum(_)
            | Accumulator::Exact(..)
            | Accumulator::Real(..)
            | Accumulator::Extreme(..)
            | Accumulator::Bare(_) => 0,
        }
    }

    /// Learns what of some rows must be known before they are fed in their order; each of them is announced
    /// so before the first comes.
    ///
    /// # Errors
    /// `function` or `type` of a percentile.
    pub fn expect(&mut self, input: &AccumulatorInput, groups: usize) -> Result<(), Error> {
        match self {
            Accumulator::Percentile(function, held) => {
                held.resize(groups, Percentile::default());
                for (row, group, value) in input.counted() {
                    let share = (input.arguments.len() > 1).then(|| input.value(1, row));
                    held[group].expect(*function, &value, share.as_ref())?;
                }
            }
            Accumulator::OrderedSet(function, held) => {
                held.resize(groups, OrderedSet::default());
                for (group, given) in input.all_values() {
                    held[group].expect(*function, &given)?;
                }
            }
            Accumulator::Count(_)
            | Accumulator::Sum(_)
            | Accumulator::Exact(..)
            | Accumulator::Real(..)
            | Accumulator::Extreme(..)
            | Accumulator::JoinedTexts(..)
            | Accumulator::Bare(_) => {}
        }
        Ok(())
    }

    /// Sets bare columns to the values of these rows, in their order; only where there is none yet
    /// unless `replace`.
    pub fn set_bare(
        &mut self,
        datum: &Datum,
        data_type: DataType,
        numbers: &[usize],
        rows: &[usize],
        groups: usize,
        replace: bool,
    ) {
        if let Accumulator::Bare(values) = self {
            values.resize(groups, None);
            for row in rows {
                let held = &mut values[numbers[*row]];
                if replace || held.is_none() {
                    *held = Some(datum.value(data_type, *row));
                }
            }
        }
    }

    /// The result of each of so many groups.
    ///
    /// # Errors
    /// `decimal-overflow` of an average.
    pub fn finish(&mut self, groups: usize) -> Result<Vec<Value>, Error> {
        let known = |value: Option<Value>| value.unwrap_or(Value::Null);
        let total = |sum: Option<Sum>| sum.map_or(Ok(Value::Null), Sum::total);
        Ok(match self {
            Accumulator::Count(counts) => {
                counts.resize(groups, 0);
                counts.iter().map(|count| Value::Integer(*count)).collect()
            }
            Accumulator::Sum(sums) => {
                sums.resize_with(groups, || None);
                std::mem::take(sums).into_iter().map(total).collect::<Result<_, _>>()?
            }
            Accumulator::Bare(values) => {
                values.resize(groups, None);
                std::mem::take(values).into_iter().map(known).collect()
            }
            Accumulator::Exact(result, scale, sums) => {
                sums.resize_with(groups, || (None, 0));
                let sums = std::mem::take(sums).into_iter();
                let results =
                    sums.map(|(sum, count)| exact_result(*result, *scale, total(sum)?, count));
                results.collect::<Result<_, _>>()?
            }
            Accumulator::Real(result, sums) => {
                sums.resize(groups, RealSum::default());
                sums.iter().map(|sum| real_result(*result, sum)).collect()
            }
            Accumulator::Extreme(_, best) => {
                best.resize(groups, Value::Null);
                std::mem::take(best)
            }
            Accumulator::JoinedTexts(kind, listings) => {
                listings.resize(groups, JoinedTexts::new(*kind));
                std::mem::take(listings).iter().map(JoinedTexts::value).collect()
            }
            Accumulator::Percentile(function, held) => {
                held.resize(groups, Percentile::default());
                std::mem::take(held).into_iter().map(|one| one.finish(*function)).collect()
            }
            Accumulator::OrderedSet(function, held) => {
                held.resize(groups, OrderedSet::default());
                std::mem::take(held).into_iter().map(|one| one.finish(*function)).collect()
            }
        })
    }
}

fn count(counts: &mut [i64], input: &AccumulatorInput) {
    match input.arguments.first() {
        None => {
            input.numbers.iter().for_each(|group| counts[*group] += 1);
        }
        Some(Datum::Array(array)) => match known_nulls(array) {
            None => input.numbers.iter().for_each(|group| counts[*group] += 1),
            Some(nulls) => {
                let rows = input.numbers.iter().zip(nulls.iter());
                rows.for_each(|(group, is_known)| counts[*group] += i64::from(is_known));
            }
        },
        Some(Datum::Scalar(Value::Null)) => {}
        Some(Datum::Scalar(_)) => input.numbers.iter().for_each(|group| counts[*group] += 1),
    }
}

/// Which values of a column are known; `None` where all are.
fn known_nulls(array: &dyn Array) -> Option<&NullBuffer> {
    array.nulls().filter(|nulls| nulls.null_count() > 0)
}

/// Adds each value that is known to the sum of its group, which `part` finds in what is kept of it.
///
/// # Errors
/// `decimal-overflow`
fn add_exact<T>(
    sums: &mut [T],
    input: &AccumulatorInput,
    part: impl Fn(&mut T) -> &mut Option<Sum>,
) -> Result<(), Error> {
    let data_type = input.call.arguments[0].data_type;
    let mut add = |group: usize, value: Value| Sum::add(part(&mut sums[group]), &value);
    match (&input.arguments[0], data_type) {
        (Datum::Array(array), DataType::Decimal { scale, .. }) => {
            let digits = array.as_primitive::<Decimal128Type>();
            let mut rows = input.rows().filter(|(row, _)| digits.is_valid(*row));
            rows.try_for_each(|(row, group)| {
                add(group, Value::Decimal(Decimal { mantissa: digits.value(row), scale }))
            })
        }
        (Datum::Array(array), DataType::Integer) => {
            let integers = array.as_primitive::<Int64Type>();
            let mut add = |group: usize, integer: i64| {
                let sum = part(&mut sums[group]);
                if let Some(Sum::Exact(Value::Integer(sum))) = sum
                    && let Some(more) = sum.checked_add(integer)
                {
                    *sum = more;
                    return Ok(());
                }
                Sum::add(sum, &Value::Integer(integer))
            };
            let mut rows = input.numbers.iter().zip(integers.values());
            match known_nulls(integers) {
                None => rows.try_for_each(|(group, integer)| add(*group, *integer)),
                Some(nulls) => {
                    let mut known = rows.zip(nulls.iter()).filter(|(_, is_known)| *is_known);
                    known.try_for_each(|((group, integer), _)| add(*group, *integer))
                }
            }
        }
        (Datum::Array(_) | Datum::Scalar(_), _) => {
            input.known().try_for_each(|(_, group, value)| add(group, value))
        }
    }
}

fn add_reals(sums: &mut [RealSum], input: &AccumulatorInput) {
    if let (Datum::Array(array), DataType::Real) =
        (&input.arguments[0], input.call.arguments[0].data_type)
    {
        let reals = array.as_primitive::<Float64Type>();
        let (rows, nulls) = (input.numbers.iter().zip(reals.values()), known_nulls(reals));
        match nulls {
            None => rows.for_each(|(group, real)| sums[*group].add(*real)),
            Some(nulls) => {
                let known = rows.zip(nulls.iter()).filter(|(_, is_known)| *is_known);
                known.for_each(|((group, real), _)| sums[*group].add(*real));
            }
        }
        return;
    }
    for (_, group, value) in input.known() {
        sums[group].add_value(&value);
    }
}

/// Feeds a min or max; gives the rows that are new ones. Until a value is known, a NULL is one, so
/// that bare columns are of some row also where there is none.
fn extremes(
    is_better: fn(Ordering) -> bool,
    best: &mut [Value],
    input: &AccumulatorInput,
) -> Vec<usize> {
    let mut rows = Vec::new();
    for (row, group, value) in input.counted() {
        let held = &mut best[group];
        if value.is_null() && !held.is_null() {
            continue;
        }
        if held.is_null() || is_better(input.call.collation.compare(&value, held)) {
            *held = value;
            rows.push(row);
        }
    }
    rows
}
