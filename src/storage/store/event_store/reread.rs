//! The log read once more from its first byte, whatever is known of it.

use super::{EventStore, REPLACED};
use crate::storage::error::{Error, Mismatch};
use crate::storage::event::Event;
use crate::storage::log::header::{Header, Uuid};
use crate::storage::log::ledger::Ledger;
use crate::storage::log::reader::LineReader;
use crate::storage::store::index::{IndexCheck, IndexEntry};
use crate::storage::store::lock::holder_of;
use crate::storage::store::position::ProjectionPosition;
use crate::storage::store::recovery::{LogTail, TransactionReader, read_header, read_tail};
use crate::storage::vfs::VfsFile;
use crate::types::{EventId, TxId};
use std::path::Path;
use std::sync::Arc;

/// A transaction that was read again.
pub(crate) struct RereadTransaction<'a> {
    /// Its events.
    pub events: &'a [Event],
    /// What the index should have of them.
    pub entries: &'a [IndexEntry],
    /// Where the log is after it.
    pub position: ProjectionPosition,
}

/// Where the log ended when the reading began.
pub(crate) struct LogHead {
    /// The last event that everybody knew when the reading began.
    pub event: EventId,
    /// Where its line ends, in bytes.
    pub end: u64,
    /// The chain's hash after it.
    hash: [u8; 32],
    uuid: [u8; 16],
}

/// What a visitor of transactions gives, or why the reading was stopped.
type TransactionVisitor<'v> = dyn FnMut(&RereadTransaction<'_>) -> Result<(), Error> + 'v;

impl EventStore {
    /// What is known of the log now, and its index, read anew.
    pub(crate) fn head_and_index(&self) -> (LogHead, IndexCheck) {
        let published = self.published();
        let index = &published.index;
        let (event, end, uuid) = (index.head(), index.end(), *index.uuid());
        let head = LogHead { event, end, hash: published.hash, uuid };
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
        Ok(self.damage.note(self.reread_file(head, covered, visit)?))
    }

    fn reread_file(
        &self,
        head: &LogHead,
        covered: EventId,
        visit: &mut TransactionVisitor<'_>,
    ) -> Result<Result<Option<String>, Error>, Error> {
        let path = self.log_path.clone();
        // Without a header there is nothing to be read.
        let Some(file) = self.file().filter(|_| head.end > 0) else { return Ok(Ok(None)) };
        let read = |error| Error::io("read", &path)(error);
        match file.is_at(&path).map_err(read) {
            Ok(true) => {}
            Ok(false) => return Ok(Err(Error::Replaced { path, reason: REPLACED })),
            Err(error) => return Ok(Err(error)),
        }
        let mut reader = LineReader::new(Arc::clone(&file), 0, head.end);
        let header = match own_header(&mut reader, &path, &head.uuid) {
            Ok(header) => header,
            Err(error) => return Ok(Err(error)),
        };
        let mut transactions = TransactionReader::after(
            Ledger::default(),
            header.previous_hash,
            EventId(header.first_event.0.saturating_sub(1)),
            (TxId(0), None),
            reader.next_offset(),
        );
        while transactions.head() < head.event {
            match transactions.advance(&mut reader, &path) {
                Ok(false) => {}
                Ok(true) => visit_whole(&mut transactions, head, visit)?,
                Err(error) => return Ok(Err(error)),
            }
        }
        if transactions.links.hash != head.hash {
            return Ok(Err(Error::Replaced { path, reason: REPLACED }));
        }
        Ok(self.check_end(&file, &path, &header, transactions, covered))
    }

    /// Looks at what is behind the last event that is known.
    fn check_end(
        &self,
        file: &Arc<dyn VfsFile>,
        path: &Path,
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
            return self.check_file(&**file, end).map(|()| None);
        }
        if let Some(holder) = holder_of(&*self.environment.vfs, &self.directory)? {
            return Ok(Some(format!("{holder} is writing to it")));
        }
        let head = transactions.head();
        Ok(match read_tail(path, file, header, transactions, covered)? {
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
pub(super) fn own_header(
    reader: &mut LineReader,
    path: &Path,
    uuid: &Uuid,
) -> Result<Header, Error> {
    match read_header(reader, path)? {
        Some(header) if header.uuid == *uuid => Ok(header),
        Some(_) => Err(Error::Replaced { path: path.to_path_buf(), reason: REPLACED }),
        None => {
            let gone = Mismatch::new("the header of the log", "the header is gone");
            Err(gone.at(path, 0, EventId::START, "no event before it".into()))
        }
    }
}

/// Hands out a transaction that is whole, and begins the next.
fn visit_whole(
    transactions: &mut TransactionReader,
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
        log_offset: transactions.end,
    };
    let (events, entries) = (&transactions.pending, &transactions.entries);
    visit(&RereadTransaction { events, entries, position })?;
    transactions.pending.clear();
    transactions.entries.clear();
    Ok(())
}
