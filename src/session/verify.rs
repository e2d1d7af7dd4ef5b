//! VERIFY: what storage found of each file, as rows; the first damage as an error behind them.

use super::outcome::{self, Outcome};
use super::{Error, Session};
use crate::executor::{Audit, Enforcement};
use crate::language::ast::ObjectName;
use crate::storage::{CheckedFile, FileDamage, Repair, Verdict, Verification, VerifyMonitor};
use crate::types::{DataType, Period, Row, SchemaName, Value};
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

/// Shows how far a work is: called with its name and its bytes when it begins; what it gives is called
/// with the bytes that were done, and dropped at the end.
#[derive(Clone)]
pub struct ProgressHandler(Arc<BeginProgress>);

type BeginProgress = dyn Fn(&str, u64) -> Box<dyn FnMut(u64)> + Send + Sync;

impl ProgressHandler {
    /// A watcher that begins so.
    pub fn new(
        begin: impl Fn(&str, u64) -> Box<dyn FnMut(u64)> + Send + Sync + 'static,
    ) -> ProgressHandler {
        ProgressHandler(Arc::new(begin))
    }
}

impl fmt::Debug for ProgressHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProgressHandler")
    }
}

/// The columns of the rows.
const COLUMNS: &[(&str, DataType)] = &[
    ("file", DataType::Text),
    ("holds", DataType::Text),
    ("event", DataType::Integer),
    ("state", DataType::Text),
];

/// How many rows that break a constraint are named.
const MOST_BROKEN: usize = 100;

/// What is said of a file with which nothing is wrong.
const SOUND: &str = "ok";

impl Session {
    /// VERIFY: reads all files of the database, whatever moment the session is at.
    pub(super) fn verify(&self) -> Result<Outcome, Error> {
        let Some(directory) = self.database.path() else { return self.verify_in_memory() };
        let mut line = None;
        let mut progress = |done: u64, total: u64| {
            let Some(progress_handler) = &self.progress_handler else { return };
            line.get_or_insert_with(|| (progress_handler.0)("VERIFY", total))(done);
        };
        let mut monitor = VerifyMonitor { interrupt: &self.interrupt, progress: &mut progress };
        let Verification { files, events } = self.database.verify(&mut monitor)?;
        let mut rows: Vec<Row> = files.iter().map(row).collect();
        let is_damaged = |file: &CheckedFile| matches!(file.verdict, Verdict::Damaged(_));
        // What rows say counts where they can be read.
        let broken = match files.iter().any(is_damaged) {
            true => Vec::new(),
            false => self.broken_rows()?,
        };
        let count = broken.len();
        rows.extend(broken.into_iter().take(MOST_BROKEN));
        let outcome = outcome::fixed(COLUMNS, rows, None)?;
        let Outcome::Rows(mut rows) = outcome else { return Ok(outcome) };
        let plural = if events == 1 { "" } else { "s" };
        let damaged = files.iter().filter(|file| is_damaged(file));
        let said = match damaged.count() {
            0 => format!("{events} event{plural}, nothing is damaged"),
            damaged => {
                format!("{events} event{plural}, {damaged} of {} files damaged", files.len())
            }
        };
        rows.summary = Some(with_broken(said, count));
        rows.failure = failure(files, directory).map(Box::new);
        Ok(Outcome::Rows(rows))
    }

    /// VERIFY where there are no files: what rows say is asked all the same.
    fn verify_in_memory(&self) -> Result<Outcome, Error> {
        let said = "the database is in memory: there are no files to verify".to_owned();
        let mut broken = self.broken_rows()?;
        let count = broken.len();
        if count == 0 {
            return Ok(Outcome::Done(said));
        }
        broken.truncate(MOST_BROKEN);
        let outcome = outcome::fixed(COLUMNS, broken, None)?;
        let Outcome::Rows(mut rows) = outcome else { return Ok(outcome) };
        rows.summary = Some(with_broken(said, count));
        Ok(Outcome::Rows(rows))
    }

    /// The rows that are there and break a constraint, a row each: nothing is damaged by them.
    fn broken_rows(&self) -> Result<Vec<Row>, Error> {
        let view = self.beside_temporary(self.database.view(Period::at(self.database.head()))?);
        let context = self.context(self.database.now(), Arc::default());
        let context = context.holding(Enforcement::default());
        let audit =
            Audit { view: &view, context: &context, table: None, keys: true, foreign_keys: true };
        let mut broken = Vec::new();
        audit.run(|table, what| {
            let state = Value::text(format!("breaks a constraint: {what}"));
            let name = match table.id.is_temporary() {
                true => ObjectName::within(SchemaName::Temporary, table.name.clone()).to_string(),
                false => table.name.to_string(),
            };
            let table = Value::text(format!("table {name}"));
            broken.push(vec![table, Value::Null, Value::Null, state]);
            ControlFlow::Continue(())
        })?;
        Ok(broken)
    }
}

/// What was found, and how many constraints rows break besides.
fn with_broken(said: String, count: usize) -> String {
    match count {
        0 => said,
        1 => format!("{said}, 1 constraint broken"),
        count => format!("{said}, {count} constraints broken"),
    }
}

/// What is said of a file.
fn row(checked: &CheckedFile) -> Row {
    let CheckedFile { file, holds, event, verdict } = checked;
    let event = event.map_or(Value::Null, |event| super::relations::integer(event.0));
    let state = match verdict {
        Verdict::Sound(None) => SOUND.to_owned(),
        Verdict::Sound(Some(said)) => format!("{SOUND}; {said}"),
        Verdict::Unchecked(reason) => format!("not checked: {reason}"),
        Verdict::Damaged(damage) => format!("damaged: {}", damage.error.reason()),
    };
    let holds = if holds.is_empty() { Value::Null } else { Value::text(holds) };
    vec![Value::text(file), holds, event, Value::text(state)]
}

/// The error that the first damaged file is, and what helps.
fn failure(files: Vec<CheckedFile>, directory: &Path) -> Option<Error> {
    let is_damaged = |file: &&CheckedFile| matches!(file.verdict, Verdict::Damaged(_));
    let (damaged, all) = (files.iter().filter(is_damaged).count(), files.len());
    let first = files.into_iter().find_map(|file| match file.verdict {
        Verdict::Damaged(damage) => Some((file.file, damage)),
        Verdict::Sound(_) | Verdict::Unchecked(_) => None,
    });
    let (name, FileDamage { error, repair }) = first?;
    let help = match repair {
        Repair::Salvage if error.code() == "corrupt" => {
            let directory = directory.display();
            format!("asof --salvage NEWDIR {directory} copies what is good to a new directory")
        }
        Repair::Salvage => "close the database and see what became of its directory".into(),
        Repair::Reopen => {
            "nothing is lost: close the database and open it, and the file is made anew".into()
        }
        Repair::Remove => {
            format!("nothing is lost: close the database, remove {name}, and the log stands for it")
        }
    };
    let notes = match damaged {
        1 => Vec::new(),
        _ => vec![format!("{damaged} of {all} files are damaged")],
    };
    Some(Error::Damaged { first: Box::new(error), help, notes })
}
