//! Where results go when not to standard output: a file, a program, a pager.
//!
//! Output is redirected by putting another writer in the place of standard output and that one aside.
//! Whoever reads a program's pipe may go when it has seen enough; a file that cannot be written is a
//! failure that names it, and results go to standard output again.

use super::output_gate::{GatedWriter, SharedGate};
use super::programs::{spawn, system_shell};
use super::progress::{ProgressWriter, SharedProgress};
use super::{BUFFER, Shell, Stop};
use crate::render::{Diagnostic, Format, RenderError, TextOrigin};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::process::{Child, Stdio};

/// The pager where `$PAGER` names none.
const PAGER: &str = "less";
/// What `less` is told where `$LESS` says nothing: cut lines, colours, no screen of its own for little.
const LESS: &str = "SRFX";

/// A writer in the place of standard output.
pub(super) struct Redirect {
    /// Standard output.
    standard: BufWriter<ProgressWriter>,
    /// What its errors call it.
    pub name: String,
    /// Whether it ends with the next statement.
    pub once: bool,
    /// Whether it shows what it gets on the terminal.
    pub is_pager: bool,
    child: Option<Child>,
}

impl Shell {
    /// Sends results to a file, or to a program if `target` begins with `|`.
    ///
    /// # Errors
    /// `output` where the file cannot be made or the program not be started.
    pub(super) fn redirect(&mut self, target: &str, once: bool) -> Result<(), Diagnostic> {
        let failed = |error: io::Error| {
            Diagnostic::new("output", format!("cannot write to {target}: {error}"))
        };
        match target.strip_prefix('|') {
            Some(command) => self.pipe(command.trim(), once, false).map_err(failed),
            None => {
                let file = File::create(target).map_err(failed)?;
                self.replace(Box::new(file), target, once, false, None).map_err(failed)
            }
        }
    }

    /// Sends results to a program that the system's shell runs.
    fn pipe(&mut self, command: &str, once: bool, is_pager: bool) -> io::Result<()> {
        self.out.flush()?;
        let mut program = system_shell(command);
        program.stdin(Stdio::piped());
        if is_pager && std::env::var_os("LESS").is_none() {
            program.env("LESS", LESS);
        }
        self.interaction.lend_terminal();
        let spawned = spawn(&mut program);
        let mut child = spawned.inspect_err(|_| self.interaction.take_terminal_back())?;
        let input = child.stdin.take().expect("its standard input is a pipe");
        self.replace(Box::new(input), command, once, is_pager, Some(child))
    }

    fn replace(
        &mut self,
        inner: Box<dyn Write>,
        name: &str,
        once: bool,
        is_pager: bool,
        child: Option<Child>,
    ) -> io::Result<()> {
        self.out.flush()?;
        // What goes elsewhere crosses no line of the terminal.
        let progress = if is_pager { self.progress.clone() } else { SharedProgress::default() };
        let inner = Box::new(GatedWriter { inner, gate: SharedGate::clone(&self.gate) });
        let writer = BufWriter::with_capacity(BUFFER, ProgressWriter { inner, progress });
        let standard = std::mem::replace(&mut self.out, writer);
        self.redirect = Some(Redirect { standard, name: name.to_string(), once, is_pager, child });
        Ok(())
    }

    /// Sends results to standard output again, after everything has arrived where they went.
    ///
    /// # Errors
    /// [`Stop::Failed`] where it has not, which is told.
    pub(super) fn restore(&mut self, origin: &TextOrigin) -> Result<(), Stop> {
        let flushed = self.out.flush();
        let done = flushed.map_err(Stop::from);
        let done = self.name_output_error(done, "", origin);
        self.take_back();
        done
    }

    /// Puts standard output back in its place; waits for a program to end.
    fn take_back(&mut self) {
        let Some(redirect) = self.redirect.take() else { return };
        let writer = std::mem::replace(&mut self.out, redirect.standard);
        // What the writer still holds was refused. A pipe's end is told to its reader before it is
        // waited for.
        drop(writer.into_parts());
        if let Some(mut child) = redirect.child {
            // How it ended is its own affair.
            let _ = child.wait();
            self.interaction.take_terminal_back();
        }
    }

    /// Makes sure that what was said has arrived where it was sent, if that is not standard output.
    pub(super) fn arrived(
        &mut self,
        done: Result<(), Stop>,
        text: &str,
        origin: &TextOrigin,
    ) -> Result<(), Stop> {
        if self.redirect.is_none() {
            return done;
        }
        let flushed = self.out.flush();
        let done = done.and(flushed.map_err(Stop::from));
        self.name_output_error(done, text, origin)
    }

    /// Says of a refusal of the output that it was not standard output's, if it was not; nobody who
    /// read enough from a pipe has refused anything.
    pub(super) fn name_output_error(
        &mut self,
        done: Result<(), Stop>,
        text: &str,
        origin: &TextOrigin,
    ) -> Result<(), Stop> {
        let Some(redirect) = &self.redirect else { return done };
        let Err(Stop::Output(error)) = done else { return done };
        let is_gone = error.kind() == io::ErrorKind::BrokenPipe && redirect.child.is_some();
        let message = format!("cannot write to {}: {error}", redirect.name);
        self.take_back();
        if is_gone {
            return Ok(());
        }
        Err(self.fail(&Diagnostic::new("output", message), text, origin))
    }

    /// How rows are drawn now, on a pager if one is wanted and nothing else was said.
    pub(super) fn page(&mut self) -> Result<Format, Stop> {
        if let (Some(command), true, None) =
            (&self.settings.pager, self.settings.format.terminal, &self.redirect)
        {
            let command = command.clone();
            if let Err(error) = self.pipe(&command, false, true) {
                self.say(&format!("notice: the pager {command} does not run: {error}"))?;
            }
        }
        Ok(self.format())
    }

    /// Waits until a pager, if there is one, has shown what was drawn: only then may anything else be
    /// said.
    pub(super) fn close_page(&mut self, drawn: Result<(), RenderError>) -> Result<(), RenderError> {
        if !self.redirect.as_ref().is_some_and(|redirect| redirect.is_pager) {
            return drawn;
        }
        let shown = drawn.and(self.out.flush().map_err(RenderError::from));
        self.take_back();
        match shown {
            // Who leaves a pager early has read enough.
            Err(RenderError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            shown => shown,
        }
    }
}

/// The pager of the environment.
pub(super) fn default_pager() -> String {
    std::env::var("PAGER").ok().filter(|pager| !pager.is_empty()).unwrap_or_else(|| PAGER.into())
}
