//! Whole databases: another one in the place of this one, a copy with all its past, a copy of what is
//! good of a damaged one.

use crate::render::{self, Diagnostic, TextOrigin};
use crate::session::Error;
use crate::shell::dot::DotCommandError;
use crate::shell::{Shell, Stop};
use crate::storage::{LostRange, SalvageReport, SalvagedRange};
use crate::types::Period;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// What a salvage exits with that could not save everything.
const SOMETHING_LOST: u8 = 4;

impl Shell {
    /// Opens another database in the place of this one, which is closed.
    ///
    /// # Errors
    /// `transaction` where one is open; `not-a-database`, `format`, `corrupt`, `busy` and `io` where the
    /// other cannot be opened: then this one stays.
    pub(in crate::shell) fn open(&mut self, name: Option<&str>) -> Result<(), DotCommandError> {
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
    /// `transaction` where one is open, `file` where the directory is there already, `io` where it cannot be
    /// written, `corrupt` where what is copied is damaged.
    pub(in crate::shell) fn save(&mut self, name: &str) -> Result<(), DotCommandError> {
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

    /// Makes a new database of what is good of a damaged one, and lists what is lost.
    ///
    /// # Errors
    /// [`Stop::Unavailable`] where there is no database, [`Stop::Failed`] where it cannot be copied;
    /// both were told. [`Stop::Exit`] with 4 where something is lost.
    pub fn salvage(&mut self, target: &Path) -> Result<(), Stop> {
        let place = TextOrigin::default();
        let database = match self.connection.existing() {
            Ok(session) => Arc::clone(session.database()),
            Err(connection_error) => {
                return Err(self.unavailable(connection_error.diagnostic(), "", &place));
            }
        };
        let options = self.connection.options().clone();
        let SalvageReport { ranges, lost } = database
            .salvage_to(target, options)
            .map_err(|error| self.fail(&Diagnostic::from(&Error::from(error)), "", &place))?;
        let target = render::escape(&target.display().to_string()).into_owned();
        for (at, range) in ranges.iter().enumerate() {
            let to = if at == 0 { format!(" to {target}") } else { String::new() };
            writeln!(self.out, "salvaged {}{to}", saved(range))?;
        }
        if lost.is_empty() {
            writeln!(self.out, "nothing is lost")?;
            return Ok(());
        }
        lost.iter().try_for_each(|lost| self.tell_lost(lost))?;
        Err(Stop::Exit(SOMETHING_LOST))
    }

    /// Lists what is lost of a part of a log.
    fn tell_lost(&mut self, lost: &LostRange) -> io::Result<()> {
        let LostRange { events, offset, bytes, lines, described, rows } = lost;
        let what = events.map_or(String::new(), |lost| format!("{}, one by one: ", span(lost)));
        let lines_of = if *lines == 1 { "line" } else { "lines" };
        writeln!(
            self.out,
            "lost: {what}{lines} {lines_of}, {bytes} bytes of the log from byte {offset} on"
        )?;
        for event in described {
            writeln!(self.out, "  {}", render::escape(event))?;
        }
        let more = lines.saturating_sub(u64::try_from(described.len()).unwrap_or(u64::MAX));
        if more > 0 {
            writeln!(self.out, "  … and {more} more")?;
        }
        for (table, changes) in rows {
            let plural = if *changes == 1 { "" } else { "s" };
            let table = render::escape(table);
            writeln!(self.out, "  {changes} change{plural} of rows of {table} in all")?;
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

/// `events 1–4`, `event 7`.
fn span(events: Period) -> String {
    match events {
        Period { first, last } if first == last => format!("event {first}"),
        Period { first, last } => format!("events {first}–{last}"),
    }
}

/// `events 6–9 as events 5–8`, `what events 2–5 led to, as event 2`.
fn saved(range: &SalvagedRange) -> String {
    let SalvagedRange { events, new, is_whole } = *range;
    let before = span(events);
    match (new.map(span), is_whole) {
        (Some(now), true) if now == before => before,
        (Some(now), true) => format!("{before} as {now}"),
        (Some(now), false) => format!("what {before} led to, as {now}"),
        (None, _) => format!("what {before} led to, which is nothing"),
    }
}
