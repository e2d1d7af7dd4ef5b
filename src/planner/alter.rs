//! ALTER TABLE becomes a schema change.
//!
//! A table is altered in place: it stays the same table, and its rows the same rows. Refused is what
//! would leave something behind that names a column that is gone; what the rows have to say is asked
//! by the executor.

use super::bind::Binder;
use super::ddl::{self, MAX_COLUMNS};
use super::plan::{Planned, SchemaPlan};
use super::rename::AlteredDefinitions;
use super::scope::Scope;
use super::write::{self, named_columns};
use super::{BoundExpression, Catalog, Error, alter_constraint, exact_numbers, notices, rename};
use crate::language::ast::{
    AlterAction, ColumnConstraintKind, ColumnDefinition, Identifier, ObjectName,
};
use crate::language::parse_expression;
use crate::storage::{ExpressionTexts, SchemaChange};
use crate::types::{AddedConstraints, KeyKind, KeySchema, PseudoColumn, Schema, TableSchema};
use std::sync::Arc;

/// The verb of what alters a table.
pub const ALTER_TABLE: &str = "ALTER TABLE";

/// Plans an ALTER TABLE.
pub(super) fn alter_table(
    name: &ObjectName,
    action: &AlterAction,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    let table = catalog.target(name)?.schema;
    if let AlterAction::RenameTo(to) = action {
        catalog.check_new(to)?;
    }
    let schema = catalog.schema();
    let (verb, name) = (ALTER_TABLE, table.name.clone());
    let before = Arc::clone(&table);
    let (mut initial, mut notices) = (None, Vec::new());
    let change = match action {
        AlterAction::AddColumn(definition) => {
            let (change, value) = add_column(table, definition, text)?;
            initial = value;
            notices = notices::of_definition(&name, std::slice::from_ref(&**definition));
            Some(change)
        }
        AlterAction::DropColumn(column) => Some(drop_column(table, column, schema)?),
        AlterAction::RenameColumn { from, to } => rename_column(table, from, to)?,
        AlterAction::RenameTo(to) => rename_table(table, to, schema)?,
        AlterAction::AddConstraint(constraint) => {
            Some(alter_constraint::add(table, constraint, text)?)
        }
        AlterAction::DropConstraint(name) => Some(alter_constraint::drop(table, name)?),
        AlterAction::SetNotNull { column, on_conflict } => {
            alter_constraint::set_not_null(table, column, *on_conflict)?
        }
        AlterAction::DropNotNull(column) => alter_constraint::drop_not_null(table, column)?,
    };
    let texts = match &change {
        Some(change) => definitions(&before, action, change, catalog)?,
        None => Vec::new(),
    };
    let (changes, rows) = (change.into_iter().chain(texts).collect(), None);
    Ok(SchemaPlan { verb, name, changes, initial, rows, notices }.into())
}

/// What becomes of views and triggers: they follow, or stand in the way.
fn definitions(
    table: &TableSchema,
    action: &AlterAction,
    change: &SchemaChange,
    catalog: &mut dyn Catalog,
) -> Result<Vec<SchemaChange>, Error> {
    let altered = |at: &Identifier, catalog: &mut dyn Catalog| AlteredDefinitions::of(at, catalog);
    match action {
        AlterAction::DropColumn(column) => {
            altered(column, catalog)?.checked(change, column, catalog)
        }
        AlterAction::RenameColumn { from, to } => altered(to, catalog)?
            .rename(table, table.column(&from.name), to)
            .checked(change, to, catalog),
        AlterAction::RenameTo(to) => {
            altered(to, catalog)?.rename(table, None, to).checked(change, to, catalog)
        }
        AlterAction::AddColumn(_)
        | AlterAction::AddConstraint(_)
        | AlterAction::DropConstraint(_)
        | AlterAction::SetNotNull { .. }
        | AlterAction::DropNotNull(_) => Ok(Vec::new()),
    }
}

