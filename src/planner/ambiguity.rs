//! Whether the columns of a FROM could be named, where nobody names them.
//!
//! SQLite reads `*` as the names of all columns, and so it does several tables in parentheses: what
//! could be another one there is an error, although nothing says its name.

use super::Error;
use super::scope::{Scope, ScopeRelation};
use crate::language::ast::{Identifier, ObjectName};
use crate::types::{Name, Span, TableSchema};

impl Scope {
    /// Makes sure that each column of `*` could be named with its table.
    ///
    /// # Errors
    /// `ambiguous-column` where two tables of one name have a column of one name.
    pub fn check_star(&self, span: Span) -> Result<(), Error> {
        for (at, relation) in self.visible().iter().enumerate() {
            let is_alike = |known: &ScopeRelation| {
                !known.name.is_empty()
                    && known.schema == relation.schema
                    && known.is_called(&relation.name, None)
            };
            if self.visible()[..at].iter().any(is_alike) {
                for column in &relation.columns {
                    self.check_name(relation, &column.name, span)?;
                }
            }
        }
        Ok(())
    }

    /// Makes sure that each column of a row of joins could be named from outside of it: with its table,
    /// the numbers of rows too, and what USING merged by itself.
    ///
    /// # Errors
    /// `ambiguous-column` of one that could be another.
    pub fn check_joined(&self, span: Span) -> Result<(), Error> {
        self.check_star(span)?;
        let number = TableSchema::ROWID_NAMES[0];
        for relation in self.visible() {
            if !relation.name.is_empty() && relation.has_hidden(number) {
                self.check_name(relation, number, span)?;
            }
            for merged in relation.columns.iter().filter(|column| column.is_merged) {
                let called = Identifier { name: merged.name.clone(), quoted: false, span };
                self.look_up(None, &called)?;
            }
        }
        Ok(())
    }

    /// Makes sure that a column of a relation could be named with it.
    fn check_name(&self, relation: &ScopeRelation, column: &str, span: Span) -> Result<(), Error> {
        let called = |name: &str| Identifier { name: Name::new(name), quoted: false, span };
        let relation = ObjectName { schema: relation.schema, identifier: called(&relation.name) };
        self.look_up(Some(&relation), &called(column)).map(|_| ())
    }
}
