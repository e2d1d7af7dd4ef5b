//! The last result, which `_` reads.
//!
//! A session keeps results only where it is asked to: batches may share their memory with the tables
//! they were read from, which are copied, piece by piece, where they change while somebody holds them.

use super::outcome::{BatchStream, Listing, OutputColumn, Rows};
use super::relations::table_schema;
use super::{Error, Session};
use crate::executor::{self, Batch, Context, Operator, Relation};
use crate::types::{EventId, TableSchema};
use arrow_array::Array;
use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The name of the last result.
pub(super) const NAME: &str = "_";

impl Session {
    /// Keeps each result of at most so many bytes, when it has been read to its end, until the next:
    /// `_` is a table of its rows. `None`, which is the beginning, keeps nothing.
    pub fn keep_results(&mut self, limit: Option<usize>) {
        self.results.keep(limit);
    }

    /// The last result once more.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none that was kept. Its rows end with `interrupted` where the
    /// session is.
    pub fn last_result(&self) -> Result<Rows, Error> {
        let stored = self.results.last();
        let stored = stored.map_err(|(message, help)| Error::NoResult { message, help })?;
        Ok(self.interruptible(stored.rows()))
    }

    /// The same rows, which end as soon as the session is interrupted, wherever they come from.
    pub(super) fn interruptible(&self, mut rows: Rows) -> Rows {
        rows.batches.interrupt = Some(Arc::clone(&self.interrupt));
        rows
    }
}

/// What is known of the last result.
#[derive(Debug, Default)]
enum LastResultState {
    /// There was none.
    #[default]
    None,
    /// It had more bytes than were to be kept.
    TooLarge,
    /// Not all of its rows were read: whoever asks for it has the rest computed.
    Unread(PartialResult),
    /// Computing the rest failed, for this reason.
    Failed(String),
    /// All its rows.
    Stored(Arc<StoredResult>),
}

/// A result with all its rows.
#[derive(Debug)]
pub(super) struct StoredResult {
    columns: Arc<[OutputColumn]>,
    as_of: Option<EventId>,
    uncommitted: u64,
    listing: Option<Listing>,
    batches: Vec<Batch>,
}

/// Where a session keeps its last result.
#[derive(Clone, Debug, Default)]
pub(super) struct ResultStore {
    /// The most bytes that are kept; `None` where nothing is.
    limit: Option<usize>,
    last: Arc<Mutex<LastResultState>>,
}

impl ResultStore {
    /// Keeps results of at most so many bytes from now on, or none.
    pub fn keep(&mut self, limit: Option<usize>) {
        self.limit = limit;
        if limit.is_none() {
            self.set(LastResultState::None);
        }
    }

    fn set(&self, last: LastResultState) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    /// The last result.
    ///
    /// # Errors
    /// Why there is none, and a way to one.
    pub fn last(&self) -> Result<Arc<StoredResult>, (String, String)> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = match std::mem::take(&mut *last) {
            LastResultState::Unread(partial) => partial.finish(),
            known @ (LastResultState::None
            | LastResultState::TooLarge
            | LastResultState::Failed(_)
            | LastResultState::Stored(_)) => known,
        };
        match (&*last, self.limit) {
            (LastResultState::Stored(stored), _) => Ok(Arc::clone(stored)),
            (LastResultState::Failed(reason), _) => Err((
                format!("the rest of the last result could not be read: {reason}"),
                "its statement gives it again".to_string(),
            )),
            (LastResultState::TooLarge, Some(limit)) => Err((
                format!("the last result has more than {} MB and was not kept", limit >> 20),
                "LIMIT or a WHERE makes it smaller".to_string(),
            )),
            (
                LastResultState::None | LastResultState::TooLarge | LastResultState::Unread(_),
                None,
            ) => Err((
                "no result was kept".to_string(),
                ".last on keeps each, which a script does not do by itself".to_string(),
            )),
            (LastResultState::None | LastResultState::Unread(_), Some(_)) => {
                Err(("there is no last result yet".to_string(), "a SELECT gives one".to_string()))
            }
        }
    }

    /// The same rows, which are kept when they have been read to their end; whoever stops before it,
    /// as one who leaves a pager does, has all of them as the last result nevertheless.
    pub fn watch(&self, mut rows: Rows) -> Rows {
        let Some(limit) = self.limit else { return rows };
        let partial = PartialResult {
            batches: std::mem::replace(&mut rows.batches, BatchStream::new(std::iter::empty())),
            stored: Some((Vec::new(), 0)),
            columns: rows.columns.clone(),
            as_of: rows.as_of,
            uncommitted: rows.uncommitted,
            listing: rows.listing,
            limit,
        };
        let partial = Some(partial);
        rows.batches = BatchStream::new(ResultRecorder { partial, results: self.clone() });
        rows
    }
}

