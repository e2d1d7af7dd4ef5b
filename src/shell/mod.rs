//! Floor 6: the shell around a session.
//!
//! In flow scripts, typed lines and options; statements go to the session one by one, outcomes and
//! errors through `render` to the two output streams. Two loops share one [`Shell`]:
//! `script` for files, pipes and `-c`, `terminal` for people. Both read `items`, which are
//! statements (`statement`) and dot-commands; `dot` is the one table of the latter.
//!
//! Decisions: what a statement gives goes to standard output, what the shell has to say (errors,
//! notices, where it stopped) to standard error, and the first is flushed before the second is
//! written, so that a reader of both sees one order. Every write to standard output is checked: a
//! closed pipe ends the run with 141, any other refusal with 1, in both cases after the statement
//! that ran is durable. A failed statement is told where it fails; whoever called it learns
//! [`Stop::Failed`] and decides whether to go on.

mod connection;
mod deferral;
mod dot;
mod exit_status;
mod first_word;
mod output_gate;
mod pending_input;
mod programs;
mod progress;
mod redirect;
mod run;
mod script;
mod script_items;
mod script_source;
mod settings;
#[cfg(unix)]
mod signals;
mod statement;
mod terminal;
mod transfer;

pub use connection::{Connection, ConnectionError};
pub use dot::{DotCommand, DotCommandGroup, commands};
pub use script::Script;
pub use settings::Settings;
#[cfg(unix)]
pub use signals::hold_file_size_signal;
#[cfg(unix)]
pub use terminal::restore_at_end;

use crate::render::{self, Diagnostic, ReportOptions, TextOrigin};
use crate::types::ByteSize;
use deferral::Deferral;
use output_gate::{GatedWriter, SharedGate};
use progress::{ProgressWriter, SharedProgress};
use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// The code of the error that Ctrl-C makes.
const INTERRUPTED: &str = "interrupted";

/// How many bytes of output are held at most.
const BUFFER: usize = 64 * 1024;

/// What an interrupted run exits with.
const INTERRUPTED_CODE: u8 = 130;

/// Why a loop ends before its input does.
#[derive(Debug)]
pub enum Stop {
    /// A statement failed; it was told.
    Failed,
    /// There is no database to go on with; it was told.
    Unavailable,
    /// The user stopped it with Ctrl-C; it was told.
    Interrupted,
    /// The user said so.
    Exit(u8),
    /// Standard output refused.
    Output(io::Error),
}

impl Stop {
    /// The same, or another where it is that something failed.
    fn replace_failure(self, other: Stop) -> Stop {
        if matches!(self, Stop::Failed) { other } else { self }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Output(error)
    }
}

/// Where a transaction began, for the case that nobody ends it.
struct TransactionStart {
    text: String,
    origin: TextOrigin,
}

/// A session, its settings and its two streams.
pub struct Shell {
    /// How it behaves.
    pub settings: Settings,
    connection: Connection,
    out: BufWriter<ProgressWriter>,
    errors: ProgressWriter,
    /// What everything waits for that is said.
    gate: SharedGate,
    /// What the script does that is not durable yet.
    deferral: Deferral,
    /// How far the script is.
    progress: SharedProgress,
    /// Where results go instead of standard output.
    redirect: Option<redirect::Redirect>,
    /// Whether a script waits for its input.
    waiting: Arc<AtomicBool>,
    /// Where the open transaction began.
    transaction_start: Option<TransactionStart>,
    /// The scripts being read, outermost first.
    reading: Vec<String>,
    /// Whether standard input is, or was, a script.
    input_is_script: bool,
    /// What a session at a terminal remembers.
    interaction: terminal::Interaction,
    /// Whether anything failed.
    failed: bool,
}

impl Shell {
    /// A shell that writes to these streams.
    pub fn new(
        connection: Connection,
        settings: Settings,
        out: Box<dyn Write>,
        errors: Box<dyn Write>,
    ) -> Shell {
        let (progress, gate) = (SharedProgress::default(), SharedGate::default());
        let behind = |inner| {
            let inner = Box::new(GatedWriter { inner, gate: SharedGate::clone(&gate) });
            ProgressWriter { inner, progress: SharedProgress::clone(&progress) }
        };
        let (out, errors) = (behind(out), behind(errors));
        let mut connection = connection;
        connection.set_progress_handler(progress::progress_handler(settings.progress));
        let mut shell = Shell {
            settings,
            connection,
            out: BufWriter::with_capacity(BUFFER, out),
            errors,
            gate,
            deferral: Deferral::default(),
            progress,
            redirect: None,
            waiting: Arc::default(),
            transaction_start: None,
            reading: Vec::new(),
            input_is_script: false,
            interaction: terminal::Interaction::default(),
            failed: false,
        };
        shell.notices();
        shell
    }

    /// Says what statements may hold before they write to temporary files, as SET does.
    pub fn set_memory(&mut self, size: ByteSize) {
        self.connection.set_memory(size);
    }

    /// Says whether new tables are FLEXIBLE that do not say what they are, as SET does.
    pub fn set_flexible_types(&mut self, is_on: bool) {
        self.connection.set_flexible_types(is_on);
    }

    /// Tells an error about a text; gives what its loop has to know.
    fn fail(&mut self, error: &Diagnostic, text: &str, origin: &TextOrigin) -> Stop {
        self.failed = true;
        if let Err(error) = self.out.flush() {
            return error.into();
        }
        // Nobody can be told that standard error refuses.
        let _ = render::report(error, text, origin, &self.report_options(), &mut self.errors);
        Stop::Failed
    }

    /// Tells why there is no database to go on with; gives what its loop has to know.
    fn unavailable(&mut self, error: &Diagnostic, text: &str, origin: &TextOrigin) -> Stop {
        self.fail(error, text, origin).replace_failure(Stop::Unavailable)
    }

    /// How errors are written now.
    fn report_options(&self) -> ReportOptions {
        let Settings { error_format, colour_errors, .. } = self.settings;
        ReportOptions {
            format: error_format,
            colour: colour_errors,
            width: self.settings.format.width,
        }
    }

    /// Says that a statement was stopped; gives what its loop has to know.
    fn interrupted(&mut self, started: Instant) -> Stop {
        self.failed = true;
        let elapsed = render::duration(started.elapsed());
        match self.say(&format!("interrupted after {elapsed}, nothing was written")) {
            Ok(()) => Stop::Interrupted,
            Err(error) => error.into(),
        }
    }

    /// Says a line on standard error, behind everything on standard output.
    fn say(&mut self, line: &str) -> io::Result<()> {
        self.out.flush()?;
        let _ = render::notice(line, &self.report_options(), &mut self.errors);
        Ok(())
    }

    /// Tells what opening the database had to say, and what was found wrong with its projections
    /// since.
    fn notices(&mut self) {
        for notice in self.connection.take_notices() {
            let _ = self.say(&format!("notice: {notice}"));
        }
    }
}

/// Reads a duration in seconds: `5`, `0.5`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("{text:?} is no number of seconds"))
}
