//! Lines become whole transactions, each checked against all that came before it.

use crate::storage::error::{Error, FilePlace, Mismatch};
use crate::storage::event::Event;
use crate::storage::log::chain::Hash;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line::{self, TableLookup};
use crate::storage::log::reader::NextLine;
use crate::storage::log::{Locator, LogLines, check_crc};
use crate::storage::store::append::entry_of;
use crate::storage::store::index::IndexEntry;
use crate::storage::store::links::Links;
use crate::types::{EventId, Timestamp, TxId};

/// What was read so far, and the transaction under way.
pub(crate) struct TransactionReader {
    /// The books after the last whole transaction, and what the one under way adds.
    pub ledger: Ledger,
    tables: TableLookup,
    /// The order of the lines so far.
    pub links: Links,
    /// Where the last line of the last whole transaction ends.
    pub end: Locator,
    /// The events of the transaction under way; once it is whole, whoever reads takes them.
    pub pending: Vec<Event>,
    /// Their entries in the index.
    pub entries: Vec<IndexEntry>,
}

impl TransactionReader {
    /// Goes on after an event that ends the transaction of this number and time, whose line ends at
    /// `end`.
    pub(crate) fn after(
        ledger: Ledger,
        hash: Hash,
        head: EventId,
        last: (TxId, Option<Timestamp>),
        end: Locator,
    ) -> TransactionReader {
        TransactionReader {
            ledger,
            tables: TableLookup::default(),
            links: Links::after(hash, head, last),
            end,
            pending: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// The last event of the last whole transaction.
    pub(crate) fn head(&self) -> EventId {
        self.links.head
    }

    /// Takes in the next line of a log that is known to have one; says whether its transaction is
    /// whole now.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where the next line is not what was written or does not follow,
    /// [`Error::Io`] where the log cannot be read.
    pub(crate) fn advance(&mut self, reader: &mut dyn LogLines) -> Result<bool, Error> {
        let event = self.links.next_event();
        let accepted = match reader.advance()? {
            NextLine::Line => check_crc(reader.line()).and_then(|()| self.accept(reader)),
            NextLine::End => Err("events are missing".into()),
            NextLine::Unfinished | NextLine::TooLong => Err("the line is not finished".into()),
        };
        accepted.map_err(|mismatch| self.damage(reader.place(), event, mismatch))
    }

    /// Takes in the line that the reader is at, whose checksum is right; says whether its transaction
    /// is whole now.
    ///
    /// # Errors
    /// Why no line like this belongs there.
    pub(crate) fn accept(&mut self, reader: &dyn LogLines) -> Result<bool, Mismatch> {
        let line = line::parse(reader.line())?;
        self.links.check(&line)?;
        let (event, previous) = line.admit(&mut self.tables, &mut self.ledger)?;
        let is_whole = self.links.take(&line, event.last.as_deref())?;
        self.entries.push(entry_of(&event, reader.begin(), previous, line.hash.as_ref()));
        self.pending.push(event);
        if is_whole {
            self.ledger.commit();
            self.end = reader.end();
        }
        Ok(is_whole)
    }

    /// The error for a line that is not what belongs there.
    pub(crate) fn damage(&self, place: FilePlace, event: EventId, mismatch: Mismatch) -> Error {
        let intact = match self.head() {
            EventId(0) => "no event before it".into(),
            EventId(1) => "event 1 is intact".into(),
            head => format!("events 1 to {head} are intact"),
        };
        mismatch.at(place, event, intact)
    }
}
