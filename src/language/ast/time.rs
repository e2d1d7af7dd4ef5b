//! Moments, periods, and the statements that are about them.

use super::super::{Keyword, ParameterName};
use super::{Expression, ObjectName};
use crate::types::Span;

/// What a user can write for a moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Point {
    /// `[EVENT] n`: the state after event n.
    Event(u64),
    /// `EVENT -k`: the state k events before the last one.
    EventsBack(u64),
    /// `TX n`: the state after transaction n.
    Transaction(u64),
    /// `START`: the empty database.
    Start,
    /// `LATEST`: the state after the last event.
    Latest,
    /// `TIMESTAMP 'iso'`: the state after the newest transaction of that time or before.
    Timestamp(String),
    /// `TAG 'name'` or `TAG name`: the point that the tag names.
    Tag(String),
    /// `SNAPSHOT n` or `SNAPSHOT 'name'`: the state that the snapshot holds.
    Snapshot(SnapshotName),
    /// A text by itself, `'5 minutes ago'`: a time in words, or an ISO one.
    Phrase(String),
    /// `EVENT $n`, `TAG $t`, `$p`: one of the others, as soon as the parameter has a value.
    Parameter {
        /// The word before it: EVENT, TX, TIMESTAMP, TAG, SNAPSHOT or none.
        word: Option<Keyword>,
        /// The parameter.
        name: ParameterName,
    },
}

/// How a snapshot is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotName {
    /// By its number.
    Number(u64),
    /// By the name it was given.
    Name(String),
}

/// `AS OF point` or `BEFORE point`: one moment at which tables are read.
#[derive(Clone, Debug)]
pub struct AsOf {
    /// The moment.
    pub point: Point,
    /// Whether BEFORE stood there: the last moment at which the point had not come.
    pub before: bool,
    /// Where it stands, from AS, BEFORE or FOR on.
    pub span: Span,
}

impl AsOf {
    /// Whether it is the present.
    pub fn is_latest(&self) -> bool {
        self.point == Point::Latest && !self.before
    }
}

/// Moments are equal wherever they stand.
impl PartialEq for AsOf {
    fn eq(&self, other: &AsOf) -> bool {
        self.point == other.point && self.before == other.before
    }
}

/// A point by itself, as behind TO and SINCE.
#[derive(Clone, Debug)]
pub struct SpannedPoint {
    /// The moment.
    pub point: Point,
    /// Where it stands.
    pub span: Span,
}

/// Points are equal wherever they stand.
impl PartialEq for SpannedPoint {
    fn eq(&self, other: &SpannedPoint) -> bool {
        self.point == other.point
    }
}

impl SpannedPoint {
    /// The moment that the point is (false), or the last one before it (true).
    pub fn as_of(&self, before: bool) -> AsOf {
        AsOf { point: self.point.clone(), before, span: self.span }
    }
}

/// When a table is read: at one moment, or over a period.
#[derive(Clone, Debug)]
pub enum Temporal {
    /// `AS OF point`, `BEFORE point`, `FOR SYSTEM_TIME AS OF point`.
    AsOf(AsOf),
    /// `FOR SYSTEM_TIME FROM point TO point`: the last one excluded.
    From {
        /// The first moment.
        from: SpannedPoint,
        /// The first moment that is none of the period.
        to: SpannedPoint,
        /// Where the clause stands.
        span: Span,
    },
    /// `FOR SYSTEM_TIME BETWEEN point AND point`: both included.
    Between {
        /// The first moment.
        from: SpannedPoint,
        /// The last moment.
        to: SpannedPoint,
        /// Where the clause stands.
        span: Span,
    },
    /// `FOR SYSTEM_TIME ALL`: every version that ever was.
    All {
        /// Where the clause stands.
        span: Span,
    },
}

impl Temporal {
    /// Where the clause stands.
    pub fn span(&self) -> Span {
        match self {
            Temporal::AsOf(as_of) => as_of.span,
            Temporal::From { span, .. }
            | Temporal::Between { span, .. }
            | Temporal::All { span } => *span,
        }
    }