fn refused(message: impl Into<String>, at: &Identifier) -> Error {
    Error::new("alter-table", message, at.span)
}

/// A column, and what the rows that are there have in it: its default.
fn add_column(
    table: Arc<TableSchema>,
    definition: &ColumnDefinition,
    text: &str,
) -> Result<(SchemaChange, Option<BoundExpression>), Error> {
    let name = &definition.name;
    if table.columns.len() >= MAX_COLUMNS {
        let message = format!("{} has {MAX_COLUMNS} columns, and no table has more", table.name);
        return Err(Error::new("column-limit", message, name.span));
    }
    let mut after = TableSchema::clone(&table);
    ddl::add_column(&mut after, definition)?;
    let mut initial = None;
    for constraint in &definition.constraints {
        match &constraint.kind {
            ColumnConstraintKind::PrimaryKey { .. } => {
                let message = "a column that is added to a table cannot be its primary key";
                return Err(refused(message, name));
            }
            ColumnConstraintKind::Unique => {
                let message = "a column that is added to a table cannot be UNIQUE";
                let help = format!(
                    "add it without, then CREATE UNIQUE INDEX … ON {} ({})",
                    table.name, name.name
                );
                return Err(refused(message, name).help(Some(help)));
            }
            ColumnConstraintKind::Default(value) => {
                let scope = Scope::default();
                let mut binder = Binder::new(&scope, "DEFAULT");
                initial = Some(binder.bind(value)?);
            }
            ColumnConstraintKind::Generated { stored: true, .. } => {
                let message = "a column that is added to a table cannot be STORED";
                let help = "VIRTUAL is kept like it".to_owned();
                return Err(refused(message, name).help(Some(help)));
            }
            ColumnConstraintKind::NotNull
            | ColumnConstraintKind::Null
            | ColumnConstraintKind::Collate(_)
            | ColumnConstraintKind::Check(_)
            | ColumnConstraintKind::References(_)
            | ColumnConstraintKind::Generated { stored: false, .. } => {}
        }
        ddl::column_constraint(&mut after, name, constraint)?;
    }
    ddl::check_generated(&after, std::slice::from_ref(definition))?;
    let mut column = after.columns.pop().expect("it was added above");
    let initial = initial.map(|initial| exact_numbers::assigned(initial, column.data_type));
    let written = text.get(definition.span.start..definition.span.end).unwrap_or_default();
    column.sql = rename::unqualified_column(written);
    let constraints = Box::new(AddedConstraints {
        checks: after.checks.split_off(table.checks.len()),
        foreign_keys: after.foreign_keys.split_off(table.foreign_keys.len()),
    });
    Ok((SchemaChange::AddColumn { table, column: Box::new(column), constraints }, initial))
}

fn drop_column(
    table: Arc<TableSchema>,
    name: &Identifier,
    schema: &Schema,
) -> Result<SchemaChange, Error> {
    let column = named_columns(&table, std::slice::from_ref(name))?[0];
    let holds = |columns: &[usize]| columns.contains(&column);
    let called = &table.columns[column].name;
    if let Some(key) = table.keys.iter().find(|key| holds(&key.columns)) {
        return Err(refused(format!("{} needs \"{called}\"", what_is(key)), name).help(
            match (key.kind, &key.name) {
                (KeyKind::Index, Some(index)) => Some(format!("DROP INDEX {index} comes first")),
                (KeyKind::Primary | KeyKind::Unique | KeyKind::Index, _) => None,
            },
        ));
    }
    if table.foreign_keys.iter().any(|key| !key.of_column && holds(&key.columns)) {
        return Err(refused(format!("a foreign key of {} needs \"{called}\"", table.name), name));
    }
    let refers = |other: &&Arc<TableSchema>| {
        other.foreign_keys.iter().any(|key| {
            key.references.eq_ignore_ascii_case(&table.name)
                && key.referenced.iter().any(|referenced| referenced.eq_ignore_ascii_case(called))
        })
    };
    if let Some(other) = schema.home(table.id).tables().find(refers) {
        let message = format!("a foreign key of {} refers to \"{called}\"", other.name);
        return Err(refused(message, name));
    }
    if is_checked(&table, column) {
        return Err(refused(format!("a CHECK of {} needs \"{called}\"", table.name), name));
    }
    if let Some(other) = computed_from(&table, column)? {
        let message = format!("the generated column \"{other}\" needs \"{called}\"");
        return Err(refused(message, name));
    }
    if table.columns.len() == 1 {
        let message = format!("\"{called}\" is the only column of {}", table.name);
        let help = format!("DROP TABLE {} drops it with its table", table.name);
        return Err(refused(message, name).help(Some(help)));
    }
    Ok(SchemaChange::DropColumn { table, column })
}

