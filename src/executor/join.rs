//! Joins: the right side is held and found by its key, the left side streams in its order. What an
//! outer join keeps of the right side comes out at the end.

use super::Error;
use super::datum::{Batch, nulls};
use super::evaluate::Context;
use super::operator::{BoxedOperator, Operator};
use crate::planner::{BoundExpression, Join, JoinType};
use crate::types::key::KeyColumn;
use arrow_array::{Array, UInt64Array};
use std::collections::HashMap;
use std::sync::Arc;

/// About how many pairs are looked at together.
const PAIRS: usize = 4_096;

/// The end of a chain of right rows with one key.
const END: usize = usize::MAX;

/// A join whose right side is held in a hash table, or just held where no columns must be equal.
pub struct HashJoin {
    left: BoxedOperator,
    right: BuildSide,
    join: Arc<Join>,
    context: Arc<Context>,
    current: Option<ProbeBatch>,
}

enum BuildSide {
    Unread(BoxedOperator),
    Built(HashTable),
    /// All of it came out.
    Spent,
}

/// The right rows and, for each key, the chain of rows that have it, in order.
struct HashTable {
    rows: Batch,
    first: HashMap<Vec<u8>, usize>,
    next: Vec<usize>,
    /// Whether a row met a partner, where that decides something; else empty.
    met: Vec<bool>,
}

/// A batch of the left side and how far it was joined.
struct ProbeBatch {
    batch: Batch,
    keys: Vec<KeyColumn>,
    next_row: usize,
}

impl HashJoin {
    /// A join of two inputs.
    pub fn new(
        left: BoxedOperator,
        right: BoxedOperator,
        join: Arc<Join>,
        context: Arc<Context>,
    ) -> HashJoin {
        HashJoin { left, right: BuildSide::Unread(right), join, context, current: None }
    }

    fn build(&mut self) -> Result<(), Error> {
        let BuildSide::Unread(input) = &mut self.right else { return Ok(()) };
        let mut batches = Vec::new();
        while let Some(batch) = input.next()? {
            batches.push(batch);
        }
        let rows = if batches.is_empty() {
            let types = self.join.right.types();
            let columns = types.iter().map(|of| nulls(*of, 0)).collect();
            Batch { columns, rows: 0 }
        } else {
            Batch::concat(&batches)?
        };
        let sides = self.join.equal.iter().map(|(_, right)| right);
        let keys = key_values(&self.context, sides, &rows)?;
        let mut first: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut next = vec![END; rows.rows];
        let mut key = Vec::new();
        if !keys.is_empty() {
            // From the last row to the first, so that each chain is in order.
            for row in (0..rows.rows).rev() {
                if push_key(&mut key, &keys, row) {
                    match first.get_mut(&key) {
                        Some(head) => next[row] = std::mem::replace(head, row),
                        None => {
                            first.insert(key.clone(), row);
                        }
                    }
                }
            }
        }
        let met = if self.join.kind.keeps_right() { rows.rows } else { 0 };
        self.right = BuildSide::Built(HashTable { rows, first, next, met: vec![false; met] });
        Ok(())
    }

    /// The next left rows with their partners, joined.
    fn pairs(&mut self) -> Result<Option<Batch>, Error> {
        let (Some(current), BuildSide::Built(table)) = (&mut self.current, &mut self.right) else {
            return Ok(None);
        };
        let is_one_enough = !self.join.kind.gives_right() && self.join.condition.is_none();
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        let start = current.next_row;
        let mut key = Vec::new();
        while current.next_row < current.batch.rows && lefts.len() < PAIRS {
            let row = current.next_row;
            current.next_row += 1;
            if self.join.equal.is_empty() {
                lefts.extend(std::iter::repeat_n(row, table.rows.rows));
                rights.extend(0..table.rows.rows);
                continue;
            }
            if push_key(&mut key, &current.keys, row) {
                let mut partner = table.first.get(&key).copied().unwrap_or(END);
                while partner != END {
                    lefts.push(row);
                    rights.push(partner);
                    partner = if is_one_enough { END } else { table.next[partner] };
                }
            }
        }
        let (end, batch) = (current.next_row, current.batch.clone());
        if let Some(condition) = &self.join.condition {
            let joined =
                join_columns(&batch, &table.rows, &lefts, rights.iter().map(|r| Some(*r)))?;
            let mask = self.context.mask(condition, &joined)?;
            let mut kept = mask.values().iter();
            lefts.retain(|_| kept.next().unwrap_or(false));
            let mut kept = mask.values().iter();
            rights.retain(|_| kept.next().unwrap_or(false));
        }
        if !table.met.is_empty() {
            rights.iter().for_each(|right| table.met[*right] = true);
        }
        let joined = match self.join.kind {
            JoinType::Inner | JoinType::Cross | JoinType::Right => {
                join_columns(&batch, &table.rows, &lefts, rights.into_iter().map(Some))?
            }
            JoinType::Left | JoinType::Full => {
                let (lefts, rights) = with_unmatched(start..end, &lefts, &rights);
                join_columns(&batch, &table.rows, &lefts, rights.into_iter())?
            }
            JoinType::Semi => {
                lefts.dedup();
                batch.take(&lefts.into_iter().map(row_index).collect())?
            }
            JoinType::Anti => {
                let mut met = lefts.into_iter().peekable();
                let unmet = (start..end).filter(|row| {
                    let mut is_met = false;
                    while met.next_if_eq(row).is_some() {
                        is_met = true;
                    }
                    !is_met
                });
                batch.take(&unmet.map(row_index).collect())?
            }
        };
        Ok(Some(joined))
    }

