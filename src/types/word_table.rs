//! Keys whose parts have a fixed width, each a word: no byte is written for them, and two are compared as
//! numbers.
//!
//! What a [`KeyTable`](super::key_table::KeyTable) does for keys of any kind a table does here for those that
//! most columns have, in a third of the memory and without a second place to look at: the slot is the key.

use super::DataType;
use super::key::KeyColumn;
use super::key_hash::KeyHashing;
use super::key_table::probe;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};

/// A key of so many parts. Keys compare as their values do, NULLs first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WordKey<const PARTS: usize>([Word; PARTS]);

/// A part: what it is in the order of its type, and whether it is there; one that is not is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Word {
    is_known: bool,
    bits: u64,
}

/// How many slots a table has that has any, and of how many it may have three taken before it grows.
const FEWEST: usize = 16;
const OF_FOUR: usize = 4;

/// Keys that are all different, and what each stands for.
#[derive(Clone, Debug)]
pub struct WordTable<const PARTS: usize, V> {
    hashing: KeyHashing,
    /// As many as a power of two, or none as long as there is no key.
    slots: Vec<Option<(WordKey<PARTS>, V)>>,
    keys: usize,
}

impl<const PARTS: usize, V> Default for WordTable<PARTS, V> {
    fn default() -> WordTable<PARTS, V> {
        WordTable { hashing: KeyHashing::default(), slots: Vec::new(), keys: 0 }
    }
}

impl<const PARTS: usize> WordKey<PARTS> {
    /// The keys of so many rows of some columns, which are as many as a key has parts; `None` where one has values
    /// of no fixed width, which its type says.
    pub fn of_columns(columns: &[KeyColumn], rows: usize) -> Option<Vec<WordKey<PARTS>>> {
        if columns.len() != PARTS {
            return None;
        }
        let unknown = Word { is_known: false, bits: 0 };
        let mut keys = vec![WordKey([unknown; PARTS]); rows];
        for (part, column) in columns.iter().enumerate() {
            set_part(&mut keys, part, column)?;
        }
        Some(keys)
    }
}

impl<const PARTS: usize, V: Copy> WordTable<PARTS, V> {
    /// How many bytes a key takes where one slot of three is free.
    pub const KEY_BYTES: usize = 2 * size_of::<Option<(WordKey<PARTS>, V)>>();

    /// What a key stands for, if it is there.
    pub fn get(&self, key: &WordKey<PARTS>) -> Option<V> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.slot(key)].map(|(_, value)| value)
    }

    /// What a key stands for: `value` where it is new.
    pub fn get_or_insert(&mut self, key: &WordKey<PARTS>, value: V) -> V {
        if self.slots.len() * (OF_FOUR - 1) <= self.keys * OF_FOUR {
            self.grow();
        }
        let slot = self.slot(key);
        let known = &mut self.slots[slot];
        match known {
            Some((_, known)) => *known,
            free => {
                *free = Some((*key, value));
                self.keys += 1;
                value
            }
        }
    }

    /// Adds a key; whether it is new.
    pub fn insert(&mut self, key: &WordKey<PARTS>, value: V) -> bool {
        let before = self.keys;
        self.get_or_insert(key, value);
        self.keys > before
    }

    /// The slot of a key, or the free one where it would be.
    #[inline]
    fn slot(&self, key: &WordKey<PARTS>) -> usize {
        let last = self.slots.len() - 1;
        let words = key.0.iter().map(|word| word.bits ^ u64::from(word.is_known));
        probe(self.hashing.place_of_words(words, last), last, |at| {
            self.slots[at].as_ref().is_none_or(|(known, _)| known == key)
        })
    }

    fn grow(&mut self) {
        let count = (2 * self.slots.len()).max(FEWEST);
        let before = std::mem::replace(&mut self.slots, vec![None; count]);
        for (key, value) in before.into_iter().flatten() {
            let slot = self.slot(&key);
            self.slots[slot] = Some((key, value));
        }
    }
}

