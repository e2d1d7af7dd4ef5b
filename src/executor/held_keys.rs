//! Keys that an operator holds, as long as the memory has room for them.

use super::memory::{MemoryBudget, Reservation};
use crate::types::key_hash::KeySet;
use std::sync::Arc;

/// Bytes that a key takes besides its own.
const ENTRY_BYTES: usize = 56;

/// A set of keys within a budget.
#[derive(Debug)]
pub struct HeldKeys {
    keys: KeySet,
    memory: Reservation,
    is_full: bool,
}

impl HeldKeys {
    /// No keys.
    pub fn new(budget: &Arc<MemoryBudget>) -> HeldKeys {
        HeldKeys { keys: KeySet::default(), memory: Reservation::new(budget), is_full: false }
    }

    /// Adds a key; whether it is new.
    pub fn insert(&mut self, key: &[u8]) -> bool {
        if self.keys.contains(key) {
            return false;
        }
        self.keys.insert(key.to_vec());
        self.is_full |= !self.memory.grow(key.len() + ENTRY_BYTES);
        true
    }

    /// Whether a key is among them.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.keys.contains(key)
    }

    /// Whether there is no memory for more of them.
    pub fn is_full(&self) -> bool {
        self.is_full
    }
}
