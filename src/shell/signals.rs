//! Signals that would end the process where an error says more.

use nix::sys::signal::{SigSet, Signal};

/// Makes a limit on the size of files (`ulimit -f`) an error of the write that passes it: SIGXFSZ,
/// whose default is death, is held back in this thread and in all that it starts.
///
/// It is blocked and not ignored because only the former needs no `unsafe`; the write fails with
/// EFBIG all the same.
pub fn hold_file_size_signal() {
    let signals: SigSet = [Signal::SIGXFSZ].into_iter().collect();
    // Where that is refused, the system's default stays.
    let _ = signals.thread_block();
}
