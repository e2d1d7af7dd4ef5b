//! Reading a log line by line, whole transactions at a time.

use super::RecoveredLog;
use super::replica::{DurableMark, Replica};
use super::resume::LogGap;
use super::start::ReplayStart;
use super::transactions::TransactionReader;
use crate::storage::error::{Error, Mismatch};
use crate::storage::log::header::Uuid;
use crate::storage::log::reader::{NextLine, to_u64};
use crate::storage::log::{Locator, Log, LogLines, MAX_LINE_SIZE, check_crc, has_valid_crc, line};
use crate::storage::store::index::EventIndex;
use crate::storage::store::schema_timeline::SchemaTimeline;
use crate::types::EventId;

/// How every line of an event begins.
const LINE_START: &[u8] = b"{\"event\":";

/// How many beginnings of lines inside of a bad one are looked at, so that a log made to waste time
/// does not.
const MAX_STARTS: usize = 64;

/// How many bytes without an end of a line are looked at: a file that was made larger than this was
/// not made so by a crash, and reading all of it could take for ever.
const MAX_RUN: u64 = 1 << 30;

/// What ended the reading before the end of the log.
enum BadLine {
    /// Bytes that are no line: a crash may have left them.
    Torn(Mismatch),
    /// A line that does not belong there: no crash leaves such.
    Wrong(Mismatch),
}

/// The tail behind the last whole transaction, if it is one that a crash may have left.
pub(super) struct TornTail {
    /// How many events stand in it, whole or in part.
    pub events: usize,
}

/// Reads from where it begins to the end; gives the tail if there is one, or what is damaged.
pub(super) fn replay(
    log: &dyn Log,
    log_end: Locator,
    start: ReplayStart,
    replica: &mut dyn Replica,
) -> Result<(RecoveredLog, Result<Option<TornTail>, Error>), Error> {
    let mut replay = LogReplay::new(log, log_end, start, replica);
    let ending = replay.run()?;
    let LogReplay { transactions, mut index, timeline, notice, replayed, gaps, .. } = replay;
    let TransactionReader { mut ledger, links, end, .. } = transactions;
    let (hash, head) = (links.hash, links.head);
    ledger.roll_back();
    index.cut(head, end)?;
    let recovered = RecoveredLog {
        header: None,
        ledger,
        index,
        timeline,
        hash,
        notices: Vec::new(),
        index_notice: notice,
        replayed,
        refusal: None,
        gaps,
    };
    Ok((recovered, ending))
}

/// Reading line by line, one transaction under way.
pub(super) struct LogReplay<'a> {
    pub log: &'a dyn Log,
    /// Where the log ended when the reading began.
    pub log_end: Locator,
    pub uuid: Uuid,
    pub reader: Box<dyn LogLines>,
    /// Where the last damage begins that was found.
    pub damaged: Locator,
    pub transactions: TransactionReader,
    pub index: EventIndex,
    pub timeline: SchemaTimeline,
    /// Whether it goes on behind damage, and where it did.
    reads_past_damage: bool,
    pub gaps: Vec<LogGap>,
    covered: EventId,
    /// The marks that are still to be found, the next one last.
    pub marks: Vec<DurableMark>,
    limit: Option<EventId>,
    replayed: u64,
    notice: Option<String>,
    pub replica: &'a mut dyn Replica,
}

