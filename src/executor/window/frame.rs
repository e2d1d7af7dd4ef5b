//! Which rows are seen of a row.

use super::super::Error;
use super::super::arithmetic::{compute, to_real};
use super::super::evaluate::Context;
use super::Partition;
use crate::language::ast::{FrameBound, FrameExclusion, FrameUnit};
use crate::planner::{Arithmetic, Frame, SortKey, distance, no_distance};
use crate::types::{Decimal, Value};
use std::cmp::Ordering;
use std::ops::Range;

/// A frame whose distances are known.
pub(super) struct KnownFrame {
    unit: FrameUnit,
    start: FrameBound<Value>,
    end: FrameBound<Value>,
    exclusion: FrameExclusion,
    /// Whether the order is a descending one, and whether NULLs come first in it.
    descending: bool,
    nulls_first: bool,
}

impl KnownFrame {
    /// The frame of a call, in an order whose first term is `key`.
    ///
    /// # Errors
    /// `window-frame` of a distance that is none.
    pub fn of(
        frame: &Frame,
        key: Option<&SortKey>,
        context: &Context,
    ) -> Result<KnownFrame, Error> {
        let Frame { unit, start, end, exclusion } = frame;
        let known = |bound: &FrameBound<_>| {
            bound.try_map(|offset| {
                let value = context.constant(offset)?;
                let wrong = || Error::failed("window-frame", no_distance(*unit, &value));
                distance(*unit, &value).ok_or_else(wrong)
            })
        };
        Ok(KnownFrame {
            unit: *unit,
            start: known(start)?,
            end: known(end)?,
            exclusion: *exclusion,
            descending: key.is_some_and(|key| key.descending),
            nulls_first: key.is_none_or(|key| key.nulls_first),
        })
    }

    /// Whether it asks how far the values of the order are apart.
    pub fn measures(&self) -> bool {
        let has_offset = self.start.offset().is_some() || self.end.offset().is_some();
        self.unit == FrameUnit::Range && has_offset
    }

    /// How two values of the order stand to each other.
    fn compare(&self, a: &Value, b: &Value) -> Ordering {
        match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if self.nulls_first => Ordering::Less,
            (false, true) if !self.nulls_first => Ordering::Less,
            (true, false) | (false, true) => Ordering::Greater,
            (false, false) if self.descending => b.compare(a),
            (false, false) => a.compare(b),
        }
    }

    /// The value that lies so far before or behind another: itself, if it is no number.
    fn moved(&self, value: &Value, distance: &Value, is_behind: bool) -> Result<Value, Error> {
        let is_sum = is_behind != self.descending;
        let operator = if is_sum { Arithmetic::Add } else { Arithmetic::Subtract };
        match value {
            Value::Integer(_) | Value::Boolean(_) | Value::Real(_) | Value::Decimal(_) => {
                Ok(compute(operator, value, distance).unwrap_or_else(|_| match (value, distance) {
                    // Beyond all integers, and not the last of them, which a real would come to.
                    (Value::Integer(value), Value::Integer(distance)) => {
                        let (value, distance) = (i128::from(*value), i128::from(*distance));
                        let mantissa = if is_sum { value + distance } else { value - distance };
                        Value::Decimal(Decimal { mantissa, scale: 0 })
                    }
                    _ => {
                        let (value, distance) = (to_real(value), to_real(distance));
                        Value::real(if is_sum { value + distance } else { value - distance })
                    }
                }))
            }
            Value::Date(_) => compute(operator, value, distance),
            Value::Null
            | Value::Timestamp(_)
            | Value::Text(_)
            | Value::Json(_)
            | Value::Blob(_) => Ok(value.clone()),
        }
    }
}

/// The frames of a partition's rows, from the first row to the last.
pub(super) struct Frames<'a> {
    frame: &'a KnownFrame,
    partition: &'a Partition,
    /// Where the bounds of RANGE are, and the group that they are of.
    start: usize,
    end: usize,
    group: Option<usize>,
}

