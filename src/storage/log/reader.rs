//! A file as lines, one buffer at a time.

use super::MAX_LINE_SIZE;
use crate::storage::vfs::VfsFile;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

/// How much is read at once.
const BUFFER_SIZE: usize = 256 << 10;

/// A file from an offset on, as a stream.
#[derive(Debug)]
struct FileStream {
    file: Arc<dyn VfsFile>,
    offset: u64,
    end: u64,
}

impl Read for FileStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let length = left.min(buffer.len());
        let read = self.file.read_at(self.offset, &mut buffer[..length])?;
        self.offset = self.offset.saturating_add(to_u64(read));
        Ok(read)
    }
}

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NextLine {
    /// A line; [`LineReader::line`] has it.
    Line,
    /// Bytes without the newline that ends a line.
    Unfinished,
    /// More bytes than a line has: the first of them, which [`LineReader::pass_over`] passes over with
    /// the rest.
    TooLong,
    /// Nothing more.
    End,
}

/// Reads lines of a file.
#[derive(Debug)]
pub(crate) struct LineReader {
    stream: BufReader<FileStream>,
    line: Vec<u8>,
    /// Where the line begins.
    offset: u64,
    /// Where the next line begins.
    next_offset: u64,
}

impl LineReader {
    /// The lines from `offset` to `end`, both ends of lines.
    pub(crate) fn new(file: Arc<dyn VfsFile>, offset: u64, end: u64) -> LineReader {
        // Where a line or two are read, no more memory than they have is made ready.
        let length = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let buffer = BUFFER_SIZE.min(length);
        let stream = BufReader::with_capacity(buffer, FileStream { file, offset, end });
        LineReader { stream, line: Vec::new(), offset, next_offset: offset }
    }

    /// Goes to the next line.
    pub(crate) fn advance(&mut self) -> io::Result<NextLine> {
        self.offset = self.next_offset;
        self.line.clear();
        let mut limited = (&mut self.stream).take(to_u64(MAX_LINE_SIZE));
        let length = to_u64(limited.read_until(b'\n', &mut self.line)?);
        let found = if self.line.pop_if(|byte| *byte == b'\n').is_some() {
            NextLine::Line
        } else if self.line.len() == MAX_LINE_SIZE {
            self.line.clear();
            NextLine::TooLong
        } else if length == 0 {
            NextLine::End
        } else {
            NextLine::Unfinished
        };
        self.next_offset = self.offset + length;
        Ok(found)
    }

    /// Goes on to where a line that is too long ends, or the file.
    pub(crate) fn pass_over(&mut self) -> io::Result<()> {
        self.next_offset += to_u64(self.stream.skip_until(b'\n')?);
        Ok(())
    }

    /// The line without its newline.
    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Where the line begins, in bytes.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the line after it begins.
    pub(crate) fn next_offset(&self) -> u64 {
        self.next_offset
    }
}

/// A size as an offset.
pub(crate) fn to_u64(size: usize) -> u64 {
    u64::try_from(size).unwrap_or(u64::MAX)
}
