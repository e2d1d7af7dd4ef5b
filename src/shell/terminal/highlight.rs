//! The buffer as it is painted while it is typed.
//!
//! The language says what each piece is; here it gets its colour, and a name that nothing has its line.
//! What is painted takes exactly the columns that rustyline counts: continuation prompts for the
//! padding, blanks for a tab, nothing for a control character.

use super::padding::{self, PAD, unpad};
use super::schema_names::SchemaNames;
use crate::language::{Highlight, HighlightKind, TableName, highlight, tables_of};
use crate::types::{fold, is_control};
use colored::Colorize;
use std::collections::HashSet;
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Columns of a tab, as rustyline counts them.
pub(super) const TAB: usize = 8;

/// How a piece of the buffer is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Keyword,
    Text,
    Number,
    Comment,
    Parameter,
    Unknown,
    Bracket,
}

impl Style {
    fn paint(self, text: &str) -> String {
        let painted = match self {
            Style::Keyword => text.blue().bold(),
            Style::Text => text.green(),
            Style::Number => text.cyan(),
            Style::Comment => text.dimmed(),
            Style::Parameter => text.magenta(),
            Style::Unknown => text.underline(),
            Style::Bracket => text.yellow().bold(),
        };
        painted.to_string()
    }
}

/// What painting depends on beside the buffer.
pub(super) struct StatementHighlighter<'a> {
    /// The names there are.
    pub(super) known: &'a SchemaNames,
    /// Whether there are colours.
    pub(super) colours: bool,
    /// Whether this is the last time, when no cursor stands in the buffer any more.
    pub(super) is_final: bool,
    /// What is open above the buffer, of lines that were handed over before.
    pub(super) above: &'a str,
    /// The template of the continuation prompt.
    pub(super) more: Option<&'a str>,
    /// Columns of the prompt, the padding and the terminal.
    pub(super) prompt: usize,
    pub(super) width: usize,
    pub(super) columns: usize,
}

impl StatementHighlighter<'_> {
    /// The buffer as it is shown with the cursor at a place.
    pub(super) fn paint(&self, buffer: &str, position: usize) -> String {
        let begin = self.above.len();
        let text = format!("{}{}", self.above, unpad(buffer));
        let cursor = begin + unpad(&buffer[..position]).len();
        let parts = StatementPieces::of(&text);
        let cursor = (!self.is_final).then_some(cursor);
        let spans = if self.colours { self.styles(&text, &parts, cursor) } else { Vec::new() };
        let (column, columns, escape) = (self.prompt, self.columns, EscapeState::None);
        let mut output = HighlightedText { text: String::new(), column, columns, escape };
        let mut at = begin;
        for (range, style) in spans {
            // What began above goes on here.
            let range = range.start.max(begin)..range.end;
            if range.start >= at && range.end > range.start {
                self.piece(&text, at..range.start, None, &parts, &mut output);
                self.piece(&text, range.clone(), Some(style), &parts, &mut output);
                at = range.end;
            }
        }
        self.piece(&text, at..text.len(), None, &parts, &mut output);
        output.text
    }

    /// What is painted how, in order.
    fn styles(
        &self,
        text: &str,
        parts: &StatementPieces,
        cursor: Option<usize>,
    ) -> Vec<(Range<usize>, Style)> {
        let marked = cursor.and_then(|cursor| parts.brackets(text, cursor));
        let mut spans = Vec::new();
        let is_end = |piece: &Highlight| is_symbol(text, piece, ";");
        for statement in parts.pieces.split(is_end) {
            let Some((first, last)) = statement.first().zip(statement.last()) else { continue };
            let names = StatementNames::of(&text[first.span.start..last.span.end], statement, text);
            for piece in statement {
                let range = piece.span.start..piece.span.end;
                // The word at the cursor is not finished.
                let is_here = cursor.is_some_and(|at| range.start <= at && at <= range.end);
                let is_unknown = !is_here && names.is_unknown(&piece.kind, self.known);
                let style = if marked.is_some_and(|marked| marked.contains(&range.start)) {
                    Some(Style::Bracket)
                } else if is_unknown {
                    Some(Style::Unknown)
                } else {
                    style(&piece.kind)
                };
                spans.extend(style.map(|style| (range, style)));
            }
        }
        spans
    }

    /// Paints a piece, line by line; behind each newline stands a continuation prompt.
    fn piece(
        &self,
        text: &str,
        range: Range<usize>,
        style: Option<Style>,
        parts: &StatementPieces,
        output: &mut HighlightedText,
    ) {
        let mut at = range.start;
        for (index, line) in text[range].split('\n').enumerate() {
            if index > 0 {
                output.text.push('\n');
                let open = parts.open_at(text, at);
                let prompt = padding::continuation(self.more, open, self.width);
                let prompt = crate::render::escape(&prompt);
                if self.colours {
                    output.text.push_str(&prompt.dimmed().to_string());
                } else {
                    output.text.push_str(&prompt);
                }
                output.column = self.width;
            }
            let shown = output.measured(line);
            match style {
                Some(style) if !shown.is_empty() => output.text.push_str(&style.paint(&shown)),
                _ => output.text.push_str(&shown),
            }
            at += line.len() + 1;
        }
    }
}

