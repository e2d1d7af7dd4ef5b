//! A second shell beside one that writes: at a terminal it follows, in a script it waits in vain.

use super::shell::Place;
use portable_pty::{CommandBuilder, NativePtySystem, PtySize, PtySystem};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

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

/// A shell at a terminal, and all that it wrote there.
struct Terminal {
    input: Box<dyn Write + Send>,
    seen: Arc<Mutex<String>>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

impl Terminal {
    fn new(place: &Place, arguments: &[&str]) -> Terminal {
        let size = PtySize { rows: 24, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pair = NativePtySystem::default().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_asof"));
        command.args(arguments);
        command.cwd(place.path());
        command.env("NO_COLOR", "1");
        command.env("XDG_STATE_HOME", place.path());
        let child = pair.slave.spawn_command(command).expect("the binary runs");
        let mut output = pair.master.try_clone_reader().expect("its output");
        let input = pair.master.take_writer().expect("its input");
        let seen = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&seen);
        std::thread::spawn(move || {
            let _terminal = pair.master;
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..read]);
                written.lock().expect("nobody panics with it").push_str(&text);
            }
        });
        Terminal { input, seen, child }
    }

    /// Waits until a text was written since it was last waited for.
    fn wait_for(&self, text: &str) -> String {
        let began = Instant::now();
        loop {
            let seen = self.seen.lock().expect("nobody panics with it").clone();
            if let Some(at) = seen.find(text) {
                let rest = seen[at + text.len()..].to_owned();
                *self.seen.lock().expect("nobody panics with it") = rest;
                return seen;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "no {text:?} in {seen:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn enter(&mut self, line: &str) {
        write!(self.input, "{line}\r").expect("it listens");
    }
}

#[test]
fn a_second_shell_at_a_terminal_follows_the_first() {
    let place = Place::new();
    let mut writer = Writer::new(&place);
    writer.write("CREATE TABLE t(a INTEGER)");
    writer.write("INSERT INTO t VALUES (41)");
    let mut shell = Terminal::new(&place, &["bank"]);
    let holder = format!("process {} is writing to bank", writer.child.id());
    shell.wait_for(&format!("{holder}: this shell is read-only and follows it"));
    shell.wait_for("bank@2> ");
    shell.enter("SELECT 'sum', sum(a) FROM t;");
    shell.wait_for(" 41 ");
    shell.wait_for("bank@2> ");
    writer.write("INSERT INTO t VALUES (58)");
    shell.enter("SELECT 'sum', sum(a) FROM t;");
    shell.wait_for(" 99 ");
    shell.wait_for("bank@3> ");
    shell.enter("INSERT INTO t VALUES (1);");
    shell.wait_for("error[read-only]: process ");
    shell.wait_for("once that process has ended, open the database again");
    shell.wait_for("bank@3> ");
    shell.enter("SET AS OF EVENT 2;");
    shell.wait_for("past> ");
    writer.write("INSERT INTO t VALUES (1)");
    shell.enter("SELECT 'sum', sum(a) FROM t;");
    shell.wait_for(" 41 ");
    shell.wait_for("bank@2/4 past> ");
    shell.enter(".quit");
    assert!(shell.child.wait().expect("it ends").success());
    drop(writer.input);
    assert!(writer.child.wait().expect("it ends").success());
}

#[test]
fn a_read_only_shell_at_a_terminal_follows_and_a_script_does_not() {
    let place = Place::new();
    let mut writer = Writer::new(&place);
    writer.write("CREATE TABLE t(a INTEGER)");
    let mut shell = Terminal::new(&place, &["--read-only", "bank"]);
    shell.wait_for("bank@1> ");
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
    shell.enter("SELECT 'rows', count(*) + 70 FROM t;");
    shell.wait_for(" 71 ");
    shell.enter("DELETE FROM t;");
    shell.wait_for("error[read-only]: ");
    drop((input, writer.input));
    assert!(script.wait().expect("it ends").success());
}
