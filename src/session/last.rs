//! The last result, which `_` reads.
//!
//! A session keeps results only where it is asked to: batches may share their memory with the tables
//! they were read from, which are copied, piece by piece, where they change while somebody holds them.

use super::outcome::{OutputColumn, Rows};
use super::relations::table_schema;
use super::{Error, Session};
use crate::executor::{self, Batch, Context, Operator, Relation};
use crate::types::{EventId, TableSchema};
use arrow_array::{Array, RecordBatch};
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The name of the last result.
pub(super) const NAME: &str = "_";

impl Session {
    /// Keeps each result of at most so many bytes, when it has been read to its end, until the next:
    /// `_` is a table of its rows. `None`, which is the beginning, keeps nothing.
    pub fn keep_results(&mut self, limit: Option<usize>) {
        self.keeper.keep(limit);
    }

    /// The last result once more.
    ///
    /// # Errors
    /// [`Error::NoResult`] where there is none that was kept.
    pub fn last_result(&self) -> Result<Rows, Error> {
        let kept = self.keeper.last();
        kept.map(|kept| kept.rows()).map_err(|(message, help)| Error::NoResult { message, help })
    }
}

/// What is known of the last result.
#[derive(Clone, Debug, Default)]
enum Last {
    /// There was none.
    #[default]
    None,
    /// It had more bytes than were to be kept.
    TooLarge,
    /// All its rows.
    Kept(Arc<Kept>),
}

/// A result with all its rows.
#[derive(Debug)]
pub(super) struct Kept {
    columns: Vec<OutputColumn>,
    as_of: Option<EventId>,
    uncommitted: u64,
    batches: Vec<RecordBatch>,
}

/// Where a session keeps its last result.
#[derive(Clone, Debug, Default)]
pub(super) struct Keeper {
    /// The most bytes that are kept; `None` where nothing is.
    limit: Option<usize>,
    last: Arc<Mutex<Last>>,
}

impl Keeper {
    /// Keeps results of at most so many bytes from now on, or none.
    pub fn keep(&mut self, limit: Option<usize>) {
        self.limit = limit;
        if limit.is_none() {
            self.set(Last::None);
        }
    }

    fn set(&self, last: Last) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }

    /// The last result.
    ///
    /// # Errors
    /// Why there is none, and a way to one.
    pub fn last(&self) -> Result<Arc<Kept>, (String, String)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (last, self.limit) {
            (Last::Kept(kept), _) => Ok(kept),
            (Last::TooLarge, Some(limit)) => Err((
                format!("the last result has more than {} MB and was not kept", limit >> 20),
                "LIMIT or a WHERE makes it smaller".to_string(),
            )),
            (Last::None | Last::TooLarge, None) => Err((
                "no result was kept".to_string(),
                ".last on keeps each, which a script does not do by itself".to_string(),
            )),
            (Last::None, Some(_)) => {
                Err(("there is no last result yet".to_string(), "a SELECT gives one".to_string()))
            }
        }
    }

    /// The same rows, which are kept when they have been read to their end.
    pub fn watch(&self, mut rows: Rows) -> Rows {
        let Some(limit) = self.limit else { return rows };
        let watch = Watch {
            batches: std::mem::replace(&mut rows.batches, Box::new(std::iter::empty())),
            kept: Some((Vec::new(), 0)),
            ended: false,
            columns: rows.columns.clone(),
            as_of: rows.as_of,
            uncommitted: rows.uncommitted,
            limit,
            keeper: self.clone(),
        };
        rows.batches = Box::new(watch);
        rows
    }
}

/// Batches on their way out, of which copies stay.
struct Watch<I> {
    batches: I,
    /// The batches so far and their bytes; `None` where they are too many.
    kept: Option<(Vec<RecordBatch>, usize)>,
    ended: bool,
    columns: Vec<OutputColumn>,
    as_of: Option<EventId>,
    uncommitted: u64,
    limit: usize,
    keeper: Keeper,
}

impl<E, I: Iterator<Item = Result<RecordBatch, E>>> Iterator for Watch<I> {
    type Item = Result<RecordBatch, E>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.batches.next() {
            Some(Ok(batch)) => {
                if let Some((batches, bytes)) = &mut self.kept {
                    *bytes += batch.columns().iter().map(size).sum::<usize>();
                    batches.push(batch.clone());
                    if *bytes > self.limit {
                        self.kept = None;
                    }
                }
                Some(Ok(batch))
            }
            // What was not read to its end is no result.
            Some(Err(error)) => {
                self.ended = true;
                Some(Err(error))
            }
            None => {
                if !std::mem::replace(&mut self.ended, true) {
                    let columns = std::mem::take(&mut self.columns);
                    let (as_of, uncommitted) = (self.as_of, self.uncommitted);
                    let kept = |(batches, _)| Kept { columns, as_of, uncommitted, batches };
                    let last = self.kept.take().map(kept);
                    self.keeper.set(last.map_or(Last::TooLarge, |kept| Last::Kept(kept.into())));
                }
                None
            }
        }
    }
}

/// Bytes of an array, without those of what it is a part of.
fn size(array: &Arc<dyn Array>) -> usize {
    array.to_data().get_slice_memory_size().unwrap_or_else(|_| array.get_array_memory_size())
}

impl Kept {
    /// The rows once more.
    pub fn rows(&self) -> Rows {
        let batches = self.batches.clone().into_iter().map(Ok);
        let rows = Rows::new(self.columns.clone(), self.as_of, batches);
        Rows { uncommitted: self.uncommitted, ..rows }
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
                name = format!("{}:{number}", column.name);
            }
            (name, column.data_type)
        };
        table_schema(NAME, self.columns.iter().map(unique))
    }
}

/// [`Kept`] as what is read like a table.
#[derive(Debug)]
pub(super) struct LastResult(pub Arc<Kept>);

impl Relation for LastResult {
    fn open(
        &self,
        columns: &[usize],
        context: &Context,
    ) -> Result<executor::Rows, executor::Error> {
        let (kept, columns) = (Arc::clone(&self.0), columns.to_vec());
        Ok(Box::new(Again { kept, columns, next: 0, context: context.clone() }))
    }

    fn source(&self) -> String {
        let rows: usize = self.0.batches.iter().map(RecordBatch::num_rows).sum();
        format!("{NAME}: the last result, {rows} row{}", if rows == 1 { "" } else { "s" })
    }
}

/// The batches of a kept result, one after the other.
struct Again {
    kept: Arc<Kept>,
    columns: Vec<usize>,
    next: usize,
    context: Context,
}

impl Operator for Again {
    fn next(&mut self) -> Result<Option<Batch>, executor::Error> {
        self.context.check()?;
        let Some(batch) = self.kept.batches.get(self.next) else { return Ok(None) };
        self.next += 1;
        let columns = self.columns.iter().map(|at| Arc::clone(batch.column(*at))).collect();
        Ok(Some(Batch { columns, rows: batch.num_rows() }))
    }
}
