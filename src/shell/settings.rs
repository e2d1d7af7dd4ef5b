//! How the shell behaves.

use crate::render::{ErrorFormat, Mode, Vertical};

/// The most rows of a box at a terminal, unless `.rows` says another number.
const ROWS_SHOWN: usize = 40;

/// How the shell behaves; dot-commands change it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The output mode.
    pub mode: Mode,
    /// Whether column names come first; `None` for what suits mode and output.
    pub headers: Option<bool>,
    /// Whether standard output is a terminal.
    pub terminal: bool,
    /// Columns of that terminal, if known.
    pub width: Option<usize>,
    /// Whether to colour standard output.
    pub colour_output: bool,
    /// Whether to colour standard error.
    pub colour_errors: bool,
    /// How errors are told.
    pub error_format: ErrorFormat,
    /// What stands for NULL; `None` for what suits the mode.
    pub null: Option<String>,
    /// What stands between values; `None` for what suits the mode.
    pub separator: Option<String>,
    /// The widths of columns, as `.width` says them.
    pub widths: Vec<i64>,
    /// The table that INSERTs name.
    pub table: Option<String>,
    /// The most rows that a box shows at a terminal; `None` for all.
    pub rows: Option<usize>,
    /// Whether rows of a box are drawn as lines.
    pub vertical: Vertical,
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
    /// Whether every statement is printed before it runs.
    pub echo: bool,
    /// Whether a script goes on after an error.
    pub keep_going: bool,
    /// Whether long work may tell on standard error how far it is.
    pub progress: bool,
    /// Whether dot-commands that touch files or run programs are refused.
    pub safe: bool,
    /// Whether statements are only parsed and bound, and dot-commands only looked up.
    pub rehearse: bool,
    /// Whether the whole run is one transaction.
    pub single_transaction: bool,
    /// Whether banner and footers are left out.
    pub quiet: bool,
}

/// A script's, on a stream that is no terminal.
impl Default for Settings {
    fn default() -> Settings {
        Settings {
            mode: Mode::List,
            headers: None,
            terminal: false,
            width: None,
            colour_output: false,
            colour_errors: false,
            error_format: ErrorFormat::Human,
            null: None,
            separator: None,
            widths: Vec::new(),
            table: None,
            rows: Some(ROWS_SHOWN),
            vertical: Vertical::Off,
            timer: None,
            receipts: false,
            events: false,
            keep_results: false,
            pager: None,
            echo: false,
            keep_going: false,
            progress: false,
            safe: false,
            rehearse: false,
            single_transaction: false,
            quiet: false,
        }
    }
}
