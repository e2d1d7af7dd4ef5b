//! Keys that are numbered from 0 as they come.

use super::code_numbers::CodeNumbers;
use super::key_rows::{KeyForm, KeyFormTables, KeyRows};
use crate::types::word_table::{WordKey, WordTable};
use arrow_array::BooleanArray;
use std::borrow::Cow;

/// Numbered keys of one form, which the types of their columns say.
#[derive(Debug, Default)]
pub struct KeyNumbers {
    /// The number of each; texts that came behind a NULL have one more than among texts alone.
    numbers: KeyFormTables<usize>,
    /// Keys of words in order of their numbers.
    of_one_word: Vec<WordKey<1>>,
    of_two_words: Vec<WordKey<2>>,
    /// The numbers of texts by their codes.
    coded: CodeNumbers,
}

impl KeyNumbers {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        let words = self.of_one_word.len() + self.of_two_words.len();
        words + self.numbers.of_bytes.len() + usize::from(self.numbers.null.is_some())
    }

    /// The number of each row's key; tells of each row that has a new one, and about how many bytes that
    /// takes.
    pub fn number(&mut self, keys: &KeyRows, mut new: impl FnMut(usize, usize)) -> Vec<usize> {
        let KeyNumbers { numbers: table, of_one_word, of_two_words, .. } = self;
        match &keys.form {
            KeyForm::OneWord(words) => {
                number_words(&mut table.of_one_word, of_one_word, words, new)
            }
            KeyForm::TwoWords(words) => {
                number_words(&mut table.of_two_words, of_two_words, words, new)
            }
            KeyForm::Text => self.number_texts(keys, new),
            KeyForm::Bytes => {
                let (mut key, mut before) = (Vec::new(), Vec::new());
                let mut numbers: Vec<usize> = Vec::with_capacity(keys.rows);
                for row in 0..keys.rows {
                    std::mem::swap(&mut key, &mut before);
                    keys.write(&mut key, row);
                    // Rows often come group by group.
                    let same = numbers.last().copied().filter(|_| key == before);
                    numbers.push(same.unwrap_or_else(|| {
                        let (number, is_new) = table.of_bytes.insert(&key);
                        if is_new {
                            new(row, 2 * key.len());
                        }
                        number
                    }));
                }
                numbers
            }
        }
    }

    fn number_texts(&mut self, keys: &KeyRows, mut new: impl FnMut(usize, usize)) -> Vec<usize> {
        let KeyNumbers { numbers: known, coded, .. } = self;
        let texts = keys.texts();
        if let Some(codes) = keys.codes() {
            return coded.number(codes, |row| number_text(known, texts.at(row), row, &mut new));
        }
        let mut numbers: Vec<usize> = Vec::with_capacity(keys.rows);
        let mut before = None;
        for row in 0..keys.rows {
            let text = texts.at(row);
            let same = numbers.last().copied().filter(|_| text == before);
            numbers.push(match same {
                Some(number) => number,
                None => number_text(known, text.clone(), row, &mut new),
            });
            before = text;
        }
        numbers
    }

    /// Which rows have a key that has a number.
    pub fn contained(&self, keys: &KeyRows) -> BooleanArray {
        self.numbers.contained(keys)
    }

    /// The numbers of all keys, in order of the keys, NULLs first.
    pub fn in_order(&self) -> Vec<usize> {
        let KeyFormTables { of_bytes, null, .. } = &self.numbers;
        let of_bytes = of_bytes.in_order().into_iter().map(|number| behind_null(*null, number));
        let words = in_order(&self.of_one_word).into_iter().chain(in_order(&self.of_two_words));
        words.chain(*null).chain(of_bytes).collect()
    }
}

/// The number of the text of a row, or of NULL; tells whether it is new.
fn number_text(
    known: &mut KeyFormTables<usize>,
    text: Option<Cow<'_, str>>,
    row: usize,
    mut new: impl FnMut(usize, usize),
) -> usize {
    let KeyFormTables { of_bytes, null, .. } = known;
    let Some(text) = text else {
        if null.is_none() {
            new(row, 0);
        }
        return *null.get_or_insert(of_bytes.len());
    };
    let (number, is_new) = of_bytes.insert(text.as_bytes());
    if is_new {
        new(row, 2 * text.len());
    }
    behind_null(*null, number)
}

