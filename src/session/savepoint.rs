//! SAVEPOINT, RELEASE and ROLLBACK TO, by the rules of SQLite: a savepoint outside of a transaction begins
//! one, names hide those before them, and what is released or returned to takes those behind it along.

use super::transaction::{OpenTransaction, not_open};
use super::{Error, Outcome, Session};
use crate::language::ast::{Annotations, Identifier};
use crate::storage::{Fork, Savepoint};

/// The savepoints of a transaction, the newest last.
#[derive(Debug, Default)]
pub(super) struct Savepoints {
    all: Vec<NamedSavepoint>,
    /// Whether the first of them began the transaction, and its release commits it.
    began: bool,
}

#[derive(Debug)]
struct NamedSavepoint {
    name: String,
    savepoint: Savepoint,
}

impl Savepoints {
    /// Those of a transaction that a savepoint begins.
    pub fn beginning() -> Savepoints {
        Savepoints { all: Vec::new(), began: true }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Sets one where a fork is.
    pub fn set(&mut self, name: &Identifier, fork: &Fork) {
        let savepoint = fork.savepoint();
        self.all.push(NamedSavepoint { name: name.name.to_string(), savepoint });
    }

    /// Forgets one and those behind it; gives whether that ends the transaction, which is then to be
    /// committed, and as long as it is not they stay.
    ///
    /// # Errors
    /// `transaction` where there is none of the name.
    pub fn release(&mut self, name: &Identifier) -> Result<bool, Error> {
        let at = self.find(name)?;
        let ends = at == 0 && self.began;
        if !ends {
            self.all.truncate(at);
        }
        Ok(ends)
    }

    /// Takes a fork back to one, which stays, and forgets those behind it.
    ///
    /// # Errors
    /// `transaction` where there is none of the name.
    pub fn rollback_to(&mut self, name: &Identifier, fork: &mut Fork) -> Result<(), Error> {
        let at = self.find(name)?;
        self.all.truncate(at + 1);
        fork.rollback_to(&self.all[at].savepoint);
        Ok(())
    }

    /// The index of the newest of a name.
    fn find(&self, name: &Identifier) -> Result<usize, Error> {
        let is_it = |savepoint: &NamedSavepoint| savepoint.name.eq_ignore_ascii_case(&name.name);
        self.all.iter().rposition(is_it).ok_or_else(|| {
            let names: Vec<&str> = self.all.iter().map(|savepoint| &*savepoint.name).collect();
            Error::Transaction {
                message: format!("there is no savepoint \"{}\"", name.name),
                help: Some(match names.as_slice() {
                    [] => "SAVEPOINT name sets one".to_owned(),
                    names => format!("there are: {}", names.join(", ")),
                }),
            }
        })
    }

    /// Lets all of them be places of the same fork that went on from another view.
    pub fn move_to(&mut self, fork: &Fork) {
        self.all.iter_mut().for_each(|named| named.savepoint.move_to(fork));
    }
}

impl Session {
    /// How many savepoints the open transaction has.
    pub fn savepoints(&self) -> usize {
        self.transaction.as_ref().map_or(0, |open| open.savepoints.len())
    }

    /// SAVEPOINT.
    pub(super) fn savepoint(&mut self, name: &Identifier, text: &str) -> Result<Outcome, Error> {
        let begins = self.transaction.is_none();
        if begins {
            self.begin(false, &Annotations::default())?;
        }
        let Some(open) = &mut self.transaction else { return Err(not_open("SAVEPOINT")) };
        if begins {
            open.savepoints = Savepoints::beginning();
        }
        open.savepoints.set(name, &open.fork);
        open.state.note(text, &self.parameters);
        Ok(Outcome::Done(format!("set savepoint {}", name.name)))
    }

    /// RELEASE.
    pub(super) fn release(&mut self, name: &Identifier, text: &str) -> Result<Outcome, Error> {
        let Some(open) = &mut self.transaction else { return Err(not_open("RELEASE")) };
        if open.savepoints.release(name)? {
            return self.commit();
        }
        open.state.note(text, &self.parameters);
        Ok(Outcome::Done(format!("released savepoint {}", name.name)))
    }

    /// ROLLBACK TO.
    pub(super) fn rollback_to(&mut self, name: &Identifier, text: &str) -> Result<Outcome, Error> {
        let Some(open) = &mut self.transaction else { return Err(not_open("ROLLBACK TO")) };
        let OpenTransaction { fork, state, savepoints } = open;
        let before = fork.events();
        savepoints.rollback_to(name, fork)?;
        state.note(text, &self.parameters);
        let events = before - fork.events();
        let plural = if events == 1 { "" } else { "s" };
        Ok(Outcome::Done(format!("rolled back {events} event{plural} to savepoint {}", name.name)))
    }
}
