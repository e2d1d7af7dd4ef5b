//! FROM: tables and joins become a logical plan, and their columns a scope.

use super::bind::Binder;
use super::coerce;
use super::expression::{BoundExpression, Comparison};
use super::logical::{Logical, LogicalJoin, LogicalTable};
use super::query::{self, LogicalQuery, QueryColumn, Surroundings};
use super::scope::{Scope, ScopeColumn, ScopeRelation};
use super::subquery::SubqueryBinder;
use super::{Error, Planning, TableSource};
use crate::language::ast::{Identifier, JoinConstraint, JoinKind, Query, TableReference, Temporal};
use crate::types::{Period, Span, with_stack};

/// The most tables that one statement reads, those inside of its queries each time they are named.
const MAX_TABLES: usize = 1_000;

/// What a FROM is bound with.
pub(super) struct FromBinder<'a, 'q, 'p> {
    /// Knows the tables, and gives columns their identities.
    pub planning: &'a mut Planning<'p>,
    /// Gets the columns.
    pub scope: &'a mut Scope,
    /// What else names can mean, and when tables are read.
    pub surroundings: &'a Surroundings<'q>,
}

impl<'q> FromBinder<'_, 'q, '_> {
    /// Binds a table, a query or a join.
    ///
    /// # Errors
    /// `unknown-table`, `ambiguous-table` for a name that two have, what the catalog says of moments,
    /// and of conditions of joins and of queries what a [`Binder`] says.
    pub fn bind(&mut self, reference: &'q TableReference) -> Result<Logical, Error> {
        match reference {
            TableReference::Table { name, temporal, alias } => {
                let called = alias.as_ref().unwrap_or(name);
                if let Some((table, mut surroundings)) = self.surroundings.common_table(&name.name)
                {
                    surroundings.temporal = temporal.clone().or(surroundings.temporal);
                    return self.add_query(
                        &table.query,
                        &surroundings,
                        Some(called),
                        &table.columns,
                    );
                }
                let temporal = temporal.as_ref().or(self.surroundings.temporal.as_ref());
                let source = self.planning.catalog.table(name, temporal)?;
                let label = (alias.is_some() || temporal.is_some()).then(|| {
                    let alias = alias.iter().map(|alias| format!(" {}", alias.name));
                    let when = temporal.map(|temporal| when(temporal, source.period));
                    let parts = alias.chain(when);
                    parts.fold(source.schema.name.clone(), |label, part| label + &part)
                });
                self.add(called, source, label)
            }
            TableReference::History { history, alias } => {
                let temporal = self.surroundings.temporal.as_ref();
                let source = self.planning.catalog.history(history, temporal)?;
                let unnamed =
                    Identifier { name: "history".into(), quoted: false, span: history.span };
                let label =
                    alias.as_ref().map(|alias| format!("{} {}", source.schema.name, alias.name));
                self.add(alias.as_ref().unwrap_or(&unnamed), source, label)
            }
            TableReference::Query { query, alias } => {
                self.add_query(query, self.surroundings, alias.as_ref(), &[])
            }
            TableReference::Join { left, kind, right, constraint } => {
                self.join(left, *kind, right, constraint)
            }
        }
    }

    /// Makes sure that a name is no other's, and that there are not too many tables.
    fn check(&mut self, called: &Identifier) -> Result<(), Error> {
        self.planning.tables += 1;
        if self.planning.tables > MAX_TABLES {
            let message = format!("the statement reads more than {MAX_TABLES} tables");
            return Err(Error::new("nesting-limit", message, called.span));
        }
        if !called.name.is_empty() && self.scope.relation(&called.name).is_some() {
            let message = format!("two tables here are called \"{}\"", called.name);
            return Err(Error::new("ambiguous-table", message, called.span)
                .help(Some("give one of them an alias: AS x".into())));
        }
        Ok(())
    }

    /// A table under its name here.
    fn add(
        &mut self,
        called: &Identifier,
        source: TableSource,
        label: Option<String>,
    ) -> Result<Logical, Error> {
        self.check(called)?;
        let schema = &source.schema;
        let names = &mut self.planning.names;
        let first = names.add_all((0..schema.width()).map(|index| schema.name_of(index)));
        self.scope.relations.push(ScopeRelation::table(&called.name, schema, first));
        Ok(Logical::Table(LogicalTable::new(source, label, first)))
    }

