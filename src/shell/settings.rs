//! How the shell behaves.

use crate::render::Mode;

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
    /// Whether every statement tells its time.
    pub timer: bool,
    /// Whether writes tell what they did.
    pub receipts: bool,
    /// Whether every statement is printed before it runs.
    pub echo: bool,
    /// Whether a script goes on after an error.
    pub keep_going: bool,
    /// Whether long work may tell on standard error how far it is.
    pub progress: bool,
    /// Whether banner and footers are left out.
    pub quiet: bool,
}
