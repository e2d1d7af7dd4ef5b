//! A file system in memory.

use super::{Access, FileStamp, Vfs, VfsFile};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file system in memory. Its clones share everything, so one that is kept can look into the files
/// of a database, change them, and open them again.
#[derive(Clone, Debug, Default)]
pub struct MemVfs(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    files: BTreeMap<PathBuf, Arc<Mutex<MemNode>>>,
    directories: BTreeSet<PathBuf>,
}

#[derive(Debug)]
struct MemNode {
    /// Which of all files it is.
    number: u64,
    bytes: Vec<u8>,
    /// How often it was changed.
    changes: i64,
    locked: bool,
}

impl MemNode {
    fn new(bytes: Vec<u8>) -> MemNode {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        MemNode { number, bytes, changes: 0, locked: false }
    }
}

/// An open file in memory; dropping it releases the lock if it is the one that took it.
#[derive(Debug)]
struct MemFile {
    vfs: MemVfs,
    node: Arc<Mutex<MemNode>>,
    holds_lock: Mutex<bool>,
}

/// Bytes stay whole when a thread that held them panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl MemVfs {
    /// The bytes of a file, if it exists.
    pub fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let node = Arc::clone(lock(&self.0).files.get(path)?);
        let bytes = lock(&node).bytes.clone();
        Some(bytes)
    }

    /// Puts a file with these bytes in the place of the one with its name, if any, with the
    /// directories above it.
    pub fn put(&self, path: &Path, bytes: impl Into<Vec<u8>>) {
        let mut contents = lock(&self.0);
        contents.directories.extend(path.ancestors().skip(1).map(Path::to_path_buf));
        let node = Arc::new(Mutex::new(MemNode::new(bytes.into())));
        contents.files.insert(path.to_path_buf(), node);
    }
}

impl Vfs for MemVfs {
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn VfsFile>> {
        let mut contents = lock(&self.0);
        let node = match (contents.files.get(path), access) {
            (Some(_), Access::CreateNew) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Some(node), _) => Arc::clone(node),
            (None, Access::Read | Access::Write) => return Err(missing()),
            (None, Access::Create | Access::CreateNew) => {
                if !path.parent().is_some_and(|parent| contents.directories.contains(parent)) {
                    return Err(missing());
                }
                let node = Arc::new(Mutex::new(MemNode::new(Vec::new())));
                contents.files.insert(path.to_path_buf(), Arc::clone(&node));
                node
            }
        };
        Ok(Arc::new(MemFile { vfs: self.clone(), node, holds_lock: Mutex::new(false) }))
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        let mut contents = lock(&self.0);
        if path.ancestors().any(|above| contents.files.contains_key(above)) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        contents.directories.extend(path.ancestors().map(Path::to_path_buf));
        Ok(())
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let contents = lock(&self.0);
        if contents.files.contains_key(directory) {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        if !contents.directories.contains(directory) {
            return Err(missing());
        }
        let inside = contents.files.keys().chain(&contents.directories);
        let names: BTreeSet<String> = inside
            .filter(|path| path.parent() == Some(directory))
            .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
            .collect();
        Ok(names.into_iter().collect())
    }

    fn sync_directory(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut contents = lock(&self.0);
        if let Some(node) = contents.files.remove(from) {
            contents.files.insert(to.to_path_buf(), node);
            return Ok(());
        }
        if !contents.directories.contains(from) {
            return Err(missing());
        }
        let moved = |path: PathBuf| match path.strip_prefix(from) {
            Ok(inside) if inside.as_os_str().is_empty() => to.to_path_buf(),
            Ok(inside) => to.join(inside),
            Err(_) => path,
        };
        let files = std::mem::take(&mut contents.files).into_iter();
        contents.files = files.map(|(path, node)| (moved(path), node)).collect();
        let directories = std::mem::take(&mut contents.directories).into_iter();
        contents.directories = directories.map(moved).collect();
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        lock(&self.0).files.remove(path).map(|_| ()).ok_or_else(missing)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        let mut contents = lock(&self.0);
        let inside = |other: &&PathBuf| other.parent() == Some(path);
        if contents.files.keys().chain(&contents.directories).any(|other| inside(&other)) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        if contents.directories.remove(path) { Ok(()) } else { Err(missing()) }
    }

    fn stamp(&self, path: &Path) -> io::Result<Option<FileStamp>> {
        let contents = lock(&self.0);
        let Some(node) = contents.files.get(path) else { return Ok(None) };
        let node = lock(node);
        let size = u64::try_from(node.bytes.len()).map_err(io::Error::other)?;
        Ok(Some(FileStamp { identity: (0, node.number), size, changed: (0, node.changes) }))
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_path_buf())
    }
}

impl VfsFile for MemFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let node = lock(&self.node);
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(node.bytes.len());
        let length = buffer.len().min(node.bytes.len() - start);
        buffer[..length].copy_from_slice(&node.bytes[start..start + length]);
        Ok(length)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let mut node = lock(&self.node);
        node.changes += 1;
        if start > node.bytes.len() {
            node.bytes.resize(start, 0);
        }
        let overlap = bytes.len().min(node.bytes.len() - start);
        node.bytes[start..start + overlap].copy_from_slice(&bytes[..overlap]);
        node.bytes.extend_from_slice(&bytes[overlap..]);
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        u64::try_from(lock(&self.node).bytes.len()).map_err(io::Error::other)
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        Ok(lock(&self.vfs.0).files.get(path).is_some_and(|node| Arc::ptr_eq(node, &self.node)))
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        let size = usize::try_from(size).map_err(io::Error::other)?;
        let mut node = lock(&self.node);
        node.changes += 1;
        node.bytes.resize(size, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn try_lock(&self) -> io::Result<bool> {
        let mut node = lock(&self.node);
        if node.locked {
            return Ok(false);
        }
        node.locked = true;
        *lock(&self.holds_lock) = true;
        Ok(true)
    }

    fn is_locked(&self) -> io::Result<bool> {
        Ok(lock(&self.node).locked)
    }
}

impl Drop for MemFile {
    fn drop(&mut self) {
        if *lock(&self.holds_lock) {
            lock(&self.node).locked = false;
        }
    }
}
