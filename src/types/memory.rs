//! The memory that a database may take for what it could do without, or write to files.
//!
//! A database has one [`MemoryBudget`]. What an operator holds it counts in a [`Reservation`]; where the
//! budget is spent, it writes to a temporary file what it can, and goes on. An eighth of the budget is
//! always an operator's own, so that none is left with nothing because others were earlier.
//!
//! What is kept because it may be wanted again ([`MemoryCache`]: values of rows, which can be read back from a
//! temporary file, and epochs of the past) has what operators leave, half of the budget at most, and goes when
//! they need it.
//!
//! ```text
//!   0 ────────────────────────────── limit / 2 ─────────────────────────── limit
//!   ├ operators ────────────────▶ ◀── kept ──┤
//! ```

use std::fmt::Debug;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// How many bytes all that is held and kept may have together.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: AtomicUsize,
    held: AtomicUsize,
    kept: AtomicUsize,
    caches: Mutex<Vec<Weak<dyn MemoryCache>>>,
}

/// What keeps something that may be wanted again.
pub trait MemoryCache: Debug + Send + Sync {
    /// Lets go of what is needed least, until so many bytes are free or nothing is left. It may be called
    /// while the keeper itself is at work: then it does nothing.
    fn evict(&self, bytes: usize);
}

impl MemoryBudget {
    /// The limit of whoever says nothing: a quarter of the machine's memory, 1 GiB at most, and 256 MiB
    /// where nobody knows.
    pub fn default_limit() -> usize {
        const MOST: usize = 1 << 30;
        const UNKNOWN: usize = 256 << 20;
        machine_memory().map_or(UNKNOWN, |bytes| (bytes / 4).min(MOST))
    }

    /// A budget of so many bytes.
    pub fn new(limit: usize) -> MemoryBudget {
        let limit = AtomicUsize::new(limit);
        MemoryBudget {
            limit,
            held: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
            caches: Mutex::default(),
        }
    }

    /// The bytes that may be held.
    pub fn limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// Says how many bytes may be held from now on: what is held stays, what is kept and too much goes.
    pub fn set_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
        let excess = self.kept().saturating_sub(self.room_to_keep());
        self.evict(excess);
    }

    /// The bytes that are held.
    pub fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// The bytes that are kept.
    pub fn kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// How many bytes may be kept in all: half, and no more than is not held.
    pub fn room_to_keep(&self) -> usize {
        let limit = self.limit();
        (limit / 2).min(limit.saturating_sub(self.held()))
    }

    /// Takes note of something that keeps, for as long as it is there.
    pub fn register(&self, cache: Weak<dyn MemoryCache>) {
        let mut caches = self.caches();
        caches.retain(|known| known.strong_count() > 0);
        caches.push(cache);
    }

    /// Counts what is kept: so many bytes more, and so many less.
    pub fn count_kept(&self, more: usize, less: usize) {
        self.kept.fetch_add(more, Ordering::Relaxed);
        self.kept.fetch_sub(less, Ordering::Relaxed);
    }

    /// Lets go of so many bytes of what is kept.
    fn evict(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let target = self.kept().saturating_sub(bytes);
        let caches: Vec<_> = self.caches().iter().filter_map(Weak::upgrade).collect();
        for cache in caches {
            let excess = self.kept().saturating_sub(target);
            if excess == 0 {
                return;
            }
            cache.evict(excess);
        }
    }

    fn caches(&self) -> std::sync::MutexGuard<'_, Vec<Weak<dyn MemoryCache>>> {
        self.caches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryBudget {
    fn default() -> MemoryBudget {
        MemoryBudget::new(MemoryBudget::default_limit())
    }
}

/// How many bytes of memory the machine has.
#[cfg(target_os = "linux")]
fn machine_memory() -> Option<usize> {
    let bytes = nix::sys::sysinfo::sysinfo().ok()?.ram_total();
    Some(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// How many bytes of memory the machine has: nobody says.
#[cfg(not(target_os = "linux"))]
fn machine_memory() -> Option<usize> {
    None
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
        let held = self.budget.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let (limit, kept) = (self.budget.limit(), self.budget.kept());
        if kept > 0 && held + kept > limit {
            self.budget.evict(held + kept - limit);
        }
        held <= limit || self.bytes <= limit / 8
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

    /// Keeps bytes, and lets go of them one by one.
    #[derive(Debug)]
    struct Hoard(Arc<MemoryBudget>, AtomicUsize);

    impl MemoryCache for Hoard {
        fn evict(&self, bytes: usize) {
            let gone = bytes.min(self.1.load(Ordering::Relaxed));
            self.1.fetch_sub(gone, Ordering::Relaxed);
            self.0.count_kept(0, gone);
        }
    }

    #[test]
    fn what_is_kept_goes_where_it_is_in_the_way() {
        let budget = Arc::new(MemoryBudget::new(1000));
        let hoard = |bytes: usize| {
            let hoard = Arc::new(Hoard(Arc::clone(&budget), AtomicUsize::new(bytes)));
            budget.count_kept(bytes, 0);
            let known: Weak<dyn MemoryCache> = Arc::downgrade(&hoard) as Weak<dyn MemoryCache>;
            budget.register(known);
            hoard
        };
        let (first, second) = (hoard(300), hoard(200));
        assert_eq!((budget.kept(), budget.room_to_keep()), (500, 500));
        let mut operator = Reservation::new(&budget);
        assert!(operator.grow(500));
        assert_eq!(budget.kept(), 500);
        assert!(operator.grow(400));
        assert_eq!((budget.kept(), budget.room_to_keep()), (100, 100));
        assert!(operator.grow(100) && !operator.grow(1));
        assert_eq!(budget.kept(), 0);
        drop((operator, first, second));
        assert_eq!(budget.room_to_keep(), 500);
        let third = hoard(400);
        budget.set_limit(200);
        assert_eq!(budget.kept(), 100);
        drop(third);
    }

    #[test]
    fn whoever_says_nothing_has_a_part_of_the_machine() {
        let limit = MemoryBudget::default().limit();
        assert!((16 << 20..=1 << 30).contains(&limit), "{limit}");
    }
}
