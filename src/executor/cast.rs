//! CAST: a value becomes one of another type, as far as it can; what has no such value is NULL.

use super::arithmetic::{number, to_integer, to_real};
use super::compare::value_truth;
use crate::types::{DataType, Decimal, Value};

/// Casts a value.
pub fn cast(value: &Value, to: DataType) -> Value {
    if value.is_null() {
        return Value::Null;
    }
    match to {
        DataType::Integer => Value::Integer(to_integer(value)),
        DataType::Real => Value::real(to_real(value)),
        DataType::Numeric => match value {
            Value::Text(_) | Value::Blob(_) => {
                let number = number(value);
                DataType::Integer.accept(number.clone()).unwrap_or(number)
            }
            _ => number(value),
        },
        DataType::Decimal { precision, scale } => to_decimal(value, precision, scale),
        DataType::Text => Value::text(value.to_text()),
        DataType::Boolean => value_truth(value),
        DataType::Blob => match value {
            Value::Blob(_) => value.clone(),
            _ => Value::Blob(value.to_text().as_bytes().into()),
        },
        DataType::Date => match value {
            Value::Timestamp(at) => Value::Date(at.date()),
            Value::Text(_) => match DataType::Timestamp.accept(value.clone()) {
                Ok(Value::Timestamp(at)) => Value::Date(at.date()),
                _ => Value::Null,
            },
            _ => DataType::Date.accept(value.clone()).unwrap_or(Value::Null),
        },
        DataType::Timestamp | DataType::Json => to.accept(value.clone()).unwrap_or(Value::Null),
        DataType::Any => value.clone(),
    }
}

/// A number rounded half away from zero to `scale` digits; NULL if it has too many before them.
fn to_decimal(value: &Value, precision: u8, scale: u8) -> Value {
    let number = number(value);
    let Some(decimal) = Decimal::parse(&number.to_text()) else { return Value::Null };
    let rounded = decimal.rescale(scale).or_else(|| {
        let factor = 10_i128.checked_pow(u32::from(decimal.scale.checked_sub(scale)?))?;
        let half = if decimal.mantissa < 0 { -factor / 2 } else { factor / 2 };
        Some(Decimal { mantissa: decimal.mantissa.checked_add(half)? / factor, scale })
    });
    rounded.filter(|d| d.fits(precision)).map_or(Value::Null, Value::Decimal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casts_cut_round_and_give_up_as_sqlite_does() {
        let shown = |value: Value, to: DataType| cast(&value, to).to_string();
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
        assert_eq!(shown(Value::Integer(100_000), price), "NULL");
        assert_eq!(shown(Value::text("2024-01-02 10:00:00"), DataType::Date), "'2024-01-02'");
        assert_eq!(shown(Value::text("no day"), DataType::Date), "NULL");
    }
}
