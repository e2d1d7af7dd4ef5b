//! UPDATE and DELETE: which rows, and what becomes of them.

use super::super::bind::Binder;
use super::super::expression::BoundExpression;
use super::super::from_clause::FromBinder;
use super::super::limits;
use super::super::logical::{ComputedColumn, Logical, LogicalJoin, LogicalKey, LogicalTable};

use super::super::plan::{Plan, TableLabel};
use super::super::scan_order::SeenOrder;
use super::super::scope::Scope;
use super::super::subquery::SubqueryBinder;
use super::super::surroundings::Surroundings;
use super::super::trigger::RowEvent;
use super::super::write_plan::{Write, WriteAction};
use super::super::{Error, Planning, TableSource, function_arguments, view_write};
use super::{assign, checks, columns, generated, returning};
use crate::language::ast::{
    Delete, Expression, Identifier, IndexHint, JoinKind, ObjectName, RowLimits, TableReference,
    Update,
};
use crate::types::{PseudoColumn, TableSchema};
use std::sync::Arc;

/// Plans an UPDATE.
pub(in super::super) fn update(update: &Update, planning: &mut Planning) -> Result<Write, Error> {
    let (name, assigned) = (&update.table, &update.assignments);
    if let Some(view) = view_write::target(name, RowEvent::Update, assigned, planning)? {
        return view_write::update(view, update, planning);
    }
    let surroundings = planning.surroundings().with(&update.with, planning);
    let (alias, index_hint) = (update.alias.as_ref(), update.index_hint.as_ref());
    let mut target = ChangeTarget::new(&update.table, alias, index_hint, planning)?;
    target.join(update.from.as_ref(), &surroundings, planning)?;
    let table = Arc::clone(&target.table);
    let mut assignments =
        assign::bind(&update.assignments, (&table, true), &target.scope, &surroundings, planning)?;
    target.filter(update.filter.as_ref(), &surroundings, planning)?;
    let rows = target.rows(&mut assignments, &update.limits, &surroundings, planning)?;
    let returning =
        returning::bind(&update.returning, &table, target.name, &surroundings, planning)?;
    let (slot, resolution) = (target.slot, update.resolution);
    let is_number = |(column, _): &(usize, BoundExpression)| *column >= table.columns.len();
    let number =
        assignments.iter().position(is_number).map(|at| Box::new(assignments.remove(at).1));
    let generated = generated::changed_by(&table, assignments.iter().map(|(column, _)| column))?;
    let defaults = columns::replacing_defaults(&table, resolution)?;
    let action = WriteAction::Update { rows, assignments, number };
    let (checks, present) = Default::default();
    let mut write =
        Write { table, slot, action, resolution, generated, checks, defaults, returning, present };
    write.checks = checks::bind(&write.table, |read| read.iter().any(|at| write.writes(*at)))?;
    Ok(write)
}

/// Plans a DELETE.
pub(in super::super) fn delete(delete: &Delete, planning: &mut Planning) -> Result<Write, Error> {
    if let Some(view) = view_write::target(&delete.table, RowEvent::Delete, &[], planning)? {
        return view_write::delete(view, delete, planning);
    }
    let surroundings = planning.surroundings().with(&delete.with, planning);
    let (alias, index_hint) = (delete.alias.as_ref(), delete.index_hint.as_ref());
    let mut target = ChangeTarget::new(&delete.table, alias, index_hint, planning)?;
    target.filter(delete.filter.as_ref(), &surroundings, planning)?;
    let table = Arc::clone(&target.table);
    let rows = target.rows(&mut [], &delete.limits, &surroundings, planning)?;
    let returning =
        returning::bind(&delete.returning, &table, target.name, &surroundings, planning)?;
    let (slot, action) = (target.slot, WriteAction::Delete { rows });
    let (resolution, generated, checks, defaults, present) = Default::default();
    Ok(Write { table, slot, action, resolution, generated, checks, defaults, returning, present })
}

/// The table that changes, joined with what the statement names besides.
struct ChangeTarget<'a> {
    table: Arc<TableSchema>,
    slot: usize,
    /// What the statement calls it.
    name: &'a Identifier,
    /// What names can mean: the table's columns first, whose identities are their indexes.
    scope: Scope,
    logical: Logical,
}

