//! Transactions: begun, staged, settled.

use super::{CommittedTransaction, Database, EPOCHS_PER_ROW_FILES, MICROS_PER_DAY};
use crate::storage::error::Error;
use crate::storage::event::{Event, Marker, Metadata, Operation};
use crate::storage::past::schedule::Schedule;
use crate::storage::settler::Settler;
#[cfg(doc)]
use crate::storage::store::EventStore;
use crate::storage::versions::{Fork, View};
use crate::types::{EventId, Timestamp};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

/// How many bytes may be staged and not settled, about: with more, whoever stages waits for the disk.
const MOST_UNSETTLED: usize = 8 << 20;

/// The events of a fork that was staged, and what is said of them.
type StagedFork = (Arc<Vec<Event>>, CommittedTransaction);

impl Database {
    /// Begins a transaction on what is visible now.
    ///
    /// # Errors
    /// [`Error::ReadOnly`], [`Error::Following`], [`Error::GivenUp`], [`Error::Damaged`] or
    /// [`Error::Poisoned`] where it could never be committed; those of [`Database::begin_deferred`].
    pub fn begin(&self) -> Result<Fork, Error> {
        self.store.check_writable()?;
        self.begin_deferred()
    }

    /// Begins a transaction that may never write: whether it could is asked no sooner than that.
    ///
    /// # Errors
    /// [`Error::Behind`] where the present is not in memory.
    pub fn begin_deferred(&self) -> Result<Fork, Error> {
        self.begin_for(EventId::START, None)
    }

    /// The same, beside what is temporary in a session, by somebody who staged `own` last: it builds upon
    /// nothing that others staged before that is durable. Of [`EventId::NEVER`] it builds upon all that
    /// is staged, and is durable no sooner than that: then nobody may be told what it reads before it is.
    ///
    /// # Errors
    /// As [`Database::begin_deferred`].
    pub fn begin_for(&self, own: EventId, temporary: Option<View>) -> Result<Fork, Error> {
        let mut view = self.engine.latest()?;
        if view.period().last > self.head_for(own) {
            // A disk that refuses is told of by those who staged, and whoever commits this one.
            drop(self.store.settle(view.period().last));
            view = self.latest_for(own).unwrap_or(view);
        }
        let next = view.period().last.next();
        let base = match temporary {
            Some(temporary) => view.with_temporary(temporary),
            None => view,
        };
        Ok(Fork::new(base, next))
    }

    /// Lets other processes write while this one reads, and follows them. What opening found
    /// to be brought up is, before. Whoever wants to write again opens the database again. Where nothing
    /// may be written, nobody else could either.
    pub fn give_up_place(&self) {
        let has_place = self.path.is_some() && self.store.has_place();
        if has_place && self.store.check_writable().is_ok() {
            // The same as when it is dropped; what waits to be written is, too.
            drop(self.checkpoint());
            self.store.give_up();
        }
    }

    /// Makes a transaction durable, then visible. One without events commits nothing, unless it has an
    /// identity to be known by: that is an event.
    ///
    /// # Errors
    /// Those of [`Database::stage`] and [`Database::settle`].
    pub fn commit(
        &self,
        fork: Fork,
        metadata: Metadata,
    ) -> Result<Option<CommittedTransaction>, Error> {
        self.enter(fork, metadata, true)
    }

    /// Gives a transaction its place in the log, and shows it to whoever made it. It is durable, and
    /// others see it, once it is settled, which is soon; nobody may be told of it before.
    ///
    /// # Errors
    /// [`Error::Stale`] where someone committed since the fork began; those of [`EventStore::stage`];
    /// those of [`EventStore::settle`] where so much was staged that it had to be settled first;
    /// [`Error::Behind`] where it is in the log, and the rows that it changed could not be read back.
    pub fn stage(
        &self,
        fork: Fork,
        metadata: Metadata,
    ) -> Result<Option<CommittedTransaction>, Error> {
        let staged = self.enter(fork, metadata, false)?;
        self.settler.iter().for_each(Settler::wake);
        Ok(staged)
    }

