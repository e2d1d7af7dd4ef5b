//! What became of the tables, up to the last event that is published.

use super::EventStore;
use crate::types::{Definition, DefinitionKind, EventId, Period, Schema, TableId};
use std::sync::Arc;

impl EventStore {
    /// How many schema changes there were.
    pub fn schema_version(&self) -> u64 {
        self.published().timeline.schema_version()
    }

    /// The events that changed the schema up to an event, in order.
    pub fn schema_changes(&self, last: EventId) -> Vec<EventId> {
        let published = self.published();
        published.timeline.schema_changes().take_while(|event| *event <= last).collect()
    }

    /// The schema after an event.
    pub(crate) fn schema_at(&self, event: EventId) -> Schema {
        self.published().timeline.schema_at(event)
    }

    /// The periods in which a table of this name existed: (created, dropped), oldest first.
    pub fn lifetimes(&self, table: &str) -> Vec<(EventId, Option<EventId>)> {
        self.published().timeline.lifetimes(table)
    }

    /// The first definition of a view or trigger of this name, and the event that made it.
    pub fn first_definition(
        &self,
        kind: DefinitionKind,
        name: &str,
    ) -> Option<(EventId, Arc<Definition>)> {
        self.published().timeline.first_definition(kind, name)
    }

    /// Whether a table ever came back after it was dropped.
    pub fn was_restored(&self, table: TableId) -> bool {
        self.published().timeline.restorations(table).next().is_some()
    }

    /// Whether a table came back in a period after it was dropped: then rows may have come or gone with
    /// it that no event tells of.
    pub fn is_restored_in(&self, table: TableId, period: Period) -> bool {
        let inside = |event: EventId| period.first <= event && event <= period.last;
        self.published().timeline.restorations(table).any(inside)
    }
}
