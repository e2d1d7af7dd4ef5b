//! Which event made an event happen.

use super::EventStore;
use crate::storage::error::Error;
use crate::types::{EventId, Period};

impl EventStore {
    /// The earlier event of its transaction whose trigger, handler or foreign key action made an event;
    /// `None` where somebody asked for it. Only the line of one that was made so is read.
    ///
    /// # Errors
    /// [`Error::Projection`] where the index is not what was written, [`Error::Corrupt`] where the log is
    /// not; [`Error::Io`] where one of them cannot be read.
    pub fn cause(&self, event: EventId) -> Result<Option<EventId>, Error> {
        let entry = self.published().index.entry(event)?;
        if !entry.is_some_and(|entry| entry.is_caused) {
            return Ok(None);
        }
        let found = self.read(Period::at(event)).next().transpose()?;
        Ok(found.and_then(|event| event.cause))
    }
}
