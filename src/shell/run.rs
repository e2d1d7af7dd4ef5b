//! What frames a run: the script it begins with, the moment it reads, the transaction it may be.

use super::first_word::first_word;
use super::script::Script;
use super::{ConnectionError, INTERRUPTED_CODE, Shell, Stop};
use crate::language::ast::{SessionStatement, Statement};
use crate::language::parse_statement;
use crate::render::{Diagnostic, TextOrigin};
use crate::session::{Outcome, Session};
use crate::types::{Span, Value};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the run's own transaction is called where a script has a name.
const OPTION: &str = "--single-transaction";

/// The code of the error of a text that is no statement.
const SYNTAX: &str = "syntax";

/// The first words of statements that begin and end transactions.
const TRANSACTION_WORDS: &[&str] = &["BEGIN", "START", "COMMIT", "END", "ROLLBACK"];

impl Shell {
    /// Runs a start-up file; what fails in it is told and is no reason to go.
    ///
    /// # Errors
    /// [`Stop::Exit`] where it says so, [`Stop::Output`] where standard output refuses.
    pub fn start_up(&mut self, path: &Path) -> Result<(), Stop> {
        let name = path.display().to_string();
        let script = Script { name: name.clone(), from_line: 1, resume: None };
        match self.run_file(&name, &script) {
            Ok(()) | Err(Stop::Failed | Stop::Unavailable | Stop::Interrupted) => Ok(()),
            Err(stop) => Err(stop),
        }
    }

    /// Sends all results to a file or, behind `|`, to a program.
    ///
    /// # Errors
    /// [`Stop::Failed`] where that cannot be; it was told.
    pub fn send_to(&mut self, target: &str) -> Result<(), Stop> {
        let origin = TextOrigin::default();
        self.redirect(target, false).map_err(|error| self.fail(&error, "", &origin))
    }

    /// Lets everything be done by somebody, as far as nothing says who.
    pub fn act_as(&mut self, actor: Option<String>) {
        self.connection.act_as(actor);
    }

    /// Gives a parameter a value, from `NAME=VALUE`.
    ///
    /// # Errors
    /// [`Stop::Exit`] with 2 where that is none; it was told.
    pub fn assign(&mut self, assignment: &str) -> Result<(), Stop> {
        let assigned = match assignment.split_once('=') {
            Some((name, value)) => self.connection.set_parameter(name, value),
            None => {
                let message = format!("-v {assignment}: expected NAME=VALUE");
                Err(Diagnostic::new("usage", message))
            }
        };
        let origin = TextOrigin::default();
        assigned.map_err(|error| self.fail(&error, "", &origin).replace_failure(Stop::Exit(2)))
    }

    /// Goes to a point of the language before anything else runs.
    ///
    /// # Errors
    /// [`Stop::Exit`] with 2 where that is no point, [`Stop::Failed`] where it is none of this
    /// database, [`Stop::Unavailable`] where there is no database.
    pub fn open_at(&mut self, point: &str) -> Result<(), Stop> {
        let went = self.go_to(point);
        self.notices();
        let origin = TextOrigin { name: Some("--at".into()), line: 1, column: 1 };
        match went {
            Ok(_) => Ok(()),
            Err(ConnectionError::Unavailable(error)) => {
                let error = Diagnostic { span: None, ..error };
                Err(self.unavailable(&error, "", &origin))
            }
            Err(ConnectionError::Failed(error)) => {
                let code = if error.code == SYNTAX { Stop::Exit(2) } else { Stop::Failed };
                Err(self.fail(&error, point, &origin).replace_failure(code))
            }
        }
    }

    /// Moves the session to a point, or before it where BEFORE stands first; an error has its place in
    /// `text`.
    pub(super) fn go_to(&mut self, text: &str) -> Result<Outcome, ConnectionError> {
        const BEFORE: &str = "BEFORE ";
        let is_before = text.get(..BEFORE.len()).is_some_and(|w| w.eq_ignore_ascii_case(BEFORE));
        let (set, skipped) =
            if is_before { ("SET BEFORE ", BEFORE.len()) } else { ("SET AS OF ", 0) };
        let point = &text[skipped..];
        let mut went = self.connection.execute(&format!("{set}{point}"));
        if matches!(&went, Err(ConnectionError::Failed(error)) if error.code == SYNTAX)
            && let Some(meant) = self.meanings(point).get(1)
        {
            match self.connection.execute(&format!("{set}{meant}")) {
                // It is no time either: what was written is what is wrong.
                Err(ConnectionError::Failed(error)) if error.code == "timestamp" => {
                    if let Err(ConnectionError::Failed(error)) = &mut went
                        && !point.trim().contains(char::is_whitespace)
                    {
                        error.message = format!("{point} is neither a point nor the name of one");
                        error.help = Some("SHOW TAGS lists the tags; -1 goes an event back".into());
                    }
                }
                as_meant => went = as_meant,
            }
        }
        if let Err(ConnectionError::Failed(error)) = &mut went {
            error.span = error.span.map(|span| Span {
                start: (skipped + span.start).saturating_sub(set.len()),
                end: (skipped + span.end).saturating_sub(set.len()),
            });
        }
        went
    }

