//! Statements.

use super::super::keyword::Keyword;
use super::{
    AsOf, Expression, History, Identifier, Query, Range, ShowSubject, SourceSpan, SpannedPoint,
    ValueRows,
};
use crate::types::{Literal, Span};
use std::sync::Arc;

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// CREATE TABLE
    CreateTable(CreateTable),
    /// DROP TABLE
    DropTable {
        /// Whether IF EXISTS stood there.
        if_exists: bool,
        /// The table.
        name: Identifier,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// ALTER TABLE
    AlterTable {
        /// The table.
        table: Identifier,
        /// What becomes of it.
        action: AlterAction,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// CREATE INDEX
    CreateIndex(CreateIndex),
    /// DROP INDEX
    DropIndex {
        /// Whether IF EXISTS stood there.
        if_exists: bool,
        /// The index.
        name: Identifier,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// INSERT
    Insert(Insert),
    /// UPDATE
    Update(Update),
    /// DELETE
    Delete(Delete),
    /// A query: SELECT, VALUES, or several of them.
    Query(Box<Query>),
    /// BEGIN, perhaps with what the transaction says about itself.
    Begin(Annotations),
    /// COMMIT or END
    Commit,
    /// ROLLBACK
    Rollback,
    /// EXPLAIN: the plan of a statement.
    Explain {
        /// How much of it.
        mode: ExplainMode,
        /// The statement.
        statement: Box<Statement>,
    },
    /// DESCRIBE: the columns of a table.
    Describe {
        /// The table.
        table: Identifier,
        /// The moment.
        as_of: Option<AsOf>,
    },
    /// HELP: what there is to ask about, or one topic or function of it, a blank between its words.
    Help(Option<Identifier>),
    /// SHOW TABLES
    ShowTables {
        /// The moment.
        as_of: Option<AsOf>,
    },
    /// SHOW EVENTS, SHOW SNAPSHOTS, SHOW TAGS
    Show {
        /// What is shown.
        subject: ShowSubject,
        /// The moment.
        as_of: Option<AsOf>,
    },
    /// HISTORY OF a table
    History(Box<History>),
    /// EVENTS: the log as rows.
    Events {
        /// Only those of this table.
        table: Option<Identifier>,
        /// Which of them.
        range: Range,
        /// LIMIT.
        limit: Option<Expression>,
    },
    /// REPLAY: events one by one, with the rows that they changed.
    Replay {
        /// Only those of this table.
        table: Option<Identifier>,
        /// Which of them.
        range: Range,
        /// LIMIT.
        limit: Option<Expression>,
    },
    /// SNAPSHOT: a file with the whole state.
    Snapshot {
        /// What it is called.
        name: Option<Identifier>,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// TAG: a name for a point.
    Tag {
        /// The name, a text or an identifier; it is never quoted.
        name: Identifier,
        /// The point; the present where none is given.
        at: Option<SpannedPoint>,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// SET AS OF, SET BEFORE: the moment of every statement of the session that names none.
    SetAsOf(AsOf),
    /// SET ACTOR: who does what the session does from now on.
    SetActor(ActorSetting),
    /// SET of what is on or off.
    SetSwitch {
        /// What it is.
        switch: Switch,
        /// Whether it is on from now on.
        is_on: bool,
    },
    /// VERIFY: all files held against the log.
    Verify,
    /// VACUUM, ANALYZE or REINDEX, which find nothing to do here.
    Maintenance {
        /// Which of them.
        verb: MaintenanceKind,
        /// The table or index; all of the database where none is named.
        name: Option<Identifier>,
    },
    /// A statement of SQLite's that is accepted and does nothing here: PRAGMA, what drops a view that is
    /// not there, what writes its statistics. Its words as they stood.
    Accepted(String),
}

/// What SQLite does for a database that asof does by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaintenanceKind {
    /// VACUUM
    Vacuum,
    /// ANALYZE
    Analyze,
    /// REINDEX
    Reindex,
}

/// CREATE TABLE.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    /// Whether IF NOT EXISTS stood there.
    pub if_not_exists: bool,
    /// The table's name.
    pub name: Identifier,
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
}

/// One column of a CREATE TABLE.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDefinition {
    /// The column's name.
    pub name: Identifier,
    /// Its type, if one was written.
    pub type_name: Option<TypeName>,
    /// Its constraints, in their order.
    pub constraints: Vec<ColumnConstraint>,
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

/// A constraint of a table, perhaps with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct TableConstraint {
    /// `CONSTRAINT name`.
    pub name: Option<Identifier>,
    /// What it demands.
    pub kind: TableConstraintKind,
}

/// What a constraint of a table demands.
#[derive(Clone, Debug, PartialEq)]
pub enum TableConstraintKind {
    /// PRIMARY KEY (…)
    PrimaryKey(Vec<IndexedColumn>),
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

/// What happens to referring rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignKeyAction {
    /// NO ACTION
    NoAction,
    /// RESTRICT
    Restrict,
    /// CASCADE
    Cascade,
    /// SET NULL
    SetNull,
    /// SET DEFAULT
    SetDefault,
}

/// A column of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedColumn {
    /// The column's name.
    pub name: Identifier,
    /// COLLATE
    pub collation: Option<Identifier>,
    /// Whether DESC stood there.
    pub descending: bool,
}

