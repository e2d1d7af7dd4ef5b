//! The terminal between two prompts.
//!
//! While a statement runs, the terminal would echo what is typed ahead, turn Enter into Ctrl-J and
//! drop what does not fit into its line of 4,096 bytes: a paste of many statements would arrive in
//! pieces. So from the first prompt to the last the terminal keeps what comes as it comes, and Ctrl-C
//! stays a signal; programs that the shell starts find the terminal as the shell found it.

use nix::sys::signal::{SigSet, Signal, raise};
use nix::sys::termios::{InputFlags, LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::io::{IsTerminal, Write, stderr, stdin};

/// A terminal that waits; dropping it restores what was found.
pub(super) struct EchoGuard {
    original: Termios,
    silent: Termios,
}

impl EchoGuard {
    /// Makes standard input quiet, if it is a terminal.
    pub(super) fn begin() -> Option<EchoGuard> {
        let original = tcgetattr(stdin()).ok()?;
        let mut silent = original.clone();
        silent.local_flags &= !(LocalFlags::ECHO | LocalFlags::ICANON);
        silent.input_flags &= !(InputFlags::ICRNL | InputFlags::INLCR | InputFlags::IGNCR);
        let terminal = EchoGuard { original, silent };
        terminal.resume();
        Some(terminal)
    }

    /// Gives the terminal to another program.
    pub(super) fn pause(&self) {
        // A terminal that is gone needs no mode.
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.original);
    }

    /// Takes it back.
    pub(super) fn resume(&self) {
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.silent);
    }
}

/// The signals that end a process from outside: SIGTERM of `kill`, SIGHUP of a terminal that goes.
fn ends() -> SigSet {
    [Signal::SIGTERM, Signal::SIGHUP].into_iter().collect()
}

/// Lets the signals that end the process restore the terminal before they do, to what it is now.
///
/// One thread waits for them; all others, which have to be started later than this, leave them to it.
/// It ends the process by the same signal: whoever waits for that learns the truth. A commit that it
/// interrupts is whole or not there, as after a loss of power.
pub fn restore_at_end() {
    let Ok(original) = tcgetattr(stdin()) else { return };
    let ends = ends();
    if ends.thread_block().is_err() {
        return;
    }
    let waits = std::thread::Builder::new().name("signals".into()).spawn(move || {
        let Ok(signal) = ends.wait() else { return };
        let _ = tcsetattr(stdin(), SetArg::TCSANOW, &original);
        if stderr().is_terminal() {
            // Behind what stands on the line, with pastes as they were.
            let _ = stderr().write_all(b"\x1b[?2004l\n");
        }
        let _ = ends.thread_unblock();
        let _ = raise(signal);
    });
    if waits.is_err() {
        let _ = ends.thread_unblock();
    }
}

impl Drop for EchoGuard {
    fn drop(&mut self) {
        self.pause();
    }
}
