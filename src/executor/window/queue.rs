//! A queue of values with their rows, that grows and shrinks at both ends.
//!
//! What lies in the middle goes to a temporary file where the memory has no room for it: the rest is two
//! pages at the end where values come and go, and one where they leave.

use super::super::Error;
use super::super::datum::Batch;
use super::super::spill::{RenewedSpillFile, Spilled, SpilledBatch};
use crate::types::column::{ColumnReader, array_of};
use crate::types::memory::{MemoryBudget, Reservation};
use crate::types::{DataType, Value};
use arrow_array::Int64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many values go to the file together, unless they are large.
const PAGE: usize = 512;

/// Values with their rows.
pub(super) struct ValueQueue {
    data_type: DataType,
    /// The first ones, if any were written: one page of them.
    front: VecDeque<(usize, Value)>,
    written: VecDeque<SpilledBatch>,
    /// The last ones, or all.
    back: VecDeque<(usize, Value)>,
    file: RenewedSpillFile,
    memory: Reservation,
}

/// About how many bytes a value takes.
fn bytes_of(value: &Value) -> usize {
    size_of::<(usize, Value)>() + value.byte_length()
}

impl ValueQueue {
    /// No values of a type yet.
    pub fn new(data_type: DataType, budget: &Arc<MemoryBudget>) -> ValueQueue {
        ValueQueue {
            data_type,
            front: VecDeque::new(),
            written: VecDeque::new(),
            back: VecDeque::new(),
            file: RenewedSpillFile::default(),
            memory: Reservation::new(budget),
        }
    }

    /// Adds a value behind the others.
    ///
    /// # Errors
    /// `io` where there is no memory for it and no temporary file.
    pub fn push_back(&mut self, row: usize, value: Value) -> Result<(), Error> {
        let has_room = self.memory.grow(bytes_of(&value));
        self.back.push_back((row, value));
        if has_room || self.back.len() < 2 * PAGE {
            return Ok(());
        }
        let page: Vec<(usize, Value)> = self.back.drain(..PAGE).collect();
        self.write(&page)
    }

    /// Puts values that stand together behind those in the file.
    fn write(&mut self, page: &[(usize, Value)]) -> Result<(), Error> {
        let values = array_of(self.data_type, page.iter().map(|(_, value)| value));
        let values = match values.map_err(Error::from) {
            Err(error) if error.is_batch_too_large() && page.len() > 1 => {
                let (first, second) = page.split_at(page.len() / 2);
                self.write(first)?;
                return self.write(second);
            }
            values => values?,
        };
        let rows = page.iter().map(|(row, _)| i64::try_from(*row).unwrap_or(i64::MAX));
        let rows = Int64Array::from_iter_values(rows);
        let batch = Batch::new(vec![Arc::new(rows), values], page.len());
        let place = self.file.write(&batch)?;
        self.written.push_back(place);
        self.memory.shrink(page.iter().map(|(_, value)| bytes_of(value)).sum());
        Ok(())
    }

    /// Reads values back that are written no longer.
    fn read(&mut self, place: SpilledBatch) -> Result<VecDeque<(usize, Value)>, Error> {
        let Batch { columns, rows, .. } = self.file.read(place)?;
        let numbers = columns[0].as_primitive::<Int64Type>().values().iter();
        let numbers = numbers.map(|number| usize::try_from(*number).unwrap_or(usize::MAX));
        let values = ColumnReader::of(&columns[1], self.data_type);
        let page: VecDeque<_> = numbers.zip((0..rows).map(|at| values.at(at))).collect();
        // It is a page, for which there always was room.
        let _has_room = self.memory.grow(page.iter().map(|(_, value)| bytes_of(value)).sum());
        if self.written.is_empty() {
            self.file.renew();
        }
        Ok(page)
    }

    /// The first value.
    ///
    /// # Errors
    /// `io` where it is in a file that cannot be read.
    pub fn front(&mut self) -> Result<Option<&(usize, Value)>, Error> {
        if self.front.is_empty()
            && let Some(place) = self.written.pop_front()
        {
            self.front = self.read(place)?;
        }
        Ok(self.front.front().or(self.back.front()))
    }

    /// Takes the first value out.
    ///
    /// # Errors
    /// As [`ValueQueue::front`].
    pub fn pop_front(&mut self) -> Result<(), Error> {
        self.front()?;
        let gone = self.front.pop_front().or_else(|| self.back.pop_front());
        self.memory.shrink(gone.map_or(0, |(_, value)| bytes_of(&value)));
        Ok(())
    }

    /// The last value.
    ///
    /// # Errors
    /// As [`ValueQueue::front`].
    pub fn back(&mut self) -> Result<Option<&(usize, Value)>, Error> {
        if self.back.is_empty()
            && let Some(place) = self.written.pop_back()
        {
            self.back = self.read(place)?;
        }
        Ok(self.back.back().or(self.front.back()))
    }

    /// Takes the last value out.
    ///
    /// # Errors
    /// As [`ValueQueue::front`].
    pub fn pop_back(&mut self) -> Result<(), Error> {
        self.back()?;
        let gone = self.back.pop_back().or_else(|| self.front.pop_back());
        self.memory.shrink(gone.map_or(0, |(_, value)| bytes_of(&value)));
        Ok(())
    }

    /// Lets go of all values.
    pub fn clear(&mut self) {
        self.front.clear();
        self.written.clear();
        self.back.clear();
        self.memory.release();
        self.file.renew();
    }

    /// What was written so far.
    pub fn spilled(&self) -> Spilled {
        self.file.spilled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values come and go at both ends, more and less of them, as they do in a queue in memory.
    #[test]
    fn values_are_where_they_would_be_in_memory() {
        let budget = Arc::new(MemoryBudget::new(PAGE * size_of::<(usize, Value)>()));
        let mut queue = ValueQueue::new(DataType::Text, &budget);
        let mut expected = VecDeque::new();
        let mut row = 0;
        for (pushed, first, last) in [(9_000, 3_000, 2_500), (4_000, 100, 7_000), (5_000, 5_400, 0)]
        {
            for _ in 0..pushed {
                let value = Value::text(format!("value {row}"));
                queue.push_back(row, value.clone()).expect("a file");
                expected.push_back((row, value));
                row += 1;
                assert!(budget.held() < 4 * PAGE * bytes_of(&Value::text("value 12345")));
            }
            for _ in 0..first {
                assert_eq!(queue.front().expect("a value"), expected.pop_front().as_ref());
                queue.pop_front().expect("a value");
            }
            for _ in 0..last {
                assert_eq!(queue.back().expect("a value"), expected.pop_back().as_ref());
                queue.pop_back().expect("a value");
            }
        }
        assert_eq!((expected.len(), budget.held()), (0, 0));
        assert!(queue.front().expect("none").is_none() && queue.back().expect("none").is_none());
        assert!(queue.spilled().rows > 9_000);
    }
}
