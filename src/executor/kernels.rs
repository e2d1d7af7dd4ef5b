//! Kernels: a column, or two, become a mask or a column, without a branch for each row.
//!
//! They are our own because those of `arrow-ord` and `arrow-arith`, of which a few are needed, take a
//! third of the time that the whole program takes to build. Doubles compare as numbers: neither -0.0
//! nor a NaN is ever in an array.

use super::truths::Truths;
use crate::planner::Comparison;
use crate::types::Value;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray, Float64Array, Int64Array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::DataType;

/// What the rows of a column are compared with.
#[derive(Clone, Copy)]
pub enum Other<'a> {
    /// Those of another column of its type and length.
    Column(&'a dyn Array),
    /// One value as its type has it, which is not NULL.
    Value(&'a Value),
}

/// Compares the rows of a column; unknown where a side is NULL, but for IS and IS NOT.
///
/// `None` where no array of ours has the type.
pub fn compare(comparison: Comparison, a: &dyn Array, other: Other<'_>) -> Option<BooleanArray> {
    let nulls = |array: &dyn Array| array.nulls().filter(|nulls| nulls.null_count() > 0).cloned();
    let right = match other {
        Other::Column(column) => nulls(column),
        Other::Value(_) => None,
    };
    let left = nulls(a);
    Some(match comparison {
        Comparison::Is => same(values(Comparison::Equal, a, other)?, left, right),
        Comparison::IsNot => not(&same(values(Comparison::Equal, a, other)?, left, right)),
        Comparison::Equal
        | Comparison::NotEqual
        | Comparison::Less
        | Comparison::LessEqual
        | Comparison::Greater
        | Comparison::GreaterEqual => {
            let nulls = NullBuffer::union(left.as_ref(), right.as_ref());
            BooleanArray::new(values(comparison, a, other)?, nulls)
        }
    })
}

/// Where both are known and equal, or both NULL.
fn same(equal: BooleanBuffer, left: Option<NullBuffer>, right: Option<NullBuffer>) -> BooleanArray {
    let same = match (left, right) {
        (None, None) => equal,
        (Some(known), None) | (None, Some(known)) => &equal & known.inner(),
        (Some(left), Some(right)) => {
            let (left, right) = (left.inner(), right.inner());
            &(&(&equal & left) & right) | &(&!left & &!right)
        }
    };
    BooleanArray::new(same, None)
}

/// The same for a column of few rows, as [`Truths`].
pub(super) fn compare_few(
    comparison: Comparison,
    a: &dyn Array,
    other: Other<'_>,
) -> Option<Truths> {
    let rows = a.len();
    let left = known_bits(a);
    let right = match other {
        Other::Column(column) => known_bits(column),
        Other::Value(_) => u128::MAX,
    };
    let both = left & right;
    let is_same = |equal: u128| equal & both | !left & !right;
    Some(match comparison {
        Comparison::Is => Truths::known(is_same(values(Comparison::Equal, a, other)?), rows),
        Comparison::IsNot => Truths::known(!is_same(values(Comparison::Equal, a, other)?), rows),
        Comparison::Equal
        | Comparison::NotEqual
        | Comparison::Less
        | Comparison::LessEqual
        | Comparison::Greater
        | Comparison::GreaterEqual => Truths::new(values(comparison, a, other)?, both, rows),
    })
}

/// The rows of a column that are not NULL, of which there are 128 at most, as the bits of a word.
pub(super) fn known_bits(array: &dyn Array) -> u128 {
    array.nulls().map_or(u128::MAX, |nulls| bits_of(nulls.inner()))
}

/// The first 128 bits of a buffer as a word.
pub(super) fn bits_of(buffer: &BooleanBuffer) -> u128 {
    u128::gathered(buffer.bit_chunks().iter_padded(), buffer.len())
}

/// What truth values are gathered in, 64 at a time.
trait TruthBits {
    /// The truth values of so many rows.
    fn gathered(words: impl Iterator<Item = u64>, rows: usize) -> Self;
}

impl TruthBits for BooleanBuffer {
    fn gathered(words: impl Iterator<Item = u64>, rows: usize) -> BooleanBuffer {
        BooleanBuffer::new(Buffer::from_vec(words.collect::<Vec<u64>>()), 0, rows)
    }
}

/// Those of the first 128 rows.
impl TruthBits for u128 {
    fn gathered(mut words: impl Iterator<Item = u64>, _: usize) -> u128 {
        let mut word = || u128::from(words.next().unwrap_or(0));
        word() | word() << 64
    }
}

/// What a comparison that looks at no NULL says of all slots; `None` for types that have no kernel.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "Arrow's types are more than ours; those without a kernel are compared by value"
)]
fn values<B: TruthBits>(comparison: Comparison, a: &dyn Array, other: Other<'_>) -> Option<B> {
    macro_rules! primitives {
        ($type:ty, $value:pat => $number:expr) => {{
            let a = a.as_primitive::<$type>().values();
            match other {
                Other::Column(b) => {
                    ordered(comparison, a, b.as_primitive::<$type>().values(), false)
                }
                Other::Value($value) => ordered(comparison, a, &[$number], true),
                Other::Value(_) => return None,
            }
        }};
    }
    macro_rules! indexed {
        ($a:expr, $as_array:ident, $value:pat => $one:expr) => {{
            let a = $a;
            match other {
                Other::Column(b) => {
                    let b = b.$as_array::<i32>();
                    by_order(comparison, a.len(), |row| a.value(row).cmp(b.value(row)))
                }
                Other::Value($value) => by_order(comparison, a.len(), |row| a.value(row).cmp($one)),
                Other::Value(_) => return None,
            }
        }};
    }
    Some(match a.data_type() {
        DataType::Int64 => primitives!(Int64Type, Value::Integer(number) => *number),
        DataType::Float64 => primitives!(Float64Type, Value::Real(number) => *number),
        DataType::Decimal128(_, scale) => match other {
            Other::Value(Value::Decimal(number)) if i8::try_from(number.scale) != Ok(*scale) => {
                return None;
            }
            _ => primitives!(Decimal128Type, Value::Decimal(number) => number.mantissa),
        },
        DataType::Date32 => primitives!(Date32Type, Value::Date(day) => day.0),
        DataType::Timestamp(..) => {
            primitives!(TimestampMicrosecondType, Value::Timestamp(moment) => moment.0)
        }
        // By their bytes, which is also how `str` compares.
        DataType::Utf8 => indexed!(a.as_string::<i32>(), as_string, Value::Text(text) => &**text),
        DataType::Binary => {
            indexed!(a.as_binary::<i32>(), as_binary, Value::Blob(bytes) => &**bytes)
        }
        DataType::Boolean => {
            let a = a.as_boolean();
            match other {
                Other::Column(b) => {
                    let b = b.as_boolean();
                    by_order(comparison, a.len(), |row| a.value(row).cmp(&b.value(row)))
                }
                Other::Value(Value::Boolean(truth)) => {
                    by_order(comparison, a.len(), |row| a.value(row).cmp(truth))
                }
                Other::Value(_) => return None,
            }
        }
        _ => return None,
    })
}

