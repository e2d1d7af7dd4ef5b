//! In which schema a statement makes what it makes, and looks up the names that say none.

use super::{Error, Planning};
use crate::language::ast::ObjectName;
use crate::types::{EventId, SchemaName};
use std::borrow::Cow;

/// The code of a name that says another schema than it could be in.
pub(super) const TEMPORARY_NAME: &str = "temporary-name";

/// The schema of what comes to be under a name; `temporary` is whether TEMP stood before `what` it is.
///
/// # Errors
/// `temporary-name` where TEMP and the name say two things.
pub(super) fn of_new(temporary: bool, name: &ObjectName, what: &str) -> Result<SchemaName, Error> {
    match (temporary, name.schema) {
        (false, schema) => Ok(schema.unwrap_or(SchemaName::Main)),
        (true, None | Some(SchemaName::Temporary)) => Ok(SchemaName::Temporary),
        (true, Some(SchemaName::Main)) => {
            let message = format!("a temporary {what} is in temp, and {name} would be in main");
            let help = format!("leave out TEMP, or main. before {}", name.identifier);
            Err(Error::new(TEMPORARY_NAME, message, name.span).help(Some(help)))
        }
    }
}

/// The identity of what comes to be in a schema, before it has one of its own.
pub(super) fn new_id(schema: SchemaName) -> EventId {
    match schema {
        SchemaName::Main => EventId::START,
        SchemaName::Temporary => EventId::FIRST_TEMPORARY,
    }
}

/// A name where a name without a schema is looked up in one.
///
/// # Errors
/// `temporary-name` where it says another one; `what` has to be where it is.
pub(super) fn looked_up_in(
    home: SchemaName,
    name: &ObjectName,
    what: &str,
) -> Result<ObjectName, Error> {
    if name.schema.is_some_and(|schema| schema != home) {
        let message = format!("{what} is in {home}, and {name} is not");
        let help = format!("leave out the schema of {what}, or say the same of both");
        return Err(Error::new(TEMPORARY_NAME, message, name.span).help(Some(help)));
    }
    Ok(ObjectName { schema: Some(home), ..name.clone() })
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
                Err(Error::new(TEMPORARY_NAME, message, name.span).help(Some(help.to_owned())))
            }
        }
    }
}
