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
use std::ops::Range;
use std::path::Path;

/// What the copy is called until it is whole.
const PART: &str = "events.log.part";

/// How much is copied at once.
const COPY_SIZE: usize = 1 << 20;

impl EventStore {
    /// Copies the log up to its last event to a directory that does not exist yet; gives that event.
    /// The header is written as it was, also where the one in the file is damaged.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no event, [`Error::Io`] where the directory is there, the
    /// log cannot be read or the copy cannot be written; those of the index.
    pub(crate) fn copy_to(&self, vfs: &dyn Vfs, directory: &Path) -> Result<EventId, Error> {
        let head = self.head();
        if head == EventId::START {
            return Err(nothing_to_copy());
        }
        self.copy_events(vfs, directory, head, |header| header)?;
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
        let mut uuid = [0; 16];
        environment.identities.fill(&mut uuid);
        let as_new = |header| Header { uuid, ..header };
        self.copy_events(&*environment.vfs, directory, last, as_new)
    }

    /// Copies the events up to one behind what `change` makes of the header.
    fn copy_events(
        &self,
        vfs: &dyn Vfs,
        directory: &Path,
        last: EventId,
        change: impl FnOnce(Header) -> Header,
    ) -> Result<(), Error> {
        let header = self.writer().header.clone();
        let (log, header) = self.file().zip(header).ok_or_else(nothing_to_copy)?;
        let (start, end) = {
            let index = &self.published().index;
            (index.end_of(header.first_event.before())?, index.end_of(last)?)
        };
        let line = change(header).encode();
        self.copy_log(vfs, directory, |copy, part| {
            copy.write_at(0, &line).map_err(Error::io("write", part))?;
            self.copy_bytes(&*log, copy, start..end, to_u64(line.len()), part)
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

    /// Copies a part of the log to where it goes in the copy.
    fn copy_bytes(
        &self,
        log: &dyn VfsFile,
        copy: &dyn VfsFile,
        part: Range<u64>,
        mut to: u64,
        target: &Path,
    ) -> Result<(), Error> {
        let mut buffer = vec![0; COPY_SIZE];
        let mut at = part.start;
        while at < part.end {
            let left = usize::try_from(part.end - at).unwrap_or(usize::MAX).min(COPY_SIZE);
            let source = || self.log_path.clone();
            let read = log.read_at(at, &mut buffer[..left]).map_err(Error::io("read", source()))?;
            if read == 0 {
                let source = io::ErrorKind::UnexpectedEof.into();
                return Err(Error::Io { action: "read", path: self.log_path.clone(), source });
            }
            copy.write_at(to, &buffer[..read]).map_err(Error::io("write", target))?;
            (at, to) = (at + to_u64(read), to + to_u64(read));
        }
        copy.sync().map_err(Error::io("sync", target))
    }
}

/// The error of a log without an event.
fn nothing_to_copy() -> Error {
    Error::invalid("there is nothing to copy: no event happened yet")
}
