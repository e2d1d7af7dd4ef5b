//! REPLACE: the rows that go for a new one, and the one whose place it takes.
//!
//! A row that has the same primary key or number keeps its number: the new row is its next version. Where
//! somebody is told of the deletion that SQLite makes of it (a foreign key that acts, a DELETE trigger if
//! `recursive_triggers` is on), it is deleted first, and comes back as what it becomes.

use super::each::{KeyRules, Refusal, admit};
use super::fire::{Taken, row_values};
use super::firing::Fired;
use super::row::WriteRow;
use super::{Pipeline, foreign_keys};
use crate::language::ast::TriggerTime;
use crate::types::{ConflictResolution, RowId};

impl Pipeline<'_> {
    /// Records a row that may be as it is, when those that go for it are gone.
    pub(super) fn replace(
        &mut self,
        gone: Vec<WriteRow>,
        place: Option<WriteRow>,
        row: &mut WriteRow,
    ) -> Result<Option<Taken>, Refusal> {
        let is_told = !gone.is_empty() || place.is_some();
        let is_told = is_told && !self.steps.replaced.is_empty();
        let place_goes = is_told
            || self.steps.is_concerned
                && foreign_keys::act_on_deletion(self.fork.view().schema(), &self.write.table);
        let goes_first = is_told || place_goes && place.is_some();
        if !goes_first {
            let mut row = row.take();
            if let Some(place) = place {
                (row.row, row.old) = (place.row, place.old);
            }
            return Ok(Some(self.record(gone, row, None)?));
        }
        let back = place.as_ref().and_then(|place| place.row);
        for gone in place.into_iter().chain(gone) {
            self.delete(gone)?;
        }
        if is_told {
            self.ask_again(row)?;
        }
        let row = row.take();
        // Unless a trigger put another one there.
        let is_free =
            |number: &RowId| self.fork.view().table(&self.write.table).locate(*number).is_none();
        let row = WriteRow { row: back.filter(is_free).or(row.row), ..row };
        Ok(Some(self.record(Vec::new(), row, None)?))
    }

    /// Deletes a row that goes for another, between the triggers that this fires.
    fn delete(&mut self, gone: WriteRow) -> Result<(), Refusal> {
        let (steps, cause) = (self.steps, self.steps.firing.cause);
        let resolution = Some(ConflictResolution::Replace);
        let of_time = |time| Fired { triggers: &steps.replaced, time, resolution, cause };
        if of_time(TriggerTime::Before).each().next().is_some() {
            let values = row_values(&self.write.table, &gone);
            if !self.fire(of_time(TriggerTime::Before), &values)? {
                return Ok(());
            }
        }
        let Some(number) = gone.row else { return Ok(()) };
        let Some(now) = self.whole_row(number)? else { return Ok(()) };
        let gone = WriteRow { old: Some(now), ..gone };
        let operation = self.record_gone(vec![gone.clone()])?;
        self.fire_after(Taken { row: gone, operation }, of_time(TriggerTime::After))
    }

    /// Asks of a row once more whether it may be: triggers may have put others in its way.
    fn ask_again(&mut self, row: &WriteRow) -> Result<(), Refusal> {
        let view = self.fork.view().table(&self.write.table);
        let is_written = &|_| true;
        let rules =
            KeyRules { upserts: &[], resolution: Some(ConflictResolution::Abort), is_written };
        admit(row, &view, &rules, &self.write.table).map(drop)
    }
}
