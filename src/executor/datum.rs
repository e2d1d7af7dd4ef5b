//! What flows between operators and out of expressions.

use super::Error;
use super::functions::MAX_TEXT;
use crate::types::column::{ColumnBuilder, ColumnReader, array_of_one, value_at};
use crate::types::row_filter::{RowFilter, run_start, take};
use crate::types::text_codes::{CodedColumns, TextCodes};
use crate::types::{DataType, Value};
use arrow_array::{Array, ArrayRef, BooleanArray, UInt64Array};
use arrow_schema::ArrowError;
use std::convert::Infallible;
use std::sync::Arc;

/// Some rows: Arrow arrays of one length. A `RecordBatch` without its schema, which every operator
/// already knows from its plan; the session adds it at the edge.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The columns, each `rows` long.
    pub columns: Vec<ArrayRef>,
    /// How many rows there are, also where there is no column.
    pub rows: usize,
    /// The codes of those columns of texts that have some: an operator that knows nothing of them drops them.
    pub(crate) coded: CodedColumns,
}

impl Batch {
    /// So many rows of these columns.
    pub const fn new(columns: Vec<ArrayRef>, rows: usize) -> Batch {
        Batch { columns, rows, coded: CodedColumns::NONE }
    }

    /// The codes of a column, if it has some.
    pub(super) fn codes(&self, column: usize) -> Option<&TextCodes> {
        self.coded.of(self.columns.get(column)?)
    }

    /// The same rows where something was done to each of the columns that leaves some out, or puts them in
    /// another order.
    fn changed(
        &self,
        rows: usize,
        change: impl Fn(&ArrayRef) -> Result<ArrayRef, ArrowError>,
    ) -> Result<Batch, Error> {
        let columns = self.columns.iter().map(&change).collect::<Result<Vec<ArrayRef>, _>>()?;
        let coded = self.coded.changed(&self.columns, &columns, change)?;
        Ok(Batch { columns, rows, coded })
    }

    /// The batch of one row with values of these types.
    ///
    /// # Errors
    /// As [`array_of_one`].
    pub fn of_row(types: &[DataType], row: &[Value]) -> Result<Batch, Error> {
        let columns = types.iter().zip(row);
        let array = |(data_type, value): (&DataType, &Value)| array_of_one(*data_type, value, 1);
        let columns: Result<Vec<ArrayRef>, _> = columns.map(array).collect();
        Ok(Batch::new(columns?, 1))
    }

    /// The rows for which `mask` is true.
    ///
    /// # Errors
    /// `internal` where the arrays do not fit each other, which is a fault of ours.
    pub fn filter(&self, mask: &BooleanArray) -> Result<Batch, Error> {
        Ok(self.filter_some(mask)?.unwrap_or_else(|| self.slice(0, 0)))
    }

    /// The same, or `None` where it is true of none.
    ///
    /// # Errors
    /// As [`Batch::filter`].
    pub fn filter_some(&self, mask: &BooleanArray) -> Result<Option<Batch>, Error> {
        let rows = mask.true_count();
        if rows == 0 {
            return Ok(None);
        }
        if rows == self.rows {
            return Ok(Some(self.clone()));
        }
        let filter = RowFilter::of_mask(mask, self.columns.len());
        self.changed(rows, |column| filter.kept(column)).map(Some)
    }

    /// The rows at these indexes, in this order.
    ///
    /// # Errors
    /// `internal` where the arrays do not fit each other, which is a fault of ours.
    pub fn take(&self, indexes: &[u64]) -> Result<Batch, Error> {
        // Most joins by a key and all of few rows give such.
        if let Some(first) = run_start(indexes) {
            let is_whole = indexes.len() == self.rows;
            return Ok(if is_whole { self.clone() } else { self.slice(first, indexes.len()) });
        }
        self.changed(indexes.len(), |column| take(column, indexes))
    }

