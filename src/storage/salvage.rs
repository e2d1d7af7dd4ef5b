//! Salvage: what can be read of a damaged log, as a new database.
//!
//! ```text
//! damaged   │ 1 … 41 │ 42 … 99 cannot be read │ 100 … 230 │      a projection stands at 99
//!               │                  │                 │
//!           as it was    what differs between    appended again,
//!               │             41 and 99          at its own time
//!               ▼                  ▼                 ▼
//! new       │ 1 … 41 │        42 … 57         │ 58 … 188  │
//! ```
//!
//! The new database is one like any other: its log says everything, and its events are numbered
//! without a gap. What happened one by one in between is lost; what it led to is one transaction,
//! with a note.

mod bridge;
mod workspace;

use super::database::Database;
use super::environment::Clock;
use super::error::Error;
use super::event::{Change, Event, Marker, Metadata, Operation, RowImages, RowOperation};
use super::options::OpenOptions;
use super::schema_change::{Dropped, SchemaChange};
use super::store::{LogGap, LostRange};
use super::versions::Fork;
use crate::types::{EventId, KeySchema, Period, RowId, TableId, TableSchema, Timestamp};
use bridge::Returning;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// What a transaction is called that stands for events that are lost.
const INTENT: &str = "Salvaged";

/// What was saved of a database, and what was not.
#[derive(Clone, Debug)]
pub struct SalvageReport {
    /// What became of the events, in order.
    pub ranges: Vec<SalvagedRange>,
    /// What is lost, in order.
    pub lost: Vec<LostRange>,
}

/// Events of a damaged log that are in the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SalvagedRange {
    /// The events.
    pub events: Period,
    /// What they are there; `None` where they came to nothing.
    pub new: Option<Period>,
    /// Whether one by one, or only what they led to.
    pub is_whole: bool,
}

impl Database {
    /// Makes a new database of what can be read of this one, in a directory that does not exist yet. Until
    /// it is whole, it stands in one of that name with `.part` behind it.
    ///
    /// # Errors
    /// [`Error::Invalid`] of a database of which nothing can be read, [`Error::Io`] where one of
    /// the two directories is there, the new files cannot be written or the log cannot be read.
    /// Then nothing is left, or it is an [`Error::Leftover`] that names what is.
    pub fn salvage_to(
        &self,
        directory: &Path,
        options: OpenOptions,
    ) -> Result<SalvageReport, Error> {
        let lost = self.store().lost_ranges()?;
        let vfs = Arc::clone(&options.environment.vfs);
        let ranges = workspace::make(&*vfs, directory, |part| self.save(part, options))?;
        Ok(SalvageReport { ranges, lost })
    }

    /// Makes the new database in a directory that does not exist yet.
    fn save(&self, directory: &Path, options: OpenOptions) -> Result<Vec<SalvagedRange>, Error> {
        let gaps = self.store().gaps();
        let Some(first) = gaps.first() else {
            let head = self.copy_to(directory, options)?;
            let events = Period { first: EventId(1), last: head };
            return Ok(vec![SalvagedRange { events, new: Some(events), is_whole: true }]);
        };
        let good = first.events.first.before();
        self.store().copy_as_new(&options.environment, directory, good)?;
        let clock = Arc::new(PastClock::default());
        let mut environment = options.environment;
        environment.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        let new = OpenOptions { environment, ..OpenOptions::default() };
        let new = Database::open(directory, new)?;
        let tables = new.latest()?.schema().tables().map(|now| (now.id, Arc::clone(now))).collect();
        let (dropped, revs, ranges) = Default::default();
        let mut salvage = Salvage { old: self, new, clock, tables, dropped, revs, ranges };
        salvage.note_dropped(good)?;
        if good > EventId::START {
            let events = Period { first: EventId(1), last: good };
            salvage.ranges.push(SalvagedRange { events, new: Some(events), is_whole: true });
        }
        salvage.go_on(gaps)?;
        Ok(salvage.ranges)
    }
}

/// A clock that is set to when something happened.
#[derive(Debug, Default)]
struct PastClock(AtomicI64);

impl Clock for PastClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn runs(&self) -> bool {
        false
    }
}

/// A salvage under way.
struct Salvage<'a> {
    old: &'a Database,
    new: Database,
    clock: Arc<PastClock>,
    /// The tables of the new database as they are, by their identities in the damaged one.
    tables: HashMap<TableId, Arc<TableSchema>>,
    /// The tables of the damaged one that the new one has dropped: what they were there, and by which
    /// event.
    dropped: HashMap<TableId, (Arc<TableSchema>, EventId)>,
    /// By how much the versions of rows are numbered higher in the damaged one, for the rows that the
    /// transaction under way has touched.
    revs: HashMap<(TableId, RowId), u32>,
    ranges: Vec<SalvagedRange>,
}

