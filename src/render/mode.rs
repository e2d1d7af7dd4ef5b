//! The output modes: one table for the parser, the help and the completion.

use std::fmt;

/// How rows become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Frames of lines, for people.
    Box,
    /// The same in ASCII.
    Table,
    /// One `name = value` on each line.
    Line,
    /// `a|b`, as sqlite3 prints.
    List,
    /// RFC 4180, lines ended by `\n`.
    Csv,
    /// Columns between tabs, with `\t`, `\n` and `\\` escaped.
    Tsv,
    /// One array of objects.
    Json,
    /// One object on each line.
    Ndjson,
    /// A table of GitHub's Markdown.
    Markdown,
    /// An HTML table.
    Html,
    /// One INSERT for each row.
    Insert,
    /// SQL literals between commas.
    Quote,
}

/// One mode, as people know it.
#[derive(Clone, Copy, Debug)]
pub struct ModeEntry {
    /// The mode.
    pub mode: Mode,
    /// Its name in `.mode` and, behind `--`, on the command line.
    pub name: &'static str,
    /// What it is good for.
    pub help: &'static str,
    /// How it shows NULL, where `.nullvalue` says nothing else.
    pub null: &'static str,
}

/// All modes.
pub const MODES: &[ModeEntry] = &[
    entry(Mode::Box, "box", "frames of lines, for people", "NULL"),
    entry(Mode::Table, "table", "frames in ASCII", "NULL"),
    entry(Mode::Line, "line", "one `name = value` on each line", ""),
    entry(Mode::List, "list", "values between |, as sqlite3 prints", ""),
    entry(Mode::Csv, "csv", "comma-separated values (RFC 4180)", ""),
    entry(Mode::Tsv, "tsv", "values between tabs", ""),
    entry(Mode::Json, "json", "one array of objects", "null"),
    entry(Mode::Ndjson, "ndjson", "one JSON object on each line", "null"),
    entry(Mode::Markdown, "markdown", "a table for GitHub", "NULL"),
    entry(Mode::Html, "html", "a table for a web page", "NULL"),
    entry(Mode::Insert, "insert", "INSERT statements for a table", "NULL"),
    entry(Mode::Quote, "quote", "SQL literals between commas", "NULL"),
];

const fn entry(
    mode: Mode,
    name: &'static str,
    help: &'static str,
    null: &'static str,
) -> ModeEntry {
    ModeEntry { mode, name, help, null }
}

/// What other shells call a mode.
const ALIASES: &[(&str, Mode)] = &[
    ("column", Mode::Box),
    ("columns", Mode::Box),
    ("duckbox", Mode::Box),
    ("jsonl", Mode::Ndjson),
    ("jsonlines", Mode::Ndjson),
    ("lines", Mode::Line),
    ("md", Mode::Markdown),
    ("tabs", Mode::Tsv),
];

impl Mode {
    /// The mode with this name, or which other shells call so, in any case.
    pub fn from_name(name: &str) -> Option<Mode> {
        let known = MODES.iter().map(|entry| (entry.name, entry.mode));
        let is_named = |(known, _): &(&str, Mode)| known.eq_ignore_ascii_case(name);
        known.chain(ALIASES.iter().copied()).find(is_named).map(|(_, mode)| mode)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.entry().map_or("", |entry| entry.name)
    }

    /// How it shows NULL.
    pub fn null(self) -> &'static str {
        self.entry().map_or("", |entry| entry.null)
    }

    fn entry(self) -> Option<&'static ModeEntry> {
        MODES.iter().find(|entry| entry.mode == self)
    }

    /// Whether the names of columns come first where nobody asked for them.
    pub fn has_headers(self, terminal: bool) -> bool {
        match self {
            Mode::Box | Mode::Table | Mode::Markdown | Mode::Html => true,
            Mode::Insert | Mode::Quote => false,
            Mode::Line | Mode::List | Mode::Csv | Mode::Tsv | Mode::Json | Mode::Ndjson => terminal,
        }
    }

    /// Whether it draws frames, which have a footer.
    pub fn is_framed(self) -> bool {
        matches!(self, Mode::Box | Mode::Table)
    }

    /// Whether people read it and no program does.
    pub fn is_for_people(self) -> bool {
        matches!(self, Mode::Box | Mode::Table | Mode::Line | Mode::List)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
