//! The rows of a partition, and its groups of peers.

use super::super::Error;
use super::super::datum::Datum;
use super::super::paged::{PageReader, PageSource, PagedColumn};
use super::super::spill::Spilled;
use crate::types::key::{KeyColumn, row_key};
use crate::types::memory::Reservation;
use crate::types::{DataType, Value};
use arrow_array::Int64Array;
use std::ops::Range;
use std::sync::Arc;

/// How many starts of groups become a page.
const STARTS: usize = 4_096;

/// The rows of one partition, counted from the first of the first one.
pub(super) struct Partition {
    /// The rows that there are.
    pub rows: Range<usize>,
    /// The first rows of the groups of peers: the last few, those before, and where these begin.
    last_starts: Vec<i64>,
    starts: PagedColumn,
    first_start: usize,
    /// The values of the first term of the order, where RANGE asks how far they are apart.
    pub keys: Option<PagedColumn>,
}

impl Partition {
    /// No rows yet; keys of a type, where somebody asks for them.
    pub fn new(keys: Option<DataType>) -> Partition {
        Partition {
            rows: 0..0,
            last_starts: Vec::new(),
            starts: PagedColumn::new(DataType::Integer),
            first_start: 0,
            keys: keys.map(PagedColumn::new),
        }
    }

    /// Begins a group of peers at a row.
    ///
    /// # Errors
    /// Those of [`PagedColumn::push`].
    pub fn push_start(&mut self, row: usize, memory: &mut Reservation) -> Result<(), Error> {
        self.last_starts.push(i64::try_from(row).unwrap_or(i64::MAX));
        if self.last_starts.len() < STARTS {
            return Ok(());
        }
        let page = Int64Array::from(std::mem::take(&mut self.last_starts));
        let source = PageSource::new(Datum::Array(Arc::new(page)), STARTS);
        self.starts.push(&source, 0..STARTS, memory)
    }

    /// The first row of a group, that behind all rows of one that is none.
    ///
    /// # Errors
    /// Those of [`PageReader::value`].
    fn start(&self, reader: &mut PageReader, number: usize) -> Result<usize, Error> {
        let number = self.first_start.saturating_add(number);
        let start = match number.checked_sub(self.starts.rows()) {
            Some(place) => self.last_starts.get(place).copied(),
            None => {
                let start = reader.value(&self.starts, number)?;
                if let Value::Integer(start) = start { Some(start) } else { None }
            }
        };
        Ok(start.and_then(|start| usize::try_from(start).ok()).unwrap_or(self.rows.end))
    }

    /// Lets go of all rows; the next partition begins behind them.
    pub fn clear(&mut self) {
        self.rows.start = self.rows.end;
        self.last_starts.clear();
        self.starts.clear();
        self.first_start = self.starts.rows();
        self.keys.iter_mut().for_each(PagedColumn::clear);
    }

    /// What was written to temporary files.
    pub fn spilled(&self) -> Spilled {
        self.keys.iter().map(PagedColumn::spilled).fold(self.starts.spilled(), |all, of| all + of)
    }
}

/// A reader of the starts of groups.
#[derive(Default)]
pub(super) struct StartReader(PageReader);

impl StartReader {
    /// The first row of a group, that behind all rows of one that is none.
    ///
    /// # Errors
    /// `io` where they are in a file that cannot be read.
    pub fn start(&mut self, partition: &Partition, number: usize) -> Result<usize, Error> {
        partition.start(&mut self.0, number)
    }
}

/// The group of peers that a row is in, row by row.
#[derive(Default)]
pub(super) struct Peers {
    /// How many groups there are up to it, itself included.
    begun: usize,
    /// Its rows.
    pub rows: Range<usize>,
    reader: StartReader,
}

impl Peers {
    /// Goes before the first group of a partition.
    pub fn begin(&mut self, partition: &Partition) {
        self.begun = 0;
        self.rows = partition.rows.start..partition.rows.start;
    }

    /// Goes on to the group of a row, which lies at the last one or behind it.
    ///
    /// # Errors
    /// Those of [`StartReader::start`].
    pub fn advance(&mut self, partition: &Partition, row: usize) -> Result<&Peers, Error> {
        while row >= self.rows.end && self.rows.end < partition.rows.end {
            self.begun += 1;
            self.rows = self.rows.end..self.reader.start(partition, self.begun)?;
        }
        Ok(self)
    }

    /// The group's number, from 0.
    pub fn group(&self) -> usize {
        self.begun.saturating_sub(1)
    }
}

/// Finds the rows at which a key changes.
#[derive(Default)]
pub(super) struct KeyChanges {
    /// The key of the last row.
    last: Option<Vec<u8>>,
    key: Vec<u8>,
}

impl KeyChanges {
    /// The rows of a batch whose key is not that of the row before.
    pub fn find(&mut self, columns: &[KeyColumn], rows: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let integers = columns.iter().map(|column| column.integers.as_deref());
        if let Some(integers) = integers.collect::<Option<Vec<&[i64]>>>() {
            // Only the first and the last row have to do with other batches.
            found.extend(self.differs(columns, 0).then_some(0));
            let is_other = |row: &usize| integers.iter().any(|of| of[*row] != of[*row - 1]);
            found.extend((1..rows).filter(is_other));
            self.differs(columns, rows.saturating_sub(1));
        } else {
            found.extend((0..rows).filter(|row| self.differs(columns, *row)));
        }
        found
    }

    /// Whether the key of a row is not that of the one before, of which it takes the place.
    fn differs(&mut self, columns: &[KeyColumn], row: usize) -> bool {
        row_key(&mut self.key, columns, row);
        if self.last.as_ref() == Some(&self.key) {
            return false;
        }
        std::mem::swap(self.last.get_or_insert_default(), &mut self.key);
        true
    }
}
