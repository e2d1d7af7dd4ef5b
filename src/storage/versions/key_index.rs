//! From the values of a key to the rows that had them, and when.
//!
//! An entry says "row r had this key for the events `from .. to`": an update that leaves the key's
//! columns alone leaves the index alone. Entries still open and those that ended stand apart, so that
//! the present never wades through the past; ended ones are ordered by their end, so that a question
//! about the past skips what ended before it.
//!
//! ```text
//!   open    (key, row)      -> from
//!   ended   (key, to, row)  -> from
//! ```

use super::bytes::Bytes;
use super::key_shape::KeyShape;
use super::visibility::is_visible;
use crate::types::{EventId, Period, RowId, Tree};
use std::sync::Arc;

/// A key's encoded values, and a row that has them.
type OpenKey = (Bytes, RowId);
/// A key's encoded values, when a row ceased to have them, and the row.
type EndedKey = (Bytes, EventId, RowId);

/// A row that had a key for the events `from .. to`.
#[derive(Clone, Debug)]
pub(super) struct KeyEntry {
    pub key: Bytes,
    pub row: RowId,
    pub from: EventId,
    pub to: EventId,
}

/// The index of one key over all versions of a table.
#[derive(Clone, Debug)]
pub(super) struct KeyIndex {
    shape: Arc<KeyShape>,
    open: Tree<OpenKey, EventId>,
    ended: Tree<EndedKey, EventId>,
    /// The latest end: what is asked about later need not look at ended entries.
    last_end: EventId,
}

impl KeyIndex {
    /// About how many bytes it has.
    pub fn byte_size(&self) -> usize {
        let open = self.open.len() * size_of::<(OpenKey, EventId)>();
        open + self.ended.len() * size_of::<(EndedKey, EventId)>()
    }

    /// An empty index of a key of this shape.
    pub fn new(shape: Arc<KeyShape>) -> KeyIndex {
        let (open, ended) = (Tree::default(), Tree::default());
        KeyIndex { shape, open, ended, last_end: EventId::START }
    }

    /// The index of these entries.
    pub fn build(shape: Arc<KeyShape>, mut entries: Vec<KeyEntry>) -> KeyIndex {
        // In order, so that the trees fill their leaves.
        entries.sort_unstable_by(|a, b| (&a.key, a.to, a.row).cmp(&(&b.key, b.to, b.row)));
        let mut index = KeyIndex::new(shape);
        for entry in entries {
            if entry.to == EventId::NEVER {
                index.open.insert((entry.key, entry.row), entry.from);
            } else {
                index.last_end = index.last_end.max(entry.to);
                index.ended.insert((entry.key, entry.to, entry.row), entry.from);
            }
        }
        index
    }

    /// The index without what ended.
    pub fn without_ended(&self) -> KeyIndex {
        let (shape, open) = (Arc::clone(&self.shape), self.open.clone());
        KeyIndex { shape, open, ended: Tree::default(), last_end: EventId::START }
    }

    /// What its entries are made of.
    pub fn shape(&self) -> &Arc<KeyShape> {
        &self.shape
    }

    /// From this event on, the row has this key.
    pub fn begin(&mut self, key: Bytes, row: RowId, from: EventId) {
        self.open.insert((key, row), from);
    }

    /// From this event on, the row no longer has this key.
    pub fn end(&mut self, key: Bytes, row: RowId, to: EventId) {
        let entry = (key, row);
        if let Some(from) = self.open.remove(&entry) {
            self.last_end = self.last_end.max(to);
            self.ended.insert((entry.0, to, row), from);
        }
    }

    /// Whether an ended entry may be visible in a period.
    fn asks_the_past(&self, period: Period) -> bool {
        is_visible(EventId::START, self.last_end, period)
    }

    /// Gives the visible entries whose key begins with `prefix`, in no particular order; gives
    /// their row and the events that they are about.
    pub fn find(
        &self,
        prefix: &[u8],
        period: Period,
        mut found: impl FnMut(RowId, EventId, EventId),
    ) {
        let start = Bytes::from(prefix);
        for ((key, row), from) in self.open.iter_from(&(start.clone(), RowId(0))) {
            if !key.as_slice().starts_with(prefix) {
                break;
            }
            if is_visible(*from, EventId::NEVER, period) {
                found(*row, *from, EventId::NEVER);
            }
        }
        if self.asks_the_past(period) {
            self.find_ended(start, prefix, period, found);
        }
    }

    fn find_ended(
        &self,
        start: Bytes,
        prefix: &[u8],
        period: Period,
        mut found: impl FnMut(RowId, EventId, EventId),
    ) {
        // What ended at the period's first event or before is behind this place, for the first key
        // of the prefix; a whole key has only the one.
        let place = (start, period.first.next(), RowId(0));
        for ((key, to, row), from) in self.ended.iter_from(&place) {
            if !key.as_slice().starts_with(prefix) {
                break;
            }
            if is_visible(*from, *to, period) {
                found(*row, *from, *to);
            }
        }
    }

    /// The visible entries, the largest key first: key, row, and since when.
    pub fn descending(&self, period: Period) -> impl Iterator<Item = (&Bytes, RowId, EventId)> {
        let mut open = self
            .open
            .iter_rev()
            .filter(move |(_, from)| is_visible(**from, EventId::NEVER, period))
            .map(|((key, row), from)| (key, *row, *from))
            .peekable();
        let past = self.asks_the_past(period).then(|| self.ended.iter_rev());
        let mut ended = past
            .into_iter()
            .flatten()
            .filter(move |((_, to, _), from)| is_visible(**from, *to, period))
            .map(|((key, _, row), from)| (key, *row, *from))
            .peekable();
        std::iter::from_fn(move || match (open.peek(), ended.peek()) {
            (Some(one), Some(other)) if other.0 > one.0 => ended.next(),
            (None, Some(_)) => ended.next(),
            (Some(_), _) | (None, None) => open.next(),
        })
    }
}
