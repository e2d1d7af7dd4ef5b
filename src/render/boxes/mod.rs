//! Frames of lines, for people: `box`, `table` and `markdown`.
//!
//! The first page of rows is held to find the widths, with room for numbers to grow if more may come;
//! the rows after it are drawn in these widths as they come. What is wider than its column goes on in
//! the line below, which is how a frame is fitted to a terminal (`widths`); so none ever breaks. At a terminal only the first and the last rows of a long result are
//! drawn; the last are known at the end, so batches wait for it in a queue that forgets all others.
//!
//! Nothing is cut where no terminal reads it, and whatever a terminal is not shown is said in the
//! footer.

mod border;
mod frame;
mod listing;
mod widths;

use super::cell::{Cell, Cells};
use super::{Format, Mode, OutputBuffer, RenderError, Vertical, duration, escape};
use crate::session::{Batch, Listing, OutputColumn, Rows};
use crate::types::{ColumnAffinity, DataType};
use border::Border;
use frame::BoxFrame;
use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;

/// Rows held to find the widths.
const PAGE_ROWS: usize = 10_000;
/// Bytes of cells held to find the widths.
const PAGE_BYTES: usize = 8 << 20;

/// How a cell is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CellStyle {
    Name,
    /// NULL, and all that is no value: lines, types, marks.
    Dim,
    Number,
    Text,
}

/// A cell as it will be shown.
struct BoxCell {
    text: String,
    style: CellStyle,
}

impl BoxCell {
    fn new(text: impl Into<String>, style: CellStyle) -> BoxCell {
        BoxCell { text: text.into(), style }
    }
}

/// A column, by what decides how it is drawn.
struct BoxColumn {
    name: BoxCell,
    type_name: String,
    data_type: DataType,
    /// What `.width` says of it.
    fixed_width: Option<FixedWidth>,
}

impl BoxColumn {
    /// Its type where there is little room.
    fn short_type(&self) -> &'static str {
        match self.data_type {
            DataType::Integer => "int",
            DataType::Real => "real",
            DataType::Decimal { .. } => "dec",
            DataType::Text => "text",
            DataType::Json => "json",
            DataType::Boolean => "bool",
            DataType::Date => "date",
            DataType::Timestamp => "time",
            DataType::Blob => "blob",
            DataType::Numeric => "num",
            DataType::Any => "any",
            DataType::Flexible(affinity) => match affinity {
                ColumnAffinity::Integer => "int",
                ColumnAffinity::Real => "real",
                ColumnAffinity::Numeric => "num",
                ColumnAffinity::Decimal { .. } => "dec",
                ColumnAffinity::Text => "text",
                ColumnAffinity::Blob => "any",
            },
        }
    }
}

/// A width that somebody chose.
#[derive(Clone, Copy)]
struct FixedWidth {
    width: usize,
    /// Whether values stand to the right.
    right: bool,
}

/// The rows that are drawn first, all of them or up to a mark.
struct BoxPage<'a> {
    rows: &'a [Vec<BoxCell>],
    /// Whether no row comes behind it.
    is_all: bool,
    /// Before which row others are left out.
    gap: Option<usize>,
    /// Whether each row is to take one line.
    is_listing: bool,
}

/// Draws all rows; gives their number.
pub(super) fn draw(
    mut rows: Rows,
    format: &Format,
    elapsed: &dyn Fn() -> Option<Duration>,
    out: &mut dyn Write,
) -> Result<usize, RenderError> {
    let mut buffer = OutputBuffer::new(out);
    let columns = columns(&rows.columns, format);
    let fits = format.terminal && format.mode == Mode::Box && format.vertical == Vertical::Off;
    let listing = rows.listing.filter(|_| fits);
    let mut picture = BoxRenderer::new(&rows.columns, &columns, format, listing);
    for batch in rows.by_ref() {
        let batch: Batch = match batch {
            Ok(batch) => batch,
            // No row was drawn or held: the error says it all.
            Err(error) if picture.count == 0 => return Err(error.into()),
            Err(error) => {
                picture.finish(&mut buffer).close(&mut buffer);
                buffer.flush()?;
                return Err(error.into());
            }
        };
        picture.add(batch, &mut buffer)?;
    }
    let (count, shown) = (picture.count, picture.shown());
    let frame = picture.finish(&mut buffer);
    frame.close(&mut buffer);
    if format.footer && format.mode.is_framed() {
        let footer = footer(count, shown, &rows, elapsed())? + &frame.left_out();
        frame.footer(&footer, &mut buffer);
    }
    buffer.flush()?;
    Ok(count)
}

