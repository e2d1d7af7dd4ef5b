//! Aggregates that list what they are given, in the order of rows.

use super::super::Error;
use super::super::accumulate::{JoinedTexts, ListKind};
use super::super::paged::PageReader;
use super::call::{CallReader, RowByRow, WindowRows};
use super::frame::Frames;
use crate::types::Value;
use std::ops::Range;

/// The list of the frame of each row. A frame that only grew goes on with the list of the one before.
pub(super) struct FrameList {
    kind: ListKind,
    frames: Frames,
    /// The parts of the last frame, their list, and what it comes to.
    before: [Range<usize>; 3],
    listing: JoinedTexts,
    last: Option<Value>,
    given: Vec<Value>,
    taken: CallReader,
    arguments: Vec<PageReader>,
}

impl FrameList {
    /// A list of a kind.
    pub fn new(kind: ListKind) -> FrameList {
        FrameList {
            kind,
            frames: Frames::default(),
            before: [0..0, 0..0, 0..0],
            listing: JoinedTexts::new(kind),
            last: None,
            given: Vec::new(),
            taken: CallReader::default(),
            arguments: Vec::new(),
        }
    }

    /// Lists a row, unless FILTER leaves it out.
    fn add(&mut self, rows: WindowRows<'_>, row: usize) -> Result<(), Error> {
        if !self.taken.takes(rows, row)? {
            return Ok(());
        }
        let columns = &rows.asked.arguments;
        self.arguments.resize_with(columns.len(), PageReader::default);
        self.given.clear();
        for (reader, column) in self.arguments.iter_mut().zip(columns) {
            self.given.push(reader.value(column, row)?);
        }
        self.listing.add(&self.given)
    }
}

impl RowByRow for FrameList {
    fn begin(&mut self, rows: WindowRows<'_>) -> Result<(), Error> {
        self.frames.begin(rows.partition);
        let first = rows.partition.rows.start;
        self.before = [first..first, first..first, first..first];
        self.listing = JoinedTexts::new(self.kind);
        self.last = None;
        Ok(())
    }

    fn next(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Value, Error> {
        let bounds = self.frames.bounds(rows, row)?;
        let mut parts = self.frames.parts(rows, row, &bounds);
        if !rows.asked.frame.excludes() {
            // What lies on both sides of no hole is one part.
            parts = [bounds, 0..0, 0..0];
        }
        if let Some(last) = self.last.as_ref().filter(|_| parts == self.before) {
            return Ok(last.clone());
        }
        let before = &self.before;
        let has_grown = before[0].start == parts[0].start
            && before[0].end <= parts[0].end
            && [before, &parts].iter().all(|parts| parts[1].is_empty() && parts[2].is_empty());
        let new = if has_grown {
            [before[0].end..parts[0].end, 0..0, 0..0]
        } else {
            self.listing = JoinedTexts::new(self.kind);
            parts.clone()
        };
        for place in new.into_iter().flatten() {
            self.add(rows, place)?;
        }
        self.before = parts;
        Ok(self.last.insert(self.listing.value()).clone())
    }
}
