//! The loop for people: a prompt, an entry, an answer.
//!
//! Keys come in through rustyline, one statement at a time in one buffer however many lines it has.
//! `keys` decides what Enter and pastes mean, `padding` lets further lines begin below the first, and
//! `highlight` paints both; what is handed over becomes statements and dot-commands in `entry`, which
//! the shell runs as it runs those of a script. `history` keeps them. What rustyline asks for while a
//! line is typed, `helper` answers from memory: no key reads a file or the log.
//!
//! Decisions: every statement of an entry runs, whatever those before it did, as if each had been typed
//! alone, until Ctrl-C; what the editor leaves comes back to the prompt and waits for Enter.

mod command_word;
mod completion;
#[cfg(unix)]
mod echo_guard;
mod editing;
mod entry;
mod helper;
mod highlight;
mod history;
mod keys;
mod log;
mod padding;
mod paste;
mod plain;
mod prompt;
mod schema_names;
mod transcript;

#[cfg(unix)]
pub use self::echo_guard::restore_at_end;

use self::entry::{StatementReader, StrayLine};
use self::helper::EditorHelper;
use self::history::{EditorHistory, HistoryEntries};
use self::keys::{AcceptReason, KeyHandler, OpenEditorHandler, SharedEditorState};
use self::schema_names::SchemaNames;
use super::{Shell, Stop, dot};
use crate::language::{Piece, PieceKind};
use crate::render::{self, TextOrigin};
use rustyline::error::ReadlineError;
use rustyline::{
    Behavior, ColorMode, CompletionType, Config, Editor, Event, EventHandler, KeyEvent,
};
use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use unicode_width::UnicodeWidthStr;

/// Lines without a word that the terminal may fail to give before it counts as gone.
const MAX_FAILURES: usize = 100;

/// So many characters of a statement tell which it is.
const FIRST_WORDS: usize = 60;

/// What an interactive session remembers beside its settings.
#[derive(Default)]
pub(super) struct Interaction {
    /// What was typed before.
    pub(super) entries: Rc<RefCell<HistoryEntries>>,
    /// What `.prompt` gave.
    pub(super) templates: prompt::PromptTemplates,
    /// Whether there is somebody at a terminal.
    pub(super) is_interactive: bool,
    /// The last statement, for `.edit`.
    pub(super) last: String,
    /// What stands at the next prompt.
    next: Option<String>,
    /// What the keys know.
    editor_state: SharedEditorState,
    /// The entry as it was typed, while it is not complete.
    typed: String,
    /// The terminal between two prompts.
    #[cfg(unix)]
    quiet: Option<echo_guard::EchoGuard>,
}

impl Interaction {
    /// Leaves the terminal, as it was found, to a program that the shell starts.
    pub(super) fn lend_terminal(&self) {
        #[cfg(unix)]
        if let Some(quiet) = &self.quiet {
            quiet.pause();
        }
    }

    /// Takes the terminal back from it.
    pub(super) fn take_terminal_back(&self) {
        #[cfg(unix)]
        if let Some(quiet) = &self.quiet {
            quiet.resume();
        }
    }
}

/// What one prompt gave.
enum PromptResult {
    /// A text to run.
    Text(String),
    /// A text for the editor.
    Edit(String),
    /// Nothing: Ctrl-C.
    Cleared,
    /// Nothing, because of an error.
    Unreadable(String),
    /// Nothing more, behind this unfinished text.
    End(String),
}

/// Where lines come from.
enum LineSource {
    Editor(Box<Editor<EditorHelper, EditorHistory>>),
    Plain,
}

impl Shell {
    /// Reads and answers until the user leaves.
    ///
    /// # Errors
    /// [`Stop::Exit`] where the user said so, [`Stop::Output`] where standard output refuses.
    pub fn interact(&mut self) -> Result<(), Stop> {
        // Ctrl-C stops what runs; at the prompt it is a key like others. Where the signal cannot be
        // had, it ends the session, and what was committed is safe.
        let flag = Arc::new(AtomicBool::new(false));
        let pressed = Arc::clone(&flag);
        if ctrlc::set_handler(move || pressed.store(true, Ordering::Relaxed)).is_ok() {
            self.connection.interrupt_by(flag);
        }
        self.interaction.entries = Rc::new(RefCell::new(HistoryEntries::load(history::file())));
        self.interaction.is_interactive = true;
        let mut keyboard = self.keyboard();
        self.banner()?;
        #[cfg(unix)]
        if let LineSource::Editor(_) = keyboard {
            self.interaction.quiet = echo_guard::EchoGuard::begin();
        }
        let result = self.entries(&mut keyboard);
        #[cfg(unix)]
        drop(self.interaction.quiet.take());
        // What failed was told when it did; leaving is no failure.
        self.failed = false;
        result
    }

