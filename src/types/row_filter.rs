//! Rows of columns: those that a mask keeps, or those at some places.
//!
//! Arrow's kernels are for many rows. Of few, which is what most tables of examples have, those that are kept
//! are counted out once for all columns, and numbers are taken one by one.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, BooleanArray, PrimitiveArray, UInt64Array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::ArrowError;
use arrow_select::filter::{FilterBuilder, FilterPredicate};
use std::sync::Arc;

/// The most rows of which those that are kept are counted out.
const FEW_ROWS: usize = 128;

/// Which rows of some columns are kept.
pub enum RowFilter {
    /// So many from one on.
    Run(usize, usize),
    /// A few.
    Few(Vec<u64>),
    /// Of many.
    Many(FilterPredicate),
}

impl RowFilter {
    /// Those of so many columns for which a mask is true.
    pub fn of_mask(mask: &BooleanArray, columns: usize) -> RowFilter {
        if mask.len() <= FEW_ROWS && mask.null_count() == 0 {
            return RowFilter::few(mask.values().set_indices().map(row_index).collect());
        }
        let mut filter = FilterBuilder::new(mask);
        if columns > 1 {
            filter = filter.optimize();
        }
        RowFilter::Many(filter.build())
    }

    /// Those of so many columns for which `true` stands.
    pub fn of_flags(flags: Vec<bool>, columns: usize) -> RowFilter {
        if flags.len() <= FEW_ROWS {
            let kept = flags.iter().enumerate().filter(|(_, kept)| **kept);
            return RowFilter::few(kept.map(|(row, _)| row_index(row)).collect());
        }
        RowFilter::of_mask(&BooleanArray::from(flags), columns)
    }

    fn few(rows: Vec<u64>) -> RowFilter {
        match run_start(&rows) {
            Some(start) => RowFilter::Run(start, rows.len()),
            None => RowFilter::Few(rows),
        }
    }

    /// What is kept of a column, which has as many rows as the mask or the flags.
    ///
    /// # Errors
    /// As [`take`].
    pub fn kept(&self, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
        match self {
            RowFilter::Run(start, rows) if may_share(column, *rows) => {
                Ok(column.slice(*start, *rows))
            }
            RowFilter::Run(start, rows) => {
                let rows: Vec<u64> = (*start..start + rows).map(row_index).collect();
                take(column, &rows)
            }
            RowFilter::Few(rows) => take(column, rows),
            RowFilter::Many(filter) => filter.filter(column),
        }
    }
}

/// Whether so many rows of a column may share its values: whoever holds them holds all, which may be much
/// more where they are texts.
fn may_share(column: &ArrayRef, rows: usize) -> bool {
    column.data_type().is_primitive() || rows * 2 >= column.len()
}

/// Where numbers begin that count up one by one; `None` where they do not, or there are none.
pub fn run_start(rows: &[u64]) -> Option<usize> {
    let first = *rows.first()?;
    let is_run = (first..).zip(rows).all(|(a, b)| a == *b);
    usize::try_from(first).ok().filter(|_| is_run)
}

/// A row's number as Arrow counts.
pub fn row_index(row: usize) -> u64 {
    u64::try_from(row).unwrap_or(u64::MAX)
}

/// The values of a column at these rows, in this order.
///
/// # Errors
/// [`ArrowError::OffsetOverflowError`] where texts or blobs have no room in one array.
pub fn take(column: &dyn Array, rows: &[u64]) -> Result<ArrayRef, ArrowError> {
    if let Some(integers) = column.as_primitive_opt::<Int64Type>() {
        return Ok(taken(integers, rows));
    }
    if let Some(reals) = column.as_primitive_opt::<Float64Type>() {
        return Ok(taken(reals, rows));
    }
    arrow_select::take::take(column, &UInt64Array::from(rows.to_vec()), None)
}

fn taken<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>, rows: &[u64]) -> ArrayRef {
    let (values, place) = (column.values(), |row: u64| usize::try_from(row).unwrap_or(usize::MAX));
    let taken: Vec<T::Native> = rows.iter().map(|row| values[place(*row)]).collect();
    let nulls = column.nulls().map(|nulls| {
        let is_known = |at: usize| nulls.is_valid(place(rows[at]));
        NullBuffer::new(BooleanBuffer::collect_bool(rows.len(), is_known))
    });
    Arc::new(PrimitiveArray::<T>::new(taken.into(), nulls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use crate::types::{DataType, Value};
    use proptest::prelude::*;

    fn columns(rows: usize) -> [ArrayRef; 3] {
        let number = |row: usize| i64::try_from(row).unwrap_or(0);
        let or_null = |row: usize, value: Value| if row % 5 == 3 { Value::Null } else { value };
        let column = |data_type, value: &dyn Fn(usize) -> Value| {
            let values: Vec<Value> = (0..rows).map(|row| or_null(row, value(row))).collect();
            array_of(data_type, values.iter()).expect("small")
        };
        [
            column(DataType::Integer, &|row| Value::Integer(number(row))),
            column(DataType::Real, &|row| Value::Real(if row % 2 == 0 { 0.5 } else { 2.0 })),
            column(DataType::Text, &|row| Value::text(row.to_string())),
        ]
    }

    proptest! {
        #[test]
        fn few_rows_are_kept_as_many_are(
            flags in proptest::collection::vec(any::<bool>(), 1..2 * FEW_ROWS),
        ) {
            let mask = BooleanArray::from(flags.clone());
            let many = FilterBuilder::new(&mask).build();
            for column in columns(flags.len()) {
                let expected = many.filter(&column).expect("fits");
                for filter in [RowFilter::of_mask(&mask, 3), RowFilter::of_flags(flags.clone(), 1)] {
                    prop_assert_eq!(&filter.kept(&column).expect("fits"), &expected);
                }
            }
        }

        #[test]
        fn rows_are_taken_in_their_order(rows in proptest::collection::vec(0_u64..40, 0..60)) {
            for column in columns(40) {
                let indexes = UInt64Array::from(rows.clone());
                let expected = arrow_select::take::take(&column, &indexes, None).expect("fits");
                prop_assert_eq!(&take(&column, &rows).expect("fits"), &expected);
            }
        }
    }
}
