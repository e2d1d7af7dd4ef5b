//! A process that runs beside the test, and its pipes.

use super::TestDirectory;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

impl TestDirectory {
    /// Starts `asof` with a pipe at each of its streams.
    pub(crate) fn spawn(&self, arguments: &[&str]) -> Child {
        self.spawn_onto(arguments, Stdio::piped())
    }

    /// The same with another standard output.
    pub(crate) fn spawn_onto(&self, arguments: &[&str], output: impl Into<Stdio>) -> Child {
        Command::new(env!("CARGO_BIN_EXE_asof"))
            .args(arguments)
            .current_dir(self.path())
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs")
    }
}

/// A script that stays open, and its two pipes.
pub(crate) struct Piped {
    pub(crate) child: Child,
    pub(crate) input: ChildStdin,
    pub(crate) output: BufReader<ChildStdout>,
}

impl Piped {
    pub(crate) fn new(place: &TestDirectory, arguments: &[&str]) -> Piped {
        let mut child = place.spawn(arguments);
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Piped { child, input, output }
    }

    /// Sends a text.
    pub(crate) fn send(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).expect("it listens");
    }

    /// Runs a statement and gives the first line that it prints.
    pub(crate) fn ask(&mut self, statement: &str) -> String {
        self.send(&format!("{statement};\n"));
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        line
    }

    /// Waits for so many bytes of its output, then listens no more.
    pub(crate) fn close_output(self, after: usize) -> (Child, ChildStdin) {
        let Piped { child, input, mut output } = self;
        output.read_exact(&mut vec![0; after]).expect("output");
        (child, input)
    }

    /// Ends the input; gives the exit code and what was said on standard error.
    pub(crate) fn end(self) -> (Option<i32>, String) {
        drop(self.input);
        ended(self.child)
    }
}

/// Waits until a process ends by itself; gives its exit code and what it said on standard error.
pub(crate) fn ended(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}