    /// The line editor, if the terminal can do more than lines.
    fn keyboard(&mut self) -> LineSource {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        // With standard output in a pipe the prompt belongs on the terminal; without one, nowhere.
        let has_screen = std::io::stdout().is_terminal()
            || std::fs::OpenOptions::new().write(true).open("/dev/tty").is_ok();
        if is_dumb || !has_screen {
            return LineSource::Plain;
        }
        let config = Config::builder()
            .auto_add_history(false)
            .bracketed_paste(true)
            .tab_stop(8)
            .completion_type(CompletionType::List)
            .completion_show_all_if_ambiguous(true)
            // The painter is always asked: continuation prompts are not a matter of colour.
            .color_mode(ColorMode::Forced)
            .behavior(Behavior::PreferTerm)
            .build();
        let state = self.interaction.editor_state.clone();
        let entries = Rc::clone(&self.interaction.entries);
        let recall = EditorHistory { entries, state: state.clone() };
        let Ok(mut editor) = Editor::with_history(config, recall) else {
            return LineSource::Plain;
        };
        let keys = EventHandler::Conditional(Box::new(KeyHandler(state.clone())));
        editor.bind_sequence(Event::Any, keys);
        let chord = Event::KeySeq(vec![KeyEvent::ctrl('X'), KeyEvent::ctrl('E')]);
        let to_editor = EventHandler::Conditional(Box::new(OpenEditorHandler(state.clone())));
        editor.bind_sequence(chord, to_editor);
        editor.set_helper(Some(EditorHelper {
            state,
            known: SchemaNames::default(),
            colours: self.settings.format.colour,
            more: None,
            is_marked: Cell::new(false),
            is_final: Cell::new(false),
        }));
        LineSource::Editor(Box::new(editor))
    }

