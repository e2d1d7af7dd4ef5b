//! What two points mean: a period in which rows are seen, or a range of events.
//!
//! A period of states begins with the state at its first point and ends with the one before its
//! second, or with the one there. A range of events begins with the first event at a point or after
//! it. So an event that a range has may have come before the state that a period begins with:
//!
//! ```text
//! TX 4 is           events 4, 5, 6
//! states            FROM TX 4    begins as event 6 left them    TO TX 4    ends as event 3 left them
//! events            FROM TX 4    begins with event 4            TO TX 4    ends with event 3
//! ```
//!
//! All that is said of states has to have happened. A range of events may lie ahead: behind the last
//! event there are none, and where it ends there, that is said.

use super::point::{PointResolver, ResolvedPoint};
use crate::language::ast::{Point, Range, RangeEnd, RangeStart, SpannedPoint, Temporal};
use crate::planner::Error;
use crate::types::{EventId, Period, Span};

/// A period that has no event and no state; `last` is the moment whose schema and log are looked at.
fn nothing(last: EventId) -> Period {
    Period { first: last.next(), last }
}

impl PointResolver<'_> {
    /// The period of states that a clause means; one that ends before it begins where it means none, as
    /// from a point to itself.
    ///
    /// # Errors
    /// As [`PointResolver::resolve`], and `empty-period` where the second point comes before the first.
    pub fn period(&self, temporal: &Temporal) -> Result<Period, Error> {
        let (from, to, before) = match temporal {
            Temporal::AsOf(as_of) => return Ok(Period::at(self.resolve(as_of)?)),
            Temporal::All { .. } => {
                return Ok(Period { first: EventId::START, last: self.head() });
            }
            Temporal::Between { from, to, .. } => (from, to, false),
            Temporal::From { from, to, .. } => (from, to, true),
        };
        let first = self.resolve(&from.as_of(false))?;
        let is_same = self.in_order((from, first), to)?;
        let last = match self.end(to, before)? {
            ResolvedPoint::At(last) => {
                Some(last).filter(|last| first <= *last && !(before && is_same))
            }
            ResolvedPoint::Ahead(error) => return Err(error),
            ResolvedPoint::BeforeStart(_) => None,
        };
        Ok(last.map_or(nothing(first), |last| Period { first, last }))
    }

    /// The events of a range, which ends with `last` where nothing says so.
    ///
    /// # Errors
    /// As [`PointResolver::place`], and `empty-period` where the second point comes before the first.
    pub fn events(&self, range: &Range, last: EventId) -> Result<Period, Error> {
        let first = self.start(range.start.as_ref())?;
        let is_same = match (&range.start, &range.end) {
            (Some(RangeStart::From(from) | RangeStart::Since(from)), Some(to)) => {
                self.in_order((from, first), to.at())? && matches!(to, RangeEnd::To(_))
            }
            // From what is not in the range to there is no step back.
            (Some(RangeStart::After(from)), Some(to)) => {
                self.in_order((from, first.before()), to.at())?
            }
            (None, _) | (_, None) => false,
        };
        let end = match &range.end {
            None => ResolvedPoint::At(last),
            Some(RangeEnd::To(at)) => self.end(at, true)?,
            Some(RangeEnd::And(at)) => self.end(at, false)?,
        };
        let last = match end {
            ResolvedPoint::At(event) => event,
            ResolvedPoint::BeforeStart(_) => EventId::START,
            ResolvedPoint::Ahead(error) => {
                let head = self.head();
                self.notice(format!("{error}: the range ends with event {head}"));
                head
            }
        };
        Ok(if first > last || is_same { nothing(last) } else { Period { first, last } })
    }

    /// The first event of a range, which may be the next that is to come.
    fn start(&self, start: Option<&RangeStart>) -> Result<EventId, Error> {
        let (at, before) = match start {
            None => return Ok(EventId::START.next()),
            Some(RangeStart::From(at) | RangeStart::Since(at)) => (at, true),
            Some(RangeStart::After(at)) => (at, false),
        };
        Ok(match self.place(&at.as_of(before))? {
            ResolvedPoint::At(event) => event.next(),
            ResolvedPoint::BeforeStart(_) => EventId::START.next(),
            ResolvedPoint::Ahead(_) => self.head().next(),
        })
    }

    /// The last event before a point, or there. LATEST, as an end, is behind the last event.
    fn end(&self, at: &SpannedPoint, before: bool) -> Result<ResolvedPoint, Error> {
        if at.point == Point::Latest {
            return Ok(ResolvedPoint::At(self.head()));
        }
        self.place(&at.as_of(before))
    }

    /// Makes sure that a point, where something begins with `first`, does not come behind another:
    /// nothing would lie between them, whatever happened. Gives whether they are the same time.
    fn in_order(
        &self,
        (from, first): (&SpannedPoint, EventId),
        to: &SpannedPoint,
    ) -> Result<bool, Error> {
        let wrong = |message: String| {
            let span = Span::new(from.span.start, to.span.end);
            let help = Some("the earlier point comes first".into());
            Err(Error::new("empty-period", message, span).help(help))
        };
        let times = (self.time_of(&from.point, from.span)?, self.time_of(&to.point, to.span)?);
        // No event may have come between two times: what counts is their order.
        if let (Some(first), Some(last)) = times {
            if last < first {
                return wrong(format!("the period ends at {last}, before it begins at {first}"));
            }
            return Ok(first == last);
        }
        if let ResolvedPoint::At(last) = self.place(&to.as_of(false))?
            && last < first.min(self.head())
        {
            let ends = format!("the period ends at event {last}");
            return wrong(format!("{ends}, before it begins at event {first}"));
        }
        Ok(false)
    }
}
