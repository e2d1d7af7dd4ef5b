//! A hash of keys: bytes that [`key`](super::key) made.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;

/// How keys are hashed: by multiplication of their words, folded, as `foldhash` and `wyhash` do it. The
/// start is another one in each process, so that nobody can prepare keys that collide; no answer depends
/// on it.
#[derive(Clone, Copy, Debug)]
pub struct KeyHashing {
    start: u64,
}

/// Odd, and with as many bits set as not: the fraction of the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl KeyHashing {
    /// Another hash for each level: what is together on one is taken apart on the next.
    pub fn level(level: u32) -> KeyHashing {
        let KeyHashing { start } = KeyHashing::default();
        KeyHashing { start: folded(start ^ u64::from(level + 1), FACTOR) }
    }

    /// The hash of a key.
    pub fn hash(&self, key: &[u8]) -> u64 {
        let (words, rest) = key.as_chunks::<8>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let state = words.fold(self.start, |state, word| folded(state ^ word, FACTOR));
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let length = u64::try_from(key.len()).unwrap_or(u64::MAX);
        folded(state ^ u64::from_le_bytes(last), FACTOR ^ length)
    }

    /// A place up to the last one, of a table that has as many as a power of two, for a number.
    pub fn place(&self, number: u64, last: usize) -> usize {
        let last = u64::try_from(last).unwrap_or(u64::MAX);
        usize::try_from(folded(self.start ^ number, FACTOR) & last).unwrap_or(0)
    }

    /// The same for several numbers.
    #[inline]
    pub fn place_of_words(&self, words: impl Iterator<Item = u64>, last: usize) -> usize {
        let state = words.fold(self.start, |state, word| folded(state ^ word, FACTOR));
        usize::try_from(state & u64::try_from(last).unwrap_or(u64::MAX)).unwrap_or(0)
    }
}

impl Default for KeyHashing {
    fn default() -> KeyHashing {
        static START: OnceLock<u64> = OnceLock::new();
        KeyHashing { start: *START.get_or_init(|| RandomState::new().hash_one(FACTOR)) }
    }
}

/// Both halves of a product, one over the other.
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let half = |half: u128| u64::try_from(half & u128::from(u64::MAX)).unwrap_or(0);
    half(product) ^ half(product >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Value, key};

    #[test]
    fn keys_spread_over_parts_on_every_level() {
        for level in 0..4 {
            let hashing = KeyHashing::level(level);
            let mut counts = [0_usize; 16];
            for number in 0..16_000 {
                let hash = hashing.hash(&key::encode([&Value::Integer(number)]));
                counts[usize::try_from(hash % 16).expect("small")] += 1;
            }
            assert!(counts.iter().all(|count| (700..1_300).contains(count)), "{counts:?}");
        }
        let same =
            |a: &[u8], b: &[u8]| KeyHashing::level(0).hash(a) == KeyHashing::level(0).hash(b);
        assert!(same(b"12345678", b"12345678") && !same(b"12345678", b"12345678\0"));
        assert!(!same(b"", b"\0") && !same(b"\0", b"\0\0"));
    }
}