    /// The right rows that met no partner, where they are kept; once.
    fn unmet(&mut self) -> Result<Option<Batch>, Error> {
        let BuildSide::Built(table) = std::mem::replace(&mut self.right, BuildSide::Spent) else {
            return Ok(None);
        };
        let unmet = table.met.iter().enumerate().filter(|(_, met)| !**met);
        let unmet: UInt64Array = unmet.map(|(row, _)| row_index(row)).collect();
        let rows = unmet.len();
        let left = self.join.left.types().into_iter().map(|data_type| nulls(data_type, rows));
        let columns = left.chain(table.rows.take(&unmet)?.columns).collect();
        Ok((rows > 0).then_some(Batch { columns, rows }))
    }
}

impl Operator for HashJoin {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        self.build()?;
        loop {
            self.context.check()?;
            if matches!(self.right, BuildSide::Spent) {
                return Ok(None);
            }
            let spent = self.current.as_ref().is_none_or(|left| left.next_row >= left.batch.rows);
            if spent {
                let Some(batch) = self.left.next()? else { return self.unmet() };
                let sides = self.join.equal.iter().map(|(left, _)| left);
                let keys = key_values(&self.context, sides, &batch)?;
                self.current = Some(ProbeBatch { batch, keys, next_row: 0 });
            }
            if let Some(joined) = self.pairs()?.filter(|joined| joined.rows > 0) {
                return Ok(Some(joined));
            }
        }
    }
}

fn key_values<'a>(
    context: &Context,
    expressions: impl Iterator<Item = &'a BoundExpression>,
    batch: &Batch,
) -> Result<Vec<KeyColumn>, Error> {
    expressions
        .map(|expression| {
            let array = context
                .evaluate(expression, batch)?
                .into_array(expression.data_type, batch.rows)?;
            Ok(KeyColumn::ascending(array, expression.data_type))
        })
        .collect()
}

/// Writes a row's key; false where a NULL is in it, which equals nothing.
fn push_key(key: &mut Vec<u8>, columns: &[KeyColumn], row: usize) -> bool {
    key.clear();
    columns.iter().all(|column| {
        column.push(key, row);
        column.array.is_valid(row)
    })
}

/// Pairs, with a pair without a right row for each left row that has none.
fn with_unmatched(
    rows: std::ops::Range<usize>,
    lefts: &[usize],
    rights: &[usize],
) -> (Vec<usize>, Vec<Option<usize>>) {
    let (mut all_lefts, mut all_rights) = (Vec::new(), Vec::new());
    let mut at = 0;
    for row in rows {
        let before = at;
        while lefts.get(at) == Some(&row) {
            all_lefts.push(row);
            all_rights.push(Some(rights[at]));
            at += 1;
        }
        if at == before {
            all_lefts.push(row);
            all_rights.push(None);
        }
    }
    (all_lefts, all_rights)
}

/// A row's number as Arrow counts.
fn row_index(row: usize) -> u64 {
    u64::try_from(row).unwrap_or(u64::MAX)
}

/// The columns of both sides for each pair; NULLs where there is no right row.
fn join_columns(
    left: &Batch,
    right: &Batch,
    lefts: &[usize],
    rights: impl Iterator<Item = Option<usize>>,
) -> Result<Batch, Error> {
    let lefts: UInt64Array = lefts.iter().map(|row| row_index(*row)).collect();
    let rights: UInt64Array = rights.map(|row| row.map(row_index)).collect();
    let rows = lefts.len();
    let mut columns = left.take(&lefts)?.columns;
    columns.extend(right.take(&rights)?.columns);
    Ok(Batch { columns, rows })
}
