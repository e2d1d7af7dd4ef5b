//! Which rows are seen of a row.

use super::super::Error;
use super::super::arithmetic::{compute, to_real};
use super::super::evaluate::Context;
use super::super::paged::{PageReader, PagedColumn};
use super::call::{AskedCall, WindowRows};
use super::partition::{Partition, Peers, StartReader};
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
    /// Whether it asks how far the values of the order are apart.
    pub measures: bool,
    /// Whether it asks which rows are peers.
    has_peers: bool,
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
        let of_peers = [FrameExclusion::Group, FrameExclusion::Ties];
        let has_offset = start.offset().is_some() || end.offset().is_some();
        Ok(KnownFrame {
            unit: *unit,
            measures: *unit == FrameUnit::Range && has_offset,
            has_peers: *unit != FrameUnit::Rows || of_peers.contains(exclusion),
            start: known(start)?,
            end: known(end)?,
            exclusion: *exclusion,
            descending: key.is_some_and(|key| key.descending),
            nulls_first: key.is_none_or(|key| key.nulls_first),
        })
    }

    /// Whether frames have holes.
    pub fn excludes(&self) -> bool {
        self.exclusion != FrameExclusion::NoOthers
    }

    /// Whether all frames begin with the first row.
    pub fn begins_first(&self) -> bool {
        self.start == FrameBound::UnboundedPreceding
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

/// A side of a frame.
#[derive(Clone, Copy)]
enum FrameSide {
    Start,
    End,
}

/// The frames of a partition's rows, from the first row to the last.
#[derive(Default)]
pub(super) struct Frames {
    peers: Peers,
    /// Where the bounds of RANGE are, and the group that they are of.
    start: usize,
    end: usize,
    group: Option<usize>,
    /// Where groups of peers begin, at both bounds.
    starts: StartReader,
    ends: StartReader,
    /// The values of the order, of the row and at both bounds.
    key: PageReader,
    start_key: PageReader,
    end_key: PageReader,
}

impl Frames {
    /// Goes before the first row of a partition.
    pub fn begin(&mut self, partition: &Partition) {
        self.peers.begin(partition);
        (self.start, self.end) = (partition.rows.start, partition.rows.start);
        self.group = None;
    }

    /// The frame of a row, holes included; rows are asked for one after the other.
    ///
    /// # Errors
    /// `date-overflow` of a day so far away, and those of [`PageReader::value`].
    pub fn bounds(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Range<usize>, Error> {
        let WindowRows { asked: AskedCall { frame, .. }, partition } = rows;
        if frame.has_peers {
            self.peers.advance(partition, row)?;
        }
        if let Some(keys) = partition.keys.as_ref().filter(|_| frame.measures)
            && self.group != Some(self.peers.group())
        {
            self.measure(frame, keys, row)?;
            self.group = Some(self.peers.group());
        }
        let start = self.bound(FrameSide::Start, frame, partition, row)?;
        Ok(start..self.bound(FrameSide::End, frame, partition, row)?.max(start))
    }

    /// The rows that are left out of the frame of the row that was asked for, and whether the row
    /// itself is in it none the less.
    pub fn hole(&self, frame: &KnownFrame, row: usize) -> (Range<usize>, bool) {
        match frame.exclusion {
            FrameExclusion::NoOthers => (row..row, false),
            FrameExclusion::CurrentRow => (row..row + 1, false),
            FrameExclusion::Group => (self.peers.rows.clone(), false),
            FrameExclusion::Ties => (self.peers.rows.clone(), true),
        }
    }

    /// The parts that this frame has around its hole, in order.
    pub fn parts(
        &self,
        rows: WindowRows<'_>,
        row: usize,
        bounds: &Range<usize>,
    ) -> [Range<usize>; 3] {
        let within = |part: Range<usize>| {
            let start = part.start.max(bounds.start);
            start..part.end.min(bounds.end).max(start)
        };
        let (hole, keeps_row) = self.hole(&rows.asked.frame, row);
        let before = within(0..hole.start);
        let own = within(if keeps_row { row..row + 1 } else { hole.start..hole.start });
        [before, own, within(hole.end..rows.partition.rows.end)]
    }

    /// Where the frame of a row starts or ends: an end is behind the row or the group that it names.
    fn bound(
        &mut self,
        side: FrameSide,
        frame: &KnownFrame,
        partition: &Partition,
        row: usize,
    ) -> Result<usize, Error> {
        let (rows, peers) = (&partition.rows, &self.peers);
        let (bound, behind, of_peers, of_range, starts) = match side {
            FrameSide::Start => (&frame.start, 0, peers.rows.start, self.start, &mut self.starts),
            FrameSide::End => (&frame.end, 1, peers.rows.end, self.end, &mut self.ends),
        };
        let (row, group) = (row + behind, peers.group() + behind);
        Ok(match (bound, frame.unit) {
            (FrameBound::UnboundedPreceding, _) => rows.start,
            (FrameBound::UnboundedFollowing, _) => rows.end,
            (FrameBound::CurrentRow, FrameUnit::Rows) => row,
            (FrameBound::CurrentRow, FrameUnit::Range | FrameUnit::Groups) => of_peers,
            (FrameBound::Preceding(_) | FrameBound::Following(_), FrameUnit::Range) => of_range,
            (FrameBound::Preceding(distance), FrameUnit::Rows) => {
                row.saturating_sub(count(distance)).max(rows.start)
            }
            (FrameBound::Following(distance), FrameUnit::Rows) => {
                row.saturating_add(count(distance)).min(rows.end)
            }
            // A group ends where the next one begins, and the first begins with the partition.
            (FrameBound::Preceding(distance), FrameUnit::Groups) => {
                starts.start(partition, group.saturating_sub(count(distance)))?
            }
            (FrameBound::Following(distance), FrameUnit::Groups) => {
                starts.start(partition, group.saturating_add(count(distance)))?
            }
        })
    }

    /// Moves the bounds of RANGE on to those of a row.
    fn measure(&mut self, frame: &KnownFrame, keys: &PagedColumn, row: usize) -> Result<(), Error> {
        let key = self.key.value(keys, row)?;
        let border = |bound: &FrameBound<Value>| {
            let is_behind = matches!(bound, FrameBound::Following(_));
            bound.offset().map(|distance| frame.moved(&key, distance, is_behind)).transpose()
        };
        let (start, end) = (border(&frame.start)?, border(&frame.end)?);
        if let Some(border) = start {
            while self.start < keys.rows()
                && frame.compare(&self.start_key.value(keys, self.start)?, &border).is_lt()
            {
                self.start += 1;
            }
        }
        if let Some(border) = end {
            while self.end < keys.rows()
                && frame.compare(&self.end_key.value(keys, self.end)?, &border).is_le()
            {
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
