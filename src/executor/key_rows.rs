//! What the rows of a batch are told apart by, in the form that costs least for the types of their columns.

use super::kernels;
use crate::types::DataType;
use crate::types::key::{KeyColumn, row_key};
use crate::types::key_table::KeyTable;
use crate::types::text_codes::TextCodes;
use crate::types::word_table::{WordKey, WordTable};
use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray, StringArray};
use std::borrow::Cow;

/// Keys of rows. The types of the columns alone say which form they have.
pub struct KeyRows {
    columns: Vec<KeyColumn>,
    /// How many rows there are.
    pub rows: usize,
    /// The keys, in one of the forms.
    pub form: KeyForm,
}

/// The forms that keys have.
pub enum KeyForm {
    /// One value of a fixed width.
    OneWord(Vec<WordKey<1>>),
    /// Two of them.
    TwoWords(Vec<WordKey<2>>),
    /// One text.
    Text,
    /// Whatever else, as the bytes that [`key`](crate::types::key) makes.
    Bytes,
}

impl KeyRows {
    /// What so many rows have in these columns.
    pub fn new(columns: Vec<KeyColumn>, rows: usize) -> KeyRows {
        let form = if matches!(columns.as_slice(), [KeyColumn { data_type: DataType::Text, .. }]) {
            KeyForm::Text
        } else if let Some(keys) = WordKey::<1>::of_columns(&columns, rows) {
            KeyForm::OneWord(keys)
        } else if let Some(keys) = WordKey::<2>::of_columns(&columns, rows) {
            KeyForm::TwoWords(keys)
        } else {
            KeyForm::Bytes
        };
        KeyRows { columns, rows, form }
    }

    /// The columns.
    pub fn columns(&self) -> &[KeyColumn] {
        &self.columns
    }

    /// The texts of the one column that keys of texts have.
    pub fn texts(&self) -> KeyTexts<'_> {
        let column = &self.columns[0];
        KeyTexts { column, texts: column.array.as_string() }
    }

    /// The codes of these texts, where they have some.
    pub fn codes(&self) -> Option<&TextCodes> {
        self.columns.first().and_then(|column| column.codes.as_ref())
    }

    /// The key of a row as bytes, in the place of what `key` was.
    pub fn write(&self, key: &mut Vec<u8>, row: usize) {
        row_key(key, &self.columns, row);
    }
}

/// What keys of one form stand for, which the types of their columns say.
#[derive(Debug)]
pub struct KeyFormTables<V> {
    /// What keys of one word stand for.
    pub of_one_word: WordTable<1, V>,
    /// And those of two.
    pub of_two_words: WordTable<2, V>,
    /// Texts as they are, or all other keys as bytes.
    pub of_bytes: KeyTable,
    /// What the NULL among texts stands for, if there is one.
    pub null: Option<V>,
}

impl<V> Default for KeyFormTables<V> {
    fn default() -> KeyFormTables<V> {
        KeyFormTables {
            of_one_word: WordTable::default(),
            of_two_words: WordTable::default(),
            of_bytes: KeyTable::default(),
            null: None,
        }
    }
}

impl<V: Copy> KeyFormTables<V> {
    /// Which rows have a key that is there.
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
                    None => self.null.is_some(),
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
}

/// Keys that are texts.
pub struct KeyTexts<'a> {
    column: &'a KeyColumn,
    texts: &'a StringArray,
}

impl<'a> KeyTexts<'a> {
    /// What the text of a row compares as; `None` of NULL.
    #[inline]
    pub fn at(&self, row: usize) -> Option<Cow<'a, str>> {
        self.texts.is_valid(row).then(|| self.column.collation.key(self.texts.value(row)))
    }
}
