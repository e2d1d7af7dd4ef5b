//! Rows that carry their number, so that they come back into their order after they were taken apart.

use super::datum::Batch;
use crate::planner::SortKey;
use crate::types::DataType;
use arrow_array::Int64Array;
use std::sync::Arc;

/// The number of the next row.
#[derive(Debug, Default)]
pub struct RowNumbers(pub i64);

impl RowNumbers {
    /// The batch with the numbers of its rows as its last column.
    pub fn add_to(&mut self, mut batch: Batch) -> Batch {
        let end = self.0 + i64::try_from(batch.rows).unwrap_or(i64::MAX);
        batch.columns.push(Arc::new(Int64Array::from_iter_values(self.0..end)));
        self.0 = end;
        batch
    }
}

/// What sorts rows by their numbers, which stand behind so many columns.
pub fn number_key(width: usize) -> Arc<[SortKey]> {
    let data_type = DataType::Integer;
    Arc::from([SortKey { column: width, data_type, descending: false, nulls_first: true }])
}

/// The batch without its last column.
pub fn without_number(mut batch: Batch) -> Batch {
    batch.columns.pop();
    batch
}
