//! An HTML table, row by row.

use super::{Format, OutputBuffer, RenderError, each_row, escape};
use crate::session::Rows;
use std::io::Write;

/// Draws all rows; gives their number.
pub(super) fn draw(rows: Rows, format: &Format, out: &mut dyn Write) -> Result<usize, RenderError> {
    let mut buffer = OutputBuffer::new(out);
    buffer.bytes.extend_from_slice(b"<table>\n");
    if format.headers() {
        buffer.bytes.extend_from_slice(b"<tr>");
        for column in rows.columns.iter() {
            buffer.bytes.extend_from_slice(b"<th>");
            write_text(&column.name, format, &mut buffer.bytes);
            buffer.bytes.extend_from_slice(b"</th>");
        }
        buffer.bytes.extend_from_slice(b"</tr>\n");
    }
    let null = format.null();
    let count = each_row(rows, &mut buffer, |bytes, _, cells, row| {
        bytes.extend_from_slice(b"<tr>");
        for column in cells {
            bytes.extend_from_slice(b"<td>");
            column.with(row, |cell| match cell.text() {
                Some(text) => write_text(text, format, bytes),
                None if cell.is_null() => write_text(null, format, bytes),
                None => cell.write_text(bytes),
            });
            bytes.extend_from_slice(b"</td>");
        }
        bytes.extend_from_slice(b"</tr>\n");
    })?;
    buffer.bytes.extend_from_slice(b"</table>\n");
    buffer.flush()?;
    Ok(count)
}

/// Writes a text in which nothing is markup.
fn write_text(text: &str, format: &Format, out: &mut Vec<u8>) {
    let shown = if format.terminal { escape(text) } else { text.into() };
    for byte in shown.bytes() {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            b'\'' => out.extend_from_slice(b"&#39;"),
            byte => out.push(byte),
        }
    }
}
