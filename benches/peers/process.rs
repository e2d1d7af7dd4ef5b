//! A command as a whole process: its time, its peak memory, its output.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a process did.
pub struct Run {
    /// From its start to its end.
    pub seconds: f64,
    /// The most memory it held, in KiB; 0 where the system does not tell.
    pub peak: u64,
    /// Its standard output.
    pub output: String,
}

/// Runs a command with a script on its standard input.
///
/// # Panics
/// If it cannot be started or fails.
pub fn run(command: &mut Command, script: &str) -> Run {
    let started = Instant::now();
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
    let id = child.id();
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let mut stdout = child.stdout.take().expect("standard output is a pipe");
    let (output, peak) = std::thread::scope(|scope| {
        scope.spawn(move || {
            stdin.write_all(script.as_bytes()).expect("the program reads its script");
        });
        let reader = scope.spawn(move || {
            let mut output = String::new();
            stdout.read_to_string(&mut output).expect("the output is text");
            output
        });
        let mut peak = 0;
        while !reader.is_finished() {
            // The mark only ever rises, so that the last look before the end has the peak.
            peak = peak.max(peak_memory(id));
            std::thread::sleep(Duration::from_millis(20));
        }
        (reader.join().expect("the reader ends"), peak)
    });
    let status = child.wait().expect("the program ends");
    let seconds = started.elapsed().as_secs_f64();
    assert!(status.success(), "{command:?} failed: {status}");
    Run { seconds, peak, output }
}

/// The high-water mark of a process's memory as Linux tells it.
pub fn peak_memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").trim().parse().ok()).unwrap_or(0)
}
