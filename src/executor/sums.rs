//! Sums: exact as long as all numbers are, of doubles that lose nothing on the way, and of values that
//! leave again.

use super::arithmetic::{compute, number, to_real};
use super::{Error, exact_columns};
use crate::planner::Arithmetic;
use crate::types::{Decimal, Value, parse_number};

/// A sum of doubles that does not lose the small ones (Neumaier's variant of Kahan's summation, as
/// SQLite has it since 3.43), and of integers, which are exact among themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealSum {
    sum: f64,
    lost: f64,
    integers: i128,
    count: i64,
}

/// What parts a large integer before it meets doubles: the remainder of a division by it is a double, and
/// so is the rest, a multiple of it, up to 2^67. Beyond that the rest is rounded.
const PARTING: i128 = 1 << 14;

impl RealSum {
    /// A number comes.
    pub fn add(&mut self, real: f64) {
        self.step(real);
        self.count += 1;
    }

    /// A number goes that came before.
    pub fn remove(&mut self, real: f64) {
        self.step(-real);
        self.count -= 1;
    }

    /// A value comes.
    pub fn add_value(&mut self, value: &Value) {
        match exact_number(value) {
            Some(Value::Integer(integer)) => {
                self.integers += i128::from(integer);
                self.count += 1;
            }
            Some(_) | None => self.add(to_real(value)),
        }
    }

    /// A value goes that came before.
    pub fn remove_value(&mut self, value: &Value) {
        match exact_number(value) {
            Some(Value::Integer(integer)) => {
                self.integers -= i128::from(integer);
                self.count -= 1;
            }
            Some(_) | None => self.remove(to_real(value)),
        }
    }

    fn step(&mut self, real: f64) {
        let sum = self.sum + real;
        self.lost += if self.sum.abs() >= real.abs() {
            (self.sum - sum) + real
        } else {
            (real - sum) + self.sum
        };
        self.sum = sum;
    }

    fn total(&self) -> f64 {
        let mut all = *self;
        if self.integers != 0 {
            let small = self.integers % PARTING;
            all.step(nearest(self.integers - small));
            all.step(nearest(small));
        }
        // Once the sum is infinite, what was lost is no number.
        if all.lost.is_finite() { all.sum + all.lost } else { all.sum }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a sum of doubles rounds anyhow")]
fn nearest(integer: i128) -> f64 {
    integer as f64
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
    /// Of integers that came to more than 64 bits at these two, and all of them together. It is an error
    /// unless anything else comes.
    Beyond(Box<([i64; 2], i128)>),
    /// Once anything else came.
    Real(RealSum),
}

impl Sum {
    /// The sum with a value. A text that is an integer as a whole counts as one; any other is the
    /// real that it begins with.
    fn plus(sum: Option<Sum>, value: &Value) -> Result<Sum, Error> {
        let mut reals = match (sum, exact_number(value)) {
            (None, Some(value)) => return Ok(Sum::Exact(value)),
            (Some(Sum::Exact(Value::Integer(sum))), Some(Value::Integer(value))) => {
                return Ok(if let Some(sum) = sum.checked_add(value) {
                    Sum::Exact(Value::Integer(sum))
                } else {
                    let all = i128::from(sum) + i128::from(value);
                    Sum::Beyond(Box::new(([sum, value], all)))
                });
            }
            (Some(Sum::Exact(sum)), Some(value)) => {
                return compute(Arithmetic::Add, &sum, &value).map(Sum::Exact);
            }
            (Some(Sum::Beyond(mut beyond)), Some(Value::Integer(value))) => {
                beyond.1 += i128::from(value);
                return Ok(Sum::Beyond(beyond));
            }
            (Some(Sum::Beyond(beyond)), Some(value)) => {
                let sum = Value::Decimal(Decimal { mantissa: beyond.1, scale: 0 });
                return compute(Arithmetic::Add, &sum, &value).map(Sum::Exact);
            }
            (None, None) => RealSum::default(),
            (Some(Sum::Exact(sum)), None) => {
                let mut reals = RealSum::default();
                reals.add_value(&sum);
                reals
            }
            (Some(Sum::Beyond(beyond)), None) => {
                RealSum { integers: beyond.1, ..RealSum::default() }
            }
            (Some(Sum::Real(reals)), _) => reals,
        };
        reals.add_value(value);
        Ok(Sum::Real(reals))
    }

    /// Adds a value, which of most is the same with less work.
    ///
    /// # Errors
    /// `decimal-overflow`
    pub fn add(sum: &mut Option<Sum>, value: &Value) -> Result<(), Error> {
        if let Some(Sum::Exact(held)) = sum
            && let Some(more) = exact_columns::plus(held, value)
        {
            *held = more;
            return Ok(());
        }
        *sum = Some(Sum::plus(sum.take(), value)?);
        Ok(())
    }

    /// What it comes to.
    ///
    /// # Errors
    /// `integer-overflow`
    pub fn total(self) -> Result<Value, Error> {
        match self {
            Sum::Exact(value) => Ok(value),
            Sum::Beyond(beyond) => {
                let [a, b] = beyond.0.map(Value::Integer);
                compute(Arithmetic::Add, &a, &b)
            }
            Sum::Real(sum) => Ok(Value::real(sum.total())),
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
        let decimals = self.decimals.map(Value::Decimal);
        if let Some(mut reals) = self.reals {
            reals.integers += self.integers;
            if let Some(decimals) = decimals {
                reals.add(to_real(&decimals));
            }
            return Ok(Value::real(reals.total()));
        }
        match (i64::try_from(self.integers), decimals) {
            (_, Some(decimals)) => {
                let integers = Value::Decimal(Decimal { mantissa: self.integers, scale: 0 });
                compute(Arithmetic::Add, &integers, &decimals)
            }
            (Ok(integers), None) => Ok(Value::Integer(integers)),
            (Err(_), None) => {
                compute(Arithmetic::Add, &Value::Integer(i64::MAX), &Value::Integer(1))
            }
        }
    }
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
