//! Views and triggers, which are kept as they are written.

use super::{Annotations, Identifier, ObjectName, Query, TableOption};
use crate::types::{DefinitionKind, SchemaName};

/// CREATE VIEW.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    /// Whether OR REPLACE stood there.
    pub or_replace: bool,
    /// Whether TEMP stood there.
    pub temporary: bool,
    /// Whether IF NOT EXISTS stood there.
    pub if_not_exists: bool,
    /// The view's name.
    pub name: ObjectName,
    /// What its columns are called; empty where the query says it.
    pub columns: Vec<Identifier>,
    /// What it shows.
    pub query: Box<Query>,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

impl CreateView {
    /// The schema that it is in.
    pub fn home(&self) -> SchemaName {
        match self.temporary {
            true => SchemaName::Temporary,
            false => self.name.schema.unwrap_or(SchemaName::Main),
        }
    }
}

/// DROP VIEW, DROP TRIGGER.
#[derive(Clone, Debug, PartialEq)]
pub struct DropDefinition {
    /// Which of them.
    pub kind: DefinitionKind,
    /// Whether IF EXISTS stood there.
    pub if_exists: bool,
    /// The view or trigger.
    pub name: ObjectName,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}

/// CREATE TABLE … AS.
#[derive(Clone, Debug, PartialEq)]
pub struct CreateTableAs {
    /// Whether TEMP stood there.
    pub temporary: bool,
    /// Whether IF NOT EXISTS stood there.
    pub if_not_exists: bool,
    /// The table's name.
    pub name: ObjectName,
    /// What stands behind it.
    pub options: Vec<TableOption>,
    /// Its columns and its first rows.
    pub query: Box<Query>,
    /// What the transaction says about itself.
    pub annotations: Annotations,
}
