//! CREATE TABLE … AS: a table of a query's columns, and its rows as the first.

use super::comparison_traits::OperandAffinity;
use super::ddl::{self, MAX_COLUMNS};
use super::plan::{Planned, SchemaPlan};
use super::query::{self, QueryColumn};
use super::surroundings::Surroundings;
use super::{Error, Planning, home, scope};
use crate::language::ast::{CreateTableAs, Identifier};
use crate::storage::SchemaChange;
use crate::types::{
    Column, ColumnAffinity, ColumnId, DataType, PseudoColumn, TableId, TableOptions, TableSchema,
};
use std::sync::Arc;

/// Plans a CREATE TABLE … AS.
///
/// # Errors
/// Those of CREATE TABLE and of the query.
pub(super) fn create(create: &CreateTableAs, planning: &mut Planning) -> Result<Planned, Error> {
    let (verb, name) = ("CREATE TABLE", &create.name);
    let home = home::of_new(create.temporary, name, "table")?;
    planning.catalog.check_new(name)?;
    let schema = planning.catalog.schema().within(home);
    if schema.has(&name.name) && create.if_not_exists {
        return Ok(SchemaPlan::new(verb, name, Vec::new()).into());
    }
    ddl::check_free(name, schema)?;
    let options = ddl::options(name, &create.options)?;
    let mut query = query::bind(&create.query, &Surroundings::default(), planning)?;
    if query.output.len() > MAX_COLUMNS {
        let message = format!("{} columns: a table has at most {MAX_COLUMNS}", query.output.len());
        return Err(Error::new("column-limit", message, name.span));
    }
    let mut table = TableSchema {
        id: TableId(home::new_id(home)),
        name: name.name.clone(),
        columns: Vec::with_capacity(query.output.len()),
        keys: Vec::new(),
        autoincrement: false,
        options,
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        sql: String::new(),
    };
    for (ordinal, given) in query.output.iter().enumerate() {
        let column = column(given, free_name(&table, &given.name), &table, ordinal);
        table.columns.push(column);
    }
    table.sql = definition(&table);
    query.assign_to(table.columns.iter().map(|column| column.data_type));
    let rows = Some(query::finish(query, planning));
    let changes = vec![SchemaChange::CreateTable(Arc::new(table))];
    Ok(SchemaPlan { rows, ..SchemaPlan::new(verb, name, changes) }.into())
}

/// The name that a column gets: its own, with a number behind it where another has that, as in SQLite;
/// names that every table has for itself go without the `_`.
fn free_name(table: &TableSchema, name: &str) -> String {
    let plain = if PseudoColumn::is_reserved(name) { name.trim_start_matches('_') } else { name };
    scope::free_name(plain, |name| table.column(name).is_some())
}

/// A column that holds what one of a query gives: under the name of its affinity, as SQLite has it, or
/// of its type, where SQLite has none like it.
fn column(given: &QueryColumn, name: String, table: &TableSchema, ordinal: usize) -> Column {
    let is_computed =
        given.traits.affinity == OperandAffinity::None && !given.data_type.is_moment();
    let (declared, data_type) = match given.data_type {
        _ if is_computed => (String::new(), DataType::Any),
        DataType::Integer => ("INT".to_owned(), DataType::Integer),
        DataType::Real => ("REAL".to_owned(), DataType::Real),
        DataType::Text => ("TEXT".to_owned(), DataType::Text),
        DataType::Numeric => ("NUM".to_owned(), DataType::Numeric),
        DataType::Any | DataType::Blob => (String::new(), DataType::Any),
        DataType::Flexible(affinity) => (flexible_name(affinity).to_owned(), DataType::Any),
        own @ (DataType::Decimal { .. }
        | DataType::Boolean
        | DataType::Date
        | DataType::Timestamp
        | DataType::Json) => (own.to_string(), own),
    };
    let data_type = if table.options.flexible {
        ColumnAffinity::of(&declared, &[]).map_or(DataType::Any, DataType::Flexible)
    } else {
        data_type
    };
    let id = ColumnId { ordinal, ..ColumnId::default() };
    // As in SQLite, a COLLATE in the query is the query's alone.
    Column { id, declared, ..Column::new(name, data_type) }
}

fn flexible_name(affinity: ColumnAffinity) -> &'static str {
    match affinity {
        ColumnAffinity::Integer => "INT",
        ColumnAffinity::Real => "REAL",
        ColumnAffinity::Numeric | ColumnAffinity::Decimal { .. } => "NUM",
        ColumnAffinity::Text => "TEXT",
        ColumnAffinity::Blob => "",
    }
}

/// The statement that makes the table without its rows, laid out as SQLite does it. It does not say that the
/// table is FLEXIBLE, as one does not that was written where every table is.
fn definition(table: &TableSchema) -> String {
    let length = |name: &str| name.len() + name.matches('"').count() + 2;
    let names: usize = table.columns.iter().map(|column| length(&column.name) + 5).sum();
    let (before, between, behind) = match names + length(&table.name) < 50 {
        true => ("", ",", ")"),
        false => ("\n  ", ",\n  ", "\n)"),
    };
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let blank = if column.declared.is_empty() { "" } else { " " };
            format!("{}{blank}{}", Identifier::of(column.name.clone()), column.declared)
        })
        .collect();
    let name = Identifier::of(table.name.clone());
    let options = TableOptions { flexible: false, ..table.options }.to_string();
    let blank = if options.is_empty() { "" } else { " " };
    format!("CREATE TABLE {name}({before}{}{behind}{blank}{options}", columns.join(between))
}
