//! Events read back from the log, each line checked again.

use crate::storage::error::Error;
use crate::storage::event::Event;
use crate::storage::log::ledger::define;
use crate::storage::log::line::{self, Tables};
use crate::storage::log::reader::{LineReader, Next};
use crate::storage::log::{LOG, has_valid_crc};
use crate::types::{EventId, Period, Schema};
use std::path::{Path, PathBuf};

/// The events of a period, read from the file.
#[derive(Debug)]
pub struct Events {
    path: PathBuf,
    /// Absent where there is nothing to read, and after an error.
    reader: Option<LineReader>,
    /// What kept the reading from beginning.
    failed: Option<Error>,
    tables: Tables,
    schema: Schema,
    next: EventId,
    last: EventId,
}

impl Events {
    /// The events of a period that ends with the log or before: a reader that begins with its first
    /// line, and the schema before it. Without a reader there are none.
    pub(crate) fn new(
        directory: &Path,
        period: Period,
        opened: Result<Option<(LineReader, Schema)>, Error>,
    ) -> Events {
        let (opened, failed) = match opened {
            Ok(opened) => (opened, None),
            Err(error) => (None, Some(error)),
        };
        let (reader, schema) = opened.unzip();
        Events {
            path: directory.join(LOG),
            reader,
            failed,
            tables: Tables::default(),
            schema: schema.unwrap_or_default(),
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
        let next = reader.advance().map_err(Error::io("read", &self.path))?;
        let decoded = match next {
            // The index has it, and it was there.
            Next::End => Err("the log ends before it".into()),
            Next::Line if has_valid_crc(reader.line()) => line::parse(reader.line())
                .and_then(|line| line.event(&mut self.tables, &self.schema))
                .and_then(|event| {
                    define(&mut self.schema, event.id, &event.operation)
                        .map_err(|error| error.to_string())?;
                    let follows = event.id == self.next;
                    follows.then_some(event).ok_or_else(|| "the events are out of order".into())
                }),
            Next::Line | Next::Unfinished | Next::TooLong => Err("the line is damaged".into()),
        };
        let damage = |reason| Error::Corrupt {
            file: self.path.clone(),
            offset: reader.offset(),
            event: self.next,
            reason,
            intact: "the events around it are read without it".into(),
        };
        let event = decoded.map_err(damage)?;
        self.next = event.id.next();
        Ok(Some(event))
    }
}

impl Iterator for Events {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Result<Event, Error>> {
        if self.next > self.last {
            return None;
        }
        let event = self.advance().transpose()?;
        if event.is_err() {
            (self.reader, self.last) = (None, EventId::START);
        }
        Some(event)
    }
}
