//! The schemas that a name can be looked up in.

use std::fmt;

/// A schema of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaName {
    /// The database, whose changes are events.
    Main,
    /// What is the session's alone, and goes with it.
    Temporary,
}

impl SchemaName {
    /// All of them, in the order in which a name without one is looked up.
    pub const ALL: [SchemaName; 2] = [SchemaName::Temporary, SchemaName::Main];

    /// Its name, which is no word of the language.
    pub fn name(self) -> &'static str {
        match self {
            SchemaName::Main => "main",
            SchemaName::Temporary => "temp",
        }
    }

    /// The schema of this name, in any case.
    pub fn named(name: &str) -> Option<SchemaName> {
        SchemaName::ALL.into_iter().find(|schema| schema.name().eq_ignore_ascii_case(name))
    }
}

/// Prints `main`.
impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
