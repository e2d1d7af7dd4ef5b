//! Definitions: statements that change the schema.

use super::{
    Annotations, CreateTableAs, CreateTrigger, CreateView, DropDefinition, Expression,
    ExpressionKind, Identifier, ObjectName, SourceSpan,
};
use crate::types::{ConflictResolution, ForeignKeyAction, Span};

/// A statement that changes the schema.
#[derive(Clone, Debug, PartialEq)]
pub enum SchemaStatement {
    /// CREATE TABLE
    CreateTable(CreateTable),
    /// DROP TABLE
    DropTable {
        /// Whether IF EXISTS stood there.
        if_exists: bool,
        /// The table.
        name: ObjectName,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// ALTER TABLE
    AlterTable {
        /// The table.
        table: ObjectName,
        /// What becomes of it.
        action: AlterAction,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// CREATE TABLE … AS
    CreateTableAs(CreateTableAs),
    /// CREATE VIEW
    CreateView(CreateView),
    /// CREATE TRIGGER
    CreateTrigger(Box<CreateTrigger>),
    /// DROP VIEW, DROP TRIGGER
    DropDefinition(DropDefinition),
    /// CREATE INDEX
    CreateIndex(CreateIndex),
    /// DROP INDEX
    DropIndex {
        /// Whether IF EXISTS stood there.
        if_exists: bool,
        /// The index.
        name: ObjectName,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
}

impl SchemaStatement {
    /// What it says about the transaction that it is.
    pub fn annotations(&self) -> &Annotations {
        match self {
            SchemaStatement::CreateTable(CreateTable { annotations, .. })
            | SchemaStatement::DropTable { annotations, .. }
            | SchemaStatement::AlterTable { annotations, .. }
            | SchemaStatement::CreateTableAs(CreateTableAs { annotations, .. })
            | SchemaStatement::CreateView(CreateView { annotations, .. })
            | SchemaStatement::DropDefinition(DropDefinition { annotations, .. })
            | SchemaStatement::CreateIndex(CreateIndex { annotations, .. })
            | SchemaStatement::DropIndex { annotations, .. } => annotations,
            SchemaStatement::CreateTrigger(create) => &create.annotations,
        }
    }
}

/// CREATE TABLE.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    /// Whether TEMP stood there.
    pub temporary: bool,
    /// Whether IF NOT EXISTS stood there.
    pub if_not_exists: bool,
    /// The table's name.
    pub name: ObjectName,
    /// Its columns, at least one.
    pub columns: Vec<ColumnDefinition>,
    /// The constraints behind them.
    pub constraints: Vec<TableConstraint>,
    /// What stands behind the parentheses.
    pub options: Vec<TableOption>,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

/// What is said of a table behind its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableOption {
    /// WITHOUT ROWID
    WithoutRowid,
    /// STRICT
    Strict,
    /// FLEXIBLE
    Flexible,
}

/// What ALTER TABLE does.
#[derive(Clone, Debug, PartialEq)]
pub enum AlterAction {
    /// `ADD [COLUMN]`
    AddColumn(Box<ColumnDefinition>),
    /// `DROP [COLUMN]`
    DropColumn(Identifier),
    /// `RENAME [COLUMN] … TO …`
    RenameColumn {
        /// Its name.
        from: Identifier,
        /// Its new name.
        to: Identifier,
    },
    /// RENAME TO …
    RenameTo(Identifier),
    /// `ADD [CONSTRAINT …] …`
    AddConstraint(Box<TableConstraint>),
    /// DROP CONSTRAINT …
    DropConstraint(Identifier),
    /// `ALTER [COLUMN] … SET NOT NULL`
    SetNotNull {
        /// The column.
        column: Identifier,
        /// `ON CONFLICT …`: what becomes of a row that is NULL there.
        on_conflict: Option<ConflictResolution>,
    },
    /// `ALTER [COLUMN] … DROP NOT NULL`
    DropNotNull(Identifier),
}

/// One column of a CREATE TABLE.
#[derive(Clone, Debug)]
pub struct ColumnDefinition {
    /// The column's name.
    pub name: Identifier,
    /// Its type, if one was written.
    pub type_name: Option<TypeName>,
    /// Its constraints, in their order.
    pub constraints: Vec<ColumnConstraint>,
    /// Where it stands.
    pub span: Span,
}

/// Columns are equal if they are written alike.
impl PartialEq for ColumnDefinition {
    fn eq(&self, other: &ColumnDefinition) -> bool {
        (&self.name, &self.type_name, &self.constraints)
            == (&other.name, &other.type_name, &other.constraints)
    }
}

/// A type as written: words and numbers, `NUMERIC(10,2)`, `DOUBLE PRECISION`.
#[derive(Clone, Debug, Eq)]
pub struct TypeName {
    /// The words, one space between them.
    pub name: String,
    /// The numbers in parentheses.
    pub arguments: Vec<u64>,
    /// The words behind those, one space between them: `UNSIGNED`.
    pub behind: String,
    /// Where it stands.
    pub span: Span,
}

/// Types are equal if they are written alike.
impl PartialEq for TypeName {
    fn eq(&self, other: &TypeName) -> bool {
        (&self.name, &self.arguments, &self.behind)
            == (&other.name, &other.arguments, &other.behind)
    }
}

/// A constraint of one column, perhaps with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnConstraint {
    /// `CONSTRAINT name`.
    pub name: Option<Identifier>,
    /// What it demands.
    pub kind: ColumnConstraintKind,
    /// `ON CONFLICT …`: what becomes of a row that breaks it.
    pub on_conflict: Option<ConflictResolution>,
    /// Where it stands.
    pub span: SourceSpan,
}

/// What a constraint of a column demands.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnConstraintKind {
    /// PRIMARY KEY
    PrimaryKey {
        /// Whether DESC stood there.
        descending: bool,
        /// Whether AUTOINCREMENT stood there.
        autoincrement: bool,
    },
    /// NOT NULL
    NotNull,
    /// NULL, which demands nothing.
    Null,
    /// UNIQUE
    Unique,
    /// DEFAULT
    Default(Expression),
    /// CHECK
    Check(Expression),
    /// REFERENCES
    References(ForeignKeyClause),
    /// COLLATE
    Collate(Identifier),
    /// GENERATED ALWAYS AS (…) [STORED | VIRTUAL]
    Generated {
        /// How the value is computed.
        expression: Expression,
        /// Whether STORED stood there.
        stored: bool,
    },
}

