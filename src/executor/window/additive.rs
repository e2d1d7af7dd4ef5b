//! Aggregates that values leave as they came: counts, sums, averages and percentiles.

use super::super::Error;
use super::super::percentile::{self, share_of};
use super::super::sums::{RealSum, SlidingSum, SumResult, exact_result, real_result};
use super::frame::Frames;
use super::{OpenCall, Partition};
use crate::planner::{AggregateFunction, PercentileFunction, WindowFunction, quotient_scale};
use crate::types::{DataType, Value};
use std::ops::Range;

/// The aggregate of the frame of each row.
///
/// # Errors
/// Those of [`Frames::bounds`], and those of the aggregate outside of a window.
pub(super) fn compute(
    open: &OpenCall,
    frames: Frames<'_>,
    partition: &Partition,
) -> Result<Vec<Value>, Error> {
    let WindowFunction::Aggregate(function) = open.call().function else {
        unreachable!("only aggregates are additive")
    };
    let rows = partition.rows;
    match function {
        AggregateFunction::Count => slide(Count { open, count: 0 }, frames, rows),
        AggregateFunction::Sum => sums(open, SumResult::Sum, frames, rows),
        AggregateFunction::Total => sums(open, SumResult::Total, frames, rows),
        AggregateFunction::Avg => sums(open, SumResult::Average, frames, rows),
        AggregateFunction::Percentile(function) => {
            slide(Ranks::new(open, function, rows)?, frames, rows)
        }
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
fn sums(
    open: &OpenCall,
    result: SumResult,
    frames: Frames<'_>,
    rows: usize,
) -> Result<Vec<Value>, Error> {
    let data_type = open.call().arguments[0].data_type;
    let is_sum = matches!(result, SumResult::Sum);
    if let DataType::Decimal { scale, .. } = data_type {
        let scale = quotient_scale(scale, 0);
        slide(Exact { open, result, scale, sum: SlidingSum::default() }, frames, rows)
    } else if is_sum && data_type != DataType::Real {
        slide(Exact { open, result, scale: 0, sum: SlidingSum::default() }, frames, rows)
    } else {
        slide(Reals { open, result, sum: RealSum::default() }, frames, rows)
    }
}

/// An aggregate of rows that come and go.
trait Additive {
    /// A row comes.
    fn add(&mut self, row: usize) -> Result<(), Error>;
    /// A row goes that came before.
    fn remove(&mut self, row: usize) -> Result<(), Error>;
    /// All rows are gone, and what rounding left of them goes, too.
    fn settle(&mut self) {}
    /// What it comes to.
    fn value(&self) -> Result<Value, Error>;
}

/// Moves an aggregate through the frames. Each row comes once and goes once, and once more where the
/// hole of its peers passes.
fn slide(
    mut state: impl Additive,
    mut frames: Frames<'_>,
    rows: usize,
) -> Result<Vec<Value>, Error> {
    let mut results: Vec<Value> = Vec::with_capacity(rows);
    let (mut seen, mut hole, mut kept_row) = (0..0, 0..0, false);
    for row in 0..rows {
        let bounds = frames.bounds(row)?;
        let (wanted, keeps_row) = frames.hole(row);
        let keeps_row = keeps_row && bounds.contains(&row);
        let is_same = bounds == seen && wanted == hole && !keeps_row && !kept_row;
        if is_same && let Some(last) = results.last() {
            results.push(last.clone());
            continue;
        }
        move_hole(&mut state, &seen, &mut hole, wanted)?;
        move_bounds(&mut state, &mut seen, &hole, bounds)?;
        if keeps_row {
            state.add(row)?;
        }
        results.push(state.value()?);
        if keeps_row {
            state.remove(row)?;
        }
        kept_row = keeps_row;
    }
    Ok(results)
}

/// Lets the rows of the old hole come back, and those of the new one go.
fn move_hole(
    state: &mut impl Additive,
    seen: &Range<usize>,
    hole: &mut Range<usize>,
    wanted: Range<usize>,
) -> Result<(), Error> {
    if *hole == wanted {
        return Ok(());
    }
    let within = |part: &Range<usize>| part.start.max(seen.start)..part.end.min(seen.end);
    within(hole).try_for_each(|row| state.add(row))?;
    within(&wanted).try_for_each(|row| state.remove(row))?;
    *hole = wanted;
    Ok(())
}

/// Lets rows come and go, those in the hole left out.
fn move_bounds(
    state: &mut impl Additive,
    seen: &mut Range<usize>,
    hole: &Range<usize>,
    wanted: Range<usize>,
) -> Result<(), Error> {
    let is_seen = |row: &usize| !hole.contains(row);
    let gone = seen.start..wanted.start.min(seen.end);
    gone.filter(is_seen).try_for_each(|row| state.remove(row))?;
    if wanted.start >= seen.end {
        state.settle();
    }
    let new = seen.end.max(wanted.start)..wanted.end;
    new.filter(is_seen).try_for_each(|row| state.add(row))?;
    *seen = wanted;
    Ok(())
}

/// `count`
struct Count<'a> {
    open: &'a OpenCall,
    count: i64,
}

impl Count<'_> {
    fn counts(&self, row: usize) -> i64 {
        let is_star = self.open.arguments.is_empty();
        i64::from(if is_star { self.open.takes(row) } else { self.open.known(row).is_some() })
    }
}

