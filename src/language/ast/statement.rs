//! Statements, by what they are to the planner.

use super::super::keyword::Keyword;
use super::{
    AsOf, EventSelection, History, Identifier, ObjectName, Query, SchemaStatement, ShowSubject,
    SpannedPoint, WriteStatement,
};
use crate::types::{ByteSize, SchemaName, Span};

/// One statement. All but those about the session have a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// It gives rows and changes nothing.
    Query(QueryStatement),
    /// It changes rows.
    Write(WriteStatement),
    /// It changes the schema.
    Schema(Box<SchemaStatement>),
    /// It is about the session, its transaction, or the database as a whole.
    Session(Box<SessionStatement>),
}

// A statement is handed on by value many times.
const _: () = assert!(size_of::<Statement>() <= 64);

impl From<SchemaStatement> for Statement {
    fn from(statement: SchemaStatement) -> Statement {
        Statement::Schema(Box::new(statement))
    }
}

impl From<SessionStatement> for Statement {
    fn from(statement: SessionStatement) -> Statement {
        Statement::Session(Box::new(statement))
    }
}

/// A statement that has a plan.
#[derive(Clone, Copy, Debug)]
pub enum PlannableStatement<'a> {
    /// It gives rows and changes nothing.
    Query(&'a QueryStatement),
    /// It changes rows.
    Write(&'a WriteStatement),
    /// It changes the schema.
    Schema(&'a SchemaStatement),
}

/// A statement that gives rows and changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryStatement {
    /// A query: SELECT, VALUES, or several of them.
    Query(Box<Query>),
    /// HISTORY OF a table
    History(Box<History>),
    /// EVENTS: the log as rows.
    Events(Box<EventSelection>),
    /// SHOW EVENTS, SHOW SNAPSHOTS, SHOW TAGS
    Show {
        /// What is shown.
        subject: ShowSubject,
        /// The moment.
        as_of: Option<AsOf>,
    },
}

/// A statement that the session does by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum SessionStatement {
    /// BEGIN
    Begin {
        /// Whether it says that something will be changed: IMMEDIATE or EXCLUSIVE.
        is_immediate: bool,
        /// What the transaction says about itself.
        annotations: Annotations,
    },
    /// COMMIT or END
    Commit,
    /// ROLLBACK
    Rollback,
    /// SAVEPOINT: a place in the transaction, to return to; outside of one it begins one.
    Savepoint(Identifier),
    /// RELEASE: forgets a savepoint and those behind it, and commits where that one began the
    /// transaction.
    Release(Identifier),
    /// ROLLBACK TO: undoes what came behind a savepoint, which stays.
    RollbackTo(Identifier),
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
        table: ObjectName,
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
    /// REPLAY: events one by one, with the rows that they changed.
    Replay(Box<EventSelection>),
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
    /// SET MEMORY: what a statement may hold before it writes to temporary files; `None` is DEFAULT.
    SetMemory(Option<ByteSize>),
    /// SET of what is on or off.
    SetSwitch {
        /// What it is.
        switch: Switch,
        /// Whether it is on from now on.
        is_on: bool,
    },
    /// VERIFY: all files held against the log.
    Verify,
    /// VACUUM and REINDEX, which find nothing to do here, and ANALYZE.
    Maintenance {
        /// Which of them.
        verb: MaintenanceKind,
        /// The table or index; all of the database where none is named.
        name: Option<ObjectName>,
    },
    /// PRAGMA
    Pragma(PragmaStatement),
    /// A statement of SQLite's that is accepted and does nothing here: what drops a view that is
    /// not there, what writes its statistics. Its words as they stood.
    Accepted(String),
}

/// `PRAGMA name [= value]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PragmaStatement {
    /// The schema that it is asked of, where it is said.
    pub schema: Option<SchemaName>,
    /// What it asks for.
    pub name: String,
    /// What it is given, without quotes.
    pub value: Option<String>,
    /// Its words as they stood.
    pub words: String,
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
    /// Whether foreign keys are held.
    ForeignKeys,
    /// Whether a trigger fires inside of itself, and REPLACE fires those of deletion.
    RecursiveTriggers,
    /// Whether plans are rewritten, which changes what a query costs and not what it gives.
    Rewrites,
}

impl Switch {
    /// All of them.
    pub const ALL: &[Switch] =
        &[Switch::FlexibleTypes, Switch::ForeignKeys, Switch::RecursiveTriggers, Switch::Rewrites];

    /// Its word.
    pub fn keyword(self) -> Keyword {
        match self {
            Switch::FlexibleTypes => Keyword::FlexibleTypes,
            Switch::ForeignKeys => Keyword::ForeignKeys,
            Switch::RecursiveTriggers => Keyword::RecursiveTriggers,
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
            Statement::Query(_) => None,
            Statement::Write(write) => Some(write.annotations()),
            Statement::Schema(schema) => Some(schema.annotations()),
            Statement::Session(session) => session.annotations(),
        }
    }

    /// The same as the planner takes it; `None` of what the session does by itself.
    pub fn plannable(&self) -> Option<PlannableStatement<'_>> {
        match self {
            Statement::Query(query) => Some(PlannableStatement::Query(query)),
            Statement::Write(write) => Some(PlannableStatement::Write(write)),
            Statement::Schema(schema) => Some(PlannableStatement::Schema(schema)),
            Statement::Session(_) => None,
        }
    }
}

impl<'a> PlannableStatement<'a> {
    /// What it says about the transaction that it is; nothing where it makes no events.
    pub fn annotations(self) -> Option<&'a Annotations> {
        match self {
            PlannableStatement::Query(_) => None,
            PlannableStatement::Write(write) => Some(write.annotations()),
            PlannableStatement::Schema(schema) => Some(schema.annotations()),
        }
    }
}

impl SessionStatement {
    /// What it says about the transaction that it is or begins; nothing where it makes no events.
    fn annotations(&self) -> Option<&Annotations> {
        match self {
            SessionStatement::Begin { annotations, .. }
            | SessionStatement::Snapshot { annotations, .. }
            | SessionStatement::Tag { annotations, .. } => Some(annotations),
            SessionStatement::Commit
            | SessionStatement::Rollback
            | SessionStatement::Savepoint(_)
            | SessionStatement::Release(_)
            | SessionStatement::RollbackTo(_)
            | SessionStatement::Explain { .. }
            | SessionStatement::Describe { .. }
            | SessionStatement::Help(_)
            | SessionStatement::ShowTables { .. }
            | SessionStatement::Replay(_)
            | SessionStatement::SetAsOf(_)
            | SessionStatement::SetActor(_)
            | SessionStatement::SetMemory(_)
            | SessionStatement::SetSwitch { .. }
            | SessionStatement::Verify
            | SessionStatement::Maintenance { .. }
            | SessionStatement::Pragma(_)
            | SessionStatement::Accepted(_) => None,
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
