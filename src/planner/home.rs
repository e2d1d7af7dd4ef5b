//! In which schema a statement makes what it makes, and looks up the names that say none.

use super::{Error, Planning};
use crate::language::ast::ObjectName;
use crate::types::SchemaName;
use std::borrow::Cow;

/// Makes sure that what comes to be under a name comes to be in the database.
///
/// # Errors
/// `unknown-database` where the name says otherwise.
pub(super) fn check_main(name: &ObjectName) -> Result<(), Error> {
    if name.schema != Some(SchemaName::Temporary) {
        return Ok(());
    }
    let message = "there are no temporary tables yet: a TEMP table is one like the others";
    let help = "leave temp. out".to_owned();
    Err(Error::new("unknown-database", message, name.span).help(Some(help)))
}

impl Planning<'_> {
    /// A name as it is looked up where it stands: what the definition of a view or a trigger of the
    /// database names is of the database, too, since it goes on when a session ends.
    ///
    /// # Errors
    /// `temporary-name` where such a definition names what is temporary.
    pub fn looked_up<'n>(&self, name: &'n ObjectName) -> Result<Cow<'n, ObjectName>, Error> {
        match (self.within, name.schema) {
            (None, _) | (Some(_), Some(SchemaName::Main)) => Ok(Cow::Borrowed(name)),
            (Some(schema), None) => {
                Ok(Cow::Owned(ObjectName { schema: Some(schema), ..name.clone() }))
            }
            (Some(_), Some(SchemaName::Temporary)) => {
                let message = format!("{name} goes with the session, and what is in main stays");
                let help = "CREATE TEMP VIEW and CREATE TEMP TRIGGER make what may name it";
                Err(Error::new("temporary-name", message, name.span).help(Some(help.to_owned())))
            }
        }
    }
}
