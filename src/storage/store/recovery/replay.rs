//! Reading a log line by line, whole transactions at a time.

use super::Recovered;
use super::replica::Replica;
use super::start::Start;
use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::chain::{Chain, Hash};
use crate::storage::log::has_valid_crc;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line::{self, Line, Tables};
use crate::storage::log::reader::{LineReader, Next};
use crate::storage::store::append::entry_of;
use crate::storage::store::chronicle::Chronicle;
use crate::storage::store::index::{Entry, EventIndex};
use crate::storage::vfs::VfsFile;
use crate::types::{EventId, Timestamp, TxId};
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
    let Replay { mut ledger, mut index, chronicle, hash, notice, replayed, head, end, .. } = replay;
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
    ledger: Ledger,
    index: EventIndex,
    chronicle: Chronicle,
    tables: Tables,
    chain: Chain,
    hash: Hash,
    /// The last event of the last whole transaction, its number and time, and where it ends.
    head: EventId,
    tx: TxId,
    at: Option<Timestamp>,
    end: u64,
    covered: EventId,
    pending: Vec<Event>,
    entries: Vec<Entry>,
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
        Replay {
            path: path.to_path_buf(),
            reader: LineReader::new(Arc::clone(file), start.offset, size),
            ledger: start.ledger,
            index: start.index,
            chronicle: start.chronicle,
            tables: Tables::default(),
            chain: Chain::after(&start.hash),
            hash: start.hash,
            head: start.event,
            tx: start.tx,
            at: start.at,
            end: start.offset,
            covered: start.covered,
            pending: Vec::new(),
            entries: Vec::new(),
            replayed: 0,
            notice: start.notice,
            replica,
        }
    }

    /// Reads to the end: `Ok(None)` if that is clean, else the tail, else what is damaged.
    fn run(&mut self) -> Result<Result<Option<Tail>, Error>, Error> {
        let (event, flaw) = loop {
            let event = self.next_event();
            match self.advance()? {
                Next::End if self.head < self.covered => {
                    break (event, Flaw::Wrong("events are missing".into()));
                }
                Next::End if self.pending.is_empty() => return Ok(Ok(None)),
                Next::End => return Ok(Ok(Some(Tail { events: self.pending.len() }))),
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
            Flaw::Wrong(reason) if self.head < self.covered => {
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

    /// The number that the next event must have.
    fn next_event(&self) -> EventId {
        self.pending.last().map_or(self.head, |event| event.id).next()
    }

    /// Takes in a line whose checksum is right.
    fn accept(&mut self) -> Result<(), String> {
        let line = line::parse(self.reader.line())?;
        self.check_sequence(&line)?;
        let (event, previous) = line.admit(&mut self.tables, &mut self.ledger)?;
        line.add_to(&mut self.chain, event.last.as_ref());
        self.entries.push(entry_of(&event, self.reader.offset(), previous));
        self.pending.push(event);
        let Some(hash) = line.hash else {
            return Ok(());
        };
        self.hash = self.chain.finish();
        if self.hash != hash {
            return Err("the chain of hashes is broken".into());
        }
        self.ledger.commit();
        self.end = self.reader.next_offset();
        for event in self.pending.drain(..) {
            (self.head, self.tx, self.at) = (event.id, event.tx, Some(event.at));
            self.replayed += 1;
            self.chronicle.record(&event);
            self.replica.apply(&event);
        }
        if self.head > self.index.head() {
            self.index.push(&self.entries, self.end);
        }
        self.entries.clear();
        Ok(())
    }

    /// Whether a line can follow those before it, by what it says of itself.
    fn check_sequence(&self, line: &Line<'_>) -> Result<(), String> {
        let expected = self.next_event();
        if line.stamp.event != expected {
            return Err(format!("event {} where {expected} belongs", line.stamp.event));
        }
        let tx = TxId(self.tx.0.saturating_add(1));
        if line.stamp.tx != tx {
            return Err(format!("transaction {} where {tx} belongs", line.stamp.tx));
        }
        let (first, at) = (self.pending.is_empty(), line.stamp.at);
        let in_order = match self.pending.first() {
            Some(event) => event.at == at,
            None => self.at.is_none_or(|before: Timestamp| before < at),
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

    /// Reads on behind a bad line, which is the current one: `Ok` if nothing there was ever known to
    /// be safe, else the event that was.
    fn scan_tail(&mut self) -> Result<Result<Tail, EventId>, Error> {
        let head = self.head;
        if self.covered > head {
            return Ok(Err(self.covered));
        }
        let mut events = self.pending.len();
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
        let intact = match self.head {
            EventId(0) => "no event before it".into(),
            EventId(1) => "event 1 is intact".into(),
            head => format!("events 1 to {head} are intact"),
        };
        Error::Corrupt { file: self.path.clone(), offset, event, reason, intact }
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
