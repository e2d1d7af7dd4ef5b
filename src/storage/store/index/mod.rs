//! The index of the log: from an event to its line, its time, its transaction and its row's past.
//!
//! [`EventIndex`] answers by looking at single entries of `events.index`, so that nothing of it has
//! to be in memory, however long the log is. It is a projection: extended behind each sync of the
//! log, never synced itself but at a checkpoint, and made again from the log where it is damaged.
//!
//! # The file
//!
//! ```text
//! header   0  "asof.idx"   8  version u32   12 entry size u32   16 uuid (16)   32 first event u64   40 crc u32
//! entry    0  line u64     8  at i64        16 tx u64           24 table u64   32 previous u64
//!         40  hash (8)     48 operation u8  49 last u8          50 is caused u8 51 zero   52 crc u32
//! ```
//!
//! All numbers are little endian; `line` is where the event's line begins, as the log says it, in a file the
//! byte. The entry of event *e* stands at `44 + 56 (e - first event)`. Its
//! checksum (CRC32C) covers the database's uuid and the number *e* besides its bytes, so an entry
//! that stands in the wrong place, or was copied from another database, is a bad one. `hash` is how the
//! chain's hash after an event begins that ends its transaction: an entry that is good binds the log, which
//! has that event with that hash or is another history.
//!
//! # Crashes
//!
//! Pages that were never synced may be lost in any order. So the index is good up to the last whole
//! transaction before the first bad entry, and what is behind that is read from the log again.
//! Every event that a good entry is about was synced to the log before the entry was written: a log
//! that lacks it has lost an acknowledged event.

mod check;
mod entry;
mod growth;
mod load;

pub(crate) use check::IndexCheck;
pub(crate) use entry::{IndexEntry, start_of};
pub(crate) use growth::{IndexGrowth, find_growth};
pub(crate) use load::{LoadedIndex, load, uuid_of};

use crate::storage::error::Error;
pub(crate) use crate::storage::file_names::INDEX;
use crate::storage::log::Locator;
use crate::storage::log::header::{Header, Uuid};
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::{Access, Vfs, VfsFile, read_full};
use crate::types::{EventId, Period, Timestamp, TxId};
use entry::ENTRY_SIZE;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How every index begins.
const MAGIC: &[u8; 8] = b"asof.idx";

/// The only version that is read. The first had no hashes.
const VERSION: u32 = 2;

/// How many bytes the header has.
const HEADER_SIZE: usize = 44;

/// How many entries are read at once.
const BLOCK: usize = 16_384;

/// From an event to what is known of it, for all events of a log.
#[derive(Debug, Default)]
pub(crate) struct EventIndex {
    path: PathBuf,
    uuid: Uuid,
    /// The event before the log's first.
    base: EventId,
    /// The file, as far as there is one to be read.
    file: Option<Arc<dyn VfsFile>>,
    /// How many entries the file has.
    stored: u64,
    /// The entries behind those: all where nothing may be written.
    tail: Vec<IndexEntry>,
    /// The last entry, and where its line ends; where the log's header ends if there is none.
    last: Option<IndexEntry>,
    end: Locator,
}

/// The bytes of an index's header.
fn header_of(uuid: &Uuid, first: EventId) -> [u8; HEADER_SIZE] {
    let size = u32::try_from(ENTRY_SIZE).expect("an entry is small");
    let mut bytes = Vec::with_capacity(HEADER_SIZE);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&size.to_le_bytes());
    bytes.extend_from_slice(uuid);
    bytes.extend_from_slice(&first.0.to_le_bytes());
    let crc = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes.try_into().expect("the fields above are 44 bytes together")
}

/// The version that a header tells which is sound in itself, if that is another than the one that is read.
fn other_version(header: &[u8; HEADER_SIZE]) -> Option<u32> {
    let (content, crc) = header.split_last_chunk::<4>()?;
    let version = u32::from_le_bytes(*content.get(8..)?.first_chunk()?);
    let is_sound =
        content.starts_with(MAGIC) && u32::from_le_bytes(*crc) == crc32c::crc32c(content);
    (is_sound && version != VERSION).then_some(version)
}

/// Where the entry with a number, counted from 0, stands.
fn place_of(number: u64) -> u64 {
    to_u64(HEADER_SIZE).saturating_add(number.saturating_mul(to_u64(ENTRY_SIZE)))
}

impl EventIndex {
    /// The index of a log with nothing behind its header, which ends at `start`; no file yet.
    pub(crate) fn new(directory: &Path, header: &Header, start: Locator) -> EventIndex {
        EventIndex {
            path: directory.join(INDEX),
            uuid: header.uuid,
            base: EventId(header.first_event.0.saturating_sub(1)),
            end: start,
            ..EventIndex::default()
        }
    }

    /// Where its file is, or will be.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a file of so many bytes has an entry for each event that is known, and no more.
    pub(crate) fn ends_at(&self, size: u64) -> bool {
        place_of(self.head().0.saturating_sub(self.base.0)) == size
    }

