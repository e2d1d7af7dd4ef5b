//! A copy of the log somewhere else, with all the past.

use super::EventStore;
use crate::storage::environment::Environment;
use crate::storage::error::Error;
use crate::storage::log::LOG;
use crate::storage::log::header::Header;
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::{Access, Vfs, VfsFile};
use crate::types::EventId;
use std::io;
use std::path::Path;

/// What the copy is called until it is whole.
const PART: &str = "events.log.part";

/// How much is copied at once.
const COPY_SIZE: usize = 1 << 20;

impl EventStore {
    /// Copies the log up to its last event to a directory that does not exist yet; gives that event.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no event, [`Error::Io`] where the directory is there, the
    /// log cannot be read or the copy cannot be written.
    pub(crate) fn copy_to(&self, vfs: &dyn Vfs, directory: &Path) -> Result<EventId, Error> {
        let (head, end) = {
            let published = self.published();
            (published.index.head(), published.index.end())
        };
        let Some(log) = self.file().filter(|_| head > EventId::START) else {
            return Err(Error::invalid("there is nothing to copy: no event happened yet"));
        };
        self.copy_log(vfs, directory, |copy, part| self.copy_bytes(&*log, copy, end, part))?;
        Ok(head)
    }

    /// Copies the log up to an event to a directory that does not exist yet, as that of another
    /// database: what follows there is another history.
    ///
    /// # Errors
    /// Those of [`EventStore::copy_to`].
    pub(crate) fn copy_as_new(
        &self,
        environment: &Environment,
        directory: &Path,
        last: EventId,
    ) -> Result<(), Error> {
        let end = self.published().index.end_of(last)?;
        let header = self.writer().header.clone();
        let Some((log, header)) = self.file().zip(header) else {
            return Err(Error::invalid("there is nothing to copy: no event happened yet"));
        };
        let mut uuid = [0; 16];
        environment.identities.fill(&mut uuid);
        let line = Header { uuid, ..header }.encode();
        self.copy_log(&*environment.vfs, directory, |copy, part| {
            // A header is as long as any other of the same first event.
            self.copy_bytes(&*log, copy, end, part)?;
            copy.write_at(0, &line).map_err(Error::io("write", part))?;
            copy.sync().map_err(Error::io("sync", part))
        })
    }

    /// Makes a log in a new directory, whole or not at all.
    fn copy_log(
        &self,
        vfs: &dyn Vfs,
        directory: &Path,
        write: impl FnOnce(&dyn VfsFile, &Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match vfs.names(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::io("create", directory)(error)),
            Ok(_) => {
                let source = io::ErrorKind::AlreadyExists.into();
                return Err(Error::Io { action: "create", path: directory.into(), source });
            }
        }
        vfs.create_directory(directory).map_err(Error::io("create", directory))?;
        let part = directory.join(PART);
        let copy = vfs.open(&part, Access::CreateNew).map_err(Error::io("create", &part))?;
        let done = write(&*copy, &part).and_then(|()| {
            let path = directory.join(LOG);
            vfs.rename(&part, &path).map_err(Error::io("create", &path))?;
            let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
            vfs.sync_directory(directory).map_err(Error::io("sync", directory))?;
            let parent = parent.unwrap_or(Path::new("."));
            vfs.sync_directory(parent).map_err(Error::io("sync", parent))
        });
        if done.is_err() {
            // A copy that is not whole is of no use; what failed is told in any case.
            drop(vfs.remove(&part));
            drop(vfs.remove(&directory.join(LOG)));
            drop(vfs.remove_directory(directory));
        }
        done
    }

    fn copy_bytes(
        &self,
        log: &dyn VfsFile,
        copy: &dyn VfsFile,
        end: u64,
        target: &Path,
    ) -> Result<(), Error> {
        let mut buffer = vec![0; COPY_SIZE];
        let mut at = 0;
        while at < end {
            let left = usize::try_from(end - at).unwrap_or(usize::MAX).min(COPY_SIZE);
            let source = || self.directory.join(LOG);
            let read = log.read_at(at, &mut buffer[..left]).map_err(Error::io("read", source()))?;
            if read == 0 {
                let source = io::ErrorKind::UnexpectedEof.into();
                return Err(Error::Io { action: "read", path: self.directory.join(LOG), source });
            }
            copy.write_at(at, &buffer[..read]).map_err(Error::io("write", target))?;
            at += to_u64(read);
        }
        copy.sync().map_err(Error::io("sync", target))
    }
}