    /// Reads entry after entry.
    fn entries(&mut self, keyboard: &mut LineSource) -> Result<(), Stop> {
        let mut failures = 0;
        loop {
            let given = self.read(keyboard);
            if !matches!(given, PromptResult::Unreadable(_)) {
                failures = 0;
            }
            match given {
                PromptResult::Text(text) => self.take(&text)?,
                PromptResult::Edit(text) => {
                    self.forget();
                    if let Err(error) = self.edit(&text) {
                        // It waits for another way to go on.
                        self.interaction.next = Some(text);
                        let origin = TextOrigin::default();
                        self.fail(&error, "", &origin);
                    }
                }
                PromptResult::Cleared => self.forget(),
                PromptResult::End(text) => return self.leave(&text),
                PromptResult::Unreadable(error) => {
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

    /// Shows a prompt and reads what comes.
    fn read(&mut self, keyboard: &mut LineSource) -> PromptResult {
        self.connection.give_up_place();
        if let Err(error) = self.connection.follow() {
            self.fail(&error, "", &TextOrigin::default());
        }
        self.notices();
        let main = self.prompt();
        let more = self.interaction.templates.more.clone();
        let mut prompt = main.clone();
        {
            let mut state = self.interaction.editor_state.lock();
            state.width = padding::width(&main.0);
            if state.before.is_open() {
                let open = state.before.opened_by();
                let text = padding::continuation(more.as_deref(), open, state.width);
                let text = render::escape(&text).into_owned();
                prompt = (text.clone(), text);
            }
            state.prompt = prompt.0.width();
            state.accept_reason = AcceptReason::Run;
        }
        match keyboard {
            LineSource::Plain => {
                // What an editor left is taken as if it had been typed: it cannot stand at a prompt.
                if let Some(next) = self.interaction.next.take() {
                    plain::echo(&prompt.0, &next);
                    return PromptResult::Text(next);
                }
                // What Ctrl-C stopped before is told.
                self.connection.forget_interrupt();
                let read = plain::read(&prompt.0, || self.connection.is_interrupted());
                let state = self.interaction.editor_state.lock();
                if let PromptResult::Text(text) = &read
                    && entry::asks_for_editor(&state.before, text)
                {
                    return PromptResult::Edit(entry::to_edit(&state.before, text));
                }
                read
            }
            LineSource::Editor(editor) => self.edit_line(editor, &prompt),
        }
    }

    /// Lets a line be edited behind a prompt.
    fn edit_line(
        &mut self,
        editor: &mut Editor<EditorHelper, EditorHistory>,
        prompt: &(String, String),
    ) -> PromptResult {
        let columns = self.measure(editor);
        if let Some(helper) = editor.helper_mut() {
            helper.known.refresh(&self.connection);
            helper.more = self.interaction.templates.more.clone();
        }
        let next = self.interaction.next.take().unwrap_or_default();
        let initial = {
            let mut state = self.interaction.editor_state.lock();
            state.columns = columns.unwrap_or(0);
            // Below a prompt as wide as the terminal nothing would find room.
            state.width = padding::narrow(state.width, state.columns);
            let shown = state.pastes.set_aside(&next, 0);
            padding::pad(&shown, state.width)
        };
        let read = editor.readline_with_initial(prompt, (&initial, ""));
        // The terminal may have another size than when the prompt was shown.
        self.measure(editor);
        match read {
            Ok(line) => {
                let state = self.interaction.editor_state.lock();
                let text = state.text(&line);
                match state.accept_reason {
                    AcceptReason::Run => PromptResult::Text(text),
                    AcceptReason::Edit => PromptResult::Edit(entry::to_edit(&state.before, &text)),
                    AcceptReason::Leave => PromptResult::End(text),
                }
            }
            Err(ReadlineError::Interrupted) => PromptResult::Cleared,
            Err(ReadlineError::Eof) => PromptResult::End(String::new()),
            Err(error) => PromptResult::Unreadable(error.to_string()),
        }
    }

    /// The columns of the terminal, where lines are edited and, if they go there, for rows.
    fn measure(&mut self, editor: &mut Editor<EditorHelper, EditorHistory>) -> Option<usize> {
        let columns = editor.dimensions().map(|(columns, _)| usize::from(columns));
        if self.settings.format.terminal {
            self.settings.format.width = columns;
        }
        columns
    }

    /// Says what was typed and not run, before the user leaves.
    fn leave(&mut self, text: &str) -> Result<(), Stop> {
        let whole = self.interaction.editor_state.lock().before.and(text);
        let words: Vec<&str> = whole.split_whitespace().collect();
        let words = words.join(" ");
        if !words.is_empty() {
            let first: String = words.chars().take(FIRST_WORDS).collect();
            let more = if first.len() < words.len() { "…" } else { "" };
            self.say(&format!("the unfinished statement was not run: {first}{more}"))?;
        }
        Ok(())
    }

    /// Forgets an entry that is not complete.
    fn forget(&mut self) {
        let mut state = self.interaction.editor_state.lock();
        state.before = StatementReader::default();
        state.pastes.clear();
        self.interaction.typed.clear();
    }

    /// Runs what is complete in what was typed; what is not stands at the next prompt.
    fn take(&mut self, text: &str) -> Result<(), Stop> {
        let stray = entry::stray(&self.interaction.editor_state.lock().before, text);
        if let Some(stray) = stray {
            return self.stray(&stray);
        }
        self.interaction.typed.push_str(text);
        self.interaction.typed.push('\n');
        let (pieces, is_open) = {
            let mut state = self.interaction.editor_state.lock();
            state.pastes.clear();
            let pieces = state.before.read(text);
            let is_open = state.before.is_open();
            if is_open && !pieces.is_empty() && !state.is_fast() {
                self.interaction.next = Some(state.before.rest().to_string());
                state.before = StatementReader::default();
            }
            (pieces, is_open)
        };
        if is_open && pieces.is_empty() {
            return Ok(());
        }
        let typed = std::mem::take(&mut self.interaction.typed);
        self.remember(&typed, &pieces, is_open);
        if is_open {
            self.interaction.typed = self.interaction.editor_state.lock().before.rest().to_string();
            self.interaction.typed.push('\n');
            if self.interaction.next.is_some() {
                self.interaction.typed.clear();
            }
        }
        self.answer(&pieces)
    }

    /// Tells who typed `help` or `quit` into a statement what is open, and how to get out. Where nothing
    /// but the word can have been meant, it is done; else the statement stands at the next prompt.
    fn stray(&mut self, stray: &StrayLine) -> Result<(), Stop> {
        let StrayLine { statement, command, opened_by } = stray;
        self.forget();
        let origin = TextOrigin::default();
        let is_statement = entry::begins_statement(statement);
        if !is_statement && dot::leaves(command) {
            self.leave(statement)?;
            return dot::run(self, command, &origin);
        }
        if !is_statement || !dot::leaves(command) {
            match dot::run(self, command, &origin) {
                Ok(()) | Err(Stop::Failed) => {}
                Err(stop) => return Err(stop),
            }
        }
        let first: String = statement.trim().chars().take(FIRST_WORDS / 2).collect();
        let first = first.lines().next().unwrap_or_default();
        let more = if first.len() < statement.trim().len() { "…" } else { "" };
        let end = match *opened_by {
            "(" => ") and ; end",
            "BEGIN" => "END; ends",
            _ => "; ends",
        };
        self.interaction.next = Some(format!("{statement}\n"));
        let ways = "Ctrl-C clears it, Ctrl-D leaves";
        Ok(self.say(&format!("still open: {first}{more} — {end} it, {ways}"))?)
    }

    /// Keeps an entry: one statement as it was typed, of many lines each statement by itself.
    fn remember(&mut self, typed: &str, pieces: &[Piece], is_open: bool) {
        if typed.starts_with(char::is_whitespace) {
            return;
        }
        let is_one = pieces.len() < 2 || !typed.trim_end().contains('\n');
        let is_as_typed = is_one && !is_open && transcript::main_prompt(typed).is_none();
        let entries: Vec<String> = if is_as_typed {
            vec![typed.trim_end().to_string()]
        } else {
            pieces.iter().map(written).collect()
        };
        self.interaction.entries.borrow_mut().add(&entries);
    }

    /// Runs the statements and dot-commands of an entry. What fails was told and is no reason to leave.
    fn answer(&mut self, pieces: &[Piece]) -> Result<(), Stop> {
        self.connection.forget_interrupt();
        for piece in pieces {
            // Nobody at a prompt counts the lines of the session.
            let origin = TextOrigin::default();
            let done = match piece.kind {
                PieceKind::Statement => {
                    self.interaction.last = written(piece);
                    self.statement(&piece.text, &origin)
                }
                PieceKind::DotCommand => dot::run(self, &piece.text, &origin),
            };
            match done {
                Ok(()) | Err(Stop::Failed | Stop::Unavailable) => {}
                Err(Stop::Interrupted) => break,
                Err(stop) => return Err(stop),
            }
        }
        Ok(self.out.flush()?)
    }

    fn banner(&mut self) -> Result<(), Stop> {
        self.connection.announce_writer();
        self.notices();
        // Who wants no footers wants no banner either.
        if !self.settings.format.footer {
            return Ok(());
        }
        let name = self.connection.name();
        let what = match self.connection.session() {
            Some(_) if self.connection.is_in_memory() => {
                "in memory: nothing is kept (asof NAME keeps it)".to_string()
            }
            _ if self.connection.is_missing() => {
                format!("{} is created by its first write", render::escape(&name))
            }
            _ => format!("{} at event {}", render::escape(&name), self.connection.head()),
        };
        writeln!(self.out, "asof {} · {what} · .help, .quit", env!("CARGO_PKG_VERSION"))?;
        Ok(self.out.flush()?)
    }
}

/// A piece as somebody would type it.
fn written(piece: &Piece) -> String {
    match piece.kind {
        PieceKind::Statement => format!("{};", piece.text),
        PieceKind::DotCommand => piece.text.clone(),
    }
}
