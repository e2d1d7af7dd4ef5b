//! What a point means: the event that it is.
//!
//! Every way to write a moment ends in the number of an event. Times are looked up among the commits,
//! names among tags and snapshots; words for a time are read by `phrase`.

use super::{Session, phrase};
use crate::language::ast::{AsOf, At, Point, SnapshotName, Temporal};
use crate::planner::{Error, suggest};
use crate::storage::{self, Database};
use crate::types::{DataType, EventId, Period, Span, Timestamp, TxId, Value};
use std::cell::OnceCell;

/// The moments of one statement.
pub(super) struct Moments<'a> {
    database: &'a Database,
    now: OnceCell<Timestamp>,
}

impl<'a> Moments<'a> {
    /// Moments of this database.
    pub fn new(database: &'a Database) -> Moments<'a> {
        Moments { database, now: OnceCell::new() }
    }

    /// The time of the statement: however often it is asked for, the clock is looked at once.
    pub fn now(&self) -> Timestamp {
        *self.now.get_or_init(|| self.database.now())
    }

    /// The event that a moment is.
    ///
    /// # Errors
    /// A moment beyond the head or before the start, a name that nothing has, a text that is no time.
    pub fn resolve(&self, as_of: &AsOf) -> Result<EventId, Error> {
        let AsOf { point, before, span } = as_of;
        let event = match point {
            // What was there before a time, or before a transaction, is what the last one left.
            Point::Timestamp(text) => return self.at_time(timestamp(text, *span)?, as_of),
            Point::Phrase(text) => return self.at_time(self.phrase(text, *span)?, as_of),
            Point::Transaction(number) if *before && *number > 0 => {
                self.last_of(*number, *span)?;
                return self.last_of(*number - 1, *span);
            }
            Point::Transaction(number) => self.last_of(*number, *span)?,
            Point::Start => EventId::START,
            Point::Latest => self.database.head(),
            Point::Event(number) => self.event(*number, *span)?,
            Point::EventsBack(events) => self.back(*events, *span)?,
            Point::Tag(name) => self.tag(name, *span)?,
            Point::Snapshot(snapshot) => self.snapshot(snapshot, *span)?,
            Point::Parameter { name, .. } => {
                return Err(Error::new("unknown-parameter", name.has_no_value(), *span));
            }
        };
        match event.0.checked_sub(u64::from(*before)) {
            Some(event) => Ok(EventId(event)),
            None => Err(Error::new("before-start", "nothing was before the start", *span)
                .help(Some("AS OF START is the empty database".into()))),
        }
    }

    /// The period that a clause means; one that ends before it begins where it means no event, as
    /// from a point to itself.
    ///
    /// # Errors
    /// As [`Moments::resolve`], and two points in the wrong order.
    pub fn period(&self, temporal: &Temporal) -> Result<Period, Error> {
        let point = |at: &At| self.resolve(&at.as_of(false));
        match temporal {
            Temporal::AsOf(as_of) => Ok(Period::at(self.resolve(as_of)?)),
            Temporal::Between { from, to, .. } => {
                let (first, last) = (point(from)?, point(to)?);
                in_order(from, first, to, last)?;
                Ok(Period { first, last })
            }
            Temporal::From { from, to, .. } => {
                let (first, end) = (point(from)?, point(to)?);
                in_order(from, first, to, end)?;
                let nothing = Period { first: first.next(), last: first };
                Ok(if end == first { nothing } else { Period { first, last: end.before() } })
            }
            Temporal::All { .. } => {
                Ok(Period { first: EventId::START, last: self.database.head() })
            }
        }
    }

    /// The events from one point to another, both included: a transaction with its first event, a time
    /// with the first event after it. Without a point the first event, or the one given as `last`.
    ///
    /// # Errors
    /// As [`Moments::resolve`], and two points in the wrong order.
    pub fn events(
        &self,
        from: Option<&At>,
        to: Option<&At>,
        last: EventId,
    ) -> Result<Period, Error> {
        let first = match from {
            Some(from) if self.resolve(&from.as_of(false))? > EventId::START => {
                self.resolve(&from.as_of(true))?.next()
            }
            _ => EventId::START.next(),
        };
        let last = to.map_or(Ok(last), |to| self.resolve(&to.as_of(false)))?;
        // No event may have come between two times: what counts is their order.
        if let (Some(from), Some(to)) = (from, to)
            && self.resolve(&from.as_of(false))? > last
        {
            in_order(from, first, to, last)?;
        }
        Ok(Period { first, last })
    }

    fn event(&self, number: u64, span: Span) -> Result<EventId, Error> {
        let head = self.database.head();
        if EventId(number) <= head {
            return Ok(EventId(number));
        }
        let message = format!("event {number} has not happened; the last is {head}");
        Err(Error::new("beyond-head", message, span))
    }

    fn back(&self, events: u64, span: Span) -> Result<EventId, Error> {
        let head = self.database.head();
        head.0.checked_sub(events).map(EventId).ok_or_else(|| {
            let message = format!("there are only {head} events to go back");
            Error::new("before-start", message, span)
        })
    }

    /// The event that a tag names, in the spelling of the tag.
    fn tag(&self, name: &str, span: Span) -> Result<EventId, Error> {
        let (head, tags) = (self.database.head(), self.database.store().tags());
        // Between the sync and the publication the log is ahead of what can be seen.
        let seen = tags.iter().filter(|tag| tag.set_by <= head);
        if let Some(tag) = seen.clone().find(|tag| tag.name == name) {
            return Ok(tag.event);
        }
        let names = seen.map(|tag| tag.name.as_str());
        Err(Error::new("unknown-tag", format!("there is no tag \"{name}\""), span)
            .help(suggest(name, names)))
    }

    /// The event after which a snapshot shows the database: it stays one when the file is gone. Of
    /// several of one name it is the newest.
    fn snapshot(&self, snapshot: &SnapshotName, span: Span) -> Result<EventId, Error> {
        let snapshots = self.database.snapshots().map_err(|error| said(&error, span))?;
        let mut named = snapshots.iter().rev().filter(|known| match snapshot {
            SnapshotName::Number(number) => known.id == *number,
            SnapshotName::Name(name) => known.name.as_ref() == Some(name),
        });
        if let Some(found) = named.next() {
            return Ok(found.event);
        }
        let (message, help) = match snapshot {
            SnapshotName::Number(number) => {
                let last = snapshots.iter().map(|known| known.id).max();
                let last = last.map(|last| format!("the newest is snapshot {last}"));
                (format!("there is no snapshot {number}"), last)
            }
            SnapshotName::Name(name) => {
                let names = snapshots.iter().filter_map(|known| known.name.as_deref());
                (format!("there is no snapshot \"{name}\""), suggest(name, names))
            }
        };
        Err(Error::new("unknown-snapshot", message, span).help(help))
    }

    /// The last event of a transaction.
    fn last_of(&self, number: u64, span: Span) -> Result<EventId, Error> {
        let found = self.database.last_of(TxId(number)).map_err(|error| said(&error, span))?;
        found.ok_or_else(|| {
            let last = self.database.last_tx();
            let message = format!("transaction {number} has not happened; the last is {last}");
            Error::new("beyond-head", message, span)
        })
    }

    /// The last event of the newest transaction committed at a time or before, or only before.
    fn at_time(&self, at: Timestamp, as_of: &AsOf) -> Result<EventId, Error> {
        let failed = |error| said(&error, as_of.span);
        let last = self.database.committed_at(self.database.head()).map_err(failed)?;
        // A clock that was set back does not hide what was committed.
        if last.is_none_or(|last| at > last) && at > self.now() {
            let message = format!("{at} has not come yet");
            return Err(Error::new("beyond-head", message, as_of.span)
                .help(Some("AS OF LATEST reads the present".into())));
        }
        let at = Timestamp(at.0.saturating_sub(i64::from(as_of.before)));
        self.database.at_time(at).map_err(failed)
    }

    /// The point of the moment that has this name, if one has.
    fn named(&self, name: &str) -> Option<String> {
        let head = self.database.head();
        let is_tag = |tag: &storage::Tag| tag.name == name && tag.set_by <= head;
        let kind = if self.database.store().tags().iter().any(is_tag) {
            "TAG"
        } else {
            let snapshots = self.database.snapshots().ok()?;
            snapshots.iter().find(|snapshot| snapshot.name.as_deref() == Some(name))?;
            "SNAPSHOT"
        };
        Some(format!("{kind} {}", quoted(name)))
    }

    /// The time that words mean.
    fn phrase(&self, text: &str, span: Span) -> Result<Timestamp, Error> {
        phrase::read(text, || self.now()).ok_or_else(|| {
            let times = "write '5 minutes ago', 'yesterday 14:00' or '2026-11-22 15:40:00'";
            let named = self.named(text).map(|point| format!("write {point}"));
            let help = named.unwrap_or_else(|| times.into());
            Error::new("timestamp", format!("'{text}' is no time"), span).help(Some(help))
        })
    }
}

impl Session {
    /// The point of the moment that has this name, if one has: `TAG 'name'`.
    pub fn moment_named(&self, name: &str) -> Option<String> {
        Moments::new(&self.database).named(name)
    }
}

/// Makes sure that a period does not end before it begins: it would be empty whatever happened.
fn in_order(from: &At, first: EventId, to: &At, last: EventId) -> Result<(), Error> {
    if first <= last {
        return Ok(());
    }
    let message = format!("the period ends at event {last}, before it begins at event {first}");
    let span = Span::new(from.span.start, to.span.end);
    Err(Error::new("empty-period", message, span)
        .help(Some("the earlier point comes first".into())))
}

/// A text as SQL writes it.
pub(super) fn quoted(text: &str) -> String {
    Value::text(text).to_string()
}

/// What storage says, at the place of a moment.
fn said(error: &storage::Error, span: Span) -> Error {
    Error::new(error.code(), error.to_string(), span)
}

fn timestamp(text: &str, span: Span) -> Result<Timestamp, Error> {
    match DataType::Timestamp.accept(Value::text(text)) {
        Ok(Value::Timestamp(at)) => Ok(at),
        _ => {
            let help = "write it as '2026-11-22 15:40:00' (UTC) or with an offset";
            Err(Error::new("timestamp", format!("'{text}' is no timestamp"), span)
                .help(Some(help.into())))
        }
    }
}
