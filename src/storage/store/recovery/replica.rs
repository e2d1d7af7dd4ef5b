//! What the events of a log lead to, and how it is found again when the log is opened.

use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::chain::Hash;
use crate::storage::log::header::{Header, Uuid};
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line;
use crate::storage::log::reader::{LineReader, Next};
use crate::storage::log::{LOG, has_valid_crc};
use crate::storage::store::chronicle::Chronicle;
use crate::storage::store::index::{Entry, EventIndex};
use crate::storage::vfs::VfsFile;
use crate::types::{EventId, Schema};
use std::path::Path;
use std::sync::Arc;

/// What the events of a log lead to, kept by whoever opens it.
pub(crate) trait Replica {
    /// The last event that a file beside the log of this database is known to cover: the log must
    /// have it.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where such a file is another database's.
    fn covered(&mut self, uuid: &Uuid) -> Result<EventId, Error>;

    /// Goes back to what was saved at the end of a transaction, if anything was: gives its event.
    ///
    /// # Errors
    /// What the system says of the log.
    fn restore(&mut self, log: &IndexedLog<'_>) -> Result<Option<EventId>, Error>;

    /// Enters the rows of what was restored into the books.
    fn enter_rows(&self, ledger: &mut Ledger);

    /// Goes back to nothing.
    fn reset(&mut self);

    /// Takes in the next event.
    fn apply(&mut self, event: &Event);
}

/// A replica that is never saved: it is handed every event.
pub(crate) struct Unsaved<'a>(pub &'a mut dyn FnMut(&Event));

impl Replica for Unsaved<'_> {
    fn covered(&mut self, _: &Uuid) -> Result<EventId, Error> {
        Ok(EventId::START)
    }

    fn restore(&mut self, _: &IndexedLog<'_>) -> Result<Option<EventId>, Error> {
        Ok(None)
    }

    fn enter_rows(&self, _: &mut Ledger) {}

    fn reset(&mut self) {}

    fn apply(&mut self, event: &Event) {
        (self.0)(event);
    }
}

/// A log with an index of it, before it is read.
pub(crate) struct IndexedLog<'a> {
    pub(super) directory: &'a Path,
    pub(super) file: &'a Arc<dyn VfsFile>,
    pub(super) header: &'a Header,
    pub(super) index: &'a EventIndex,
    pub(super) chronicle: &'a Chronicle,
}

impl IndexedLog<'_> {
    /// The last event that the index knows.
    pub(crate) fn head(&self) -> EventId {
        self.index.head()
    }

    /// The schema after an event.
    pub(crate) fn schema_at(&self, event: EventId) -> Schema {
        self.chronicle.schema_at(event)
    }

    /// The chain's hash after an event; `None` where the event ends no transaction, or its line is
    /// not what was written.
    pub(crate) fn hash_at(&self, event: EventId) -> Result<Option<Hash>, Error> {
        if event == self.index.base() {
            return Ok(Some(self.header.previous_hash));
        }
        let Some(entry) = self.index.entry(event)?.filter(|entry| entry.last) else {
            return Ok(None);
        };
        let end = self.index.end_of(event)?;
        hash_of(self.file, self.directory, &entry, end, event)
    }
}

/// The chain's hash in the line of an event that ends its transaction; `None` where the line is not
/// what was written.
pub(crate) fn hash_of(
    file: &Arc<dyn VfsFile>,
    directory: &Path,
    entry: &Entry,
    end: u64,
    event: EventId,
) -> Result<Option<Hash>, Error> {
    let mut reader = LineReader::new(Arc::clone(file), entry.offset, end);
    let next = reader.advance().map_err(Error::io("read", directory.join(LOG)))?;
    let good = next == Next::Line && has_valid_crc(reader.line());
    let line = good.then(|| line::parse(reader.line()).ok()).flatten();
    Ok(line.filter(|line| line.stamp.event == event).and_then(|line| line.hash))
}
