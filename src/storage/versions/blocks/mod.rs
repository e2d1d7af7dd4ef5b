//! Blocks: one column of one sealed chunk each, in memory as long as there is room for it.
//!
//! ```text
//!   ColumnBlock ─┬─ loaded   the array, and the codes of its texts: gone when others need the room
//!                └─ stored   where the same bytes stand in a temporary file, once they had to go
//!                              │
//!   BlockFile   [ block ][ block ][   free   ][ block ] …      no name, nobody else's, never synced
//! ```
//!
//! Whoever reads a block opens it, which may fail, and owns what it gets as long as it is used. What is
//! in memory counts as kept by the database's [`MemoryBudget`](crate::types::memory::MemoryBudget); a block is written when it has to go for the first
//! time, and read back when it is opened. The log can make again whatever stands in the file, so that
//! nothing is lost with it: what cannot be written stays in memory, what cannot be read back is an error.
//!
//! `file`: the temporary file and its free places; `format`: arrays as bytes.

mod file;
mod format;
#[cfg(test)]
mod tests;

use crate::storage::error::Error;
use crate::storage::vfs::{MemVfs, Vfs};
use crate::types::memory::{MemoryBudget, MemoryCache};
use crate::types::text_codes::TextCodes;
use crate::types::{DataType, text_codes::TextDictionary};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use file::{BlockFile, StoredBlock};
use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    TryLockError, Weak,
};

/// So many bytes of blocks stay in memory whatever operators hold, if they may be kept at all: whoever
/// changes a table row by row would otherwise read a chunk for each.
const LEAST_KEPT: usize = 1 << 20;

/// The part of the budget that blocks may have which were read back last and had to go again, and how many of
/// them stay in any case, so that whoever reads them value by value, a row before and after a change, reads
/// the file once.
const RECENT_PART: usize = 8;
const LEAST_RECENT: usize = 2;

/// So many places of blocks that are gone may wait in the queue, besides as many as there are blocks.
const MOST_GONE: usize = 1 << 10;

/// One column of a sealed chunk.
#[derive(Debug)]
pub(super) struct ColumnBlock {
    cache: Arc<BlockCache>,
    data_type: DataType,
    rows: usize,
    loaded: RwLock<Residence>,
    stored: OnceLock<StoredBlock>,
    /// Whether it was opened again since it was loaded, or last passed by.
    is_wanted: AtomicBool,
}

/// Whether a block is in memory.
#[derive(Debug)]
enum Residence {
    Loaded(Arc<LoadedBlock>),
    /// It had to go, but may be there as long as somebody has it.
    Gone(Weak<LoadedBlock>),
}

impl Residence {
    fn loaded(&self) -> Option<&Arc<LoadedBlock>> {
        match self {
            Residence::Loaded(loaded) => Some(loaded),
            Residence::Gone(_) => None,
        }
    }
}

/// What a block has in memory.
#[derive(Debug)]
struct LoadedBlock {
    array: ArrayRef,
    /// The codes of the texts, where it has such and somebody asked.
    codes: OnceLock<Option<TextCodes>>,
    bytes: usize,
}

impl LoadedBlock {
    fn new(array: ArrayRef, data_type: DataType) -> Arc<LoadedBlock> {
        let codes = if data_type == DataType::Text { array.len() * size_of::<u16>() } else { 0 };
        let bytes = format::byte_size(&array) + codes + size_of::<LoadedBlock>();
        Arc::new(LoadedBlock { array, codes: OnceLock::new(), bytes })
    }
}

impl ColumnBlock {
    /// The block of an array, which others may push out of memory from now on, or it others.
    pub fn new(cache: &Arc<BlockCache>, array: ArrayRef, data_type: DataType) -> Arc<ColumnBlock> {
        let rows = array.len();
        let loaded = LoadedBlock::new(array, data_type);
        let bytes = loaded.bytes;
        let block = Arc::new(ColumnBlock {
            cache: Arc::clone(cache),
            data_type,
            rows,
            loaded: RwLock::new(Residence::Loaded(loaded)),
            stored: OnceLock::new(),
            is_wanted: AtomicBool::new(false),
        });
        cache.blocks.fetch_add(1, Ordering::Relaxed);
        cache.admit(&block, bytes);
        block
    }