impl ColumnConstraintKind {
    /// Whether it is a PRIMARY KEY that never gives a number twice.
    pub fn is_autoincrement(&self) -> bool {
        matches!(self, ColumnConstraintKind::PrimaryKey { autoincrement: true, .. })
    }
}

/// A constraint of a table, perhaps with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct TableConstraint {
    /// `CONSTRAINT name`.
    pub name: Option<Identifier>,
    /// What it demands.
    pub kind: TableConstraintKind,
    /// `ON CONFLICT …`: what becomes of a row that breaks it. As in SQLite, a CHECK can say it, and it
    /// counts for nothing.
    pub on_conflict: Option<ConflictResolution>,
    /// Where it stands.
    pub span: SourceSpan,
}

/// What a constraint of a table demands.
#[derive(Clone, Debug, PartialEq)]
pub enum TableConstraintKind {
    /// PRIMARY KEY (…)
    PrimaryKey {
        /// Its parts.
        columns: Vec<IndexedColumn>,
        /// Whether AUTOINCREMENT stands behind the last of them.
        autoincrement: bool,
    },
    /// UNIQUE (…)
    Unique(Vec<IndexedColumn>),
    /// CHECK (…)
    Check(Expression),
    /// FOREIGN KEY (…) REFERENCES …
    ForeignKey {
        /// The referring columns.
        columns: Vec<Identifier>,
        /// What they refer to.
        references: ForeignKeyClause,
    },
}

/// `REFERENCES table (columns) …`.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignKeyClause {
    /// The table referred to, which may not exist yet.
    pub table: Identifier,
    /// The columns referred to; empty for its primary key.
    pub columns: Vec<Identifier>,
    /// ON DELETE
    pub on_delete: Option<ForeignKeyAction>,
    /// ON UPDATE
    pub on_update: Option<ForeignKeyAction>,
    /// DEFERRABLE INITIALLY DEFERRED (true), NOT DEFERRABLE or INITIALLY IMMEDIATE (false).
    pub deferred: Option<bool>,
}

/// A part of a key: a column, or an expression over the columns of its table.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedColumn {
    /// What it is, with the COLLATE behind it.
    pub expression: Expression,
    /// Whether DESC stood there.
    pub descending: bool,
}

impl IndexedColumn {
    /// What it is without the COLLATE behind it, and that.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one kind is looked for")]
    pub fn collated(&self) -> (&Expression, Option<&Identifier>) {
        match &self.expression.kind {
            ExpressionKind::Collate { operand, collation } => (operand, Some(collation)),
            _ => (&self.expression, None),
        }
    }

    /// The name of the column that it is, if it is one.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one kind is looked for")]
    pub fn column(&self) -> Option<&Identifier> {
        match &self.collated().0.kind {
            ExpressionKind::Column { table: None, column } => Some(column),
            _ => None,
        }
    }

    /// The same to be changed.
    #[expect(clippy::wildcard_enum_match_arm, reason = "one kind is looked for")]
    pub fn column_mut(&mut self) -> Option<&mut Identifier> {
        let kind = match &mut self.expression.kind {
            ExpressionKind::Collate { operand, .. } => &mut operand.kind,
            kind => kind,
        };
        match kind {
            ExpressionKind::Column { table: None, column } => Some(column),
            _ => None,
        }
    }
}

/// CREATE INDEX.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    /// Whether UNIQUE stood there.
    pub unique: bool,
    /// Whether IF NOT EXISTS stood there.
    pub if_not_exists: bool,
    /// The index's name.
    pub name: ObjectName,
    /// The table.
    pub table: ObjectName,
    /// The columns, at least one.
    pub columns: Vec<IndexedColumn>,
    /// WHERE
    pub condition: Option<Expression>,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}
