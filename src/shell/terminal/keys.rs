//! What keys do that is not what rustyline does with them.
//!
//! One handler sees every key first. It reads pastes itself, so that a pasted text can be cleaned,
//! padded or set aside before it is in the buffer; it keeps the padding of lines together with their
//! newline; and it notices keys that nobody types so fast, which are a paste without brackets: there
//! Tab is a blank and Enter hands the line over at once, however long the statement becomes.
//!
//! rustyline repeats what a handler returns as often as its own count says, which replaces the
//! handler's: movements over several characters have to be searches.

use super::entry::{StatementReader, asks_for_editor, is_ready};
use super::padding::{self, PAD, unpad};
use super::paste::PastedTexts;
use crate::language::{Completeness, completions, is_complete};
use rustyline::{
    CharSearch, Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers,
    Movement,
};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Keys that follow each other faster than this were not typed.
const FASTEST: Duration = Duration::from_millis(3);

/// Behind so many of them a busy machine may have kept one waiting,
const STREAK: usize = 8;

/// for this long.
const LULL: Duration = Duration::from_millis(15);

/// Why the buffer was handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AcceptReason {
    /// To run what is complete.
    #[default]
    Run,
    /// To open it in an editor.
    Edit,
    /// To leave, with what is not finished.
    Leave,
}

/// What keys, painter and loop have to know of each other.
#[derive(Default)]
pub(super) struct EditorState {
    /// Columns of the padding below the prompt.
    pub(super) width: usize,
    /// Columns of the prompt itself.
    pub(super) prompt: usize,
    /// Columns of the terminal.
    pub(super) columns: usize,
    /// What was handed over before and is not complete yet.
    pub(super) before: StatementReader,
    /// What the buffer was handed over for.
    pub(super) accept_reason: AcceptReason,
    /// Long pastes, which stand in the buffer by name.
    pub(super) pastes: PastedTexts,
    /// The paste that is being read.
    pasted: Option<String>,
    /// When the last key came.
    last: Option<Instant>,
    /// Whether it came faster than anyone types.
    is_fast: bool,
    /// How many such keys came one after the other.
    streak: usize,
}

/// One for all.
#[derive(Clone, Default)]
pub(super) struct SharedEditorState(Arc<Mutex<EditorState>>);

impl SharedEditorState {
    /// What is known now.
    pub(super) fn lock(&self) -> MutexGuard<'_, EditorState> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl EditorState {
    /// Whether the keys come faster than anyone types.
    pub(super) fn is_fast(&self) -> bool {
        self.is_fast
    }

    /// The text that a buffer means.
    pub(super) fn text(&self, buffer: &str) -> String {
        self.pastes.expand(unpad(buffer))
    }

    fn note(&mut self, now: Instant) {
        let gap = self.last.replace(now).map(|last| now.saturating_duration_since(last));
        let is_next = gap.is_some_and(|gap| gap < FASTEST);
        let is_late = self.streak >= STREAK && gap.is_some_and(|gap| gap < LULL);
        self.is_fast = is_next || is_late;
        self.streak = if is_next { self.streak + 1 } else { 0 };
    }

    /// Takes a key that belongs to a paste.
    fn paste(&mut self, key: KeyEvent, buffer: &str) -> Option<Cmd> {
        if key.0 == KeyCode::BracketedPasteStart {
            self.pasted = Some(String::new());
            return Some(Cmd::Noop);
        }
        let text = self.pasted.as_mut()?;
        match key {
            KeyEvent(KeyCode::BracketedPasteEnd, _) => {
                let text = std::mem::take(text);
                self.pasted = None;
                let text = self.pastes.take(&text, buffer.len());
                return Some(Cmd::Insert(1, padding::pad(&text, self.width)));
            }
            KeyEvent(KeyCode::Char(c), Modifiers::NONE | Modifiers::ALT) => text.push(c),
            KeyEvent(KeyCode::Enter, _) => text.push('\r'),
            KeyEvent(KeyCode::Tab, _) => text.push('\t'),
            KeyEvent(KeyCode::Char('J'), Modifiers::CTRL) => text.push('\n'),
            // A control character is no part of a statement.
            _ => {}
        }
        Some(Cmd::Noop)
    }

