//! The scrub: the log that opening did not read is read again, a bounded amount at a time.
//!
//! Each line is held against its checksum, against the line before it, and against its entry in the
//! index. How far it came is written in the catalog with the next checkpoint, so that a long log is
//! read once through in several sessions; it is a hint, and nothing is believed for it.

use super::reread::own_header;
use super::{EventStore, PublishedLog};
use crate::storage::error::{Error, Mismatch};
use crate::storage::log::reader::NextLine;
use crate::storage::log::{Locator, Log, LogLines, check_crc, line};
use crate::storage::store::index::{INDEX, start_of};
use crate::storage::store::links::Links;
use crate::storage::store::recovery::hash_of;
use crate::types::{EventId, TxId};
use std::sync::{MutexGuard, PoisonError};

/// How far the log was read again.
#[derive(Debug)]
pub(super) enum ScrubProgress {
    /// Not at all in this session: an earlier one came to this event.
    Begins(EventId),
    /// Up to the line that begins there.
    At { line: Locator, links: Box<Links> },
    /// To its end, or to where it is damaged.
    Ended,
}

impl EventStore {
    /// Reads on in the older log, about as many bytes as it is given; says whether there is more to
    /// read. After the end it is not read again while it is open.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where a line of the log is not what was written: then nothing is written
    /// to the database any more. [`Error::Projection`] where it is the index, [`Error::Io`] where
    /// one of them cannot be read; then the scrub has ended.
    pub fn scrub(&self, budget: u64) -> Result<bool, Error> {
        self.damage.note(self.scrub_on(budget))
    }

    /// The event that a scrub came to; 0 where none has begun, and after one that came to the end.
    pub(crate) fn scrubbed(&self) -> EventId {
        match &*self.scrubbing() {
            ScrubProgress::Begins(event) => *event,
            ScrubProgress::At { links, .. } => links.head,
            ScrubProgress::Ended => EventId::START,
        }
    }

    /// Begins where an earlier session came to.
    pub(crate) fn scrub_from(&self, event: EventId) {
        *self.scrubbing() = ScrubProgress::Begins(event);
    }

    fn scrubbing(&self) -> MutexGuard<'_, ScrubProgress> {
        // Whoever panicked there left it at its end.
        self.scrub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scrub_on(&self, budget: u64) -> Result<bool, Error> {
        let mut scrub = self.scrubbing();
        let before = std::mem::replace(&mut *scrub, ScrubProgress::Ended);
        let Some(log) = self.log().filter(|_| self.damage.found().is_none()) else {
            return Ok(false);
        };
        let (mut links, begin) = match before {
            ScrubProgress::Ended => return Ok(false),
            ScrubProgress::At { line, links } => (links, line),
            ScrubProgress::Begins(event) => self.begin_scrub(&*log, event)?,
        };
        let (head, end) = {
            let PublishedLog { index, .. } = &*self.published();
            (index.head(), index.end())
        };
        let mut reader = log.read(begin..end);
        while links.head < head && log.size_of(begin..reader.end()) < budget.max(1) {
            self.scrub_line(&mut *reader, &mut links)?;
        }
        if links.head < head {
            *scrub = ScrubProgress::At { line: reader.end(), links };
            return Ok(true);
        }
        Ok(false)
    }

    /// Reads the header, and finds where to begin.
    fn begin_scrub(&self, log: &dyn Log, event: EventId) -> Result<(Box<Links>, Locator), Error> {
        let (uuid, base, end, hint) = {
            let PublishedLog { index, .. } = &*self.published();
            let entry = index.entry(event)?.filter(|entry| entry.last);
            let end_of = |entry| Ok::<_, Error>((entry, index.end_of(event)?));
            let hint = entry.map(end_of).transpose()?;
            (*index.uuid(), index.base(), index.end(), hint)
        };
        let mut reader = log.read(log.start()..end);
        let header = own_header(&mut *reader, &uuid)?;
        if let Some((entry, end)) = hint
            && let Some(hash) = hash_of(log, &entry, end, event)?
        {
            return Ok((Box::new(Links::after(hash, event, (entry.tx, Some(entry.at)))), end));
        }
        let links = Links::after(header.previous_hash, base, (TxId(0), None));
        Ok((Box::new(links), reader.end()))
    }

    /// Reads the next line, and holds it against everything that is known of it.
    fn scrub_line(&self, reader: &mut dyn LogLines, links: &mut Links) -> Result<(), Error> {
        let event = links.next_event();
        let read = match reader.advance()? {
            NextLine::Line => check_crc(reader.line()).and_then(|()| {
                let line = line::parse(reader.line())?;
                links.check(&line)?;
                links.take(&line, line.metadata().as_ref())?;
                Ok(line)
            }),
            NextLine::End => Err("events are missing".into()),
            NextLine::Unfinished | NextLine::TooLong => Err("the line is not finished".into()),
        };
        let line = read.map_err(|mismatch: Mismatch| {
            let intact = "moments whose lines are good can be read".into();
            mismatch.at(reader.place(), event, intact)
        })?;
        let entry = self.published().index.entry(event)?;
        let agrees = entry.is_some_and(|entry| {
            (entry.line, entry.tx, entry.at) == (reader.begin(), line.stamp.tx, line.stamp.at)
                && entry.last == line.hash.is_some()
                && entry.hash == start_of(line.hash.as_ref())
                && entry.operation_name() == line.operation_name()
        });
        if agrees {
            return Ok(());
        }
        let file = self.directory.join(INDEX);
        let reason = format!("its entry of event {event} says otherwise than the log");
        Err(Error::Projection { file, reason })
    }
}
