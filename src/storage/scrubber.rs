//! The thread that scrubs the log while a database is open.
//!
//! It begins when the database has been open for a second, reads slowly, and stops at once; nobody
//! waits for it. Under a clock that does not run by itself there is none.

use super::environment::Environment;
use super::store::EventStore;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long a database has to be open before its log is read.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many bytes are read at once.
const STEP: u64 = 256 << 10;

/// How long it pauses after that: 8 MB in a second at most.
const PAUSE: Duration = Duration::from_millis(32);

/// A scrub in the background; dropped, it ends.
#[derive(Debug)]
pub(crate) struct Scrubber {
    shared: Arc<ScrubberState>,
}

#[derive(Debug, Default)]
struct ScrubberState {
    is_over: Mutex<bool>,
    over: Condvar,
    /// What was found, one line each.
    findings: Mutex<Vec<String>>,
}

impl Scrubber {
    /// Begins to scrub a log that has something to be read; none where no thread can be had.
    pub(crate) fn begin(environment: &Environment, store: &Arc<EventStore>) -> Option<Scrubber> {
        if !environment.clock.runs() || !store.is_created() {
            return None;
        }
        let shared = Arc::new(ScrubberState::default());
        let (told, store) = (Arc::clone(&shared), Arc::clone(store));
        let thread = std::thread::Builder::new().name("scrub".into());
        let begun = thread.spawn(move || told.scrub(&store));
        begun.ok().map(|_| Scrubber { shared })
    }

    /// What was found since it was last asked, one line each.
    pub(crate) fn take_findings(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.findings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Scrubber {
    fn drop(&mut self) {
        *self.shared.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.over.notify_all();
    }
}

impl ScrubberState {
    fn scrub(&self, store: &EventStore) {
        let mut pause = PATIENCE;
        while !self.is_over_after(pause) {
            pause = PAUSE;
            match store.scrub(STEP) {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    let what = match store.check_undamaged() {
                        Ok(()) => error.to_string(),
                        Err(_) => format!("{error}; nothing is written any more"),
                    };
                    self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(what);
                    return;
                }
            }
        }
    }

    /// Waits; says whether the database was closed meanwhile.
    fn is_over_after(&self, pause: Duration) -> bool {
        let is_over = self.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.over.wait_timeout_while(is_over, pause, |is_over| !*is_over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
