//! What a database takes from the world: files, the time, randomness.
//!
//! All three are injected, so that a test (or `--clock`) can run the same script twice and get the
//! same bytes, but for the database's uuid, which `--clock` leaves random.

use super::vfs::{MemVfs, StdVfs, Vfs};
use crate::types::Timestamp;
use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Now, for a look that is to leave no trace: a clock that goes on when it is asked stays.
    fn peek(&self) -> Timestamp {
        self.now()
    }

    /// The time since some moment before, for measuring: it never goes back.
    fn elapsed(&self) -> Duration;

    /// Whether it goes on by itself. Under one that does not, nothing is done that waits for time to
    /// pass.
    fn runs(&self) -> bool {
        true
    }
}

/// Gives random bytes.
pub trait Random: fmt::Debug + Send + Sync {
    /// Fills the buffer.
    fn fill(&self, bytes: &mut [u8]);
}

/// Files, time and randomness of one database.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its files.
    pub vfs: Arc<dyn Vfs>,
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Its randomness.
    pub random: Arc<dyn Random>,
    /// Where its uuid comes from: the system, even where all other randomness repeats, since two
    /// databases of one uuid are taken for one.
    pub identities: Arc<dyn Random>,
}

impl Environment {
    /// The real files, the wall clock, the system's randomness.
    pub fn standard() -> Environment {
        Environment {
            vfs: Arc::new(StdVfs),
            clock: Arc::new(WallClock),
            random: Arc::new(SystemRandom),
            identities: Arc::new(SystemRandom),
        }
    }

    /// As [`Environment::standard`], with the files in memory.
    pub fn in_memory() -> Environment {
        Environment { vfs: Arc::new(MemVfs::default()), ..Environment::standard() }
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        let micros = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |m| -m),
        };
        Timestamp(micros)
    }

    fn elapsed(&self) -> Duration {
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed()
    }
}

/// A clock that starts at a moment and goes on by a step each time it is asked; what is measured by
/// it takes no time.
#[derive(Debug)]
pub struct FixedClock {
    next: AtomicI64,
    step: i64,
}

impl FixedClock {
    /// A clock whose first answer is `start` and which goes on by `step` microseconds.
    pub fn new(start: Timestamp, step: i64) -> FixedClock {
        FixedClock { next: AtomicI64::new(start.0), step }
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.next.fetch_add(self.step, Ordering::Relaxed))
    }

    fn peek(&self) -> Timestamp {
        Timestamp(self.next.load(Ordering::Relaxed))
    }

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn runs(&self) -> bool {
        false
    }
}

/// The system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

/// How many bytes are asked of the system at once: each transaction takes a few.
const POOL_SIZE: usize = 1024;

thread_local! {
    /// Random bytes that nobody was given yet.
    static POOL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() >= POOL_SIZE {
            return fill_anew(bytes);
        }
        POOL.with_borrow_mut(|pool| {
            if pool.len() < bytes.len() {
                pool.resize(POOL_SIZE, 0);
                fill_anew(pool);
            }
            let rest = pool.len() - bytes.len();
            bytes.copy_from_slice(&pool[rest..]);
            // What was given away is given to nobody else.
            pool.truncate(rest);
        });
    }
}

/// Fills bytes with the system's randomness.
fn fill_anew(bytes: &mut [u8]) {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    if getrandom::fill(bytes).is_err() {
        // No system that this runs on refuses. If one does, salts are worth less, which must not
        // keep anyone from their data; they only have to differ.
        let mut hasher = blake3::Hasher::new();
        hasher.update(&WallClock.now().0.to_le_bytes());
        hasher.update(&u64::from(std::process::id()).to_le_bytes());
        hasher.update(&COUNTER.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        hasher.finalize_xof().fill(bytes);
    }
}

/// Bytes that look random and are the same for the same seed.
pub struct SeededRandom(Mutex<blake3::OutputReader>);

impl SeededRandom {
    /// The stream of a seed: BLAKE3 of it, extended.
    pub fn new(seed: u64) -> SeededRandom {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        SeededRandom(Mutex::new(hasher.finalize_xof()))
    }
}

impl fmt::Debug for SeededRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededRandom")
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill(bytes);
    }
}
