//! Going on behind damage: whoever only reads is told what a projection says instead of the lines that
//! cannot be read, and all that stands in the log behind it.

use super::replay::LogReplay;
use super::transactions::TransactionReader;
use crate::storage::error::{Corruption, Error};
use crate::storage::log::reader::NextLine;
use crate::storage::log::{Locator, Log, check_crc, line};
use crate::storage::store::index::{IndexEntry, start_of};
use crate::storage::store::links::Links;
use crate::storage::store::position::ProjectionPosition;
use crate::types::{EventId, Period, TableId, Timestamp, TxId};
use std::fmt;
use std::ops::Range;

/// Events that cannot be read, and what they led to all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGap {
    /// The events. What they led to is known; what happened in between is lost.
    pub events: Period,
    /// Where in the log they stand, or should.
    pub part: Range<Locator>,
    /// What is wrong with the first of them that is damaged.
    pub damage: Corruption,
}

/// `events 2 to 6 cannot be read; what they led to is known`.
impl fmt::Display for LogGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Period { first, last } = self.events;
        match first == last {
            true => write!(f, "event {first} cannot be read; what it led to is known"),
            false => {
                write!(f, "events {first} to {last} cannot be read; what they led to is known")
            }
        }
    }
}

impl LogReplay<'_> {
    /// Goes on where the earliest projection behind the damage stands; says whether there is one.
    pub(super) fn resume(&mut self, damage: &Corruption) -> Result<bool, Error> {
        let head = self.transactions.head();
        let (log, log_end) = (self.log, self.log_end);
        let fits = |position: &ProjectionPosition| fits(log, log_end, position);
        let Some((position, schema)) = self.replica.resume(&self.uuid, head, &fits) else {
            return Ok(false);
        };
        let start = self.transactions.end;
        let mut lost = std::mem::take(&mut self.transactions.entries);
        fill(&mut lost, head, self.transactions.links.last, self.damaged, &position);
        self.index.push(&mut lost, position.next_line);
        self.timeline.resume(position.event, &schema);
        let mut ledger = std::mem::take(&mut self.transactions.ledger);
        ledger.resume(schema);
        self.replica.enter_rows(&mut ledger);
        ledger.commit();
        let ProjectionPosition { event, tx, at, hash, next_line, .. } = position;
        self.transactions =
            TransactionReader::after(ledger, hash, event, (tx, Some(at)), next_line);
        self.reader = log.read(next_line..log_end);
        // What bears marks of events that cannot be read has nothing to be held against.
        self.marks.retain(|mark| mark.event > event);
        let events = Period { first: head.next(), last: event };
        let part = start..next_line.min(log_end).max(start);
        self.gaps.push(LogGap { events, part, damage: damage.clone() });
        Ok(true)
    }
}

/// Whether the first transaction behind a projection goes on from it. One that is damaged itself, or
/// is not there, tells nothing.
fn fits(log: &dyn Log, log_end: Locator, position: &ProjectionPosition) -> bool {
    let ProjectionPosition { event, tx, at, hash, next_line, .. } = *position;
    let mut reader = log.read(next_line..log_end);
    let mut links = Links::after(hash, event, (tx, Some(at)));
    while let Ok(NextLine::Line) = reader.advance() {
        if check_crc(reader.line()).is_err() {
            return true;
        }
        let Ok(line) = line::parse(reader.line()) else { return true };
        match links.check(&line).and_then(|()| links.take(&line, line.metadata().as_ref())) {
            Ok(false) => {}
            Ok(true) => return true,
            Err(_) => return false,
        }
    }
    true
}

/// Adds entries of events that cannot be read, up to the one where a projection stands: a time or a
/// transaction between those that are known leads to them, and so to the damage.
fn fill(
    lost: &mut Vec<IndexEntry>,
    head: EventId,
    (tx, at): (TxId, Option<Timestamp>),
    damaged: Locator,
    position: &ProjectionPosition,
) {
    let first = at.map_or(position.at, |at| Timestamp(at.0.saturating_add(1)));
    let entry = IndexEntry {
        line: damaged,
        at: first.min(position.at),
        tx: TxId(tx.0.saturating_add(1)).min(position.tx),
        table: TableId::default(),
        previous: EventId::START,
        operation: 0,
        last: false,
        is_caused: false,
        hash: start_of(None),
    };
    let known = u64::try_from(lost.len()).unwrap_or(u64::MAX);
    let missing = position.event.0.saturating_sub(head.0).saturating_sub(known);
    lost.extend((1..=missing).map(|_| entry));
    if let Some(last) = lost.last_mut() {
        let hash = start_of(Some(&position.hash));
        *last = IndexEntry { at: position.at, tx: position.tx, last: true, hash, ..*last };
    }
}
