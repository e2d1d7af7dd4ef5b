//! What a query knows of those around it: a moment, the tables of WITH, the columns of outer queries.

use super::query::QueryColumn;
use super::subquery::{Outer, OuterScope};
use super::{Error, Planning};
use crate::language::ast::{CommonTable, Query, Temporal};
use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

/// What a query knows of those around it.
#[derive(Clone, Default)]
pub(super) struct Surroundings<'q> {
    /// The moment of every table that has none of its own.
    pub temporal: Option<Temporal>,
    /// The WITHs that stand around, the nearest last.
    withs: Vec<With<'q>>,
    /// What a subquery can read of the queries around it.
    pub outer: Option<Outer<'q>>,
    /// The table whose own rows a FROM may read: that of a recursive part, and of no query inside of it.
    pub recursion: Option<Rc<Recursion>>,
    /// The tables of WITH that are being bound.
    open: Vec<CommonTableKey>,
}

/// A WITH: its tables know each other.
#[derive(Clone)]
struct With<'q> {
    /// Which of the statement's, from 1.
    number: usize,
    tables: &'q [CommonTable],
    /// What they can read of outer queries.
    outer: Option<Outer<'q>>,
}

/// Which table of which WITH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CommonTableKey {
    with: usize,
    table: usize,
}

/// A table of WITH as a name found it.
pub(super) struct CommonTableReference<'q> {
    /// Which it is.
    pub key: CommonTableKey,
    /// What it is.
    pub table: &'q CommonTable,
    /// What its query knows, itself as one that is being bound included.
    pub surroundings: Surroundings<'q>,
    /// Whether it is being bound already.
    pub is_open: bool,
}

/// A recursive table while what reads it is bound.
#[derive(Debug)]
pub(super) struct Recursion {
    /// Its number in the statement, from 1.
    pub number: usize,
    /// Which table it is.
    pub key: CommonTableKey,
    /// Its columns.
    pub columns: Vec<QueryColumn>,
    /// How often the part that is bound now read it.
    pub reads: Cell<usize>,
}

impl<'q> Surroundings<'q> {
    /// Those of a statement in a trigger.
    pub fn within(outer: Option<&'q OuterScope<'q>>) -> Surroundings<'q> {
        Surroundings { outer: outer.map(Outer::of), ..Surroundings::default() }
    }

    /// Those of a query that nothing stands around, whose tables are read at this moment.
    pub fn at(temporal: Option<Temporal>) -> Surroundings<'q> {
        Surroundings { temporal, ..Surroundings::default() }
    }

    /// The table of WITH that a name means; the nearest of several.
    pub fn common_table(&self, name: &str) -> Option<CommonTableReference<'q>> {
        let found = self.withs.iter().enumerate().rev().find_map(|(index, with)| {
            let is_called = |table: &CommonTable| table.name.name.eq_ignore_ascii_case(name);
            Some((index, with, with.tables.iter().position(is_called)?))
        });
        let (index, with, table) = found?;
        let key = CommonTableKey { with: with.number, table };
        let is_open = self.open.contains(&key);
        let mut open = self.open.clone();
        open.push(key);
        let surroundings = Surroundings {
            temporal: self.temporal.clone(),
            withs: self.withs[..=index].to_vec(),
            outer: self.outer.and_then(|outer| outer.up_to(with.outer)),
            recursion: None,
            open,
        };
        Some(CommonTableReference { key, table: &with.tables[table], surroundings, is_open })
    }

    /// The same for a query inside of an expression.
    pub fn below<'o>(&self, outer: &'o OuterScope<'o>) -> Surroundings<'o>
    where
        'q: 'o,
    {
        let outer = Some(Outer::of(outer));
        Surroundings { outer, recursion: None, ..self.clone() }
    }

    /// The same for what knows nothing of the rows around it but OLD and NEW, if a trigger is around.
    pub fn without_outer_queries(&self) -> Surroundings<'q> {
        let outer = self.outer.and_then(Outer::up_to_trigger);
        Surroundings { outer, recursion: None, ..self.clone() }
    }

    /// The same for what a query has inside: most know nothing more.
    ///
    /// # Errors
    /// Those of the [`Catalog`] where there is no moment as its AS OF says.
    ///
    /// [`Catalog`]: super::Catalog
    pub fn inside(
        &self,
        query: &'q Query,
        planning: &mut Planning,
    ) -> Result<Cow<'_, Surroundings<'q>>, Error> {
        if query.with.is_empty() && query.as_of.is_none() && self.recursion.is_none() {
            return Ok(Cow::Borrowed(self));
        }
        let mut inside = self.with(&query.with, planning);
        if let Some(as_of) = &query.as_of {
            // Also where no table is read then.
            planning.catalog.check_moment(as_of)?;
            inside.temporal = Some(Temporal::AsOf(as_of.clone()));
        }
        Ok(Cow::Owned(inside))
    }

    /// The same for what knows the tables of a WITH, too.
    pub fn with(&self, tables: &'q [CommonTable], planning: &mut Planning) -> Surroundings<'q> {
        let mut inside = Surroundings { recursion: None, ..self.clone() };
        if !tables.is_empty() {
            planning.withs += 1;
            inside.withs.push(With { number: planning.withs, tables, outer: self.outer });
        }
        inside
    }

    /// The same for a part of a recursive table that reads what it has so far.
    pub fn recursive(&self, recursion: Rc<Recursion>) -> Surroundings<'q> {
        Surroundings { recursion: Some(recursion), ..self.clone() }
    }
}
