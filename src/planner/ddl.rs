//! CREATE and DROP become schema changes.

use super::bind::{self, Binder};
use super::plan::{Planned, SchemaPlan};
use super::scope::Scope;
use super::suggest::suggest;
use super::write::named_columns;
use super::{Catalog, Error, collation, home, keys, notices, rename};
use crate::language::ast::{
    Annotations, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, CreateIndex,
    CreateTable, Expression, ForeignKeyClause, Identifier, IndexedColumn, ObjectName,
    TableConstraint, TableConstraintKind, TableOption,
};
use crate::storage::SchemaChange;
use crate::types::{
    CheckConstraint, Column, ColumnAffinity, DataType, Definition, ForeignKey, Generation, KeyKind,
    KeySchema, Literal, PseudoColumn, Schema, SchemaName, Span, TableId, TableOptions, TableSchema,
};
use std::sync::Arc;

/// The most columns of a table.
pub const MAX_COLUMNS: usize = 2_000;

fn unchanged(verb: &'static str, name: &Identifier) -> Planned {
    planned(verb, name, Vec::new())
}

/// A change of the schema about which there is nothing to say.
fn planned(verb: &'static str, name: &Identifier, changes: Vec<SchemaChange>) -> Planned {
    SchemaPlan::new(verb, name, changes).into()
}

/// Makes sure that neither a table, a view nor an index has a name: all are found by it alone.
pub(super) fn check_free(name: &Identifier, schema: &Schema) -> Result<(), Error> {
    if let Some(view) = schema.view(&name.name) {
        let message = format!("view \"{}\" is already there", view.name);
        return Err(Error::new("view-exists", message, name.span)
            .help(Some("CREATE OR REPLACE VIEW defines it otherwise".to_owned())));
    }
    if let Some(table) = schema.table(&name.name) {
        let message = format!("table \"{}\" is already there", table.name);
        return Err(Error::new("table-exists", message, name.span).note(table.to_string()));
    }
    if let Some((table, index)) = schema.index(&name.name) {
        let called = index.name.as_deref().unwrap_or(&name.name);
        let message = format!("index \"{called}\" is already there, on {}", table.name);
        return Err(Error::new("index-exists", message, name.span));
    }
    Ok(())
}

/// Plans a CREATE TABLE.
pub(super) fn create_table(
    create: &CreateTable,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    let verb = "CREATE TABLE";
    let home = home::of_new(create.temporary, &create.name, "table")?;
    catalog.check_new(&create.name)?;
    let schema = catalog.schema().within(home);
    let is_there = schema.table(&create.name.name).is_some();
    let is_view = schema.view(&create.name.name).is_some();
    if (is_there || is_view) && create.if_not_exists {
        return Ok(unchanged(verb, &create.name));
    }
    check_free(&create.name, schema).map_err(|error| {
        let help = is_there.then(|| "CREATE TABLE IF NOT EXISTS leaves it as it is".to_owned());
        error.help(help)
    })?;
    if create.columns.len() > MAX_COLUMNS {
        let message =
            format!("{} columns: a table has at most {MAX_COLUMNS}", create.columns.len());
        return Err(Error::new("column-limit", message, create.name.span));
    }
    let mut table = TableSchema {
        id: TableId(home::new_id(home)),
        name: create.name.name.clone(),
        columns: Vec::with_capacity(create.columns.len()),
        keys: Vec::new(),
        autoincrement: false,
        options: options(&create.name, &create.options)?,
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        sql: match home {
            SchemaName::Main => definition(text, &create.annotations),
            // As SQLite keeps it: where it is says that it is temporary.
            SchemaName::Temporary => definition_from(verb, &create.name, text, &create.annotations),
        },
    };
    for definition in &create.columns {
        add_column(&mut table, definition)?;
    }
    for definition in &create.columns {
        for constraint in &definition.constraints {
            column_constraint(&mut table, &definition.name, constraint)?;
        }
    }
    for constraint in &create.constraints {
        table_constraint(&mut table, constraint)?;
    }
    settle_keys(&mut table, &create.name)?;
    check_generated(&table, &create.columns)?;
    check_without_rowid(&table, &create.name)?;
    let notices = notices::of_definition(&table.name, &create.columns);
    let changes = vec![SchemaChange::CreateTable(Arc::new(table))];
    Ok(SchemaPlan { notices, ..SchemaPlan::new(verb, &create.name, changes) }.into())
}

