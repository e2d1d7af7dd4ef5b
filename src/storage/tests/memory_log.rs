//! A log that is no file: a list of lines, whose places are numbers that nobody can calculate with.

use super::directory;
use crate::storage::Error;
use crate::storage::error::FilePlace;
use crate::storage::log::reader::NextLine;
use crate::storage::log::{Locator, Log, LogLines};
use crate::storage::vfs::FileStamp;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard};

/// The place of the first line, and how far from one to the next.
const FIRST: u64 = 1_000_003;
const STRIDE: u64 = 7_919;

/// The place of a line by its number, counted from 0.
fn locator(number: usize) -> Locator {
    Locator::from_bytes((FIRST + STRIDE * number as u64).to_le_bytes())
}

/// The number of the line that has this place, which only this log can have given.
fn number(at: Locator) -> usize {
    let ahead = u64::from_le_bytes(at.to_bytes()).checked_sub(FIRST).expect("a place of this log");
    assert_eq!(ahead % STRIDE, 0, "{at:?} is no place of this log");
    usize::try_from(ahead / STRIDE).expect("few lines")
}

/// A log in memory.
#[derive(Debug, Default)]
pub(super) struct MemoryLog {
    lines: Mutex<Vec<Vec<u8>>>,
    /// How many of the lines are durable.
    synced: Mutex<usize>,
    /// What was kept before it was cut.
    pub kept: Mutex<Vec<Vec<u8>>>,
}

impl MemoryLog {
    /// A log of these lines.
    pub fn of(bytes: &[u8]) -> MemoryLog {
        let log = MemoryLog::default();
        log.push(bytes);
        log
    }

    /// Adds what these bytes are, the last of which may be no whole line.
    pub fn push(&self, bytes: &[u8]) {
        self.lines().extend(bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec));
    }

    /// Its bytes, one line behind the other.
    pub fn bytes(&self) -> Vec<u8> {
        self.lines().concat()
    }

    /// Changes a line.
    pub fn change(&self, number: usize, change: impl FnOnce(&mut Vec<u8>)) {
        change(&mut self.lines()[number]);
    }

    /// Loses all that was not synced.
    pub fn crash(&self) {
        let synced = *self.synced.lock().expect("nobody panicked");
        self.lines().truncate(synced);
    }

    fn lines(&self) -> MutexGuard<'_, Vec<Vec<u8>>> {
        self.lines.lock().expect("nobody panicked")
    }

    /// The lines of a part, as far as they are there.
    fn part(&self, part: Range<Locator>) -> Vec<Vec<u8>> {
        let lines = self.lines();
        let end = number(part.end).min(lines.len());
        lines[number(part.start).min(end)..end].to_vec()
    }
}

/// A place as people are told of it: the number of the line.
fn place(at: Locator) -> FilePlace {
    let offset = u64::try_from(number(at)).expect("few lines");
    FilePlace { file: directory().join("events.log"), offset }
}

impl Log for MemoryLog {
    fn start(&self) -> Locator {
        locator(0)
    }

    fn end(&self) -> Result<Locator, Error> {
        Ok(locator(self.lines().len()))
    }

    fn locate(&self, end: Locator, lines: &[u8]) -> Locator {
        locator(number(end) + lines.iter().filter(|byte| **byte == b'\n').count())
    }

    fn append(&self, end: Locator, lines: &[u8]) -> Result<Locator, Error> {
        if end != self.end()? {
            let path = directory().join("events.log");
            return Err(Error::Replaced { path, reason: "ends elsewhere" });
        }
        self.push(lines);
        self.end()
    }

    fn sync(&self) -> Result<(), Error> {
        *self.synced.lock().expect("nobody panicked") = self.lines().len();
        Ok(())
    }

    fn read(&self, part: Range<Locator>) -> Box<dyn LogLines> {
        let next = number(part.start);
        let lines = self.part(part).into_iter();
        Box::new(MemoryLines { lines, current: Vec::new(), number: next, next })
    }

    fn find_first(&self, line_start: &[u8]) -> Option<Locator> {
        self.lines().iter().position(|line| line.starts_with(line_start)).map(locator)
    }

    fn is_in_place(&self) -> Result<bool, Error> {
        Ok(true)
    }

    fn stamp(&self) -> Option<FileStamp> {
        None
    }

    fn is_blank(&self, part: Range<Locator>) -> bool {
        self.part(part).iter().flatten().all(|byte| *byte == 0)
    }

    fn keep(&self, tail: Range<Locator>) -> Result<PathBuf, Error> {
        self.kept.lock().expect("nobody panicked").push(self.part(tail).concat());
        Ok("memory".into())
    }

    fn cut(&self, end: Locator) -> Result<(), Error> {
        self.lines().truncate(number(end));
        self.sync()
    }

    fn size_of(&self, part: Range<Locator>) -> u64 {
        self.part(part).iter().map(|line| line.len() as u64).sum()
    }

    fn place(&self, at: Locator) -> FilePlace {
        place(at)
    }
}

/// Lines of it, one after another.
#[derive(Debug)]
struct MemoryLines {
    lines: std::vec::IntoIter<Vec<u8>>,
    current: Vec<u8>,
    /// The number of the current line, and of the next.
    number: usize,
    next: usize,
}

impl LogLines for MemoryLines {
    fn advance(&mut self) -> Result<NextLine, Error> {
        self.number = self.next;
        self.current = self.lines.next().unwrap_or_default();
        self.next += usize::from(!self.current.is_empty());
        Ok(match self.current.pop_if(|byte| *byte == b'\n') {
            Some(_) => NextLine::Line,
            None if self.current.is_empty() => NextLine::End,
            None => NextLine::Unfinished,
        })
    }

    fn pass_over(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn line(&self) -> &[u8] {
        &self.current
    }

    fn begin(&self) -> Locator {
        locator(self.number)
    }

    fn end(&self) -> Locator {
        locator(self.next)
    }

    fn place(&self) -> FilePlace {
        place(self.begin())
    }
}
