//! Joins: the right side is held and found by its key, the left side streams in its order. What an
//! outer join keeps of the right side comes out at the end.

use super::Error;
use super::batches::BatchCutter;
use super::datum::Batch;
use super::demand::RowDemand;
use super::evaluate::Context;
use super::held::{RowPlace, batch_bytes};
use super::join_spilled::join_spilled;
use super::join_table::{ENTRY_BYTES, JoinPairs, JoinProbe, JoinTable, RightRows, key_values};
use super::numbered::without_number;
use super::operator::{BoxedOperator, Operator};
use super::runs::MergedRuns;
use super::runtime_filter::FilterSource;
use super::spill::Spilled;
use crate::planner::Join;
use crate::types::DataType;
use crate::types::memory::Reservation;
use std::sync::Arc;

/// A join whose right side is held in a hash table, or just held where no columns must be equal.
pub struct HashJoin {
    left: Option<BatchCutter>,
    state: JoinState,
    join: Arc<Join>,
    /// What left rows are filtered by where they are read.
    filters: Vec<FilterSource>,
    /// The right columns whose codes are of use, and those that nobody reads.
    coded: Vec<usize>,
    unread: Vec<usize>,
    /// The types of both sides' columns.
    types: (Arc<[DataType]>, Arc<[DataType]>),
    context: Arc<Context>,
    memory: Reservation,
    spilled: Spilled,
}

enum JoinState {
    /// The right side was not read yet.
    Unread(BoxedOperator),
    /// Left rows are joined: the pairs of the current ones.
    Joining(JoinTable, Option<(JoinProbe, JoinPairs)>),
    /// Right rows come out that met no partner: their places, and how many were given.
    Unmet(JoinTable, Vec<RowPlace>, usize),
    /// The memory did not last: all that comes out, with numbers.
    Spilled(MergedRuns),
    Done,
}

impl HashJoin {
    /// A join of two inputs, which fills these filters on the left one. `demand` is what is asked of the columns
    /// of the right one.
    pub fn new(
        (left, filters): (BoxedOperator, Vec<FilterSource>),
        (right, demand): (BoxedOperator, RowDemand),
        join: Arc<Join>,
        context: Arc<Context>,
    ) -> HashJoin {
        HashJoin {
            left: Some(BatchCutter::new(left)),
            state: JoinState::Unread(right),
            types: join.types.clone(),
            join,
            filters,
            coded: demand.coded,
            unread: demand.unread,
            memory: Reservation::new(&context.memory),
            context,
            spilled: Spilled::default(),
        }
    }

    /// Reads the right side.
    fn build(&mut self, mut right: BoxedOperator) -> Result<JoinState, Error> {
        let mut rows = Vec::new();
        let mut fits = true;
        while fits && let Some(batch) = right.next()? {
            self.context.check()?;
            fits = self.memory.grow(batch_bytes(&batch) + batch.rows * ENTRY_BYTES);
            rows.push(batch);
        }
        let types = (&*self.types.0, &*self.types.1);
        if fits {
            drop(right);
            let rows = RightRows::new(rows, &self.join, &self.context)?;
            self.filters.iter().for_each(|filter| filter.fill(&rows.keys));
            let table = JoinTable::new(rows, &self.join, types, &self.coded);
            return Ok(JoinState::Joining(table, None));
        }
        let Some(left) = self.left.take() else { return Ok(JoinState::Done) };
        let (join, context) = (&self.join, &self.context);
        let joined = join_spilled(left, right, rows, &mut self.memory, join, types, context)?;
        self.spilled = joined.spilled;
        Ok(JoinState::Spilled(joined.rows))
    }

    /// The next rows of both sides, joined; `None` once the left side is through.
    fn joined(&mut self) -> Result<Option<Batch>, Error> {
        let JoinState::Joining(table, current) = &mut self.state else { return Ok(None) };
        let (join, context) = (&self.join, &self.context);
        loop {
            context.check()?;
            if let Some((probe, pairs)) = current {
                if let Some(joined) =
                    table.joined(probe, pairs, join.kind.gives_right(), &self.unread)?
                {
                    return Ok(Some(joined));
                }
                if let Some(next) = table.output(probe, join, context)? {
                    *pairs = next;
                    continue;
                }
            }
            let Some(left) = &mut self.left else { return Ok(None) };
            let next = left.next(|batch| {
                let sides = join.equal.iter().map(|(left, _)| left);
                Ok(table.probe(batch.clone(), &key_values(context, sides, batch)?))
            })?;
            let Some(probe) = next else { return Ok(None) };
            *current = Some((probe, JoinPairs::default()));
        }
    }
}

impl Operator for HashJoin {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        loop {
            match &mut self.state {
                JoinState::Unread(_) => {
                    let state = std::mem::replace(&mut self.state, JoinState::Done);
                    if let JoinState::Unread(right) = state {
                        self.state = self.build(right)?;
                    }
                }
                JoinState::Joining(..) => {
                    if let Some(joined) = self.joined()? {
                        return Ok(Some(joined));
                    }
                    self.left = None;
                    let state = std::mem::replace(&mut self.state, JoinState::Done);
                    if let JoinState::Joining(table, _) = state {
                        let unmet = table.unmet();
                        self.state = JoinState::Unmet(table, unmet, 0);
                    }
                }
                JoinState::Unmet(table, places, given) => {
                    let rest = &places[*given..];
                    if rest.is_empty() {
                        self.state = JoinState::Done;
                        continue;
                    }
                    let batch = table.beside_nulls(rest, &self.types.0)?;
                    *given += batch.rows;
                    return Ok(Some(batch));
                }
                JoinState::Spilled(rows) => {
                    self.context.check()?;
                    return Ok(rows.next()?.map(without_number));
                }
                JoinState::Done => return Ok(None),
            }
        }
    }

    fn spilled(&self) -> Spilled {
        self.spilled
    }
}