/// The statement as it is kept with what it makes: what it says of its transaction is the event's.
fn definition(text: &str, annotations: &Annotations) -> String {
    let said = annotations.span;
    let kept = if said == Span::default() { text } else { text.get(..said.start).unwrap_or(text) };
    kept.trim().trim_end_matches(';').trim_end().to_string()
}

/// The same of a view or a trigger, whose statement is kept as SQLite keeps it: from its name on.
pub(super) fn definition_from(
    verb: &str,
    name: &Identifier,
    text: &str,
    annotations: &Annotations,
) -> String {
    let before = name.span.start.min(text.len());
    let kept = definition(text, annotations);
    // What stands before the statement was cut off there.
    let cut = text.len() - text.trim_start().len();
    format!("{verb} {}", kept.get(before.saturating_sub(cut)..).unwrap_or_default())
}

/// The changes that drop the triggers of a table or a view, the newest first.
pub(super) fn dropped_triggers(
    schema: &Schema,
    home: SchemaName,
    table: &str,
) -> Vec<SchemaChange> {
    let is_on = |trigger: &&Arc<Definition>| trigger.is_on(home, table);
    let mut triggers: Vec<_> = schema.all_triggers().filter(is_on).map(Arc::clone).collect();
    triggers.sort_by_key(|trigger| std::cmp::Reverse(trigger.id));
    triggers.into_iter().map(SchemaChange::DropDefinition).collect()
}

/// What stands behind the columns.
pub(super) fn options(name: &Identifier, given: &[TableOption]) -> Result<TableOptions, Error> {
    let mut options = TableOptions::default();
    for option in given {
        match option {
            TableOption::WithoutRowid => options.without_rowid = true,
            TableOption::Strict => options.strict = true,
            TableOption::Flexible => options.flexible = true,
        }
    }
    if options.strict && options.flexible {
        let message = format!("{name} cannot be STRICT and FLEXIBLE");
        return Err(Error::new("table-options", message, name.span));
    }
    Ok(options)
}

/// Adds a column with its type and without its constraints.
pub(super) fn add_column(
    table: &mut TableSchema,
    definition: &ColumnDefinition,
) -> Result<(), Error> {
    let name = &definition.name;
    if PseudoColumn::is_reserved(&name.name) {
        let message = format!("\"{}\" is a name that every table has for itself", name.name);
        return Err(Error::new("reserved-name", message, name.span));
    }
    if table.column(&name.name).is_some() {
        let message = format!("{} has two columns \"{}\"", table.name, name.name);
        return Err(Error::new("duplicate-column", message, name.span));
    }
    if table.options.strict {
        check_strict(&table.name, definition)?;
    }
    let data_type = match &definition.type_name {
        _ if table.options.flexible => bind::flexible_type(definition.type_name.as_ref())?,
        Some(type_name) => bind::data_type(type_name)?,
        None => DataType::Any,
    };
    let declared = definition.type_name.as_ref().map(ToString::to_string).unwrap_or_default();
    table.columns.push(Column { declared, ..Column::new(name.name.as_str(), data_type) });
    Ok(())
}

/// The types that a column of a table can have that is STRICT by its own word: those of SQLite, and those
/// that only asof has.
const STRICT_TYPES: &[&str] = &[
    "INT",
    "INTEGER",
    "REAL",
    "TEXT",
    "BLOB",
    "ANY",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP",
    "DECIMAL",
    "NUMERIC",
    "JSON",
];

