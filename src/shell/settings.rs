//! How the shell behaves, and what `.show` says of it.

use crate::render::{self, ErrorFormat, Format, Mode, Vertical};

/// The most rows of a box at a terminal, unless `.rows` says another number.
const ROWS_SHOWN: usize = 40;

/// How the shell behaves; dot-commands change it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How rows are drawn on standard output. Who wants no footers wants no banner either.
    pub format: Format,
    /// Whether to colour standard error.
    pub colour_errors: bool,
    /// How errors are told.
    pub error_format: ErrorFormat,
    /// Whether every statement tells its time; `None` for footers at a terminal alone.
    pub timer: Option<bool>,
    /// Whether writes tell what they did.
    pub receipts: bool,
    /// Whether receipts show the events themselves.
    pub events: bool,
    /// Whether each result is kept until the next, for `_`.
    pub keep_results: bool,
    /// The program that shows rows at a terminal, one screen after the other.
    pub pager: Option<String>,
    /// Whether every statement and dot-command is printed before it runs.
    pub echo: bool,
    /// Whether a script goes on after an error.
    pub keep_going: bool,
    /// Whether long work may tell on standard error how far it is.
    pub progress: bool,
    /// Whether dot-commands that touch files or run programs are refused.
    pub safe: bool,
    /// Whether statements are only parsed and bound, and dot-commands only looked up.
    pub check_only: bool,
    /// Whether the whole run is one transaction.
    pub single_transaction: bool,
}

/// A script's, on a stream that is no terminal.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            format: Format { rows: Some(ROWS_SHOWN), ..Format::new(Mode::List) },
            colour_errors: false,
            error_format: ErrorFormat::Human,
            timer: None,
            receipts: false,
            events: false,
            keep_results: false,
            pager: None,
            echo: false,
            keep_going: false,
            progress: false,
            safe: false,
            check_only: false,
            single_transaction: false,
        }
    }
}

impl Settings {
    /// Every setting by the name of the dot-command or the option that changes it, and what it is. Both
    /// structures are taken apart to the last field: a new one has to be shown here.
    pub(super) fn shown(&self) -> Vec<(&'static str, String)> {
        let Settings {
            format,
            colour_errors,
            error_format,
            timer,
            receipts,
            events,
            keep_results,
            pager,
            echo,
            keep_going,
            progress,
            safe,
            check_only,
            single_transaction,
        } = self;
        let mut lines = shown(format);
        let timer = match timer {
            None if format.terminal => "in footers".to_string(),
            timer => on_off(timer.unwrap_or(false)),
        };
        let colours =
            format!("output {}, errors {}", on_off(format.colour), on_off(*colour_errors));
        lines.extend([
            ("bail", on_off(!keep_going)),
            ("check", on_off(*check_only)),
            ("color", colours),
            ("echo", on_off(*echo)),
            ("error-format", error_format.name().to_string()),
            ("events", on_off(*events)),
            ("last", on_off(*keep_results)),
            ("pager", pager.as_ref().map_or(on_off(false), Clone::clone)),
            ("progress", on_off(*progress)),
            ("receipts", on_off(*receipts)),
            ("safe", on_off(*safe)),
            ("single-transaction", on_off(*single_transaction)),
            ("timer", timer),
        ]);
        lines
    }
}

/// What is set of how rows are drawn; `color` stands beside that of errors.
fn shown(format: &Format) -> Vec<(&'static str, String)> {
    let Format {
        mode,
        headers: _,
        terminal,
        colour: _,
        width,
        footer,
        null: _,
        separator,
        // What `SET flexible_types` and `safe` say.
        like_sqlite: _,
        guards_formulas: _,
        widths,
        table,
        rows,
        vertical,
    } = format;
    let table = table.as_ref().filter(|_| *mode == Mode::Insert);
    let table = table.map_or(String::new(), |table| format!(" {table}"));
    let columns = width.map_or(String::new(), |columns| format!(", {columns} columns"));
    let widths: Vec<String> = widths.iter().map(ToString::to_string).collect();
    let vertical = match vertical {
        Vertical::Off => "off",
        Vertical::Auto => "auto",
        Vertical::On => "on",
    };
    let quoted = |text: &str| format!("\"{}\"", render::escape(text));
    vec![
        ("headers", on_off(format.headers())),
        ("mode", format!("{mode}{table}")),
        ("nullvalue", quoted(format.null())),
        ("quiet", on_off(!footer)),
        ("rows", rows.map_or("all".to_string(), |rows| rows.to_string())),
        ("separator", separator.as_deref().map_or("what suits the mode".to_string(), quoted)),
        ("terminal", format!("{}{columns}", if *terminal { "yes" } else { "no" })),
        ("width", widths.join(" ")),
        ("x", vertical.to_string()),
    ]
}

fn on_off(is_on: bool) -> String {
    if is_on { "on" } else { "off" }.to_string()
}
