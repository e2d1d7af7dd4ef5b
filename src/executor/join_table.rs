//! Right rows that are held and found by their keys, and the pairs that left rows make with them.

use super::Error;
use super::batches::each_part;
use super::datum::{Batch, nulls};
use super::evaluate::Context;
use super::held::{HeldBatches, OUTPUT, RowPlace};
use super::join_keys::{END, JoinKeys, RightKeys};
use crate::planner::{BoundExpression, Join, JoinType};
use crate::types::DataType;
use crate::types::key::KeyColumn;

/// About how many pairs are looked at together.
const PAIRS: usize = 4_096;

/// About how many bytes a right row takes besides its values.
pub const ENTRY_BYTES: usize = 112;

/// The right rows and, for each key, the chain of rows that have it, in order; all rows are one chain where
/// no columns must be equal.
pub struct JoinTable {
    rows: HeldBatches,
    places: Vec<RowPlace>,
    keys: JoinKeys,
    /// Whether a row met a partner, where that decides something; else empty.
    met: Vec<bool>,
    /// Where the NULLs are that stand for a partner, where a left row may have none.
    none: RowPlace,
    /// How many columns the join reads of each side; what else a batch has is carried along.
    widths: (usize, usize),
}

/// A batch of left rows and how far it was joined.
pub struct JoinProbe {
    batch: HeldBatches,
    rows: usize,
    /// The first partner of each row; `None` where all rows have the same.
    partners: Option<Vec<usize>>,
    row: usize,
    /// The next partner of the row, where it has some already.
    partner: Option<usize>,
    /// Whether the row has a partner for which the condition is true.
    has_met: bool,
}

/// Left rows, and the right row of each.
#[derive(Default)]
pub struct JoinPairs {
    /// By their places in the left batch.
    pub lefts: Vec<usize>,
    rights: Vec<usize>,
    given: usize,
}

impl JoinPairs {
    fn push(&mut self, left: usize, right: usize) {
        self.lefts.push(left);
        self.rights.push(right);
    }
}

/// Right rows that are held.
pub struct RightRows {
    held: HeldBatches,
    /// What is equal of them.
    pub keys: RightKeys,
}

impl RightRows {
    /// Holds some right rows. What a batch has behind the columns of the right side is carried along.
    ///
    /// # Errors
    /// What [`Context::evaluate`] says of the keys.
    pub fn new(rows: Vec<Batch>, join: &Join, context: &Context) -> Result<RightRows, Error> {
        let (mut held, mut keys) = (HeldBatches::default(), Vec::new());
        for batch in rows {
            let sides = || join.equal.iter().map(|(_, right)| right);
            let parts =
                each_part(&batch, |part| Ok((part.clone(), key_values(context, sides(), part)?)))?;
            for (part, columns) in parts {
                keys.push((part.rows, columns));
                held.push(part);
            }
        }
        Ok(RightRows { held, keys: RightKeys::new(join, keys) })
    }
}

impl JoinTable {
    /// The table of some right rows. Those of its columns of texts get codes that `coded` names.
    pub fn new(
        rows: RightRows,
        join: &Join,
        types: (&[DataType], &[DataType]),
        coded: &[usize],
    ) -> JoinTable {
        let RightRows { mut held, keys } = rows;
        // Where it is enough that there is a right row, none is looked at.
        let are_read = join.kind.gives_right() || join.condition.is_some();
        let places: Vec<RowPlace> = if are_read { held.places().collect() } else { Vec::new() };
        let keys = JoinKeys::new(&keys);
        let none = (held.batches().len(), 0);
        if join.kind.keeps_left() && join.kind.gives_right() {
            let given = held.batches().first().map_or(0, |batch| batch.columns.len());
            let carried = given.saturating_sub(types.1.len());
            let columns = types.1.iter().chain(std::iter::repeat_n(&DataType::Integer, carried));
            let columns = columns.map(|data_type| nulls(*data_type, 1)).collect();
            held.push(Batch::new(columns, 1));
        }
        coded.iter().for_each(|column| held.encode(*column));
        let met = vec![false; if join.kind.keeps_right() { places.len() } else { 0 }];
        let widths = (types.0.len(), types.1.len());
        JoinTable { rows: held, places, keys, met, none, widths }
    }

