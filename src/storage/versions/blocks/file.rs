//! The temporary file: where blocks stand that are not in memory.

use super::format;
use crate::storage::error::Error;
use crate::storage::vfs::{Vfs, VfsFile};
use crate::types::DataType;
use arrow_array::ArrayRef;
use arrow_buffer::{Buffer, MutableBuffer};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// A file that is made when the first block is written.
#[derive(Debug)]
pub(super) struct BlockFile {
    vfs: Arc<dyn Vfs>,
    file: OnceLock<Arc<dyn VfsFile>>,
    space: Mutex<FreeSpace>,
}

/// Where a block stands, and what it is known by.
#[derive(Debug)]
pub(super) struct StoredBlock {
    offset: u64,
    length: usize,
    layout: format::BlockLayout,
    crc: u32,
}

impl StoredBlock {
    /// How many bytes it has there.
    #[cfg(test)]
    pub fn length(&self) -> usize {
        self.length
    }
}

/// The error of a block that cannot be read back.
pub(super) fn failed(what: &str, reason: &dyn Display) -> Error {
    Error::TemporaryFile { reason: format!("cannot be {what}: {reason}") }
}

fn size(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

impl BlockFile {
    /// A file in the place that a file system has for such.
    pub fn new(vfs: &Arc<dyn Vfs>) -> BlockFile {
        BlockFile { vfs: Arc::clone(vfs), file: OnceLock::new(), space: Mutex::default() }
    }

    fn space(&self) -> MutexGuard<'_, FreeSpace> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file, made where there is none. Of two who make it at once one is used.
    fn open(&self) -> io::Result<&Arc<dyn VfsFile>> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = self.vfs.temporary()?;
        Ok(self.file.get_or_init(|| file))
    }

    /// Writes a block to a free place.
    ///
    /// # Errors
    /// The disk's: then nothing stands there.
    pub fn write(&self, array: &ArrayRef) -> io::Result<StoredBlock> {
        let file = self.open()?;
        let (bytes, layout) = format::encode(array);
        let (length, crc) = (bytes.len(), crc32c::crc32c(&bytes));
        let offset = self.space().take(size(length));
        let stored = StoredBlock { offset, length, layout, crc };
        match file.write_at(offset, &bytes) {
            Ok(()) => Ok(stored),
            Err(error) => {
                self.free(&stored);
                Err(error)
            }
        }
    }

    /// Reads a block back.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where the disk refuses, or gives something else than was written.
    pub fn read(
        &self,
        stored: &StoredBlock,
        data_type: DataType,
        rows: usize,
    ) -> Result<ArrayRef, Error> {
        let file = self.file.get().ok_or_else(|| failed("read", &"there is none"))?;
        let mut bytes = MutableBuffer::from_len_zeroed(stored.length);
        let mut offset = stored.offset;
        let mut rest = bytes.as_slice_mut();
        while !rest.is_empty() {
            let count = file.read_at(offset, rest).map_err(|error| failed("read", &error))?;
            if count == 0 {
                return Err(failed("read", &"it ends too soon"));
            }
            offset += size(count);
            rest = &mut rest[count..];
        }
        if crc32c::crc32c(bytes.as_slice()) != stored.crc {
            return Err(failed("read", &"it is not what was written"));
        }
        let array = format::decode(&Buffer::from(bytes), &stored.layout, data_type, rows);
        array.map_err(|error| failed("read", &error))
    }

    /// Nobody will read a block again.
    pub fn free(&self, stored: &StoredBlock) {
        let mut space = self.space();
        space.give(stored.offset, size(stored.length));
        if space.end == 0
            && let Some(file) = self.file.get()
        {
            // What is not cut is written over.
            drop(file.truncate(0));
        }
    }
}

/// Which parts of a file hold nothing.
#[derive(Debug, Default)]
struct FreeSpace {
    /// Behind this nothing stands.
    end: u64,
    /// Free places before that, with their lengths; none touches another.
    free: BTreeMap<u64, u64>,
}

impl FreeSpace {
    /// A place for so many bytes: the first that has room.
    fn take(&mut self, length: u64) -> u64 {
        let found = self.free.iter().find(|(_, free)| **free >= length);
        let Some((offset, free)) = found.map(|(offset, free)| (*offset, *free)) else {
            self.end += length;
            return self.end - length;
        };
        self.free.remove(&offset);
        if free > length {
            self.free.insert(offset + length, free - length);
        }
        offset
    }

    /// What stood at a place is not wanted any more.
    fn give(&mut self, mut offset: u64, mut length: u64) {
        if length == 0 {
            return;
        }
        let before = self.free.range(..offset).next_back().map(|(offset, free)| (*offset, *free));
        if let Some((start, free)) = before.filter(|(start, free)| start + free == offset) {
            self.free.remove(&start);
            (offset, length) = (start, length + free);
        }
        if let Some(behind) = self.free.remove(&(offset + length)) {
            length += behind;
        }
        if offset + length == self.end {
            self.end = offset;
        } else {
            self.free.insert(offset, length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_two_blocks_share_a_place(
            steps in proptest::collection::vec((any::<bool>(), 1u64..100, any::<usize>()), 0..200),
        ) {
            let (mut space, mut held) = (FreeSpace::default(), Vec::<(u64, u64)>::new());
            for (takes, length, which) in steps {
                if takes || held.is_empty() {
                    let offset = space.take(length);
                    let is_apart = |(at, other): &(u64, u64)| {
                        offset + length <= *at || at + other <= offset
                    };
                    prop_assert!(held.iter().all(is_apart));
                    held.push((offset, length));
                } else {
                    let (offset, length) = held.swap_remove(which % held.len());
                    space.give(offset, length);
                }
                let all: u64 = held.iter().map(|(_, length)| length).sum();
                let free: u64 = space.free.values().sum();
                prop_assert_eq!(all + free, space.end);
            }
            held.drain(..).for_each(|(offset, length)| space.give(offset, length));
            prop_assert!(space.end == 0 && space.free.is_empty());
        }
    }
}
