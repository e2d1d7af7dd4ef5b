//! Whether a value is one of a list.

use super::Error;
use super::datum::{Datum, map_values};
use crate::types::{DataType, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
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
        let integer = |value: &&Value| {
            if let Value::Integer(integer) = value { Some(*integer) } else { None }
        };
        let mut integers: Vec<i64> = values.iter().map(integer).collect::<Option<_>>()?;
        integers.sort_unstable();
        let column = array.as_primitive::<Int64Type>().values();
        let is_one = |row: usize| integers.binary_search(&column[row]).is_ok();
        return Some(BooleanBuffer::collect_bool(array.len(), is_one));
    }
    None
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
