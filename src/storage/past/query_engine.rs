//! The one place that decides how a moment is reached.
//!
//! The present is an epoch in memory, and grows. When the schedule says so it is
//! *ended*: the versions that ended go, with it as it was, into the cache of past epochs, and the
//! next begins with the rows that are left. A moment before the present epoch lies in a past one:
//! cached, or loaded from the end of one that is, or from the nearest snapshot before it, whichever is
//! nearer, by as many epochs as there are to the moment. A period of several events is answered by one
//! epoch long enough for it.

use super::epoch::{Epoch, EpochCache};
use super::restore::restore_snapshot;
use super::schedule::Schedule;
use crate::storage::base::SnapshotId;
use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::projections::{SnapshotEntry, SnapshotManager};
use crate::storage::store::{EventStore, ProjectionPosition};
use crate::storage::versions::{Base, BlockCache, EventLookup, Origin, RowChange, State, View};
use crate::types::{EventId, Period, RowId, TableId, TableSchema};
use std::collections::HashSet;
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// Gives views of any point or period up to the last event.
#[derive(Debug)]
pub struct QueryEngine {
    store: Arc<EventStore>,
    snapshots: SnapshotManager,
    head: RwLock<PresentEpoch>,
    past: Arc<EpochCache>,
    blocks: Arc<BlockCache>,
    notices: Mutex<Vec<String>>,
    /// The snapshots that were found damaged: named once, and not tried again.
    damaged: Mutex<HashSet<SnapshotId>>,
}

/// The present epoch.
#[derive(Debug)]
struct PresentEpoch {
    state: State,
    base: Base,
    /// What is visible now, once somebody asked. It shares the versions, which would be copied where one
    /// writes.
    latest: OnceLock<View>,
    /// Why an event could not be taken in: then nothing of this is the present.
    failure: Option<Arc<Error>>,
}

impl PresentEpoch {
    /// Refuses to show what lacks an event.
    fn check(&self) -> Result<(), Error> {
        self.failure.as_ref().map_or(Ok(()), |failure| Err(Error::Behind(Arc::clone(failure))))
    }

    /// Takes in the next event, unless one before it could not be.
    fn apply(&mut self, event: &Event) -> Result<(), Error> {
        self.check()?;
        if let Err(failure) = self.state.apply(event) {
            self.failure = Some(Arc::new(failure));
        }
        self.check()
    }
}

impl QueryEngine {
    /// An engine over what the log's events led to, and what that was read from; rows of the past will be
    /// among these blocks.
    pub(crate) fn new(
        store: Arc<EventStore>,
        snapshots: SnapshotManager,
        (state, base): (State, Base),
        past: Arc<EpochCache>,
        blocks: Arc<BlockCache>,
    ) -> QueryEngine {
        let lookup = Arc::clone(&store) as Arc<dyn EventLookup>;
        past.tell(&lookup);
        let state = state.with_lookup(lookup);
        let latest = OnceLock::new();
        let head = RwLock::new(PresentEpoch { state, base, latest, failure: None });
        let (notices, damaged) = Default::default();
        QueryEngine { store, snapshots, head, past, blocks, notices, damaged }
    }

    /// What was visible in a period, each version once. How far behind the period it is known when one
    /// ended depends on what was in memory: see [`QueryEngine::view_with_ends`].
    ///
    /// # Errors
    /// [`Error::BeyondHead`] where the period ends behind the last event; of a period in the past
    /// also [`Error::Corrupt`] where a line of the log that leads there is not what was written,
    /// [`Error::Io`] where the log cannot be read, [`Error::Projection`] where it is the index.
    pub fn view(&self, period: Period) -> Result<View, Error> {
        self.reach(period, false)
    }

    /// As [`QueryEngine::view`], and the end of each version is true even where it lies far behind
    /// the period.
    ///
    /// # Errors
    /// Those of [`QueryEngine::view`].
    pub fn view_with_ends(&self, period: Period) -> Result<View, Error> {
        self.reach(period, true)
    }

