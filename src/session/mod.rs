//! Floor 4: text in, outcome out; the one place that sees the whole pipeline.
//!
//! A [`Session`] is one user of one [`Database`]. Its [`execute`](Session::execute) parses a
//! statement, resolves every moment it names to an event, plans it against the schemas of those
//! moments, and opens the plan over one view per table reference. A write runs on a fork: of the
//! present for a statement by itself, of the open transaction's otherwise.

mod catalog;
mod error;
mod insight;
mod outcome;

pub use error::Error;
pub use outcome::{Outcome, OutputColumn, Receipt, Rows};

use crate::executor::{self, Context};
use crate::language::ast::{Annotations, Statement};
use crate::language::parse_statement;
use crate::planner::{self, Planned, Query, Write};
use crate::storage::{Database, Fork, Metadata, View};
use crate::types::{EventId, Schema};
use catalog::StatementCatalog;
use std::sync::Arc;

/// One user of one database.
#[derive(Debug)]
pub struct Session {
    database: Arc<Database>,
    transaction: Option<Transaction>,
}

/// An open transaction.
#[derive(Debug)]
struct Transaction {
    fork: Fork,
    metadata: Metadata,
}

impl Session {
    /// A session without a transaction.
    pub fn new(database: Arc<Database>) -> Session {
        Session { database, transaction: None }
    }

    /// The database.
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// The last committed event.
    pub fn head(&self) -> EventId {
        self.database.head()
    }

    /// How many events the open transaction has so far; `None` if none is open.
    pub fn transaction(&self) -> Option<usize> {
        self.transaction.as_ref().map(|transaction| transaction.fork.len())
    }

    /// The tables now, as the open transaction sees them.
    ///
    /// # Errors
    /// What storage says of the present.
    pub fn schema(&self) -> Result<Schema, Error> {
        Ok(self.present()?.schema().clone())
    }

    /// Runs one statement, with or without its `;`. Spans of errors are bytes of `text`.
    ///
    /// # Errors
    /// [`Error`] of any floor; a statement that fails has changed nothing, and leaves an open
    /// transaction open.
    pub fn execute(&mut self, text: &str) -> Result<Outcome, Error> {
        match parse_statement(text)? {
            Some(statement) => self.run(&statement, text),
            None => Ok(Outcome::Nothing),
        }
    }

    fn run(&mut self, statement: &Statement, text: &str) -> Result<Outcome, Error> {
        match statement {
            Statement::Begin(annotations) => self.begin(annotations),
            Statement::Commit => self.commit(),
            Statement::Rollback => self.rollback(),
            Statement::Explain(inner) => self.explain(inner, text),
            Statement::Describe { table, as_of } => self.describe(table, as_of.as_ref()),
            Statement::ShowTables { as_of } => self.show_tables(as_of.as_ref()),
            Statement::Accepted(words) => {
                Ok(Outcome::Done(format!("{words} is accepted and does nothing here")))
            }
            Statement::Select(_) => self.read(statement, text),
            Statement::Insert(_)
            | Statement::Update(_)
            | Statement::Delete(_)
            | Statement::CreateTable(_)
            | Statement::DropTable { .. }
            | Statement::CreateIndex(_)
            | Statement::DropIndex { .. } => self.change(statement, text),
        }
    }

    /// What a statement sees where it names no moment.
    fn present(&self) -> Result<View, Error> {
        Ok(match &self.transaction {
            Some(transaction) => transaction.fork.view(),
            None => self.database.latest()?,
        })
    }

    fn context(&self) -> Context {
        Context { now: self.database.now() }
    }

    fn read(&self, statement: &Statement, text: &str) -> Result<Outcome, Error> {
        let mut catalog = StatementCatalog::new(&self.database, self.present()?);
        let Planned::Query(query) = planner::plan(statement, text, &mut catalog)? else {
            unreachable!("the plan of a SELECT is a query")
        };
        let as_of = catalog.moment();
        let Query { plan, columns } = query;
        let mut rows = executor::open(plan, &catalog.into_views(), self.context())?;
        let columns: Vec<OutputColumn> =
            columns.into_iter().map(|(name, data_type)| OutputColumn { name, data_type }).collect();
        let schema = outcome::arrow_schema(&columns);
        let batches = std::iter::from_fn(move || match rows.next() {
            Ok(batch) => batch.map(|batch| outcome::record_batch(&schema, batch)),
            Err(error) => Some(Err(error.into())),
        });
        Ok(Outcome::Rows(Rows { columns, as_of, batches: Box::new(batches) }))
    }

