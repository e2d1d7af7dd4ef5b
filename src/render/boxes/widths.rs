//! How wide columns are, and which are drawn where not all have room.

use super::super::wrap::VALUE;
use super::super::{Format, Vertical, width};
use super::{Border, BoxCell, BoxColumn, BoxPage, CellStyle, listing};
use crate::types::DataType;

/// No column is made narrower than this, or than its widest number, to fit.
const NARROWEST: usize = 6;
/// A document is not read in less than this.
pub(super) const NARROWEST_JSON: usize = 20;
/// Nor is a text that would take more lines than this, which is hard to read as well; but a text that
/// is long beyond that need not have more than the second.
const MOST_LINES: (usize, usize) = (5, 24);
/// What a column is given at least before another is hidden for it.
const COMFORTABLE: usize = 12;
/// Digits by which numbers may grow behind the rows held: those that count rows do.
const GROWTH: usize = 3;
/// The most that a part of a name may ask for.
const WIDEST_NAME_PART: usize = 8;

/// One column of a frame that is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DrawnColumn {
    /// The column of the result with this index.
    Column(usize),
    /// A mark for columns left out.
    Mark,
}

/// What of a result is drawn, and how wide.
pub(super) struct BoxLayout {
    /// What is drawn from left to right, each so many columns wide.
    pub slots: Vec<(DrawnColumn, usize)>,
    /// Columns that are left out because they are NULL in every row.
    pub empty: Vec<usize>,
    /// Columns that are left out because there is no room.
    pub hidden: Vec<usize>,
    /// Whether no frame fits: each cell gets a line.
    pub upright: bool,
    /// Whether each row gets one line, and what is too long is cut.
    pub one_line: bool,
}

/// The widths that columns ask for.
struct PreferredWidths {
    /// What shows every value, name and type in one line.
    with_types: Vec<usize>,
    /// The same with types in short.
    with_short: Vec<usize>,
    /// The same without types, which need no room of their own.
    most: Vec<usize>,
    /// What a column is not made narrower than.
    least: Vec<usize>,
    /// Whether a column breaks in one place only: anything between all and the least is wasted.
    is_stepped: Vec<bool>,
}

impl PreferredWidths {
    fn least_of(&self, slot: DrawnColumn) -> usize {
        match slot {
            DrawnColumn::Column(at) => self.least[at],
            DrawnColumn::Mark => 0,
        }
    }

    /// The width of a slot where it is lowered to `cap`, if it can be.
    fn lowered(&self, (slot, width): (DrawnColumn, usize), cap: usize) -> usize {
        width.min(cap.max(self.least_of(slot)))
    }
}

/// Finds a layout for the columns and the rows held.
pub(super) fn lay_out(columns: &[BoxColumn], page: &BoxPage<'_>, format: &Format) -> BoxLayout {
    let border = Border::of(format.mode);
    let wanted = wanted(columns, page, format, border);
    let mut drawn: Vec<usize> = (0..columns.len()).collect();
    let mut layout = BoxLayout {
        slots: Vec::new(),
        empty: Vec::new(),
        hidden: Vec::new(),
        upright: format.vertical == Vertical::On && format.mode.is_framed(),
        one_line: false,
    };
    let of = |drawn: &[usize], widths: &[usize]| -> Vec<(DrawnColumn, usize)> {
        drawn.iter().map(|at| (DrawnColumn::Column(*at), widths[*at])).collect()
    };
    layout.slots = of(&drawn, &wanted.with_types);
    let Some(room) = format.width.filter(|_| border.wraps && !layout.upright) else {
        return layout;
    };
    if page.is_listing {
        return listing::lay_out(columns, page, format.headers(), room);
    }
    if taken(&layout.slots) <= room {
        return layout;
    }
    for widths in [&wanted.with_short, &wanted.most] {
        layout.slots = of(&drawn, widths);
        if fit(&mut layout.slots, &wanted, room) {
            return layout;
        }
    }
    // What is left out has to be named, and known to be NULL to the end.
    if page.is_all && page.gap.is_none() && format.footer && !page.rows.is_empty() {
        let is_empty = |at: &usize| page.rows.iter().all(|row| row[*at].style == CellStyle::Dim);
        (layout.empty, drawn) = drawn.into_iter().partition(is_empty);
        layout.slots = of(&drawn, &wanted.most);
        if fit(&mut layout.slots, &wanted, room) {
            return layout;
        }
    }
    // Nothing is hidden where nobody asks for more, and of one row nothing needs to be.
    let may_hide = format.terminal && format.vertical == Vertical::Off && page.rows.len() != 1;
    if may_hide && hide(&mut layout, &drawn, &wanted, room, border) {
        return layout;
    }
    layout.upright = true;
    layout
}

