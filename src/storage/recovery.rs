//! Opening a log: every line checked, what a crash left cut off, damage named.
//!
//! The cases are drawn in [`log`](super::log). A log goes in; out come its books, its timeline and
//! its chain, and the events of all whole transactions on the way, each handed to the caller once.

use super::error::Error;
use super::event::Event;
use super::log::chain::{Chain, Hash};
use super::log::header::Header;
use super::log::ledger::Ledger;
use super::log::line::{self, Line, Tables};
use super::log::reader::{LineReader, Next};
use super::log::{LOG, has_valid_crc};
use super::timeline::Timeline;
use super::vfs::{Access, Vfs, VfsFile};
use crate::types::{EventId, Timestamp, TxId};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where bytes go that are cut off a log.
const LOST_AND_FOUND: &str = "lost+found";

/// Names that only a database has: where one stands and the log does not, the log is lost.
const COMPANIONS: [&str; 3] = ["events.index", "snapshots", "_catalog.json"];

/// How much is copied at once.
const COPY_SIZE: usize = 1 << 20;

/// How every line of an event begins.
const LINE_START: &[u8] = b"{\"event\":";

/// How many beginnings of lines inside of a bad one are looked at, so that a log made to waste time
/// does not.
const MAX_STARTS: usize = 64;

/// Receives every event of a log when it is opened.
pub(crate) type Apply<'a> = &'a mut dyn FnMut(&Event);

/// A log that was read to its end.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// Absent where the file has no header yet.
    pub header: Option<Header>,
    /// The books after the last whole transaction.
    pub ledger: Ledger,
    /// Its transactions.
    pub timeline: Timeline,
    /// The chain's hash after the last.
    pub hash: Hash,
    /// What was found, one line each.
    pub notices: Vec<String>,
    /// Why nothing may be written, if so.
    pub refusal: Option<String>,
}

/// What ended the reading before the end of the file.
enum Flaw {
    /// Bytes that are no line: a crash may have left them.
    Torn(String),
    /// A line that does not belong there: no crash leaves such.
    Wrong(String),
}

/// The tail behind the last whole transaction, if it is one that a crash may have left.
struct Tail {
    /// How many events stand in it, whole or in part.
    events: usize,
}

/// Reads a log, and repairs the end of it if a crash left it unfinished and `writable` allows.
///
/// # Errors
/// [`Error::Corrupt`] where the log is damaged and was to be written, or its header is.
pub(crate) fn recover(
    vfs: &dyn Vfs,
    directory: &Path,
    file: &Arc<dyn VfsFile>,
    writable: bool,
    apply: Apply<'_>,
) -> Result<Recovered, Error> {
    let path = directory.join(LOG);
    let size = file.size().map_err(Error::io("read", &path))?;
    let mut reader = LineReader::new(Arc::clone(file), 0, size);
    let Some(header) = read_header(&mut reader, &path)? else {
        let names = vfs.names(directory).map_err(Error::io("read", directory))?;
        check_companions(&path, &names, "it is empty")?;
        let mut recovered = Recovered::empty();
        if size > 0 {
            recovered.cut(vfs, &path, file, size, &Tail { events: 0 }, writable);
        }
        return Ok(recovered);
    };
    let mut replay = Replay::new(path, reader, &header, apply);
    let ending = replay.run()?;
    let Replay { path, mut ledger, timeline, hash, .. } = replay;
    ledger.roll_back();
    let (notices, refusal) = (Vec::new(), None);
    let mut recovered =
        Recovered { header: Some(header), ledger, timeline, hash, notices, refusal };
    match ending {
        Ok(None) => {}
        Ok(Some(tail)) => recovered.cut(vfs, &path, file, size, &tail, writable),
        Err(damage) if writable => return Err(damage),
        Err(damage) => {
            recovered.notices.push(damage.to_string());
            recovered.refusal = Some("the log is damaged".into());
        }
    }
    Ok(recovered)
}

