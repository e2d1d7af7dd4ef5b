//! What the rows of a batch are told apart by, in the form that costs least for the types of their columns.

use crate::types::DataType;
use crate::types::key::{KeyColumn, row_key};
use crate::types::word_table::WordKey;
use arrow_array::cast::AsArray;
use arrow_array::{Array, StringArray};
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
        let form = if let Some(keys) = WordKey::<1>::of_columns(&columns, rows) {
            KeyForm::OneWord(keys)
        } else if let Some(keys) = WordKey::<2>::of_columns(&columns, rows) {
            KeyForm::TwoWords(keys)
        } else if matches!(columns.as_slice(), [KeyColumn { data_type: DataType::Text, .. }]) {
            KeyForm::Text
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

    /// The key of a row as bytes, in the place of what `key` was.
    pub fn write(&self, key: &mut Vec<u8>, row: usize) {
        row_key(key, &self.columns, row);
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
