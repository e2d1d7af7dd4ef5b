//! Rows that an operator holds: batches as they came, and places in them.
//!
//! Nothing is put together into one array: what comes out is gathered from the batches, a few thousand
//! rows at a time and fewer where they are large.

use super::Error;
use super::datum::Batch;
use crate::types::column::MAX_ARRAY_BYTES;
use crate::types::row_filter::{row_index, take};
use crate::types::text_codes::{CodedColumns, TextCodes, TextDictionary};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, new_null_array};
use arrow_buffer::OffsetBuffer;
use std::sync::Arc;

/// The most rows of a batch that is gathered.
pub const OUTPUT: usize = 4_096;

/// Where a row is held: the number of its batch, and its own in that.
pub type RowPlace = (usize, usize);

/// Batches of columns of the same types.
#[derive(Debug, Default)]
pub struct HeldBatches {
    batches: Vec<Batch>,
    rows: usize,
    /// For each column a number of bytes that none of its texts or blobs exceeds.
    largest: Vec<usize>,
}

impl HeldBatches {
    /// Holds one more.
    pub fn push(&mut self, batch: Batch) {
        self.rows += batch.rows;
        self.largest.resize(self.largest.len().max(batch.columns.len()), 0);
        for (largest, column) in self.largest.iter_mut().zip(&batch.columns) {
            *largest = (*largest).max(largest_value(column));
        }
        self.batches.push(batch);
    }

    /// All of them, in order.
    pub fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// How many rows they have together.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The places of all rows, in order.
    pub fn places(&self) -> impl DoubleEndedIterator<Item = RowPlace> {
        let batches = self.batches.iter().enumerate();
        batches.flat_map(|(number, batch)| (0..batch.rows).map(move |row| (number, row)))
    }

    /// The rows at the first of these places, as many as one batch has room for and at most
    /// [`OUTPUT`]: at least one, where there is a place.
    ///
    /// # Errors
    /// `internal` where the arrays do not fit each other, which is a fault of ours.
    pub fn gather(&self, places: &[RowPlace]) -> Result<Batch, Error> {
        self.gather_read(places, &[])
    }

    /// The same with NULLs in the columns that nobody reads.
    ///
    /// # Errors
    /// As [`HeldBatches::gather`].
    pub fn gather_read(&self, places: &[RowPlace], unread: &[usize]) -> Result<Batch, Error> {
        let count = self.room(&places[..places.len().min(OUTPUT)]);
        let places = &places[..count];
        let only = if let [only] = self.batches.as_slice() { Some(only) } else { None };
        let rows: Vec<u64> = match only {
            Some(_) => places.iter().map(|(_, row)| row_index(*row)).collect(),
            None => Vec::new(),
        };
        if let Some(only) = only.filter(|_| unread.is_empty()) {
            return only.take(&rows);
        }
        let column = |(at, first): (usize, &ArrayRef)| match only {
            _ if unread.contains(&at) => Ok(new_null_array(first.data_type(), places.len())),
            Some(only) => take(&only.columns[at], &rows),
            None => {
                let arrays: Vec<&dyn Array> =
                    self.batches.iter().map(|batch| batch.columns[at].as_ref()).collect();
                arrow_select::interleave::interleave(&arrays, places)
            }
        };
        let columns = self.batches.first().map_or(&[][..], |batch| &batch.columns);
        let columns: Vec<ArrayRef> =
            columns.iter().enumerate().map(column).collect::<Result<_, _>>()?;
        let mut coded = CodedColumns::NONE;
        for (at, array) in columns.iter().enumerate() {
            if let Some(codes) = self.codes(at) {
                coded.add(array, TextCodes::interleaved(&codes, places)?);
            }
        }
        Ok(Batch { columns, rows: places.len(), coded })
    }

    /// Gives a column of texts codes where it has none, unless too many of its texts are different.
    pub fn encode(&mut self, column: usize) {
        if self.codes(column).is_some() {
            return;
        }
        let dictionary = Arc::new(TextDictionary::default());
        for batch in &mut self.batches {
            let array = &batch.columns[column];
            let Some(codes) = dictionary.encode(array.as_string()) else { return };
            batch.coded.set(array, codes);
        }
    }

    /// The codes of a column, batch by batch; `None` unless all are of one dictionary.
    fn codes(&self, column: usize) -> Option<Vec<&TextCodes>> {
        let all = self.batches.iter().map(|batch| batch.codes(column));
        let first = all.clone().next()??;
        all.map(|codes| codes.filter(|codes| codes.are_of(first.dictionary()))).collect()
    }

