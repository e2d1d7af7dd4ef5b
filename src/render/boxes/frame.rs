//! A frame whose widths are known.

use super::super::wrap::{VALUE, wrap, wrap_behind};
use super::super::{Format, OutputBuffer, width};
use super::border::{Border, HorizontalRule};
use super::widths::{self, BoxLayout, DrawnColumn, NARROWEST_JSON};
use super::{BoxCell, BoxColumn, BoxPage, CellStyle, listing};
use crate::types::DataType;
use colored::Colorize;
use std::borrow::Cow;
use std::cell::Cell;

/// A value is not read in less than this.
const NARROWEST: usize = 6;
/// A value takes no more lines of a terminal, unless all is to be shown: a row by itself, and one of
/// several, of which none shall push the others from the screen.
const TALLEST: [usize; 2] = [30, 10];
/// Columns left out are named up to this number; of more, the first and the last.
const MOST_NAMED: usize = 3;

/// A frame whose widths are known.
pub(super) struct BoxFrame<'a> {
    columns: &'a [BoxColumn],
    layout: BoxLayout,
    border: &'static Border,
    format: &'a Format,
    /// How many lines a value takes at most.
    tallest: usize,
    /// Whether a value was too tall.
    has_cut: Cell<bool>,
}

/// Whether all values of a type are numbers (NUMERIC takes texts as they are).
fn is_number(data_type: DataType) -> bool {
    data_type.is_number() && data_type != DataType::Numeric
}