    /// The answer of a query under its name here; `columns` are what its columns are called, if that
    /// is said.
    fn add_query(
        &mut self,
        query: &'q Query,
        surroundings: &Surroundings<'q>,
        called: Option<&Identifier>,
        columns: &[Identifier],
    ) -> Result<Logical, Error> {
        let unnamed = Identifier { name: String::new(), quoted: false, span: Span::default() };
        let called = called.unwrap_or(&unnamed);
        self.check(called)?;
        let LogicalQuery { logical, output } =
            with_stack(|| query::bind(query, surroundings, self.planning))?;
        if !columns.is_empty() && columns.len() != output.len() {
            let (names, have) = (columns.len(), output.len());
            let message = format!("{} has {have} columns and {names} names for them", called.name);
            return Err(Error::new("column-count", message, columns[0].span));
        }
        let column = |(index, column): (usize, QueryColumn)| ScopeColumn {
            name: columns.get(index).map_or(column.name, |name| name.name.clone()).into(),
            data_type: column.data_type,
            column: column.column,
            traits: column.traits,
            is_merged: false,
        };
        let columns = output.into_iter().enumerate().map(column);
        self.scope.relations.push(ScopeRelation::derived(&called.name, columns));
        Ok(logical)
    }

    fn join(
        &mut self,
        left: &'q TableReference,
        kind: JoinKind,
        right: &'q TableReference,
        constraint: &JoinConstraint,
    ) -> Result<Logical, Error> {
        let first = self.scope.relations.len();
        let left = Box::new(self.bind(left)?);
        let right = Box::new(self.bind(right)?);
        let on = match constraint {
            JoinConstraint::None => Vec::new(),
            JoinConstraint::On(condition) => {
                let outer = std::mem::replace(&mut self.scope.hidden, first);
                let (planning, surroundings) = (&mut *self.planning, self.surroundings);
                let subqueries = Some(SubqueryBinder { planning, surroundings });
                let mut binder = Binder { subqueries, ..Binder::new(self.scope, "ON") };
                let bound = binder.condition(condition);
                self.scope.hidden = outer;
                bound?.conjuncts()
            }
            JoinConstraint::Using(columns) => using(self.scope, columns, &left, &right)?,
        };
        Ok(Logical::Join(LogicalJoin { left, right, kind, on }))
    }
}

/// When a table is read, for its label: ` as of event 2`, ` for events 3 to 9`.
fn when(temporal: &Temporal, period: Period) -> String {
    let Period { first, last } = period;
    match temporal {
        Temporal::AsOf(_) => format!(" as of event {last}"),
        Temporal::All { .. } => " for all events".to_owned(),
        Temporal::From { .. } | Temporal::Between { .. } if first > last => {
            " for no event".to_owned()
        }
        Temporal::From { .. } | Temporal::Between { .. } if first == last => {
            format!(" for event {first}")
        }
        Temporal::From { .. } | Temporal::Between { .. } => {
            format!(" for events {first} to {last}")
        }
    }
}

/// The conditions of USING; the right columns of these names are merged into the left ones.
fn using(
    scope: &mut Scope,
    columns: &[Identifier],
    left: &Logical,
    right: &Logical,
) -> Result<Vec<BoundExpression>, Error> {
    let mut on = Vec::with_capacity(columns.len());
    for name in columns {
        let side = |side: &Logical| {
            let found = scope.columns().find(|(_, column)| {
                side.has(column.column) && column.name.eq_ignore_ascii_case(&name.name)
            });
            found.map(|(_, column)| column.clone()).ok_or_else(|| {
                let message = format!("USING needs \"{}\" on both sides of the join", name.name);
                Error::new("unknown-column", message, name.span)
            })
        };
        let (a, b): (ScopeColumn, ScopeColumn) = (side(left)?, side(right)?);
        scope.merge(b.column);
        on.push(coerce::compare(Comparison::Equal, a.bound(), b.bound()));
    }
    Ok(on)
}
