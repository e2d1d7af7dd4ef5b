//! What stands behind the last event that is known of a log, judged as recovery does.

use super::TransientReplica;
use super::replay::replay;
use super::start::ReplayStart;
use super::transactions::TransactionReader;
use crate::storage::error::Error;
use crate::storage::log::Log;
use crate::storage::log::header::Header;
use crate::storage::store::index::EventIndex;
use crate::storage::store::links::Links;
use crate::types::EventId;
use std::path::Path;

/// What stands behind an event.
pub(crate) enum LogTail {
    /// Nothing.
    Nothing,
    /// So many whole or unfinished events, and perhaps bytes that are none.
    More(u64),
}

/// Reads on behind the transactions that were read, to the end of the log; `covered` is the last
/// event that is known to be safe.
///
/// # Errors
/// [`Error::Corrupt`] where it is nothing that a crash leaves, [`Error::Io`] where the log cannot
/// be read.
pub(crate) fn read_tail(
    log: &dyn Log,
    directory: &Path,
    header: &Header,
    transactions: TransactionReader,
    covered: EventId,
) -> Result<LogTail, Error> {
    let log_end = log.end()?;
    let end = transactions.end;
    let Links { head: event, last: (tx, at), hash, .. } = transactions.links;
    let header = Header { first_event: event.next(), ..header.clone() };
    let start = ReplayStart {
        event,
        tx,
        at,
        hash,
        covered,
        ledger: transactions.ledger,
        index: EventIndex::new(directory, &header, end),
        ..ReplayStart::of_log(directory, &header, end)
    };
    let (recovered, ending) = replay(log, log_end, start, &mut TransientReplica(&mut |_| {}))?;
    let unfinished = ending?.map(|tail| u64::try_from(tail.events).unwrap_or(u64::MAX));
    Ok(match (recovered.replayed, unfinished) {
        (0, None) => LogTail::Nothing,
        (whole, unfinished) => LogTail::More(whole.saturating_add(unfinished.unwrap_or(0))),
    })
}
