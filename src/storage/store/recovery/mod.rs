//! Opening a log: what is new in it checked line by line, what a crash left cut off, damage named.
//!
//! The cases are drawn in [`log`](crate::storage::log). A log goes in, and a [`Replica`] of what it led to
//! before; out come its books, its index and its chain, and the events behind the replica's last one,
//! each handed to it once. Lines that the index and the replica stand for are not read: each is
//! checked when somebody asks for it.

mod behind;
mod repair;
mod replay;
mod replica;
mod start;
mod transactions;

pub(crate) use behind::{Behind, behind};
pub(crate) use replica::{IndexedLog, Replica, Unsaved, hash_of};
pub(crate) use transactions::Transactions;

use super::chronicle::Chronicle;
use super::index::EventIndex;
use crate::storage::error::Error;
use crate::storage::log::LOG;
use crate::storage::log::chain::Hash;
use crate::storage::log::header::Header;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::reader::{LineReader, Next};
use crate::storage::vfs::{Vfs, VfsFile};
use crate::types::EventId;
use replay::{Tail, replay};
use start::{Start, begin};
use std::path::Path;
use std::sync::Arc;

/// Names that only a database has: where one stands and the log does not, the log is lost.
const COMPANIONS: [&str; 3] = ["events.index", "snapshots", "_catalog.json"];

/// A log that was read to its end.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// Absent where the file has no header yet.
    pub header: Option<Header>,
    /// The books after the last whole transaction.
    pub ledger: Ledger,
    /// Where everything is.
    pub index: EventIndex,
    /// What happened to the database as a whole.
    pub chronicle: Chronicle,
    /// The chain's hash after the last transaction.
    pub hash: Hash,
    /// What was found, one line each.
    pub notices: Vec<String>,
    /// Why the index was not of use, if it was not.
    pub index_notice: Option<String>,
    /// How many events were read.
    pub replayed: u64,
    /// Why nothing may be written, if so.
    pub refusal: Option<String>,
}

/// How a log is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    /// Whether what a crash left at its end may be repaired.
    pub is_writable: bool,
    /// Whether another process writes to it: then it is read up to the last event of its index.
    pub beside: bool,
    /// Whether all of it is read, whatever its index says.
    pub whole: bool,
}

/// Reads a log, and repairs the end of it if a crash left it unfinished and `how` allows.
///
/// # Errors
/// [`Error::Corrupt`] where the log is damaged and was to be written, or its header is.
pub(crate) fn recover(
    vfs: &dyn Vfs,
    directory: &Path,
    file: &Arc<dyn VfsFile>,
    how: Reading,
    replica: &mut dyn Replica,
) -> Result<Recovered, Error> {
    let Reading { is_writable: writable, beside, whole } = how;
    let path = directory.join(LOG);
    let mut size = file.size().map_err(Error::io("read", &path))?;
    let mut reader = LineReader::new(Arc::clone(file), 0, size);
    let Some(header) = read_header(&mut reader, &path)? else {
        let names = vfs.names(directory).map_err(Error::io("read", directory))?;
        check_companions(&path, &names, "it is empty")?;
        let mut recovered = Recovered::empty();
        if size > 0 {
            recovered.cut(vfs, &path, file, size, &Tail { events: 0 }, writable);
        }
        return Ok(recovered);
    };
    let after_header = reader.next_offset();
    let first = match whole {
        true => Ok(Start::of_log(directory, &header, after_header)),
        false => begin(vfs, directory, file, &header, after_header, replica),
    };
    let begun = first.and_then(|mut start| {
        start.limit = start.limit.filter(|_| beside);
        // Beside a writer the log may have grown since: what the index has is in it now.
        size = file.size().map_err(Error::io("read", &path))?;
        replay(&path, file, size, start, replica)
    });
    let (mut recovered, ending) = match begun {
        // Whoever only reads gets what is good, as far as it goes from the start.
        Err(damage @ Error::Corrupt { .. }) if !writable => {
            replica.reset();
            let start = Start::of_log(directory, &header, after_header);
            let (recovered, ending) = replay(&path, file, size, start, replica)?;
            (recovered, ending.and(Err(damage)))
        }
        begun => begun?,
    };
    recovered.header = Some(header);
    match ending {
        Ok(None) => {}
        Ok(Some(tail)) => recovered.cut(vfs, &path, file, size, &tail, writable),
        Err(damage) if writable => return Err(damage),
        Err(damage) => {
            recovered.notices.push(damage.to_string());
            recovered.refusal = Some("the log is damaged".into());
        }
    }
    Ok(recovered)
}

/// Reads the header; `None` where the file has none yet.
pub(crate) fn read_header(reader: &mut LineReader, path: &Path) -> Result<Option<Header>, Error> {
    let found = reader.advance().map_err(Error::io("read", path))?;
    let reason = match found {
        Next::End => return Ok(None),
        Next::Unfinished if Header::is_torn(reader.line()) => return Ok(None),
        Next::Unfinished | Next::TooLong => "this is not the header of an asof log".to_owned(),
        Next::Line => match Header::decode(reader.line()) {
            Ok(header) => return Ok(Some(header)),
            Err(reason) => reason,
        },
    };
    Err(Error::Corrupt {
        file: path.to_path_buf(),
        offset: 0,
        event: EventId::START,
        reason,
        intact: "nothing was changed".into(),
    })
}

/// Refuses a directory whose other files say that it had a log.
pub(crate) fn check_companions(path: &Path, names: &[String], what: &str) -> Result<(), Error> {
    let is_companion =
        |name: &&String| COMPANIONS.contains(&name.as_str()) || name.ends_with(".db");
    let Some(name) = names.iter().find(is_companion) else {
        return Ok(());
    };
    Err(Error::Corrupt {
        file: path.to_path_buf(),
        offset: 0,
        event: EventId::START,
        reason: format!("{what}, but `{name}` is there"),
        intact: "nothing was changed".into(),
    })
}

impl Recovered {
    /// What a log without a header holds.
    pub(crate) fn empty() -> Recovered {
        Recovered {
            header: None,
            ledger: Ledger::default(),
            index: EventIndex::default(),
            chronicle: Chronicle::default(),
            hash: Hash::default(),
            notices: Vec::new(),
            index_notice: None,
            replayed: 0,
            refusal: None,
        }
    }
}
