//! Syntax trees: what a statement says, by names, before anything is known of a schema.
//!
//! Every node prints as SQL (`print.rs`), and what it prints parses back to the same tree. Spans
//! point into the text that was parsed; two trees are equal if they say the same, wherever it
//! stood.

mod definition;
mod expression;
mod list;
mod object_name;
pub mod precedence;
mod print;
mod select;
mod statement;
mod time;
mod trigger;
mod view;
mod window;
mod write;

pub use definition::{
    AlterAction, ColumnConstraint, ColumnConstraintKind, ColumnDefinition, CreateIndex,
    CreateTable, ForeignKeyClause, IndexedColumn, SchemaStatement, TableConstraint,
    TableConstraintKind, TableOption, TypeName,
};
pub use expression::{
    BinaryOperator, CurrentTime, Expression, ExpressionKind, FunctionArguments, FunctionCall,
    MatchKind, Quantifier, UnaryOperator,
};
pub use list::{ExpressionList, ListItem, ValueRows};
pub use object_name::ObjectName;
pub use select::{
    CommonTable, FunctionReference, IndexHint, JoinConstraint, JoinKind, OrderItem, Query,
    QueryBody, Select, SelectItem, SetOperator, SourceSpan, TableReference,
};
pub use statement::{
    ActorSetting, Annotations, ExplainMode, MaintenanceKind, PlannableStatement, PragmaStatement,
    QueryStatement, SessionStatement, Statement, Switch,
};
pub use time::{
    AsOf, EventSelection, History, Point, Range, RangeEnd, RangeStart, ShowSubject, SnapshotName,
    SpannedPoint, Temporal,
};
pub use trigger::{CreateTrigger, RaiseAction, StatementList, TriggerEvent, TriggerTime};
pub use view::{CreateTableAs, CreateView, DropDefinition};
pub use window::{FrameBound, FrameExclusion, FrameUnit, NamedWindow, Over, Window, WindowFrame};
pub use write::{
    AssignedValue, Assignment, Delete, Insert, InsertSource, JsonObject, RowLimits, Update, Upsert,
    UpsertAction, WriteStatement,
};

use crate::types::{Name, Span};
use std::fmt;

/// A name as it was written, without its quotes.
#[derive(Clone, Eq)]
pub struct Identifier {
    /// The name in the spelling of the text.
    pub name: Name,
    /// Where it stands, its quotes included.
    pub span: Span,
    /// Whether it stood in double quotes: SQLite would read one that names no column as a text.
    pub quoted: bool,
}

impl Identifier {
    /// A name that stands in no text. Printed it is as SQL writes it: in quotes if it needs them.
    pub fn of(name: impl Into<Name>) -> Identifier {
        Identifier { name: name.into(), span: Span::default(), quoted: false }
    }
}

/// Names are equal if they are spelt alike; where they stand does not matter.
impl PartialEq for Identifier {
    fn eq(&self, other: &Identifier) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.name)
    }
}
