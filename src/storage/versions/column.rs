//! A column that still grows: plain vectors, typed as their Arrow array will be.
//!
//! Typed vectors rather than values, because an update copies the columns it leaves alone from one
//! version to the next, and because a full chunk then becomes Arrow arrays without touching a value.

use crate::types::column::{decode_any, encode_any};
use crate::types::{Column, ColumnId, DataType, Date, Decimal, Timestamp, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ByteArrayType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array,
    GenericByteArray, Int64Array, LargeBinaryArray, StringArray, TimestampMicrosecondArray,
};
use arrow_buffer::{
    ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer,
};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Of a column that grows with this many times the values that are asked for, no array is made.
pub(super) const FEW: usize = 8;

/// A column's identity and the type that a chunk stores it as.
#[derive(Clone, Debug)]
pub(super) struct StoredColumn {
    /// Which column.
    pub id: ColumnId,
    /// Its type when the chunk was begun.
    pub data_type: DataType,
    /// What versions have in it whose chunk lacks it, since they are older.
    pub initial: Value,
}

impl StoredColumn {
    /// How chunks store a column.
    pub fn new(column: &Column) -> StoredColumn {
        StoredColumn { id: column.id, data_type: column.data_type, initial: column.initial.clone() }
    }

    /// Whether it is a column of a table as it is now, stored as that type.
    pub fn is_of(&self, column: &Column) -> bool {
        self.id == column.id && self.data_type == column.data_type
    }

    /// Where the column was when its event made it: a guess at where it is.
    pub fn guess(&self) -> usize {
        self.id.ordinal
    }
}

/// The place of a column among those stored, which `is_it` knows; `guess` is tried first.
pub(super) fn place_of(
    stored: &[StoredColumn],
    guess: usize,
    is_it: impl Fn(&StoredColumn) -> bool,
) -> Option<usize> {
    let guessed = stored.get(guess).filter(|stored| is_it(stored)).map(|_| guess);
    guessed.or_else(|| stored.iter().position(is_it))
}

/// The initial value is the column's for good, so that identity and type say it all.
impl PartialEq for StoredColumn {
    fn eq(&self, other: &StoredColumn) -> bool {
        self.id == other.id && self.data_type == other.data_type
    }
}

/// A column of a chunk that still grows.
#[derive(Clone, Debug)]
pub(super) struct OpenColumn {
    data_type: DataType,
    values: ColumnValues,
    /// Which values are not NULL; none are as long as this is missing.
    valid: Option<Vec<bool>>,
    len: usize,
    /// The values so far as an array, for readers; gone with the next value.
    array: OnceLock<ArrayRef>,
}

#[derive(Clone, Debug)]
enum ColumnValues {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Int128(Vec<i128>),
    Float64(Vec<f64>),
    /// All values one behind the other, and where each ends.
    Bytes(Vec<u8>, Vec<usize>),
}

impl ColumnValues {
    /// No values, with room for so many.
    fn with_capacity(data_type: DataType, rows: usize) -> ColumnValues {
        match data_type {
            DataType::Boolean => ColumnValues::Boolean(Vec::with_capacity(rows)),
            DataType::Date => ColumnValues::Int32(Vec::with_capacity(rows)),
            DataType::Integer | DataType::Timestamp => {
                ColumnValues::Int64(Vec::with_capacity(rows))
            }
            DataType::Decimal { .. } => ColumnValues::Int128(Vec::with_capacity(rows)),
            DataType::Real => ColumnValues::Float64(Vec::with_capacity(rows)),
            DataType::Text
            | DataType::Json
            | DataType::Blob
            | DataType::Numeric
            | DataType::Any
            | DataType::Flexible(_) => ColumnValues::Bytes(Vec::new(), Vec::with_capacity(rows)),
        }
    }

