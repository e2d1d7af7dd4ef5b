//! Which columns conditions say are equal: disjoint sets of them (Galler and Fischer, 1964).

use std::collections::BTreeMap;

/// Sets of columns, by their identities, whose values are equal.
#[derive(Default)]
pub(super) struct EqualColumns {
    /// From each column of a set to one with a smaller identity, but for the least, which names the set.
    parents: BTreeMap<usize, usize>,
}

impl EqualColumns {
    /// The least column that one is known to be equal to: itself where there is no other.
    pub fn least(&self, column: usize) -> usize {
        let parent = |column: &usize| self.parents.get(column).copied();
        std::iter::successors(Some(column), parent).last().unwrap_or(column)
    }

    /// From now on two columns are equal; whether they were not known to be.
    pub fn equate(&mut self, one: usize, other: usize) -> bool {
        let (one, other) = (self.least(one), self.least(other));
        if one != other {
            self.parents.insert(one.max(other), one.min(other));
        }
        one != other
    }

    /// All sets of more than one column, each in order.
    pub fn sets(&self) -> Vec<Vec<usize>> {
        let mut sets: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for column in self.parents.keys() {
            let least = self.least(*column);
            sets.entry(least).or_insert_with(|| vec![least]).push(*column);
        }
        sets.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_equal_to_one_is_equal_to_all_of_its_set() {
        let mut columns = EqualColumns::default();
        let new = [(7, 9), (2, 1), (9, 2), (1, 7), (5, 4)].map(|(a, b)| columns.equate(a, b));
        assert_eq!(new, [true, true, true, false, true]);
        assert_eq!([9, 7, 2, 1, 4, 5, 6].map(|of| columns.least(of)), [1, 1, 1, 1, 4, 4, 6]);
        assert_eq!(columns.sets(), [vec![1, 2, 7, 9], vec![4, 5]]);
    }
}
