//! VERIFY: every file read again, and held against what the log says.
//!
//! ```text
//! events.log ── first byte to last event ──▶ transactions, every line checked ──▶ a state of its own
//!                                                 │                                     │
//! events.index ◀── entry by entry ────────────────┘            as it passes the event of each
//! _catalog.json, users.db, snapshots/ ◀── rows, definitions, bytes ──────────────────────┘
//! ```
//!
//! The log is read by the code that recovery uses, once, from its beginning; what is made of it on the
//! way is what the other files should say. Each of those is compared at the event that it names
//! itself: one that is older than the log is sound. So no more than one state of the database is in
//! memory beside the one that is in use. Nothing is written, nothing repaired, and files that are no
//! part of the database are not looked at.

mod pass;
mod rows;

use super::error::Error;
use super::projections::SnapshotManager;
use super::store::{EventStore, FileDamage};
use super::versions::BlockCache;
use super::vfs::Vfs;
use crate::types::EventId;
use pass::{LogPass, ProjectionListing};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What all files came to.
#[derive(Debug, Default)]
pub struct Verification {
    /// Each file: the log first, then what is made from it.
    pub files: Vec<CheckedFile>,
    /// How many events the log has that are as they were written.
    pub events: u64,
}

/// A file that was read.
#[derive(Debug)]
pub struct CheckedFile {
    /// Its name in the database's directory.
    pub file: String,
    /// What it holds, in a few words, as far as it is known.
    pub holds: String,
    /// The last event that it knows.
    pub event: Option<EventId>,
    /// What was found.
    pub verdict: Verdict,
}

/// What was found of a file.
#[derive(Debug)]
pub enum Verdict {
    /// It is what the log says; and what else is to be said of it.
    Sound(Option<String>),
    /// There was nothing to hold it against, or nothing of it: why.
    Unchecked(String),
    /// It is another than what was written.
    Damaged(FileDamage),
}

/// Who waits for an answer.
pub struct VerifyMonitor<'a> {
    /// Ends it as soon as it is set.
    pub interrupt: &'a AtomicBool,
    /// Is told how many bytes of how many were read.
    pub progress: &'a mut dyn FnMut(u64, u64),
}

/// What is looked at.
pub(crate) struct VerifiedFiles<'a> {
    pub vfs: &'a Arc<dyn Vfs>,
    pub directory: &'a Path,
    pub store: &'a EventStore,
    pub snapshots: &'a SnapshotManager,
    /// What the values of the log's rows are among while it is read.
    pub blocks: &'a Arc<BlockCache>,
}

/// Reads all files of a database.
///
/// # Errors
/// [`Error::Interrupted`] once the monitor's flag is set, [`Error::TemporaryFile`] where what was read of the
/// log had to make room in memory, and cannot be read back.
pub(crate) fn verify(
    files: &VerifiedFiles<'_>,
    monitor: &mut VerifyMonitor<'_>,
) -> Result<Verification, Error> {
    let listed = ProjectionListing::new(files);
    // Whatever was listed is of no later event than what is known of the log.
    let (head, index) = files.store.head_and_index();
    let mut pass = LogPass::new(files, listed, index, head.bytes, monitor);
    let covered = pass.covered();
    let read = files.store.reread(&head, covered, &mut |reread| pass.take(reread))?;
    Ok(pass.finish(head.bytes > 0, read))
}

/// How much of all bytes was read.
struct ProgressMeter<'w, 'a> {
    monitor: &'w mut VerifyMonitor<'a>,
    done: u64,
    total: u64,
}

impl ProgressMeter<'_, '_> {
    /// Counts bytes that were read.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once the monitor's flag is set.
    fn advance(&mut self, bytes: u64) -> Result<(), Error> {
        self.done = self.done.saturating_add(bytes);
        (self.monitor.progress)(self.done, self.total);
        match self.monitor.interrupt.load(Ordering::Relaxed) {
            true => Err(Error::Interrupted),
            false => Ok(()),
        }
    }
}
