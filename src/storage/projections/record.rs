//! One record of a row file.
//!
//! ```text
//! byte 0       deleted_flag   0 the row's current version, 1 a version that ended
//! bytes 1-4    data_length    of json_data, little endian
//! bytes 5-     json_data      the row's columns in schema order, values as in the log, then
//!                             _row _rev _event and _crc: CRC32C of json_data before `,"_crc":`
//!
//! 00 4c000000 {"id":7,"owner":"amy","balance":"90.00","_row":7,"_rev":3,"_event":43,"_crc":"1f2e3d4c"}
//! ```
//!
//! The checksum does not cover the first five bytes: another flag changes how many records are live
//! and what their checksums add up to, and another length makes `json_data` end elsewhere.

use super::blocks::Blocks;
use super::{BaseRow, damaged};
use crate::storage::error::Error;
use crate::storage::log::MAX_LINE_SIZE;
use crate::storage::log::reader::to_u64;
use crate::storage::log::text::{parse_hex, push_hex, push_u64};
use crate::storage::log::values::{next_row, push_columns};
pub(crate) use crate::storage::row_file_signature::{CRC, DELETED, HEADER_SIZE};
use crate::types::{EventId, Row, RowId, TableSchema};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// The flag of a row's current version.
const LIVE: u8 = 0;

/// The longest `json_data`: a row at its limit fits with whatever names its columns have later.
const MAX_DATA: usize = MAX_LINE_SIZE;

const END: &str = "\"}";

/// Appends a live record; gives the checksum of its row. What fails leaves `out` as it was.
pub(crate) fn push(out: &mut Vec<u8>, table: &TableSchema, row: &BaseRow) -> Result<u32, Error> {
    let start = out.len();
    let pushed = push_data(out, table, row);
    if pushed.is_err() {
        out.truncate(start);
    }
    pushed
}

fn push_data(out: &mut Vec<u8>, table: &TableSchema, row: &BaseRow) -> Result<u32, Error> {
    if row.values.len() != table.columns.len() {
        return Err(Error::invalid(format!("a row of `{}` with other columns", table.name)));
    }
    let start = out.len();
    out.extend_from_slice(&[LIVE; HEADER_SIZE]);
    let data = out.len();
    push_columns(out, table.columns.iter().zip(&row.values))?;
    out.pop();
    if out.len() > data + 1 {
        out.push(b',');
    }
    out.extend_from_slice(b"\"_row\":");
    push_u64(out, row.row.0);
    out.extend_from_slice(b",\"_rev\":");
    push_u64(out, u64::from(row.rev));
    out.extend_from_slice(b",\"_event\":");
    push_u64(out, row.event.0);
    let crc = crc32c::crc32c(&out[data..]);
    out.extend_from_slice(CRC.as_bytes());
    push_hex(out, &crc.to_be_bytes());
    out.extend_from_slice(END.as_bytes());
    let size = out.len() - data;
    let length = u32::try_from(size).ok().filter(|_| size <= MAX_DATA);
    let length = length.ok_or(Error::Limit { what: "a stored row", size, limit: MAX_DATA })?;
    out[start + 1..data].copy_from_slice(&length.to_le_bytes());
    Ok(crc)
}

/// A record as it lies in a file, its checksum right.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    /// Whether the version ended.
    pub deleted: bool,
    /// `json_data`.
    data: &'a str,
    /// Of `json_data`.
    pub crc: u32,
}

/// What follows the columns.
#[derive(Debug, PartialEq, Eq)]
struct RecordTrailer {
    row: u64,
    rev: u64,
    event: u64,
}

impl<'a> Record<'a> {
    /// Reads the record at an offset.
    pub(crate) fn read(blocks: &'a mut Blocks, offset: u64) -> Result<Record<'a>, Error> {
        let path = blocks.path();
        let damaged = |reason| damaged(&path, format!("at byte {offset} {reason}"));
        let header = blocks.bytes(offset, HEADER_SIZE)?;
        let (flag, length) = (header[0], [header[1], header[2], header[3], header[4]]);
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        if flag > DELETED {
            return Err(damaged("a record has an unknown flag"));
        }
        let start = offset + to_u64(HEADER_SIZE);
        if length > MAX_DATA || to_u64(length) > blocks.left(start) {
            return Err(damaged("a record is longer than it can be"));
        }
        let (data, crc) = check(blocks.bytes(start, length)?).map_err(damaged)?;
        Ok(Record { deleted: flag == DELETED, data, crc })
    }

    /// How long it is in the file.
    pub(crate) fn size(&self) -> u64 {
        to_u64(HEADER_SIZE + self.data.len())
    }

    /// Appends it to another file, live.
    pub(crate) fn copy(&self, out: &mut Vec<u8>) {
        out.push(LIVE);
        let length = u32::try_from(self.data.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(self.data.as_bytes());
    }

    /// The row alone.
    pub(crate) fn row(&self) -> Option<RowId> {
        self.tail().map(|tail| RowId(tail.row))
    }

    /// All of it.
    pub(crate) fn decode(&self, table: &TableSchema) -> Result<BaseRow, String> {
        let tail = self.tail().ok_or("a record without row, version and event")?;
        let mut deserializer = serde_json::Deserializer::from_str(self.data);
        let values = RecordColumns(table)
            .deserialize(&mut deserializer)
            .and_then(|values| deserializer.end().map(|()| values))
            .map_err(|error| error.to_string())?;
        let rev = u32::try_from(tail.rev).map_err(|_| "a version beyond the limit")?;
        Ok(BaseRow { row: RowId(tail.row), rev, event: EventId(tail.event), values })
    }

    /// Reads what follows the columns from its end: that needs neither columns nor values.
    fn tail(&self) -> Option<RecordTrailer> {
        let rest = self.data.get(..self.data.len().checked_sub(CRC.len() + 8 + END.len())?)?;
        let (rest, event) = number_at_end(rest)?;
        let (rest, rev) = number_at_end(rest.strip_suffix(",\"_event\":")?)?;
        let (rest, row) = number_at_end(rest.strip_suffix(",\"_rev\":")?)?;
        rest.strip_suffix("\"_row\":")?.ends_with([',', '{']).then_some(RecordTrailer {
            row,
            rev,
            event,
        })
    }
}

/// Splits the number off that ends a text.
fn number_at_end(text: &str) -> Option<(&str, u64)> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_digit());
    text[rest.len()..].parse().ok().map(|number| (rest, number))
}

/// The text of `json_data` and its checksum, if that is right.
fn check(data: &[u8]) -> Result<(&str, u32), &'static str> {
    let data = std::str::from_utf8(data).map_err(|_| "a record is no text")?;
    let at = data.len().checked_sub(8 + END.len());
    let digits = at
        .and_then(|at| Some((data.get(..at)?.strip_suffix(CRC)?, data.get(at..)?)))
        .and_then(|(content, end)| Some((content, parse_hex(end.strip_suffix(END)?)?)));
    let (content, crc) = digits.ok_or("a record has no checksum")?;
    let crc = u32::from_be_bytes(crc);
    match crc32c::crc32c(content.as_bytes()) == crc {
        true => Ok((data, crc)),
        false => Err("a record's checksum is wrong"),
    }
}

/// Reads the columns and passes over what follows them.
struct RecordColumns<'s>(&'s TableSchema);

impl<'de> DeserializeSeed<'de> for RecordColumns<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RecordColumns<'_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a row of {}", self.0.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let row = next_row(&mut map, self.0)?;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(row)
    }
}
