//! The first line of the log.

use super::chain::Hash;
use super::text::{parse_hex, push_hex, push_u64};
use super::{has_valid_crc, push_crc};
use crate::types::EventId;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The only version that is read. The first had no room for rows that come back, for what a transaction
/// takes back, and for what is to come.
const VERSION: u64 = 2;

/// How every header begins.
const START: &[u8] = b"{\"format\":\"asof\",";

/// A database's identity. Copies have the same.
pub(crate) type Uuid = [u8; 16];

/// What the first line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Whose log this is.
    pub uuid: Uuid,
    /// How often a part of the log was rewritten or sealed, so that a new file took its place: whoever
    /// follows the log and finds another generation opens it again.
    pub generation: u64,
    /// The number of the first event.
    pub first_event: EventId,
    /// The chain's hash before it.
    pub previous_hash: Hash,
}

/// What must be known before the rest can be.
#[derive(Deserialize)]
struct HeaderVersion {
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderFields<'a> {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "version")]
    _version: IgnoredAny,
    features: Vec<String>,
    uuid: &'a str,
    generation: u64,
    first_event: u64,
    previous_hash: &'a str,
    #[serde(rename = "crc")]
    _crc: IgnoredAny,
}

impl Header {
    /// The header of a new database.
    pub(crate) fn new(uuid: Uuid) -> Header {
        Header { uuid, generation: 0, first_event: EventId(1), previous_hash: [0; 32] }
    }

    /// The line, newline and all.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = START.to_vec();
        out.extend_from_slice(b"\"version\":");
        push_u64(&mut out, VERSION);
        out.extend_from_slice(b",\"features\":[],\"uuid\":\"");
        push_hex(&mut out, &self.uuid);
        out.extend_from_slice(b"\",\"generation\":");
        push_u64(&mut out, self.generation);
        out.extend_from_slice(b",\"first_event\":");
        push_u64(&mut out, self.first_event.0);
        out.extend_from_slice(b",\"previous_hash\":\"");
        push_hex(&mut out, &self.previous_hash);
        out.push(b'"');
        push_crc(&mut out, 0);
        out
    }

    /// Reads the line without its newline; the error says what is wrong with it.
    pub(crate) fn decode(line: &[u8]) -> Result<Header, String> {
        if !line.starts_with(START) {
            return Err("this is not the header of an asof log".into());
        }
        if !has_valid_crc(line) {
            return Err("the header's checksum is wrong".into());
        }
        let HeaderVersion { version } =
            serde_json::from_slice(line).map_err(|error| format!("bad header: {error}"))?;
        if version != VERSION {
            return Err(other_version(version));
        }
        let fields: HeaderFields<'_> =
            serde_json::from_slice(line).map_err(|error| format!("bad header: {error}"))?;
        if let Some(feature) = fields.features.first() {
            return Err(format!("the log needs the feature `{feature}`, which is not known"));
        }
        let uuid = parse_hex(fields.uuid).ok_or("bad uuid")?;
        let previous_hash = parse_hex(fields.previous_hash).ok_or("bad previous hash")?;
        if fields.first_event == 0 {
            return Err("bad first event".into());
        }
        let (generation, first_event) = (fields.generation, EventId(fields.first_event));
        Ok(Header { uuid, generation, first_event, previous_hash })
    }

    /// Whether these bytes can be all that a crash left of a new header: the beginning of one, or
    /// zeros, and no more than one is long.
    pub(crate) fn is_torn(bytes: &[u8]) -> bool {
        let header = Header::new([0; 16]).encode();
        let length = bytes.len().min(START.len());
        bytes.len() <= header.len()
            && (bytes.iter().all(|byte| *byte == 0)
                || (bytes[..length] == START[..length] && !bytes.contains(&b'\n')))
    }
}

/// Why a log of another version is not read, and what to do.
fn other_version(version: u64) -> String {
    let read = format!("format version {version} is not read, only version {VERSION}");
    if version < VERSION {
        format!("{read}: the asof that wrote it can .dump it, and this one runs the dump")
    } else {
        format!("{read}: a newer asof wrote it, and reads it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_read_back_and_everything_else_is_refused() {
        let header = Header::new([7; 16]);
        let line = header.encode();
        let line = &line[..line.len() - 1];
        assert_eq!(Header::decode(line), Ok(header));
        let resealed = |from: &str, to: &str| {
            let text =
                String::from_utf8(line.to_vec()).expect("headers are text").replace(from, to);
            let mut bytes = text.into_bytes();
            bytes.truncate(bytes.len() - super::super::CRC_SIZE);
            push_crc(&mut bytes, 0);
            bytes.pop();
            Header::decode(&bytes).expect_err(to)
        };
        let older = resealed("\"version\":2", "\"version\":1");
        assert!(older.contains("version 1 is not read") && older.contains(".dump"), "{older}");
        let newer = resealed("\"version\":2", "\"version\":3");
        assert!(newer.contains("a newer asof wrote it"), "{newer}");
        assert!(resealed("\"generation\":0,", "").contains("generation"));
        assert!(resealed("[]", "[\"zstd\"]").contains("`zstd`"));
        assert!(resealed("[]", "[],\"more\":1").contains("more"));
        assert!(resealed("\"first_event\":1", "\"first_event\":0").contains("first event"));
        for at in 0..line.len() {
            let mut damaged = line.to_vec();
            damaged[at] ^= 1;
            assert!(Header::decode(&damaged).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_torn_header_is_the_beginning_of_one() {
        let whole = Header::new([9; 16]).encode();
        for length in 0..whole.len() {
            assert!(Header::is_torn(&whole[..length]), "{length}");
        }
        assert!(Header::is_torn(&[0; 100]));
        assert!(!Header::is_torn(&whole));
        assert!(!Header::is_torn(&[0; 1000]));
        assert!(!Header::is_torn(b"dear diary"));
    }
}
