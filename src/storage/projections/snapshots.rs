//! The snapshots of a database: saved whole or not at all, found by their events.
//!
//! Only files called `snapshot_<number>.json` or `snapshot_at_<event>.json` are looked at, and of those
//! only the header, until one is loaded. Everything else in the directory is somebody else's and never touched, but for what a
//! crash left under our own temporary names.

use super::file_name::TEMPORARY;
use super::header::{MAX_HEADER, ProjectionHeader};
use super::output_file::{OutputFile, remove_leftover, replace};
use super::snapshot::{self, FORMAT, Snapshot, SnapshotHeader, snapshot_id};
use super::{BaseRow, damaged};
use crate::storage::base::SnapshotId;
use crate::storage::error::Error;
use crate::storage::file_names::SNAPSHOTS;
use crate::storage::log::reader::to_u64;
use crate::storage::store::{Anchor, ProjectionPosition};
use crate::storage::vfs::{Access, Vfs, read_full};
use crate::types::{EventId, RowId, TableSchema};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much of a file is read at first to find the end of its header.
const HEAD_SIZE: usize = 4 << 10;

/// Where the rows of a snapshot come from.
pub trait SnapshotSource {
    /// The rows of a table, ascending.
    ///
    /// # Errors
    /// Those of wherever the rows come from; then no snapshot is made.
    fn rows(
        &self,
        table: &Arc<TableSchema>,
    ) -> Result<impl Iterator<Item = Result<BaseRow, Error>>, Error>;

    /// The rows of a table in the order of one of its keys.
    ///
    /// # Errors
    /// Those of wherever the rows come from; then no snapshot is made.
    fn index_order(&self, table: &Arc<TableSchema>, key: usize) -> Result<Vec<RowId>, Error>;
}

/// A snapshot that can be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotEntry {
    /// Which it is.
    pub id: SnapshotId,
    /// The name it was given.
    pub name: Option<String>,
    /// Where it stands: its event, and when that was committed.
    pub position: ProjectionPosition,
    /// Its file.
    pub path: PathBuf,
    /// How large that is.
    pub bytes: u64,
}

/// What there is of snapshots.
#[derive(Debug, Default)]
pub struct SnapshotListing {
    /// Those with a sound header, by event.
    pub entries: Vec<SnapshotEntry>,
    /// What is wrong with each of the others.
    pub damaged: Vec<Error>,
}

/// The snapshots of a data directory.
#[derive(Clone, Debug)]
pub struct SnapshotManager {
    vfs: Arc<dyn Vfs>,
    directory: PathBuf,
}

impl SnapshotManager {
    /// The snapshots of a data directory, which exists. Theirs is made with the first of them.
    pub fn new(vfs: Arc<dyn Vfs>, directory: &Path) -> SnapshotManager {
        SnapshotManager { vfs, directory: directory.join(SNAPSHOTS) }
    }

    /// Writes a snapshot, durably, in the place of the same one, if it is there.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be written, [`Error::Limit`] or [`Error::Invalid`] where
    /// it could not be read back, [`Error::Projection`] where somebody else's file has the name of
    /// one that was asked for; those of `source`. Then there is none.
    pub fn save(
        &self,
        header: &SnapshotHeader,
        source: &impl SnapshotSource,
    ) -> Result<SnapshotEntry, Error> {
        self.check_free(header)?;
        let vfs = &*self.vfs;
        vfs.create_directory(&self.directory).map_err(Error::io("create", &self.directory))?;
        if let Some(above) = self.directory.parent() {
            vfs.sync_directory(above).map_err(Error::io("sync", above))?;
        }
        let name = file_name(header.id);
        let (_, bytes) = replace(vfs, &self.directory, &name, |output| {
            snapshot::write(output, header, source)?;
            Ok(output.length())
        })?;
        Ok(SnapshotEntry {
            id: header.id,
            name: header.name.clone(),
            position: header.position.clone(),
            path: self.directory.join(name),
            bytes,
        })
    }

    /// Makes sure that nobody else's file has the name of a snapshot that was asked for: its number is
    /// new, so that nothing is there but what was left by this database.
    fn check_free(&self, header: &SnapshotHeader) -> Result<(), Error> {
        if let SnapshotId::At(_) = header.id {
            return Ok(());
        }
        match self.entry(header.id) {
            Ok(entry) if entry.position.uuid == header.position.uuid => Ok(()),
            Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(()),
            Ok(_) | Err(_) => Err(damaged(
                &self.directory.join(file_name(header.id)),
                "another file has its name",
            )),
        }
    }

    /// All snapshots with a sound header, by event.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory cannot be read.
    pub fn list(&self) -> Result<Vec<SnapshotEntry>, Error> {
        Ok(self.listing()?.entries)
    }

    /// All snapshots, and what is wrong with those that are none.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory cannot be read.
    pub fn listing(&self) -> Result<SnapshotListing, Error> {
        let mut listing = SnapshotListing::default();
        for name in self.names()? {
            let Some(id) = id_of(&name) else { continue };
            match self.entry(id) {
                Ok(entry) => listing.entries.push(entry),
                Err(error) => listing.damaged.push(error),
            }
        }
        listing.entries.sort_by_key(|entry| (entry.position.event, entry.id));
        Ok(listing)
    }

    /// The snapshot of the latest event.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory cannot be read.
    pub fn latest(&self) -> Result<Option<SnapshotEntry>, Error> {
        self.nearest(EventId::NEVER)
    }

