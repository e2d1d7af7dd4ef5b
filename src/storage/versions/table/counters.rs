//! What a table counts: its rows, and the numbers that it gives.

use super::{TableVersions, VersionPosition};
use crate::storage::versions::chunk::ChunkRef;
use crate::storage::versions::layer::Layer;
use crate::types::{EventId, KeyId, RowId, TableSchema, Value};
use std::sync::Arc;

/// How many insertions and deletions lie between two notes of the number of rows.
const NOTE_EVERY: u32 = 1024;

/// What a table counts.
#[derive(Clone, Debug)]
pub(super) struct TableCounters {
    pub next_row: RowId,
    /// What it was when the epoch began.
    pub next_row_before: RowId,
    pub autoincrement: i64,
    /// What it was when the epoch began.
    autoincrement_before: i64,
    autoincrement_key: Option<KeyId>,
    /// What it was set to by hand in this epoch, and by which events, oldest first.
    settings: Vec<(EventId, i64)>,
    /// Visible rows after the last event; in a fork, how many more than in its base.
    pub live: i64,
    /// The number of rows after some events, oldest first.
    notes: Arc<Vec<(EventId, i64)>>,
    since_note: u32,
    pub last_event: EventId,
}

impl TableCounters {
    /// Those of a table without versions, over a base if there is one.
    pub fn new(schema: &TableSchema, base: Option<&Layer>) -> TableCounters {
        let under = base.map(|base| &base.versions().counters);
        let automatic = schema.primary_key().filter(|_| schema.autoincrement);
        let next_row = under.map_or(RowId(1), |under| under.next_row);
        TableCounters {
            next_row,
            next_row_before: next_row,
            autoincrement: base.map_or(0, Layer::autoincrement),
            autoincrement_before: 0,
            autoincrement_key: automatic.map(|key| key.id),
            settings: Vec::new(),
            live: 0,
            notes: Arc::default(),
            since_note: 0,
            last_event: under.map_or(EventId::START, |under| under.last_event),
        }
    }

    /// An epoch begins with them at an event.
    pub fn begin_epoch(&mut self, at: EventId) {
        self.notes = Arc::new(vec![(at, self.live)]);
        self.since_note = 0;
        self.autoincrement_before = self.autoincrement;
        self.settings.clear();
        self.next_row_before = self.next_row;
    }

    /// An event ended or began versions.
    pub fn note_event(&mut self, event: EventId) {
        self.last_event = self.last_event.max(event);
    }

    /// There is a row of this number.
    pub fn note_row(&mut self, row: RowId) {
        self.next_row = self.next_row.max(RowId(row.0.saturating_add(1)));
    }

    /// A key that counts has this value.
    pub fn note_key(&mut self, key: &Value) {
        if let Value::Integer(number) = key {
            self.autoincrement = self.autoincrement.max(*number);
        }
    }

    /// An event made so many rows more.
    pub fn count(&mut self, event: EventId, by: i64) {
        self.live += by;
        self.since_note += 1;
        self.note_event(event);
        if self.since_note >= NOTE_EVERY {
            self.since_note = 0;
            Arc::make_mut(&mut self.notes).push((event, self.live));
        }
    }

    /// The AUTOINCREMENT counter was set by hand.
    pub fn set_autoincrement(&mut self, event: EventId, number: i64) {
        self.autoincrement = number;
        self.settings.push((event, number));
        self.note_event(event);
    }
}

/// The newest version that a row had which is not there.
#[derive(Clone, Copy, Debug)]
pub(in crate::storage::versions) enum EndedRow {
    /// Its number, the end counted as one, and the event that made it; nothing where there was none.
    Known(Option<(u32, EventId)>),
    /// If there was one, it ended before the epoch.
    BeforeEpoch,
}

impl TableVersions {
    /// About how many bytes its versions and keys have.
    pub fn byte_size(&self) -> usize {
        let chunks: usize = self.chunks().map(|(_, chunk)| chunk.byte_size()).sum();
        let keys: usize = self.indexes.iter().map(|(_, index)| index.byte_size()).sum();
        let rows = usize::try_from(self.row_count(EventId::NEVER)).unwrap_or(0);
        chunks + keys + rows * size_of::<VersionPosition>()
    }

    /// The number of the next row.
    pub fn next_row(&self) -> RowId {
        self.counters.next_row
    }

    /// What the AUTOINCREMENT counter was after an event, unless something happened since; and the
    /// key, if the table has such a one.
    pub fn autoincrement(&self, event: EventId) -> (Option<i64>, Option<KeyId>) {
        let TableCounters { autoincrement, settings, last_event, .. } = &self.counters;
        let now = event >= *last_event || (*autoincrement == 0 && settings.is_empty());
        (now.then_some(*autoincrement), self.counters.autoincrement_key)
    }

    /// What the AUTOINCREMENT counter was last set to up to an event, and by which; what it was when
    /// the epoch began, if nobody set it.
    pub fn autoincrement_set(&self, event: EventId) -> (EventId, i64) {
        let settings = &self.counters.settings;
        let count = settings.partition_point(|(since, _)| *since <= event);
        let before = (self.start, self.counters.autoincrement_before);
        count.checked_sub(1).map_or(before, |at| settings[at])
    }

    /// What became of a row that is not there after the last event.
    pub fn newest_version(&self, row: RowId) -> EndedRow {
        let Some(latest) = self.rows.get(row).filter(|latest| latest.exists()) else {
            let is_older = row < self.counters.next_row_before;
            return if is_older { EndedRow::BeforeEpoch } else { EndedRow::Known(None) };
        };
        let (header, end) = (self.header(latest), self.end_of(latest));
        // What went with its table was not deleted, which the table itself may not know yet.
        let went_with_table = end == EventId::NEVER || self.was_dropped_by(end);
        EndedRow::Known(Some(match went_with_table {
            true => (header.rev, header.from),
            false => (header.rev.saturating_add(1), end),
        }))
    }

    /// The number of rows after an event, about: exact after the last.
    pub fn row_count(&self, event: EventId) -> i64 {
        let notes = &self.counters.notes;
        if event >= self.counters.last_event {
            return self.counters.live;
        }
        let next = notes.partition_point(|note| note.0 <= event);
        let after = notes.get(next).map_or(self.counters.live, |note| note.1);
        let before = next.checked_sub(1).map_or(0, |at| notes[at].1);
        i64::midpoint(before, after)
    }

    /// The AUTOINCREMENT counter was set by hand.
    pub fn set_autoincrement(&mut self, event: EventId, number: i64) {
        self.counters.set_autoincrement(event, number);
    }

    /// The number that the next row had after an event: of the past it is found by a look at the rows
    /// that began in the epoch until then, all of which have a version here.
    pub fn next_row_at(&self, event: EventId) -> RowId {
        let counters = &self.counters;
        if event >= counters.last_event {
            return counters.next_row;
        }
        let of_chunk = |(_, chunk): (usize, ChunkRef<'_>)| {
            let headers = chunk.headers();
            let until =
                headers.rows.iter().enumerate().filter(|(at, _)| headers.from(*at) <= event);
            until.map(|(_, row)| RowId(row.0.saturating_add(1))).max()
        };
        let largest = self.chunks().filter_map(of_chunk).max();
        largest.map_or(counters.next_row_before, |next| next.max(counters.next_row_before))
    }
}