impl Salvage<'_> {
    /// Goes on behind each gap up to the next, and sees that nothing is missing at the end.
    fn go_on(&mut self, gaps: &[LogGap]) -> Result<(), Error> {
        for (at, gap) in gaps.iter().enumerate() {
            let next = gaps.get(at + 1).map(|next| next.events.first.0.saturating_sub(1));
            let last = next.map_or(self.old.head(), EventId);
            let behind = Period { first: gap.events.last.next(), last };
            let returning = Returning::behind(self.old, behind)?;
            self.bridge(gap, &returning)?;
            self.append(behind)?;
        }
        let view = self.old.latest()?;
        match self.difference(&view, &Returning::default())?.is_empty() {
            true => Ok(()),
            false => Err(Error::invalid("the new database is not what the damaged one was")),
        }
    }

    /// Takes note of the tables that the good beginning of the log dropped.
    fn note_dropped(&mut self, good: EventId) -> Result<(), Error> {
        let store = self.old.store();
        for event in store.schema_changes(good) {
            let event = store.read(Period::at(event)).next().transpose()?;
            let operation = event.as_ref().map(|event| (event.id, &event.operation));
            if let Some((event, Operation::Schema(SchemaChange::DropTable(table)))) = operation {
                self.dropped.insert(table.id, (Arc::clone(table), event));
            }
        }
        Ok(())
    }

    /// Commits what the events of a gap led to.
    fn bridge(&mut self, gap: &LogGap, returning: &Returning) -> Result<(), Error> {
        let Period { first, last } = gap.events;
        let view = self.old.view(Period::at(last))?;
        let (before, fork) = (self.new.head(), self.difference(&view, returning)?);
        let note = format!("what events {first} to {last} of a damaged log led to");
        let metadata =
            Metadata { intent: Some(INTENT.into()), note: Some(note), ..Metadata::default() };
        let at = self.old.committed_at(last)?.unwrap_or(Timestamp(0));
        self.commit(fork, metadata, at)?;
        let new = Period { first: before.next(), last: self.new.head() };
        let new = Some(new).filter(|new| new.first <= new.last);
        self.ranges.push(SalvagedRange { events: gap.events, new, is_whole: false });
        Ok(())
    }

    /// Commits at the time that it happened.
    fn commit(&mut self, fork: Fork, metadata: Metadata, at: Timestamp) -> Result<(), Error> {
        self.clock.0.store(at.0, Ordering::Relaxed);
        self.revs.clear();
        self.new.commit(fork, metadata).map(drop)
    }

    /// The number of a row's next version, as far as the new log has it, and its last event there.
    fn next_rev(&self, table: &TableSchema, row: RowId) -> (u32, EventId) {
        let before = self.new.store().row_newest(table.id, row);
        before.map_or((1, EventId::START), |(rev, event)| (rev.saturating_add(1), event))
    }

    /// Appends the transactions of a period of the damaged log.
    fn append(&mut self, period: Period) -> Result<(), Error> {
        if period.first > period.last {
            return Ok(());
        }
        let first = self.new.head().next();
        let last = EventId(first.0.saturating_add(period.last.0 - period.first.0));
        let new = Some(Period { first, last });
        self.ranges.push(SalvagedRange { events: period, new, is_whole: true });
        let mut fork = self.new.begin()?;
        let store = Arc::clone(self.old.store());
        for event in store.read(period) {
            let Event { id, at, cause, operation, last, .. } = event?;
            let first = fork.len();
            self.append_one(&mut fork, operation)?;
            let ago = cause.and_then(|cause| usize::try_from(id.0.saturating_sub(cause.0)).ok());
            if let Some(cause) = ago.and_then(|ago| first.checked_sub(ago)) {
                fork.note_cause(first, cause);
            }
            if let Some(metadata) = last {
                self.commit(fork, *metadata, at)?;
                fork = self.new.begin()?;
            }
        }
        Ok(())
    }

    /// Records an operation of the damaged log as the next one of the new database.
    fn append_one(&mut self, fork: &mut Fork, operation: Operation) -> Result<(), Error> {
        match operation {
            Operation::Row(row) => {
                let table = self.table(&row.table)?;
                let (next, last) = self.next_rev(&table, row.row);
                let ahead = self.revs.entry((table.id, row.row));
                let ahead = *ahead.or_insert(row.rev.saturating_sub(next));
                let rev = row.rev.saturating_sub(ahead);
                let images = match row.images {
                    RowImages::Insert { new, .. } => {
                        // Where one transaction deletes a row and brings it back, its log does not
                        // know of it yet.
                        let prev = match rev {
                            1 => EventId::START,
                            _ => fork.last_event(&table, row.row).unwrap_or(last),
                        };
                        RowImages::Insert { new, prev }
                    }
                    other @ (RowImages::Update(_) | RowImages::Delete(_)) => other,
                };
                fork.append(Operation::Row(RowOperation { table, row: row.row, rev, images }));
            }
            Operation::Schema(change) => self.append_schema(fork, change)?,
            Operation::Marker(Marker::Tag { name, at }) => {
                let at = Some(self.new_event(at));
                fork.record(vec![Change::Tag { name, at }])?;
            }
            Operation::Marker(Marker::Counter { table, new: last, .. }) => {
                let table = self.table(&table)?;
                fork.record(vec![Change::Counter { table, last }])?;
            }
            marker @ Operation::Marker(Marker::Snapshot { .. } | Marker::Transaction) => {
                fork.append(marker);
            }
        }
        Ok(())
    }

    /// Records a change of the tables, whose definitions are those of the new database.
    fn append_schema(&mut self, fork: &mut Fork, change: SchemaChange) -> Result<(), Error> {
        let Some(old) = change.table().map(Arc::clone) else {
            let change = bridge::definition_in(fork.view().schema(), change)?;
            return fork.record(vec![Change::Schema(change)]).map(drop);
        };
        let is_created =
            matches!(change, SchemaChange::CreateTable(_) | SchemaChange::RestoreTable { .. });
        let table = if is_created { Arc::clone(&old) } else { self.table(&old)? };
        let old = old.id;
        let change = match change {
            SchemaChange::CreateTable(created) => SchemaChange::CreateTable(created),
            SchemaChange::RestoreTable { table, dropped } => match self.dropped.remove(&old) {
                Some((table, event)) => {
                    SchemaChange::RestoreTable { table, dropped: Dropped { event, ..dropped } }
                }
                None => SchemaChange::CreateTable(table),
            },
            SchemaChange::DropTable(_) => {
                self.dropped.insert(old, (Arc::clone(&table), bridge::next_event(fork)));
                SchemaChange::DropTable(table)
            }
            SchemaChange::CreateIndex { key, .. } => SchemaChange::CreateIndex { table, key },
            SchemaChange::DropIndex { key, .. } => {
                let same = |now: &&KeySchema| now.kind == key.kind && now.name == key.name;
                let key = Box::new(table.keys.iter().find(same).cloned().unwrap_or(*key));
                SchemaChange::DropIndex { table, key }
            }
            SchemaChange::AddColumn { column, constraints, .. } => {
                SchemaChange::AddColumn { table, column, constraints }
            }
            SchemaChange::DropColumn { column, .. } => SchemaChange::DropColumn { table, column },
            SchemaChange::RenameColumn { column, name, expressions, .. } => {
                SchemaChange::RenameColumn { table, column, name, expressions }
            }
            SchemaChange::RenameTable { name, .. } => SchemaChange::RenameTable { table, name },
            SchemaChange::AlterConstraint { edit, sql, .. } => {
                SchemaChange::AlterConstraint { table, edit, sql }
            }
            SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => {
                unreachable!("what has a table is neither a view nor a trigger")
            }
        };
        let name = change.table_name().to_owned();
        fork.record(vec![Change::Schema(change)])?;
        let schema = fork.view().schema().clone();
        if is_created && let Some(table) = schema.table(&name) {
            self.tables.insert(old, Arc::clone(table));
        }
        // A name that changes changes the definitions of those that refer to it, too.
        self.tables.retain(|_, now| {
            let found = schema.tables().find(|table| table.id == now.id);
            found.map(|found| now.clone_from(found)).is_some()
        });
        Ok(())
    }

    /// A table of the damaged log as it is in the new one.
    fn table(&self, old: &TableSchema) -> Result<Arc<TableSchema>, Error> {
        let found = self.tables.get(&old.id).map(Arc::clone);
        found.ok_or_else(|| Error::invalid(format!("there is no table `{}` by then", old.name)))
    }

    /// What an event of the damaged log is in the new one; one that is lost, what came of it.
    fn new_event(&self, event: EventId) -> EventId {
        let behind = self.ranges.iter().rfind(|range| range.events.first <= event);
        match behind {
            Some(SalvagedRange { events, new: Some(new), is_whole: true }) => {
                EventId(new.first.0.saturating_add(event.0 - events.first.0)).min(new.last)
            }
            Some(SalvagedRange { new: Some(new), .. }) => new.last,
            Some(_) | None => event.min(self.new.head()),
        }
    }
}
