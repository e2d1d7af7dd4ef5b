//! The log made by the first write, with its directory and its header; or nothing of it.

use super::EventStore;
use crate::storage::error::Error;
use crate::storage::log::LOG;
use crate::storage::log::header::Header;
use crate::storage::log::reader::to_u64;
use crate::storage::store::append::LogWriter;
use crate::storage::store::index::EventIndex;
use crate::storage::store::lock::{LOCK, Lock};
use crate::storage::vfs::{Access, Vfs, VfsFile};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

impl EventStore {
    /// The log, created with its header if this is the first write. Where that fails, of a full disk,
    /// say, nothing is left of what was created for it.
    pub(super) fn file_to_write(&self, writer: &mut LogWriter) -> Result<Arc<dyn VfsFile>, Error> {
        let mut slot = self.file.write().unwrap_or_else(PoisonError::into_inner);
        if let (Some(file), Some(_)) = (&*slot, &writer.header) {
            return Ok(Arc::clone(file));
        }
        let vfs = &*self.environment.vfs;
        let before = PriorFiles::look(vfs, &self.directory);
        let had_lock = writer.lock.is_some();
        match self.create(writer) {
            Ok((file, header, end)) => {
                let mut published = self.published_mut();
                published.index = EventIndex::new(&self.directory, &header, end);
                published.hash = header.previous_hash;
                drop(published);
                writer.hash = header.previous_hash;
                writer.header = Some(header);
                *slot = Some(Arc::clone(&file));
                Ok(file)
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
    fn create(&self, writer: &mut LogWriter) -> Result<(Arc<dyn VfsFile>, Header, u64), Error> {
        let vfs = &*self.environment.vfs;
        let (directory, path) = (&self.directory, self.log_path.clone());
        if writer.lock.is_none() {
            // One that exists may be reached through a link.
            if vfs.names(directory).is_err() {
                vfs.create_directory(directory).map_err(Error::io("create", directory))?;
            }
            writer.lock = Some(Lock::take(vfs, directory, &self.lock_wait)?);
        }
        let file = vfs.open(&path, Access::Create).map_err(Error::io("create", &path))?;
        if file.size().map_err(Error::io("read", &path))? > 0 {
            let holder = "another process, which created it meanwhile: reopen".into();
            return Err(Error::Busy { path: directory.clone(), holder });
        }
        let mut uuid = [0; 16];
        self.environment.identities.fill(&mut uuid);
        let header = Header::new(uuid);
        let line = header.encode();
        // Written and synced on its own, so that a bad header with lines behind it is damage.
        let written = file.write_at(0, &line).and_then(|()| file.sync()).and_then(|()| {
            vfs.sync_directory(directory)?;
            directory.parent().map_or(Ok(()), |parent| vfs.sync_directory(parent))
        });
        written.map_err(Error::io("write", path))?;
        Ok((file, header, to_u64(line.len())))
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
        for name in [LOG, LOCK].into_iter().filter(|name| !self.names.iter().any(|n| n == name)) {
            match vfs.remove(&directory.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        if self.names.iter().any(|name| name == LOG) {
            vfs.open(&directory.join(LOG), Access::Write)?.truncate(0)?;
        }
        for path in &self.missing {
            // Somebody may have found a use for it.
            drop(vfs.remove_directory(path));
        }
        Ok(())
    }
}