    /// What is visible now.
    ///
    /// # Errors
    /// [`Error::Behind`] where an event could not be taken into memory.
    pub fn latest(&self) -> Result<View, Error> {
        let head = self.head();
        head.check()?;
        let view = || self.of_head(&head, Period::at(head.state.head()));
        Ok(head.latest.get_or_init(view).clone())
    }

    /// What the values of rows are among.
    pub(crate) fn blocks(&self) -> &Arc<BlockCache> {
        &self.blocks
    }

    /// The last event.
    pub fn last(&self) -> EventId {
        self.head().state.head()
    }

    /// Applies events of whole transactions, and lets go of each where nobody else holds it: they may be
    /// many. Views see all of them or none.
    ///
    /// # Errors
    /// [`Error::Behind`] where what an event builds upon cannot be read back: then the present cannot be seen
    /// any more.
    pub fn apply(&self, events: Arc<Vec<Event>>) -> Result<(), Error> {
        let mut head = self.head_to_change();
        match Arc::try_unwrap(events) {
            Ok(events) => events.into_iter().try_for_each(|event| head.apply(&event)),
            Err(events) => events.iter().try_for_each(|event| head.apply(event)),
        }
    }

    /// Ends the present epoch with its last event and begins the next; gives a view of that event, and
    /// whether a snapshot of it is due.
    ///
    /// # Errors
    /// Those of [`State::start_epoch`]: then the epoch goes on.
    pub(crate) fn start_epoch(&self, schedule: &mut Schedule) -> Result<(View, bool), Error> {
        let mut head = self.head_to_change();
        let (base, state) = (head.base, head.state.start_epoch()?);
        head.base = Base::PreviousEpoch;
        let period = Period::at(head.state.head());
        let view = self.of_head(&head, period);
        let is_due = schedule.next_epoch(&head.state);
        drop(head);
        self.past.keep(Arc::new(Epoch::new(base, state)));
        Ok((view, is_due))
    }

    /// Keeps something to be said for whoever asks next.
    pub(crate) fn notice(&self, notice: String) {
        self.notices().push(notice);
    }

