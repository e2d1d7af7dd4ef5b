//! Whether standard input, a terminal or a pipe, has something that nobody has read yet.

#[cfg(unix)]
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
#[cfg(unix)]
use std::os::fd::AsFd;

/// How long Ctrl-C may go unnoticed, in milliseconds.
#[cfg(unix)]
const GLANCE: u8 = 100;

/// Whether keys wait on standard input, or come within a time.
#[cfg(unix)]
fn has_input_within(time: PollTimeout) -> bool {
    let input = std::io::stdin();
    let mut inputs = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    // A terminal that is gone waits, too: the read says so.
    poll(&mut inputs, time).is_ok_and(|count| count > 0)
}

/// Whether keys wait on standard input.
#[cfg(unix)]
pub(super) fn has_input() -> bool {
    has_input_within(PollTimeout::ZERO)
}

/// Whether it can be told that nothing waits on standard input.
pub(super) fn is_known() -> bool {
    cfg!(unix)
}

/// Waits for keys; whether they came before an interruption.
#[cfg(unix)]
pub(super) fn for_input(is_interrupted: impl Fn() -> bool) -> bool {
    loop {
        if is_interrupted() {
            return false;
        }
        if has_input_within(PollTimeout::from(GLANCE)) {
            return true;
        }
    }
}

/// Whether keys wait on standard input: nobody can tell, and more may follow.
#[cfg(not(unix))]
pub(super) fn has_input() -> bool {
    true
}

/// Waits for keys: the read does.
#[cfg(not(unix))]
pub(super) fn for_input(_: impl Fn() -> bool) -> bool {
    true
}