    /// The same with NULLs where there is no index.
    ///
    /// # Errors
    /// As [`Batch::take`].
    pub fn take_or_null(&self, indexes: &UInt64Array) -> Result<Batch, Error> {
        if indexes.null_count() == 0 {
            return self.take(indexes.values());
        }
        let columns: Result<Vec<ArrayRef>, _> = self
            .columns
            .iter()
            .map(|column| arrow_select::take::take(column, indexes, None))
            .collect();
        Ok(Batch::new(columns?, indexes.len()))
    }

    /// `length` rows from `offset` on, sharing the arrays.
    pub fn slice(&self, offset: usize, length: usize) -> Batch {
        let slice = |column: &ArrayRef| column.slice(offset, length);
        let columns: Vec<ArrayRef> = self.columns.iter().map(slice).collect();
        let coded = self.coded.changed(&self.columns, &columns, |codes| Ok(slice(codes)));
        Batch {
            columns,
            rows: length,
            coded: coded.unwrap_or_else(|never: Infallible| match never {}),
        }
    }

    /// Several batches as one.
    ///
    /// # Errors
    /// `internal` where a column becomes more than Arrow's arrays hold: texts beyond 2 GiB.
    pub fn concat(batches: &[Batch]) -> Result<Batch, Error> {
        if let [only] = batches {
            return Ok(only.clone());
        }
        let rows = batches.iter().map(|batch| batch.rows).sum();
        let width = batches.first().map_or(0, |batch| batch.columns.len());
        let columns: Result<Vec<ArrayRef>, _> = (0..width)
            .map(|at| {
                let parts: Vec<&dyn Array> =
                    batches.iter().map(|batch| batch.columns[at].as_ref()).collect();
                arrow_select::concat::concat(&parts)
            })
            .collect();
        Ok(Batch::new(columns?, rows))
    }
}

/// The values of an expression: one per row, or one for all.
#[derive(Clone, Debug)]
pub enum Datum {
    /// One per row.
    Array(ArrayRef),
    /// One for all rows.
    Scalar(Value),
}

impl Datum {
    /// The value of a row.
    pub fn value(&self, data_type: DataType, row: usize) -> Value {
        match self {
            Datum::Array(array) => value_at(array, data_type, row),
            Datum::Scalar(value) => value.clone(),
        }
    }

    /// The values as an array of `rows` elements.
    ///
    /// # Errors
    /// As [`map_rows`] where they have no room in it.
    pub fn into_array(self, data_type: DataType, rows: usize) -> Result<ArrayRef, Error> {
        Ok(match self {
            Datum::Array(array) => array,
            Datum::Scalar(value) => array_of_one(data_type, &value, rows)?,
        })
    }

    /// The values of an expression of type `from` as an array of type `to`.
    ///
    /// # Errors
    /// As [`map_rows`] where they have no room in it.
    pub fn into_array_as(
        self,
        from: DataType,
        to: DataType,
        rows: usize,
    ) -> Result<ArrayRef, Error> {
        match self {
            Datum::Array(array) if from != to => {
                let (mut builder, values) =
                    (ColumnBuilder::new(to, rows), ColumnReader::of(&array, from));
                for row in 0..rows {
                    builder.push(&values.at(row))?;
                }
                Ok(builder.finish())
            }
            same @ (Datum::Array(_) | Datum::Scalar(_)) => same.into_array(to, rows),
        }
    }

    /// The values as a condition of `rows` rows.
    pub fn into_mask(self, rows: usize) -> BooleanArray {
        use arrow_array::cast::AsArray;
        match self {
            Datum::Array(array) => array.as_boolean().clone(),
            Datum::Scalar(value) => {
                let truth = if let Value::Boolean(truth) = value { Some(truth) } else { None };
                BooleanArray::from(vec![truth; rows])
            }
        }
    }
}

