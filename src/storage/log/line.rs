//! One event as one line: `encode` and `decode`.

mod decode;
mod encode;

pub(crate) use decode::{Line, TableLookup, parse};
pub use encode::check_row;
pub(crate) use encode::{check, encode};

use super::chain::Salt;
use crate::storage::event::Event;
use crate::types::{EventId, Timestamp, TxId};

/// When and as what an event is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineStamp {
    /// The event.
    pub event: EventId,
    /// Its transaction.
    pub tx: TxId,
    /// When that is committed.
    pub at: Timestamp,
    /// The event that made it happen.
    pub cause: Option<EventId>,
}

impl From<&Event> for LineStamp {
    fn from(event: &Event) -> LineStamp {
        LineStamp { event: event.id, tx: event.tx, at: event.at, cause: event.cause }
    }
}

/// What the first line of a transaction carries besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FirstLine {
    /// The last event known to be synced.
    pub durable: EventId,
    /// The transaction's salt.
    pub salt: Salt,
}