    /// How many of these rows, from the first on, one batch has room for.
    pub fn room(&self, places: &[RowPlace]) -> usize {
        let mut most = places.len();
        for (at, largest) in self.largest.iter().enumerate() {
            // Mostly there is room even if each of them were the largest.
            if largest.saturating_mul(most) <= MAX_ARRAY_BYTES {
                continue;
            }
            let mut total = 0;
            let fits = places[..most].iter().take_while(|(batch, row)| {
                total += value_bytes(&self.batches[*batch].columns[at], *row);
                total <= MAX_ARRAY_BYTES
            });
            most = fits.count().max(1).min(most);
        }
        most
    }
}

/// A number of bytes that no text or blob of a column exceeds: of small columns it is what all of them have.
fn largest_value(array: &ArrayRef) -> usize {
    fn longest<T: OffsetSizeTrait>(offsets: &OffsetBuffer<T>) -> usize {
        let all = offsets[offsets.len() - 1] - offsets[0];
        let small = T::usize_as(MAX_ARRAY_BYTES / OUTPUT);
        let lengths = offsets.windows(2).map(|pair| pair[1] - pair[0]);
        if all <= small { all.as_usize() } else { lengths.max().unwrap_or(all).as_usize() }
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        longest(texts.offsets())
    } else if let Some(blobs) = array.as_binary_opt::<i32>() {
        longest(blobs.offsets())
    } else {
        array.as_binary_opt::<i64>().map_or(0, |values| longest(values.offsets()))
    }
}

/// How many bytes a text or blob of a column has.
fn value_bytes(array: &ArrayRef, row: usize) -> usize {
    let length = |length: i32| usize::try_from(length).unwrap_or(0);
    if let Some(texts) = array.as_string_opt::<i32>() {
        length(texts.value_length(row))
    } else if let Some(blobs) = array.as_binary_opt::<i32>() {
        length(blobs.value_length(row))
    } else {
        usize::try_from(array.as_binary::<i64>().value_length(row)).unwrap_or(0)
    }
}

/// How many bytes lie between two offsets.
fn span(first: impl Into<i64>, last: impl Into<i64>) -> usize {
    usize::try_from(last.into() - first.into()).unwrap_or(0)
}

/// About how many bytes the rows of a batch take: what is theirs of arrays that others share, too.
pub fn batch_bytes(batch: &Batch) -> usize {
    let codes: usize = batch.coded.codes().map(TextCodes::byte_size).sum();
    64 + batch.columns.iter().map(array_bytes).sum::<usize>() + codes
}

/// About how many bytes the values of an array take.
pub fn array_bytes(array: &ArrayRef) -> usize {
    let bytes = if let Some(texts) = array.as_string_opt::<i32>() {
        4 * array.len() + span(texts.offsets().first(), texts.offsets().last())
    } else if let Some(blobs) = array.as_binary_opt::<i32>() {
        4 * array.len() + span(blobs.offsets().first(), blobs.offsets().last())
    } else if let Some(values) = array.as_binary_opt::<i64>() {
        8 * array.len() + span(values.offsets().first(), values.offsets().last())
    } else {
        array.data_type().primitive_width().unwrap_or(1) * array.len()
    };
    bytes + array.nulls().map_or(0, |_| array.len().div_ceil(8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::{array_of, value_at};
    use crate::types::{DataType, Value};

    fn texts(values: &[&str]) -> Batch {
        let values: Vec<Value> = values.iter().map(Value::text).collect();
        let column = array_of(DataType::Text, values.iter()).expect("small");
        Batch::new(vec![column], values.len())
    }

    #[test]
    fn rows_are_gathered_from_where_they_are() {
        let mut held = HeldBatches::default();
        held.push(texts(&["a", "b"]));
        held.push(texts(&["c", "d", "e"]).slice(1, 2));
        assert_eq!(held.places().collect::<Vec<_>>(), [(0, 0), (0, 1), (1, 0), (1, 1)]);
        let batch = held.gather(&[(1, 1), (0, 0), (1, 1), (0, 1)]).expect("fits");
        let said: Vec<String> = (0..batch.rows)
            .map(|row| value_at(&batch.columns[0], DataType::Text, row).to_string())
            .collect();
        assert_eq!(said, ["'e'", "'a'", "'e'", "'b'"]);
        assert_eq!(batch_bytes(&held.batches()[1]), 64 + 2 * 4 + 2);
    }

    #[test]
    fn no_more_is_gathered_than_a_batch_has_room_for() {
        let large = "x".repeat(MAX_ARRAY_BYTES / 4);
        let mut held = HeldBatches::default();
        held.push(texts(&[&large, "y"]));
        let many = |count: usize| held.gather(&vec![(0, 0); count]).expect("fits").rows;
        assert_eq!((many(4), many(5), many(1)), (4, 4, 1));
        assert_eq!(held.gather(&vec![(0, 1); OUTPUT + 1]).expect("fits").rows, OUTPUT);
    }
}
