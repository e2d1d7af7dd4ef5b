//! What the log offers for completion: the newest events, transactions, tags and snapshots, each with
//! what it did. Only a few are read, and only when somebody asks.

use super::schema_names::SchemaNames;
use crate::render::{escape, wrap};
use crate::session::changes_in_words;
use crate::types::{EventId, Period, TxId};

/// How many of each are offered.
const NEWEST: u64 = 20;
/// How many columns tell what an event did.
const WIDEST: usize = 40;

/// The newest events, the last one first.
pub(super) fn events(known: &SchemaNames) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let last = database.head();
    let first = EventId(last.0.saturating_sub(NEWEST - 1).max(1));
    let changes = changes_in_words(database, Period { first, last });
    let mut events: Vec<(String, String)> = changes
        .filter_map(Result::ok)
        .map(|(event, change)| (event.0.to_string(), short(&change)))
        .collect();
    events.reverse();
    events
}

/// A change as it fits beside others, and commands no terminal.
fn short(change: &str) -> String {
    let change = escape(change);
    match wrap(&change, WIDEST).as_slice() {
        [first, _, ..] => format!("{first} …"),
        [_] | [] => change.into_owned(),
    }
}

/// The newest transactions, the last one first.
pub(super) fn transactions(known: &SchemaNames) -> Vec<(String, String)> {
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
pub(super) fn tags(known: &SchemaNames) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let tags = database.store().tags();
    tags.into_iter().map(|tag| (tag.name, format!("event {}", tag.event))).collect()
}

/// The numbers of snapshots that were asked for.
pub(super) fn snapshots(known: &SchemaNames) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let markers = database.store().snapshot_markers();
    let label = |name: Option<String>| name.map_or(String::new(), |name| format!("{name}, "));
    markers
        .into_iter()
        .map(|marker| {
            (marker.id.to_string(), format!("{}event {}", label(marker.name), marker.event))
        })
        .collect()
}

/// The names of snapshots.
pub(super) fn snapshot_names(known: &SchemaNames) -> Vec<(String, String)> {
    let Some(database) = known.database() else { return Vec::new() };
    let markers = database.store().snapshot_markers();
    markers
        .into_iter()
        .filter_map(|marker| Some((marker.name?, format!("event {}", marker.event))))
        .collect()
}

/// The moments of the newest transactions, as texts in quotes.
pub(super) fn moments(known: &SchemaNames) -> Vec<(String, String)> {
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