    /// Whose index this is.
    pub(crate) fn uuid(&self) -> &Uuid {
        &self.uuid
    }

    /// The event before the log's first.
    pub(crate) fn base(&self) -> EventId {
        self.base
    }

    /// The last event.
    pub(crate) fn head(&self) -> EventId {
        EventId(self.base.0.saturating_add(self.stored).saturating_add(to_u64(self.tail.len())))
    }

    /// The last transaction.
    pub(crate) fn last_tx(&self) -> TxId {
        self.last.map_or(TxId(0), |entry| entry.tx)
    }

    /// When the last transaction was committed.
    pub(crate) fn last_at(&self) -> Option<Timestamp> {
        self.last.map(|entry| entry.at)
    }

    /// Where the last event's line ends in the log.
    pub(crate) fn end(&self) -> Locator {
        self.end
    }

    /// Moves the entries of a transaction behind those that are there; its last line ends at `end`.
    /// They are in the file after [`EventIndex::write_to`].
    pub(crate) fn push(&mut self, entries: &mut Vec<IndexEntry>, end: Locator) {
        self.last = entries.last().copied().or(self.last);
        self.end = end;
        if self.tail.is_empty() {
            std::mem::swap(&mut self.tail, entries);
        } else {
            self.tail.append(entries);
        }
    }

    /// Forgets what is behind an event, whose line ends at `end`: the log was not readable further.
    ///
    /// # Errors
    /// Those of [`EventIndex::entry`].
    pub(crate) fn cut(&mut self, head: EventId, end: Locator) -> Result<(), Error> {
        if head < self.head() {
            let count = head.0.saturating_sub(self.base.0);
            let in_tail = usize::try_from(count.saturating_sub(self.stored)).unwrap_or(usize::MAX);
            self.tail.truncate(in_tail);
            self.stored = self.stored.min(count);
            self.last = self.entry(head)?;
            self.end = end;
        }
        Ok(())
    }

    /// What is known of an event; `None` of one that the log has not.
    ///
    /// # Errors
    /// [`Error::Io`] where `events.index` cannot be read, [`Error::Projection`] where it is not
    /// what was written.
    pub(crate) fn entry(&self, event: EventId) -> Result<Option<IndexEntry>, Error> {
        let Some(number) = event.0.checked_sub(self.base.0).and_then(|place| place.checked_sub(1))
        else {
            return Ok(None);
        };
        if number >= self.stored {
            let at = usize::try_from(number - self.stored).unwrap_or(usize::MAX);
            return Ok(self.tail.get(at).copied());
        }
        let Some(file) = &self.file else { return Ok(None) };
        let mut bytes = [0; ENTRY_SIZE];
        let read = read_full(&**file, place_of(number), &mut bytes);
        let read = read.map_err(Error::io("read", &self.path))?;
        let entry = IndexEntry::decode(&bytes[..read], event, &self.uuid);
        entry.map(Some).ok_or_else(|| self.damaged(event))
    }

    /// Gives what is known of each event of a period, in order.
    ///
    /// # Errors
    /// Those of [`EventIndex::entry`].
    pub(crate) fn for_each(
        &self,
        period: Period,
        mut visit: impl FnMut(EventId, &IndexEntry),
    ) -> Result<(), Error> {
        let mut event = period.first.max(self.base.next());
        let last = period.last.min(self.head());
        let in_file = last.min(EventId(self.base.0.saturating_add(self.stored)));
        let mut block = vec![0; BLOCK * ENTRY_SIZE];
        while let Some(file) = self.file.as_ref().filter(|_| event <= in_file) {
            let count = usize::try_from(in_file.0 - event.0 + 1).unwrap_or(BLOCK).min(BLOCK);
            let bytes = &mut block[..count * ENTRY_SIZE];
            let read = read_full(&**file, place_of(event.0 - self.base.0 - 1), bytes);
            let read = read.map_err(Error::io("read", &self.path))?;
            for place in 0..count {
                let bytes = bytes[..read].get(place * ENTRY_SIZE..(place + 1) * ENTRY_SIZE);
                let entry = bytes.and_then(|bytes| IndexEntry::decode(bytes, event, &self.uuid));
                visit(event, &entry.ok_or_else(|| self.damaged(event))?);
                event = event.next();
            }
        }
        while event <= last {
            let Some(entry) = self.entry(event)? else { break };
            visit(event, &entry);
            event = event.next();
        }
        Ok(())
    }

    /// Where the line of an event ends in the log.
    ///
    /// # Errors
    /// Those of [`EventIndex::entry`].
    pub(crate) fn end_of(&self, event: EventId) -> Result<Locator, Error> {
        Ok(self.entry(event.next())?.map_or(self.end, |next| next.line))
    }

    /// The entry of an event is another than what was written. The log is not to blame.
    fn damaged(&self, event: EventId) -> Error {
        let at = place_of(event.0.saturating_sub(self.base.0).saturating_sub(1));
        let what = "the entry is not what was written, opened again the database makes it anew";
        let reason = format!("at byte {at}, event {event}, {what}");
        Error::Projection { file: self.path.clone(), reason }
    }

