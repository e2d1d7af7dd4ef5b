//! Values in columns: Arrow arrays and [`Value`]s, one into the other.

use super::{DataType, Date, Decimal, Timestamp, Value};
use arrow_array::builder::{BinaryBuilder, LargeBinaryBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, LargeBinaryArray,
    PrimitiveArray, StringArray,
};
use arrow_buffer::{BooleanBufferBuilder, NullBuffer, NullBufferBuilder};
use arrow_schema::ArrowError;
use std::sync::Arc;

/// The most bytes that the texts or blobs of one array have together, unless it holds only one of them:
/// whoever makes a batch makes it smaller where a column has no room. Far below the 2 GiB that an
/// array's 32-bit offsets reach, so that a batch of large values does not fill the memory.
pub const MAX_ARRAY_BYTES: usize = 128 << 20;

/// Builds the array of a type from values of that type.
///
/// A value of another type is converted as [`DataType::accept`] would and is NULL where that is
/// refused: the planner converts before it gets here.
///
/// # Errors
/// As [`ColumnBuilder::push`].
pub fn array_of<'a>(
    data_type: DataType,
    values: impl Iterator<Item = &'a Value>,
) -> Result<ArrayRef, ArrowError> {
    let mut builder = ColumnBuilder::new(data_type, values.size_hint().0);
    for value in values {
        builder.push(value)?;
    }
    Ok(builder.finish())
}

/// The array of a type that has a value of it so many times.
///
/// # Errors
/// As [`ColumnBuilder::push`].
pub fn array_of_one(
    data_type: DataType,
    value: &Value,
    rows: usize,
) -> Result<ArrayRef, ArrowError> {
    if let (DataType::Integer, Value::Integer(integer)) = (data_type, value) {
        return Ok(Arc::new(primitives::<Int64Type>(vec![*integer; rows], None)));
    }
    if let (DataType::Real, Value::Real(real)) = (data_type, value) {
        return Ok(Arc::new(primitives::<Float64Type>(vec![*real; rows], None)));
    }
    array_of(data_type, std::iter::repeat_n(value, rows))
}

/// An array that grows value by value.
#[derive(Debug)]
pub struct ColumnBuilder {
    data_type: DataType,
    builder: TypedBuilder,
    /// Which values are NULL, where the builder does not know it.
    nulls: NullBufferBuilder,
    /// The bytes of texts and blobs so far.
    bytes: usize,
}

#[derive(Debug)]
enum TypedBuilder {
    Integer(Vec<i64>),
    Real(Vec<f64>),
    Decimal(Vec<i128>),
    Text(StringBuilder),
    Boolean(BooleanBufferBuilder),
    Date(Vec<i32>),
    Timestamp(Vec<i64>),
    Blob(BinaryBuilder),
    Any(LargeBinaryBuilder),
}

impl ColumnBuilder {
    /// An empty array of a type, with room for `capacity` values.
    pub fn new(data_type: DataType, capacity: usize) -> ColumnBuilder {
        let builder = match data_type {
            DataType::Integer => TypedBuilder::Integer(Vec::with_capacity(capacity)),
            DataType::Real => TypedBuilder::Real(Vec::with_capacity(capacity)),
            DataType::Decimal { .. } => TypedBuilder::Decimal(Vec::with_capacity(capacity)),
            DataType::Text | DataType::Json => {
                TypedBuilder::Text(StringBuilder::with_capacity(capacity, capacity * 8))
            }
            DataType::Boolean => TypedBuilder::Boolean(BooleanBufferBuilder::new(capacity)),
            DataType::Date => TypedBuilder::Date(Vec::with_capacity(capacity)),
            DataType::Timestamp => TypedBuilder::Timestamp(Vec::with_capacity(capacity)),
            DataType::Blob => {
                TypedBuilder::Blob(BinaryBuilder::with_capacity(capacity, capacity * 8))
            }
            DataType::Numeric | DataType::Any | DataType::Flexible(_) => {
                TypedBuilder::Any(LargeBinaryBuilder::with_capacity(capacity, capacity * 9))
            }
        };
        ColumnBuilder { data_type, builder, nulls: NullBufferBuilder::new(capacity), bytes: 0 }
    }

