//! Many rows at once, from outside of the language: what INSERT does to each, in one transaction.
//!
//! Rows gather, and are checked and recorded in the fork by the batch, so that nothing is held but
//! what the fork needs. One that is refused is noted by the place that its source gave it, and the
//! rest is checked all the same: whoever mends a file wants to know all that is wrong with it. Then
//! nothing is written.

use super::catalog::StatementCatalog;
use super::savepoint::Savepoints;
use super::{Error, OpenTransaction, PendingStatement, Receipt, Session, TransactionState};
use crate::executor::{self, CheckedConstraints, Context, PartialRow};
use crate::language::ast::{Annotations, Identifier, ObjectName, Statement};
use crate::language::parse_statement;
use crate::planner::{self, BulkLoad, Catalog};
use crate::storage::{Fork, Savepoint};
use crate::types::TableSchema;
use std::sync::Arc;

/// How many rows are checked and recorded at once.
const BATCH: usize = 8192;

/// How many refused rows are named.
const MOST_NAMED: usize = 10;

/// The rows that were refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusedRows {
    /// The first of them: their place in the source, and why.
    pub first: Vec<(u64, String)>,
    /// How many there are.
    pub count: u64,
}

impl RefusedRows {
    /// Notes one more.
    pub fn push(&mut self, place: u64, reason: String) {
        self.count += 1;
        if self.first.len() < MOST_NAMED {
            self.first.push((place, reason));
        }
    }
}

/// Rows on their way into a table; unless it is finished, nothing of it stays.
pub struct BulkLoader<'s> {
    guard: TransactionGuard<'s>,
    load: BulkLoad,
    context: Context,
    waiting: Vec<(u64, PartialRow)>,
    refused: RefusedRows,
    rows: usize,
}

/// The fork that is written to, back in its transaction as it was when this is dropped.
struct TransactionGuard<'s> {
    session: &'s mut Session,
    fork: Option<Fork>,
    /// What the open transaction says of itself and its savepoints, if one is open.
    state: Option<(TransactionState, Savepoints)>,
    mark: Savepoint,
    /// How many operations the fork had there.
    first: usize,
    /// And how many events of it there were.
    events: usize,
}

impl Drop for TransactionGuard<'_> {
    fn drop(&mut self) {
        if let (Some(mut fork), Some((state, savepoints))) = (self.fork.take(), self.state.take()) {
            fork.rollback_to(&self.mark);
            self.session.transaction = Some(OpenTransaction { fork, state, savepoints });
        }
    }
}

impl TransactionGuard<'_> {
    fn fork(&mut self) -> &mut Fork {
        self.fork.as_mut().expect("it is taken only when this ends")
    }
}

impl Session {
    /// Begins to load rows into a table, which the statement `create` makes if there is one; their
    /// values belong to these columns, or to all in order. In an open transaction they become part of
    /// it, else they are one by themselves.
    ///
    /// # Errors
    /// `unknown-table` and `unknown-column`; `past` where the session is there, `read-only`, `damaged` and
    /// `poisoned` where nothing can be written; any code with which `create` fails.
    pub fn load(
        &mut self,
        create: Option<&str>,
        table: &str,
        columns: Option<&[String]>,
    ) -> Result<BulkLoader<'_>, Error> {
        self.check_changeable()?;
        let (fork, state) = match self.transaction.take() {
            Some(OpenTransaction { fork, state, savepoints }) => (fork, Some((state, savepoints))),
            None => (self.begin_deferred()?, None),
        };
        let (mark, first, events) = (fork.savepoint(), fork.len(), fork.events());
        let mut guard =
            TransactionGuard { session: self, fork: Some(fork), state, mark, first, events };
        if let Some(text) = create {
            let statement = parse_statement(text)?;
            let statement = statement.as_ref().and_then(Statement::plannable);
            let statement = statement.expect("whoever gives one gives a CREATE TABLE");
            let mut fork = guard.fork.take().expect("it was just put there");
            let created =
                guard.session.change_fork(&mut fork, PendingStatement::Parsed { statement, text });
            guard.fork = Some(fork);
            created?;
        }
        let view = guard.fork().view();
        let mut catalog = StatementCatalog::new(guard.session, view);
        let target = catalog.target(&ObjectName::of(table));
        let is_temporary = target.as_ref().is_ok_and(|target| target.schema.id.is_temporary());
        if let Some(fork) = &guard.fork {
            guard.session.check_place(fork, is_temporary)?;
        }
        let table = target?.schema;
        let now = catalog.resolver().now();
        let columns: Option<Vec<_>> = columns.map(|all| all.iter().map(Identifier::of).collect());
        let load = planner::load(&table, columns.as_deref())?;
        let context = guard.session.context(now, Arc::default());
        let (waiting, refused) = Default::default();
        Ok(BulkLoader { guard, load, context, waiting, refused, rows: 0 })
    }
}

