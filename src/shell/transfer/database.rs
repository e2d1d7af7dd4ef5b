//! Whole databases: another one in the place of this one, a copy with all its past, a copy of what is
//! good of a damaged one.

use crate::render::{self, Diagnostic, Place};
use crate::session::Error;
use crate::shell::dot::Trouble;
use crate::shell::{Shell, Stop};
use crate::storage::Lost;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

impl Shell {
    /// Opens another database in the place of this one, which is closed.
    ///
    /// # Errors
    /// An open transaction, and what keeps the other from being opened: then this one stays.
    pub(in crate::shell) fn open(&mut self, name: Option<&str>) -> Result<(), Trouble> {
        self.check_no_transaction(".open")?;
        let path = name.filter(|name| *name != ":memory:").map(Path::new);
        if path == Some(Path::new("")) {
            let message = "the name of the database is empty";
            return Err(Diagnostic::new("dot-command", message).into());
        }
        self.checkpoint();
        self.connection.switch(path)?;
        self.notices();
        Ok(())
    }

    /// Copies the database with all its past to a new directory.
    ///
    /// # Errors
    /// An open transaction, a directory that is there, what the system says.
    pub(in crate::shell) fn save(&mut self, name: &str) -> Result<(), Trouble> {
        self.check_no_transaction(".save")?;
        let path = Path::new(name);
        if path.symlink_metadata().is_ok() {
            let message = format!("cannot write {name}: it exists");
            let help = "a copy goes to a new directory".to_owned();
            return Err(Diagnostic::new("file", message).help(Some(help)).into());
        }
        let options = self.connection.options().clone();
        let database = self.connection.existing()?.database();
        let copied = database.copy_to(path, options);
        let head = copied.map_err(|error| Diagnostic::from(&Error::from(error)))?;
        if self.settings.receipts {
            writeln!(self.out, "saved events 1–{head} to {}", render::escape(name))?;
        }
        Ok(())
    }

    /// Copies what is good of a damaged database to a new directory, and lists what is lost.
    ///
    /// # Errors
    /// [`Stop::Unavailable`] where there is no database, [`Stop::Failed`] where it cannot be copied;
    /// both were told.
    pub fn salvage(&mut self, target: &Path) -> Result<(), Stop> {
        let place = Place { name: None, line: 1, column: 1 };
        let database = match self.connection.existing() {
            Ok(session) => Arc::clone(session.database()),
            Err(error) => {
                self.fail(&error, "", &place);
                return Err(Stop::Unavailable);
            }
        };
        let options = self.connection.options().clone();
        let copied = database.copy_to(target, options);
        let salvaged = copied.and_then(|head| Ok((head, database.store().lost()?)));
        let (head, lost) = salvaged
            .map_err(|error| self.fail(&Diagnostic::from(&Error::from(error)), "", &place))?;
        let target = target.display().to_string();
        writeln!(self.out, "salvaged events 1–{head} to {}", render::escape(&target))?;
        if lost.lines == 0 {
            writeln!(self.out, "nothing is lost")?;
            return Ok(());
        }
        let Lost { offset, bytes, lines, events } = lost;
        let described = u64::try_from(events.len()).unwrap_or(u64::MAX);
        writeln!(self.out, "lost: {lines} lines, {bytes} bytes of the log from byte {offset} on")?;
        for event in &events {
            writeln!(self.out, "  {}", render::escape(event))?;
        }
        if lines > described {
            writeln!(self.out, "  … and {} more", lines - described)?;
        }
        Ok(())
    }

    fn check_no_transaction(&self, command: &str) -> Result<(), Diagnostic> {
        if self.connection.transaction().is_none() {
            return Ok(());
        }
        let message = format!("a transaction is open, and {command} would leave it behind");
        let help = "COMMIT or ROLLBACK ends it".to_owned();
        Err(Diagnostic::new("transaction", message).help(Some(help)))
    }
}
