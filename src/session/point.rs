//! What a point means: the event that it is.
//!
//! Every way to write a moment ends in the number of an event. Times are looked up among the commits,
//! names among tags and snapshots; words for a time are read by `phrase`, periods and ranges by
//! `period`.

use super::{Session, relative_time};
use crate::language::ast::{AsOf, Point, SnapshotName};
use crate::planner::{Error, suggest};
use crate::storage::{self, Database};
use crate::types::{DataType, EventId, Span, Timestamp, TxId, Value};
use std::cell::{OnceCell, RefCell};

/// The moments of one statement.
#[derive(Clone)]
pub(super) struct PointResolver<'a> {
    database: &'a Database,
    /// The last event that the session staged.
    staged: EventId,
    now: OnceCell<Timestamp>,
    /// Where to say what is to be said of what was resolved.
    notices: &'a RefCell<Vec<String>>,
}

/// Where a point lies.
pub(super) enum ResolvedPoint {
    /// After this event, which happened.
    At(EventId),
    /// Behind the last event, and what is said of it where it has to have happened.
    Ahead(Error),
    /// Before the empty database, and what is said of it where something has to have been there.
    BeforeStart(Error),
}

impl ResolvedPoint {
    /// The event.
    ///
    /// # Errors
    /// `beyond-head` and `before-start`: there is none.
    fn event(self) -> Result<EventId, Error> {
        match self {
            ResolvedPoint::At(event) => Ok(event),
            ResolvedPoint::Ahead(error) | ResolvedPoint::BeforeStart(error) => Err(error),
        }
    }
}