impl Additive for Count<'_> {
    fn add(&mut self, row: usize) -> Result<(), Error> {
        self.count += self.counts(row);
        Ok(())
    }

    fn remove(&mut self, row: usize) -> Result<(), Error> {
        self.count -= self.counts(row);
        Ok(())
    }

    fn value(&self) -> Result<Value, Error> {
        Ok(Value::Integer(self.count))
    }
}

/// Sums of doubles.
struct Reals<'a> {
    open: &'a OpenCall,
    result: SumResult,
    sum: RealSum,
}

impl Additive for Reals<'_> {
    fn add(&mut self, row: usize) -> Result<(), Error> {
        if let Some(value) = self.open.known(row) {
            self.sum.add_value(value);
        }
        Ok(())
    }

    fn remove(&mut self, row: usize) -> Result<(), Error> {
        if let Some(value) = self.open.known(row) {
            self.sum.remove_value(value);
        }
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
struct Exact<'a> {
    open: &'a OpenCall,
    result: SumResult,
    /// The digits that an average has behind the point.
    scale: u8,
    sum: SlidingSum,
}

impl Additive for Exact<'_> {
    fn add(&mut self, row: usize) -> Result<(), Error> {
        self.open.known(row).map_or(Ok(()), |value| self.sum.add(value))
    }

    fn remove(&mut self, row: usize) -> Result<(), Error> {
        self.open.known(row).map_or(Ok(()), |value| self.sum.remove(value))
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
    /// The rank of each row's number among all of the partition, from 1; 0 of none.
    ranks: Vec<usize>,
    /// The numbers in order.
    numbers: Vec<f64>,
    /// How many of the ranks below each are there.
    counts: Vec<usize>,
    count: usize,
}

impl Ranks {
    /// The numbers of a partition, none of them there yet.
    fn new(open: &OpenCall, function: PercentileFunction, rows: usize) -> Result<Ranks, Error> {
        let mut found = Vec::with_capacity(rows);
        let mut share = None;
        for row in (0..rows).filter(|row| open.takes(*row)) {
            let given = open.arguments.get(1).map(|shares| &shares[row]);
            share = Some(share_of(function, given, share)?);
            if let Some(number) = percentile::number_of(function, &open.arguments[0][row])? {
                found.push((number, row));
            }
        }
        found.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        let mut ranks = vec![0; rows];
        found.iter().enumerate().for_each(|(index, (_, row))| ranks[*row] = index + 1);
        let numbers: Vec<f64> = found.into_iter().map(|(number, _)| number).collect();
        let counts = vec![0; numbers.len() + 1];
        Ok(Ranks { function, share: share.unwrap_or(0.5), ranks, numbers, counts, count: 0 })
    }

    fn change(&mut self, row: usize, comes: bool) {
        let mut rank = self.ranks[row];
        if rank == 0 {
            return;
        }
        let changed = |count: usize| if comes { count + 1 } else { count - 1 };
        self.count = changed(self.count);
        while rank < self.counts.len() {
            self.counts[rank] = changed(self.counts[rank]);
            rank += rank & rank.wrapping_neg();
        }
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
    fn add(&mut self, row: usize) -> Result<(), Error> {
        self.change(row, true);
        Ok(())
    }

    fn remove(&mut self, row: usize) -> Result<(), Error> {
        self.change(row, false);
        Ok(())
    }

    fn value(&self) -> Result<Value, Error> {
        Ok(percentile::between(self.function, self.share, self.count, |place| self.at(place)))
    }
}
