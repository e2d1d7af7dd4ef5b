//! What is done for a database's files: brought up, copied, verified, read again.

use super::Database;
use crate::storage::error::Error;
use crate::storage::options::OpenOptions;
use crate::storage::verify::{Verification, VerifiedFiles, VerifyMonitor, verify};
use crate::types::EventId;
use std::path::Path;

impl Database {
    /// Brings the row files and the catalog up to the last event, so that the next opening has to
    /// read no event, and makes a snapshot if one is due. It is done when a database is dropped, too; what fails then nobody hears of.
    ///
    /// # Errors
    /// [`Error::Io`] where a row file or the catalog cannot be written, [`Error::Projection`] where
    /// another file has the name of one. Nothing is lost by it.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let is_worth = self.path.is_some() && !self.is_read_only() && self.head() > EventId::START;
        if !is_worth || self.store.check_writable().is_err() {
            return Ok(());
        }
        let mut schedule = self.one_at_a_time();
        // Nothing but the log knows what is not durable.
        self.store.settle(self.engine.last())?;
        // One that was deleted is made again.
        if schedule.is_snapshot_due(self.head()) {
            let (view, _) = self.engine.start_epoch(&mut schedule)?;
            self.checkpointer.snapshots_later(vec![view]);
        }
        let latest = self.engine.latest()?;
        drop(schedule);
        self.checkpointer.rows(latest)
    }

    /// Copies the database with all its past, as far as it is committed, to a directory that does not
    /// exist yet, and opens the copy to see that it is good; gives its last event.
    ///
    /// # Errors
    /// [`Error::Invalid`] of a database without events, [`Error::Io`] where the directory is there
    /// or the copy cannot be written; those of [`Database::open`], of the copy.
    pub fn copy_to(&self, directory: &Path, options: OpenOptions) -> Result<EventId, Error> {
        let head = self.store.copy_to(&options.environment.vfs, directory)?;
        let options = OpenOptions { read_only: false, follow: false, create: false, ..options };
        let copy = Database::open(directory, options)?;
        match copy.store.position_at(head)? == self.store.position_at(head)? {
            true => Ok(head),
            false => {
                Err(Error::invalid(format!("the copy ends at event {}, not {head}", copy.head())))
            }
        }
    }

    /// Reads every file of the database again and holds it against the log; nothing is written or
    /// repaired. Snapshots and row files that are to be written meanwhile wait. Of a database in
    /// memory there are no files.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once the monitor's flag is set. What is wrong with a file is no
    /// error, but said of it.
    pub fn verify(&self, monitor: &mut VerifyMonitor<'_>) -> Result<Verification, Error> {
        let Some(directory) = &self.path else { return Ok(Verification::default()) };
        let _until_read = self.checkpointer.pause();
        let files = VerifiedFiles {
            vfs: &self.environment.vfs,
            directory,
            store: &self.store,
            snapshots: &self.snapshots,
            blocks: self.engine.blocks(),
        };
        verify(&files, monitor)
    }

    /// Reads on in the part of the log that opening did not read, about as many bytes as it is given;
    /// says whether there is more. While the clock runs this is done in the background, too.
    ///
    /// # Errors
    /// Those of `EventStore::scrub`.
    pub fn scrub(&self, budget: u64) -> Result<bool, Error> {
        self.store.scrub(budget)
    }
}
