//! Programs that the shell starts: pagers, editors, commands.

#[cfg(unix)]
use super::signals::with_first_mask;
use std::io;
use std::process::{Child, Command};

/// The system's shell, to run a line.
pub(super) fn system_shell(line: &str) -> Command {
    let (program, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(program);
    command.args([option, line]);
    command
}

/// Starts a program, which finds the signals as this process found them: `kill` ends a pager.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] where there is no such program, `PermissionDenied` where it may not be run.
pub(super) fn spawn(program: &mut Command) -> io::Result<Child> {
    #[cfg(unix)]
    return with_first_mask(|| program.spawn());
    #[cfg(not(unix))]
    program.spawn()
}
