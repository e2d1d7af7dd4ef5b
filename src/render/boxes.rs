//! Frames of lines, for people.
//!
//! The first page of rows is held to find the widths; the rows after it are drawn in these widths as
//! they come. Nothing is ever cut: what is wider than its column goes on in the line below, which is
//! how a box is fitted to a terminal. Where that does not do, columns that are NULL in all rows are
//! left out, and named below; where that does not do either, every row is drawn as lines.

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
/// A document is not read in less than this.
const NARROWEST_JSON: usize = 20;
/// The most that a part of a name may ask for.
const WIDEST_NAME_PART: usize = 8;

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

/// A column, by what decides how it is drawn.
struct Column {
    name: Shown,
    data_type: DataType,
}

/// A box whose widths are known.
struct Frame<'a> {
    columns: &'a [Column],
    widths: Vec<usize>,
    /// Columns of which nothing is drawn: they are NULL in every row.
    empty: Vec<bool>,
    /// Whether no box fits: each cell gets a line.
    upright: bool,
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
    let heads: Vec<Column> = columns
        .iter()
        .map(|column| Column {
            name: Shown { text: escape(&column.name).into_owned(), look: Look::Name },
            data_type: column.data_type,
        })
        .collect();
    let open = |page: &[Vec<Shown>], all: bool, buffer: &mut Buffer<'_>| {
        Frame::open(&heads, page, all, format, buffer)
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
                let frame = frame.unwrap_or_else(|| open(&page, false, &mut buffer));
                frame.close(&mut buffer);
                buffer.flush()?;
                return Err(error.into());
            }
        };
        let cells = Cells::of_batch(&columns, &batch);
        for index in 0..batch.num_rows() {
            count += 1;
            let row: Vec<Shown> = cells.iter().map(|column| column.with(index, show)).collect();
            match &frame {
                Some(frame) => frame.next(&row, &mut buffer),
                None => {
                    held += row.iter().map(|cell| cell.text.len()).sum::<usize>();
                    page.push(row);
                    if page.len() >= PAGE_ROWS || held >= PAGE_BYTES {
                        frame = Some(open(&page, false, &mut buffer));
                        page.clear();
                    }
                }
            }
            buffer.breathe()?;
        }
    }
    let frame = frame.unwrap_or_else(|| open(&page, true, &mut buffer));
    frame.close(&mut buffer);
    if format.footer {
        let footer = footer(count, &rows, elapsed())? + &frame.left_out();
        frame.paint(&footer, Look::Null, &mut buffer);
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
    /// Finds the widths and draws the head and the rows held, which may be all there are.
    fn open<'a>(
        columns: &'a [Column],
        page: &[Vec<Shown>],
        all: bool,
        format: &'a Format,
        buffer: &mut Buffer<'_>,
    ) -> Frame<'a> {
        let mut widths: Vec<usize> = columns.iter().map(|c| width(&c.name.text).max(1)).collect();
        let mut least: Vec<usize> = columns.iter().map(|column| least_of(&column.name)).collect();
        for row in page {
            for (at, cell) in row.iter().enumerate() {
                let wide = width(&cell.text);
                widths[at] = widths[at].max(wide);
                least[at] = least[at].max(match (cell.look, columns[at].data_type) {
                    (Look::Number, _) => wide,
                    (Look::Text, DataType::Json) => wide.min(NARROWEST_JSON),
                    (Look::Text, DataType::Timestamp) => least_of(cell),
                    (Look::Name | Look::Null | Look::Text, _) => 0,
                });
            }
        }
        let mut frame =
            Frame { columns, widths, empty: vec![false; columns.len()], upright: false, format };
        if let Some(room) = format.width
            && !frame.fit(&least, room)
        {
            // What is left out has to be named, and known to be NULL to the end.
            if all && format.footer && !page.is_empty() {
                let is_empty = |at: usize| page.iter().all(|row| row[at].look == Look::Null);
                frame.empty = (0..columns.len()).map(is_empty).collect();
            }
            frame.upright = !frame.fit(&least, room);
        }
        if !frame.upright {
            frame.rule("┌", "┬", "┐", buffer);
            if format.headers {
                let names: Vec<&Shown> = columns.iter().map(|column| &column.name).collect();
                frame.row(&names, buffer);
                frame.rule("├", "┼", "┤", buffer);
            }
        }
        page.iter().for_each(|row| frame.next(row, buffer));
        frame
    }

    /// Which columns are drawn.
    fn drawn(&self) -> impl Iterator<Item = usize> {
        (0..self.columns.len()).filter(|at| !self.empty[*at])
    }

    /// Lowers the widths until the box fits into so many columns; tells whether it does.
    fn fit(&mut self, least: &[usize], room: usize) -> bool {
        let drawn: Vec<usize> = self.drawn().collect();
        let least: Vec<usize> = drawn.iter().map(|at| least[*at]).collect();
        let mut widths: Vec<usize> = drawn.iter().map(|at| self.widths[*at]).collect();
        let fits = fit(&mut widths, &least, room);
        if fits {
            drawn.iter().zip(widths).for_each(|(at, width)| self.widths[*at] = width);
        }
        fits
    }

    /// Draws the next row.
    fn next(&self, row: &[Shown], buffer: &mut Buffer<'_>) {
        if self.upright {
            self.lines(row, buffer);
        } else {
            self.row(&row.iter().collect::<Vec<_>>(), buffer);
        }
    }

    /// Draws what is below the last row.
    fn close(&self, buffer: &mut Buffer<'_>) {
        if !self.upright {
            self.rule("└", "┴", "┘", buffer);
        }
    }

    /// Names the columns that were left out.
    fn left_out(&self) -> String {
        let names = self.columns.iter().zip(&self.empty).filter(|(_, empty)| **empty);
        let names: Vec<&str> = names.map(|(column, _)| column.name.text.as_str()).collect();
        if names.is_empty() { String::new() } else { format!(" · all NULL: {}", names.join(", ")) }
    }

    /// Draws one row as lines, `name │ value`, below a line that begins it.
    fn lines(&self, row: &[Shown], buffer: &mut Buffer<'_>) {
        let widest = self.drawn().map(|at| width(&self.columns[at].name.text)).max().unwrap_or(0);
        let room = self.format.width.map_or(usize::MAX, |room| room.saturating_sub(widest + 3));
        let rest = "─".repeat(room.min(2 * NARROWEST_JSON));
        self.paint(&format!("{}┬{rest}", "─".repeat(widest + 1)), Look::Null, buffer);
        buffer.bytes.push(b'\n');
        for at in self.drawn() {
            let name = &self.columns[at].name;
            let parts = match row[at].look {
                Look::Number => vec![row[at].text.as_str()],
                Look::Name | Look::Null | Look::Text => wrap(&row[at].text, room.max(NARROWEST)),
            };
            for (line, part) in parts.into_iter().enumerate() {
                let shown = if line == 0 { name.text.as_str() } else { "" };
                buffer.bytes.extend_from_slice(" ".repeat(widest - width(shown)).as_bytes());
                self.paint(shown, Look::Name, buffer);
                self.paint(" │ ", Look::Null, buffer);
                self.paint(part, row[at].look, buffer);
                buffer.bytes.push(b'\n');
            }
        }
    }

    fn rule(&self, left: &str, between: &str, right: &str, buffer: &mut Buffer<'_>) {
        let line = |at| "─".repeat(self.widths[at] + 2);
        let lines: Vec<String> = self.drawn().map(line).collect();
        self.paint(&format!("{left}{}{right}", lines.join(between)), Look::Null, buffer);
        buffer.bytes.push(b'\n');
    }

    /// Draws one row, in as many lines as its longest cell needs.
    fn row(&self, row: &[&Shown], buffer: &mut Buffer<'_>) {
        let lines = |at: usize| match row[at].look {
            // Half a number would be read as a number.
            Look::Number => vec![row[at].text.as_str()],
            Look::Name | Look::Null | Look::Text => wrap(&row[at].text, self.widths[at]),
        };
        let cells: Vec<(usize, Vec<&str>)> = self.drawn().map(|at| (at, lines(at))).collect();
        let height = cells.iter().map(|(_, lines)| lines.len()).max().unwrap_or(1);
        for line in 0..height {
            for (at, lines) in &cells {
                let look = row[*at].look;
                let part = lines.get(line).copied().unwrap_or_default();
                let padding = " ".repeat(self.widths[*at].saturating_sub(width(part)));
                let is_number = is_number(self.columns[*at].data_type);
                self.paint("│", Look::Null, buffer);
                buffer.bytes.push(b' ');
                if look == Look::Number || (is_number && look != Look::Text) {
                    buffer.bytes.extend_from_slice(padding.as_bytes());
                    self.paint(part, look, buffer);
                } else {
                    self.paint(part, look, buffer);
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

/// The width of the widest part of a text that should not be broken.
fn least_of(shown: &Shown) -> usize {
    let parts = shown.text.split_inclusive(BREAKS).map(|part| width(part.trim_end()));
    let widest = parts.max().unwrap_or(0);
    if shown.look == Look::Name { widest.clamp(NARROWEST, WIDEST_NAME_PART) } else { widest }
}

/// Lowers the widest columns to one common width, the largest that lets the box fit; tells whether it
/// does.
fn fit(widths: &mut [usize], least: &[usize], columns: usize) -> bool {
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
    let fits = taken(cap) <= budget;
    for (width, least) in widths.iter_mut().zip(least) {
        *width = lowered(*width, *least, cap);
    }
    fits
}

/// What a line is best cut behind: spaces, and what stands between the parts of names and documents.
const BREAKS: [char; 3] = [' ', ',', '_'];

/// Whether a text fits into so many columns, found out without measuring a long one.
fn fits(text: &str, columns: usize) -> bool {
    text.len() <= 4 * columns && width(text) <= columns
}

/// Cuts a text into lines of at most `columns`, between graphemes, after a space or the like where one
/// is near.
fn wrap(text: &str, columns: usize) -> Vec<&str> {
    if width(text) <= columns {
        return vec![text];
    }
    let mut lines = Vec::new();
    let (mut start, mut used, mut space) = (0, 0, None);
    for (index, grapheme) in text.grapheme_indices(true) {
        let wide = width(grapheme);
        // A space at the end of a line is not seen: it needs no room.
        if used + wide > columns && index > start && grapheme != " " {
            let end = match space {
                Some(space) if 2 * (space - start) >= index - start => space,
                // What is behind the space is one more line and no piece of one.
                Some(space) if fits(&text[space..], columns) => space,
                _ => index,
            };
            lines.push(text[start..end].trim_end_matches(' '));
            used = width(&text[end..index]);
            (start, space) = (end, None);
        }
        used += wide;
        if grapheme.len() == 1 && grapheme.contains(BREAKS) {
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
        assert!(fit(&mut widths, &[6, 6, 6], 60));
        assert_eq!(widths, [2, 24, 24]);
        let mut widths = [2, 100, 30];
        assert!(fit(&mut widths, &[6, 6, 28], 60));
        assert_eq!(widths, [2, 20, 28]);
        let mut narrow = [2, 3];
        assert!(!fit(&mut narrow, &[6, 6], 5));
        assert_eq!(narrow, [2, 3]);
    }

    #[test]
    fn long_texts_wrap_between_words_and_never_inside_a_grapheme() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("one, two, three", 9), ["one, two,", "three"]);
        assert_eq!(wrap("2026-11-22 21:55:06.220688", 24), ["2026-11-22", "21:55:06.220688"]);
        assert_eq!(wrap("{\"id\":1,\"a\":2}", 10), ["{\"id\":1,", "\"a\":2}"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("漢字漢字", 5), ["漢字", "漢字"]);
        assert_eq!(wrap("e\u{301}e\u{301}e\u{301}", 2), ["e\u{301}e\u{301}", "e\u{301}"]);
    }
}
