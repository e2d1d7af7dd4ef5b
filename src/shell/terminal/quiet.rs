//! The terminal between two prompts.
//!
//! While a statement runs, the terminal would echo what is typed ahead, turn Enter into Ctrl-J and
//! drop what does not fit into its line of 4,096 bytes: a paste of many statements would arrive in
//! pieces. So from the first prompt to the last the terminal keeps what comes as it comes, and Ctrl-C
//! stays a signal; programs that the shell starts find the terminal as the shell found it.

use nix::sys::termios::{InputFlags, LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::io::stdin;

/// A terminal that waits; dropping it restores what was found.
pub(super) struct Quiet {
    found: Termios,
    quiet: Termios,
}

impl Quiet {
    /// Makes standard input quiet, if it is a terminal.
    pub(super) fn begin() -> Option<Quiet> {
        let found = tcgetattr(stdin()).ok()?;
        let mut quiet = found.clone();
        quiet.local_flags &= !(LocalFlags::ECHO | LocalFlags::ICANON);
        quiet.input_flags &= !(InputFlags::ICRNL | InputFlags::INLCR | InputFlags::IGNCR);
        let terminal = Quiet { found, quiet };
        terminal.resume();
        Some(terminal)
    }

    /// Gives the terminal to another program.
    pub(super) fn pause(&self) {
        // A terminal that is gone needs no mode.
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.found);
    }

    /// Takes it back.
    pub(super) fn resume(&self) {
        let _ = tcsetattr(stdin(), SetArg::TCSADRAIN, &self.quiet);
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        self.pause();
    }
}
