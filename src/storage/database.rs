//! A database: its log, and the state that all events lead to.
//!
//! Opening climbs down a ladder from the projections to the log (`opening`). A transaction is a
//! [`Fork`](super::Fork) of a view; it is staged for the log, applied to the state, and settled: who staged it sees
//! it at once, everybody else when it is durable. Views are values: who has one never waits, and nothing that happens
//! later changes it.

mod maintenance;
mod open;
mod write;

use super::base::SnapshotId;
use super::checkpoint::Checkpointer;
use super::environment::{Clock, Environment, Random};
use super::error::Error;
use super::event::{Marker, Metadata, Operation};
use super::past::QueryEngine;
use super::past::schedule::Schedule;
use super::projections::SnapshotManager;
use super::scrubber::Scrubber;
use super::settler::Settler;
use super::statistics::{StatisticsCache, TableStatistics};
use super::store::EventStore;
use super::store::schema_timeline::SnapshotMarker;
use super::versions::{RowChange, View};
use crate::types::memory::MemoryBudget;
use crate::types::{
    Definition, DefinitionKind, EventId, Period, RowId, TableId, TableSchema, Timestamp, TxId,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};

/// While a database is open, row files are brought up to it after so many epochs.
const EPOCHS_PER_ROW_FILES: u64 = 10;

/// The microseconds of a day: by so much the log may be ahead of the clock before it is said.
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// What became of a transaction in the log: committed, or staged for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommittedTransaction {
    /// The transaction's first event.
    pub first: EventId,
    /// Its last event.
    pub last: EventId,
    /// Its number.
    pub tx: TxId,
    /// When it was committed.
    pub at: Timestamp,
}

impl CommittedTransaction {
    /// How many events it has.
    pub fn events(&self) -> usize {
        usize::try_from(self.last.0 - self.first.0).map_or(usize::MAX, |behind| behind + 1)
    }
}

/// A snapshot of a database that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Its number.
    pub id: u64,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// The event after which it shows the database.
    pub event: EventId,
    /// When that was committed.
    pub at: Timestamp,
    /// Its file in the data directory; absent where that is gone and only the marker is left.
    pub file: Option<String>,
    /// How many bytes that has.
    pub bytes: Option<u64>,
}

/// An open database, to be shared by any number of threads.
#[derive(Debug)]
pub struct Database {
    name: String,
    path: Option<PathBuf>,
    environment: Environment,
    memory: Arc<MemoryBudget>,
    notices: Vec<String>,
    store: Arc<EventStore>,
    engine: Arc<QueryEngine>,
    snapshots: SnapshotManager,
    /// The event up to which row files were last written while the database was open.
    last_rows: AtomicU64,
    checkpointer: Checkpointer,
    /// Reads the older log again, where there is one and the clock runs.
    scrubber: Option<Scrubber>,
    /// Settles what was staged, where the clock runs.
    settler: Option<Settler>,
    /// What there is to be said of a log that is ahead of the clock.
    ahead: OnceLock<String>,
    /// Held from the look at the head until the new events are applied; says what is due then.
    commit: Mutex<Schedule>,
    /// What ANALYZE found.
    statistics: StatisticsCache,
}

impl Database {
    /// The directory's last component; "memory" where there is none.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The directory as it was given.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What it may hold and keep in memory besides its rows.
    pub fn memory(&self) -> &Arc<MemoryBudget> {
        &self.memory
    }

    /// Whether nothing can be written.
    pub fn is_read_only(&self) -> bool {
        self.store.read_only().is_some()
    }

    /// Which process kept the database from being opened for writing, `process 4711`: where one was
    /// to be [followed](crate::storage::OpenOptions::follow).
    pub fn holder(&self) -> Option<&str> {
        self.store.holder()
    }

    /// What opening found worth saying, one line each.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// What was found wrong with projections, or kept them from being written, since it was last
    /// asked; one line each. Nothing is lost by it.
    pub fn take_notices(&self) -> Vec<String> {
        let mut notices = self.engine.take_notices();
        notices.extend(self.checkpointer.take_failures());
        notices.extend(self.scrubber.iter().flat_map(Scrubber::take_findings));
        notices
    }

    /// What ANALYZE found of a table, if it was asked since the database was opened.
    pub fn statistics(&self, table: TableId) -> Option<Arc<TableStatistics>> {
        self.statistics.of(table)
    }

    /// Remembers what ANALYZE found of a table.
    pub fn note_statistics(&self, table: TableId, statistics: TableStatistics) {
        self.statistics.put(table, statistics);
    }

