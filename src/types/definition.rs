//! What a schema defines besides tables: views, triggers and the numbers that PRAGMAs set, kept as the
//! SQL that makes them.
//!
//! The text is bound anew wherever it is used, so that a definition may name what does not exist yet,
//! and is read at a moment by what its names mean then.

use super::{EventId, SchemaName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a definition makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// CREATE VIEW: a query that is read like a table.
    View,
    /// CREATE TRIGGER: statements that changes of rows run.
    Trigger,
    /// PRAGMA user_version, PRAGMA application_id: a number that is part of the schema, for as long as it
    /// is not 0.
    Setting,
}

impl DefinitionKind {
    /// All of them.
    pub const ALL: [DefinitionKind; 3] =
        [DefinitionKind::View, DefinitionKind::Trigger, DefinitionKind::Setting];

    /// Its word in SQL.
    pub fn keyword(self) -> &'static str {
        match self {
            DefinitionKind::View => "VIEW",
            DefinitionKind::Trigger => "TRIGGER",
            DefinitionKind::Setting => "PRAGMA",
        }
    }
}

/// Prints `view`.
impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DefinitionKind::View => "view",
            DefinitionKind::Trigger => "trigger",
            DefinitionKind::Setting => "setting",
        })
    }
}

/// A view, a trigger or a setting at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// The event that created it; redefined, it is the same.
    #[serde(skip)]
    pub id: EventId,
    /// What it makes.
    pub kind: DefinitionKind,
    /// The name in its declared spelling.
    pub name: String,
    /// The table or the view whose changes fire a trigger; others have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The schema of that table or view, of a temporary trigger; otherwise they are in one schema.
    #[serde(skip)]
    pub table_schema: Option<SchemaName>,
    /// The statement that creates it, without `;`.
    pub sql: String,
}

impl Definition {
    /// What the log and SQLite's `tbl_name` call it: the table of a trigger, otherwise its own name.
    pub fn table_name(&self) -> &str {
        self.table.as_deref().unwrap_or(&self.name)
    }

    /// Whether it is a trigger on a table or a view of this schema and name.
    pub fn is_on(&self, schema: SchemaName, table: &str) -> bool {
        let home = self.table_schema.unwrap_or_else(|| self.schema_name());
        let on = self.table.as_deref();
        home == schema && on.is_some_and(|on| on.eq_ignore_ascii_case(table))
    }

    /// The schema that it is in.
    pub fn schema_name(&self) -> SchemaName {
        self.id.schema_name()
    }

    /// Whether it is a temporary one.
    pub fn is_temporary(&self) -> bool {
        self.schema_name() == SchemaName::Temporary
    }

    /// Whether two definitions say the same, whatever events made them.
    pub fn is_alike(&self, other: &Definition) -> bool {
        (self.kind, &self.name, &self.table, &self.sql)
            == (other.kind, &other.name, &other.table, &other.sql)
    }
}
