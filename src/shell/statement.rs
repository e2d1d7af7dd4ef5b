//! One statement on its way through the shell: run, drawn, timed.

use super::dot::DotCommandError;
use super::{ConnectionError, INTERRUPTED, Shell, Stop, TransactionStart};
use crate::render::{self, Diagnostic, Format, RenderError, TextOrigin};
use crate::session::{Outcome, Receipt};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// The most bytes of a result that are kept for `_`.
const KEPT_BYTES: usize = 64 << 20;

/// The most events that are shown of one write.
const EVENTS_SHOWN: usize = 20;

impl Shell {
    /// Runs one statement that begins at `origin`.
    ///
    /// # Errors
    /// [`Stop::Failed`] where it fails, which is told; [`Stop::Unavailable`] where there is no
    /// database; [`Stop::Output`] where standard output refuses.
    pub(super) fn statement(&mut self, text: &str, origin: &TextOrigin) -> Result<(), Stop> {
        let done = self.run_statement(text, origin);
        let done = self.arrived(done, text, origin);
        if self.redirect.as_ref().is_some_and(|redirect| redirect.once) {
            let restored = self.restore(origin);
            return done.and(restored);
        }
        done
    }

    fn run_statement(&mut self, text: &str, origin: &TextOrigin) -> Result<(), Stop> {
        self.echo(text, ";")?;
        let started = Instant::now();
        if self.connection.is_interrupted() {
            return Err(self.interrupted(started));
        }
        self.keep_results();
        let outcome = match self.settings.check_only {
            true => self.connection.check_statement(text),
            false if self.deferral.is_on() => self.connection.stage(text),
            false => self.connection.execute(text),
        };
        self.note_staged(origin);
        self.notices();
        match (&self.transaction_start, self.connection.transaction()) {
            (None, Some(_)) => {
                self.transaction_start =
                    Some(TransactionStart { text: text.to_string(), origin: origin.clone() });
            }
            (Some(_), None) => self.transaction_start = None,
            _ => {}
        }
        match outcome {
            Ok(outcome) => self.outcome(outcome, started, text, origin),
            Err(ConnectionError::Failed(error)) if error.code == INTERRUPTED => {
                Err(self.interrupted(started))
            }
            Err(ConnectionError::Failed(error)) => Err(self.fail(&error, text, origin)),
            Err(ConnectionError::Unavailable(error)) => Err(self.unavailable(&error, text, origin)),
        }
    }

    /// Lets the session, which may be a new one, keep results as the settings say.
    pub(super) fn keep_results(&mut self) {
        self.connection.keep_results(self.settings.keep_results.then_some(KEPT_BYTES));
    }

    /// Draws what a command had the session do.
    pub(super) fn plain_outcome(&mut self, outcome: Outcome) -> Result<(), Stop> {
        let origin = TextOrigin::default();
        self.outcome(outcome, Instant::now(), "", &origin)
    }

    fn outcome(
        &mut self,
        outcome: Outcome,
        started: Instant,
        text: &str,
        origin: &TextOrigin,
    ) -> Result<(), Stop> {
        let timer = self.settings.timer.unwrap_or(false);
        let said = match outcome {
            mut outcome @ (Outcome::Rows(_) | Outcome::Replay(_)) => {
                let format = self.page()?;
                let receipt = outcome.take_receipt();
                self.draw(outcome, &format, started, text, origin)?;
                if let Some(receipt) = receipt {
                    self.receipt(&receipt)?;
                }
                if format.mode.is_framed() && format.footer {
                    return Ok(());
                }
                None
            }
            Outcome::Changed(receipt) => {
                self.receipt(&receipt)?;
                None
            }
            Outcome::Text(text) => {
                let text = match self.format().width {
                    Some(columns) => render::wrap_lines(&text, columns),
                    None => text,
                };
                writeln!(self.out, "{text}")?;
                None
            }
            Outcome::Done(message) => Some(message),
            Outcome::Nothing => return Ok(()),
        };
        if let Some(said) = said.filter(|_| self.settings.receipts) {
            self.tell(&said)?;
        }
        if timer {
            self.say(&format!("time: {}", render::duration(started.elapsed())))?;
        }
        Ok(())
    }

    /// Draws what an outcome has to be drawn.
    fn draw(
        &mut self,
        outcome: Outcome,
        format: &Format,
        started: Instant,
        text: &str,
        origin: &TextOrigin,
    ) -> Result<(), Stop> {
        let shows_time = self.settings.timer.unwrap_or(format.terminal);
        let elapsed = || shows_time.then(|| started.elapsed());
        let drawn = draw(outcome, format, &elapsed, &mut self.out);
        match self.close_page(drawn) {
            Ok(()) => Ok(()),
            Err(RenderError::Query(error)) if error.code() == INTERRUPTED => {
                Err(self.interrupted(started))
            }
            Err(RenderError::Query(error)) => {
                Err(self.fail(&Diagnostic::from(&error), text, origin))
            }
            Err(RenderError::Output(error)) => Err(error.into()),
        }
    }

