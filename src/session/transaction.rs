//! Transactions: what one says of itself, how it begins, and how it ends.

use super::cache::PlanCache;
use super::changed::Changed;
use super::savepoint::Savepoints;
use super::staged::StagedEvents;
use super::{Error, Outcome, PendingStatement, Receipt, Session};
use crate::executor::{self, CheckedConstraints, Enforcement};
use crate::language::Parameters;
use crate::language::ast::{ActorSetting, Annotations};
use crate::storage::{self, Change, CommittedTransaction, Database, Fork, Metadata, TextDigest};
use crate::types::{Name, Schema, TxId};
use std::sync::Arc;

/// An open transaction.
#[derive(Debug)]
pub(super) struct OpenTransaction {
    pub fork: Fork,
    pub state: TransactionState,
    pub savepoints: Savepoints,
}

/// What a transaction says of itself, and what it was asked to do so far.
#[derive(Debug)]
pub(super) struct TransactionState {
    metadata: Metadata,
    /// Kept of one that has an identity: a retry is known by the same text.
    text: Option<Box<TextDigest>>,
    /// Whether it has read what was there when it began: then nothing may have changed since, once it
    /// writes.
    has_read: bool,
    /// Whether foreign keys that say nothing of it were deferred in it.
    has_deferred: bool,
}

impl TransactionState {
    /// Notes a statement of it, with the values of its parameters.
    pub fn note(&mut self, text: &str, parameters: &Parameters) {
        let Some(digest) = &mut self.text else { return };
        digest.add(text.trim().trim_end_matches(';').trim_end());
        for (name, value) in parameters.named_in(text) {
            digest.add(&format!("{name} = {value}"));
        }
    }

    /// Notes which constraints a write of it held.
    pub fn note_enforcement(&mut self, enforcement: Enforcement) {
        self.has_deferred |= enforcement.defer_foreign_keys;
    }

    /// Says that it takes back an earlier one, as far as it does not say why itself.
    pub fn takes_back(&mut self, tx: TxId) {
        let Metadata { intent, note, reverts, .. } = &mut self.metadata;
        intent.get_or_insert_with(|| "Undo".to_owned());
        note.get_or_insert_with(|| format!("takes back transaction {tx}"));
        reverts.push(tx);
    }

    /// Whether it is an event even where it changes nothing.
    fn is_event(&self) -> bool {
        self.metadata.id.is_some()
    }

    /// All of it.
    pub fn finish(self) -> Metadata {
        Metadata { digest: self.text.map(|text| text.finish()), ..self.metadata }
    }
}

impl Session {
    /// Lets everything from now on be done by somebody, as far as statements do not say who; SET ACTOR
    /// = DEFAULT comes back to it.
    pub fn act_as(&mut self, actor: Option<String>) {
        self.first_actor.clone_from(&actor);
        self.actor = actor;
    }

    /// SET ACTOR.
    pub(super) fn set_actor(&mut self, setting: &ActorSetting) -> Outcome {
        self.actor = match setting {
            ActorSetting::Name(actor) => Some(actor.clone()),
            ActorSetting::Nobody => None,
            ActorSetting::Default => self.first_actor.clone(),
        };
        Outcome::Done(match &self.actor {
            Some(actor) => format!("acts as {actor}"),
            None => "acts as nobody".to_owned(),
        })
    }

    /// What a transaction says that is annotated so.
    pub(super) fn state(&self, annotations: &Annotations) -> TransactionState {
        let Annotations { intent, actor, note, id, span: _ } = annotations.clone();
        let text = id.as_ref().map(|_| Box::default());
        let actor = actor.or_else(|| self.actor.clone());
        let metadata = Metadata { intent, actor, note, id, ..Metadata::default() };
        TransactionState { metadata, text, has_read: false, has_deferred: false }
    }

