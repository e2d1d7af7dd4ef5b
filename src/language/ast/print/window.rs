//! Windows as SQL.

use super::super::{
    Expression, ExpressionKind, FrameBound, FrameExclusion, FrameUnit, Identifier, NamedWindow,
    Over, Window, WindowFrame,
};
use super::CommaList;
use crate::language::Keyword;
use std::fmt;

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Over::Name(name) => name.fmt(f),
            Over::Window(window) => window.fmt(f),
        }
    }
}

impl fmt::Display for NamedWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} AS {}", self.name, self.window)
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Window { base, partition_by, order_by, frame, .. } = self;
        let mut parts = Vec::new();
        // The words that go on with a window are no names there.
        parts.extend(base.as_ref().map(|base| match Keyword::find(&base.name) {
            Some(_) => Identifier { quoted: true, ..base.clone() }.to_string(),
            None => base.to_string(),
        }));
        if !partition_by.is_empty() {
            parts.push(format!("PARTITION BY {}", CommaList(partition_by)));
        }
        if !order_by.is_empty() {
            parts.push(format!("ORDER BY {}", CommaList(order_by)));
        }
        parts.extend(frame.as_ref().map(WindowFrame::to_string));
        write!(f, "({})", parts.join(" "))
    }
}

impl fmt::Display for WindowFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WindowFrame { unit, start, end, exclusion, .. } = self;
        write!(f, "{unit} BETWEEN {start} AND {end}{exclusion}")
    }
}

impl fmt::Display for FrameUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FrameUnit::Rows => "ROWS",
            FrameUnit::Range => "RANGE",
            FrameUnit::Groups => "GROUPS",
        })
    }
}

impl fmt::Display for FrameBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameBound::UnboundedPreceding => f.write_str("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(offset) => write!(f, "{} PRECEDING", Offset(offset)),
            FrameBound::CurrentRow => f.write_str("CURRENT ROW"),
            FrameBound::Following(offset) => write!(f, "{} FOLLOWING", Offset(offset)),
            FrameBound::UnboundedFollowing => f.write_str("UNBOUNDED FOLLOWING"),
        }
    }
}

/// How many rows a bound is away. A column could be called UNBOUNDED, and AND ends the first bound.
struct Offset<'a>(&'a Expression);

impl fmt::Display for Offset<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if matches!(self.0.kind, ExpressionKind::Literal(_)) {
            self.0.fmt(f)
        } else {
            write!(f, "({})", self.0)
        }
    }
}

/// Prints what is left out, with the blank before it; nothing where nothing is.
impl fmt::Display for FrameExclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FrameExclusion::NoOthers => "",
            FrameExclusion::CurrentRow => " EXCLUDE CURRENT ROW",
            FrameExclusion::Group => " EXCLUDE GROUP",
            FrameExclusion::Ties => " EXCLUDE TIES",
        })
    }
}
