//! Scripts: files, pipes and `-c`.

use super::pending_input;
use super::progress::Progress;
use super::script_items::{ScriptError, ScriptItem, ScriptItems};
use super::script_source::SourceError;
use super::{Shell, Stop, dot};
use crate::language::{Piece, PieceKind, SplitError, parse_statement};
use crate::render::{Diagnostic, TextOrigin};
use crate::session::Error;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::sync::atomic::Ordering;

/// Scripts that read scripts go no deeper than this.
const MAX_DEPTH: usize = 16;

/// What standard input is called where a file belongs.
pub(super) const STANDARD_INPUT: &str = "-";

/// What the text of an option is called where a script belongs.
const COMMAND: &str = "-c";

/// One script to run.
pub struct Script {
    /// What its errors call it: `seed.sql`, `stdin`, `-c`.
    pub name: String,
    /// The first line that is run, from 1.
    pub from_line: usize,
    /// What stands before and behind `--from-line` in the command that would go on with it; `None`
    /// where that makes no sense.
    pub resume: Option<[String; 2]>,
}

/// How a script's text arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputArrival {
    /// All of it is here.
    Here,
    /// On standard input.
    Standard,
    /// When it comes: nobody can tell.
    Unknown,
}

impl InputArrival {
    /// Whether to read on may take long just now.
    fn may_block(self) -> bool {
        match self {
            InputArrival::Here => false,
            InputArrival::Standard => !pending_input::is_known() || !pending_input::has_input(),
            InputArrival::Unknown => true,
        }
    }
}

/// How far a script came.
struct ScriptProgress {
    /// Statements done for good.
    statements: usize,
    /// Statements of the open transaction.
    pending: usize,
    /// The last event before the script.
    head: u64,
    /// The line on which the last statement done for good ended.
    line: usize,
}

impl Shell {
    /// Parses every statement of texts given on the command line, before the first of them runs;
    /// tells the first that is none. A run that goes on after an error is told of each where it stands.
    ///
    /// # Errors
    /// [`Stop::Failed`] where there is one.
    pub fn check(&mut self, texts: &[&str]) -> Result<(), Stop> {
        if self.settings.check_only || self.settings.keep_going {
            return Ok(());
        }
        texts.iter().try_for_each(|text| self.check_one(text))
    }

    fn check_one(&mut self, text: &str) -> Result<(), Stop> {
        let mut items = ScriptItems::new(Box::new(text.as_bytes()), 1);
        loop {
            match items.next() {
                Ok(ScriptItem::End) => return Ok(()),
                Ok(ScriptItem::Wait) => items.read(),
                Ok(ScriptItem::Piece(piece)) if piece.kind == PieceKind::DotCommand => {}
                Ok(ScriptItem::Piece(piece)) => {
                    let parsed = parse_statement(&piece.text);
                    let wrong = parsed.err().map(|error| Diagnostic::from(&Error::from(error)));
                    if let Some(error) = dot::misplaced(&piece.text).or(wrong) {
                        return Err(self.fail(&error, &piece.text, &origin("-c", &piece)));
                    }
                }
                Err(fault) => return Err(self.fault("-c", &fault)),
            }
        }
    }

    /// Runs a text given on the command line.
    ///
    /// # Errors
    /// [`Stop::Failed`] where a statement of it failed, [`Stop::Unavailable`] where there is no database,
    /// [`Stop::Interrupted`] and [`Stop::Exit`] where the user said so, [`Stop::Output`] where standard
    /// output takes no more.
    pub fn run_command(&mut self, text: &str) -> Result<(), Stop> {
        let script = Script { name: COMMAND.to_string(), from_line: 1, resume: None };
        self.run(&script, (Box::new(text.as_bytes()), None), InputArrival::Here)
    }

    /// Runs the script in a file; `-` is standard input.
    ///
    /// # Errors
    /// [`Stop::Failed`] where a statement of it failed, [`Stop::Unavailable`] where there is no database,
    /// [`Stop::Interrupted`] and [`Stop::Exit`] where the user said so, [`Stop::Output`] where standard
    /// output takes no more.
    pub fn run_file(&mut self, path: &str, script: &Script) -> Result<(), Stop> {
        let (input, size, arrival): (Box<dyn Read>, _, _) = if path == STANDARD_INPUT {
            self.input_is_script = true;
            (Box::new(io::stdin()), None, InputArrival::Standard)
        } else {
            match File::open(path) {
                Ok(file) => {
                    let size = file.metadata().ok().filter(Metadata::is_file);
                    let size = size.map(|metadata| metadata.len());
                    // What is no file of a known size comes when it comes.
                    let arrival = size.map_or(InputArrival::Unknown, |_| InputArrival::Here);
                    (Box::new(file), size, arrival)
                }
                Err(error) => {
                    let error = Diagnostic::new("input", format!("cannot read {path}: {error}"));
                    return Err(self.fail(&error, "", &TextOrigin::default()));
                }
            }
        };
        self.run(script, (input, size), arrival)
    }

