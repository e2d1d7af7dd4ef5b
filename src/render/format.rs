//! How rows are to be drawn.

use super::Mode;

/// How rows are to be drawn.
#[derive(Clone, Debug)]
pub struct Format {
    /// The mode.
    pub mode: Mode,
    /// Whether the names of the columns come first, in the modes that can go without; `None` for what
    /// suits mode and output.
    pub headers: Option<bool>,
    /// Whether the output is a terminal: no byte of a value may command it, and what is too much for
    /// a screen may be left out where that is said.
    pub terminal: bool,
    /// Whether to colour.
    pub colour: bool,
    /// Columns of the terminal to fit a box into; `None` for as wide as it comes.
    pub width: Option<usize>,
    /// Whether a box ends with its footer.
    pub footer: bool,
    /// What stands for NULL in the modes that have no word of their own for it; `None` for what suits
    /// the mode.
    pub null: Option<String>,
    /// What stands between values in list, csv and quote, if not what the mode says.
    pub separator: Option<String>,
    /// Whether values in list are what sqlite3 prints, byte by byte.
    pub like_sqlite: bool,
    /// Whether texts in CSV that a spreadsheet would take for formulas are told from them by a `'` before
    /// them, which is another text.
    pub guards_formulas: bool,
    /// The widths of a box's columns from the first on, negative for those that stand to the right;
    /// 0, and those that are not named, are as wide as they come.
    pub widths: Vec<i64>,
    /// The table that INSERTs name.
    pub table: Option<String>,
    /// The most rows that a box shows at a terminal; `None` for all.
    pub rows: Option<usize>,
    /// Whether rows of a box are drawn as lines.
    pub vertical: Vertical,
}

/// Whether rows of a box are drawn as lines, `name │ value`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Vertical {
    /// Never at a terminal, which is told what is hidden; elsewhere where no box fits.
    #[default]
    Off,
    /// Where no box fits.
    Auto,
    /// Always.
    On,
}

impl Format {
    /// How a mode is drawn where nothing else is known: in full, for a reader that is no terminal.
    pub fn new(mode: Mode) -> Format {
        Format {
            mode,
            headers: None,
            terminal: false,
            colour: false,
            width: None,
            footer: true,
            null: None,
            separator: None,
            like_sqlite: false,
            guards_formulas: false,
            widths: Vec::new(),
            table: None,
            rows: None,
            vertical: Vertical::Off,
        }
    }

    /// Whether the names of the columns come first.
    pub fn headers(&self) -> bool {
        self.headers.unwrap_or(self.mode.has_headers(self.terminal))
    }

    /// What stands for NULL.
    pub fn null(&self) -> &str {
        self.null.as_deref().unwrap_or(self.mode.null())
    }
}
