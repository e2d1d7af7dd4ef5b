//! The range that whole numbers lie in: what tells how many places they need where each has its own.

use crate::types::key::KeyColumn;

/// The integers from the least to the largest of some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegerRange {
    least: i64,
    /// How many integers there are from the least to the largest; 0 of none.
    pub span: u64,
    /// How many values were given, equal ones each time.
    pub count: usize,
}

impl IntegerRange {
    /// The range of the values of columns of whole numbers; `None` where its span is beyond 64 bits.
    pub fn of<'a>(columns: impl Iterator<Item = &'a KeyColumn>) -> Option<IntegerRange> {
        let (mut least, mut most, mut count) = (i64::MAX, i64::MIN, 0);
        for value in columns.flat_map(KeyColumn::known_integers) {
            (least, most, count) = (least.min(value), most.max(value), count + 1);
        }
        let span = if count == 0 { 0 } else { most.abs_diff(least).checked_add(1)? };
        Some(IntegerRange { least, span, count })
    }

    /// How far above the least a value lies; `None` of one outside.
    #[inline]
    pub fn offset(self, value: i64) -> Option<u64> {
        // What is less wraps around, beyond all of the span.
        let offset = value.wrapping_sub(self.least).cast_unsigned();
        (offset < self.span).then_some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::column::array_of;
    use crate::types::{DataType, Value};

    fn range(values: &[i64]) -> Option<IntegerRange> {
        let values: Vec<Value> = values.iter().copied().map(Value::Integer).collect();
        let array = array_of(DataType::Integer, values.iter().chain([&Value::Null]));
        let column = KeyColumn::ascending(array.expect("small"), DataType::Integer);
        IntegerRange::of([&column].into_iter())
    }

    #[test]
    fn what_lies_within_is_counted_from_the_least() {
        let few = range(&[3, -2, 3]).expect("a span");
        assert_eq!((few.span, few.count), (6, 3));
        let offsets = [-3, -2, 0, 3, 4, i64::MIN, i64::MAX].map(|value| few.offset(value));
        assert_eq!(offsets, [None, Some(0), Some(2), Some(5), None, None, None]);
        let widest = range(&[i64::MIN + 1, i64::MAX]).expect("a span");
        assert_eq!(widest.offset(i64::MAX), Some(u64::MAX - 1));
        assert_eq!((widest.span, widest.offset(i64::MIN)), (u64::MAX, None));
        assert_eq!(range(&[i64::MIN, i64::MAX]), None);
        let none = range(&[]).expect("a span");
        assert_eq!([i64::MIN, 0, i64::MAX].map(|value| none.offset(value)), [None; 3]);
    }
}
