//! How a log begins: its header, and what else says that there is one.

use super::Replica;
use crate::storage::error::{Error, FilePlace, Mismatch};
use crate::storage::file_names::{CATALOG, INDEX, SNAPSHOTS};
use crate::storage::log::header::{Header, HeaderError};
use crate::storage::log::reader::NextLine;
use crate::storage::log::{Locator, Log, LogLines, has_valid_crc, log_path};
use crate::storage::row_file_signature::{is_row_file, may_begin};
use crate::storage::store::damage::DAMAGED;
use crate::storage::store::index;
use crate::storage::vfs::{Access, Vfs, VfsFile};
use crate::types::EventId;
use std::path::Path;
use std::sync::Arc;

/// Files that only a database has: where one stands and the log does not, the log is lost.
const COMPANIONS: [&str; 3] = [INDEX, CATALOG, DAMAGED];

/// How every line of an event begins.
const LINE_START: &[u8] = b"{\"event\":";

/// A log that has a header, or had one.
pub(super) struct RecoveredHeader {
    pub header: Header,
    /// Where it ends.
    pub end: Locator,
    /// What is wrong with it: then the files beside the log have told what it said.
    pub damage: Option<Error>,
}

/// Reads the header of a log; `None` where it has none yet. Whoever only reads goes on without
/// it, if something else tells whose log it is: its chain shows whether that is right.
///
/// # Errors
/// [`Error::Corrupt`] where it is no header, [`Error::Format`] where it is one of another version,
/// [`Error::Io`] where the log cannot be read.
pub(super) fn recover_header(
    vfs: &dyn Vfs,
    directory: &Path,
    log: &dyn Log,
    is_writable: bool,
    replica: &dyn Replica,
) -> Result<Option<RecoveredHeader>, Error> {
    let mut reader = log.read(log.start()..log.end()?);
    match read_header(&mut *reader) {
        Ok(header) => {
            let end = reader.end();
            Ok(header.map(|header| RecoveredHeader { header, end, damage: None }))
        }
        // One that is whole says what is not known here.
        Err(error @ Error::Corrupt(_)) if !is_writable && !has_valid_crc(reader.line()) => {
            match known_header(vfs, directory, log, replica) {
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
    directory: &Path,
    log: &dyn Log,
    replica: &dyn Replica,
) -> Option<(Header, Locator)> {
    let first = log.find_first(LINE_START)?;
    let uuid = index::uuid_of(vfs, directory).or_else(|| replica.uuid())?;
    Some((Header::new(uuid), first))
}

/// Reads the header; `None` where the log has none yet.
pub(crate) fn read_header(reader: &mut dyn LogLines) -> Result<Option<Header>, Error> {
    let found = reader.advance()?;
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
                return Err(Error::Format { path: reader.place().file, reason, is_newer });
            }
        },
    };
    let intact = "nothing was changed".into();
    Err(Mismatch::new("the header of the log", reason).at(reader.place(), EventId::START, intact))
}

/// Refuses a directory whose other files say that it had a log. Those of somebody else say nothing.
pub(crate) fn check_companions(
    vfs: &dyn Vfs,
    directory: &Path,
    names: &[String],
    what: &str,
) -> Result<(), Error> {
    let is_companion = |name: &&String| is_of_database(vfs, &directory.join(name), name);
    let Some(name) = names.iter().find(is_companion) else {
        return Ok(());
    };
    let found = format!("{what}, but `{name}` is there");
    let intact = "nothing was changed".into();
    let place = FilePlace::start_of(log_path(directory));
    Err(Mismatch::new("the log of the database", found).at(place, EventId::START, intact))
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
