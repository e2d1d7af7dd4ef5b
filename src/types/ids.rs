//! Numbers that name things: events, transactions, rows, and the periods between events.

use super::SchemaName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of an event, dense from 1. Event 0 is the empty database.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct EventId(pub u64);

impl EventId {
    /// The empty database, before the first event.
    pub const START: EventId = EventId(0);
    /// Later than every event: the end of a version that nothing has ended.
    pub const NEVER: EventId = EventId(u64::MAX);
    /// Where the numbers begin of what is temporary: they count as events do, and are those of none.
    pub const FIRST_TEMPORARY: EventId = EventId(1 << 62);

    /// The schema that what has this number is in.
    pub fn schema_name(self) -> SchemaName {
        match self {
            EventId::NEVER => SchemaName::Main,
            event if event >= EventId::FIRST_TEMPORARY => SchemaName::Temporary,
            _ => SchemaName::Main,
        }
    }

    /// The event after this one.
    pub fn next(self) -> EventId {
        EventId(self.0.saturating_add(1))
    }

    /// The event before this one; of the start the start.
    pub fn before(self) -> EventId {
        EventId(self.0.saturating_sub(1))
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of a transaction, dense from 1.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TxId(pub u64);

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The surrogate identity of a row (`_row`): never reused within its table, kept by every update.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct RowId(pub u64);

impl RowId {
    /// The largest that SQLite knows.
    pub const MAX: RowId = RowId(i64::MAX.unsigned_abs());

    /// A number that looks as if it were any from 1 to 2^62, another one for each seed (the mixing of
    /// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    pub fn scattered(seed: u64) -> RowId {
        let mut mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        RowId(((mixed ^ (mixed >> 31)) >> 2) + 1)
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The events `first ..= last` that a question is about. A point in time is `[e, e]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first event of the period, inclusive.
    pub first: EventId,
    /// The last event of the period, inclusive.
    pub last: EventId,
}

impl Period {
    /// The period that is the single point after `event`.
    pub fn at(event: EventId) -> Period {
        Period { first: event, last: event }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "event {}", self.first)
        } else {
            write!(f, "events {} to {}", self.first, self.last)
        }
    }
}
