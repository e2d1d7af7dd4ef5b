//! Keys that are numbered as they come: bytes that [`key`](super::key) made, found by a hash that is fast
//! on them.
//!
//! Groups, joins, DISTINCT and the set operations hold their keys so. A key costs no allocation of its
//! own: all of them stand one behind the other, and a table of slots that is never full says which
//! number a hash has (open addressing with linear probing; Knuth, volume 3, 6.4).

use super::key_hash::KeyHashing;

/// Keys, numbered from 0.
#[derive(Clone, Debug, Default)]
pub struct KeyTable {
    hashing: KeyHashing,
    /// All keys, in order of their numbers.
    bytes: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    /// As many as a power of two, or none as long as there is no key.
    slots: Vec<Slot>,
}

/// Where a key is found by its hash.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u64,
    /// The number of the key, or [`FREE`].
    number: usize,
}

const FREE: usize = usize::MAX;

/// How many slots there are at least, and of how many a table may have three taken before it grows.
const FEWEST: usize = 16;
const OF_FOUR: usize = 4;

impl KeyTable {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes all keys have.
    pub fn byte_length(&self) -> usize {
        self.bytes.len()
    }

    /// The key of a number that was given out.
    pub fn key(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[number]]
    }

    /// The number of a key, if it is there.
    pub fn number(&self, key: &[u8]) -> Option<usize> {
        self.number_of_hash(self.hashing.hash(key), key)
    }

    /// The same of a key whose hash is known, by the hashing that all tables begin with.
    pub fn number_of_hash(&self, hash: u64, key: &[u8]) -> Option<usize> {
        if self.slots.is_empty() { None } else { self.look_up(hash, key).ok() }
    }

    /// Adds a key where it is not there yet; gives its number, and whether it is new.
    pub fn insert(&mut self, key: &[u8]) -> (usize, bool) {
        if self.slots.len() * (OF_FOUR - 1) <= self.len() * OF_FOUR {
            self.grow();
        }
        let hash = self.hashing.hash(key);
        match self.look_up(hash, key) {
            Ok(number) => (number, false),
            Err(slot) => {
                let number = self.ends.len();
                self.slots[slot] = Slot { hash, number };
                self.bytes.extend_from_slice(key);
                self.ends.push(self.bytes.len());
                (number, true)
            }
        }
    }

    /// The numbers of all keys, in order of the keys.
    pub fn in_order(&self) -> Vec<usize> {
        // What most keys differ by stands in their first bytes.
        let begin = |number: usize| {
            let (key, mut first) = (self.key(number), [0; 8]);
            first.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
            (u64::from_be_bytes(first), number)
        };
        let mut keys: Vec<(u64, usize)> = (0..self.len()).map(begin).collect();
        keys.sort_unstable_by(|(a, one), (b, other)| {
            a.cmp(b).then_with(|| self.key(*one).cmp(self.key(*other)))
        });
        keys.into_iter().map(|(_, number)| number).collect()
    }

    /// The number of a key, or the free slot where it would be found.
    fn look_up(&self, hash: u64, key: &[u8]) -> Result<usize, usize> {
        let at = probe(self.first_slot(hash), self.slots.len() - 1, |at| {
            let slot = self.slots[at];
            slot.number == FREE || (slot.hash == hash && self.key(slot.number) == key)
        });
        let number = self.slots[at].number;
        if number == FREE { Err(at) } else { Ok(number) }
    }

    /// The slot in which a hash is looked for first.
    fn first_slot(&self, hash: u64) -> usize {
        let last = u64::try_from(self.slots.len() - 1).unwrap_or(u64::MAX);
        usize::try_from(hash & last).unwrap_or(0)
    }

    fn grow(&mut self) {
        let count = (2 * self.slots.len()).max(FEWEST);
        let before =
            std::mem::replace(&mut self.slots, vec![Slot { hash: 0, number: FREE }; count]);
        for slot in before.into_iter().filter(|slot| slot.number != FREE) {
            let first = self.first_slot(slot.hash);
            let at = probe(first, count - 1, |at| self.slots[at].number == FREE);
            self.slots[at] = slot;
        }
    }
}

/// The slot that is looked for in a table that has as many as a power of two and some of them free, from
/// the first on that its hash says; behind the last comes the first again (linear probing).
#[inline]
pub fn probe(first: usize, last: usize, is_it: impl Fn(usize) -> bool) -> usize {
    let mut at = first;
    while !is_it(at) {
        at = (at + 1) & last;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Value, key};
    use std::collections::BTreeMap;

    #[test]
    fn keys_are_numbered_as_they_come_and_found_again() {
        let mut table = KeyTable::default();
        assert!(table.is_empty() && table.number(b"").is_none() && table.in_order().is_empty());
        let mut known: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for step in 0..20_000_i64 {
            let number = step * step % 7_919 - 3_000;
            let text =
                Value::text("x".repeat(usize::try_from(number.rem_euclid(5)).expect("small")));
            let bytes = key::encode([&Value::Integer(number), &text]);
            let next = known.len();
            let expected = *known.entry(bytes.clone()).or_insert(next);
            assert_eq!(table.number(&bytes), (expected < next).then_some(expected));
            assert_eq!(table.insert(&bytes), (expected, expected == next));
            assert_eq!(table.key(expected), bytes);
        }
        for short in [&b""[..], b"\0", b"\0\0", b"\x10"] {
            known.entry(short.to_vec()).or_insert_with(|| table.insert(short).0);
        }
        assert_eq!(table.len(), known.len());
        assert_eq!(table.in_order(), known.values().copied().collect::<Vec<usize>>());
        assert_eq!(table.number(&key::encode([&Value::Null])), None);
    }

    #[test]
    fn an_empty_key_is_one() {
        let mut table = KeyTable::default();
        assert_eq!((table.insert(b""), table.insert(b"a")), ((0, true), (1, true)));
        assert_eq!((table.insert(b""), table.key(0)), ((0, false), &b""[..]));
    }
}
