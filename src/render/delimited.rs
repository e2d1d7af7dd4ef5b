//! Values between delimiters: `list`, `csv` and `tsv`.

use super::cell::{Cell, Cells};
use super::{Buffer, Failure, Format, each_row, escape};
use crate::session::Rows;
use std::io::Write;

/// What distinguishes the modes of this family.
pub(super) struct Dialect {
    delimiter: u8,
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

pub(super) const LIST: Dialect = Dialect { delimiter: b'|', quoting: Quoting::Never };
pub(super) const CSV: Dialect = Dialect { delimiter: b',', quoting: Quoting::Csv };
pub(super) const TSV: Dialect = Dialect { delimiter: b'\t', quoting: Quoting::Tsv };

/// Draws all rows; gives their number.
pub(super) fn draw(
    rows: Rows,
    format: &Format,
    dialect: &Dialect,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let mut buffer = Buffer::new(out);
    if format.headers {
        for (index, column) in rows.columns.iter().enumerate() {
            if index > 0 {
                buffer.bytes.push(dialect.delimiter);
            }
            write_text(&column.name, format, dialect, &mut buffer.bytes);
        }
        buffer.bytes.push(b'\n');
    }
    let count = each_row(rows, &mut buffer, |bytes, _, cells, row| {
        write_row(cells, row, format, dialect, bytes);
    })?;
    buffer.flush()?;
    Ok(count)
}

fn write_row(
    cells: &[Cells<'_>],
    row: usize,
    format: &Format,
    dialect: &Dialect,
    out: &mut Vec<u8>,
) {
    for (index, column) in cells.iter().enumerate() {
        if index > 0 {
            out.push(dialect.delimiter);
        }
        column.with(row, |cell| match cell {
            Cell::Text(text) | Cell::Json(text) => write_text(text, format, dialect, out),
            cell => cell.write_text(out),
        });
    }
    out.push(b'\n');
}

/// Writes one text; an empty one is `""`, so that it is not NULL.
fn write_text(text: &str, format: &Format, dialect: &Dialect, out: &mut Vec<u8>) {
    if text.is_empty() {
        out.extend_from_slice(b"\"\"");
        return;
    }
    // At a terminal controls are shown instead of obeyed, whatever the dialect.
    let shown = if format.terminal { escape(text) } else { text.into() };
    match dialect.quoting {
        Quoting::Csv if shown.bytes().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) => {
            out.push(b'"');
            for byte in shown.bytes() {
                if byte == b'"' {
                    out.push(b'"');
                }
                out.push(byte);
            }
            out.push(b'"');
        }
        Quoting::Tsv if !format.terminal => {
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
