//! What happened to the rows of one table, event by event.
//!
//! Nothing is kept for this: a version that begins in the period is an insertion or an update, and one
//! that ends in it without another that begins is a deletion.

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
    /// The changes in a period, with the columns of `table` in its order.
    pub(super) fn new(
        versions: Option<&Arc<TableVersions>>,
        table: &TableSchema,
        period: Period,
    ) -> RowChanges {
        let marks = versions.map_or_else(Vec::new, |versions| marks(versions, period));
        let columns = table.columns.iter().map(StoredColumn::new).collect();
        RowChanges { versions: versions.cloned(), columns, marks: marks.into_iter() }
    }
}

/// What begins and ends in a period, one mark per event.
fn marks(versions: &TableVersions, period: Period) -> Vec<VersionBoundary> {
    // What the epoch began with did not happen in it.
    let first = period.first.max(versions.start().next());
    let inside = |event: EventId| first <= event && event <= period.last;
    let mut marks = Vec::new();
    for number in 0..versions.chunk_count() {
        let chunk = versions.chunk(number);
        if !chunk.has_changes(Period { first, last: period.last }) {
            continue;
        }
        for offset in 0..chunk.len() {
            let position = VersionPosition::new(number, offset);
            let (from, to) = (chunk.headers().from(offset), chunk.end(offset));
            if inside(from) {
                marks.push(VersionBoundary { event: from, ends: false, position });
            }
            if to != EventId::NEVER && inside(to) && !versions.was_dropped_by(to) {
                marks.push(VersionBoundary { event: to, ends: true, position });
            }
        }
    }
    marks.sort_unstable();
    // An update ends a version and begins one: the beginning says all.
    marks.dedup_by_key(|mark| mark.event);
    marks
}

impl Iterator for RowChanges {
    type Item = RowChange;

    fn next(&mut self) -> Option<RowChange> {
        let versions = self.versions.as_ref()?;
        let VersionBoundary { event, ends, position } = self.marks.next()?;
        let image = |position: VersionPosition| -> Row {
            let columns = self.columns.iter().enumerate();
            columns.map(|(place, column)| versions.value(position, column, place)).collect()
        };
        let header = versions.header(position);
        if ends {
            let (row, rev) = (header.row, header.rev.saturating_add(1));
            return Some(RowChange { event, row, rev, old: Some(image(position)), new: None });
        }
        let before = header.prev.exists() && versions.end_of(header.prev) == event;
        Some(RowChange {
            event,
            row: header.row,
            rev: header.rev,
            old: before.then(|| image(header.prev)),
            new: Some(image(position)),
        })
    }
}
