//! Functions of whole columns: what gives a part of each text allocates nothing for a row, which the
//! call with values has to.

use super::datum::{Datum, shared};
use super::functions::character_range;
use crate::planner::{ScalarFunction, TextFunction};
use crate::types::{DataType, Value};
use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};

/// What a function gives for each row; `None` where it has to be called with values.
pub(super) fn evaluate(
    function: ScalarFunction,
    arguments: &[(&Datum, DataType)],
) -> Option<Datum> {
    if function != ScalarFunction::Text(TextFunction::Substr) {
        return None;
    }
    let (Datum::Array(texts), DataType::Text) = arguments.first()? else { return None };
    let given = |at: usize| match arguments.get(at) {
        None => Some(None),
        Some((Datum::Scalar(Value::Integer(number)), _)) => Some(Some(*number)),
        Some(_) => None,
    };
    let (start, length) = (given(1)??, given(2)?);
    Some(shared(substrings(texts, start, length)))
}

/// `substr` of each text.
fn substrings(texts: &ArrayRef, start: i64, length: Option<i64>) -> impl Array + use<> {
    let texts = texts.as_string::<i32>();
    let each = length.map_or(16, |length| length.unsigned_abs().min(16));
    let bytes = texts.len().saturating_mul(usize::try_from(each).unwrap_or(16));
    let mut built = StringBuilder::with_capacity(texts.len(), bytes);
    for text in texts {
        built.append_option(text.map(|text| &text[character_range(text, start, length)]));
    }
    built.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executor::evaluate::Context;
    use crate::executor::functions;
    use crate::types::column::{array_of, value_at};

    #[test]
    fn columns_have_what_values_have() {
        let texts = ["", "a", "abcdef", "äöü", "aßc", "日本語x", "\0b"].map(Value::text);
        let texts: Vec<Value> = texts.into_iter().chain([Value::Null]).collect();
        let column = Datum::Array(array_of(DataType::Text, texts.iter()).expect("small"));
        let function = ScalarFunction::Text(TextFunction::Substr);
        let context = Context::of_constants();
        let mut computed = 0;
        for start in [i64::MIN, -1, 0, 1, 2, 3, 9, i64::MAX] {
            for length in [None, Some(-1), Some(0), Some(1), Some(2), Some(i64::MAX)] {
                let numbers: Vec<Value> =
                    [Some(start), length].into_iter().flatten().map(Value::Integer).collect();
                let scalars: Vec<Datum> = numbers.iter().cloned().map(Datum::Scalar).collect();
                let mut arguments = vec![(&column, DataType::Text)];
                arguments.extend(scalars.iter().map(|number| (number, DataType::Integer)));
                let Some(Datum::Array(found)) = evaluate(function, &arguments) else { continue };
                computed += 1;
                for (row, text) in texts.iter().enumerate() {
                    let values: Vec<Value> =
                        std::iter::once(text).chain(&numbers).cloned().collect();
                    let expected = functions::call(function, &values, &context).expect("no error");
                    let found = value_at(&found, DataType::Text, row);
                    assert_eq!(found, expected, "substr{values:?}");
                }
            }
        }
        assert_eq!(computed, 48, "all that are given integers");
    }
}
