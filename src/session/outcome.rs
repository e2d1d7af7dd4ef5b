//! What a statement gives back.

use super::{Error, Replay};
use crate::executor::{self, Batch};
use crate::storage::{self, Database};
use crate::types::column::array_of;
use crate::types::{DataType, EventId, Name, Row, Timestamp, TxId};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, Field, Schema as ArrowSchema, SchemaRef};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What one statement gave.
#[derive(Debug)]
pub enum Outcome {
    /// Rows, still to be drawn: those of a query, or of RETURNING, which have a receipt.
    Rows(Rows),
    /// Events, one by one, still to be drawn.
    Replay(Box<Replay>),
    /// A change, done or part of the open transaction.
    Changed(Receipt),
    /// A text that was asked for: HELP.
    Text(String),
    /// Something to say and no rows: `began a transaction`.
    Done(String),
    /// The text held no statement.
    Nothing,
}

impl Outcome {
    /// Takes what a write did from the rows that it returns, which are still to be drawn.
    pub fn take_receipt(&mut self) -> Option<Receipt> {
        match self {
            Outcome::Rows(rows) => rows.receipt.take().map(|receipt| *receipt),
            Outcome::Replay(_)
            | Outcome::Changed(_)
            | Outcome::Text(_)
            | Outcome::Done(_)
            | Outcome::Nothing => None,
        }
    }

    /// Rows as a list of events, asked for at a time.
    pub(super) fn listing(self, now: Timestamp) -> Outcome {
        match self {
            Outcome::Rows(rows) => Outcome::Rows(Rows { listing: Some(Listing { now }), ..rows }),
            Outcome::Replay(_)
            | Outcome::Changed(_)
            | Outcome::Text(_)
            | Outcome::Done(_)
            | Outcome::Nothing => self,
        }
    }
}

/// One column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name: the alias, the column's name, or the expression as it was written.
    pub name: Name,
    /// The type of its values; `types::column::value_at` reads them.
    pub data_type: DataType,
}

impl OutputColumn {
    /// The columns of these names and types.
    pub(super) fn named(
        columns: impl IntoIterator<Item = (Name, DataType)>,
    ) -> Arc<[OutputColumn]> {
        let column = |(name, data_type)| OutputColumn { name, data_type };
        columns.into_iter().map(column).collect()
    }
}

/// Rows of which each is an event or a change, so that a box gives each one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// When they were asked for.
    pub now: Timestamp,
}

/// The rows of a query, drawn batch by batch: nothing is held that has been drawn.
pub struct Rows {
    /// The columns, as many as each batch has.
    pub columns: Arc<[OutputColumn]>,
    /// The moment at which the query read, where all its tables were read at one.
    pub as_of: Option<EventId>,
    /// How many events of the open transaction it saw behind that moment.
    pub uncommitted: u64,
    /// Where to look up the transaction of a moment in the past.
    pub(super) log: Option<Arc<Database>>,
    /// What else there is to say of them, in a line.
    pub summary: Option<String>,
    /// That each row is an event or a change.
    pub listing: Option<Listing>,
    /// What the write did whose RETURNING they are.
    pub receipt: Option<Box<Receipt>>,
    /// What the statement fails with, behind its last row.
    pub(super) failure: Option<Box<Error>>,
    pub(super) batches: BatchStream,
}

/// Batches that are computed as they are drawn, until the session whose they are is interrupted.
pub(super) struct BatchStream {
    /// A row that comes before the batches and is in none, and the columns that it has.
    row: Option<(Row, Arc<[OutputColumn]>)>,
    batches: Box<dyn Iterator<Item = Result<Batch, Error>> + Send>,
    /// Set where nothing more of them is wanted; none where no session is known.
    pub interrupt: Option<Arc<AtomicBool>>,
}

