//! What frames are made of.

use super::super::escape;
use super::Mode;
use crate::types::is_control;

/// The lines between rows: how one begins, goes on, passes a column and ends.
pub(super) struct HorizontalRule {
    pub left: &'static str,
    pub line: &'static str,
    pub between: &'static str,
    pub right: &'static str,
}

/// The lines of a mode.
pub(super) struct Border {
    pub top: Option<HorizontalRule>,
    pub head: HorizontalRule,
    pub bottom: Option<HorizontalRule>,
    /// What stands between columns.
    pub upright: &'static str,
    /// Where a line and an upright begin, of a row drawn as lines.
    pub corner: &'static str,
    /// Whether the rule under the names says which columns stand to the right.
    pub aligns: bool,
    /// Whether a row may take several lines.
    pub wraps: bool,
    /// What stands for columns left out.
    pub columns_left_out: &'static str,
    /// What stands for rows left out.
    pub rows_left_out: &'static str,
}

const fn rule(
    left: &'static str,
    line: &'static str,
    between: &'static str,
    right: &'static str,
) -> HorizontalRule {
    HorizontalRule { left, line, between, right }
}

const BOX: Border = Border {
    top: Some(rule("┌", "─", "┬", "┐")),
    head: rule("├", "─", "┼", "┤"),
    bottom: Some(rule("└", "─", "┴", "┘")),
    upright: "│",
    corner: "┬",
    aligns: false,
    wraps: true,
    columns_left_out: "…",
    rows_left_out: "⋮",
};

const TABLE: Border = Border {
    top: Some(rule("+", "-", "+", "+")),
    head: rule("+", "-", "+", "+"),
    bottom: Some(rule("+", "-", "+", "+")),
    upright: "|",
    corner: "+",
    aligns: false,
    wraps: true,
    columns_left_out: "...",
    rows_left_out: ":",
};

const MARKDOWN: Border = Border {
    top: None,
    head: rule("|", "-", "|", "|"),
    bottom: None,
    upright: "|",
    corner: "|",
    aligns: true,
    wraps: false,
    columns_left_out: "...",
    rows_left_out: "...",
};

impl Border {
    /// The lines of a mode.
    pub fn of(mode: Mode) -> &'static Border {
        match mode {
            Mode::Table => &TABLE,
            Mode::Markdown => &MARKDOWN,
            Mode::Box
            | Mode::Line
            | Mode::List
            | Mode::Csv
            | Mode::Tsv
            | Mode::Json
            | Mode::Ndjson
            | Mode::Html
            | Mode::Insert
            | Mode::Quote => &BOX,
        }
    }
}

/// What Markdown would take for markup, of which nothing is.
const MARKUP: &[char] = &['\\', '|', '*', '_', '`', '~', '<', '>', '&', '[', ']'];

/// A text inside a cell of Markdown: a line, and nothing of it markup.
pub(super) fn markdown(text: &str, terminal: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    let lines = text.replace("\r\n", "\n");
    let mut before = ' ';
    let mut rest = lines.chars().peekable();
    while let Some(c) = rest.next() {
        // `a_b` is no emphasis.
        let is_inside = c == '_'
            && before.is_alphanumeric()
            && rest.peek().is_some_and(|after| after.is_alphanumeric());
        match c {
            '\n' | '\r' => shown.push_str("<br>"),
            c if MARKUP.contains(&c) && !is_inside => shown.extend(['\\', c]),
            c if terminal && is_control(c) => shown.push_str(&escape(c.encode_utf8(&mut [0; 4]))),
            c => shown.push(c),
        }
        before = c;
    }
    shown
}
