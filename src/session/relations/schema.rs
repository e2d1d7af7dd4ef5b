//! `_tables`, `_columns`, `_indexes`, `_views`, `_triggers`, `sqlite_master` and `sqlite_sequence`: the schema of a moment, as rows.
//!
//! `sqlite_sequence` has the counters of AUTOINCREMENT; where new tables are FLEXIBLE, `sqlite_master` tells of it as SQLite's does. `sqlite_master` (or `sqlite_schema`) has SQLite's columns, for people and tools that ask it; there
//! are no pages here, so its `rootpage` is 0.

use super::super::pragmas::sqlite_indexes;
use super::super::view::ReadableViews;
use super::{RelationSchema, integer, optional, relation_rows};
use crate::executor::{BoxedOperator, Context, Error, Relation};
use crate::planner::{
    create_flexible_table, create_index, create_table, created_object, parse_trigger,
};
use crate::storage::{self, View};
use crate::types::{
    DataType, Definition, EventId, KeyKind, KeySchema, Row, Schema, SchemaName, TableSchema, Value,
};
use std::sync::Arc;

pub(super) const TABLES: RelationSchema = RelationSchema {
    name: "_tables",
    columns: &[
        ("name", DataType::Text),
        ("columns", DataType::Integer),
        ("created", DataType::Integer),
        ("options", DataType::Text),
        ("sql", DataType::Text),
    ],
};

pub(super) const COLUMNS: RelationSchema = RelationSchema {
    name: "_columns",
    columns: &[
        ("table_name", DataType::Text),
        ("position", DataType::Integer),
        ("column", DataType::Text),
        ("type", DataType::Text),
        ("null", DataType::Text),
        ("key", DataType::Text),
        ("default", DataType::Text),
        ("holds", DataType::Text),
    ],
};

pub(super) const INDEXES: RelationSchema = RelationSchema {
    name: "_indexes",
    columns: &[
        ("name", DataType::Text),
        ("table_name", DataType::Text),
        ("columns", DataType::Text),
        ("is_unique", DataType::Boolean),
        ("sql", DataType::Text),
    ],
};

pub(super) const VIEWS: RelationSchema = RelationSchema {
    name: "_views",
    columns: &[
        ("name", DataType::Text),
        ("columns", DataType::Text),
        ("created", DataType::Integer),
        ("sql", DataType::Text),
    ],
};

pub(super) const TRIGGERS: RelationSchema = RelationSchema {
    name: "_triggers",
    columns: &[
        ("name", DataType::Text),
        ("table_name", DataType::Text),
        ("fires", DataType::Text),
        ("created", DataType::Integer),
        ("sql", DataType::Text),
    ],
};

pub(in crate::session) const MASTER: RelationSchema = RelationSchema {
    name: "sqlite_master",
    columns: &[
        ("type", DataType::Text),
        ("name", DataType::Text),
        ("tbl_name", DataType::Text),
        ("rootpage", DataType::Integer),
        ("sql", DataType::Text),
    ],
};

pub(super) const TEMPORARY_MASTER: RelationSchema =
    RelationSchema { name: "sqlite_temp_master", columns: MASTER.columns };

pub(super) const SEQUENCE: RelationSchema = RelationSchema {
    name: "sqlite_sequence",
    columns: &[("name", DataType::Text), ("seq", DataType::Integer)],
};

/// Rows that a schema says, known at once.
#[derive(Debug)]
pub(super) struct SchemaRelation {
    relation: &'static RelationSchema,
    rows: Vec<Row>,
}

impl SchemaRelation {
    /// The rows of one of these shapes; `views` are those whose columns are known.
    pub fn new(
        relation: &'static RelationSchema,
        schema: &Schema,
        views: &ReadableViews,
    ) -> SchemaRelation {
        let row: fn(&TableSchema) -> Vec<Row> = match relation.name {
            name if name == TABLES.name => |table| vec![table_row(table)],
            name if name == COLUMNS.name => columns_of,
            _ => indexes_of,
        };
        let mut rows: Vec<Row> = schema.tables().flat_map(|table| row(table)).collect();
        if relation.name == COLUMNS.name {
            rows.extend(views.within(SchemaName::Main).flat_map(|view| columns_of(view)));
        }
        SchemaRelation { relation, rows }
    }

