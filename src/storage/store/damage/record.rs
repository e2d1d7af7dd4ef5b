//! The record that whoever finds damage leaves in the directory: a line of JSON.

use crate::storage::error::Corruption;
use crate::storage::log::text::{push_string, push_u64};
use crate::types::EventId;
use serde::Deserialize;
use std::path::Path;

/// What an earlier finding has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DamageRecord {
    /// What was found.
    pub corruption: Corruption,
    /// The last event that the log was known to have: what is missing up to it is no torn tail.
    pub known: EventId,
}

/// A record as it is kept in the file.
#[derive(Deserialize)]
struct DamageFields {
    file: String,
    offset: u64,
    event: u64,
    expected: String,
    found: String,
    #[serde(default)]
    known: u64,
}

impl DamageRecord {
    /// The record as a line; the file is named without its directory.
    pub(super) fn encode(&self) -> Vec<u8> {
        let DamageRecord { corruption, known } = self;
        let mut line = b"{\"file\":".to_vec();
        let name = corruption.file.file_name().map(|name| name.to_string_lossy().into_owned());
        push_string(&mut line, &name.unwrap_or_default());
        line.extend_from_slice(b",\"offset\":");
        push_u64(&mut line, corruption.offset);
        line.extend_from_slice(b",\"event\":");
        push_u64(&mut line, corruption.event.0);
        line.extend_from_slice(b",\"expected\":");
        push_string(&mut line, &corruption.expected);
        line.extend_from_slice(b",\"found\":");
        push_string(&mut line, &corruption.found);
        line.extend_from_slice(b",\"known\":");
        push_u64(&mut line, known.0);
        line.extend_from_slice(b"}\n");
        line
    }

    /// Reads the record of damage in a directory; `None` where the line is none.
    pub(super) fn decode(line: &[u8], directory: &Path) -> Option<DamageRecord> {
        let kept: DamageFields = serde_json::from_slice(line).ok()?;
        let DamageFields { file, offset, event, expected, found, known } = kept;
        let file = directory.join(Path::new(&file).file_name()?);
        let (event, intact) = (EventId(event), String::new());
        let corruption = Corruption { file, offset, event, expected, found, intact };
        Some(DamageRecord { corruption, known: EventId(known) })
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
        let record = DamageRecord { corruption: found.clone(), known: EventId(7) };
        let line = record.encode();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        let read = DamageRecord::decode(&line, Path::new("copy")).expect("a record");
        let corruption =
            Corruption { file: "copy/events.log".into(), intact: String::new(), ..found };
        assert_eq!(read, DamageRecord { corruption, known: EventId(7) });
        let hostile = br#"{"file":"../../etc/x","offset":1,"event":1,"expected":"","found":""}"#;
        let read = DamageRecord::decode(hostile, Path::new("copy")).expect("a record");
        assert_eq!(read.corruption.file, Path::new("copy/x"));
        for none in [&b""[..], b"\0\0", b"{}", b"damaged", b"[1]"] {
            assert_eq!(DamageRecord::decode(none, Path::new("copy")), None);
        }
    }
}
