//! Windows: the rows that a function behind OVER sees of each row.

use super::{Expression, Identifier, OrderItem, SourceSpan};

/// What stands behind OVER.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// The name of a window of the WINDOW clause, which is taken as it is.
    Name(Identifier),
    /// A window of its own.
    Window(Box<Window>),
}

/// `name AS window`, of the WINDOW clause.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedWindow {
    /// What it is called.
    pub name: Identifier,
    /// What it is.
    pub window: Window,
}

/// `([base] [PARTITION BY …] [ORDER BY …] [frame])`.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The window of the WINDOW clause that it extends.
    pub base: Option<Identifier>,
    /// What the rows have in common that are seen together.
    pub partition_by: Vec<Expression>,
    /// Their order.
    pub order_by: Vec<OrderItem>,
    /// Which of them a row sees.
    pub frame: Option<WindowFrame>,
    /// Where it stands, with its parentheses.
    pub span: SourceSpan,
}

/// `unit BETWEEN start AND end [EXCLUDE …]`.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowFrame {
    /// What its bounds count.
    pub unit: FrameUnit,
    /// The first row.
    pub start: FrameBound,
    /// The last row: the current one where only a start was written.
    pub end: FrameBound,
    /// Which rows between them are left out.
    pub exclusion: FrameExclusion,
    /// Where it stands.
    pub span: SourceSpan,
}

/// What the bounds of a frame count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    /// ROWS
    Rows,
    /// RANGE: by how much the value of ORDER BY differs.
    Range,
    /// GROUPS: rows with the same values of ORDER BY.
    Groups,
}

/// Where a frame begins or ends.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING: at the first row of the partition.
    UnboundedPreceding,
    /// So many before the current row.
    Preceding(Expression),
    /// CURRENT ROW: with it, or with the rows that are equal to it.
    CurrentRow,
    /// So many behind the current row.
    Following(Expression),
    /// UNBOUNDED FOLLOWING: at the last row of the partition.
    UnboundedFollowing,
}

/// Which rows of a frame are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameExclusion {
    /// EXCLUDE NO OTHERS: none.
    NoOthers,
    /// EXCLUDE CURRENT ROW
    CurrentRow,
    /// EXCLUDE GROUP: the current row and those equal to it.
    Group,
    /// EXCLUDE TIES: those equal to the current row, but not itself.
    Ties,
}