/// What is said below: `2 rows · 1.1 ms · as of event 17 (inside transaction 6)`.
fn footer(
    count: usize,
    shown: usize,
    rows: &Rows,
    time: Option<Duration>,
) -> Result<String, RenderError> {
    let mut footer = format!("{count} row{}", if count == 1 { "" } else { "s" });
    if shown < count {
        footer.push_str(&format!(" ({shown} shown, .last for all)"));
    }
    if let Some(time) = time {
        footer.push_str(&format!(" · {}", duration(time)));
    }
    if let Some(event) = rows.as_of {
        footer.push_str(&format!(" · as of event {event}"));
        if rows.uncommitted > 0 {
            footer.push_str(&format!(" + {} uncommitted", rows.uncommitted));
        }
    }
    if let Some(transaction) = rows.inside()? {
        footer.push_str(&format!(" (inside transaction {transaction})"));
    }
    if let Some(summary) = &rows.summary {
        footer.push_str(&format!(" · {summary}"));
    }
    Ok(footer)
}

/// A frame that comes to be: the rows held, or the frame that they gave.
struct BoxRenderer<'a> {
    output: Vec<OutputColumn>,
    columns: &'a [BoxColumn],
    format: &'a Format,
    /// Where each row is one line of a terminal.
    listing: Option<Listing>,
    page: Vec<Vec<BoxCell>>,
    /// Bytes of cells held.
    held: usize,
    frame: Option<BoxFrame<'a>>,
    /// Rows so far.
    count: usize,
    /// The last rows, where others than the first and the last are left out.
    tail: Option<LastRows>,
}

impl<'a> BoxRenderer<'a> {
    fn new(
        output: &[OutputColumn],
        columns: &'a [BoxColumn],
        format: &'a Format,
        listing: Option<Listing>,
    ) -> BoxRenderer<'a> {
        let most = format.rows.filter(|_| format.terminal && format.mode.is_framed());
        BoxRenderer {
            output: output.to_vec(),
            columns,
            format,
            listing,
            page: Vec::new(),
            held: 0,
            frame: None,
            count: 0,
            tail: most.map(|most| LastRows::new(most.max(2))),
        }
    }

    /// Draws or holds the rows of a batch.
    fn add(&mut self, batch: Batch, buffer: &mut OutputBuffer<'_>) -> Result<(), RenderError> {
        let first = match &self.tail {
            None => batch.rows,
            Some(tail) => tail.first.saturating_sub(self.count).min(batch.rows),
        };
        self.count += batch.rows;
        {
            let cells = Cells::of_batch(&self.output, &batch);
            for index in 0..first {
                let row = self.show_row(&cells, index);
                match &self.frame {
                    Some(frame) => frame.next(&row, buffer),
                    None => self.hold(row, buffer),
                }
                buffer.breathe()?;
            }
        }
        if let Some(tail) = &mut self.tail
            && first < batch.rows
        {
            tail.push(batch.slice(first, batch.rows - first));
        }
        Ok(())
    }

    fn hold(&mut self, row: Vec<BoxCell>, buffer: &mut OutputBuffer<'_>) {
        self.held += row.iter().map(|cell| size_of::<BoxCell>() + cell.text.len()).sum::<usize>();
        self.page.push(row);
        let is_full = self.page.len() >= PAGE_ROWS || self.held >= PAGE_BYTES;
        if is_full && self.tail.is_none() {
            let page = self.page(false, None);
            self.frame = Some(BoxFrame::open(self.columns, &page, self.format, buffer));
            self.page.clear();
        }
    }

    /// How many rows are shown of those there are.
    fn shown(&self) -> usize {
        match &self.tail {
            Some(tail) if self.count > tail.most + 1 => tail.most,
            _ => self.count,
        }
    }

    /// The frame with all its rows drawn.
    fn finish(mut self, buffer: &mut OutputBuffer<'_>) -> BoxFrame<'a> {
        if let Some(frame) = self.frame {
            return frame;
        }
        let first = self.page.len();
        let hidden = self.count - self.shown();
        if let Some(tail) = &self.tail {
            let last = tail.rows(&self.output, self.shown() - first, |cells, index| {
                self.show_row(cells, index)
            });
            self.page.extend(last);
        }
        let page = self.page(true, (hidden > 0).then_some(first));
        BoxFrame::open(self.columns, &page, self.format, buffer)
    }

    /// The rows held.
    fn page(&self, is_all: bool, gap: Option<usize>) -> BoxPage<'_> {
        BoxPage { rows: &self.page, is_all, gap, is_listing: self.listing.is_some() }
    }

    fn show_row(&self, cells: &[Cells<'_>], index: usize) -> Vec<BoxCell> {
        let show = |cell: Cell<'_>| match (cell, self.listing) {
            (Cell::Timestamp(at), Some(listing)) => {
                BoxCell::new(listing::moment(at, listing), CellStyle::Text)
            }
            // Few events say who and why: a word for nothing in all others would hide them.
            (Cell::Null, Some(_)) if self.format.null.is_none() => BoxCell::new("", CellStyle::Dim),
            (cell, _) => show(cell, self.format),
        };
        cells.iter().map(|column| column.with(index, show)).collect()
    }
}