/// Makes sure that a column of a STRICT table has a type, and which it is.
fn check_strict(table: &str, definition: &ColumnDefinition) -> Result<(), Error> {
    let name = &definition.name;
    let refused = |message: String, span: Span| {
        let help = format!("a STRICT table has {}", STRICT_TYPES.join(", "));
        Err(Error::new("strict", message, span).help(Some(help)))
    };
    let Some(type_name) = &definition.type_name else {
        return refused(format!("\"{}\" of {table} has no type", name.name), name.span);
    };
    let is_exact = matches!(type_name.name.to_ascii_uppercase().as_str(), "DECIMAL" | "NUMERIC");
    let is_known = STRICT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(&type_name.name));
    if !is_known || !(is_exact || type_name.arguments.is_empty()) || !type_name.behind.is_empty() {
        return refused(format!("a STRICT table has no {type_name}"), type_name.span);
    }
    Ok(())
}

/// Adds a constraint of a column to its table.
pub(super) fn column_constraint(
    table: &mut TableSchema,
    column: &Identifier,
    constraint: &ColumnConstraint,
) -> Result<(), Error> {
    let ColumnConstraint { name, kind, on_conflict, .. } = constraint;
    let (name, on_conflict) = (name.as_ref(), *on_conflict);
    let key = |kind, index| KeySchema { on_conflict, ..keys::of_column(kind, name, index) };
    let index = table.columns.iter().position(|c| c.name == column.name).unwrap_or_default();
    match kind {
        ColumnConstraintKind::PrimaryKey { autoincrement, descending } => {
            add_key(table, key(KeyKind::Primary, index), column.span)?;
            // As in SQLite, one that goes down by its own word is no number of rows.
            if *descending && table.options.flexible {
                let declared = Some(&table.columns[index].declared);
                let affinity = declared.and_then(|declared| ColumnAffinity::of(declared, &[]));
                table.columns[index].data_type = affinity.map_or(DataType::Any, DataType::Flexible);
            }
            if *autoincrement && table.columns[index].data_type != DataType::Integer {
                return Err(no_number(column.span));
            }
            table.autoincrement = *autoincrement;
        }
        ColumnConstraintKind::NotNull => {
            let column = &mut table.columns[index];
            (column.not_null, column.on_null) = (true, on_conflict);
        }
        ColumnConstraintKind::Unique => {
            add_key(table, key(KeyKind::Unique, index), column.span)?;
        }
        ColumnConstraintKind::Default(expression) => {
            table.columns[index].default = Some(default(&table.columns[index], expression)?);
        }
        ColumnConstraintKind::Check(expression) => {
            add_check(table, name, expression, Some(index))?;
        }
        ColumnConstraintKind::References(clause) => {
            check_width(&[index], clause)?;
            let key = foreign_key(name, vec![index], clause);
            table.foreign_keys.push(ForeignKey { of_column: true, ..key });
        }
        ColumnConstraintKind::Collate(collation) => {
            table.columns[index].collation = collation::named(collation)?;
        }
        ColumnConstraintKind::Generated { expression, stored } => {
            let generation = Generation { expression: expression.to_string(), stored: *stored };
            if table.columns[index].generated.replace(generation).is_some() {
                let message = format!("\"{}\" is generated in two ways", column.name);
                return Err(Error::new("generated-column", message, expression.span));
            }
        }
        ColumnConstraintKind::Null => {}
    }
    Ok(())
}

fn no_number(key: Span) -> Error {
    Error::new("autoincrement", "AUTOINCREMENT needs an INTEGER PRIMARY KEY", key)
}

/// Makes sure that the rows of a table WITHOUT ROWID are told by something else.
fn check_without_rowid(table: &TableSchema, name: &Identifier) -> Result<(), Error> {
    if !table.options.without_rowid {
        return Ok(());
    }
    if table.primary_key().is_none() {
        let message = format!("{} is WITHOUT ROWID and has no PRIMARY KEY", table.name);
        return Err(Error::new("without-rowid", message, name.span));
    }
    if table.autoincrement {
        let message = format!("{} is WITHOUT ROWID: AUTOINCREMENT counts rowids", table.name);
        return Err(Error::new("autoincrement", message, name.span));
    }
    Ok(())
}

