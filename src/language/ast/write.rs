//! Writes: statements that change rows.

use super::{Annotations, Expression, Identifier, Query, SourceSpan, ValueRows};
use crate::types::{Literal, Span};
use std::sync::Arc;

/// A statement that changes rows.
#[derive(Clone, Debug, PartialEq)]
pub enum WriteStatement {
    /// INSERT
    Insert(Insert),
    /// UPDATE
    Update(Update),
    /// DELETE
    Delete(Delete),
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
    pub fn table(&self) -> &Identifier {
        match self {
            WriteStatement::Insert(Insert { table, .. })
            | WriteStatement::Update(Update { table, .. })
            | WriteStatement::Delete(Delete { table, .. }) => table,
        }
    }

    /// What it says about the transaction that it is.
    pub fn annotations(&self) -> &Annotations {
        match self {
            WriteStatement::Insert(Insert { annotations, .. })
            | WriteStatement::Update(Update { annotations, .. })
            | WriteStatement::Delete(Delete { annotations, .. }) => annotations,
        }
    }
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