/// The last rows of a long result.
struct LastRows {
    /// The most rows that are shown.
    most: usize,
    /// How many of them are the first.
    first: usize,
    batches: VecDeque<Batch>,
    /// Rows of these batches.
    count: usize,
}

impl LastRows {
    fn new(most: usize) -> LastRows {
        LastRows { most, first: most - most / 2, batches: VecDeque::new(), count: 0 }
    }

    /// Takes rows and forgets those that too many follow. One row more is known than is shown in the
    /// end: the mark for one row left out would take the place of that row.
    fn push(&mut self, batch: Batch) {
        self.count += batch.rows;
        self.batches.push_back(batch);
        let enough = self.most / 2 + 1;
        while let Some(oldest) = self.batches.front().map(|batch| batch.rows)
            && self.count - oldest >= enough
        {
            self.batches.pop_front();
            self.count -= oldest;
        }
    }

    /// The last so many rows.
    fn rows(
        &self,
        output: &[OutputColumn],
        wanted: usize,
        show_row: impl Fn(&[Cells<'_>], usize) -> Vec<BoxCell>,
    ) -> Vec<Vec<BoxCell>> {
        let mut rows = Vec::new();
        let mut skip = self.count.saturating_sub(wanted);
        for batch in &self.batches {
            let cells = Cells::of_batch(output, batch);
            rows.extend((skip..batch.rows).map(|index| show_row(&cells, index)));
            skip = skip.saturating_sub(batch.rows);
        }
        rows
    }
}

fn columns(output: &[OutputColumn], format: &Format) -> Vec<BoxColumn> {
    let fixed_width = |at: usize| {
        let width = format.widths.get(at).filter(|width| **width != 0)?;
        let columns = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        Some(FixedWidth { width: columns, right: *width < 0 })
    };
    let column = |(at, column): (usize, &OutputColumn)| BoxColumn {
        name: BoxCell::new(text(&column.name, format), CellStyle::Name),
        type_name: column.data_type.to_string().to_lowercase(),
        data_type: column.data_type,
        fixed_width: fixed_width(at),
    };
    output.iter().enumerate().map(column).collect()
}

fn show(cell: Cell<'_>, format: &Format) -> BoxCell {
    match cell.text() {
        Some(value) => BoxCell::new(text(value, format), CellStyle::Text),
        None if cell.is_null() => BoxCell::new(text(format.null(), format), CellStyle::Dim),
        None => {
            let mut bytes = Vec::new();
            cell.write_text(&mut bytes);
            let style = if cell.is_number() { CellStyle::Number } else { CellStyle::Text };
            BoxCell::new(String::from_utf8_lossy(&bytes), style)
        }
    }
}

/// A text as the mode shows it.
fn text(text: &str, format: &Format) -> String {
    if format.mode == Mode::Markdown {
        return border::markdown(text, format.terminal);
    }
    escape(text).into_owned()
}
