//! Keys that an operator holds, as long as the memory has room for them.

use super::memory::{MemoryBudget, Reservation};
use crate::types::key_table::KeyTable;
use std::sync::Arc;

/// Bytes that a key takes besides its own.
const ENTRY_BYTES: usize = 56;

/// A set of keys within a budget.
#[derive(Debug)]
pub struct HeldKeys {
    keys: KeyTable,
    memory: Reservation,
    is_full: bool,
}

impl HeldKeys {
    /// No keys.
    pub fn new(budget: &Arc<MemoryBudget>) -> HeldKeys {
        HeldKeys { keys: KeyTable::default(), memory: Reservation::new(budget), is_full: false }
    }

    /// Adds a key; whether it is new.
    pub fn insert(&mut self, key: &[u8]) -> bool {
        let (_, is_new) = self.keys.insert(key);
        if is_new {
            self.is_full |= !self.memory.grow(key.len() + ENTRY_BYTES);
        }
        is_new
    }

    /// Whether a key is among them.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.keys.number(key).is_some()
    }

    /// Whether there is no memory for more of them.
    pub fn is_full(&self) -> bool {
        self.is_full
    }
}