    /// The log itself.
    pub fn store(&self) -> &Arc<EventStore> {
        &self.store
    }

    /// The last event that is settled: durable, and known to everybody.
    pub fn head(&self) -> EventId {
        // Between the sync and the publication the log is ahead of what can be seen; between staging and
        // the sync it is behind.
        self.engine.last().min(self.store.head())
    }

    /// The last event that somebody sees who staged `own` last: their own count, as long as the disk has
    /// not refused them.
    pub fn head_for(&self, own: EventId) -> EventId {
        let last = self.engine.last();
        match self.store.is_poisoned() {
            // Mostly all is settled.
            _ if self.store.is_settled(last) => last,
            true => self.head(),
            false => self.head().max(own.min(last)),
        }
    }

    /// What was visible in a period.
    ///
    /// # Errors
    /// [`Error::BeyondHead`] where the period ends behind the last event; of a period in the past
    /// also [`Error::Corrupt`] where a line of the log that leads there is not what was written,
    /// [`Error::Io`] where the log cannot be read, [`Error::Projection`] where it is the index.
    pub fn view(&self, period: Period) -> Result<View, Error> {
        self.check_reached(period)?;
        self.engine.view(period)
    }

    /// As [`Database::view`], and `_event_to` of each version is true even where it ended behind the
    /// period.
    ///
    /// # Errors
    /// Those of [`Database::view`].
    pub fn view_with_ends(&self, period: Period) -> Result<View, Error> {
        self.check_reached(period)?;
        self.engine.view_with_ends(period)
    }

    /// What happened to the rows of a table in a period: each change once, in order of events; of these
    /// rows alone if there are any said. The rows are whole, in the columns of `table`, whatever the
    /// table's were then.
    ///
    /// # Errors
    /// [`Error::BeyondHead`] where the period ends behind the last event. The items are the errors
    /// of [`Database::view`].
    pub fn changes(
        &self,
        table: &Arc<TableSchema>,
        period: Period,
        rows: Option<Arc<[RowId]>>,
    ) -> Result<impl Iterator<Item = Result<RowChange, Error>> + Send + use<>, Error> {
        self.check_reached(period)?;
        QueryEngine::changes(&self.engine, table, period, rows)
    }

    /// What was visible of a table in a period and at the event before it, piece by piece: together the
    /// views show each version that [`Database::changes`] tells of.
    ///
    /// # Errors
    /// As [`Database::changes`].
    pub fn pieces(
        &self,
        table: TableId,
        period: Period,
    ) -> Result<impl Iterator<Item = Result<View, Error>> + Send + use<>, Error> {
        self.check_reached(period)?;
        QueryEngine::pieces(&self.engine, table, period)
    }

    /// Refuses a period that ends behind the last event that is settled.
    fn check_reached(&self, period: Period) -> Result<(), Error> {
        let head = self.head();
        match period.last <= head {
            true => Ok(()),
            false => Err(Error::BeyondHead { event: period.last, head }),
        }
    }

    /// What is visible now.
    ///
    /// # Errors
    /// [`Error::Behind`] where an event could not be taken into memory.
    pub fn latest(&self) -> Result<View, Error> {
        self.latest_for(EventId::START)
    }

    /// What is visible now to somebody who staged `own` last.
    ///
    /// # Errors
    /// [`Error::Behind`] where an event could not be taken into memory.
    pub fn latest_for(&self, own: EventId) -> Result<View, Error> {
        let latest = self.engine.latest()?;
        let last = latest.period().last;
        if self.store.is_settled(last) || last <= self.head_for(own) {
            return Ok(latest);
        }
        self.engine.view(Period::at(self.head_for(own)))
    }

