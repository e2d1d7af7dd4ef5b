//! Keys that an operator holds, as long as the memory has room for them.

use super::kernels;
use super::memory::{MemoryBudget, Reservation};
use crate::types::key::{KeyColumn, row_key};
use crate::types::key_table::KeyTable;
use crate::types::word_set::{WordKey, WordSet};
use arrow_array::BooleanArray;
use std::sync::Arc;

/// Bytes that a key takes besides its own, where it is held as bytes.
const ENTRY_BYTES: usize = 56;

/// What the rows of a batch are told apart by.
pub struct KeyRows {
    columns: Vec<KeyColumn>,
    rows: usize,
    words: KeyWords,
}

/// The same as words, where the types of the columns allow it.
enum KeyWords {
    One(Vec<WordKey<1>>),
    Two(Vec<WordKey<2>>),
    None,
}

impl KeyRows {
    /// What so many rows have in these columns.
    pub fn new(columns: Vec<KeyColumn>, rows: usize) -> KeyRows {
        let words = match WordSet::<1>::keys_of(&columns, rows) {
            Some(keys) => KeyWords::One(keys),
            None => WordSet::<2>::keys_of(&columns, rows).map_or(KeyWords::None, KeyWords::Two),
        };
        KeyRows { columns, rows, words }
    }

    /// The columns.
    pub fn columns(&self) -> &[KeyColumn] {
        &self.columns
    }
}

/// A set of keys within a budget. The types of the columns say which of its parts all of them are in.
#[derive(Debug)]
pub struct HeldKeys {
    of_one_word: WordSet<1>,
    of_two_words: WordSet<2>,
    of_bytes: KeyTable,
    memory: Reservation,
    is_full: bool,
}

impl HeldKeys {
    /// No keys.
    pub fn new(budget: &Arc<MemoryBudget>) -> HeldKeys {
        HeldKeys {
            of_one_word: WordSet::default(),
            of_two_words: WordSet::default(),
            of_bytes: KeyTable::default(),
            memory: Reservation::new(budget),
            is_full: false,
        }
    }

    /// Adds the keys of a batch; which rows have a new one.
    pub fn insert(&mut self, keys: &KeyRows) -> BooleanArray {
        let mut bytes = 0;
        let new = match &keys.words {
            KeyWords::One(words) => insert_words(&mut self.of_one_word, words, &mut bytes),
            KeyWords::Two(words) => insert_words(&mut self.of_two_words, words, &mut bytes),
            KeyWords::None => {
                let mut key = Vec::new();
                kernels::mask(keys.rows, |row| {
                    row_key(&mut key, &keys.columns, row);
                    let (_, is_new) = self.of_bytes.insert(&key);
                    bytes += if is_new { key.len() + ENTRY_BYTES } else { 0 };
                    is_new
                })
            }
        };
        self.is_full |= bytes > 0 && !self.memory.grow(bytes);
        new
    }

    /// Which rows of a batch have one of the keys.
    pub fn contained(&self, keys: &KeyRows) -> BooleanArray {
        match &keys.words {
            KeyWords::One(words) => {
                kernels::mask(keys.rows, |row| self.of_one_word.contains(&words[row]))
            }
            KeyWords::Two(words) => {
                kernels::mask(keys.rows, |row| self.of_two_words.contains(&words[row]))
            }
            KeyWords::None => {
                let mut key = Vec::new();
                kernels::mask(keys.rows, |row| {
                    row_key(&mut key, &keys.columns, row);
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

/// Adds keys of words, and to `bytes` about how many those take that are new: of the slots of a table that
/// doubles, one to two thirds are free.
fn insert_words<const PARTS: usize>(
    set: &mut WordSet<PARTS>,
    words: &[WordKey<PARTS>],
    bytes: &mut usize,
) -> BooleanArray {
    kernels::mask(words.len(), |row| {
        let is_new = set.insert(&words[row]);
        *bytes += if is_new { 2 * size_of::<WordKey<PARTS>>() } else { 0 };
        is_new
    })
}