/// Makes sure that what these columns of a table compute can be computed of every row.
pub(super) fn check_generated(
    table: &TableSchema,
    definitions: &[ColumnDefinition],
) -> Result<(), Error> {
    let refused =
        |message: String, at: &Identifier| Err(Error::new("generated-column", message, at.span));
    let constraints = definitions.iter().flat_map(|definition| {
        definition.constraints.iter().map(|constraint| (&definition.name, &constraint.kind))
    });
    let generated: Vec<(&Identifier, &Expression)> = constraints
        .filter_map(|(name, kind)| match kind {
            ColumnConstraintKind::Generated { expression, .. } => Some((name, expression)),
            ColumnConstraintKind::PrimaryKey { .. }
            | ColumnConstraintKind::NotNull
            | ColumnConstraintKind::Null
            | ColumnConstraintKind::Unique
            | ColumnConstraintKind::Default(_)
            | ColumnConstraintKind::Check(_)
            | ColumnConstraintKind::References(_)
            | ColumnConstraintKind::Collate(_) => None,
        })
        .collect();
    super::write::check_generated(table, &generated)?;
    for definition in definitions {
        let name = &definition.name;
        let Some(index) = table.column(&name.name) else { continue };
        let column = &table.columns[index];
        if column.generated.is_none() {
            continue;
        }
        if column.default.is_some() {
            return refused(format!("\"{}\" is generated and has a DEFAULT", column.name), name);
        }
        if table.primary_key().is_some_and(|key| key.columns.contains(&index)) {
            let message = format!("\"{}\" is generated: no PRIMARY KEY has it", column.name);
            return refused(message, name);
        }
        if table.given_columns().is_empty() {
            return refused(format!("all columns of {} are generated", table.name), name);
        }
    }
    Ok(())
}

/// A default as SQL text, once it is known to be a constant that the column can hold.
fn default(column: &Column, expression: &Expression) -> Result<String, Error> {
    let scope = Scope::default();
    let bound = Binder::new(&scope, "DEFAULT").bind(expression)?;
    let bound = super::exact_numbers::assigned(bound, column.data_type);
    if let super::BoundKind::Literal(value) | super::BoundKind::Number(Literal { value, .. }) =
        bound.kind
    {
        column.data_type.accept(value).map_err(|rejected| {
            let message = format!("the default of \"{}\": {rejected}", column.name);
            Error::new("type", message, expression.span)
        })?;
    }
    Ok(expression.to_string())
}

/// Adds a constraint of a table.
pub(super) fn table_constraint(
    table: &mut TableSchema,
    constraint: &TableConstraint,
) -> Result<(), Error> {
    let TableConstraint { name, kind, on_conflict, .. } = constraint;
    let (name, on_conflict) = (name.as_ref(), *on_conflict);
    let span = |columns: &[IndexedColumn]| {
        columns.first().map_or_else(Span::default, |column| column.expression.span)
    };
    match kind {
        TableConstraintKind::PrimaryKey { columns, autoincrement } => {
            let key = keys::of_parts(KeyKind::Primary, name, columns, None, table)?;
            add_key(table, KeySchema { on_conflict, ..key }, span(columns))?;
            if *autoincrement && table.integer_primary_key().is_none() {
                return Err(no_number(span(columns)));
            }
            table.autoincrement |= *autoincrement;
            Ok(())
        }
        TableConstraintKind::Unique(columns) => {
            let key = keys::of_parts(KeyKind::Unique, name, columns, None, table)?;
            add_key(table, KeySchema { on_conflict, ..key }, span(columns))
        }
        TableConstraintKind::Check(expression) => add_check(table, name, expression, None),
        TableConstraintKind::ForeignKey { columns, references } => {
            let columns = named_columns(table, columns)?;
            check_width(&columns, references)?;
            table.foreign_keys.push(foreign_key(name, columns, references));
            Ok(())
        }
    }
}

