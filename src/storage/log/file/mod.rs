//! A log kept in a file: a place in it is the byte where a line begins.

mod tail;

use super::access::{Log, LogLines};
use super::locator::Locator;
use super::reader::{LineReader, NextLine, to_u64};
use super::{LOG, log_path};
use crate::storage::error::{Error, FilePlace};
use crate::storage::vfs::{Access, FileStamp, Vfs, VfsFile, read_full};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How far a line is looked for whose beginning is known: farther than the longest header ends.
const SEARCHED: usize = 64 << 10;

/// The log of a directory, in the file `events.log`.
#[derive(Debug)]
pub(crate) struct FileLog {
    vfs: Arc<dyn Vfs>,
    path: Arc<Path>,
    file: Arc<dyn VfsFile>,
}

impl FileLog {
    /// Whether a directory with these names has a log.
    pub(crate) fn is_among(names: &[String]) -> bool {
        names.iter().any(|name| name == LOG)
    }

    /// Opens the log of a directory.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened so.
    pub(crate) fn open(
        vfs: &Arc<dyn Vfs>,
        directory: &Path,
        access: Access,
    ) -> Result<Arc<dyn Log>, Error> {
        let log = FileLog::open_at(vfs, log_path(directory), access, "open")?;
        Ok(Arc::new(log))
    }

    /// Opens the log of a directory, or an empty one where there is none.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened or created.
    pub(crate) fn create(vfs: &Arc<dyn Vfs>, directory: &Path) -> Result<FileLog, Error> {
        FileLog::open_at(vfs, log_path(directory), Access::Create, "create")
    }

    /// Creates an empty log under another name.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be created, or is there.
    pub(crate) fn create_as(vfs: &Arc<dyn Vfs>, path: &Path) -> Result<FileLog, Error> {
        FileLog::open_at(vfs, path.to_path_buf(), Access::CreateNew, "create")
    }

    fn open_at(
        vfs: &Arc<dyn Vfs>,
        path: PathBuf,
        access: Access,
        action: &'static str,
    ) -> Result<FileLog, Error> {
        let file = vfs.open(&path, access).map_err(Error::io(action, &*path))?;
        Ok(FileLog { vfs: Arc::clone(vfs), path: path.into(), file })
    }

    /// Takes back what came of [`FileLog::create`] in a directory, which had an empty log before or none.
    ///
    /// # Errors
    /// Those of [`Vfs::remove`] and [`VfsFile::truncate`]; that there is none is no error.
    pub(crate) fn undo(vfs: &dyn Vfs, directory: &Path, was_there: bool) -> io::Result<()> {
        let path = log_path(directory);
        if was_there {
            return vfs.open(&path, Access::Write)?.truncate(0);
        }
        match vfs.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// The error of something that the system refused.
    fn failed(&self, action: &'static str, error: io::Error) -> Error {
        Error::io(action, &*self.path)(error)
    }
}

/// The place of a byte of the file.
fn at_byte(offset: u64) -> Locator {
    Locator::of(offset)
}

/// The byte of the file that a place means.
fn byte(at: Locator) -> u64 {
    at.number()
}

impl Log for FileLog {
    fn start(&self) -> Locator {
        at_byte(0)
    }

    fn end(&self) -> Result<Locator, Error> {
        self.file.size().map(at_byte).map_err(|error| self.failed("read", error))
    }

    fn locate(&self, end: Locator, lines: &[u8]) -> Locator {
        at_byte(byte(end).saturating_add(to_u64(lines.len())))
    }

    fn append(&self, end: Locator, lines: &[u8]) -> Result<Locator, Error> {
        // Where the file ends is asked once for a batch, by who writes: each time would be a system call more.
        self.file.write_at(byte(end), lines).map_err(|error| self.failed("write", error))?;
        Ok(self.locate(end, lines))
    }

    fn sync(&self) -> Result<(), Error> {
        self.file.sync().map_err(|error| self.failed("sync", error))
    }

    fn read(&self, part: Range<Locator>) -> Box<dyn LogLines> {
        let (file, path) = (Arc::clone(&self.file), Arc::clone(&self.path));
        Box::new(FileLogLines {
            lines: LineReader::new(file, byte(part.start), byte(part.end)),
            path,
        })
    }

    fn find_first(&self, line_start: &[u8]) -> Option<Locator> {
        let mut bytes = vec![0; SEARCHED];
        let read = read_full(&*self.file, 0, &mut bytes).ok()?;
        let mut windows = bytes[..read].windows(line_start.len());
        windows.position(|window| window == line_start).map(|found| at_byte(to_u64(found)))
    }

    fn is_in_place(&self) -> Result<bool, Error> {
        self.file.is_at(&self.path).map_err(|error| self.failed("read", error))
    }

    fn stamp(&self) -> Option<FileStamp> {
        self.vfs.stamp(&self.path).ok()?
    }

    fn is_blank(&self, part: Range<Locator>) -> bool {
        tail::is_blank(&*self.file, byte(part.start)..byte(part.end))
    }

    fn keep(&self, tail: Range<Locator>) -> Result<PathBuf, Error> {
        self.keep_bytes(byte(tail.start)..byte(tail.end))
    }

    fn cut(&self, end: Locator) -> Result<(), Error> {
        self.file.truncate(byte(end)).map_err(|error| self.failed("truncate", error))?;
        self.sync()
    }

    fn size_of(&self, part: Range<Locator>) -> u64 {
        byte(part.end).saturating_sub(byte(part.start))
    }

    fn place(&self, at: Locator) -> FilePlace {
        FilePlace { file: self.path.to_path_buf(), offset: byte(at) }
    }
}

/// Lines of the file.
#[derive(Debug)]
struct FileLogLines {
    lines: LineReader,
    path: Arc<Path>,
}

impl LogLines for FileLogLines {
    fn advance(&mut self) -> Result<NextLine, Error> {
        self.lines.advance().map_err(|error| Error::io("read", &*self.path)(error))
    }

    fn pass_over(&mut self) -> Result<(), Error> {
        self.lines.pass_over().map_err(|error| Error::io("read", &*self.path)(error))
    }

    fn line(&self) -> &[u8] {
        self.lines.line()
    }

    fn begin(&self) -> Locator {
        at_byte(self.lines.offset())
    }

    fn end(&self) -> Locator {
        at_byte(self.lines.next_offset())
    }

    fn place(&self) -> FilePlace {
        FilePlace { file: self.path.to_path_buf(), offset: self.lines.offset() }
    }
}