    /// The last event for whose entry `holds` says yes, if it does so for all before it, too; the
    /// event before the log's first if it does so for none.
    fn last_where(&self, holds: impl Fn(&IndexEntry) -> bool) -> Result<EventId, Error> {
        let (mut low, mut high) = (self.base.0, self.head().0);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if self.entry(EventId(middle))?.is_some_and(|entry| holds(&entry)) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(EventId(low))
    }

    /// The first and the last event of the transaction that holds an event, which the log has: looked
    /// for in strides that double, because transactions are short.
    ///
    /// # Errors
    /// Those of [`EventIndex::entry`].
    pub(crate) fn transaction_of(&self, event: EventId, tx: TxId) -> Result<Period, Error> {
        let inside = |event| Ok::<_, Error>(self.entry(event)?.is_some_and(|found| found.tx == tx));
        let first = farthest(event, u64::saturating_sub, &inside)?;
        let last = farthest(event, u64::saturating_add, &inside)?;
        Ok(Period { first, last })
    }

    /// The last event of the newest transaction committed at a time or before, or 0.
    pub(crate) fn at_time(&self, at: Timestamp) -> Result<EventId, Error> {
        let found = self.last_where(|entry| entry.at <= at)?;
        Ok(if found == self.base { EventId::START } else { found })
    }

    /// The last event of a transaction; 0 of transaction 0, `None` where there is none of that number.
    pub(crate) fn last_of(&self, tx: TxId) -> Result<Option<EventId>, Error> {
        if tx > self.last_tx() {
            return Ok(None);
        }
        self.last_where(|entry| entry.tx <= tx).map(Some)
    }

    /// Writes the entries that the file lacks.
    ///
    /// # Errors
    /// Those of [`VfsFile::write_at`].
    pub(crate) fn write_to(&self, file: &dyn VfsFile) -> std::io::Result<()> {
        self.unwritten().try_for_each(|(at, bytes)| file.write_at(at, &bytes))
    }

    /// The entries that the file lacks, block by block: where each belongs there, and its bytes.
    fn unwritten(&self) -> impl Iterator<Item = (u64, Vec<u8>)> {
        let mut number = self.stored;
        self.tail.chunks(BLOCK).map(move |entries| {
            let place = place_of(number);
            let mut bytes = Vec::with_capacity(entries.len() * ENTRY_SIZE);
            for entry in entries {
                number = number.saturating_add(1);
                entry.encode(EventId(self.base.0.saturating_add(number)), &self.uuid, &mut bytes);
            }
            (place, bytes)
        })
    }

    /// Whether the file has all entries.
    pub(crate) fn is_written(&self) -> bool {
        self.tail.is_empty()
    }

    /// Notes that the file has what [`EventIndex::write_to`] wrote.
    pub(crate) fn written(&mut self, file: &Arc<dyn VfsFile>) {
        self.stored = self.stored.saturating_add(to_u64(self.tail.len()));
        // The room that one large transaction needed is not kept for the small ones.
        self.tail.clear();
        self.tail.shrink_to(BLOCK);
        self.file = Some(Arc::clone(file));
    }

    /// Forgets what another process has written to the file, if it is the same.
    pub(crate) fn settle(&mut self, file: &Arc<dyn VfsFile>) {
        let stands = |(offset, bytes): (u64, Vec<u8>)| {
            let mut found = vec![0; bytes.len()];
            read_full(&**file, offset, &mut found).is_ok() && found == bytes
        };
        if !self.is_written() && self.unwritten().all(stands) {
            self.written(file);
        }
    }

    /// The file to be written to: created, with its header, if there is none or a bad one, and cut
    /// behind the entries that are good.
    ///
    /// # Errors
    /// Those of [`Vfs::open`], [`VfsFile::truncate`] and [`VfsFile::write_at`].
    pub(crate) fn file_to_write(&self, vfs: &dyn Vfs) -> std::io::Result<Arc<dyn VfsFile>> {
        let file = vfs.open(&self.path, Access::Create)?;
        if self.stored == 0 {
            file.truncate(0)?;
            file.write_at(0, &header_of(&self.uuid, self.base.next()))?;
        } else if file.size()? > place_of(self.stored) {
            file.truncate(place_of(self.stored))?;
        }
        Ok(file)
    }
}

/// The farthest event that is `inside`, as all between are: `step` leads from one to another. The strides
/// double as long as they stay inside, and halve then.
fn farthest(
    event: EventId,
    step: fn(u64, u64) -> u64,
    inside: &impl Fn(EventId) -> Result<bool, Error>,
) -> Result<EventId, Error> {
    let (mut found, mut stride) = (event, 1_u64);
    while inside(EventId(step(found.0, stride)))? {
        found = EventId(step(found.0, stride));
        stride = stride.saturating_mul(2);
    }
    while stride > 0 {
        if inside(EventId(step(found.0, stride)))? {
            found = EventId(step(found.0, stride));
        }
        stride /= 2;
    }
    Ok(found)
}
