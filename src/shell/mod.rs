//! Floor 6: the shell around a session.
//!
//! In flow scripts, typed lines and options; statements go to the session one by one, outcomes and
//! errors through `render` to the two output streams. Two loops share everything in this file:
//! `script` for files, pipes and `-c`, `interactive` for people. Both read `items`, which are
//! statements and dot-commands; `dot` is the one table of the latter.
//!
//! Decisions: what a statement gives goes to standard output, what the shell has to say (errors,
//! notices, where it stopped) to standard error, and the first is flushed before the second is
//! written, so that a reader of both sees one order. Every write to standard output is checked: a
//! closed pipe ends the run with 141, any other refusal with 1, in both cases after the statement
//! that ran is durable. A failed statement is told where it fails; whoever called it learns
//! [`Stop::Failed`] and decides whether to go on.

mod connection;
mod dot;
mod interactive;
mod items;
mod script;
mod source;

pub use connection::{Connection, Refusal};
pub use dot::{COMMANDS, DotCommand};
pub use script::Script;

use crate::render::{self, Diagnostic, Failure, Format, Mode, Place};
use crate::session::Outcome;
use std::io::{self, BufWriter, Write};
use std::time::{Duration, Instant};

/// The code of the error that Ctrl-C makes.
const INTERRUPTED: &str = "interrupted";

/// How the shell behaves; dot-commands change it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The output mode.
    pub mode: Mode,
    /// Whether column names come first; `None` for what suits mode and output.
    pub headers: Option<bool>,
    /// Whether standard output is a terminal.
    pub terminal: bool,
    /// Columns of that terminal, if known.
    pub width: Option<usize>,
    /// Whether to colour standard output.
    pub colour_output: bool,
    /// Whether to colour standard error.
    pub colour_errors: bool,
    /// Whether every statement tells its time.
    pub timer: bool,
    /// Whether writes tell what they did.
    pub receipts: bool,
    /// Whether every statement is printed before it runs.
    pub echo: bool,
    /// Whether a script goes on after an error.
    pub keep_going: bool,
    /// Whether banner and footers are left out.
    pub quiet: bool,
}

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

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Output(error)
    }
}

/// Where a transaction began, for the case that nobody ends it.
struct Begun {
    text: String,
    place: Place,
}

/// A session, its settings and its two streams.
pub struct Shell {
    /// How it behaves.
    pub settings: Settings,
    connection: Connection,
    out: BufWriter<Box<dyn Write>>,
    errors: Box<dyn Write>,
    /// Where the open transaction began.
    begun: Option<Begun>,
    /// The scripts being read, outermost first.
    reading: Vec<String>,
    /// Whether anything failed.
    failed: bool,
    /// Whether the notices of the database were told.
    noticed: bool,
}

impl Shell {
    /// A shell that writes to these streams.
    pub fn new(
        connection: Connection,
        settings: Settings,
        out: Box<dyn Write>,
        errors: Box<dyn Write>,
    ) -> Shell {
        let mut shell = Shell {
            settings,
            connection,
            out: BufWriter::with_capacity(64 * 1024, out),
            errors,
            begun: None,
            reading: Vec::new(),
            failed: false,
            noticed: false,
        };
        shell.notices();
        shell
    }

    /// Runs one statement that begins at `place`.
    ///
    /// # Errors
    /// [`Stop::Failed`] where it fails, which is told; [`Stop::Unavailable`] where there is no
    /// database; [`Stop::Output`] where standard output refuses.
    fn statement(&mut self, text: &str, place: &Place) -> Result<(), Stop> {
        if self.settings.echo {
            self.echo(text)?;
        }
        let started = Instant::now();
        if self.connection.is_interrupted() {
            return Err(self.interrupted(started));
        }
        let outcome = self.connection.execute(text);
        self.notices();
        match (&self.begun, self.connection.transaction()) {
            (None, Some(_)) => {
                self.begun = Some(Begun { text: text.to_string(), place: place.clone() });
            }
            (Some(_), None) => self.begun = None,
            _ => {}
        }
        match outcome {
            Ok(outcome) => self.outcome(outcome, started, text, place),
            Err(Refusal::Failed(error)) if error.code == INTERRUPTED => {
                Err(self.interrupted(started))
            }
            Err(Refusal::Failed(error)) => Err(self.fail(&error, text, place)),
            Err(Refusal::Unavailable(error)) => {
                self.fail(&error, text, place);
                Err(Stop::Unavailable)
            }
        }
    }

    fn outcome(
        &mut self,
        outcome: Outcome,
        started: Instant,
        text: &str,
        place: &Place,
    ) -> Result<(), Stop> {
        let timer = self.settings.timer;
        let said = match outcome {
            outcome @ (Outcome::Rows(_) | Outcome::Replay(_)) => {
                let format = self.format();
                let elapsed = || timer.then(|| started.elapsed());
                match draw(outcome, &format, &elapsed, &mut self.out) {
                    Ok(()) if format.mode == Mode::Box && format.footer => return Ok(()),
                    Ok(()) => None,
                    Err(Failure::Query(error)) if error.code() == INTERRUPTED => {
                        return Err(self.interrupted(started));
                    }
                    Err(Failure::Query(error)) => {
                        return Err(self.fail(&Diagnostic::from(&error), text, place));
                    }
                    Err(Failure::Output(error)) => return Err(error.into()),
                }
            }
            Outcome::Changed(receipt) => self.settings.receipts.then(|| receipt.to_string()),
            Outcome::Done(message) => Some(message),
            Outcome::Nothing => return Ok(()),
        };
        if let Some(said) = said.filter(|_| self.settings.receipts) {
            writeln!(self.out, "{}", render::escape(&said))?;
        }
        if timer {
            self.say(&format!("time: {}", render::duration(started.elapsed())))?;
        }
        Ok(())
    }

