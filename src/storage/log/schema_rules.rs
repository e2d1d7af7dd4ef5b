//! What may follow from a schema: which definitions and changes of them are sound.
//!
//! Whoever reads a definition back asks the same as whoever makes one, so that what was accepted can be
//! read again.

use super::values::push_columns;
use crate::storage::error::Error;
use crate::storage::event::{Marker, Operation};
use crate::storage::{Dropped, SchemaChange};
use crate::types::{
    AddedConstraints, Column, ColumnId, DataType, Definition, DefinitionKind, EventId, KeyId,
    KeyKind, KeySchema, RowId, Schema, TableOptions, TableSchema, fold,
};
use std::collections::HashSet;
use std::sync::Arc;

/// How large an initial value may be, encoded: rows grow by it without being written, and still each
/// must fit a line when it is deleted, whatever its columns.
const MAX_INITIAL_SIZE: usize = 16 << 10;

/// The error for a table that is not there.
pub(super) fn missing(table: &TableSchema) -> Error {
    Error::invalid(format!("there is no such table `{}` now", table.name))
}

/// The table as it is now, if what is about to happen to it knows it so.
fn known<'a>(schema: &'a Schema, table: &TableSchema) -> Result<&'a Arc<TableSchema>, Error> {
    let there = schema.table(&table.name).filter(|current| current.id == table.id);
    match there.ok_or_else(|| missing(table))? {
        // What comes of a change is made from the table as the change knows it.
        now if **now != *table => {
            Err(Error::invalid(format!("`{}` is defined otherwise now", table.name)))
        }
        now => Ok(now),
    }
}

/// Applies what an event does to the schema, if it can follow from it.
pub(crate) fn define(
    schema: &mut Schema,
    event: EventId,
    operation: &Operation,
) -> Result<(), Error> {
    match operation {
        Operation::Schema(change) => {
            check_change(schema, event, change)?;
            change.apply(schema);
        }
        Operation::Marker(Marker::Tag { at, .. }) if *at >= event => {
            return Err(Error::invalid(format!("a tag of event {at}, which is not past")));
        }
        Operation::Marker(Marker::Counter { table, new, .. }) => {
            if !known(schema, table)?.autoincrement || *new < 0 {
                let message = format!("`{}` has no counter that could be {new}", table.name);
                return Err(Error::invalid(message));
            }
        }
        Operation::Row(_)
        | Operation::Marker(Marker::Tag { .. } | Marker::Snapshot { .. } | Marker::Transaction) => {
        }
    }
    Ok(())
}

/// Refuses a schema change that cannot follow from a schema.
fn check_change(schema: &Schema, event: EventId, change: &SchemaChange) -> Result<(), Error> {
    match change {
        SchemaChange::CreateTable(table) => check_new_table(schema, event, table)?,
        SchemaChange::DropTable(table) => {
            known(schema, table)?;
        }
        SchemaChange::RestoreTable { table, dropped } => {
            check_restored_table(schema, event, table, dropped)?;
        }
        SchemaChange::CreateIndex { table, key } => {
            check_key(known(schema, table)?, key)?;
            check_index_name(schema, key)?;
            if key.id != (KeyId { event, ordinal: 0 }) || key.kind != KeyKind::Index {
                return Err(Error::invalid("an index with a foreign identity"));
            }
        }
        SchemaChange::DropIndex { table, key } => {
            let mut keys = known(schema, table)?.keys.iter();
            if !keys.any(|other| *other == **key && other.kind == KeyKind::Index) {
                return Err(Error::invalid("there is no such index now"));
            }
        }
        SchemaChange::AddColumn { table, column, constraints } => {
            check_added(known(schema, table)?, event, column, constraints)?;
        }
        SchemaChange::DropColumn { table, column } => {
            let table = known(schema, table)?;
            if *column >= table.columns.len() || table.columns.len() == 1 {
                return Err(Error::invalid(format!("{table} cannot do without column {column}")));
            }
            if table.is_key_column(*column) {
                let name = &table.columns[*column].name;
                return Err(Error::invalid(format!("a key of {table} has the column `{name}`")));
            }
        }
        SchemaChange::RenameColumn { table, column, name, expressions } => {
            let table = known(schema, table)?;
            if *column >= table.columns.len() {
                return Err(Error::invalid(format!("{table} has no column {column}")));
            }
            if table.column(name).is_some_and(|other| other != *column) {
                return Err(Error::invalid(format!("two columns are called `{name}`")));
            }
            if !expressions.0.is_empty() && expressions.0.len() != table.expressions().len() {
                return Err(Error::invalid(format!("{table} has other expressions")));
            }
        }
        SchemaChange::RenameTable { table, name } => {
            let table = known(schema, table)?;
            if schema.table(name).is_some_and(|other| other.id != table.id) {
                return Err(Error::invalid(format!("there is a table `{name}` already")));
            }
            check_no_view(schema, name)?;
        }
        SchemaChange::AlterConstraint { table, edit, .. } => {
            let table = known(schema, table)?;
            if !edit.fits(table) {
                return Err(Error::invalid(format!("{table} has no such constraint")));
            }
        }
        SchemaChange::CreateDefinition(_)
        | SchemaChange::DropDefinition(_)
        | SchemaChange::ReplaceDefinition { .. } => check_redefinition(schema, event, change)?,
    }
    Ok(())
}