    /// Whether it is the present, or a period that always ends there: tables are read by the names that
    /// they have now.
    pub fn ends_latest(&self) -> bool {
        match self {
            Temporal::AsOf(as_of) => as_of.is_latest(),
            Temporal::From { to, .. } | Temporal::Between { to, .. } => to.point == Point::Latest,
            Temporal::All { .. } => true,
        }
    }
}

/// Periods are equal wherever they stand.
impl PartialEq for Temporal {
    fn eq(&self, other: &Temporal) -> bool {
        match (self, other) {
            (Temporal::AsOf(a), Temporal::AsOf(b)) => a == b,
            (
                Temporal::From { from, to, .. },
                Temporal::From { from: other_from, to: other_to, .. },
            )
            | (
                Temporal::Between { from, to, .. },
                Temporal::Between { from: other_from, to: other_to, .. },
            ) => from == other_from && to == other_to,
            (Temporal::All { .. }, Temporal::All { .. }) => true,
            (
                Temporal::AsOf(_)
                | Temporal::From { .. }
                | Temporal::Between { .. }
                | Temporal::All { .. },
                _,
            ) => false,
        }
    }
}

/// A stretch of the log: which events HISTORY, EVENTS and REPLAY are about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Range {
    /// Where it begins: with the first event, where nothing says so.
    pub start: Option<RangeStart>,
    /// Where it ends: with the last event, where nothing says so.
    pub end: Option<RangeEnd>,
}

/// Where a stretch of the log begins.
#[derive(Clone, Debug, PartialEq)]
pub enum RangeStart {
    /// `FROM point` or `BETWEEN point`: with the first event there or after it.
    From(SpannedPoint),
    /// `SINCE point`: the same.
    Since(SpannedPoint),
    /// `AFTER point`: with the first event after it, which is what a consumer asks for by the last
    /// event that it has seen.
    After(SpannedPoint),
}

impl RangeStart {
    /// The point.
    pub fn at(&self) -> &SpannedPoint {
        match self {
            RangeStart::From(at) | RangeStart::Since(at) | RangeStart::After(at) => at,
        }
    }
}

/// Where a stretch of the log ends.
#[derive(Clone, Debug, PartialEq)]
pub enum RangeEnd {
    /// `TO point`: before it.
    To(SpannedPoint),
    /// `BETWEEN … AND point`: with it.
    And(SpannedPoint),
}

impl RangeEnd {
    /// The point.
    pub fn at(&self) -> &SpannedPoint {
        match self {
            RangeEnd::To(at) | RangeEnd::And(at) => at,
        }
    }
}

/// What EVENTS and REPLAY list.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSelection {
    /// Only the events of this table.
    pub table: Option<ObjectName>,
    /// Which of them.
    pub range: Range,
    /// LIMIT.
    pub limit: Option<Expression>,
}

/// `HISTORY [OF] table …`: every change of every matching row.
#[derive(Clone, Debug)]
pub struct History {
    /// The table.
    pub table: ObjectName,
    /// WHERE, true of a row's old or new values.
    pub filter: Option<Expression>,
    /// Which events.
    pub range: Range,
    /// LIMIT.
    pub limit: Option<Expression>,
    /// Where it stands, from HISTORY on.
    pub span: Span,
}

impl History {
    /// Whether it goes on up to the present, where it ends as `around` says where it does not say so: its
    /// table and the columns in its WHERE have the names of its end.
    pub fn ends_latest(&self, around: Option<&Temporal>) -> bool {
        match &self.range.end {
            Some(end) => end.at().point == Point::Latest,
            None => around.is_none_or(Temporal::ends_latest),
        }
    }
}

/// Histories are equal wherever they stand.
impl PartialEq for History {
    fn eq(&self, other: &History) -> bool {
        self.table == other.table
            && self.filter == other.filter
            && self.range == other.range
            && self.limit == other.limit
    }
}

/// What SHOW shows beside the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShowSubject {
    /// SHOW EVENTS: the log as rows.
    Events,
    /// SHOW SNAPSHOTS
    Snapshots,
    /// SHOW TAGS
    Tags,
}
