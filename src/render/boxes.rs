//! Frames of lines, for people.
//!
//! The first page of rows is held to find the widths; the rows after it are drawn in these widths as
//! they come. Nothing is ever cut: what is wider than its column goes on in the line below, which is
//! also how a box is fitted to a terminal.

use super::cell::{Cell, Cells};
use super::{Buffer, Failure, Format, duration, escape, width};
use crate::session::Rows;
use crate::types::DataType;
use arrow_array::RecordBatch;
use colored::Colorize;
use std::io::Write;
use std::time::Duration;
use unicode_segmentation::UnicodeSegmentation;

/// Rows held to find the widths.
const PAGE_ROWS: usize = 1000;
/// Bytes of text held to find the widths.
const PAGE_BYTES: usize = 4 << 20;
/// No column is made narrower than this, or than its widest number, to fit.
const NARROWEST: usize = 6;

/// How a cell is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Name,
    Null,
    Number,
    Text,
}

/// A cell as it will be shown.
struct Shown {
    text: String,
    look: Look,
}

/// A box whose widths are known.
struct Frame<'a> {
    widths: Vec<usize>,
    /// Whether a column's type is one of numbers, so that its name and its NULLs stand to the right.
    numbers: &'a [bool],
    format: &'a Format,
}

/// Draws all rows; gives their number.
pub(super) fn draw(
    mut rows: Rows,
    format: &Format,
    elapsed: &dyn Fn() -> Option<Duration>,
    out: &mut dyn Write,
) -> Result<usize, Failure> {
    let mut buffer = Buffer::new(out);
    let columns = rows.columns.clone();
    let names: Vec<Shown> = columns
        .iter()
        .map(|column| Shown { text: escape(&column.name).into_owned(), look: Look::Name })
        .collect();
    let numbers: Vec<bool> = columns.iter().map(|column| is_number(column.data_type)).collect();
    let open = |page: &[Vec<Shown>], buffer: &mut Buffer<'_>| {
        Frame::open(&names, &numbers, page, format, buffer)
    };
    let mut page: Vec<Vec<Shown>> = Vec::new();
    let mut held = 0;
    let mut frame: Option<Frame<'_>> = None;
    let mut count = 0;
    for batch in rows.by_ref() {
        let batch: RecordBatch = match batch {
            Ok(batch) => batch,
            // No row was drawn or held: the error says it all.
            Err(error) if count == 0 => return Err(error.into()),
            Err(error) => {
                let frame = frame.unwrap_or_else(|| open(&page, &mut buffer));
                frame.rule("└", "┴", "┘", &mut buffer);
                buffer.flush()?;
                return Err(error.into());
            }
        };
        let cells = Cells::of_batch(&columns, &batch);
        for index in 0..batch.num_rows() {
            count += 1;
            let row: Vec<Shown> = cells.iter().map(|column| column.with(index, show)).collect();
            match &frame {
                Some(frame) => frame.row(&row, &mut buffer),
                None => {
                    held += row.iter().map(|cell| cell.text.len()).sum::<usize>();
                    page.push(row);
                    if page.len() >= PAGE_ROWS || held >= PAGE_BYTES {
                        frame = Some(open(&page, &mut buffer));
                        page.clear();
                    }
                }
            }
            buffer.breathe()?;
        }
    }
    let frame = frame.unwrap_or_else(|| open(&page, &mut buffer));
    frame.rule("└", "┴", "┘", &mut buffer);
    if format.footer {
        frame.paint(&footer(count, &rows, elapsed())?, Look::Null, &mut buffer);
        buffer.bytes.push(b'\n');
    }
    buffer.flush()?;
    Ok(count)
}

/// What is said below: `2 rows · 1.1 ms · as of event 17 (inside transaction 6)`.
fn footer(count: usize, rows: &Rows, time: Option<Duration>) -> Result<String, Failure> {
    let mut footer = format!("{count} row{}", if count == 1 { "" } else { "s" });
    if let Some(time) = time {
        footer.push_str(&format!(" · {}", duration(time)));
    }
    if let Some(event) = rows.as_of {
        footer.push_str(&format!(" · as of event {event}"));
    }
    if let Some(transaction) = rows.inside()? {
        footer.push_str(&format!(" (inside transaction {transaction})"));
    }
    Ok(footer)
}

/// Whether all values of a type are numbers (NUMERIC takes texts as they are).
fn is_number(data_type: DataType) -> bool {
    data_type.is_number() && data_type != DataType::Numeric
}

