//! Keys that have to be computed: indexes of expressions, and of some rows only.
//!
//! Storage keeps rows and knows no language, and an index over expressions is nothing that a row has:
//! it is a function of rows, written down as a definition. So its index is neither in the log nor in a
//! projection. Whoever asks for it brings the [`KeyFunction`], made of the definition; the index is then
//! built from the versions that are held, all of them, and grows with them from there on. It is the same
//! after a restart, in any moment of the past and behind a salvage, because nothing of it was stored;
//! VERIFY has nothing to compare, and a definition that reads another way in a later version of the
//! program is an index of that way.

use super::TableVersions;
use crate::storage::versions::Error;
use crate::storage::versions::key_index::KeyIndex;
use crate::storage::versions::key_shape::KeyShape;
use crate::types::{KeyId, KeySchema, TableSchema, Value};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// What rows have of a key that has to be computed. It is a function: a row has always the same.
pub trait KeyFunction: fmt::Debug + Send + Sync {
    /// The key as the table's schema has it.
    fn key(&self) -> &KeySchema;

    /// The values of the key's parts in a row, by its values in [`KeySchema::columns`]; `None` where the
    /// key is not about the row.
    fn values(&self, columns: &[Value]) -> Option<Vec<Value>>;
}

/// The indexes that were asked for so far.
#[derive(Debug, Default)]
pub(super) struct ComputedIndexes(Mutex<Vec<Arc<KeyIndex>>>);

/// A clone has what its original has by then, and then goes its own way.
impl Clone for ComputedIndexes {
    fn clone(&self) -> ComputedIndexes {
        ComputedIndexes(Mutex::new(self.lock().clone()))
    }
}

impl ComputedIndexes {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<KeyIndex>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of them, to be changed.
    pub fn all_mut(&mut self) -> &mut Vec<Arc<KeyIndex>> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops the index of a key.
    pub fn drop_index(&mut self, key: KeyId) {
        self.all_mut().retain(|index| index.shape().key().is_none_or(|known| known.id != key));
    }
}

impl TableVersions {
    /// The index of a computed key over the versions held here, which is made where nobody asked for it
    /// yet.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`].
    pub fn computed_index(
        &self,
        function: &Arc<dyn KeyFunction>,
        table: &TableSchema,
    ) -> Result<Arc<KeyIndex>, Error> {
        let key = function.key();
        let mut known = self.computed.lock();
        if let Some(index) = known.iter().find(|index| index.shape().key() == Some(key)) {
            return Ok(Arc::clone(index));
        }
        let shape = KeyShape::computed(function, table);
        let entries = self.entries(&shape)?;
        let index = Arc::new(KeyIndex::build(shape, entries));
        // A key whose table was altered since is another one.
        known.retain(|index| index.shape().key().is_none_or(|known| known.id != key.id));
        known.push(Arc::clone(&index));
        Ok(index)
    }
}
