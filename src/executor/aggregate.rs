//! GROUP BY and the aggregates: one row per group, in order of the groups' values.
//!
//! As long as the memory lasts, all groups are held. Then those that are held stay, and take in the rows
//! that are theirs; the rows of other groups are taken apart by their keys into a temporary file, and each
//! part is aggregated by itself. So the rows of a group are taken in in their order, whatever the memory,
//! and nothing that an aggregate keeps has to be written: only rows, and the results, which are merged in
//! order of their groups.

use super::Error;
use super::batches::{BatchCutter, each_part};
use super::datum::Batch;
use super::evaluate::Context;
use super::group_table::{AggregateBatch, GroupRows, GroupTable, evaluate, group_keys};
use super::key_rows::KeyRows;
use super::operator::{BoxedOperator, Operator};
use super::partitions::{KeyPartition, KeyPartitions, MOST_LEVELS};
use super::runs::{MergedRuns, SortedRuns};
use super::spill::{SpillFile, Spilled};
use crate::planner::{AggregateCall, BoundExpression, SortKey};
use crate::types::memory::Reservation;
use std::sync::Arc;

/// Groups rows and computes their aggregates; holds one row per group.
pub struct Aggregate {
    input: Option<BatchCutter>,
    groups: Arc<[BoundExpression]>,
    aggregates: Arc<[AggregateCall]>,
    context: Arc<Context>,
    memory: Reservation,
    /// What comes out, once all rows are in.
    output: Option<AggregateRows>,
    spilled: Spilled,
}

/// What comes out of an aggregate.
enum AggregateRows {
    Held(GroupRows),
    Merged(MergedRuns),
}

/// The rows of groups that are not held.
struct OtherGroups {
    file: SpillFile,
    parts: KeyPartitions,
}

impl Aggregate {
    /// Groups the input's rows.
    pub fn new(
        input: BoxedOperator,
        groups: Arc<[BoundExpression]>,
        aggregates: Arc<[AggregateCall]>,
        context: Arc<Context>,
    ) -> Aggregate {
        Aggregate {
            input: Some(BatchCutter::new(input)),
            groups,
            aggregates,
            memory: Reservation::new(&context.memory),
            context,
            output: None,
            spilled: Spilled::default(),
        }
    }

    /// Takes all rows in.
    fn read(&mut self, mut input: BatchCutter) -> Result<AggregateRows, Error> {
        let mut table = self.table();
        let context = Arc::clone(&self.context);
        while let Some(batch) = input.next(|batch| self.evaluate(batch))? {
            context.check()?;
            table.consume(&batch)?;
            if !self.memory.grow(table.growth()) && !self.groups.is_empty() {
                return self.read_rest(input, table);
            }
        }
        let rows = table.finish()?;
        self.spilled = rows.spilled();
        Ok(AggregateRows::Held(rows))
    }

    /// Takes the rest of the rows in, of which only those of the groups held are looked at now.
    fn read_rest(
        &mut self,
        mut input: BatchCutter,
        mut table: GroupTable,
    ) -> Result<AggregateRows, Error> {
        let mut others = OtherGroups { file: SpillFile::new(), parts: KeyPartitions::new(0, true) };
        let keyed =
            |batch: &Batch| Ok((batch.clone(), group_keys(&self.groups, &self.context, batch)?));
        while let Some((batch, keys)) = input.next(keyed)? {
            self.context.check()?;
            let OtherGroups { file, parts } = &mut others;
            self.consume(&mut table, &batch, &keys, file, parts)?;
        }
        drop(input);
        self.finish(table, others)
    }

    /// Takes in the rows of the groups held, and writes the others.
    fn consume(
        &self,
        table: &mut GroupTable,
        batch: &Batch,
        keys: &KeyRows,
        file: &mut SpillFile,
        parts: &mut KeyPartitions,
    ) -> Result<(), Error> {
        let held = table.contained(keys);
        let others = (0..batch.rows).filter(|row| !held.value(*row));
        parts.write(file, batch, keys.columns(), others)?;
        let held = batch.filter(&held)?;
        if held.rows > 0 {
            for part in each_part(&held, |part| self.evaluate(part))? {
                table.consume(&part)?;
            }
        }
        Ok(())
    }

    fn table(&self) -> GroupTable {
        GroupTable::new(&self.groups, &self.aggregates, &self.context)
    }

    fn evaluate(&self, batch: &Batch) -> Result<AggregateBatch, Error> {
        evaluate(&self.groups, &self.aggregates, &self.context, batch)
    }

    /// Aggregates part after part, and merges what comes of them.
    fn finish(&mut self, table: GroupTable, others: OtherGroups) -> Result<AggregateRows, Error> {
        let OtherGroups { mut file, parts } = others;
        let key = |(column, group): (usize, &BoundExpression)| {
            let data_type = group.data_type;
            SortKey { column, data_type, descending: false, nulls_first: true }
        };
        let mut runs = SortedRuns::new(self.groups.iter().enumerate().map(key).collect());
        self.spilled = write_run(&mut runs, table)?;
        let mut pending = parts.finish();
        while let Some(part) = pending.pop() {
            self.memory.release();
            let others = self.read_part(&mut file, part, &mut runs)?;
            pending.extend(others);
        }
        self.memory.release();
        self.spilled = self.spilled + file.spilled() + runs.spilled();
        Ok(AggregateRows::Merged(runs.merge()?))
    }

    /// Writes the groups of a part as a run; gives the parts of what there is no memory for.
    fn read_part(
        &mut self,
        file: &mut SpillFile,
        part: KeyPartition,
        runs: &mut SortedRuns,
    ) -> Result<Vec<KeyPartition>, Error> {
        let mut table = self.table();
        let mut others: Option<KeyPartitions> = None;
        for place in part.batches {
            self.context.check()?;
            let batch = file.read(place)?;
            if let Some(others) = &mut others {
                let keyed = |batch: &Batch| {
                    Ok((batch.clone(), group_keys(&self.groups, &self.context, batch)?))
                };
                for (batch, keys) in each_part(&batch, keyed)? {
                    self.consume(&mut table, &batch, &keys, file, others)?;
                }
                continue;
            }
            for batch in each_part(&batch, |part| self.evaluate(part))? {
                table.consume(&batch)?;
            }
            if !self.memory.grow(table.growth()) && part.level < MOST_LEVELS {
                others = Some(KeyPartitions::new(part.level, true));
            }
        }
        self.spilled = self.spilled + write_run(runs, table)?;
        Ok(others.map(KeyPartitions::finish).unwrap_or_default())
    }
}

/// Writes the rows of groups, in order of their keys; gives what was written for them before.
fn write_run(runs: &mut SortedRuns, table: GroupTable) -> Result<Spilled, Error> {
    let mut rows = table.finish()?;
    runs.begin();
    while let Some(batch) = rows.next()? {
        runs.write(&batch)?;
    }
    Ok(rows.spilled())
}

impl Operator for Aggregate {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        if let Some(input) = self.input.take() {
            self.output = Some(self.read(input)?);
        }
        match &mut self.output {
            Some(AggregateRows::Held(rows)) => rows.next(),
            Some(AggregateRows::Merged(rows)) => rows.next(),
            None => Ok(None),
        }
    }

    fn spilled(&self) -> Spilled {
        self.spilled
    }
}
