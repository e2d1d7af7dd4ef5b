//! How a log begins: its header, and what else says that there is one.

use super::Replica;
use crate::storage::error::{Error, Mismatch};
use crate::storage::file_names::{CATALOG, INDEX, SNAPSHOTS};
use crate::storage::log::has_valid_crc;
use crate::storage::log::header::{Header, HeaderError};
use crate::storage::log::reader::{LineReader, NextLine, to_u64};
use crate::storage::row_file_signature::{is_row_file, may_begin};
use crate::storage::store::damage::DAMAGED;
use crate::storage::store::index;
use crate::storage::vfs::{Access, Vfs, VfsFile, read_full};
use crate::types::EventId;
use std::path::Path;
use std::sync::Arc;

/// Files that only a database has: where one stands and the log does not, the log is lost.
const COMPANIONS: [&str; 3] = [INDEX, CATALOG, DAMAGED];

/// How every line of an event begins.
const LINE_START: &[u8] = b"{\"event\":";

/// The longest header, by far.
const MAX_HEADER: usize = 64 << 10;

/// A log that has a header, or had one.
pub(super) struct RecoveredHeader {
    pub header: Header,
    /// Where it ends.
    pub end: u64,
    /// What is wrong with it: then the files beside the log have told what it said.
    pub damage: Option<Error>,
}

/// Reads the header of a log; `None` where the file has none yet. Whoever only reads goes on without
/// it, if something else tells whose log it is: its chain shows whether that is right.
///
/// # Errors
/// [`Error::Corrupt`] where it is no header, [`Error::Format`] where it is one of another version,
/// [`Error::Io`] where the log cannot be read.
pub(super) fn recover_header(
    vfs: &dyn Vfs,
    file: &Arc<dyn VfsFile>,
    path: &Path,
    is_writable: bool,
    replica: &dyn Replica,
) -> Result<Option<RecoveredHeader>, Error> {
    let size = file.size().map_err(Error::io("read", path))?;
    let mut reader = LineReader::new(Arc::clone(file), 0, size);
    match read_header(&mut reader, path) {
        Ok(header) => {
            let end = reader.next_offset();
            Ok(header.map(|header| RecoveredHeader { header, end, damage: None }))
        }
        // One that is whole says what is not known here.
        Err(error @ Error::Corrupt(_)) if !is_writable && !has_valid_crc(reader.line()) => {
            match known_header(vfs, &**file, path, replica) {
                Some((header, end)) => {
                    Ok(Some(RecoveredHeader { header, end, damage: Some(error) }))
                }
                None => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

/// What the header of a log was, by what the files beside it say, and where the first event begins.
fn known_header(
    vfs: &dyn Vfs,
    file: &dyn VfsFile,
    path: &Path,
    replica: &dyn Replica,
) -> Option<(Header, u64)> {
    let mut start = vec![0; MAX_HEADER];
    let read = read_full(file, 0, &mut start).ok()?;
    let found = start[..read].windows(LINE_START.len()).position(|window| window == LINE_START);
    let uuid = index::uuid_of(vfs, path.parent()?).or_else(|| replica.uuid())?;
    Some((Header::new(uuid), to_u64(found?)))
}

/// Reads the header; `None` where the file has none yet.
pub(crate) fn read_header(reader: &mut LineReader, path: &Path) -> Result<Option<Header>, Error> {
    let found = reader.advance().map_err(Error::io("read", path))?;
    let reason = match found {
        NextLine::End => return Ok(None),
        NextLine::Unfinished if Header::is_torn(reader.line()) => return Ok(None),
        NextLine::Unfinished | NextLine::TooLong => {
            "this is not the header of an asof log".to_owned()
        }
        NextLine::Line => match Header::decode(reader.line()) {
            Ok(header) => return Ok(Some(header)),
            Err(HeaderError::Wrong(reason)) => reason,
            Err(HeaderError::Format { reason, is_newer }) => {
                return Err(Error::Format { path: path.to_path_buf(), reason, is_newer });
            }
        },
    };
    let intact = "nothing was changed".into();
    Err(Mismatch::new("the header of the log", reason).at(path, 0, EventId::START, intact))
}

/// Refuses a directory whose other files say that it had a log. Those of somebody else say nothing.
pub(crate) fn check_companions(
    vfs: &dyn Vfs,
    path: &Path,
    names: &[String],
    what: &str,
) -> Result<(), Error> {
    let is_companion = |name: &&String| is_of_database(vfs, &path.with_file_name(name), name);
    let Some(name) = names.iter().find(is_companion) else {
        return Ok(());
    };
    let found = format!("{what}, but `{name}` is there");
    let intact = "nothing was changed".into();
    Err(Mismatch::new("the log of the database", found).at(path, 0, EventId::START, intact))
}

/// Whether something in a directory can only be there because of a log.
fn is_of_database(vfs: &dyn Vfs, path: &Path, name: &str) -> bool {
    if name == SNAPSHOTS {
        let is_one = |name: &String| name.starts_with("snapshot_") && name.ends_with(".json");
        return vfs.names(path).is_ok_and(|names| names.iter().any(is_one));
    }
    let has_rows = |file: &Arc<dyn VfsFile>| {
        file.size().is_ok_and(|size| size > 0) && may_begin(&**file).unwrap_or(false)
    };
    match vfs.open(path, Access::Read) {
        Ok(file) => COMPANIONS.contains(&name) || (is_row_file(name) && has_rows(&file)),
        Err(_) => false,
    }
}
