//! What happened to the database as a whole: its schemas, in order.
//!
//! Events about no row are few and are kept in memory; those about rows are looked up in the
//! [`index`](super::index).

use super::event::Event;
use crate::types::{EventId, Schema};

/// The schema after each event that changed it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chronicle {
    schemas: Vec<(EventId, Schema)>,
}

impl Chronicle {
    /// Takes note of an event. Events of rows leave no trace.
    pub(crate) fn record(&mut self, event: &Event) {
        if event.operation.row().is_some() {
            return;
        }
        let mut schema = self.schema_at(EventId::NEVER);
        event.operation.change_schema(&mut schema);
        if self.schema_version() != schema.version {
            self.schemas.push((event.id, schema));
        }
    }

    /// The schema after an event.
    pub(crate) fn schema_at(&self, event: EventId) -> Schema {
        let count = self.schemas.partition_point(|(since, _)| *since <= event);
        let found = count.checked_sub(1).map(|at| self.schemas[at].1.clone());
        found.unwrap_or_default()
    }

    /// How many schema changes there were.
    pub(crate) fn schema_version(&self) -> u64 {
        self.schemas.last().map_or(0, |(_, schema)| schema.version)
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
