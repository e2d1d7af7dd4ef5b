//! Statements about moments: SET AS OF, TAG, SNAPSHOT.

use super::outcome::{self, Outcome, Receipt};
use super::{Error, Session};
use crate::language::ast::{Annotations, AsOf, Identifier, SpannedPoint};
use crate::planner;
use crate::storage::{Change, CommittedTransaction, Fork, Marker, Operation};
use crate::types::EventId;

impl Session {
    /// SET AS OF, SET BEFORE: every statement that names no moment reads at this one, until the next.
    pub(super) fn set_as_of(&mut self, as_of: &AsOf) -> Result<Outcome, Error> {
        if self.transaction.is_some() {
            return Err(Error::Transaction {
                message: "a transaction is in the present; SET AS OF is not part of one".into(),
                help: Some("COMMIT or ROLLBACK ends it".into()),
            });
        }
        if as_of.is_latest() {
            self.past = None;
            return Ok(Outcome::Done("reads the present".into()));
        }
        let event = self.catalog()?.resolver().resolve(as_of)?;
        self.past = Some(event);
        let inside = outcome::inside(&self.database, event)?;
        let inside = inside.map_or(String::new(), |tx| format!(" (inside transaction {tx})"));
        Ok(Outcome::Done(format!("reads the past, as of event {event}{inside}")))
    }

    /// TAG: a name for a point, by default for what is there now.
    pub(super) fn tag(
        &mut self,
        name: &Identifier,
        at: Option<&SpannedPoint>,
        annotations: &Annotations,
        text: &str,
    ) -> Result<Outcome, Error> {
        self.check_changeable()?;
        let at = match at {
            Some(at) => Some(self.catalog()?.resolver().resolve(&at.as_of(false))?),
            None => None,
        };
        self.check_tag(name)?;
        let change = Change::Tag { name: name.name.to_string(), at };
        let receipt = receipt("TAG", name.name.to_string(), None);
        self.record_changes((annotations, text), receipt, |_| vec![change])
    }

    /// Makes sure that no moment has this name, and none will get it by the open transaction.
    fn check_tag(&self, name: &Identifier) -> Result<(), Error> {
        let tags = self.database.store().tags();
        let tagged = tags.iter().find(|tag| tag.name == name.name).map(|tag| tag.event);
        let own = self.transaction.as_ref().map_or(&[][..], |open| Fork::operations(&open.fork));
        let own = own.iter().find_map(|operation| match operation {
            Operation::Marker(Marker::Tag { name: other, at }) if *other == name.name => Some(*at),
            Operation::Row(_) | Operation::Schema(_) | Operation::Marker(_) => None,
        });
        match tagged.or(own) {
            None => Ok(()),
            Some(event) => {
                let message = format!("\"{}\" is the name of event {event} already", name.name);
                Err(planner::Error::new("tag-exists", message, name.span)
                    .help(Some("a tag stays what it is; another name is free".into()))
                    .into())
            }
        }
    }

    /// SNAPSHOT: a file with everything that is there now.
    pub(super) fn snapshot(
        &mut self,
        name: Option<&Identifier>,
        annotations: &Annotations,
        text: &str,
    ) -> Result<Outcome, Error> {
        self.check_changeable()?;
        if self.transaction.is_some() {
            return Err(Error::Transaction {
                message: "a snapshot holds what is committed; SNAPSHOT is not part of a \
                          transaction"
                    .into(),
                help: Some("COMMIT or ROLLBACK ends it".into()),
            });
        }
        if let Some(name) = name {
            self.check_snapshot(name)?;
        }
        let mut state = self.state(annotations);
        state.note(text, &self.parameters);
        let name = name.map(|name| name.name.to_string());
        let (id, committed) = self.database.take_snapshot(name.clone(), state.finish())?;
        let name = name.map_or_else(|| id.to_string(), |name| format!("{id} {name}"));
        Ok(Outcome::Changed(receipt("SNAPSHOT", name, Some(ends(committed)))))
    }

    /// Makes sure that no snapshot has this name.
    fn check_snapshot(&self, name: &Identifier) -> Result<(), Error> {
        let markers = self.database.store().snapshot_markers();
        let Some(marker) = markers.iter().find(|m| m.name.as_deref() == Some(&*name.name)) else {
            return Ok(());
        };
        let message = format!("\"{}\" is the name of snapshot {} already", name.name, marker.id);
        let help = "another name is free, and SNAPSHOT without one gives a number".to_string();
        Err(planner::Error::new("snapshot-exists", message, name.span).help(Some(help)).into())
    }
}

/// The first and the last event of a commit.
fn ends(committed: CommittedTransaction) -> (EventId, EventId) {
    (committed.first, committed.last)
}

/// The receipt of one marker.
fn receipt(verb: &'static str, name: String, committed: Option<(EventId, EventId)>) -> Receipt {
    Receipt { verb, name: name.into(), rows: 0, events: 1, committed }
}
