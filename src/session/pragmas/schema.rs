//! What PRAGMAs tell of the schema, in SQLite's columns.

use crate::language::ast::{ColumnConstraintKind, ColumnDefinition, SchemaStatement};
use crate::language::parse_definition;
use crate::session::relations::{MASTER, SystemTable};
use crate::session::view::ReadableViews;
use crate::types::{
    Collation, DataType, KeyKind, KeySchema, KeySource, Row, Schema, SchemaName, TableSchema, Value,
};
use std::sync::Arc;

fn number(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

fn flag(is_so: bool) -> Value {
    Value::Integer(is_so.into())
}

/// The columns but those that are generated.
pub(super) fn table_info(table: &TableSchema) -> Vec<Row> {
    let mut rows = table_xinfo(table);
    rows.retain(|row| row[6] == Value::Integer(0));
    for (at, row) in rows.iter_mut().enumerate() {
        row[0] = number(at);
        row.truncate(6);
    }
    rows
}

/// All columns; the last value is 2 of a VIRTUAL one and 3 of a STORED one.
pub(super) fn table_xinfo(table: &TableSchema) -> Vec<Row> {
    let key = table.primary_key().map(|key| key.columns.as_slice()).unwrap_or_default();
    let row = |(at, column): (usize, &crate::types::Column)| {
        let place = key.iter().position(|known| *known == at).map_or(0, |place| place + 1);
        // Those of a primary key are NOT NULL by themselves, which SQLite does not tell.
        let is_told = place == 0 || table.options.without_rowid || says_not_null(table, at);
        vec![
            number(at),
            Value::text(&column.name),
            Value::text(declared_type(&column.declared)),
            flag(column.not_null && is_told),
            column.default.as_ref().map_or(Value::Null, Value::text),
            number(place),
            Value::Integer(column.generated.as_ref().map_or(0, |g| if g.stored { 3 } else { 2 })),
        ]
    };
    table.columns.iter().enumerate().map(row).collect()
}

/// Whether a name is that of the schema as a table.
pub(super) fn is_master(name: &str) -> bool {
    SystemTable::named(name) == Some(SystemTable::Master)
}

/// The columns of the schema as a table, of which none is hidden.
pub(super) fn master_columns(tells_hidden: bool) -> Vec<Row> {
    let row = |(at, (name, data_type)): (usize, &(&str, DataType))| {
        let data_type = if *data_type == DataType::Integer { "INT" } else { "TEXT" };
        let mut row = vec![number(at), Value::text(*name), Value::text(data_type), flag(false)];
        row.extend([Value::Null, number(0)]);
        row.extend(tells_hidden.then(|| number(0)));
        row
    };
    MASTER.columns.iter().enumerate().map(row).collect()
}

/// A type as SQLite tells it: without a blank between the numbers, as it is mostly written, and the types
/// that it knows by heart in capitals.
fn declared_type(declared: &str) -> String {
    const KNOWN: [&str; 6] = ["ANY", "BLOB", "INT", "INTEGER", "REAL", "TEXT"];
    let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(declared));
    known.map_or_else(|| declared.replace(", ", ","), |known| (*known).to_owned())
}

/// Whether the statement that created a table says NOT NULL of a column.
fn says_not_null(table: &TableSchema, column: usize) -> bool {
    let Ok(Some(SchemaStatement::CreateTable(create))) = parse_definition(&table.sql) else {
        return false;
    };
    let name = &table.columns[column].name;
    let is_it = |known: &&ColumnDefinition| known.name.name.eq_ignore_ascii_case(name);
    create.columns.iter().find(is_it).is_some_and(|known| {
        known.constraints.iter().any(|said| said.kind == ColumnConstraintKind::NotNull)
    })
}

/// The tables and views, or the one of a name.
pub(super) fn table_list(
    schema: &Schema,
    views: &ReadableViews,
    within: Option<SchemaName>,
    name: Option<&str>,
) -> Vec<Row> {
    let homes = [SchemaName::Main, SchemaName::Temporary].into_iter();
    let homes = homes.filter(|home| within.is_none_or(|within| within == *home));
    let mut rows: Vec<Row> =
        homes.flat_map(|home| tables_of(home, schema.within(home), views)).collect();
    rows.retain(|row| name.is_none_or(|name| row[1].to_text().eq_ignore_ascii_case(name)));
    rows
}

/// Those of one schema.
fn tables_of(home: SchemaName, schema: &Schema, views: &ReadableViews) -> Vec<Row> {
    let row = |name: &str, kind: &str, columns: usize, without_rowid: bool, strict: bool| {
        vec![
            Value::text(home.name()),
            Value::text(name),
            Value::text(kind),
            number(columns),
            flag(without_rowid),
            flag(strict),
        ]
    };
    let tables = schema.tables().map(|table| {
        let options = &table.options;
        let (without_rowid, strict) = (options.without_rowid, options.strict);
        row(&table.name, "table", table.columns.len(), without_rowid, strict)
    });
    let views = schema.views().map(|view| {
        let known = views.named(home, &view.name);
        row(&view.name, "view", known.map_or(0, |view| view.columns.len()), false, false)
    });
    let own = match home {
        SchemaName::Main => "sqlite_schema",
        SchemaName::Temporary => "sqlite_temp_schema",
    };
    let own = row(own, "table", 5, false, false);
    tables.chain(views).chain([own]).collect()
}