    fn change(&mut self, statement: &Statement, text: &str) -> Result<Outcome, Error> {
        if let Some(mut transaction) = self.transaction.take() {
            let changed = self.change_fork(&mut transaction.fork, statement, text);
            self.transaction = Some(transaction);
            let (receipt, annotations) = changed?;
            return if annotations == Annotations::default() {
                Ok(Outcome::Changed(receipt))
            } else {
                Err(annotated_inside())
            };
        }
        let mut fork = self.database.begin()?;
        let (mut receipt, annotations) = self.change_fork(&mut fork, statement, text)?;
        let committed = self.database.commit(fork, metadata(&annotations))?;
        receipt.committed = committed.map(|committed| (committed.first, committed.last));
        Ok(Outcome::Changed(receipt))
    }

    /// Records what a statement changes in a fork; the fork is as it was if that fails.
    fn change_fork(
        &self,
        fork: &mut Fork,
        statement: &Statement,
        text: &str,
    ) -> Result<(Receipt, Annotations), Error> {
        let mut catalog = StatementCatalog::new(&self.database, fork.view());
        let planned = planner::plan(statement, text, &mut catalog)?;
        let (verb, name, rows, changes, annotations) = match planned {
            Planned::Write(write) => {
                let annotations = write.annotations.clone();
                if self.transaction.is_none() && fork.is_empty()
                    || annotations == Annotations::default()
                {
                    let (verb, name) = (verb_of(statement), write.table.name.clone());
                    let changed = self.compute(write, catalog)?;
                    (verb, name, changed.rows, changed.changes, annotations)
                } else {
                    return Err(annotated_inside());
                }
            }
            Planned::Schema { verb, name, changes } => {
                for change in &changes {
                    if let crate::storage::Change::CreateIndex { table, .. } = change {
                        let view = fork.view().table(table);
                        executor::check_schema_change(change, &view)?;
                    }
                }
                drop(catalog);
                (verb, name, 0, changes, Annotations::default())
            }
            Planned::Query(_) => unreachable!("a statement that changes nothing is read"),
        };
        let events = fork.record(changes)?;
        Ok((Receipt { verb, name, rows, events, committed: None }, annotations))
    }

    /// Computes a write's changes; the views it needs are gone when they are recorded, so that
    /// nothing has to be copied for them.
    fn compute(&self, write: Write, catalog: StatementCatalog) -> Result<executor::Changes, Error> {
        Ok(executor::write(write, &catalog.into_views(), self.context())?)
    }

    fn begin(&mut self, annotations: &Annotations) -> Result<Outcome, Error> {
        if self.transaction.is_some() {
            return Err(Error::Transaction {
                message: "a transaction is already open".into(),
                help: Some("COMMIT or ROLLBACK ends it".into()),
            });
        }
        let fork = self.database.begin()?;
        self.transaction = Some(Transaction { fork, metadata: metadata(annotations) });
        Ok(Outcome::Done("began a transaction".into()))
    }

    fn commit(&mut self) -> Result<Outcome, Error> {
        let Transaction { fork, metadata } =
            self.transaction.take().ok_or_else(|| not_open("COMMIT"))?;
        let events = fork.len();
        let committed = self.database.commit(fork, metadata)?;
        let committed = committed.map(|committed| (committed.first, committed.last));
        let name = String::new();
        Ok(Outcome::Changed(Receipt { verb: "COMMIT", name, rows: 0, events, committed }))
    }

    fn rollback(&mut self) -> Result<Outcome, Error> {
        let dropped = self.transaction.take().ok_or_else(|| not_open("ROLLBACK"))?;
        let events = dropped.fork.len();
        let plural = if events == 1 { "" } else { "s" };
        Ok(Outcome::Done(format!("rolled back {events} event{plural}; nothing was written")))
    }
}

fn verb_of(statement: &Statement) -> &'static str {
    match statement {
        Statement::Insert(_) => "INSERT",
        Statement::Update(_) => "UPDATE",
        _ => "DELETE",
    }
}

fn not_open(verb: &str) -> Error {
    Error::Transaction {
        message: format!("{verb} without a transaction"),
        help: Some("BEGIN opens one; a statement by itself commits itself".into()),
    }
}

fn annotated_inside() -> Error {
    Error::Transaction {
        message: "inside a transaction, WITH belongs to its BEGIN".into(),
        help: Some("write BEGIN WITH (intent = '…')".into()),
    }
}

fn metadata(annotations: &Annotations) -> Metadata {
    let Annotations { intent, actor, note, id } = annotations.clone();
    Metadata { intent, actor, note, id }
}
