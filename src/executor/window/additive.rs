//! Aggregates that values leave as they came: counts, sums, averages and percentiles.

use super::super::Error;
use super::super::paged::PageReader;
use super::super::percentile::{self, share_of};
use super::super::sums::{RealSum, SlidingSum, SumResult, exact_result, real_result};
use super::call::{AskedCall, CallReader, RowByRow, WindowRows};
use super::frame::Frames;
use crate::planner::{AggregateFunction, PercentileFunction, quotient_scale};
use crate::types::memory::Reservation;
use crate::types::{DataType, Value};
use std::ops::Range;

/// An aggregate before the first row.
pub(super) fn aggregate(function: AggregateFunction, asked: &AskedCall) -> Box<dyn RowByRow> {
    match function {
        AggregateFunction::Count => slide(Count::default()),
        AggregateFunction::Sum => sums(SumResult::Sum, asked),
        AggregateFunction::Total => sums(SumResult::Total, asked),
        AggregateFunction::Avg => sums(SumResult::Average, asked),
        AggregateFunction::Percentile(function) => slide(Ranks::new(function, asked)),
        AggregateFunction::Min
        | AggregateFunction::Max
        | AggregateFunction::GroupConcat
        | AggregateFunction::JsonGroupArray
        | AggregateFunction::JsonGroupObject
        | AggregateFunction::OrderedSet(_)
        | AggregateFunction::Bare => unreachable!("what cannot be taken out is computed elsewhere"),
    }
}

/// Sums of an argument, by its type as outside of a window.
fn sums(result: SumResult, asked: &AskedCall) -> Box<dyn RowByRow> {
    let data_type = asked.call().arguments[0].data_type;
    let is_sum = matches!(result, SumResult::Sum);
    if let DataType::Decimal { scale, .. } = data_type {
        let scale = quotient_scale(scale, 0);
        slide(Exact { result, scale, sum: SlidingSum::default() })
    } else if is_sum && data_type != DataType::Real {
        slide(Exact { result, scale: 0, sum: SlidingSum::default() })
    } else {
        slide(Reals { result, sum: RealSum::default() })
    }
}

/// An aggregate of values that come and go.
trait Additive: Send {
    /// Nothing, in a partition.
    fn begin(&mut self, rows: WindowRows<'_>) -> Result<(), Error>;

    /// What a row adds to it.
    fn read(
        reader: &mut CallReader,
        rows: WindowRows<'_>,
        row: usize,
    ) -> Result<Option<Value>, Error> {
        reader.known(rows, row)
    }

    /// A value comes.
    fn add(&mut self, value: &Value) -> Result<(), Error>;
    /// A value goes that came before.
    fn remove(&mut self, value: &Value) -> Result<(), Error>;
    /// All values are gone, and what rounding left of them goes, too.
    fn settle(&mut self) {}
    /// What it comes to.
    fn value(&self) -> Result<Value, Error>;
}

/// Moves an aggregate through the frames. Each row comes once and goes once, and once more where the
/// hole of its peers passes.
struct Slide<A> {
    state: A,
    frames: Frames,
    /// The last frame, its hole, whether its row was in it none the less, and what it came to.
    seen: Range<usize>,
    hole: Range<usize>,
    kept_row: bool,
    last: Option<Value>,
    /// Where rows come, where they go, and where the hole is.
    entering: CallReader,
    leaving: CallReader,
    around: CallReader,
}

fn slide<A: Additive + 'static>(state: A) -> Box<dyn RowByRow> {
    Box::new(Slide {
        state,
        frames: Frames::default(),
        seen: 0..0,
        hole: 0..0,
        kept_row: false,
        last: None,
        entering: CallReader::default(),
        leaving: CallReader::default(),
        around: CallReader::default(),
    })
}

impl<A: Additive> RowByRow for Slide<A> {
    fn begin(&mut self, rows: WindowRows<'_>) -> Result<(), Error> {
        self.frames.begin(rows.partition);
        let first = rows.partition.rows.start;
        (self.seen, self.hole) = (first..first, first..first);
        self.kept_row = false;
        self.last = None;
        self.state.begin(rows)
    }