/// CREATE INDEX.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    /// Whether UNIQUE stood there.
    pub unique: bool,
    /// Whether IF NOT EXISTS stood there.
    pub if_not_exists: bool,
    /// The index's name.
    pub name: Identifier,
    /// The table.
    pub table: Identifier,
    /// The columns, at least one.
    pub columns: Vec<IndexedColumn>,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

/// INSERT.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The table.
    pub table: Identifier,
    /// The columns given; empty for all, in order.
    pub columns: Vec<Identifier>,
    /// The rows.
    pub source: InsertSource,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

/// The rows of an INSERT.
#[derive(Clone, Debug, PartialEq)]
pub enum InsertSource {
    /// VALUES (…), (…): at least one row. The plan shares them: they may be many.
    Values(Arc<ValueRows>),
    /// JSON objects, at least one.
    Objects(Vec<JsonObject>),
    /// The rows of a query.
    Query(Box<Query>),
    /// DEFAULT VALUES: one row.
    DefaultValues,
}

impl InsertSource {
    /// Where a value of a row stands, both counted from 0, or the whole row where the value is none of
    /// those written; `None` where the row itself is not written.
    pub fn span_of(&self, row: usize, value: Option<usize>) -> Option<Span> {
        match self {
            InsertSource::Values(rows) => rows.span(row, value),
            InsertSource::Objects(objects) => objects.get(row).map(|object| object.span),
            InsertSource::Query(_) | InsertSource::DefaultValues => None,
        }
    }
}

/// What UPDATE gives a column.
#[derive(Clone, Debug, PartialEq)]
pub enum AssignedValue {
    /// What an expression is.
    Expression(Expression),
    /// DEFAULT: what it has where nothing is given; and where the word stands.
    Default(SourceSpan),
}