    /// Left rows, whose keys are over these columns.
    pub fn probe(&mut self, batch: Batch, keys: &[KeyColumn]) -> JoinProbe {
        let (rows, mut held) = (batch.rows, HeldBatches::default());
        let partners = self.keys.first_partners(keys, rows);
        held.push(batch);
        JoinProbe { batch: held, rows, partners, row: 0, partner: None, has_met: false }
    }

    /// The next pairs of left rows for which the condition is true; `None` once all rows were looked at.
    ///
    /// # Errors
    /// What [`Context::evaluate`] says of the condition.
    pub fn pairs(
        &mut self,
        probe: &mut JoinProbe,
        join: &Join,
        context: &Context,
    ) -> Result<Option<JoinPairs>, Error> {
        if probe.row == probe.rows {
            return Ok(None);
        }
        let is_one_enough = !join.kind.gives_right() && join.condition.is_none();
        let mut pairs = self.candidates(probe, is_one_enough);
        if let Some(condition) = &join.condition {
            pairs = self.selected(probe, pairs, condition, context)?;
        }
        if !self.met.is_empty() {
            pairs.rights.iter().for_each(|right| self.met[*right] = true);
        }
        Ok(Some(pairs))
    }

    /// The next pairs as they come out, where all right rows are in the table: an outer join pairs a left
    /// row without a partner with nothing; of a semi or anti join it is the left rows that count.
    ///
    /// # Errors
    /// As [`JoinTable::pairs`].
    pub fn output(
        &mut self,
        probe: &mut JoinProbe,
        join: &Join,
        context: &Context,
    ) -> Result<Option<JoinPairs>, Error> {
        let start = probe.row;
        let pairs = self.pairs(probe, join, context)?;
        Ok(pairs.map(|pairs| match join.kind {
            JoinType::Inner | JoinType::Cross | JoinType::Right => pairs,
            JoinType::Left | JoinType::Full | JoinType::Semi | JoinType::Anti => {
                by_left_row(pairs, start, probe, join.kind)
            }
        }))
    }

    /// Pairs whose keys are equal: some thousands of them, or up to the last left row.
    fn candidates(&self, probe: &mut JoinProbe, is_one_enough: bool) -> JoinPairs {
        let mut pairs = JoinPairs::default();
        // Mostly no two right rows have one key.
        if let Some(partners) = &probe.partners
            && !self.keys.has_chains()
        {
            let (start, end) = (probe.row, probe.rows.min(probe.row + PAIRS));
            let known = (start..end).zip(&partners[start..end]);
            let met = known.filter(|(_, partner)| **partner != END);
            (pairs.lefts, pairs.rights) = met.map(|(row, partner)| (row, *partner)).unzip();
            probe.row = end;
            return pairs;
        }
        while probe.row < probe.rows && pairs.lefts.len() < PAIRS {
            let mut partner = match (probe.partner.take(), &probe.partners) {
                (Some(partner), _) => partner,
                (None, Some(partners)) => partners[probe.row],
                (None, None) => self.keys.first_of_all(),
            };
            while partner != END && pairs.lefts.len() < PAIRS {
                pairs.push(probe.row, partner);
                partner = if is_one_enough { END } else { self.keys.next(partner) };
            }
            if partner == END {
                probe.row += 1;
            } else {
                probe.partner = Some(partner);
            }
        }
        pairs
    }

    /// The pairs for which a condition is true.
    fn selected(
        &self,
        probe: &JoinProbe,
        mut pairs: JoinPairs,
        condition: &BoundExpression,
        context: &Context,
    ) -> Result<JoinPairs, Error> {
        let mut selected = JoinPairs::default();
        while pairs.given < pairs.lefts.len() {
            let from = pairs.given;
            let Some(joined) = self.joined(probe, &mut pairs, true, &[])? else { break };
            let mask = context.mask(condition, &joined)?;
            for at in (0..joined.rows).filter(|at| mask.value(*at)) {
                selected.push(pairs.lefts[from + at], pairs.rights[from + at]);
            }
        }
        Ok(selected)
    }

