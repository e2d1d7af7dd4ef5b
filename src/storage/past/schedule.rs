//! When epochs end, and when snapshots are made by themselves.
//!
//! An epoch costs memory and is short. A snapshot costs a file: all of them together are to be a small
//! part of the log, whether rows are added or changed, and from each the events up to the next can be
//! replayed in a moment.

use crate::storage::versions::State;
use crate::types::EventId;

/// The fewest events of an epoch, unless it was said otherwise.
const FEWEST_EVENTS: u64 = 10_000;

/// The fewest events between two snapshots that make themselves, unless it was said otherwise.
const FEWEST_BETWEEN_SNAPSHOTS: u64 = 100_000;

/// How many events there are between them for each row that the first of them holds.
const EVENTS_PER_ROW: u64 = 4;

/// When the present epoch is to end, and when a snapshot is to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// How many events lie between two snapshots, where that was said.
    every: Option<u64>,
    epoch: EventId,
    snapshot: EventId,
}

impl Schedule {
    /// For an empty database.
    pub fn new(every: Option<u64>) -> Schedule {
        let mut schedule = Schedule { every, epoch: EventId::START, snapshot: EventId::START };
        schedule.begin(&State::default(), EventId::START);
        schedule
    }

    /// Goes on with the epoch that a state is in; the last snapshot that made itself is of event `last`,
    /// or there is none and it is 0.
    pub fn begin(&mut self, state: &State, last: EventId) {
        let base = state.base();
        let rows = state.row_count(base);
        self.epoch = after(base, self.every.unwrap_or(rows.max(FEWEST_EVENTS)));
        // How many rows there were at the last is not known, but no more than events.
        self.snapshot = self.next_snapshot(last, rows.min(last.0));
    }

    /// Whether the present epoch is to end with this event.
    pub fn is_due(&self, event: EventId) -> bool {
        event >= self.epoch.min(self.snapshot)
    }

    /// Whether a snapshot of this event is to be made.
    pub fn is_snapshot_due(&self, event: EventId) -> bool {
        event >= self.snapshot
    }

    /// How many events the epoch has that begins with this one.
    pub fn events_after(&self, base: EventId) -> u64 {
        self.epoch.0.saturating_sub(base.0)
    }

    /// Notes that an epoch begins with a state. Gives whether a snapshot of it is due, which then
    /// counts as made.
    pub fn next_epoch(&mut self, state: &State) -> bool {
        let (base, is_due) = (state.base(), self.is_snapshot_due(state.base()));
        self.epoch = after(base, self.every.unwrap_or(state.row_count(base).max(FEWEST_EVENTS)));
        if is_due {
            self.snapshot_made(state);
        }
        is_due
    }

    /// Notes that there is a snapshot of a state's last event.
    pub fn snapshot_made(&mut self, state: &State) {
        self.snapshot = self.next_snapshot(state.head(), state.row_count(state.head()));
    }

    fn next_snapshot(&self, last: EventId, rows: u64) -> EventId {
        let events = rows.saturating_mul(EVENTS_PER_ROW).max(FEWEST_BETWEEN_SNAPSHOTS);
        after(last, self.every.unwrap_or(events))
    }
}

fn after(event: EventId, events: u64) -> EventId {
    EventId(event.0.saturating_add(events.max(1)))
}
