//! Opening a log: what is new in it checked line by line, what a crash left cut off, damage named.
//!
//! The cases are drawn in [`log`](crate::storage::log). A log goes in, and a [`Replica`] of what it led to
//! before; out come its books, its index and its chain, and the events behind the replica's last one,
//! each handed to it once. Lines that the index and the replica stand for are not read: each is
//! checked when somebody asks for it.

mod header;
mod repair;
mod replay;
mod replica;
mod resume;
mod start;
mod tail;
mod transactions;

pub(crate) use header::{check_companions, read_header};
pub(crate) use replica::{
    DurableMark, DurableMarks, IndexedLog, Replica, TransientReplica, hash_of,
};
pub use resume::LogGap;
pub(crate) use tail::{LogTail, read_tail};
pub(crate) use transactions::TransactionReader;

use super::damage::{DamageRecord, DamageState};
use super::index::EventIndex;
use super::schema_timeline::SchemaTimeline;
use crate::storage::error::Error;
use crate::storage::log::Log;
use crate::storage::log::chain::Hash;
use crate::storage::log::header::Header;
use crate::storage::log::ledger::Ledger;
use crate::storage::vfs::Vfs;
use crate::types::EventId;
use header::{RecoveredHeader, recover_header};
use replay::{TornTail, replay};
use start::{LogSource, ReplayStart, begin};
use std::path::Path;

/// Why nothing is written to a log that is damaged.
const IS_DAMAGED: &str = "the log is damaged";

/// A log that was read to its end.
#[derive(Debug)]
pub(crate) struct RecoveredLog {
    /// Absent where the file has no header yet.
    pub header: Option<Header>,
    /// The books after the last whole transaction.
    pub ledger: Ledger,
    /// Where everything is.
    pub index: EventIndex,
    /// What happened to the database as a whole.
    pub timeline: SchemaTimeline,
    /// The chain's hash after the last transaction.
    pub hash: Hash,
    /// What was found, one line each.
    pub notices: Vec<String>,
    /// Why the index was not of use, if it was not.
    pub index_notice: Option<String>,
    /// How many events were read.
    pub replayed: u64,
    /// Why nothing may be written, if so.
    pub refusal: Option<String>,
    /// The events that cannot be read.
    pub gaps: Vec<LogGap>,
}

/// How a log is read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecoveryOptions {
    /// Whether what a crash left at its end may be repaired.
    pub is_writable: bool,
    /// Whether another process writes to it: then it is read up to the last event of its index.
    pub beside_writer: bool,
    /// Whether all of it is read, whatever its index says.
    pub whole: bool,
    /// Whether all of it is checked before it is written to, whatever its catalog says.
    pub checks_all: bool,
    /// The last event that it is known to have had, besides what its files say.
    pub known: EventId,
}

/// Reads a log, and repairs the end of it if a crash left it unfinished and `options` allow. What is
/// damaged in it is entered in `damage`.
///
/// # Errors
/// [`Error::Corrupt`] where the log or its header is not what was written, and it was to be
/// written; [`Error::OtherHistory`] where a file beside it is of another history, [`Error::Io`]
/// where a file of it cannot be read.
pub(crate) fn recover(
    vfs: &dyn Vfs,
    directory: &Path,
    log: &dyn Log,
    options: RecoveryOptions,
    replica: &mut dyn Replica,
    damage: &DamageState,
) -> Result<RecoveredLog, Error> {
    let writable = options.is_writable;
    let mut log_end = log.end()?;
    let RecoveredHeader { header, end: after_header, damage: of_header } =
        match recover_header(vfs, directory, log, writable, replica)? {
            Some(begun) => begun,
            None => {
                let names = vfs.names(directory).map_err(Error::io("read", directory))?;
                check_companions(vfs, directory, &names, "it is empty")?;
                let mut recovered = RecoveredLog::empty();
                if log_end > log.start() {
                    recovered.cut(log, log.start()..log_end, &TornTail { events: 0 }, writable);
                }
                return Ok(recovered);
            }
        };
    let source = LogSource { vfs, directory, log, header: &header, after_header };
    let marks = replica.marks(&header.uuid);
    let newest = marks.iter().flat_map(|marks| &marks.all).map(|mark| mark.event).max();
    let of_log = || ReplayStart {
        covered: newest.unwrap_or_default(),
        reads_past_damage: !writable,
        ..ReplayStart::of_log(directory, &header, after_header)
    };
    let first = match options.whole {
        true => Ok(of_log()),
        false => marks.and_then(|marks| begin(&source, options, marks, replica)),
    };
    let begun = first.and_then(|mut start| {
        damage.knows(start.covered);
        start.limit = start.limit.filter(|_| options.beside_writer);
        start.reads_past_damage = !writable;
        // Beside a writer the log may have grown since: what the index has is in it now.
        log_end = log.end()?;
        replay(log, log_end, start, replica)
    });
    if let Err(Error::Corrupt(found)) = &begun
        && found.is_of_log()
    {
        // What was looked at so far is what other files say that it has.
        damage.knows(found.event);
    }
    let (mut recovered, ending) = match damage.note(begun) {
        // Whoever only reads gets what is good, from the start on.
        Err(found @ (Error::Corrupt(_) | Error::OtherHistory { .. })) if !writable => {
            replica.reset();
            let (recovered, ending) = replay(log, log_end, of_log(), replica)?;
            (recovered, ending.and(Err(found)))
        }
        begun => begun?,
    };
    recovered.header = Some(header.clone());
    let ending = of_header.map_or(ending, Err);
    match damage.note(ending) {
        Ok(None) => {}
        Ok(Some(tail)) => {
            recovered.cut(log, recovered.index.end()..log_end, &tail, writable);
        }
        Err(found) if writable => return Err(found),
        Err(found) => {
            recovered.notices.push(found.to_string());
            recovered.notices.extend(recovered.gaps.iter().map(LogGap::to_string));
            recovered.refusal = Some(IS_DAMAGED.into());
        }
    }
    Ok(recovered)
}

impl RecoveredLog {
    /// What a log without a header holds.
    pub(crate) fn empty() -> RecoveredLog {
        RecoveredLog {
            header: None,
            ledger: Ledger::default(),
            index: EventIndex::default(),
            timeline: SchemaTimeline::default(),
            hash: Hash::default(),
            notices: Vec::new(),
            index_notice: None,
            replayed: 0,
            refusal: None,
            gaps: Vec::new(),
        }
    }

    /// What an earlier finding of damage comes to, now that the log was read as far as `options` say: one
    /// that may be written to was read whole and is good, so the record goes; any other stays as it is.
    ///
    /// # Errors
    /// [`Error::Io`] where `DAMAGED` cannot be removed.
    pub(crate) fn with_record(
        mut self,
        record: Option<DamageRecord>,
        options: RecoveryOptions,
        damage: &DamageState,
    ) -> Result<RecoveredLog, Error> {
        let Some(DamageRecord { corruption: record, .. }) = record else { return Ok(self) };
        if options.is_writable && self.refusal.is_none() {
            damage.remove_record()?;
            let what = record.to_string();
            self.notices.push(format!("{what}; it is good again, all of it was read"));
        } else if damage.found().is_none() {
            self.notices.push(record.to_string());
            self.refusal.get_or_insert_with(|| IS_DAMAGED.into());
            damage.enter(&record);
        }
        Ok(self)
    }
}
