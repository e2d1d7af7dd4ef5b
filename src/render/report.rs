//! Errors, drawn once for every floor.
//!
//! ```text
//! seed.sql:7:8: error[unknown-column]: accounts has no column "owne"
//!  7 | SELECT owne FROM accounts WHERE id = 1;
//!    |        ^^^^ did you mean "owner"?
//!    = accounts(id, owner, balance)
//! ```
//!
//! The first line is GNU style, so that editors jump; at a terminal it goes without the place.

use super::escape::escape_character;
use super::{escape, width};
use crate::session::Error;
use crate::types::Span;
use colored::Colorize;
use std::borrow::Cow;
use std::io::{self, Write};
use unicode_segmentation::UnicodeSegmentation;

/// An error of any origin, ready to be drawn.
#[derive(Clone, Debug, Default)]
pub struct Diagnostic {
    /// The stable word for the kind.
    pub code: String,
    /// The shortest sentence that is true.
    pub message: String,
    /// Where in the statement's text, in bytes.
    pub span: Option<Span>,
    /// A way out.
    pub help: Option<String>,
    /// Facts that help, each a line.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error without a place inside its text.
    pub fn new(code: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic { code: code.into(), message: message.into(), ..Diagnostic::default() }
    }

    /// The same with a way out, if there is one.
    pub fn help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help;
        self
    }
}

impl From<&Error> for Diagnostic {
    fn from(error: &Error) -> Diagnostic {
        Diagnostic {
            code: error.code().to_string(),
            message: error.to_string(),
            span: error.span(),
            help: error.help().map(str::to_string),
            notes: error.notes().to_vec(),
        }
    }
}

/// Where a text begins in what the user wrote.
#[derive(Clone, Debug)]
pub struct Place {
    /// `seed.sql`, `-c`, `stdin`; `None` at a terminal.
    pub name: Option<String>,
    /// The line of the text's first character, from 1.
    pub line: usize,
    /// The column of the text's first character, in characters from 1.
    pub column: usize,
}

impl Place {
    /// The place of the byte `offset` of a text that begins here.
    pub fn advance(&self, text: &str, offset: usize) -> Place {
        let before = &text[..floor(text, offset)];
        let (line, column) = match before.rsplit_once('\n') {
            None => (self.line, self.column + before.chars().count()),
            Some((lines, last)) => {
                (self.line + lines.matches('\n').count() + 1, last.chars().count() + 1)
            }
        };
        Place { name: self.name.clone(), line, column }
    }
}

/// Columns of a source line shown around a caret.
const SHOWN: usize = 110;
/// Columns of them that stand before the caret in a line that is longer.
const BEFORE: usize = 60;

/// Characters of a message, a way out or a fact that are told.
const MOST_TOLD: usize = 600;
/// How many of them come from its end, which tells what is wrong where a long name stands before.
const END_TOLD: usize = 120;

/// Draws an error about `text`, which begins at `place`.
///
/// # Errors
/// Where `out` refuses.
pub fn report(
    error: &Diagnostic,
    text: &str,
    place: &Place,
    colour: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = |text: &str, how: fn(&str) -> colored::ColoredString| match colour {
        true => how(text).to_string(),
        false => text.to_string(),
    };
    let span = error.span.map(|span| visible(text, span));
    let at = place.advance(text, span.map_or(0, |span| span.start));
    if let Some(name) = &place.name {
        write!(out, "{}:{}:{}: ", escape(name), at.line, at.column)?;
    }
    let kind = paint(&format!("error[{}]", error.code), |t| t.red().bold());
    writeln!(out, "{kind}: {}", paint(&escape(&shorten(&error.message)), |t| t.bold()))?;
    let gutter = at.line.to_string().len() + 1;
    let bar = |mark: &str| paint(mark, |t| t.blue());
    let mut help = error.help.as_deref();
    if let Some(span) = span {
        let source = Source::new(text, span);
        writeln!(out, "{:>gutter$} {} {}", at.line, bar("|"), source.line)?;
        let carets = paint(&"^".repeat(source.carets), |t| t.red().bold());
        write!(out, "{:>gutter$} {} {:indent$}{carets}", "", bar("|"), "", indent = source.indent)?;
        match help.take() {
            Some(help) => writeln!(out, " {}", escape(&shorten(help)))?,
            None => writeln!(out)?,
        }
    }
    for note in help.into_iter().chain(error.notes.iter().map(String::as_str)) {
        writeln!(out, "{:>gutter$} {} {}", "", bar("="), escape(&shorten(note)))?;
    }
    Ok(())
}

/// A sentence as long as someone reads: a name of a megabyte is not told in full.
fn shorten(text: &str) -> Cow<'_, str> {
    let characters = text.chars().count();
    if characters <= MOST_TOLD {
        return text.into();
    }
    let start: String = text.chars().take(MOST_TOLD - END_TOLD - 1).collect();
    let end: String = text.chars().skip(characters - END_TOLD).collect();
    format!("{start}…{end}").into()
}

/// The largest character boundary up to `offset`.
fn floor(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The span inside the text; one behind all words moves back to the end of the last.
fn visible(text: &str, span: Span) -> Span {
    let start = floor(text, span.start);
    let end = floor(text, span.end).max(start);
    if text[start..].trim().is_empty() {
        let last = text.trim_end().len();
        return Span::new(last.min(start), last.min(start));
    }
    Span::new(start, end)
}

/// The line of a text that an error is about, as it is shown, and where its carets stand.
struct Source {
    line: String,
    indent: usize,
    carets: usize,
}

impl Source {
    fn new(text: &str, span: Span) -> Source {
        let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[span.start..].find('\n').map_or(text.len(), |at| span.start + at);
        let line = text[start..end].trim_end_matches('\r');
        let end = start + line.len();
        let marked = span.start.min(end)..span.end.clamp(span.start.min(end), end);
        let before = expand(&text[start..marked.start], 0);
        let indent = width(&before);
        let middle = expand(&text[marked.clone()], indent);
        let after = expand(&text[marked.end..end], indent + width(&middle));
        let line = format!("{before}{middle}{after}");
        let carets = width(&middle).max(1);
        Source { line, indent, carets }.cut()
    }

    /// A line too long to be read is cut to what surrounds the carets.
    fn cut(self) -> Source {
        if width(&self.line) <= SHOWN {
            return self;
        }
        let from = self.indent.saturating_sub(BEFORE);
        let from = if from <= 1 { 0 } else { from };
        let (mut line, mut at, mut first) = (String::new(), 0, None);
        for grapheme in self.line.graphemes(true) {
            if at >= from + SHOWN {
                line.push('…');
                break;
            }
            if at >= from {
                first.get_or_insert(at);
                line.push_str(grapheme);
            }
            at += width(grapheme);
        }
        let dots = if from > 0 { "…" } else { "" };
        let indent = self.indent - first.unwrap_or(0) + dots.chars().count();
        let carets = self.carets.min(SHOWN.saturating_sub(indent)).max(1);
        Source { line: format!("{dots}{line}"), indent, carets }
    }
}

/// Text as a terminal may show it: controls escaped, tabs filled up to the next multiple of four
/// columns counted from `column`.
fn expand(text: &str, column: usize) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\t' {
            let at = column + width(&shown);
            shown.push_str(&" ".repeat(4 - at % 4));
        } else {
            escape_character(c, &mut shown);
        }
    }
    shown
}
