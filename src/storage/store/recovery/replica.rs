//! What the events of a log lead to, and how it is found again when the log is opened.

use crate::storage::error::{Error, FilePlace};
use crate::storage::event::Event;
use crate::storage::log::chain::Hash;
use crate::storage::log::header::{Header, Uuid};
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line;
use crate::storage::log::reader::NextLine;
use crate::storage::log::{Locator, Log, check_crc};
use crate::storage::store::index::{EventIndex, IndexEntry};
use crate::storage::store::position::ProjectionPosition;
use crate::storage::store::schema_timeline::SchemaTimeline;
use crate::types::{EventId, Schema};
use std::path::PathBuf;

/// What the events of a log lead to, kept by whoever opens it.
pub(crate) trait Replica {
    /// Whose log it was by what was saved of the replica, where the log does not say so itself.
    fn uuid(&self) -> Option<Uuid>;

    /// What files beside the log of this database say that it has.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where such a file is another database's.
    fn marks(&mut self, uuid: &Uuid) -> Result<DurableMarks, Error>;

    /// Goes back to what was saved at the end of a transaction, if anything was: gives its event.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where a line of the log is not what was written, [`Error::Io`] where the
    /// log cannot be read.
    fn restore(&mut self, log: &IndexedLog<'_>) -> Result<Option<EventId>, Error>;

    /// Goes on from the earliest that was saved behind an event and is good, for which `fits` says yes;
    /// gives where it stands, and the schema there.
    fn resume(
        &mut self,
        uuid: &Uuid,
        after: EventId,
        fits: &dyn Fn(&ProjectionPosition) -> bool,
    ) -> Option<(ProjectionPosition, Schema)>;

    /// Enters the rows of what was restored into the books.
    fn enter_rows(&self, ledger: &mut Ledger);

    /// Goes back to nothing.
    fn reset(&mut self);

    /// Takes in the next event.
    fn apply(&mut self, event: &Event);
}

/// What the files beside a log say that it has.
#[derive(Debug, Default)]
pub(crate) struct DurableMarks {
    /// Each must be found in the log.
    pub all: Vec<DurableMark>,
    /// Whether the catalog is among them: what it covers was read and found good before.
    pub has_catalog: bool,
}

/// A mark of durability with a hash: a log of this database that lacks it is another one, or was
/// damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DurableMark {
    /// The file that bears it.
    pub file: PathBuf,
    /// The event, the last of its transaction.
    pub event: EventId,
    /// The chain's hash after it, or how that begins.
    pub hash: Vec<u8>,
}

impl DurableMark {
    /// Holds the mark against the hash that the log has after the event; `None` where it ends no
    /// transaction there.
    ///
    /// # Errors
    /// [`Error::OtherHistory`] where that is another or none; the line of the event ends at `end`.
    pub fn check(&self, log: &dyn Log, found: Option<&Hash>, end: Locator) -> Result<(), Error> {
        if found.is_some_and(|found| found.starts_with(&self.hash)) {
            return Ok(());
        }
        let DurableMark { file, event, .. } = self.clone();
        let FilePlace { file: log, offset } = log.place(end);
        Err(Error::OtherHistory { log, offset, event, file })
    }
}

/// A replica that is never saved: it is handed every event.
pub(crate) struct TransientReplica<'a>(pub &'a mut dyn FnMut(&Event));

impl Replica for TransientReplica<'_> {
    fn uuid(&self) -> Option<Uuid> {
        None
    }

    fn marks(&mut self, _: &Uuid) -> Result<DurableMarks, Error> {
        Ok(DurableMarks::default())
    }

    fn restore(&mut self, _: &IndexedLog<'_>) -> Result<Option<EventId>, Error> {
        Ok(None)
    }

    fn resume(
        &mut self,
        _: &Uuid,
        _: EventId,
        _: &dyn Fn(&ProjectionPosition) -> bool,
    ) -> Option<(ProjectionPosition, Schema)> {
        None
    }

    fn enter_rows(&self, _: &mut Ledger) {}

    fn reset(&mut self) {}

    fn apply(&mut self, event: &Event) {
        (self.0)(event);
    }
}

/// A log with an index of it, before it is read.
pub(crate) struct IndexedLog<'a> {
    pub(super) log: &'a dyn Log,
    pub(super) header: &'a Header,
    pub(super) index: &'a EventIndex,
    pub(super) timeline: &'a SchemaTimeline,
}

impl IndexedLog<'_> {
    /// The last event that the index knows.
    pub(crate) fn head(&self) -> EventId {
        self.index.head()
    }

    /// The schema after an event.
    pub(crate) fn schema_at(&self, event: EventId) -> Schema {
        self.timeline.schema_at(event)
    }

    /// The chain's hash after an event; `None` where the event ends no transaction.
    ///
    /// # Errors
    /// Those of [`hash_of`].
    pub(crate) fn hash_at(&self, event: EventId) -> Result<Option<Hash>, Error> {
        if event == self.index.base() {
            return Ok(Some(self.header.previous_hash));
        }
        let Some(entry) = self.index.entry(event)?.filter(|entry| entry.last) else {
            return Ok(None);
        };
        let end = self.index.end_of(event)?;
        hash_of(self.log, &entry, end, event)
    }
}

/// The chain's hash in the line of an event; `None` where that ends no transaction.
///
/// # Errors
/// [`Error::Corrupt`] where the line is not what was written, [`Error::Io`] where the log cannot be
/// read.
pub(crate) fn hash_of(
    log: &dyn Log,
    entry: &IndexEntry,
    end: Locator,
    event: EventId,
) -> Result<Option<Hash>, Error> {
    let mut reader = log.read(entry.line..end);
    let hash = match reader.advance()? {
        NextLine::Line => check_crc(reader.line()).and_then(|()| {
            let line = line::parse(reader.line())?;
            match line.stamp.event == event {
                true => Ok(line.hash),
                false => Err(format!("event {} stands there", line.stamp.event).into()),
            }
        }),
        NextLine::Unfinished | NextLine::TooLong => Err("the line is not finished".into()),
        NextLine::End => Err("the log ends before it".into()),
    };
    hash.map_err(|mismatch| mismatch.at(log.place(entry.line), event, String::new()))
}
