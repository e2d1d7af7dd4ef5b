//! The names of columns in a scope.

use crate::types::{Name, TableSchema};
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

/// A table's schema as the columns of a scope hold it: of one thread, which counts them more cheaply than
/// several count what is theirs.
#[derive(Debug)]
pub struct ScopeSchema(pub Arc<TableSchema>);

/// What a column is called. A statement brings all columns of its tables and names few of them, so that
/// those of a table are names in its schema and no copies of them.
#[derive(Clone)]
pub enum ColumnName {
    /// That of a hidden column, or of a function's.
    Fixed(&'static str),
    /// That of a query's column.
    Own(Box<str>),
    /// That of a table's column by its index. All columns of a table hold its schema in common.
    OfTable(Rc<ScopeSchema>, usize),
}

impl Deref for ColumnName {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            ColumnName::Fixed(name) => name,
            ColumnName::Own(name) => name,
            ColumnName::OfTable(schema, index) => &schema.0.columns[*index].name,
        }
    }
}

impl From<&'static str> for ColumnName {
    fn from(name: &'static str) -> ColumnName {
        ColumnName::Fixed(name)
    }
}

impl From<String> for ColumnName {
    fn from(name: String) -> ColumnName {
        ColumnName::Own(name.into())
    }
}

impl From<Name> for ColumnName {
    fn from(name: Name) -> ColumnName {
        ColumnName::Own(name.as_str().into())
    }
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