    /// The array.
    ///
    /// # Errors
    /// [`Error::TemporaryFile`] where it has to be read back, and cannot be.
    pub fn array(self: &Arc<Self>) -> Result<ArrayRef, Error> {
        if let Some(loaded) = self.residence().loaded() {
            self.mark();
            return Ok(Arc::clone(&loaded.array));
        }
        Ok(Arc::clone(&self.load()?.array))
    }

    /// The codes of its texts; `None` where there are none.
    ///
    /// # Errors
    /// As [`ColumnBlock::array`].
    pub fn codes(
        self: &Arc<Self>,
        dictionary: impl FnOnce() -> Arc<TextDictionary>,
    ) -> Result<Option<TextCodes>, Error> {
        if self.data_type != DataType::Text {
            return Ok(None);
        }
        let known = self.residence().loaded().cloned();
        let loaded = match known {
            Some(loaded) => loaded,
            None => self.load()?,
        };
        let encode = || dictionary().encode(loaded.array.as_string());
        Ok(loaded.codes.get_or_init(encode).clone())
    }

    /// Whether it is in memory now.
    pub fn is_loaded(&self) -> bool {
        self.residence().loaded().is_some()
    }

    fn residence(&self) -> RwLockReadGuard<'_, Residence> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that somebody opened it.
    fn mark(&self) {
        if !self.is_wanted.load(Ordering::Relaxed) {
            self.is_wanted.store(true, Ordering::Relaxed);
        }
    }

    /// Reads it back.
    #[cold]
    fn load(self: &Arc<Self>) -> Result<Arc<LoadedBlock>, Error> {
        let mut place = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        match &*place {
            Residence::Loaded(loaded) => return Ok(Arc::clone(loaded)),
            Residence::Gone(known) => {
                if let Some(loaded) = known.upgrade() {
                    return Ok(loaded);
                }
            }
        }
        let stored = self.stored.get().ok_or_else(|| file::failed("read", &"it is not there"))?;
        let array = self.cache.file.read(stored, self.data_type, self.rows)?;
        let loaded = LoadedBlock::new(array, self.data_type);
        *place = Residence::Loaded(Arc::clone(&loaded));
        drop(place);
        self.cache.admit(self, loaded.bytes);
        self.cache.hold(Some(&loaded));
        Ok(loaded)
    }

    /// Lets it go from memory; gives how many bytes that were, and nothing where somebody is at it.
    fn evict(&self) -> io::Result<Option<usize>> {
        let mut place: RwLockWriteGuard<'_, _> = match self.loaded.try_write() {
            Ok(place) => place,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        let Some(loaded) = place.loaded() else { return Ok(Some(0)) };
        if self.stored.get().is_none() {
            let stored = self.cache.file.write(&loaded.array)?;
            // Nobody else writes it who has not this lock.
            self.stored.get_or_init(|| stored);
        }
        let (bytes, gone) = (loaded.bytes, Arc::downgrade(loaded));
        *place = Residence::Gone(gone);
        self.cache.count(0, bytes);
        Ok(Some(bytes))
    }
}

