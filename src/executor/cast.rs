//! CAST: a value becomes one of another type. To numbers, texts and blobs it goes as far as it can, as
//! in SQLite; where a DECIMAL, a day, a moment, a truth value or a document is asked for and the value
//! is none, it is the error that an INSERT would be.

use super::arithmetic::{number, to_integer, to_real};
use super::compare::value_truth;
use super::datum::{Datum, map_values, shared};
use super::{Error, kernels};
use crate::types::{ColumnAffinity, DataType, Value};
use arrow_array::cast::AsArray;

/// Casts the values of all rows.
///
/// # Errors
/// As [`cast`], of the first row that fails.
pub fn evaluate(operand: (&Datum, DataType), to: DataType, rows: usize) -> Result<Datum, Error> {
    // FLEXIBLE sessions do so with each comparison that is more than a condition.
    if let ((Datum::Array(truths), DataType::Boolean), DataType::Integer) = (operand, to) {
        return Ok(shared(kernels::numbers_of_truth(truths.as_boolean())));
    }
    map_values(rows, to, &[operand], |values| cast(&values[0], to))
}

/// Casts a value.
///
/// # Errors
/// `type` where the value has no counterpart among those of the type.
pub fn cast(value: &Value, to: DataType) -> Result<Value, Error> {
    if value.is_null() {
        return Ok(Value::Null);
    }
    Ok(match to {
        DataType::Integer => Value::Integer(to_integer(value)),
        DataType::Real => Value::real(to_real(value)),
        DataType::Numeric if matches!(value, Value::Text(_) | Value::Blob(_)) => {
            ColumnAffinity::Numeric.convert(number(value))
        }
        DataType::Numeric => number(value),
        DataType::Decimal { .. } => exactly(value, to)?,
        DataType::Text => Value::text(value.to_text()),
        DataType::Blob if matches!(value, Value::Blob(_)) => value.clone(),
        DataType::Blob => Value::Blob(value.to_text().as_bytes().into()),
        // Every number has a truth value, of the texts only the words for one.
        DataType::Boolean if value.data_type().is_number() => value_truth(value),
        DataType::Boolean => exactly(value, to)?,
        // A moment lies in a day, also where it does not begin it.
        DataType::Date => match DataType::Timestamp.accept(value.clone()) {
            Ok(Value::Timestamp(at)) => Value::Date(at.date()),
            _ => exactly(value, to)?,
        },
        DataType::Timestamp | DataType::Json => exactly(value, to)?,
        DataType::Any => value.clone(),
        DataType::Flexible(affinity) => affinity.convert(value.clone()),
    })
}

/// The value as a column of the type would hold it.
fn exactly(value: &Value, to: DataType) -> Result<Value, Error> {
    to.accept(value.clone()).map_err(|rejected| refused(&rejected.value, to))
}

/// The error of a value, shown as a literal, that a type has no counterpart of.
fn refused(shown: &str, to: DataType) -> Error {
    let help = match to {
        DataType::Date => {
            Some("a DATE is 'YYYY-MM-DD'; date(x) reads more, and is NULL if it fails")
        }
        DataType::Timestamp => Some(
            "a TIMESTAMP is 'YYYY-MM-DD HH:MM:SS'; datetime(x) reads more, and is NULL if it fails",
        ),
        DataType::Boolean => Some("a BOOLEAN is 'true', 'false', or a number"),
        DataType::Decimal { .. } => {
            Some("a DECIMAL(p,s) is a number with at most p - s digits before its point")
        }
        DataType::Integer
        | DataType::Real
        | DataType::Numeric
        | DataType::Text
        | DataType::Blob
        | DataType::Json
        | DataType::Any
        | DataType::Flexible(_) => None,
    };
    Error::Failed {
        code: "type",
        message: format!("{shown} cannot be cast to {to}"),
        help: help.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;

    #[test]
    fn a_column_of_truth_values_becomes_what_each_of_them_does() {
        let truths = [Some(true), None, Some(false), Some(true)]
            .map(|truth| truth.map_or(Value::Null, Value::Boolean));
        let array = array_of(DataType::Boolean, truths.iter()).expect("small").slice(1, 3);
        let operand = (&Datum::Array(array), DataType::Boolean);
        let numbers = evaluate(operand, DataType::Integer, 3).expect("numbers");
        for (row, truth) in truths[1..].iter().enumerate() {
            let number = cast(truth, DataType::Integer).expect("a number");
            assert_eq!(numbers.value(DataType::Integer, row), number);
        }
    }

    #[test]
    fn casts_cut_and_round_as_sqlite_does_and_are_errors_where_nothing_is_left() {
        let shown = |value: Value, to: DataType| {
            cast(&value, to).map_or_else(|error| error.to_string(), |value| value.to_string())
        };
        assert_eq!(shown(Value::text("12abc"), DataType::Integer), "12");
        assert_eq!(shown(Value::Real(-2.9), DataType::Integer), "-2");
        assert_eq!(shown(Value::Real(1e300), DataType::Integer), i64::MAX.to_string());
        assert_eq!(shown(Value::text("abc"), DataType::Real), "0.0");
        assert_eq!(shown(Value::Integer(7), DataType::Text), "'7'");
        assert_eq!(shown(Value::text("1e2x"), DataType::Numeric), "100");
        assert_eq!(shown(Value::Real(2.0), DataType::Numeric), "2.0");
        let price = DataType::Decimal { precision: 5, scale: 2 };
        assert_eq!(shown(Value::Real(2.345), price), "2.35");
        assert_eq!(shown(Value::Real(-2.345), price), "-2.35");
        assert_eq!(shown(Value::text("2.3449999999999999999999999999"), price), "2.34");
        assert_eq!(shown(Value::Null, price), "NULL");
        assert_eq!(shown(Value::Integer(100_000), price), "100000 cannot be cast to DECIMAL(5,2)");
        assert_eq!(shown(Value::text("1e99"), price), "'1e99' cannot be cast to DECIMAL(5,2)");
        assert_eq!(shown(Value::text("12abc"), price), "'12abc' cannot be cast to DECIMAL(5,2)");
        assert_eq!(shown(Value::text("2024-01-02 10:00:00"), DataType::Date), "'2024-01-02'");
        assert_eq!(shown(Value::text("TRUE"), DataType::Boolean), "TRUE");
        assert_eq!(shown(Value::Real(0.5), DataType::Boolean), "TRUE");
        assert_eq!(shown(Value::Null, DataType::Date), "NULL");
        for (value, to, message) in [
            (Value::text("2024-02-30"), DataType::Date, "'2024-02-30' cannot be cast to DATE"),
            (Value::Integer(5), DataType::Date, "5 cannot be cast to DATE"),
            (Value::text("noon"), DataType::Timestamp, "'noon' cannot be cast to TIMESTAMP"),
            (Value::text("yes"), DataType::Boolean, "'yes' cannot be cast to BOOLEAN"),
            (Value::text("2"), DataType::Boolean, "'2' cannot be cast to BOOLEAN"),
            (Value::text("{"), DataType::Json, "'{' cannot be cast to JSON"),
        ] {
            assert_eq!(shown(value, to), message);
        }
    }
}
