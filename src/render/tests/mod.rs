//! Screens: each mode and the carets.

mod boxes;
mod errors;
mod listing;
mod modes;

use super::*;
use crate::session::{Batch, OutputColumn};
use crate::types::column::array_of;
use crate::types::{DataType, Date, Decimal, EventId, Span, Timestamp, Value};

fn rows(columns: &[(&str, DataType)], values: &[Vec<Value>]) -> Rows {
    let output: Vec<OutputColumn> = columns
        .iter()
        .map(|(name, data_type)| OutputColumn { name: (*name).into(), data_type: *data_type })
        .collect();
    let batches: Vec<_> = values
        .chunks(2)
        .map(|chunk| {
            let arrays = output.iter().enumerate().map(|(at, column)| {
                array_of(column.data_type, chunk.iter().map(move |row| &row[at])).expect("small")
            });
            Batch::new(arrays.collect(), chunk.len())
        })
        .map(Ok)
        .collect();
    Rows::new(output, Some(EventId(42)), batches.into_iter())
}

fn people() -> Rows {
    let columns = [
        ("id", DataType::Integer),
        ("name", DataType::Text),
        ("paid", DataType::Boolean),
        ("sum", DataType::Decimal { precision: 10, scale: 2 }),
        ("more", DataType::Any),
    ];
    let decimal = |mantissa| Value::Decimal(Decimal { mantissa, scale: 2 });
    rows(
        &columns,
        &[
            vec![
                Value::Integer(9_007_199_254_740_993),
                Value::text("née, \"Müller\""),
                Value::Boolean(true),
                decimal(990),
                Value::Real(0.1),
            ],
            vec![Value::Integer(2), Value::text(""), Value::Null, Value::Null, Value::Null],
            vec![
                Value::Integer(3),
                Value::text("漢字\nnew \u{1b}[31mline"),
                Value::Boolean(false),
                decimal(-5),
                Value::Blob([0, 255].as_slice().into()),
            ],
        ],
    )
}

fn format(mode: Mode) -> Format {
    Format { headers: Some(true), ..Format::new(mode) }
}

fn drawn(rows: Rows, format: &Format) -> String {
    let mut out = Vec::new();
    draw(rows, format, &|| None, &mut out).expect("a vector takes every byte");
    String::from_utf8(out).expect("text")
}
