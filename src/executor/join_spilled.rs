//! A join whose right side is more than the memory holds.
//!
//! Both sides are taken apart by their keys into temporary files. The right rows of a part are held, all at
//! once or one piece after the other, and for each piece all left rows of the part are joined with it.
//! Where no columns must be equal there is one part. So nothing but time depends on the memory, also where
//! all rows have one key.
//!
//! All rows carry numbers, those of right rows beginning above those of all left rows. What is joined with
//! one piece is in order of the left numbers; what an outer join keeps is a run of its own, in order of the
//! numbers of its side. The merge of all runs by their numbers is the order that a join in memory has:
//! pieces come in order of the right rows, and of equal numbers the earlier run's comes first.

use super::Error;
use super::batches::{BatchCutter, each_part};
use super::datum::{Batch, nulls};
use super::evaluate::Context;
use super::held::batch_bytes;
use super::join_table::{ENTRY_BYTES, JoinTable, RightRows, key_values};
use super::numbered::{RowNumbers, number_key};
use super::operator::BoxedOperator;
use super::partitions::{KeyPartition, KeyPartitions};
use super::runs::{MergedRuns, SortedRuns};
use super::spill::{SpillFile, Spilled};
use crate::planner::{Join, JoinType};
use crate::types::DataType;
use crate::types::memory::Reservation;
use std::sync::Arc;

/// The number of the first right row.
const FIRST_RIGHT: i64 = 1 << 62;

/// The rows of a join, with their numbers behind them.
pub struct SpilledJoin {
    pub rows: MergedRuns,
    pub spilled: Spilled,
}

/// Both sides in their files.
struct Sides<'a> {
    left: SpillFile,
    right: SpillFile,
    runs: SortedRuns,
    join: &'a Join,
    types: (&'a [DataType], &'a [DataType]),
    context: &'a Context,
}

/// Joins all rows of `left` with the right rows that were read, which the memory has no room for, and the
/// others.
///
/// # Errors
/// Those of the inputs, what [`Context::evaluate`] says of the join's expressions, `io` where there is no
/// room for temporary files.
pub fn join_spilled(
    mut left: BatchCutter,
    mut right: BoxedOperator,
    read: Vec<Batch>,
    memory: &mut Reservation,
    join: &Join,
    types: (&[DataType], &[DataType]),
    context: &Arc<Context>,
) -> Result<SpilledJoin, Error> {
    let right_width = if join.kind.gives_right() { types.1.len() } else { 0 };
    let runs = SortedRuns::new(number_key(types.0.len() + right_width));
    let (mut left_file, mut right_file) = (SpillFile::new(), SpillFile::new());
    let has_key = !join.equal.is_empty();
    let (mut lefts, mut rights) = (KeyPartitions::new(0, has_key), KeyPartitions::new(0, has_key));
    let mut numbers = RowNumbers(FIRST_RIGHT);
    let mut read = read.into_iter();
    while let Some(batch) = read.next().map_or_else(|| right.next(), |batch| Ok(Some(batch)))? {
        context.check()?;
        let batch = numbers.add_to(batch);
        each_part(&batch, |part| {
            let keys = key_values(context, join.equal.iter().map(|(_, right)| right), part)?;
            rights.write(&mut right_file, part, &keys, 0..part.rows)
        })?;
    }
    drop(right);
    memory.release();
    let mut numbers = RowNumbers::default();
    let keyed = |batch: &Batch| {
        let keys = key_values(context, join.equal.iter().map(|(left, _)| left), batch)?;
        Ok((batch.clone(), keys))
    };
    while let Some((batch, keys)) = left.next(keyed)? {
        context.check()?;
        let rows = 0..batch.rows;
        lefts.write(&mut left_file, &numbers.add_to(batch), &keys, rows)?;
    }
    drop(left);
    let mut sides = Sides { left: left_file, right: right_file, runs, join, types, context };
    for (left, right) in lefts.finish().into_iter().zip(rights.finish()) {
        sides.join_part(&left, right, memory)?;
    }
    let spilled = sides.left.spilled() + sides.right.spilled() + sides.runs.spilled();
    Ok(SpilledJoin { rows: sides.runs.merge()?, spilled })
}

impl Sides<'_> {
    /// Joins the rows of a part, right rows piece by piece.
    fn join_part(
        &mut self,
        left: &KeyPartition,
        right: KeyPartition,
        memory: &mut Reservation,
    ) -> Result<(), Error> {
        let looks_left = self.join.kind.keeps_left() || !self.join.kind.gives_right();
        let mut met = vec![false; if looks_left { left.rows() } else { 0 }];
        let mut rest = right.batches.into_iter();
        loop {
            memory.release();
            let (mut rows, mut fits) = (Vec::new(), true);
            while fits && let Some(place) = rest.next() {
                let batch = self.right.read(place)?;
                fits = memory.grow(batch_bytes(&batch) + batch.rows * ENTRY_BYTES);
                rows.push(batch);
            }
            if rows.is_empty() {
                break;
            }
            let rows = RightRows::new(rows, self.join, self.context)?;
            let table = JoinTable::new(rows, self.join, self.types, &[]);
            self.join_piece(left, table, &mut met)?;
        }
        if looks_left { self.keep_left(left, &met) } else { Ok(()) }
    }

    /// Writes what left rows make with a piece of the right ones, and those of these that made nothing.
    fn join_piece(
        &mut self,
        left: &KeyPartition,
        mut table: JoinTable,
        met: &mut [bool],
    ) -> Result<(), Error> {
        let Sides { join, context, .. } = *self;
        let mut first = 0;
        self.runs.begin();
        for place in &left.batches {
            let batch = self.left.read(*place)?;
            let probes = each_part(&batch, |part| {
                let keys = key_values(context, join.equal.iter().map(|(left, _)| left), part)?;
                Ok((part.rows, table.probe(part.clone(), &keys)))
            })?;
            for (rows, mut probe) in probes {
                while let Some(mut pairs) = table.pairs(&mut probe, join, context)? {
                    context.check()?;
                    if !met.is_empty() {
                        pairs.lefts.iter().for_each(|row| met[first + row] = true);
                    }
                    while join.kind.gives_right()
                        && let Some(joined) = table.joined(&probe, &mut pairs, true, &[])?
                    {
                        self.runs.write(&joined)?;
                    }
                }
                first += rows;
            }
        }
        let unmet = table.unmet();
        let mut rest = unmet.as_slice();
        self.runs.begin();
        while !rest.is_empty() {
            let batch = table.beside_nulls(rest, self.types.0)?;
            rest = &rest[batch.rows..];
            self.runs.write(&batch)?;
        }
        Ok(())
    }

    /// Writes the left rows that met no partner, beside NULLs; of a semi join those that met one.
    fn keep_left(&mut self, left: &KeyPartition, met: &[bool]) -> Result<(), Error> {
        let mut met = met.iter();
        self.runs.begin();
        for place in &left.batches {
            let batch = self.left.read(*place)?;
            let wanted = self.join.kind == JoinType::Semi;
            let kept =
                met.by_ref().take(batch.rows).zip(0_u64..).filter(|(met, _)| **met == wanted);
            let kept: Vec<u64> = kept.map(|(_, row)| row).collect();
            let Batch { mut columns, rows, .. } = batch.take(&kept)?;
            if self.join.kind.gives_right() {
                let numbers = columns.split_off(self.types.0.len());
                columns.extend(self.types.1.iter().map(|data_type| nulls(*data_type, rows)));
                columns.extend(numbers);
            }
            if rows > 0 {
                self.runs.write(&Batch::new(columns, rows))?;
            }
        }
        Ok(())
    }
}
