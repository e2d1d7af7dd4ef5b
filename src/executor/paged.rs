//! A column that grows by pages and is read by row.
//!
//! A page is what a batch gave. As long as the memory has room for it, it is held as it came, which
//! copies nothing; otherwise it goes to a temporary file and is read back whenever a reader comes to
//! it. Rows are counted from the first that ever came, those that went included. A [`PageReader`] holds
//! the page that it read last: who goes through the column in order reads each page once, however many
//! readers there are, each at a place of its own.

use super::Error;
use super::datum::{Batch, Datum};
use super::held::array_bytes;
use super::spill::{RenewedSpillFile, Spilled, SpilledBatch};
use crate::types::column::ColumnReader;
use crate::types::memory::Reservation;
use crate::types::{DataType, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::ScalarBuffer;
use std::cell::RefCell;
use std::ops::Range;

/// The most rows of a page in a file, of which each reader holds one.
const WRITTEN: usize = 1_024;

/// The values of rows, in the order in which they came.
pub struct PagedColumn {
    data_type: DataType,
    pages: Vec<ColumnPage>,
    rows: usize,
    /// Where those pages are that are not held.
    file: RefCell<RenewedSpillFile>,
}

/// Some rows of a column that stand together.
struct ColumnPage {
    /// The first of them.
    first: usize,
    values: PageValues,
}

/// Where the values of a page are.
enum PageValues {
    /// All are this one.
    Same(Value),
    /// In an array, from this place on.
    Held(ArrayRef, usize),
    Written(SpilledBatch),
}

/// What a batch adds to a column, and how many bytes each of its rows takes.
pub struct PageSource {
    values: Datum,
    row_bytes: usize,
}

impl PageSource {
    /// The values of a batch of `rows` rows.
    pub fn new(values: Datum, rows: usize) -> PageSource {
        let row_bytes = match &values {
            Datum::Array(array) => array_bytes(array).div_ceil(rows.max(1)),
            Datum::Scalar(_) => 0,
        };
        PageSource { values, row_bytes }
    }
}

impl PagedColumn {
    /// No rows yet.
    pub fn new(data_type: DataType) -> PagedColumn {
        let (pages, file) = Default::default();
        PagedColumn { data_type, pages, rows: 0, file }
    }

    /// How many rows came.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Adds some rows of a batch; what is held of them is counted in `memory`, which whoever clears the
    /// column releases.
    ///
    /// # Errors
    /// `io` where there is no memory for them and no temporary file.
    pub fn push(
        &mut self,
        source: &PageSource,
        rows: Range<usize>,
        memory: &mut Reservation,
    ) -> Result<(), Error> {
        let first = self.rows;
        self.rows += rows.len();
        let array = match &source.values {
            Datum::Array(array) => array,
            Datum::Scalar(value) => {
                self.pages.push(ColumnPage { first, values: PageValues::Same(value.clone()) });
                return Ok(());
            }
        };
        let bytes = source.row_bytes * rows.len();
        if memory.grow(bytes) {
            let values = PageValues::Held(array.clone(), rows.start);
            self.pages.push(ColumnPage { first, values });
            return Ok(());
        }
        memory.shrink(bytes);
        let file = self.file.get_mut();
        for start in rows.clone().step_by(WRITTEN) {
            let page = array.slice(start, WRITTEN.min(rows.end - start));
            let length = page.len();
            let batch = Batch::new(vec![page], length);
            let values = PageValues::Written(file.write(&batch)?);
            self.pages.push(ColumnPage { first: first + start - rows.start, values });
        }
        Ok(())
    }

    /// Lets go of all rows.
    pub fn clear(&mut self) {
        self.pages.clear();
        self.file.get_mut().renew();
    }

    /// What was written so far.
    pub fn spilled(&self) -> Spilled {
        self.file.borrow().spilled()
    }

    /// The rows of the page that has a row, and its values.
    fn page(&self, row: usize) -> Option<(Range<usize>, &PageValues)> {
        let next = self.pages.partition_point(|page| page.first <= row);
        let page = self.pages.get(next.checked_sub(1)?)?;
        let end = self.pages.get(next).map_or(self.rows, |next| next.first);
        (row < end).then_some((page.first..end, &page.values))
    }
}

/// A place in a column, where values are read.
#[derive(Default)]
pub struct PageReader {
    /// The rows of the page that is held.
    rows: Range<usize>,
    /// What is subtracted from a row to have its place among the values.
    shift: usize,
    values: ReadValues,
}

/// The values that a reader holds. What most columns have is looked at once for all of a page.
enum ReadValues {
    Same(Value),
    Integers(ScalarBuffer<i64>),
    Reals(ScalarBuffer<f64>),
    Any(ArrayRef),
}

impl Default for ReadValues {
    fn default() -> ReadValues {
        ReadValues::Same(Value::Null)
    }
}

impl ReadValues {
    fn of(array: &ArrayRef, data_type: DataType) -> ReadValues {
        if array.null_count() == 0 {
            if data_type == DataType::Integer {
                return ReadValues::Integers(array.as_primitive::<Int64Type>().values().clone());
            }
            if data_type == DataType::Real {
                return ReadValues::Reals(array.as_primitive::<Float64Type>().values().clone());
            }
        }
        ReadValues::Any(array.clone())
    }
}

impl PageReader {
    /// The value of a row that has not gone, NULL behind the last. A reader reads one column.
    ///
    /// # Errors
    /// `io` where its page cannot be read.
    #[inline]
    pub fn value(&mut self, column: &PagedColumn, row: usize) -> Result<Value, Error> {
        if !self.rows.contains(&row) && !self.turn(column, row)? {
            return Ok(Value::Null);
        }
        let place = row.wrapping_sub(self.shift);
        Ok(match &self.values {
            ReadValues::Integers(integers) => Value::Integer(integers[place]),
            ReadValues::Reals(reals) => Value::Real(reals[place]),
            ReadValues::Same(value) => value.clone(),
            ReadValues::Any(array) => ColumnReader::of(array, column.data_type).at(place),
        })
    }

    /// Whether the value of a row is NULL, which takes less than the value.
    ///
    /// # Errors
    /// As [`PageReader::value`].
    pub fn is_null(&mut self, column: &PagedColumn, row: usize) -> Result<bool, Error> {
        if !self.rows.contains(&row) && !self.turn(column, row)? {
            return Ok(true);
        }
        Ok(match &self.values {
            ReadValues::Integers(_) | ReadValues::Reals(_) => false,
            ReadValues::Same(value) => value.is_null(),
            ReadValues::Any(array) => array.is_null(row.wrapping_sub(self.shift)),
        })
    }

    /// Goes to the page of a row; false where there is none.
    #[cold]
    fn turn(&mut self, column: &PagedColumn, row: usize) -> Result<bool, Error> {
        let Some((rows, values)) = column.page(row) else { return Ok(false) };
        let (values, from) = match values {
            PageValues::Same(value) => (ReadValues::Same(value.clone()), 0),
            PageValues::Held(array, from) => (ReadValues::of(array, column.data_type), *from),
            PageValues::Written(place) => {
                let columns = column.file.borrow_mut().read(*place)?.columns;
                (ReadValues::of(&columns[0], column.data_type), 0)
            }
        };
        self.shift = rows.start.wrapping_sub(from);
        (self.rows, self.values) = (rows, values);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use crate::types::memory::MemoryBudget;
    use std::sync::Arc;

    fn numbers(from: i64, rows: i64) -> PageSource {
        let values: Vec<Value> = (from..from + rows).map(Value::Integer).collect();
        let array = array_of(DataType::Integer, values.iter()).expect("small");
        PageSource::new(Datum::Array(array), values.len())
    }

    #[test]
    fn rows_are_read_wherever_they_are() {
        let budget = Arc::new(MemoryBudget::new(800));
        let mut memory = Reservation::new(&budget);
        let mut column = PagedColumn::new(DataType::Integer);
        let (mut ahead, mut behind) = (PageReader::default(), PageReader::default());
        for round in 0..2 {
            let first = column.rows();
            for page in 0..5 {
                let from = page * 40;
                column.push(&numbers(from - 3, 50), 3..43, &mut memory).expect("a file");
                assert!(budget.held() <= 800);
            }
            let same = PageSource::new(Datum::Scalar(Value::text("same")), 9);
            column.push(&same, 0..9, &mut memory).expect("no file");
            assert_eq!((column.rows(), column.spilled().rows), (first + 209, 120 * (round + 1)));
            let number = |row: usize| Value::Integer(i64::try_from(row).expect("small"));
            for row in 0..200 {
                for (reader, row) in [(&mut ahead, row), (&mut behind, 199 - row)] {
                    let value = reader.value(&column, first + row).expect("a value");
                    assert_eq!(value, number(row));
                    assert!(!reader.is_null(&column, first + row).expect("a value"));
                }
            }
            let last = ahead.value(&column, first + 208).expect("a value");
            assert_eq!(last, Value::text("same"));
            assert!(ahead.value(&column, first + 209).expect("none").is_null());
            assert!(behind.is_null(&column, first + 209).expect("none"));
            column.clear();
            memory.release();
        }
    }
}
