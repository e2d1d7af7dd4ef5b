//! A place of a log that is not what was written, as everybody who comes upon one names it.

use super::Error;
use crate::storage::file_names::LOG;
use crate::types::EventId;
use std::fmt;
use std::path::PathBuf;

/// A place where something else stands than what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    /// The file.
    pub file: PathBuf,
    /// Where in it the damage begins, in bytes.
    pub offset: u64,
    /// The event that stands there, or should.
    pub event: EventId,
    /// What belongs there.
    pub expected: String,
    /// What is there, or what is wrong with it.
    pub found: String,
    /// What is good all the same: `events 1 to 42 are intact`.
    pub intact: String,
}

/// A place in a file, as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePlace {
    /// The file.
    pub file: PathBuf,
    /// Where in it, in bytes.
    pub offset: u64,
}

impl FilePlace {
    /// Where a file begins.
    pub(crate) fn start_of(file: impl Into<PathBuf>) -> FilePlace {
        FilePlace { file: file.into(), offset: 0 }
    }
}

/// What a line is and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// What belongs there; empty where nothing is known but that something else was written.
    pub expected: String,
    /// What is wrong with what is there.
    pub found: String,
}

impl Mismatch {
    /// What belongs there, and what is there instead.
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Mismatch {
        Mismatch { expected: expected.into(), found: found.into() }
    }

    /// The damage that it is, where the event belongs.
    pub(crate) fn at(self, place: FilePlace, event: EventId, intact: String) -> Error {
        let (Mismatch { expected, found }, FilePlace { file, offset }) = (self, place);
        let expected = match expected.is_empty() {
            true => format!("event {event} as it was written"),
            false => expected,
        };
        Error::Corrupt(Box::new(Corruption { file, offset, event, expected, found, intact }))
    }
}

impl From<String> for Mismatch {
    fn from(found: String) -> Mismatch {
        Mismatch { expected: String::new(), found }
    }
}

impl From<&str> for Mismatch {
    fn from(found: &str) -> Mismatch {
        Mismatch::from(found.to_owned())
    }
}

/// `bank/events.log is damaged at byte 820, event 3: the checksum is wrong; events 1 to 2 are intact`.
impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Corruption { file, offset, event, found, intact, .. } = self;
        write!(f, "{} is damaged at byte {offset}, event {event}: {found}", file.display())?;
        if intact.is_empty() { Ok(()) } else { write!(f, "; {intact}") }
    }
}

impl Corruption {
    /// Whether it is the log that is damaged.
    pub(crate) fn is_of_log(&self) -> bool {
        self.file.ends_with(LOG)
    }
}
