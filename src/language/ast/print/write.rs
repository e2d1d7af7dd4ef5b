//! Writes as SQL.

use super::super::{
    AssignedValue, Assignment, CommonTable, Delete, Insert, InsertSource, JsonObject, RowLimits,
    SelectItem, Update, Upsert, UpsertAction, ValueRows, WriteStatement,
};
use super::{CommaList, part};
use crate::types::ConflictResolution;
use std::fmt;

impl fmt::Display for WriteStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteStatement::Insert(insert) => insert.fmt(f),
            WriteStatement::Update(update) => update.fmt(f),
            WriteStatement::Delete(delete) => delete.fmt(f),
        }
    }
}

/// `WITH … ` and the verb, with what OR says.
fn verb(
    f: &mut fmt::Formatter<'_>,
    with: &[CommonTable],
    verb: &str,
    resolution: Option<ConflictResolution>,
) -> fmt::Result {
    if !with.is_empty() {
        write!(f, "WITH {} ", CommaList(with))?;
    }
    f.write_str(verb)?;
    part(f, "OR", resolution.as_ref())
}

fn returning(f: &mut fmt::Formatter<'_>, items: &[SelectItem]) -> fmt::Result {
    if items.is_empty() { Ok(()) } else { write!(f, " RETURNING {}", CommaList(items)) }
}

impl fmt::Display for Insert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        verb(f, &self.with, "INSERT", self.resolution)?;
        write!(f, " INTO {}", self.table)?;
        part(f, "AS", self.alias.as_ref())?;
        if !self.columns.is_empty() {
            write!(f, " ({})", CommaList(&self.columns))?;
        }
        match &self.source {
            InsertSource::Values(rows) => write!(f, " {rows}")?,
            InsertSource::Objects(objects) => write!(f, " {}", CommaList(objects))?,
            InsertSource::Query(query) => write!(f, " {query}")?,
            InsertSource::DefaultValues => f.write_str(" DEFAULT VALUES")?,
        }
        self.upserts.iter().try_for_each(|upsert| upsert.fmt(f))?;
        returning(f, &self.returning)?;
        self.annotations.fmt(f)
    }
}

/// Prints ` ON CONFLICT (a) DO NOTHING`.
impl fmt::Display for Upsert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(" ON CONFLICT")?;
        if !self.target.is_empty() {
            write!(f, " ({})", CommaList(&self.target))?;
        }
        part(f, "WHERE", self.target_filter.as_ref())?;
        match &self.action {
            UpsertAction::Nothing => f.write_str(" DO NOTHING"),
            UpsertAction::Update { assignments, filter } => {
                write!(f, " DO UPDATE SET {}", CommaList(assignments))?;
                part(f, "WHERE", filter.as_ref())
            }
        }
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

impl fmt::Display for Assignment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Assignment::One(column, value) => write!(f, "{column} = {value}"),
            Assignment::Several(columns, values) => {
                write!(f, "({}) = ({})", CommaList(columns), CommaList(values))
            }
            Assignment::Query(columns, query, _) => {
                write!(f, "({}) = ({query})", CommaList(columns))
            }
        }
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

/// Prints ` ORDER BY a LIMIT 1 OFFSET 2`; nothing where all rows are reached.
impl fmt::Display for RowLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.order_by.is_empty() {
            write!(f, " ORDER BY {}", CommaList(&self.order_by))?;
        }
        part(f, "LIMIT", self.limit.as_ref())?;
        part(f, "OFFSET", self.offset.as_ref())
    }
}

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        verb(f, &self.with, "UPDATE", self.resolution)?;
        write!(f, " {}", self.table)?;
        part(f, "AS", self.alias.as_ref())?;
        self.index_hint.iter().try_for_each(|hint| write!(f, " {hint}"))?;
        write!(f, " SET {}", CommaList(&self.assignments))?;
        part(f, "FROM", self.from.as_ref())?;
        part(f, "WHERE", self.filter.as_ref())?;
        returning(f, &self.returning)?;
        self.limits.fmt(f)?;
        self.annotations.fmt(f)
    }
}

impl fmt::Display for Delete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        verb(f, &self.with, "DELETE", None)?;
        write!(f, " FROM {}", self.table)?;
        part(f, "AS", self.alias.as_ref())?;
        self.index_hint.iter().try_for_each(|hint| write!(f, " {hint}"))?;
        part(f, "WHERE", self.filter.as_ref())?;
        returning(f, &self.returning)?;
        self.limits.fmt(f)?;
        self.annotations.fmt(f)
    }
}
