//! A copy of the log somewhere else, with all the past.

use super::EventStore;
use crate::storage::environment::Environment;
use crate::storage::error::Error;
use crate::storage::log::header::Header;
use crate::storage::log::reader::NextLine;
use crate::storage::log::{FileLog, Locator, Log, log_path};
use crate::storage::vfs::{Vfs, check_absent, parent_of};
use crate::types::EventId;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// What the copy is called until it is whole.
const PART: &str = "events.log.part";

/// About how many bytes are copied at once.
const COPY_SIZE: usize = 1 << 20;

impl EventStore {
    /// Copies the log up to its last event to a directory that does not exist yet; gives that event.
    /// The header is written as it was, also where the one in the file is damaged.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is no event, [`Error::Io`] where the directory is there, the
    /// log cannot be read or the copy cannot be written; those of the index.
    pub(crate) fn copy_to(&self, vfs: &Arc<dyn Vfs>, directory: &Path) -> Result<EventId, Error> {
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
        self.copy_events(&environment.vfs, directory, last, as_new)
    }

    /// Copies the events up to one behind what `change` makes of the header.
    fn copy_events(
        &self,
        vfs: &Arc<dyn Vfs>,
        directory: &Path,
        last: EventId,
        change: impl FnOnce(Header) -> Header,
    ) -> Result<(), Error> {
        let header = self.writer().header.clone();
        let (log, header) = self.log().zip(header).ok_or_else(nothing_to_copy)?;
        let (start, end) = {
            let index = &self.published().index;
            (index.end_of(header.first_event.before())?, index.end_of(last)?)
        };
        let header = change(header);
        make_log(vfs, directory, |copy| {
            let begin = copy.append(copy.start(), &header.encode())?;
            copy_lines(&*log, start..end, copy, begin)
        })
    }
}

/// Makes a log in a new directory, whole or not at all.
fn make_log(
    vfs: &Arc<dyn Vfs>,
    directory: &Path,
    write: impl FnOnce(&FileLog) -> Result<(), Error>,
) -> Result<(), Error> {
    check_absent(&**vfs, directory).map_err(Error::io("create", directory))?;
    vfs.create_directory(directory).map_err(Error::io("create", directory))?;
    let (part, path) = (directory.join(PART), log_path(directory));
    let done = FileLog::create_as(vfs, &part).and_then(|copy| write(&copy)).and_then(|()| {
        vfs.rename(&part, &path).map_err(Error::io("create", &path))?;
        vfs.sync_directory(directory).map_err(Error::io("sync", directory))?;
        let parent = parent_of(directory);
        vfs.sync_directory(parent).map_err(Error::io("sync", parent))
    });
    if done.is_err() {
        // A copy that is not whole is of no use; what failed is told in any case.
        drop(vfs.remove(&part));
        drop(vfs.remove(&path));
        drop(vfs.remove_directory(directory));
    }
    done
}

/// Copies lines to the end of another log, durably. They are not looked at: a copy is as good as what it was
/// made from.
fn copy_lines(
    log: &dyn Log,
    part: Range<Locator>,
    copy: &FileLog,
    mut end: Locator,
) -> Result<(), Error> {
    let (mut reader, mut lines) = (log.read(part.clone()), Vec::with_capacity(COPY_SIZE));
    loop {
        let found = reader.advance()?;
        if found == NextLine::Line {
            lines.extend_from_slice(reader.line());
            lines.push(b'\n');
        }
        if lines.len() >= COPY_SIZE || found != NextLine::Line {
            end = copy.append(end, &lines)?;
            lines.clear();
        }
        match found {
            NextLine::Line => {}
            NextLine::End if reader.end() >= part.end => return copy.sync(),
            NextLine::End | NextLine::Unfinished | NextLine::TooLong => {
                let (path, source) = (reader.place().file, io::ErrorKind::UnexpectedEof.into());
                return Err(Error::Io { action: "read", path, source });
            }
        }
    }
}

/// The error of a log without an event.
fn nothing_to_copy() -> Error {
    Error::invalid("there is nothing to copy: no event happened yet")
}