/// What was painted, and the column where it ends.
struct HighlightedText {
    text: String,
    column: usize,
    columns: usize,
    escape: EscapeState,
}

/// How far an escape sequence has come, which rustyline gives no columns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EscapeState {
    None,
    Begun,
    Parameters,
}

impl EscapeState {
    /// Whether a character belongs to one.
    fn takes(&mut self, c: char) -> bool {
        let (next, is_part) = match (*self, c) {
            (_, '\u{1b}') => (EscapeState::Begun, true),
            (EscapeState::None, _) => (EscapeState::None, false),
            (EscapeState::Begun, '[') | (EscapeState::Parameters, ';' | '0'..='9') => {
                (EscapeState::Parameters, true)
            }
            (EscapeState::Begun | EscapeState::Parameters, _) => (EscapeState::None, true),
        };
        *self = next;
        is_part
    }
}

impl HighlightedText {
    /// A line's text with blanks for tabs and without control characters.
    fn measured(&mut self, line: &str) -> String {
        let mut shown = String::with_capacity(line.len());
        for c in line.chars() {
            if self.escape.takes(c) {
                continue;
            }
            let width = match c {
                '\t' => TAB - self.column % TAB,
                _ => c.width().unwrap_or(0),
            };
            self.column += width;
            if self.columns > 0 && self.column > self.columns {
                self.column = width;
            }
            match c {
                '\t' => shown.extend(std::iter::repeat_n(' ', width)),
                PAD => {}
                // The editor counts on the columns of what is not shown, too.
                _ if is_control(c) => shown.extend(std::iter::repeat_n(' ', width)),
                _ => shown.push(c),
            }
        }
        shown
    }
}

/// A text taken apart.
#[derive(Default)]
struct StatementPieces {
    pieces: Vec<Highlight>,
    /// How many parentheses are open behind each piece.
    depths: Vec<usize>,
}

impl StatementPieces {
    /// Takes a text apart. One that begins with a dot is a command and no statement.
    fn of(text: &str) -> StatementPieces {
        if text.trim_start().starts_with(['.', '\\']) {
            return StatementPieces::default();
        }
        let pieces = highlight(text);
        let mut depth = 0_usize;
        let behind = |piece: &Highlight| {
            if piece.kind == HighlightKind::Symbol {
                depth = match &text[piece.span.start..piece.span.end] {
                    "(" => depth + 1,
                    ")" => depth.saturating_sub(1),
                    ";" => 0,
                    _ => depth,
                };
            }
            depth
        };
        let depths = pieces.iter().map(behind).collect();
        StatementPieces { pieces, depths }
    }

    /// What is open where a line begins.
    fn open_at(&self, text: &str, at: usize) -> &'static str {
        let before = self.pieces.partition_point(|piece| piece.span.start < at);
        let Some(last) = before.checked_sub(1) else { return ";" };
        let piece = &self.pieces[last];
        // A piece that is never closed ends where the text does.
        let is_inside = piece.span.end > at || (piece.span.end == at && at == text.len());
        match (&piece.kind, text.as_bytes()[piece.span.start]) {
            (HighlightKind::Text | HighlightKind::Blob, _) if is_inside => "'",
            (HighlightKind::Json, _) if is_inside => "{",
            (HighlightKind::Comment, b'/') if is_inside => "/*",
            (_, b'`') if is_inside => "`",
            (_, b'[') if is_inside => "[",
            (_, b'"') if is_inside => "\"",
            _ if self.depths[last] > 0 => "(",
            _ => ";",
        }
    }

    /// The brackets to mark for a cursor on or behind one of them.
    fn brackets(&self, text: &str, cursor: usize) -> Option<[usize; 2]> {
        let mut open = Vec::new();
        for piece in &self.pieces {
            let start = piece.span.start;
            if is_symbol(text, piece, "(") {
                open.push(start);
            } else if is_symbol(text, piece, ")") {
                let Some(first) = open.pop() else { continue };
                if first == cursor || start == cursor || start + 1 == cursor {
                    return Some([first, start]);
                }
            }
        }
        None
    }
}

