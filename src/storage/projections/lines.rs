//! JSON files of many lines: read one line at a time, checked as a whole at the end.
//!
//! The last line ends as every line of the log does, `,"crc":"1f2e3d4c"}` and the newline; the
//! checksum is over all bytes of the file before it.

use super::damaged;
use crate::storage::error::Error;
use crate::storage::log::reader::{LineReader, NextLine};
use crate::storage::log::text::push_hex;
use crate::storage::log::{CRC_SIZE, MAX_LINE_SIZE};
use crate::storage::vfs::{Access, Vfs};
use std::path::{Path, PathBuf};

use super::output_file::OutputFile;

/// A file, read line by line.
#[derive(Debug)]
pub(crate) struct ProjectionLines {
    reader: LineReader,
    path: PathBuf,
    /// The CRC32C of everything before the current line.
    crc: u32,
}

impl ProjectionLines {
    /// The file from its beginning; it stands before the first line.
    pub(crate) fn open(vfs: &dyn Vfs, path: &Path) -> Result<ProjectionLines, Error> {
        let file = vfs.open(path, Access::Read).map_err(Error::io("open", path))?;
        let size = file.size().map_err(Error::io("read", path))?;
        Ok(ProjectionLines {
            reader: LineReader::new(file, 0, size),
            path: path.to_path_buf(),
            crc: 0,
        })
    }

    /// Goes to the next line, which there has to be.
    pub(crate) fn advance(&mut self) -> Result<(), Error> {
        if self.reader.next_offset() > 0 {
            self.crc = crc32c::crc32c_append(self.crc, self.reader.line());
            self.crc = crc32c::crc32c_append(self.crc, b"\n");
        }
        match self.reader.advance().map_err(Error::io("read", &self.path))? {
            NextLine::Line => Ok(()),
            NextLine::Unfinished | NextLine::End => Err(self.damaged("the file ends too early")),
            NextLine::TooLong => Err(self.damaged("a line is longer than it can be")),
        }
    }

    /// Goes to the next line, which has to be this one.
    pub(crate) fn expect(&mut self, line: &[u8]) -> Result<(), Error> {
        self.advance()?;
        self.check(self.line() == line)
    }

    /// Refuses the current line if it is not what it should be.
    pub(crate) fn check(&self, is_sound: bool) -> Result<(), Error> {
        if is_sound {
            Ok(())
        } else {
            Err(self.damaged("there is another line than there should be"))
        }
    }

    /// The current line without its newline.
    pub(crate) fn line(&self) -> &[u8] {
        self.reader.line()
    }

    /// The current line without the comma behind it, if there is one.
    pub(crate) fn item(&self) -> &[u8] {
        let line = self.line();
        line.strip_suffix(b",").unwrap_or(line)
    }

    /// An error about the current line.
    pub(crate) fn damaged(&self, reason: impl AsRef<str>) -> Error {
        let offset = self.reader.offset();
        damaged(&self.path, format!("at byte {offset} {}", reason.as_ref()))
    }

    /// Refuses the file if the current line is not its last, `start` and the checksum.
    pub(crate) fn finish(&mut self, start: &[u8]) -> Result<(), Error> {
        self.check(self.line().starts_with(start) && self.line().len() == start.len() + CRC_SIZE)?;
        let mut expected = Vec::with_capacity(CRC_SIZE);
        push_seal(&mut expected, "crc", crc32c::crc32c_append(self.crc, start));
        if self.line()[start.len()..] != expected {
            return Err(self.damaged("the checksum is wrong"));
        }
        match self.reader.advance().map_err(Error::io("read", &self.path))? {
            NextLine::End => Ok(()),
            NextLine::Line | NextLine::Unfinished | NextLine::TooLong => {
                Err(self.damaged("there is more than there should be"))
            }
        }
    }
}

/// Appends what ends an object: its checksum.
pub(crate) fn push_seal(out: &mut Vec<u8>, field: &str, crc: u32) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b"\":\"");
    push_hex(out, &crc.to_be_bytes());
    out.extend_from_slice(b"\"}");
}

/// Ends a file: what closes it, and its checksum.
pub(crate) fn push_end(output: &mut OutputFile<'_>, start: &[u8]) {
    output.bytes.extend_from_slice(start);
    let crc = output.crc();
    push_seal(&mut output.bytes, "crc", crc);
    output.bytes.push(b'\n');
}

/// Refuses a line that could not be read again. It stands in `bytes` from `start` on.
pub(crate) fn check_length(bytes: &[u8], start: usize, what: &'static str) -> Result<(), Error> {
    // With a comma and the newline.
    let size = bytes.len() - start + 2;
    match size <= MAX_LINE_SIZE {
        true => Ok(()),
        false => Err(Error::Limit { what, size, limit: MAX_LINE_SIZE }),
    }
}