impl<'a> Frames<'a> {
    /// The frames of all rows.
    pub fn new(frame: &'a KnownFrame, partition: &'a Partition) -> Frames<'a> {
        Frames { frame, partition, start: 0, end: 0, group: None }
    }

    /// Whether frames have holes.
    pub fn exclude(&self) -> bool {
        self.frame.exclusion != FrameExclusion::NoOthers
    }

    /// The frame of a row, holes included; rows are asked for one after the other.
    ///
    /// # Errors
    /// `date-overflow` of a day so far away.
    pub fn bounds(&mut self, row: usize) -> Result<Range<usize>, Error> {
        let group = self.partition.group_of[row];
        if self.frame.measures() && self.group != Some(group) {
            self.measure(row)?;
            self.group = Some(group);
        }
        let start = self.start(row, group);
        Ok(start..self.end(row, group).max(start))
    }

    /// The rows that are left out of a row's frame, and whether the row itself is in it none the less.
    pub fn hole(&self, row: usize) -> (Range<usize>, bool) {
        let peers = || self.partition.group(self.partition.group_of[row]);
        match self.frame.exclusion {
            FrameExclusion::NoOthers => (row..row, false),
            FrameExclusion::CurrentRow => (row..row + 1, false),
            FrameExclusion::Group => (peers(), false),
            FrameExclusion::Ties => (peers(), true),
        }
    }

    /// The parts that the frame of a row has around its hole, in order.
    pub fn parts(&self, row: usize, bounds: &Range<usize>) -> [Range<usize>; 3] {
        let within = |part: Range<usize>| {
            let start = part.start.max(bounds.start);
            start..part.end.min(bounds.end).max(start)
        };
        let (hole, keeps_row) = self.hole(row);
        let before = within(0..hole.start);
        let own = within(if keeps_row { row..row + 1 } else { hole.start..hole.start });
        [before, own, within(hole.end..self.partition.rows)]
    }

    fn start(&self, row: usize, group: usize) -> usize {
        let Partition { rows, .. } = *self.partition;
        match (&self.frame.start, self.frame.unit) {
            (FrameBound::UnboundedPreceding, _) => 0,
            (FrameBound::UnboundedFollowing, _) => rows,
            (FrameBound::CurrentRow, FrameUnit::Rows) => row,
            (FrameBound::CurrentRow, FrameUnit::Range | FrameUnit::Groups) => {
                self.partition.group(group).start
            }
            (FrameBound::Preceding(_) | FrameBound::Following(_), FrameUnit::Range) => self.start,
            (FrameBound::Preceding(distance), FrameUnit::Rows) => {
                row.saturating_sub(count(distance))
            }
            (FrameBound::Following(distance), FrameUnit::Rows) => {
                row.saturating_add(count(distance)).min(rows)
            }
            (FrameBound::Preceding(distance), FrameUnit::Groups) => {
                self.partition.group(group.saturating_sub(count(distance))).start
            }
            (FrameBound::Following(distance), FrameUnit::Groups) => {
                self.partition.group(group.saturating_add(count(distance))).start
            }
        }
    }

    fn end(&self, row: usize, group: usize) -> usize {
        let Partition { rows, .. } = *self.partition;
        match (&self.frame.end, self.frame.unit) {
            (FrameBound::UnboundedPreceding, _) => 0,
            (FrameBound::UnboundedFollowing, _) => rows,
            (FrameBound::CurrentRow, FrameUnit::Rows) => row + 1,
            (FrameBound::CurrentRow, FrameUnit::Range | FrameUnit::Groups) => {
                self.partition.group(group).end
            }
            (FrameBound::Preceding(_) | FrameBound::Following(_), FrameUnit::Range) => self.end,
            (FrameBound::Preceding(distance), FrameUnit::Rows) => {
                (row + 1).saturating_sub(count(distance))
            }
            (FrameBound::Following(distance), FrameUnit::Rows) => {
                (row + 1).saturating_add(count(distance)).min(rows)
            }
            (FrameBound::Preceding(distance), FrameUnit::Groups) => {
                let last = group.checked_sub(count(distance));
                last.map_or(0, |last| self.partition.group(last).end)
            }
            (FrameBound::Following(distance), FrameUnit::Groups) => {
                self.partition.group(group.saturating_add(count(distance))).end
            }
        }
    }

    /// Moves the bounds of RANGE on to those of a row.
    fn measure(&mut self, row: usize) -> Result<(), Error> {
        let keys = &self.partition.keys;
        let border = |bound: &FrameBound<Value>| {
            let is_behind = matches!(bound, FrameBound::Following(_));
            let distance = bound.offset();
            distance.map(|distance| self.frame.moved(&keys[row], distance, is_behind)).transpose()
        };
        let (start, end) = (border(&self.frame.start)?, border(&self.frame.end)?);
        if let Some(border) = start {
            while keys.get(self.start).is_some_and(|key| self.frame.compare(key, &border).is_lt()) {
                self.start += 1;
            }
        }
        if let Some(border) = end {
            while keys.get(self.end).is_some_and(|key| self.frame.compare(key, &border).is_le()) {
                self.end += 1;
            }
        }
        Ok(())
    }
}

/// A distance in rows or groups.
fn count(distance: &Value) -> usize {
    let Value::Integer(count) = distance else { return 0 };
    usize::try_from(*count).unwrap_or(0)
}