impl BulkLoader<'_> {
    /// The table.
    pub fn table(&self) -> &Arc<TableSchema> {
        &self.load.table
    }

    /// Takes a row in, which stands at this place in its source.
    ///
    /// # Errors
    /// `interrupted`; `corrupt` and `io` where what is there cannot be read. That the row is refused is no
    /// error here.
    pub fn add(&mut self, place: u64, row: PartialRow) -> Result<(), Error> {
        self.waiting.push((place, row));
        if self.waiting.len() >= BATCH { self.record() } else { Ok(()) }
    }

    /// Notes that what stands at a place in the source is no row.
    ///
    /// # Errors
    /// As [`BulkLoader::add`].
    pub fn refuse(&mut self, place: u64, reason: String) -> Result<(), Error> {
        self.record()?;
        self.refused.push(place, reason);
        Ok(())
    }

    /// Writes the rows, if none was refused: else says which.
    ///
    /// # Errors
    /// As [`BulkLoader::add`]; of the commit `stale` where another came before it, `io` where it cannot be
    /// written, `poisoned` where one before it could not.
    pub fn finish(mut self) -> Result<Result<Receipt, RefusedRows>, Error> {
        self.record()?;
        if self.refused.count > 0 {
            return Ok(Err(self.refused));
        }
        let enforcement = self.guard.session.enforcement();
        if enforcement.foreign_keys {
            let which = match (enforcement.defer_foreign_keys, self.guard.state.is_some()) {
                (true, true) => None,
                (false, true) => Some(CheckedConstraints::Immediate),
                (_, false) => Some(CheckedConstraints::All),
            };
            let first = self.guard.first;
            if let Some(which) = which {
                executor::check_foreign_keys(self.guard.fork(), first, which)?;
            }
        }
        if let Some(fork) = self.guard.fork.as_ref().filter(|_| self.load.table.id.is_temporary()) {
            self.guard.session.check_reached(fork, self.guard.events)?;
        }
        let name = self.load.table.name.clone();
        let BulkLoader { mut guard, rows, .. } = self;
        let mut receipt = Receipt { verb: "INSERT", name, rows, events: 0, committed: None };
        let fork = guard.fork.take().expect("it is taken only when this ends");
        receipt.events = fork.events() - guard.events;
        match guard.state.take() {
            Some((mut state, savepoints)) => {
                state.note_enforcement(enforcement);
                guard.session.transaction = Some(OpenTransaction { fork, state, savepoints });
            }
            None => {
                let state = guard.session.state(&Annotations::default());
                guard.session.end_deferring();
                let committed = guard.session.commit_fork(fork, state.finish())?;
                receipt.committed = committed.map(|committed| (committed.first, committed.last));
            }
        }
        guard.session.counts.end(rows);
        Ok(Ok(receipt))
    }

    /// Checks the rows that wait and records them in the fork.
    fn record(&mut self) -> Result<(), Error> {
        self.context.check()?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (load, refused) = (&self.load, &mut self.refused);
        let rows = self.waiting.drain(..);
        let TransactionGuard { session, fork, .. } = &mut self.guard;
        let fork = fork.as_mut().expect("it is taken only when this ends");
        self.rows +=
            executor::load(load, fork, rows, &self.context, &**session, |place, error| {
                let error = Error::from(error);
                let reason =
                    std::iter::once(error.to_string()).chain(error.notes().iter().cloned());
                refused.push(place, reason.collect::<Vec<_>>().join("; "));
            })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Outcome;
    use crate::storage::Database;
    use crate::types::{EventId, Value};

    fn session() -> Result<Session, Error> {
        let mut session = Session::new(Arc::new(Database::in_memory()?));
        let table = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT NOT NULL UNIQUE, \
                     b DECIMAL(9,2) DEFAULT 7)";
        session.execute(table)?;
        Ok(session)
    }

    fn row(values: &[Option<&str>]) -> PartialRow {
        values.iter().map(|value| value.map(Value::text)).collect()
    }

    fn answer(session: &mut Session, query: &str) -> Result<String, Error> {
        let Outcome::Rows(rows) = session.execute(query)? else { return Ok(String::new()) };
        let columns = rows.columns.clone();
        let mut text = String::new();
        for batch in rows {
            let batch = batch?;
            for at in 0..batch.rows {
                for (column, array) in columns.iter().zip(&batch.columns) {
                    let value = crate::types::column::value_at(array, column.data_type, at);
                    text.push_str(&format!("{value} "));
                }
            }
        }
        Ok(text)
    }

    #[test]
    fn rows_are_converted_filled_and_committed_at_once() -> Result<(), Error> {
        let mut session = session()?;
        let columns = ["B".to_owned(), "a".to_owned()];
        let mut loading = session.load(None, "T", Some(&columns))?;
        loading.add(2, row(&[Some("1.5"), Some("x")]))?;
        loading.add(3, row(&[None, Some("y")]))?;
        loading.add(4, vec![Some(Value::Null), Some(Value::text("z"))])?;
        let receipt = loading.finish()?.expect("none was refused");
        assert_eq!(receipt.to_string(), "+3 events · #2–4 INSERT t (3 rows)");
        let all = answer(&mut session, "SELECT * FROM t ORDER BY id")?;
        assert_eq!(all, "1 'x' 1.50 2 'y' 7.00 3 'z' NULL ");
        Ok(())
    }

    #[test]
    fn every_refused_row_is_named_and_nothing_stays() -> Result<(), Error> {
        let mut session = session()?;
        session.execute("INSERT INTO t VALUES (1, 'old', 1)")?;
        for open in [false, true] {
            if open {
                session.execute("BEGIN")?;
                session.execute("INSERT INTO t VALUES (2, 'mine', 1)")?;
            }
            let mut loading = session.load(None, "t", None)?;
            loading.add(1, row(&[Some("10"), Some("new"), Some("1")]))?;
            loading.add(2, row(&[Some("x"), Some("b"), Some("1")]))?;
            loading.add(3, row(&[Some("11"), Some("old"), Some("1")]))?;
            loading.refuse(4, "no row at all".into())?;
            loading.add(5, row(&[Some("12"), Some("new"), Some("1")]))?;
            loading.add(6, vec![Some(Value::Integer(13)), Some(Value::Null), None])?;
            (7..30).try_for_each(|place| loading.refuse(place, "more".into()))?;
            let refused = loading.finish()?.expect_err("most are wrong");
            let places: Vec<u64> = refused.first.iter().map(|(place, _)| *place).collect();
            assert_eq!(places, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
            assert_eq!(refused.count, 28);
            assert!(refused.first[1].1.contains("there already"), "{refused:?}");
            assert_eq!(session.transaction(), open.then_some(1));
            let count = answer(&mut session, "SELECT count(*) FROM t")?;
            assert_eq!(count, if open { "2 " } else { "1 " });
        }
        session.execute("COMMIT")?;
        assert_eq!(session.head(), EventId(3));
        Ok(())
    }

    #[test]
    fn keys_are_compared_across_batches_and_a_table_made_with_them_goes_too() -> Result<(), Error> {
        let mut session = session()?;
        let create = "CREATE TABLE made(k INTEGER PRIMARY KEY)";
        let count = i64::try_from(BATCH).expect("small") + 5;
        let key = |number: i64| vec![Some(Value::Integer(number))];
        let mut loading = session.load(Some(create), "made", None)?;
        (1..=count).try_for_each(|number| loading.add(number.unsigned_abs(), key(number)))?;
        loading.add(0, key(3))?;
        assert_eq!(loading.finish()?.expect_err("3 came twice").first[0].0, 0);
        assert_eq!(
            (session.head(), session.schema()?.table("made").is_some()),
            (EventId(1), false)
        );
        let mut loading = session.load(Some(create), "made", None)?;
        (1..=count).try_for_each(|number| loading.add(0, key(number)))?;
        let receipt = loading.finish()?.expect("none was refused");
        assert_eq!((receipt.rows, receipt.events), (BATCH + 5, BATCH + 6));
        assert_eq!(
            answer(&mut session, "SELECT sum(k) FROM made")?,
            format!("{} ", count * (count + 1) / 2)
        );
        assert!(session.load(None, "made", Some(&["x".to_owned()])).is_err());
        session.execute("SET AS OF EVENT 1")?;
        assert_eq!(session.load(None, "t", None).err().map(|error| error.code()), Some("past"));
        Ok(())
    }

    #[test]
    fn rows_fire_triggers_and_those_that_one_refuses_are_named() -> Result<(), Error> {
        let mut session = session()?;
        session.execute("CREATE TABLE seen(n INTEGER PRIMARY KEY, what TEXT)")?;
        session.execute(
            "CREATE TRIGGER came AFTER INSERT ON t BEGIN \
             INSERT INTO seen(what) VALUES (NEW.id || NEW.a); \
             SELECT RAISE(ABORT, 'not this one') WHERE NEW.a = 'bad'; \
             SELECT RAISE(FAIL, 'nor this one') WHERE NEW.a = 'worse'; END",
        )?;
        let columns = ["a".to_owned()];
        let mut loading = session.load(None, "t", Some(&columns))?;
        for (place, text) in [(1, "x"), (2, "bad"), (3, "x"), (4, "worse"), (5, "y")] {
            loading.add(place, row(&[Some(text)]))?;
        }
        let refused = loading.finish()?.expect_err("three are wrong");
        let places: Vec<u64> = refused.first.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [2, 3, 4]);
        assert!(refused.first[0].1.contains("not this one"), "{refused:?}");
        assert_eq!(answer(&mut session, "SELECT * FROM seen")?, "");
        let mut loading = session.load(None, "t", Some(&columns))?;
        loading.add(1, row(&[Some("x")]))?;
        loading.add(2, row(&[Some("y")]))?;
        let receipt = loading.finish()?.expect("none was refused");
        assert_eq!((receipt.rows, receipt.events), (2, 4));
        assert_eq!(answer(&mut session, "SELECT what FROM seen ORDER BY n")?, "'1x' '2y' ");
        let causes = "SELECT event, cause FROM _events WHERE cause IS NOT NULL";
        assert_eq!(answer(&mut session, causes)?, "5 4 7 6 ");
        Ok(())
    }
}