    /// Draws all of the last result once more, on the pager if there is one.
    ///
    /// # Errors
    /// `no-result` where there is none; [`Stop::Interrupted`] by Ctrl-C, [`Stop::Output`] where the output
    /// takes no more.
    pub(super) fn last(&mut self) -> Result<(), DotCommandError> {
        let started = Instant::now();
        let Some(session) = self.connection.session() else { return Ok(()) };
        let rows = session.last_result().map_err(|error| Diagnostic::from(&error))?;
        let format = Format { rows: None, ..self.page().map_err(DotCommandError::Stop)? };
        let drawn = render::draw(rows, &format, &|| None, &mut self.out).map(|_| ());
        match self.close_page(drawn) {
            Ok(()) => Ok(()),
            Err(RenderError::Query(error)) if error.code() == INTERRUPTED => {
                Err(DotCommandError::Stop(self.interrupted(started)))
            }
            Err(RenderError::Query(error)) => Err(Diagnostic::from(&error).into()),
            Err(RenderError::Output(error)) => Err(error.into()),
        }
    }

    /// Says what came of a statement, at a terminal in lines that it has room for.
    fn tell(&mut self, text: &str) -> io::Result<()> {
        let (text, format) = (render::escape(text), self.format());
        match format.width.filter(|_| format.terminal) {
            Some(columns) => writeln!(self.out, "{}", render::wrap_lines(&text, columns)),
            None => writeln!(self.out, "{text}"),
        }
    }

    /// Says what a write did, and shows its events where somebody wants to see them.
    fn receipt(&mut self, receipt: &Receipt) -> Result<(), Stop> {
        if !self.settings.receipts {
            return Ok(());
        }
        let colour = self.format().colour;
        self.tell(&receipt.to_string())?;
        if self.settings.events {
            // What the log has of them is read from it.
            self.gate.settle()?;
        }
        if let (true, Some((first, last)), Some(session)) =
            (self.settings.events, receipt.committed, self.connection.session())
        {
            for event in session.traces(first, last).take(EVENTS_SHOWN) {
                match event {
                    Ok(event) => render::draw_trace(&event, colour, &mut self.out)?,
                    // The write is done: what cannot be shown of it is no failure of its.
                    Err(error) => {
                        let error = error.to_string();
                        self.say(&format!("notice: the events cannot be read: {error}"))?;
                        return Ok(());
                    }
                }
            }
            let next = first.0 + EVENTS_SHOWN as u64;
            if next <= last.0 {
                let more = last.0 - next + 1;
                writeln!(self.out, "  … {more} more: EVENTS SINCE EVENT {next}")?;
            }
        }
        Ok(())
    }

    /// Prints a statement or a dot-command as it was written, where that is wanted.
    pub(super) fn echo(&mut self, text: &str, end: &str) -> io::Result<()> {
        if !self.settings.echo {
            return Ok(());
        }
        let lines = text.lines();
        let shown: Vec<_> = if self.format().terminal {
            lines.map(render::escape).collect()
        } else {
            lines.map(Into::into).collect()
        };
        writeln!(self.out, "{}{end}", shown.join("\n"))
    }

    /// How rows are drawn now.
    pub(super) fn format(&self) -> Format {
        let format = self.settings.format.clone();
        let elsewhere = self.redirect.as_ref().is_some_and(|redirect| !redirect.is_pager);
        Format {
            terminal: format.terminal && !elsewhere,
            colour: format.colour && !elsewhere,
            width: format.width.filter(|_| self.redirect.is_none()),
            // A pager shows one screen after the other.
            rows: format.rows.filter(|_| self.redirect.is_none()),
            like_sqlite: self.connection.flexible_types(),
            ..format
        }
    }
}

/// Draws what an outcome has to be drawn.
fn draw(
    outcome: Outcome,
    format: &Format,
    elapsed: &dyn Fn() -> Option<Duration>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    match outcome {
        Outcome::Rows(rows) => render::draw(rows, format, elapsed, out).map(|_| ()),
        Outcome::Replay(replay) => render::draw_replay(*replay, format, elapsed, out).map(|_| ()),
        Outcome::Changed(_) | Outcome::Text(_) | Outcome::Done(_) | Outcome::Nothing => Ok(()),
    }
}
