//! The dictionaries of a table's columns: what their texts have codes in.

use crate::types::ColumnId;
use crate::types::text_codes::TextDictionary;
use std::sync::{Arc, Mutex, PoisonError};

/// A dictionary for each column that somebody asked for codes of. Clones share them: a table, its forks and
/// its epochs have the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Dictionaries(Arc<Mutex<Vec<ColumnDictionary>>>);

/// A column and what its texts have codes in.
type ColumnDictionary = (ColumnId, Arc<TextDictionary>);

impl Dictionaries {
    /// The dictionary of a column.
    pub fn of(&self, column: ColumnId) -> Arc<TextDictionary> {
        // An entry is whole whoever panicked beside it.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, dictionary)) = known.iter().find(|(id, _)| *id == column) {
            return Arc::clone(dictionary);
        }
        let dictionary = Arc::default();
        known.push((column, Arc::clone(&dictionary)));
        dictionary
    }
}