    /// Adds one value.
    ///
    /// # Errors
    /// [`ArrowError::OffsetOverflowError`] where it is a text or blob that the array has no room for:
    /// beside others it has [`MAX_ARRAY_BYTES`], alone 2 GiB.
    pub fn push(&mut self, value: &Value) -> Result<(), ArrowError> {
        if !self.push_as_it_is(value)? {
            let converted = self.data_type.accept(value.clone()).unwrap_or(Value::Null);
            if !self.push_as_it_is(&converted)? {
                self.push_null();
            }
        }
        Ok(())
    }

    /// Counts the bytes of a text or blob that is about to be added.
    fn reserve(&mut self, size: usize) -> Result<(), ArrowError> {
        let total = self.bytes + size;
        let most = if self.bytes == 0 { i32::MAX as usize } else { MAX_ARRAY_BYTES };
        if total > most {
            return Err(ArrowError::OffsetOverflowError(total));
        }
        self.bytes = total;
        Ok(())
    }

    /// Adds a value of the array's type; false where it is of another.
    fn push_as_it_is(&mut self, value: &Value) -> Result<bool, ArrowError> {
        self.reserve(value.byte_length())?;
        match (&mut self.builder, value) {
            (_, Value::Null) => {
                self.push_null();
                return Ok(true);
            }
            (TypedBuilder::Any(b), value) => b.append_value(encode_any(value)),
            (TypedBuilder::Integer(b), Value::Integer(i)) => b.push(*i),
            (TypedBuilder::Real(b), Value::Real(r)) => b.push(*r),
            (TypedBuilder::Text(b), Value::Text(t) | Value::Json(t)) => b.append_value(t),
            (TypedBuilder::Boolean(b), Value::Boolean(t)) => b.append(*t),
            (TypedBuilder::Date(b), Value::Date(d)) => b.push(d.0),
            (TypedBuilder::Timestamp(b), Value::Timestamp(t)) => b.push(t.0),
            (TypedBuilder::Blob(b), Value::Blob(bytes)) => b.append_value(bytes),
            (TypedBuilder::Decimal(b), Value::Decimal(d)) if is_scale(self.data_type, d.scale) => {
                b.push(d.mantissa);
            }
            _ => return Ok(false),
        }
        self.nulls.append_non_null();
        Ok(true)
    }

    fn push_null(&mut self) {
        match &mut self.builder {
            TypedBuilder::Integer(b) | TypedBuilder::Timestamp(b) => b.push(0),
            TypedBuilder::Real(b) => b.push(0.0),
            TypedBuilder::Decimal(b) => b.push(0),
            TypedBuilder::Text(b) => b.append_null(),
            TypedBuilder::Boolean(b) => b.append(false),
            TypedBuilder::Date(b) => b.push(0),
            TypedBuilder::Blob(b) => b.append_null(),
            TypedBuilder::Any(b) => b.append_null(),
        }
        self.nulls.append_null();
    }

    /// The array of all values added.
    pub fn finish(mut self) -> ArrayRef {
        let nulls = self.nulls.finish();
        match self.builder {
            TypedBuilder::Integer(b) => Arc::new(primitives::<Int64Type>(b, nulls)),
            TypedBuilder::Real(b) => Arc::new(primitives::<Float64Type>(b, nulls)),
            TypedBuilder::Decimal(b) => {
                let decimals = primitives::<Decimal128Type>(b, nulls);
                Arc::new(decimals.with_data_type(self.data_type.arrow()))
            }
            TypedBuilder::Text(mut b) => Arc::new(b.finish()),
            TypedBuilder::Boolean(mut b) => Arc::new(BooleanArray::new(b.finish(), nulls)),
            TypedBuilder::Date(b) => Arc::new(primitives::<Date32Type>(b, nulls)),
            TypedBuilder::Timestamp(b) => {
                Arc::new(primitives::<TimestampMicrosecondType>(b, nulls))
            }
            TypedBuilder::Blob(mut b) => Arc::new(b.finish()),
            TypedBuilder::Any(mut b) => Arc::new(b.finish()),
        }
    }
}

/// The array of these values. Arrow's own builders go through a description of arrays of all types, which
/// costs more than the few values that most arrays of small statements have.
fn primitives<T: ArrowPrimitiveType>(
    values: Vec<T::Native>,
    nulls: Option<NullBuffer>,
) -> PrimitiveArray<T> {
    PrimitiveArray::new(values.into(), nulls)
}

