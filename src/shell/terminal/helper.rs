//! What rustyline asks for while a line is typed: paint, hints, candidates.

use super::completion::{self, CompletionCandidate};
use super::highlight::{StatementHighlighter, is_at_bracket};
use super::keys::SharedEditorState;
use super::padding::unpad;
use super::schema_names::SchemaNames;
use crate::render::escape;
use crate::types::is_control;
use colored::Colorize;
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::history::SearchDirection;
use rustyline::validate::Validator;
use rustyline::{CompletionType, Context};
use std::borrow::Cow;
use std::cell::Cell;

/// A longer buffer is painted as a whole only when it changes as a whole.
const LONG: usize = 16 * 1024;

/// A shorter one is painted as a whole even where keys come too fast to be typed.
const SHORT: usize = 1024;

/// The answers.
pub(super) struct EditorHelper {
    /// What the keys know.
    pub(super) state: SharedEditorState,
    /// The names there are.
    pub(super) known: SchemaNames,
    /// Whether there are colours.
    pub(super) colours: bool,
    /// The template of the continuation prompt.
    pub(super) more: Option<String>,
    /// Whether a bracket is marked.
    pub(super) is_marked: Cell<bool>,
    /// Whether the line is painted for the last time.
    pub(super) is_final: Cell<bool>,
}

impl rustyline::Helper for EditorHelper {}

impl Validator for EditorHelper {}

impl Highlighter for EditorHelper {
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        let needs_paint = self.colours || line.contains(is_control);
        if line.is_empty() || !needs_paint {
            return Cow::Borrowed(line);
        }
        let state = self.state.lock();
        let (prompt, width, columns) = (state.prompt, state.width, state.columns);
        let highlighter = StatementHighlighter {
            known: &self.known,
            colours: self.colours,
            is_final: self.is_final.get(),
            above: state.before.open_lines(),
            more: self.more.as_deref(),
            prompt,
            width,
            columns,
        };
        Cow::Owned(highlighter.paint(line, position))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(hint.dimmed().to_string())
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        match candidate.split_once("  ") {
            Some((word, what)) if self.colours => Cow::Owned(format!("{word}  {}", what.dimmed())),
            _ => Cow::Borrowed(candidate),
        }
    }

    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        self.is_final.set(kind == CmdKind::ForcedRefresh);
        // Of what is pasted without brackets not every key is painted, but the last one that came.
        let is_fast = self.state.lock().is_fast();
        if line.len() > LONG
            || (is_fast && (line.len() > SHORT || crate::shell::pending_input::has_input()))
        {
            return false;
        }
        let marks = is_at_bracket(line, position);
        let was_marked = self.is_marked.replace(marks);
        kind != CmdKind::MoveCursor || marks || was_marked
    }
}

/// What a statement of the history would go on with.
pub(super) struct HistorySuggestion {
    shown: String,
    rest: String,
}

impl Hint for HistorySuggestion {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        Some(&self.rest)
    }
}

impl Hinter for EditorHelper {
    type Hint = HistorySuggestion;

    fn hint(
        &self,
        line: &str,
        position: usize,
        context: &Context<'_>,
    ) -> Option<HistorySuggestion> {
        // Without colours nobody could tell it from what is typed.
        let is_open = self.colours && position == line.len() && line.len() < LONG;
        if !is_open || line.trim().is_empty() || self.state.lock().is_fast() {
            return None;
        }
        let newest = context.history().len().checked_sub(1)?;
        let found =
            context.history().starts_with(line, newest, SearchDirection::Reverse).ok()??;
        let rest = found.entry.get(found.pos..).filter(|rest| !rest.is_empty())?.to_string();
        let first = rest.split('\n').next().unwrap_or_default();
        // What is taken with it is seen before.
        let mut shown = escape(first).into_owned();
        if first.len() < rest.len() {
            shown.push_str(" …");
        }
        Some(HistorySuggestion { shown, rest })
    }
}

impl Completer for EditorHelper {
    type Candidate = CompletionCandidate;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<CompletionCandidate>)> {
        let text = self.state.lock().before.and(&unpad(&line[..position]));
        let found = completion::complete(&text, &unpad(&line[position..]), &self.known);
        let word = &text[found.start..];
        // A name in quotes that goes over lines has padding in it; nobody completes one.
        if word.contains('\n') || !line[..position].ends_with(word) {
            return Ok((position, Vec::new()));
        }
        let start = position - word.len();
        Ok((start, found.candidates))
    }
}
