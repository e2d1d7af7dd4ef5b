//! `median`, `percentile`, `percentile_cont` and `percentile_disc`, as SQLite's extension has them.

use super::Error;
use super::arithmetic::{number, to_real};
use crate::planner::PercentileFunction;
use crate::types::Value;

/// The value at a place and the one behind it, of values that come in their order.
#[derive(Clone, Debug)]
pub struct ValuesAtPlace {
    /// How many will come.
    pub expected: usize,
    came: usize,
    /// The value at the place, and the one behind it.
    values: [Value; 2],
}

impl Default for ValuesAtPlace {
    fn default() -> ValuesAtPlace {
        ValuesAtPlace { expected: 0, came: 0, values: [Value::Null, Value::Null] }
    }
}

impl ValuesAtPlace {
    /// Takes the next value in, and keeps it where it is wanted.
    pub fn add(&mut self, place: usize, value: &Value) {
        if let Some(behind) = self.came.checked_sub(place)
            && let Some(wanted) = self.values.get_mut(behind)
        {
            *wanted = value.clone();
        }
        self.came += 1;
    }

    /// The value at the place, NULL where none came.
    pub fn first(self) -> Value {
        let [first, _] = self.values;
        first
    }

    /// The number that lies at a share of them; those around its place are known.
    pub fn between(&self, function: PercentileFunction, fraction: f64) -> Value {
        let below = place_below(fraction, self.expected);
        let at = |place: usize| to_real(&self.values[usize::from(place > below)]);
        between(function, fraction, self.expected, at)
    }
}

/// The numbers of one group, and which share of them lies below the wanted one.
#[derive(Clone, Debug, Default)]
pub struct Percentile {
    numbers: ValuesAtPlace,
    fraction: Option<f64>,
}

impl Percentile {
    /// Announces the values of a row: the number, and the share unless the function is `median`.
    ///
    /// # Errors
    /// `function` of a share beyond what the function takes, or another than before; `type` of what is
    /// no finite number.
    pub fn expect(
        &mut self,
        function: PercentileFunction,
        value: &Value,
        share: Option<&Value>,
    ) -> Result<(), Error> {
        self.fraction = Some(share_of(function, share, self.fraction)?);
        self.numbers.expected += usize::from(number_of(function, value)?.is_some());
        Ok(())
    }

    /// Takes the next number of those in that were announced, in their order.
    ///
    /// # Errors
    /// `type` of what is no finite number.
    pub fn add(&mut self, function: PercentileFunction, value: &Value) -> Result<(), Error> {
        if let Some(number) = number_of(function, value)? {
            let place = place_below(self.fraction(), self.numbers.expected);
            self.numbers.add(place, &Value::real(number));
        }
        Ok(())
    }

    fn fraction(&self) -> f64 {
        self.fraction.unwrap_or(0.5)
    }

    /// The number wanted, NULL of none.
    pub fn finish(self, function: PercentileFunction) -> Value {
        self.numbers.between(function, self.fraction())
    }
}

/// The share that an aggregate is asked for, from 0 to 1, beside the one of the row before.
///
/// # Errors
/// `function` of one beyond what the function takes, or another than before.
pub fn share_of(
    function: PercentileFunction,
    share: Option<&Value>,
    before: Option<f64>,
) -> Result<f64, Error> {
    let fraction = share.map_or(Ok(0.5), |share| fraction(function, share))?;
    let before = before.unwrap_or(fraction);
    // So near to each other they count as the same to SQLite.
    if (before - fraction).abs() > 0.001 {
        let message = format!("the fraction of {} differs by row", function.name());
        return Err(Error::failed("function", message));
    }
    Ok(before)
}

/// The number that a row adds, none where it is NULL.
///
/// # Errors
/// `type` of what is no finite number.
pub fn number_of(function: PercentileFunction, value: &Value) -> Result<Option<f64>, Error> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::Boolean(_) | Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => {
            to_real(&number(value))
        }
        Value::Date(_) | Value::Timestamp(_) | Value::Text(_) | Value::Json(_) | Value::Blob(_) => {
            f64::NAN
        }
    };
    if !number.is_finite() {
        let message = format!("{} takes numbers, not {}", function.name(), value.shortened());
        return Err(Error::failed("type", message));
    }
    Ok(Some(number))
}

/// What lies so far from the least to the greatest of `count` numbers, the number at each place in
/// order known; NULL of none. Between two it is as near to each as it lies, but for `percentile_disc`
/// it is the lower of them.
pub fn between(
    function: PercentileFunction,
    fraction: f64,
    count: usize,
    at: impl Fn(usize) -> f64,
) -> Value {
    let Some(last) = count.checked_sub(1) else { return Value::Null };
    let (place, below) = (real_place(fraction, count), place_below(fraction, count));
    let lower = at(below);
    if function == PercentileFunction::Discrete {
        return Value::real(lower);
    }
    let whole = real_place(1.0, below + 1);
    let upper = if place == whole { lower } else { at((below + 1).min(last)) };
    let (step, part) = (upper - lower, place - whole);
    if step.is_finite() {
        return Value::real(lower + step * part);
    }
    // They are further apart than a number can say, and half of that is none too large.
    let half = (upper / 2.0 - lower / 2.0) * part;
    Value::real(lower + half + half)
}

/// Where a share of so many numbers lies, from the first on.
#[expect(clippy::cast_precision_loss, reason = "counted as SQLite counts it")]
fn real_place(fraction: f64, count: usize) -> f64 {
    fraction * count.saturating_sub(1) as f64
}

/// The place of the last number that is not behind that.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list is no longer than the list"
)]
pub fn place_below(fraction: f64, count: usize) -> usize {
    (real_place(fraction, count) as usize).min(count.saturating_sub(1))
}

/// The share as a number from 0 to 1.
fn fraction(function: PercentileFunction, share: &Value) -> Result<f64, Error> {
    let most = if function == PercentileFunction::Percent { 100.0 } else { 1.0 };
    let given = match share {
        Value::Integer(_) | Value::Real(_) | Value::Decimal(_) => Some(to_real(share)),
        Value::Text(text) => crate::types::whole_number(text).map(|number| to_real(&number)),
        Value::Null
        | Value::Boolean(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Json(_)
        | Value::Blob(_) => None,
    };
    given.map(|given| given / most).filter(|fraction| (0.0..=1.0).contains(fraction)).ok_or_else(
        || {
            let message =
                format!("the fraction of {} is a number from 0 to {most}", function.name());
            Error::failed("function", message)
        },
    )
}
