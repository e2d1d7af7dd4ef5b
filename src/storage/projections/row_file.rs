//! One row file, open: what is known of it, what is still to be written, and a pass over it.

use super::blocks::Blocks;
use super::output_file::FLUSH_SIZE;
use super::record::{self, DELETED, Record};
use super::{BaseRow, damaged};
use crate::storage::error::Error;
use crate::storage::log::reader::to_u64;
use crate::storage::vfs::{Access, Vfs, VfsFile};
use crate::types::{RowId, TableSchema};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How far flags may lie apart to be set by one write.
const FLAG_WINDOW: u64 = 64 << 10;

/// How many flags gather before they are set.
const MAX_FLAGS: usize = 64 << 10;

/// What a row file has to be, to the last bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFileSummary {
    /// Its name in the data directory.
    pub file: String,
    /// Its length in bytes.
    pub length: u64,
    /// How many records are a row's current version.
    pub live: u64,
    /// How many are versions that ended.
    pub dead: u64,
    /// The sum of the live records' checksums, modulo 2^64.
    pub digest: u64,
}

impl RowFileSummary {
    /// Counts a live record of a number of bytes.
    pub(crate) fn add(&mut self, bytes: u64, crc: u32) {
        self.length += bytes;
        self.live += 1;
        self.digest = self.digest.wrapping_add(u64::from(crc));
    }

    /// Counts a live record as dead.
    fn mark_deleted(&mut self, crc: u32) {
        self.live -= 1;
        self.dead += 1;
        self.digest = self.digest.wrapping_sub(u64::from(crc));
    }

    /// Counts a record that was read.
    fn count(&mut self, record: &Record<'_>) {
        self.add(record.size(), record.crc);
        if record.deleted {
            self.mark_deleted(record.crc);
        }
    }
}

/// Where a row's current version lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordLocation {
    /// The offset of its record.
    pub offset: u64,
    /// The checksum of its record.
    crc: u32,
}

/// A row file, open.
#[derive(Debug)]
pub(crate) struct RowFile {
    path: PathBuf,
    /// The file, once there is one.
    file: Option<Arc<dyn VfsFile>>,
    is_writable: bool,
    /// What the file is when all that is pending is written.
    pub summary: RowFileSummary,
    /// Records to be appended.
    tail: Vec<u8>,
    /// Offsets of the flags to be set.
    flags: Vec<u64>,
    /// Where every row lies, once that was asked.
    locations: Option<HashMap<RowId, RecordLocation>>,
    /// Whether something was written since the last sync.
    is_dirty: bool,
    /// Whether a write failed, so that nobody knows what stands in the file.
    has_failed: bool,
}

impl RowFile {
    fn with(path: PathBuf, file: Option<Arc<dyn VfsFile>>, summary: RowFileSummary) -> RowFile {
        RowFile {
            path,
            file,
            is_writable: false,
            summary,
            tail: Vec::new(),
            flags: Vec::new(),
            locations: None,
            is_dirty: false,
            has_failed: false,
        }
    }

    /// A file that was just written and synced.
    pub(crate) fn written(
        path: PathBuf,
        file: Arc<dyn VfsFile>,
        summary: RowFileSummary,
    ) -> RowFile {
        RowFile { is_writable: true, ..RowFile::with(path, Some(file), summary) }
    }

    /// A file that shall be as a summary says; the length is looked at now.
    pub(crate) fn expected(
        vfs: &dyn Vfs,
        path: PathBuf,
        known: &RowFileSummary,
    ) -> Result<Self, Error> {
        let file = vfs.open(&path, Access::Read).map_err(Error::io("open", &path))?;
        let size = file.size().map_err(Error::io("read", &path))?;
        if size != known.length {
            let reason = format!("it has {size} bytes and not {}", known.length);
            return Err(damaged(&path, reason));
        }
        Ok(RowFile::with(path, Some(file), known.clone()))
    }

