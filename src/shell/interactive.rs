//! The loop for people: a prompt, a line, an answer.

use super::{Shell, Stop, dot};
use crate::language::{Completeness, PieceKind, Splitter, is_complete};
use crate::render::{self, Place};
use crate::session::Session;
use colored::Colorize;
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{Behavior, Config, Editor};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Statements kept in the history.
const HISTORY: usize = 10_000;

/// Lines without a word that readline may fail to give before the terminal counts as gone.
const MAX_FAILURES: usize = 100;

impl Shell {
    /// Reads and answers until the user leaves.
    ///
    /// # Errors
    /// [`Stop::Exit`] where the user said so, [`Stop::Output`] where standard output refuses.
    pub fn interact(&mut self) -> Result<(), Stop> {
        let mut editor = match editor() {
            Ok(editor) => editor,
            Err(error) => {
                self.say(&format!("cannot use this terminal: {error}"))?;
                return Err(Stop::Exit(1));
            }
        };
        // Ctrl-C stops what runs; at the prompt it is a key like others. Where the signal cannot be
        // had, it ends the session, and what was committed is safe.
        let flag = Arc::new(AtomicBool::new(false));
        let pressed = Arc::clone(&flag);
        if ctrlc::set_handler(move || pressed.store(true, Ordering::Relaxed)).is_ok() {
            self.connection.interrupt_by(flag);
        }
        let history = history_file();
        if let Some(path) = &history {
            // The first session has none.
            let _ = editor.load_history(path);
        }
        self.banner()?;
        let result = self.lines(&mut editor, history.as_ref());
        // What failed was told when it did; leaving is no failure.
        self.failed = false;
        result
    }

    fn lines(
        &mut self,
        editor: &mut Editor<(), DefaultHistory>,
        history: Option<&PathBuf>,
    ) -> Result<(), Stop> {
        let mut entry = String::new();
        let mut failures = 0;
        loop {
            if self.settings.terminal {
                self.settings.width = editor.dimensions().map(|(columns, _)| columns.into());
            }
            let prompt = match is_complete(&entry) {
                // `   ...> ` where only a `;` is missing, `   '..> ` inside a text.
                Completeness::Open(open) if !entry.is_empty() => {
                    plain(format!("{:>4}..> ", if open == ";" { "." } else { open }))
                }
                Completeness::Open(_) | Completeness::Complete | Completeness::Empty => {
                    self.prompt()
                }
            };
            match editor.readline(&prompt) {
                Ok(line) => {
                    failures = 0;
                    let command = if entry.is_empty() { word(&line) } else { None };
                    entry.push_str(&line);
                    if let Some(command) = command {
                        remember(editor, history, &entry);
                        entry.clear();
                        self.answer(&command)?;
                        continue;
                    }
                    if let Completeness::Open(_) = is_complete(&entry) {
                        entry.push('\n');
                        // Of many statements at once, those that are complete do not wait.
                        let rest = entry.split_off(complete(&entry));
                        if !entry.is_empty() {
                            remember(editor, history, &entry);
                            self.answer(&entry)?;
                        }
                        entry = rest;
                        continue;
                    }
                    remember(editor, history, &entry);
                    self.answer(&std::mem::take(&mut entry))?;
                }
                Err(ReadlineError::Interrupted) => entry.clear(),
                Err(ReadlineError::Eof) => return Ok(()),
                Err(ReadlineError::Signal(_)) => {}
                Err(error) => {
                    // An invalid byte is an error of one line only; a terminal that is gone gives
                    // nothing else.
                    failures += 1;
                    self.say(&format!("cannot read this line: {error}"))?;
                    if failures >= MAX_FAILURES {
                        return Err(Stop::Exit(1));
                    }
                }
            }
        }
    }

    /// Runs an entry; what fails in it was told and is no reason to leave.
    fn answer(&mut self, entry: &str) -> Result<(), Stop> {
        self.connection.forget_interrupt();
        match self.entry(entry) {
            Ok(()) | Err(Stop::Failed | Stop::Unavailable | Stop::Interrupted) => {
                Ok(self.out.flush()?)
            }
            Err(stop) => Err(stop),
        }
    }

    /// Runs the statements and dot-commands of an entry, up to the first that fails.
    fn entry(&mut self, entry: &str) -> Result<(), Stop> {
        let mut splitter = Splitter::new();
        splitter.feed(entry);
        // What is never closed was asked for until it was.
        while let Ok(Some(piece)) = splitter.finish() {
            let place = Place { name: None, line: piece.line, column: piece.column };
            match piece.kind {
                PieceKind::Statement => self.statement(&piece.text, &place)?,
                PieceKind::DotCommand => dot::run(self, &piece.text, &place)?,
            }
        }
        Ok(())
    }

