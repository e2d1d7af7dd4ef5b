//! Transactions between the statement that made them and the disk.
//!
//! What is *staged* has its numbers, was checked, and stands in the order in which it will be written;
//! only the disk can still refuse it. It is *settled* once the log has it for good: written, synced,
//! and in the index.

use super::index::EventIndex;
use crate::storage::environment::Random;
use crate::storage::error::Error;
use crate::storage::event::{Causes, Event, Metadata, Operation, RowImages};
use crate::storage::log::chain::Salt;
use crate::storage::log::ledger::Ledger;
use crate::storage::log::line::{self, LineStamp};
use crate::types::{EventId, Row, Timestamp, TxId, Value};
use std::collections::VecDeque;
use std::sync::Arc;

/// How many bytes an event has besides its values, about: in memory, and in its line.
const EVENT_SIZE: usize = 256;

/// A transaction that is to be written.
#[derive(Debug)]
pub(crate) struct StagedTransaction {
    pub events: Arc<Vec<Event>>,
    /// The event before each of the same row, or of none.
    pub previous: Vec<EventId>,
    pub salt: Salt,
    /// Whether it was seen, when there was nothing before it to be written, that the log is where and
    /// as it should be.
    pub is_log_checked: bool,
}

/// What only those need who stage.
#[derive(Debug)]
pub(crate) struct Staging {
    /// The books, with all that was staged.
    pub ledger: Ledger,
    /// Whether there is a log with a header to write to.
    pub has_log: bool,
    /// The end of the last transaction that was staged.
    last: Option<(EventId, TxId, Timestamp)>,
    queue: VecDeque<StagedTransaction>,
    /// The last event of each transaction that is not settled, and about how many bytes it has.
    sizes: VecDeque<(EventId, usize)>,
    /// How many bytes that are together.
    unsettled: usize,
}

impl Staging {
    /// What goes on from these books.
    pub(crate) fn new(ledger: Ledger, has_log: bool) -> Staging {
        let (queue, sizes) = (VecDeque::new(), VecDeque::new());
        Staging { ledger, has_log, last: None, queue, sizes, unsettled: 0 }
    }

    /// The last event that was staged, or that the log has.
    pub(crate) fn head(&self, index: &EventIndex) -> EventId {
        self.last.map_or(index.head(), |(event, ..)| event.max(index.head()))
    }

    /// The last transaction and its time, staged or in the log.
    pub(crate) fn last(&self, index: &EventIndex) -> (EventId, TxId, Option<Timestamp>) {
        match self.last {
            Some((event, tx, at)) if event >= index.head() => (event, tx, Some(at)),
            Some(_) | None => (index.head(), index.last_tx(), index.last_at()),
        }
    }

    /// About how many bytes are staged and not settled.
    pub(crate) fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// Checks events against the books and the limits of lines, and enters them; forgets them if one is
    /// refused. Gives the event before each of the same row, or of none.
    ///
    /// # Errors
    /// [`Error::StaleVersion`], [`Error::Invalid`] and [`Error::Limit`].
    pub(crate) fn admit(&mut self, events: &[Event]) -> Result<Vec<EventId>, Error> {
        // What is known to be durable then is the event before the first at the latest.
        let durable = events.first().map_or(EventId::START, |first| first.id.before());
        let admit = |(at, event): (usize, &Event)| {
            let previous = self.ledger.admit(event.id, &event.operation)?;
            line::check(event, durable, at == 0)?;
            Ok(previous)
        };
        let admitted = events.iter().enumerate().map(admit).collect::<Result<Vec<_>, Error>>();
        if admitted.is_err() {
            self.ledger.roll_back();
        }
        admitted
    }

    /// Takes a transaction that was admitted.
    pub(crate) fn push(&mut self, transaction: StagedTransaction) {
        self.ledger.commit();
        let events = &transaction.events;
        let size = events.iter().map(|event| size_of_operation(&event.operation)).sum();
        if let Some(last) = events.last() {
            self.last = Some((last.id, last.tx, last.at));
            self.sizes.push_back((last.id, size));
        }
        self.unsettled += size;
        self.queue.push_back(transaction);
    }

    /// Hands over all that is to be written, in order.
    pub(crate) fn take(&mut self) -> VecDeque<StagedTransaction> {
        std::mem::take(&mut self.queue)
    }

    /// Notes that the log has all events up to one for good.
    pub(crate) fn settled(&mut self, head: EventId) {
        while let Some((_, size)) = self.sizes.pop_front_if(|(last, _)| *last <= head) {
            self.unsettled -= size;
        }
    }

    /// Forgets what was not written, after a disk has refused some of it.
    pub(crate) fn drop_all(&mut self) {
        self.queue.clear();
        self.sizes.clear();
        self.unsettled = 0;
        self.last = None;
    }
}

/// About how many bytes an operation has.
fn size_of_operation(operation: &Operation) -> usize {
    let of_row = |row: &Row| row.iter().map(size_of_value).sum::<usize>();
    EVENT_SIZE
        + operation.row().map_or(0, |row| match &row.images {
            RowImages::Insert { new: row, .. } | RowImages::Delete(row) => of_row(row),
            RowImages::Update(changed) => {
                changed.iter().map(|(_, old, new)| size_of_value(old) + size_of_value(new)).sum()
            }
        })
}

fn size_of_value(value: &Value) -> usize {
    size_of::<Value>() + value.byte_length()
}

/// Gives operations their numbers as events of one transaction.
pub(crate) fn number(
    operations: Vec<Operation>,
    causes: &Causes,
    metadata: Metadata,
    stamp: LineStamp,
) -> Vec<Event> {
    let LineStamp { event: first, tx, at, cause: _ } = stamp;
    let count = operations.len();
    let ids = std::iter::successors(Some(first), |id| Some(id.next()));
    let cause_of = |index| {
        let cause = u64::try_from(causes.of(index)?).ok()?;
        Some(EventId(first.0.saturating_add(cause)))
    };
    let events = ids.zip(operations).enumerate().map(|(index, (id, operation))| Event {
        id,
        tx,
        at,
        cause: cause_of(index),
        operation,
        last: None,
    });
    // What counts up has no end, so that the room is asked for by hand: growing would take as much again.
    let mut numbered = Vec::with_capacity(count);
    numbered.extend(events);
    let mut events: Vec<Event> = numbered;
    if let Some(last) = events.last_mut() {
        last.last = Some(Box::new(metadata));
    }
    events
}

/// A salt of its own for a transaction.
pub(crate) fn draw_salt(random: &dyn Random) -> Salt {
    let mut salt = Salt::default();
    random.fill(&mut salt);
    salt
}
