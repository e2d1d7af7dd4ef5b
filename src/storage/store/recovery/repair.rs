//! Cutting off what a crash left behind the last whole transaction.

use super::RecoveredLog;
use super::replay::TornTail;
use crate::storage::error::Error;
use crate::storage::log::LOG;
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::{Access, Vfs, VfsFile};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where bytes go that are cut off a log.
const LOST_AND_FOUND: &str = "lost+found";

/// How much is copied at once.
const COPY_SIZE: usize = 1 << 20;

impl RecoveredLog {
    /// Cuts the tail behind the last whole transaction if that may be done, and says so.
    pub(super) fn cut(
        &mut self,
        vfs: &dyn Vfs,
        path: &Path,
        file: &Arc<dyn VfsFile>,
        size: u64,
        tail: &TornTail,
        writable: bool,
    ) {
        let (offset, head) = (self.index.end(), self.index.head());
        let is_empty = is_zeros(&**file, offset, size);
        let what = match tail.events {
            _ if is_empty => format!("{} bytes of zeros", size - offset),
            0 => format!("{} unfinished bytes", size - offset),
            1 => "1 unfinished event".into(),
            events => format!("{events} unfinished events"),
        };
        let what = format!("{LOG}: {what} after event {head}");
        if !writable {
            self.notices.push(format!("{what} left out"));
            return;
        }
        // Zeros are what a file grew by, and nothing is lost with them.
        let kept = match is_empty {
            true => Ok(None),
            false => keep_tail(vfs, path, &**file, offset, size).map(Some),
        };
        match kept.and_then(|kept| cut_at(path, &**file, offset).map(|()| kept)) {
            Ok(None) => self.notices.push(format!("{what} cut")),
            Ok(Some(kept)) => {
                self.notices.push(format!("{what} cut, kept in {}", kept.display()));
            }
            Err(error) => {
                self.notices.push(format!("{what} left out: {error}"));
                self.refusal = Some(format!("the log could not be repaired: {error}"));
            }
        }
    }
}

/// Whether a file is nothing but zeros from an offset on.
fn is_zeros(file: &dyn VfsFile, offset: u64, size: u64) -> bool {
    let mut buffer = vec![0; COPY_SIZE];
    let mut at = offset;
    while at < size {
        match file.read_at(at, &mut buffer) {
            Ok(0) => return true,
            Ok(read) if buffer[..read].iter().all(|byte| *byte == 0) => at += to_u64(read),
            // What cannot be read is not known to be nothing.
            Ok(_) | Err(_) => return false,
        }
    }
    true
}

/// Cuts a log, durably.
fn cut_at(path: &Path, file: &dyn VfsFile, offset: u64) -> Result<(), Error> {
    file.truncate(offset).map_err(Error::io("truncate", path))?;
    file.sync().map_err(Error::io("sync", path))
}

/// Copies the bytes from `offset` on to `lost+found/`, and makes the copy durable. Where that fails
/// nothing of it stays.
fn keep_tail(
    vfs: &dyn Vfs,
    path: &Path,
    file: &dyn VfsFile,
    offset: u64,
    size: u64,
) -> Result<PathBuf, Error> {
    let directory = path.with_file_name(LOST_AND_FOUND);
    let is_new = vfs.names(&directory).is_err();
    vfs.create_directory(&directory).map_err(Error::io("create", &directory))?;
    let names = vfs.names(&directory).map_err(Error::io("read", &directory))?;
    let free = |name: &String| names.binary_search(name).is_err();
    let name = (1..=names.len() + 1).map(|n| format!("{LOG}.{offset}.{n}")).find(free);
    let name = name.unwrap_or_else(|| format!("{LOG}.{offset}"));
    let target = directory.join(&name);
    let kept = match vfs.open(&target, Access::CreateNew) {
        Ok(copy) => {
            let kept = copy_tail(vfs, (path, file), (&target, &*copy), offset..size);
            if kept.is_err() {
                // What fails here is said by what failed before.
                drop(vfs.remove(&target));
            }
            kept
        }
        Err(error) => Err(Error::io("create", &target)(error)),
    };
    if kept.is_err() && is_new {
        drop(vfs.remove_directory(&directory));
    }
    kept.map(|()| PathBuf::from(LOST_AND_FOUND).join(name))
}

/// Copies a range of a log to another file, durably.
fn copy_tail(
    vfs: &dyn Vfs,
    (path, file): (&Path, &dyn VfsFile),
    (target, copy): (&Path, &dyn VfsFile),
    range: Range<u64>,
) -> Result<(), Error> {
    let mut buffer = vec![0; COPY_SIZE];
    let (mut from, mut to) = (range.start, 0);
    while from < range.end {
        let read = file.read_at(from, &mut buffer).map_err(Error::io("read", path))?;
        if read == 0 {
            break;
        }
        copy.write_at(to, &buffer[..read]).map_err(Error::io("write", target))?;
        let read = to_u64(read);
        (from, to) = (from + read, to + read);
    }
    copy.sync().map_err(Error::io("sync", target))?;
    for directory in [target.parent(), path.parent()].into_iter().flatten() {
        vfs.sync_directory(directory).map_err(Error::io("sync", directory))?;
    }
    Ok(())
}
