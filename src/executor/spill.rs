//! Rows that an operator writes to a temporary file because its memory is spent.
//!
//! The file has no name (or goes with its last handle, where a system has no such files), so that
//! nothing is left of it however the statement ends, the process included. It lies in the system's
//! directory of temporary files, never in a database.
//!
//! The format is our own, as the file is read by nobody but who wrote it: a batch is its row count, then
//! for each column its validity, its offsets and its values as Arrow has them in memory, each behind its
//! length. Arrow's IPC would be two more crates to build for what is a hundred lines here.

use super::Error;
use super::datum::Batch;
use arrow_array::{Array, ArrayRef, make_array, new_empty_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_schema::DataType;
use arrow_select::take::take;
use std::io::{self, Read, Seek, SeekFrom, Write};
use tempfile::SpooledTempFile;

/// As long as a file is not larger, it is none.
const SMALL: usize = 64 << 10;

/// Batches of rows of one kind, in a temporary file.
#[derive(Debug)]
pub struct SpillFile {
    file: SpooledTempFile,
    /// The types of the columns, once there is a batch.
    types: Vec<DataType>,
    /// What was written, for EXPLAIN ANALYZE.
    spilled: Spilled,
}

/// A file for what comes and goes: a file only grows, so that where nothing of it is wanted any more, the
/// next batches begin another.
#[derive(Debug, Default)]
pub struct RenewedSpillFile {
    file: Option<SpillFile>,
    /// What was written to files that are gone.
    gone: Spilled,
}

impl RenewedSpillFile {
    /// As [`SpillFile::write`].
    ///
    /// # Errors
    /// As there.
    pub fn write(&mut self, batch: &Batch) -> Result<SpilledBatch, Error> {
        self.file.get_or_insert_with(SpillFile::new).write(batch)
    }

    /// As [`SpillFile::read`], of what was written since the file was renewed.
    ///
    /// # Errors
    /// As there.
    pub fn read(&mut self, place: SpilledBatch) -> Result<Batch, Error> {
        let gone = || Error::failed("internal", "a temporary file is gone that is still read");
        self.file.as_mut().ok_or_else(gone)?.read(place)
    }

    /// Lets go of what was written.
    pub fn renew(&mut self) {
        self.gone = self.spilled();
        self.file = None;
    }

    /// What was written so far.
    pub fn spilled(&self) -> Spilled {
        self.gone + self.file.as_ref().map_or_else(Spilled::default, SpillFile::spilled)
    }
}

/// How much was written to temporary files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spilled {
    /// Rows, as often as they were written.
    pub rows: usize,
    /// Bytes.
    pub bytes: usize,
}

impl std::ops::Add for Spilled {
    type Output = Spilled;

    fn add(self, other: Spilled) -> Spilled {
        Spilled { rows: self.rows + other.rows, bytes: self.bytes + other.bytes }
    }
}

/// Where a batch stands in its file.
#[derive(Clone, Copy, Debug)]
pub struct SpilledBatch {
    offset: u64,
    length: usize,
    /// How many rows it has.
    pub rows: usize,
}

impl SpillFile {
    /// An empty file.
    pub fn new() -> SpillFile {
        let file = SpooledTempFile::new(SMALL);
        SpillFile { file, types: Vec::new(), spilled: Spilled::default() }
    }

    /// What was written so far.
    pub fn spilled(&self) -> Spilled {
        self.spilled
    }

    /// Writes a batch behind the others.
    ///
    /// # Errors
    /// `io` where there is no temporary file, or the disk is full or fails.
    pub fn write(&mut self, batch: &Batch) -> Result<SpilledBatch, Error> {
        if self.types.is_empty() {
            self.types = batch.columns.iter().map(|column| column.data_type().clone()).collect();
        }
        let mut bytes = Vec::new();
        for column in &batch.columns {
            encode(&mut bytes, column)?;
        }
        let offset = self.file.seek(SeekFrom::End(0));
        let written = offset.and_then(|offset| self.file.write_all(&bytes).map(|()| offset));
        let offset = written.map_err(|error| failed("written", &error))?;
        self.spilled.rows += batch.rows;
        self.spilled.bytes += bytes.len();
        Ok(SpilledBatch { offset, length: bytes.len(), rows: batch.rows })
    }

    /// Reads a batch back.
    ///
    /// # Errors
    /// `io` where the disk fails, `internal` where it gives something else than was written.
    pub fn read(&mut self, place: SpilledBatch) -> Result<Batch, Error> {
        let mut bytes = vec![0; place.length];
        let read = self.file.seek(SeekFrom::Start(place.offset));
        let read = read.and_then(|_| self.file.read_exact(&mut bytes));
        read.map_err(|error| failed("read", &error))?;
        let mut rest = bytes.as_slice();
        let column = |data_type: &DataType| decode(&mut rest, data_type, place.rows);
        let columns: Result<Vec<ArrayRef>, Error> = self.types.iter().map(column).collect();
        Ok(Batch::new(columns?, place.rows))
    }
}

