//! What ANALYZE found of tables: derived, in memory, and never anything that an answer depends on.

use crate::types::{KeyId, TableId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What was found of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableStatistics {
    /// How many rows it had.
    pub rows: u64,
    /// Its keys.
    pub keys: Vec<KeyStatistics>,
}

/// What was found of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatistics {
    /// Which key.
    pub key: KeyId,
    /// How many rows it is about.
    pub rows: u64,
    /// How many lists of values its first part has, its first two parts, and so on.
    pub distinct: Vec<u64>,
}

impl TableStatistics {
    /// What was found of a key.
    pub fn key(&self, key: KeyId) -> Option<&KeyStatistics> {
        self.keys.iter().find(|known| known.key == key)
    }
}

impl KeyStatistics {
    /// About how many rows have the same values in the key's first `parts` parts, as SQLite counts them:
    /// rounded up, and one where hardly any two rows agree. `None` of more parts than there are.
    pub fn rows_per_value(&self, parts: usize) -> Option<u64> {
        let distinct = (*self.distinct.get(parts.checked_sub(1)?)?).max(1);
        let rows = self.rows.div_ceil(distinct);
        let hardly = rows == 2 && self.rows.saturating_mul(10) <= distinct.saturating_mul(11);
        Some(if hardly { 1 } else { rows })
    }
}

/// The statistics of a database's tables, as they were found last.
#[derive(Debug, Default)]
pub(super) struct StatisticsCache(Mutex<HashMap<TableId, Arc<TableStatistics>>>);

impl StatisticsCache {
    /// Those of a table.
    pub fn of(&self, table: TableId) -> Option<Arc<TableStatistics>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&table).cloned()
    }

    /// Remembers what was found of a table.
    pub fn put(&self, table: TableId, statistics: TableStatistics) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(table, Arc::new(statistics));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_per_value_are_sqlites() {
        let of = |rows, distinct| {
            let key = KeyStatistics { key: KeyId::default(), rows, distinct: vec![distinct] };
            key.rows_per_value(1)
        };
        assert_eq!(of(10, 10), Some(1));
        assert_eq!(of(10, 3), Some(4));
        assert_eq!(of(11, 10), Some(1));
        assert_eq!(of(12, 10), Some(2));
        assert_eq!(of(0, 0), Some(0));
        let key = KeyStatistics { key: KeyId::default(), rows: 4, distinct: vec![2] };
        assert_eq!((key.rows_per_value(0), key.rows_per_value(2)), (None, None));
    }
}