    fn next(&mut self, rows: WindowRows<'_>, row: usize) -> Result<Value, Error> {
        let bounds = self.frames.bounds(rows, row)?;
        let (wanted, keeps_row) = self.frames.hole(&rows.asked.frame, row);
        let keeps_row = keeps_row && bounds.contains(&row);
        let is_same = bounds == self.seen && wanted == self.hole && !keeps_row && !self.kept_row;
        if let Some(last) = self.last.as_ref().filter(|_| is_same) {
            return Ok(last.clone());
        }
        self.move_hole(rows, wanted)?;
        self.move_bounds(rows, bounds)?;
        self.kept_row = keeps_row;
        let own = if keeps_row { A::read(&mut self.around, rows, row)? } else { None };
        if let Some(own) = &own {
            self.state.add(own)?;
        }
        let value = self.state.value()?;
        if let Some(own) = &own {
            self.state.remove(own)?;
        }
        Ok(self.last.insert(value).clone())
    }
}

impl<A: Additive> Slide<A> {
    /// Lets the rows of the old hole come back, and those of the new one go.
    fn move_hole(&mut self, rows: WindowRows<'_>, wanted: Range<usize>) -> Result<(), Error> {
        if self.hole == wanted {
            return Ok(());
        }
        let seen = &self.seen;
        let within = |part: &Range<usize>| part.start.max(seen.start)..part.end.min(seen.end);
        for row in within(&self.hole) {
            if let Some(value) = A::read(&mut self.around, rows, row)? {
                self.state.add(&value)?;
            }
        }
        for row in within(&wanted) {
            if let Some(value) = A::read(&mut self.around, rows, row)? {
                self.state.remove(&value)?;
            }
        }
        self.hole = wanted;
        Ok(())
    }

    /// Lets rows come and go, those in the hole left out.
    fn move_bounds(&mut self, rows: WindowRows<'_>, wanted: Range<usize>) -> Result<(), Error> {
        let Slide { state, seen, hole, entering, leaving, .. } = self;
        let is_seen = |row: &usize| !hole.contains(row);
        for row in (seen.start..wanted.start.min(seen.end)).filter(is_seen) {
            if let Some(value) = A::read(leaving, rows, row)? {
                state.remove(&value)?;
            }
        }
        if wanted.start >= seen.end {
            state.settle();
        }
        for row in (seen.end.max(wanted.start)..wanted.end).filter(is_seen) {
            if let Some(value) = A::read(entering, rows, row)? {
                state.add(&value)?;
            }
        }
        *seen = wanted;
        Ok(())
    }
}

/// `count`
#[derive(Default)]
struct Count {
    count: i64,
}

impl Additive for Count {
    fn begin(&mut self, _: WindowRows<'_>) -> Result<(), Error> {
        self.count = 0;
        Ok(())
    }

    /// Anything: which value it is does not matter.
    fn read(
        reader: &mut CallReader,
        rows: WindowRows<'_>,
        row: usize,
    ) -> Result<Option<Value>, Error> {
        Ok(reader.counts(rows, row)?.then_some(Value::Null))
    }

    fn add(&mut self, _: &Value) -> Result<(), Error> {
        self.count += 1;
        Ok(())
    }

    fn remove(&mut self, _: &Value) -> Result<(), Error> {
        self.count -= 1;
        Ok(())
    }

    fn value(&self) -> Result<Value, Error> {
        Ok(Value::Integer(self.count))
    }
}

/// Sums of doubles.
struct Reals {
    result: SumResult,
    sum: RealSum,
}

impl Additive for Reals {
    fn begin(&mut self, _: WindowRows<'_>) -> Result<(), Error> {
        self.sum = RealSum::default();
        Ok(())
    }

    fn add(&mut self, value: &Value) -> Result<(), Error> {
        self.sum.add_value(value);
        Ok(())
    }

    fn remove(&mut self, value: &Value) -> Result<(), Error> {
        self.sum.remove_value(value);
        Ok(())
    }

    fn settle(&mut self) {
        self.sum = RealSum::default();
    }

    fn value(&self) -> Result<Value, Error> {
        Ok(real_result(self.result, &self.sum))
    }
}

