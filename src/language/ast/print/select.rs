//! Queries as SQL.

use super::super::{
    CommonTable, FunctionReference, IndexHint, JoinConstraint, JoinKind, OrderItem, Query,
    QueryBody, Select, SelectItem, SetOperator, TableReference,
};
use super::{CommaList, part};
use std::fmt::{self, Display};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(as_of) = &self.as_of {
            write!(f, "{as_of} ")?;
        }
        if !self.with.is_empty() {
            write!(f, "WITH {} ", CommaList(&self.with))?;
        }
        // A moment that ends a query belongs to all of it.
        let is_open = self.as_of.is_none() && self.order_by.is_empty() && self.limit.is_none();
        match &self.body {
            QueryBody::Compound { first, others } => {
                first.write(f, false)?;
                for (index, (operator, body)) in others.iter().enumerate() {
                    write!(f, " {operator} ")?;
                    body.write(f, is_open && index + 1 == others.len())?;
                }
            }
            body @ (QueryBody::Select(_) | QueryBody::Values(_)) => body.write(f, is_open)?,
        }
        if !self.order_by.is_empty() {
            write!(f, " ORDER BY {}", CommaList(&self.order_by))?;
        }
        part(f, "LIMIT", self.limit.as_ref())?;
        part(f, "OFFSET", self.offset.as_ref())
    }
}

impl QueryBody {
    /// Prints the body; `is_last` where nothing stands behind it.
    fn write(&self, f: &mut fmt::Formatter<'_>, is_last: bool) -> fmt::Result {
        match self {
            QueryBody::Select(select) => select.write(f, is_last),
            QueryBody::Values(rows) => rows.fmt(f),
            QueryBody::Compound { .. } => unreachable!("a compound has no compounds"),
        }
    }
}

impl fmt::Display for SetOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SetOperator::Union => "UNION",
            SetOperator::UnionAll => "UNION ALL",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        })
    }
}

impl fmt::Display for CommonTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CommonTable { name, columns, materialized, query } = self;
        name.fmt(f)?;
        if !columns.is_empty() {
            write!(f, "({})", CommaList(columns))?;
        }
        let kept = match materialized {
            None => "",
            Some(true) => "MATERIALIZED ",
            Some(false) => "NOT MATERIALIZED ",
        };
        write!(f, " AS {kept}({query})")
    }
}

impl Select {
    /// Prints the SELECT; `is_last` where nothing stands behind it.
    fn write(&self, f: &mut fmt::Formatter<'_>, is_last: bool) -> fmt::Result {
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        write!(f, "SELECT {distinct}{}", CommaList(&self.items))?;
        if let Some(from) = &self.from {
            f.write_str(" FROM ")?;
            self.fmt_from(f, from, is_last)?;
        }
        part(f, "WHERE", self.filter.as_ref())?;
        if !self.group_by.is_empty() {
            write!(f, " GROUP BY {}", CommaList(&self.group_by))?;
        }
        part(f, "HAVING", self.having.as_ref())?;
        if !self.windows.is_empty() {
            write!(f, " WINDOW {}", CommaList(&self.windows))?;
        }
        Ok(())
    }

    /// Prints the tables. A last one whose moment would end the query stands in parentheses, which
    /// say that the moment is its own.
    fn fmt_from(
        &self,
        f: &mut fmt::Formatter<'_>,
        from: &TableReference,
        is_last: bool,
    ) -> fmt::Result {
        let ends = is_last
            && self.filter.is_none()
            && self.group_by.is_empty()
            && self.having.is_none()
            && self.windows.is_empty();
        if ends
            && let TableReference::Join { left, kind, right, constraint: JoinConstraint::None } =
                from
            && let Some((_, None, _)) = right.dated()
        {
            return write!(f, "{left}{kind}({right})");
        }
        from.fmt(f)
    }
}

impl fmt::Display for SelectItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SelectItem::Star(_) => f.write_str("*"),
            SelectItem::TableStar(table) => write!(f, "{table}.*"),
            SelectItem::Expression { expression, alias } => {
                expression.fmt(f)?;
                part(f, "AS", alias.as_ref())
            }
        }
    }
}

impl fmt::Display for IndexHint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IndexHint::IndexedBy(index) => write!(f, "INDEXED BY {index}"),
            IndexHint::NotIndexed => f.write_str("NOT INDEXED"),
        }
    }
}

impl fmt::Display for TableReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TableReference::Table { name, temporal, alias, index_hint } => {
                name.fmt(f)?;
                if let Some(temporal) = temporal {
                    write!(f, " {temporal}")?;
                }
                part(f, "AS", alias.as_ref())?;
                index_hint.iter().try_for_each(|hint| write!(f, " {hint}"))
            }
            TableReference::Function(call) => {
                let FunctionReference { name, arguments, temporal, alias } = &**call;
                write!(f, "{name}({})", CommaList(arguments))?;
                if let Some(temporal) = temporal {
                    write!(f, " {temporal}")?;
                }
                part(f, "AS", alias.as_ref())
            }
            TableReference::History { history, alias } => {
                write!(f, "({history})")?;
                part(f, "AS", alias.as_ref())
            }
            TableReference::Query { query, alias } => {
                write!(f, "({query})")?;
                part(f, "AS", alias.as_ref())
            }
            TableReference::Join { left, kind, right, constraint } => {
                let natural = match constraint {
                    JoinConstraint::Natural => " NATURAL",
                    JoinConstraint::None | JoinConstraint::On(_) | JoinConstraint::Using(_) => "",
                };
                if matches!(**right, TableReference::Join { .. }) {
                    write!(f, "{left}{natural}{kind}({right})")?;
                } else {
                    write!(f, "{left}{natural}{kind}{right}")?;
                }
                match constraint {
                    JoinConstraint::None | JoinConstraint::Natural => Ok(()),
                    JoinConstraint::On(condition) => write!(f, " ON {condition}"),
                    JoinConstraint::Using(columns) => write!(f, " USING ({})", CommaList(columns)),
                }
            }
        }
    }
}

/// Prints what stands between two tables, with its spaces.
impl fmt::Display for JoinKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JoinKind::Inner => " JOIN ",
            JoinKind::Left => " LEFT JOIN ",
            JoinKind::Right => " RIGHT JOIN ",
            JoinKind::Full => " FULL JOIN ",
            JoinKind::Cross => " CROSS JOIN ",
        })
    }
}

impl fmt::Display for OrderItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)?;
        f.write_str(if self.descending { " DESC" } else { "" })?;
        f.write_str(match self.nulls_first {
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
            None => "",
        })
    }
}
