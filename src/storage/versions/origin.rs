//! Where a view comes from.

use crate::storage::base::SnapshotId;
use crate::types::EventId;
use std::fmt;

/// What an epoch was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The empty database.
    Start,
    /// A snapshot.
    Snapshot(SnapshotId),
    /// The row files.
    RowFiles,
    /// The epoch before it, while it was the present.
    PreviousEpoch,
}

/// Where a view comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The event after which the epoch begins.
    pub start: EventId,
    /// What its rows at that event were read from.
    pub base: Base,
    /// How many events were replayed for this view: none if the epoch was in memory.
    pub replayed: u64,
    /// How many events up to the end of the epoch were not, because the base stands for them.
    pub skipped: u64,
    /// Whether the epoch was in memory.
    pub loaded: bool,
}

impl Origin {
    /// Of an epoch that was in memory.
    pub(crate) fn in_memory(base: Base, start: EventId) -> Origin {
        Origin { start, base, replayed: 0, skipped: 0, loaded: true }
    }
}

/// Prints `epoch from snapshot 2 at event 20000, in memory` or
/// `epoch from the start, 10000 events replayed, 0 skipped`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base {
            Base::Start => f.write_str("epoch from the start")?,
            Base::Snapshot(id @ SnapshotId::At(_)) => write!(f, "epoch from {id}")?,
            Base::Snapshot(id @ SnapshotId::Number(_)) => {
                write!(f, "epoch from {id} at event {}", self.start)?;
            }
            Base::RowFiles => write!(f, "epoch from the row files at event {}", self.start)?,
            Base::PreviousEpoch => write!(f, "epoch from event {}", self.start)?,
        }
        if self.loaded {
            return f.write_str(", in memory");
        }
        let plural = if self.replayed == 1 { "" } else { "s" };
        write!(f, ", {} event{plural} replayed, {} skipped", self.replayed, self.skipped)
    }
}
