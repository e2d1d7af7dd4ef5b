//! What a join holds of its right side tells which left rows can have a partner at all: the others are
//! left out where they are read, before anything else is done with them ("sideways information passing";
//! Beeri and Ramakrishnan, "On the Power of Magic", 1987).
//!
//! A filter is made when a plan is opened, and goes down to the scan that its column comes from, as
//! far as nothing on the way would come out otherwise. It is filled when the join has read its right
//! side, which is before it reads the first left row. It may let rows through that have no partner; the
//! join is what decides.

use super::datum::Batch;
use super::integer_range::IntegerRange;
use super::join_keys::RightKeys;
use crate::planner::{BoundExpression, BoundKind, Join, JoinType, Plan};
use crate::types::DataType;
use crate::types::key_hash::KeyHashing;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_buffer::BooleanBuffer;
use std::sync::{Arc, OnceLock};

/// How many bits a number may take where each has one of its own, and how many it takes else.
const OWN_BITS: u64 = 64;
const HASHED_BITS: usize = 16;

/// Of how many rows a filter shows whether it is worth it: it has to leave out one in so many.
const TRIED: usize = 16_384;
const WORTH_IT: usize = 8;

/// A filter on one of an operator's columns.
#[derive(Clone)]
pub struct RuntimeFilter {
    column: usize,
    bitmap: Arc<OnceLock<BitmapFilter>>,
}

/// A filter that a join fills.
pub struct FilterSource {
    /// Which of the join's equalities it is about.
    pub pair: usize,
    bitmap: Arc<OnceLock<BitmapFilter>>,
}

/// A bitmap of some numbers where they lie close; else a Bloom filter with one hash, by which a few
/// others seem to be among them (Bloom, "Space/time trade-offs in hash coding with allowable errors",
/// 1970).
struct BitmapFilter {
    range: IntegerRange,
    /// A bit for each number of the range; or for each hash, of which there are as many as a power of two.
    bits: Vec<u64>,
    hashing: Option<KeyHashing>,
}

impl RuntimeFilter {
    /// The filters that a join has for its left side, where it drops the rows that have no partner.
    pub fn of(join: &Join) -> (Vec<RuntimeFilter>, Vec<FilterSource>) {
        let drops_left = match join.kind {
            JoinType::Inner | JoinType::Right | JoinType::Semi => true,
            JoinType::Cross | JoinType::Left | JoinType::Full | JoinType::Anti => false,
        };
        let pairs = join.equal.iter().enumerate().filter(|_| drops_left);
        let filters = pairs.filter_map(|(pair, (left, right))| {
            let column = whole_number(left)?;
            let bitmap = Arc::default();
            let is_whole = right.data_type == DataType::Integer;
            let filter = RuntimeFilter { column, bitmap: Arc::clone(&bitmap) };
            is_whole.then_some((filter, FilterSource { pair, bitmap }))
        });
        filters.unzip()
    }

    /// Those of some filters on what comes out of an operator which one of its inputs can apply, the
    /// first or the second.
    pub fn below(filters: &[RuntimeFilter], plan: &Plan, input: usize) -> Vec<RuntimeFilter> {
        let moved = filters.iter().filter_map(|filter| {
            let column = column_below(plan, input, filter.column)?;
            Some(RuntimeFilter { column, bitmap: Arc::clone(&filter.bitmap) })
        });
        moved.collect()
    }
}

/// The column that an expression hands on, if it is one of whole numbers.
fn whole_number(expression: &BoundExpression) -> Option<usize> {
    let BoundKind::Column(column) = expression.kind else { return None };
    (expression.data_type == DataType::Integer).then_some(column)
}

/// The column of an input that a column which comes out is, where rows of the input can be left out by it:
/// all that comes of them has the same value there.
fn column_below(plan: &Plan, input: usize, column: usize) -> Option<usize> {
    match plan {
        Plan::Filter { .. } | Plan::Sort { limit: None, .. } | Plan::Append { .. } => Some(column),
        Plan::SetFilter { .. } => (input == 0).then_some(column),
        Plan::Distinct { types, .. } => (column < types.len()).then_some(column),
        Plan::Project { expressions, .. } => whole_number(&expressions[column]),
        Plan::Aggregate { groups, .. } => groups.get(column).and_then(whole_number),
        Plan::Window { partition, .. } => {
            partition.iter().any(|key| key.column == column).then_some(column)
        }
        Plan::Function(scan) => (column < scan.input.types().len()).then_some(column),
        Plan::Join(join) => {
            let own = join.types.0.len();
            match (input, column.checked_sub(own)) {
                (0, None) => (!join.kind.keeps_right()).then_some(column),
                (1, Some(right)) => (!join.kind.keeps_left()).then_some(right),
                _ => None,
            }
        }
        Plan::OneRow
        | Plan::Access(_)
        | Plan::Values { .. }
        | Plan::Sort { limit: Some(_), .. }
        | Plan::Limit { .. }
        | Plan::Shared(_)
        | Plan::Recursive(_)
        | Plan::RecursiveRows { .. } => None,
    }
}

impl FilterSource {
    /// Fills the filter with what the right side has, where somebody applies it.
    pub fn fill(&self, keys: &RightKeys) {
        if Arc::strong_count(&self.bitmap) > 1
            && let Some((range, numbers)) = keys.integers(self.pair)
        {
            self.bitmap.get_or_init(|| BitmapFilter::new(range, numbers));
        }
    }
}