    fn push_default(&mut self) {
        match self {
            ColumnValues::Boolean(values) => values.push(false),
            ColumnValues::Int32(values) => values.push(0),
            ColumnValues::Int64(values) => values.push(0),
            ColumnValues::Int128(values) => values.push(0),
            ColumnValues::Float64(values) => values.push(0.0),
            ColumnValues::Bytes(bytes, ends) => ends.push(bytes.len()),
        }
    }
}

/// The text that these bytes are, which were one when they came.
fn text(bytes: &[u8]) -> Arc<str> {
    String::from_utf8_lossy(bytes).into()
}

/// The bytes of one value of a byte column.
fn slice<'a>(bytes: &'a [u8], ends: &[usize], index: usize) -> &'a [u8] {
    let start = index.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[index]]
}

/// Adds the bytes at some places of an array of a type.
fn push_bytes(
    bytes: &mut Vec<u8>,
    ends: &mut Vec<usize>,
    data_type: DataType,
    array: &dyn Array,
    places: &Range<usize>,
) {
    match data_type {
        DataType::Text | DataType::Json => {
            push_slices(bytes, ends, array.as_string::<i32>(), places)
        }
        DataType::Blob => push_slices(bytes, ends, array.as_binary::<i32>(), places),
        // Those of mixed types; the others are no bytes.
        DataType::Numeric
        | DataType::Any
        | DataType::Flexible(_)
        | DataType::Integer
        | DataType::Real
        | DataType::Decimal { .. }
        | DataType::Boolean
        | DataType::Date
        | DataType::Timestamp => push_slices(bytes, ends, array.as_binary::<i64>(), places),
    }
}

/// The same, whichever width its offsets have.
fn push_slices<T: ByteArrayType>(
    bytes: &mut Vec<u8>,
    ends: &mut Vec<usize>,
    array: &GenericByteArray<T>,
    places: &Range<usize>,
) {
    let offsets = array.value_offsets();
    let offset = |at: usize| offsets[at].as_usize();
    let (first, before) = (offset(places.start), bytes.len());
    bytes.extend_from_slice(&array.value_data()[first..offset(places.end)]);
    ends.extend(places.clone().map(|at| before + offset(at + 1) - first));
}

impl OpenColumn {
    /// An empty column of a type, which grows as it has to.
    pub fn new(data_type: DataType) -> OpenColumn {
        OpenColumn::with_capacity(data_type, 0)
    }

    /// An empty column of a type with room for so many values.
    pub fn with_capacity(data_type: DataType, rows: usize) -> OpenColumn {
        let values = ColumnValues::with_capacity(data_type, rows);
        OpenColumn { data_type, values, valid: None, len: 0, array: OnceLock::new() }
    }

    /// How many bytes the values of varying length take together.
    pub fn byte_size(&self) -> usize {
        match &self.values {
            ColumnValues::Bytes(bytes, _) => bytes.len(),
            ColumnValues::Boolean(_)
            | ColumnValues::Int32(_)
            | ColumnValues::Int64(_)
            | ColumnValues::Int128(_)
            | ColumnValues::Float64(_) => 0,
        }
    }

    /// Notes that a value was added, and whether it is one.
    fn pushed(&mut self, valid: bool) {
        if !valid && self.valid.is_none() {
            self.valid = Some(vec![true; self.len]);
        }
        if let Some(all) = &mut self.valid {
            all.push(valid);
        }
        self.len += 1;
        if self.array.get().is_some() {
            self.array = OnceLock::new();
        }
    }

    /// Adds a NULL.
    pub fn push_null(&mut self) {
        self.values.push_default();
        self.pushed(false);
    }

    /// Adds a value; one of another type as the column would accept it, NULL where it would not
    /// (whoever made the event validated it).
    pub fn push(&mut self, value: &Value) {
        if self.push_typed(value) {
            self.pushed(true);
        } else if let Ok(accepted) = self.data_type.accept(value.clone())
            && self.push_typed(&accepted)
        {
            self.pushed(true);
        } else {
            self.push_null();
        }
    }

