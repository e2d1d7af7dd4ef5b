//! Values in a payload, typed by the schema: `encode` and `decode`.

mod decode;
mod encode;

pub(crate) use decode::{RowSeed, decode_columns, next_row};
pub use encode::row_json;
pub(crate) use encode::{check_columns, push_columns, write_columns};

/// What begins a JSON document that would read back as something else if it stood alone.
const JSON_WRAPPER: &str = "{\"$json\":";

#[cfg(test)]
pub(crate) mod tests {
    use super::encode::MAX_SCALE;
    use super::*;
    use crate::types::TableOptions;
    use crate::types::{
        Column, ColumnAffinity, DataType, Date, Decimal, MAX_JSON_DEPTH, TableSchema, Timestamp,
        Value,
    };
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    fn column(data_type: DataType) -> TableSchema {
        let column = Column::new("a \"b\"", data_type);
        TableSchema {
            id: Default::default(),
            name: "t".into(),
            columns: vec![column],
            keys: Vec::new(),
            autoincrement: false,
            options: TableOptions::default(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            sql: String::new(),
        }
    }

    fn round_trip(data_type: DataType, value: &Value) -> Result<Value, String> {
        let table = column(data_type);
        let mut out = Vec::new();
        push_columns(&mut out, std::iter::once((&table.columns[0], value)))
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8(out).expect("payloads are text");
        assert!(!text.contains('\n'), "{text}");
        serde_json::from_str::<serde_json::Value>(&text).expect("payloads are JSON");
        let raw: &RawValue = serde_json::from_str(&text).expect("payloads are JSON");
        let back = decode_columns(raw, &table).map_err(|error| format!("{error} in {text}"))?;
        assert_eq!(back.len(), 1);
        Ok(back[0].1.clone())
    }

    /// Every value that a column of some type can hold.
    pub(crate) fn values() -> impl Strategy<Value = Value> {
        let real = any::<u64>().prop_map(f64::from_bits);
        prop_oneof![
            any::<bool>().prop_map(Value::Boolean),
            any::<i64>().prop_map(Value::Integer),
            prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)].prop_map(Value::Integer),
            real.prop_filter_map("finite", |r| r.is_finite().then_some(Value::Real(r))),
            (-9_i32..9).prop_map(|i| Value::Real(f64::from(i))),
            (any::<i128>(), 0..=MAX_SCALE)
                .prop_map(|(mantissa, scale)| Value::Decimal(Decimal { mantissa, scale })),
            any::<i32>().prop_map(|days| Value::Date(Date(days))),
            any::<i64>().prop_map(|micros| Value::Timestamp(Timestamp(micros))),
            (-99_999_i32..99_999).prop_map(|days| Value::Date(Date(days))),
            any::<String>().prop_map(Value::text),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(|b| Value::Blob(b.into())),
            any::<String>()
                .prop_map(|s| Value::Json(serde_json::Value::String(s).to_string().into())),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn values_read_back_to_the_same_bits(value in values()) {
            let shown = format!("{value:?}");
            let back = round_trip(DataType::Any, &value).map(|v| format!("{v:?}"));
            prop_assert_eq!(back, Ok(shown.clone()));
            let typed = value.data_type();
            if !matches!(&value, Value::Decimal(decimal) if !decimal.fits(38)) {
                prop_assert_eq!(round_trip(typed, &value).map(|v| format!("{v:?}")), Ok(shown));
            }
        }

        #[test]
        fn hostile_payloads_are_errors(text in "[\\[{\"$a-z:,0-9}\\]]{0,30}", at in 0_usize..5) {
            let types = [DataType::Any, DataType::Json, DataType::Date, DataType::Blob, DataType::Real];
            let table = column(types[at]);
            let payload = format!("{{\"a \\\"b\\\"\":{text}}}");
            if let Ok(raw) = serde_json::from_str::<&RawValue>(&payload) {
                drop(decode_columns(raw, &table));
            }
        }
    }

    #[test]
    fn documents_stay_apart_from_null_and_wrappers() {
        for document in ["null", "{\"$json\":1}", "{\"$json\":null}", "[1.50,1e40]", "{}", "\"a\""]
        {
            let value = Value::Json(document.into());
            for data_type in [DataType::Json, DataType::Any] {
                let back = round_trip(data_type, &value).map(|v| format!("{v:?}"));
                assert_eq!(back, Ok(format!("{value:?}")), "{data_type}");
            }
        }
        assert!(round_trip(DataType::Json, &Value::Null).is_ok_and(|v| v.is_null()));
    }

    #[test]
    fn infinities_have_names() {
        for infinity in [f64::INFINITY, f64::NEG_INFINITY] {
            let flexible = DataType::Flexible(ColumnAffinity::Real);
            for data_type in [DataType::Any, flexible] {
                let back = round_trip(data_type, &Value::Real(infinity)).map(|v| format!("{v:?}"));
                assert_eq!(back, Ok(format!("{:?}", Value::Real(infinity))));
            }
        }
    }

    #[test]
    fn what_would_not_read_back_is_refused() {
        let price = DataType::Decimal { precision: 9, scale: 2 };
        for (data_type, value) in [
            (DataType::Integer, Value::text("1")),
            (DataType::Text, Value::Integer(1)),
            (DataType::Real, Value::Real(f64::NAN)),
            (DataType::Any, Value::Real(f64::NAN)),
            (DataType::Real, Value::Real(f64::INFINITY)),
            (price, Value::Decimal(Decimal { mantissa: 1, scale: 3 })),
            (DataType::Any, Value::Decimal(Decimal { mantissa: 1, scale: 39 })),
            (DataType::Json, Value::Json("{".into())),
            (DataType::Json, Value::Json("[1,\n2]".into())),
            (DataType::Any, Value::Json(" 1".into())),
            (DataType::Json, Value::Json("".into())),
        ] {
            assert!(round_trip(data_type, &value).is_err(), "{data_type} {value:?}");
        }
    }

    #[test]
    fn json_depth_ends_at_the_limit_in_every_column() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for (depth, ok) in
            [(MAX_JSON_DEPTH - 1, true), (MAX_JSON_DEPTH, true), (MAX_JSON_DEPTH + 1, false)]
        {
            let value = Value::Json(nested(depth).into());
            assert_eq!(round_trip(DataType::Json, &value).is_ok(), ok, "{depth}");
            assert_eq!(round_trip(DataType::Any, &value).is_ok(), ok, "{depth}");
            assert_eq!(DataType::Json.accept(Value::text(nested(depth))).is_ok(), ok, "{depth}");
        }
    }
}
