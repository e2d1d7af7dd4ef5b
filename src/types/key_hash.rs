//! Maps and sets of keys: bytes that [`key`](super::key) made, found by a hash that is fast on them.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

/// A map by keys.
pub type KeyMap<V> = HashMap<Vec<u8>, V, KeyHashing>;

/// A set of keys.
pub type KeySet = HashSet<Vec<u8>, KeyHashing>;

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
        let mut hasher = self.build_hasher();
        hasher.write(key);
        hasher.finish()
    }
}

impl Default for KeyHashing {
    fn default() -> KeyHashing {
        static START: OnceLock<u64> = OnceLock::new();
        KeyHashing { start: *START.get_or_init(|| RandomState::new().hash_one(FACTOR)) }
    }
}

impl BuildHasher for KeyHashing {
    type Hasher = KeyHasher;

    fn build_hasher(&self) -> KeyHasher {
        KeyHasher { state: self.start }
    }
}

/// The hash of the bytes so far.
#[derive(Debug)]
pub struct KeyHasher {
    state: u64,
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.state = folded(self.state ^ u64::from_le_bytes(*word), FACTOR);
        }
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.state = folded(self.state ^ u64::from_le_bytes(last), FACTOR ^ length);
    }

    fn write_u8(&mut self, byte: u8) {
        self.state = folded(self.state ^ u64::from(byte), FACTOR);
    }

    fn write_usize(&mut self, number: usize) {
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        self.state = folded(self.state ^ number, FACTOR);
    }

    fn finish(&self) -> u64 {
        self.state
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