    /// The file as it is: read once where there is one.
    pub(crate) fn found(vfs: &dyn Vfs, path: PathBuf, name: &str) -> Result<Self, Error> {
        let empty = RowFileSummary { file: name.to_string(), ..RowFileSummary::default() };
        let file = match vfs.open(&path, Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(RowFile::with(path, None, empty));
            }
            Err(error) => return Err(Error::io("open", path)(error)),
        };
        let length = file.size().map_err(Error::io("read", &path))?;
        let (locations, summary) =
            scan_locations(&path, &file, RowFileSummary { length, ..empty })?;
        let found = RowFile::with(path, Some(file), summary);
        Ok(RowFile { locations: Some(locations), ..found })
    }

    /// Where the table was renamed to.
    pub(crate) fn rename(&mut self, path: PathBuf, name: String) {
        self.path = path;
        self.summary.file = name;
    }

    /// Appends a version. One of a row that is known to be there is refused.
    pub(crate) fn push(
        &mut self,
        vfs: &dyn Vfs,
        table: &TableSchema,
        row: &BaseRow,
    ) -> Result<(), Error> {
        self.check()?;
        if self.locations.as_ref().is_some_and(|locations| locations.contains_key(&row.row)) {
            let reason = format!("row {} of `{}` is there already", row.row, table.name);
            return Err(Error::Invalid { reason });
        }
        let (offset, before) = (self.summary.length, self.tail.len());
        let crc = record::push(&mut self.tail, table, row)?;
        self.summary.add(to_u64(self.tail.len() - before), crc);
        if let Some(locations) = &mut self.locations {
            locations.insert(row.row, RecordLocation { offset, crc });
        }
        if self.tail.len() >= FLUSH_SIZE { self.flush(vfs) } else { Ok(()) }
    }

    /// Puts a version in the place of the one that stands: appends it, then sets the other's flag.
    pub(crate) fn put(
        &mut self,
        vfs: &dyn Vfs,
        table: &TableSchema,
        row: &BaseRow,
    ) -> Result<(), Error> {
        let location = self.take(vfs, table, row.row)?;
        if let Err(error) = self.push(vfs, table, row) {
            if let Some(locations) = &mut self.locations {
                locations.insert(row.row, location);
            }
            return Err(error);
        }
        self.mark_deleted(vfs, location)
    }

    /// Ends the version of a row that stands.
    pub(crate) fn end(
        &mut self,
        vfs: &dyn Vfs,
        table: &TableSchema,
        row: RowId,
    ) -> Result<(), Error> {
        let location = self.take(vfs, table, row)?;
        self.mark_deleted(vfs, location)
    }

    fn take(
        &mut self,
        vfs: &dyn Vfs,
        table: &TableSchema,
        row: RowId,
    ) -> Result<RecordLocation, Error> {
        let taken = self.locations(vfs)?.remove(&row);
        taken.ok_or_else(|| Error::NoSuchRow { table: table.name.to_string(), row })
    }

    fn mark_deleted(&mut self, vfs: &dyn Vfs, location: RecordLocation) -> Result<(), Error> {
        self.summary.mark_deleted(location.crc);
        match location.offset.checked_sub(self.flushed()).map(usize::try_from) {
            Some(Ok(at)) => self.tail[at] = DELETED,
            Some(Err(_)) | None => self.flags.push(location.offset),
        }
        if self.flags.len() >= MAX_FLAGS { self.flush(vfs) } else { Ok(()) }
    }

    /// How much of the file was handed to the system.
    fn flushed(&self) -> u64 {
        self.summary.length - to_u64(self.tail.len())
    }

    /// Where every row lies; learnt by one pass over the file, then kept.
    pub(crate) fn locations(
        &mut self,
        vfs: &dyn Vfs,
    ) -> Result<&mut HashMap<RowId, RecordLocation>, Error> {
        self.check()?;
        let locations = match self.locations.take() {
            Some(locations) => locations,
            None => match self.reading(vfs)? {
                None => HashMap::new(),
                Some(file) => {
                    let (locations, found) =
                        scan_locations(&self.path, &file, self.summary.clone())?;
                    compare(&self.path, &found, &self.summary)?;
                    locations
                }
            },
        };
        Ok(self.locations.insert(locations))
    }

    /// The file with everything in it, to be read; `None` where there is none.
    pub(crate) fn reading(&mut self, vfs: &dyn Vfs) -> Result<Option<Arc<dyn VfsFile>>, Error> {
        self.flush(vfs)?;
        Ok(self.file.clone())
    }

    /// Blocks of the file with everything in it.
    pub(crate) fn blocks(&mut self, vfs: &dyn Vfs) -> Result<Option<Blocks>, Error> {
        let file = self.reading(vfs)?;
        Ok(file.map(|file| Blocks::new(file, &self.path, self.summary.length)))
    }

    fn check(&self) -> Result<(), Error> {
        match self.has_failed {
            true => Err(damaged(&self.path, "an earlier write to it failed")),
            false => Ok(()),
        }
    }

    /// Hands everything pending to the system: what is appended first, then the flags.
    pub(crate) fn flush(&mut self, vfs: &dyn Vfs) -> Result<(), Error> {
        self.check()?;
        if self.tail.is_empty() && self.flags.is_empty() {
            return Ok(());
        }
        let flushed = self.write_pending(vfs);
        self.has_failed = flushed.is_err();
        flushed.map_err(Error::io("write", &self.path))
    }

    fn write_pending(&mut self, vfs: &dyn Vfs) -> std::io::Result<()> {
        let file = match &self.file {
            Some(file) if self.is_writable => Arc::clone(file),
            Some(_) => vfs.open(&self.path, Access::Write)?,
            None => vfs.open(&self.path, Access::CreateNew)?,
        };
        self.file = Some(Arc::clone(&file));
        (self.is_writable, self.is_dirty) = (true, true);
        if !self.tail.is_empty() {
            file.write_at(self.flushed(), &self.tail)?;
            self.tail.clear();
        }
        self.flags.sort_unstable();
        let flags = std::mem::take(&mut self.flags);
        let mut rest = flags.as_slice();
        while let [first, ..] = rest {
            let (near, far) = rest.split_at(rest.partition_point(|at| at - first < FLAG_WINDOW));
            set_flags(&*file, near)?;
            rest = far;
        }
        Ok(())
    }

    /// Makes everything durable; gives whether there was anything.
    pub(crate) fn sync(&mut self, vfs: &dyn Vfs) -> Result<bool, Error> {
        self.flush(vfs)?;
        let was_dirty = std::mem::take(&mut self.is_dirty);
        if let Some(file) = self.file.as_ref().filter(|_| was_dirty) {
            let synced = file.sync();
            self.has_failed = synced.is_err();
            synced.map_err(Error::io("sync", &self.path))?;
        }
        Ok(was_dirty)
    }
}