/// Reads the header; `None` where the file has none yet.
fn read_header(reader: &mut LineReader, path: &Path) -> Result<Option<Header>, Error> {
    let found = reader.advance().map_err(Error::io("read", path))?;
    let reason = match found {
        Next::End => return Ok(None),
        Next::Unfinished if Header::is_torn(reader.line()) => return Ok(None),
        Next::Unfinished | Next::TooLong => "this is not the header of an asof log".to_owned(),
        Next::Line => match Header::decode(reader.line()) {
            Ok(header) => return Ok(Some(header)),
            Err(reason) => reason,
        },
    };
    Err(Error::Corrupt {
        file: path.to_path_buf(),
        offset: 0,
        event: EventId::START,
        reason,
        intact: "nothing was changed".into(),
    })
}

/// Refuses a directory whose other files say that it had a log.
pub(crate) fn check_companions(path: &Path, names: &[String], what: &str) -> Result<(), Error> {
    let is_companion =
        |name: &&String| COMPANIONS.contains(&name.as_str()) || name.ends_with(".db");
    let Some(name) = names.iter().find(is_companion) else {
        return Ok(());
    };
    Err(Error::Corrupt {
        file: path.to_path_buf(),
        offset: 0,
        event: EventId::START,
        reason: format!("{what}, but `{name}` is there"),
        intact: "nothing was changed".into(),
    })
}

/// Reading line by line, one transaction under way.
struct Replay<'a> {
    path: PathBuf,
    reader: LineReader,
    ledger: Ledger,
    timeline: Timeline,
    tables: Tables,
    chain: Chain,
    hash: Hash,
    pending: Vec<Event>,
    apply: Apply<'a>,
}

