//! Sets of keys whose parts have a fixed width, each a word: no byte is written for them, and two are compared
//! as numbers.
//!
//! What a [`KeyTable`](super::key_table::KeyTable) does for keys of any kind a set does here for those that most
//! columns have, in a third of the memory and without a second place to look at: the slot is the key.

use super::DataType;
use super::key::KeyColumn;
use super::key_hash::KeyHashing;
use super::key_table::probe;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};

/// A key of so many parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WordKey<const PARTS: usize> {
    /// Bit `n` is set where part `n` is NULL, whose word is then 0.
    nulls: u64,
    words: [u64; PARTS],
}

/// What no key has for its NULLs.
const FREE: u64 = u64::MAX;

/// How many slots a set has that has any, and of how many it may have three taken before it grows.
const FEWEST: usize = 16;
const OF_FOUR: usize = 4;

/// Keys that are all different.
#[derive(Clone, Debug)]
pub struct WordSet<const PARTS: usize> {
    hashing: KeyHashing,
    /// As many as a power of two, or none as long as there is no key.
    slots: Vec<WordKey<PARTS>>,
    keys: usize,
}

impl<const PARTS: usize> Default for WordSet<PARTS> {
    fn default() -> WordSet<PARTS> {
        WordSet { hashing: KeyHashing::default(), slots: Vec::new(), keys: 0 }
    }
}

impl<const PARTS: usize> WordSet<PARTS> {
    /// The keys of so many rows of some columns, which are as many as a key has parts; `None` where one has values
    /// of no fixed width, which its type says.
    pub fn keys_of(columns: &[KeyColumn], rows: usize) -> Option<Vec<WordKey<PARTS>>> {
        if columns.len() != PARTS {
            return None;
        }
        let mut keys = vec![WordKey { nulls: 0, words: [0; PARTS] }; rows];
        for (part, column) in columns.iter().enumerate() {
            set_part(&mut keys, part, column)?;
        }
        Some(keys)
    }

    /// Whether a key is among them.
    pub fn contains(&self, key: &WordKey<PARTS>) -> bool {
        !self.slots.is_empty() && self.slots[self.slot(key)].nulls != FREE
    }

    /// Adds a key; whether it is new.
    pub fn insert(&mut self, key: &WordKey<PARTS>) -> bool {
        if self.slots.len() * (OF_FOUR - 1) <= self.keys * OF_FOUR {
            self.grow();
        }
        let slot = self.slot(key);
        let is_new = self.slots[slot].nulls == FREE;
        if is_new {
            self.slots[slot] = *key;
            self.keys += 1;
        }
        is_new
    }

    /// The slot of a key, or the free one where it would be.
    #[inline]
    fn slot(&self, key: &WordKey<PARTS>) -> usize {
        let last = self.slots.len() - 1;
        let first = self.hashing.place_of_words(key.nulls, &key.words, last);
        probe(first, last, |at| self.slots[at].nulls == FREE || self.slots[at] == *key)
    }

    fn grow(&mut self) {
        let count = (2 * self.slots.len()).max(FEWEST);
        let free = WordKey { nulls: FREE, words: [0; PARTS] };
        let before = std::mem::replace(&mut self.slots, vec![free; count]);
        for key in before.into_iter().filter(|key| key.nulls != FREE) {
            let slot = self.slot(&key);
            self.slots[slot] = key;
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
            set_words(keys, part, values.iter().map(|value| value.cast_unsigned()));
        }
        DataType::Real => {
            let values = array.as_primitive::<Float64Type>().values();
            // Both zeros are one value.
            set_words(keys, part, values.iter().map(|value| (value + 0.0).to_bits()));
        }
        DataType::Boolean => {
            set_words(keys, part, array.as_boolean().values().iter().map(u64::from));
        }
        DataType::Date => {
            let values = array.as_primitive::<Date32Type>().values();
            set_words(keys, part, values.iter().map(|day| i64::from(*day).cast_unsigned()));
        }
        DataType::Timestamp => {
            let values = array.as_primitive::<TimestampMicrosecondType>().values();
            set_words(keys, part, values.iter().map(|moment| moment.cast_unsigned()));
        }
        DataType::Decimal { .. }
        | DataType::Numeric
        | DataType::Text
        | DataType::Json
        | DataType::Blob
        | DataType::Any
        | DataType::Flexible(_) => return None,
    }
    if let Some(nulls) = array.nulls() {
        for (key, _) in keys.iter_mut().zip(nulls).filter(|(_, is_known)| !is_known) {
            key.nulls |= 1 << part;
            key.words[part] = 0;
        }
    }
    Some(())
}

fn set_words<const PARTS: usize>(
    keys: &mut [WordKey<PARTS>],
    part: usize,
    words: impl Iterator<Item = u64>,
) {
    keys.iter_mut().zip(words).for_each(|(key, word)| key.words[part] = word);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use crate::types::key::row_key;
    use crate::types::{Date, Timestamp, Value};
    use proptest::prelude::*;
    use std::collections::HashSet;

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
        fn a_set_knows_what_bytes_know(
            (one_type, one) in values(), (other_type, other) in values(),
        ) {
            let rows = one.len().min(other.len());
            let column = |data_type, values: &[Value]| {
                let array = array_of(data_type, values[..rows].iter()).expect("small");
                KeyColumn::ascending(array, data_type)
            };
            let columns = [column(one_type, &one), column(other_type, &other)];
            let keys = WordSet::<2>::keys_of(&columns, rows).expect("words");
            let (mut set, mut bytes, mut key) = (WordSet::default(), HashSet::new(), Vec::new());
            for (row, word_key) in keys.iter().enumerate() {
                row_key(&mut key, &columns, row);
                prop_assert_eq!(set.contains(word_key), bytes.contains(&key));
                prop_assert_eq!(set.insert(word_key), bytes.insert(key.clone()));
                prop_assert!(set.contains(word_key));
            }
        }
    }

    #[test]
    fn texts_are_no_words() {
        let texts = array_of(DataType::Text, [Value::text("a")].iter()).expect("small");
        let column = KeyColumn::ascending(texts, DataType::Text);
        assert!(WordSet::<1>::keys_of(std::slice::from_ref(&column), 1).is_none());
        assert!(WordSet::<1>::keys_of(&[], 1).is_none());
    }
}
