//! What WITHIN GROUP orders: which of the values of a group is wanted.

use super::Error;
use super::compare::compare;
use super::percentile::{ValuesAtPlace, number_of, place_below, share_of};
use crate::planner::{Comparison, OrderedSetFunction, PercentileFunction};
use crate::types::Value;

/// The values of one group, which come in their order.
#[derive(Clone, Debug, Default)]
pub struct OrderedSet {
    /// How far the wanted one lies from the first to the last; `None` where nobody knows.
    fraction: Option<f64>,
    /// Those around the place of the wanted one.
    values: ValuesAtPlace,
    /// The value that came most often up to the last one, and how often.
    most: Option<(Value, u64)>,
    /// The values that equal each other and came last.
    last: Option<EqualValues>,
}

/// Values that came one behind the other and equal each other.
#[derive(Clone, Debug)]
struct EqualValues {
    /// What they are told from others by.
    key: Value,
    first: Value,
    count: u64,
}

impl OrderedSet {
    /// Announces the arguments of a row: the value, and behind it the fraction or what the value is told
    /// from others by. NULL is none of the values.
    ///
    /// # Errors
    /// `function` of a fraction that is no number from 0 to 1, or another than before; `type` of what
    /// no number lies beside.
    pub fn expect(
        &mut self,
        function: OrderedSetFunction,
        arguments: &[Value],
    ) -> Result<(), Error> {
        let [value, second] = arguments_of(function, arguments);
        if function == OrderedSetFunction::Mode {
            return Ok(());
        }
        if !second.is_null() {
            let share = share_of(PercentileFunction::Continuous, Some(second), self.fraction)?;
            self.fraction = Some(share);
        }
        self.values.expected += usize::from(!number_or_value(function, value)?.is_null());
        Ok(())
    }

    /// Takes the arguments of the next row in, which were announced.
    ///
    /// # Errors
    /// `type` of what no number lies beside.
    pub fn add(&mut self, function: OrderedSetFunction, arguments: &[Value]) -> Result<(), Error> {
        let [value, second] = arguments_of(function, arguments);
        let value = number_or_value(function, value)?;
        if value.is_null() {
            return Ok(());
        }
        let (fraction, count) = (self.fraction.unwrap_or(0.0), self.values.expected);
        match function {
            OrderedSetFunction::Mode => self.count(&value, second),
            OrderedSetFunction::Continuous => {
                self.values.add(place_below(fraction, count), &value);
            }
            OrderedSetFunction::Discrete => {
                self.values.add(first_with_share(fraction, count), &value);
            }
        }
        Ok(())
    }

    /// Counts a value.
    fn count(&mut self, value: &Value, key: &Value) {
        let equal = |last: &EqualValues| compare(Comparison::Equal, &last.key, key) == Some(true);
        let last = match self.last.take().filter(equal) {
            Some(last) => EqualValues { count: last.count + 1, ..last },
            None => EqualValues { key: key.clone(), first: value.clone(), count: 1 },
        };
        if self.most.as_ref().is_none_or(|(_, most)| last.count > *most) {
            self.most = Some((last.first.clone(), last.count));
        }
        self.last = Some(last);
    }

    /// The value that is wanted; NULL of none, and where the fraction is.
    pub fn finish(self, function: OrderedSetFunction) -> Value {
        match (function, self.fraction) {
            (OrderedSetFunction::Mode, _) => self.most.map_or(Value::Null, |(value, _)| value),
            (_, None) => Value::Null,
            (OrderedSetFunction::Continuous, Some(fraction)) => {
                self.values.between(PercentileFunction::Continuous, fraction)
            }
            (OrderedSetFunction::Discrete, Some(_)) => self.values.first(),
        }
    }
}

/// The two arguments that each of these functions has.
fn arguments_of(function: OrderedSetFunction, arguments: &[Value]) -> [&Value; 2] {
    let [value, second] = arguments else { unreachable!("{} has two arguments", function.name()) };
    [value, second]
}

/// The value as the function takes it: a number where it looks for what lies between two.
fn number_or_value(function: OrderedSetFunction, value: &Value) -> Result<Value, Error> {
    if function == OrderedSetFunction::Continuous {
        let number = number_of(PercentileFunction::Continuous, value)?;
        return Ok(number.map_or(Value::Null, Value::real));
    }
    Ok(value.clone())
}

/// The place of the first of so many values up to which there is this share of all: computed in doubles,
/// as PostgreSQL does, where `percentile_disc(0.07)` of 1 to 100 is 8.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place in a list is no longer than the list"
)]
fn first_with_share(fraction: f64, count: usize) -> usize {
    ((fraction * count as f64).ceil() as usize).saturating_sub(1)
}
