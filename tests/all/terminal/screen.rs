//! A shell at a pseudo-terminal, and what its screen shows.
//!
//! Nothing here sleeps until something has surely happened: every step waits for what it needs to
//! see, for half a minute at most, and says what it saw instead.

use crate::shell::TestDirectory;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a person waits before the next keys: faster ones are taken for a paste.
const PACE: Duration = Duration::from_millis(20);

/// Rows that are kept above the screen.
const SCROLLBACK: usize = 20_000;

/// What has come out of the terminal.
struct Output {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    /// Whether the other end is closed.
    is_over: bool,
}

/// A running shell and the terminal it believes to sit at.
pub(crate) struct Screen {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    output: Arc<(Mutex<Output>, Condvar)>,
}

impl Screen {
    /// Starts `asof` with these arguments in this place.
    pub(crate) fn start(
        place: &TestDirectory,
        arguments: &[&str],
        columns: u16,
        rows: u16,
    ) -> Screen {
        Screen::start_with(place, arguments, columns, rows, &[])
    }

    /// The same with more in the environment; an empty value takes a variable away.
    pub(crate) fn start_with(
        place: &TestDirectory,
        arguments: &[&str],
        columns: u16,
        rows: u16,
        environment: &[(&str, &str)],
    ) -> Screen {
        let mut command = CommandBuilder::new(assert_cmd::cargo::cargo_bin("asof"));
        command.args(arguments);
        Screen::run(place, command, columns, rows, environment)
    }

    /// Runs a line of `sh` at the terminal; `$ASOF` is the program.
    pub(crate) fn start_shell(
        place: &TestDirectory,
        line: &str,
        columns: u16,
        rows: u16,
    ) -> Screen {
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", line]);
        Screen::run(place, command, columns, rows, &[])
    }

    fn run(
        place: &TestDirectory,
        mut command: CommandBuilder,
        columns: u16,
        rows: u16,
        environment: &[(&str, &str)],
    ) -> Screen {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        command.cwd(place.path());
        // Nothing of the user who runs the tests is read or written.
        command.env_clear();
        let home = place.path().join("home");
        std::fs::create_dir_all(&home).expect("a home");
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
            command.env(name, &home);
        }
        for name in ["PATH", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("ASOF", assert_cmd::cargo::cargo_bin("asof"));
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in environment {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        let child = pair.slave.spawn_command(command).expect("the binary runs");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let parser = vt100::Parser::new(extent(rows), extent(columns), SCROLLBACK);
        let output = Output { parser, bytes: Vec::new(), is_over: false };
        let output = Arc::new((Mutex::new(output), Condvar::new()));
        let shared = Arc::clone(&output);
        thread::spawn(move || {
            let mut bytes = [0; 64 * 1024];
            loop {
                // At the end of the child Linux gives an error and others no bytes.
                let count = reader.read(&mut bytes).unwrap_or(0);
                let (lock, changed) = &*shared;
                let mut output = lock.lock().expect("no test panics while it holds this");
                output.is_over = count == 0;
                output.parser.process(&bytes[..count]);
                output.bytes.extend_from_slice(&bytes[..count]);
                changed.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Screen { master: pair.master, child, writer, output }
    }

    fn lock(&self) -> MutexGuard<'_, Output> {
        self.output.0.lock().expect("the reader does not panic")
    }

    /// Waits until the output is as it should be.
    #[track_caller]
    fn wait(&self, what: &str, mut is_there: impl FnMut(&mut Output) -> bool) {
        let until = Instant::now() + PATIENCE;
        let mut output = self.lock();
        while !is_there(&mut output) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || output.is_over {
                let screen = shown(&output.parser);
                drop(output);
                panic!("waited for {what}, but the screen is:\n{screen}");
            }
            (output, _) = self.output.1.wait_timeout(output, left).expect("no panic there");
        }
    }

    /// Types. `\r` is Enter, `\x03` Ctrl-C, `\x04` Ctrl-D, `\x1b` Escape.
    #[track_caller]
    pub(crate) fn keys(&mut self, keys: &str) -> &mut Screen {
        self.bytes(keys.as_bytes())
    }

    /// Sends bytes that need not be text.
    #[track_caller]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Screen {
        thread::sleep(PACE);
        self.writer.write_all(bytes).expect("the terminal takes it");
        self.writer.flush().expect("the terminal takes it");
        self
    }

    /// Waits until a text stands on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) -> &mut Screen {
        self.wait(&format!("{text:?}"), |output| shown(&output.parser).contains(text));
        self
    }

