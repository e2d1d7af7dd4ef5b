//! HISTORY, EVENTS and SHOW: all rows and columns of what the catalog made for them.

use super::bind::Binder;
use super::expression::BoundExpression;
use super::logical::{Logical, LogicalTable};
use super::plan::{AccessPath, Plan, QueryPlan, TableAccess, TableLabel};
use super::scope::Scope;
use super::{Error, TableSource, access, lower};
use crate::language::ast::Expression;
use crate::types::{EventId, Period, PseudoColumn, TableSchema};
use std::sync::Arc;

/// The query for all that a source has.
pub(super) fn all(source: TableSource) -> QueryPlan {
    let TableSource { slot, schema: table, .. } = source;
    let columns = table.columns.iter().map(|c| (c.name.clone(), c.data_type)).collect();
    let output = table.columns.len();
    let access = TableAccess {
        slot,
        label: TableLabel::default(),
        columns: (0..output).collect(),
        output,
        path: AccessPath::Scan,
        filter: None,
        order: Vec::new(),
        table,
    };
    QueryPlan { plan: Plan::Access(Arc::new(access)), columns }
}

/// The numbers of a table's rows for which a condition is true, found as a query finds them in whatever
/// fills the first slot; of the hidden columns the condition has `_row` alone.
///
/// # Errors
/// `unknown-column`, `unknown-function`, `function`, `type` and `misplaced-aggregate`, as in a WHERE.
pub fn row_numbers(table: &Arc<TableSchema>, filter: &Expression) -> Result<Plan, Error> {
    let period = Period::at(EventId::START);
    let schema = Arc::clone(table);
    let source = TableSource { slot: 0, schema, period, rows: 0, statistics: None };
    let (first, row) = (0, table.index_of(PseudoColumn::Row));
    let mut rows = LogicalTable::new(source, TableLabel::default(), first);
    rows.columns = vec![row];
    rows.conditions = condition(table, filter)?.conjuncts();
    access::choose(&mut rows);
    Ok(lower::query(Logical::Table(Box::new(rows)), &[row]))
}

/// A condition on rows of a table whatever the moment, by the columns' indexes.
fn condition(table: &Arc<TableSchema>, filter: &Expression) -> Result<BoundExpression, Error> {
    let scope = Scope::of(&table.name, table);
    let mut binder = Binder::new(&scope, "WHERE");
    let condition = binder.condition(filter)?;
    let mut hidden = None;
    condition.for_each_column(&mut |column| {
        hidden = hidden.or(table.pseudo(column).filter(|pseudo| *pseudo != PseudoColumn::Row));
    });
    match hidden {
        None => Ok(condition),
        Some(pseudo) => {
            let message = format!("{} is not known where a change is looked at", pseudo.name());
            Err(Error::new("unknown-column", message, filter.span)
                .help(Some("SELECT … FROM (HISTORY OF …) has columns for it".into())))
        }
    }
}

/// An expression over nothing, as behind LIMIT.
///
/// # Errors
/// `unknown-column` of any name in it, `unknown-function`, `function`, `type`.
pub fn constant(expression: &Expression) -> Result<BoundExpression, Error> {
    let scope = Scope::default();
    Binder::new(&scope, "LIMIT").bind(expression)
}
