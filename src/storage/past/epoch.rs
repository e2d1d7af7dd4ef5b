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
use crate::types::memory::{MemoryBudget, MemoryCache};
use crate::types::{EventId, Period};
use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};

/// How many rows the views may have together that snapshots are due of. One waits whatever it has.
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
    /// About how many bytes they have, as if they shared nothing with other epochs, but for values: these are
    /// among the blocks of the database.
    bytes: usize,
}

impl Epoch {
    /// An epoch as it is now.
    pub fn new(base: Base, state: State) -> Epoch {
        let events = state.head().0.saturating_sub(state.base().0);
        let versions = events.saturating_add(state.row_count(state.base()));
        let bytes = state.byte_size();
        Epoch { base, state, versions, bytes }
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

/// Past epochs in memory, the one that was used last first: as many as a half of what may be kept has room
/// for, and the newest whatever it has, until an operator needs the room.
#[derive(Debug)]
pub(crate) struct EpochCache {
    epochs: Mutex<Vec<Arc<Epoch>>>,
    budget: Arc<MemoryBudget>,
}

impl EpochCache {
    /// No epochs yet, of a database with this budget.
    pub fn new(budget: &Arc<MemoryBudget>) -> Arc<EpochCache> {
        let cache = Arc::new(EpochCache { epochs: Mutex::default(), budget: Arc::clone(budget) });
        let known: Weak<EpochCache> = Arc::downgrade(&cache);
        budget.register(known);
        cache
    }

    /// Lets the views of its epochs ask `lookup` about events: those that opening passed were made
    /// before there was anyone to ask.
    pub fn tell(&self, lookup: &Arc<dyn EventLookup>) {
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        for epoch in epochs.iter_mut() {
            let Epoch { base, state, versions, bytes } = &**epoch;
            let (base, state) = (*base, state.clone().with_lookup(Arc::clone(lookup)));
            *epoch = Arc::new(Epoch { base, state, versions: *versions, bytes: *bytes });
        }
    }

    /// Forgets all epochs.
    pub fn clear(&self) {
        let mut epochs = self.epochs.lock().unwrap_or_else(PoisonError::into_inner);
        self.shrink(&mut epochs, 0, 0);
        // Those that have nothing take no room.
        epochs.clear();
    }

    /// Lets go of the epochs that were not used for longest, until those that are left have no more than
    /// so many bytes; some stay whatever they have.
    fn shrink(&self, epochs: &mut Vec<Arc<Epoch>>, most: usize, some: usize) {
        let mut bytes: usize = epochs.iter().map(|epoch| epoch.bytes).sum();
        while bytes > most
            && epochs.len() > some
            && let Some(gone) = epochs.pop()
        {
            bytes -= gone.bytes;
            self.budget.count_kept(0, gone.bytes);
        }
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
        epochs.retain(|other| {
            let is_it = (other.start(), other.last()) == (epoch.start(), epoch.last());
            self.budget.count_kept(0, if is_it { other.bytes } else { 0 });
            !is_it
        });
        self.budget.count_kept(epoch.bytes, 0);
        epochs.insert(0, epoch);
        // The other half is for blocks.
        self.shrink(&mut epochs, self.budget.room_to_keep() / 2, 1);
    }
}

impl MemoryCache for EpochCache {
    fn evict(&self, bytes: usize) {
        let mut epochs = match self.epochs.try_lock() {
            Ok(epochs) => epochs,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let kept: usize = epochs.iter().map(|epoch| epoch.bytes).sum();
        self.shrink(&mut epochs, kept.saturating_sub(bytes), 0);
    }
}

/// The budget outlives the cache.
impl Drop for EpochCache {
    fn drop(&mut self) {
        self.clear();
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
    use crate::storage::tests::accounts;
    use crate::storage::{Operation, RowImages, RowOperation, SchemaChange};
    use crate::types::memory::Reservation;
    use crate::types::{Period, RowId, Value};

    /// Epochs one after the other, each with a thousand new rows.
    fn epochs(count: u64) -> Vec<Arc<Epoch>> {
        let table = accounts(1);
        let mut state = State::default();
        let create = Operation::Schema(SchemaChange::CreateTable(Arc::clone(&table)));
        let event = |id, operation| crate::storage::Event {
            id: EventId(id),
            tx: Default::default(),
            at: crate::types::Timestamp(0),
            cause: None,
            operation,
            last: None,
        };
        state.apply(&event(1, create)).expect("nothing is read");
        let epoch = |at: u64| {
            for id in at * 1000 + 2..at * 1000 + 1002 {
                let number = i64::try_from(id).expect("small");
                let new = vec![Value::Integer(number), Value::text("Ada"), Value::Null];
                let images = RowImages::Insert { new, prev: EventId::START };
                let (table, row) = (Arc::clone(&table), RowId(id));
                let insert = RowOperation { table, row, rev: 1, images };
                state.apply(&event(id, Operation::Row(insert))).expect("nothing is read");
            }
            Arc::new(Epoch::new(Base::Start, state.start_epoch().expect("all is in memory")))
        };
        (0..count).map(epoch).collect()
    }

    #[test]
    fn as_many_epochs_are_kept_as_there_is_room_for() {
        let epochs = epochs(8);
        let all: usize = epochs.iter().map(|epoch| epoch.bytes).sum();
        assert!(all > 8 * 1000 * 40, "{all} bytes");
        let budget = Arc::new(MemoryBudget::new(all * 4));
        let cache = EpochCache::new(&budget);
        let there = |cache: &EpochCache| {
            let known = cache.epochs.lock().expect("nobody panics");
            known.iter().map(|epoch| epoch.start().0).collect::<Vec<_>>()
        };
        epochs.iter().for_each(|epoch| cache.keep(Arc::clone(epoch)));
        // One that is loaded again takes its own place.
        cache.keep(Arc::clone(&epochs[7]));
        assert_eq!((there(&cache).len(), budget.kept()), (8, all));
        let first = Period::at(EventId(1));
        assert!(cache.find(|epoch| epoch.covers(first), |_| 0).is_some());
        budget.set_limit(all);
        assert!(budget.kept() <= all / 2 && there(&cache).starts_with(&[0]), "{:?}", there(&cache));
        let mut operator = Reservation::new(&budget);
        assert!(operator.grow(all));
        assert_eq!((there(&cache).len(), budget.kept()), (0, 0));
        // Whoever asks for the past keeps one whatever there is.
        cache.keep(Arc::clone(&epochs[3]));
        cache.keep(Arc::clone(&epochs[4]));
        assert_eq!(there(&cache), [epochs[4].start().0]);
        drop((operator, cache));
        assert_eq!((budget.held(), budget.kept()), (0, 0));
    }

    #[test]
    fn few_views_wait_and_the_newest_is_among_them() {
        for rows in [0, 10_000, 200_000, 2 * MOST_VERSIONS] {
            let mut due = SnapshotQueue::default();
            for event in 1..=2001 {
                due.push(State::default().view(Period::at(EventId(event))), rows);
                assert!(due.views.len() <= 500);
            }
            let found: Vec<u64> = due.into_views().map(|view| view.period().last.0).collect();
            assert!(found.is_sorted() && found.last() == Some(&2001), "{rows}: {found:?}");
            let most = MOST_VERSIONS / (rows + OF_A_VIEW);
            assert!(found.len() as u64 >= most / 4, "{rows}: {found:?}");
        }
    }
}