/// Compares numbers, 64 at a time.
fn ordered<T: Copy + PartialOrd, B: TruthBits>(
    comparison: Comparison,
    a: &[T],
    b: &[T],
    is_scalar: bool,
) -> B {
    match comparison {
        Comparison::Equal | Comparison::Is => packed(a, b, is_scalar, |a, b| a == b),
        Comparison::NotEqual | Comparison::IsNot => packed(a, b, is_scalar, |a, b| a != b),
        Comparison::Less => packed(a, b, is_scalar, |a, b| a < b),
        Comparison::LessEqual => packed(a, b, is_scalar, |a, b| a <= b),
        Comparison::Greater => packed(a, b, is_scalar, |a, b| a > b),
        Comparison::GreaterEqual => packed(a, b, is_scalar, |a, b| a >= b),
    }
}

/// A bit for each number of `a`: what the test says of it and its counterpart in `b`, or of it and the
/// only number of `b`.
fn packed<T: Copy, B: TruthBits>(
    a: &[T],
    b: &[T],
    is_scalar: bool,
    test: impl Fn(T, T) -> bool,
) -> B {
    match b {
        [other] if is_scalar => {
            by_words(a, |a| full_word(|at| test(a[at], *other)), |a| test(*a, *other))
        }
        _ => {
            let ((chunks, rest), (others, other_rest)) = (a.as_chunks::<64>(), b.as_chunks::<64>());
            let pairs = chunks.iter().zip(others);
            let words = pairs.map(|(a, b)| full_word(|at| test(a[at], b[at])));
            let last = word(rest.iter().zip(other_rest).map(|(a, b)| test(*a, *b)));
            B::gathered(words.chain((!rest.is_empty()).then_some(last)), a.len())
        }
    }
}

