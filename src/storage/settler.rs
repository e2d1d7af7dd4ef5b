//! The log's own thread: what was staged is encoded and written beside the statements that follow, and
//! synced all at once.
//!
//! ```text
//! staged  ├──┤ ├──┤  ├──┤├──┤ ├──┤                    statements, one after the other
//! written    ├┤   ├────┤   ├────┤                     now and then, what there is
//! synced                        ├──────┤              when some of it has waited for 5 ms
//! ```
//!
//! Whoever cannot wait so long settles by itself, in its own thread; there is one mechanism, the store's
//! (`EventStore::settle`), and whoever has the writer at the moment works for all. Under a clock that does
//! not run by itself there is no thread: then everything is settled by who asks for it.

use super::environment::Environment;
use super::store::EventStore;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long something that was staged waits for more before it is synced.
const PATIENCE: Duration = Duration::from_millis(5);

/// How often what was staged meanwhile is written.
const STEP: Duration = Duration::from_millis(1);

/// Settles in the background; dropped, it ends when all is settled that was staged.
#[derive(Debug)]
pub(crate) struct Settler {
    shared: Arc<SettlerState>,
    store: Arc<EventStore>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct SettlerState {
    /// Whether the thread waits for something to be staged.
    is_idle: AtomicBool,
    request: Mutex<SettlerRequest>,
    changed: Condvar,
}

/// What the thread is to do.
#[derive(Debug, Default)]
struct SettlerRequest {
    has_work: bool,
    is_over: bool,
}

impl Settler {
    /// One for a log; its thread begins with the first work. None under a clock that does not run.
    pub(crate) fn new(environment: &Environment, store: &Arc<EventStore>) -> Option<Settler> {
        let shared =
            Arc::new(SettlerState { is_idle: AtomicBool::new(true), ..Default::default() });
        let settler = Settler { shared, store: Arc::clone(store), thread: Mutex::default() };
        environment.clock.runs().then_some(settler)
    }

    /// Says that something was staged.
    pub(crate) fn wake(&self) {
        if !self.shared.is_idle.swap(false, Ordering::AcqRel) {
            return;
        }
        self.shared.request().has_work = true;
        self.shared.changed.notify_one();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.is_none() {
            let (shared, store) = (Arc::clone(&self.shared), Arc::clone(&self.store));
            let begun = std::thread::Builder::new().name("log".into());
            // Where no thread can be had, whoever asks settles.
            *thread = begun.spawn(move || shared.run(&store)).ok();
        }
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        self.shared.request().is_over = true;
        self.shared.changed.notify_one();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        drop(thread.map(JoinHandle::join));
    }
}

impl SettlerState {
    fn request(&self) -> MutexGuard<'_, SettlerRequest> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, store: &EventStore) {
        while self.waits_for_work() {
            let begun = Instant::now();
            while begun.elapsed() < PATIENCE {
                store.write_ahead();
                if self.is_over_after(STEP) {
                    break;
                }
            }
            // Whoever staged after this look says so: then there is more work.
            self.is_idle.store(true, Ordering::Release);
            // What a disk refuses is told by whoever waits for it to be settled.
            drop(store.settle(store.staged()));
        }
    }

    /// Waits until something was staged; false once there is nothing more to wait for.
    fn waits_for_work(&self) -> bool {
        let idle = |request: &mut SettlerRequest| !request.has_work && !request.is_over;
        let waited = self.changed.wait_while(self.request(), idle);
        let mut request = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut request.has_work)
    }

    fn is_over_after(&self, pause: Duration) -> bool {
        let goes_on = |request: &mut SettlerRequest| !request.is_over;
        let waited = self.changed.wait_timeout_while(self.request(), pause, goes_on);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_over
    }
}
