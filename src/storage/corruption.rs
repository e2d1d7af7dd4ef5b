//! A place of a log that is not what was written, as everybody who comes upon one names it.

use super::error::Error;
use super::log::LOG;
use super::log::text::{push_string, push_u64};
use crate::types::EventId;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};

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
    pub(crate) fn at(self, file: &Path, offset: u64, event: EventId, intact: String) -> Error {
        let Mismatch { expected, found } = self;
        let expected = match expected.is_empty() {
            true => format!("event {event} as it was written"),
            false => expected,
        };
        let file = file.to_path_buf();
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

/// A record as it is kept in a file.
#[derive(Deserialize)]
struct CorruptionFields {
    file: String,
    offset: u64,
    event: u64,
    expected: String,
    found: String,
    #[serde(default)]
    known: u64,
}

impl Corruption {
    /// Whether it is the log that is damaged.
    pub(crate) fn is_of_log(&self) -> bool {
        self.file.ends_with(LOG)
    }

    /// The record of it, a line of JSON, with the last event that the log was known to have; the file is
    /// named without its directory.
    pub(crate) fn encode(&self, known: EventId) -> Vec<u8> {
        let mut line = b"{\"file\":".to_vec();
        let name = self.file.file_name().map(|name| name.to_string_lossy().into_owned());
        push_string(&mut line, &name.unwrap_or_default());
        line.extend_from_slice(b",\"offset\":");
        push_u64(&mut line, self.offset);
        line.extend_from_slice(b",\"event\":");
        push_u64(&mut line, self.event.0);
        line.extend_from_slice(b",\"expected\":");
        push_string(&mut line, &self.expected);
        line.extend_from_slice(b",\"found\":");
        push_string(&mut line, &self.found);
        line.extend_from_slice(b",\"known\":");
        push_u64(&mut line, known.0);
        line.extend_from_slice(b"}\n");
        line
    }

    /// Reads a record of damage in a directory, and the last event that the log was known to have;
    /// `None` where it is none.
    pub(crate) fn decode(line: &[u8], directory: &Path) -> Option<(Corruption, EventId)> {
        let kept: CorruptionFields = serde_json::from_slice(line).ok()?;
        let CorruptionFields { file, offset, event, expected, found, known } = kept;
        let file = directory.join(Path::new(&file).file_name()?);
        let (event, intact) = (EventId(event), String::new());
        Some((Corruption { file, offset, event, expected, found, intact }, EventId(known)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_and_leads_out_of_no_directory() {
        let found = Corruption {
            file: "bank/events.log".into(),
            offset: 820,
            event: EventId(3),
            expected: "the checksum \"1f\"".into(),
            found: "another\n\u{1b}".into(),
            intact: "events 1 to 2 are intact".into(),
        };
        let line = found.encode(EventId(7));
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let read = Corruption::decode(&line, Path::new("copy")).expect("a record");
        let expected =
            Corruption { file: "copy/events.log".into(), intact: String::new(), ..found };
        assert_eq!(read, (expected, EventId(7)));
        let hostile = br#"{"file":"../../etc/x","offset":1,"event":1,"expected":"","found":""}"#;
        let read = Corruption::decode(hostile, Path::new("copy")).expect("a record");
        assert_eq!(read.0.file, Path::new("copy/x"));
        for none in [&b""[..], b"\0\0", b"{}", b"damaged", b"[1]"] {
            assert_eq!(Corruption::decode(none, Path::new("copy")), None);
        }
    }
}