    /// Enter: runs, or goes on in a new line.
    fn enter(&mut self, buffer: &str) -> Cmd {
        let text = self.text(buffer);
        if asks_for_editor(&self.before, &text) {
            self.accept_reason = AcceptReason::Edit;
            return Cmd::AcceptLine;
        }
        if self.is_fast || is_ready(&self.before, &text) {
            return Cmd::AcceptLine;
        }
        self.newline()
    }

    /// Whether a Tab behind this part of the buffer is a blank: at the beginning of a further line,
    /// and in a text that nothing is known to be.
    fn is_blank(&self, before: &str) -> bool {
        let text = format!("{}{}", self.before.open_lines(), unpad(before));
        let line = text.rsplit('\n').next().unwrap_or_default();
        if line.trim().is_empty() && !text.is_empty() {
            return true;
        }
        is_complete(&text) == Completeness::Open("'") && completions(&text).slots.is_empty()
    }

    /// Whether Ctrl-D at a place leaves: on a further line that is empty, at the end of all of them.
    fn leaves(buffer: &str, position: usize) -> bool {
        let (above, last) = buffer.rsplit_once('\n').unwrap_or(("", buffer));
        position == buffer.len() && !above.is_empty() && last.trim().is_empty()
    }

    fn newline(&self) -> Cmd {
        Cmd::Insert(1, padding::newline(self.width))
    }
}

/// Sees every key first.
pub(super) struct KeyHandler(pub(super) SharedEditorState);

impl ConditionalEventHandler for KeyHandler {
    fn handle(&self, event: &Event, _: u16, _: bool, context: &EventContext) -> Option<Cmd> {
        let key = *event.get(0)?;
        let mut state = self.0.lock();
        if let Some(command) = state.paste(key, context.line()) {
            return Some(command);
        }
        state.note(Instant::now());
        match (key.0, key.1) {
            (KeyCode::Enter, Modifiers::NONE) => Some(state.enter(context.line())),
            // In a paste without brackets lines may end in either way.
            (KeyCode::Char('J'), Modifiers::CTRL) if state.is_fast => {
                Some(state.enter(context.line()))
            }
            (KeyCode::Enter, Modifiers::ALT) | (KeyCode::Char('J'), Modifiers::CTRL) => {
                Some(state.newline())
            }
            (KeyCode::Char('D'), Modifiers::CTRL)
                if EditorState::leaves(context.line(), context.pos()) =>
            {
                state.accept_reason = AcceptReason::Leave;
                Some(Cmd::AcceptLine)
            }
            (KeyCode::Tab, Modifiers::NONE) => {
                let before = &context.line()[..context.pos()];
                (state.is_fast || state.is_blank(before)).then(|| Cmd::Insert(1, "\t".to_string()))
            }
            _ => movement(key, context.line(), context.pos()),
        }
    }
}

/// What a key does beside the padding of a line; `None` for what it does everywhere.
fn movement(key: KeyEvent, buffer: &str, position: usize) -> Option<Cmd> {
    let (before, behind) = buffer.split_at(position);
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let is_below = line.contains(PAD);
    let is_first = line.ends_with(PAD);
    let back = |search| Movement::ViCharSearch(1, search);
    let command = match (key.0, key.1) {
        (KeyCode::Backspace, Modifiers::NONE) if is_first => {
            Cmd::Kill(back(CharSearch::Backward('\n')))
        }
        (KeyCode::Left, Modifiers::NONE) | (KeyCode::Char('B'), Modifiers::CTRL) if is_first => {
            Cmd::Move(back(CharSearch::Backward('\n')))
        }
        (KeyCode::Home, Modifiers::NONE) | (KeyCode::Char('A' | 'U'), Modifiers::CTRL)
            if is_first =>
        {
            Cmd::Noop
        }
        (KeyCode::Home, Modifiers::NONE) | (KeyCode::Char('A'), Modifiers::CTRL) if is_below => {
            Cmd::Move(back(CharSearch::BackwardAfter(PAD)))
        }
        (KeyCode::Char('U'), Modifiers::CTRL) if is_below => {
            Cmd::Kill(back(CharSearch::BackwardAfter(PAD)))
        }
        (KeyCode::Right, Modifiers::NONE) | (KeyCode::Char('F'), Modifiers::CTRL) => {
            match next_line(behind)? {
                Some(c) => Cmd::Move(Movement::ViCharSearch(1, CharSearch::Forward(c))),
                None => Cmd::Move(Movement::EndOfBuffer),
            }
        }
        (KeyCode::Delete, Modifiers::NONE) | (KeyCode::Char('D' | 'K'), Modifiers::CTRL) => {
            match next_line(behind)? {
                Some(c) => Cmd::Kill(Movement::ViCharSearch(1, CharSearch::ForwardBefore(c))),
                None => Cmd::Kill(Movement::EndOfBuffer),
            }
        }
        _ => return None,
    };
    Some(command)
}

