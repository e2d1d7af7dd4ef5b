//! What of a damaged log comes behind its last good transaction.

use super::EventStore;
use crate::storage::error::Error;
use crate::storage::log::LOG;
use crate::storage::log::reader::{LineReader, Next, to_u64};
use serde::Deserialize;

/// Lines that are described one by one.
const DESCRIBED: usize = 100;

/// What a log has behind its last good transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// The byte of the log where it begins.
    pub offset: u64,
    /// How many bytes it is.
    pub bytes: u64,
    /// How many lines, a last one without an end included.
    pub lines: u64,
    /// What the first of them say: `event 43, update of accounts`, or that they cannot be read.
    pub events: Vec<String>,
}

/// What a line says of itself, as far as it can be read; nothing of it is believed.
#[derive(Deserialize)]
struct Claim {
    event: u64,
    op: String,
    table: Option<String>,
}

impl EventStore {
    /// What is behind the last good transaction of a log that was opened damaged; nothing of one that
    /// is good.
    ///
    /// # Errors
    /// What the system says of the file.
    pub fn lost(&self) -> Result<Lost, Error> {
        let offset = self.published().index.end();
        let Some(log) = self.file() else { return Ok(Lost::default()) };
        let failed = || Error::io("read", self.directory.join(LOG));
        let size = log.size().map_err(failed())?;
        let mut lost = Lost { offset, bytes: size.saturating_sub(offset), ..Lost::default() };
        let mut reader = LineReader::new(log, offset, size);
        loop {
            let found = reader.advance().map_err(failed())?;
            if found == Next::End {
                return Ok(lost);
            }
            if lost.lines < to_u64(DESCRIBED) {
                let whole = (found == Next::Line).then(|| reader.line());
                let claim = whole.and_then(|line| serde_json::from_slice::<Claim>(line).ok());
                lost.events.push(claim.map_or("cannot be read".into(), |claim| claim.describe()));
            }
            lost.lines += 1;
        }
    }
}

impl Claim {
    fn describe(self) -> String {
        let table = self.table.map_or(String::new(), |table| format!(" of {table}"));
        format!("event {}, {}{table}", self.event, self.op)
    }
}