fn add_key(table: &mut TableSchema, key: KeySchema, span: Span) -> Result<(), Error> {
    if key.kind == KeyKind::Primary && table.primary_key().is_some() {
        let message = format!("{} has two primary keys", table.name);
        return Err(Error::new("two-primary-keys", message, span));
    }
    // What numbers the rows is an integer also where every other column takes anything.
    if let (KeyKind::Primary, [column]) = (key.kind, key.columns.as_slice())
        && table.options.flexible
        && !table.options.without_rowid
        && table.columns[*column].declared.eq_ignore_ascii_case("INTEGER")
    {
        table.columns[*column].data_type = DataType::Integer;
    }
    table.keys.push(key);
    Ok(())
}

/// Adds a CHECK, which is asked of every row from now on.
fn add_check(
    table: &mut TableSchema,
    name: Option<&Identifier>,
    condition: &Expression,
    column: Option<usize>,
) -> Result<(), Error> {
    super::write::check_condition(table, condition)?;
    let name = name.map(|name| name.name.to_string());
    let condition = rename::unqualified(&condition.to_string());
    table.checks.push(CheckConstraint { name, condition, column });
    Ok(())
}

/// Keys stay in the order of the text, by which SQLite numbers them; of two that say the same the primary
/// key stays, in the place of the first. Primary key columns are NOT NULL, but for the one that fills
/// itself, and in a FLEXIBLE table, as in SQLite, where it was not said.
///
/// # Errors
/// `conflict-clauses` where two that say the same disagree about rows that break them.
fn settle_keys(table: &mut TableSchema, name: &Identifier) -> Result<(), Error> {
    let fills_itself = table.integer_primary_key();
    let mut kept: Vec<KeySchema> = Vec::with_capacity(table.keys.len());
    for key in std::mem::take(&mut table.keys) {
        let Some(other) = kept.iter_mut().find(|other| other.is_same_as(&key, table)) else {
            kept.push(key);
            continue;
        };
        let is_primary = key.kind == KeyKind::Primary;
        // As in SQLite, which asks the number of a row before any UNIQUE.
        if fills_itself.is_some() && (is_primary || other.kind == KeyKind::Primary) {
            if is_primary {
                *other = key;
            }
            continue;
        }
        if let (Some(first), Some(second)) = (other.on_conflict, key.on_conflict)
            && first != second
        {
            let columns = key.part_names(table).join(", ");
            let message = format!("two keys of ({columns}) say ON CONFLICT {first} and {second}");
            return Err(Error::new("conflict-clauses", message, name.span));
        }
        let on_conflict = other.on_conflict.or(key.on_conflict);
        if is_primary {
            *other = key;
        }
        other.on_conflict = on_conflict;
    }
    table.keys = kept;
    let primary = table.primary_key().map_or_else(Vec::new, |key| key.columns.clone());
    let may_be_null = table.options.flexible && !table.options.without_rowid;
    for column in primary {
        let is_filled = fills_itself == Some(column) && !table.options.without_rowid;
        if !is_filled && !may_be_null {
            table.columns[column].not_null = true;
        }
    }
    Ok(())
}

/// Makes sure that as many columns refer as are referred to, where those are named.
fn check_width(columns: &[usize], clause: &ForeignKeyClause) -> Result<(), Error> {
    let (own, others) = (columns.len(), clause.columns.len());
    if others == 0 || own == others {
        return Ok(());
    }
    let plural = if own == 1 { "" } else { "s" };
    let message = format!("a foreign key of {own} column{plural} that refers to {others}");
    Err(Error::new("foreign-key-mismatch", message, clause.table.span))
}

fn foreign_key(
    name: Option<&Identifier>,
    columns: Vec<usize>,
    clause: &ForeignKeyClause,
) -> ForeignKey {
    ForeignKey {
        name: name.map(|name| name.name.to_string()),
        of_column: false,
        columns,
        references: clause.table.name.to_string(),
        referenced: clause.columns.iter().map(|column| column.name.to_string()).collect(),
        on_delete: clause.on_delete.unwrap_or_default(),
        on_update: clause.on_update.unwrap_or_default(),
        deferred: clause.deferred == Some(true),
    }
}

