//! What a point means: the event that it is.

use crate::language::ast::{AsOf, Point};
use crate::planner::Error;
use crate::storage::{self, Database};
use crate::types::{DataType, EventId, Span, Timestamp, TxId, Value};

/// The event that a moment is.
///
/// # Errors
/// A moment beyond the head or before the start, a text that is no timestamp.
pub(super) fn resolve(database: &Database, as_of: &AsOf) -> Result<EventId, Error> {
    let head = database.head();
    let AsOf { point, before, span } = as_of;
    let event = match point {
        Point::Start => EventId::START,
        Point::Latest => head,
        Point::Event(number) if EventId(*number) <= head => EventId(*number),
        Point::Event(number) => {
            let message = format!("event {number} has not happened; the last is {head}");
            return Err(beyond_head(message, *span));
        }
        Point::EventsBack(events) => match head.0.checked_sub(*events) {
            Some(event) => EventId(event),
            None => {
                let message = format!("there are only {head} events to go back");
                return Err(Error::new("before-start", message, *span));
            }
        },
        Point::Transaction(number) => {
            let found = last_of(database, *number, *span)?;
            // What came before a transaction is what the one before it left.
            match number.checked_sub(1) {
                Some(number) if *before => return last_of(database, number, *span),
                _ => found,
            }
        }
        Point::Timestamp(text) => {
            let at = timestamp(text, *span)?;
            return at_time(database, at, *before, *span);
        }
        Point::Tag(_) | Point::Snapshot(_) | Point::Phrase(_) => {
            let message = format!("AS OF {point} is not supported yet");
            return Err(Error::new("unsupported", message, *span));
        }
    };
    match event.0.checked_sub(u64::from(*before)) {
        Some(event) => Ok(EventId(event)),
        None => Err(Error::new("before-start", "nothing is before the start", *span)),
    }
}

/// The last event of a transaction.
fn last_of(database: &Database, number: u64, span: Span) -> Result<EventId, Error> {
    let found = database.last_of(TxId(number)).map_err(|error| refused(&error, span))?;
    found.ok_or_else(|| {
        let last = database.last_tx();
        let message = format!("transaction {number} has not happened; the last is {last}");
        beyond_head(message, span)
    })
}

fn beyond_head(message: String, span: Span) -> Error {
    Error::new("beyond-head", message, span)
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

/// The last event of the newest transaction committed at a time or before, or only before.
fn at_time(database: &Database, at: Timestamp, before: bool, span: Span) -> Result<EventId, Error> {
    let at = Timestamp(at.0.saturating_sub(i64::from(before)));
    database.at_time(at).map_err(|error| refused(&error, span))
}

/// What storage says about the moment at a place.
fn refused(error: &storage::Error, span: Span) -> Error {
    Error::new(error.code(), error.to_string(), span)
}
