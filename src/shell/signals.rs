//! Signals that would end the process where an error says more.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use std::sync::OnceLock;

/// The signals that were held back when the process began, by whoever started it.
static FIRST_MASK: OnceLock<SigSet> = OnceLock::new();

/// Makes a limit on the size of files (`ulimit -f`) an error of the write that passes it: SIGXFSZ,
/// whose default is death, is held back in this thread and in all that it starts.
///
/// It is blocked and not ignored because only the former needs no `unsafe`; the write fails with
/// EFBIG all the same.
pub fn hold_file_size_signal() {
    let signals: SigSet = [Signal::SIGXFSZ].into_iter().collect();
    // Where that is refused, the system's default stays.
    if let Ok(first) = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK) {
        FIRST_MASK.get_or_init(|| first);
    }
}

/// Does what starts another process with the signals held back that were when this one began: a
/// process inherits the mask of the thread that starts it, and would never hear SIGTERM.
pub(super) fn with_first_mask<T>(start: impl FnOnce() -> T) -> T {
    let own =
        FIRST_MASK.get().and_then(|first| first.thread_swap_mask(SigmaskHow::SIG_SETMASK).ok());
    let started = start();
    if let Some(own) = own {
        // It was in force a moment ago.
        let _ = own.thread_set_mask();
    }
    started
}
