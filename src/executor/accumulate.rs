//! What each aggregate keeps of each group.

use super::Error;
use super::arithmetic::{compute, number, to_real};
use super::datum::{Datum, check_length};
use super::functions::{json_item, json_label};
use super::percentile::Percentile;
use crate::planner::{
    AggregateCall, AggregateFunction, Arithmetic, PercentileFunction, quotient_scale,
};
use crate::types::{DataType, Decimal, Value, parse_number};
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, BooleanArray};
use std::cmp::Ordering;

/// A sum of doubles that does not lose the small ones (Neumaier's variant of Kahan's summation, as
/// SQLite has it since 3.43).
#[derive(Clone, Copy, Debug, Default)]
pub struct RealSum {
    sum: f64,
    lost: f64,
    count: i64,
}

impl RealSum {
    /// A number comes.
    pub fn add(&mut self, real: f64) {
        let sum = self.sum + real;
        self.lost += if self.sum.abs() >= real.abs() {
            (self.sum - sum) + real
        } else {
            (real - sum) + self.sum
        };
        self.sum = sum;
        self.count += 1;
    }

    /// A number goes that came before.
    pub fn remove(&mut self, real: f64) {
        self.add(-real);
        self.count -= 2;
    }

    fn total(&self) -> f64 {
        // Once the sum is infinite, what was lost is no number.
        if self.lost.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

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
    /// Values of some row.
    Bare(Vec<Option<Value>>),
}

/// What becomes of a sum.
#[derive(Clone, Copy, Debug)]
pub enum SumResult {
    /// It is the result, NULL of nothing.
    Sum,
    /// A real, 0.0 of nothing.
    Total,
    /// It is divided by the number of its values.
    Average,
}

/// A sum of values of any type: exact as long as all are integers and decimals.
pub enum Sum {
    /// Of integers and decimals.
    Exact(Value),
    /// Once anything else came.
    Real(RealSum),
}

impl Sum {
    /// The sum with a value. A text that is an integer as a whole counts as one; any other is the
    /// real that it begins with.
    fn plus(sum: Option<Sum>, value: &Value) -> Result<Sum, Error> {
        let mut reals = match (sum, exact_number(value)) {
            (None, Some(value)) => return Ok(Sum::Exact(value)),
            (Some(Sum::Exact(sum)), Some(value)) => {
                return compute(Arithmetic::Add, &sum, &value).map(Sum::Exact);
            }
            (None, None) => RealSum::default(),
            (Some(Sum::Exact(sum)), None) => {
                let mut reals = RealSum::default();
                reals.add(to_real(&sum));
                reals
            }
            (Some(Sum::Real(reals)), _) => reals,
        };
        reals.add(to_real(value));
        Ok(Sum::Real(reals))
    }

