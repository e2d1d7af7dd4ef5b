//! Queries.

use super::{AsOf, Expression, History, Identifier, NamedWindow, ObjectName, Temporal, ValueRows};
use crate::types::Span;
use std::sync::Arc;

/// A query: rows, perhaps in an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// The moment of every table that has none of its own.
    pub as_of: Option<AsOf>,
    /// WITH: tables that the query knows besides, and each of them the others.
    pub with: Vec<CommonTable>,
    /// Where the rows come from.
    pub body: QueryBody,
    /// ORDER BY.
    pub order_by: Vec<OrderItem>,
    /// LIMIT.
    pub limit: Option<Expression>,
    /// OFFSET.
    pub offset: Option<Expression>,
}

/// Where the rows of a query come from.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryBody {
    /// SELECT
    Select(Box<Select>),
    /// VALUES
    Values(Arc<ValueRows>),
    /// Several of them, combined from left to right.
    Compound {
        /// The first; no compound.
        first: Box<QueryBody>,
        /// The others, each with what it does to the rows so far; no compounds.
        others: Vec<(SetOperator, QueryBody)>,
    },
}

/// How the rows of two queries become those of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    /// UNION: those of both, equal ones once.
    Union,
    /// UNION ALL: those of both.
    UnionAll,
    /// INTERSECT: those that both have, equal ones once.
    Intersect,
    /// EXCEPT: those of the first that the second has not, equal ones once.
    Except,
}

/// `name [(column, …)] AS [[NOT] MATERIALIZED] (query)`.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonTable {
    /// What it is called.
    pub name: Identifier,
    /// What its columns are called; as in the query where there are none.
    pub columns: Vec<Identifier>,
    /// Whether its rows are computed once for all who read them, where that is said.
    pub materialized: Option<bool>,
    /// Its rows.
    pub query: Query,
}

impl TableReference {
    /// The name, the alias and the moment of one thing that is read at a moment of its own.
    pub fn dated(&self) -> Option<(&ObjectName, Option<&Identifier>, &AsOf)> {
        let (name, alias, temporal) = match self {
            TableReference::Table { name, temporal, alias, .. } => {
                (name, alias, temporal.as_deref())
            }
            TableReference::Function(call) => (&call.name, &call.alias, call.temporal.as_ref()),
            TableReference::History { .. }
            | TableReference::Query { .. }
            | TableReference::Join { .. } => return None,
        };
        let Some(Temporal::AsOf(as_of)) = temporal else { return None };
        Some((name, alias.as_ref(), as_of))
    }

    /// What stands in parentheses, at a place, under the alias behind them, which takes the place of one
    /// inside. Several tables have one name as the query of all of their columns.
    pub fn called(self, called: Identifier, span: Span) -> TableReference {
        let alias = Some(called);
        match self {
            TableReference::Table { name, temporal, index_hint, .. } => {
                TableReference::Table { name, temporal, alias, index_hint }
            }
            TableReference::Function(call) => {
                TableReference::Function(Box::new(FunctionReference { alias, ..*call }))
            }
            TableReference::History { history, .. } => TableReference::History { history, alias },
            TableReference::Query { query, .. } => TableReference::Query { query, alias },
            TableReference::Join { .. } => {
                let query = Box::new(Query::of(Select::all_of(self, span)));
                TableReference::Query { query, alias }
            }
        }
    }
}

impl Query {
    /// The query of a SELECT alone.
    pub fn of(select: Select) -> Query {
        let body = QueryBody::Select(Box::new(select));
        let (as_of, with, order_by, limit, offset) = Default::default();
        Query { as_of, with, body, order_by, limit, offset }
    }

    /// The SELECT that it is, where it is nothing but one, perhaps in an order.
    pub fn as_select(&self) -> Option<&Select> {
        match &self.body {
            QueryBody::Select(select) if self.with.is_empty() => Some(select),
            QueryBody::Select(_) | QueryBody::Values(_) | QueryBody::Compound { .. } => None,
        }
    }
}

/// A SELECT.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
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
    /// WINDOW: windows with names.
    pub windows: Vec<NamedWindow>,
}

impl Select {
    /// All columns of what a FROM has, which stands there.
    pub fn all_of(from: TableReference, span: Span) -> Select {
        let items = vec![SelectItem::Star(SourceSpan(span))];
        Select { from: Some(from), ..Select::of_items(items) }
    }

    /// One row of these items.
    pub fn of_items(items: Vec<SelectItem>) -> Select {
        let (distinct, from, filter, group_by, having, windows) = Default::default();
        Select { distinct, items, from, filter, group_by, having, windows }
    }
}

/// One item of what is selected.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `*`
    Star(SourceSpan),
    /// `table.*`
    TableStar(ObjectName),
    /// An expression.
    Expression {
        /// What is computed.
        expression: Expression,
        /// What the column is called.
        alias: Option<Identifier>,
    },
}

impl SelectItem {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            SelectItem::Star(span) => span.0,
            SelectItem::TableStar(name) => name.span,
            SelectItem::Expression { expression, .. } => expression.span,
        }
    }
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
    /// `name [AS OF point | FOR SYSTEM_TIME …] [AS alias] [INDEXED BY index | NOT INDEXED]`.
    Table {
        /// The table's name.
        name: ObjectName,
        /// When it is read.
        temporal: Option<Box<Temporal>>,
        /// What its columns are qualified with.
        alias: Option<Identifier>,
        /// By which indexes its rows may be found.
        index_hint: Option<Box<IndexHint>>,
    },
    /// `name(argument, …) [AS OF point] [AS alias]`: the rows that a function gives.
    Function(Box<FunctionReference>),
    /// `(HISTORY OF table …) [AS alias]`: the changes of a table as rows.
    History {
        /// Which changes.
        history: Box<History>,
        /// What its columns are qualified with.
        alias: Option<Identifier>,
    },
    /// `(query) [AS alias]`: the rows of a query.
    Query {
        /// The query.
        query: Box<Query>,
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

impl TableReference {
    /// Where the first name in it stands; nowhere where there is none.
    pub fn span(&self) -> Span {
        let (called, name) = match self {
            TableReference::Table { name, alias, .. } => (alias, name.span),
            TableReference::Function(function) => (&function.alias, function.name.span),
            TableReference::History { history, alias } => (alias, history.span),
            TableReference::Query { alias, .. } => (alias, Span::default()),
            TableReference::Join { left, .. } => return left.span(),
        };
        called.as_ref().map_or(name, |alias| alias.span)
    }
}

/// What is said of the indexes of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexHint {
    /// INDEXED BY: this is the only one by which its rows may be found.
    IndexedBy(Identifier),
    /// NOT INDEXED: none is used but the numbers of the rows; nothing for a table WITHOUT ROWID.
    NotIndexed,
}

/// A function in the place of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionReference {
    /// Its name.
    pub name: ObjectName,
    /// Its arguments, which may read the tables beside it in a row of joins.
    pub arguments: Vec<Expression>,
    /// When what it tells of is read.
    pub temporal: Option<Temporal>,
    /// What its columns are qualified with.
    pub alias: Option<Identifier>,
}

/// Which rows of a join come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    /// Pairs that match.
    Inner,
    /// Those, and left rows that match nothing.
    Left,
    /// Those, and right rows that match nothing.
    Right,
    /// Those, and rows of both sides that match nothing.
    Full,
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
    /// The same of all columns that both sides call alike.
    Natural,
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
