//! The keys of rows that are sorted.

use super::datum::Batch;
use super::held::{HeldBatches, RowPlace};
use crate::planner::SortKey;
use crate::types::DataType;
use crate::types::key::KeyColumn;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

/// The bytes of a number in a key, which most parts of keys are.
const NUMBER_BYTES: usize = 10;

/// The columns of a batch that rows are sorted by.
pub fn key_columns(batch: &Batch, keys: &[SortKey]) -> Vec<KeyColumn> {
    let column = |key: &SortKey| KeyColumn {
        descending: key.descending,
        nulls_first: key.nulls_first,
        ..KeyColumn::ascending(batch.columns[key.column].clone(), key.data_type)
    };
    keys.iter().map(column).collect()
}

/// The keys of many rows, one after the other in one buffer.
#[derive(Default)]
pub struct SortKeys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl SortKeys {
    /// The keys of a batch's rows.
    pub fn of(batch: &Batch, keys: &[SortKey]) -> SortKeys {
        let mut all = SortKeys::default();
        all.extend(batch, keys);
        all
    }

    fn extend(&mut self, batch: &Batch, keys: &[SortKey]) {
        let columns = key_columns(batch, keys);
        self.ends.reserve(batch.rows);
        self.bytes.reserve(batch.rows * columns.len() * NUMBER_BYTES);
        for row in 0..batch.rows {
            columns.iter().for_each(|column| column.push(&mut self.bytes, row));
            self.ends.push(self.bytes.len());
        }
    }

    /// The key of a row.
    pub fn at(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }
}

/// Held rows in order of their keys, at most so many; equal ones keep their order.
pub fn ordered(held: &HeldBatches, keys: &[SortKey], most: usize) -> Vec<RowPlace> {
    let (starts, rest) = starts(held, keys);
    let mut rows: Vec<(u64, usize)> = starts.into_iter().zip(0..).collect();
    let compare = |a: &(u64, usize), b: &(u64, usize)| {
        a.0.cmp(&b.0).then_with(|| rest.at(a.1).cmp(rest.at(b.1))).then(a.1.cmp(&b.1))
    };
    // Those that are not wanted need no order.
    if most < rows.len() {
        rows.select_nth_unstable_by(most, compare);
        rows.truncate(most);
    }
    rows.sort_unstable_by(compare);
    let rows = rows.into_iter().map(|(_, row)| row);
    if held.batches().len() == 1 {
        return rows.map(|row| (0, row)).collect();
    }
    let places: Vec<RowPlace> = held.places().collect();
    rows.map(|row| places[row]).collect()
}

/// What most rows are told apart by, as numbers that stand side by side, and what tells those apart of which
/// these are equal.
fn starts(held: &HeldBatches, keys: &[SortKey]) -> (Vec<u64>, SortKeys) {
    let of_all = |keys: &[SortKey]| {
        let mut all = SortKeys::default();
        held.batches().iter().for_each(|batch| all.extend(batch, keys));
        all
    };
    if let Some((first, others)) = keys.split_first()
        && let Some(numbers) = whole_numbers(held, first)
    {
        return (numbers, of_all(others));
    }
    let all = of_all(keys);
    let start = |row: usize| {
        let mut start = [0; 8];
        start.iter_mut().zip(all.at(row)).for_each(|(to, from)| *to = *from);
        u64::from_be_bytes(start)
    };
    ((0..held.rows()).map(start).collect(), all)
}

/// Numbers that order as a key does; `None` where it is no whole number, or NULL in some row.
fn whole_numbers(held: &HeldBatches, key: &SortKey) -> Option<Vec<u64>> {
    /// The sign, which of unsigned numbers is the highest digit.
    const SIGN: u64 = 1 << 63;
    let mut numbers = Vec::with_capacity(held.rows());
    for batch in held.batches() {
        let column = batch.columns[key.column].as_primitive_opt::<Int64Type>();
        let known = column.filter(|column| column.null_count() == 0)?.values().iter();
        let number = |integer: &i64| {
            let number = integer.cast_unsigned() ^ SIGN;
            if key.descending { !number } else { number }
        };
        numbers.extend(known.map(number));
    }
    (key.data_type == DataType::Integer).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Value;
    use crate::types::column::array_of;
    use proptest::prelude::*;

    fn integer() -> impl Strategy<Value = i64> {
        prop_oneof![-2_i64..3, Just(i64::MIN), Just(i64::MAX), Just((1 << 53) + 1)]
    }

    proptest! {
        #[test]
        fn whole_numbers_sort_as_their_keys_do(
            rows in proptest::collection::vec((integer(), integer()), 0..40),
            descending in any::<bool>(),
        ) {
            let data_type = DataType::Integer;
            let column = |of: fn(&(i64, i64)) -> i64| {
                let values: Vec<Value> = rows.iter().map(|row| Value::Integer(of(row))).collect();
                array_of(data_type, values.iter()).expect("small")
            };
            let columns = vec![column(|row| row.0), column(|row| row.1)];
            let batch = Batch::new(columns, rows.len());
            let key = |column, descending| {
                SortKey { column, data_type, descending, nulls_first: !descending }
            };
            let keys = [key(0, descending), key(1, !descending)];
            let by_bytes = SortKeys::of(&batch, &keys);
            let mut expected: Vec<RowPlace> = (0..rows.len()).map(|row| (0, row)).collect();
            expected.sort_by(|a, b| by_bytes.at(a.1).cmp(by_bytes.at(b.1)));
            let mut held = HeldBatches::default();
            held.push(batch);
            for most in [usize::MAX, 0, 1, 7, rows.len()] {
                let first = &expected[..most.min(rows.len())];
                prop_assert_eq!(ordered(&held, &keys, most), first);
            }
        }
    }
}
