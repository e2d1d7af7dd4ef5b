//! A table's versions seen in a period, with what a fork lays over them.
//!
//! A layer is versions and a period. The versions of a fork name the layer they build upon, so layers
//! form a list downwards, of one link in most views and two in a transaction. Every question is
//! answered the same way: what this layer has of its own, and what the one below says of the rows
//! that this one does not have.

use super::Error;
use super::chunk::VersionPosition;
use super::column::StoredColumn;
use super::key_index::{KeyEntry, KeyIndex};
use super::key_shape::KeyShape;
use super::scan::{Scan, ScanColumn};
use super::table::{KeyFunction, TableVersions};
use super::view::LocatedVersion;
use crate::types::column::value_at;
use crate::types::{EventId, KeyId, Period, RowId, TableSchema, Value, key};
use std::convert::Infallible;
use std::sync::Arc;

/// The versions of one table, in one period.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    versions: Arc<TableVersions>,
    period: Period,
}

impl Layer {
    /// These versions in this period.
    pub fn new(versions: Arc<TableVersions>, period: Period) -> Layer {
        Layer { versions, period }
    }

    /// The versions.
    pub fn versions(&self) -> &Arc<TableVersions> {
        &self.versions
    }

    /// The period.
    pub fn period(&self) -> Period {
        self.period
    }

    /// The layer `depth` links below.
    pub fn below(&self, depth: u8) -> &Layer {
        let mut layer = self;
        for _ in 0..depth {
            layer = layer.versions.base().map_or(layer, |base| base);
        }
        layer
    }

    /// How many layers there are below.
    pub fn depth(&self) -> u8 {
        self.versions.base().map_or(0, |base| base.depth().saturating_add(1))
    }

    /// The visible version of a row, the newest where the period shows several: the layer that holds
    /// it, and its position there.
    pub fn version(&self, row: RowId) -> Option<(&Layer, VersionPosition)> {
        self.locate(row).map(|found| (self.below(found.depth), found.position))
    }

    /// The visible version of a row, the newest where the period shows several.
    pub fn locate(&self, row: RowId) -> Option<LocatedVersion> {
        match (self.versions.rows().get(row), self.versions.base()) {
            (None, Some(base)) => base.locate(row).map(LocatedVersion::deeper),
            (None, None) => None,
            (Some(_), _) => {
                let position = self.versions.ancestor(row, self.period.last)?;
                let visible = self.versions.is_visible(position, self.period);
                visible.then_some(LocatedVersion { row, position, depth: 0 })
            }
        }
    }

    /// The visible versions of a row, in order of their age.
    pub fn versions_of(&self, row: RowId) -> Vec<LocatedVersion> {
        let mut found = Vec::new();
        match (self.versions.rows().get(row), self.versions.base()) {
            (None, Some(base)) => {
                found.extend(base.versions_of(row).into_iter().map(LocatedVersion::deeper));
            }
            (None, None) => {}
            (Some(_), _) => {
                self.versions.visible(row, self.period, |position| {
                    found.push(LocatedVersion { row, position, depth: 0 });
                });
                found.reverse();
            }
        }
        found
    }

    /// Whether there is an index of this key.
    pub fn has_index(&self, key: KeyId) -> bool {
        self.versions.index(key).is_some()
    }

    /// The visible versions whose key begins with these values, in order of their rows.
    pub fn find(&self, key: KeyId, values: &[Value]) -> Option<Vec<LocatedVersion>> {
        self.find_prefix(key, &self.versions.index(key)?.shape().prefix(values))
    }

    fn find_prefix(&self, key: KeyId, prefix: &[u8]) -> Option<Vec<LocatedVersion>> {
        let index = self.versions.index(key)?;
        let mut found = Vec::new();
        if let Some(base) = self.versions.base() {
            let below = match base.find_prefix(key, prefix) {
                Some(below) => below,
                None => base.find_by(self.versions.base_index(key)?, prefix),
            };
            let untouched =
                |located: &LocatedVersion| self.versions.rows().get(located.row).is_none();
            found.extend(below.into_iter().filter(untouched).map(LocatedVersion::deeper));
        }
        self.find_own(index, prefix, &mut found);
        Some(found)
    }

    /// The same of a key that has to be computed.
    ///
    /// # Errors
    /// Those of [`TableVersions::value`], where the index has to be made.
    pub fn find_computed(
        &self,
        function: &Arc<dyn KeyFunction>,
        table: &TableSchema,
        values: &[Value],
    ) -> Result<Vec<LocatedVersion>, Error> {
        let index = self.versions.computed_index(function, table)?;
        let mut found = Vec::new();
        if let Some(base) = self.versions.base() {
            let below = base.find_computed(function, table, values)?.into_iter();
            let untouched = below.filter(|located| self.versions.rows().get(located.row).is_none());
            found.extend(untouched.map(LocatedVersion::deeper));
        }
        self.find_own(&index, &index.shape().prefix(values), &mut found);
        Ok(found)
    }

    /// Adds what an index of this layer's own versions finds, and puts all in order.
    fn find_own(&self, index: &KeyIndex, prefix: &[u8], found: &mut Vec<LocatedVersion>) {
        // Those of one key mostly come in order.
        let mut rows = self.versions.rows().cursor();
        index.find(prefix, self.period, |row, from, to| {
            let Some(latest) = rows.get(row) else { return };
            // The versions that the entry is about, which began while the row had the key.
            let entry = Period { first: from, last: EventId(to.0.saturating_sub(1)) };
            let both = Period {
                first: self.period.first.max(entry.first),
                last: self.period.last.min(entry.last),
            };
            self.versions.visible_from(latest, both, |position| {
                found.push(LocatedVersion { row, position, depth: 0 });
            });
        });
        if !found.is_sorted_by_key(|located| located.row) {
            found.sort_by_key(|located| located.row);
        }
        self.order_versions(found);
    }

