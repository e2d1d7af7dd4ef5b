//! Definitions as SQL.

use super::super::{
    AlterAction, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, CreateIndex,
    CreateTable, Expression, ExpressionKind, ForeignKeyClause, IndexedColumn, SchemaStatement,
    TableConstraint, TableConstraintKind, TableOption,
};
use super::view::temporary_word;
use super::{CommaList, part};
use std::fmt;

impl fmt::Display for SchemaStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SchemaStatement::CreateTable(create) => create.fmt(f),
            SchemaStatement::DropTable { if_exists, name, annotations } => {
                write!(f, "DROP TABLE {}{name}{annotations}", if_exists_words(*if_exists))
            }
            SchemaStatement::AlterTable { table, action, annotations } => {
                write!(f, "ALTER TABLE {table} {action}{annotations}")
            }
            SchemaStatement::CreateIndex(create) => create.fmt(f),
            SchemaStatement::CreateTableAs(create) => create.fmt(f),
            SchemaStatement::CreateView(create) => create.fmt(f),
            SchemaStatement::CreateTrigger(create) => create.fmt(f),
            SchemaStatement::DropDefinition(drop) => drop.fmt(f),
            SchemaStatement::DropIndex { if_exists, name, annotations } => {
                write!(f, "DROP INDEX {}{name}{annotations}", if_exists_words(*if_exists))
            }
        }
    }
}

impl fmt::Display for AlterAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlterAction::AddColumn(definition) => write!(f, "ADD COLUMN {definition}"),
            AlterAction::DropColumn(column) => write!(f, "DROP COLUMN {column}"),
            AlterAction::RenameColumn { from, to } => write!(f, "RENAME COLUMN {from} TO {to}"),
            AlterAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
            AlterAction::AddConstraint(constraint) => write!(f, "ADD {constraint}"),
            AlterAction::DropConstraint(name) => write!(f, "DROP CONSTRAINT {name}"),
            AlterAction::SetNotNull { column, on_conflict } => {
                write!(f, "ALTER COLUMN {column} SET NOT NULL")?;
                part(f, "ON CONFLICT", on_conflict.as_ref())
            }
            AlterAction::DropNotNull(column) => write!(f, "ALTER COLUMN {column} DROP NOT NULL"),
        }
    }
}

pub(super) fn if_exists_words(stands: bool) -> &'static str {
    if stands { "IF EXISTS " } else { "" }
}

pub(super) fn if_not_exists_words(stands: bool) -> &'static str {
    if stands { "IF NOT EXISTS " } else { "" }
}

impl fmt::Display for CreateTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = if_not_exists_words(self.if_not_exists);
        let temporary = temporary_word(self.temporary);
        let (name, columns) = (&self.name, CommaList(&self.columns));
        write!(f, "CREATE {temporary}TABLE {words}{name} ({columns}")?;
        self.constraints.iter().try_for_each(|constraint| write!(f, ", {constraint}"))?;
        f.write_str(")")?;
        if !self.options.is_empty() {
            write!(f, " {}", CommaList(&self.options))?;
        }
        self.annotations.fmt(f)
    }
}

impl fmt::Display for TableOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TableOption::WithoutRowid => "WITHOUT ROWID",
            TableOption::Strict => "STRICT",
            TableOption::Flexible => "FLEXIBLE",
        })
    }
}

impl fmt::Display for ColumnDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)?;
        if let Some(type_name) = &self.type_name {
            write!(f, " {type_name}")?;
        }
        self.constraints.iter().try_for_each(|constraint| write!(f, " {constraint}"))
    }
}

impl fmt::Display for ColumnConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "CONSTRAINT {name} ")?;
        }
        self.kind.fmt(f)?;
        part(f, "ON CONFLICT", self.on_conflict.as_ref())?;
        // The one word that stands behind it.
        f.write_str(match self.kind.is_autoincrement() {
            true => " AUTOINCREMENT",
            false => "",
        })
    }
}

/// Prints it but for the AUTOINCREMENT of a PRIMARY KEY, which stands behind ON CONFLICT.
impl fmt::Display for ColumnConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnConstraintKind::PrimaryKey { descending, .. } => {
                f.write_str("PRIMARY KEY")?;
                f.write_str(if *descending { " DESC" } else { "" })
            }
            ColumnConstraintKind::NotNull => f.write_str("NOT NULL"),
            ColumnConstraintKind::Null => f.write_str("NULL"),
            ColumnConstraintKind::Unique => f.write_str("UNIQUE"),
            ColumnConstraintKind::Default(value) => default_value(f, value),
            ColumnConstraintKind::Check(condition) => write!(f, "CHECK ({condition})"),
            ColumnConstraintKind::References(clause) => clause.fmt(f),
            ColumnConstraintKind::Collate(collation) => write!(f, "COLLATE {collation}"),
            ColumnConstraintKind::Generated { expression, stored } => {
                let stored = if *stored { " STORED" } else { "" };
                write!(f, "GENERATED ALWAYS AS ({expression}){stored}")
            }
        }
    }
}

/// A constant stands without parentheses, anything else in them.
fn default_value(f: &mut fmt::Formatter<'_>, value: &Expression) -> fmt::Result {
    if let ExpressionKind::Literal(_) | ExpressionKind::CurrentTime(_) = value.kind {
        write!(f, "DEFAULT {value}")
    } else {
        write!(f, "DEFAULT ({value})")
    }
}

impl fmt::Display for TableConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "CONSTRAINT {name} ")?;
        }
        match &self.kind {
            TableConstraintKind::PrimaryKey { columns, autoincrement } => {
                let counted = if *autoincrement { " AUTOINCREMENT" } else { "" };
                write!(f, "PRIMARY KEY ({}{counted})", CommaList(columns))?;
            }
            TableConstraintKind::Unique(columns) => write!(f, "UNIQUE ({})", CommaList(columns))?,
            TableConstraintKind::Check(condition) => write!(f, "CHECK ({condition})")?,
            TableConstraintKind::ForeignKey { columns, references } => {
                write!(f, "FOREIGN KEY ({}) {references}", CommaList(columns))?;
            }
        }
        part(f, "ON CONFLICT", self.on_conflict.as_ref())
    }
}

impl fmt::Display for ForeignKeyClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "REFERENCES {}", self.table)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", CommaList(&self.columns))?;
        }
        part(f, "ON DELETE", self.on_delete.as_ref())?;
        part(f, "ON UPDATE", self.on_update.as_ref())?;
        f.write_str(match self.deferred {
            Some(true) => " DEFERRABLE INITIALLY DEFERRED",
            Some(false) => " NOT DEFERRABLE",
            None => "",
        })
    }
}

impl fmt::Display for IndexedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)?;
        f.write_str(if self.descending { " DESC" } else { "" })
    }
}

impl fmt::Display for CreateIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let words = if_not_exists_words(self.if_not_exists);
        let (name, table) = (&self.name, &self.table);
        write!(f, "CREATE {unique}INDEX {words}{name} ON {table} ({})", CommaList(&self.columns))?;
        part(f, "WHERE", self.condition.as_ref())?;
        self.annotations.fmt(f)
    }
}
