//! Epochs: a base, and the events that follow it.
//!
//! ```text
//!   events   0 ────────────── 10000 ─────────────── 20000 ──────── 23456
//!   epochs   [ from the start ][ from event 10000   ][ the present …
//! ```
//!
//! The present is the last epoch and is always in memory. Those before it are loaded when somebody
//! asks for a moment in one, from the nearest snapshot before it and the events from there, and kept
//! as long as there is room, with those that were passed on the way. How long an epoch is, and at which
//! of their ends snapshots are made, says [`Schedule`](super::schedule::Schedule).

use crate::storage::versions::{Base, EventLookup, State, View};
use crate::types::{EventId, Period};
use std::sync::{Arc, Mutex, PoisonError};

/// How many row versions all loaded epochs may have together. One is kept whatever it has.
const MOST_VERSIONS: u64 = 500_000;

/// A past epoch: it answers for the events from its start to its last.
#[derive(Debug)]
pub(crate) struct Epoch {
    /// What its rows at the start were read from.
    pub base: Base,
    /// Its rows and their versions.
    pub state: State,
    /// About how many of those there are.
    pub versions: u64,
}

impl Epoch {
    /// An epoch as it is now.
    pub fn new(base: Base, state: State) -> Epoch {
        let events = state.head().0.saturating_sub(state.base().0);
        let versions = events.saturating_add(state.row_count(state.base()));
        Epoch { base, state, versions }
    }

    /// The event after which it begins.
    pub fn start(&self) -> EventId {
        self.state.base()
    }

    /// The last event that it knows.
    pub fn last(&self) -> EventId {
        self.state.head()
    }

    /// Whether it knows all that is visible in a period.
    pub fn covers(&self, period: Period) -> bool {
        self.start() <= period.first && period.last <= self.last()
    }
}

/// Past epochs in memory, the one that was used last first.
#[derive(Debug, Default)]
pub(crate) struct EpochCache {
    epochs: Mutex<Vec<Arc<Epoch>>>,
}

impl EpochCache {
    /// The same epochs, whose views ask `lookup` about events: those that opening passed were made
    /// before there was anyone to ask.
    pub fn with_lookup(self, lookup: &Arc<dyn EventLookup>) -> EpochCache {
        let epochs = self.epochs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let told = |epoch: Arc<Epoch>| {
            let state = epoch.state.clone().with_lookup(Arc::clone(lookup));
            Arc::new(Epoch { base: epoch.base, state, versions: epoch.versions })
        };
        EpochCache { epochs: Mutex::new(epochs.into_iter().map(told).collect()) }
    }

    /// An epoch for which this is true, used now; the one of the least cost if there are several.
    pub fn find(
        &self,
        fits: impl Fn(&Epoch) -> bool,
        cost: impl Fn(&Epoch) -> u64,
    ) -> Option<Arc<Epoch>> {
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting = epochs.iter().enumerate().filter(|(_, epoch)| fits(epoch));
        let (at, _) = fitting.min_by_key(|(_, epoch)| cost(epoch))?;
        let found = epochs.remove(at);
        epochs.insert(0, Arc::clone(&found));
        Some(found)
    }

    /// Keeps an epoch, and lets go of those that were not used for longest if there are too many.
    pub fn keep(&self, epoch: Arc<Epoch>) {
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        epochs.retain(|other| (other.start(), other.last()) != (epoch.start(), epoch.last()));
        epochs.insert(0, epoch);
        let mut versions = 0_u64;
        let mut count = 0;
        epochs.retain(|epoch| {
            versions = versions.saturating_add(epoch.versions);
            count += 1;
            count == 1 || versions <= MOST_VERSIONS
        });
    }
}

/// What a view costs besides its rows, counted in rows.
const OF_A_VIEW: u64 = 1000;

/// Views that snapshots are due of: as many as may wait in memory.
#[derive(Debug, Default)]
pub(crate) struct SnapshotQueue {
    views: Vec<(View, u64)>,
}

impl SnapshotQueue {
    /// Adds a view of so many rows. Where there are too many, every other one goes, so that those
    /// that stay lie all over the past; the newest stays whatever it has.
    pub fn push(&mut self, view: View, rows: u64) {
        self.views.push((view, rows.saturating_add(OF_A_VIEW)));
        let cost = |views: &[(View, u64)]| views.iter().map(|(_, cost)| *cost).sum::<u64>();
        while self.views.len() > 1 && cost(&self.views) > MOST_VERSIONS {
            let mut stays = self.views.len().is_multiple_of(2);
            self.views.retain(|_| {
                stays = !stays;
                stays
            });
        }
    }

    /// The views, oldest first.
    pub fn into_views(self) -> impl Iterator<Item = View> {
        self.views.into_iter().map(|(view, _)| view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Period;

    #[test]
    fn few_views_wait_and_the_newest_is_among_them() {
        for rows in [0, 10_000, 200_000, 2 * MOST_VERSIONS] {
            let mut due = SnapshotQueue::default();
            for event in 1..=2001 {
                due.push(State::new().view(Period::at(EventId(event))), rows);
                assert!(due.views.len() <= 500);
            }
            let found: Vec<u64> = due.into_views().map(|view| view.period().last.0).collect();
            assert!(found.is_sorted() && found.last() == Some(&2001), "{rows}: {found:?}");
            let most = MOST_VERSIONS / (rows + OF_A_VIEW);
            assert!(found.len() as u64 >= most / 4, "{rows}: {found:?}");
        }
    }
}