    /// What a transaction says that is one statement. Those that share a plan say nothing.
    pub(super) fn state_of(&self, pending: &PendingStatement) -> TransactionState {
        match pending {
            PendingStatement::Parsed { statement, text } => {
                let mut state =
                    self.state(statement.annotations().unwrap_or(&Annotations::default()));
                state.note(text, &self.parameters);
                state
            }
            PendingStatement::Shared { .. } => self.state(&Annotations::default()),
        }
    }

    /// Does what a statement says in the open transaction, which stays as it was if that fails.
    pub(super) fn change_transaction(
        &mut self,
        transaction: &mut OpenTransaction,
        pending: PendingStatement,
    ) -> Result<Changed, Error> {
        let text = pending.text();
        if let PendingStatement::Parsed { statement, .. } = &pending {
            check_annotations(statement.annotations())?;
        }
        let changed = self.change_fork(&mut transaction.fork, pending)?;
        transaction.state.note_enforcement(self.enforcement());
        transaction.state.note(text, &self.parameters);
        Ok(changed)
    }

    /// Records what is no change of rows: in the open transaction, or in one of its own, which says this of
    /// itself.
    ///
    /// # Errors
    /// `transaction` of annotations inside of one; `read-only`, `busy`, `damaged` and `poisoned` where nothing
    /// can be written.
    pub(super) fn record_changes(
        &mut self,
        (annotations, text): (&Annotations, &str),
        mut receipt: Receipt,
        changes: impl FnOnce(&Schema) -> Vec<Change>,
    ) -> Result<Outcome, Error> {
        if let Some(transaction) = &self.transaction {
            check_annotations(Some(annotations))?;
            self.check_place(&transaction.fork, false)?;
        }
        if let Some(transaction) = &mut self.transaction {
            let changes = changes(transaction.fork.view().schema());
            receipt.events = transaction.fork.record(changes)?;
            transaction.state.note(text, &self.parameters);
            return Ok(Outcome::Changed(receipt));
        }
        let mut fork = self.database.begin()?;
        let changes = changes(fork.view().schema());
        receipt.events = fork.record(changes)?;
        let mut state = self.state(annotations);
        state.note(text, &self.parameters);
        let committed = self.database.commit(fork, state.finish())?;
        receipt.committed = committed.map(|committed| (committed.first, committed.last));
        Ok(Outcome::Changed(receipt))
    }

    /// BEGIN.
    pub(super) fn begin(
        &mut self,
        is_immediate: bool,
        annotations: &Annotations,
    ) -> Result<Outcome, Error> {
        match is_immediate {
            true => self.check_changeable()?,
            false => self.check_present()?,
        }
        if self.transaction.is_some() {
            return Err(already_open());
        }
        let fork = self.begin_deferred()?;
        let state = self.state(annotations);
        self.transaction = Some(OpenTransaction { fork, state, savepoints: Savepoints::default() });
        Ok(Outcome::Done("began a transaction".into()))
    }

    /// COMMIT. What a deferred constraint refuses stays open and can be mended; what storage refuses is over,
    /// since it could never be written here: another came before it, or nothing can be written any more.
    pub(super) fn commit(&mut self) -> Result<Outcome, Error> {
        if self.transaction.as_ref().is_some_and(|open| open.state.is_event()) {
            self.database.store().check_writable()?;
        }
        if let Some(open) = &self.transaction {
            self.check_deferred(&open.fork, open.state.has_deferred)?;
        }
        let OpenTransaction { fork, state, savepoints: _ } =
            self.transaction.take().ok_or_else(|| not_open("COMMIT"))?;
        self.end_deferring();
        let committed = self.commit_fork(fork, state.finish())?;
        let events = committed.as_ref().map_or(0, CommittedTransaction::events);
        let committed = committed.map(|committed| (committed.first, committed.last));
        Ok(Outcome::Changed(Receipt {
            verb: "COMMIT",
            name: Name::default(),
            rows: 0,
            events,
            committed,
        }))
    }