fn is_symbol(text: &str, piece: &Highlight, symbol: &str) -> bool {
    piece.kind == HighlightKind::Symbol && &text[piece.span.start..piece.span.end] == symbol
}

/// The style of a piece as far as the language knows.
fn style(kind: &HighlightKind) -> Option<Style> {
    match kind {
        HighlightKind::Keyword | HighlightKind::DataType => Some(Style::Keyword),
        HighlightKind::Text | HighlightKind::Blob | HighlightKind::Json => Some(Style::Text),
        HighlightKind::Number => Some(Style::Number),
        HighlightKind::Comment => Some(Style::Comment),
        HighlightKind::Parameter => Some(Style::Parameter),
        HighlightKind::Table(_)
        | HighlightKind::Column { .. }
        | HighlightKind::Function
        | HighlightKind::Name
        | HighlightKind::Symbol
        | HighlightKind::Unknown => None,
    }
}

/// The names that one statement makes and uses.
struct StatementNames {
    tables: Vec<TableName>,
    /// Its aliases and new names, folded.
    own: HashSet<String>,
    /// Whether it asks the past, where tables had other columns.
    is_temporal: bool,
}

impl StatementNames {
    fn of(statement: &str, pieces: &[Highlight], text: &str) -> StatementNames {
        let own = pieces.iter().filter(|piece| piece.kind == HighlightKind::Name);
        let own = own.map(|piece| fold(text[piece.span.start..piece.span.end].trim_matches('"')));
        let is_temporal = pieces.iter().any(|piece| {
            let word = &text[piece.span.start..piece.span.end];
            piece.kind == HighlightKind::Keyword
                && ["OF", "BEFORE", "SYSTEM_TIME", "HISTORY", "REPLAY"]
                    .iter()
                    .any(|temporal| temporal.eq_ignore_ascii_case(word))
        });
        StatementNames { tables: tables_of(statement), own: own.collect(), is_temporal }
    }

    /// Whether a name is surely none of those that the schema and the statement have.
    fn is_unknown(&self, kind: &HighlightKind, known: &SchemaNames) -> bool {
        match kind {
            HighlightKind::Table(name) => {
                let is_alias = self.tables.iter().any(|table| {
                    table.alias.as_ref().is_some_and(|alias| fold(alias) == fold(name))
                });
                !is_alias && !known.has_table(name) && !self.own.contains(&fold(name))
            }
            HighlightKind::Column { qualifier, name } => {
                let is_meant = |table: &&TableName| {
                    qualifier
                        .as_ref()
                        .is_none_or(|qualifier| fold(table.called()) == fold(qualifier))
                };
                let mut meant = self.tables.iter().filter(is_meant).peekable();
                let is_own = self.own.contains(&fold(name)) || name.starts_with('_');
                // Of a table that is not known nobody can say what it has.
                !is_own
                    && !self.is_temporal
                    && meant.peek().is_some()
                    && meant.all(|table| {
                        let of_schema = table.columns.is_none();
                        known.table(&table.name).filter(|_| of_schema).is_some_and(|found| {
                            !found.columns.iter().any(|column| fold(column) == fold(name))
                        })
                    })
            }
            HighlightKind::Keyword
            | HighlightKind::Function
            | HighlightKind::DataType
            | HighlightKind::Name
            | HighlightKind::Text
            | HighlightKind::Number
            | HighlightKind::Blob
            | HighlightKind::Json
            | HighlightKind::Parameter
            | HighlightKind::Symbol
            | HighlightKind::Comment
            | HighlightKind::Unknown => false,
        }
    }
}

/// Whether a cursor stands on a bracket or behind one.
pub(super) fn is_at_bracket(buffer: &str, position: usize) -> bool {
    let bytes = buffer.as_bytes();
    let here = |at: usize| bytes.get(at).is_some_and(|byte| matches!(byte, b'(' | b')'));
    here(position) || position.checked_sub(1).is_some_and(here)
}

#[cfg(test)]
mod tests;