    /// The snapshot of the latest event up to this one.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory cannot be read.
    pub fn nearest(&self, event: EventId) -> Result<Option<SnapshotEntry>, Error> {
        Ok(self.list()?.into_iter().rfind(|entry| entry.position.event <= event))
    }

    /// Opens a snapshot, which has to be of this history.
    ///
    /// # Errors
    /// [`Error::Projection`] where it is not, or is damaged before its rows; [`Error::Io`] where it
    /// cannot be read. Damage among the rows is found by reading them: see [`Snapshot`].
    pub fn load(&self, entry: &SnapshotEntry, expected: &Anchor) -> Result<Snapshot, Error> {
        Snapshot::open(&*self.vfs, &self.directory.join(file_name(entry.id)), entry.id, expected)
    }

    /// Holds a snapshot against the one that would be written now, byte by byte; `passed` is told of
    /// the bytes that were read.
    ///
    /// # Errors
    /// [`Error::Projection`] where it is another, [`Error::Io`] where it cannot be read; those of
    /// `source` and `passed`.
    pub(crate) fn compare(
        &self,
        header: &SnapshotHeader,
        source: &impl SnapshotSource,
        passed: &mut dyn FnMut(usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.directory.join(file_name(header.id));
        let file = self.vfs.open(&path, Access::Read).map_err(Error::io("open", &path))?;
        let mut found = Vec::new();
        let mut compare = |offset: u64, bytes: &[u8]| {
            passed(bytes.len())?;
            found.resize(bytes.len(), 0);
            let read = read_full(&*file, offset, &mut found).map_err(Error::io("read", &path))?;
            match found[..read].iter().zip(bytes).position(|(found, byte)| found != byte) {
                None if read == bytes.len() => Ok(()),
                place => {
                    let at = offset + to_u64(place.unwrap_or(read));
                    Err(damaged(&path, format!("at byte {at} it says otherwise than the log")))
                }
            }
        };
        let mut output = OutputFile::new(&mut compare);
        snapshot::write(&mut output, header, source).and_then(|()| output.flush())?;
        let length = output.length();
        match file.size().map_err(Error::io("read", &path))? == length {
            true => Ok(()),
            false => {
                let reason = format!("at byte {length} there is more than there should be");
                Err(damaged(&path, reason))
            }
        }
    }

    /// Removes a snapshot. One that is missing is removed already.
    ///
    /// # Errors
    /// [`Error::Io`] where the file cannot be removed.
    pub fn remove(&self, id: SnapshotId) -> Result<(), Error> {
        let path = self.directory.join(file_name(id));
        match self.vfs.remove(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.map_err(Error::io("remove", path)),
        }
    }

    /// Removes what a crash left of snapshots that were being written.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory cannot be read, or a file not be removed.
    pub fn remove_leftovers(&self) -> Result<(), Error> {
        let is_own = |name: &&str| name.strip_suffix(TEMPORARY).and_then(id_of).is_some();
        let names = self.names()?;
        names
            .iter()
            .map(String::as_str)
            .filter(is_own)
            .try_for_each(|name| remove_leftover(&*self.vfs, self.directory.join(name)))
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        match self.vfs.names(&self.directory) {
            // A file of that name is not ours.
            Err(error) if is_absent(&error) => Ok(Vec::new()),
            names => names.map_err(Error::io("read", &self.directory)),
        }
    }

    /// Reads the header of a file and no more.
    fn entry(&self, id: SnapshotId) -> Result<SnapshotEntry, Error> {
        let path = self.directory.join(file_name(id));
        let file = self.vfs.open(&path, Access::Read).map_err(Error::io("open", &path))?;
        let bytes = file.size().map_err(Error::io("read", &path))?;
        let (mut line, mut room) = (Vec::new(), HEAD_SIZE);
        let end = loop {
            let start = line.len();
            line.resize(room, 0);
            let read = file.read_at(to_u64(start), &mut line[start..]);
            line.truncate(start + read.map_err(Error::io("read", &path))?);
            if let Some(end) = line[start..].iter().position(|byte| *byte == b'\n') {
                break start + end;
            }
            if line.len() == start || line.len() == MAX_HEADER {
                return Err(damaged(&path, "it has no header"));
            }
            room = if line.len() == room { MAX_HEADER } else { room };
        };
        let header = ProjectionHeader::decode(&line[..end], FORMAT)
            .map_err(|reason| damaged(&path, reason))?;
        if snapshot_id(&header) != id {
            let reason = match id {
                SnapshotId::Number(_) => "its number is another one",
                SnapshotId::At(_) => "its event is another one",
            };
            return Err(damaged(&path, reason));
        }
        Ok(SnapshotEntry { id, name: header.name, position: header.position, path, bytes })
    }
}

/// Whether there is no directory of that name.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn file_name(id: SnapshotId) -> String {
    match id {
        SnapshotId::Number(number) => format!("snapshot_{number}.json"),
        SnapshotId::At(event) => format!("snapshot_at_{event}.json"),
    }
}

/// Which snapshot a file is that is called as one is.
fn id_of(name: &str) -> Option<SnapshotId> {
    let which = name.strip_prefix("snapshot_")?.strip_suffix(".json")?;
    let id = match which.strip_prefix("at_") {
        Some(event) => SnapshotId::At(EventId(event.parse().ok()?)),
        None => SnapshotId::Number(which.parse().ok()?),
    };
    // Not `snapshot_007.json`, which would be another file's number.
    (file_name(id) == name).then_some(id)
}
