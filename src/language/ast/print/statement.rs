//! Statements as SQL.

use super::super::{
    ActorSetting, AlterAction, Annotations, AsOf, AssignedValue, ColumnConstraint,
    ColumnConstraintKind, ColumnDefinition, CreateIndex, CreateTable, Delete, ExplainMode,
    Expression, ExpressionKind, ForeignKeyAction, ForeignKeyClause, Identifier, IndexedColumn,
    Insert, InsertSource, JsonObject, MaintenanceKind, Statement, TableConstraint,
    TableConstraintKind, TableOption, Update, ValueRows,
};
use super::{CommaList, QuotedName, part};
use std::fmt;

/// Prints the word behind EXPLAIN with a blank behind it, if there is one.
impl fmt::Display for ExplainMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExplainMode::Plan => "",
            ExplainMode::Verbose => "VERBOSE ",
            ExplainMode::Analyze => "ANALYZE ",
        })
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statement::CreateTable(create) => create.fmt(f),
            Statement::DropTable { if_exists, name, annotations } => {
                write!(f, "DROP TABLE {}{name}{annotations}", if_exists_words(*if_exists))
            }
            Statement::AlterTable { table, action, annotations } => {
                write!(f, "ALTER TABLE {table} {action}{annotations}")
            }
            Statement::CreateIndex(create) => create.fmt(f),
            Statement::DropIndex { if_exists, name, annotations } => {
                write!(f, "DROP INDEX {}{name}{annotations}", if_exists_words(*if_exists))
            }
            Statement::Insert(insert) => insert.fmt(f),
            Statement::Update(update) => update.fmt(f),
            Statement::Delete(delete) => delete.fmt(f),
            Statement::Query(query) => query.fmt(f),
            Statement::Begin(annotations) => write!(f, "BEGIN{annotations}"),
            Statement::Commit => f.write_str("COMMIT"),
            Statement::Rollback => f.write_str("ROLLBACK"),
            Statement::Explain { mode, statement } => {
                write!(f, "EXPLAIN {mode}{statement}")
            }
            Statement::Describe { table, as_of } => {
                write!(f, "DESCRIBE {table}")?;
                moment(f, as_of.as_ref())
            }
            Statement::Help(None) => f.write_str("HELP"),
            Statement::Help(Some(topic)) => write!(f, "HELP {}", topic.name),
            Statement::ShowTables { as_of } => {
                f.write_str("SHOW TABLES")?;
                moment(f, as_of.as_ref())
            }
            Statement::Show { subject, as_of } => {
                write!(f, "SHOW {subject}")?;
                moment(f, as_of.as_ref())
            }
            Statement::History(history) => history.fmt(f),
            Statement::Events { table, range, limit } => {
                f.write_str("EVENTS")?;
                part(f, "FOR", table.as_ref())?;
                range.fmt(f)?;
                part(f, "LIMIT", limit.as_ref())
            }
            Statement::Replay { table, range, limit } => {
                named(f, "REPLAY", table.as_ref())?;
                range.fmt(f)?;
                part(f, "LIMIT", limit.as_ref())
            }
            Statement::Snapshot { name, annotations } => {
                f.write_str("SNAPSHOT")?;
                name.iter().try_for_each(|name| write!(f, " {}", QuotedName(&name.name)))?;
                annotations.fmt(f)
            }
            Statement::Tag { name, at, annotations } => {
                write!(f, "TAG {}", QuotedName(&name.name))?;
                part(f, "AT", at.as_ref())?;
                annotations.fmt(f)
            }
            Statement::SetAsOf(at) => write!(f, "SET {at}"),
            Statement::SetActor(actor) => write!(f, "SET ACTOR = {actor}"),
            Statement::SetSwitch { switch, is_on } => {
                write!(f, "SET {} = {}", switch.keyword(), if *is_on { "ON" } else { "OFF" })
            }
            Statement::Verify => f.write_str("VERIFY"),
            Statement::Maintenance { verb, name } => maintenance(f, *verb, name.as_ref()),
            Statement::Accepted(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for ActorSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ActorSetting::Name(actor) => write!(f, "{}", QuotedName(actor)),
            ActorSetting::Nobody => f.write_str("NULL"),
            ActorSetting::Default => f.write_str("DEFAULT"),
        }
    }
}

fn maintenance(
    f: &mut fmt::Formatter<'_>,
    verb: MaintenanceKind,
    name: Option<&Identifier>,
) -> fmt::Result {
    named(f, &verb.to_string(), name)
}

/// A word, and a name behind it if there is one.
fn named(f: &mut fmt::Formatter<'_>, word: &str, name: Option<&Identifier>) -> fmt::Result {
    f.write_str(word)?;
    name.iter().try_for_each(|name| write!(f, " {name}"))
}

impl fmt::Display for MaintenanceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MaintenanceKind::Vacuum => "VACUUM",
            MaintenanceKind::Analyze => "ANALYZE",
            MaintenanceKind::Reindex => "REINDEX",
        })
    }
}

