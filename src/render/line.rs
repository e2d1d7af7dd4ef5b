//! One `name = value` on each line, a blank line between rows, as sqlite3's `.mode line`.

use super::{Format, OutputBuffer, RenderError, each_row, escape, width};
use crate::session::Rows;
use std::io::Write;

/// Draws all rows; gives their number.
pub(super) fn draw(rows: Rows, format: &Format, out: &mut dyn Write) -> Result<usize, RenderError> {
    let shown: Vec<String> =
        rows.columns.iter().map(|column| escape(&column.name).into_owned()).collect();
    // sqlite3 gives the names at least five columns.
    let widest = shown.iter().map(|name| width(name)).max().unwrap_or(0).max(5);
    let names: Vec<String> =
        shown.iter().map(|name| format!("{}{name} = ", " ".repeat(widest - width(name)))).collect();
    let null = if format.terminal { escape(format.null()) } else { format.null().into() };
    let mut buffer = OutputBuffer::new(out);
    let count = each_row(rows, &mut buffer, |bytes, number, cells, row| {
        if number > 0 {
            bytes.push(b'\n');
        }
        for (name, column) in names.iter().zip(cells) {
            bytes.extend_from_slice(name.as_bytes());
            column.with(row, |cell| match cell.text() {
                Some(text) if format.terminal => bytes.extend_from_slice(escape(text).as_bytes()),
                None if cell.is_null() => bytes.extend_from_slice(null.as_bytes()),
                Some(_) | None => cell.write_text(bytes),
            });
            bytes.push(b'\n');
        }
    })?;
    buffer.flush()?;
    Ok(count)
}