fn failed(what: &str, error: &io::Error) -> Error {
    Error::Failed {
        code: "io",
        message: format!("a temporary file cannot be {what}: {error}"),
        help: Some(
            "`SET memory` lets a statement hold more before it needs one; \
             TMPDIR says where they lie"
                .into(),
        ),
    }
}

/// Writes a column: whether it has NULLs and where, and its buffers.
fn encode(out: &mut Vec<u8>, column: &ArrayRef) -> Result<(), Error> {
    // A slice of a column becomes a column of its own.
    let places = arrow_array::UInt64Array::from_iter_values(0..row_count(column.len()));
    let data = take(column, &places, None)?.to_data();
    let validity = data.nulls().map(|nulls| nulls.inner().sliced());
    push_buffer(out, validity.as_ref().map_or(&[], |buffer| buffer.as_slice()));
    for buffer in data.buffers() {
        push_buffer(out, buffer.as_slice());
    }
    Ok(())
}

fn row_count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn push_buffer(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&row_count(bytes.len()).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Reads a column that [`encode`] wrote.
fn decode(rest: &mut &[u8], data_type: &DataType, rows: usize) -> Result<ArrayRef, Error> {
    let empty = new_empty_array(data_type).to_data();
    let validity = pull_buffer(rest)?;
    let nulls = (!validity.is_empty())
        .then(|| NullBuffer::new(BooleanBuffer::new(Buffer::from(validity), 0, rows)));
    let mut buffers = Vec::with_capacity(empty.buffers().len());
    for _ in empty.buffers() {
        buffers.push(Buffer::from(pull_buffer(rest)?));
    }
    let data = empty.into_builder().len(rows).nulls(nulls).buffers(buffers);
    Ok(make_array(data.build()?))
}

fn pull_buffer<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let damaged = || failed("read", &io::Error::from(io::ErrorKind::UnexpectedEof));
    let (length, bytes) = rest.split_first_chunk().ok_or_else(damaged)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (buffer, behind) = bytes.split_at_checked(length).ok_or_else(damaged)?;
    *rest = behind;
    Ok(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::{array_of, value_at};
    use crate::types::{DataType as Type, Date, Decimal, Timestamp, Value};

    #[test]
    fn what_is_read_is_what_was_written() -> Result<(), Error> {
        let decimal = |mantissa| Value::Decimal(Decimal { mantissa, scale: 2 });
        let columns: [(Type, [Value; 3]); 9] = [
            (Type::Integer, [Value::Integer(i64::MIN), Value::Null, Value::Integer(7)]),
            (Type::Real, [Value::Real(0.5), Value::Real(-1e300), Value::Null]),
            (Type::Decimal { precision: 10, scale: 2 }, [decimal(1), decimal(-5), Value::Null]),
            (Type::Text, [Value::text("née"), Value::text(""), Value::Null]),
            (Type::Boolean, [Value::Null, Value::Boolean(true), Value::Boolean(false)]),
            (Type::Date, [Value::Date(Date(-1)), Value::Null, Value::Date(Date(9))]),
            (Type::Timestamp, [Timestamp(5), Timestamp(6), Timestamp(-7)].map(Value::Timestamp)),
            (Type::Blob, [Value::Blob([0, 255].as_slice().into()), Value::Null, Value::Null]),
            (Type::Any, [Value::Integer(1), Value::text("1"), Value::Null]),
        ];
        let array = |(of, values): &(Type, [Value; 3])| array_of(*of, values.iter());
        let arrays: Result<Vec<ArrayRef>, _> = columns.iter().map(array).collect();
        let batch = Batch::new(arrays?, 3);
        let mut file = SpillFile::new();
        let (whole, part) = (file.write(&batch)?, file.write(&batch.slice(1, 2))?);
        let none = file.write(&batch.slice(0, 0))?;
        assert_eq!(file.spilled().rows, 5);
        for (place, from, rows) in [(part, 1, 2), (whole, 0, 3), (none, 0, 0), (part, 1, 2)] {
            let read = file.read(place)?;
            assert_eq!((read.rows, read.columns.len()), (rows, columns.len()));
            for ((of, values), column) in columns.iter().zip(&read.columns) {
                for row in 0..rows {
                    let (read, wrote) = (value_at(column, *of, row), &values[from + row]);
                    assert_eq!(format!("{read:?}"), format!("{wrote:?}"));
                }
            }
        }
        Ok(())
    }
}
