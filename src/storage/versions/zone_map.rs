//! What is known of a chunk as a whole.

use super::visibility::is_visible;
use crate::types::{EventId, Period};

/// Facts about a chunk by which scans leave it out, or take it whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct ZoneMap {
    pub min_from: EventId,
    pub max_from: EventId,
    /// How many versions have not ended.
    pub open: usize,
    /// The latest end among those that have.
    pub max_to: EventId,
}

impl ZoneMap {
    /// Those of no versions.
    pub const EMPTY: ZoneMap = ZoneMap {
        min_from: EventId::NEVER,
        max_from: EventId::START,
        open: 0,
        max_to: EventId::START,
    };

    /// A version begins.
    pub fn begin(&mut self, from: EventId) {
        self.min_from = self.min_from.min(from);
        self.max_from = self.max_from.max(from);
        self.open += 1;
    }

    /// One ends.
    pub fn end(&mut self, to: EventId) {
        self.open = self.open.saturating_sub(1);
        self.max_to = self.max_to.max(to);
    }

    /// Whether any version of the chunk may be visible: as if one version had lived from the first
    /// beginning to the last end.
    pub fn may_show(&self, period: Period) -> bool {
        let to = if self.open > 0 { EventId::NEVER } else { self.max_to };
        is_visible(self.min_from, to, period)
    }

    /// Whether all `count` versions are visible for sure.
    pub fn shows_all(&self, count: usize, period: Period) -> bool {
        self.open == count && is_visible(self.max_from, EventId::NEVER, period)
    }
}

/// How the versions of a chunk stand to a period.
pub(super) enum ChunkVisibility {
    /// None is visible.
    None,
    /// All are.
    All,
    /// Those for which `true` stands.
    Some(Vec<bool>),
}
