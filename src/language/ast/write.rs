//! Writes: statements that change rows.

use super::{
    Annotations, CommonTable, Expression, Identifier, IndexHint, IndexedColumn, ObjectName,
    OrderItem, Query, SelectItem, SourceSpan, TableReference, ValueRows,
};
use crate::types::{ConflictResolution, Literal, Span};
use std::sync::Arc;

/// A statement that changes rows.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteStatement {
    /// INSERT
    Insert(Box<Insert>),
    /// UPDATE
    Update(Box<Update>),
    /// DELETE
    Delete(Box<Delete>),
}

impl WriteStatement {
    /// Its verb.
    pub fn verb(&self) -> &'static str {
        match self {
            WriteStatement::Insert(_) => "INSERT",
            WriteStatement::Update(_) => "UPDATE",
            WriteStatement::Delete(_) => "DELETE",
        }
    }

    /// The table that it changes.
    pub fn table(&self) -> &ObjectName {
        match self {
            WriteStatement::Insert(insert) => &insert.table,
            WriteStatement::Update(update) => &update.table,
            WriteStatement::Delete(delete) => &delete.table,
        }
    }

    /// What it says about the transaction that it is.
    pub fn annotations(&self) -> &Annotations {
        match self {
            WriteStatement::Insert(insert) => &insert.annotations,
            WriteStatement::Update(update) => &update.annotations,
            WriteStatement::Delete(delete) => &delete.annotations,
        }
    }

    /// What comes out of it for each row.
    pub fn returning(&self) -> &[SelectItem] {
        match self {
            WriteStatement::Insert(insert) => &insert.returning,
            WriteStatement::Update(update) => &update.returning,
            WriteStatement::Delete(delete) => &delete.returning,
        }
    }
}

/// INSERT, or REPLACE, which is INSERT OR REPLACE.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// WITH: tables that the rows and RETURNING know besides.
    pub with: Vec<CommonTable>,
    /// OR: what becomes of a row that breaks a constraint.
    pub resolution: Option<ConflictResolution>,
    /// The table.
    pub table: ObjectName,
    /// What the statement calls it.
    pub alias: Option<Identifier>,
    /// The columns given; empty for all, in order.
    pub columns: Vec<Identifier>,
    /// The rows.
    pub source: InsertSource,
    /// ON CONFLICT: what becomes of a row that meets another, the first that fits.
    pub upserts: Vec<Upsert>,
    /// RETURNING: what comes out of each row; nothing where it is empty.
    pub returning: Vec<SelectItem>,
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

/// `ON CONFLICT [(column, …) [WHERE …]] DO …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Upsert {
    /// The columns of the key by which a row is met; without any, each key.
    pub target: Vec<IndexedColumn>,
    /// The condition of the index that is that key.
    pub target_filter: Option<Expression>,
    /// What happens then.
    pub action: UpsertAction,
    /// Where the target stands.
    pub span: SourceSpan,
}

/// What becomes of a row that meets another.
#[derive(Clone, Debug, PartialEq)]
pub enum UpsertAction {
    /// DO NOTHING: it is left out.
    Nothing,
    /// DO UPDATE: the row that it meets changes.
    Update {
        /// SET, at least one.
        assignments: Vec<Assignment>,
        /// WHERE: of which rows that are met.
        filter: Option<Expression>,
    },
}

/// What SET gives a column, or several of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Assignment {
    /// `column = value`
    One(Identifier, AssignedValue),
    /// `(column, …) = (value, …)`
    Several(Vec<Identifier>, Vec<AssignedValue>),
    /// `(column, …) = (query)`
    Query(Vec<Identifier>, Box<Query>, SourceSpan),
}

/// What UPDATE gives a column.
#[derive(Clone, Debug, PartialEq)]
pub enum AssignedValue {
    /// What an expression is.
    Expression(Expression),
    /// DEFAULT: what it has where nothing is given; and where the word stands.
    Default(SourceSpan),
}

impl AssignedValue {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            AssignedValue::Expression(expression) => expression.span,
            AssignedValue::Default(span) => span.0,
        }
    }
}

/// Which of the rows that a statement would reach it does reach.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowLimits {
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT.
    pub limit: Option<Expression>,
    /// OFFSET.
    pub offset: Option<Expression>,
}

/// UPDATE.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// WITH: tables that the statement knows besides.
    pub with: Vec<CommonTable>,
    /// OR: what becomes of a row that breaks a constraint.
    pub resolution: Option<ConflictResolution>,
    /// The table.
    pub table: ObjectName,
    /// What the statement calls it.
    pub alias: Option<Identifier>,
    /// By which indexes its rows may be found.
    pub index_hint: Option<IndexHint>,
    /// SET, at least one.
    pub assignments: Vec<Assignment>,
    /// FROM: what the table is joined with.
    pub from: Option<TableReference>,
    /// WHERE
    pub filter: Option<Expression>,
    /// RETURNING: what comes out of each row; nothing where it is empty.
    pub returning: Vec<SelectItem>,
    /// ORDER BY, LIMIT and OFFSET.
    pub limits: RowLimits,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

/// DELETE.
#[derive(Clone, Debug, PartialEq)]
pub struct Delete {
    /// WITH: tables that the statement knows besides.
    pub with: Vec<CommonTable>,
    /// The table.
    pub table: ObjectName,
    /// What the statement calls it.
    pub alias: Option<Identifier>,
    /// By which indexes its rows may be found.
    pub index_hint: Option<IndexHint>,
    /// WHERE
    pub filter: Option<Expression>,
    /// RETURNING: what comes out of each row; nothing where it is empty.
    pub returning: Vec<SelectItem>,
    /// ORDER BY, LIMIT and OFFSET.
    pub limits: RowLimits,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}