impl<'a> Replay<'a> {
    fn new(path: PathBuf, reader: LineReader, header: &Header, apply: Apply<'a>) -> Replay<'a> {
        Replay {
            path,
            timeline: Timeline::new(header, reader.next_offset()),
            reader,
            ledger: Ledger::default(),
            tables: Tables::default(),
            chain: Chain::after(&header.previous_hash),
            hash: header.previous_hash,
            pending: Vec::new(),
            apply,
        }
    }

    /// Reads to the end: `Ok(None)` if that is clean, else the tail, else what is damaged.
    fn run(&mut self) -> Result<Result<Option<Tail>, Error>, Error> {
        let (event, flaw) = loop {
            let event = self.next_event();
            match self.advance()? {
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
        self.pending.last().map_or(self.timeline.head(), |event| event.id).next()
    }

    /// Takes in a line whose checksum is right.
    fn accept(&mut self) -> Result<(), String> {
        let line = line::parse(self.reader.line())?;
        self.check_sequence(&line)?;
        let event = line.admit(&mut self.tables, &mut self.ledger)?;
        line.add_to(&mut self.chain, event.last.as_ref());
        self.pending.push(event);
        let Some(hash) = line.hash else {
            return Ok(());
        };
        self.hash = self.chain.finish();
        if self.hash != hash {
            return Err("the chain of hashes is broken".into());
        }
        self.ledger.commit();
        self.timeline.push(&self.pending, self.ledger.schema(), self.reader.next_offset());
        self.pending.drain(..).for_each(|event| (self.apply)(&event));
        Ok(())
    }

    /// Whether a line can follow those before it, by what it says of itself.
    fn check_sequence(&self, line: &Line<'_>) -> Result<(), String> {
        let expected = self.next_event();
        if line.stamp.event != expected {
            return Err(format!("event {} where {expected} belongs", line.stamp.event));
        }
        let tx = TxId(self.timeline.last_tx().0.saturating_add(1));
        if line.stamp.tx != tx {
            return Err(format!("transaction {} where {tx} belongs", line.stamp.tx));
        }
        let (first, at) = (self.pending.is_empty(), line.stamp.at);
        let in_order = match self.pending.first() {
            Some(event) => event.at == at,
            None => self.timeline.last_at().is_none_or(|before: Timestamp| before < at),
        };
        if !in_order {
            return Err("the time does not follow".into());
        }
        if line.salt.is_some() != first {
            return Err("the beginning of a transaction is marked wrongly".into());
        }
        if line.durable.is_some_and(|durable| !first || durable > self.timeline.head()) {
            return Err("the mark of durability is ahead of the log".into());
        }
        Ok(())
    }

    /// Reads on behind a bad line, which is the current one: `Ok` if nothing there was ever known to
    /// be safe, else the event that was.
    fn scan_tail(&mut self) -> Result<Result<Tail, EventId>, Error> {
        let head = self.timeline.head();
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
        let intact = match self.timeline.head() {
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

impl Recovered {
    /// What a log without a header holds.
    pub(crate) fn empty() -> Recovered {
        Recovered {
            header: None,
            ledger: Ledger::default(),
            timeline: Timeline::default(),
            hash: Hash::default(),
            notices: Vec::new(),
            refusal: None,
        }
    }

    /// Cuts the tail behind the last whole transaction if that may be done, and says so.
    fn cut(
        &mut self,
        vfs: &dyn Vfs,
        path: &Path,
        file: &Arc<dyn VfsFile>,
        size: u64,
        tail: &Tail,
        writable: bool,
    ) {
        let (offset, head) = (self.timeline.end(), self.timeline.head());
        let what = match tail.events {
            0 => format!("{} unfinished bytes", size - offset),
            1 => "1 unfinished event".into(),
            events => format!("{events} unfinished events"),
        };
        let what = format!("{LOG}: {what} after event {head}");
        if !writable {
            self.notices.push(format!("{what} left out"));
            return;
        }
        match cut_tail(vfs, path, &**file, offset, size) {
            Ok(kept) => self.notices.push(format!("{what} cut, kept in {}", kept.display())),
            Err(error) => {
                self.notices.push(format!("{what} left out: {error}"));
                self.refusal = Some(format!("the log could not be repaired: {error}"));
            }
        }
    }
}

/// Copies the bytes from `offset` on to `lost+found/`, makes the copy durable, then cuts them off.
fn cut_tail(
    vfs: &dyn Vfs,
    path: &Path,
    file: &dyn VfsFile,
    offset: u64,
    size: u64,
) -> Result<PathBuf, Error> {
    let directory = path.with_file_name(LOST_AND_FOUND);
    vfs.create_directory(&directory).map_err(Error::io("create", &directory))?;
    let names = vfs.names(&directory).map_err(Error::io("read", &directory))?;
    let free = |name: &String| names.binary_search(name).is_err();
    let name = (1..=names.len() + 1).map(|n| format!("{LOG}.{offset}.{n}")).find(free);
    let name = name.unwrap_or_else(|| format!("{LOG}.{offset}"));
    let target = directory.join(&name);
    let copy = vfs.open(&target, Access::CreateNew).map_err(Error::io("create", &target))?;
    let mut buffer = vec![0; COPY_SIZE];
    let (mut from, mut to) = (offset, 0);
    while from < size {
        let read = file.read_at(from, &mut buffer).map_err(Error::io("read", path))?;
        if read == 0 {
            break;
        }
        copy.write_at(to, &buffer[..read]).map_err(Error::io("write", &target))?;
        let read = super::log::reader::to_u64(read);
        (from, to) = (from + read, to + read);
    }
    copy.sync().map_err(Error::io("sync", &target))?;
    vfs.sync_directory(&directory).map_err(Error::io("sync", &directory))?;
    let parent = path.parent().unwrap_or(path);
    vfs.sync_directory(parent).map_err(Error::io("sync", parent))?;
    file.truncate(offset).map_err(Error::io("truncate", path))?;
    file.sync().map_err(Error::io("sync", path))?;
    Ok(PathBuf::from(LOST_AND_FOUND).join(name))
}