fn show(cell: Cell<'_>) -> Shown {
    let mut bytes = Vec::new();
    let look = match cell {
        Cell::Null => {
            bytes.extend_from_slice(b"NULL");
            Look::Null
        }
        cell => {
            cell.write_text(&mut bytes);
            if cell.is_number() { Look::Number } else { Look::Text }
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    Shown { text: escape(&text).into_owned(), look }
}

impl Frame<'_> {
    /// Finds the widths and draws the head and the rows held.
    fn open<'a>(
        names: &[Shown],
        numbers: &'a [bool],
        page: &[Vec<Shown>],
        format: &'a Format,
        buffer: &mut Buffer<'_>,
    ) -> Frame<'a> {
        let mut widths: Vec<usize> = names.iter().map(|name| width(&name.text).max(1)).collect();
        let mut least = vec![NARROWEST; names.len()];
        for row in page {
            for ((widest, least), cell) in widths.iter_mut().zip(&mut least).zip(row) {
                let wide = width(&cell.text);
                *widest = (*widest).max(wide);
                if cell.look == Look::Number {
                    *least = (*least).max(wide);
                }
            }
        }
        if let Some(columns) = format.width {
            fit(&mut widths, &least, columns);
        }
        let frame = Frame { widths, numbers, format };
        frame.rule("┌", "┬", "┐", buffer);
        if format.headers {
            frame.row(names, buffer);
            frame.rule("├", "┼", "┤", buffer);
        }
        page.iter().for_each(|row| frame.row(row, buffer));
        frame
    }

    fn rule(&self, left: &str, between: &str, right: &str, buffer: &mut Buffer<'_>) {
        let lines: Vec<String> = self.widths.iter().map(|width| "─".repeat(width + 2)).collect();
        self.paint(&format!("{left}{}{right}", lines.join(between)), Look::Null, buffer);
        buffer.bytes.push(b'\n');
    }

    /// Draws one row, in as many lines as its longest cell needs.
    fn row(&self, row: &[Shown], buffer: &mut Buffer<'_>) {
        let lines = |(cell, width): (&Shown, &usize)| match cell.look {
            // Half a number would be read as a number.
            Look::Number => vec![cell.text.clone()],
            Look::Name | Look::Null | Look::Text => {
                wrap(&cell.text, *width).into_iter().map(str::to_string).collect()
            }
        };
        let cells: Vec<Vec<String>> = row.iter().zip(&self.widths).map(lines).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for line in 0..height {
            for (index, (lines, cell)) in cells.iter().zip(row).enumerate() {
                let column = self.widths[index];
                let part = lines.get(line).map_or("", String::as_str);
                let padding = " ".repeat(column.saturating_sub(width(part)));
                self.paint("│", Look::Null, buffer);
                buffer.bytes.push(b' ');
                if cell.look == Look::Number || (self.numbers[index] && cell.look != Look::Text) {
                    buffer.bytes.extend_from_slice(padding.as_bytes());
                    self.paint(part, cell.look, buffer);
                } else {
                    self.paint(part, cell.look, buffer);
                    buffer.bytes.extend_from_slice(padding.as_bytes());
                }
                buffer.bytes.push(b' ');
            }
            self.paint("│", Look::Null, buffer);
            buffer.bytes.push(b'\n');
        }
    }

    fn paint(&self, text: &str, look: Look, buffer: &mut Buffer<'_>) {
        let painted = match look {
            _ if !self.format.colour || text.is_empty() => text.into(),
            Look::Name => text.bold(),
            Look::Null => text.dimmed(),
            Look::Number | Look::Text => text.into(),
        };
        super::cell::append(&mut buffer.bytes, format_args!("{painted}"));
    }
}

/// Lowers the widest columns to one common width, the largest that lets the box fit.
fn fit(widths: &mut [usize], least: &[usize], columns: usize) {
    let budget = columns.saturating_sub(3 * widths.len() + 1);
    let lowered = |width: usize, least: usize, cap: usize| width.min(cap.max(least));
    let taken = |cap| -> usize {
        widths.iter().zip(least).map(|(width, least)| lowered(*width, *least, cap)).sum()
    };
    let mut cap = widths.iter().copied().max().unwrap_or(0);
    while cap > NARROWEST && taken(cap) > budget {
        // Halving first keeps this short for a column of megabytes.
        cap = if taken(cap / 2) > budget { cap / 2 } else { cap - 1 };
    }
    for (width, least) in widths.iter_mut().zip(least) {
        *width = lowered(*width, *least, cap);
    }
}

/// Cuts a text into lines of at most `columns`, between graphemes, after a space where one is near.
fn wrap(text: &str, columns: usize) -> Vec<&str> {
    if width(text) <= columns {
        return vec![text];
    }
    let mut lines = Vec::new();
    let (mut start, mut used, mut space) = (0, 0, None);
    for (index, grapheme) in text.grapheme_indices(true) {
        let wide = width(grapheme);
        if used + wide > columns && index > start {
            let end = match space {
                Some(space) if 2 * (space - start) >= index - start => space,
                _ => index,
            };
            lines.push(text[start..end].trim_end_matches(' '));
            used = width(&text[end..index]);
            (start, space) = (end, None);
        }
        used += wide;
        if grapheme == " " {
            space = Some(index + 1);
        }
    }
    lines.push(&text[start..]);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_boxes_take_from_the_widest_columns() {
        let mut widths = [2, 100, 30];
        fit(&mut widths, &[6, 6, 6], 60);
        assert_eq!(widths, [2, 24, 24]);
        let mut widths = [2, 100, 30];
        fit(&mut widths, &[6, 6, 28], 60);
        assert_eq!(widths, [2, 20, 28]);
        let mut narrow = [2, 3];
        fit(&mut narrow, &[6, 6], 5);
        assert_eq!(narrow, [2, 3]);
    }

    #[test]
    fn long_texts_wrap_between_words_and_never_inside_a_grapheme() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("漢字漢字", 5), ["漢字", "漢字"]);
        assert_eq!(wrap("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }
}