/// Sums of whatever comes, exact as long as integers and decimals do.
struct Exact {
    result: SumResult,
    /// The digits that an average has behind the point.
    scale: u8,
    sum: SlidingSum,
}

impl Additive for Exact {
    fn begin(&mut self, _: WindowRows<'_>) -> Result<(), Error> {
        self.sum = SlidingSum::default();
        Ok(())
    }

    fn add(&mut self, value: &Value) -> Result<(), Error> {
        self.sum.add(value)
    }

    fn remove(&mut self, value: &Value) -> Result<(), Error> {
        self.sum.remove(value)
    }

    fn settle(&mut self) {
        self.sum.settle();
    }

    fn value(&self) -> Result<Value, Error> {
        exact_result(self.result, self.scale, self.sum.total()?, self.sum.count())
    }
}

/// Numbers by their rank, of which some are there: a Fenwick tree counts them.
struct Ranks {
    function: PercentileFunction,
    share: f64,
    /// The different numbers of the partition in order.
    numbers: Vec<f64>,
    /// How many of the ranks below each are there.
    counts: Vec<usize>,
    count: usize,
    /// What both take.
    memory: Reservation,
}

impl Ranks {
    /// No numbers yet.
    fn new(function: PercentileFunction, asked: &AskedCall) -> Ranks {
        let memory = Reservation::new(&asked.budget);
        let (numbers, counts) = (Vec::new(), Vec::new());
        Ranks { function, share: 0.5, numbers, counts, count: 0, memory }
    }

    /// Counts a number of the partition, or no longer.
    fn change(&mut self, value: &Value, comes: bool) -> Result<(), Error> {
        let Some(number) = percentile::number_of(self.function, value)? else { return Ok(()) };
        let changed = |count: usize| if comes { count + 1 } else { count - 1 };
        self.count = changed(self.count);
        let mut rank = 1 + self.numbers.partition_point(|other| other.total_cmp(&number).is_lt());
        while rank < self.counts.len() {
            self.counts[rank] = changed(self.counts[rank]);
            rank += rank & rank.wrapping_neg();
        }
        Ok(())
    }

    /// The number at a place among those that are there, from 0.
    fn at(&self, place: usize) -> f64 {
        let (mut rank, mut left) = (0, place);
        let mut step = self.counts.len().next_power_of_two();
        while step > 0 {
            if let Some(count) = self.counts.get(rank + step)
                && *count <= left
            {
                rank += step;
                left -= count;
            }
            step /= 2;
        }
        self.numbers[rank]
    }
}

impl Additive for Ranks {
    /// Puts the numbers of the partition in order, none of which is there yet.
    fn begin(&mut self, rows: WindowRows<'_>) -> Result<(), Error> {
        let (mut reader, mut shares) = (CallReader::default(), PageReader::default());
        let mut share = None;
        self.numbers.clear();
        for row in rows.partition.rows.clone() {
            if !reader.takes(rows, row)? {
                continue;
            }
            let column = rows.asked.arguments.get(1);
            let given = column.map(|column| shares.value(column, row)).transpose()?;
            share = Some(share_of(self.function, given.as_ref(), share)?);
            if let Some(value) = reader.known(rows, row)? {
                self.numbers.extend(percentile::number_of(self.function, &value)?);
            }
        }
        self.numbers.sort_unstable_by(f64::total_cmp);
        self.numbers.dedup_by(|a, b| a.total_cmp(b).is_eq());
        self.counts.clear();
        self.counts.resize(self.numbers.len() + 1, 0);
        self.count = 0;
        self.share = share.unwrap_or(0.5);
        // None of it can be written: others have to make room.
        self.memory.release();
        let bytes = size_of_val(self.numbers.as_slice()) + size_of_val(self.counts.as_slice());
        let _has_room = self.memory.grow(bytes);
        Ok(())
    }

    fn add(&mut self, value: &Value) -> Result<(), Error> {
        self.change(value, true)
    }

    fn remove(&mut self, value: &Value) -> Result<(), Error> {
        self.change(value, false)
    }

    fn value(&self) -> Result<Value, Error> {
        Ok(percentile::between(self.function, self.share, self.count, |place| self.at(place)))
    }
}