/// At the end of a line that another follows: the character with which that begins.
fn next_line(behind: &str) -> Option<Option<char>> {
    let line = behind.strip_prefix('\n')?;
    Some(line.trim_start_matches(PAD).chars().next())
}

/// Hands the buffer over to the editor.
pub(super) struct OpenEditorHandler(pub(super) SharedEditorState);

impl ConditionalEventHandler for OpenEditorHandler {
    fn handle(&self, _: &Event, _: u16, _: bool, _: &EventContext) -> Option<Cmd> {
        self.0.lock().accept_reason = AcceptReason::Edit;
        Some(Cmd::AcceptLine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Modifiers = Modifiers::NONE;

    fn key(c: char) -> KeyEvent {
        KeyEvent::new(c, NONE)
    }

    #[test]
    fn a_paste_is_read_key_by_key_and_padded() {
        let mut state = EditorState { width: 5, ..EditorState::default() };
        assert_eq!(state.paste(key('a'), ""), None);
        let start = KeyEvent(KeyCode::BracketedPasteStart, NONE);
        assert_eq!(state.paste(start, ""), Some(Cmd::Noop));
        for c in "a\u{7}\r\nb\tc\n".chars() {
            assert_eq!(state.paste(key(c), ""), Some(Cmd::Noop));
        }
        let end = KeyEvent(KeyCode::BracketedPasteEnd, NONE);
        let text = format!("a\n{}b\tc", PAD.to_string().repeat(5));
        assert_eq!(state.paste(end, ""), Some(Cmd::Insert(1, text)));
        assert_eq!(state.paste(key('a'), ""), None);
    }

    #[test]
    fn the_padding_goes_with_its_newline() {
        let buffer = padding::pad("SELECT\n1,\n2", 5);
        let second = buffer.find('1').expect("a second line");
        let first_end = buffer.find('\n').expect("a first line");
        let to_newline = Movement::ViCharSearch(1, CharSearch::Backward('\n'));
        let backspace = KeyEvent(KeyCode::Backspace, NONE);
        assert_eq!(movement(backspace, &buffer, second), Some(Cmd::Kill(to_newline)));
        assert_eq!(movement(backspace, &buffer, second + 1), None);
        assert_eq!(movement(backspace, &buffer, 3), None);
        let to_one = Movement::ViCharSearch(1, CharSearch::ForwardBefore('1'));
        let delete = KeyEvent(KeyCode::Delete, NONE);
        assert_eq!(movement(delete, &buffer, first_end), Some(Cmd::Kill(to_one)));
        assert_eq!(movement(delete, &buffer, first_end - 1), None);
        let home = KeyEvent(KeyCode::Home, NONE);
        assert_eq!(movement(home, &buffer, second), Some(Cmd::Noop));
        assert_eq!(movement(home, &buffer, 3), None);
    }

    #[test]
    fn a_tab_that_completes_nothing_is_a_blank() {
        let state = EditorState::default();
        for before in
            ["SELECT\n", "SELECT\n\u{2000}\u{2000} ", "SELECT 'a", "INSERT INTO t VALUES ('"]
        {
            assert!(state.is_blank(before), "{before}");
        }
        for before in ["", "SELECT ", "SELECT\nna", "SELECT * FROM t AS OF TAG '"] {
            assert!(!state.is_blank(before), "{before}");
        }
    }

    #[test]
    fn only_fast_keys_are_a_paste() {
        let mut state = EditorState::default();
        let start = Instant::now();
        state.note(start);
        assert!(!state.is_fast());
        state.note(start + Duration::from_micros(200));
        assert!(state.is_fast());
        state.note(start + Duration::from_millis(30));
        assert!(!state.is_fast());
        // One late key belongs to a long paste; the next late one does not.
        for index in 0..10 {
            state.note(start + Duration::from_millis(31 + index));
        }
        state.note(start + Duration::from_millis(50));
        assert!(state.is_fast());
        state.note(start + Duration::from_millis(60));
        assert!(!state.is_fast());
    }
}