impl BitmapFilter {
    /// The filter of the numbers that lie in a range, all of which count there.
    fn new(range: IntegerRange, numbers: impl Iterator<Item = i64>) -> BitmapFilter {
        let room = u64::try_from(range.count).unwrap_or(u64::MAX).saturating_mul(OWN_BITS);
        let own = usize::try_from(range.span).ok().filter(|_| range.span <= room);
        let (bits, hashing) = match own {
            Some(own) => (own, None),
            None => {
                let bits = (range.count * HASHED_BITS).next_power_of_two();
                (bits, Some(KeyHashing::default()))
            }
        };
        let mut filter = BitmapFilter { range, bits: vec![0; bits.div_ceil(64)], hashing };
        for number in numbers {
            if let Some(place) = filter.place(number) {
                filter.bits[place / 64] |= 1 << (place % 64);
            }
        }
        filter
    }

    /// The bit of a number; `None` of one that is less or more than all.
    fn place(&self, number: i64) -> Option<usize> {
        let offset = self.range.offset(number)?;
        match &self.hashing {
            None => usize::try_from(offset).ok(),
            Some(hashing) => Some(hashing.place(offset, 64 * self.bits.len() - 1)),
        }
    }

    fn may_have(&self, number: i64) -> bool {
        self.place(number).is_some_and(|place| self.bits[place / 64] >> (place % 64) & 1 == 1)
    }
}

/// A filter where rows are read.
pub struct ScanFilter {
    filter: RuntimeFilter,
    /// How many rows were looked at, and how many of them were let through.
    seen: usize,
    kept: usize,
}

impl ScanFilter {
    /// Applies a filter from the first row on.
    pub fn new(filter: RuntimeFilter) -> ScanFilter {
        ScanFilter { filter, seen: 0, kept: 0 }
    }

    /// The rows of a batch that some filters let through; `None` of all.
    pub fn select(filters: &mut [ScanFilter], batch: &Batch) -> Option<BooleanBuffer> {
        let selected = filters.iter_mut().filter_map(|filter| filter.apply(batch));
        selected.reduce(|one, other| &one & &other)
    }

    fn apply(&mut self, batch: &Batch) -> Option<BooleanBuffer> {
        if self.seen >= TRIED && self.seen - self.kept < self.seen / WORTH_IT {
            return None;
        }
        let bitmap = self.filter.bitmap.get()?;
        let column = batch.columns[self.filter.column].as_primitive::<Int64Type>();
        let values = column.values();
        let mut selected =
            BooleanBuffer::collect_bool(batch.rows, |row| bitmap.may_have(values[row]));
        if let Some(nulls) = column.nulls() {
            selected = &selected & nulls.inner();
        }
        self.seen += batch.rows;
        self.kept += selected.count_set_bits();
        Some(selected)
    }
}

#[cfg(test)]
mod tests {
    use super::super::join_keys::tests::{columns, join};
    use super::*;
    use crate::types::Value;
    use crate::types::column::array_of;

    /// The keys of a join by one integer.
    fn keys(values: &[Value]) -> RightKeys {
        let rows: Vec<Vec<Value>> = values.iter().map(|value| vec![value.clone()]).collect();
        let types = [DataType::Integer];
        let (one, other) = rows.split_at(rows.len() / 2);
        let batches = [one, other].map(|part| (part.len(), columns(&types, part)));
        RightKeys::new(&join(&types), batches.into())
    }

    fn set(values: &[i64]) -> BitmapFilter {
        let mut all: Vec<Value> = values.iter().copied().map(Value::Integer).collect();
        all.push(Value::Null);
        let keys = keys(&all);
        let (range, numbers) = keys.integers(0).expect("few numbers");
        BitmapFilter::new(range, numbers)
    }

    #[test]
    fn numbers_that_lie_close_are_told_exactly() {
        let few = set(&[-3, 5, 70]);
        let found: Vec<i64> = (-100..100).filter(|number| few.may_have(*number)).collect();
        assert_eq!(found, [-3, 5, 70]);
        assert!(!few.may_have(i64::MIN) && !few.may_have(i64::MAX));
        let none = set(&[]);
        assert!(!none.may_have(0) && !none.may_have(i64::MAX));
    }

    #[test]
    fn no_number_is_lost_that_lies_far_from_others() {
        let numbers: Vec<i64> = (0..1_000).map(|number| number * number * 1_000_003).collect();
        let many = set(&numbers);
        assert!(many.hashing.is_some() && numbers.iter().all(|number| many.may_have(*number)));
        let wrong = (0..10_000).filter(|number| many.may_have(number * 99_991 + 1)).count();
        assert!(wrong < 2_000, "{wrong}");
        assert!(!many.may_have(-1));
        // From end to end there are more numbers than one can count.
        let ends = keys(&[Value::Integer(i64::MIN), Value::Integer(i64::MAX)]);
        assert!(ends.integers(0).is_none());
    }

    #[test]
    fn a_filter_that_leaves_nothing_out_is_given_up() {
        let bitmap = Arc::new(OnceLock::new());
        let filter = RuntimeFilter { column: 0, bitmap: Arc::clone(&bitmap) };
        let mut filters = [ScanFilter::new(filter)];
        let values: Vec<Value> = (0..4_096).map(Value::Integer).collect();
        let column = array_of(DataType::Integer, values.iter()).expect("small");
        let batch = Batch::new(vec![column], 4_096);
        let mut select =
            || ScanFilter::select(&mut filters, &batch).map(|kept| kept.count_set_bits());
        assert_eq!(select(), None, "the join has not read its right side");
        FilterSource { pair: 0, bitmap }.fill(&keys(&values[..4_000]));
        let found: Vec<_> = (0..6).map(|_| select()).collect();
        assert_eq!(found, [Some(4_000), Some(4_000), Some(4_000), Some(4_000), None, None]);
    }
}
