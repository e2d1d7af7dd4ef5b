//! Cutting off what a crash left behind the last whole transaction.

use super::Recovered;
use super::replay::Tail;
use crate::storage::error::Error;
use crate::storage::log::LOG;
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::{Access, Vfs, VfsFile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where bytes go that are cut off a log.
const LOST_AND_FOUND: &str = "lost+found";

/// How much is copied at once.
const COPY_SIZE: usize = 1 << 20;

impl Recovered {
    /// Cuts the tail behind the last whole transaction if that may be done, and says so.
    pub(super) fn cut(
        &mut self,
        vfs: &dyn Vfs,
        path: &Path,
        file: &Arc<dyn VfsFile>,
        size: u64,
        tail: &Tail,
        writable: bool,
    ) {
        let (offset, head) = (self.index.end(), self.index.head());
        let what = match tail.events {
            0 => format!("{} unfinished bytes", size - offset),
            1 => "1 unfinished event".into(),
            events => format!("{events} unfinished events"),
        };
        let what = format!("{LOG}: {what} after event {head}");
        if !writable {
            self.notices.push(format!("{what} left out"));
            return;
        }
        match cut_tail(vfs, path, &**file, offset, size) {
            Ok(kept) => self.notices.push(format!("{what} cut, kept in {}", kept.display())),
            Err(error) => {
                self.notices.push(format!("{what} left out: {error}"));
                self.refusal = Some(format!("the log could not be repaired: {error}"));
            }
        }
    }
}

/// Copies the bytes from `offset` on to `lost+found/`, makes the copy durable, then cuts them off.
fn cut_tail(
    vfs: &dyn Vfs,
    path: &Path,
    file: &dyn VfsFile,
    offset: u64,
    size: u64,
) -> Result<PathBuf, Error> {
    let directory = path.with_file_name(LOST_AND_FOUND);
    vfs.create_directory(&directory).map_err(Error::io("create", &directory))?;
    let names = vfs.names(&directory).map_err(Error::io("read", &directory))?;
    let free = |name: &String| names.binary_search(name).is_err();
    let name = (1..=names.len() + 1).map(|n| format!("{LOG}.{offset}.{n}")).find(free);
    let name = name.unwrap_or_else(|| format!("{LOG}.{offset}"));
    let target = directory.join(&name);
    let copy = vfs.open(&target, Access::CreateNew).map_err(Error::io("create", &target))?;
    let mut buffer = vec![0; COPY_SIZE];
    let (mut from, mut to) = (offset, 0);
    while from < size {
        let read = file.read_at(from, &mut buffer).map_err(Error::io("read", path))?;
        if read == 0 {
            break;
        }
        copy.write_at(to, &buffer[..read]).map_err(Error::io("write", &target))?;
        let read = to_u64(read);
        (from, to) = (from + read, to + read);
    }
    copy.sync().map_err(Error::io("sync", &target))?;
    vfs.sync_directory(&directory).map_err(Error::io("sync", &directory))?;
    let parent = path.parent().unwrap_or(path);
    vfs.sync_directory(parent).map_err(Error::io("sync", parent))?;
    file.truncate(offset).map_err(Error::io("truncate", path))?;
    file.sync().map_err(Error::io("sync", path))?;
    Ok(PathBuf::from(LOST_AND_FOUND).join(name))
}
