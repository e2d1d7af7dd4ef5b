//! What tells a row file from files of others: its name, and how its records begin.

use super::vfs::{VfsFile, read_full};
use std::io;

/// What row files end in.
pub(crate) const ENDING: &str = ".db";

/// The flag of a version that ended.
pub(crate) const DELETED: u8 = 1;

/// Bytes of a record before its data: flag and length.
pub(crate) const HEADER_SIZE: usize = 5;

/// What stands before the checksum of a record.
pub(crate) const CRC: &str = ",\"_crc\":\"";

/// How much of a file is looked at to see whether it may be one of records.
const LOOKED_AT: usize = 64 << 10;

/// Whether a byte of a table's name stands for itself in the name of its file.
pub(crate) fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')
}

/// Whether a file can only be one of ours: a name that [`row_file_name`](super::row_file_name) gives.
pub(crate) fn is_row_file(name: &str) -> bool {
    let stem = name.strip_suffix(ENDING);
    stem.is_some_and(|stem| stem.bytes().all(|byte| is_plain(byte) || matches!(byte, b'%' | b'~')))
}

/// Whether a file may be one of records, damaged or not: an empty one may, and so may one that begins
/// with zeros, which a crash leaves.
pub(crate) fn may_begin(file: &dyn VfsFile) -> io::Result<bool> {
    let mut start = vec![0; LOOKED_AT];
    let read = read_full(file, 0, &mut start)?;
    let start = &start[..read];
    let Some(header) = start.first_chunk::<{ HEADER_SIZE + 1 }>() else {
        return Ok(start.iter().all(|byte| *byte == 0));
    };
    let is_empty = header.iter().all(|byte| *byte == 0);
    let is_record = header[0] <= DELETED && header[HEADER_SIZE] == b'{';
    let has_end = || start.windows(CRC.len()).any(|window| window == CRC.as_bytes());
    Ok(is_empty || is_record || has_end())
}
