//! Conditions of few rows.
//!
//! What is known of up to 128 rows fits into two words, so that AND, OR and NOT are a few operations on
//! words, and nothing is made for them. Most tables of examples are no larger, nor is what a key finds; a
//! column of truth values for each part of a condition would cost more than the rows.

use super::batches::each_part;
use super::datum::{Batch, Datum};
use super::evaluate::Context;
use super::{Error, compare, kernels};
use crate::planner::{BoundExpression, BoundKind};
use crate::types::{Value, with_stack};
use arrow_array::BooleanArray;
use arrow_array::cast::AsArray;
use arrow_buffer::{BooleanBuffer, Buffer};

/// How many rows there may be: one for each bit.
const MOST_ROWS: usize = 128;

/// Whether a condition is true for each of up to 128 rows, the first one in the lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Truths {
    /// For which rows it is true.
    truth: u128,
    /// For which rows it is known whether it is.
    known: u128,
}

impl Truths {
    /// Of no row it is known whether it is true.
    pub const UNKNOWN: Truths = Truths { truth: 0, known: 0 };

    /// Whether it is true for so many rows, as far as that is known.
    pub fn new(truth: u128, known: u128, rows: usize) -> Truths {
        let known = known & all(rows);
        Truths { truth: truth & known, known }
    }

    /// The same where it is known for each.
    pub fn known(truth: u128, rows: usize) -> Truths {
        Truths::new(truth, u128::MAX, rows)
    }

    /// What a condition that was computed says of so many rows.
    pub fn of(datum: Datum, rows: usize) -> Truths {
        match datum {
            Datum::Scalar(Value::Boolean(truth)) => {
                Truths::known(if truth { u128::MAX } else { 0 }, rows)
            }
            Datum::Scalar(_) => Truths::UNKNOWN,
            Datum::Array(array) => {
                let truth = kernels::bits_of(array.as_boolean().values());
                Truths::new(truth, kernels::known_bits(&array), rows)
            }
        }
    }

    fn and(self, other: Truths) -> Truths {
        let is_false = self.known & !self.truth | other.known & !other.truth;
        Truths { truth: self.truth & other.truth, known: self.known & other.known | is_false }
    }

    fn or(self, other: Truths) -> Truths {
        let truth = self.truth | other.truth;
        Truths { truth, known: self.known & other.known | truth }
    }

    /// The rows, of so many, that this as the left side of AND or OR does not decide.
    fn open(self, and: bool, rows: usize) -> u128 {
        let decided = if and { self.known & !self.truth } else { self.truth };
        all(rows) & !decided
    }

    /// What is known of some rows alone, as of all rows: of the others nothing is.
    fn spread(self, rows: u128) -> Truths {
        let (mut spread, mut rest) = (Truths::UNKNOWN, rows);
        for row in 0..rows.count_ones() {
            let place = rest & rest.wrapping_neg();
            rest &= !place;
            let of = |bits: u128| place * (bits >> row & 1);
            spread.truth |= of(self.truth);
            spread.known |= of(self.known);
        }
        spread
    }

    fn not(self) -> Truths {
        Truths { truth: self.known & !self.truth, known: self.known }
    }
}

/// For which rows of a batch a condition is true.
pub enum Selection {
    /// For none.
    None,
    /// For each.
    All,
    /// For those for which the mask is, which is never NULL.
    Some(BooleanArray),
}

/// The bits of so many rows.
fn all(rows: usize) -> u128 {
    if rows >= MOST_ROWS { u128::MAX } else { (1 << rows) - 1 }
}

