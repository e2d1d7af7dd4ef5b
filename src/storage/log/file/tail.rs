//! What a crash left at the end of the file: looked at, and kept before it is cut.

use super::FileLog;
use crate::storage::error::Error;
use crate::storage::log::LOG;
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::{Access, VfsFile};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where bytes go that are cut off.
const LOST_AND_FOUND: &str = "lost+found";

/// How much is copied at once.
const COPY_SIZE: usize = 1 << 20;

/// Whether some bytes of a file are nothing but zeros.
pub(super) fn is_blank(file: &dyn VfsFile, bytes: Range<u64>) -> bool {
    let mut buffer = vec![0; COPY_SIZE];
    let mut at = bytes.start;
    while at < bytes.end {
        match file.read_at(at, &mut buffer) {
            Ok(0) => return true,
            Ok(read) if buffer[..read].iter().all(|byte| *byte == 0) => at += to_u64(read),
            // What cannot be read is not known to be nothing.
            Ok(_) | Err(_) => return false,
        }
    }
    true
}

impl FileLog {
    /// Copies bytes to a file in `lost+found/`; gives its name in the directory.
    pub(super) fn keep_bytes(&self, bytes: Range<u64>) -> Result<PathBuf, Error> {
        let vfs = &*self.vfs;
        let directory = self.path.with_file_name(LOST_AND_FOUND);
        let is_new = vfs.names(&directory).is_err();
        vfs.create_directory(&directory).map_err(Error::io("create", &directory))?;
        let names = vfs.names(&directory).map_err(Error::io("read", &directory))?;
        let free = |name: &String| names.binary_search(name).is_err();
        let offset = bytes.start;
        let name = (1..=names.len() + 1).map(|n| format!("{LOG}.{offset}.{n}")).find(free);
        let name = name.unwrap_or_else(|| format!("{LOG}.{offset}"));
        let target = directory.join(&name);
        let kept = match vfs.open(&target, Access::CreateNew) {
            Ok(copy) => {
                let kept = self.copy_bytes(bytes, (&target, &*copy));
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

    /// Copies bytes to another file, durably.
    fn copy_bytes(
        &self,
        bytes: Range<u64>,
        (target, copy): (&Path, &dyn VfsFile),
    ) -> Result<(), Error> {
        let mut buffer = vec![0; COPY_SIZE];
        let (mut from, mut to) = (bytes.start, 0);
        while from < bytes.end {
            let read = self.file.read_at(from, &mut buffer);
            let read = read.map_err(|error| self.failed("read", error))?;
            if read == 0 {
                break;
            }
            copy.write_at(to, &buffer[..read]).map_err(Error::io("write", target))?;
            let read = to_u64(read);
            (from, to) = (from + read, to + read);
        }
        copy.sync().map_err(Error::io("sync", target))?;
        for directory in [target.parent(), self.path.parent()].into_iter().flatten() {
            self.vfs.sync_directory(directory).map_err(Error::io("sync", directory))?;
        }
        Ok(())
    }
}
