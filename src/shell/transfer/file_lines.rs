//! The lines of a file, with their numbers and places.

use std::io::{self, BufRead, BufReader, Read};

/// No line is longer, in bytes.
pub(super) const MAX_LINE: usize = 64 << 20;

/// How much is read at once.
const BUFFER: usize = 256 << 10;

/// How it is told that a line is no text.
pub(super) const INVALID: &str = "invalid UTF-8 at byte";

/// Stands before the text of some files, and is no part of it.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A file, line by line.
pub(super) struct FileLines {
    input: BufReader<Box<dyn Read>>,
    bytes: Vec<u8>,
    /// How many of the bytes are no part of the line's ending, and where they begin.
    content: std::ops::Range<usize>,
    /// The number of the line, from 1.
    line: u64,
    /// Where it begins, and where the next one does.
    start: u64,
    next: u64,
}

impl FileLines {
    /// The lines of an input.
    pub(super) fn new(input: Box<dyn Read>) -> FileLines {
        let input = BufReader::with_capacity(BUFFER, input);
        FileLines { input, bytes: Vec::new(), content: 0..0, line: 0, start: 0, next: 0 }
    }

    /// Goes to the next line, if there is one.
    pub(super) fn advance(&mut self) -> io::Result<bool> {
        let read = self.read(MAX_LINE)?;
        if self.bytes.len() == MAX_LINE && self.ending().is_empty() {
            let line = self.line;
            return Err(io::Error::other(format!("line {line} is longer than 64 MiB")));
        }
        Ok(read)
    }

    /// Goes to the next part of a line that may be of any length.
    pub(super) fn advance_part(&mut self) -> io::Result<bool> {
        self.read(BUFFER)
    }

    /// Reads at most so many bytes of a line.
    fn read(&mut self, most: usize) -> io::Result<bool> {
        let begins = self.next == 0 || self.bytes.ends_with(b"\n");
        self.bytes.clear();
        let limit = u64::try_from(most).unwrap_or(u64::MAX);
        let read = (&mut self.input).take(limit).read_until(b'\n', &mut self.bytes)?;
        let begin = if self.next == 0 && self.bytes.starts_with(BOM) { BOM.len() } else { 0 };
        let ending = match self.bytes.as_slice() {
            [.., b'\r', b'\n'] => 2,
            [.., b'\n'] => 1,
            _ => 0,
        };
        self.content = begin..self.bytes.len() - ending;
        self.line += u64::from(begins && read > 0);
        self.start = self.next;
        self.next += u64::try_from(read).unwrap_or(u64::MAX);
        Ok(read > 0)
    }

    /// The number of the line.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> u64 {
        self.next
    }

    /// Where a byte of [`FileLines::bytes`] stands in the file.
    pub(super) fn offset_of(&self, at: usize) -> u64 {
        let before = u64::try_from(self.content.start + at).unwrap_or(u64::MAX);
        self.start.saturating_add(before)
    }

    /// The line without its ending.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.content.clone()]
    }

    /// The same as text; says what is wrong with it where it is none.
    pub(super) fn text(&self) -> Result<&str, String> {
        std::str::from_utf8(self.bytes())
            .map_err(|error| format!("{INVALID} {}", self.offset_of(error.valid_up_to())))
    }

    /// What ends the line: nothing at the end of a file without a last newline.
    pub(super) fn ending(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.content.end..]).unwrap_or_default()
    }
}
