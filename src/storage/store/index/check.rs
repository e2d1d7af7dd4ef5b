//! The index held against the log, entry by entry.

use super::entry::{ENTRY_SIZE, IndexEntry};
use super::{BLOCK, EventIndex, HEADER_SIZE, header_of, place_of, read_full};
use crate::storage::error::Error;
use crate::storage::store::file_damage::{FileDamage, Repair};
use crate::storage::vfs::{Access, Vfs, VfsFile};
use crate::types::EventId;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// An index file on the way from its first entry to its last.
#[derive(Debug)]
pub(crate) struct IndexCheck {
    path: PathBuf,
    /// Absent where there is none, behind its end, and after what is wrong.
    file: Option<Arc<dyn VfsFile>>,
    /// How many bytes it has; `None` where there is no file.
    size: Option<u64>,
    uuid: [u8; 16],
    base: EventId,
    /// How many entries it must have: those that opening found or this process wrote.
    known: u64,
    /// How many were looked at.
    checked: u64,
    block: Vec<u8>,
    /// The number of the entry that the block begins with.
    block_start: u64,
    wrong: Option<FileDamage>,
}

impl EventIndex {
    /// How many entries the file has, as far as this process knows.
    pub(crate) fn stored(&self) -> u64 {
        self.stored
    }

    /// The file, read anew, to be held against the log.
    pub(crate) fn check(&self, vfs: &dyn Vfs) -> IndexCheck {
        let mut check = IndexCheck {
            path: self.path.clone(),
            file: None,
            size: None,
            uuid: self.uuid,
            base: self.base,
            known: self.stored,
            checked: 0,
            block: Vec::new(),
            block_start: 0,
            wrong: None,
        };
        if let Err(error) = check.open(vfs) {
            check.wrong = Some(FileDamage { error, repair: Repair::Reopen });
        }
        check
    }
}

impl IndexCheck {
    fn open(&mut self, vfs: &dyn Vfs) -> Result<(), Error> {
        let file = match vfs.open(&self.path, Access::Read) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.known == 0 => {
                return Ok(());
            }
            opened => opened.map_err(Error::io("open", &self.path))?,
        };
        self.size = Some(file.size().map_err(Error::io("read", &self.path))?);
        let mut header = [0; HEADER_SIZE];
        let read = read_full(&*file, 0, &mut header).map_err(Error::io("read", &self.path))?;
        if read < HEADER_SIZE || header != header_of(&self.uuid, self.base.next()) {
            return Err(self.damaged("at byte 0 the header is not what was written"));
        }
        self.file = Some(file);
        Ok(())
    }

    /// How many entries were good.
    pub(crate) fn checked(&self) -> u64 {
        self.checked
    }

    /// The last event whose entry was good.
    pub(crate) fn last(&self) -> EventId {
        EventId(self.base.0.saturating_add(self.checked))
    }

    /// How many bytes it has; `None` where there is no file.
    pub(crate) fn size(&self) -> Option<u64> {
        self.size
    }

    /// What is wrong with the file.
    pub(crate) fn take_damage(&mut self) -> Option<FileDamage> {
        self.wrong.take()
    }

    /// Holds the entry of the next event, as the log has it, against the one in the file.
    pub(crate) fn compare(&mut self, entry: &IndexEntry) {
        let Some(file) = self.file.clone() else { return };
        match self.compare_in(&*file, entry) {
            Ok(()) => {}
            // It lags: what it lacks is in the log.
            Err(None) => self.file = None,
            Err(Some(wrong)) => (self.file, self.wrong) = (None, Some(wrong)),
        }
    }

    fn compare_in(
        &mut self,
        file: &dyn VfsFile,
        entry: &IndexEntry,
    ) -> Result<(), Option<FileDamage>> {
        let number = self.checked;
        let event = EventId(self.base.0.saturating_add(number)).next();
        let reopen = |error| Some(FileDamage { error, repair: Repair::Reopen });
        let found = self.entry_at(file, number).map_err(reopen)?;
        let at = place_of(number);
        let Some(found) = found else {
            let reason = format!("at byte {at} it ends before event {event}");
            let is_gone = number < self.known;
            return Err(reopen(self.damaged(reason)).filter(|_| is_gone));
        };
        let mut expected = Vec::with_capacity(ENTRY_SIZE);
        entry.encode(event, &self.uuid, &mut expected);
        if found == expected {
            self.checked += 1;
            return Ok(());
        }
        let (what, repair) = match IndexEntry::decode(&found, event, &self.uuid) {
            None => ("the entry is not what was written", Repair::Reopen),
            Some(_) => ("the entry says otherwise than the log", Repair::Remove),
        };
        let error = self.damaged(format!("at byte {at}, event {event}, {what}"));
        Err(Some(FileDamage { error, repair }))
    }

    /// The bytes of an entry; `None` behind the last whole one.
    fn entry_at(&mut self, file: &dyn VfsFile, number: u64) -> Result<Option<Vec<u8>>, Error> {
        let inside = |start: u64, block: &[u8]| {
            let place = usize::try_from(number.checked_sub(start)?).ok()?;
            block.chunks_exact(ENTRY_SIZE).nth(place).map(<[u8]>::to_vec)
        };
        if let Some(found) = inside(self.block_start, &self.block) {
            return Ok(Some(found));
        }
        self.block.resize(BLOCK * ENTRY_SIZE, 0);
        let read = read_full(file, place_of(number), &mut self.block);
        let read = read.map_err(Error::io("read", &self.path))?;
        self.block.truncate(read);
        self.block_start = number;
        Ok(inside(number, &self.block))
    }

    /// Refuses what stands behind the entries that this process wrote, while it writes nothing.
    pub(crate) fn check_length(&mut self, stored: u64) {
        let Some(file) = &self.file else { return };
        let end = place_of(stored);
        if file.size().is_ok_and(|size| size > end) {
            let error = self.damaged(format!("at byte {end} there is more than there should be"));
            self.wrong = Some(FileDamage { error, repair: Repair::Reopen });
        }
    }

    fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::Projection { file: self.path.clone(), reason: reason.into() }
    }
}