impl BatchStream {
    /// Those of an iterator.
    pub fn new(
        batches: impl Iterator<Item = Result<Batch, Error>> + Send + 'static,
    ) -> BatchStream {
        BatchStream { row: None, batches: Box::new(batches), interrupt: None }
    }
}

impl Iterator for BatchStream {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((row, columns)) = self.row.take() {
            let types: Vec<DataType> = columns.iter().map(|column| column.data_type).collect();
            return Some(Batch::of_row(&types, &row).map_err(Error::from));
        }
        let batch = self.batches.next()?;
        let interrupt = self.interrupt.as_ref();
        let checked = interrupt.map_or(Ok(()), |interrupt| executor::check(interrupt));
        Some(checked.map_err(Error::from).and(batch))
    }
}

impl Rows {
    /// Rows that come batch by batch, each with an array for every column.
    pub fn new(
        columns: impl Into<Arc<[OutputColumn]>>,
        as_of: Option<EventId>,
        batches: impl Iterator<Item = Result<Batch, Error>> + Send + 'static,
    ) -> Rows {
        let (uncommitted, log, summary, listing, receipt, failure) = Default::default();
        let (columns, batches) = (columns.into(), BatchStream::new(batches));
        Rows { columns, as_of, uncommitted, log, summary, listing, receipt, failure, batches }
    }

    /// The one row that there is, or none.
    pub(super) fn direct(
        columns: Arc<[OutputColumn]>,
        as_of: Option<EventId>,
        row: Option<Row>,
    ) -> Rows {
        let row = row.map(|row| (row, Arc::clone(&columns)));
        let mut rows = Rows::new(columns, as_of, std::iter::empty());
        rows.batches.row = row;
        rows
    }

    /// Takes the values of the first row out, where it is in no batch yet: whoever takes it has it in the
    /// place of the first batch.
    pub fn take_direct_row(&mut self) -> Option<Row> {
        self.batches.row.take().map(|(row, _)| row)
    }

    /// The transaction that the query looked into: it did more after the moment it read at, which
    /// nobody could see when it happened.
    ///
    /// # Errors
    /// `corrupt` where the log is damaged there, `io` where it cannot be read.
    pub fn inside(&self) -> Result<Option<TxId>, Error> {
        let (Some(database), Some(event)) = (&self.log, self.as_of) else { return Ok(None) };
        Ok(inside(database, event)?)
    }

    /// The same rows with their first batch computed, so that a query that fails at once is known to
    /// before anything of it is drawn.
    ///
    /// # Errors
    /// Any code with which the query fails before its first batch is there.
    pub fn with_first_batch(self) -> Result<Rows, Error> {
        let mut rows = self;
        if rows.batches.row.is_some() {
            return Ok(rows);
        }
        let first = rows.batches.next().transpose()?;
        rows.batches = BatchStream::new(first.map(Ok).into_iter().chain(rows.batches));
        Ok(rows)
    }

    /// The same rows as Arrow knows them: each batch with the names and the types of the columns.
    pub fn record_batches(self) -> impl Iterator<Item = Result<RecordBatch, Error>> {
        let schema = arrow_schema(&self.columns);
        self.map(move |batch| {
            let Batch { columns, rows, .. } = batch?;
            let options = RecordBatchOptions::new().with_row_count(Some(rows));
            RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
                .map_err(|error| executor::Error::from(error).into())
        })
    }

    /// A batch whose arrays are what the columns say. Whoever reads them relies on it.
    fn checked(&self, batch: Batch) -> Result<Batch, Error> {
        let fits = |(array, column): (&ArrayRef, &OutputColumn)| {
            array.len() == batch.rows && *array.data_type() == column.data_type.arrow()
        };
        let is_sound = batch.columns.len() == self.columns.len()
            && batch.columns.iter().zip(&*self.columns).all(fits);
        if is_sound {
            return Ok(batch);
        }
        let wrong = "the rows of an answer are not what its columns say".to_string();
        Err(executor::Error::from(ArrowError::SchemaError(wrong)).into())
    }

