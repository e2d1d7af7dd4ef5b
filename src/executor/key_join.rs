//! Joins by a key: each left row finds its partners by a key of the right table, of which nothing is
//! held.

use super::Error;
use super::access::compared_parts;
use super::batches::BatchCutter;
use super::datum::Batch;
use super::evaluate::Context;
use super::input::PlanInput;
use super::operator::{BoxedOperator, Operator};
use super::profile::Probe;
use super::row_key::RowKey;
use crate::planner::{BoundExpression, Join, JoinType, TableAccess};
use crate::storage::{LocatedVersion, RowBatch, TableView};
use crate::types::column::value_at;
use crate::types::row_filter::row_index;
use crate::types::{DataType, Value};
use arrow_array::{ArrayRef, BooleanArray, UInt64Array};
use std::ops::Range;
use std::sync::Arc;

/// About how many partners are looked up together.
const PARTNERS: usize = 4_096;

/// How the right side of a join is asked for the partners of left rows.
pub struct PartnerLookup {
    access: Arc<TableAccess>,
    view: TableView,
    /// What must be true of a right row by itself, over these columns of the table: they are fetched first,
    /// and the others of what is left.
    filter: Option<(BoundExpression, Vec<usize>)>,
    /// What must be true of a pair besides what the key says.
    condition: Option<BoundExpression>,
    /// Whether all that is asked is if there is a partner, which need not be fetched then.
    is_one_enough: bool,
    probe: Probe,
}

/// A join whose right side is a table that a key leads to.
pub struct KeyJoin {
    left: BatchCutter,
    lookup: PartnerLookup,
    join: Arc<Join>,
    context: Arc<Context>,
    current: Option<LeftRows>,
    found: Partners,
}

/// A batch of the left side: the values that the key is asked for, and how far it was joined.
struct LeftRows {
    batch: Batch,
    values: Vec<(ArrayRef, DataType)>,
    next_row: usize,
}

/// What was found for a run of left rows.
#[derive(Default)]
struct Partners {
    /// The left rows that have partners, in order, and where those of each end.
    lefts: Vec<(usize, usize)>,
    located: Vec<LocatedVersion>,
    /// How many partners were fetched.
    fetched: usize,
    /// The left rows that are not done.
    rows: Range<usize>,
    /// The left row that met a partner while others of it are not fetched yet.
    met: Option<usize>,
}

impl PartnerLookup {
    /// The lookup that a join is planned with; `None` where there is none, or the view lacks the key.
    ///
    /// # Errors
    /// What the planner says of the key's definition, which was sound when it was made.
    pub fn of(join: &Join, context: &Context) -> Result<Option<PartnerLookup>, Error> {
        let Some(access) = join.right.as_access() else { return Ok(None) };
        let Some((key, values)) = access.lookup() else { return Ok(None) };
        let PlanInput::Table(view) = context.input(access.slot) else { return Ok(None) };
        let nothing = vec![Value::Null; values.len()];
        if RowKey::new(key, &access.table)?.find(view, &nothing)?.is_none() {
            return Ok(None);
        }
        // What is not read cannot be compared.
        let mut place =
            |column| access.columns.iter().position(|at| *at == column).unwrap_or(usize::MAX);
        let compared = compared_parts(key, &access.table, &mut place)?;
        let is_looked_up = |(a, b): &&(BoundExpression, BoundExpression)| {
            values.iter().zip(&compared).any(|(value, part)| value == a && part == b)
        };
        let own = join.types.0.len();
        let others = join.equal.iter().filter(|pair| !is_looked_up(pair)).map(|(a, b)| {
            let mut b = b.clone();
            b.map_columns(&|column| own + column);
            BoundExpression::equal(a.clone(), b)
        });
        let condition = BoundExpression::all_of(others.chain(join.condition.iter().cloned()));
        let is_one_enough =
            !join.kind.gives_right() && condition.is_none() && access.filter.is_none();
        let probe = context.probe(join.right.id());
        let (access, view) = (Arc::clone(access), view.clone());
        let filter = access.filter.clone().map(|filter| own_filter(filter, &access.columns));
        Ok(Some(PartnerLookup { access, view, filter, condition, is_one_enough, probe }))
    }

    /// The values that the key is asked for, for each row of a batch.
    fn values(&self, context: &Context, batch: &Batch) -> Result<Vec<(ArrayRef, DataType)>, Error> {
        let given = self.access.lookup().map_or(&[][..], |(_, values)| values);
        let given = given.iter().map(|value| {
            let array = context.evaluate(value, batch)?.into_array(value.data_type, batch.rows)?;
            Ok((array, value.data_type))
        });
        given.collect()
    }

