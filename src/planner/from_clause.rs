//! FROM: tables and joins become a logical plan, and their columns a scope.

use super::bind::Binder;
use super::coerce;
use super::expression::{BoundExpression, Comparison};
use super::logical::{ColumnNames, Logical, LogicalJoin, LogicalTable};
use super::scope::{Scope, ScopeColumn, ScopeRelation};
use super::{Catalog, Error, TableSource};
use crate::language::ast::{Identifier, JoinConstraint, JoinKind, TableReference, Temporal};
use crate::types::Period;

/// What a FROM is bound with.
pub(super) struct FromBinder<'a> {
    /// Knows the tables.
    pub catalog: &'a mut dyn Catalog,
    /// Gets the columns.
    pub scope: &'a mut Scope,
    /// Gives them their identities.
    pub names: &'a mut ColumnNames,
    /// The moment of every table that has none of its own.
    pub temporal: Option<&'a Temporal>,
}

impl FromBinder<'_> {
    /// Binds a table or a join.
    ///
    /// # Errors
    /// `unknown-table`, `ambiguous-table` for a name that two have, what the catalog says of moments,
    /// and of the conditions of joins what a [`Binder`] says.
    pub fn bind(&mut self, reference: &TableReference) -> Result<Logical, Error> {
        match reference {
            TableReference::Table { name, temporal, alias } => {
                let temporal = temporal.as_ref().or(self.temporal);
                let source = self.catalog.table(name, temporal)?;
                let label = (alias.is_some() || temporal.is_some()).then(|| {
                    let alias = alias.iter().map(|alias| format!(" {}", alias.name));
                    let when = temporal.map(|temporal| when(temporal, source.period));
                    let parts = alias.chain(when);
                    parts.fold(source.schema.name.clone(), |label, part| label + &part)
                });
                self.add(alias.as_ref().unwrap_or(name), source, label)
            }
            TableReference::History { history, alias } => {
                let source = self.catalog.history(history, self.temporal)?;
                let unnamed =
                    Identifier { name: "history".into(), quoted: false, span: history.span };
                let label =
                    alias.as_ref().map(|alias| format!("{} {}", source.schema.name, alias.name));
                self.add(alias.as_ref().unwrap_or(&unnamed), source, label)
            }
            TableReference::Join { left, kind, right, constraint } => {
                self.join(left, *kind, right, constraint)
            }
        }
    }

    /// A table under its name here.
    fn add(
        &mut self,
        called: &Identifier,
        source: TableSource,
        label: Option<String>,
    ) -> Result<Logical, Error> {
        if self.scope.relation(&called.name).is_some() {
            let message = format!("two tables here are called \"{}\"", called.name);
            return Err(Error::new("ambiguous-table", message, called.span)
                .help(Some("give one of them an alias: AS x".into())));
        }
        let schema = &source.schema;
        let first = self.names.add_all((0..schema.width()).map(|index| schema.name_of(index)));
        self.scope.relations.push(ScopeRelation::table(&called.name, schema, first));
        Ok(Logical::Table(LogicalTable::new(source, label, first)))
    }

    fn join(
        &mut self,
        left: &TableReference,
        kind: JoinKind,
        right: &TableReference,
        constraint: &JoinConstraint,
    ) -> Result<Logical, Error> {
        let first = self.scope.relations.len();
        let left = Box::new(self.bind(left)?);
        let right = Box::new(self.bind(right)?);
        let on = match constraint {
            JoinConstraint::None => Vec::new(),
            JoinConstraint::On(condition) => {
                let outer = std::mem::replace(&mut self.scope.hidden, first);
                let mut binder =
                    Binder { scope: self.scope, aliases: &[], aggregates: None, clause: "ON" };
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