/// A value as one of the type that its expression has.
pub fn conform(value: Value, data_type: DataType) -> Value {
    match (data_type, &value) {
        (DataType::Any | DataType::Numeric | DataType::Flexible(_), _)
        | (_, Value::Null)
        | (DataType::Integer, Value::Integer(_))
        | (DataType::Real, Value::Real(_))
        | (DataType::Text, Value::Text(_))
        | (DataType::Boolean, Value::Boolean(_)) => value,
        _ => data_type.accept(value).unwrap_or(Value::Null),
    }
}

/// Computes a value for each row from the values of some operands; once where all are scalars.
///
/// # Errors
/// That of `compute` for the first row that fails, and as [`map_rows`].
pub fn map_values(
    rows: usize,
    result: DataType,
    operands: &[(&Datum, DataType)],
    mut compute: impl FnMut(&[Value]) -> Result<Value, Error>,
) -> Result<Datum, Error> {
    if operands.iter().all(|(datum, _)| matches!(datum, Datum::Scalar(_))) {
        let value = |(datum, data_type): &(&Datum, DataType)| datum.value(*data_type, 0);
        let values: Vec<Value> = operands.iter().map(value).collect();
        return Ok(Datum::Scalar(conform(limited(compute(&values)?)?, result)));
    }
    map_rows(rows, result, operands, compute)
}

/// Computes a value for each row from the values of some operands, also where these are the same.
///
/// # Errors
/// That of `compute` for the first row that fails. `text-limit` of a value of more than [`MAX_TEXT`]
/// bytes. [`Error::is_batch_too_large`] where the values have no room in one array: the batch is cut
/// smaller by [`BatchCutter`](super::batches::BatchCutter).
pub fn map_rows(
    rows: usize,
    result: DataType,
    operands: &[(&Datum, DataType)],
    mut compute: impl FnMut(&[Value]) -> Result<Value, Error>,
) -> Result<Datum, Error> {
    let operands: Vec<OperandValues<'_>> = operands.iter().map(OperandValues::of).collect();
    let mut values = Vec::with_capacity(operands.len());
    let mut builder = ColumnBuilder::new(result, rows);
    for row in 0..rows {
        values.clear();
        values.extend(operands.iter().map(|operand| operand.at(row)));
        builder.push(&limited(compute(&values)?)?)?;
    }
    Ok(Datum::Array(builder.finish()))
}

/// The values of an operand, row by row.
enum OperandValues<'a> {
    Column(ColumnReader<'a>),
    Scalar(&'a Value),
}

impl<'a> OperandValues<'a> {
    fn of((datum, data_type): &(&'a Datum, DataType)) -> OperandValues<'a> {
        match datum {
            Datum::Array(array) => OperandValues::Column(ColumnReader::of(array, *data_type)),
            Datum::Scalar(value) => OperandValues::Scalar(value),
        }
    }

    fn at(&self, row: usize) -> Value {
        match self {
            OperandValues::Column(values) => values.at(row),
            OperandValues::Scalar(value) => (*value).clone(),
        }
    }
}

/// The value, unless it is too long to be one.
///
/// # Errors
/// `text-limit` of a text or blob of more than [`MAX_TEXT`] bytes.
pub fn limited(value: Value) -> Result<Value, Error> {
    check_length(value.byte_length())?;
    Ok(value)
}

/// Goes on where a text or blob may be so long.
///
/// # Errors
/// `text-limit` of more than [`MAX_TEXT`] bytes.
pub fn check_length(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_TEXT {
        let message = format!("a text or blob of more than {MAX_TEXT} bytes");
        return Err(Error::failed("text-limit", message));
    }
    Ok(())
}

/// An array of `rows` NULLs.
pub fn nulls(data_type: DataType, rows: usize) -> ArrayRef {
    arrow_array::new_null_array(&data_type.arrow(), rows)
}

/// An array behind a shared pointer.
pub fn shared(array: impl Array + 'static) -> Datum {
    Datum::Array(Arc::new(array))
}