    /// The columns of the next pairs, as many as a batch has room for: those of both sides, and what left
    /// batches carry along. Without `gives_right` those of the left side only. Of right columns that are
    /// `unread` there are NULLs.
    ///
    /// # Errors
    /// None but faults of ours.
    pub fn joined(
        &self,
        probe: &JoinProbe,
        pairs: &mut JoinPairs,
        gives_right: bool,
        unread: &[usize],
    ) -> Result<Option<Batch>, Error> {
        let (lefts, rights) = (&pairs.lefts[pairs.given..], &pairs.rights[pairs.given..]);
        if lefts.is_empty() {
            return Ok(None);
        }
        let lefts: Vec<RowPlace> = lefts.iter().take(OUTPUT).map(|row| (0, *row)).collect();
        if !gives_right {
            let batch = probe.batch.gather(&lefts)?;
            pairs.given += batch.rows;
            return Ok(Some(batch));
        }
        let place = |right: &usize| self.places.get(*right).copied().unwrap_or(self.none);
        let rights: Vec<RowPlace> = rights.iter().take(OUTPUT).map(place).collect();
        let rows = probe.batch.room(&lefts).min(self.rows.room(&rights));
        let Batch { mut columns, mut coded, .. } = probe.batch.gather(&lefts[..rows])?;
        let carried = columns.split_off(self.widths.0);
        let right = self.rows.gather_read(&rights[..rows], unread)?;
        columns.extend(right.columns.into_iter().take(self.widths.1));
        columns.extend(carried);
        coded.extend(right.coded);
        pairs.given += rows;
        Ok(Some(Batch { columns, rows, coded }))
    }

    /// The places of right rows that met no partner, where they are kept.
    pub fn unmet(&self) -> Vec<RowPlace> {
        let unmet = self.met.iter().zip(&self.places).filter(|(met, _)| !**met);
        unmet.map(|(_, place)| *place).collect()
    }

    /// The first of some right rows beside NULLs of the left side's types, with what they carry along.
    ///
    /// # Errors
    /// None but faults of ours.
    pub fn beside_nulls(&self, places: &[RowPlace], left: &[DataType]) -> Result<Batch, Error> {
        let right = self.rows.gather(places)?;
        let left = left.iter().map(|data_type| nulls(*data_type, right.rows));
        Ok(Batch::new(left.chain(right.columns).collect(), right.rows))
    }
}

/// The values of a key's expressions for the rows of a batch.
///
/// # Errors
/// What [`Context::evaluate`] says of them.
pub fn key_values<'a>(
    context: &Context,
    expressions: impl Iterator<Item = &'a BoundExpression>,
    batch: &Batch,
) -> Result<Vec<KeyColumn>, Error> {
    expressions
        .map(|expression| {
            let array = context
                .evaluate(expression, batch)?
                .into_array(expression.data_type, batch.rows)?;
            Ok(KeyColumn::ascending(array, expression.data_type).coded(&batch.coded))
        })
        .collect()
}

/// What comes out of a join for the left rows from `start` on, whose pairs these are: the pairs, and one
/// without a right row for each row that has none; or the rows that have some, or those that have none.
fn by_left_row(pairs: JoinPairs, start: usize, probe: &mut JoinProbe, kind: JoinType) -> JoinPairs {
    let mut all = JoinPairs::default();
    let mut known = pairs.lefts.iter().copied().zip(pairs.rights).peekable();
    // A row that has more partners goes on with the next pairs.
    let is_open = probe.partner.is_some();
    let mut has_met = false;
    for row in start..probe.row + usize::from(is_open) {
        let had_met = row == start && probe.has_met;
        has_met = had_met;
        while let Some((_, right)) = known.next_if(|(left, _)| *left == row) {
            has_met = true;
            if kind.gives_right() {
                all.push(row, right);
            }
        }
        let is_through = row < probe.row;
        let comes_alone = match kind {
            JoinType::Semi => has_met && !had_met,
            JoinType::Left | JoinType::Full | JoinType::Anti => is_through && !has_met,
            JoinType::Inner | JoinType::Cross | JoinType::Right => false,
        };
        if comes_alone {
            all.push(row, END);
        }
    }
    probe.has_met = is_open && has_met;
    all
}