impl fmt::Display for AlterAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlterAction::AddColumn(definition) => write!(f, "ADD COLUMN {definition}"),
            AlterAction::DropColumn(column) => write!(f, "DROP COLUMN {column}"),
            AlterAction::RenameColumn { from, to } => write!(f, "RENAME COLUMN {from} TO {to}"),
            AlterAction::RenameTo(name) => write!(f, "RENAME TO {name}"),
        }
    }
}

fn moment(f: &mut fmt::Formatter<'_>, as_of: Option<&AsOf>) -> fmt::Result {
    as_of.map_or(Ok(()), |as_of| write!(f, " {as_of}"))
}

fn if_exists_words(stands: bool) -> &'static str {
    if stands { "IF EXISTS " } else { "" }
}

fn if_not_exists_words(stands: bool) -> &'static str {
    if stands { "IF NOT EXISTS " } else { "" }
}

impl fmt::Display for CreateTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = if_not_exists_words(self.if_not_exists);
        write!(f, "CREATE TABLE {words}{} ({}", self.name, CommaList(&self.columns))?;
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
        self.kind.fmt(f)
    }
}

impl fmt::Display for ColumnConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ColumnConstraintKind::PrimaryKey { descending, autoincrement } => {
                f.write_str("PRIMARY KEY")?;
                f.write_str(if *descending { " DESC" } else { "" })?;
                f.write_str(if *autoincrement { " AUTOINCREMENT" } else { "" })
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
            TableConstraintKind::PrimaryKey(columns) => {
                write!(f, "PRIMARY KEY ({})", CommaList(columns))
            }
            TableConstraintKind::Unique(columns) => write!(f, "UNIQUE ({})", CommaList(columns)),
            TableConstraintKind::Check(condition) => write!(f, "CHECK ({condition})"),
            TableConstraintKind::ForeignKey { columns, references } => {
                write!(f, "FOREIGN KEY ({}) {references}", CommaList(columns))
            }
        }
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

impl fmt::Display for ForeignKeyAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ForeignKeyAction::NoAction => "NO ACTION",
            ForeignKeyAction::Restrict => "RESTRICT",
            ForeignKeyAction::Cascade => "CASCADE",
            ForeignKeyAction::SetNull => "SET NULL",
            ForeignKeyAction::SetDefault => "SET DEFAULT",
        })
    }
}

impl fmt::Display for IndexedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)?;
        part(f, "COLLATE", self.collation.as_ref())?;
        f.write_str(if self.descending { " DESC" } else { "" })
    }
}

impl fmt::Display for CreateIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let words = if_not_exists_words(self.if_not_exists);
        let (name, table) = (&self.name, &self.table);
        write!(f, "CREATE {unique}INDEX {words}{name} ON {table} ({})", CommaList(&self.columns))?;
        self.annotations.fmt(f)
    }
}

impl fmt::Display for Insert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INSERT INTO {}", self.table)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", CommaList(&self.columns))?;
        }
        match &self.source {
            InsertSource::Values(rows) => write!(f, " {rows}")?,
            InsertSource::Objects(objects) => write!(f, " {}", CommaList(objects))?,
            InsertSource::Query(query) => write!(f, " {query}")?,
            InsertSource::DefaultValues => f.write_str(" DEFAULT VALUES")?,
        }
        self.annotations.fmt(f)
    }
}

/// Prints `VALUES (1, 2), (3, 4)`.
impl fmt::Display for ValueRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.values().iter().enumerate() {
            f.write_str(match index % self.width() {
                0 if index == 0 => "VALUES (",
                0 => "), (",
                _ => ", ",
            })?;
            value.fmt(f)?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for AssignedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AssignedValue::Expression(expression) => expression.fmt(f),
            AssignedValue::Default(_) => f.write_str("DEFAULT"),
        }
    }
}

impl fmt::Display for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UPDATE {}", self.table)?;
        part(f, "AS", self.alias.as_ref())?;
        f.write_str(" SET ")?;
        for (index, (column, value)) in self.assignments.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{column} = {value}")?;
        }
        part(f, "WHERE", self.filter.as_ref())?;
        self.annotations.fmt(f)
    }
}

impl fmt::Display for Delete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DELETE FROM {}", self.table)?;
        part(f, "AS", self.alias.as_ref())?;
        part(f, "WHERE", self.filter.as_ref())?;
        self.annotations.fmt(f)
    }
}

/// Prints ` WITH (…)`, or nothing if nothing is said.
impl fmt::Display for Annotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = [
            ("intent", &self.intent),
            ("actor", &self.actor),
            ("note", &self.note),
            ("id", &self.id),
        ];
        let mut before = " WITH (";
        for (key, text) in fields {
            if let Some(text) = text {
                write!(f, "{before}{key} = {}", QuotedName(text))?;
                before = ", ";
            }
        }
        f.write_str(if before == ", " { ")" } else { "" })
    }
}
