//! JSON: one array of objects, or one object on each line.

use super::cell::{Cell, Cells, append};
use super::{Format, OutputBuffer, RenderError, each_row};
use crate::session::Rows;
use crate::types::is_control;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::HashSet;
use std::io::Write;

/// What stands around and between the objects.
pub(super) struct JsonFraming {
    open: &'static str,
    between: &'static str,
    close: &'static str,
}

pub(super) const ARRAY: JsonFraming = JsonFraming { open: "[", between: ",\n", close: "]\n" };
pub(super) const LINES: JsonFraming = JsonFraming { open: "", between: "\n", close: "" };

/// Draws all rows; gives their number.
pub(super) fn draw(
    rows: Rows,
    format: &Format,
    frame: &JsonFraming,
    out: &mut dyn Write,
) -> Result<usize, RenderError> {
    let keys = keys(&rows, format);
    let mut buffer = OutputBuffer::new(out);
    buffer.bytes.extend_from_slice(frame.open.as_bytes());
    let count = each_row(rows, &mut buffer, |bytes, number, cells, row| {
        if number > 0 {
            bytes.extend_from_slice(frame.between.as_bytes());
        }
        write_object(&keys, cells, row, format, bytes);
    })?;
    if frame.open.is_empty() && count > 0 {
        buffer.bytes.push(b'\n');
    }
    buffer.bytes.extend_from_slice(frame.close.as_bytes());
    buffer.flush()?;
    Ok(count)
}

/// The keys of an object, each with its quotes and colon. A name that comes again gets a number
/// (`id`, `id:1`), or readers would keep the last only.
fn keys(rows: &Rows, format: &Format) -> Vec<Vec<u8>> {
    let mut taken = HashSet::new();
    let mut keys = Vec::with_capacity(rows.columns.len());
    for column in rows.columns.iter() {
        let mut name = column.name.clone();
        let mut number = 0;
        while !taken.insert(name.clone()) {
            number += 1;
            name = format!("{}:{number}", column.name).into();
        }
        let mut key = Vec::new();
        write_string(&name, format.terminal, &mut key);
        key.push(b':');
        keys.push(key);
    }
    keys
}

fn write_object(
    keys: &[Vec<u8>],
    cells: &[Cells<'_>],
    row: usize,
    format: &Format,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    for (index, (key, column)) in keys.iter().zip(cells).enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(key);
        column.with(row, |cell| write_value(cell, format, out));
    }
    out.push(b'}');
}

fn write_value(cell: Cell<'_>, format: &Format, out: &mut Vec<u8>) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Boolean(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
        // JSON has no infinity; this number is beyond every double and reads back as one.
        Cell::Real(r) if r.is_infinite() => {
            out.extend_from_slice(if r > 0.0 { b"1e999" } else { b"-1e999" });
        }
        Cell::Integer(_) | Cell::Real(_) | Cell::Decimal(_) => cell.write_text(out),
        Cell::Date(_) | Cell::Timestamp(_) => {
            out.push(b'"');
            cell.write_text(out);
            out.push(b'"');
        }
        Cell::Text(text) => write_string(text, format.terminal, out),
        // Control characters are escaped in valid JSON; C1 and bidirectional marks need not be.
        Cell::Json(text) if format.terminal => escape_marks(text, out),
        Cell::Json(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Blob(bytes) => {
            out.push(b'"');
            out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
            out.push(b'"');
        }
    }
}

/// Writes a string with its quotes; at a terminal everything that could command it is escaped too.
pub(super) fn write_string(text: &str, terminal: bool, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = 0;
    for (index, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        plain(&text[rest..index], terminal, out);
        if escaped.is_empty() {
            append(out, format_args!("\\u{byte:04x}"));
        } else {
            out.extend_from_slice(escaped.as_bytes());
        }
        rest = index + 1;
    }
    plain(&text[rest..], terminal, out);
    out.push(b'"');
}

fn plain(text: &str, terminal: bool, out: &mut Vec<u8>) {
    if terminal {
        escape_marks(text, out);
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Writes text in which control characters become `\u…`.
fn escape_marks(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        if is_control(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                append(out, format_args!("\\u{unit:04x}"));
            }
        } else {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}
