//! Whether a value is one of a list.

use super::compare::as_column_has;
use super::datum::{Datum, map_values};
use super::{Error, kernels};
use crate::types::{DataType, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use std::cmp::Ordering;
use std::sync::Arc;

/// A column of values that are looked for in a list, item by item.
pub(super) struct Membership {
    wanted: Datum,
    data_type: DataType,
    rows: usize,
    /// What is known of each row by the items that differ from row to row; empty while there is none.
    seen: Vec<Seen>,
}

/// What is known of one row.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Whether its value is one of the items.
    found: bool,
    /// Whether one of the items is NULL.
    unknown: bool,
}

impl Membership {
    /// Looks for these values, of so many rows.
    pub fn new(wanted: Datum, data_type: DataType, rows: usize) -> Membership {
        Membership { wanted, data_type, rows, seen: Vec::new() }
    }

    /// Looks at one item, which is a column.
    pub fn look_into(&mut self, item: &Datum, data_type: DataType) {
        self.seen.resize(self.rows, Seen::default());
        for (row, seen) in self.seen.iter_mut().enumerate() {
            let value = item.value(data_type, row);
            seen.unknown |= value.is_null();
            seen.found |= !value.is_null() && value == self.wanted.value(self.data_type, row);
        }
    }

    /// Looks at all items that are the same for every row; gives the answer for each.
    ///
    /// # Errors
    /// None of its own.
    pub fn finish<'a>(
        self,
        constants: impl Iterator<Item = &'a Value>,
        negated: bool,
    ) -> Result<Datum, Error> {
        let Membership { wanted, data_type, rows, seen } = self;
        let mut unknown = false;
        let mut known: Vec<&Value> = Vec::with_capacity(constants.size_hint().1.unwrap_or(0));
        for value in constants {
            unknown |= value.is_null();
            known.extend((!value.is_null()).then_some(value));
        }
        // A list of nothing has nobody, not even who is unknown.
        if known.is_empty() && !unknown && seen.is_empty() {
            return Ok(Datum::Scalar(Value::Boolean(negated)));
        }
        if seen.is_empty()
            && let Datum::Array(array) = &wanted
            && let Some(found) = among(array, data_type, &known)
        {
            return Ok(answers(array, &found, unknown, negated));
        }
        known.sort_unstable_by(|a, b| a.compare(b));
        // A list that differs from row to row has an answer for each.
        let wanted = match seen.is_empty() {
            true => wanted,
            false => Datum::Array(wanted.into_array(data_type, rows)?),
        };
        let mut seen = seen.into_iter();
        map_values(rows, DataType::Boolean, &[(&wanted, data_type)], |values| {
            let seen = seen.next().unwrap_or_default();
            let found = || known.binary_search_by(|value| value.compare(&values[0])).is_ok();
            Ok(if values[0].is_null() {
                Value::Null
            } else if seen.found || found() {
                Value::Boolean(!negated)
            } else if seen.unknown || unknown {
                Value::Null
            } else {
                Value::Boolean(negated)
            })
        })
    }
}

/// How many numbers are compared with all of a column one by one: to search them would take longer.
const FEW_NUMBERS: usize = 8;

/// Which slots of a column have one of some values, without making a value of each; `None` of a type that
/// has no kernel, or where a value has another type than the column.
fn among<'v>(array: &ArrayRef, data_type: DataType, values: &[&'v Value]) -> Option<BooleanBuffer> {
    if data_type == DataType::Text {
        let text = |value: &'v Value| {
            if let Value::Text(text) = value { Some(text.as_bytes()) } else { None }
        };
        let mut texts: Vec<&[u8]> = values.iter().copied().map(text).collect::<Option<_>>()?;
        texts.sort_unstable();
        let column = array.as_string::<i32>();
        let is_one = |row: usize| texts.binary_search(&column.value(row).as_bytes()).is_ok();
        return Some(BooleanBuffer::collect_bool(array.len(), is_one));
    }
    if data_type == DataType::Integer {
        let integer =
            |value| if let Value::Integer(integer) = value { Some(integer) } else { None };
        let integers = numbers(values, data_type, integer)?;
        let column = array.as_primitive::<Int64Type>().values();
        return Some(found(column, integers, i64::cmp));
    }
    if data_type == DataType::Real {
        let real = |value| if let Value::Real(real) = value { Some(real) } else { None };
        let reals = numbers(values, data_type, real)?;
        let column = array.as_primitive::<Float64Type>().values();
        let order = |a: &f64, b: &f64| a.partial_cmp(b).unwrap_or(Ordering::Equal);
        return Some(found(column, reals, order));
    }
    None
}

/// The values as a column of numbers has them, but those that no number of its type is equal to; `None`
/// where one is no number.
fn numbers<T>(
    values: &[&Value],
    data_type: DataType,
    number: impl Fn(Value) -> Option<T>,
) -> Option<Vec<T>> {
    let all = values.iter().all(|value| value.data_type().is_number());
    let of_column = |value: &&Value| number(as_column_has(value, data_type)?);
    all.then(|| values.iter().filter_map(of_column).collect())
}

/// Which numbers of a column are one of some.
fn found<T: Copy + PartialEq>(
    column: &[T],
    mut numbers: Vec<T>,
    order: impl Fn(&T, &T) -> Ordering + Copy,
) -> BooleanBuffer {
    if numbers.len() <= FEW_NUMBERS {
        return kernels::one_of_few(column, &numbers);
    }
    numbers.sort_unstable_by(order);
    let is_one =
        |row: usize| numbers.binary_search_by(|number| order(number, &column[row])).is_ok();
    BooleanBuffer::collect_bool(column.len(), is_one)
}

/// What IN says where these were found: nothing is known of a NULL, and of what was not found beside one.
fn answers(array: &ArrayRef, found: &BooleanBuffer, unknown: bool, negated: bool) -> Datum {
    let known = array.nulls().map(|nulls| nulls.inner().clone());
    let known = match (known, unknown) {
        (known, false) => known,
        (Some(known), true) => Some(&known & found),
        (None, true) => Some(found.clone()),
    };
    let truth = if negated { !found } else { found.clone() };
    Datum::Array(Arc::new(BooleanArray::new(truth, known.map(NullBuffer::new))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;

    /// A column is looked for as its values are, one by one.
    #[test]
    fn columns_are_found_as_values_are() {
        let integers = [i64::MIN, -1, 0, 2, 1 << 53, (1 << 53) + 1, i64::MAX].map(Value::Integer);
        let reals = [-9.223_372_036_854_776e18, -0.5, 0.0, 2.0, 9_007_199_254_740_992.0, 1e300];
        let reals = reals.map(Value::Real);
        let mixed = || integers.iter().chain(&reals);
        for (data_type, values) in [(DataType::Integer, &integers[..]), (DataType::Real, &reals)] {
            let column = array_of(data_type, values.iter()).expect("small");
            let all: Vec<&Value> = mixed().collect();
            for list in all.chunks(2).chain(all.chunks(5)).chain([all.as_slice(), &[]]) {
                let found = among(&column, data_type, list).expect("numbers have a kernel");
                for (row, value) in values.iter().enumerate() {
                    assert_eq!(found.value(row), list.contains(&value), "{value} IN {list:?}");
                }
            }
            assert!(among(&column, data_type, &[&Value::text("2")]).is_none());
        }
    }
}
