//! A disk in memory with hooks, for tests of disks that refuse, break down or lie.
//!
//! What a disk does otherwise than a good one is a [`DiskHooks`]; all that it says nothing of is what
//! memory does.

use crate::storage::{Access, FileStamp, MemVfs, Vfs, VfsFile};
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a disk with hooks calls the files that have no name.
pub(crate) const TEMPORARY: &str = "temporary";

/// What a disk is asked to do, as far as it may be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiskOperation {
    Open(Access),
    CreateDirectory,
    SyncDirectory,
    Rename,
    Remove,
    Write,
    Truncate,
    Sync,
}

/// What a disk does otherwise than a good one.
pub(crate) trait DiskHooks: Debug + Send + Sync + 'static {
    /// Is asked before an operation on a path, the new one of a rename. An error is what the disk
    /// answers; of a write half has reached the file then.
    fn before(&self, vfs: &MemVfs, operation: DiskOperation, path: &Path) -> io::Result<()> {
        let _ = (vfs, operation, path);
        Ok(())
    }

    /// Reads from a file.
    fn read_at(
        &self,
        file: &dyn VfsFile,
        path: &Path,
        offset: u64,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let _ = path;
        file.read_at(offset, buffer)
    }

    /// The length of a file.
    fn size(&self, file: &dyn VfsFile, path: &Path) -> io::Result<u64> {
        let _ = path;
        file.size()
    }
}

/// A disk in memory with hooks. Its clones share everything.
#[derive(Debug)]
pub(crate) struct HookedVfs<H> {
    pub vfs: MemVfs,
    pub hooks: Arc<H>,
}

/// An open file of one.
#[derive(Debug)]
struct HookedFile<H> {
    file: Arc<dyn VfsFile>,
    path: PathBuf,
    disk: HookedVfs<H>,
}

impl<H> HookedVfs<H> {
    /// A disk with these files that does what the hooks say.
    pub fn new(vfs: MemVfs, hooks: H) -> HookedVfs<H> {
        HookedVfs { vfs, hooks: Arc::new(hooks) }
    }
}

impl<H> Clone for HookedVfs<H> {
    fn clone(&self) -> HookedVfs<H> {
        HookedVfs { vfs: self.vfs.clone(), hooks: Arc::clone(&self.hooks) }
    }
}

impl<H: DiskHooks> Vfs for HookedVfs<H> {
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn VfsFile>> {
        self.hooks.before(&self.vfs, DiskOperation::Open(access), path)?;
        let file = self.vfs.open(path, access)?;
        Ok(Arc::new(HookedFile { file, path: path.to_path_buf(), disk: self.clone() }))
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.hooks.before(&self.vfs, DiskOperation::CreateDirectory, path)?;
        self.vfs.create_directory(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.vfs.names(directory)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.hooks.before(&self.vfs, DiskOperation::SyncDirectory, path)?;
        self.vfs.sync_directory(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.hooks.before(&self.vfs, DiskOperation::Rename, to)?;
        self.vfs.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.hooks.before(&self.vfs, DiskOperation::Remove, path)?;
        self.vfs.remove(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.vfs.remove_directory(path)
    }

    fn stamp(&self, path: &Path) -> io::Result<Option<FileStamp>> {
        self.vfs.stamp(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.vfs.canonical(path)
    }

    fn temporary(&self) -> io::Result<Arc<dyn VfsFile>> {
        let path = PathBuf::from(TEMPORARY);
        self.hooks.before(&self.vfs, DiskOperation::Open(Access::Create), &path)?;
        let elsewhere = MemVfs::default();
        elsewhere.put(&path, []);
        let file = elsewhere.open(&path, Access::Write)?;
        Ok(Arc::new(HookedFile { file, path, disk: self.clone() }))
    }
}

impl<H: DiskHooks> HookedFile<H> {
    fn before(&self, operation: DiskOperation) -> io::Result<()> {
        self.disk.hooks.before(&self.disk.vfs, operation, &self.path)
    }
}

impl<H: DiskHooks> VfsFile for HookedFile<H> {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.disk.hooks.read_at(&*self.file, &self.path, offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let answer = self.before(DiskOperation::Write);
        let length = if answer.is_ok() { bytes.len() } else { bytes.len() / 2 };
        self.file.write_at(offset, &bytes[..length])?;
        answer
    }

    fn size(&self) -> io::Result<u64> {
        self.disk.hooks.size(&*self.file, &self.path)
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        self.file.is_at(path)
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.before(DiskOperation::Truncate)?;
        self.file.truncate(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.before(DiskOperation::Sync)?;
        self.file.sync()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.file.is_locked()
    }
}

/// How many operations are still to go well.
#[derive(Debug)]
pub(crate) struct Countdown(AtomicUsize);

impl Countdown {
    /// From a number of operations on.
    pub fn new(operations: usize) -> Countdown {
        Countdown(AtomicUsize::new(operations))
    }

    /// Counts an operation; says whether it goes well.
    pub fn count(&self) -> bool {
        let less = |left: usize| left.checked_sub(1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }

    /// Whether none goes well any more.
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Begins again, with more operations than a test has.
    pub fn end(&self) {
        self.0.store(usize::MAX, Ordering::Relaxed);
    }
}

/// A disk that breaks down after a number of operations that change something, counts writes, and
/// never reads more than a little at once, so that whoever reads has to ask again.
#[derive(Debug)]
pub(crate) struct Breakdown {
    left: Countdown,
    writes: AtomicUsize,
}

impl HookedVfs<Breakdown> {
    /// A disk with these files that breaks down after a number of operations.
    pub fn breaking(vfs: MemVfs, operations: usize) -> HookedVfs<Breakdown> {
        let (left, writes) = (Countdown::new(operations), AtomicUsize::default());
        HookedVfs::new(vfs, Breakdown { left, writes })
    }

    /// How often a file was written to.
    pub fn writes(&self) -> usize {
        self.hooks.writes.load(Ordering::Relaxed)
    }

    /// Whether it has not broken down, and would do yet more.
    pub fn is_whole(&self) -> bool {
        !self.hooks.left.is_over()
    }
}

impl DiskHooks for Breakdown {
    fn before(&self, _: &MemVfs, operation: DiskOperation, _: &Path) -> io::Result<()> {
        if operation == DiskOperation::Write {
            self.writes.fetch_add(1, Ordering::Relaxed);
        }
        if operation == DiskOperation::Open(Access::Read) || self.left.count() {
            return Ok(());
        }
        Err(io::Error::other("broken disk"))
    }

    fn read_at(
        &self,
        file: &dyn VfsFile,
        _: &Path,
        offset: u64,
        buffer: &mut [u8],
    ) -> io::Result<usize> {
        let length = buffer.len().min(1000);
        file.read_at(offset, &mut buffer[..length])
    }
}