    /// What there is to be said since it was last asked, one line each.
    pub(crate) fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut self.notices())
    }

    fn notices(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.notices)
    }

    fn head(&self) -> RwLockReadGuard<'_, PresentEpoch> {
        // A writer that panicked left a state that is no worse than the events it applied.
        self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same to be changed: what showed it shows it no more.
    fn head_to_change(&self) -> RwLockWriteGuard<'_, PresentEpoch> {
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        head.latest.take();
        head
    }

    fn of_head(&self, head: &PresentEpoch, period: Period) -> View {
        let origin = Origin::in_memory(head.base, head.state.base());
        head.state.view(period).reached(origin, self.known(period))
    }

    /// Up to which event a view of a period may tell how versions ended: what is durable, or seen anyhow.
    fn known(&self, period: Period) -> EventId {
        self.store.head().max(period.last)
    }

    fn reach(&self, period: Period, ends: bool) -> Result<View, Error> {
        let last = if ends { self.last() } else { period.last };
        let wanted = Period { first: period.first, last: last.max(period.last) };
        let known = self.known(period);
        self.with_epoch(wanted, |state, origin| state.view(period).reached(origin, known))
    }

    /// What was visible in a period and at the event before it, piece by piece: each view is of one epoch,
    /// which is reached when it is asked for, and begins where the one before it ends. Of a table's period
    /// there is nothing before the table.
    ///
    /// # Errors
    /// [`Error::BeyondHead`] where the period ends behind the last event. The items are the errors
    /// of [`QueryEngine::view`]; there the iteration ends.
    pub fn pieces(
        engine: &Arc<QueryEngine>,
        table: TableId,
        period: Period,
    ) -> Result<impl Iterator<Item = Result<View, Error>> + Send + use<>, Error> {
        let head = engine.last();
        if period.last > head {
            return Err(Error::BeyondHead { event: period.last, head });
        }
        let engine = Arc::clone(engine);
        let mut next = period.first.max(table.0);
        Ok(std::iter::from_fn(move || {
            if next > period.last {
                return None;
            }
            let piece = engine.piece(next, period.last);
            next = piece.as_ref().map_or(EventId::NEVER, |piece| piece.period().last.next());
            Some(piece)
        }))
    }

    /// The piece that begins before an event, as far as the epoch goes in which that lies.
    fn piece(&self, first: EventId, last: EventId) -> Result<View, Error> {
        // What an epoch begins with did not happen in it.
        let before = EventId(first.0.saturating_sub(1));
        self.with_epoch(Period { first: before, last: first }, |state, origin| {
            let period = Period { first: before, last: last.min(state.head()) };
            state.view(period).reached(origin, self.known(period))
        })
    }

    /// What happened to the rows of a table in a period: each change once, in order of events; of these
    /// rows alone if there are any said. The rows are whole, in the columns of `table`, whatever the
    /// table's were then.
    ///
    /// # Errors
    /// As [`QueryEngine::pieces`].
    pub fn changes(
        engine: &Arc<QueryEngine>,
        table: &Arc<TableSchema>,
        period: Period,
        rows: Option<Arc<[RowId]>>,
    ) -> Result<impl Iterator<Item = Result<RowChange, Error>> + Send + use<>, Error> {
        let (pieces, table) = (QueryEngine::pieces(engine, table.id, period)?, Arc::clone(table));
        Ok(pieces.flat_map(move |piece| {
            let (changes, failure) = match piece {
                Ok(piece) => (Some(piece.changes(&table, rows.as_deref())), None),
                Err(error) => (None, Some(Err(error))),
            };
            changes.into_iter().flatten().chain(failure)
        }))
    }

    /// Looks at an epoch that knows all of a period.
    fn with_epoch<T>(
        &self,
        wanted: Period,
        look: impl FnOnce(&State, Origin) -> T,
    ) -> Result<T, Error> {
        let base = {
            let head = self.head();
            let last = head.state.head();
            if wanted.last > last {
                return Err(Error::BeyondHead { event: wanted.last, head: last });
            }
            if wanted.first >= head.state.base() {
                head.check()?;
                let origin = Origin::in_memory(head.base, head.state.base());
                return Ok(look(&head.state, origin));
            }
            head.state.base()
        };
        if let Some(epoch) = self.past.find(|epoch| epoch.covers(wanted), |epoch| epoch.versions) {
            return Ok(look(&epoch.state, Origin::in_memory(epoch.base, epoch.start())));
        }
        let listed = self.listed();
        let end = end_of_epoch(&listed, wanted.first, base).max(wanted.last);
        let (epoch, replayed) = self.load(&listed, wanted, end)?;
        let (start, base) = (epoch.start(), epoch.base);
        let skipped = epoch.last().0.saturating_sub(replayed);
        let seen = look(&epoch.state, Origin { start, base, replayed, skipped, loaded: false });
        self.past.keep(epoch);
        Ok(seen)
    }

    /// The snapshots there are, by event; none where they cannot be listed.
    fn listed(&self) -> Vec<SnapshotEntry> {
        self.snapshots.list().unwrap_or_default()
    }

    /// Loads an epoch that knows all of a period and ends at `end` at the latest, as far as the log is
    /// good. Those that end before the period, on the way to it, are kept as well. Gives the number of
    /// events that were replayed.
    fn load(
        &self,
        listed: &[SnapshotEntry],
        wanted: Period,
        end: EventId,
    ) -> Result<(Arc<Epoch>, u64), Error> {
        let EpochStart { mut state, mut base, position } = self.nearest(listed, wanted, end)?;
        let from = state.head();
        let mut schedule = Schedule::new(None);
        schedule.begin(&state, state.base());
        let events = match position {
            Some(position) => self.store.read_from(position, end),
            None => self.store.read(Period { first: from.next(), last: end }),
        };
        for event in events {
            let event = match event {
                Ok(event) => event,
                // What is behind the damage is for another base to tell.
                Err(error @ Error::Corrupt(_)) if state.head() >= wanted.last => {
                    self.notices().push(format!("{error}; nothing is written any more"));
                    break;
                }
                Err(error) => return Err(error),
            };
            state.apply(&event)?;
            if event.last.is_none() || !schedule.is_due(event.id) {
                continue;
            }
            if event.id >= wanted.last {
                break;
            }
            if event.id <= wanted.first {
                let ended = state.start_epoch()?;
                self.past.keep(Arc::new(Epoch::new(base, ended)));
                base = Base::PreviousEpoch;
                schedule.next_epoch(&state);
            }
        }
        let replayed = state.head().0.saturating_sub(from.0);
        Ok((Arc::new(Epoch::new(base, state)), replayed))
    }

    /// The state with the fewest events to go from there: an epoch in memory that knows the beginning of
    /// the period, the end of one before it or there, the nearest good snapshot, or nothing at all.
    fn nearest<'l>(
        &self,
        listed: &'l [SnapshotEntry],
        wanted: Period,
        end: EventId,
    ) -> Result<EpochStart<'l>, Error> {
        let on_the_way = |epoch: &Epoch| {
            epoch.start() <= wanted.first && wanted.first < epoch.last() && epoch.last() <= end
        };
        let still_to_go = |epoch: &Epoch| end.0 - epoch.last().0;
        if let Some(epoch) = self.past.find(on_the_way, still_to_go) {
            return Ok(EpochStart { state: epoch.state.clone(), base: epoch.base, position: None });
        }
        let mut before = listed.iter().rev().map(|entry| entry.position.event);
        let snapshot = before.find(|event| *event <= wanted.first).unwrap_or_default();
        let ends_before = |epoch: &Epoch| (snapshot..=wanted.first).contains(&epoch.last());
        let still_to_go = |epoch: &Epoch| wanted.first.0 - epoch.last().0;
        if let Some(epoch) = self.past.find(ends_before, still_to_go) {
            let mut state = epoch.state.clone();
            state.start_epoch()?;
            return Ok(EpochStart { state, base: Base::PreviousEpoch, position: None });
        }
        let before = listed.iter().rev().filter(|entry| entry.position.event <= wanted.first);
        let restored = before.filter(|entry| self.is_ours(entry)).find_map(|entry| {
            let schema = self.store.schema_at(entry.position.event);
            match restore_snapshot(&self.snapshots, entry, Some(schema), &self.blocks) {
                Ok(state) => Some(EpochStart {
                    state: self.with_lookup(state),
                    base: Base::Snapshot(entry.id),
                    position: Some(&entry.position),
                }),
                Err(error) => {
                    let instead = "what is before it is read instead";
                    self.notices().push(format!("{error}; {instead}"));
                    lock(&self.damaged).insert(entry.id);
                    None
                }
            }
        });
        Ok(restored.unwrap_or_else(|| EpochStart {
            state: self.with_lookup(State::new(&self.blocks)),
            base: Base::Start,
            position: None,
        }))
    }

    fn with_lookup(&self, state: State) -> State {
        state.with_lookup(Arc::clone(&self.store) as Arc<dyn EventLookup>)
    }

    /// Whether a snapshot is of this very history, and not known to be damaged.
    fn is_ours(&self, entry: &SnapshotEntry) -> bool {
        !lock(&self.damaged).contains(&entry.id) && self.is_of_this_history(entry)
    }

    fn is_of_this_history(&self, entry: &SnapshotEntry) -> bool {
        match self.store.position_at(entry.position.event) {
            Ok(found) => found.as_ref() == Some(&entry.position),
            // Its own line is damaged: whether it fits is told by the chain of the lines behind it.
            Err(Error::Corrupt(_)) => self.store.may_stand_at(&entry.position),
            Err(_) => false,
        }
    }
}

/// What the reading of a past epoch begins with.
struct EpochStart<'l> {
    state: State,
    base: Base,
    /// Where the snapshot stands that it was read from.
    position: Option<&'l ProjectionPosition>,
}

/// Where the epoch that holds an event ends: where the next begins.
fn end_of_epoch(listed: &[SnapshotEntry], event: EventId, head: EventId) -> EventId {
    let next = listed.iter().map(|entry| entry.position.event).find(|start| *start > event);
    next.unwrap_or(head).min(head)
}

/// A list that somebody held when they panicked is as good as any other.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