/// Refuses a column that cannot be the last of a table.
fn check_added(
    table: &TableSchema,
    event: EventId,
    column: &Column,
    constraints: &AddedConstraints,
) -> Result<(), Error> {
    if column.id != (ColumnId { event, ordinal: 0 }) {
        return Err(Error::invalid("a column with a foreign identity"));
    }
    check_initial(column)?;
    check_column(table, column)?;
    let own = table.columns.len();
    if constraints.checks.iter().any(|check| check.column != Some(own))
        || constraints.foreign_keys.iter().any(|key| key.columns != [own])
    {
        return Err(Error::invalid("a column with constraints of others"));
    }
    Ok(())
}

/// Refuses what cannot become of the definitions of a schema.
fn check_redefinition(schema: &Schema, event: EventId, change: &SchemaChange) -> Result<(), Error> {
    let Some(definition) = change.definition() else { return Ok(()) };
    check_definition(definition)?;
    if let SchemaChange::CreateDefinition(_) = change {
        if definition.id != event {
            return Err(Error::invalid(format!("a {} of another event", definition.kind)));
        }
        return check_free_definition(schema, definition);
    }
    let SchemaChange::ReplaceDefinition { old, new } = change else {
        return known_definition(schema, definition);
    };
    known_definition(schema, old)?;
    if (old.id, old.kind) != (new.id, new.kind) || fold(&old.name) != fold(&new.name) {
        return Err(Error::invalid(format!("`{}` cannot become `{}`", old.name, new.name)));
    }
    Ok(())
}

/// Refuses a definition that is not there so.
fn known_definition(schema: &Schema, definition: &Definition) -> Result<(), Error> {
    match schema.definition(definition.kind, &definition.name) {
        Some(now) if **now == *definition => Ok(()),
        Some(_) => Err(Error::invalid(format!("`{}` is defined otherwise now", definition.name))),
        None => {
            let Definition { kind, name, .. } = definition;
            Err(Error::invalid(format!("there is no {kind} `{name}` now")))
        }
    }
}

/// Refuses a definition that says nothing.
pub(crate) fn check_definition(definition: &Definition) -> Result<(), Error> {
    let is_sound = match definition.kind {
        DefinitionKind::View | DefinitionKind::Setting => definition.table.is_none(),
        DefinitionKind::Trigger => definition.table.is_some(),
    };
    if is_sound && !definition.name.is_empty() && !definition.sql.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(format!("the {} `{}` makes no sense", definition.kind, definition.name)))
}

/// Refuses a view that a table or another view has the name of, or a second trigger or
/// setting of a name.
fn check_free_definition(schema: &Schema, definition: &Definition) -> Result<(), Error> {
    let Definition { kind, name, .. } = definition;
    if schema.definition(*kind, name).is_some() {
        return Err(Error::invalid(format!("there is a {kind} `{name}` already")));
    }
    if *kind == DefinitionKind::View && schema.table(name).is_some() {
        return Err(Error::invalid(format!("there is a table `{name}` already")));
    }
    Ok(())
}

/// Refuses a table that would have the name of a view.
fn check_no_view(schema: &Schema, name: &str) -> Result<(), Error> {
    match schema.view(name) {
        Some(_) => Err(Error::invalid(format!("there is a view `{name}` already"))),
        None => Ok(()),
    }
}

/// Refuses a table that cannot be created here and now.
fn check_new_table(schema: &Schema, event: EventId, table: &Arc<TableSchema>) -> Result<(), Error> {
    check_free(schema, table)?;
    if **table != TableSchema::clone(table).created_by(event) {
        return Err(Error::invalid(format!("`{}` has a foreign identity", table.name)));
    }
    if table.columns.iter().any(|column| !column.initial.is_null()) {
        return Err(Error::invalid(format!("rows older than the table `{}`", table.name)));
    }
    Ok(())
}

/// Refuses a table that others stand in the way of, or that makes no sense.
fn check_free(schema: &Schema, table: &TableSchema) -> Result<(), Error> {
    check_table(table)?;
    if schema.table(&table.name).is_some() {
        return Err(Error::invalid(format!("there is a table `{}` already", table.name)));
    }
    check_no_view(schema, &table.name)?;
    table.keys.iter().try_for_each(|key| check_index_name(schema, key))
}

