//! Every access to a data directory, behind one trait.
//!
//! The rest of storage sees files as a row of bytes that can be read and written at an offset, cut
//! and synced. [`StdVfs`] is the real thing, [`MemVfs`] keeps everything in memory.

mod memory;
mod standard;

pub use memory::MemVfs;
pub use standard::StdVfs;

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// An existing file, to be read.
    Read,
    /// An existing file, to be read and written.
    Write,
    /// A file to be read and written, created (readable by its owner only) where there is none.
    Create,
    /// As [`Access::Create`], but it must not exist.
    CreateNew,
}

/// What can be told of a file without reading it: as long as that is the same, so is the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Which file it is, whatever its name is.
    pub identity: (u64, u64),
    /// Its length in bytes.
    pub size: u64,
    /// When it was changed, in the file system's own count.
    pub changed: (i64, i64),
}

/// A file system as far as storage needs one.
///
/// Names inside a data directory mean regular files and directories; anything else (a symbolic link,
/// a pipe, a device) is refused with [`io::ErrorKind::InvalidInput`], never followed or waited for.
pub trait Vfs: Debug + Send + Sync {
    /// Opens a regular file.
    ///
    /// # Errors
    /// `NotFound` where there is no such file, `AlreadyExists` where it must not exist,
    /// `PermissionDenied` where its owner forbids it, `InvalidInput` where the name is something
    /// else than a regular file.
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn VfsFile>>;

    /// Creates a directory that only its owner can enter, with those above it. One that exists is
    /// left as it is.
    ///
    /// # Errors
    /// `InvalidInput` where the name is something else, even a link to one; `PermissionDenied`
    /// where the one above it may not be written to, `StorageFull` where there is no room.
    fn create_directory(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory, sorted.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory, `NotADirectory` where it is a file,
    /// `PermissionDenied` where it may not be read.
    fn names(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory; else the disk's, and then no name that is new
    /// is known to be durable.
    fn sync_directory(&self, path: &Path) -> io::Result<()>;

    /// Renames a file, in the place of the one with the new name if there is one; or a directory.
    ///
    /// # Errors
    /// `NotFound` where there is no such file, `PermissionDenied` where the directory may not be
    /// written to.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound` where there is no such file, `PermissionDenied` where the directory may not be
    /// written to.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory that has nothing in it.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory, `DirectoryNotEmpty` where something is in it.
    fn remove_directory(&self, path: &Path) -> io::Result<()>;

    /// What can be told of the file with a name now; `None` where there is none, and on systems that do
    /// not number their files.
    ///
    /// # Errors
    /// `PermissionDenied` where its directory may not be entered, else the disk's.
    fn stamp(&self, path: &Path) -> io::Result<Option<FileStamp>>;

    /// The path by which the directory is known however it was written, for messages and names.
    ///
    /// # Errors
    /// `NotFound` where there is no such directory.
    fn canonical(&self, path: &Path) -> io::Result<std::path::PathBuf>;

    /// An empty file without a name, for what is gone when the process ends. It lies in the system's
    /// directory of temporary files, on whatever file system the database is.
    ///
    /// # Errors
    /// `NotFound` and `PermissionDenied` where there is no such directory, `StorageFull` where it has no
    /// room.
    fn temporary(&self) -> io::Result<Arc<dyn VfsFile>> {
        standard::temporary()
    }
}

/// An open file.
pub trait VfsFile: Debug + Send + Sync {
    /// Reads at most `buffer.len()` bytes from an offset; 0 only at the end of the file.
    ///
    /// # Errors
    /// The disk's: what was read before the bad place may be lost with it.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all bytes at an offset.
    ///
    /// # Errors
    /// `StorageFull` or `FileTooLarge` where there is no room, else the disk's; how much was
    /// written is unknown then.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// The length in bytes.
    ///
    /// # Errors
    /// The disk's, where what it keeps of the file cannot be read.
    fn size(&self) -> io::Result<u64>;

    /// Whether a path still means this file, and not another one or none.
    ///
    /// # Errors
    /// The disk's, where what it keeps of the path cannot be read. That there is nothing is no
    /// error.
    fn is_at(&self, path: &Path) -> io::Result<bool>;

    /// Cuts the file, or extends it with zeros.
    ///
    /// # Errors
    /// `StorageFull` or `FileTooLarge` where there is no room for zeros, else the disk's.
    fn truncate(&self, size: u64) -> io::Result<()>;

    /// Makes what was written durable, with the length.
    ///
    /// # Errors
    /// The disk's. What was not synced before may be lost then, and syncing again may say
    /// otherwise.
    fn sync(&self) -> io::Result<()>;

    /// Takes the file's exclusive lock, held until the file is dropped or its process ends. `false`
    /// where someone else has it.
    ///
    /// # Errors
    /// `Unsupported` where the file system knows no locks.
    fn try_lock(&self) -> io::Result<bool>;

    /// Whether somebody has the file's exclusive lock, this process included.
    ///
    /// # Errors
    /// `Unsupported` where the file system knows no locks.
    fn is_locked(&self) -> io::Result<bool>;
}

/// Makes sure that there is no directory with a name yet.
///
/// # Errors
/// `AlreadyExists` where there is one; those of [`Vfs::names`].
pub(crate) fn check_absent(vfs: &dyn Vfs, directory: &Path) -> io::Result<()> {
    match vfs.names(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// The directory that a path is in.
pub(crate) fn parent_of(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

/// Reads until the buffer is full or the file ends; gives how many bytes that were.
pub(crate) fn read_full(file: &dyn VfsFile, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(
            offset.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX)),
            &mut buffer[filled..],
        )? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}
