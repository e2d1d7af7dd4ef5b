//! The memory that operators which hold rows share.
//!
//! A session has one [`MemoryBudget`]. What an operator holds it counts in a [`Reservation`]; where the
//! budget is spent, it writes to a [`SpillFile`](super::spill::SpillFile) what it can, and goes on. An
//! eighth of the budget is always an operator's own, so that none is left with nothing because others
//! were earlier.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many bytes the operators of a session may hold together.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    held: AtomicUsize,
}

impl MemoryBudget {
    /// The limit of a session that says nothing: 256 MiB.
    pub const DEFAULT: usize = 256 << 20;

    /// A budget of so many bytes.
    pub fn new(limit: usize) -> MemoryBudget {
        MemoryBudget { limit, held: AtomicUsize::new(0) }
    }

    /// The bytes that may be held.
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The bytes that are held.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Default for MemoryBudget {
    fn default() -> MemoryBudget {
        MemoryBudget::new(MemoryBudget::DEFAULT)
    }
}

/// What one operator holds of a budget; given back when it goes.
#[derive(Debug)]
pub struct Reservation {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl Reservation {
    /// Nothing yet.
    pub fn new(budget: &Arc<MemoryBudget>) -> Reservation {
        Reservation { budget: Arc::clone(budget), bytes: 0 }
    }

    /// Counts so many bytes more; whether the budget has room for them.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        let all = self.budget.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        all <= self.budget.limit || self.bytes <= self.budget.limit / 8
    }

    /// Counts so many bytes less, which were counted before.
    pub fn shrink(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
        self.bytes -= bytes;
    }

    /// Gives all back.
    pub fn release(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_share_a_budget_and_each_has_some_of_it() {
        let budget = Arc::new(MemoryBudget::new(800));
        let (mut first, mut second) = (Reservation::new(&budget), Reservation::new(&budget));
        assert!(first.grow(800) && !first.grow(1));
        assert!(second.grow(100) && !second.grow(1));
        assert_eq!(budget.held(), 902);
        second.shrink(1);
        assert_eq!(budget.held(), 901);
        first.release();
        assert!(second.grow(700) && !second.grow(1));
        drop((first, second));
        assert_eq!(budget.held(), 0);
    }
}