    /// Adds a value to the vectors if it is of the column's type.
    fn push_typed(&mut self, value: &Value) -> bool {
        match (&mut self.values, value) {
            (_, Value::Null) => return false,
            (ColumnValues::Bytes(bytes, ends), value) if self.data_type.is_mixed() => {
                bytes.extend_from_slice(&encode_any(value));
                ends.push(bytes.len());
            }
            (ColumnValues::Boolean(values), Value::Boolean(b)) => values.push(*b),
            (ColumnValues::Int32(values), Value::Date(d)) => values.push(d.0),
            (ColumnValues::Int64(values), Value::Integer(i))
                if self.data_type == DataType::Integer =>
            {
                values.push(*i);
            }
            (ColumnValues::Int64(values), Value::Timestamp(t))
                if self.data_type == DataType::Timestamp =>
            {
                values.push(t.0);
            }
            (ColumnValues::Int128(values), Value::Decimal(d)) if matches!(self.data_type, DataType::Decimal { scale, .. } if scale == d.scale) =>
            {
                values.push(d.mantissa);
            }
            (ColumnValues::Float64(values), Value::Real(r)) => values.push(*r),
            (ColumnValues::Bytes(bytes, ends), Value::Text(text) | Value::Json(text))
                if self.data_type != DataType::Blob =>
            {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
            }
            (ColumnValues::Bytes(bytes, ends), Value::Blob(blob))
                if self.data_type == DataType::Blob =>
            {
                bytes.extend_from_slice(blob);
                ends.push(bytes.len());
            }
            // Of another type than the column's.
            (
                _,
                Value::Boolean(_)
                | Value::Integer(_)
                | Value::Real(_)
                | Value::Decimal(_)
                | Value::Date(_)
                | Value::Timestamp(_)
                | Value::Text(_)
                | Value::Json(_)
                | Value::Blob(_),
            ) => return false,
        }
        true
    }

    /// Adds the value at `index` of an array of the same type.
    pub fn push_from_array(&mut self, array: &dyn Array, index: usize) {
        if array.is_null(index) {
            return self.push_null();
        }
        match (&mut self.values, self.data_type) {
            (ColumnValues::Boolean(values), _) => values.push(array.as_boolean().value(index)),
            (ColumnValues::Int32(values), _) => {
                values.push(array.as_primitive::<Date32Type>().value(index));
            }
            (ColumnValues::Int64(values), DataType::Timestamp) => {
                values.push(array.as_primitive::<TimestampMicrosecondType>().value(index));
            }
            (ColumnValues::Int64(values), _) => {
                values.push(array.as_primitive::<Int64Type>().value(index));
            }
            (ColumnValues::Int128(values), _) => {
                values.push(array.as_primitive::<Decimal128Type>().value(index));
            }
            (ColumnValues::Float64(values), _) => {
                values.push(array.as_primitive::<Float64Type>().value(index));
            }
            (ColumnValues::Bytes(bytes, ends), data_type) => {
                push_bytes(bytes, ends, data_type, array, &(index..index + 1));
            }
        }
        self.pushed(true);
    }

    /// Adds the value at `index` of another growing column of the same type.
    pub fn push_from(&mut self, other: &OpenColumn, index: usize) {
        if !other.is_valid(index) {
            return self.push_null();
        }
        match (&mut self.values, &other.values) {
            (ColumnValues::Boolean(to), ColumnValues::Boolean(from)) => to.push(from[index]),
            (ColumnValues::Int32(to), ColumnValues::Int32(from)) => to.push(from[index]),
            (ColumnValues::Int64(to), ColumnValues::Int64(from)) => to.push(from[index]),
            (ColumnValues::Int128(to), ColumnValues::Int128(from)) => to.push(from[index]),
            (ColumnValues::Float64(to), ColumnValues::Float64(from)) => to.push(from[index]),
            (ColumnValues::Bytes(to, to_ends), ColumnValues::Bytes(from, ends)) => {
                to.extend_from_slice(slice(from, ends, index));
                to_ends.push(to.len());
            }
            // Of another type, which no chunk stores a column as.
            (
                ColumnValues::Boolean(_)
                | ColumnValues::Int32(_)
                | ColumnValues::Int64(_)
                | ColumnValues::Int128(_)
                | ColumnValues::Float64(_)
                | ColumnValues::Bytes(..),
                _,
            ) => return self.push_null(),
        }
        self.pushed(true);
    }

