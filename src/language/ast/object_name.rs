//! Names of tables, views, indexes and triggers.

use super::Identifier;
use crate::types::{Name, SchemaName, Span};
use std::ops::Deref;

/// The name of what stands in a schema, perhaps with the schema's: `main.t`.
///
/// It reads as its identifier wherever the schema is of no account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// The schema, where it is said.
    pub schema: Option<SchemaName>,
    /// The name in it.
    pub identifier: Identifier,
}

impl ObjectName {
    /// A name that stands in no text, in the schema where it is found first.
    pub fn of(name: impl Into<Name>) -> ObjectName {
        Identifier::of(name).into()
    }

    /// A name that stands in no text, in a schema.
    pub fn within(schema: SchemaName, name: impl Into<Name>) -> ObjectName {
        ObjectName { schema: Some(schema), identifier: Identifier::of(name) }
    }

    /// The same at another place of a text.
    pub fn at(self, span: Span) -> ObjectName {
        ObjectName { identifier: Identifier { span, ..self.identifier }, ..self }
    }
}

impl From<Identifier> for ObjectName {
    fn from(identifier: Identifier) -> ObjectName {
        ObjectName { schema: None, identifier }
    }
}

impl Deref for ObjectName {
    type Target = Identifier;

    fn deref(&self) -> &Identifier {
        &self.identifier
    }
}
