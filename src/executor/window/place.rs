//! Functions of where a row stands, and values of other rows.

use super::super::Error;
use super::super::datum::conform;
use super::frame::Frames;
use super::{OpenCall, Partition};
use crate::planner::WindowFunction;
use crate::types::{DataType, Value, whole_number};
use std::ops::Range;

/// What a function gives for each row of a partition.
///
/// # Errors
/// `function` of a number that `ntile` or `nth_value` does not take.
pub(super) fn compute(
    open: &OpenCall,
    frames: Frames<'_>,
    partition: &Partition,
) -> Result<Vec<Value>, Error> {
    let rows = 0..partition.rows;
    let peers = |row: usize| partition.group(partition.group_of[row]);
    Ok(match open.call().function {
        WindowFunction::RowNumber => rows.map(|row| number(row + 1)).collect(),
        WindowFunction::Rank => rows.map(|row| number(peers(row).start + 1)).collect(),
        WindowFunction::DenseRank => rows.map(|row| number(partition.group_of[row] + 1)).collect(),
        WindowFunction::PercentRank => {
            rows.map(|row| share(peers(row).start, partition.rows - 1)).collect()
        }
        WindowFunction::CumeDist => rows.map(|row| share(peers(row).end, partition.rows)).collect(),
        WindowFunction::Ntile => ntile(open, partition.rows)?,
        WindowFunction::Lag => rows.map(|row| neighbour(open, row, -1)).collect(),
        WindowFunction::Lead => rows.map(|row| neighbour(open, row, 1)).collect(),
        WindowFunction::FirstValue | WindowFunction::LastValue | WindowFunction::NthValue => {
            of_frames(open, frames, partition.rows)?
        }
        WindowFunction::Aggregate(_) => unreachable!("an aggregate is computed elsewhere"),
    })
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

/// The parts are numbered; the first are larger by one if there is a rest. How many there are, the
/// first row says, as in SQLite.
fn ntile(open: &OpenCall, rows: usize) -> Result<Vec<Value>, Error> {
    let Some(wanted) = open.arguments[0].first() else { return Ok(Vec::new()) };
    let parts = positive(wanted).ok_or_else(|| {
        let message = format!("ntile takes a whole number above 0, not {}", wanted.shortened());
        Error::failed("function", message)
    })?;
    let (size, larger) = (rows / parts, rows % parts);
    let part_of = |row: usize| match row.checked_sub(larger * (size + 1)) {
        None => row / (size + 1),
        Some(behind) => larger + behind.checked_div(size).unwrap_or(0),
    };
    Ok((0..rows).map(|row| number(part_of(row) + 1)).collect())
}

/// The whole number above 0 that a value is.
fn positive(value: &Value) -> Option<usize> {
    let Ok(Value::Integer(count)) = DataType::Integer.accept(value.clone()) else { return None };
    usize::try_from(count).ok().filter(|count| *count > 0)
}

/// The value of the row so far away, by default of the next one in this direction; the default where
/// there is none.
fn neighbour(open: &OpenCall, row: usize, direction: i128) -> Value {
    let (call, arguments) = (open.call(), &open.arguments);
    let distance = match arguments.get(1) {
        None => Some(1),
        Some(distances) => whole(&distances[row]),
    };
    let place =
        distance.and_then(|distance| i128::try_from(row).ok()?.checked_add(direction * distance));
    let place = place.and_then(|place| usize::try_from(place).ok());
    let found = place.and_then(|place| arguments[0].get(place));
    let found = found.or_else(|| arguments.get(2).map(|defaults| &defaults[row]));
    found.map_or(Value::Null, |value| conform(value.clone(), call.data_type))
}

/// The whole number that a value is, also as a text or a real.
fn whole(value: &Value) -> Option<i128> {
    let number = if let Value::Text(text) = value { whole_number(text)? } else { value.clone() };
    let Ok(Value::Integer(count)) = DataType::Integer.accept(number) else { return None };
    Some(i128::from(count))
}

/// The value of one row of each frame.
fn of_frames(open: &OpenCall, mut frames: Frames<'_>, rows: usize) -> Result<Vec<Value>, Error> {
    let values = &open.arguments[0];
    let is_last = open.call().function == WindowFunction::LastValue;
    let mut results = Vec::with_capacity(rows);
    for row in 0..rows {
        let bounds = frames.bounds(row)?;
        let parts = frames.parts(row, &bounds);
        let found = if is_last {
            parts.iter().rev().find_map(|part| part.clone().last())
        } else if let Some(numbers) = open.arguments.get(1) {
            nth(&parts, wanted(&numbers[row])?)
        } else {
            nth(&parts, 1)
        };
        let value = found.map_or(Value::Null, |place| values[place].clone());
        results.push(conform(value, open.call().data_type));
    }
    Ok(results)
}

fn wanted(value: &Value) -> Result<usize, Error> {
    positive(value).ok_or_else(|| {
        let message = format!("nth_value takes a whole number above 0, not {}", value.shortened());
        Error::failed("function", message)
    })
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