    /// What SQLite would say of the schema, by statements that make it again where new tables are
    /// FLEXIBLE, or where they are not.
    pub fn master(
        relation: &'static RelationSchema,
        schema: &Schema,
        are_flexible: bool,
    ) -> SchemaRelation {
        let of_tables = schema.tables().flat_map(|table| objects_of(table, are_flexible));
        let definitions = schema.views_and_triggers();
        let of_definitions = definitions.into_iter().map(|known| (known.id, object_of(known)));
        let mut objects: Vec<(EventId, Row)> = of_tables.chain(of_definitions).collect();
        let counting = schema.tables().filter(|table| table.autoincrement && are_flexible);
        if let Some(first) = counting.map(|table| table.id.0).min() {
            let sql = Value::text("CREATE TABLE sqlite_sequence(name,seq)");
            objects.push((first, object("table", SEQUENCE.name, SEQUENCE.name, sql)));
        }
        // Those that one event made stand as they were declared.
        objects.sort_by_key(|(created, _)| *created);
        let mut rows: Vec<Row> = objects.into_iter().map(|(_, row)| row).collect();
        if are_flexible {
            rows.iter_mut().filter_map(|row| row.last_mut()).for_each(|sql| {
                if let Value::Text(text) = sql {
                    *sql = Value::text(as_sqlite_keeps(text));
                }
            });
        }
        SchemaRelation { relation, rows }
    }

    /// The triggers, in the order in which they were created.
    pub fn triggers(schema: &Schema) -> SchemaRelation {
        let row = |trigger: &Arc<Definition>| {
            let fires = parse_trigger(trigger).ok();
            let fires = fires.map(|known| format!("{} {}", known.time, known.event));
            vec![
                Value::text(&trigger.name),
                Value::text(trigger.table_name()),
                optional(fires.as_deref()),
                integer(trigger.id.0),
                Value::text(&trigger.sql),
            ]
        };
        let mut triggers: Vec<&Arc<Definition>> = schema.triggers().collect();
        triggers.sort_by_key(|trigger| trigger.id);
        SchemaRelation { relation: &TRIGGERS, rows: triggers.into_iter().map(row).collect() }
    }

    /// The views; of one that cannot be read the columns are NULL.
    pub fn views(schema: &Schema, views: &ReadableViews) -> SchemaRelation {
        let row = |view: &Arc<Definition>| {
            let columns = views.named(SchemaName::Main, &view.name);
            let columns = columns.map(|view| view.column_names().join(", "));
            vec![
                Value::text(&view.name),
                optional(columns.as_deref()),
                integer(view.id.0),
                Value::text(&view.sql),
            ]
        };
        SchemaRelation { relation: &VIEWS, rows: schema.views().map(row).collect() }
    }

    /// The counters of AUTOINCREMENT that are not at their beginning.
    pub fn counters(view: &View) -> SchemaRelation {
        let counting = view.schema().all_tables().filter(|table| table.autoincrement);
        let row = |table: &Arc<TableSchema>| match view.table(table).autoincrement() {
            0 => None,
            last => Some(vec![Value::text(&table.name), Value::Integer(last)]),
        };
        SchemaRelation { relation: &SEQUENCE, rows: counting.filter_map(row).collect() }
    }
}

impl Relation for SchemaRelation {
    fn open(&self, columns: &[usize], context: &Context) -> Result<BoxedOperator, Error> {
        let rows = self.rows.clone().into_iter().map(|row| Ok::<_, storage::Error>(Some(row)));
        Ok(relation_rows(self.relation, columns, context, rows, |row, column| {
            Ok(row.get(column).cloned().unwrap_or(Value::Null))
        }))
    }

    fn source(&self) -> String {
        format!("{}: the schema", self.relation.name)
    }
}

fn table_row(table: &TableSchema) -> Row {
    vec![
        Value::text(&table.name),
        Value::Integer(i64::try_from(table.columns.len()).unwrap_or(i64::MAX)),
        integer(table.id.0.0),
        optional(Some(table.options.to_string().as_str()).filter(|metadata| !metadata.is_empty())),
        Value::text(create_table(table)),
    ]
}

