//! A second shell beside one that writes: at a terminal it follows, in a script it waits in vain.

use super::shell::Place;
use super::terminal::screen::Screen;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A script that writes and stays open.
struct Writer {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Writer {
    fn new(place: &Place) -> Writer {
        let mut child = Command::new(env!("CARGO_BIN_EXE_asof"))
            .args(["--receipts", "bank"])
            .current_dir(place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let input = child.stdin.take().expect("a pipe");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Writer { child, input, output }
    }

    /// Runs a statement until it is acknowledged.
    fn write(&mut self, statement: &str) {
        writeln!(self.input, "{statement};").expect("it listens");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        assert!(line.starts_with("+1 event"), "{line}");
    }
}

#[test]
fn a_second_shell_at_a_terminal_follows_the_first() {
    let place = Place::new();
    let mut writer = Writer::new(&place);
    writer.write("CREATE TABLE t(a INTEGER)");
    writer.write("INSERT INTO t VALUES (41)");
    let mut shell = Screen::start(&place, &["bank"], 120, 30);
    let holder = format!("process {} is writing to bank", writer.child.id());
    shell.wait_for(&format!("{holder}: this shell is read-only and follows it"));
    shell.wait_for("bank@2>").keys("SELECT 1000 + sum(a) FROM t;\r").wait_for("1041");
    writer.write("INSERT INTO t VALUES (58)");
    shell.keys("SELECT 2000 + sum(a) FROM t;\r").wait_for("2099").wait_for("bank@3>");
    shell.keys("INSERT INTO t VALUES (1);\r").wait_for("error[read-only]: process");
    shell.wait_for("once that process has ended, open the database again");
    shell.keys("SET AS OF EVENT 2;\r").wait_for("past>");
    writer.write("INSERT INTO t VALUES (1)");
    shell.keys("SELECT 3000 + sum(a) FROM t;\r").wait_for("3041").wait_for("bank@2/4 past>");
    shell.keys(".quit\r");
    assert_eq!(shell.end(), 0);
    drop(writer.input);
    assert!(writer.child.wait().expect("it ends").success());
}

#[test]
fn a_read_only_shell_at_a_terminal_follows_and_a_script_does_not() {
    let place = Place::new();
    let mut writer = Writer::new(&place);
    writer.write("CREATE TABLE t(a INTEGER)");
    let mut shell = Screen::start(&place, &["--read-only", "bank"], 120, 30);
    shell.wait_for("bank@1>");
    let mut script = Command::new(env!("CARGO_BIN_EXE_asof"))
        .args(["--read-only", "bank"])
        .current_dir(place.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut input = script.stdin.take().expect("a pipe");
    let mut output = BufReader::new(script.stdout.take().expect("a pipe"));
    let mut count = || {
        writeln!(input, "SELECT count(*) FROM t;").expect("it listens");
        let mut line = String::new();
        output.read_line(&mut line).expect("it answers");
        line
    };
    assert_eq!(count(), "0\n");
    writer.write("INSERT INTO t VALUES (1)");
    assert_eq!(count(), "0\n");
    shell.keys("SELECT 1000 + count(*) FROM t;\r").wait_for("1001");
    shell.keys("DELETE FROM t;\r").wait_for("error[read-only]");
    drop((input, writer.input));
    assert!(script.wait().expect("it ends").success());
}