impl<'a> LogReplay<'a> {
    fn new(
        log: &'a dyn Log,
        log_end: Locator,
        start: ReplayStart,
        replica: &'a mut dyn Replica,
    ) -> LogReplay<'a> {
        let ReplayStart { index, timeline, ledger, event, tx, at, line, hash, mut marks, .. } =
            start;
        marks.reverse();
        LogReplay {
            log,
            log_end,
            uuid: *index.uuid(),
            reads_past_damage: start.reads_past_damage,
            gaps: Vec::new(),
            reader: log.read(line..log_end),
            damaged: line,
            transactions: TransactionReader::after(ledger, hash, event, (tx, at), line),
            index,
            timeline,
            covered: start.covered,
            marks,
            limit: start.limit,
            replayed: 0,
            notice: start.notice,
            replica,
        }
    }

    /// Reads to the end: `Ok(None)` if that is clean, else the tail, else what is damaged first.
    fn run(&mut self) -> Result<Result<Option<TornTail>, Error>, Error> {
        let mut ending = self.read_on()?;
        while let Err(Error::Corrupt(damage)) = &ending
            && self.reads_past_damage
            && self.resume(damage)?
        {
            ending = self.read_on()?;
        }
        Ok(match self.gaps.first() {
            Some(gap) => Err(Error::Corrupt(Box::new(gap.damage.clone()))),
            None => ending,
        })
    }

    /// Reads to the end, or to where it is damaged.
    fn read_on(&mut self) -> Result<Result<Option<TornTail>, Error>, Error> {
        let (event, flaw) = loop {
            let TransactionReader { links, pending, .. } = &self.transactions;
            if pending.is_empty() && self.limit.is_some_and(|limit| links.head >= limit) {
                return Ok(Ok(None));
            }
            let (head, event, events) = (links.head, links.next_event(), pending.len());
            match self.advance()? {
                NextLine::End if head < self.covered => {
                    break (event, BadLine::Wrong("events are missing".into()));
                }
                NextLine::End if events == 0 => return Ok(Ok(None)),
                NextLine::End => return Ok(Ok(Some(TornTail { events }))),
                NextLine::Unfinished => {
                    break (event, BadLine::Torn("the line is not finished".into()));
                }
                NextLine::TooLong => break (event, BadLine::Torn("the line has no end".into())),
                NextLine::Line => {}
            }
            if let Err(mismatch) = check_crc(self.reader.line()) {
                break (event, BadLine::Torn(mismatch));
            }
            if let Err(mismatch) = self.accept() {
                break (event, BadLine::Wrong(mismatch));
            }
            if let Err(other_history) = self.check_marks() {
                return Ok(Err(other_history));
            }
        };
        self.damaged = self.reader.begin();
        let safe = |Mismatch { expected, found }: Mismatch, mark: EventId| Mismatch {
            expected,
            found: format!("{found}, and event {mark} was known to be safe"),
        };
        let mismatch = match flaw {
            BadLine::Torn(_) if self.is_endless() => {
                let left = self.log.size_of(self.damaged..self.log_end);
                Mismatch::from(format!("{left} bytes without the end of a line stand there"))
            }
            BadLine::Wrong(wrong) if self.transactions.head() < self.covered => {
                safe(wrong, self.covered)
            }
            BadLine::Wrong(wrong) => wrong,
            BadLine::Torn(torn) => match self.scan_tail()? {
                Ok(tail) => return Ok(Ok(Some(tail))),
                Err(mark) => safe(torn, mark),
            },
        };
        Ok(Err(self.transactions.damage(self.log.place(self.damaged), event, mismatch)))
    }

    fn advance(&mut self) -> Result<NextLine, Error> {
        self.reader.advance()
    }

    /// Takes in a line whose checksum is right.
    fn accept(&mut self) -> Result<(), Mismatch> {
        if !self.transactions.accept(&*self.reader)? {
            return Ok(());
        }
        for event in self.transactions.pending.drain(..) {
            self.replayed += 1;
            self.timeline.record(&event);
            self.replica.apply(&event);
        }
        if self.transactions.head() > self.index.head() {
            self.index.push(&mut self.transactions.entries, self.transactions.end);
        }
        self.transactions.entries.clear();
        Ok(())
    }

    /// Holds the marks of what was read by now against the chain.
    fn check_marks(&mut self) -> Result<(), Error> {
        let TransactionReader { links, end, .. } = &self.transactions;
        while let Some(mark) = self.marks.pop_if(|mark| mark.event <= links.head) {
            mark.check(self.log, Some(&links.hash).filter(|_| mark.event == links.head), *end)?;
        }
        Ok(())
    }

    /// Whether the current line is too long for one, and what is behind it too long to be read.
    fn is_endless(&self) -> bool {
        self.is_long() && self.log.size_of(self.reader.end()..self.log_end) > MAX_RUN
    }

    /// Whether the current line is too long for one.
    fn is_long(&self) -> bool {
        self.log.size_of(self.reader.begin()..self.reader.end()) >= to_u64(MAX_LINE_SIZE)
    }

    /// Reads on behind a bad line, which is the current one: `Ok` if nothing there was ever known to
    /// be safe, else the event that was.
    fn scan_tail(&mut self) -> Result<Result<TornTail, EventId>, Error> {
        let head = self.transactions.head();
        if self.covered > head {
            return Ok(Err(self.covered));
        }
        let mut events = self.transactions.pending.len();
        let mut next = NextLine::Unfinished;
        if self.is_long() {
            self.reader.pass_over()?;
        }
        while next != NextLine::End {
            let text = self.reader.line();
            events += usize::from(text.starts_with(LINE_START) || next == NextLine::TooLong);
            if let Some(mark) = highest_mark(text).filter(|mark| *mark > head) {
                return Ok(Err(mark));
            }
            next = self.advance()?;
            if next == NextLine::TooLong {
                self.reader.pass_over()?;
            }
        }
        Ok(Ok(TornTail { events }))
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
