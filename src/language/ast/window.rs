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

/// Where a frame begins or ends; how far away that is, is an expression until it is known.
#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound<T = Expression> {
    /// UNBOUNDED PRECEDING: at the first row of the partition.
    UnboundedPreceding,
    /// So many before the current row.
    Preceding(T),
    /// CURRENT ROW: with it, or with the rows that are equal to it.
    CurrentRow,
    /// So many behind the current row.
    Following(T),
    /// UNBOUNDED FOLLOWING: at the last row of the partition.
    UnboundedFollowing,
}

impl<T> FrameBound<T> {
    /// How far away it is, where that is said.
    pub fn offset(&self) -> Option<&T> {
        match self {
            FrameBound::Preceding(offset) | FrameBound::Following(offset) => Some(offset),
            FrameBound::UnboundedPreceding
            | FrameBound::CurrentRow
            | FrameBound::UnboundedFollowing => None,
        }
    }

    /// The same to be changed.
    pub fn offset_mut(&mut self) -> Option<&mut T> {
        match self {
            FrameBound::Preceding(offset) | FrameBound::Following(offset) => Some(offset),
            FrameBound::UnboundedPreceding
            | FrameBound::CurrentRow
            | FrameBound::UnboundedFollowing => None,
        }
    }

    /// The same bound with what its distance comes to.
    ///
    /// # Errors
    /// That of `map`.
    pub fn try_map<U, E>(&self, map: impl FnOnce(&T) -> Result<U, E>) -> Result<FrameBound<U>, E> {
        Ok(match self {
            FrameBound::UnboundedPreceding => FrameBound::UnboundedPreceding,
            FrameBound::Preceding(offset) => FrameBound::Preceding(map(offset)?),
            FrameBound::CurrentRow => FrameBound::CurrentRow,
            FrameBound::Following(offset) => FrameBound::Following(map(offset)?),
            FrameBound::UnboundedFollowing => FrameBound::UnboundedFollowing,
        })
    }
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
