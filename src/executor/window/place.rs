//! Functions of where a row stands, and values of other rows.

use super::super::Error;
use super::super::paged::PageReader;
use super::call::{RowByRow, WindowRows};
use super::frame::Frames;
use super::partition::Peers;
use crate::planner::WindowFunction;
use crate::types::{DataType, Value, whole_number};
use std::ops::Range;

/// One of these functions on its way.
#[derive(Default)]
pub(super) struct Place {
    frames: Frames,
    peers: Peers,
    /// How many rows the smaller parts of `ntile` have, and how many parts are larger.
    parts: Option<(usize, usize)>,
    /// The values of other rows, and the further arguments of the row itself.
    value: PageReader,
    second: PageReader,
    third: PageReader,
}

impl RowByRow for Place {
    fn begin(&mut self, rows: WindowRows<'_>) -> Result<(), Error> {
        self.frames.begin(rows.partition);
        self.peers.begin(rows.partition);
        self.parts = None;
        Ok(())
    }

    fn next(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Value, Error> {
        let partition = rows.partition;
        let first = partition.rows.start;
        Ok(match rows.asked.call().function {
            WindowFunction::RowNumber => number(row - first + 1),
            WindowFunction::Rank => {
                number(self.peers.advance(partition, row)?.rows.start - first + 1)
            }
            WindowFunction::DenseRank => number(self.peers.advance(partition, row)?.group() + 1),
            WindowFunction::PercentRank => share(
                self.peers.advance(partition, row)?.rows.start - first,
                partition.rows.len() - 1,
            ),
            WindowFunction::CumeDist => {
                share(self.peers.advance(partition, row)?.rows.end - first, partition.rows.len())
            }
            WindowFunction::Ntile => number(self.part(rows, row)? + 1),
            WindowFunction::Lag => self.neighbour(rows, row, -1)?,
            WindowFunction::Lead => self.neighbour(rows, row, 1)?,
            WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
                self.of_frame(rows, row)?
            }
            WindowFunction::Aggregate(_) => unreachable!("an aggregate is computed elsewhere"),
        })
    }
}

impl Place {
    /// The part of a row among those of `ntile`, from 0; the first are larger by one if there is a rest.
    /// How many there are, the first row says, as in SQLite.
    fn part(&mut self, rows: WindowRows<'_>, row: usize) -> Result<usize, Error> {
        let partition = &rows.partition.rows;
        let (size, larger) = match self.parts {
            Some(parts) => parts,
            None => {
                let wanted = self.value.value(&rows.asked.arguments[0], partition.start)?;
                let parts = positive(&wanted).ok_or_else(|| no_number("ntile", &wanted))?;
                *self.parts.insert((partition.len() / parts, partition.len() % parts))
            }
        };
        let row = row - partition.start;
        Ok(match row.checked_sub(larger * (size + 1)) {
            None => row / (size + 1),
            Some(behind) => larger + behind.checked_div(size).unwrap_or(0),
        })
    }

    /// The value of the row so far away, by default of the next one in this direction; the default
    /// where there is none.
    fn neighbour(
        &mut self,
        rows: WindowRows<'_>,
        row: usize,
        direction: i128,
    ) -> Result<Value, Error> {
        let arguments = &rows.asked.arguments;
        let distance = match arguments.get(1) {
            None => Some(1),
            Some(distances) => whole(&self.second.value(distances, row)?),
        };
        let place = distance.and_then(|by| i128::try_from(row).ok()?.checked_add(direction * by));
        let place = place.and_then(|place| usize::try_from(place).ok());
        match place.filter(|place| rows.partition.rows.contains(place)) {
            Some(place) => self.value.value(&arguments[0], place),
            None => {
                arguments.get(2).map_or(Ok(Value::Null), |defaults| self.third.value(defaults, row))
            }
        }
    }

    /// The value of one row of the frame.
    fn of_frame(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Value, Error> {
        let bounds = self.frames.bounds(rows, row)?;
        let parts = self.frames.parts(rows, row, &bounds);
        let arguments = &rows.asked.arguments;
        let found = if rows.asked.call().function == WindowFunction::LastValue {
            parts.iter().rev().find_map(|part| part.clone().last())
        } else if let Some(numbers) = arguments.get(1) {
            let wanted = self.second.value(numbers, row)?;
            nth(&parts, positive(&wanted).ok_or_else(|| no_number("nth_value", &wanted))?)
        } else {
            nth(&parts, 1)
        };
        found.map_or(Ok(Value::Null), |place| self.value.value(&arguments[0], place))
    }
}

/// What `ntile` and `nth_value` do not take.
fn no_number(function: &str, value: &Value) -> Error {
    let message = format!("{function} takes a whole number above 0, not {}", value.shortened());
    Error::failed("function", message)
}

fn number(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// A part of a whole, 0.0 of nothing.
fn share(part: usize, whole: usize) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a share rounds anyhow")]
    let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    Value::real(share)
}

/// The whole number above 0 that a value is.
fn positive(value: &Value) -> Option<usize> {
    let Ok(Value::Integer(count)) = DataType::Integer.accept(value.clone()) else { return None };
    usize::try_from(count).ok().filter(|count| *count > 0)
}

/// The whole number that a value is, also as a text or a real.
fn whole(value: &Value) -> Option<i128> {
    let number = if let Value::Text(text) = value { whole_number(text)? } else { value.clone() };
    let Ok(Value::Integer(count)) = DataType::Integer.accept(number) else { return None };
    Some(i128::from(count))
}

/// The row of this number, from 1, of some parts.
fn nth(parts: &[Range<usize>], number: usize) -> Option<usize> {
    let mut before = number - 1;
    for part in parts {
        if before < part.len() {
            return Some(part.start + before);
        }
        before -= part.len();
    }
    None
}