    /// Prints a statement as it was written.
    fn echo(&mut self, text: &str) -> io::Result<()> {
        let lines = text.lines();
        let shown: Vec<_> = if self.settings.terminal {
            lines.map(render::escape).collect()
        } else {
            lines.map(Into::into).collect()
        };
        writeln!(self.out, "{};", shown.join("\n"))
    }

    /// How rows are drawn now.
    fn format(&self) -> Format {
        let Settings { mode, headers, terminal, width, .. } = self.settings;
        Format {
            mode,
            headers: headers.unwrap_or(mode == Mode::Box || terminal),
            terminal,
            colour: self.settings.colour_output,
            width,
            footer: !self.settings.quiet,
        }
    }

    /// Tells an error about a text; gives what its loop has to know.
    fn fail(&mut self, error: &Diagnostic, text: &str, place: &Place) -> Stop {
        self.failed = true;
        if let Err(error) = self.out.flush() {
            return error.into();
        }
        // Nobody can be told that standard error refuses.
        let colour = self.settings.colour_errors;
        let _ = render::report(error, text, place, colour, &mut self.errors);
        Stop::Failed
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
        let _ = writeln!(self.errors, "{}", render::escape(line));
        Ok(())
    }

    /// Tells what opening the database had to say, once, and what was found wrong with its
    /// projections since.
    fn notices(&mut self) {
        let Some(session) = self.connection.session() else { return };
        let database = session.database();
        let mut notices = database.take_notices();
        if !self.noticed {
            self.noticed = true;
            notices.splice(0..0, database.notices().iter().cloned());
        }
        for notice in notices {
            let _ = self.say(&format!("notice: {notice}"));
        }
    }

    /// Brings the row files up, which dropping the database would do without a word.
    fn checkpoint(&mut self) {
        let Some(session) = self.connection.session() else { return };
        if let Err(error) = session.database().checkpoint() {
            let _ = self.say(&format!("notice: the row files are not up to date: {error}"));
        }
    }

    /// Ends the run: an open transaction is rolled back and told, everything said is written.
    ///
    /// Gives the exit code.
    pub fn finish(&mut self, stop: Result<(), Stop>) -> u8 {
        let told = matches!(
            stop,
            Err(Stop::Failed | Stop::Unavailable | Stop::Interrupted | Stop::Output(_))
        );
        if let (Some(begun), false) = (self.begun.take(), told && !self.settings.keep_going) {
            let events = self.connection.transaction().unwrap_or(0);
            let message = format!(
                "the transaction that begins here was never committed: {events} event{} rolled back",
                if events == 1 { "" } else { "s" }
            );
            let error = Diagnostic::new("open-transaction", message)
                .help(Some("end it with COMMIT".to_string()));
            self.fail(&error, &begun.text, &begun.place);
        }
        let stop = stop.and_then(|()| self.out.flush().map_err(Stop::from));
        self.checkpoint();
        self.notices();
        let flushed = self.out.flush();
        match (stop, flushed) {
            (Err(Stop::Output(error)), _) | (_, Err(error)) => self.refused(&error),
            (Err(Stop::Exit(0)) | Ok(()), Ok(())) => u8::from(self.failed),
            (Err(Stop::Exit(code)), Ok(())) => code,
            (Err(Stop::Failed), Ok(())) => 1,
            (Err(Stop::Unavailable), Ok(())) => 3,
            (Err(Stop::Interrupted), Ok(())) => 130,
        }
    }

    /// What an error of standard output means: a closed pipe is no fault of anyone.
    fn refused(&mut self, error: &io::Error) -> u8 {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return 141;
        }
        let message = format!("cannot write to standard output: {error}");
        let place = Place { name: None, line: 1, column: 1 };
        let colour = self.settings.colour_errors;
        let diagnostic = Diagnostic::new("output", message);
        let _ = render::report(&diagnostic, "", &place, colour, &mut self.errors);
        1
    }
}

/// Draws what an outcome has to be drawn.
fn draw(
    outcome: Outcome,
    format: &Format,
    elapsed: &dyn Fn() -> Option<Duration>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match outcome {
        Outcome::Rows(rows) => render::draw(rows, format, elapsed, out).map(|_| ()),
        Outcome::Replay(replay) => render::draw_replay(*replay, format, elapsed, out).map(|_| ()),
        Outcome::Changed(_) | Outcome::Done(_) | Outcome::Nothing => Ok(()),
    }
}

/// Reads a duration in seconds: `5`, `0.5`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("{text:?} is no number of seconds"))
}
