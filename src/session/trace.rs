//! What a write made of it: its events one by one, for whoever wants to watch.

use super::relations::{RowImageReader, change_text};
use super::{Error, Session};
use crate::storage::Database;
use crate::types::{EventId, Period};
use std::sync::Arc;

/// One event with what it changed.
#[derive(Clone, Debug)]
pub struct EventTrace {
    /// Its number.
    pub event: EventId,
    /// The hash of its transaction and all before it, in hexadecimal.
    pub hash: Option<String>,
    /// What it did, in words: `accounts 1: balance 100.00 → 70.00`.
    pub change: String,
}

impl Session {
    /// The events of one transaction, from its first to its last.
    pub fn traces(
        &self,
        first: EventId,
        last: EventId,
    ) -> impl Iterator<Item = Result<EventTrace, Error>> + use<> {
        let store = self.database.store();
        // A hash that cannot be read is not shown; the events say why, if there is a reason.
        let position = store.position_at(last).ok().flatten();
        let hash = position.map(|position| hexadecimal(&position.hash));
        changes_in_words(&self.database, Period { first, last }).map(move |changed| {
            let (event, change) = changed?;
            Ok(EventTrace { event, hash: hash.clone(), change })
        })
    }
}

/// The events of a period, each with what it did in words.
pub fn changes_in_words(
    database: &Arc<Database>,
    period: Period,
) -> impl Iterator<Item = Result<(EventId, String), Error>> + use<> {
    let mut keys = RowImageReader::of_keys(database, period.last);
    database.store().read(period).map(move |event| {
        let event = event?;
        let change = change_text::of_event(&event, &keys.key_of(&event)?);
        Ok((event.id, change))
    })
}

/// Bytes as digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