/// Hides columns in the middle until the others have room; false where not even two have.
fn hide(
    layout: &mut BoxLayout,
    drawn: &[usize],
    wanted: &PreferredWidths,
    room: usize,
    border: &Border,
) -> bool {
    let least = |at: usize| wanted.most[at].min(wanted.least[at].max(COMFORTABLE)) + 3;
    let mark = width(border.columns_left_out);
    let mut free = room.saturating_sub(1 + mark + 3);
    let (mut first, mut last) = (0, drawn.len());
    // From the outside to the inside, the first before the last.
    while first < last {
        let from_left = first <= drawn.len() - last;
        let at = drawn[if from_left { first } else { last - 1 }];
        if least(at) > free {
            break;
        }
        free -= least(at);
        if from_left { first += 1 } else { last -= 1 }
    }
    if first == 0 || last == drawn.len() {
        return false;
    }
    layout.hidden = drawn[first..last].to_vec();
    let slot = |at: &usize| (DrawnColumn::Column(*at), wanted.most[*at]);
    layout.slots = drawn[..first].iter().map(slot).collect();
    layout.slots.push((DrawnColumn::Mark, mark));
    layout.slots.extend(drawn[last..].iter().map(slot));
    fit(&mut layout.slots, wanted, room)
}

fn wanted(
    columns: &[BoxColumn],
    page: &BoxPage<'_>,
    format: &Format,
    border: &Border,
) -> PreferredWidths {
    let count = columns.len();
    let none = || vec![0; count];
    let is_stepped =
        columns.iter().map(|c| c.data_type == DataType::Timestamp && c.fixed_width.is_none());
    let mut wanted = PreferredWidths {
        with_types: none(),
        with_short: none(),
        most: none(),
        least: none(),
        is_stepped: is_stepped.collect(),
    };
    // The rule of Markdown needs three dashes.
    let narrowest = if border.aligns { 3 } else { 1 };
    for (at, column) in columns.iter().enumerate() {
        let name = if format.headers() { width(&column.name.text) } else { 0 };
        let (mut most, mut least) = (name.max(narrowest), least_of(&column.name));
        let mut number = 0;
        for row in page.rows {
            let cell = &row[at];
            let wide = width(&cell.text);
            most = most.max(wide);
            if cell.style == CellStyle::Number {
                number = number.max(wide);
            }
            least = least.max(match (cell.style, column.data_type) {
                (CellStyle::Number, _) => wide,
                (CellStyle::Text, DataType::Json) => wide.min(NARROWEST_JSON),
                (CellStyle::Text, DataType::Timestamp | DataType::Date) => least_of(cell),
                (CellStyle::Text, _) => wide.div_ceil(MOST_LINES.0).min(MOST_LINES.1),
                (CellStyle::Name | CellStyle::Dim, _) => 0,
            });
        }
        if number > 0 && !page.is_all {
            most = most.max(number + GROWTH);
        }
        let (mut full, mut short) = (0, 0);
        if shows_types(format) {
            (full, short) = (width(&column.type_name), width(column.short_type()));
        }
        let fixed_width = column.fixed_width.map(|fixed_width| fixed_width.width.max(number));
        wanted.with_types[at] = fixed_width.unwrap_or(most.max(full));
        wanted.with_short[at] = fixed_width.unwrap_or(most.max(short));
        wanted.most[at] = fixed_width.unwrap_or(most);
        wanted.least[at] = fixed_width.unwrap_or(least);
    }
    wanted
}

