//! The log read once more from its first byte, whatever is known of it.

use super::{EventStore, REPLACED};
use crate::storage::error::{Error, Mismatch};
use crate::storage::event::Event;
use crate::storage::log::header::{Header, Uuid};
use crate::storage::log::ledger::Ledger;
use crate::storage::log::{Locator, Log, LogLines};
use crate::storage::store::index::{IndexCheck, IndexEntry};
use crate::storage::store::lock::holder_of;
use crate::storage::store::position::ProjectionPosition;
use crate::storage::store::recovery::{LogTail, TransactionReader, read_header, read_tail};
use crate::types::{EventId, TxId};

/// A transaction that was read again.
pub(crate) struct RereadTransaction<'a> {
    /// Its events.
    pub events: &'a [Event],
    /// What the index should have of them.
    pub entries: &'a [IndexEntry],
    /// Where the log is after it.
    pub position: ProjectionPosition,
    /// How many bytes of the log were read since the one before it.
    pub bytes: u64,
}

/// Where the log ended when the reading began.
pub(crate) struct LogHead {
    /// The last event that everybody knew when the reading began.
    pub event: EventId,
    /// Where its line ends.
    end: Locator,
    /// How many bytes the log has up to there; 0 where it has not even a header.
    pub bytes: u64,
    /// The chain's hash after it.
    hash: [u8; 32],
    uuid: [u8; 16],
}

/// What a visitor of transactions gives, or why the reading was stopped.
type TransactionVisitor<'v> = dyn FnMut(&RereadTransaction<'_>) -> Result<(), Error> + 'v;

impl EventStore {
    /// What is known of the log now, and its index, read anew.
    pub(crate) fn head_and_index(&self) -> (LogHead, IndexCheck) {
        let log = self.log();
        let published = self.published();
        let index = &published.index;
        let (event, end, uuid) = (index.head(), index.end(), *index.uuid());
        let bytes = log.map_or(0, |log| log.size_of(log.start()..end));
        let head = LogHead { event, end, bytes, hash: published.hash, uuid };
        (head, index.check(&*self.environment.vfs))
    }

    /// Reads the log from its first byte up to what is known of it, and checks every line as if it
    /// were seen for the first time; hands out each transaction once it is whole. Then looks at what
    /// is behind that; `covered` is the last event that a projection is about. Gives what there is to
    /// say of that, if anything; the inner error is what is wrong with the log.
    ///
    /// # Errors
    /// Those of `visit`, which end the reading; [`Error::Io`] where the log cannot be read.
    pub(crate) fn reread(
        &self,
        head: &LogHead,
        covered: EventId,
        visit: &mut TransactionVisitor<'_>,
    ) -> Result<Result<Option<String>, Error>, Error> {
        Ok(self.damage.note(self.reread_log(head, covered, visit)?))
    }

    fn reread_log(
        &self,
        head: &LogHead,
        covered: EventId,
        visit: &mut TransactionVisitor<'_>,
    ) -> Result<Result<Option<String>, Error>, Error> {
        // Without a header there is nothing to be read.
        let Some(log) = self.log().filter(|_| head.bytes > 0) else { return Ok(Ok(None)) };
        match log.is_in_place() {
            Ok(true) => {}
            Ok(false) => return Ok(Err(self.replaced(REPLACED))),
            Err(error) => return Ok(Err(error)),
        }
        let mut reader = log.read(log.start()..head.end);
        let header = match own_header(&mut *reader, &head.uuid) {
            Ok(header) => header,
            Err(error) => return Ok(Err(error)),
        };
        let mut transactions = TransactionReader::after(
            Ledger::default(),
            header.previous_hash,
            EventId(header.first_event.0.saturating_sub(1)),
            (TxId(0), None),
            reader.end(),
        );
        let mut passed = log.start();
        while transactions.head() < head.event {
            match transactions.advance(&mut *reader) {
                Ok(false) => {}
                Ok(true) => {
                    let bytes = log.size_of(passed..transactions.end);
                    passed = transactions.end;
                    visit_whole(&mut transactions, bytes, head, visit)?;
                }
                Err(error) => return Ok(Err(error)),
            }
        }
        if transactions.links.hash != head.hash {
            return Ok(Err(self.replaced(REPLACED)));
        }
        Ok(self.check_end(&*log, &header, transactions, covered))
    }

    /// Looks at what is behind the last event that is known.
    fn check_end(
        &self,
        log: &dyn Log,
        header: &Header,
        transactions: TransactionReader,
        covered: EventId,
    ) -> Result<Option<String>, Error> {
        if self.read_only().is_none() {
            let writer = self.writer();
            if self.is_poisoned() {
                return Ok(Some("an earlier write to it failed, its end is unknown".into()));
            }
            // Nobody appends meanwhile.
            let end = writer.end(self.published().index.end());
            return self.check_log(log, end).map(|()| None);
        }
        if let Some(holder) = holder_of(&*self.environment.vfs, &self.directory)? {
            return Ok(Some(format!("{holder} is writing to it")));
        }
        let head = transactions.head();
        Ok(match read_tail(log, &self.directory, header, transactions, covered)? {
            LogTail::Nothing => None,
            LogTail::More(0) => Some(format!("unfinished bytes after event {head} left out")),
            LogTail::More(events) => {
                let plural = if events == 1 { "" } else { "s" };
                Some(format!("{events} event{plural} after event {head} not read"))
            }
        })
    }

    /// Holds the length of the index against what this process wrote to it.
    pub(crate) fn check_index_length(&self, check: &mut IndexCheck) {
        // Nobody appends meanwhile.
        let writer = self.writer();
        if self.read_only().is_none() && writer.index_failure.is_none() {
            check.check_length(self.published().index.stored());
        }
    }
}

/// Reads the header of the log that was opened.
pub(super) fn own_header(reader: &mut dyn LogLines, uuid: &Uuid) -> Result<Header, Error> {
    match read_header(reader)? {
        Some(header) if header.uuid == *uuid => Ok(header),
        Some(_) => Err(Error::Replaced { path: reader.place().file, reason: REPLACED }),
        None => {
            let gone = Mismatch::new("the header of the log", "the header is gone");
            Err(gone.at(reader.place(), EventId::START, "no event before it".into()))
        }
    }
}

/// Hands out a transaction that is whole, and begins the next.
fn visit_whole(
    transactions: &mut TransactionReader,
    bytes: u64,
    head: &LogHead,
    visit: &mut TransactionVisitor<'_>,
) -> Result<(), Error> {
    let Some(last) = transactions.pending.last() else { return Ok(()) };
    let position = ProjectionPosition {
        uuid: head.uuid,
        event: last.id,
        tx: last.tx,
        at: last.at,
        hash: transactions.links.hash,
        next_line: transactions.end,
    };
    let (events, entries) = (&transactions.pending, &transactions.entries);
    visit(&RereadTransaction { events, entries, position, bytes })?;
    transactions.pending.clear();
    transactions.entries.clear();
    Ok(())
}
