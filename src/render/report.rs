//! Errors, drawn once for every floor.
//!
//! ```text
//! seed.sql:7:8: error[unknown-column]: accounts has no column "owne"
//!  7 | SELECT owne FROM accounts WHERE id = 1;
//!    |        ^^^^ did you mean "owner"?
//!    = accounts(id, owner, balance)
//! ```
//!
//! The first line is GNU style, so that editors jump; at a terminal it goes without the place. For
//! programs an error is that line alone, or one JSON object on a line.

use super::escape::escape_character;
use super::json::write_string;
use super::wrap::wrap;
use super::{escape, width};
use crate::session::Error;
use crate::types::{Name, Span};
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
pub struct TextOrigin {
    /// `seed.sql`, `-c`, `stdin`; `None` at a terminal.
    pub name: Option<Name>,
    /// The line of the text's first character, from 1.
    pub line: usize,
    /// The column of the text's first character, in characters from 1.
    pub column: usize,
}

impl Default for TextOrigin {
    /// The first character of what was typed at a terminal.
    fn default() -> TextOrigin {
        TextOrigin { name: None, line: 1, column: 1 }
    }
}

impl TextOrigin {
    /// The place of the byte `offset` of a text that begins here.
    pub fn advance(&self, text: &str, offset: usize) -> TextOrigin {
        let before = &text[..floor(text, offset)];
        let (line, column) = match before.rsplit_once('\n') {
            None => (self.line, self.column + before.chars().count()),
            Some((lines, last)) => {
                (self.line + lines.matches('\n').count() + 1, last.chars().count() + 1)
            }
        };
        TextOrigin { name: self.name.clone(), line, column }
    }
}

/// How errors are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorFormat {
    /// With the line they are about, a caret, and ways out.
    #[default]
    Human,
    /// One line each, GNU style.
    Short,
    /// One JSON object on each line: `code`, `message`, `file`, `line`, `column`, `offset`, `length`,
    /// `help` and `notes`; `offset` and `length` are bytes of the statement.
    Json,
}

impl ErrorFormat {
    /// All of them by their names on the command line.
    pub const NAMES: &[(&str, ErrorFormat)] = &[
        ("human", ErrorFormat::Human),
        ("short", ErrorFormat::Short),
        ("json", ErrorFormat::Json),
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        let found = ErrorFormat::NAMES.iter().find(|(_, format)| *format == self);
        found.map_or("", |(name, _)| name)
    }
}

/// What to heed when errors and notices are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReportOptions {
    /// The format.
    pub format: ErrorFormat,
    /// Whether to colour.
    pub colour: bool,
    /// Columns of the terminal they are read at, if they are.
    pub width: Option<usize>,
}

/// Columns of a source line shown around a caret, where the terminal has them.
const SHOWN: usize = 110;
/// Of so many parts of them, this many stand before the caret in a line that is longer.
const BEFORE: (usize, usize) = (6, 11);
/// A source line or a sentence is not squeezed into less.
const NARROWEST: usize = 20;

/// Characters of a message, a way out or a fact that are told.
const MOST_TOLD: usize = 600;
/// How many of them come from its end, which tells what is wrong where a long name stands before.
const END_TOLD: usize = 120;

/// Draws an error about `text`, which begins at `origin`.
///
/// # Errors
/// The error of `out`, where it takes no more.
pub fn report(
    error: &Diagnostic,
    text: &str,
    origin: &TextOrigin,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let span = error.span.map(|span| visible(text, span));
    let at = origin.advance(text, span.map_or(0, |span| span.start));
    match options.format {
        ErrorFormat::Json => json(error, span, &at, out),
        ErrorFormat::Short => {
            let help = error.help.as_deref().map(shorten);
            let help = help.map_or(String::new(), |help| format!(" ({help})"));
            let message = format!("{}{help}", shorten(&error.message));
            writeln!(out, "{}error[{}]: {}", prefix(&at), escape(&error.code), escape(&message))
        }
        ErrorFormat::Human => human(error, text, span, &at, options, out),
    }
}

/// Says a line that is no error: what opening a database had to tell, where a script stopped.
///
/// # Errors
/// The error of `out`, where it takes no more.
pub fn notice(line: &str, options: &ReportOptions, out: &mut dyn Write) -> io::Result<()> {
    if options.format != ErrorFormat::Json {
        return writeln!(out, "{}", sentence(line, options.width, 0).join("\n"));
    }
    let mut object = b"{\"code\":\"notice\",\"message\":".to_vec();
    write_string(line, true, &mut object);
    object.extend_from_slice(b"}\n");
    out.write_all(&object)
}