    /// Puts what several lookups found in order of `_row` and age, each version once.
    pub fn settle(&self, found: &mut Vec<LocatedVersion>) {
        found.sort_by_key(|located| located.row);
        self.order_versions(found);
        found.dedup();
    }

    /// Puts several versions of one row, which only a longer period shows, in order of their age.
    fn order_versions(&self, found: &mut [LocatedVersion]) {
        if self.period.first != self.period.last {
            found.sort_by_key(|located| {
                let versions = &self.below(located.depth).versions;
                (located.row, versions.header(located.position).from)
            });
        }
    }

    /// What an index made from this layer's visible rows finds.
    fn find_by(&self, index: &KeyIndex, prefix: &[u8]) -> Vec<LocatedVersion> {
        let mut found = Vec::new();
        index.find(prefix, self.period, |row, _, _| found.extend(self.locate(row)));
        found.sort_by_key(|located| located.row);
        found
    }

    /// The largest value visible in a key of one INTEGER column.
    pub fn largest(&self, key: KeyId) -> Option<i64> {
        let own = self.largest_by(self.versions.index(key)?, &|_| false);
        let below = self.versions.remembered(key, |touched| self.largest_below(key, touched));
        larger(own, below).map(|(_, number)| number)
    }

    /// The largest number that the layer below has in rows that are not `hidden`.
    fn largest_below(&self, key: KeyId, hidden: &dyn Fn(RowId) -> bool) -> Option<(RowId, i64)> {
        let base = self.versions.base()?;
        if let Some(index) = self.versions.base_index(key) {
            return base.largest_by(index, hidden);
        }
        let own = base.largest_by(base.versions.index(key)?, hidden);
        let touched = |row| hidden(row) || base.versions.rows().get(row).is_some();
        larger(own, base.largest_below(key, &touched))
    }

    /// The largest number by an index of this layer's rows, and the row that has it.
    fn largest_by(&self, index: &KeyIndex, hidden: &dyn Fn(RowId) -> bool) -> Option<(RowId, i64)> {
        let mut entries = index.descending(self.period);
        let (key, row, _) = entries.find(|(_, row, _)| !hidden(*row))?;
        Some((row, key::decode_integer(key.as_slice())?))
    }

    /// The AUTOINCREMENT counter after the period's last event: the largest number that its key ever
    /// had, or since the counter was set.
    pub fn autoincrement(&self) -> i64 {
        let versions = &self.versions;
        let (now, key) = versions.autoincrement(self.period.last);
        if let Some(now) = now {
            return now;
        }
        let (since, set) = versions.autoincrement_set(self.period.last);
        let below = || versions.base().map_or(0, |base| base.autoincrement());
        let before = if since > versions.start() { set } else { set.max(below()) };
        let index = key.and_then(|key| versions.index(key));
        let until = Period { first: EventId::START, last: self.period.last };
        let mut taken = index.into_iter().flat_map(|index| index.descending(until));
        let largest = taken.find(|(_, _, from)| *from > since);
        let number = largest.and_then(|(key, _, _)| key::decode_integer(key.as_slice()));
        number.map_or(before, |number| number.max(before))
    }

    /// The number that the next row had after the period's last event.
    pub fn next_row(&self) -> RowId {
        self.versions.next_row_at(self.period.last)
    }

    /// The visible rows in order of a key; `None` in a transaction, or without such a key.
    pub fn index_order(&self, key: KeyId) -> Option<Vec<RowId>> {
        if self.versions.base().is_some() {
            return None;
        }
        let index = self.versions.index(key)?;
        let mut entries: Vec<_> = index.descending(self.period).collect();
        entries.reverse();
        // Entries that ended since stand apart from those that have not.
        entries.sort_by(|one, other| (one.0, one.1).cmp(&(other.0, other.1)));
        Some(entries.into_iter().map(|(_, row, _)| row).collect())
    }

    /// About how many rows are visible.
    pub fn row_estimate(&self) -> i64 {
        let below = self.versions.base().map_or(0, |base| base.row_estimate());
        below + self.versions.row_count(self.period.last)
    }

    /// The visible rows in order.
    pub fn scan(self: &Arc<Self>, wanted: Arc<[ScanColumn]>) -> Scan {
        Scan::new(Arc::clone(self), wanted)
    }

    /// Index entries of the visible rows.
    ///
    /// # Errors
    /// Those of the scan.
    pub fn visible_entries(self: &Arc<Self>, shape: &KeyShape) -> Result<Vec<KeyEntry>, Error> {
        let columns = shape.columns();
        let wanted = |stored: &StoredColumn| ScanColumn::new(stored.clone(), stored.guess());
        let wanted = columns.iter().map(wanted).collect();
        let mut entries = Vec::new();
        for batch in self.scan(wanted) {
            let batch = batch?;
            let value = |stored: &StoredColumn, at| {
                let place = columns.iter().position(|column| column == stored);
                place.map_or(Value::Null, |place| {
                    value_at(&batch.columns[place], stored.data_type, at)
                })
            };
            for (at, row) in batch.rows.iter().enumerate() {
                let Ok(key) = shape.encode(|stored| Ok::<_, Infallible>(value(stored, at)));
                let Some(key) = key else { continue };
                entries.push(KeyEntry { key, row: *row, from: EventId::START, to: EventId::NEVER });
            }
        }
        Ok(entries)
    }
}

/// The larger of two numbers with their rows.
fn larger(one: Option<(RowId, i64)>, other: Option<(RowId, i64)>) -> Option<(RowId, i64)> {
    [one, other].into_iter().flatten().max_by_key(|(_, number)| *number)
}