/// The indexes of a table as SQLite has them, each with its name: the keys of CREATE TABLE have one that
/// is made of their number.
pub(in crate::session) fn sqlite_indexes(table: &TableSchema) -> Vec<(String, &KeySchema)> {
    let is_number = |key: &&KeySchema| table.is_integer_key(key);
    let (made, declared): (Vec<&KeySchema>, Vec<&KeySchema>) =
        table.keys.iter().partition(|key| key.kind == KeyKind::Index);
    let (numbers, declared): (Vec<&KeySchema>, Vec<&KeySchema>) =
        declared.into_iter().partition(is_number);
    // Without numbers it becomes an index when the table is known whole.
    let numbers = numbers.into_iter().filter(|_| table.options.without_rowid);
    let declared = declared.into_iter().chain(numbers).enumerate();
    let automatic = |at: usize| format!("sqlite_autoindex_{}_{}", table.name, at + 1);
    let named = declared.map(|(at, key)| (automatic(at), key));
    named.chain(made.into_iter().map(|key| (key.name.clone().unwrap_or_default(), key))).collect()
}

/// The indexes of a table in the order in which they are asked about a row.
pub(super) fn index_list(table: &TableSchema) -> Vec<Row> {
    let row = |(at, (name, key)): (usize, (String, &KeySchema))| {
        let origin = match key.kind {
            KeyKind::Primary => "pk",
            KeyKind::Unique => "u",
            KeyKind::Index => "c",
        };
        vec![
            number(at),
            Value::text(name),
            flag(key.unique),
            Value::text(origin),
            flag(key.condition.is_some()),
        ]
    };
    let mut indexes = sqlite_indexes(table);
    let asked = table.keys_as_asked();
    indexes.sort_by_key(|(_, key)| asked.iter().position(|place| table.keys[*place].id == key.id));
    indexes.into_iter().enumerate().map(row).collect()
}

/// The parts of an index; whole ones have their order and, behind them, what tells the row.
pub(super) fn index_info(
    schema: &Schema,
    within: Option<SchemaName>,
    name: Option<&str>,
    is_whole: bool,
) -> Vec<Row> {
    let Some(name) = name else { return Vec::new() };
    let is_asked =
        |table: &&Arc<TableSchema>| within.is_none_or(|home| table.id.schema_name() == home);
    let found = schema.all_tables().filter(is_asked).find_map(|table| {
        let mut named = sqlite_indexes(table).into_iter();
        let (_, key) = named.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some((table, key))
    });
    let Some((table, key)) = found else { return Vec::new() };
    let mut rows: Vec<Row> = Vec::new();
    for part in key.parts(table).iter() {
        let column = match &part.source {
            KeySource::Column(column) => Some(*column),
            KeySource::Expression(_) => None,
        };
        let mut row = vec![
            number(rows.len()),
            column.map_or(Value::Integer(-2), number),
            column.map_or(Value::Null, |column| Value::text(&table.columns[column].name)),
        ];
        if is_whole {
            let collation = Value::text(part.collation.name());
            row.extend([flag(part.descending), collation, Value::Integer(1)]);
        }
        rows.push(row);
    }
    if is_whole && table.options.without_rowid {
        rows.extend(behind_parts(table, key, rows.len()));
    } else if is_whole {
        let (seqno, none) = (number(rows.len()), Value::Integer(0));
        let binary = Value::text("BINARY");
        rows.push(vec![seqno, Value::Integer(-1), Value::Null, none.clone(), binary, none]);
    }
    rows
}

/// What an index of a table WITHOUT ROWID has behind its `count` parts: the columns of the primary key that
/// are none of them, and the primary key all others.
fn behind_parts(table: &TableSchema, key: &KeySchema, count: usize) -> Vec<Row> {
    let parts = key.parts(table);
    let is_part = |at: usize, collation: Option<Collation>| {
        parts.iter().any(|part| {
            matches!(part.source, KeySource::Column(known) if known == at)
                && collation.is_none_or(|collation| part.collation == collation)
        })
    };
    let of_primary = table.primary_key().filter(|primary| primary.id != key.id);
    let columns: Vec<(usize, Collation)> = match of_primary {
        Some(primary) => primary
            .parts(table)
            .iter()
            .filter_map(|part| match part.source {
                KeySource::Column(at) => Some((at, part.collation)),
                KeySource::Expression(_) => None,
            })
            .filter(|(at, collation)| !is_part(*at, Some(*collation)))
            .collect(),
        None => (0..table.columns.len())
            .filter(|at| table.columns[*at].generated.as_ref().is_none_or(|made| made.stored))
            .filter(|at| !is_part(*at, None))
            .map(|at| (at, Collation::Binary))
            .collect(),
    };
    let row = |(place, (at, collation)): (usize, (usize, Collation))| {
        let (name, none) = (Value::text(&table.columns[at].name), Value::Integer(0));
        let collation = Value::text(collation.name());
        vec![number(count + place), number(at), name, none.clone(), collation, none]
    };
    columns.into_iter().enumerate().map(row).collect()
}

/// The number that a foreign key has for SQLite, which counts from the last.
pub(super) fn foreign_key_id(table: &TableSchema, index: usize) -> i64 {
    let behind = table.foreign_keys.len().saturating_sub(index + 1);
    i64::try_from(behind).unwrap_or(i64::MAX)
}

/// The foreign keys of a table, a row for each of their columns.
pub(super) fn foreign_key_list(table: &TableSchema) -> Vec<Row> {
    let mut rows = Vec::new();
    for (index, key) in table.foreign_keys.iter().enumerate().rev() {
        for (at, column) in key.columns.iter().enumerate() {
            rows.push(vec![
                Value::Integer(foreign_key_id(table, index)),
                number(at),
                Value::text(&key.references),
                Value::text(&table.columns[*column].name),
                key.referenced.get(at).map_or(Value::Null, Value::text),
                Value::text(key.on_update.to_string()),
                Value::text(key.on_delete.to_string()),
                Value::text("NONE"),
            ]);
        }
    }
    rows
}