impl<'a> BoxFrame<'a> {
    /// Finds the widths and draws the head and the rows held.
    pub fn open(
        columns: &'a [BoxColumn],
        page: &BoxPage<'_>,
        format: &'a Format,
        buffer: &mut OutputBuffer<'_>,
    ) -> BoxFrame<'a> {
        let layout = widths::lay_out(columns, page, format);
        let frame = BoxFrame {
            columns,
            layout,
            border: Border::of(format.mode),
            format,
            tallest: TALLEST[usize::from(page.rows.len() > 1)],
            has_cut: Cell::new(false),
        };
        if !frame.layout.upright {
            frame.head(buffer);
        }
        for (number, row) in page.rows.iter().enumerate() {
            if page.gap == Some(number) {
                frame.gap(buffer);
            }
            frame.next(row, buffer);
        }
        frame
    }

    /// Draws the names, and at a terminal the types, of the columns.
    fn head(&self, buffer: &mut OutputBuffer<'_>) {
        self.rule(self.border.top.as_ref(), buffer);
        // Markdown has no table without a head.
        if !self.format.headers() && !self.border.aligns {
            return;
        }
        let nothing = BoxCell::new("", CellStyle::Name);
        let names = self.columns.iter().map(|column| &column.name);
        let names: Vec<&BoxCell> =
            names.map(|name| if self.format.headers() { name } else { &nothing }).collect();
        self.row(&names, buffer);
        if widths::shows_types(self.format) {
            let types: Vec<BoxCell> = self.types();
            self.row(&types.iter().collect::<Vec<_>>(), buffer);
        }
        self.rule(Some(&self.border.head), buffer);
    }

    /// The types, each as its column has room for it: only values may take more lines.
    fn types(&self) -> Vec<BoxCell> {
        let mut types: Vec<BoxCell> =
            self.columns.iter().map(|_| BoxCell::new("", CellStyle::Dim)).collect();
        for (slot, room) in &self.layout.slots {
            if let DrawnColumn::Column(at) = slot {
                let column = &self.columns[*at];
                let names = [column.type_name.as_str(), column.short_type()];
                let fitting = names.into_iter().find(|name| width(name) <= *room);
                types[*at].text = fitting.unwrap_or_default().to_string();
            }
        }
        types
    }

    /// Draws the next row.
    pub fn next(&self, row: &[BoxCell], buffer: &mut OutputBuffer<'_>) {
        if self.layout.upright {
            return self.lines(row, buffer);
        }
        if !self.layout.one_line {
            return self.row(&row.iter().collect::<Vec<_>>(), buffer);
        }
        let mut cut: Vec<BoxCell> = row.iter().map(|_| BoxCell::new("", CellStyle::Text)).collect();
        for (slot, room) in &self.layout.slots {
            if let DrawnColumn::Column(at) = slot {
                cut[*at] = listing::cut(&row[*at], *room);
            }
        }
        self.row(&cut.iter().collect::<Vec<_>>(), buffer);
    }

    /// Marks that rows are left out.
    fn gap(&self, buffer: &mut OutputBuffer<'_>) {
        let mark = BoxCell::new(self.border.rows_left_out, CellStyle::Dim);
        if self.layout.upright {
            self.paint(&mark.text, mark.style, buffer);
            buffer.bytes.push(b'\n');
        } else {
            self.row(&vec![&mark; self.columns.len()], buffer);
        }
    }

    /// Draws what is below the last row.
    pub fn close(&self, buffer: &mut OutputBuffer<'_>) {
        if !self.layout.upright {
            self.rule(self.border.bottom.as_ref(), buffer);
        }
    }

    /// Draws what is said below.
    pub fn footer(&self, text: &str, buffer: &mut OutputBuffer<'_>) {
        let lines = match self.format.width {
            Some(room) => wrap(text, room.max(NARROWEST_JSON)),
            None => vec![text],
        };
        for line in lines {
            self.paint(line, CellStyle::Dim, buffer);
            buffer.bytes.push(b'\n');
        }
    }

    /// Says what was left out.
    pub fn left_out(&self) -> String {
        let mut said = String::new();
        let name = |at: &usize| self.columns[*at].name.text.as_str();
        let empty: Vec<&str> = self.layout.empty.iter().map(name).collect();
        if !empty.is_empty() {
            said.push_str(&format!(" · all NULL: {}", empty.join(", ")));
        }
        let hidden: Vec<&str> = self.layout.hidden.iter().map(name).collect();
        match hidden.as_slice() {
            [] => {}
            names if names.len() <= MOST_NAMED => {
                said.push_str(&format!(" · hidden: {} (.x auto shows them)", names.join(", ")));
            }
            [first, .., last] => said.push_str(&format!(
                " · {} columns hidden: {first} … {last} (.x auto shows them)",
                hidden.len()
            )),
            [_] => {}
        }
        if self.has_cut.get() {
            said.push_str(" · long values cut (.last shows them)");
        }
        said
    }

    /// Draws one row as lines, `name │ value`, below a line that begins it.
    fn lines(&self, row: &[BoxCell], buffer: &mut OutputBuffer<'_>) {
        let drawn = || (0..self.columns.len()).filter(|at| !self.layout.empty.contains(at));
        let widest = drawn().map(|at| width(&self.columns[at].name.text)).max().unwrap_or(0);
        let room = self.format.width.map_or(usize::MAX, |room| room.saturating_sub(widest + 3));
        let line = self.border.head.line;
        let (before, rest) = (line.repeat(widest + 1), line.repeat(room.min(2 * NARROWEST_JSON)));
        self.paint(&format!("{before}{}{rest}", self.border.corner), CellStyle::Dim, buffer);
        buffer.bytes.push(b'\n');
        for at in drawn() {
            let name = &self.columns[at].name;
            for (line, part) in self.parts(&row[at], room.max(NARROWEST)).into_iter().enumerate() {
                let shown = if line == 0 { name.text.as_str() } else { "" };
                buffer.bytes.extend_from_slice(" ".repeat(widest - width(shown)).as_bytes());
                self.paint(shown, CellStyle::Name, buffer);
                self.paint(&format!(" {} ", self.border.upright), CellStyle::Dim, buffer);
                self.paint(&part, row[at].style, buffer);
                buffer.bytes.push(b'\n');
            }
        }
    }

    fn rule(&self, rule: Option<&HorizontalRule>, buffer: &mut OutputBuffer<'_>) {
        let Some(rule) = rule.filter(|_| !self.columns.is_empty()) else { return };
        let line = |(slot, width): &(DrawnColumn, usize)| match slot {
            DrawnColumn::Column(at)
                if self.border.aligns && self.is_right(*at, CellStyle::Name) =>
            {
                format!("{}:", rule.line.repeat(width + 1))
            }
            DrawnColumn::Column(_) | DrawnColumn::Mark => rule.line.repeat(width + 2),
        };
        let lines: Vec<String> = self.layout.slots.iter().map(line).collect();
        let text = format!("{}{}{}", rule.left, lines.join(rule.between), rule.right);
        self.paint(&text, CellStyle::Dim, buffer);
        buffer.bytes.push(b'\n');
    }

    /// Whether a cell of a column stands to the right of it.
    fn is_right(&self, at: usize, style: CellStyle) -> bool {
        let column = &self.columns[at];
        let by_itself =
            style == CellStyle::Number || (is_number(column.data_type) && style != CellStyle::Text);
        column.fixed_width.map_or(by_itself, |fixed_width| fixed_width.right)
    }

    /// The lines of a cell that is so many columns wide.
    fn parts<'t>(&self, cell: &'t BoxCell, room: usize) -> Vec<Cow<'t, str>> {
        if !self.border.wraps {
            return vec![cell.text.as_str().into()];
        }
        if cell.style == CellStyle::Number {
            return self.parts_of_number(&cell.text, room);
        }
        let lines = wrap_behind(&cell.text, room, VALUE);
        let mut lines: Vec<Cow<'t, str>> = lines.into_iter().map(Cow::from).collect();
        if lines.len() > self.tallest && self.format.terminal && self.format.rows.is_some() {
            lines.truncate(self.tallest - 1);
            lines.push(self.border.columns_left_out.into());
            self.has_cut.set(true);
        }
        lines
    }

    /// The lines of a number. Columns are as wide as all numbers that were known when the frame began;
    /// one that came later goes on below a mark, because half a number would be read as a number.
    fn parts_of_number<'t>(&self, number: &'t str, room: usize) -> Vec<Cow<'t, str>> {
        let mark = self.border.columns_left_out;
        let marked = room.saturating_sub(width(mark));
        if width(number) <= room || marked == 0 {
            return wrap_behind(number, room, &[]).into_iter().map(Cow::from).collect();
        }
        let mut parts: Vec<Cow<'t, str>> = Vec::new();
        let mut rest = number;
        // Numbers are of characters that are one byte long and one column wide.
        while rest.len() > room {
            let (part, behind) = rest.split_at(marked);
            parts.push(format!("{part}{mark}").into());
            rest = behind;
        }
        parts.push(rest.into());
        parts
    }

    /// Draws one row, in as many lines as its longest cell needs.
    fn row(&self, row: &[&BoxCell], buffer: &mut OutputBuffer<'_>) {
        if self.columns.is_empty() {
            return;
        }
        let mark = BoxCell::new(self.border.columns_left_out, CellStyle::Dim);
        let cell = |slot: DrawnColumn| match slot {
            DrawnColumn::Column(at) => row[at],
            DrawnColumn::Mark => &mark,
        };
        let lines = |(slot, width): &(DrawnColumn, usize)| self.parts(cell(*slot), *width);
        let cells: Vec<Vec<Cow<'_, str>>> = self.layout.slots.iter().map(lines).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for line in 0..height {
            for ((slot, wide), lines) in self.layout.slots.iter().zip(&cells) {
                let style = cell(*slot).style;
                let part = lines.get(line).map_or("", |part| part.as_ref());
                let padding = " ".repeat(wide.saturating_sub(width(part)));
                let is_right = match slot {
                    DrawnColumn::Column(at) => self.is_right(*at, style),
                    DrawnColumn::Mark => false,
                };
                self.paint(self.border.upright, CellStyle::Dim, buffer);
                buffer.bytes.push(b' ');
                if is_right {
                    buffer.bytes.extend_from_slice(padding.as_bytes());
                }
                self.paint(part, style, buffer);
                if !is_right {
                    buffer.bytes.extend_from_slice(padding.as_bytes());
                }
                buffer.bytes.push(b' ');
            }
            self.paint(self.border.upright, CellStyle::Dim, buffer);
            buffer.bytes.push(b'\n');
        }
    }

    fn paint(&self, text: &str, style: CellStyle, buffer: &mut OutputBuffer<'_>) {
        let painted = match style {
            _ if !self.format.colour || text.is_empty() => text.into(),
            CellStyle::Name => text.bold(),
            CellStyle::Dim => text.dimmed(),
            CellStyle::Number | CellStyle::Text => text.into(),
        };
        super::super::cell::append(&mut buffer.bytes, format_args!("{painted}"));
    }
}
