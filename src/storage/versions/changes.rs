//! What happened to the rows of one table, event by event.
//!
//! Nothing is kept for this: a version that begins in the period is an insertion or an update, and one
//! that ends in it without another that begins is a deletion.

use super::Error;
use super::chunk::VersionPosition;
use super::column::StoredColumn;
use super::table::TableVersions;
use crate::types::{EventId, Period, Row, RowId, TableSchema};
use std::sync::Arc;

/// What one event did to a row.
#[derive(Clone, Debug)]
pub struct RowChange {
    /// The event.
    pub event: EventId,
    /// The row.
    pub row: RowId,
    /// The number of the version that it began; of a deletion, one more than of the one it ended.
    pub rev: u32,
    /// The whole row before it; `None` of an insertion.
    pub old: Option<Row>,
    /// The whole row after it; `None` of a deletion.
    pub new: Option<Row>,
}

/// The changes of a table's rows in a period, in order of events.
#[derive(Debug)]
pub struct RowChanges {
    /// Absent where there is no such table.
    versions: Option<Arc<TableVersions>>,
    columns: Vec<StoredColumn>,
    marks: std::vec::IntoIter<VersionBoundary>,
}

/// That a version begins or ends with an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct VersionBoundary {
    event: EventId,
    ends: bool,
    position: VersionPosition,
}

impl RowChanges {
    /// The changes in a period, of these rows alone if there are any said, with the columns of `table` in
    /// its order.
    pub(super) fn new(
        versions: Option<&Arc<TableVersions>>,
        table: &TableSchema,
        period: Period,
        rows: Option<&[RowId]>,
    ) -> RowChanges {
        let marks = versions.map_or_else(Vec::new, |versions| marks(versions, period, rows));
        let columns = table.columns.iter().map(StoredColumn::new).collect();
        RowChanges { versions: versions.cloned(), columns, marks: marks.into_iter() }
    }
}

/// What begins and ends in a period, one mark per event.
fn marks(versions: &TableVersions, period: Period, rows: Option<&[RowId]>) -> Vec<VersionBoundary> {
    // What the epoch began with did not happen in it.
    let first = period.first.max(versions.start().next());
    let mut marks = Boundaries { versions, period: Period { first, ..period }, found: Vec::new() };
    match rows {
        None => marks.add_all(),
        Some(rows) => rows.iter().for_each(|row| marks.add_row(*row)),
    }
    let mut marks = marks.found;
    marks.sort_unstable();
    // An update ends a version and begins one: the beginning says all.
    marks.dedup_by_key(|mark| mark.event);
    marks
}

/// What begins and ends in a period, in no particular order.
struct Boundaries<'a> {
    versions: &'a TableVersions,
    period: Period,
    found: Vec<VersionBoundary>,
}

impl Boundaries<'_> {
    /// Those of all rows.
    fn add_all(&mut self) {
        for (number, chunk) in self.versions.chunks() {
            if chunk.has_changes(self.period) {
                for offset in 0..chunk.len() {
                    let position = VersionPosition::new(number, offset);
                    self.add(position, chunk.headers().from(offset), chunk.end(offset));
                }
            }
        }
    }

    /// Those of a row, back to the version that the period found.
    fn add_row(&mut self, row: RowId) {
        let mut next = self.versions.ancestor(row, self.period.last);
        while let Some(position) = next {
            let header = self.versions.header(position);
            self.add(position, header.from, self.versions.end_of(position));
            next =
                Some(header.prev).filter(|prev| prev.exists() && header.from >= self.period.first);
        }
    }

    /// Those of a version.
    fn add(&mut self, position: VersionPosition, from: EventId, to: EventId) {
        let Period { first, last } = self.period;
        let inside = |event: EventId| first <= event && event <= last;
        if inside(from) {
            self.found.push(VersionBoundary { event: from, ends: false, position });
        }
        if to != EventId::NEVER && inside(to) && !self.versions.was_dropped_by(to) {
            self.found.push(VersionBoundary { event: to, ends: true, position });
        }
    }
}

impl RowChanges {
    /// The change that a mark is of.
    fn change(
        &self,
        versions: &TableVersions,
        VersionBoundary { event, ends, position }: VersionBoundary,
    ) -> Result<RowChange, Error> {
        let image = |position: VersionPosition| -> Result<Row, Error> {
            let columns = self.columns.iter().enumerate();
            columns.map(|(place, column)| versions.value(position, column, place)).collect()
        };
        let header = versions.header(position);
        if ends {
            let (row, rev) = (header.row, header.rev.saturating_add(1));
            return Ok(RowChange { event, row, rev, old: Some(image(position)?), new: None });
        }
        let before = header.prev.exists() && versions.end_of(header.prev) == event;
        Ok(RowChange {
            event,
            row: header.row,
            rev: header.rev,
            old: before.then(|| image(header.prev)).transpose()?,
            new: Some(image(position)?),
        })
    }
}

/// The items are errors where a value has to be read back, and cannot be.
impl Iterator for RowChanges {
    type Item = Result<RowChange, Error>;

    fn next(&mut self) -> Option<Result<RowChange, Error>> {
        let mark = self.marks.next()?;
        Some(self.change(self.versions.as_ref()?, mark))
    }
}
