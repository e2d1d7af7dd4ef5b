//! Lists of events at a terminal: each is one line.
//!
//! What does not fit is hidden, the images first; number, time and the change in words stay. Times
//! are told to the second, and those of today without their date.

use super::super::width;
use super::super::wrap::wrap_behind;
use super::widths::{BoxLayout, DrawnColumn, taken};
use super::{BoxCell, BoxColumn, BoxPage, CellStyle};
use crate::session::Listing;
use crate::types::Timestamp;

/// The column that says it all, which gives way last.
const CHANGE: &str = "change";
/// What is hidden together where a line does not fit, the first first.
const HIDDEN: &[&[&str]] =
    &[&["old", "new"], &["before", "after"], &["cause"], &["note"], &["tx"], &["rev"], TOLD];
/// What `change` says, too, where it names the table; without that a row's number says nothing.
const TOLD: &[&str] = &["table_name", "row"];
/// What is hidden next, where `change` would have less room than so much.
const MORE_HIDDEN: &[(&str, usize)] = &[("op", 30), ("actor", 22), ("row", 22), ("intent", 26)];
/// How far others are cut before `change` is.
const CUT: &[(&str, usize)] = &[("op", 7), ("actor", 10), ("intent", 12)];
/// `change` is not cut shorter.
const SHORTEST: usize = 8;

/// A moment as a list tells it.
pub(super) fn moment(at: Timestamp, listing: Listing) -> String {
    let (at, now) = (at.to_string(), listing.now.to_string());
    match (at.split_once(' '), now.split_once(' ')) {
        (Some((day, time)), Some((today, _))) => {
            let time = time.split('.').next().unwrap_or(time);
            if day == today { time.to_string() } else { format!("{day} {time}") }
        }
        (_, _) => at,
    }
}

/// Which columns are drawn, and how wide, in so much room.
pub(super) fn lay_out(
    columns: &[BoxColumn],
    page: &BoxPage<'_>,
    headers: bool,
    room: usize,
) -> BoxLayout {
    let mut list = ListingLayout::new(columns, page, headers, room);
    for names in HIDDEN {
        let is_there = list.place(names[0]).is_some();
        if is_there && list.excess() > 0 {
            names.iter().for_each(|name| list.hide(name));
        }
    }
    if list.excess() > 0 {
        list.hide_empty(page);
    }
    let full = list.widths.clone();
    for (name, least) in CUT {
        list.cut(name, *least);
    }
    for (name, roomy) in MORE_HIDDEN {
        if list.rest() < *roomy {
            list.hide(name);
        }
    }
    list.cut(CHANGE, SHORTEST);
    // What is left over goes to those that were cut.
    for (name, _) in CUT.iter().rev() {
        if let Some(at) = list.place(name) {
            list.widths[at] = full[at].min(list.widths[at] + list.left());
        }
    }
    list.hidden.sort_unstable();
    BoxLayout {
        slots: list.slots(),
        empty: Vec::new(),
        hidden: list.hidden,
        upright: false,
        one_line: true,
    }
}

/// A list on its way into its room.
struct ListingLayout<'a> {
    columns: &'a [BoxColumn],
    widths: Vec<usize>,
    drawn: Vec<usize>,
    hidden: Vec<usize>,
    room: usize,
}

impl<'a> ListingLayout<'a> {
    /// All columns, as wide as they come.
    fn new(
        columns: &'a [BoxColumn],
        page: &BoxPage<'_>,
        headers: bool,
        room: usize,
    ) -> ListingLayout<'a> {
        let wide = |(at, column): (usize, &BoxColumn)| {
            let name = width(&column.name.text).max(column.short_type().len());
            let head = if headers { name } else { 1 };
            let cells = page.rows.iter().map(|row| width(&row[at].text));
            column.fixed_width.map_or(cells.fold(head, usize::max), |fixed_width| fixed_width.width)
        };
        let widths = columns.iter().enumerate().map(wide).collect();
        let drawn = (0..columns.len()).collect();
        ListingLayout { columns, widths, drawn, hidden: Vec::new(), room }
    }

    fn slots(&self) -> Vec<(DrawnColumn, usize)> {
        self.drawn.iter().map(|at| (DrawnColumn::Column(*at), self.widths[*at])).collect()
    }

    /// By how much it is too wide.
    fn excess(&self) -> usize {
        taken(&self.slots()).saturating_sub(self.room)
    }

    /// What it does not need.
    fn left(&self) -> usize {
        self.room.saturating_sub(taken(&self.slots()))
    }

    /// Where a column is, if it is drawn.
    fn place(&self, name: &str) -> Option<usize> {
        self.drawn.iter().copied().find(|at| self.columns[*at].name.text == name)
    }

    fn hide(&mut self, name: &str) {
        if let Some(at) = self.place(name) {
            self.drawn.retain(|other| *other != at);
            self.hidden.push(at);
        }
    }

    /// Hides the columns that are NULL in every row.
    fn hide_empty(&mut self, page: &BoxPage<'_>) {
        let all = |at: &usize| page.rows.iter().all(|row| row[*at].style == CellStyle::Dim);
        let is_empty = |at: &usize| !page.rows.is_empty() && all(at);
        let (empty, drawn) = self.drawn.iter().partition(|at| is_empty(at));
        self.drawn = drawn;
        self.hidden.extend::<Vec<usize>>(empty);
    }

    /// Makes a column narrower, as far as it has to be and may be.
    fn cut(&mut self, name: &str, least: usize) {
        if let Some(at) = self.place(name) {
            let wanted = self.widths[at].saturating_sub(self.excess());
            self.widths[at] = wanted.max(least.min(self.widths[at]));
        }
    }

    /// The room that is there for `change`; as much as anybody asks for, where it has all it needs.
    fn rest(&self) -> usize {
        match (self.place(CHANGE), self.excess()) {
            (Some(at), excess) if excess > 0 => self.widths[at].saturating_sub(excess),
            (_, 0) => usize::MAX,
            (_, _) => 0,
        }
    }
}

/// As much of a cell as fits on its line.
pub(super) fn cut(cell: &BoxCell, room: usize) -> BoxCell {
    if cell.style == CellStyle::Number || width(&cell.text) <= room {
        return BoxCell::new(cell.text.as_str(), cell.style);
    }
    let lines = wrap_behind(&cell.text, room.saturating_sub(1).max(1), &[]);
    BoxCell::new(format!("{}…", lines.first().copied().unwrap_or_default()), cell.style)
}