/// Sets flags that lie near each other, given in order: one write for all of them.
fn set_flags(file: &dyn VfsFile, offsets: &[u64]) -> std::io::Result<()> {
    let [first, .., last] = offsets else {
        return offsets.iter().try_for_each(|offset| file.write_at(*offset, &[DELETED]));
    };
    let at = |offset: u64| usize::try_from(offset - first).map_err(std::io::Error::other);
    let mut bytes = vec![0; at(*last)? + 1];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(first + to_u64(filled), &mut bytes[filled..])? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            more => filled += more,
        }
    }
    for offset in offsets {
        bytes[at(*offset)?] = DELETED;
    }
    file.write_at(*first, &bytes)
}

/// One pass over a file of the length that is known: where every row lies, and what the file is.
fn scan_locations(
    path: &Path,
    file: &Arc<dyn VfsFile>,
    known: RowFileSummary,
) -> Result<(HashMap<RowId, RecordLocation>, RowFileSummary), Error> {
    let mut blocks = Blocks::new(Arc::clone(file), path, known.length);
    let (mut locations, mut found) =
        (HashMap::new(), RowFileSummary { file: known.file, ..RowFileSummary::default() });
    while found.length < known.length {
        let offset = found.length;
        let record = Record::read(&mut blocks, offset)?;
        found.count(&record);
        if !record.deleted {
            let location = RecordLocation { offset, crc: record.crc };
            let wrong = match record.row() {
                Some(row) if locations.insert(row, location).is_none() => continue,
                Some(row) => format!("row {row} has a second current version"),
                None => "a record has no row".to_string(),
            };
            return Err(damaged(path, format!("at byte {offset} {wrong}")));
        }
    }
    Ok((locations, found))
}

/// Refuses a file that is sound but not the one that was written last.
fn compare(path: &Path, found: &RowFileSummary, known: &RowFileSummary) -> Result<(), Error> {
    let wrong = if found.live != known.live {
        format!("it has {} rows and not {}", found.live, known.live)
    } else if found.dead != known.dead {
        format!("it has {} deleted records and not {}", found.dead, known.dead)
    } else if found.digest != known.digest || found.length != known.length {
        "its rows are not those that were written last".to_string()
    } else {
        return Ok(());
    };
    Err(damaged(path, wrong))
}

/// The rows of a file in the order they lie there.
///
/// The rows come before the file was seen to its end: only when the iteration ends without an error
/// is the file known to be what was written, and are they to be believed.
#[derive(Debug)]
pub struct RowFileScan<'t> {
    table: &'t TableSchema,
    /// `None` when all is read, or in error.
    blocks: Option<Blocks>,
    known: RowFileSummary,
    found: RowFileSummary,
}

impl<'t> RowFileScan<'t> {
    pub(crate) fn new(
        table: &'t TableSchema,
        blocks: Option<Blocks>,
        known: RowFileSummary,
    ) -> Self {
        RowFileScan { table, blocks, known, found: RowFileSummary::default() }
    }
}

impl Iterator for RowFileScan<'_> {
    type Item = Result<BaseRow, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let blocks = self.blocks.as_mut()?;
        let path = blocks.path();
        while self.found.length < self.known.length {
            let offset = self.found.length;
            let row = Record::read(blocks, offset).and_then(|record| {
                self.found.count(&record);
                if record.deleted {
                    return Ok(None);
                }
                let row = record.decode(self.table).map(Some);
                row.map_err(|reason| damaged(&path, format!("at byte {offset} {reason}")))
            });
            match row {
                Ok(None) => {}
                Ok(Some(row)) => return Some(Ok(row)),
                Err(error) => {
                    self.blocks = None;
                    return Some(Err(error));
                }
            }
        }
        self.blocks = None;
        compare(&path, &self.found, &self.known).err().map(Err)
    }
}