fn what_is(key: &KeySchema) -> String {
    match (key.kind, &key.name) {
        (KeyKind::Primary, _) => "the primary key".to_owned(),
        (KeyKind::Unique, _) => "a UNIQUE constraint".to_owned(),
        (KeyKind::Index, Some(name)) => format!("index {name}"),
        (KeyKind::Index, None) => "an index".to_owned(),
    }
}

/// The name of a generated column that reads a column.
fn computed_from(table: &TableSchema, column: usize) -> Result<Option<&str>, Error> {
    let generated = write::generated_columns_of(table)?;
    let reading = generated.iter().find(|one| one.columns.contains(&column));
    Ok(reading.map(|one| table.columns[one.column].name.as_str()))
}

/// Whether a CHECK of the table names a column, but for those that go with it.
fn is_checked(table: &Arc<TableSchema>, column: usize) -> bool {
    let scope = Scope::of(&table.name, table);
    let mut found = false;
    let others = table.checks.iter().filter(|check| check.column != Some(column));
    for check in others.filter_map(|check| parse_expression(&check.condition).ok()) {
        let mut binder = Binder::new(&scope, "CHECK");
        if let Ok(bound) = binder.bind(&check) {
            bound.for_each_column(&mut |named| found = found || named == column);
        }
    }
    found
}

/// A column under another name; nothing where it has that name.
fn rename_column(
    table: Arc<TableSchema>,
    from: &Identifier,
    to: &Identifier,
) -> Result<Option<SchemaChange>, Error> {
    let column = named_columns(&table, std::slice::from_ref(from))?[0];
    if table.columns[column].name == to.name {
        return Ok(None);
    }
    if PseudoColumn::is_reserved(&to.name) {
        let message = format!("\"{}\" is a name that every table has for itself", to.name);
        return Err(Error::new("reserved-name", message, to.span));
    }
    if table.column(&to.name).is_some_and(|other| other != column) {
        let message = format!("{} has a column \"{}\" already", table.name, to.name);
        return Err(Error::new("duplicate-column", message, to.span).note(table.to_string()));
    }
    let now = table.expressions();
    let mut expressions = now.clone();
    for text in &mut expressions {
        *text = rename::in_expression(text, &table.columns[column].name, &to.name);
    }
    if expressions == now {
        expressions.clear();
    }
    let name = to.name.clone();
    Ok(Some(SchemaChange::RenameColumn {
        table,
        column,
        name: name.into(),
        expressions: Box::new(ExpressionTexts(expressions)),
    }))
}

/// A table under another name; nothing where it has that name.
fn rename_table(
    table: Arc<TableSchema>,
    to: &Identifier,
    schema: &Schema,
) -> Result<Option<SchemaChange>, Error> {
    if table.name == to.name {
        return Ok(None);
    }
    // In another case it is the name that the table has.
    if !table.name.eq_ignore_ascii_case(&to.name) {
        ddl::check_free(to, schema.home(table.id))?;
    }
    Ok(Some(SchemaChange::RenameTable { table, name: to.name.to_string() }))
}
