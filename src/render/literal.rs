//! SQL: one INSERT for each row, or the literals alone. Both asof and sqlite3 read it back.

use super::cell::{Cell, Cells, append, push_quoted};
use super::{Format, OutputBuffer, RenderError, each_row};
use crate::language::ast::Identifier;
use crate::session::Rows;
use crate::types::Decimal;
use crate::types::is_control;

/// The table of `.mode insert` where none is named.
const TABLE: &str = "t";

/// Draws all rows as INSERTs; gives their number.
pub(super) fn draw_inserts(
    rows: Rows,
    format: &Format,
    out: &mut dyn std::io::Write,
) -> Result<usize, RenderError> {
    let name = |name: &str| {
        let name = Identifier::of(name).to_string();
        if format.terminal { super::escape(&name).into_owned() } else { name }
    };
    let mut start = format!("INSERT INTO {}", name(format.table.as_deref().unwrap_or(TABLE)));
    if format.headers() {
        let names: Vec<String> = rows.columns.iter().map(|column| name(&column.name)).collect();
        start.push_str(&format!("({})", names.join(",")));
    }
    start.push_str(" VALUES(");
    let mut buffer = OutputBuffer::new(out);
    let count = each_row(rows, &mut buffer, |bytes, _, cells, row| {
        bytes.extend_from_slice(start.as_bytes());
        write_row(cells, row, format, b",", bytes);
        bytes.extend_from_slice(b");\n");
    })?;
    buffer.flush()?;
    Ok(count)
}

/// Draws all rows as literals; gives their number.
pub(super) fn draw_literals(
    rows: Rows,
    format: &Format,
    out: &mut dyn std::io::Write,
) -> Result<usize, RenderError> {
    let separator = format.separator.as_deref().unwrap_or(",").as_bytes();
    let mut buffer = OutputBuffer::new(out);
    if format.headers() {
        for (index, column) in rows.columns.iter().enumerate() {
            if index > 0 {
                buffer.bytes.extend_from_slice(separator);
            }
            write_text(&column.name, format.terminal, &mut buffer.bytes);
        }
        buffer.bytes.push(b'\n');
    }
    let count = each_row(rows, &mut buffer, |bytes, _, cells, row| {
        write_row(cells, row, format, separator, bytes);
        bytes.push(b'\n');
    })?;
    buffer.flush()?;
    Ok(count)
}

fn write_row(
    cells: &[Cells<'_>],
    row: usize,
    format: &Format,
    separator: &[u8],
    out: &mut Vec<u8>,
) {
    for (index, column) in cells.iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator);
        }
        let is_any = matches!(column, Cells::Any(_));
        column.with(row, |cell| match cell {
            Cell::Decimal(decimal) if is_any => {
                write_cast(cell, &decimal_type(decimal), format, out)
            }
            Cell::Date(_) if is_any => write_cast(cell, "DATE", format, out),
            Cell::Timestamp(_) if is_any => write_cast(cell, "TIMESTAMP", format, out),
            Cell::Json(_) if is_any => write_cast(cell, "JSON", format, out),
            Cell::Null
            | Cell::Boolean(_)
            | Cell::Integer(_)
            | Cell::Real(_)
            | Cell::Decimal(_)
            | Cell::Date(_)
            | Cell::Timestamp(_)
            | Cell::Text(_)
            | Cell::Json(_)
            | Cell::Blob(_) => write_literal(cell, format, out),
        });
    }
}

fn decimal_type(decimal: Decimal) -> String {
    format!("DECIMAL(38,{})", decimal.scale)
}

/// Writes a value so that it keeps its type where nothing else says it: without the CAST it would be
/// a REAL or a text.
fn write_cast(cell: Cell<'_>, data_type: &str, format: &Format, out: &mut Vec<u8>) {
    out.extend_from_slice(b"CAST(");
    if let Cell::Decimal(decimal) = cell {
        append(out, format_args!("'{decimal}'"));
    } else {
        write_literal(cell, format, out);
    }
    append(out, format_args!(" AS {data_type})"));
}

/// Writes a value as SQL reads it.
pub(super) fn write_literal(cell: Cell<'_>, format: &Format, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => out.extend_from_slice(b"NULL"),
        Cell::Boolean(b) => out.extend_from_slice(if b { b"TRUE" } else { b"FALSE" }),
        // A number beyond every double reads back as infinity.
        Cell::Real(r) if r.is_infinite() => {
            out.extend_from_slice(if r > 0.0 { b"1e999" } else { b"-1e999" });
        }
        Cell::Integer(_) | Cell::Real(_) | Cell::Decimal(_) | Cell::Blob(_) => cell.write_text(out),
        Cell::Date(_) | Cell::Timestamp(_) => {
            out.push(b'\'');
            cell.write_text(out);
            out.push(b'\'');
        }
        Cell::Text(text) | Cell::Json(text) => write_text(text, format.terminal, out),
    }
}

/// A text as SQL that gives it, for a script or a terminal.
pub fn text_literal(text: &str, terminal: bool) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_text(text, terminal, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Writes a text with its quotes. What a script cannot hold, and what a terminal would obey, becomes
/// `char(…)`.
fn write_text(text: &str, terminal: bool, out: &mut Vec<u8>) {
    let is_code = |c: char| c == '\0' || (terminal && is_control(c));
    let mut rest = text;
    let mut first = true;
    while let Some(at) = rest.find(is_code) {
        let codes = &rest[at..];
        let after = codes.find(|c| !is_code(c)).unwrap_or(codes.len());
        if !first {
            out.extend_from_slice(b"||");
        }
        if at > 0 {
            push_quoted(&rest[..at], b'\'', out);
            out.extend_from_slice(b"||");
        }
        let numbers: Vec<String> =
            codes[..after].chars().map(|c| u32::from(c).to_string()).collect();
        append(out, format_args!("char({})", numbers.join(",")));
        rest = &codes[after..];
        first = false;
    }
    if first || !rest.is_empty() {
        if !first {
            out.extend_from_slice(b"||");
        }
        push_quoted(rest, b'\'', out);
    }
}