/// `{"name": "Ada", "born": 1815}`: keys are columns, each once; what is left out is its default.
#[derive(Clone, Debug)]
pub struct JsonObject {
    /// The fields in order. Strings are texts, arrays and objects JSON.
    pub fields: Vec<(String, Literal)>,
    /// The whole object as it stood.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// Objects are equal if their fields are.
impl PartialEq for JsonObject {
    fn eq(&self, other: &JsonObject) -> bool {
        self.fields == other.fields
    }
}

/// UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The table.
    pub table: Identifier,
    /// What the statement calls it.
    pub alias: Option<Identifier>,
    /// `column = expression`, at least one.
    pub assignments: Vec<(Identifier, AssignedValue)>,
    /// WHERE
    pub filter: Option<Expression>,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

impl Update {
    /// Where the value stands that a column is given, by its number among those that count: of a
    /// column that is assigned twice, the last.
    pub fn span_of(&self, value: usize) -> Option<Span> {
        let mut counting: Vec<(&Identifier, Span)> = Vec::with_capacity(self.assignments.len());
        for (column, assigned) in &self.assignments {
            counting.retain(|(other, _)| !other.name.eq_ignore_ascii_case(&column.name));
            let span = match assigned {
                AssignedValue::Expression(expression) => expression.span,
                AssignedValue::Default(span) => span.0,
            };
            counting.push((column, span));
        }
        counting.get(value).map(|(_, span)| *span)
    }
}

/// DELETE.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// The table.
    pub table: Identifier,
    /// What the statement calls it.
    pub alias: Option<Identifier>,
    /// WHERE
    pub filter: Option<Expression>,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

/// Whom SET ACTOR names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActorSetting {
    /// A text.
    Name(String),
    /// NULL
    Nobody,
    /// DEFAULT: whom the session began with.
    Default,
}

/// What of a session is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Whether new tables are FLEXIBLE that do not say what they are.
    FlexibleTypes,
    /// Whether plans are rewritten, which changes what a query costs and not what it gives.
    Rewrites,
}

impl Switch {
    /// All of them.
    pub const ALL: &[Switch] = &[Switch::FlexibleTypes, Switch::Rewrites];

    /// Its word.
    pub fn keyword(self) -> Keyword {
        match self {
            Switch::FlexibleTypes => Keyword::FlexibleTypes,
            Switch::Rewrites => Keyword::Rewrites,
        }
    }
}

/// How much EXPLAIN shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExplainMode {
    /// The plan.
    Plan,
    /// VERBOSE: the logical plan after each rewrite, too.
    Verbose,
    /// ANALYZE: the statement is run, and counts and times are shown.
    Analyze,
}

impl Statement {
    /// What a statement says about the transaction that it is or begins; nothing where it makes no
    /// events.
    pub fn annotations(&self) -> Option<&Annotations> {
        match self {
            Statement::CreateTable(CreateTable { annotations, .. })
            | Statement::DropTable { annotations, .. }
            | Statement::AlterTable { annotations, .. }
            | Statement::CreateIndex(CreateIndex { annotations, .. })
            | Statement::DropIndex { annotations, .. }
            | Statement::Insert(Insert { annotations, .. })
            | Statement::Update(Update { annotations, .. })
            | Statement::Delete(Delete { annotations, .. })
            | Statement::Begin(annotations)
            | Statement::Snapshot { annotations, .. }
            | Statement::Tag { annotations, .. } => Some(annotations),
            Statement::Query(_)
            | Statement::Commit
            | Statement::Rollback
            | Statement::Explain { .. }
            | Statement::Describe { .. }
            | Statement::Help(_)
            | Statement::ShowTables { .. }
            | Statement::Show { .. }
            | Statement::History(_)
            | Statement::Events { .. }
            | Statement::Replay { .. }
            | Statement::SetAsOf(_)
            | Statement::SetActor(_)
            | Statement::SetSwitch { .. }
            | Statement::Verify
            | Statement::Maintenance { .. }
            | Statement::Accepted(_) => None,
        }
    }
}

/// `WITH (intent = '…', actor = '…', note = '…', id = '…')`.
#[derive(Clone, Debug, Default, Eq)]
pub struct Annotations {
    /// The domain's name for what happens.
    pub intent: Option<String>,
    /// Who does it.
    pub actor: Option<String>,
    /// Whatever else should be known.
    pub note: Option<String>,
    /// An identity that makes a retry idempotent.
    pub id: Option<String>,
    /// Where they stand, from WITH on; nowhere where there are none.
    pub span: Span,
}

/// Annotations are equal if they say the same.
impl PartialEq for Annotations {
    fn eq(&self, other: &Annotations) -> bool {
        let said = |of: &Annotations| [&of.intent, &of.actor, &of.note, &of.id].map(Clone::clone);
        said(self) == said(other)
    }
}