/// Draws an error for programs.
fn json(
    error: &Diagnostic,
    span: Option<Span>,
    at: &TextOrigin,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut object = Vec::new();
    let mut text = |key: &str, value: Option<&str>| {
        object.push(if object.is_empty() { b'{' } else { b',' });
        write_string(key, true, &mut object);
        object.push(b':');
        match value {
            Some(value) => write_string(value, true, &mut object),
            None => object.extend_from_slice(b"null"),
        }
    };
    text("code", Some(&error.code));
    text("message", Some(&shorten(&error.message)));
    text("file", at.name.as_deref());
    write!(object, ",\"line\":{},\"column\":{}", at.line, at.column)?;
    match span {
        Some(span) => {
            write!(object, ",\"offset\":{},\"length\":{}", span.start, span.end - span.start)?;
        }
        None => object.extend_from_slice(b",\"offset\":null,\"length\":null"),
    }
    object.extend_from_slice(b",\"help\":");
    match &error.help {
        Some(help) => write_string(&shorten(help), true, &mut object),
        None => object.extend_from_slice(b"null"),
    }
    object.extend_from_slice(b",\"notes\":[");
    for (index, note) in error.notes.iter().enumerate() {
        if index > 0 {
            object.push(b',');
        }
        write_string(&shorten(note), true, &mut object);
    }
    object.extend_from_slice(b"]}\n");
    out.write_all(&object)
}

/// `seed.sql:7:8: `, nothing at a terminal.
fn prefix(at: &TextOrigin) -> String {
    let name = at.name.as_deref().map(escape);
    name.map_or(String::new(), |name| format!("{name}:{}:{}: ", at.line, at.column))
}

/// Draws an error for people.
fn human(
    error: &Diagnostic,
    text: &str,
    span: Option<Span>,
    at: &TextOrigin,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = |text: &str, how: fn(&str) -> colored::ColoredString| match options.colour {
        true => how(text).to_string(),
        false => text.to_string(),
    };
    // The line that editors read stays one line.
    let room = options.width.filter(|_| at.name.is_none());
    let label = format!("error[{}]", error.code);
    let lines = sentence(&format!("{label}: {}", shorten(&error.message)), room, 2);
    for (index, line) in lines.iter().enumerate() {
        match line.strip_prefix(&label).filter(|_| index == 0) {
            Some(rest) => {
                let (colon, message) = rest.split_at_checked(2).unwrap_or((rest, ""));
                let message = paint(message, |t| t.bold());
                writeln!(
                    out,
                    "{}{}{colon}{message}",
                    prefix(at),
                    paint(&label, |t| t.red().bold())
                )?;
            }
            None => writeln!(out, "  {}", paint(line, |t| t.bold()))?,
        }
    }
    let gutter = at.line.to_string().len() + 1;
    let bar = |mark: &str| paint(mark, |t| t.blue());
    let room = options.width.map(|room| room.saturating_sub(gutter + 3).max(NARROWEST));
    let mut help = error.help.as_deref();
    if let Some(span) = span {
        let source = SourceExcerpt::new(text, span, room.map_or(SHOWN, |room| room.min(SHOWN)));
        writeln!(out, "{:>gutter$} {} {}", at.line, bar("|"), source.line)?;
        let carets = paint(&"^".repeat(source.carets), |t| t.red().bold());
        write!(out, "{:>gutter$} {} {:indent$}{carets}", "", bar("|"), "", indent = source.indent)?;
        let behind = source.indent + source.carets + 1;
        let fits = |help: &&str| room.is_none_or(|room| behind + width(&escape(help)) <= room);
        match help.take_if(|help| fits(help)) {
            Some(help) => writeln!(out, " {}", escape(&shorten(help)))?,
            None => writeln!(out)?,
        }
    }
    for note in help.into_iter().chain(error.notes.iter().map(String::as_str)) {
        let lines = sentence(&shorten(note), options.width, gutter + 3);
        for (index, line) in lines.iter().enumerate() {
            let mark = if index == 0 { bar("=") } else { " ".to_string() };
            writeln!(out, "{:>gutter$} {mark} {line}", "")?;
        }
    }
    Ok(())
}

/// A sentence in lines that fit beside the columns taken, of a terminal of so many.
fn sentence(text: &str, room: Option<usize>, taken: usize) -> Vec<String> {
    let shown = escape(text);
    match room {
        None => vec![shown.into_owned()],
        Some(room) => {
            let room = room.saturating_sub(taken).max(NARROWEST);
            wrap(&shown, room).into_iter().map(str::to_string).collect()
        }
    }
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
struct SourceExcerpt {
    line: String,
    indent: usize,
    carets: usize,
}

impl SourceExcerpt {
    fn new(text: &str, span: Span, room: usize) -> SourceExcerpt {
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
        SourceExcerpt { line, indent, carets }.cut(room)
    }

    /// A line too long to be read is cut to what surrounds the carets.
    fn cut(self, room: usize) -> SourceExcerpt {
        if width(&self.line) <= room {
            return self;
        }
        let from = self.indent.saturating_sub(room * BEFORE.0 / BEFORE.1);
        // The line may be cut on both sides.
        let room = if room < SHOWN { room - 2 } else { room };
        let from = if from <= 1 { 0 } else { from };
        let (mut line, mut at, mut first) = (String::new(), 0, None);
        for grapheme in self.line.graphemes(true) {
            if at >= from + room {
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
        let carets = self.carets.min(room.saturating_sub(indent)).max(1);
        SourceExcerpt { line: format!("{dots}{line}"), indent, carets }
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
