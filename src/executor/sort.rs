//! ORDER BY: all rows, or only the first so many.

use super::datum::{Batch, Datum};
use super::operator::{BoxedOperator, Operator};
use super::{Error, compare, kernels};
use crate::planner::{Comparison, SortKey};
use crate::types::{Value, column::value_at, key::KeyColumn};
use arrow_array::{Array, UInt64Array};
use std::sync::Arc;

/// Rows of a batch that leaves a sort.
const OUTPUT: usize = 4_096;

/// The columns of a batch that rows are sorted by.
pub fn key_columns(batch: &Batch, keys: &[SortKey]) -> Vec<KeyColumn> {
    let column = |key: &SortKey| KeyColumn {
        array: batch.columns[key.column].clone(),
        data_type: key.data_type,
        descending: key.descending,
        nulls_first: key.nulls_first,
    };
    keys.iter().map(column).collect()
}

/// The keys of many rows, one after the other in one buffer.
struct SortKeys {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl SortKeys {
    fn of(batch: &Batch, keys: &[SortKey]) -> SortKeys {
        let columns = key_columns(batch, keys);
        let mut all = SortKeys { bytes: Vec::new(), ends: Vec::with_capacity(batch.rows) };
        for row in 0..batch.rows {
            columns.iter().for_each(|column| column.push(&mut all.bytes, row));
            all.ends.push(all.bytes.len());
        }
        all
    }

    fn at(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// The rows in order of their keys; equal ones keep theirs.
    fn order(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.ends.len()).collect();
        rows.sort_by(|a, b| self.at(*a).cmp(self.at(*b)));
        rows
    }
}

fn indexes(rows: &[usize]) -> UInt64Array {
    rows.iter().map(|row| u64::try_from(*row).unwrap_or(u64::MAX)).collect()
}

fn read_all(input: &mut BoxedOperator) -> Result<Vec<Batch>, Error> {
    let mut batches = Vec::new();
    while let Some(batch) = input.next()? {
        batches.push(batch);
    }
    Ok(batches)
}

/// All rows in order.
pub struct Sort {
    input: Option<BoxedOperator>,
    keys: Arc<[SortKey]>,
    sorted: Batch,
    order: Vec<usize>,
    given: usize,
}

impl Sort {
    /// Sorts the input's rows.
    pub fn new(input: BoxedOperator, keys: Arc<[SortKey]>) -> Sort {
        let sorted = Batch { columns: Vec::new(), rows: 0 };
        Sort { input: Some(input), keys, sorted, order: Vec::new(), given: 0 }
    }
}

impl Operator for Sort {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        if let Some(mut input) = self.input.take() {
            let batches = read_all(&mut input)?;
            if !batches.is_empty() {
                self.sorted = Batch::concat(&batches)?;
                self.order = SortKeys::of(&self.sorted, &self.keys).order();
            }
        }
        let rest = &self.order[self.given..];
        let part = &rest[..rest.len().min(OUTPUT)];
        self.given += part.len();
        if part.is_empty() { Ok(None) } else { self.sorted.take(&indexes(part)).map(Some) }
    }
}

/// The first rows in order, without holding the others.
pub struct TopN {
    input: Option<BoxedOperator>,
    keys: Arc<[SortKey]>,
    wanted: usize,
    held: Vec<Batch>,
    rows: usize,
    /// The key of the last row that is wanted so far: later rows must be below it.
    worst: Option<Vec<u8>>,
    /// The first of that row's values, unless it is NULL.
    worst_first: Option<Value>,
}

impl TopN {
    /// More rows than this are sorted whole.
    pub const MOST: usize = 100_000;

    /// The first `wanted` of the input's rows.
    pub fn new(input: BoxedOperator, keys: Arc<[SortKey]>, wanted: usize) -> TopN {
        TopN {
            input: Some(input),
            keys,
            wanted,
            held: Vec::new(),
            rows: 0,
            worst: None,
            worst_first: None,
        }
    }

    fn add(&mut self, batch: Batch) -> Result<(), Error> {
        let batch = match &self.worst {
            None => batch,
            Some(worst) => {
                let batch = self.prefilter(batch)?;
                let keys = SortKeys::of(&batch, &self.keys);
                let below: Vec<usize> =
                    (0..batch.rows).filter(|row| keys.at(*row) < worst.as_slice()).collect();
                if below.is_empty() {
                    return Ok(());
                }
                batch.take(&indexes(&below))?
            }
        };
        self.rows += batch.rows;
        self.held.push(batch);
        if self.rows >= (2 * self.wanted).max(OUTPUT) { self.shrink() } else { Ok(()) }
    }

    /// Leaves out rows that the first key alone puts behind the worst row, by one comparison of the
    /// whole column; the others are compared by their keys.
    fn prefilter(&self, batch: Batch) -> Result<Batch, Error> {
        let (key, Some(worst)) = (&self.keys[0], &self.worst_first) else { return Ok(batch) };
        let data_type = key.data_type;
        let comparison =
            if key.descending { Comparison::GreaterEqual } else { Comparison::LessEqual };
        let column = Datum::Array(batch.columns[key.column].clone());
        let worst = Datum::Scalar(worst.clone());
        let near =
            compare::evaluate(comparison, (&column, data_type), (&worst, data_type), batch.rows)?
                .into_mask(batch.rows);
        // Where NULLs come first they are wanted, whatever they are compared with.
        let near = match key.nulls_first && near.null_count() > 0 {
            true => kernels::or(&near, &kernels::is_null(&batch.columns[key.column])),
            false => compare::selected(&near),
        };
        batch.filter(&near)
    }

    /// Keeps the first wanted rows of those held, in order.
    fn shrink(&mut self) -> Result<(), Error> {
        if self.held.is_empty() {
            return Ok(());
        }
        let all = Batch::concat(&self.held)?;
        let keys = SortKeys::of(&all, &self.keys);
        let mut order = keys.order();
        order.truncate(self.wanted);
        if order.len() == self.wanted {
            self.worst = order.last().map(|row| keys.at(*row).to_vec());
            self.worst_first = order.last().and_then(|row| {
                let key = &self.keys[0];
                let value = value_at(&all.columns[key.column], key.data_type, *row);
                (!value.is_null()).then_some(value)
            });
        }
        let kept = all.take(&indexes(&order))?;
        self.rows = kept.rows;
        self.held = vec![kept];
        Ok(())
    }
}

impl Operator for TopN {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        let Some(mut input) = self.input.take() else { return Ok(None) };
        if self.wanted == 0 {
            return Ok(None);
        }
        while let Some(batch) = input.next()? {
            self.add(batch)?;
        }
        self.shrink()?;
        Ok(self.held.pop().filter(|batch| batch.rows > 0))
    }
}