/// A bit for each number of a column: whether it is one of a few.
pub(super) fn one_of_few<T: Copy + PartialEq>(column: &[T], few: &[T]) -> BooleanBuffer {
    let equal = |chunk: &[T; 64], one: &T| full_word(|at| chunk[at] == *one);
    let full = |chunk: &[T; 64]| few.iter().fold(0, |word, one| word | equal(chunk, one));
    by_words(column, full, |number| few.contains(number))
}

/// A bit for each number of a column: 64 at a time, and those that are left one by one.
fn by_words<T, B: TruthBits>(
    column: &[T],
    full: impl Fn(&[T; 64]) -> u64,
    is_true: impl Fn(&T) -> bool,
) -> B {
    let (chunks, rest) = column.as_chunks::<64>();
    let last = (!rest.is_empty()).then(|| word(rest.iter().map(is_true)));
    B::gathered(chunks.iter().map(full).chain(last), column.len())
}

/// Up to 64 truth values as the bits of a word, the first one lowest.
fn word(truths: impl Iterator<Item = bool>) -> u64 {
    let push = |(word, count): (u64, u32), truth| (word >> 1 | u64::from(truth) << 63, count + 1);
    let (word, count) = truths.fold((0, 0), push);
    word.checked_shr(64 - count).unwrap_or(0)
}

/// The same of 64, which are gathered by eights: every shift is known then, and no more are in flight than
/// there are registers.
fn full_word(is_true: impl Fn(usize) -> bool) -> u64 {
    let eight =
        |first: usize| (0..8).fold(0, |byte, at| byte | u64::from(is_true(8 * first + at)) << at);
    (0..8).fold(0, |word, place| word | eight(place) << (8 * place))
}

/// A bit for each row: whether its order is one that the comparison asks for.
fn by_order<B: TruthBits>(
    comparison: Comparison,
    rows: usize,
    order: impl Fn(usize) -> std::cmp::Ordering,
) -> B {
    let mask = |test: fn(std::cmp::Ordering) -> bool| {
        let chunks = (0..rows).step_by(64).map(|start| start..rows.min(start + 64));
        B::gathered(chunks.map(|chunk| word(chunk.map(|row| test(order(row))))), rows)
    };
    match comparison {
        Comparison::Equal | Comparison::Is => mask(std::cmp::Ordering::is_eq),
        Comparison::NotEqual | Comparison::IsNot => mask(std::cmp::Ordering::is_ne),
        Comparison::Less => mask(std::cmp::Ordering::is_lt),
        Comparison::LessEqual => mask(std::cmp::Ordering::is_le),
        Comparison::Greater => mask(std::cmp::Ordering::is_gt),
        Comparison::GreaterEqual => mask(std::cmp::Ordering::is_ge),
    }
}

/// Where a condition is surely true, and where it is surely false.
fn certain(condition: &BooleanArray) -> (BooleanBuffer, BooleanBuffer) {
    let truth = condition.values();
    match condition.nulls() {
        None => (truth.clone(), !truth),
        Some(known) => (truth & known.inner(), &!truth & known.inner()),
    }
}

/// The condition that is surely true and surely false there, unknown elsewhere.
fn condition(truth: BooleanBuffer, falsehood: &BooleanBuffer) -> BooleanArray {
    let known = NullBuffer::new(&truth | falsehood);
    BooleanArray::new(truth, Some(known).filter(|known| known.null_count() > 0))
}

/// Whether it is known of all rows whether two conditions are true: then there are two values only.
fn are_known(a: &BooleanArray, b: &BooleanArray) -> bool {
    a.null_count() == 0 && b.null_count() == 0
}

/// AND by three-valued logic, of conditions of one length.
pub fn and(a: &BooleanArray, b: &BooleanArray) -> BooleanArray {
    if are_known(a, b) {
        return BooleanArray::new(a.values() & b.values(), None);
    }
    let ((a, not_a), (b, not_b)) = (certain(a), certain(b));
    condition(&a & &b, &(&not_a | &not_b))
}

/// OR by three-valued logic, of conditions of one length.
pub fn or(a: &BooleanArray, b: &BooleanArray) -> BooleanArray {
    if are_known(a, b) {
        return BooleanArray::new(a.values() | b.values(), None);
    }
    let ((a, not_a), (b, not_b)) = (certain(a), certain(b));
    condition(&a | &b, &(&not_a & &not_b))
}