    /// Finds the partners of the next left rows.
    fn find(&self, left: &mut LeftRows) -> Result<Partners, Error> {
        let mut found = Partners { rows: left.next_row..left.next_row, ..Partners::default() };
        let Some((key, _)) = self.access.lookup() else { return Ok(found) };
        let row_key = RowKey::new(key, &self.access.table)?;
        while left.next_row < left.batch.rows && found.located.len() < PARTNERS {
            let row = left.next_row;
            let given = left.values.iter().map(|(array, of)| value_at(array, *of, row));
            if let Some(values) = row_key.held(given) {
                let mut partners = row_key.find(&self.view, &values)?.ok_or_else(|| {
                    Error::failed("internal", "a key is gone while rows are looked up by it")
                })?;
                partners.truncate(if self.is_one_enough { 1 } else { usize::MAX });
                found.push(row, partners);
            }
            left.next_row += 1;
        }
        found.rows.end = left.next_row;
        Ok(found)
    }

    /// The first of some partners, for which the right side's own filter is true, and for each which
    /// of the left rows it is a partner of; how many were looked at besides.
    fn fetch(
        &self,
        context: &Context,
        mut lefts: Vec<usize>,
        located: &[LocatedVersion],
    ) -> Result<(Batch, Vec<usize>, usize), Error> {
        if self.is_one_enough {
            self.probe.count(lefts.len());
            let rows = lefts.len();
            return Ok((Batch::new(Vec::new(), rows), lefts, rows));
        }
        let columns = &self.access.columns[..self.access.output];
        let Some((filter, compared)) = &self.filter else {
            let RowBatch { rows, columns, .. } = self.view.fetch_first(located, columns)?;
            let right = Batch::new(columns, rows.len());
            self.probe.count(right.rows);
            lefts.truncate(right.rows);
            return Ok((right, lefts, rows.len()));
        };
        let RowBatch { rows, columns: values, .. } = self.view.fetch_first(located, compared)?;
        let mut looked_at = rows.len();
        let mask = context.mask(filter, &Batch::new(values, looked_at))?;
        let mut kept: Vec<usize> = mask.values().set_indices().collect();
        let rest: Vec<LocatedVersion> = kept.iter().map(|at| located[*at]).collect();
        let RowBatch { rows, columns, .. } = self.view.fetch_first(&rest, columns)?;
        // Those that one batch has no room for are looked at again.
        looked_at = kept.get(rows.len()).copied().unwrap_or(looked_at);
        kept.truncate(rows.len());
        self.probe.count(rows.len());
        let lefts = kept.iter().map(|at| lefts[*at]).collect();
        Ok((Batch::new(columns, rows.len()), lefts, looked_at))
    }
}

/// A filter over some columns of a table as one over those that it reads.
fn own_filter(mut filter: BoundExpression, columns: &[usize]) -> (BoundExpression, Vec<usize>) {
    let mut read: Vec<usize> = Vec::new();
    filter.for_each_column(&mut |column| read.push(column));
    read.sort_unstable();
    read.dedup();
    filter.map_columns(&|column| read.binary_search(&column).unwrap_or(column));
    (filter, read.into_iter().map(|at| columns[at]).collect())
}

/// The right rows of some pairs for which a mask is true; `lefts` keeps theirs.
fn kept(right: &Batch, lefts: &mut Vec<usize>, mask: &BooleanArray) -> Result<Batch, Error> {
    let mut is_kept = mask.values().iter();
    lefts.retain(|_| is_kept.next().unwrap_or(false));
    right.filter(mask)
}

impl KeyJoin {
    /// A join whose left rows look their partners up.
    pub fn new(
        left: BoxedOperator,
        lookup: PartnerLookup,
        join: &Arc<Join>,
        context: &Arc<Context>,
    ) -> KeyJoin {
        let (left, join, context) = (BatchCutter::new(left), Arc::clone(join), Arc::clone(context));
        KeyJoin { left, lookup, join, context, current: None, found: Partners::default() }
    }

    /// The next run of left rows with its partners; false at the end.
    fn advance(&mut self) -> Result<bool, Error> {
        let KeyJoin { left, lookup, context, current, .. } = self;
        if current.as_ref().is_none_or(|rows| rows.next_row >= rows.batch.rows) {
            *current = left.next(|batch| {
                let values = lookup.values(context, batch)?;
                Ok(LeftRows { batch: batch.clone(), values, next_row: 0 })
            })?;
        }
        let Some(current) = current else { return Ok(false) };
        self.found = self.lookup.probe.time(|| self.lookup.find(current))?;
        Ok(true)
    }

    /// Joins some of the partners that were found, as many as one batch has room for.
    fn pairs(&mut self) -> Result<Batch, Error> {
        let mut most = PARTNERS.min(self.found.located.len() - self.found.fetched);
        loop {
            match self.first_pairs(most) {
                Err(error) if error.is_batch_too_large() && most > 1 => most /= 2,
                joined => return joined,
            }
        }
    }

