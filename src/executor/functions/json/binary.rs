//! SQLite's binary form of a JSON document, JSONB: read and written.
//!
//! Each value is a header and a payload. The low half of the first byte says what it is, the high half
//! how long its payload is: up to 11 by itself, else how many bytes behind it say so.

use super::document::{Json, JsonText};
use super::{parse, soundness};
use crate::types::MAX_JSON_DEPTH;

/// The longest payload that the first byte says.
const SHORT: usize = 11;

/// The longest payload of which all is read to tell bytes in this form from those of a text.
const DOUBTFUL: usize = 7;

/// The first value of some bytes, not looked into.
pub(super) struct Encoded<'a> {
    pub(super) kind: u8,
    pub(super) payload: &'a [u8],
    /// The bytes behind it.
    pub(super) rest: &'a [u8],
}

impl Encoded<'_> {
    pub(super) fn of(bytes: &[u8]) -> Option<Encoded<'_>> {
        let (first, behind) = bytes.split_first()?;
        let (length, behind) = match usize::from(first >> 4) {
            length @ ..=SHORT => (length, behind),
            more => {
                let (said, behind) = behind.split_at_checked(1 << (more - SHORT - 1))?;
                let said = said.iter().try_fold(0_usize, |length, byte| {
                    length.checked_mul(256)?.checked_add(usize::from(*byte))
                });
                (said?, behind)
            }
        };
        let (payload, rest) = behind.split_at_checked(length)?;
        Some(Encoded { kind: first & 0xf, payload, rest })
    }
}

/// Whether these bytes count as a document in this form by SQLite's first look, which may be wrong about
/// what is inside: one value takes all of them, and they are not a short text of JSON.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let Some(Encoded { kind, payload, rest }) = Encoded::of(bytes) else { return false };
    let has_payload = match kind {
        0..=2 => payload.is_empty(),
        3..=12 => true,
        _ => false,
    };
    let may_be_text = payload.len() <= DOUBTFUL
        && bytes.first().is_some_and(|first| matches!(first, b'{' | b'[' | b'0'..=b'9'));
    has_payload && rest.is_empty() && (!may_be_text || soundness::fault(bytes).is_none())
}

/// Reads all of these bytes; `None` of those that are no document in this form.
pub(super) fn decode(bytes: &[u8]) -> Option<Json> {
    let (document, rest) = value(bytes, 0)?;
    rest.is_empty().then_some(document)
}

/// The first value of the bytes, and those behind it.
fn value(bytes: &[u8], depth: usize) -> Option<(Json, &[u8])> {
    let Encoded { kind, payload, rest } = Encoded::of(bytes)?;
    // As everywhere, a text has no bytes that are none of UTF-8.
    let text = || String::from_utf8_lossy(payload);
    let document = match kind {
        0 if payload.is_empty() => Json::Null,
        1 if payload.is_empty() => Json::True,
        2 if payload.is_empty() => Json::False,
        3..=6 => number(kind, &text())?,
        7..=9 => Json::Text(quoted(kind, &text())?),
        10 => Json::Text(JsonText::of(&text())),
        11 if depth < MAX_JSON_DEPTH => Json::Array(values(payload, depth + 1)?),
        12 if depth < MAX_JSON_DEPTH => {
            let mut members = Vec::new();
            let mut parts = values(payload, depth + 1)?.into_iter();
            while let Some(label) = parts.next() {
                let Json::Text(label) = label else { return None };
                members.push((label, parts.next()?));
            }
            Json::Object(members)
        }
        _ => return None,
    };
    Some((document, rest))
}

/// Writes a document in this form.
pub(super) fn encode(document: &Json) -> Vec<u8> {
    let mut reversed = Vec::new();
    write(document, &mut reversed);
    reversed.reverse();
    reversed
}

/// Appends a value from its end to its beginning: its header says how long what stands behind it is.
fn write(document: &Json, out: &mut Vec<u8>) {
    let end = out.len();
    let kind = match document {
        Json::Null => 0,
        Json::True => 1,
        Json::False => 2,
        Json::Integer(digits) => {
            out.extend(digits.bytes().rev());
            3
        }
        Json::Real(digits) => {
            out.extend(digits.bytes().rev());
            5
        }
        Json::Text(text) => write_text(text, out),
        Json::Array(items) => {
            items.iter().rev().for_each(|item| write(item, out));
            11
        }
        Json::Object(members) => {
            for (label, value) in members.iter().rev() {
                write(value, out);
                let end = out.len();
                let kind = write_text(label, out);
                write_header(kind, end, out);
            }
            12
        }
    };
    write_header(kind, end, out);
}

/// Appends a text as it stands between its quotes, and tells its kind.
fn write_text(text: &JsonText, out: &mut Vec<u8>) -> u8 {
    out.extend(text.0.bytes().rev());
    if text.0.contains('\\') { 8 } else { 7 }
}

