//! Events read back from the log, each line checked again.

use crate::storage::error::{Error, Mismatch};
use crate::storage::event::{Event, Metadata};
use crate::storage::log::line::{self, Line, LineStamp, TableLookup};
use crate::storage::log::reader::NextLine;
use crate::storage::log::schema_rules::define;
use crate::storage::log::{LogLines, check_crc};
use crate::storage::store::damage::DamageState;
use crate::storage::store::links::Links;
use crate::types::{EventId, Period, Schema};
use std::sync::Arc;

/// The lines of a period, and the schema before it.
type LinesOfPeriod = (Box<dyn LogLines>, Schema);

/// The events of a period, read from the log.
#[derive(Debug)]
pub struct EventReader {
    /// Whom to tell of damage.
    damage: Arc<DamageState>,
    /// Absent where there is nothing to read, and after an error.
    reader: Option<Box<dyn LogLines>>,
    /// What kept the reading from beginning.
    failed: Option<Error>,
    tables: TableLookup,
    schema: Schema,
    /// The order of the lines, from where the first transaction begins of which that is known.
    links: Option<Links>,
    next: EventId,
    last: EventId,
}

impl EventReader {
    /// The events of a period that ends with the log or before: a reader that begins with its first
    /// line, the schema before it, and the chain where that is known. Without a reader there are none.
    pub(crate) fn new(
        damage: &Arc<DamageState>,
        period: Period,
        opened: Result<Option<LinesOfPeriod>, Error>,
        links: Option<Links>,
    ) -> EventReader {
        let (opened, failed) = match opened {
            Ok(opened) => (opened, None),
            Err(error) => (None, Some(error)),
        };
        let (reader, schema) = opened.unzip();
        EventReader {
            damage: Arc::clone(damage),
            reader,
            failed,
            tables: TableLookup::default(),
            schema: schema.unwrap_or_default(),
            links,
            next: period.first,
            last: period.last,
        }
    }

    fn advance(&mut self) -> Result<Option<Event>, Error> {
        if let Some(failed) = self.failed.take() {
            return Err(failed);
        }
        let Some(reader) = &mut self.reader else {
            return Ok(None);
        };
        let next = reader.advance()?;
        let decoded = match next {
            // The index has it, and it was there.
            NextLine::End => Err("the log ends before it".into()),
            NextLine::Line => check_crc(reader.line()).and_then(|()| {
                let line = line::parse(reader.line())?;
                if line.stamp.event != self.next {
                    let found = format!("event {} where {} belongs", line.stamp.event, self.next);
                    return Err(Mismatch::new(format!("event {}", self.next), found));
                }
                let event = line.event(&mut self.tables, &self.schema)?;
                define(&mut self.schema, event.id, &event.operation)
                    .map_err(|error| error.to_string())?;
                link(&mut self.links, &line, event.last.as_deref())?;
                Ok(event)
            }),
            NextLine::Unfinished | NextLine::TooLong => Err("the line is not finished".into()),
        };
        let damage = |mismatch: Mismatch| {
            let intact = "moments whose lines are good can be read".into();
            mismatch.at(reader.place(), self.next, intact)
        };
        let event = decoded.map_err(damage)?;
        self.next = event.id.next();
        Ok(Some(event))
    }
}

/// Holds a line against those before it, as far as they are known.
fn link(
    links: &mut Option<Links>,
    line: &Line<'_>,
    metadata: Option<&Metadata>,
) -> Result<(), Mismatch> {
    let LineStamp { event, tx, at, .. } = line.stamp;
    match (links.as_mut(), line.hash) {
        (Some(links), _) => {
            links.check(line)?;
            links.take(line, metadata)?;
        }
        (None, Some(hash)) => *links = Some(Links::after(hash, event, (tx, Some(at)))),
        (None, None) => {}
    }
    Ok(())
}

impl Iterator for EventReader {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Result<Event, Error>> {
        if self.next > self.last {
            return None;
        }
        let event = self.advance();
        let event = self.damage.note(event).transpose()?;
        if event.is_err() {
            (self.reader, self.last) = (None, EventId::START);
        }
        Some(event)
    }
}