    /// Stages a transaction and applies it; settles it before that, if it is awaited or too much is not
    /// settled.
    fn enter(
        &self,
        fork: Fork,
        metadata: Metadata,
        is_awaited: bool,
    ) -> Result<Option<CommittedTransaction>, Error> {
        let mut schedule = self.one_at_a_time();
        let Some((events, committed)) = self.stage_fork(fork, metadata)? else { return Ok(None) };
        if is_awaited || self.store.unsettled() > MOST_UNSETTLED {
            self.store.settle(committed.last)?;
        }
        self.show(events, committed, &mut schedule)?;
        Ok(Some(committed))
    }

    /// Makes durable what was staged up to an event, and known to everybody.
    ///
    /// # Errors
    /// Those of [`EventStore::settle`]: then nothing of what was staged is seen any more.
    pub fn settle(&self, event: EventId) -> Result<(), Error> {
        self.store.settle(event)
    }

    /// Whether an event is durable, and others see it.
    pub fn is_settled(&self, event: EventId) -> bool {
        self.store.is_settled(event)
    }

    /// Stages what a fork recorded, if it is anything.
    fn stage_fork(&self, mut fork: Fork, metadata: Metadata) -> Result<Option<StagedFork>, Error> {
        if fork.is_empty() {
            if metadata.id.is_none() {
                return Ok(None);
            }
            fork.append(Operation::Marker(Marker::Transaction));
        }
        self.store.check_writable()?;
        let (base, head) = (fork.base(), self.store.staged());
        if base != head {
            return Err(Error::Stale { base, head });
        }
        let (operations, causes) = fork.into_operations()?;
        let events = self.store.stage(operations, &causes, metadata)?;
        let committed = events.first().zip(events.last()).map(|(first, last)| {
            CommittedTransaction { first: first.id, last: last.id, tx: last.tx, at: last.at }
        });
        Ok(committed.map(|committed| (events, committed)))
    }

    /// Applies what was staged; ends the epoch that is long enough by that.
    fn show(
        &self,
        events: Arc<Vec<Event>>,
        committed: CommittedTransaction,
        schedule: &mut Schedule,
    ) -> Result<(), Error> {
        if let Err(behind) = self.engine.apply(events) {
            // What is said of it is that the log has it.
            self.store.settle(committed.last)?;
            return Err(behind);
        }
        self.note_if_ahead(committed.at);
        self.grow(schedule)
    }

    /// Notes, once, that the last event was committed by a clock that was far ahead of this one.
    pub(super) fn note_if_ahead(&self, at: Timestamp) {
        let now = self.environment.clock.peek();
        let days = at.0.saturating_sub(now.0) / MICROS_PER_DAY;
        if days > 0 {
            let plural = if days == 1 { "" } else { "s" };
            self.ahead.get_or_init(|| {
                format!(
                    "the last event was committed at {at}, {days} day{plural} ahead of the clock: \
                     moments like 'now' are counted from it"
                )
            });
        }
    }

    pub(super) fn one_at_a_time(&self) -> MutexGuard<'_, Schedule> {
        self.commit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the present epoch if it is long enough, with a snapshot if one is due.
    ///
    /// # Errors
    /// Those of [`EventStore::settle`]: an epoch ends with what is durable.
    fn grow(&self, schedule: &mut Schedule) -> Result<(), Error> {
        let head = self.engine.last();
        if !schedule.is_due(head) {
            return Ok(());
        }
        self.store.settle(head)?;
        let (view, is_due) = match self.engine.start_epoch(schedule) {
            Ok(ended) => ended,
            Err(error) => {
                // The epoch goes on, and the next transaction tries again.
                self.engine.notice(format!("the past is kept longer than it has to be: {error}"));
                return Ok(());
            }
        };
        if is_due {
            self.checkpointer.snapshots_later(vec![view.clone()]);
        }
        let since = head.0.saturating_sub(self.last_rows.load(Ordering::Relaxed));
        let interval = schedule.events_after(head);
        if self.path.is_some() && since >= interval.saturating_mul(EPOCHS_PER_ROW_FILES) {
            self.last_rows.store(head.0, Ordering::Relaxed);
            self.checkpointer.rows_later(view);
        }
        Ok(())
    }
}
