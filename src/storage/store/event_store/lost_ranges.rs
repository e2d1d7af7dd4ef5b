//! What of a damaged log cannot be read.

use super::EventStore;
use crate::storage::error::Error;
use crate::storage::log::reader::{NextLine, to_u64};
use crate::storage::log::{Locator, Log, has_valid_crc};
use crate::types::Period;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines that are described one by one.
const DESCRIBED: usize = 100;

/// A part of a log that is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LostRange {
    /// The events of which is known what they led to, and no more; `None` behind all that is good.
    pub events: Option<Period>,
    /// The byte of the log where it begins.
    pub offset: u64,
    /// How many bytes it is.
    pub bytes: u64,
    /// How many lines, a last one without an end included.
    pub lines: u64,
    /// What the first of them say: `event 43, update of accounts`, or that they cannot be read.
    pub described: Vec<String>,
    /// How many lines say that they are about a row of each table.
    pub rows: BTreeMap<String, u64>,
}

/// What a line says of itself whose checksum is right; nothing else of it is known to be.
#[derive(Deserialize)]
struct LineClaim {
    event: u64,
    op: String,
    table: Option<String>,
    row: Option<u64>,
}

impl EventStore {
    /// What cannot be read of a log that was opened damaged, in order; nothing of one that is good.
    ///
    /// # Errors
    /// [`Error::Io`] where the log cannot be read.
    pub fn lost_ranges(&self) -> Result<Vec<LostRange>, Error> {
        let end = self.published().index.end();
        let is_damaged = self.damage.found().is_some();
        let Some(log) = self.log().filter(|_| is_damaged) else { return Ok(Vec::new()) };
        let log_end = log.end()?;
        let gaps = self.gaps.iter().map(|gap| (Some(gap.events), gap.part.clone()));
        let behind = (log_end > end).then_some((None, end..log_end));
        let parts = gaps.chain(behind);
        parts.map(|(events, part)| LostRange::describe(&*log, events, part)).collect()
    }
}

impl LostRange {
    /// Reads what the lines of a part of a log say.
    fn describe(
        log: &dyn Log,
        events: Option<Period>,
        part: Range<Locator>,
    ) -> Result<LostRange, Error> {
        let (offset, bytes) = (log.place(part.start).offset, log.size_of(part.clone()));
        let mut lost = LostRange { events, offset, bytes, ..LostRange::default() };
        let mut reader = log.read(part);
        loop {
            let found = reader.advance()?;
            if found == NextLine::End {
                return Ok(lost);
            }
            let is_good = found == NextLine::Line && has_valid_crc(reader.line());
            let whole = is_good.then(|| reader.line());
            let claim = whole.and_then(|line| serde_json::from_slice::<LineClaim>(line).ok());
            if let Some(LineClaim { table: Some(table), row: Some(_), .. }) = &claim {
                *lost.rows.entry(table.clone()).or_default() += 1;
            }
            if lost.lines < to_u64(DESCRIBED) {
                lost.described.push(claim.map_or("cannot be read".into(), LineClaim::describe));
            }
            lost.lines += 1;
            if found == NextLine::TooLong {
                // Whatever is behind it is no line that anybody wrote.
                return Ok(lost);
            }
        }
    }
}

impl LineClaim {
    fn describe(self) -> String {
        let table = self.table.map_or(String::new(), |table| format!(" of {table}"));
        format!("event {}, {}{table}", self.event, self.op)
    }
}