/// A result that is being read, with copies of its batches so far.
struct PartialResult {
    batches: BatchStream,
    /// The batches so far and their bytes; `None` where they are too many.
    stored: Option<(Vec<Batch>, usize)>,
    columns: Arc<[OutputColumn]>,
    as_of: Option<EventId>,
    uncommitted: u64,
    listing: Option<Listing>,
    limit: usize,
}

impl fmt::Debug for PartialResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialResult").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl PartialResult {
    /// The next batch.
    fn next(&mut self) -> Option<Result<Batch, Error>> {
        let next = self.batches.next();
        if let (Some(Ok(batch)), Some((batches, bytes))) = (&next, &mut self.stored) {
            *bytes += batch.columns.iter().map(size).sum::<usize>();
            batches.push(batch.clone());
            if *bytes > self.limit {
                self.stored = None;
            }
        }
        next
    }

    /// What it is behind its last batch.
    fn end(self) -> LastResultState {
        let PartialResult { stored, columns, as_of, uncommitted, listing, .. } = self;
        stored.map_or(LastResultState::TooLarge, |(batches, _)| {
            LastResultState::Stored(Arc::new(StoredResult {
                columns,
                as_of,
                uncommitted,
                listing,
                batches,
            }))
        })
    }

    /// Reads the rest.
    fn finish(mut self) -> LastResultState {
        while self.stored.is_some() {
            match self.next() {
                Some(Ok(_)) => {}
                Some(Err(error)) => return LastResultState::Failed(error.to_string()),
                None => break,
            }
        }
        self.end()
    }
}

/// Keeps what is read of a result.
struct ResultRecorder {
    /// `None` behind the end, and behind an error: what fails on its way is no result.
    partial: Option<PartialResult>,
    results: ResultStore,
}

impl Iterator for ResultRecorder {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.partial.as_mut()?.next();
        if !matches!(next, Some(Ok(_))) {
            let partial = self.partial.take();
            if let (None, Some(partial)) = (&next, partial) {
                self.results.set(partial.end());
            }
        }
        next
    }
}

impl Drop for ResultRecorder {
    fn drop(&mut self) {
        if let Some(partial) = self.partial.take() {
            self.results.set(LastResultState::Unread(partial));
        }
    }
}

/// Bytes of an array, without those of what it is a part of.
fn size(array: &Arc<dyn Array>) -> usize {
    array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size())
}

impl StoredResult {
    /// The rows once more.
    pub fn rows(&self) -> Rows {
        let batches = self.batches.clone().into_iter().map(Ok);
        let rows = Rows::new(self.columns.clone(), self.as_of, batches);
        Rows { uncommitted: self.uncommitted, listing: self.listing, ..rows }
    }

    /// The moment it was read at: none where its tables were read at several, or by a transaction that
    /// was not committed.
    pub fn moment(&self) -> Option<EventId> {
        self.as_of.filter(|_| self.uncommitted == 0)
    }

    /// What the planner is told. A name that comes again gets a number, `id:1`.
    pub fn schema(&self) -> Arc<TableSchema> {
        let mut taken = HashSet::new();
        let unique = |column: &OutputColumn| {
            let mut name = column.name.clone();
            let mut number = 0;
            while !taken.insert(name.to_lowercase()) {
                number += 1;
                name = format!("{}:{number}", column.name).into();
            }
            (name, column.data_type)
        };
        table_schema(NAME, self.columns.iter().map(unique))
    }
}

/// [`StoredResult`] as what is read like a table.
#[derive(Debug)]
pub(super) struct LastResultRelation(pub Arc<StoredResult>);

impl Relation for LastResultRelation {
    fn open(
        &self,
        columns: &[usize],
        context: &Context,
    ) -> Result<executor::BoxedOperator, executor::Error> {
        let (stored, columns) = (Arc::clone(&self.0), columns.to_vec());
        Ok(Box::new(StoredBatches { stored, columns, next: 0, context: context.clone() }))
    }

    fn source(&self) -> String {
        let rows: usize = self.0.batches.iter().map(|batch| batch.rows).sum();
        format!("{NAME}: the last result, {rows} row{}", if rows == 1 { "" } else { "s" })
    }
}

