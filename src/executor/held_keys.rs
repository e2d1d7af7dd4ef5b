//! Keys that an operator holds, as long as the memory has room for them.

use super::code_numbers::CodeNumbers;
use super::kernels;
use super::key_rows::{KeyForm, KeyFormTables, KeyRows};
use crate::types::key_table::KeyTable;
use crate::types::memory::{MemoryBudget, Reservation};
use crate::types::word_table::{WordKey, WordTable};
use arrow_array::BooleanArray;
use std::sync::Arc;

/// Bytes that a key takes besides its own, where it is held as bytes.
const ENTRY_BYTES: usize = 56;

/// A set of keys within a budget.
#[derive(Debug)]
pub struct HeldKeys {
    keys: KeyFormTables<()>,
    /// The codes of the texts that are held.
    coded: CodeNumbers,
    memory: Reservation,
    is_full: bool,
}

impl HeldKeys {
    /// No keys.
    pub fn new(budget: &Arc<MemoryBudget>) -> HeldKeys {
        HeldKeys {
            keys: KeyFormTables::default(),
            coded: CodeNumbers::default(),
            memory: Reservation::new(budget),
            is_full: false,
        }
    }

    /// Adds the keys of a batch; which rows have a new one.
    pub fn insert(&mut self, keys: &KeyRows) -> BooleanArray {
        let KeyFormTables { of_one_word, of_two_words, of_bytes, null } = &mut self.keys;
        let mut bytes = 0;
        let new = match &keys.form {
            KeyForm::OneWord(words) => insert_words(of_one_word, words, &mut bytes),
            KeyForm::TwoWords(words) => insert_words(of_two_words, words, &mut bytes),
            KeyForm::Text => {
                let texts = keys.texts();
                let mut insert = |row| match texts.at(row) {
                    Some(text) => insert_bytes(of_bytes, text.as_bytes(), &mut bytes),
                    None => null.replace(()).is_none(),
                };
                match keys.codes() {
                    None => kernels::mask(keys.rows, insert),
                    Some(codes) => {
                        let mut new = Vec::new();
                        self.coded.first_rows(codes, |row| {
                            if insert(row) {
                                new.push(row);
                            }
                        });
                        kernels::mask_of_rows(keys.rows, &new)
                    }
                }
            }
            KeyForm::Bytes => {
                let mut key = Vec::new();
                kernels::mask(keys.rows, |row| {
                    keys.write(&mut key, row);
                    insert_bytes(of_bytes, &key, &mut bytes)
                })
            }
        };
        self.is_full |= bytes > 0 && !self.memory.grow(bytes);
        new
    }

    /// Which rows of a batch have one of the keys.
    pub fn contained(&self, keys: &KeyRows) -> BooleanArray {
        self.keys.contained(keys)
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
