//! Keys that an operator holds, as long as the memory has room for them.

use super::kernels;
use super::key_rows::{KeyForm, KeyRows};
use super::memory::{MemoryBudget, Reservation};
use crate::types::key_table::KeyTable;
use crate::types::word_table::{WordKey, WordTable};
use arrow_array::BooleanArray;
use std::sync::Arc;

/// Bytes that a key takes besides its own, where it is held as bytes.
const ENTRY_BYTES: usize = 56;

/// A set of keys within a budget. The types of the columns say which of its parts all of them are in.
#[derive(Debug)]
pub struct HeldKeys {
    of_one_word: WordTable<1, ()>,
    of_two_words: WordTable<2, ()>,
    /// Texts as they are, or all other keys as bytes.
    of_bytes: KeyTable,
    /// Whether NULL is one of the texts.
    has_null: bool,
    memory: Reservation,
    is_full: bool,
}

impl HeldKeys {
    /// No keys.
    pub fn new(budget: &Arc<MemoryBudget>) -> HeldKeys {
        HeldKeys {
            of_one_word: WordTable::default(),
            of_two_words: WordTable::default(),
            of_bytes: KeyTable::default(),
            has_null: false,
            memory: Reservation::new(budget),
            is_full: false,
        }
    }

    /// Adds the keys of a batch; which rows have a new one.
    pub fn insert(&mut self, keys: &KeyRows) -> BooleanArray {
        let mut bytes = 0;
        let new = match &keys.form {
            KeyForm::OneWord(words) => insert_words(&mut self.of_one_word, words, &mut bytes),
            KeyForm::TwoWords(words) => insert_words(&mut self.of_two_words, words, &mut bytes),
            KeyForm::Text => {
                let texts = keys.texts();
                kernels::mask(keys.rows, |row| match texts.at(row) {
                    Some(text) => insert_bytes(&mut self.of_bytes, text.as_bytes(), &mut bytes),
                    None => !std::mem::replace(&mut self.has_null, true),
                })
            }
            KeyForm::Bytes => {
                let mut key = Vec::new();
                kernels::mask(keys.rows, |row| {
                    keys.write(&mut key, row);
                    insert_bytes(&mut self.of_bytes, &key, &mut bytes)
                })
            }
        };
        self.is_full |= bytes > 0 && !self.memory.grow(bytes);
        new
    }

    /// Which rows of a batch have one of the keys.
    pub fn contained(&self, keys: &KeyRows) -> BooleanArray {
        match &keys.form {
            KeyForm::OneWord(words) => {
                kernels::mask(keys.rows, |row| self.of_one_word.get(&words[row]).is_some())
            }
            KeyForm::TwoWords(words) => {
                kernels::mask(keys.rows, |row| self.of_two_words.get(&words[row]).is_some())
            }
            KeyForm::Text => {
                let texts = keys.texts();
                kernels::mask(keys.rows, |row| match texts.at(row) {
                    Some(text) => self.of_bytes.number(text.as_bytes()).is_some(),
                    None => self.has_null,
                })
            }
            KeyForm::Bytes => {
                let mut key = Vec::new();
                kernels::mask(keys.rows, |row| {
                    keys.write(&mut key, row);
                    self.of_bytes.number(&key).is_some()
                })
            }
        }
    }

    /// Whether there is no memory for more of them.
    pub fn is_full(&self) -> bool {
        self.is_full
    }
}

/// Adds keys of words, and to `bytes` about how many those take that are new; which are.
fn insert_words<const PARTS: usize>(
    table: &mut WordTable<PARTS, ()>,
    words: &[WordKey<PARTS>],
    bytes: &mut usize,
) -> BooleanArray {
    kernels::mask(words.len(), |row| {
        let is_new = table.insert(&words[row], ());
        *bytes += if is_new { WordTable::<PARTS, ()>::KEY_BYTES } else { 0 };
        is_new
    })
}

/// The same of a key that is bytes.
fn insert_bytes(table: &mut KeyTable, key: &[u8], bytes: &mut usize) -> bool {
    let (_, is_new) = table.insert(key);
    *bytes += if is_new { key.len() + ENTRY_BYTES } else { 0 };
    is_new
}