/// Refuses to bring back a table that cannot have been dropped before.
fn check_restored_table(
    schema: &Schema,
    event: EventId,
    table: &TableSchema,
    dropped: &Dropped,
) -> Result<(), Error> {
    check_free(schema, table)?;
    let created = table.id.0;
    let inside = |made: EventId| created <= made && made < dropped.event;
    let columns: HashSet<ColumnId> = table.columns.iter().map(|column| column.id).collect();
    let keys: HashSet<KeyId> = table.keys.iter().map(|key| key.id).collect();
    let sound = EventId::START < created
        && created < dropped.event
        && dropped.event < event
        && dropped.next_row > RowId(0)
        && dropped.autoincrement >= 0
        && (table.autoincrement || dropped.autoincrement == 0)
        && columns.iter().all(|column| inside(column.event))
        && keys.iter().all(|key| inside(key.event))
        && (columns.len(), keys.len()) == (table.columns.len(), table.keys.len())
        && !schema.tables().any(|other| other.id == table.id);
    if !sound {
        return Err(Error::invalid(format!("`{}` cannot have been dropped so", table.name)));
    }
    let mut older = table.columns.iter().filter(|column| !column.initial.is_null());
    older.try_for_each(check_initial)
}

/// Refuses an initial value that the column cannot hold or that would not read back. NULL may be that of a
/// column that is NOT NULL: there may be no older rows, or they get values.
pub(crate) fn check_initial(column: &Column) -> Result<(), Error> {
    let mut payload = Vec::new();
    push_columns(&mut payload, std::iter::once((column, &column.initial)))?;
    match payload.len() {
        size if size <= MAX_INITIAL_SIZE => Ok(()),
        size => Err(Error::Limit { what: "the column's default", size, limit: MAX_INITIAL_SIZE }),
    }
}

/// Refuses a second index with a name.
fn check_index_name(schema: &Schema, key: &KeySchema) -> Result<(), Error> {
    match &key.name {
        Some(name) if key.kind == KeyKind::Index && schema.index(name).is_some() => {
            Err(Error::invalid(format!("there is an index `{name}` already")))
        }
        Some(_) => Ok(()),
        None if key.kind == KeyKind::Index => Err(Error::invalid("an index without a name")),
        None => Ok(()),
    }
}

/// Refuses a definition that others would stumble over.
pub(crate) fn check_table(table: &TableSchema) -> Result<(), Error> {
    let TableOptions { strict, flexible, without_rowid: _, from_events } = table.options;
    if from_events || (strict && flexible) {
        let (name, options) = (&table.name, table.options);
        return Err(Error::invalid(format!("`{name}` is {options}, which is not known")));
    }
    let mut names = HashSet::new();
    for column in &table.columns {
        if !names.insert(fold(&column.name)) {
            return Err(Error::invalid(format!("two columns are called `{}`", column.name)));
        }
        check_type(column)?;
    }
    table.keys.iter().try_for_each(|key| check_key(table, key))?;
    let inside = |columns: &[usize]| columns.iter().all(|column| *column < table.columns.len());
    if !table.foreign_keys.iter().all(|key| inside(&key.columns)) {
        return Err(Error::invalid("a foreign key of a column that does not exist"));
    }
    if !table.checks.iter().all(|check| inside(check.column.as_slice())) {
        return Err(Error::invalid("a CHECK of a column that does not exist"));
    }
    Ok(())
}

/// Refuses a column that a table cannot get besides those that it has.
fn check_column(table: &TableSchema, column: &Column) -> Result<(), Error> {
    if table.column(&column.name).is_some() {
        return Err(Error::invalid(format!("two columns are called `{}`", column.name)));
    }
    check_type(column)
}

fn check_type(column: &Column) -> Result<(), Error> {
    if let DataType::Decimal { precision, scale } = column.data_type
        && (!(1..=38).contains(&precision) || scale > precision)
    {
        return Err(Error::invalid(format!("{} makes no sense", column.data_type)));
    }
    Ok(())
}

fn check_key(table: &TableSchema, key: &KeySchema) -> Result<(), Error> {
    let distinct: HashSet<usize> = key.columns.iter().copied().collect();
    let mut parts = key.parts.iter().filter_map(|part| part.source.column());
    let sound = !(key.columns.is_empty() && key.parts.is_empty())
        && distinct.len() == key.columns.len()
        && parts.all(|column| distinct.contains(&column))
        && key.columns.iter().all(|column| *column < table.columns.len());
    if sound { Ok(()) } else { Err(Error::invalid("a key of columns that do not exist")) }
}
