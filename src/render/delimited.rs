//! Values between delimiters: `list`, `csv` and `tsv`.

use super::cell::Cells;
use super::{Format, OutputBuffer, RenderError, each_row, escape};
use crate::session::Rows;
use crate::types::parse_number;
use std::io::Write;

/// What distinguishes the modes of this family.
pub(super) struct Delimiters {
    separator: &'static str,
    quoting: Quoting,
}

/// How a value that holds a delimiter stays one value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quoting {
    /// It does not: as sqlite3's list.
    Never,
    /// In double quotes.
    Csv,
    /// With backslashes.
    Tsv,
}

pub(super) const LIST: Delimiters = Delimiters { separator: "|", quoting: Quoting::Never };
pub(super) const CSV: Delimiters = Delimiters { separator: ",", quoting: Quoting::Csv };
pub(super) const TSV: Delimiters = Delimiters { separator: "\t", quoting: Quoting::Tsv };

/// A dialect and how it is written now.
struct DelimitedWriter<'a> {
    separator: &'a str,
    quoting: Quoting,
    terminal: bool,
    null: &'a str,
    /// Whether texts that a spreadsheet would compute are told from formulas.
    guards_formulas: bool,
}

/// Draws all rows; gives their number.
pub(super) fn draw(
    rows: Rows,
    format: &Format,
    dialect: &Delimiters,
    out: &mut dyn Write,
) -> Result<usize, RenderError> {
    // Backslashes protect a tab and nothing else.
    let own = format.separator.as_deref().filter(|_| dialect.quoting != Quoting::Tsv);
    let writer = DelimitedWriter {
        separator: own.unwrap_or(dialect.separator),
        quoting: dialect.quoting,
        terminal: format.terminal,
        null: format.null(),
        guards_formulas: format.guards_formulas && dialect.quoting == Quoting::Csv,
    };
    let mut buffer = OutputBuffer::new(out);
    if format.headers() {
        for (index, column) in rows.columns.iter().enumerate() {
            if index > 0 {
                buffer.bytes.extend_from_slice(writer.separator.as_bytes());
            }
            writer.value(&column.name, &mut buffer.bytes);
        }
        buffer.bytes.push(b'\n');
    }
    let count = each_row(rows, &mut buffer, |bytes, _, cells, row| {
        writer.row(cells, row, bytes);
    })?;
    buffer.flush()?;
    Ok(count)
}

/// Whether a spreadsheet would compute a text, and perhaps call what it names, instead of showing it.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && parse_number(text).is_none()
}

impl DelimitedWriter<'_> {
    fn row(&self, cells: &[Cells<'_>], row: usize, out: &mut Vec<u8>) {
        for (index, column) in cells.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(self.separator.as_bytes());
            }
            column.with(row, |cell| match cell.text() {
                Some(text) => self.value(text, out),
                None if cell.is_null() => self.text(self.null, out),
                None => cell.write_text(out),
            });
        }
        out.push(b'\n');
    }

    /// Writes one text; an empty one is `""`, so that it is not NULL.
    fn value(&self, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            out.extend_from_slice(b"\"\"");
        } else if self.guards_formulas && is_formula(text) {
            self.text(&format!("'{text}"), out);
        } else {
            self.text(text, out);
        }
    }

    fn text(&self, text: &str, out: &mut Vec<u8>) {
        // At a terminal controls are shown instead of obeyed, whatever the dialect.
        let shown = if self.terminal { escape(text) } else { text.into() };
        match self.quoting {
            Quoting::Csv if self.is_special(&shown) => {
                out.push(b'"');
                for byte in shown.bytes() {
                    if byte == b'"' {
                        out.push(b'"');
                    }
                    out.push(byte);
                }
                out.push(b'"');
            }
            // This is how an empty text is written.
            Quoting::Tsv if text == "\"\"" => out.extend_from_slice(b"\\\"\\\""),
            Quoting::Tsv if !self.terminal => {
                for byte in shown.bytes() {
                    match byte {
                        b'\t' => out.extend_from_slice(b"\\t"),
                        b'\n' => out.extend_from_slice(b"\\n"),
                        b'\r' => out.extend_from_slice(b"\\r"),
                        b'\\' => out.extend_from_slice(b"\\\\"),
                        byte => out.push(byte),
                    }
                }
            }
            Quoting::Never | Quoting::Csv | Quoting::Tsv => out.extend_from_slice(shown.as_bytes()),
        }
    }

    /// Whether a text of CSV is one value in quotes only.
    fn is_special(&self, text: &str) -> bool {
        text.bytes().any(|byte| matches!(byte, b'"' | b'\n' | b'\r'))
            || (!self.separator.is_empty() && text.contains(self.separator))
    }
}
