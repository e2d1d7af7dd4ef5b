//! One transaction appended: who may, where to, and what everybody knows of it then.

use super::{EventStore, REPLACED};
use crate::storage::error::Error;
use crate::storage::event::{Causes, Event, Metadata, Operation};
use crate::storage::log::line::LineStamp;
use crate::storage::log::text::{FIRST_MOMENT, LAST_MOMENT};
use crate::storage::store::append::{LogWriter, TransactionBatch, number};
use crate::storage::vfs::VfsFile;
use crate::types::{Timestamp, TxId};
use std::sync::Arc;

impl EventStore {
    /// Whether and why an append would be refused whatever it is.
    ///
    /// # Errors
    /// [`Error::ReadOnly`] where it was opened so, [`Error::Following`] where it was opened beside
    /// a process that writes, [`Error::GivenUp`] where the writer's place was given up,
    /// [`Error::Damaged`] where the log was found damaged, [`Error::Poisoned`] after a write that
    /// failed.
    pub fn check_writable(&self) -> Result<(), Error> {
        self.check_open_for(&self.writer())
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
    /// [`Error::StaleVersion`] where an operation is not about the newest version of its row,
    /// [`Error::Invalid`] and [`Error::Limit`] where one could not be read back,
    /// [`Error::Replaced`] where the log is not the file that was opened: then nothing was written.
    /// [`Error::Damaged`] once it was found damaged, by this process or another one.
    /// [`Error::Io`] where the outcome is unknown, [`Error::Poisoned`] ever after.
    pub fn append(
        &self,
        operations: Vec<Operation>,
        metadata: Metadata,
    ) -> Result<Vec<Event>, Error> {
        self.append_caused(operations, &Causes::default(), metadata)
    }

    /// [`EventStore::append`], of operations some of which others of them made.
    pub(crate) fn append_caused(
        &self,
        operations: Vec<Operation>,
        causes: &Causes,
        metadata: Metadata,
    ) -> Result<Vec<Event>, Error> {
        let mut writer = self.writer();
        self.check_open_for(&writer)?;
        self.damage.check()?;
        if operations.is_empty() {
            return Err(Error::invalid("a transaction without events"));
        }
        let stamp = self.next_stamp()?;
        let mut events = number(operations, causes, metadata, stamp);
        if writer.header.is_none() {
            // What is refused creates nothing.
            writer.rehearse(&events)?;
        }
        let file = self.file_to_write(&mut writer)?;
        let end = self.published().index.end();
        self.check_file(&*file, end)?;
        let path = &*self.log_path;
        let mut batch = TransactionBatch { writer: &mut writer, file: &*file, path, end, at: end };
        let hash = batch.write(&mut events, stamp, &*self.environment.random)?;
        let end = batch.at;
        writer.hash = hash;
        writer.ledger.commit();
        events.last().into_iter().for_each(|event| self.damage.knows(event.id));
        {
            let mut published = self.published_mut();
            published.index.push(&mut writer.entries, end);
            published.hash = hash;
            events.iter().for_each(|event| published.timeline.record(event));
        }
        self.extend_index(&mut writer);
        Ok(events)
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
            file.and_then(|file| {
                index.unwritten().try_for_each(|(at, bytes)| file.write_at(at, &bytes))?;
                Ok(file)
            })
        };
        match written {
            Ok(file) => {
                self.published_mut().index.written(&file);
                writer.index = Some(file);
            }
            Err(failure) => writer.index_failure = Some(failure),
        }
    }

    fn check_open_for(&self, writer: &LogWriter) -> Result<(), Error> {
        match &self.read_only {
            Some(reason) => Err(match &self.holder {
                Some(holder) => {
                    Error::Following { path: self.directory.clone(), holder: holder.clone() }
                }
                None => Error::ReadOnly { reason: reason.clone() },
            }),
            None if self.damage.found().is_some() => self.damage.check(),
            None if self.has_given_up() => Err(Error::GivenUp { path: self.directory.clone() }),
            None if writer.poisoned => Err(Error::Poisoned),
            None if writer.closed => Err(Error::ReadOnly { reason: "it was closed".into() }),
            None => Ok(()),
        }
    }

    /// Refuses to write to a file that nobody would find again, or that others wrote to: neither
    /// happens while everyone keeps to the lock, but files can be removed, restored and copied.
    pub(super) fn check_file(&self, file: &dyn VfsFile, end: u64) -> Result<(), Error> {
        let path = &*self.log_path;
        let refused = |reason| Err(Error::Replaced { path: path.to_path_buf(), reason });
        if !file.is_at(path).map_err(Error::io("read", path))? {
            return refused(REPLACED);
        }
        if file.size().map_err(Error::io("read", path))? != end {
            return refused("was written to by another program");
        }
        Ok(())
    }

    /// Refuses where the directory is no longer the one that was opened, or its log is damaged: nothing
    /// may be written beside such a log.
    pub(crate) fn check_in_place(&self) -> Result<(), Error> {
        let path = &*self.log_path;
        let in_place = match self.file() {
            Some(file) => file.is_at(path).map_err(Error::io("read", path))?,
            None => false,
        };
        match in_place {
            true => self.damage.check(),
            false => Err(Error::Replaced { path: path.to_path_buf(), reason: REPLACED }),
        }
    }

    /// The numbers and the time of the next transaction's first event.
    fn next_stamp(&self) -> Result<LineStamp, Error> {
        let now = self.environment.clock.now().0.clamp(FIRST_MOMENT, LAST_MOMENT);
        let published = self.published();
        let index = &published.index;
        let at = index.last_at().map_or(now, |before| now.max(before.0.saturating_add(1)));
        if at > LAST_MOMENT {
            return Err(Error::invalid("the log has reached the end of the year 9999"));
        }
        let tx = TxId(index.last_tx().0 + 1);
        Ok(LineStamp { event: index.head().next(), tx, at: Timestamp(at), cause: None })
    }
}
