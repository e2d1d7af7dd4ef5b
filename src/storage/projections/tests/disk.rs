//! A disk in memory that counts writes, and from some operation on answers to nothing any more.

use super::*;
use crate::storage::{Access, VfsFile};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A disk that breaks down.
#[derive(Clone, Debug)]
pub(in crate::storage) struct Disk {
    pub(in crate::storage) vfs: MemVfs,
    left: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct DiskFile(Arc<dyn VfsFile>, Disk);

impl Disk {
    /// Breaks down after a number of operations that change something.
    pub(in crate::storage) fn new(vfs: MemVfs, operations: usize) -> Disk {
        Disk { vfs, left: Arc::new(AtomicUsize::new(operations)), writes: Arc::default() }
    }

    /// How often a file was written to.
    pub(in crate::storage) fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }

    /// Whether it has not broken down, and would do yet more.
    pub(in crate::storage) fn is_whole(&self) -> bool {
        self.left.load(Ordering::Relaxed) > 0
    }

    fn work(&self) -> io::Result<()> {
        let left = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left) {
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::other("broken disk")),
        }
    }
}

impl Vfs for Disk {
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn VfsFile>> {
        if access != Access::Read {
            self.work()?;
        }
        Ok(Arc::new(DiskFile(self.vfs.open(path, access)?, self.clone())))
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        self.work()?;
        self.vfs.create_directory(path)
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        self.vfs.names(directory)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        self.work()?;
        self.vfs.sync_directory(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.work()?;
        self.vfs.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.work()?;
        self.vfs.remove(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        self.vfs.remove_directory(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        self.vfs.canonical(path)
    }
}

impl VfsFile for DiskFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        // Never more than a little: what reads has to ask again.
        let length = buffer.len().min(1000);
        self.0.read_at(offset, &mut buffer[..length])
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.1.writes.fetch_add(1, Ordering::Relaxed);
        let worked = self.1.work();
        let length = if worked.is_ok() { bytes.len() } else { bytes.len() / 2 };
        self.0.write_at(offset, &bytes[..length])?;
        worked
    }

    fn size(&self) -> io::Result<u64> {
        self.0.size()
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        self.0.is_at(path)
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.1.work()?;
        self.0.truncate(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.1.work()?;
        self.0.sync()
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.0.try_lock()
    }

    fn is_locked(&self) -> io::Result<bool> {
        self.0.is_locked()
    }
}
