//! Instructions of a process as `callgrind` counts them, thread by thread.

use crate::process::run;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What was executed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Instructions<T> {
    /// By the thread that runs statements.
    pub statements: T,
    /// By all other threads.
    pub others: T,
}

/// What `valgrind` calls itself; none where it is not installed.
pub fn valgrind_version() -> Option<String> {
    let output = Command::new("valgrind").arg("--version").output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Counts what a command executes for a script. `thread` is the number of the thread that runs
/// statements, from 1 in the order in which threads begin; `directory` is where the counts may lie.
///
/// # Panics
/// If it cannot be started or fails.
pub fn count(command: &Command, script: &str, thread: u32, directory: &Path) -> Instructions<u64> {
    drop(fs::remove_dir_all(directory));
    fs::create_dir_all(directory).expect("a directory for the counts");
    let out = format!("--callgrind-out-file={}", directory.join("thread").display());
    let mut counted = Command::new("valgrind");
    counted.args(["-q", "--tool=callgrind", "--separate-threads=yes", &out]);
    counted.arg(command.get_program()).args(command.get_args());
    run(&mut counted, script);
    let mut instructions = Instructions::default();
    for entry in fs::read_dir(directory).expect("the counts are there") {
        let text = fs::read_to_string(entry.expect("an entry").path()).expect("counts are text");
        let field = |name: &str| {
            let number = |line: &str| line.strip_prefix(name)?.trim().parse::<u64>().ok();
            text.lines().find_map(number)
        };
        // The file without a number says nothing.
        let (Some(number), Some(total)) = (field("thread:"), field("totals:")) else { continue };
        match number == u64::from(thread) {
            true => instructions.statements += total,
            false => instructions.others += total,
        }
    }
    assert!(instructions.statements > 0, "{thread} is no thread of {command:?}");
    instructions
}