    fn total(self) -> Value {
        match self {
            Sum::Exact(value) => value,
            Sum::Real(sum) => Value::real(sum.total()),
        }
    }
}

/// The exact number that a value counts as in a sum, if it is one.
fn exact_number(value: &Value) -> Option<Value> {
    match value {
        Value::Boolean(_) | Value::Integer(_) | Value::Decimal(_) => Some(number(value)),
        Value::Text(text) => parse_number(text).filter(|n| matches!(n, Value::Integer(_))),
        Value::Null
        | Value::Real(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Json(_)
        | Value::Blob(_) => None,
    }
}

/// A sum that values leave again. As in SQLite it stays a real once one was in it.
#[derive(Clone, Debug, Default)]
pub struct SlidingSum {
    count: i64,
    /// Integers never overflow on the way: only a sum that is asked for has to fit.
    integers: i128,
    decimals: Option<Decimal>,
    reals: Option<RealSum>,
}

impl SlidingSum {
    /// A value comes.
    ///
    /// # Errors
    /// `decimal-overflow`
    pub fn add(&mut self, value: &Value) -> Result<(), Error> {
        self.count += 1;
        match exact_number(value) {
            Some(Value::Integer(integer)) => self.integers += i128::from(integer),
            Some(exact) => self.add_decimal(&exact, Arithmetic::Add)?,
            None => self.reals.get_or_insert_default().add(to_real(value)),
        }
        Ok(())
    }

    /// A value goes that came before.
    ///
    /// # Errors
    /// `decimal-overflow`
    pub fn remove(&mut self, value: &Value) -> Result<(), Error> {
        self.count -= 1;
        match exact_number(value) {
            Some(Value::Integer(integer)) => self.integers -= i128::from(integer),
            Some(exact) => self.add_decimal(&exact, Arithmetic::Subtract)?,
            None => self.reals.get_or_insert_default().remove(to_real(value)),
        }
        Ok(())
    }

    fn add_decimal(&mut self, decimal: &Value, operator: Arithmetic) -> Result<(), Error> {
        let sum = self.decimals.map_or(Value::Integer(0), Value::Decimal);
        if let Value::Decimal(sum) = compute(operator, &sum, decimal)? {
            self.decimals = Some(sum);
        }
        Ok(())
    }

    /// All values are gone, and what rounding left of them goes, too.
    pub fn settle(&mut self) {
        if let Some(reals) = &mut self.reals {
            *reals = RealSum::default();
        }
    }

    /// How many values there are.
    pub fn count(&self) -> i64 {
        self.count
    }

    /// The sum, NULL of nothing.
    ///
    /// # Errors
    /// `integer-overflow`, `decimal-overflow`
    pub fn total(&self) -> Result<Value, Error> {
        if self.count == 0 {
            return Ok(Value::Null);
        }
        let exact = match (i64::try_from(self.integers), self.decimals) {
            (Ok(integers), None) => Value::Integer(integers),
            (integers, decimals) if decimals.is_some() || self.reals.is_some() => {
                let integers = integers
                    .map_or_else(|_| Decimal { mantissa: self.integers, scale: 0 }, Decimal::from);
                let sum = Value::Decimal(integers);
                decimals.map_or(Ok(sum.clone()), |decimals| {
                    compute(Arithmetic::Add, &sum, &Value::Decimal(decimals))
                })?
            }
            _ => return compute(Arithmetic::Add, &Value::Integer(i64::MAX), &Value::Integer(1)),
        };
        let Some(mut reals) = self.reals else { return Ok(exact) };
        reals.add(to_real(&exact));
        Ok(Value::real(reals.total()))
    }
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
    pub calls: &'a AggregateCall,
    /// The group of each row.
    pub numbers: &'a [usize],
    /// Which rows count; all where absent.
    pub mask: Option<&'a BooleanArray>,
}

impl AccumulatorInput<'_> {
    fn counts(&self, row: usize) -> bool {
        self.mask.is_none_or(|mask| mask.value(row))
    }

    /// The value of an argument.
    pub fn value(&self, argument: usize, row: usize) -> Value {
        self.arguments[argument].value(self.calls.arguments[argument].data_type, row)
    }

    /// Each row that counts, and its group.
    pub fn rows(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = self.numbers.iter().enumerate().filter(|(row, _)| self.counts(*row));
        rows.map(|(row, number)| (row, *number))
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
                for (_, group, value) in input.known() {
                    sums[group] = Some(Sum::plus(sums[group].take(), &value)?);
                }
            }
            Accumulator::Exact(_, _, sums) => {
                sums.resize_with(groups, || (None, 0));
                for (_, group, value) in input.known() {
                    let (sum, count) = &mut sums[group];
                    *sum = Some(Sum::plus(sum.take(), &value)?);
                    *count += 1;
                }
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
                let mut given = Vec::with_capacity(input.arguments.len());
                for (row, group) in input.rows() {
                    given.clear();
                    given.extend((0..input.arguments.len()).map(|at| input.value(at, row)));
                    listings[group].add(&given)?;
                }
            }
            Accumulator::Percentile(function, held) => {
                held.resize(groups, Percentile::default());
                for (row, group, value) in input.counted() {
                    let share = (input.arguments.len() > 1).then(|| input.value(1, row));
                    held[group].add(*function, &value, share.as_ref())?;
                }
            }
            Accumulator::Bare(_) => {}
        }
        Ok(None)
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
        Ok(match self {
            Accumulator::Count(counts) => {
                counts.resize(groups, 0);
                counts.iter().map(|count| Value::Integer(*count)).collect()
            }
            Accumulator::Sum(sums) => {
                sums.resize_with(groups, || None);
                std::mem::take(sums).into_iter().map(|sum| known(sum.map(Sum::total))).collect()
            }
            Accumulator::Bare(values) => {
                values.resize(groups, None);
                std::mem::take(values).into_iter().map(known).collect()
            }
            Accumulator::Exact(result, scale, sums) => {
                sums.resize_with(groups, || (None, 0));
                let sums = std::mem::take(sums).into_iter();
                let results = sums.map(|(sum, count)| {
                    exact_result(*result, *scale, known(sum.map(Sum::total)), count)
                });
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
        })
    }
}