    /// Asks what has to hold no sooner than now that a transaction ends, in which all foreign keys were
    /// deferred or those that say so.
    ///
    /// # Errors
    /// `foreign-key` where a deferred one does not hold; an open transaction stays open.
    pub(super) fn check_deferred(&self, fork: &Fork, were_all: bool) -> Result<(), Error> {
        if self.foreign_keys {
            let which = match were_all {
                true => CheckedConstraints::All,
                false => CheckedConstraints::Deferred,
            };
            executor::check_foreign_keys(fork, 0, which)?;
        }
        Ok(())
    }

    /// Notes that the open transaction, if there is one, has read something.
    pub(super) fn note_read(&mut self) {
        if let Some(transaction) = &mut self.transaction {
            transaction.state.has_read = true;
        }
    }

    /// A query of a table, where no transaction is open, is one by itself: with it ends what `PRAGMA
    /// defer_foreign_keys` put off.
    pub(super) fn end_reading(&mut self, outcome: &Outcome) {
        let is_of_table = matches!(outcome, Outcome::Rows(rows) if rows.as_of.is_some());
        if is_of_table && self.transaction.is_none() {
            self.end_deferring();
        }
    }

    /// Goes on in the same database opened again, with everything that was said to this session. An
    /// open transaction, which has written nothing yet, goes on from where that is by now.
    ///
    /// # Errors
    /// [`storage::Error::Stale`] where the open transaction has read what is no longer so: then the
    /// session stays where it is.
    pub fn go_on_in(&mut self, database: Arc<Database>) -> Result<(), Error> {
        self.settle()?;
        if let Some(transaction) = &mut self.transaction {
            let (base, head) = (transaction.fork.base(), database.head());
            if base != head && transaction.state.has_read {
                return Err(storage::Error::Stale { base, head }.into());
            }
            let view = database.latest()?;
            transaction.fork.move_to(view, head.next());
            transaction.savepoints.move_to(&transaction.fork);
        }
        database.memory().set_limit(self.database.memory().limit());
        self.database = database;
        self.cache = PlanCache::default();
        self.staged = StagedEvents::default();
        Ok(())
    }

    /// ROLLBACK.
    pub(super) fn rollback(&mut self) -> Result<Outcome, Error> {
        let dropped = self.transaction.take().ok_or_else(|| not_open("ROLLBACK"))?;
        self.end_deferring();
        let events = dropped.fork.events();
        let plural = if events == 1 { "" } else { "s" };
        Ok(Outcome::Done(format!("rolled back {events} event{plural}; nothing was written")))
    }

    /// Makes sure that VACUUM stands where SQLite takes it, so that a script which runs here runs there.
    ///
    /// # Errors
    /// `transaction` inside of one; `past` and `read-only` where nothing can be changed.
    pub(super) fn check_vacuum(&self) -> Result<(), Error> {
        if self.transaction.is_some() {
            let message = "VACUUM cannot stand inside a transaction".into();
            let help = Some("COMMIT or ROLLBACK ends it".into());
            return Err(Error::Transaction { message, help });
        }
        self.check_changeable()
    }
}

/// Refuses what a statement inside a transaction says of it.
pub(super) fn check_annotations(annotations: Option<&Annotations>) -> Result<(), Error> {
    if annotations.is_none_or(|annotations| *annotations == Annotations::default()) {
        return Ok(());
    }
    Err(Error::Transaction {
        message: "inside a transaction, WITH belongs to its BEGIN".into(),
        help: Some("write BEGIN WITH (intent = '…')".into()),
    })
}

/// The error of a second BEGIN.
pub(super) fn already_open() -> Error {
    Error::Transaction {
        message: "a transaction is already open".into(),
        help: Some("COMMIT or ROLLBACK ends it".into()),
    }
}

/// The error of an end without a beginning.
pub(super) fn not_open(verb: &str) -> Error {
    Error::Transaction {
        message: format!("{verb} without a transaction"),
        help: Some("BEGIN opens one; a statement by itself commits itself".into()),
    }
}
