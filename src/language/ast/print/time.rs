//! Moments, periods and what is about them as SQL.

use super::super::{
    AsOf, History, Point, Range, RangeEnd, RangeStart, ShowSubject, SnapshotName, SpannedPoint,
    Temporal,
};
use super::{QuotedName, part};
use std::fmt;

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Point::Event(event) => write!(f, "EVENT {event}"),
            Point::EventsBack(events) => write!(f, "EVENT -{events}"),
            Point::Transaction(transaction) => write!(f, "TX {transaction}"),
            Point::Start => f.write_str("START"),
            Point::Latest => f.write_str("LATEST"),
            Point::Timestamp(iso) => write!(f, "TIMESTAMP {}", QuotedName(iso)),
            Point::Tag(name) => write!(f, "TAG {}", QuotedName(name)),
            Point::Snapshot(SnapshotName::Number(number)) => write!(f, "SNAPSHOT {number}"),
            Point::Snapshot(SnapshotName::Name(name)) => write!(f, "SNAPSHOT {}", QuotedName(name)),
            Point::Phrase(words) => QuotedName(words).fmt(f),
            Point::Parameter { word: Some(word), name } => write!(f, "{word} {name}"),
            Point::Parameter { word: None, name } => name.fmt(f),
        }
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.before { "BEFORE" } else { "AS OF" }, self.point)
    }
}

impl fmt::Display for SpannedPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.point.fmt(f)
    }
}

impl fmt::Display for Temporal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Temporal::AsOf(as_of) => as_of.fmt(f),
            Temporal::From { from, to, .. } => write!(f, "FOR SYSTEM_TIME FROM {from} TO {to}"),
            Temporal::Between { from, to, .. } => {
                write!(f, "FOR SYSTEM_TIME BETWEEN {from} AND {to}")
            }
            Temporal::All { .. } => f.write_str("FOR SYSTEM_TIME ALL"),
        }
    }
}

/// Prints what stands behind a word: ` FROM EVENT 2 TO EVENT 4`, or nothing.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.start {
            Some(RangeStart::From(at)) if matches!(self.end, Some(RangeEnd::And(_))) => {
                write!(f, " BETWEEN {at}")?;
            }
            Some(RangeStart::From(at)) => write!(f, " FROM {at}")?,
            Some(RangeStart::Since(at)) => write!(f, " SINCE {at}")?,
            Some(RangeStart::After(at)) => write!(f, " AFTER {at}")?,
            None => {}
        }
        match &self.end {
            Some(RangeEnd::To(at)) => write!(f, " TO {at}"),
            Some(RangeEnd::And(at)) => write!(f, " AND {at}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HISTORY OF {}", self.table)?;
        part(f, "WHERE", self.filter.as_ref())?;
        self.range.fmt(f)?;
        part(f, "LIMIT", self.limit.as_ref())
    }
}

impl fmt::Display for ShowSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ShowSubject::Events => "EVENTS",
            ShowSubject::Snapshots => "SNAPSHOTS",
            ShowSubject::Tags => "TAGS",
        })
    }
}