    /// What a point can mean where it is a word or an argument, the likeliest first: what it says; `-1`
    /// so many events back; the name of a tag or a snapshot; a time, whose quotes the shell took that
    /// it was typed into.
    pub(super) fn meanings(&self, point: &str) -> Vec<String> {
        let point = point.trim();
        let is_number = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        let back = point.strip_prefix('-').filter(is_number);
        let named = |session: &Session| session.moment_named(point);
        let other = match back {
            Some(events) => format!("EVENT -{events}"),
            None => self.connection.session().and_then(named).unwrap_or_else(|| quoted(point)),
        };
        vec![point.to_owned(), other]
    }

    /// Lets Ctrl-C stop the statement that runs, and the run with it; while it waits for input, or
    /// when it is pressed again, the process ends at once. What was committed is safe.
    pub fn catch_interrupts(&mut self) {
        let flag = Arc::new(AtomicBool::new(false));
        let (pressed, waiting) = (Arc::clone(&flag), Arc::clone(&self.waiting));
        let handler = move || {
            if pressed.swap(true, Ordering::Relaxed) || waiting.load(Ordering::Relaxed) {
                std::process::exit(INTERRUPTED_CODE.into());
            }
        };
        // Where the signal cannot be had, the system ends the process.
        if ctrlc::set_handler(handler).is_ok() {
            self.connection.interrupt_by(flag);
        }
    }

    /// Begins the transaction that the whole run is, if it is one.
    ///
    /// # Errors
    /// [`Stop::Failed`] where it cannot begin, [`Stop::Unavailable`] where there is no database; that was
    /// told.
    pub fn begin_run(&mut self) -> Result<(), Stop> {
        if !self.settings.single_transaction {
            return Ok(());
        }
        self.statement("BEGIN", &whole_run())
    }

    /// Ends that transaction: what went well is committed, all of it; anything else is rolled back.
    ///
    /// # Errors
    /// What the run ended with; [`Stop::Failed`] where the commit fails, which was told.
    pub fn end_run(&mut self, result: Result<(), Stop>) -> Result<(), Stop> {
        if !self.settings.single_transaction || self.transaction_start.is_none() {
            return result;
        }
        if let Ok(()) | Err(Stop::Exit(0)) = result {
            self.statement("COMMIT", &whole_run())?;
            return result;
        }
        self.transaction_start = None;
        // What is dropped with the session was never written either.
        let _ = self.connection.execute("ROLLBACK");
        self.say("the whole run was one transaction: it is rolled back, nothing was written")?;
        result
    }

    /// Why a statement cannot stand in a run that is one transaction, if so.
    pub(super) fn crosses_run(&self, text: &str) -> Option<Diagnostic> {
        if !self.settings.single_transaction {
            return None;
        }
        let first = first_word(text);
        if TRANSACTION_WORDS.iter().all(|word| !word.eq_ignore_ascii_case(first)) {
            return None;
        }
        let Statement::Session(parsed) = parse_statement(text).ok()?? else { return None };
        if !matches!(
            *parsed,
            SessionStatement::Begin { .. } | SessionStatement::Commit | SessionStatement::Rollback
        ) {
            return None;
        }
        let message = format!("the whole run is one transaction, {first} is not part of it");
        let help = format!("take it out, or run without {OPTION}");
        Some(Diagnostic::new("transaction", message).help(Some(help)))
    }
}

/// Where the run's own transaction begins.
fn whole_run() -> TextOrigin {
    TextOrigin { name: Some(OPTION.into()), line: 1, column: 1 }
}

/// A text as SQL writes it.
pub(super) fn quoted(text: &str) -> String {
    Value::text(text).to_string()
}