    /// Adds the value at `index` of this column once more.
    pub fn push_again(&mut self, index: usize) {
        if !self.is_valid(index) {
            return self.push_null();
        }
        match &mut self.values {
            ColumnValues::Boolean(values) => values.push(values[index]),
            ColumnValues::Int32(values) => values.push(values[index]),
            ColumnValues::Int64(values) => values.push(values[index]),
            ColumnValues::Int128(values) => values.push(values[index]),
            ColumnValues::Float64(values) => values.push(values[index]),
            ColumnValues::Bytes(bytes, ends) => {
                let start = index.checked_sub(1).map_or(0, |before| ends[before]);
                bytes.extend_from_within(start..ends[index]);
                ends.push(bytes.len());
            }
        }
        self.pushed(true);
    }

    /// Adds the values at some places of an array of the same type.
    pub fn push_run_from_array(&mut self, array: &dyn Array, places: Range<usize>) {
        if places.len() == 1 {
            return self.push_from_array(array, places.start);
        }
        match &mut self.values {
            ColumnValues::Boolean(values) => {
                let flags = array.as_boolean().values();
                values.extend(places.clone().map(|at| flags.value(at)));
            }
            ColumnValues::Int32(values) => {
                let dates = array.as_primitive::<Date32Type>().values();
                values.extend_from_slice(&dates[places.clone()]);
            }
            ColumnValues::Int64(values) if self.data_type == DataType::Timestamp => {
                let times = array.as_primitive::<TimestampMicrosecondType>().values();
                values.extend_from_slice(&times[places.clone()]);
            }
            ColumnValues::Int64(values) => {
                let integers = array.as_primitive::<Int64Type>().values();
                values.extend_from_slice(&integers[places.clone()]);
            }
            ColumnValues::Int128(values) => {
                let decimals = array.as_primitive::<Decimal128Type>().values();
                values.extend_from_slice(&decimals[places.clone()]);
            }
            ColumnValues::Float64(values) => {
                let reals = array.as_primitive::<Float64Type>().values();
                values.extend_from_slice(&reals[places.clone()]);
            }
            ColumnValues::Bytes(bytes, ends) => {
                push_bytes(bytes, ends, self.data_type, array, &places);
            }
        }
        self.pushed_run(
            places.len(),
            array.nulls().map(|nulls| move |at: usize| nulls.is_valid(places.start + at)),
        );
    }

    /// Adds the values at some places of another growing column of the same type.
    pub fn push_run_from(&mut self, other: &OpenColumn, places: Range<usize>) {
        if places.len() * FEW >= other.len {
            return self.push_run_from_array(&other.array(), places);
        }
        places.for_each(|at| self.push_from(other, at));
    }

    /// Notes that values were added, and which of them are some.
    fn pushed_run(&mut self, count: usize, is_valid: Option<impl Fn(usize) -> bool>) {
        if is_valid.is_some() && self.valid.is_none() {
            self.valid = Some(vec![true; self.len]);
        }
        match (&mut self.valid, is_valid) {
            (Some(all), Some(is_valid)) => all.extend((0..count).map(is_valid)),
            (Some(all), None) => all.resize(all.len() + count, true),
            (None, _) => {}
        }
        self.len += count;
        self.array = OnceLock::new();
    }

