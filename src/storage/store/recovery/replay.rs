//! Reading a log line by line, whole transactions at a time.

use super::Recovered;
use super::replica::Replica;
use super::start::Start;
use super::transactions::Transactions;
use crate::storage::error::Error;
use crate::storage::log::reader::{LineReader, Next};
use crate::storage::log::{has_valid_crc, line};
use crate::storage::store::chronicle::Chronicle;
use crate::storage::store::index::EventIndex;
use crate::storage::vfs::VfsFile;
use crate::types::EventId;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How every line of an event begins.
const LINE_START: &[u8] = b"{\"event\":";

/// How many beginnings of lines inside of a bad one are looked at, so that a log made to waste time
/// does not.
const MAX_STARTS: usize = 64;

/// What ended the reading before the end of the file.
enum Flaw {
    /// Bytes that are no line: a crash may have left them.
    Torn(String),
    /// A line that does not belong there: no crash leaves such.
    Wrong(String),
}

/// The tail behind the last whole transaction, if it is one that a crash may have left.
pub(super) struct Tail {
    /// How many events stand in it, whole or in part.
    pub events: usize,
}

/// Reads from where it begins to the end; gives the tail if there is one, or what is damaged.
pub(super) fn replay(
    path: &Path,
    file: &Arc<dyn VfsFile>,
    size: u64,
    start: Start,
    replica: &mut dyn Replica,
) -> Result<(Recovered, Result<Option<Tail>, Error>), Error> {
    let mut replay = Replay::new(path, file, size, start, replica);
    let ending = replay.run()?;
    let Replay { transactions, mut index, chronicle, notice, replayed, .. } = replay;
    let Transactions { mut ledger, hash, head, end, .. } = transactions;
    ledger.roll_back();
    index.cut(head, end)?;
    let recovered = Recovered {
        header: None,
        ledger,
        index,
        chronicle,
        hash,
        notices: Vec::new(),
        index_notice: notice,
        replayed,
        refusal: None,
    };
    Ok((recovered, ending))
}

/// Reading line by line, one transaction under way.
struct Replay<'a> {
    path: PathBuf,
    reader: LineReader,
    transactions: Transactions,
    index: EventIndex,
    chronicle: Chronicle,
    covered: EventId,
    limit: Option<EventId>,
    replayed: u64,
    notice: Option<String>,
    replica: &'a mut dyn Replica,
}

impl<'a> Replay<'a> {
    fn new(
        path: &Path,
        file: &Arc<dyn VfsFile>,
        size: u64,
        start: Start,
        replica: &'a mut dyn Replica,
    ) -> Replay<'a> {
        let Start { index, chronicle, ledger, event, tx, at, offset, hash, .. } = start;
        Replay {
            path: path.to_path_buf(),
            reader: LineReader::new(Arc::clone(file), offset, size),
            transactions: Transactions::after(ledger, hash, event, (tx, at), offset),
            index,
            chronicle,
            covered: start.covered,
            limit: start.limit,
            replayed: 0,
            notice: start.notice,
            replica,
        }
    }

    /// Reads to the end: `Ok(None)` if that is clean, else the tail, else what is damaged.
    fn run(&mut self) -> Result<Result<Option<Tail>, Error>, Error> {
        let (event, flaw) = loop {
            let Transactions { head, pending, .. } = &self.transactions;
            if pending.is_empty() && self.limit.is_some_and(|limit| *head >= limit) {
                return Ok(Ok(None));
            }
            let (head, events) = (*head, pending.len());
            let event = self.transactions.next_event();
            match self.advance()? {
                Next::End if head < self.covered => {
                    break (event, Flaw::Wrong("events are missing".into()));
                }
                Next::End if events == 0 => return Ok(Ok(None)),
                Next::End => return Ok(Ok(Some(Tail { events }))),
                Next::Unfinished => break (event, Flaw::Torn("the line is not finished".into())),
                Next::TooLong => break (event, Flaw::Torn("the line has no end".into())),
                Next::Line if !has_valid_crc(self.reader.line()) => {
                    break (event, Flaw::Torn("the checksum is wrong".into()));
                }
                Next::Line => {}
            }
            if let Err(reason) = self.accept() {
                break (event, Flaw::Wrong(reason));
            }
        };
        let offset = self.reader.offset();
        let reason = match flaw {
            Flaw::Wrong(reason) if self.transactions.head < self.covered => {
                format!("{reason}, and event {} was known to be safe", self.covered)
            }
            Flaw::Wrong(reason) => reason,
            Flaw::Torn(reason) => match self.scan_tail()? {
                Ok(tail) => return Ok(Ok(Some(tail))),
                Err(mark) => format!("{reason}, and event {mark} was known to be safe"),
            },
        };
        Ok(Err(self.damage(offset, event, reason)))
    }

    fn advance(&mut self) -> Result<Next, Error> {
        self.reader.advance().map_err(Error::io("read", &self.path))
    }

    /// Takes in a line whose checksum is right.
    fn accept(&mut self) -> Result<(), String> {
        if !self.transactions.accept(&self.reader)? {
            return Ok(());
        }
        for event in self.transactions.pending.drain(..) {
            self.replayed += 1;
            self.chronicle.record(&event);
            self.replica.apply(&event);
        }
        if self.transactions.head > self.index.head() {
            self.index.push(&mut self.transactions.entries, self.transactions.end);
        }
        self.transactions.entries.clear();
        Ok(())
    }

    /// Reads on behind a bad line, which is the current one: `Ok` if nothing there was ever known to
    /// be safe, else the event that was.
    fn scan_tail(&mut self) -> Result<Result<Tail, EventId>, Error> {
        let head = self.transactions.head;
        if self.covered > head {
            return Ok(Err(self.covered));
        }
        let mut events = self.transactions.pending.len();
        let mut next = Next::Unfinished;
        while next != Next::End {
            let text = self.reader.line();
            events += usize::from(text.starts_with(LINE_START) || next == Next::TooLong);
            if let Some(mark) = highest_mark(text).filter(|mark| *mark > head) {
                return Ok(Err(mark));
            }
            next = self.advance()?;
        }
        Ok(Ok(Tail { events }))
    }

    fn damage(&self, offset: u64, event: EventId, reason: String) -> Error {
        self.transactions.damage(&self.path, offset, event, reason)
    }
}

/// The latest mark of durability in a line, or in a whole one that stands at the end of a bad one:
/// where a newline is damaged, the next line does not lose its word.
fn highest_mark(text: &[u8]) -> Option<EventId> {
    let starts = text.windows(LINE_START.len()).enumerate();
    let starts = starts.filter(|(_, window)| *window == LINE_START).take(MAX_STARTS);
    let lines = starts.map(|(at, _)| &text[at..]).filter(|line| has_valid_crc(line));
    lines.filter_map(|line| line::parse(line).ok()?.durable).max()
}