/// Where a condition as the left side of AND, or of OR, leaves open what the whole is.
pub fn undecided(condition: &BooleanArray, and: bool) -> BooleanArray {
    let (truth, falsehood) = certain(condition);
    let decided = if and { falsehood } else { truth };
    BooleanArray::new(!&decided, None)
}

/// NOT by three-valued logic.
pub fn not(a: &BooleanArray) -> BooleanArray {
    BooleanArray::new(!a.values(), a.nulls().cloned())
}

/// `a AND NOT b` of masks of one length that know no NULL.
pub fn and_not(a: &BooleanArray, b: &BooleanArray) -> BooleanArray {
    BooleanArray::new(a.values() & &!b.values(), None)
}

/// Where a column is NULL.
pub fn is_null(array: &dyn Array) -> BooleanArray {
    not(&is_not_null(array))
}

/// Where a column is not NULL.
pub fn is_not_null(array: &dyn Array) -> BooleanArray {
    let known = match array.nulls() {
        Some(nulls) => nulls.inner().clone(),
        None => BooleanBuffer::new_set(array.len()),
    };
    BooleanArray::new(known, None)
}

/// Integers that are computed with.
#[derive(Clone, Copy)]
pub enum Integers<'a> {
    /// One for each row.
    Column(&'a Int64Array),
    /// One for all rows.
    Constant(i64),
}

impl Integers<'_> {
    fn at(self, row: usize) -> i64 {
        match self {
            Integers::Column(column) => column.value(row),
            Integers::Constant(integer) => integer,
        }
    }

    fn nulls(&self) -> Option<&NullBuffer> {
        if let Integers::Column(column) = self { column.nulls() } else { None }
    }
}

/// Computes with the integers of each row, of which one side is a column at least: `operation` gives the
/// result and whether it has overflowed. `None` if one that counts has.
pub fn integers(
    a: Integers<'_>,
    b: Integers<'_>,
    operation: impl Fn(i64, i64) -> (i64, bool),
) -> Option<Int64Array> {
    let nulls = NullBuffer::union(a.nulls(), b.nulls());
    let mut overflowed = false;
    let mut compute = |a: &i64, b: &i64| {
        let (result, overflows) = operation(*a, *b);
        overflowed |= overflows;
        result
    };
    let computed: Vec<i64> = match (&a, &b) {
        (Integers::Column(a), Integers::Column(b)) => {
            a.values().iter().zip(b.values()).map(|(a, b)| compute(a, b)).collect()
        }
        (Integers::Column(a), Integers::Constant(b)) => {
            a.values().iter().map(|a| compute(a, b)).collect()
        }
        (Integers::Constant(a), Integers::Column(b)) => {
            b.values().iter().map(|b| compute(a, b)).collect()
        }
        (Integers::Constant(_), Integers::Constant(_)) => return None,
    };
    // Nobody sees what was computed where one of the two is NULL.
    let counts = |row: usize| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row));
    let overflows = |row: usize| counts(row) && operation(a.at(row), b.at(row)).1;
    if overflowed && (0..computed.len()).any(overflows) {
        return None;
    }
    Some(Int64Array::new(ScalarBuffer::from(computed), nulls))
}

/// Of which of so many rows something is true; they are asked about in order.
pub fn mask(rows: usize, is_true: impl FnMut(usize) -> bool) -> BooleanArray {
    BooleanArray::new(bits(rows, is_true), None)
}

/// The mask of so many rows that is true of some of them.
pub fn mask_of_rows(rows: usize, is_true: &[usize]) -> BooleanArray {
    let mut words = vec![0_u64; rows.div_ceil(64)];
    is_true.iter().for_each(|row| words[row / 64] |= 1 << (row % 64));
    BooleanArray::new(BooleanBuffer::new(Buffer::from_vec(words), 0, rows), None)
}

fn bits(rows: usize, mut is_true: impl FnMut(usize) -> bool) -> BooleanBuffer {
    let chunks = (0..rows).step_by(64).map(|start| start..rows.min(start + 64));
    BooleanBuffer::gathered(chunks.map(|chunk| word(chunk.map(&mut is_true))), rows)
}

/// The column of these numbers, in which what is no number is NULL.
pub fn reals(mut computed: Vec<f64>, nulls: Option<NullBuffer>) -> Float64Array {
    if !computed.iter().any(|real| real.is_nan()) {
        return Float64Array::new(computed.into(), nulls);
    }
    let numbers = NullBuffer::new(bits(computed.len(), |row| !computed[row].is_nan()));
    computed.iter_mut().filter(|real| real.is_nan()).for_each(|real| *real = 0.0);
    Float64Array::new(computed.into(), NullBuffer::union(nulls.as_ref(), Some(&numbers)))
}

