//! Projections written in the background: snapshots, row files, the catalog.
//!
//! One thread per database, begun with the first thing to write. What is written is an immutable
//! view, so nobody waits for it but those who ask to. A projection that cannot be written is no loss:
//! the failure is kept for whoever wants to know, and the log has everything.

mod row_files;
pub(crate) mod view_source;

use crate::storage::base::SnapshotId;
use crate::storage::environment::Environment;
use crate::storage::error::Error;
use crate::storage::projections::{CatalogFile, SnapshotHeader, SnapshotManager};
use crate::storage::store::EventStore;
use crate::storage::versions::View;
use row_files::RowFiles;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use view_source::{ViewSource, base_tables, definitions};

/// Something to be written, and who is waiting for it.
enum CheckpointJob {
    /// Snapshots of views of one event each that nobody asked for, as far as they can be written.
    Snapshots(Vec<View>),
    /// A snapshot that was asked for, by its number.
    Snapshot { number: u64, name: Option<String>, view: View, done: Option<CheckpointReply> },
    /// The row files and the catalog, as a view of one event shows them.
    Rows { view: View, done: Option<CheckpointReply> },
}

/// How many jobs may wait. With more, whoever adds one waits: each keeps a state of the database in
/// memory, and with a snapshot after every few events there would be no end of them.
const MOST_WAITING: usize = 64;

/// Where to say how it went.
type CheckpointReply = Sender<Result<(), Error>>;

/// Writes projections in a thread of its own.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    running: Mutex<Option<CheckpointThread>>,
    /// Held by the thread while it writes.
    writing: Arc<Mutex<()>>,
    failures: Arc<Mutex<Vec<String>>>,
    idle: Mutex<Option<CheckpointWorker>>,
}

#[derive(Debug)]
struct CheckpointThread {
    jobs: SyncSender<CheckpointJob>,
    thread: JoinHandle<()>,
}

/// What the thread works with.
#[derive(Debug)]
struct CheckpointWorker {
    store: Arc<EventStore>,
    snapshots: SnapshotManager,
    rows: RowFiles,
    writing: Arc<Mutex<()>>,
    failures: Arc<Mutex<Vec<String>>>,
}

impl Checkpointer {
    /// A checkpointer for a database in a directory; `catalog` is what its row files are known to
    /// hold.
    pub(crate) fn new(
        environment: &Environment,
        directory: &Path,
        store: Arc<EventStore>,
        catalog: Option<CatalogFile>,
    ) -> Checkpointer {
        let (failures, writing) = (Arc::new(Mutex::new(Vec::new())), Arc::default());
        let vfs = Arc::clone(&environment.vfs);
        let worker = CheckpointWorker {
            snapshots: SnapshotManager::new(Arc::clone(&vfs), directory),
            rows: RowFiles::new(vfs, PathBuf::from(directory), Arc::clone(&store), catalog),
            store,
            writing: Arc::clone(&writing),
            failures: Arc::clone(&failures),
        };
        let (running, idle) = (Mutex::new(None), Mutex::new(Some(worker)));
        Checkpointer { running, writing, failures, idle }
    }

    /// Writes snapshots that nobody asked for when there is time.
    pub(crate) fn snapshots_later(&self, views: Vec<View>) {
        self.send(CheckpointJob::Snapshots(views));
    }

    /// Writes the snapshot of this number and waits for it.
    ///
    /// # Errors
    /// Those of [`SnapshotManager::save`].
    pub(crate) fn snapshot(
        &self,
        number: u64,
        name: Option<String>,
        view: View,
    ) -> Result<(), Error> {
        self.wait(|done| CheckpointJob::Snapshot { number, name, view, done })
    }

    /// Writes the row files and waits for them.
    ///
    /// # Errors
    /// Those of [`RowFiles::write`].
    pub(crate) fn rows(&self, view: View) -> Result<(), Error> {
        self.wait(|done| CheckpointJob::Rows { view, done })
    }

