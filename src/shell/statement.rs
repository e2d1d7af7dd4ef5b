//! One statement on its way through the shell: run, drawn, timed.

use super::{Begun, INTERRUPTED, Refusal, Settings, Shell, Stop};
use crate::render::{self, Diagnostic, Failure, Format, Mode, Place};
use crate::session::Outcome;
use std::io::{self, Write};
use std::time::{Duration, Instant};

impl Shell {
    /// Runs one statement that begins at `place`.
    ///
    /// # Errors
    /// [`Stop::Failed`] where it fails, which is told; [`Stop::Unavailable`] where there is no
    /// database; [`Stop::Output`] where standard output refuses.
    pub(super) fn statement(&mut self, text: &str, place: &Place) -> Result<(), Stop> {
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
