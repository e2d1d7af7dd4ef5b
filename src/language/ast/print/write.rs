//! Writes as SQL.

use super::super::{
    AssignedValue, Delete, Insert, InsertSource, JsonObject, Update, ValueRows, WriteStatement,
};
use super::{CommaList, part};
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

impl fmt::Display for Insert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INSERT INTO {}", self.table)?;
        if !self.columns.is_empty() {
            write!(f, " ({})", CommaList(&self.columns))?;
        }
        match &self.source {
            InsertSource::Values(rows) => write!(f, " {rows}")?,
            InsertSource::Objects(objects) => write!(f, " {}", CommaList(objects))?,
            InsertSource::Query(query) => write!(f, " {query}")?,
            InsertSource::DefaultValues => f.write_str(" DEFAULT VALUES")?,
        }
        self.annotations.fmt(f)
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

impl fmt::Display for Update {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UPDATE {}", self.table)?;
        part(f, "AS", self.alias.as_ref())?;
        f.write_str(" SET ")?;
        for (index, (column, value)) in self.assignments.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{column} = {value}")?;
        }
        part(f, "WHERE", self.filter.as_ref())?;
        self.annotations.fmt(f)
    }
}

impl fmt::Display for Delete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DELETE FROM {}", self.table)?;
        part(f, "AS", self.alias.as_ref())?;
        part(f, "WHERE", self.filter.as_ref())?;
        self.annotations.fmt(f)
    }
}
