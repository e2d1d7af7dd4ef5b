//! Where the reading of a log begins: behind what the index and the replica stand for.

use super::replica::{DurableMark, DurableMarks, IndexedLog, Replica};
use super::{RecoveryOptions, TransactionReader};
use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::chain::Hash;
use crate::storage::log::header::Header;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line::{self, TableLookup};
use crate::storage::log::reader::NextLine;
use crate::storage::log::schema_rules::define;
use crate::storage::log::{Locator, Log, has_valid_crc};
use crate::storage::store::index::{self, EventIndex, LoadedIndex};
use crate::storage::store::schema_timeline::SchemaTimeline;
use crate::storage::vfs::Vfs;
use crate::types::{EventId, Schema, Timestamp, TxId};
use std::path::Path;

/// A log that is being opened.
#[derive(Clone, Copy)]
pub(super) struct LogSource<'a> {
    pub vfs: &'a dyn Vfs,
    pub directory: &'a Path,
    pub log: &'a dyn Log,
    pub header: &'a Header,
    /// Where the header ends.
    pub after_header: Locator,
}

/// Where the reading of a log begins.
pub(super) struct ReplayStart {
    pub index: EventIndex,
    pub timeline: SchemaTimeline,
    pub ledger: Ledger,
    /// The last event before it, its transaction and that one's time.
    pub event: EventId,
    pub tx: TxId,
    pub at: Option<Timestamp>,
    /// Where the line of the next event begins.
    pub line: Locator,
    pub hash: Hash,
    /// The last event that is known to be safe.
    pub covered: EventId,
    /// What has to be found on the way, by event.
    pub marks: Vec<DurableMark>,
    /// Where the reading ends: with the last event that its writer is known to have made durable.
    pub limit: Option<EventId>,
    /// Whether the reading goes on behind damage.
    pub reads_past_damage: bool,
    pub notice: Option<String>,
}

impl ReplayStart {
    /// At the first event, with an index to be made.
    pub fn of_log(directory: &Path, header: &Header, line: Locator) -> ReplayStart {
        let index = EventIndex::new(directory, header, line);
        ReplayStart {
            event: index.base(),
            index,
            timeline: SchemaTimeline::default(),
            ledger: Ledger::default(),
            tx: TxId(0),
            at: None,
            line,
            hash: header.previous_hash,
            covered: EventId::START,
            marks: Vec::new(),
            limit: None,
            reads_past_damage: false,
            notice: None,
        }
    }

    /// The same where the log and its index differ about the last event of that: by marks of which one
    /// is the index's.
    fn of_disputed(self, mut marks: Vec<DurableMark>, reason: String) -> ReplayStart {
        marks.sort_by_key(|mark| mark.event);
        let newest = marks.last().map_or(EventId::START, |mark| mark.event);
        let covered = self.covered.max(newest);
        ReplayStart { covered, limit: Some(covered), notice: Some(reason), marks, ..self }
    }
}