fn columns_of(table: &TableSchema) -> Vec<Row> {
    let row = |at: usize| {
        let position = i64::try_from(at + 1).unwrap_or(i64::MAX);
        let mut row = vec![Value::text(&table.name), Value::Integer(position)];
        row.extend(column_row(table, at));
        row
    };
    (0..table.columns.len()).map(row).collect()
}

/// What DESCRIBE says of a column: its name, its type as written, whether it may be NULL, key, its
/// default or what computes it, and the type that it holds, which is what became of the one that was written.
pub(in crate::session) fn column_row(table: &TableSchema, at: usize) -> Row {
    let column = &table.columns[at];
    let declared = if column.declared.is_empty() {
        column.data_type.to_string()
    } else {
        column.declared.clone()
    };
    let in_key =
        |kind: KeyKind| table.keys.iter().any(|key| key.kind == kind && key.columns.contains(&at));
    let key = if in_key(KeyKind::Primary) {
        "primary"
    } else if in_key(KeyKind::Unique) {
        "unique"
    } else if in_key(KeyKind::Index) {
        "index"
    } else {
        ""
    };
    let default = match (&column.default, &column.generated) {
        (_, Some(generation)) => Value::text(generation.to_string()),
        (Some(default), None) => Value::text(default),
        (None, None) => Value::Null,
    };
    let holds = column.data_type.to_string() + &column.collation.suffix();
    let nullable = !column.not_null && table.integer_primary_key() != Some(at);
    vec![
        Value::text(&column.name),
        Value::text(declared),
        Value::text(if nullable { "yes" } else { "no" }),
        Value::text(key),
        default,
        Value::text(holds),
    ]
}

/// The indexes that CREATE INDEX made.
fn indexes(table: &TableSchema) -> impl Iterator<Item = (&str, &KeySchema)> {
    let indexes = table.keys.iter().filter(|key| key.kind == KeyKind::Index);
    indexes.map(|key| (key.name.as_deref().unwrap_or_default(), key))
}

fn indexes_of(table: &TableSchema) -> Vec<Row> {
    let row = |(name, key): (&str, &KeySchema)| {
        let mut columns = key.part_names(table);
        for (name, part) in columns.iter_mut().zip(key.parts(table).iter()) {
            name.push_str(if part.descending { " DESC" } else { "" });
        }
        vec![
            Value::text(name),
            Value::text(&table.name),
            Value::text(columns.join(", ")),
            Value::Boolean(key.unique),
            Value::text(create_index(table, key)),
        ]
    };
    indexes(table).map(row).collect()
}

/// What `sqlite_master` says of a view or a trigger.
fn object_of(definition: &Definition) -> Row {
    let sql = Value::text(&definition.sql);
    object(&definition.kind.to_string(), &definition.name, definition.table_name(), sql)
}

/// What `sqlite_master` says of something of a table.
fn object(kind: &str, name: &str, table: &str, sql: Value) -> Row {
    vec![Value::text(kind), Value::text(name), Value::text(table), Value::Integer(0), sql]
}

/// A table and its indexes, each with the event that created it; those of its keys have a name in SQLite,
/// and no statement.
fn objects_of(table: &TableSchema, are_flexible: bool) -> Vec<(EventId, Row)> {
    let of = &table.name;
    let create = if are_flexible { create_flexible_table(table) } else { create_table(table) };
    let mut objects = vec![(table.id.0, object("table", of, of, Value::text(create)))];
    let indexes = sqlite_indexes(table).into_iter();
    objects.extend(indexes.filter_map(|(name, key)| {
        let sql = match key.kind {
            KeyKind::Index => Value::text(create_index(table, key)),
            // It is what the rows are kept by.
            KeyKind::Primary if table.options.without_rowid => return None,
            KeyKind::Primary | KeyKind::Unique => are_flexible.then_some(Value::Null)?,
        };
        Some((key.id.event, object("index", &name, of, sql)))
    }));
    objects
}

/// A CREATE statement as SQLite keeps it: its verb is written in capitals, and what stands before the
/// name, TEMP and IF NOT EXISTS, goes.
fn as_sqlite_keeps(sql: &str) -> String {
    match created_object(sql) {
        Some((verb, name)) => format!("{verb} {}", &sql[name..]),
        None => sql.to_owned(),
    }
}