impl<'a> ChangeTarget<'a> {
    fn new(
        table: &'a ObjectName,
        alias: Option<&'a Identifier>,
        index_hint: Option<&IndexHint>,
        planning: &mut Planning,
    ) -> Result<ChangeTarget<'a>, Error> {
        let named = planning.looked_up(table)?;
        let source = planning.catalog.target(&named)?;
        let TableSource { slot, schema: table_schema, .. } = source.clone();
        planning.name_target(&table_schema);
        let name = alias.unwrap_or(table);
        let mut read = LogicalTable::new(source, TableLabel::default(), 0).hinted(index_hint)?;
        read.columns.push(table_schema.index_of(PseudoColumn::Row));
        read.seen = SeenOrder::Table;
        planning.record_table(table, table_schema.id);
        let scope =
            Scope::of(&name.name, &table_schema).recording(planning.references(), &table_schema);
        let logical = Logical::Table(Box::new(read));
        Ok(ChangeTarget { table: table_schema, slot, name, scope, logical })
    }

    /// Joins it with what FROM names.
    fn join<'q>(
        &mut self,
        from: Option<&'q TableReference>,
        surroundings: &Surroundings<'q>,
        planning: &mut Planning,
    ) -> Result<(), Error> {
        let Some(from) = from else { return Ok(()) };
        let scope = &mut self.scope;
        let binder =
            FromBinder::new(planning, scope, surroundings).beside(self.table.id, self.name);
        let right = Box::new(binder.bind_all(from)?);
        let left = Box::new(std::mem::replace(&mut self.logical, Logical::OneRow));
        let (kind, on) = (JoinKind::Cross, Vec::new());
        self.logical = Logical::Join(LogicalJoin { left, right, kind: kind.into(), on });
        Ok(())
    }

    /// Leaves out what a condition is not true of.
    fn filter(
        &mut self,
        filter: Option<&Expression>,
        surroundings: &Surroundings<'_>,
        planning: &mut Planning,
    ) -> Result<(), Error> {
        let mut conditions = Vec::new();
        if let Some(filter) = filter {
            let subqueries = Some(SubqueryBinder { planning, surroundings });
            let mut binder = Binder { subqueries, ..Binder::new(&self.scope, "WHERE") };
            conditions = binder.condition(filter)?.conjuncts();
        }
        let logical = std::mem::replace(&mut self.logical, Logical::OneRow);
        self.logical = function_arguments::place(logical, conditions)?;
        Ok(())
    }

    /// The plan of its rows: the table's columns in order, `_row`, and behind them what the new values
    /// read besides, which then read the plan's columns.
    fn rows(
        &mut self,
        assignments: &mut [(usize, BoundExpression)],
        limits: &RowLimits,
        surroundings: &Surroundings<'_>,
        planning: &mut Planning,
    ) -> Result<Plan, Error> {
        let mut output: Vec<usize> = (0..self.table.columns.len()).collect();
        output.push(self.table.index_of(PseudoColumn::Row));
        for (_, value) in &*assignments {
            value.for_each_column(&mut |column| {
                if !output.contains(&column) {
                    output.push(column);
                }
            });
        }
        let mut logical = std::mem::replace(&mut self.logical, Logical::OneRow);
        let mut columns: Vec<ComputedColumn> =
            output.iter().map(|column| self.handed_on(*column)).collect();
        let keys = self.keys(limits, &mut columns, surroundings, planning)?;
        logical = Logical::Project { input: Box::new(logical), columns };
        if !keys.is_empty() {
            logical = Logical::Sort { input: Box::new(logical), keys, first: None };
        }
        let RowLimits { limit, offset, .. } = limits;
        let bound = limits::bind(limit.as_ref(), offset.as_ref(), surroundings, planning)?;
        if let Some(limits) = bound {
            logical = Logical::Limit { input: Box::new(logical), limits };
        }
        logical.read_hidden_columns();
        assignments.iter_mut().for_each(|(_, value)| value.relocate(&output));
        Ok(planning.plan_of(logical, &output))
    }

    /// A column that comes out as it is.
    fn handed_on(&self, column: usize) -> ComputedColumn {
        let known = self.scope.known(column).expect("a name of the scope meant it");
        ComputedColumn { column, expression: known.bound() }
    }

    /// The keys of ORDER BY; what they are computed from comes out, too.
    fn keys(
        &self,
        limits: &RowLimits,
        columns: &mut Vec<ComputedColumn>,
        surroundings: &Surroundings<'_>,
        planning: &mut Planning,
    ) -> Result<Vec<LogicalKey>, Error> {
        let mut keys = Vec::with_capacity(limits.order_by.len());
        for item in &limits.order_by {
            let subqueries = Some(SubqueryBinder { planning: &mut *planning, surroundings });
            let mut binder = Binder { subqueries, ..Binder::new(&self.scope, "ORDER BY") };
            let key = binder.bind(&item.expression)?;
            let key = ComputedColumn::new(key, &mut planning.names);
            keys.push(LogicalKey::of(item, key.column));
            if columns.iter().all(|known| known.column != key.column) {
                columns.push(key);
            }
        }
        Ok(keys)
    }
}