impl Context {
    /// The rows of a batch for which a condition is true; `None` where there is no such row.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn filter(
        &self,
        condition: &BoundExpression,
        batch: &Batch,
    ) -> Result<Option<Batch>, Error> {
        match self.select(condition, batch)? {
            Selection::None => Ok(None),
            Selection::All => Ok(Some(batch.clone())),
            Selection::Some(mask) => batch.filter_some(&mask),
        }
    }

    /// For which rows of a batch a condition is true.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn select(&self, condition: &BoundExpression, batch: &Batch) -> Result<Selection, Error> {
        if batch.rows <= MOST_ROWS {
            return Ok(match self.truths(condition, batch)?.truth {
                0 => Selection::None,
                truth if truth == all(batch.rows) => Selection::All,
                truth => Selection::Some(as_mask(truth, batch.rows)),
            });
        }
        match self.evaluate(condition, batch) {
            Ok(Datum::Scalar(value)) if value.is_true() => Ok(Selection::All),
            Ok(Datum::Scalar(_)) => Ok(Selection::None),
            Ok(mask) => Ok(Selection::Some(compare::selected(&mask.into_mask(batch.rows)))),
            Err(error) if error.is_batch_too_large() => {
                Ok(Selection::Some(self.mask(condition, batch)?))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a condition is true, for each row of a batch; never NULL.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    pub fn mask(&self, condition: &BoundExpression, batch: &Batch) -> Result<BooleanArray, Error> {
        if batch.rows <= MOST_ROWS {
            return Ok(as_mask(self.truths(condition, batch)?.truth, batch.rows));
        }
        let masks = each_part(batch, |part| {
            Ok(match self.evaluate(condition, part)? {
                Datum::Scalar(value) => BooleanArray::from(vec![value.is_true(); part.rows]),
                mask => compare::selected(&mask.into_mask(part.rows)),
            })
        })?;
        Ok(match masks.as_slice() {
            [only] => only.clone(),
            masks => BooleanArray::from_iter(masks.iter().flatten()),
        })
    }

    /// What is known of a condition for each of up to 128 rows.
    ///
    /// # Errors
    /// As [`Context::evaluate`].
    fn truths(&self, condition: &BoundExpression, batch: &Batch) -> Result<Truths, Error> {
        with_stack(|| self.truths_of(condition, batch)).map_err(|error| error.at(condition.place))
    }

    fn truths_of(&self, condition: &BoundExpression, batch: &Batch) -> Result<Truths, Error> {
        if let BoundKind::And(a, b) = &condition.kind {
            return self.truths_of_both(true, a, b, batch);
        }
        if let BoundKind::Or(a, b) = &condition.kind {
            return self.truths_of_both(false, a, b, batch);
        }
        if let BoundKind::Not(a) = &condition.kind {
            return Ok(self.truths(a, batch)?.not());
        }
        if let BoundKind::Compare(comparison, a, b) = &condition.kind {
            let (x, y) = (self.evaluate(a, batch)?, self.evaluate(b, batch)?);
            return compare::few(*comparison, (&x, a.data_type), (&y, b.data_type), batch.rows);
        }
        Ok(Truths::of(self.evaluate(condition, batch)?, batch.rows))
    }

    /// AND or OR. A right side that may fail is computed for those rows alone that the left side leaves open.
    fn truths_of_both(
        &self,
        and: bool,
        a: &BoundExpression,
        b: &BoundExpression,
        batch: &Batch,
    ) -> Result<Truths, Error> {
        let left = self.truths(a, batch)?;
        let open = left.open(and, batch.rows);
        if open == 0 {
            return Ok(left);
        }
        let right = if b.may_fail() && open != all(batch.rows) {
            self.truths(b, &batch.filter(&as_mask(open, batch.rows))?)?.spread(open)
        } else {
            self.truths(b, batch)?
        };
        Ok(if and { left.and(right) } else { left.or(right) })
    }
}

/// The bits of so many rows as a column.
fn as_mask(truth: u128, rows: usize) -> BooleanArray {
    BooleanArray::new(
        BooleanBuffer::new(Buffer::from_vec(truth.to_le_bytes().to_vec()), 0, rows),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::Comparison;
    use crate::types::DataType;
    use crate::types::column::array_of;

    /// The truth of each row, NULL where it is not known.
    fn each(truths: Truths, rows: usize) -> Vec<Option<bool>> {
        let of = |row: usize| {
            let is_set = |bits: u128| bits >> row & 1 == 1;
            is_set(truths.known).then(|| is_set(truths.truth))
        };
        (0..rows).map(of).collect()
    }

    fn compared(comparison: Comparison, column: usize, other: BoundExpression) -> BoundExpression {
        let column = Box::new(BoundExpression::column(column, DataType::Integer));
        let kind = BoundKind::Compare(comparison, column, Box::new(other));
        BoundExpression::new(kind, DataType::Boolean)
    }

    fn both(
        kind: fn(Box<BoundExpression>, Box<BoundExpression>) -> BoundKind,
        a: &BoundExpression,
        b: &BoundExpression,
    ) -> BoundExpression {
        BoundExpression::new(kind(Box::new(a.clone()), Box::new(b.clone())), DataType::Boolean)
    }

    /// A right side that may fail is asked about rows alone that the left one leaves open.
    #[test]
    fn what_may_fail_is_computed_where_it_decides() {
        let context = Context::of_constants();
        let column =
            |values: [Value; 5]| array_of(DataType::Integer, values.iter()).expect("small");
        let numbers = [
            Value::Integer(0),
            Value::Null,
            Value::Integer(1),
            Value::Integer(2),
            Value::Integer(i64::MIN),
        ];
        let batch = Batch::new(vec![column(numbers)], 5);
        let number = || Box::new(BoundExpression::column(0, DataType::Integer));
        let negated = BoundExpression::new(BoundKind::Negate(number()), DataType::Integer);
        let least = Box::new(BoundExpression::of(Value::Integer(-1)));
        let fails = BoundKind::Compare(Comparison::LessEqual, Box::new(negated), least);
        let fails = BoundExpression::new(fails, DataType::Boolean);
        let is_small = compared(Comparison::Less, 0, BoundExpression::of(Value::Integer(0)));
        let is_large =
            BoundExpression::new(BoundKind::Not(Box::new(is_small.clone())), DataType::Boolean);
        let and = both(BoundKind::And, &is_large, &fails);
        let said = each(context.truths(&and, &batch).expect("no overflow counts"), 5);
        assert_eq!(said, [Some(false), None, Some(true), Some(true), Some(false)]);
        let or = both(BoundKind::Or, &is_small, &fails);
        let said = each(context.truths(&or, &batch).expect("no overflow counts"), 5);
        assert_eq!(said, [Some(false), None, Some(true), Some(true), Some(true)]);
        assert!(context.truths(&fails, &batch).is_err());
    }

    /// Words say what columns say, for as many rows as a word has and for fewer, in slices, too.
    #[test]
    fn words_say_what_columns_say() {
        let context = Context::of_constants();
        let number = |row: i64, every: i64| match row % every {
            0 => Value::Null,
            rest => Value::Integer(rest - 2),
        };
        let column = |every| {
            let values: Vec<Value> = (0..150).map(|row| number(row, every)).collect();
            array_of(DataType::Integer, values.iter()).expect("small")
        };
        let whole = Batch::new(vec![column(3), column(7)], 150);
        let comparisons =
            [Comparison::Less, Comparison::NotEqual, Comparison::Is, Comparison::IsNot];
        let others = [
            BoundExpression::of(Value::Integer(0)),
            BoundExpression::of(Value::Real(0.5)),
            BoundExpression::of(Value::Null),
            BoundExpression::column(1, DataType::Integer),
        ];
        let simple: Vec<BoundExpression> = comparisons
            .iter()
            .flat_map(|comparison| {
                others.iter().map(|other| compared(*comparison, 0, other.clone()))
            })
            .collect();
        for (start, rows) in [(0, 1), (3, 10), (5, 64), (0, 65), (16, 128), (9, 0)] {
            let batch = whole.slice(start, rows);
            for (a, b) in simple.iter().flat_map(|a| simple.iter().map(move |b| (a, b))) {
                let not =
                    BoundExpression::new(BoundKind::Not(Box::new(b.clone())), DataType::Boolean);
                for condition in
                    [both(BoundKind::And, a, &not), both(BoundKind::Or, a, &not), a.clone()]
                {
                    let words = each(context.truths(&condition, &batch).expect("compares"), rows);
                    let column = context.columns(&condition, &batch).expect("compares");
                    let column: Vec<Option<bool>> = column.into_mask(rows).iter().collect();
                    assert_eq!(words, column, "{condition} for {rows} rows from {start}");
                    let kept = context.filter(&condition, &batch).expect("compares");
                    let kept = kept.map_or(0, |kept| kept.rows);
                    let mask = context.mask(&condition, &batch).expect("compares");
                    let truths = column.iter().filter(|truth| **truth == Some(true)).count();
                    assert_eq!((kept, mask.true_count()), (truths, truths), "{condition}");
                }
            }
        }
    }
}