    fn is_valid(&self, index: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid[index])
    }

    /// The value at `index`.
    pub fn value(&self, index: usize) -> Value {
        if !self.is_valid(index) {
            return Value::Null;
        }
        match (&self.values, self.data_type) {
            (ColumnValues::Boolean(values), _) => Value::Boolean(values[index]),
            (ColumnValues::Int32(values), _) => Value::Date(Date(values[index])),
            (ColumnValues::Int64(values), DataType::Timestamp) => {
                Value::Timestamp(Timestamp(values[index]))
            }
            (ColumnValues::Int64(values), _) => Value::Integer(values[index]),
            (ColumnValues::Int128(values), DataType::Decimal { scale, .. }) => {
                Value::Decimal(Decimal { mantissa: values[index], scale })
            }
            (ColumnValues::Float64(values), _) => Value::Real(values[index]),
            (ColumnValues::Bytes(bytes, ends), data_type) if data_type.is_mixed() => {
                decode_any(slice(bytes, ends, index))
            }
            (ColumnValues::Bytes(bytes, ends), DataType::Text) => {
                Value::Text(text(slice(bytes, ends, index)))
            }
            (ColumnValues::Bytes(bytes, ends), DataType::Json) => {
                Value::Json(text(slice(bytes, ends, index)))
            }
            (ColumnValues::Bytes(bytes, ends), _) => Value::Blob(slice(bytes, ends, index).into()),
            (ColumnValues::Int128(_), _) => unreachable!("only decimals are stored so"),
        }
    }

    /// The values so far as an array. Made once for all readers, until the column grows.
    pub fn array(&self) -> ArrayRef {
        let build = || {
            let column = OpenColumn { array: OnceLock::new(), ..self.clone() };
            column.finish()
        };
        Arc::clone(self.array.get_or_init(build))
    }

    /// The array of all values.
    pub fn finish(self) -> ArrayRef {
        let nulls = self.valid.map(NullBuffer::from);
        match (self.values, self.data_type) {
            (ColumnValues::Boolean(values), _) => {
                Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls))
            }
            (ColumnValues::Int32(values), _) => {
                Arc::new(Date32Array::new(tight(values).into(), nulls))
            }
            (ColumnValues::Int64(values), DataType::Timestamp) => {
                Arc::new(TimestampMicrosecondArray::new(tight(values).into(), nulls))
            }
            (ColumnValues::Int64(values), _) => {
                Arc::new(Int64Array::new(tight(values).into(), nulls))
            }
            (ColumnValues::Int128(values), data_type) => Arc::new(
                Decimal128Array::new(tight(values).into(), nulls).with_data_type(data_type.arrow()),
            ),
            (ColumnValues::Float64(values), _) => {
                Arc::new(Float64Array::new(tight(values).into(), nulls))
            }
            (ColumnValues::Bytes(bytes, ends), data_type) => {
                bytes_array(data_type, tight(bytes), &ends, nulls)
            }
        }
    }
}

/// The vector without room to spare: sealed chunks stay.
fn tight<T>(mut values: Vec<T>) -> Vec<T> {
    values.shrink_to_fit();
    values
}

fn bytes_array(
    data_type: DataType,
    bytes: Vec<u8>,
    ends: &[usize],
    nulls: Option<NullBuffer>,
) -> ArrayRef {
    if data_type.is_mixed() {
        return Arc::new(LargeBinaryArray::new(offsets(ends), Buffer::from_vec(bytes), nulls));
    }
    if data_type == DataType::Blob {
        return Arc::new(BinaryArray::new(offsets(ends), Buffer::from_vec(bytes), nulls));
    }
    Arc::new(StringArray::new(offsets(ends), Buffer::from_vec(bytes), nulls))
}

/// The offsets of values that end where `ends` says.
fn offsets<T: arrow_buffer::ArrowNativeType + TryFrom<usize>>(ends: &[usize]) -> OffsetBuffer<T> {
    let offset = |end: usize| match T::try_from(end) {
        Ok(offset) => offset,
        Err(_) => unreachable!("a chunk is sealed long before 2 GiB, and a value is shorter"),
    };
    let all: Vec<T> = std::iter::once(0).chain(ends.iter().copied()).map(offset).collect();
    OffsetBuffer::new(ScalarBuffer::from(all))
}