    /// Writes the row files when there is time.
    pub(crate) fn rows_later(&self, view: View) {
        self.send(CheckpointJob::Rows { view, done: None });
    }

    /// Keeps all files as they are until what it gives is dropped: what is to be written waits.
    pub(crate) fn pause(&self) -> MutexGuard<'_, ()> {
        lock(&self.writing)
    }

    /// What could not be written since it was last asked, one line each.
    pub(crate) fn take_failures(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.failures))
    }

    /// Waits for everything that is still to be written; nothing is written after that.
    pub(crate) fn finish(&self) {
        if let Some(CheckpointThread { jobs, thread }) = lock(&self.running).take() {
            drop(jobs);
            drop(thread.join());
        }
    }

    fn wait(
        &self,
        job: impl FnOnce(Option<CheckpointReply>) -> CheckpointJob,
    ) -> Result<(), Error> {
        let (done, answer) = channel();
        self.send(job(Some(done)));
        let gone = || Error::invalid("the thread that writes snapshots and row files is gone");
        answer.recv().unwrap_or_else(|_| Err(gone()))
    }

    fn send(&self, job: CheckpointJob) {
        let mut running = lock(&self.running);
        if running.is_none()
            && let Some(worker) = lock(&self.idle).take()
        {
            let (jobs, queue) = sync_channel(MOST_WAITING);
            let thread = std::thread::Builder::new().name("checkpoint".into());
            match thread.spawn(move || worker.run(&queue)) {
                Ok(thread) => *running = Some(CheckpointThread { jobs, thread }),
                Err(error) => lock(&self.failures).push(format!("checkpoint: {error}")),
            }
        }
        if let Some(running) = &*running {
            // A thread that is gone answers nobody; who waits for it is told so.
            drop(running.jobs.send(job));
        }
    }
}

/// Waits for everything that is still to be written.
impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.finish();
    }
}

impl CheckpointWorker {
    fn run(mut self, queue: &Receiver<CheckpointJob>) {
        let mut cleared = false;
        let writing = Arc::clone(&self.writing);
        while let Ok(job) = queue.recv() {
            let _until_written = lock(&writing);
            let mut ready = self.store.check_in_place();
            if ready.is_ok() && !cleared {
                // What a crash left half written.
                ready = self.snapshots.remove_leftovers().and_then(|()| self.rows.clear());
                cleared = true;
            }
            let (written, done) = match job {
                CheckpointJob::Snapshots(all) => {
                    let save =
                        |view: View| self.save(SnapshotId::At(view.period().last), None, &view);
                    (ready.and_then(|()| all.into_iter().try_for_each(save)), None)
                }
                CheckpointJob::Snapshot { number, name, view, done } => {
                    let id = SnapshotId::Number(number);
                    (ready.and_then(|()| self.save(id, name, &view)), done)
                }
                CheckpointJob::Rows { view, done } => {
                    (ready.and_then(|()| self.rows.write(&view)), done)
                }
            };
            match (written, done) {
                (written, Some(done)) => drop(done.send(written)),
                (Err(error), None) => lock(&self.failures).push(error.to_string()),
                (Ok(()), None) => {}
            }
        }
    }

    /// Writes the snapshot of a view of one event.
    fn save(&self, id: SnapshotId, name: Option<String>, view: &View) -> Result<(), Error> {
        let event = view.period().last;
        let position = self.store.position_at(event)?;
        let position = position.ok_or_else(|| Error::invalid("a snapshot within a transaction"))?;
        let schema_version = view.schema().version;
        let (tables, definitions) = (base_tables(view), definitions(view));
        let head = SnapshotHeader { id, name, position, schema_version, tables, definitions };
        self.snapshots.save(&head, &ViewSource(view)).map(drop)
    }
}

/// What a thread held when it panicked is a list of lines, or a worker that is used no more.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