/// The batches of a kept result, one after the other.
struct StoredBatches {
    stored: Arc<StoredResult>,
    columns: Vec<usize>,
    next: usize,
    context: Context,
}

impl Operator for StoredBatches {
    fn next(&mut self) -> Result<Option<Batch>, executor::Error> {
        self.context.check()?;
        let Some(batch) = self.stored.batches.get(self.next) else { return Ok(None) };
        self.next += 1;
        let columns = self.columns.iter().map(|at| Arc::clone(&batch.columns[*at])).collect();
        Ok(Some(Batch::new(columns, batch.rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Outcome, Session};
    use crate::storage::Database;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A session that keeps results, with three rows in a table.
    fn session() -> Result<Session, Error> {
        let mut session = Session::new(Arc::new(Database::in_memory()?));
        session.keep_results(Some(1 << 20));
        session.execute("CREATE TABLE t(a INTEGER)")?;
        session.execute("INSERT INTO t VALUES (1), (2), (3)")?;
        Ok(session)
    }

    fn count(session: &Session) -> Result<usize, Error> {
        session.last_result()?.map(|batch| batch.map(|batch| batch.rows)).sum()
    }

    #[test]
    fn a_result_that_nobody_read_to_its_end_is_the_last_all_the_same() -> Result<(), Error> {
        let mut session = session()?;
        drop(session.execute("SELECT a FROM t")?);
        session.execute("DELETE FROM t WHERE a = 1")?;
        assert_eq!(count(&session)?, 3);
        // It can be read by the statement that takes its place.
        drop(session.execute("SELECT a FROM _ WHERE a > 1")?);
        drop(session.execute("SELECT a FROM _ WHERE a > 2")?);
        assert_eq!(count(&session)?, 1);
        Ok(())
    }

    #[test]
    fn the_rest_of_a_result_may_fail_and_says_why() -> Result<(), Error> {
        let mut session = session()?;
        drop(session.execute("SELECT a + 9223372036854775805 FROM t")?);
        let error = session.last_result().expect_err("3 is too much");
        assert!(error.to_string().starts_with("the rest of the last result could not be read: "));
        assert_eq!(
            (error.code(), error.help()),
            ("no-result", Some("its statement gives it again"))
        );
        Ok(())
    }

    #[test]
    fn a_last_result_has_no_period() -> Result<(), Error> {
        let mut session = session()?;
        session.execute("DELETE FROM t WHERE a = 1")?;
        for point in
            ["AS OF EVENT 1", "FOR SYSTEM_TIME ALL", "FOR SYSTEM_TIME FROM START TO LATEST"]
        {
            drop(session.execute("SELECT a FROM t")?);
            let query = format!("SELECT * FROM _ {point}");
            let refused = session.execute(&query).map(drop).map_err(|error| error.code());
            assert_eq!(refused, Err("no-past"), "{point}");
        }
        // What was read over a period, or at two moments, was read at none that could be named.
        let moments = "SELECT now.a FROM t AS now JOIN t AS OF EVENT 4 AS old ON now.a = old.a";
        for (query, moment) in [
            ("SELECT a FROM t", Some(EventId(5))),
            ("SELECT a FROM t AS OF EVENT 3", Some(EventId(3))),
            ("SELECT a FROM t FOR SYSTEM_TIME ALL", None),
            (moments, None),
        ] {
            let asked = [query, "SELECT * FROM _", "SELECT count(*) FROM _ AS r WHERE a > 0"];
            for (number, query) in asked.into_iter().enumerate() {
                let Outcome::Rows(rows) = session.execute(query)? else { panic!("it is a query") };
                assert!(number == 0 || rows.as_of == moment, "{query}: {:?}", rows.as_of);
                assert!(number == 0 || rows.summary.is_none(), "{query}: {:?}", rows.summary);
            }
        }
        Ok(())
    }

    #[test]
    fn a_last_result_can_be_interrupted() -> Result<(), Error> {
        let mut session = session()?;
        let stop = Arc::new(AtomicBool::new(false));
        session.interrupt_by(Arc::clone(&stop));
        if let Outcome::Rows(rows) = session.execute("SELECT a FROM t")? {
            assert_eq!(rows.filter_map(Result::ok).count(), 1);
        }
        stop.store(true, Ordering::Relaxed);
        assert_eq!(count(&session).map_err(|error| error.code()), Err("interrupted"));
        stop.store(false, Ordering::Relaxed);
        assert_eq!(count(&session)?, 3);
        Ok(())
    }
}