/// Plans a DROP TABLE.
pub(super) fn drop_table(
    if_exists: bool,
    name: &ObjectName,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    let verb = "DROP TABLE";
    let within = name.schema;
    if catalog.schema().find_table(within, &name.name).is_none() {
        if if_exists && catalog.schema().find_view(within, &name.name).is_none() {
            return Ok(unchanged(verb, name));
        }
        if let Some((table, index)) = catalog.schema().find_index(within, &name.name) {
            let called = index.name.as_deref().unwrap_or(&name.name);
            let message = format!("{called} is an index of {}, and no table", table.name);
            return Err(Error::new("unknown-table", message, name.span)
                .help(Some(format!("DROP INDEX {called} drops it"))));
        }
        if let Some(view) = catalog.schema().find_view(within, &name.name) {
            let message = format!("{} is a view, and no table", view.name);
            return Err(Error::new("unknown-table", message, name.span)
                .help(Some(format!("DROP VIEW {} drops it", Identifier::of(&view.name)))));
        }
    }
    let table = catalog.target(name)?.schema;
    let mut changes = dropped_triggers(catalog.schema(), table.id.schema_name(), &table.name);
    changes.push(SchemaChange::DropTable(table));
    Ok(planned(verb, name, changes))
}

/// Plans a CREATE INDEX.
pub(super) fn create_index(
    create: &CreateIndex,
    text: &str,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    let verb = "CREATE INDEX";
    catalog.check_new(&create.name)?;
    let indexed = match create.name.schema {
        Some(home) => home::looked_up_in(home, &create.table, &create.name.to_string())?,
        None => create.table.clone(),
    };
    // As in SQLite, it is where its table is.
    let home = catalog.schema().schema_of(indexed.schema, &indexed.name);
    // Its table is asked for first, as in SQLite, also where the index is there.
    let table = catalog.target(&indexed)?.schema;
    let schema = catalog.schema().within(home);
    if schema.index(&create.name.name).is_some() && create.if_not_exists {
        return Ok(unchanged(verb, &create.name));
    }
    check_free(&create.name, schema)?;
    let CreateIndex { name, columns, condition, .. } = create;
    let key = KeySchema {
        unique: create.unique,
        sql: definition(text, &create.annotations),
        ..keys::of_parts(KeyKind::Index, Some(name), columns, condition.as_ref(), &table)?
    };
    let changes = vec![SchemaChange::CreateIndex { table, key: Box::new(key) }];
    Ok(planned(verb, &create.name, changes))
}

/// Plans a DROP INDEX.
pub(super) fn drop_index(
    if_exists: bool,
    name: &ObjectName,
    catalog: &mut dyn Catalog,
) -> Result<Planned, Error> {
    let verb = "DROP INDEX";
    let schema = catalog.schema();
    let Some((table, key)) = schema.find_index(name.schema, &name.name) else {
        if if_exists {
            return Ok(unchanged(verb, name));
        }
        if let Some(table) = schema.find_table(name.schema, &name.name) {
            let message = format!("{} is a table, and no index", table.name);
            return Err(Error::new("unknown-index", message, name.span)
                .help(Some(format!("DROP TABLE {} drops it", table.name))));
        }
        let keys: Vec<&str> = schema
            .all_tables()
            .flat_map(|table| &table.keys)
            .filter(|key| key.kind == KeyKind::Index)
            .filter_map(|key| key.name.as_deref())
            .collect();
        let message = format!("no index \"{}\"", name.name);
        return Err(Error::new("unknown-index", message, name.span).help(suggest(&name.name, keys)));
    };
    let changes =
        vec![SchemaChange::DropIndex { table: table.clone(), key: Box::new(key.clone()) }];
    Ok(planned(verb, name, changes))
}
