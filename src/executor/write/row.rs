//! A row on its way through the steps of a write, and what is wrong with it.

use super::super::Error;
use crate::types::{Row, RowId};
use std::collections::BTreeMap;

/// One row of a write, as the steps see it: triggers call its halves OLD and NEW.
#[derive(Clone, Debug, Default)]
pub struct WriteRow {
    /// Its number: of a row that is there its own; of a new one the number that it is given, if any.
    pub row: Option<RowId>,
    /// The number that a row which is there gets instead, if it gets another one.
    pub moved: Option<RowId>,
    /// What it is; `None` of one that is new.
    pub old: Option<Row>,
    /// What it becomes, each value as its column holds it; `None` of one that goes.
    pub new: Option<Row>,
    /// Which row of the statement's source it is, from 0.
    pub place: usize,
}

impl WriteRow {
    /// The row, of which nothing stays here.
    pub fn take(&mut self) -> WriteRow {
        let (old, new) = (self.old.take(), self.new.take());
        WriteRow { row: self.row, moved: self.moved, old, new, place: self.place }
    }

    /// The number that it has when it is written.
    pub fn number(&self) -> Option<RowId> {
        self.moved.or(self.row)
    }
}

/// The first thing that is wrong with each row of a batch, by the row's index there.
#[derive(Debug, Default)]
pub struct Failures(BTreeMap<usize, Error>);

impl Failures {
    /// Notes an error of a row, unless one is known already.
    pub fn note(&mut self, index: usize, error: Error) {
        self.0.entry(index).or_insert(error);
    }

    /// Whether something is wrong with a row.
    pub fn has(&self, index: usize) -> bool {
        self.0.contains_key(&index)
    }

    /// The first row that has an error, with the error.
    pub fn first(self) -> Option<(usize, Error)> {
        self.0.into_iter().next()
    }

    /// Takes the error of a row.
    pub fn take(&mut self, index: usize) -> Option<Error> {
        self.0.remove(&index)
    }
}
