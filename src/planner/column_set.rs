//! Sets of columns, by their identities.
//!
//! Identities are small numbers that are handed out one after the other, so that a bit for each takes
//! least; most statements have less than 64.

use std::ops::Range;

const BITS: usize = u64::BITS as usize;

/// Some columns of a statement.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnSet {
    /// The columns below 64.
    first: u64,
    /// The others, 64 in each.
    rest: Vec<u64>,
}

impl ColumnSet {
    /// Whether a column is one of them.
    pub fn contains(&self, column: usize) -> bool {
        self.word(column / BITS) & bit(column) != 0
    }

    /// Adds a column.
    pub fn insert(&mut self, column: usize) {
        let Some(at) = (column / BITS).checked_sub(1) else {
            self.first |= bit(column);
            return;
        };
        if at >= self.rest.len() {
            self.rest.resize(at + 1, 0);
        }
        self.rest[at] |= bit(column);
    }

    /// Takes a column away.
    pub fn remove(&mut self, column: usize) {
        match (column / BITS).checked_sub(1) {
            None => self.first &= !bit(column),
            Some(at) => {
                if let Some(word) = self.rest.get_mut(at) {
                    *word &= !bit(column);
                }
            }
        }
    }

    /// Takes all away.
    pub fn clear(&mut self) {
        self.first = 0;
        self.rest.clear();
    }

    /// Those in a range, in order.
    pub fn within(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        range.filter(|column| self.contains(*column))
    }

    fn word(&self, at: usize) -> u64 {
        match at.checked_sub(1) {
            None => self.first,
            Some(at) => self.rest.get(at).copied().unwrap_or(0),
        }
    }
}

fn bit(column: usize) -> u64 {
    1 << (column % BITS)
}

impl Extend<usize> for ColumnSet {
    fn extend<T: IntoIterator<Item = usize>>(&mut self, columns: T) {
        columns.into_iter().for_each(|column| self.insert(column));
    }
}

impl FromIterator<usize> for ColumnSet {
    fn from_iter<T: IntoIterator<Item = usize>>(columns: T) -> ColumnSet {
        let mut set = ColumnSet::default();
        set.extend(columns);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_holds_what_a_set_holds() {
        let columns = [0, 3, 63, 64, 65, 127, 128, 1_000];
        let mut set: ColumnSet = columns.into_iter().collect();
        let mut expected: BTreeSet<usize> = columns.into();
        let all = |set: &ColumnSet| set.within(0..2_000).collect::<BTreeSet<usize>>();
        assert_eq!(all(&set), expected);
        for column in [3, 4, 64, 66, 1_000, 5_000] {
            set.remove(column);
            expected.remove(&column);
            assert_eq!(all(&set), expected);
        }
        assert_eq!(set.within(63..128).collect::<Vec<_>>(), [63, 65, 127]);
        set.clear();
        assert!(all(&set).is_empty());
        set.insert(70);
        assert!(set.contains(70) && !set.contains(6));
    }
}
