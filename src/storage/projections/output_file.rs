//! Writing files: much at once, and in the place of another one only when whole.

use super::file_name::TEMPORARY;
use crate::storage::error::Error;
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::{Access, Vfs, VfsFile};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How many bytes gather before they are handed to the file.
pub(crate) const FLUSH_SIZE: usize = 1 << 20;

/// Takes the bytes of a file that belong at an offset.
pub(crate) type ByteSink<'a> = dyn FnMut(u64, &[u8]) -> Result<(), Error> + 'a;

/// A file that is made from its beginning to its end.
pub(crate) struct OutputFile<'a> {
    sink: &'a mut ByteSink<'a>,
    /// What was not handed on yet; to be appended to.
    pub bytes: Vec<u8>,
    written: u64,
    crc: u32,
}

impl<'a> OutputFile<'a> {
    /// A file whose bytes go to `sink`, in order.
    pub(crate) fn new(sink: &'a mut ByteSink<'a>) -> OutputFile<'a> {
        OutputFile { sink, bytes: Vec::new(), written: 0, crc: 0 }
    }

    /// Writes what has gathered if that is enough for one write.
    pub(crate) fn flush_if_full(&mut self) -> Result<(), Error> {
        if self.bytes.len() < FLUSH_SIZE { Ok(()) } else { self.flush() }
    }

    /// Hands on all that has gathered.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        (self.sink)(self.written, &self.bytes)?;
        self.crc = crc32c::crc32c_append(self.crc, &self.bytes);
        self.written += to_u64(self.bytes.len());
        self.bytes.clear();
        Ok(())
    }

    /// The CRC32C of everything so far.
    pub(crate) fn crc(&self) -> u32 {
        crc32c::crc32c_append(self.crc, &self.bytes)
    }

    /// How many bytes there are so far.
    pub(crate) fn length(&self) -> u64 {
        self.written + to_u64(self.bytes.len())
    }
}

/// Removes what a crash left under a temporary name. A directory of that name, or a link, is not ours.
pub(crate) fn remove_leftover(vfs: &dyn Vfs, path: PathBuf) -> Result<(), Error> {
    match vfs.open(&path, Access::Read) {
        Ok(_) => vfs.remove(&path).map_err(Error::io("remove", path)),
        Err(_) => Ok(()),
    }
}

/// Writes a file under a temporary name, and gives it its own, in the place of the one that has it,
/// when it is whole and durable. Where that fails the old one stays as it is.
pub(crate) fn replace<T>(
    vfs: &dyn Vfs,
    directory: &Path,
    name: &str,
    write: impl FnOnce(&mut OutputFile<'_>) -> Result<T, Error>,
) -> Result<(Arc<dyn VfsFile>, T), Error> {
    let (path, temporary) = (directory.join(name), directory.join(format!("{name}{TEMPORARY}")));
    let file = vfs.open(&temporary, Access::Create).map_err(Error::io("create", &temporary))?;
    let mut append =
        |offset, bytes: &[u8]| file.write_at(offset, bytes).map_err(Error::io("write", &temporary));
    let mut output = OutputFile::new(&mut append);
    // What a crash left under the temporary name is of no use.
    let emptied = file.truncate(0).map_err(Error::io("write", &temporary));
    let written = emptied.and_then(|()| write(&mut output)).and_then(|result| {
        output.flush()?;
        file.sync().map_err(Error::io("sync", &temporary))?;
        vfs.rename(&temporary, &path).map_err(Error::io("rename", &temporary))?;
        Ok(result)
    });
    match written {
        Ok(result) => {
            vfs.sync_directory(directory).map_err(Error::io("sync", directory))?;
            Ok((file, result))
        }
        Err(error) => {
            // The disk may be full; if this fails too, the next opening removes it.
            drop(vfs.remove(&temporary));
            Err(error)
        }
    }
}