    fn banner(&mut self) -> Result<(), Stop> {
        if self.settings.quiet {
            return Ok(());
        }
        let name = self.connection.name();
        let what = match self.connection.session() {
            Some(_) if self.connection.is_in_memory() => {
                "in memory: nothing is kept (asof NAME keeps it)".to_string()
            }
            Some(_) => format!("{} at event {}", render::escape(&name), self.connection.head()),
            None => format!("{} is created by its first write", render::escape(&name)),
        };
        writeln!(self.out, "asof {} · {what} · .help, .quit", env!("CARGO_PKG_VERSION"))?;
        Ok(self.out.flush()?)
    }

    /// The prompt and how it is shown: `bank@42> `, in a transaction `bank@42+3*> `, in the past `bank@17/42 past> ` in yellow.
    fn prompt(&self) -> (String, String) {
        let name = self.connection.name();
        let (name, head) = (render::escape(&name), self.connection.head());
        if let Some(event) = self.connection.session().and_then(Session::past) {
            let prompt = format!("{name}@{event}/{head} past> ");
            let coloured = self.settings.colour_output;
            let styled = if coloured { prompt.yellow().to_string() } else { prompt.clone() };
            return (prompt, styled);
        }
        let open = self.connection.transaction().map_or(String::new(), |n| format!("+{n}*"));
        plain(format!("{name}@{head}{open}> "))
    }
}

/// A prompt that is shown as it is.
fn plain(prompt: String) -> (String, String) {
    (prompt.clone(), prompt)
}

/// How much of an entry consists of complete statements and dot-commands.
fn complete(entry: &str) -> usize {
    let mut splitter = Splitter::new();
    splitter.feed(entry);
    let mut any = false;
    while splitter.next().is_some() {
        any = true;
    }
    if any { entry.len() - splitter.rest().len() } else { 0 }
}

/// The dot-command that a line means which holds one known word, and perhaps arguments behind `\`,
/// or which is one behind blanks: no statement begins with a dot.
fn word(line: &str) -> Option<String> {
    if line.trim_start().starts_with('.') {
        return Some(line.trim().to_string());
    }
    let line = line.trim().trim_end_matches(';').trim_end();
    let (first, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let (_, command) = dot::WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(first))?;
    (rest.is_empty() || first.starts_with('\\')).then(|| format!("{command} {rest}"))
}

fn editor() -> rustyline::Result<Editor<(), DefaultHistory>> {
    let config = Config::builder()
        .max_history_size(HISTORY)?
        .history_ignore_space(true)
        .history_ignore_dups(true)?
        .auto_add_history(false)
        .bracketed_paste(true)
        // With standard output in a pipe the prompt still belongs on the terminal.
        .behavior(Behavior::PreferTerm)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_tab_stop(4);
    Ok(editor)
}

fn remember(editor: &mut Editor<(), DefaultHistory>, file: Option<&PathBuf>, entry: &str) {
    if entry.trim().is_empty() || !editor.add_history_entry(entry).unwrap_or(false) {
        return;
    }
    if let Some(file) = file {
        // A history that cannot be written is no reason to disturb anyone.
        let _ = editor.append_history(file);
    }
}

/// The history's file in a directory that exists, if the system has a place for it.
fn history_file() -> Option<PathBuf> {
    let directory = dirs::state_dir().or_else(dirs::data_local_dir)?.join("asof");
    std::fs::create_dir_all(&directory).ok()?;
    Some(directory.join("history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_statements_end_where_an_open_one_begins() {
        assert_eq!(complete("SELECT 1; SELECT 2;\nSELECT\n"), "SELECT 1; SELECT 2;\n".len());
        assert_eq!(complete("SELECT 1\n"), 0);
        assert_eq!(complete("-- note\nSELECT 'a;\n"), 0);
    }

    #[test]
    fn words_of_other_shells_mean_dot_commands() {
        let cases = [
            ("exit", Some(".exit ")),
            (" QUIT ; ", Some(".quit ")),
            ("\\d accounts", Some(".schema accounts")),
            ("  .tables", Some(".tables")),
            ("help me", None),
            ("select", None),
            ("", None),
        ];
        for (line, command) in cases {
            assert_eq!(word(line).as_deref(), command, "{line}");
        }
    }
}
