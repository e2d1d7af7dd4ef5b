//! The statements that make a table and its indexes as they are.
//!
//! A table keeps the CREATE TABLE that somebody wrote, for its words and for what only they say (COLLATE,
//! GENERATED). ALTER TABLE changes the table and not those words; so where they no longer say what the
//! table is, what can be altered is taken from the table and the rest from them.

use crate::language::ast::{
    AlterAction, ColumnConstraintKind, ColumnDefinition, CreateTable, ForeignKeyClause, Identifier,
    SchemaStatement, Statement, TableConstraintKind, TableOption,
};
use crate::language::parse_statement;
use crate::types::{Column, ForeignKey, KeySchema, TableSchema};

/// The CREATE TABLE that makes this table, without `;`: as it was written, unless the table was altered.
pub fn create_table(table: &TableSchema) -> String {
    let written = without_end(&table.sql);
    let Ok(Some(Statement::Schema(SchemaStatement::CreateTable(create)))) =
        parse_statement(written)
    else {
        return written.to_owned();
    };
    match altered(&create, table) {
        Some(now) if now != create => {
            Statement::Schema(SchemaStatement::CreateTable(now)).to_string()
        }
        _ => written.to_owned(),
    }
}

/// The CREATE INDEX that makes an index of this table, without `;`: as it was written, unless the table
/// was altered.
pub fn create_index(table: &TableSchema, key: &KeySchema) -> String {
    let written = without_end(&key.sql);
    let Ok(Some(Statement::Schema(SchemaStatement::CreateIndex(create)))) =
        parse_statement(written)
    else {
        return written.to_owned();
    };
    let mut now = create.clone();
    rename(&mut now.table, &table.name);
    for (indexed, part) in now.columns.iter_mut().zip(key.parts(table).iter()) {
        let column = part.source.column().and_then(|column| table.columns.get(column));
        if let (Some(name), Some(column)) = (indexed.column_mut(), column) {
            rename(name, &column.name);
        }
    }
    if now == create {
        written.to_owned()
    } else {
        Statement::Schema(SchemaStatement::CreateIndex(now)).to_string()
    }
}

/// A column as ADD COLUMN takes it.
pub fn column_definition(column: &Column) -> String {
    let mut words = vec![Identifier::of(&column.name).to_string()];
    words.extend((!column.declared.is_empty()).then(|| column.declared.clone()));
    let collation = Some(column.collation).filter(|collation| !collation.is_binary());
    words.extend(collation.map(|collation| format!("COLLATE {collation}")));
    words.extend(column.not_null.then(|| "NOT NULL".to_owned()));
    words.extend(column.on_null.map(|resolution| format!("ON CONFLICT {resolution}")));
    words.extend(column.default.as_ref().map(|default| format!("DEFAULT ({default})")));
    words.extend(column.generated.as_ref().map(|how| format!("GENERATED ALWAYS {how}")));
    words.join(" ")
}

fn without_end(sql: &str) -> &str {
    sql.trim_end().trim_end_matches(';').trim_end()
}

/// The statement with what ALTER TABLE did to its table since; `None` where the table cannot have come
/// of it.
fn altered(create: &CreateTable, table: &TableSchema) -> Option<CreateTable> {
    // The columns of the statement are known by their places there.
    let is_of_it = |column: &&Column| column.id.event == table.id.0;
    let place = |name: &Identifier| {
        create.columns.iter().position(|column| column.name.name.eq_ignore_ascii_case(&name.name))
    };
    let rename_column = |name: &mut Identifier| {
        let ordinal = place(name)?;
        let mut columns = table.columns.iter().filter(is_of_it);
        let column = columns.find(|column| column.id.ordinal == ordinal)?;
        rename(name, &column.name);
        Some(())
    };
    let mut now = create.clone();
    rename(&mut now.name, &table.name);
    // What a session makes every new table stands in no statement.
    if table.options.flexible && !now.options.contains(&TableOption::Flexible) {
        now.options.push(TableOption::Flexible);
    }
    let definition = |column: &Column| {
        if !is_of_it(&column) {
            return added(column);
        }
        let mut definition = create.columns.get(column.id.ordinal)?.clone();
        rename(&mut definition.name, &column.name);
        Some(definition)
    };
    now.columns = table.columns.iter().map(definition).collect::<Option<_>>()?;
    for constraint in &mut now.constraints {
        match &mut constraint.kind {
            TableConstraintKind::PrimaryKey(columns) | TableConstraintKind::Unique(columns) => {
                columns.iter_mut().try_for_each(|column| rename_column(column.column_mut()?))?;
            }
            TableConstraintKind::ForeignKey { columns, .. } => {
                columns.iter_mut().try_for_each(rename_column)?;
            }
            // A column that a CHECK names keeps its name.
            TableConstraintKind::Check(_) => {}
        }
    }
    references(&mut now).zip(&table.foreign_keys).for_each(|(clause, key)| refer(clause, key));
    Some(now)
}

/// A column that came later.
fn added(column: &Column) -> Option<ColumnDefinition> {
    let add = format!("ALTER TABLE t ADD COLUMN {}", column_definition(column));
    match parse_statement(&add) {
        Ok(Some(Statement::Schema(SchemaStatement::AlterTable {
            action: AlterAction::AddColumn(definition),
            ..
        }))) => Some(*definition),
        _ => None,
    }
}

/// What the foreign keys of a statement refer to, in the order in which a table has them: those of
/// columns first.
fn references(create: &mut CreateTable) -> impl Iterator<Item = &mut ForeignKeyClause> {
    let CreateTable { columns, constraints, .. } = create;
    let of_columns = columns.iter_mut().flat_map(|column| &mut column.constraints);
    let of_columns = of_columns.filter_map(|constraint| {
        let ColumnConstraintKind::References(clause) = &mut constraint.kind else { return None };
        Some(clause)
    });
    let of_table = constraints.iter_mut().filter_map(|constraint| {
        let TableConstraintKind::ForeignKey { references, .. } = &mut constraint.kind else {
            return None;
        };
        Some(references)
    });
    of_columns.chain(of_table)
}

/// Lets a clause name what its foreign key refers to now.
fn refer(clause: &mut ForeignKeyClause, key: &ForeignKey) {
    rename(&mut clause.table, &key.references);
    for (name, now) in clause.columns.iter_mut().zip(&key.referenced) {
        rename(name, now);
    }
}

fn rename(name: &mut Identifier, now: &str) {
    if name.name != now {
        *name = Identifier::of(now);
    }
}