    /// The last event of the newest transaction committed at a time or before, or 0.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn at_time(&self, at: Timestamp) -> Result<EventId, Error> {
        Ok(self.store.at_time(at)?.min(self.head()))
    }

    /// The last transaction.
    pub fn last_tx(&self) -> TxId {
        self.store.last_tx()
    }

    /// The last event of a transaction; 0 of transaction 0, `None` where there is none of that number.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn last_of(&self, tx: TxId) -> Result<Option<EventId>, Error> {
        Ok(self.store.last_of(tx)?.filter(|last| *last <= self.head()))
    }

    /// When the transaction that holds an event was committed.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub fn committed_at(&self, event: EventId) -> Result<Option<Timestamp>, Error> {
        Ok(self.store.committed_at(event)?.filter(|_| event <= self.head()))
    }

    /// That the log was found to be ahead of the clock by more than a day, in words; whoever tells it
    /// tells it once, however often the database is opened again.
    pub fn ahead_of_clock(&self) -> Option<&str> {
        self.ahead.get().map(String::as_str)
    }

    /// Catches up with the process that writes to the directory, as far as what it wrote is durable:
    /// gives the last event if there is a new one. Nobody waits for it; views that are there stay as
    /// they are. A database that may be written to has nobody to follow.
    ///
    /// # Errors
    /// [`Error::Replaced`] where the log is not the one that was opened, [`Error::Corrupt`] where a
    /// line of it is not what was written, [`Error::Io`] where it cannot be read. The database
    /// stays at the last event that was good. [`Error::Behind`] where the rows that were changed cannot be
    /// read back.
    pub fn follow(&self) -> Result<Option<EventId>, Error> {
        let mut schedule = self.one_at_a_time();
        let before = self.head();
        let mut applied = Ok(());
        self.store.follow(&mut |events| {
            applied = self.engine.apply(Arc::new(events));
            if applied.is_ok() && schedule.is_due(self.head()) {
                // The snapshot is the writer's to take. Where it fails the epoch goes on.
                drop(self.engine.start_epoch(&mut schedule));
            }
        })?;
        applied?;
        let head = self.head();
        Ok((head > before).then_some(head))
    }

    /// Commits a marker event, and writes a snapshot of the database after it: the number, the name
    /// and the point survive the file. Where the file cannot be written the marker stands all the same,
    /// and a [notice](Database::take_notices) says so. Gives its number and what was committed.
    ///
    /// # Errors
    /// Those of [`Database::commit`].
    pub fn take_snapshot(
        &self,
        name: Option<String>,
        metadata: Metadata,
    ) -> Result<(u64, CommittedTransaction), Error> {
        let mut fork = self.begin()?;
        // Whoever commits another meanwhile makes this fork stale, and this number is given again.
        let last = self.store.snapshot_markers().last().map_or(0, |marker| marker.id);
        let number = last.checked_add(1).ok_or_else(|| Error::invalid("no number is left"))?;
        fork.append(Operation::Marker(Marker::Snapshot { id: number, name: name.clone() }));
        let committed = self.commit(fork, metadata)?;
        let committed = committed.expect("a fork with an operation commits an event");
        let event = committed.last;
        let view = self.engine.view(Period::at(event))?;
        if let Err(error) = self.checkpointer.snapshot(number, name, view) {
            self.engine.notice(format!(
                "snapshot {number} names event {event}, but its file was not written: {error}"
            ));
        }
        Ok((number, committed))
    }

    /// All snapshots that were asked for, by number, with their files as far as they are there.
    pub fn snapshots(&self) -> Vec<SnapshotInfo> {
        let head = self.head();
        // What cannot be read is not there for whoever asks.
        let files = self.snapshots.list().unwrap_or_default();
        let info = |SnapshotMarker { id, name, event, at }| {
            let is_its = |event_of_file| SnapshotId::Number(id) == event_of_file;
            let file = files.iter().find(|entry| is_its(entry.id) && entry.position.event == event);
            let named = file.and_then(|entry| entry.path.file_name());
            SnapshotInfo {
                id,
                name,
                event,
                at,
                file: named.map(|name| format!("snapshots/{}", name.to_string_lossy())),
                bytes: file.map(|entry| entry.bytes),
            }
        };
        let markers = self.store.snapshot_markers().into_iter();
        markers.filter(|marker| marker.event <= head).map(info).collect()
    }

    /// The periods in which a table of this name existed: (created, dropped), oldest first.
    pub fn lifetimes(&self, table: &str) -> Vec<(EventId, Option<EventId>)> {
        self.store.lifetimes(table)
    }

    /// The first definition of a view or trigger of this name, and the event that made it.
    pub fn first_definition(
        &self,
        kind: DefinitionKind,
        name: &str,
    ) -> Option<(EventId, Arc<Definition>)> {
        self.store.first_definition(kind, name)
    }

    /// The time by the injected clock.
    pub fn now(&self) -> Timestamp {
        self.environment.clock.now()
    }

    /// The injected randomness.
    pub fn random(&self) -> &Arc<dyn Random> {
        &self.environment.random
    }

    /// The injected clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.environment.clock
    }
}

/// Brings the row files up to the last event, so that the next opening is quick, and lets others
/// write: views that are kept hold the log, and must keep nobody out.
impl Drop for Database {
    fn drop(&mut self) {
        self.scrubber = None;
        self.settler = None;
        // What is not settled nobody was told of.
        drop(self.settle(self.store.staged()));
        drop(self.checkpoint());
        self.checkpointer.finish();
        self.store.close();
    }
}
