//! Transactions appended: who may, where to, and what everybody knows of them when.

use super::{EventStore, REPLACED};
use crate::storage::error::Error;
use crate::storage::event::{Causes, Event, Metadata, Operation};
use crate::storage::log::line::LineStamp;
use crate::storage::log::text::{FIRST_MOMENT, LAST_MOMENT};
use crate::storage::log::{Locator, Log};
use crate::storage::store::append::LogWriter;
use crate::storage::store::staging::{StagedTransaction, Staging, draw_salt, number};
use crate::types::{EventId, Timestamp, TxId};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl EventStore {
    /// Whether and why an append would be refused whatever it is.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] where it was opened so, [`Error::Following`] where it was opened beside
    /// a process that writes, [`Error::GivenUp`] where the writer's place was given up,
    /// [`Error::Damaged`] where the log was found damaged, [`Error::Poisoned`] after a write that
    /// failed.
    pub fn check_writable(&self) -> Result<(), Error> {
        match &self.read_only {
            Some(reason) => Err(match &self.holder {
                Some(holder) => {
                    Error::Following { path: self.directory.clone(), holder: holder.clone() }
                }
                None => Error::ReadOnly { reason: reason.clone() },
            }),
            None if self.damage.found().is_some() => self.damage.check(),
            None if self.has_given_up() => Err(Error::GivenUp { path: self.directory.clone() }),
            None if self.is_poisoned() => Err(Error::Poisoned),
            None if self.closed.load(Ordering::Acquire) => {
                Err(Error::ReadOnly { reason: "it was closed".into() })
            }
            None => Ok(()),
        }
    }

    /// Whether a write failed, and nobody knows what stands in the log behind the last event.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Acquire)
    }

    /// Refuses to go on as if the log were good where it was found damaged.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the log was found damaged.
    pub(crate) fn check_undamaged(&self) -> Result<(), Error> {
        self.damage.check()
    }

    /// Makes the index durable as far as the log is.
    ///
    /// # Errors
    /// Those of [`VfsFile::write_at`] and [`VfsFile::sync`] that kept `events.index` from being
    /// written, now or before.
    pub(crate) fn sync_index(&self) -> std::io::Result<()> {
        let mut writer = self.writer();
        self.extend_index(&mut writer);
        let (failure, file) = (writer.index_failure.take(), writer.index.clone());
        // Nobody who commits waits for this sync.
        drop(writer);
        match (failure, file) {
            (Some(failure), _) => Err(failure),
            (None, Some(file)) => file.sync(),
            (None, None) => Ok(()),
        }
    }

    /// Appends operations as one transaction, in order; gives the events once they are durable.
    ///
    /// The identities inside a definition must be those of the event it becomes.
    ///
    /// # Errors
    /// Those of [`EventStore::stage`] and [`EventStore::settle`].
    pub fn append(
        &self,
        operations: Vec<Operation>,
        metadata: Metadata,
    ) -> Result<Vec<Event>, Error> {
        let events = self.stage(operations, &Causes::default(), metadata)?;
        self.settle(events.last().map_or(EventId::START, |last| last.id))?;
        Ok(Arc::unwrap_or_clone(events))
    }

    /// Gives operations their place in the log, as one transaction, in order: from here on only the disk
    /// can refuse them. `causes` says which of them others of them made. They are durable, and others
    /// know of them, once they are [settled](EventStore::settle).
    ///
    /// # Errors
    /// [`Error::StaleVersion`] where an operation is not about the newest version of its row,
    /// [`Error::Invalid`] and [`Error::Limit`] where one could not be read back,
    /// [`Error::Replaced`] where the log is not the file that was opened: then nothing was staged.
    /// [`Error::Damaged`] once it was found damaged, by this process or another one,
    /// [`Error::Poisoned`] after a write that failed, [`Error::Io`] where the log cannot be created.
    pub fn stage(
        &self,
        operations: Vec<Operation>,
        causes: &Causes,
        metadata: Metadata,
    ) -> Result<Arc<Vec<Event>>, Error> {
        if operations.is_empty() {
            return Err(Error::invalid("a transaction without events"));
        }
        // Whoever creates the log writes to it; the others wait for nobody's disk.
        let has_log = self.staging().has_log;
        let mut creator = (!has_log).then(|| self.writer());
        let mut staging = self.staging();
        // Whoever ends writing settles what was staged before.
        self.check_writable()?;
        let is_log_checked = staging.unsettled() == 0;
        if is_log_checked {
            self.damage.check()?;
            if let Some(log) = self.log().filter(|_| creator.is_none()) {
                self.check_log(&*log, self.published().index.end())?;
            }
        }
        let stamp = self.next_stamp(&staging)?;
        let events = number(operations, causes, metadata, stamp);
        let previous = staging.admit(&events)?;
        if let Some(writer) = &mut creator {
            // What is refused creates nothing.
            if let Err(error) = self.create_for(writer) {
                staging.ledger.roll_back();
                return Err(error);
            }
            staging.has_log = true;
        }
        let (events, salt) = (Arc::new(events), draw_salt(&*self.environment.random));
        let shared = Arc::clone(&events);
        staging.push(StagedTransaction { events: shared, previous, salt, is_log_checked });
        Ok(events)
    }

    /// The log for a first transaction, created where there is none.
    fn create_for(&self, writer: &mut LogWriter) -> Result<(), Error> {
        let log = self.log_to_write(writer)?;
        self.check_log(&*log, self.published().index.end())
    }

    /// The last event that was staged.
    pub fn staged(&self) -> EventId {
        let staging = self.staging();
        staging.head(&self.published().index)
    }

    /// About how many bytes are staged and not settled.
    pub(crate) fn unsettled(&self) -> usize {
        self.staging().unsettled()
    }

    /// Makes everything durable that was staged up to an event, and known to everybody.
    ///
    /// # Errors
    /// [`Error::Io`] where the disk refused, so that the outcome of what was staged is unknown and
    /// nothing of it is known to anybody; also [`Error::Replaced`] and [`Error::Damaged`], where it was
    /// not written at all. The same for whoever asks for another of these events.
    pub fn settle(&self, event: EventId) -> Result<(), Error> {
        if self.is_settled(event) {
            return Ok(());
        }
        let mut writer = self.writer();
        if !self.is_settled(event) {
            self.settle_all(&mut writer);
        }
        match self.is_settled(event) {
            true => Ok(()),
            false => Err(writer.failure.as_ref().map_or(Error::Poisoned, Error::told_again)),
        }
    }

    /// Whether an event is durable, and all that follows from it done.
    pub fn is_settled(&self, event: EventId) -> bool {
        self.settled.load(Ordering::Acquire) >= event.0
    }

    /// Settles what was staged, unless a write failed; one that fails is remembered.
    pub(super) fn settle_all(&self, writer: &mut LogWriter) {
        if !self.is_poisoned() {
            let settled = self.write_staged(writer).and_then(|()| self.sync(writer));
            settled.unwrap_or_else(|failure| self.poison(writer, failure));
        }
    }

    /// Waits for an event to be settled, if it was staged.
    ///
    /// # Errors
    /// Those of [`EventStore::settle`].
    pub(crate) fn await_event(&self, event: EventId) -> Result<(), Error> {
        match self.is_settled(event) || self.staged() < event {
            true => Ok(()),
            false => self.settle(event),
        }
    }

    /// Hands the disk what was staged, ahead of the sync. What goes wrong is told by who settles it.
    pub(crate) fn write_ahead(&self) {
        let mut writer = self.writer();
        if !self.is_poisoned()
            && let Err(failure) = self.write_staged(&mut writer)
        {
            self.poison(&mut writer, failure);
        }
    }

    /// Writes what was staged behind what was written before.
    fn write_staged(&self, writer: &mut LogWriter) -> Result<(), Error> {
        let staged = self.staging().take();
        let Some((first, log)) = staged.front().zip(self.log()) else { return Ok(()) };
        if !writer.is_open() {
            let (durable, end) = {
                let index = &self.published().index;
                (index.head(), index.end())
            };
            if !first.is_log_checked {
                self.damage.check()?;
                self.check_log(&*log, end)?;
            }
            writer.begin(durable, end);
        }
        // Each is let go as soon as it is encoded: they may be large.
        for transaction in staged {
            writer.write(&transaction, &*log)?;
        }
        writer.flush(&*log)
    }

    /// Syncs what was written, and tells everybody of it.
    fn sync(&self, writer: &mut LogWriter) -> Result<(), Error> {
        let Some(log) = self.log() else { return Ok(()) };
        let Some((batch, entries)) = writer.sync(&*log)? else { return Ok(()) };
        self.damage.knows(batch.last);
        {
            let mut published = self.published_mut();
            published.index.push(entries, batch.end);
            published.hash = batch.hash;
            batch.structural.iter().for_each(|event| published.timeline.record(event));
        }
        self.extend_index(writer);
        self.staging().settled(batch.last);
        // Whoever was told, and looks at the index from elsewhere, finds the entries there.
        self.settled.fetch_max(batch.last.0, Ordering::Release);
        Ok(())
    }

    /// After this nobody knows what stands in the file, and nothing that was staged ever was. Whoever asks
    /// for it is told why.
    fn poison(&self, writer: &mut LogWriter, failure: Error) {
        self.poisoned.store(true, Ordering::Release);
        self.staging().drop_all();
        writer.fail(failure);
    }

    /// Writes to the index what the log has beyond it. The index is a projection: where that fails,
    /// its entries stay in memory, and it is not tried again.
    pub(super) fn extend_index(&self, writer: &mut LogWriter) {
        if writer.index_failure.is_some() {
            return;
        }
        let written = {
            let index = &self.published().index;
            if index.is_written() {
                return;
            }
            let file = match &writer.index {
                Some(file) => Ok(Arc::clone(file)),
                None => index.file_to_write(&*self.environment.vfs),
            };
            file.and_then(|file| index.write_to(&*file).map(|()| file))
        };
        match written {
            Ok(file) => {
                self.published_mut().index.written(&file);
                writer.index = Some(file);
            }
            Err(failure) => writer.index_failure = Some(failure),
        }
    }

    /// Refuses to write to a log that nobody would find again, or that others wrote to: neither
    /// happens while everyone keeps to the lock, but files can be removed, restored and copied.
    pub(super) fn check_log(&self, log: &dyn Log, end: Locator) -> Result<(), Error> {
        if !log.is_in_place()? {
            return Err(self.replaced(REPLACED));
        }
        if log.end()? != end {
            return Err(self.replaced("was written to by another program"));
        }
        Ok(())
    }

    /// The error of a log that is no longer what was opened: what happened to it.
    pub(super) fn replaced(&self, reason: &'static str) -> Error {
        Error::Replaced { path: self.log_path.clone(), reason }
    }

    /// Refuses where the directory is no longer the one that was opened, or its log is damaged: nothing
    /// may be written beside such a log.
    pub(crate) fn check_in_place(&self) -> Result<(), Error> {
        match self.log().map_or(Ok(false), |log| log.is_in_place())? {
            true => self.damage.check(),
            false => Err(self.replaced(REPLACED)),
        }
    }

    /// The numbers and the time of the next transaction's first event.
    fn next_stamp(&self, staging: &Staging) -> Result<LineStamp, Error> {
        let now = self.environment.clock.now().0.clamp(FIRST_MOMENT, LAST_MOMENT);
        let (head, tx, last_at) = staging.last(&self.published().index);
        let at = last_at.map_or(now, |before| now.max(before.0.saturating_add(1)));
        if at > LAST_MOMENT {
            return Err(Error::invalid("the log has reached the end of the year 9999"));
        }
        let tx = TxId(tx.0 + 1);
        Ok(LineStamp { event: head.next(), tx, at: Timestamp(at), cause: None })
    }
}
