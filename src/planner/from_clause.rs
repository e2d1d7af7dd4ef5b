//! FROM: tables and joins, and which condition belongs where.
//!
//! Conditions are pushed down to the lowest operator that has all their columns; what a LEFT JOIN would change
//! by that stays above it. Expressions here read by the *scope's* positions; `into_plan` turns them into
//! positions of each operator's input, of which only needed columns come up.

use super::access;
use super::bind::Binder;
use super::coerce;
use super::expression::{BoundExpression, BoundKind, Comparison};
use super::plan::{Join, Plan};
use super::scope::Scope;
use super::{Catalog, Error, TableSource};
use crate::language::ast::{Identifier, JoinConstraint, JoinKind, TableReference, Temporal};
use crate::types::Period;
use std::collections::BTreeSet;
use std::ops::Range;

/// The tables of a FROM as a tree, with the conditions of each place.
pub(super) enum BoundFrom {
    /// A table: its source, its columns in the scope, what must be true of its rows.
    Table {
        source: TableSource,
        label: Option<String>,
        range: Range<usize>,
        filter: Vec<BoundExpression>,
    },
    /// A join: what must be true of a pair, and of what comes out.
    Join {
        left: Box<BoundFrom>,
        right: Box<BoundFrom>,
        kind: JoinKind,
        range: Range<usize>,
        on: Vec<BoundExpression>,
        above: Vec<BoundExpression>,
    },
}

/// A plan and the scope position of each of its columns.
pub(super) struct ScopedPlan {
    pub plan: Plan,
    pub layout: Vec<usize>,
}

/// Binds a FROM: its tree and the scope of its columns.
pub(super) fn bind(
    reference: &TableReference,
    statement: Option<&Temporal>,
    catalog: &mut dyn Catalog,
    scope: &mut Scope,
) -> Result<BoundFrom, Error> {
    match reference {
        TableReference::Table { name, temporal, alias } => {
            let temporal = temporal.as_ref().or(statement);
            let source = catalog.table(name, temporal)?;
            let called = alias.as_ref().unwrap_or(name);
            add_table(scope, called, &source)?;
            let range = scope.width() - source.schema.width()..scope.width();
            let label = (alias.is_some() || temporal.is_some()).then(|| {
                let alias = alias.iter().map(|alias| format!(" {}", alias.name));
                let when = temporal.map(|temporal| when(temporal, source.period));
                let parts = alias.chain(when);
                parts.fold(source.schema.name.clone(), |label, part| label + &part)
            });
            Ok(BoundFrom::Table { source, label, range, filter: Vec::new() })
        }
        TableReference::History { history, alias } => {
            let source = catalog.history(history, statement)?;
            let unnamed = Identifier { name: "history".into(), quoted: false, span: history.span };
            add_table(scope, alias.as_ref().unwrap_or(&unnamed), &source)?;
            let range = scope.width() - source.schema.width()..scope.width();
            let label =
                alias.as_ref().map(|alias| format!("{} {}", source.schema.name, alias.name));
            Ok(BoundFrom::Table { source, label, range, filter: Vec::new() })
        }
        TableReference::Join { left, kind, right, constraint } => {
            let first = scope.tables.len();
            let left = bind(left, statement, catalog, scope)?;
            let right = bind(right, statement, catalog, scope)?;
            let range = left.range().start..right.range().end;
            let on = match constraint {
                JoinConstraint::None => Vec::new(),
                JoinConstraint::On(condition) => {
                    let outer = std::mem::replace(&mut scope.hidden, first);
                    let mut binder = Binder { scope, aliases: &[], aggregates: None, clause: "ON" };
                    let bound = binder.condition(condition);
                    scope.hidden = outer;
                    bound?.conjuncts()
                }
                JoinConstraint::Using(columns) => {
                    using(scope, columns, &left.range(), &right.range())?
                }
            };
            let (left, right) = (Box::new(left), Box::new(right));
            Ok(BoundFrom::Join { left, right, kind: *kind, range, on, above: Vec::new() })
        }
    }
}

/// When a table is read, for its label: ` as of event 2`, ` for events 3 to 9`.
fn when(temporal: &Temporal, period: Period) -> String {
    let Period { first, last } = period;
    match temporal {
        Temporal::AsOf(_) => format!(" as of event {last}"),
        Temporal::All { .. } => " for all events".to_owned(),
        _ if first > last => " for no event".to_owned(),
        _ if first == last => format!(" for event {first}"),
        _ => format!(" for events {first} to {last}"),
    }
}

fn add_table(scope: &mut Scope, called: &Identifier, source: &TableSource) -> Result<(), Error> {
    if scope.table(&called.name).is_some() {
        let message = format!("two tables here are called \"{}\"", called.name);
        return Err(Error::new("ambiguous-table", message, called.span)
            .help(Some("give one of them an alias: AS x".into())));
    }
    scope.add(&called.name, &source.schema);
    Ok(())
}