fn count(counts: &mut [i64], input: &AccumulatorInput) {
    match input.arguments.first() {
        None => {
            for (row, group) in input.numbers.iter().enumerate() {
                counts[*group] += i64::from(input.counts(row));
            }
        }
        Some(Datum::Array(array)) => {
            for (row, group) in input.numbers.iter().enumerate() {
                counts[*group] += i64::from(array.is_valid(row) && input.counts(row));
            }
        }
        Some(Datum::Scalar(value)) => {
            for (row, group) in input.numbers.iter().enumerate() {
                counts[*group] += i64::from(!value.is_null() && input.counts(row));
            }
        }
    }
}

fn add_reals(sums: &mut [RealSum], input: &AccumulatorInput) {
    if let (Datum::Array(array), DataType::Real) =
        (&input.arguments[0], input.calls.arguments[0].data_type)
    {
        let reals = array.as_primitive::<Float64Type>();
        for (row, group) in input.numbers.iter().enumerate() {
            if reals.is_valid(row) && input.counts(row) {
                sums[*group].add(reals.value(row));
            }
        }
        return;
    }
    for (_, group, value) in input.known() {
        sums[group].add(to_real(&value));
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
        if held.is_null() || is_better(input.calls.collation.compare(&value, held)) {
            *held = value;
            rows.push(row);
        }
    }
    rows
}

/// What becomes of the sum of so many decimals.
///
/// # Errors
/// `decimal-overflow` of an average.
pub fn exact_result(result: SumResult, scale: u8, sum: Value, count: i64) -> Result<Value, Error> {
    match (result, sum) {
        (SumResult::Total, sum) => Ok(Value::real(to_real(&sum))),
        (SumResult::Average, Value::Decimal(sum)) => {
            let mean = sum.checked_div(Decimal::from(count), scale).filter(|mean| mean.fits(38));
            mean.map(Value::Decimal).ok_or_else(|| Error::Failed {
                code: "decimal-overflow",
                message: format!("{sum} / {count} has more than 38 digits"),
                help: Some("CAST the argument of avg() AS REAL to compute with rounding".into()),
            })
        }
        (SumResult::Sum | SumResult::Average, sum) => Ok(sum),
    }
}

/// What becomes of a sum of doubles.
pub fn real_result(result: SumResult, sum: &RealSum) -> Value {
    match result {
        SumResult::Total => Value::real(sum.total()),
        SumResult::Sum | SumResult::Average if sum.count == 0 => Value::Null,
        SumResult::Average => {
            #[expect(clippy::cast_precision_loss, reason = "an average rounds anyhow")]
            let count = sum.count as f64;
            Value::real(sum.total() / count)
        }
        SumResult::Sum => Value::real(sum.total()),
    }
}

#[cfg(test)]
mod tests {
    use super::RealSum;

    #[test]
    fn small_numbers_are_not_lost_beside_large_ones() {
        let mut sum = RealSum::default();
        for real in [1e100, 1.0, -1e100] {
            sum.add(real);
        }
        assert_eq!(sum.total().to_bits(), 1.0_f64.to_bits());
    }
}