/// Finds out where the reading can begin: the index says what there is, the replica how far it goes.
/// Every mark is found in what the index knows, or is to be found behind it.
pub(super) fn begin(
    source: &LogSource<'_>,
    options: RecoveryOptions,
    DurableMarks { mut all, has_catalog }: DurableMarks,
    replica: &mut dyn Replica,
) -> Result<ReplayStart, Error> {
    let LogSource { vfs, directory, log, header, after_header } = *source;
    let of_log = || ReplayStart::of_log(directory, header, after_header);
    all.sort_by_key(|mark| mark.event);
    let newest = all.last().map_or(EventId::START, |mark| mark.event);
    let mut start = ReplayStart { covered: newest.max(options.known), ..of_log() };
    let loaded = index::load(vfs, directory, header, after_header, log)?;
    let (structural, hash) = match loaded {
        LoadedIndex::Useless(reason) => {
            return Ok(ReplayStart { notice: Some(reason), marks: all, ..start });
        }
        LoadedIndex::Disputed { mark, reason } => {
            all.push(mark);
            return Ok(start.of_disputed(all, reason));
        }
        LoadedIndex::Good { index, hash, structural, cut } => {
            (start.index, start.notice) = (*index, cut);
            (structural, hash)
        }
    };
    start.covered = start.covered.max(start.index.head());
    start.limit = Some(start.covered);
    let covered = start.covered;
    // Whether it is the index that lies or the log that is damaged is seen by reading all of it.
    let anew = |marks, reason| {
        let start = ReplayStart::of_log(directory, header, after_header);
        Ok(ReplayStart { covered, marks, notice: Some(reason), ..start })
    };
    let events = match read_structural(log, &start.index, &structural)? {
        Ok(events) => events,
        Err(reason) => return anew(all, reason),
    };
    let mut whole = SchemaTimeline::default();
    events.iter().for_each(|event| whole.record(event));
    let indexed = IndexedLog { log, header, index: &start.index, timeline: &whole };
    let known = all.partition_point(|mark| mark.event <= indexed.head());
    for mark in &all[..known] {
        let found = indexed.hash_at(mark.event)?;
        mark.check(log, found.as_ref(), start.index.end_of(mark.event)?)?;
    }
    let Some(event) = replica.restore(&indexed)? else {
        return Ok(ReplayStart { marks: all, ..start });
    };
    let found = if event == start.index.head() { Some(hash) } else { indexed.hash_at(event)? };
    let (Some(hash), Some(entry)) = (found, start.index.entry(event)?) else {
        replica.reset();
        return Ok(ReplayStart { marks: all, ..start });
    };
    if options.is_writable && (options.checks_all || !has_catalog) {
        let known = (&start.index, event);
        if let Err(reason) = check_older(log, header, after_header, known)? {
            replica.reset();
            return anew(all, reason);
        }
    }
    start.hash = hash;
    start.marks = all.into_iter().filter(|mark| mark.event > event).collect();
    (start.event, start.tx, start.at) = (event, entry.tx, Some(entry.at));
    start.line = start.index.end_of(event)?;
    for event in events.iter().take_while(|before| before.id <= event) {
        start.timeline.record(event);
        if let Err(error) = start.ledger.admit(event.id, &event.operation) {
            replica.reset();
            return anew(start.marks, format!("contradicts the log: {error}"));
        }
    }
    replica.enter_rows(&mut start.ledger);
    start.ledger.commit();
    Ok(start)
}

/// Reads the lines up to an event that ends its transaction, checks each as if nothing were known of
/// it, and holds the index against them; the inner error says what the index is wrong about.
fn check_older(
    log: &dyn Log,
    header: &Header,
    after_header: Locator,
    (index, event): (&EventIndex, EventId),
) -> Result<Result<(), String>, Error> {
    let mut reader = log.read(after_header..index.end_of(event)?);
    let mut older = TransactionReader::after(
        Ledger::default(),
        header.previous_hash,
        index.base(),
        (TxId(0), None),
        after_header,
    );
    while older.head() < event {
        if !older.advance(&mut *reader)? {
            continue;
        }
        for (event, entry) in older.pending.drain(..).zip(older.entries.drain(..)) {
            if index.entry(event.id)? != Some(entry) {
                return Ok(Err(format!("is wrong about event {}", event.id)));
            }
        }
    }
    Ok(Ok(()))
}

/// Reads the events about no row that the index names; says why not where they are not what it
/// says.
fn read_structural(
    log: &dyn Log,
    index: &EventIndex,
    structural: &[EventId],
) -> Result<Result<Vec<Event>, String>, Error> {
    let mut schema = Schema::default();
    let mut tables = TableLookup::default();
    let mut events = Vec::with_capacity(structural.len());
    for id in structural {
        let Some(entry) = index.entry(*id)? else { break };
        let mut reader = log.read(entry.line..index.end());
        let read = match reader.advance()? {
            NextLine::Line if has_valid_crc(reader.line()) => line::parse(reader.line())
                .and_then(|line| line.event(&mut tables, &schema))
                .and_then(|event| match event.id == *id && event.operation.row().is_none() {
                    true => Ok(event),
                    false => Err("another line stands there".into()),
                }),
            NextLine::Line | NextLine::Unfinished | NextLine::TooLong | NextLine::End => {
                Err("the line is damaged".into())
            }
        };
        let defined = read.and_then(|event| {
            define(&mut schema, event.id, &event.operation).map_err(|error| error.to_string())?;
            Ok(event)
        });
        match defined {
            Ok(event) => events.push(event),
            Err(reason) => return Ok(Err(format!("is wrong about event {id}: {reason}"))),
        }
    }
    Ok(Ok(events))
}
