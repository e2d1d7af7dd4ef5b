//! A file read in blocks: a whole pass in large ones, single records in small ones.

use super::damaged;
use crate::storage::error::Error;
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::VfsFile;
use std::path::Path;
use std::sync::Arc;

/// The smallest block, read after a jump.
const SMALL: usize = 4 << 10;

/// The largest, read when the blocks before it were read in sequence.
const LARGE: usize = 256 << 10;

/// The file up to a fixed length, with the block that was read last.
#[derive(Debug)]
pub(crate) struct Blocks {
    file: Arc<dyn VfsFile>,
    path: Arc<Path>,
    length: u64,
    block: Vec<u8>,
    start: u64,
    /// How much the next block holds if it is asked for where this one ends.
    ahead: usize,
}

impl Blocks {
    /// Nothing behind `length` is ever read.
    pub(crate) fn new(file: Arc<dyn VfsFile>, path: &Path, length: u64) -> Blocks {
        Blocks { file, path: Arc::from(path), length, block: Vec::new(), start: 0, ahead: SMALL }
    }

    /// How much of the file lies behind an offset.
    pub(crate) fn left(&self, offset: u64) -> u64 {
        self.length.saturating_sub(offset)
    }

    /// The file's path.
    pub(crate) fn path(&self) -> Arc<Path> {
        Arc::clone(&self.path)
    }

    /// An error about this file.
    fn damaged(&self, offset: u64, reason: &str) -> Error {
        damaged(&self.path, format!("at byte {offset} {reason}"))
    }

    /// The bytes at an offset, which have to lie inside the length.
    pub(crate) fn bytes(&mut self, offset: u64, length: usize) -> Result<&[u8], Error> {
        if self.left(offset) < to_u64(length) {
            return Err(self.damaged(offset, "something reaches beyond the end of the file"));
        }
        let inside = |from: u64| usize::try_from(offset.checked_sub(from)?).ok();
        if let Some(at) = inside(self.start)
            && at.saturating_add(length) <= self.block.len()
        {
            return Ok(&self.block[at..at + length]);
        }
        let sequential = inside(self.start).is_some_and(|at| at <= self.block.len());
        self.ahead = if sequential { (self.ahead * 2).min(LARGE) } else { SMALL };
        let wanted = usize::try_from(self.left(offset)).unwrap_or(usize::MAX).min(self.ahead);
        self.block.resize(wanted.max(length), 0);
        self.start = offset;
        let mut filled = 0;
        while filled < self.block.len() {
            let at = offset + to_u64(filled);
            let read = self.file.read_at(at, &mut self.block[filled..]);
            match read.map_err(Error::io("read", &*self.path)) {
                Ok(0) => {
                    self.block.clear();
                    return Err(self.damaged(at, "the file ends too early"));
                }
                Ok(more) => filled += more,
                Err(error) => {
                    self.block.clear();
                    return Err(error);
                }
            }
        }
        Ok(&self.block[..length])
    }
}
