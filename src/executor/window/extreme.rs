//! `min` and `max` of frames.

use super::super::Error;
use super::super::spill::Spilled;
use super::call::{AskedCall, CallReader, RowByRow, WindowRows};
use super::frame::Frames;
use super::queue::ValueQueue;
use crate::types::{Collation, Value};
use std::ops::Range;

/// Which of two values is wanted.
#[derive(Clone, Copy)]
struct Preference {
    is_max: bool,
    collation: Collation,
}

impl Preference {
    /// Whether a value is better than one that came before. Of equal ones the first stays, as it does
    /// in an aggregate.
    fn is_better(self, value: &Value, before: &Value) -> bool {
        let ordering = self.collation.compare(value, before);
        if self.is_max { ordering.is_gt() } else { ordering.is_lt() }
    }
}

/// The extreme value of the frame of each row.
pub(super) struct Extreme {
    preference: Preference,
    frames: Frames,
    /// The rows of a frame; those before and those behind its hole.
    before: ExtremeQueue,
    behind: ExtremeQueue,
    /// The row itself, where it is in the hole and none the less seen.
    own: CallReader,
}

impl Extreme {
    /// `min` or `max` before the first row.
    pub fn new(is_max: bool, asked: &AskedCall) -> Extreme {
        Extreme {
            preference: Preference { is_max, collation: asked.call().collation },
            frames: Frames::default(),
            before: ExtremeQueue::new(asked, asked.frame.begins_first()),
            behind: ExtremeQueue::new(asked, false),
            own: CallReader::default(),
        }
    }
}

impl RowByRow for Extreme {
    fn begin(&mut self, rows: WindowRows<'_>) -> Result<(), Error> {
        self.frames.begin(rows.partition);
        for queue in [&mut self.before, &mut self.behind] {
            queue.best.clear();
            queue.end = rows.partition.rows.start;
        }
        Ok(())
    }

    fn next(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Value, Error> {
        let preference = self.preference;
        let bounds = self.frames.bounds(rows, row)?;
        if !rows.asked.frame.excludes() {
            let best = self.before.best(rows, &bounds, preference)?;
            return Ok(best.cloned().unwrap_or(Value::Null));
        }
        // Both ends of each part only ever move forward, as those of the frame and of the hole do.
        let [before, own, behind] = self.frames.parts(rows, row, &bounds);
        let mut best = self.before.best(rows, &before, preference)?.cloned();
        let own = if own.is_empty() { None } else { self.own.known(rows, row)? };
        let behind = self.behind.best(rows, &behind, preference)?.cloned();
        for value in own.into_iter().chain(behind) {
            if best.as_ref().is_none_or(|best| preference.is_better(&value, best)) {
                best = Some(value);
            }
        }
        Ok(best.unwrap_or(Value::Null))
    }

    fn spilled(&self) -> Spilled {
        self.before.best.spilled() + self.behind.best.spilled()
    }
}

/// The values of a part of the rows that moves forward, which could be the best once those before them
/// have left.
struct ExtremeQueue {
    best: ValueQueue,
    end: usize,
    /// Whether none ever leaves: then it is the first that counts.
    keeps_first: bool,
    reader: CallReader,
}

impl ExtremeQueue {
    fn new(asked: &AskedCall, keeps_first: bool) -> ExtremeQueue {
        let best = ValueQueue::new(asked.call().arguments[0].data_type, &asked.budget);
        ExtremeQueue { best, end: 0, keeps_first, reader: CallReader::default() }
    }

    /// The best value of the part as it is now.
    fn best(
        &mut self,
        rows: WindowRows<'_>,
        bounds: &Range<usize>,
        preference: Preference,
    ) -> Result<Option<&Value>, Error> {
        for row in self.end.max(bounds.start)..bounds.end {
            let Some(value) = self.reader.known(rows, row)? else { continue };
            let is_better = |(_, last): &(usize, Value)| preference.is_better(&value, last);
            while self.best.back()?.is_some_and(is_better) {
                self.best.pop_back()?;
            }
            if !self.keeps_first || self.best.back()?.is_none() {
                self.best.push_back(row, value)?;
            }
        }
        self.end = self.end.max(bounds.end);
        while self.best.front()?.is_some_and(|(first, _)| *first < bounds.start) {
            self.best.pop_front()?;
        }
        Ok(self.best.front()?.map(|(_, value)| value))
    }
}
