//! `PRAGMA integrity_check` and `quick_check`: VERIFY in SQLite's shape, a message a row, or `ok`.

use super::PragmaAnswers;
use crate::executor::{Audit, Context, Error};
use crate::planner::suggest;
use crate::storage::{Verdict, VerifyMonitor};
use crate::types::{Row, TableSchema, Value};
use std::ops::ControlFlow;

/// How many messages there are at most where nobody says it.
const MOST_MESSAGES: usize = 100;

impl PragmaAnswers {
    /// What is wrong: files that are damaged, and rows that break NOT NULL, CHECK or, if `keys` are asked,
    /// a key. As in SQLite, foreign keys are another PRAGMA's. The argument is the most messages, or the one
    /// table that is asked.
    ///
    /// # Errors
    /// `unknown-table` of an argument that is neither; `interrupted`, and those of reading.
    pub(super) fn integrity_check(
        &self,
        argument: Option<&str>,
        keys: bool,
        context: &Context,
    ) -> Result<Vec<Row>, Error> {
        let most = argument.and_then(|argument| argument.trim().parse::<i64>().ok());
        let named = argument.filter(|_| most.is_none());
        let table = named.map(|name| self.table_named(name)).transpose()?;
        let most = most.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
        let most = most.unwrap_or(MOST_MESSAGES);
        let mut messages = match table {
            None => self.damaged_files(context)?,
            Some(_) => Vec::new(),
        };
        // What rows say counts where they can be read.
        if messages.is_empty() {
            let audit = Audit { view: &self.view, context, table, keys, foreign_keys: false };
            audit.run(|table, what| {
                messages.push(format!("{}: {what}", table.name));
                match messages.len() < most {
                    true => ControlFlow::Continue(()),
                    false => ControlFlow::Break(()),
                }
            })?;
        }
        messages.truncate(most);
        if messages.is_empty() {
            messages.push("ok".to_owned());
        }
        Ok(messages.into_iter().map(|message| vec![Value::text(message)]).collect())
    }

    /// The table that an argument is.
    fn table_named(&self, name: &str) -> Result<&TableSchema, Error> {
        let schema = self.view.schema();
        let unknown = || Error::Failed {
            code: "unknown-table",
            message: format!("no table \"{name}\""),
            help: suggest(name, schema.all_tables().map(|table| table.name.as_str())),
        };
        schema.find_table(None, name).map(|table| &**table).ok_or_else(unknown)
    }

    /// The files that are damaged, each with what is wrong with it.
    fn damaged_files(&self, context: &Context) -> Result<Vec<String>, Error> {
        let mut progress = |_: u64, _: u64| {};
        let interrupt = &context.interrupt;
        let found =
            self.database.verify(&mut VerifyMonitor { interrupt, progress: &mut progress })?;
        let damage = found.files.iter().filter_map(|file| match &file.verdict {
            Verdict::Damaged(damage) => Some(format!("{}: {}", file.file, damage.error.reason())),
            Verdict::Sound(_) | Verdict::Unchecked(_) => None,
        });
        Ok(damage.collect())
    }
}
