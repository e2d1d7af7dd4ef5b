//! What happened to the database as a whole: its schemas and its markers, in order.
//!
//! Events about no row are few and are kept in memory; those about rows are looked up in the
//! [`index`](super::index).

use crate::storage::SchemaChange;
use crate::storage::event::{Event, Marker, Operation};
use crate::types::{Definition, DefinitionKind, EventId, Schema, TableId, Timestamp};
use std::sync::Arc;

/// A name for a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagMarker {
    /// The name.
    pub name: String,
    /// The point.
    pub event: EventId,
    /// The event that gave the name.
    pub set_by: EventId,
}

/// A snapshot that somebody asked for: number, name and point survive the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotMarker {
    /// Its number.
    pub id: u64,
    /// Its name.
    pub name: Option<String>,
    /// The event, which changes nothing else.
    pub event: EventId,
    /// When that was committed.
    pub at: Timestamp,
}

/// The schema after each event that changed it, and all markers.
#[derive(Clone, Debug, Default)]
pub(crate) struct SchemaTimeline {
    schemas: Vec<(EventId, Schema)>,
    tags: Vec<TagMarker>,
    snapshots: Vec<SnapshotMarker>,
    /// The tables that came back after they were dropped, and by which events.
    restored: Vec<(EventId, TableId)>,
}

impl SchemaTimeline {
    /// Takes note of an event. Events of rows leave no trace.
    pub(crate) fn record(&mut self, event: &Event) {
        match &event.operation {
            Operation::Row(_) | Operation::Marker(Marker::Counter { .. } | Marker::Transaction) => {
            }
            Operation::Marker(Marker::Tag { name, at }) => {
                self.tags.push(TagMarker { name: name.clone(), event: *at, set_by: event.id });
            }
            Operation::Marker(Marker::Snapshot { id, name }) => {
                let (id, name) = (*id, name.clone());
                self.snapshots.push(SnapshotMarker { id, name, event: event.id, at: event.at });
            }
            Operation::Schema(change) => {
                if let SchemaChange::RestoreTable { table, .. } = change {
                    self.restored.push((event.id, table.id));
                }
                let mut schema = self.schema_at(EventId::NEVER);
                change.apply(&mut schema);
                self.schemas.push((event.id, schema));
            }
        }
    }

    /// Goes on with the schema after an event before which others are not known.
    pub(crate) fn resume(&mut self, event: EventId, schema: &Schema) {
        let before = self.schema_at(event);
        if before.version != schema.version || !before.is_same(schema) {
            self.schemas.push((event, schema.clone()));
        }
    }

    /// All tags, in the order in which they were given.
    pub(crate) fn tags(&self) -> &[TagMarker] {
        &self.tags
    }

    /// All snapshots that were asked for.
    pub(crate) fn snapshots(&self) -> &[SnapshotMarker] {
        &self.snapshots
    }

    /// The schema after an event.
    pub(crate) fn schema_at(&self, event: EventId) -> Schema {
        let count = self.schemas.partition_point(|(since, _)| *since <= event);
        let found = count.checked_sub(1).map(|at| self.schemas[at].1.clone());
        found.unwrap_or_default()
    }

    /// The events by which a table came back after it was dropped.
    pub(crate) fn restorations(&self, table: TableId) -> impl Iterator<Item = EventId> {
        self.restored.iter().filter(move |(_, id)| *id == table).map(|(event, _)| *event)
    }

    /// The first definition of a view or trigger of this name, and the event that made it.
    pub(crate) fn first_definition(
        &self,
        kind: DefinitionKind,
        name: &str,
    ) -> Option<(EventId, Arc<Definition>)> {
        self.schemas.iter().find_map(|(event, schema)| {
            schema.definition(kind, name).map(|found| (*event, Arc::clone(found)))
        })
    }

    /// How many schema changes there were.
    pub(crate) fn schema_version(&self) -> u64 {
        self.schemas.last().map_or(0, |(_, schema)| schema.version)
    }

    /// The events that changed the schema, in order.
    pub(crate) fn schema_changes(&self) -> impl Iterator<Item = EventId> {
        self.schemas.iter().map(|(event, _)| *event)
    }

    /// The periods in which a table of this name existed: when the name began to mean it, and when it
    /// ceased to, if it did; oldest first.
    pub(crate) fn lifetimes(&self, table: &str) -> Vec<(EventId, Option<EventId>)> {
        let mut lifetimes: Vec<(EventId, Option<EventId>)> = Vec::new();
        let mut current = None;
        for (event, schema) in &self.schemas {
            let id = schema.table(table).map(|table| table.id);
            if id == current {
                continue;
            }
            if let Some(open) = lifetimes.last_mut().filter(|last| last.1.is_none()) {
                open.1 = Some(*event);
            }
            lifetimes.extend(id.map(|_| (*event, None)));
            current = id;
        }
        lifetimes
    }
}