/// The conditions of USING; the right columns of these names are merged into the left ones.
fn using(
    scope: &mut Scope,
    columns: &[Identifier],
    left: &Range<usize>,
    right: &Range<usize>,
) -> Result<Vec<BoundExpression>, Error> {
    let mut on = Vec::with_capacity(columns.len());
    for column in columns {
        let side = |range: &Range<usize>| {
            let found = scope.columns().find(|(position, _, candidate)| {
                range.contains(position) && candidate.name.eq_ignore_ascii_case(&column.name)
            });
            found.map(|(at, _, column)| BoundExpression::column(at, column.data_type)).ok_or_else(
                || {
                    let message =
                        format!("USING needs \"{}\" on both sides of the join", column.name);
                    Error::new("unknown-column", message, column.span)
                },
            )
        };
        let (a, b) = (side(left)?, side(right)?);
        if let BoundKind::Column(position) = b.kind {
            scope.merge(position);
        }
        on.push(coerce::compare(Comparison::Equal, a, b));
    }
    Ok(on)
}

impl BoundFrom {
    /// Its columns' positions in the scope.
    pub fn range(&self) -> Range<usize> {
        match self {
            BoundFrom::Table { range, .. } | BoundFrom::Join { range, .. } => range.clone(),
        }
    }

    /// Pushes a condition down as far as it may go.
    pub fn push_down(&mut self, condition: BoundExpression) {
        match self {
            BoundFrom::Table { filter, .. } => filter.push(condition),
            BoundFrom::Join { left, right, kind, on, above, .. } => {
                let constant = condition.is_constant();
                if !constant && within(&condition, &left.range()) {
                    left.push_down(condition);
                } else if *kind == JoinKind::Left {
                    above.push(condition);
                } else if !constant && within(&condition, &right.range()) {
                    right.push_down(condition);
                } else {
                    on.push(condition);
                }
            }
        }
    }

    /// Pushes the conditions of ON down as far as they may go.
    pub fn push_down_on(&mut self) {
        let BoundFrom::Join { left, right, kind, on, .. } = self else { return };
        for condition in std::mem::take(on) {
            let constant = condition.is_constant();
            if !constant && within(&condition, &right.range()) {
                right.push_down(condition);
            } else if !constant && *kind != JoinKind::Left && within(&condition, &left.range()) {
                left.push_down(condition);
            } else {
                on.push(condition);
            }
        }
        left.push_down_on();
        right.push_down_on();
    }

    /// The plan for these tables, with the columns that are `needed` above it.
    pub fn into_plan(self, needed: &BTreeSet<usize>) -> ScopedPlan {
        match self {
            BoundFrom::Table { source, label, range, filter } => {
                let wanted: Vec<usize> = range.clone().filter(|c| needed.contains(c)).collect();
                let layout = wanted.clone();
                let columns = wanted.into_iter().map(|column| column - range.start).collect();
                let filter = filter
                    .into_iter()
                    .map(|mut condition| {
                        condition.map_columns(&|column| column - range.start);
                        condition
                    })
                    .collect();
                ScopedPlan {
                    plan: Plan::Access(access::choose(&source, label, columns, filter)),
                    layout,
                }
            }
            BoundFrom::Join { left, right, kind, on, above, .. } => {
                let (left_range, right_range) = (left.range(), right.range());
                let mut below = needed.clone();
                for condition in on.iter().chain(&above) {
                    condition.for_each_column(&mut |column| {
                        below.insert(column);
                    });
                }
                let (left, right) = (left.into_plan(&below), right.into_plan(&below));
                let (mut equal, mut rest) = (Vec::new(), Vec::new());
                for condition in on {
                    match split_equal(condition, &left_range, &right_range) {
                        Ok((mut a, mut b)) => {
                            a.relocate(&left.layout);
                            b.relocate(&right.layout);
                            equal.push((a, b));
                        }
                        Err(condition) => rest.push(condition),
                    }
                }
                let mut layout = left.layout;
                layout.extend(right.layout);
                let condition = BoundExpression::all_of(rest).map(|mut condition| {
                    condition.relocate(&layout);
                    condition
                });
                let (left, right) = (Box::new(left.plan), Box::new(right.plan));
                let plan = Plan::Join(Join { left, right, kind, equal, condition });
                filtered(ScopedPlan { plan, layout }, above)
            }
        }
    }
}

/// The plan with a filter on top, if there are conditions.
pub(super) fn filtered(scoped: ScopedPlan, conditions: Vec<BoundExpression>) -> ScopedPlan {
    let ScopedPlan { plan, layout } = scoped;
    let plan = match BoundExpression::all_of(conditions) {
        None => plan,
        Some(mut predicate) => {
            predicate.relocate(&layout);
            Plan::Filter { input: Box::new(plan), predicate }
        }
    };
    ScopedPlan { plan, layout }
}

fn within(expression: &BoundExpression, range: &Range<usize>) -> bool {
    let mut inside = true;
    expression.for_each_column(&mut |column| inside = inside && range.contains(&column));
    inside
}

/// The sides of an equality between the two inputs of a join, or the condition as it was.
fn split_equal(
    condition: BoundExpression,
    left: &Range<usize>,
    right: &Range<usize>,
) -> Result<(BoundExpression, BoundExpression), BoundExpression> {
    match condition.kind {
        BoundKind::Compare(Comparison::Equal, a, b) if !a.is_constant() && !b.is_constant() => {
            if within(&a, left) && within(&b, right) {
                return Ok((*a, *b));
            }
            if within(&b, left) && within(&a, right) {
                return Ok((*b, *a));
            }
            let kind = BoundKind::Compare(Comparison::Equal, a, b);
            Err(BoundExpression { kind, data_type: condition.data_type })
        }
        _ => Err(condition),
    }
}