/// Whether the types stand under the names.
pub(super) fn shows_types(format: &Format) -> bool {
    format.terminal && format.headers() && format.mode.is_framed()
}

/// The width of the widest part of a text that should not be broken.
fn least_of(shown: &BoxCell) -> usize {
    let parts = shown.text.split_inclusive(VALUE).map(|part| width(part.trim_end()));
    let widest = parts.max().unwrap_or(0);
    if shown.style == CellStyle::Name { widest.clamp(NARROWEST, WIDEST_NAME_PART) } else { widest }
}

/// Columns of a terminal that a frame takes.
pub(super) fn taken(slots: &[(DrawnColumn, usize)]) -> usize {
    slots.iter().map(|(_, width)| width + 3).sum::<usize>() + 1
}

/// Lowers the widest columns to one common width, the largest that lets the frame fit; tells whether
/// it does.
fn fit(slots: &mut [(DrawnColumn, usize)], wanted: &PreferredWidths, room: usize) -> bool {
    let budget = room.saturating_sub(3 * slots.len() + 1);
    loop {
        let (cap, fits) = common_width(slots, wanted, budget);
        let steps = |slot: &&mut (DrawnColumn, usize)| match slot.0 {
            DrawnColumn::Column(at) => wanted.is_stepped[at] && slot.1 > cap.max(wanted.least[at]),
            DrawnColumn::Mark => false,
        };
        // What such a column gives up the others may have.
        if let Some(slot) = slots.iter_mut().find(steps) {
            slot.1 = wanted.least_of(slot.0);
            continue;
        }
        for slot in slots {
            slot.1 = wanted.lowered(*slot, cap);
        }
        return fits;
    }
}

/// The largest width to which columns can be lowered so that they take no more than the budget, and
/// whether there is one.
fn common_width(
    slots: &[(DrawnColumn, usize)],
    wanted: &PreferredWidths,
    budget: usize,
) -> (usize, bool) {
    let sum = |cap| -> usize { slots.iter().map(|slot| wanted.lowered(*slot, cap)).sum() };
    let mut cap = slots.iter().map(|(_, width)| *width).max().unwrap_or(0);
    while cap > NARROWEST && sum(cap) > budget {
        // Halving first keeps this short for a column of megabytes.
        cap = if sum(cap / 2) > budget { cap / 2 } else { cap - 1 };
    }
    (cap, sum(cap) <= budget)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(widths: &[usize], least: &[usize], room: usize) -> (bool, Vec<usize>) {
        stepped(widths, least, &[false; 3], room)
    }

    fn stepped(
        widths: &[usize],
        least: &[usize],
        stepped: &[bool],
        room: usize,
    ) -> (bool, Vec<usize>) {
        let slot = |(at, width): (usize, &usize)| (DrawnColumn::Column(at), *width);
        let mut slots: Vec<(DrawnColumn, usize)> = widths.iter().enumerate().map(slot).collect();
        let (with_types, with_short, most) = Default::default();
        let (least, is_stepped) = (least.to_vec(), stepped.to_vec());
        let wanted = PreferredWidths { with_types, with_short, most, least, is_stepped };
        let fits = fit(&mut slots, &wanted, room);
        (fits, slots.into_iter().map(|(_, width)| width).collect())
    }

    #[test]
    fn wide_boxes_take_from_the_widest_columns() {
        assert_eq!(lowered(&[2, 100, 30], &[6, 6, 6], 60), (true, vec![2, 24, 24]));
        assert_eq!(lowered(&[2, 100, 30], &[6, 6, 28], 60), (true, vec![2, 20, 28]));
        assert_eq!(lowered(&[2, 3], &[6, 6], 5), (false, vec![2, 3]));
        // A time that has to break leaves to others what it needs no more.
        let second = [false, true, false];
        assert_eq!(stepped(&[2, 26, 90], &[6, 15, 6], &second, 60), (true, vec![2, 15, 33]));
        assert_eq!(stepped(&[2, 26, 30], &[6, 15, 6], &second, 60), (true, vec![2, 15, 30]));
        assert_eq!(stepped(&[2, 26, 30], &[6, 15, 6], &second, 66), (true, vec![2, 26, 28]));
    }
}