/// Sets one part of the keys of rows; `None` where a column's type has values of no fixed width.
fn set_part<const PARTS: usize>(
    keys: &mut [WordKey<PARTS>],
    part: usize,
    column: &KeyColumn,
) -> Option<()> {
    let array = &column.array;
    match column.data_type {
        DataType::Integer => {
            let values = array.as_primitive::<Int64Type>().values();
            set_words(keys, part, array, values.iter().map(|value| of_integer(*value)));
        }
        DataType::Real => {
            let values = array.as_primitive::<Float64Type>().values();
            set_words(keys, part, array, values.iter().map(|value| of_real(*value)));
        }
        DataType::Boolean => {
            let values = array.as_boolean().values();
            set_words(keys, part, array, values.iter().map(u64::from));
        }
        DataType::Date => {
            let values = array.as_primitive::<Date32Type>().values();
            set_words(keys, part, array, values.iter().map(|day| of_integer(i64::from(*day))));
        }
        DataType::Timestamp => {
            let values = array.as_primitive::<TimestampMicrosecondType>().values();
            set_words(keys, part, array, values.iter().map(|moment| of_integer(*moment)));
        }
        DataType::Decimal { .. }
        | DataType::Numeric
        | DataType::Text
        | DataType::Json
        | DataType::Blob
        | DataType::Any
        | DataType::Flexible(_) => return None,
    }
    Some(())
}

/// The sign, which of unsigned numbers is the highest digit.
const SIGN: u64 = 1 << 63;

fn of_integer(value: i64) -> u64 {
    value.cast_unsigned() ^ SIGN
}

/// Both zeros are one value.
fn of_real(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn set_words<const PARTS: usize>(
    keys: &mut [WordKey<PARTS>],
    part: usize,
    array: &dyn Array,
    words: impl Iterator<Item = u64>,
) {
    let keyed = keys.iter_mut().zip(words);
    match array.nulls() {
        None => keyed.for_each(|(key, bits)| key.0[part] = Word { is_known: true, bits }),
        Some(nulls) => {
            for ((key, bits), is_known) in keyed.zip(nulls) {
                key.0[part] = Word { is_known, bits: if is_known { bits } else { 0 } };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use crate::types::key::row_key;
    use crate::types::{Date, Timestamp, Value};
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// Values of each type that has a fixed width, few enough to come twice.
    fn values() -> impl Strategy<Value = (DataType, Vec<Value>)> {
        let rows = || 0..60;
        let listed = |data_type, of: fn(i64) -> Value| {
            let value = (-4_i64..5).prop_map(move |n| if n == 4 { Value::Null } else { of(n) });
            proptest::collection::vec(value, rows()).prop_map(move |values| (data_type, values))
        };
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let real = |n: i64| Value::Real(if n == -1 { -0.0 } else { n as f64 / 2.0 });
        let integer = |n: i64| Value::Integer(if n == 3 { i64::MIN } else { n * ((1 << 53) + 1) });
        prop_oneof![
            listed(DataType::Integer, integer),
            listed(DataType::Real, real),
            listed(DataType::Boolean, |n| Value::Boolean(n > 0)),
            listed(DataType::Date, |n| Value::Date(Date(i32::try_from(n).expect("small")))),
            listed(DataType::Timestamp, |n| Value::Timestamp(Timestamp(n * 1_000_000))),
        ]
    }

    proptest! {
        #[test]
        fn a_table_knows_what_bytes_know(
            (one_type, one) in values(), (other_type, other) in values(),
        ) {
            let rows = one.len().min(other.len());
            let column = |data_type, values: &[Value]| {
                let array = array_of(data_type, values[..rows].iter()).expect("small");
                KeyColumn::ascending(array, data_type)
            };
            let columns = [column(one_type, &one), column(other_type, &other)];
            let keys = WordKey::<2>::of_columns(&columns, rows).expect("words");
            let (mut table, mut known) = (WordTable::default(), HashMap::new());
            let bytes_of = |row: usize| {
                let mut bytes = Vec::new();
                row_key(&mut bytes, &columns, row);
                bytes
            };
            for (row, key) in keys.iter().enumerate() {
                let bytes = bytes_of(row);
                prop_assert_eq!(table.get(key), known.get(&bytes).copied());
                let first = *known.entry(bytes).or_insert(row);
                prop_assert_eq!(table.get_or_insert(key, row), first);
                prop_assert_eq!(table.insert(key, row), false);
                for (before, other) in keys[..row].iter().enumerate() {
                    prop_assert_eq!(key.cmp(other), bytes_of(row).cmp(&bytes_of(before)));
                }
            }
        }
    }

    #[test]
    fn texts_are_no_words() {
        let texts = array_of(DataType::Text, [Value::text("a")].iter()).expect("small");
        let column = KeyColumn::ascending(texts, DataType::Text);
        assert!(WordKey::<1>::of_columns(std::slice::from_ref(&column), 1).is_none());
        assert!(WordKey::<1>::of_columns(&[], 1).is_none());
    }
}
