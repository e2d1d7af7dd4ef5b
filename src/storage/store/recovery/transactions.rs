//! Lines become whole transactions, each checked against all that came before it.

use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::chain::{Chain, Hash};
use crate::storage::log::has_valid_crc;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line::{self, Line, Tables};
use crate::storage::log::reader::{LineReader, Next};
use crate::storage::store::append::entry_of;
use crate::storage::store::index::Entry;
use crate::types::{EventId, Timestamp, TxId};
use std::path::Path;

/// What was read so far, and the transaction under way.
pub(crate) struct Transactions {
    /// The books after the last whole transaction, and what the one under way adds.
    pub ledger: Ledger,
    tables: Tables,
    chain: Chain,
    /// The chain's hash after the last whole transaction.
    pub hash: Hash,
    /// The last event of that.
    pub head: EventId,
    /// Its number and time.
    pub last: (TxId, Option<Timestamp>),
    /// Where its last line ends.
    pub end: u64,
    /// The events of the transaction under way; once it is whole, whoever reads takes them.
    pub pending: Vec<Event>,
    /// Their entries in the index.
    pub entries: Vec<Entry>,
}

impl Transactions {
    /// Goes on after an event that ends the transaction of this number and time, whose line ends at
    /// `end`.
    pub(crate) fn after(
        ledger: Ledger,
        hash: Hash,
        head: EventId,
        last: (TxId, Option<Timestamp>),
        end: u64,
    ) -> Transactions {
        Transactions {
            ledger,
            tables: Tables::default(),
            chain: Chain::after(&hash),
            hash,
            head,
            last,
            end,
            pending: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// The number that the next event must have.
    pub(crate) fn next_event(&self) -> EventId {
        self.pending.last().map_or(self.head, |event| event.id).next()
    }

    /// Takes in the next line of a log that is known to have one; says whether its transaction is
    /// whole now.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where no line like it belongs there, [`Error::Io`] where it cannot be read.
    pub(crate) fn advance(&mut self, reader: &mut LineReader, path: &Path) -> Result<bool, Error> {
        let event = self.next_event();
        let accepted = match reader.advance().map_err(Error::io("read", path))? {
            Next::Line if has_valid_crc(reader.line()) => self.accept(reader),
            Next::Line => Err("the checksum is wrong".into()),
            Next::End => Err("events are missing".into()),
            Next::Unfinished | Next::TooLong => Err("the line is not finished".into()),
        };
        accepted.map_err(|reason| self.damage(path, reader.offset(), event, reason))
    }

    /// Takes in the line that the reader is at, whose checksum is right; says whether its transaction
    /// is whole now.
    ///
    /// # Errors
    /// Why no line like this belongs there.
    pub(crate) fn accept(&mut self, reader: &LineReader) -> Result<bool, String> {
        let line = line::parse(reader.line())?;
        self.check_sequence(&line)?;
        let (event, previous) = line.admit(&mut self.tables, &mut self.ledger)?;
        line.add_to(&mut self.chain, event.last.as_deref());
        self.entries.push(entry_of(&event, reader.offset(), previous));
        let (head, last) = (event.id, (event.tx, Some(event.at)));
        self.pending.push(event);
        let Some(hash) = line.hash else {
            return Ok(false);
        };
        self.hash = self.chain.finish();
        if self.hash != hash {
            return Err("the chain of hashes is broken".into());
        }
        self.ledger.commit();
        (self.head, self.last, self.end) = (head, last, reader.next_offset());
        Ok(true)
    }

    /// Whether a line can follow those before it, by what it says of itself.
    fn check_sequence(&self, line: &Line<'_>) -> Result<(), String> {
        let expected = self.next_event();
        if line.stamp.event != expected {
            return Err(format!("event {} where {expected} belongs", line.stamp.event));
        }
        let tx = TxId(self.last.0.0.saturating_add(1));
        if line.stamp.tx != tx {
            return Err(format!("transaction {} where {tx} belongs", line.stamp.tx));
        }
        let (first, at) = (self.pending.is_empty(), line.stamp.at);
        let in_order = match self.pending.first() {
            Some(event) => event.at == at,
            None => self.last.1.is_none_or(|before| before < at),
        };
        if !in_order {
            return Err("the time does not follow".into());
        }
        if line.salt.is_some() != first {
            return Err("the beginning of a transaction is marked wrongly".into());
        }
        if line.durable.is_some_and(|durable| !first || durable > self.head) {
            return Err("the mark of durability is ahead of the log".into());
        }
        Ok(())
    }

    /// The error for a line that is not what belongs there.
    pub(crate) fn damage(&self, path: &Path, offset: u64, event: EventId, reason: String) -> Error {
        let intact = match self.head {
            EventId(0) => "no event before it".into(),
            EventId(1) => "event 1 is intact".into(),
            head => format!("events 1 to {head} are intact"),
        };
        Error::Corrupt { file: path.to_path_buf(), offset, event, reason, intact }
    }
}
