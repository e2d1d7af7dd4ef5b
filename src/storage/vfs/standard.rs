//! The real file system.

use super::{Access, FileStamp, Vfs, VfsFile};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The real file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct StdVfs;

/// An open file of the real file system.
#[derive(Debug)]
struct StdFile(File);

fn not_regular(path: &Path) -> io::Error {
    let message = format!("{} is no regular file", path.display());
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Whether two looks at a name saw the same file: none was put in its place in between.
#[cfg(unix)]
fn is_same(a: &fs::Metadata, b: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
fn is_same(_: &fs::Metadata, _: &fs::Metadata) -> bool {
    true
}

/// What tells a file, and whether it changed; nothing does where it has no number.
#[cfg(unix)]
fn stamp_of(metadata: &fs::Metadata) -> Option<FileStamp> {
    use std::os::unix::fs::MetadataExt;
    Some(FileStamp {
        identity: (metadata.dev(), metadata.ino()),
        size: metadata.len(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}

#[cfg(not(unix))]
fn stamp_of(_: &fs::Metadata) -> Option<FileStamp> {
    None
}

/// Whether there is nothing of that name.
fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Gives a new file or directory to its owner alone. The mode at creation is subject to the umask,
/// which may take away too much, so it is set again.
#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// Opens an existing regular file: looked at before, so that opening never hangs on a pipe, and
/// after, so that no link slips in between.
fn open_existing(path: &Path, write: bool) -> io::Result<File> {
    let before = fs::symlink_metadata(path)?;
    if !before.is_file() {
        return Err(not_regular(path));
    }
    let file = OpenOptions::new().read(true).write(write).open(path)?;
    let after = file.metadata()?;
    if after.is_file() && is_same(&before, &after) { Ok(file) } else { Err(not_regular(path)) }
}

fn create_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    // `create_new` follows no link: the system promises it.
    let file = options.open(path)?;
    restrict(path, 0o600)?;
    Ok(file)
}

/// Creates a directory and those above it, which may be reached through links.
fn create_directories(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        create_directories(parent)?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    match builder.create(path) {
        // Someone else was faster.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        created => created.and_then(|()| restrict(path, 0o700)),
    }
}

/// A file without a name, or that goes with its last handle where a system has no such files.
pub(super) fn temporary() -> io::Result<Arc<dyn VfsFile>> {
    Ok(Arc::new(StdFile(tempfile::tempfile()?)))
}

impl Vfs for StdVfs {
    fn open(&self, path: &Path, access: Access) -> io::Result<Arc<dyn VfsFile>> {
        let file = match access {
            Access::Read => open_existing(path, false)?,
            Access::Write => open_existing(path, true)?,
            Access::CreateNew => create_new(path)?,
            Access::Create => match create_new(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    open_existing(path, true)?
                }
                created => created?,
            },
        };
        Ok(Arc::new(StdFile(file)))
    }

    fn create_directory(&self, path: &Path) -> io::Result<()> {
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} is no directory", path.display()),
            )),
            Err(_) => create_directories(path),
        }
    }

    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(directory)?;
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<String>>>()?;
        names.sort();
        Ok(names)
    }

    fn sync_directory(&self, path: &Path) -> io::Result<()> {
        if cfg!(windows) {
            // There a directory cannot be opened as a file, and its entries need no sync.
            return Ok(());
        }
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path)
    }

    fn stamp(&self, path: &Path) -> io::Result<Option<FileStamp>> {
        match fs::symlink_metadata(path) {
            Ok(there) => Ok(stamp_of(&there)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        fs::canonicalize(path)
    }
}

impl VfsFile for StdFile {
    #[cfg(unix)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        use std::os::unix::fs::FileExt;
        loop {
            match self.0.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }

    #[cfg(windows)]
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        use std::os::windows::fs::FileExt;
        self.0.seek_read(buffer, offset)
    }

    #[cfg(unix)]
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        use std::os::unix::fs::FileExt;
        self.0.write_all_at(bytes, offset)
    }

    #[cfg(windows)]
    fn write_at(&self, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        use std::os::windows::fs::FileExt;
        while !bytes.is_empty() {
            let written = self.0.seek_write(bytes, offset)?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[written..];
            offset += written as u64;
        }
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        match fs::symlink_metadata(path) {
            Ok(there) => Ok(is_same(&there, &self.0.metadata()?)),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.0.set_len(size)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn try_lock(&self) -> io::Result<bool> {
        match self.0.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn is_locked(&self) -> io::Result<bool> {
        match self.0.try_lock_shared() {
            Ok(()) => self.0.unlock().map(|()| false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn files_and_directories_belong_to_their_owner_alone() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let directory = root.path().join("a/b");
        StdVfs.create_directory(&directory)?;
        StdVfs.open(&directory.join("f"), Access::Create)?.write_at(0, b"x")?;
        let mode = |path: &Path| Ok::<u32, io::Error>(fs::metadata(path)?.permissions().mode());
        assert_eq!(mode(&directory)? & 0o777, 0o700);
        assert_eq!(mode(&directory.join("f"))? & 0o777, 0o600);
        assert_eq!(StdVfs.names(&directory)?, ["f"]);
        Ok(())
    }

    #[test]
    fn a_file_knows_whether_its_name_still_means_it() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let (path, other) = (root.path().join("a"), root.path().join("b"));
        let file = StdVfs.open(&path, Access::Create)?;
        assert!(file.is_at(&path)?);
        assert!(!file.is_at(&other)? && !file.is_at(&path.join("inside"))?);
        fs::rename(&path, &other)?;
        assert!(!file.is_at(&path)? && file.is_at(&other)?);
        fs::write(&path, "")?;
        assert!(!file.is_at(&path)?);
        symlink(&other, root.path().join("link"))?;
        assert!(!file.is_at(&root.path().join("link"))?);
        Ok(())
    }

    #[test]
    fn only_regular_files_are_opened() -> io::Result<()> {
        let root = tempfile::tempdir()?;
        let (target, link) = (root.path().join("target"), root.path().join("link"));
        fs::write(&target, "x")?;
        symlink(&target, &link)?;
        symlink(root.path().join("nowhere"), root.path().join("dangling"))?;
        let pipe = root.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status()?.success();
        assert!(made);
        for name in ["link", "dangling", "pipe"] {
            for access in [Access::Read, Access::Write, Access::Create] {
                let error = StdVfs.open(&root.path().join(name), access).expect_err(name);
                assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{name}");
            }
        }
        assert!(StdVfs.open(root.path(), Access::Read).is_err());
        symlink(root.path(), root.path().join("elsewhere"))?;
        assert!(StdVfs.create_directory(&root.path().join("elsewhere")).is_err());
        assert!(StdVfs.create_directory(&root.path().join("elsewhere/inside")).is_ok());
        Ok(())
    }
}