impl Drop for ColumnBlock {
    fn drop(&mut self) {
        let residence = self.loaded.get_mut().unwrap_or_else(PoisonError::into_inner);
        self.cache.count(0, residence.loaded().map_or(0, |loaded| loaded.bytes));
        if let Some(stored) = self.stored.take() {
            self.cache.file.free(&stored);
        }
        self.cache.blocks.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The blocks of a database that are in memory, and the file for those that are not.
///
/// Which one goes is found by the clock algorithm (F. J. Corbató, "A paging experiment with the Multics
/// system", 1969): the oldest, unless it was opened again since it came or was last passed by.
#[derive(Debug)]
pub(crate) struct BlockCache {
    budget: Arc<MemoryBudget>,
    /// Those in memory, the oldest first.
    queue: Mutex<VecDeque<Weak<ColumnBlock>>>,
    /// Those that were read back last, the oldest first, in memory in any case.
    recent: Mutex<VecDeque<Arc<LoadedBlock>>>,
    /// How many bytes those in the queue have.
    bytes: AtomicUsize,
    /// How many blocks there are, in memory or not.
    blocks: AtomicUsize,
    file: BlockFile,
}

impl BlockCache {
    /// No blocks yet, of a database with this budget.
    pub fn new(vfs: &Arc<dyn Vfs>, budget: &Arc<MemoryBudget>) -> Arc<BlockCache> {
        let cache = Arc::new(BlockCache {
            budget: Arc::clone(budget),
            queue: Mutex::default(),
            recent: Mutex::default(),
            bytes: AtomicUsize::new(0),
            blocks: AtomicUsize::new(0),
            file: BlockFile::new(vfs),
        });
        let known: Weak<BlockCache> = Arc::downgrade(&cache);
        budget.register(known);
        cache
    }

    /// One whose blocks stay in memory.
    pub fn unlimited() -> Arc<BlockCache> {
        let vfs: Arc<dyn Vfs> = Arc::new(MemVfs::default());
        BlockCache::new(&vfs, &Arc::new(MemoryBudget::new(usize::MAX)))
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<Weak<ColumnBlock>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what is in memory: so many bytes more, and so many less.
    fn count(&self, more: usize, less: usize) {
        self.bytes.fetch_add(more, Ordering::Relaxed);
        self.bytes.fetch_sub(less, Ordering::Relaxed);
        self.budget.count_kept(more, less);
    }

    /// A block was read back: it stays until others were. Those go that are too many.
    fn hold(&self, loaded: Option<&Arc<LoadedBlock>>) {
        let limit = self.budget.limit();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.extend(loaded.cloned());
        let least = if limit > 0 { LEAST_RECENT } else { 0 };
        while recent.len() > least
            && recent.iter().map(|loaded| loaded.bytes).sum::<usize>() > limit / RECENT_PART
        {
            recent.pop_front();
        }
    }

    /// A block has come into memory; others go if there are too many.
    fn admit(&self, block: &Arc<ColumnBlock>, bytes: usize) {
        self.count(bytes, 0);
        let mut queue = self.queue();
        queue.push_back(Arc::downgrade(block));
        if queue.len() > self.blocks.load(Ordering::Relaxed) + MOST_GONE {
            queue.retain(|known| known.strong_count() > 0);
        }
        drop(queue);
        let excess = self.budget.kept().saturating_sub(self.budget.room_to_keep());
        if excess > 0 {
            self.evict(excess);
        }
    }
}

impl MemoryCache for BlockCache {
    fn evict(&self, bytes: usize) {
        self.hold(None);
        let mut left = bytes;
        // Each is passed by once.
        let mut looks = self.queue().len() * 2;
        let least = LEAST_KEPT.min(self.budget.limit() / 2);
        while left > 0 && looks > 0 && self.bytes.load(Ordering::Relaxed) > least {
            looks -= 1;
            // Nobody waits for the queue while a block is written.
            let Some(oldest) = self.queue().pop_front() else { return };
            let Some(block) = oldest.upgrade() else { continue };
            if block.is_wanted.swap(false, Ordering::Relaxed) {
                self.queue().push_back(oldest);
                continue;
            }
            match block.evict() {
                Ok(Some(gone)) => left = left.saturating_sub(gone),
                Ok(None) => self.queue().push_back(oldest),
                // It stays, and so do the others: the next who needs room tries again.
                Err(_) => return self.queue().push_back(oldest),
            }
        }
    }
}
