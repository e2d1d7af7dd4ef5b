//! The first line of the log.

use super::chain::Hash;
use super::text::{parse_hex, push_hex, push_u64};
use super::{has_valid_crc, push_crc};
use crate::types::EventId;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The only version that is read. The first had no room for rows that come back and for what a
/// transaction takes back; the second knew of a definition neither what it derives nor what it
/// enforces beyond keys.
const VERSION: u64 = 3;

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
    /// What must be known besides.
    #[serde(default)]
    features: Vec<String>,
}

/// Why a line is not a header that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// It is none, or was damaged.
    Wrong(String),
    /// It is one of another version of the format, or needs what is not known here.
    Format {
        /// What it has, and what is read.
        reason: String,
        /// Whether it is of a newer version.
        is_newer: bool,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeaderFields<'a> {
    #[serde(rename = "format")]
    _format: IgnoredAny,
    #[serde(rename = "version")]
    _version: IgnoredAny,
    #[serde(rename = "features")]
    _features: IgnoredAny,
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

    /// Reads the line without its newline.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn decode(line: &[u8]) -> Result<Header, HeaderError> {
        let HeaderVersion { version, features } = Header::version(line)?;
        if version != VERSION {
            let reason = format!("has version {version} of the format, and only {VERSION} is read");
            return Err(HeaderError::Format { reason, is_newer: version > VERSION });
        }
        if let Some(feature) = features.first() {
            let reason = format!("needs the feature `{feature}` of the format, which is not known");
            return Err(HeaderError::Format { reason, is_newer: true });
        }
        Header::fields(line).map_err(HeaderError::Wrong)
    }

    /// What a line tells of its format that is a header and was not damaged.
    fn version(line: &[u8]) -> Result<HeaderVersion, HeaderError> {
        if !line.starts_with(START) {
            return Err(HeaderError::Wrong("this is not the header of an asof log".into()));
        }
        if !has_valid_crc(line) {
            return Err(HeaderError::Wrong("the header's checksum is wrong".into()));
        }
        let version = serde_json::from_slice(line);
        version.map_err(|error| HeaderError::Wrong(format!("bad header: {error}")))
    }

    /// Reads the fields of the one version that is read; the error says what is wrong with them.
    fn fields(line: &[u8]) -> Result<Header, String> {
        let fields: HeaderFields<'_> =
            serde_json::from_slice(line).map_err(|error| format!("bad header: {error}"))?;
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
        let wrong = |from: &str, to: &str| match resealed(from, to) {
            HeaderError::Wrong(reason) => reason,
            format @ HeaderError::Format { .. } => panic!("{format:?}"),
        };
        let format =
            |reason: &str, is_newer| HeaderError::Format { reason: reason.into(), is_newer };
        assert_eq!(
            resealed("\"version\":3", "\"version\":2"),
            format("has version 2 of the format, and only 3 is read", false)
        );
        // Whatever else a newer version has.
        assert_eq!(
            resealed("\"version\":3,", "\"version\":4,\"more\":{},"),
            format("has version 4 of the format, and only 3 is read", true)
        );
        assert_eq!(
            resealed("[]", "[\"zstd\"]"),
            format("needs the feature `zstd` of the format, which is not known", true)
        );
        assert!(wrong("\"generation\":0,", "").contains("generation"));
        assert!(wrong("[]", "[],\"more\":1").contains("more"));
        assert!(wrong("\"first_event\":1", "\"first_event\":0").contains("first event"));
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
