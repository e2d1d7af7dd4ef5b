//! The log made by the first write, with its directory and its header; or nothing of it.

use super::EventStore;
use crate::storage::error::Error;
use crate::storage::log::header::Header;
use crate::storage::log::{FileLog, Locator, Log};
use crate::storage::store::append::LogWriter;
use crate::storage::store::index::EventIndex;
use crate::storage::store::lock::{LOCK, Lock};
use crate::storage::vfs::Vfs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

impl EventStore {
    /// The log, created with its header if this is the first write. Where that fails, of a full disk,
    /// say, nothing is left of what was created for it.
    pub(super) fn log_to_write(&self, writer: &mut LogWriter) -> Result<Arc<dyn Log>, Error> {
        let mut slot = self.log.write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(log), Some(_)) = (&*slot, &writer.header) {
            return Ok(Arc::clone(log));
        }
        let vfs = &*self.environment.vfs;
        let before = PriorFiles::look(vfs, &self.directory);
        let had_lock = writer.lock.is_some();
        match self.create(writer) {
            Ok((log, header, end)) => {
                let log: Arc<dyn Log> = Arc::new(log);
                let mut published = self.published_mut();
                published.index = EventIndex::new(&self.directory, &header, end);
                published.hash = header.previous_hash;
                drop(published);
                writer.hash = header.previous_hash;
                writer.header = Some(header);
                *slot = Some(Arc::clone(&log));
                Ok(log)
            }
            Err(error @ Error::Busy { .. }) => Err(error),
            Err(error) => {
                let undone = before.restore(vfs, &self.directory);
                if !had_lock {
                    writer.lock = None;
                }
                // What is not known to be gone may be half a header.
                if undone.is_err() {
                    self.poisoned.store(true, Ordering::Release);
                }
                Err(error)
            }
        }
    }

    /// Creates the directory, takes the lock, writes the header; gives where it ends.
    fn create(&self, writer: &mut LogWriter) -> Result<(FileLog, Header, Locator), Error> {
        let (vfs, directory) = (&self.environment.vfs, &self.directory);
        if writer.lock.is_none() {
            // One that exists may be reached through a link.
            if vfs.names(directory).is_err() {
                vfs.create_directory(directory).map_err(Error::io("create", directory))?;
            }
            writer.lock = Some(Lock::take(&**vfs, directory, &self.lock_wait)?);
        }
        let log = FileLog::create(vfs, directory)?;
        if log.end()? > log.start() {
            let holder = "another process, which created it meanwhile: reopen".into();
            return Err(Error::Busy { path: directory.clone(), holder });
        }
        let mut uuid = [0; 16];
        self.environment.identities.fill(&mut uuid);
        let header = Header::new(uuid);
        let end = log.append(log.start(), &header.encode())?;
        // Synced on its own, so that a bad header with lines behind it is damage.
        log.sync()?;
        let synced = vfs
            .sync_directory(directory)
            .and_then(|()| directory.parent().map_or(Ok(()), |parent| vfs.sync_directory(parent)));
        synced.map_err(Error::io("sync", directory))?;
        Ok((log, header, end))
    }
}

/// What there was of a database before it was created.
struct PriorFiles {
    /// The directories that were missing, the innermost first.
    missing: Vec<PathBuf>,
    /// What the directory had.
    names: Vec<String>,
}

impl PriorFiles {
    fn look(vfs: &dyn Vfs, directory: &Path) -> PriorFiles {
        let is_missing = |path: &&Path| {
            let names = vfs.names(path);
            names.is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        };
        let above = directory.ancestors().filter(|path| !path.as_os_str().is_empty());
        PriorFiles {
            missing: above.take_while(is_missing).map(Path::to_path_buf).collect(),
            names: vfs.names(directory).unwrap_or_default(),
        }
    }

    /// Removes what was not there before. Whoever waits for the lock meanwhile sees that its file is
    /// gone; whoever has created something else in the directory keeps it.
    fn restore(&self, vfs: &dyn Vfs, directory: &Path) -> io::Result<()> {
        FileLog::undo(vfs, directory, FileLog::is_among(&self.names))?;
        if !self.names.iter().any(|name| name == LOCK) {
            match vfs.remove(&directory.join(LOCK)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        for path in &self.missing {
            // Somebody may have found a use for it.
            drop(vfs.remove_directory(path));
        }
        Ok(())
    }
}