/// Appends the header of what stands behind `end`, with as few bytes as say its length.
fn write_header(kind: u8, end: usize, out: &mut Vec<u8>) {
    let length = out.len() - end;
    let (size, bytes) = match u8::try_from(length) {
        Ok(short) if length <= SHORT => (short, 0),
        Ok(_) => (12, 1),
        Err(_) if length <= usize::from(u16::MAX) => (13, 2),
        Err(_) => (14, 4),
    };
    out.extend(length.to_le_bytes().into_iter().take(bytes));
    out.push(size << 4 | kind);
}

/// A number of each kind: an integer and one in hexadecimal, a real and one as JSON5 has it.
fn number(kind: u8, text: &str) -> Option<Json> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if kind == 3 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Json::Integer(text.to_owned()));
    }
    let (number, is_standard) = parse::number(text)?;
    let is_of_kind = match &number {
        Json::Integer(_) => kind == if is_standard { 3 } else { 4 },
        // An infinity stands as a number that is too large.
        Json::Real(_) => {
            kind == 6 && text.ends_with(|c: char| c.is_ascii_digit() || c == '.')
                || kind == 5 && is_standard
        }
        Json::Null
        | Json::True
        | Json::False
        | Json::Text(_)
        | Json::Array(_)
        | Json::Object(_) => false,
    };
    (is_of_kind && !text.starts_with('+')).then_some(number)
}

/// A text of each kind: without escapes, with those of RFC 8259, and with those of JSON5.
fn quoted(kind: u8, text: &str) -> Option<JsonText> {
    let (quoted, is_standard) = parse::quoted(text)?;
    let is_of_kind = match kind {
        7 => is_standard && !text.contains('\\'),
        8 => is_standard,
        _ => true,
    };
    is_of_kind.then_some(quoted)
}

/// Values that stand one behind the other.
fn values(mut bytes: &[u8], depth: usize) -> Option<Vec<Json>> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let (next, rest) = value(bytes, depth)?;
        found.push(next);
        bytes = rest;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8]) -> Option<String> {
        decode(bytes).map(|document| document.compact())
    }

    /// What SQLite's `jsonb` gives for each of these.
    #[test]
    fn each_kind_of_value_is_read() {
        for (bytes, text) in [
            (&b"\x00"[..], "null"),
            (b"\x01", "true"),
            (b"\x02", "false"),
            (b"\x2312", "12"),
            (b"\x440x1f", "31"),
            (b"\x351.5", "1.5"),
            (b"\x36.50", "0.50"),
            (b"\x27ab", "\"ab\""),
            (b"\x48a\\nb", "\"a\\nb\""),
            (b"\x3aa\"b", "\"a\\\"b\""),
            (b"\x0b", "[]"),
            (b"\x4b\x131\x132", "[1,2]"),
            (b"\x4c\x17a\x0b\x00", ""),
            (b"\x3c\x17a\x0b", "{\"a\":[]}"),
            (b"\xc7\x0cabcdefghijkl", "\"abcdefghijkl\""),
            (b"\xd7\x00\x02ab", "\"ab\""),
        ] {
            assert_eq!(decoded(bytes), (!text.is_empty()).then(|| text.to_owned()), "{bytes:x?}");
        }
    }

    /// What each function of SQLite whose name begins with `jsonb` gives.
    #[test]
    fn documents_are_written_as_sqlite_writes_them() {
        let sqlite = rusqlite::Connection::open_in_memory().expect("a database");
        let lengths = [9, 10, 11, 12, 254, 255, 256, 257, 65_534, 65_535, 65_536, 70_000];
        let long = lengths.map(|length| format!("[\"{}\"]", "x".repeat(length)));
        let known = [
            "null",
            "true",
            "[false, 1, -2.5e10, \"\", {}]",
            "{\"a\": {\"b\\\"c\": [[[]]]}, \"a\": 1, \"\u{e9}\": \"\\u00e9\\n\"}",
        ];
        for text in known.into_iter().chain(long.iter().map(String::as_str)) {
            let theirs: Vec<u8> =
                sqlite.query_row("SELECT jsonb(?1)", [text], |row| row.get(0)).expect("a document");
            let document = parse::parse(text).expect("a document").0;
            assert_eq!(encode(&document), theirs, "{}", &text[..text.len().min(60)]);
            assert_eq!(decode(&theirs), Some(document));
        }
    }

    #[test]
    fn what_is_cut_or_no_document_is_none() {
        for bytes in [
            &b""[..],
            b"\x10x",
            b"\x23a",
            b"\x23",
            b"\x2312 ",
            b"\x0d",
            b"\xf7",
            b"\x1b\x23",
            b"\x1c\x00",
            b"\x2c\x131",
            b"\xfb\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert_eq!(decoded(bytes), None, "{bytes:x?}");
        }
        let mut deep = vec![0x0b];
        for _ in 0..MAX_JSON_DEPTH + 10 {
            let length = u32::try_from(deep.len()).expect("short").to_be_bytes();
            deep = [&[0xeb][..], &length, &deep].concat();
        }
        assert_eq!(decoded(&deep), None);
    }
}