impl<'a> PointResolver<'a> {
    /// Moments of a session's database.
    pub fn new(session: &'a Session) -> PointResolver<'a> {
        let (database, notices) = (&*session.database, &session.notices);
        PointResolver { database, staged: session.staged(), now: OnceCell::new(), notices }
    }

    /// The time of the statement: however often it is asked for, the clock is looked at once.
    pub fn now(&self) -> Timestamp {
        *self.now.get_or_init(|| self.database.now())
    }

    /// When the last event was committed.
    fn last_commit(&self, span: Span) -> Result<Option<Timestamp>, Error> {
        self.database.committed_at(self.head()).map_err(|error| storage_error(&error, span))
    }

    /// The time that moments are counted from, which is after the last event whatever the clock says.
    fn present(&self, span: Span) -> Result<Timestamp, Error> {
        let after = self.last_commit(span)?.map(|last| Timestamp(last.0.saturating_add(1)));
        Ok(after.map_or(self.now(), |after| after.max(self.now())))
    }

    /// The last event.
    pub(super) fn head(&self) -> EventId {
        self.database.head_for(self.staged)
    }

    /// Something to be said beside the rows, once.
    pub(super) fn notice(&self, notice: String) {
        let mut notices = self.notices.borrow_mut();
        if !notices.contains(&notice) {
            notices.push(notice);
        }
    }

    /// The event that a moment is.
    ///
    /// # Errors
    /// `beyond-head` of a moment that has not come, `before-start` of one before the empty database,
    /// and as [`PointResolver::place`].
    pub fn resolve(&self, as_of: &AsOf) -> Result<EventId, Error> {
        self.place(as_of)?.event()
    }

    /// Where a moment lies.
    ///
    /// # Errors
    /// `unknown-tag` and `unknown-snapshot` of a name that nothing has, `timestamp` of a text that is
    /// no time, `unknown-parameter` of one without a value, `corrupt` and `io` where the log cannot be read.
    pub(super) fn place(&self, as_of: &AsOf) -> Result<ResolvedPoint, Error> {
        let AsOf { point, before, span } = as_of;
        // Moments are those of what is durable.
        self.database.settle(self.staged).map_err(|error| storage_error(&error, *span))?;
        let event = match point {
            // What was there before a time, or before a transaction, is what the last one left.
            Point::Timestamp(text) => return self.at_time(timestamp(text, *span)?, as_of),
            Point::Phrase(text) => return self.at_time(self.phrase(text, *span)?, as_of),
            Point::Transaction(number) => match self.last_of(*number, *span)? {
                None => return Ok(ResolvedPoint::Ahead(self.no_transaction(*number, *span))),
                Some(_) if *before && *number > 0 => {
                    let event = self.last_of(*number - 1, *span)?;
                    return Ok(ResolvedPoint::At(event.unwrap_or_default()));
                }
                Some(event) => event,
            },
            Point::Start => EventId::START,
            Point::Latest => self.head(),
            Point::Event(number) if EventId(*number) > self.head() => {
                let head = self.head();
                let message = format!("event {number} has not happened; the last is {head}");
                return Ok(ResolvedPoint::Ahead(Error::new("beyond-head", message, *span)));
            }
            Point::Event(number) => EventId(*number),
            Point::EventsBack(events) => match self.head().0.checked_sub(*events) {
                Some(event) => EventId(event),
                None => {
                    let message = format!("there are only {} events to go back", self.head());
                    let error = Error::new("before-start", message, *span);
                    return Ok(ResolvedPoint::BeforeStart(error));
                }
            },
            Point::Tag(name) => self.tag(name, *span)?,
            Point::Snapshot(snapshot) => self.snapshot(snapshot, *span)?,
            Point::Parameter { name, .. } => {
                return Err(Error::new("unknown-parameter", name.has_no_value(), *span));
            }
        };
        Ok(match event.0.checked_sub(u64::from(*before)) {
            Some(event) => ResolvedPoint::At(EventId(event)),
            None => {
                let error = Error::new("before-start", "nothing was before the start", *span)
                    .help(Some("AS OF START is the empty database".into()));
                ResolvedPoint::BeforeStart(error)
            }
        })
    }

    /// The time that a point is, if it is written as one.
    pub(super) fn time_of(&self, point: &Point, span: Span) -> Result<Option<Timestamp>, Error> {
        match point {
            Point::Timestamp(text) => timestamp(text, span).map(Some),
            Point::Phrase(text) => self.phrase(text, span).map(Some),
            Point::Event(_)
            | Point::EventsBack(_)
            | Point::Transaction(_)
            | Point::Start
            | Point::Latest
            | Point::Tag(_)
            | Point::Snapshot(_)
            | Point::Parameter { .. } => Ok(None),
        }
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

    /// The event after which a snapshot shows the database: it stays one when the file is gone.
    fn snapshot(&self, snapshot: &SnapshotName, span: Span) -> Result<EventId, Error> {
        let snapshots = self.database.snapshots();
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

    /// The last event of a transaction, if it has happened.
    fn last_of(&self, number: u64, span: Span) -> Result<Option<EventId>, Error> {
        self.database.last_of(TxId(number)).map_err(|error| storage_error(&error, span))
    }

    fn no_transaction(&self, number: u64, span: Span) -> Error {
        let last = self.database.last_tx();
        let message = format!("transaction {number} has not happened; the last is {last}");
        Error::new("beyond-head", message, span)
    }

    /// The last event of the newest transaction committed at a time or before, or only before.
    fn at_time(&self, at: Timestamp, as_of: &AsOf) -> Result<ResolvedPoint, Error> {
        let AsOf { before, span, .. } = as_of;
        let last = self.last_commit(*span)?;
        if last.is_none_or(|last| at > last) && at > self.present(*span)? {
            let message = format!("{at} has not come yet");
            let error = Error::new("beyond-head", message, *span)
                .help(Some("AS OF LATEST reads the present".into()));
            return Ok(ResolvedPoint::Ahead(error));
        }
        let at = Timestamp(at.0.saturating_sub(i64::from(*before)));
        self.database
            .at_time(at)
            .map(ResolvedPoint::At)
            .map_err(|error| storage_error(&error, *span))
    }

    /// The point of the moment that has this name, if one has.
    fn named(&self, name: &str) -> Option<String> {
        let head = self.database.head();
        let is_tag = |tag: &storage::TagMarker| tag.name == name && tag.set_by <= head;
        let kind = if self.database.store().tags().iter().any(is_tag) {
            "TAG"
        } else {
            let snapshots = self.database.snapshots();
            snapshots.iter().find(|snapshot| snapshot.name.as_deref() == Some(name))?;
            "SNAPSHOT"
        };
        Some(format!("{kind} {}", quoted(name)))
    }

    /// The time that words mean.
    fn phrase(&self, text: &str, span: Span) -> Result<Timestamp, Error> {
        let failed = OnceCell::new();
        let present = || {
            self.present(span).unwrap_or_else(|error| {
                failed.get_or_init(|| error);
                Timestamp(0)
            })
        };
        let read = relative_time::read(text, present);
        if let Some(error) = failed.into_inner() {
            return Err(error);
        }
        read.ok_or_else(|| {
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
        PointResolver::new(self).named(name)
    }
}

/// A text as SQL writes it.
pub(super) fn quoted(text: &str) -> String {
    Value::text(text).to_string()
}

/// What storage says, at the place of a moment.
fn storage_error(error: &storage::Error, span: Span) -> Error {
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