    /// Reads a script inside another one.
    pub(super) fn read_nested(&mut self, path: &str) -> Result<(), Stop> {
        let script = Script { name: path.to_string(), from_line: 1, resume: None };
        self.run_file(path, &script)
    }

    /// Why a script cannot be read inside those being read, if so.
    pub(super) fn too_deep(&self, path: &str) -> Option<String> {
        (self.reading.len() >= MAX_DEPTH).then(|| {
            let mut chain = self.reading.clone();
            chain.push(path.to_string());
            match chain.iter().rposition(|name| name == path).and_then(|last| {
                chain[..last].iter().rposition(|name| name == path).map(|first| first..=last)
            }) {
                Some(round) => format!("scripts read each other: {}", chain[round].join(" → ")),
                None => format!("scripts read scripts more than {MAX_DEPTH} deep"),
            }
        })
    }

    /// Runs a script of so many bytes, if that is known, to its end or its first error.
    pub(super) fn run(
        &mut self,
        script: &Script,
        (input, size): (Box<dyn Read + '_>, Option<u64>),
        arrival: InputArrival,
    ) -> Result<(), Stop> {
        let mut items = ScriptItems::new(input, script.from_line);
        let head = self.connection.head();
        let mut applied = ScriptProgress { statements: 0, pending: 0, head, line: 0 };
        let progress = Progress::new(&script.name, size, self.settings.progress);
        let outer = self.progress.replace(Some(progress));
        self.reading.push(script.name.clone());
        // A text that is here has few statements.
        let deferred = self.deferral.turn(script.name != COMMAND);
        let result = self.run_items(script, &mut items, arrival, &mut applied);
        let result = result.and_then(|()| Ok(self.hand_out()?));
        let mut result = self.disk_refused(result);
        self.deferral.turn(deferred);
        self.reading.pop();
        self.progress.replace(outer);
        if let (Ok(()), Some(lines)) = (&result, items.ended_before()) {
            result = Err(self.too_short(script, lines));
        }
        result
    }

    /// Says that a script ends before the line at which it is to begin.
    fn too_short(&mut self, script: &Script, lines: usize) -> Stop {
        let (name, from) = (&script.name, script.from_line);
        let message = match lines {
            0 => format!("--from-line {from}: {name} is empty"),
            1 => format!("--from-line {from}: {name} has only 1 line"),
            _ => format!("--from-line {from}: {name} has only {lines} lines"),
        };
        let origin = TextOrigin::default();
        let stop = self.fail(&Diagnostic::new("usage", message), "", &origin);
        stop.replace_failure(Stop::Exit(2))
    }

    fn run_items(
        &mut self,
        script: &Script,
        items: &mut ScriptItems<'_>,
        arrival: InputArrival,
        applied: &mut ScriptProgress,
    ) -> Result<(), Stop> {
        loop {
            let piece = match items.next() {
                Ok(ScriptItem::Piece(piece)) => piece,
                Ok(ScriptItem::End) => return Ok(()),
                Ok(ScriptItem::Wait) => {
                    if arrival.may_block() {
                        // Whoever waits for an answer before sending more gets it.
                        self.hand_out()?;
                    }
                    if arrival != InputArrival::Here {
                        self.connection.give_up_place();
                    }
                    self.waiting.store(true, Ordering::Relaxed);
                    items.read();
                    self.waiting.store(false, Ordering::Relaxed);
                    continue;
                }
                Err(fault) => {
                    let stop = self.fault(&script.name, &fault);
                    self.stopped(script, None, applied)?;
                    return Err(stop);
                }
            };
            let origin = origin(&script.name, &piece);
            if let Some(progress) = self.progress.borrow_mut().as_mut() {
                progress.advance(items.passed());
            }
            self.before_statement(&piece.text)?;
            let done = match piece.kind {
                PieceKind::Statement => {
                    match dot::misplaced(&piece.text).or_else(|| self.crosses_run(&piece.text)) {
                        Some(error) => Err(self.fail(&error, &piece.text, &origin)),
                        None => self.statement(&piece.text, &origin),
                    }
                }
                PieceKind::DotCommand => {
                    // What it does may be seen by others.
                    self.hand_out()?;
                    dot::run(self, &piece.text, &origin)
                }
            };
            match done {
                Ok(()) => {
                    self.after_statement(&piece.text)?;
                    applied.advance(&piece, self.transaction_start.is_some());
                }
                Err(Stop::Failed) if self.settings.keep_going && !self.gate.has_failed() => {}
                Err(stop @ (Stop::Failed | Stop::Unavailable | Stop::Interrupted)) => {
                    self.stopped(script, Some(piece.line), applied)?;
                    return Err(stop);
                }
                Err(stop) => return Err(stop),
            }
        }
    }

    /// Says where a script stopped, what stays, and how to go on; `line` is that of the statement
    /// that failed, `None` where the script itself cannot be read on.
    fn stopped(
        &mut self,
        script: &Script,
        line: Option<usize>,
        applied: &ScriptProgress,
    ) -> io::Result<()> {
        let is_first = applied.statements == 0 && self.transaction_start.is_none();
        if self.settings.check_only || (script.name == "-c" && is_first) {
            return Ok(());
        }
        // A script that reads itself, by whatever way, stopped where it was read first.
        if self.reading.iter().filter(|name| **name == script.name).count() > 1 {
            return Ok(());
        }
        let mut text = match line {
            Some(line) => format!("stopped at {}:{line}", script.name),
            None => format!("stopped in {}", script.name),
        };
        if self.settings.single_transaction {
            return self.say(&text);
        }
        let mut resume = line;
        let here = |transaction_start: &&super::TransactionStart| {
            transaction_start.origin.name.as_deref() == Some(&*script.name)
        };
        if let Some(transaction_start) = self.transaction_start.as_ref().filter(here) {
            resume = line.and(Some(transaction_start.origin.line));
            text.push_str(&format!(
                ", the transaction of line {} rolled back",
                transaction_start.origin.line
            ));
        }
        let count = applied.statements;
        text.push_str(&format!(
            " — {count} statement{} applied",
            if count == 1 { "" } else { "s" }
        ));
        let (first, last) = (applied.head + 1, self.connection.head());
        if first == last {
            text.push_str(&format!(" (event {first})"));
        } else if first < last {
            text.push_str(&format!(" (events {first}–{last})"));
        }
        // A line that also holds a statement already done cannot be begun again.
        let resume = resume.filter(|line| applied.line < *line);
        if let (Some([before, behind]), Some(line)) = (&script.resume, resume) {
            text.push_str(&format!("; continue with: {before} --from-line {line}{behind}"));
        }
        self.say(&text)
    }

    /// Tells why a script cannot be read on.
    fn fault(&mut self, name: &str, fault: &ScriptError) -> Stop {
        let mut origin = TextOrigin::default();
        let error = match fault {
            ScriptError::Source(SourceError::Bytes { message, offset }) => {
                Diagnostic::new("bad-input", format!("{name}: {message}, at byte {offset}"))
            }
            ScriptError::Source(SourceError::Read(error)) => {
                Diagnostic::new("input", format!("cannot read {name}: {error}"))
            }
            ScriptError::Split(error) => {
                let (line, column, diagnostic) = cannot_be_cut(error);
                origin = TextOrigin { name: Some(name.into()), line, column };
                diagnostic
            }
        };
        self.fail(&error, "", &origin)
    }
}

impl ScriptProgress {
    /// Counts a statement that succeeded, inside a transaction or not.
    fn advance(&mut self, piece: &Piece, in_transaction: bool) {
        self.pending += usize::from(piece.kind == PieceKind::Statement);
        if !in_transaction {
            self.statements += self.pending;
            self.pending = 0;
            self.line = piece.line + piece.text.matches('\n').count();
        }
    }
}

/// The line and column of what keeps a script from being cut into statements, and why.
fn cannot_be_cut(error: &SplitError) -> (usize, usize, Diagnostic) {
    let (line, column, code, help) = match error {
        SplitError::Unterminated(open) => {
            let help = format!("it is opened by {} here", open.opened_by);
            (open.line, open.column, "unfinished", help)
        }
        SplitError::TooLarge(large) => {
            let help =
                "many rows are several INSERTs between BEGIN and COMMIT, or a file for .import";
            (large.line, large.column, "statement-size", help.to_string())
        }
    };
    (line, column, Diagnostic::new(code, error.to_string()).help(Some(help)))
}

fn origin(name: &str, piece: &Piece) -> TextOrigin {
    TextOrigin { name: Some(name.into()), line: piece.line, column: piece.column }
}
