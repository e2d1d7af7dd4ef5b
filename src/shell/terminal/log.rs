//! What the log offers for completion: the newest events, transactions, tags and snapshots, each with
//! what it did. Only a few are read, and only when somebody asks.

use super::known::Known;
use crate::storage::Operation;
use crate::types::{EventId, Period, TxId};

/// How many of each are offered.
const NEWEST: u64 = 20;

/// The newest events, the last one first.
pub(super) fn events(known: &Known) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let last = database.head();
    let first = EventId(last.0.saturating_sub(NEWEST - 1).max(1));
    let read = database.store().read(Period { first, last });
    let mut events: Vec<(String, String)> = read
        .filter_map(Result::ok)
        .map(|event| (event.id.0.to_string(), done(&event.operation)))
        .collect();
    events.reverse();
    events
}

/// What an event did, in a few words.
fn done(operation: &Operation) -> String {
    let what = operation.name().replace('_', " ");
    match (operation.table(), operation.row()) {
        (Some(table), Some(row)) => format!("{what} {} row {}", table.name, row.row),
        (Some(table), None) => format!("{what} {}", table.name),
        (None, _) => what,
    }
}

/// The newest transactions, the last one first.
pub(super) fn transactions(known: &Known) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let last = database.store().last_tx().0;
    let first = last.saturating_sub(NEWEST - 1).max(1);
    let at = |tx: u64| {
        let event = database.last_of(TxId(tx)).ok().flatten()?;
        Some((tx.to_string(), format!("up to event {event}")))
    };
    (first..=last).rev().filter_map(at).collect()
}

/// The tags.
pub(super) fn tags(known: &Known) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let tags = database.store().tags();
    tags.into_iter().map(|tag| (tag.name, format!("event {}", tag.event))).collect()
}

/// The numbers of snapshots that were asked for.
pub(super) fn snapshots(known: &Known) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let markers = database.store().snapshot_markers();
    let told = |name: Option<String>| name.map_or(String::new(), |name| format!("{name}, "));
    markers
        .into_iter()
        .map(|marker| {
            (marker.id.to_string(), format!("{}event {}", told(marker.name), marker.event))
        })
        .collect()
}

/// The names of snapshots.
pub(super) fn snapshot_names(known: &Known) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let markers = database.store().snapshot_markers();
    markers
        .into_iter()
        .filter_map(|marker| Some((marker.name?, format!("event {}", marker.event))))
        .collect()
}

/// The moments of the newest transactions, as texts in quotes.
pub(super) fn moments(known: &Known) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let last = database.store().last_tx().0;
    let first = last.saturating_sub(NEWEST - 1).max(1);
    let at = |tx: u64| {
        let event = database.last_of(TxId(tx)).ok().flatten()?;
        let at = database.committed_at(event).ok().flatten()?;
        Some((format!("'{at}'"), format!("event {event}")))
    };
    (first..=last).rev().filter_map(at).collect()
}