/// The number of a text, by the one that it has among texts alone and that of NULL.
fn behind_null(null: Option<usize>, number: usize) -> usize {
    number + usize::from(null.is_some_and(|null| null <= number))
}

/// The numbers of keys of words; new ones go behind those known.
fn number_words<const PARTS: usize>(
    numbers_of: &mut WordTable<PARTS, usize>,
    known: &mut Vec<WordKey<PARTS>>,
    words: &[WordKey<PARTS>],
    mut new: impl FnMut(usize, usize),
) -> Vec<usize> {
    let mut numbers: Vec<usize> = Vec::with_capacity(words.len());
    for (row, key) in words.iter().enumerate() {
        let same = numbers.last().copied().filter(|_| words[row - 1] == *key);
        numbers.push(same.unwrap_or_else(|| {
            let next = known.len();
            let number = numbers_of.get_or_insert(key, next);
            if number == next {
                known.push(*key);
                new(row, WordTable::<PARTS, usize>::KEY_BYTES);
            }
            number
        }));
    }
    numbers
}

/// The numbers of keys, in order of the keys.
fn in_order<const PARTS: usize>(keys: &[WordKey<PARTS>]) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..keys.len()).collect();
    numbers.sort_unstable_by_key(|number| keys[*number]);
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use crate::types::key::KeyColumn;
    use crate::types::text_codes::{CodedColumns, TextDictionary};
    use crate::types::{DataType, Value};
    use arrow_array::cast::AsArray;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn value(data_type: DataType, number: i64) -> Value {
        match (data_type, number) {
            (_, 4) => Value::Null,
            (DataType::Text, number) => {
                Value::text("ab\0".repeat(usize::try_from(number.rem_euclid(7)).expect("small")))
            }
            (_, number) => Value::Integer(number),
        }
    }

    proptest! {
        #[test]
        fn keys_of_every_form_are_numbered_as_bytes_are(
            types in proptest::collection::vec(
                prop_oneof![Just(DataType::Integer), Just(DataType::Text)], 1..4),
            batches in proptest::collection::vec(
                proptest::collection::vec(proptest::array::uniform3(-3_i64..5), 0..30), 0..4),
            coded in proptest::array::uniform4(any::<bool>()),
        ) {
            let dictionary = Arc::new(TextDictionary::default());
            let mut numbers = KeyNumbers::default();
            let mut known: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
            for (batch, is_coded) in batches.iter().zip(coded) {
                let column = |(at, data_type): (usize, &DataType)| {
                    let values: Vec<Value> =
                        batch.iter().map(|row| value(*data_type, row[at])).collect();
                    let array = array_of(*data_type, values.iter()).expect("small");
                    let mut coded = CodedColumns::default();
                    if is_coded && *data_type == DataType::Text {
                        let codes = dictionary.encode(array.as_string());
                        coded.add(&array, codes.expect("few"));
                    }
                    KeyColumn::ascending(array, *data_type).coded(&coded)
                };
                let keys = KeyRows::new(types.iter().enumerate().map(column).collect(), batch.len());
                let contained = numbers.contained(&keys);
                let (mut expected, mut first_rows, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
                let before = known.clone();
                for row in 0..batch.len() {
                    keys.write(&mut bytes, row);
                    prop_assert_eq!(contained.value(row), before.contains_key(&bytes));
                    let next = known.len();
                    expected.push(*known.entry(bytes.clone()).or_insert(next));
                    if known.len() > next {
                        first_rows.push(row);
                    }
                }
                let mut new_rows = Vec::new();
                prop_assert_eq!(numbers.number(&keys, |row, _| new_rows.push(row)), expected);
                prop_assert_eq!(new_rows, first_rows);
                prop_assert!(numbers.contained(&keys).false_count() == 0);
            }
            prop_assert_eq!(numbers.len(), known.len());
            prop_assert_eq!(numbers.in_order(), known.into_values().collect::<Vec<usize>>());
        }
    }
}
