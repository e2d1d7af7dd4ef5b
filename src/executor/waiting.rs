//! Batches that wait for something and leave in the order in which they came.
//!
//! The oldest are held. Where the memory has no room for another, it goes to a temporary file and is read
//! back when its turn comes, so that of any number of them no more is held than the budget allows.

use super::Error;
use super::datum::Batch;
use super::held::batch_bytes;
use super::spill::{RenewedSpillFile, Spilled, SpilledBatch};
use crate::types::memory::{MemoryBudget, Reservation};
use std::collections::VecDeque;
use std::sync::Arc;

/// Batches in the order in which they came.
pub struct WaitingBatches {
    queue: VecDeque<WaitingBatch>,
    memory: Reservation,
    /// Where those are that are not held.
    file: RenewedSpillFile,
}

/// Where one of them is.
enum WaitingBatch {
    Held(Batch),
    Written(SpilledBatch),
}

impl WaitingBatch {
    fn rows(&self) -> usize {
        match self {
            WaitingBatch::Held(batch) => batch.rows,
            WaitingBatch::Written(place) => place.rows,
        }
    }
}

impl WaitingBatches {
    /// None yet; what is held is counted in this budget.
    pub fn new(budget: &Arc<MemoryBudget>) -> WaitingBatches {
        let (queue, memory) = (VecDeque::new(), Reservation::new(budget));
        WaitingBatches { queue, memory, file: RenewedSpillFile::default() }
    }

    /// Lets one wait behind the others.
    ///
    /// # Errors
    /// `io` where there is no memory for it and no temporary file.
    pub fn push(&mut self, batch: Batch) -> Result<(), Error> {
        let bytes = batch_bytes(&batch);
        if self.memory.grow(bytes) {
            self.queue.push_back(WaitingBatch::Held(batch));
            return Ok(());
        }
        self.memory.shrink(bytes);
        let place = self.file.write(&batch)?;
        self.queue.push_back(WaitingBatch::Written(place));
        Ok(())
    }

    /// How many rows the first of them has.
    pub fn first_rows(&self) -> Option<usize> {
        self.queue.front().map(WaitingBatch::rows)
    }

    /// Takes the first of them out.
    ///
    /// # Errors
    /// `io` where its file cannot be read.
    pub fn pop(&mut self) -> Result<Option<Batch>, Error> {
        let batch = match self.queue.pop_front() {
            None => return Ok(None),
            Some(WaitingBatch::Held(batch)) => {
                self.memory.shrink(batch_bytes(&batch));
                batch
            }
            Some(WaitingBatch::Written(place)) => self.file.read(place)?,
        };
        if self.queue.is_empty() {
            self.file.renew();
        }
        Ok(Some(batch))
    }

    /// What was written so far.
    pub fn spilled(&self) -> Spilled {
        self.file.spilled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::{array_of, value_at};
    use crate::types::{DataType, Value};

    fn numbers(from: i64, rows: i64) -> Batch {
        let values: Vec<Value> = (from..from + rows).map(Value::Integer).collect();
        let column = array_of(DataType::Integer, values.iter()).expect("small");
        Batch::new(vec![column], values.len())
    }

    #[test]
    fn batches_leave_as_they_came_wherever_they_waited() {
        let budget = Arc::new(MemoryBudget::new(4 * batch_bytes(&numbers(0, 10))));
        let mut waiting = WaitingBatches::new(&budget);
        let (mut pushed, mut popped) = (0, 0);
        for (push, pop) in [(9, 2), (3, 0), (1, 7), (0, 4), (5, 5), (20, 20)] {
            for _ in 0..push {
                waiting.push(numbers(10 * pushed, 10)).expect("a temporary file");
                pushed += 1;
                assert!(budget.held() <= budget.limit(), "no more is held than may be");
            }
            for _ in 0..pop {
                assert_eq!(waiting.first_rows(), Some(10));
                let batch = waiting.pop().expect("what was written").expect("one that waits");
                let first = value_at(&batch.columns[0], DataType::Integer, 0);
                assert!(first.is_same(&Value::Integer(10 * popped)), "{first:?}, not {popped}");
                popped += 1;
            }
        }
        assert_eq!((pushed, popped), (38, 38));
        assert!(waiting.pop().expect("none").is_none() && waiting.first_rows().is_none());
        // Four are held at once: of nine that wait five are written, of four behind seven that do all, and
        // so on.
        assert!(waiting.spilled().rows >= 10 * (5 + 1 + 16), "{:?}", waiting.spilled());
        assert_eq!(budget.held(), 0);
    }
}
