//! The output modes: one table for the parser, the help and the completion.

use std::fmt;

/// How rows become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Frames of lines, for people.
    Box,
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
    /// One `name = value` on each line.
    Line,
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
}

/// All modes.
pub const MODES: &[ModeEntry] = &[
    ModeEntry { mode: Mode::Box, name: "box", help: "frames of lines, for people" },
    ModeEntry { mode: Mode::List, name: "list", help: "values between |, as sqlite3 prints" },
    ModeEntry { mode: Mode::Csv, name: "csv", help: "comma-separated values (RFC 4180)" },
    ModeEntry { mode: Mode::Tsv, name: "tsv", help: "values between tabs" },
    ModeEntry { mode: Mode::Json, name: "json", help: "one array of objects" },
    ModeEntry { mode: Mode::Ndjson, name: "ndjson", help: "one JSON object on each line" },
    ModeEntry { mode: Mode::Line, name: "line", help: "one `name = value` on each line" },
];

impl Mode {
    /// The mode with this name, in any case.
    pub fn from_name(name: &str) -> Option<Mode> {
        MODES.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)).map(|entry| entry.mode)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        MODES.iter().find(|entry| entry.mode == self).map_or("", |entry| entry.name)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