/// 1 where a condition is true, 0 where it is false.
pub fn numbers_of_truth(condition: &BooleanArray) -> Int64Array {
    let numbers: ScalarBuffer<i64> = condition.values().iter().map(i64::from).collect();
    Int64Array::new(numbers, condition.nulls().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is known of two conditions in one row.
    type Pair = (Option<bool>, Option<bool>);

    /// What a comparison says of two numbers.
    type Order = fn(&i64, &i64) -> bool;

    /// Conditions of at least as many rows as fit into a word, at times.
    fn conditions() -> impl Strategy<Value = Vec<Pair>> {
        proptest::collection::vec(any::<Pair>(), 0..200)
    }

    proptest! {
        #[test]
        fn logic_has_three_values(rows in conditions(), cut in 0_usize..70) {
            // Slices begin inside a word.
            let cut = cut.min(rows.len());
            let column = |of: fn(&Pair) -> Option<bool>| {
                let all: BooleanArray = rows.iter().map(of).collect();
                all.slice(cut, rows.len() - cut)
            };
            let (a, b) = (column(|row| row.0), column(|row| row.1));
            let rows = &rows[cut..];
            let expected = |of: fn(Option<bool>, Option<bool>) -> Option<bool>| {
                rows.iter().map(|(a, b)| of(*a, *b)).collect::<BooleanArray>()
            };
            prop_assert_eq!(and(&a, &b), expected(|a, b| match (a, b) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                (None, _) | (_, None) => None,
            }));
            prop_assert_eq!(or(&a, &b), expected(|a, b| match (a, b) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                (None, _) | (_, None) => None,
            }));
            prop_assert_eq!(not(&a), expected(|a, _| a.map(|truth| !truth)));
            prop_assert_eq!(undecided(&a, true), expected(|a, _| Some(a != Some(false))));
            prop_assert_eq!(undecided(&a, false), expected(|a, _| Some(a != Some(true))));
            prop_assert_eq!(is_null(&a), expected(|a, _| Some(a.is_none())));
            prop_assert_eq!(is_not_null(&a), expected(|a, _| Some(a.is_some())));
        }

        #[test]
        fn columns_compare_as_their_numbers_do(
            rows in proptest::collection::vec((proptest::option::of(-3_i64..3), -3_i64..3), 0..200),
        ) {
            let a: Int64Array = rows.iter().map(|row| row.0).collect();
            let b: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
            let orders: [(Comparison, Order); 3] = [
                (Comparison::Less, i64::lt),
                (Comparison::NotEqual, i64::ne),
                (Comparison::GreaterEqual, i64::ge),
            ];
            for (comparison, is_so) in orders {
                let column = compare(comparison, &a, Other::Column(&b)).expect("a kernel");
                let each = rows.iter().map(|(a, b)| a.map(|a| is_so(&a, b)));
                prop_assert_eq!(column, each.collect::<BooleanArray>());
                let one = Value::Integer(1);
                let column = compare(comparison, &a, Other::Value(&one)).expect("a kernel");
                let each = rows.iter().map(|(a, _)| a.map(|a| is_so(&a, &1)));
                prop_assert_eq!(column, each.collect::<BooleanArray>());
            }
            let found = one_of_few(b.values(), &[-2, 2, 7]);
            prop_assert!(found.iter().eq(rows.iter().map(|(_, b)| [-2, 2, 7].contains(b))));
        }

        #[test]
        fn integers_overflow_only_where_they_count(
            rows in proptest::collection::vec(
                (proptest::option::of(any::<i64>()), proptest::option::of(-2_i64..3)),
                1..150,
            ),
        ) {
            let a: Int64Array = rows.iter().map(|row| row.0).collect();
            let b: Int64Array = rows.iter().map(|row| row.1).collect();
            let (left, right) = (Integers::Column(&a), Integers::Column(&b));
            let computed = integers(left, right, i64::overflowing_mul);
            let overflows = |(a, b): &(Option<i64>, Option<i64>)| {
                matches!((a, b), (Some(a), Some(b)) if a.checked_mul(*b).is_none())
            };
            if rows.iter().any(overflows) {
                prop_assert!(computed.is_none());
            } else {
                let each = rows.iter().map(|(a, b)| a.as_ref()?.checked_mul((*b)?));
                prop_assert_eq!(computed, Some(each.collect::<Int64Array>()));
            }
        }
    }
}
