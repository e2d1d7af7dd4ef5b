//! Reading an index: as far as it is good, and whether the log has what it says.

use super::entry::{ENTRY_SIZE, IndexEntry, start_of};
use super::{BLOCK, EventIndex, HEADER_SIZE, INDEX, VERSION, header_of, other_version, place_of};
use crate::storage::error::{Error, FilePlace, Mismatch};
use crate::storage::log::chain::Hash;
use crate::storage::log::header::{Header, Uuid};
use crate::storage::log::line;
use crate::storage::log::reader::NextLine;
use crate::storage::log::{Locator, Log, has_valid_crc};
use crate::storage::store::recovery::DurableMark;
use crate::storage::vfs::{Access, Vfs, VfsFile, read_full};
use crate::types::EventId;
use std::io;
use std::path::Path;

/// What an index file came to.
pub(crate) enum LoadedIndex {
    /// An index of all or the first of the log's events.
    Good {
        /// The index.
        index: Box<EventIndex>,
        /// The chain's hash after its last event.
        hash: Hash,
        /// Its events that change no row, in order.
        structural: Vec<EventId>,
        /// Why it ends before the file does, if so.
        cut: Option<String>,
    },
    /// There is none, or none that is of use; why.
    Useless(String),
    /// The log has not its last event where it says, or not as it says: which of the two is another is
    /// seen by reading all of the log.
    Disputed {
        /// What the log must have.
        mark: DurableMark,
        /// Where they differ.
        reason: String,
    },
}

/// Reads the index of a log that begins with `header`, whose end is at `start`.
///
/// # Errors
/// [`Error::Corrupt`] where it is another database's; [`Error::Io`] where the log cannot be read.
pub(crate) fn load(
    vfs: &dyn Vfs,
    directory: &Path,
    header: &Header,
    start: Locator,
    log: &dyn Log,
) -> Result<LoadedIndex, Error> {
    let path = directory.join(INDEX);
    let useless = |reason: &str| Ok(LoadedIndex::Useless(reason.to_owned()));
    let file = match vfs.open(&path, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return useless("is missing"),
        Err(error) => return useless(&format!("cannot be read: {error}")),
    };
    let mut found = [0; HEADER_SIZE];
    match read_full(&*file, 0, &mut found) {
        Ok(HEADER_SIZE) => {}
        Ok(_) => return useless("is cut short"),
        Err(error) => return useless(&format!("cannot be read: {error}")),
    }
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&found[16..32]);
    if found != header_of(&header.uuid, header.first_event) {
        if found == header_of(&uuid, header.first_event) {
            return Err(contradiction(&path, EventId::START, "it belongs to another database"));
        }
        return match other_version(&found) {
            Some(version) => useless(&format!(
                "has version {version} of its format, and only version {VERSION} is read"
            )),
            None => useless("has a damaged header"),
        };
    }
    let mut index = EventIndex::new(directory, header, start);
    index.file = Some(file.clone());
    let (structural, cut) = match read_entries(&mut index, &*file) {
        Ok(read) => read,
        Err(error) => return useless(&format!("cannot be read: {error}")),
    };
    let Some(last) = index.last else {
        let (hash, structural) = (header.previous_hash, Vec::new());
        return Ok(LoadedIndex::Good { index: Box::new(index), hash, structural, cut });
    };
    let hash = match check_last(&mut index, &last, log)? {
        Ok(hash) => hash,
        Err(reason) => {
            let mark = DurableMark { file: path, event: index.head(), hash: last.hash.to_vec() };
            return Ok(LoadedIndex::Disputed { mark, reason });
        }
    };
    Ok(LoadedIndex::Good { index: Box::new(index), hash, structural, cut })
}

/// Whose index lies in a directory, if it is one of a log from its first event on.
pub(crate) fn uuid_of(vfs: &dyn Vfs, directory: &Path) -> Option<Uuid> {
    let file = vfs.open(&directory.join(INDEX), Access::Read).ok()?;
    let mut found = [0; HEADER_SIZE];
    read_full(&*file, 0, &mut found).ok()?;
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&found[16..32]);
    (found == header_of(&uuid, EventId(1))).then_some(uuid)
}

/// Reads all entries up to the last whole transaction before a bad one; gives the events about no
/// row, and what is wrong with the rest.
fn read_entries(
    index: &mut EventIndex,
    file: &dyn VfsFile,
) -> io::Result<(Vec<EventId>, Option<String>)> {
    let (mut structural, mut whole) = (Vec::new(), 0);
    let mut block = vec![0; BLOCK * ENTRY_SIZE];
    let (mut event, mut before, mut number) = (index.base, None::<IndexEntry>, 0_u64);
    let cut = loop {
        let read = read_full(file, place_of(number), &mut block)?;
        let mut bad = None;
        for bytes in block[..read].chunks(ENTRY_SIZE) {
            let entry = IndexEntry::decode(bytes, event.next(), &index.uuid)
                .filter(|entry| before.is_none_or(|before| follows(&before, entry)));
            let Some(entry) = entry else {
                bad = Some(format!("has a damaged entry of event {}", event.next()));
                break;
            };
            event = event.next();
            number += 1;
            if !entry.is_of_row() {
                structural.push(event);
            }
            if entry.last {
                whole = number;
                index.last = Some(entry);
            }
            before = Some(entry);
        }
        if bad.is_some() || read < block.len() {
            break bad;
        }
    };
    index.stored = whole;
    let head = index.head();
    structural.retain(|event| *event <= head);
    let open = (number > whole).then(|| "ends within a transaction".to_owned());
    Ok((structural, cut.or(open)))
}

/// Whether an entry can stand behind another.
fn follows(before: &IndexEntry, entry: &IndexEntry) -> bool {
    let same = entry.tx == before.tx && entry.at == before.at && !before.last;
    let next = entry.tx.0 == before.tx.0.saturating_add(1) && entry.at > before.at && before.last;
    entry.line > before.line && (same || next)
}

/// Reads the line of the last entry: the log must have it. Sets where it ends; gives its hash, or what
/// stands there instead.
fn check_last(
    index: &mut EventIndex,
    last: &IndexEntry,
    log: &dyn Log,
) -> Result<Result<Hash, String>, Error> {
    let (head, end) = (index.head(), log.end()?);
    let otherwise = |what: &str| Ok(Err(format!("has event {head} where the log {what}")));
    if end <= last.line {
        return otherwise("has nothing");
    }
    let mut reader = log.read(last.line..end);
    let next = reader.advance()?;
    let line = reader.line();
    if next != NextLine::Line || !has_valid_crc(line) {
        return otherwise("has no good line");
    }
    let parsed = line::parse(line).ok().filter(|line| {
        line.stamp.event == head
            && (line.stamp.tx, line.stamp.at) == (last.tx, last.at)
            && start_of(line.hash.as_ref()) == last.hash
    });
    let Some(hash) = parsed.and_then(|line| line.hash) else {
        return otherwise("has another line");
    };
    index.end = reader.end();
    Ok(Ok(hash))
}

fn contradiction(path: &Path, event: EventId, reason: &str) -> Error {
    let intact = "nothing was changed; if the log is the right one, remove this file".into();
    Mismatch::new("the index of this log", reason).at(FilePlace::start_of(path), event, intact)
}
