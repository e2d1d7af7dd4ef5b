//! Statements that move in time: SET AS OF.

use super::moment::Moments;
use super::outcome::Outcome;
use super::{Error, Session};
use crate::language::ast::{At, Point};

impl Session {
    /// SET AS OF: every statement that names no moment reads at this one, until the next.
    pub(super) fn set_as_of(&mut self, at: &At) -> Result<Outcome, Error> {
        if self.transaction.is_some() {
            return Err(Error::Transaction {
                message: "a transaction is in the present; SET AS OF is not part of one".into(),
                help: Some("COMMIT or ROLLBACK ends it".into()),
            });
        }
        if at.point == Point::Latest {
            self.past = None;
            return Ok(Outcome::Done("reads the present".into()));
        }
        let event = Moments::new(&self.database).resolve(&at.as_of(false))?;
        self.past = Some(event);
        Ok(Outcome::Done(format!("reads the past, as of event {event}")))
    }
}