    /// Waits until a text stands on the screen no more.
    #[track_caller]
    pub(crate) fn wait_gone(&mut self, text: &str) -> &mut Screen {
        self.wait(&format!("no {text:?}"), |output| !shown(&output.parser).contains(text));
        self
    }

    /// Waits until the cursor's line is this prompt, or prompt and text, and the cursor behind it.
    #[track_caller]
    pub(crate) fn wait_line(&mut self, line: &str) -> &mut Screen {
        self.wait(&format!("the line {line:?}"), |output| {
            let screen = output.parser.screen();
            let (row, column) = screen.cursor_position();
            let (_, columns) = screen.size();
            let shown = screen.rows(0, columns.get()).nth(row.into()).unwrap_or_default();
            let width = unicode_width::UnicodeWidthStr::width(line);
            shown.trim_end() == line.trim_end() && usize::from(column) == width
        });
        self
    }

    /// Waits until the cursor stands in this column of its line, from 0.
    #[track_caller]
    pub(crate) fn wait_column(&mut self, column: usize) -> &mut Screen {
        self.wait(&format!("column {column}"), |output| {
            usize::from(output.parser.screen().cursor_position().1) == column
        });
        self
    }

    /// Waits until a text came out of the terminal, be it still on the screen or not.
    #[track_caller]
    pub(crate) fn wait_sent(&mut self, text: &str) -> &mut Screen {
        let mut from = 0;
        self.wait(&format!("{text:?} in the output"), |output| {
            let found = find(&output.bytes[from..], text.as_bytes());
            from = output.bytes.len().saturating_sub(text.len());
            found
        });
        self
    }

    /// Waits for the end of the shell and gives its exit code.
    #[track_caller]
    pub(crate) fn end(&mut self) -> u32 {
        self.wait("the end", |output| output.is_over);
        self.child.wait().expect("it was started").exit_code()
    }

    /// Looks at the screen cell by cell.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(self.lock().parser.screen())
    }

    /// What the screen shows, without blanks at the ends of lines and empty lines at the end.
    pub(crate) fn contents(&self) -> String {
        shown(&self.lock().parser)
    }

    /// Everything the screen has shown, what has left it at the top included.
    pub(crate) fn transcript(&self) -> String {
        let mut output = self.lock();
        let screen = output.parser.screen_mut();
        let mut text = String::new();
        for above in (1..=screen.scrollback_len()).rev() {
            screen.set_scrollback(above);
            let (_, columns) = screen.size();
            let first = screen.rows(0, columns.get()).next().unwrap_or_default();
            let _ = writeln!(text, "{}", first.trim_end());
        }
        screen.set_scrollback(0);
        text + &shown(&output.parser)
    }

    /// Everything that came out of the terminal, as it came.
    pub(crate) fn sent(&self) -> String {
        String::from_utf8_lossy(&self.lock().bytes).into_owned()
    }

    /// How the first place is painted where a text stands on the screen.
    #[track_caller]
    pub(crate) fn paint(&self, text: &str) -> Paint {
        let output = self.lock();
        let screen = output.parser.screen();
        let (rows, columns) = screen.size();
        for row in 0..rows.get() {
            for column in 0..columns.get() {
                let end = columns.get();
                if screen.contents_between(row, column, row, end).starts_with(text) {
                    let cell = screen.cell(row, column).expect("a cell of the screen");
                    return Paint {
                        colour: cell.fgcolor(),
                        bold: cell.bold(),
                        dim: cell.dim(),
                        underline: cell.underline(),
                    };
                }
            }
        }
        panic!("there is no {text:?} on the screen:\n{}", shown(&output.parser));
    }

    /// Makes the terminal larger or smaller.
    pub(crate) fn resize(&mut self, columns: u16, rows: u16) -> &mut Screen {
        self.lock().parser.screen_mut().set_size(extent(rows), extent(columns));
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("a terminal has a size");
        self
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A test that failed leaves nothing running; one that did not has waited for the end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a place of the screen is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint {
    pub(crate) colour: vt100::Color,
    pub(crate) bold: bool,
    pub(crate) dim: bool,
    pub(crate) underline: bool,
}

fn extent(cells: u16) -> NonZeroU16 {
    NonZeroU16::new(cells).expect("a screen has cells")
}

fn find(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn shown(parser: &vt100::Parser) -> String {
    let screen = parser.screen();
    let (_, columns) = screen.size();
    let lines: Vec<String> = screen.rows(0, columns.get()).collect();
    let text: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    text.join("\n").trim_end().to_string()
}
