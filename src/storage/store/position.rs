//! Where in which history something stands: what a file made from a log says of it.

use crate::storage::log::Locator;
use crate::types::{EventId, Timestamp, TxId};

/// A database at an event, known by the chain: nothing else has the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// Whose log.
    pub uuid: [u8; 16],
    /// The event, the last of its transaction.
    pub event: EventId,
    /// The chain's hash after it.
    pub hash: [u8; 32],
}

/// Where in which history a projection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionPosition {
    /// Whose log.
    pub uuid: [u8; 16],
    /// The last event that the projection knows, the last of its transaction.
    pub event: EventId,
    /// That transaction.
    pub tx: TxId,
    /// When it was committed.
    pub at: Timestamp,
    /// The chain's hash after it.
    pub hash: [u8; 32],
    /// Where in the log the line of the next event begins.
    pub next_line: Locator,
}

impl ProjectionPosition {
    /// What has to agree with the log.
    pub fn anchor(&self) -> Anchor {
        Anchor { uuid: self.uuid, event: self.event, hash: self.hash }
    }

    /// Refuses a projection of another history, with why.
    pub(crate) fn check(&self, expected: &Anchor) -> Result<(), String> {
        if self.uuid != expected.uuid {
            Err("it belongs to another database".into())
        } else if self.event != expected.event {
            Err(format!("it is of event {} and not of {}", self.event, expected.event))
        } else if self.hash != expected.hash {
            Err(format!("its history up to event {} is another one", self.event))
        } else {
            Ok(())
        }
    }
}
