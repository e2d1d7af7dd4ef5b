//! Values between delimiters: `list`, `csv` and `tsv`.

use super::cell::{Cell, Cells, push_quoted};
use super::{Format, OutputBuffer, RenderError, each_row, escape};
use crate::executor::fifteen_digits;
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
    /// Whether values are what sqlite3 prints.
    like_sqlite: bool,
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
        like_sqlite: format.like_sqlite && dialect.quoting == Quoting::Never,
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
                _ if self.like_sqlite && !cell.is_null() => self.as_sqlite(cell, out),
                Some(text) => self.value(text, out),
                None if cell.is_null() => self.text(self.null, out),
                None => cell.write_text(out),
            });
        }
        out.push(b'\n');
    }

    /// Writes a value as sqlite3 does: a text or blob up to its first NUL, an empty one as nothing, a
    /// real with 15 digits.
    fn as_sqlite(&self, cell: Cell<'_>, out: &mut Vec<u8>) {
        let bytes = match cell {
            Cell::Text(text) | Cell::Json(text) => text.as_bytes(),
            Cell::Blob(bytes) => bytes,
            Cell::Real(real) => return out.extend_from_slice(fifteen_digits(real).as_bytes()),
            Cell::Null
            | Cell::Boolean(_)
            | Cell::Integer(_)
            | Cell::Decimal(_)
            | Cell::Date(_)
            | Cell::Timestamp(_) => return cell.write_text(out),
        };
        let shown = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        if self.terminal {
            self.text(&String::from_utf8_lossy(shown), out);
        } else {
            out.extend_from_slice(shown);
        }
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
                push_quoted(&shown, b'"', out);
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
