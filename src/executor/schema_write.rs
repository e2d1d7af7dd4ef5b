//! Changes of the schema, and the first rows of a table that a query fills.

use super::Error;
use super::constraint::schema_changes;
use super::evaluate::Context;
use super::input::PlanInput;
use super::write::{Demand, NoTriggers, Written, ask_rows, empty, write};
use crate::planner::{ColumnSource, InsertInput, SchemaPlan, Write, WriteAction};
use crate::storage::{self, Change, Fork, SchemaChange};
use crate::types::{ConstraintEdit, SchemaName};
use std::sync::Arc;

/// Does in a fork what a plan says of the schema. The inputs are what its query reads.
///
/// # Errors
/// As [`schema_changes`], and of the rows as [`write()`]. Then the fork is as it was.
pub fn write_schema(
    plan: &SchemaPlan,
    mut inputs: Vec<PlanInput>,
    fork: &mut Fork,
    context: Context,
) -> Result<Written, Error> {
    let changes = schema_changes(&plan.changes, plan.initial.as_ref(), &fork.view(), &context)?;
    let Some(rows) = &plan.rows else {
        // The views go before the fork changes, so that nothing has to be copied for them.
        drop(inputs);
        let (savepoint, first) = (fork.savepoint(), fork.events());
        if let Err(error) = record(changes, fork, &context) {
            fork.rollback_to(&savepoint);
            return Err(error);
        }
        return Ok(Written { events: fork.events() - first, ..Written::default() });
    };
    let mark = fork.savepoint();
    let first = fork.events();
    let home = changes.first().map_or(SchemaName::Main, SchemaChange::schema_name);
    fork.record(changes.into_iter().map(Change::Schema).collect())?;
    let created = fork.events() - first;
    let view = fork.view();
    let table = view.schema().within(home).table(&plan.name).cloned();
    let table = table.ok_or_else(|| storage::Error::invalid("the table was not created"))?;
    let slot = inputs.len();
    inputs.push(PlanInput::Table(view.table(&table)));
    drop(view);
    let columns = (0..table.columns.len()).map(ColumnSource::Input).collect();
    let input = InsertInput::Query(Box::new(rows.clone()));
    let action = WriteAction::Insert { input, columns, row: None, upserts: Vec::new() };
    let (resolution, generated, checks, defaults, returning) = Default::default();
    let present = Arc::default();
    let filling =
        Write { table, slot, action, resolution, generated, checks, defaults, returning, present };
    // As in SQLite, no count is of these rows.
    let context = context.counting(Arc::default());
    match write(&filling, inputs, fork, context, &NoTriggers) {
        Ok(written) => Ok(Written { events: created + written.events, ..written }),
        Err(error) => {
            fork.rollback_to(&mark);
            Err(error)
        }
    }
}

/// Records changes of the schema, each behind what becomes of rows before it and before what becomes of
/// them because of it.
fn record(changes: Vec<SchemaChange>, fork: &mut Fork, context: &Context) -> Result<(), Error> {
    for change in changes {
        if let SchemaChange::DropTable(table) = &change {
            empty(table, fork, context)?;
        }
        let demand = match &change {
            SchemaChange::AddColumn { table, column, constraints } => {
                let asks = column.generated.is_some() || !constraints.checks.is_empty();
                asks.then(|| (Arc::clone(table), Demand::LastColumn))
            }
            SchemaChange::AlterConstraint { table, edit, .. } => match **edit {
                ConstraintEdit::AddCheck(_) => Some((Arc::clone(table), Demand::LastCheck)),
                ConstraintEdit::SetNotNull { column, .. } => {
                    Some((Arc::clone(table), Demand::NotNull(column)))
                }
                ConstraintEdit::DropCheck(_)
                | ConstraintEdit::DropForeignKey(_)
                | ConstraintEdit::DropNotNull { .. } => None,
            },
            SchemaChange::CreateTable(_)
            | SchemaChange::DropTable(_)
            | SchemaChange::RestoreTable { .. }
            | SchemaChange::CreateIndex { .. }
            | SchemaChange::DropIndex { .. }
            | SchemaChange::DropColumn { .. }
            | SchemaChange::RenameColumn { .. }
            | SchemaChange::RenameTable { .. }
            | SchemaChange::CreateDefinition(_)
            | SchemaChange::DropDefinition(_)
            | SchemaChange::ReplaceDefinition { .. } => None,
        };
        let made = fork.record_one(Change::Schema(change), None)?;
        if let (Some((table, demand)), Some(cause)) = (demand, made) {
            ask_rows(&table, demand, cause, fork, context)?;
        }
    }
    Ok(())
}