fn is_scale(data_type: DataType, wanted: u8) -> bool {
    matches!(data_type, DataType::Decimal { scale, .. } if scale == wanted)
}

/// The value at `index` of an array whose elements are of `data_type`.
///
/// # Panics
/// As [`ColumnReader::of`] and [`ColumnReader::at`].
pub fn value_at(array: &ArrayRef, data_type: DataType, index: usize) -> Value {
    ColumnReader::of(array, data_type).at(index)
}

/// The values of an array, of which the type is looked at once: for who reads more than one of them.
#[derive(Clone, Copy, Debug)]
pub struct ColumnReader<'a> {
    nulls: Option<&'a NullBuffer>,
    slots: ColumnSlots<'a>,
}

/// What stands in the places of an array, also where it is NULL.
#[derive(Clone, Copy, Debug)]
enum ColumnSlots<'a> {
    Integer(&'a [i64]),
    Real(&'a [f64]),
    Decimal(&'a [i128], u8),
    Text(&'a StringArray),
    Json(&'a StringArray),
    Boolean(&'a BooleanArray),
    Date(&'a [i32]),
    Timestamp(&'a [i64]),
    Blob(&'a BinaryArray),
    /// As [`encode_any`] made it.
    Mixed(&'a LargeBinaryArray),
}

impl<'a> ColumnReader<'a> {
    /// Those of an array whose elements are of a type.
    ///
    /// # Panics
    /// If the array is not of that type's Arrow type: both are made by the same plan.
    pub fn of(array: &'a ArrayRef, data_type: DataType) -> ColumnReader<'a> {
        // Each question goes through one pointer then, and not through two.
        let array: &dyn Array = &**array;
        let slots = match data_type {
            DataType::Integer => ColumnSlots::Integer(array.as_primitive::<Int64Type>().values()),
            DataType::Real => ColumnSlots::Real(array.as_primitive::<Float64Type>().values()),
            DataType::Decimal { scale, .. } => {
                ColumnSlots::Decimal(array.as_primitive::<Decimal128Type>().values(), scale)
            }
            DataType::Text => ColumnSlots::Text(array.as_string()),
            DataType::Json => ColumnSlots::Json(array.as_string()),
            DataType::Boolean => ColumnSlots::Boolean(array.as_boolean()),
            DataType::Date => ColumnSlots::Date(array.as_primitive::<Date32Type>().values()),
            DataType::Timestamp => {
                let moments = array.as_primitive::<TimestampMicrosecondType>();
                ColumnSlots::Timestamp(moments.values())
            }
            DataType::Blob => ColumnSlots::Blob(array.as_binary()),
            DataType::Numeric | DataType::Any | DataType::Flexible(_) => {
                ColumnSlots::Mixed(array.as_binary())
            }
        };
        ColumnReader { nulls: array.nulls(), slots }
    }

    /// The value at `index`.
    ///
    /// # Panics
    /// If `index` lies outside the array.
    pub fn at(&self, index: usize) -> Value {
        if self.nulls.is_some_and(|nulls| nulls.is_null(index)) {
            return Value::Null;
        }
        match self.slots {
            ColumnSlots::Integer(integers) => Value::Integer(integers[index]),
            ColumnSlots::Real(reals) => Value::Real(reals[index]),
            ColumnSlots::Decimal(mantissas, scale) => {
                Value::Decimal(Decimal { mantissa: mantissas[index], scale })
            }
            ColumnSlots::Text(texts) => Value::Text(texts.value(index).into()),
            ColumnSlots::Json(texts) => Value::Json(texts.value(index).into()),
            ColumnSlots::Boolean(truths) => Value::Boolean(truths.value(index)),
            ColumnSlots::Date(days) => Value::Date(Date(days[index])),
            ColumnSlots::Timestamp(moments) => Value::Timestamp(Timestamp(moments[index])),
            ColumnSlots::Blob(blobs) => Value::Blob(blobs.value(index).into()),
            ColumnSlots::Mixed(values) => decode_any(values.value(index)),
        }
    }
}

/// One value as an element of an ANY array: a tag byte, then the value's bytes (numbers little
/// endian). Only [`decode_any`] reads it; it is no format of a file.
pub fn encode_any(value: &Value) -> Vec<u8> {
    let tagged = |tag: u8, bytes: &[u8]| {
        let mut out = Vec::with_capacity(1 + bytes.len());
        out.push(tag);
        out.extend_from_slice(bytes);
        out
    };
    match value {
        Value::Null => Vec::new(),
        Value::Boolean(b) => tagged(b'b', &[u8::from(*b)]),
        Value::Integer(i) => tagged(b'i', &i.to_le_bytes()),
        Value::Real(r) => tagged(b'r', &r.to_le_bytes()),
        Value::Decimal(d) => {
            let mut out = tagged(b'd', &d.mantissa.to_le_bytes());
            out.push(d.scale);
            out
        }
        Value::Date(d) => tagged(b'D', &d.0.to_le_bytes()),
        Value::Timestamp(t) => tagged(b'T', &t.0.to_le_bytes()),
        Value::Text(t) => tagged(b't', t.as_bytes()),
        Value::Json(t) => tagged(b'j', t.as_bytes()),
        Value::Blob(b) => tagged(b'x', b),
    }
}

/// The value that [`encode_any`] made these bytes from.
pub fn decode_any(bytes: &[u8]) -> Value {
    fn number<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.get(..N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
    }
    let text = |bytes: &[u8]| Arc::<str>::from(String::from_utf8_lossy(bytes));
    match bytes.split_first() {
        Some((b'b', rest)) => Value::Boolean(rest == [1]),
        Some((b'i', rest)) => Value::Integer(i64::from_le_bytes(number(rest))),
        Some((b'r', rest)) => Value::Real(f64::from_le_bytes(number(rest))),
        Some((b'd', rest)) => Value::Decimal(Decimal {
            mantissa: i128::from_le_bytes(number(rest)),
            scale: rest.last().copied().unwrap_or(0),
        }),
        Some((b'D', rest)) => Value::Date(Date(i32::from_le_bytes(number(rest)))),
        Some((b'T', rest)) => Value::Timestamp(Timestamp(i64::from_le_bytes(number(rest)))),
        Some((b't', rest)) => Value::Text(text(rest)),
        Some((b'j', rest)) => Value::Json(text(rest)),
        Some((b'x', rest)) => Value::Blob(rest.into()),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_has_room_for_one_large_value_or_many_small_ones() {
        let half = Value::Blob(vec![1; MAX_ARRAY_BYTES / 2].into());
        let more = Value::Blob(vec![2; MAX_ARRAY_BYTES / 2 + 1].into());
        for data_type in [DataType::Blob, DataType::Any] {
            let full = array_of(data_type, [&half, &Value::Null, &half].into_iter());
            assert_eq!(full.map(|array| array.len()).ok(), Some(3));
            let error = array_of(data_type, [&half, &more].into_iter()).expect_err("no room");
            assert!(matches!(error, ArrowError::OffsetOverflowError(_)), "{error}");
            let large = Value::Blob(vec![3; MAX_ARRAY_BYTES + 1].into());
            assert_eq!(array_of(data_type, [&large].into_iter()).map(|a| a.len()).ok(), Some(1));
        }
    }

    #[test]
    fn values_come_back_from_their_arrays() {
        let any = [
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Real(1.5),
            Value::Decimal(Decimal { mantissa: -99, scale: 2 }),
            Value::Date(Date(-1)),
            Value::Timestamp(Timestamp(1_234_567)),
            Value::text("née"),
            Value::Json("[1]".into()),
            Value::Blob([0, 255].as_slice().into()),
            Value::Null,
        ];
        let array = array_of(DataType::Any, any.iter()).expect("small");
        for (at, value) in any.iter().enumerate() {
            let back = value_at(&array, DataType::Any, at);
            assert_eq!(format!("{back:?}"), format!("{value:?}"));
        }
        for (data_type, value) in [
            (DataType::Integer, Value::Integer(7)),
            (DataType::Decimal { precision: 10, scale: 2 }, Value::Integer(7)),
            (DataType::Date, Value::text("2024-02-29")),
            (DataType::Text, Value::text("x")),
        ] {
            let array = array_of(data_type, [&value, &Value::Null].into_iter()).expect("small");
            assert_eq!(value_at(&array, data_type, 0), data_type.accept(value).expect("fits"));
            assert!(value_at(&array, data_type, 1).is_null());
        }
    }
}