    /// The same of at most so many partners.
    fn first_pairs(&mut self, most: usize) -> Result<Batch, Error> {
        let KeyJoin { lookup, join, context, current, found, .. } = self;
        let Some(LeftRows { batch: left, .. }) = current else {
            return Err(Error::failed("internal", "partners of left rows that are gone"));
        };
        let from = found.fetched;
        let (lefts, located) = (found.lefts(from, most), &found.located[from..from + most]);
        let (mut right, mut lefts, rows) =
            lookup.probe.time(|| lookup.fetch(context, lefts, located))?;
        if let Some(condition) = &lookup.condition {
            let rights: Vec<Option<usize>> = (0..right.rows).map(Some).collect();
            let joined = join_columns(left, &right, &lefts, &rights)?;
            right = kept(&right, &mut lefts, &context.mask(condition, &joined)?)?;
        }
        // The partners of the last row may go on in the next batch.
        let done = found.lefts(from + rows, 1).first().copied().unwrap_or(found.rows.end);
        let Emitted { out, rights, met } = found.emit(join.kind, done, &lefts);
        let joined = if join.kind.gives_right() {
            join_columns(left, &right, &out, &rights)?
        } else {
            left.take(&out.iter().map(|row| row_index(*row)).collect::<Vec<u64>>())?
        };
        (found.fetched, found.rows.start, found.met) = (from + rows, done, met);
        Ok(joined)
    }
}

/// The left rows that come out of some pairs, and the right row beside each where it is a pair.
struct Emitted {
    out: Vec<usize>,
    rights: Vec<Option<usize>>,
    /// The row that goes on with the next pairs, if it met a partner.
    met: Option<usize>,
}

impl Partners {
    /// Adds the partners of the next left row. Those of one may be most of a table: they are not copied.
    fn push(&mut self, row: usize, partners: Vec<LocatedVersion>) {
        if partners.is_empty() {
            return;
        }
        if self.located.is_empty() {
            self.located = partners;
        } else {
            self.located.extend(partners);
        }
        self.lefts.push((row, self.located.len()));
    }

    /// The left rows of so many partners, from one on.
    fn lefts(&self, from: usize, count: usize) -> Vec<usize> {
        let next = self.lefts.partition_point(|(_, end)| *end <= from);
        let (mut lefts, mut at) = (Vec::with_capacity(count), from);
        for (row, end) in &self.lefts[next..] {
            lefts.extend(std::iter::repeat_n(*row, (end - at).min(count - lefts.len())));
            at = *end;
            if lefts.len() == count {
                break;
            }
        }
        lefts
    }

    /// What comes out of the pairs that match; the left rows before `done` have no other. `lefts` names
    /// the left row of each right one.
    fn emit(&self, kind: JoinType, done: usize, lefts: &[usize]) -> Emitted {
        let mut emitted = Emitted { out: Vec::new(), rights: Vec::new(), met: None };
        let mut at = 0;
        let end = lefts.last().map_or(done, |last| done.max(last + 1));
        for row in self.rows.start..end {
            let first = at;
            while lefts.get(at) == Some(&row) {
                at += 1;
            }
            let (meets, had_met, is_done) = (at > first, self.met == Some(row), row < done);
            if !is_done && (meets || had_met) {
                emitted.met = Some(row);
            }
            if kind.gives_right() {
                emitted.out.extend(std::iter::repeat_n(row, at - first));
                emitted.rights.extend((first..at).map(Some));
            }
            let comes_alone = match kind {
                JoinType::Semi => meets && !had_met,
                JoinType::Left | JoinType::Full | JoinType::Anti => is_done && !meets && !had_met,
                JoinType::Inner | JoinType::Cross | JoinType::Right => false,
            };
            if comes_alone {
                emitted.out.push(row);
                emitted.rights.push(None);
            }
        }
        // A row whose pairs so far did not match may have met one before.
        emitted.met = emitted.met.or(self.met.filter(|met| *met >= done));
        emitted
    }
}

/// The columns of both sides for each pair; NULLs where there is no right row.
fn join_columns(
    left: &Batch,
    right: &Batch,
    lefts: &[usize],
    rights: &[Option<usize>],
) -> Result<Batch, Error> {
    let lefts: Vec<u64> = lefts.iter().map(|row| row_index(*row)).collect();
    let rights: UInt64Array = rights.iter().map(|row| row.map(row_index)).collect();
    let rows = lefts.len();
    let mut columns = left.take(&lefts)?.columns;
    columns.extend(right.take_or_null(&rights)?.columns);
    Ok(Batch::new(columns, rows))
}

impl Operator for KeyJoin {
    fn next(&mut self) -> Result<Option<Batch>, Error> {
        loop {
            self.context.check()?;
            if self.found.rows.is_empty() && !self.advance()? {
                return Ok(None);
            }
            let joined = self.pairs()?;
            if joined.rows > 0 {
                return Ok(Some(joined));
            }
        }
    }
}