    /// Takes what the statement fails with behind its last row, so that the rows end well: they are
    /// all there are. Whoever does not, gets it as the last item.
    pub fn take_failure(&mut self) -> Option<Error> {
        self.failure.take().map(|failure| *failure)
    }
}

impl Iterator for Rows {
    type Item = Result<Batch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.batches.next() {
            Some(batch) => Some(batch.and_then(|batch| self.checked(batch))),
            None => self.take_failure().map(Err),
        }
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// The transaction that has an event and later ones, too.
pub(super) fn inside(database: &Database, event: EventId) -> Result<Option<TxId>, storage::Error> {
    let about = database.store().transaction_info(event)?;
    Ok(about.filter(|about| event < about.last).map(|about| about.tx))
}

/// What a write did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// `INSERT`, `UPDATE`, `DELETE`, `CREATE TABLE`, `COMMIT`, …
    pub verb: &'static str,
    /// The table or index; empty for COMMIT.
    pub name: Name,
    /// How many rows it inserted, updated or deleted.
    pub rows: usize,
    /// How many events it made.
    pub events: usize,
    /// First and last of these events; `None` while the transaction is open, or if there are none.
    pub committed: Option<(EventId, EventId)>,
}

/// Prints `+1 event · #43 INSERT accounts (1 row)`.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        match self.events {
            0 => f.write_str("no event")?,
            n => write!(f, "+{n} event{}", plural(n))?,
        }
        f.write_str(" · ")?;
        match self.committed {
            Some((first, last)) if first == last => write!(f, "#{first} ")?,
            Some((first, last)) => write!(f, "#{first}–{last} ")?,
            None => {}
        }
        f.write_str(self.verb)?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if matches!(self.verb, "INSERT" | "UPDATE" | "DELETE") {
            write!(f, " ({} row{})", self.rows, plural(self.rows))?;
        }
        Ok(())
    }
}

/// The Arrow schema of a result. A field of ANY values says so in its metadata.
fn arrow_schema(columns: &[OutputColumn]) -> SchemaRef {
    let fields = columns.iter().map(|column| {
        let field = Field::new(column.name.as_str(), column.data_type.arrow(), true);
        match column.data_type {
            data_type if data_type.is_mixed() || data_type == DataType::Json => {
                let data_type = column.data_type.to_string();
                field.with_metadata(HashMap::from([("asof.type".to_string(), data_type)]))
            }
            _ => field,
        }
    });
    Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()))
}

/// Rows that are known at once.
pub(super) fn fixed(
    columns: &[(&str, DataType)],
    rows: Vec<Row>,
    as_of: Option<EventId>,
) -> Result<Outcome, Error> {
    let batch = (!rows.is_empty()).then(|| batch_of(columns, &rows));
    Ok(Outcome::Rows(streamed(columns, batch.into_iter(), as_of).with_first_batch()?))
}

/// Rows that are known as a batch.
pub(super) fn batch_of(columns: &[(&str, DataType)], rows: &[Row]) -> Result<Batch, Error> {
    let array = |(at, (_, data_type)): (usize, &(&str, DataType))| {
        array_of(*data_type, rows.iter().map(|row| &row[at]))
    };
    let columns: Result<Vec<_>, _> = columns.iter().enumerate().map(array).collect();
    Ok(Batch::new(columns.map_err(executor::Error::from)?, rows.len()))
}

/// Rows of these columns that come batch by batch.
pub(super) fn streamed(
    columns: &[(&str, DataType)],
    batches: impl Iterator<Item = Result<Batch, Error>> + Send + 'static,
    as_of: Option<EventId>,
) -> Rows {
    let column = |(name, data_type): &(&str, DataType)| OutputColumn {
        name: (*name).into(),
        data_type: *data_type,
    };
    let columns: Vec<OutputColumn> = columns.iter().map(column).collect();
    Rows::new(columns, as_of, batches)
}
