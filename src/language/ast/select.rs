//! Queries.

use super::{AsOf, Expression, History, Identifier, Temporal};
use crate::types::Span;

/// A SELECT.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The moment of every table that has none of its own.
    pub as_of: Option<AsOf>,
    /// Whether DISTINCT stood there.
    pub distinct: bool,
    /// What is selected, at least one item.
    pub items: Vec<SelectItem>,
    /// The tables; a comma is a cross join.
    pub from: Option<TableReference>,
    /// WHERE.
    pub filter: Option<Expression>,
    /// GROUP BY.
    pub group_by: Vec<Expression>,
    /// HAVING.
    pub having: Option<Expression>,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT.
    pub limit: Option<Expression>,
    /// OFFSET.
    pub offset: Option<Expression>,
}

/// One item of what is selected.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `*`
    Star(SourceSpan),
    /// `table.*`
    TableStar(Identifier),
    /// An expression.
    Expression {
        /// What is computed.
        expression: Expression,
        /// What the column is called.
        alias: Option<Identifier>,
    },
}

/// A place that two equal trees may differ in.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourceSpan(pub Span);

impl PartialEq for SourceSpan {
    fn eq(&self, _: &SourceSpan) -> bool {
        true
    }
}

/// One table, or two joined.
#[derive(Clone, Debug, PartialEq)]
pub enum TableReference {
    /// `name [AS OF point | FOR SYSTEM_TIME …] [AS alias]`.
    Table {
        /// The table's name.
        name: Identifier,
        /// When it is read.
        temporal: Option<Temporal>,
        /// What its columns are qualified with.
        alias: Option<Identifier>,
    },
    /// `(HISTORY OF table …) [AS alias]`: the changes of a table as rows.
    History {
        /// Which changes.
        history: Box<History>,
        /// What its columns are qualified with.
        alias: Option<Identifier>,
    },
    /// `left JOIN right`.
    Join {
        /// The left side, whose order is kept.
        left: Box<TableReference>,
        /// Which rows come out.
        kind: JoinKind,
        /// The right side.
        right: Box<TableReference>,
        /// Which rows belong together.
        constraint: JoinConstraint,
    },
}

/// Which rows of a join come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Pairs that match.
    Inner,
    /// Those, and left rows that match nothing.
    Left,
    /// CROSS JOIN or a comma: pairs as in an inner join.
    Cross,
}

/// Which rows of a join belong together.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinConstraint {
    /// All.
    None,
    /// Those for which this is true.
    On(Expression),
    /// Those that agree on these columns, which then come out once.
    Using(Vec<Identifier>),
}

/// One key of ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// The key: an expression, an alias, or the number of a column.
    pub expression: Expression,
    /// Whether DESC stood there.
    pub descending: bool,
    /// NULLS FIRST (true) or LAST (false) where one stood there.
    pub nulls_first: Option<bool>,
}
