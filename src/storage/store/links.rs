//! Lines in their order: each must follow from those before it by its numbers, its time and the chain
//! of hashes. What they say of tables and rows is no matter here.

use crate::storage::error::Mismatch;
use crate::storage::event::Metadata;
use crate::storage::log::chain::{Chain, Hash};
use crate::storage::log::line::Line;
use crate::storage::log::text::hex;
use crate::types::{EventId, Timestamp, TxId};

/// The whole transactions that were read, and how much of the next.
#[derive(Debug)]
pub(crate) struct Links {
    chain: Chain,
    /// The chain's hash after the last whole transaction.
    pub hash: Hash,
    /// The last event of that.
    pub head: EventId,
    /// Its number and time.
    pub last: (TxId, Option<Timestamp>),
    /// The last event of the transaction under way, and its time.
    open: Option<(EventId, Timestamp)>,
}

impl Links {
    /// Goes on after an event that ends the transaction of this number and time.
    pub(crate) fn after(hash: Hash, head: EventId, last: (TxId, Option<Timestamp>)) -> Links {
        Links { chain: Chain::after(&hash), hash, head, last, open: None }
    }

    /// The number that the next event must have.
    pub(crate) fn next_event(&self) -> EventId {
        self.open.map_or(self.head, |(event, _)| event).next()
    }

    /// Whether a line can follow those before it, by what it says of itself.
    ///
    /// # Errors
    /// The line and what belongs there, where it does not follow.
    pub(crate) fn check(&self, line: &Line<'_>) -> Result<(), Mismatch> {
        let expected = self.next_event();
        if line.stamp.event != expected {
            let found = format!("event {} where {expected} belongs", line.stamp.event);
            return Err(Mismatch::new(format!("event {expected}"), found));
        }
        let tx = TxId(self.last.0.0.saturating_add(1));
        if line.stamp.tx != tx {
            let found = format!("transaction {} where {tx} belongs", line.stamp.tx);
            return Err(Mismatch::new(format!("transaction {tx}"), found));
        }
        let at = line.stamp.at;
        let in_order = match self.open {
            Some((_, same)) => same == at,
            None => self.last.1.is_none_or(|before| before < at),
        };
        if !in_order {
            return Err("the time does not follow".into());
        }
        let first = self.open.is_none();
        let begun = self.head.next();
        if line.stamp.cause.is_some_and(|cause| cause < begun || cause >= line.stamp.event) {
            return Err("its cause is no earlier event of its transaction".into());
        }
        if line.durable.is_some_and(|durable| !first || durable > self.head) {
            return Err("the mark of durability is ahead of the log".into());
        }
        Ok(())
    }

    /// Takes in a line that was checked, with what it says of its transaction if it is the last; says
    /// whether it is.
    ///
    /// # Errors
    /// The line and what belongs there, where the chain is broken: the transaction is not the one that
    /// was written, or does not follow.
    pub(crate) fn take(
        &mut self,
        line: &Line<'_>,
        metadata: Option<&Metadata>,
    ) -> Result<bool, Mismatch> {
        line.add_to(&mut self.chain, self.open.is_none(), metadata)?;
        let Some(hash) = line.hash else {
            self.open = Some((line.stamp.event, line.stamp.at));
            return Ok(false);
        };
        self.hash = self.chain.finish();
        if self.hash != hash {
            let expected = format!("the hash {}", hex(&self.hash));
            return Err(Mismatch::new(expected, "the chain of hashes is broken"));
        }
        (self.head, self.last, self.open) =
            (line.stamp.event, (line.stamp.tx, Some(line.stamp.at)), None);
        Ok(true)
    }
}
