//! Which right rows of a join have which key: by key the first of them, and from each the next.
//!
//! Keys of whole numbers, which most are, are packed into one number: each part counts from the least
//! that the right side has of it. Where these numbers lie close they are places in a table, as those of
//! numbered rows do; else they are hashed. All other keys are hashed as bytes that
//! [`key`](crate::types::key) makes. What a batch of left rows finds is looked up for all of them at
//! once, column by column; texts that have codes once for each code.

use super::code_numbers::CodeNumbers;
use super::integer_range::IntegerRange;
use crate::planner::Join;
use crate::types::DataType;
use crate::types::key::{KeyColumn, row_key};
use crate::types::key_hash::KeyHashing;
use crate::types::key_table::{KeyTable, probe};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

/// The end of a chain of right rows with one key; the partner of a left row that has none.
pub const END: usize = usize::MAX;

/// The packed number of a key that no right row has.
const NOWHERE: u64 = u64::MAX;

/// The end of a chain in a table of places.
const NONE: u32 = u32::MAX;

/// How many places a key may take on average where places are found without a hash.
const PLACES: u64 = 4;

/// The right rows by their keys; they are numbered over all batches.
pub struct JoinKeys {
    first: FirstRows,
    /// From each row the next that has its key; empty where none has one.
    next: Vec<usize>,
}

/// The first row of each key.
enum FirstRows {
    /// Nothing must be equal: all rows are one chain.
    All(usize),
    Places(KeyPacking, PlaceTable),
    Hashed(KeyPacking, NumberTable),
    Encoded(KeyTable, Vec<usize>, CodeNumbers),
}

/// What the right rows of a join are equal by, batch by batch.
pub struct RightKeys {
    /// How many rows each batch has, and a column for each of the join's equalities.
    batches: Vec<(usize, Vec<KeyColumn>)>,
    /// The range of each equality's values; `None` where they are no integers, or it is too wide.
    ranges: Vec<Option<IntegerRange>>,
}

impl RightKeys {
    /// The keys of some batches.
    pub fn new(join: &Join, batches: Vec<(usize, Vec<KeyColumn>)>) -> RightKeys {
        let pairs = join.equal.iter().enumerate();
        let ranges = pairs.map(|(pair, (left, right))| {
            let sides = [left.data_type, right.data_type];
            let columns = || batches.iter().map(|(_, columns)| &columns[pair]);
            (sides == [DataType::Integer; 2]).then(|| IntegerRange::of(columns())).flatten()
        });
        let ranges = ranges.collect();
        RightKeys { batches, ranges }
    }

    /// The values of one of the equalities, if they are integers, and their range.
    pub fn integers(&self, pair: usize) -> Option<(IntegerRange, impl Iterator<Item = i64>)> {
        let columns = self.batches.iter().map(move |(_, columns)| &columns[pair]);
        Some((self.ranges[pair]?, columns.flat_map(KeyColumn::known_integers)))
    }

    /// How many rows there are.
    fn rows(&self) -> usize {
        self.batches.iter().map(|(rows, _)| rows).sum()
    }

    /// The batches from the last to the first, so that chains are in order: the number of each one's
    /// first row, its keys, and how many rows it has.
    fn reversed(&self) -> impl Iterator<Item = (usize, &[KeyColumn], usize)> {
        let mut first = self.rows();
        self.batches.iter().rev().map(move |(count, columns)| {
            first -= count;
            (first, columns.as_slice(), *count)
        })
    }
}

/// How keys of whole numbers become one number.
struct KeyPacking {
    /// For each part what it may be.
    parts: Vec<IntegerRange>,
    /// How many numbers there are.
    numbers: u64,
}

impl KeyPacking {
    /// The packing of these keys; `None` where they have no room in one number.
    fn new(keys: &RightKeys) -> Option<KeyPacking> {
        let parts = keys.ranges.iter().copied().collect::<Option<Vec<IntegerRange>>>()?;
        let mut spans = parts.iter().map(|part| part.span);
        let numbers = spans.try_fold(1_u64, u64::checked_mul)?;
        Some(KeyPacking { parts, numbers })
    }

    /// The number of each row's key; [`NOWHERE`] where a part is NULL or is none of the right side's.
    fn pack(&self, columns: &[KeyColumn], rows: usize) -> Vec<u64> {
        let mut packed = vec![0; rows];
        for (column, part) in columns.iter().zip(&self.parts) {
            let integers = column.array.as_primitive::<Int64Type>();
            for (packed, value) in packed.iter_mut().zip(integers.values()) {
                *packed = match part.offset(*value) {
                    Some(offset) if *packed != NOWHERE => packed.wrapping_mul(part.span) + offset,
                    Some(_) | None => NOWHERE,
                };
            }
            if let Some(nulls) = integers.nulls() {
                let unknown = nulls.iter().zip(&mut packed).filter(|(is_known, _)| !is_known);
                unknown.for_each(|(_, packed)| *packed = NOWHERE);
            }
        }
        packed
    }
}

/// The first row of each packed number.
trait FirstByNumber {
    /// Makes a row the first of its number; gives the one that was, or [`END`].
    fn replace(&mut self, number: u64, row: usize) -> usize;

    /// The first row of a number, [`END`] where it has none.
    fn first(&self, number: u64) -> usize;
}

/// The first row of each number at the place that the number says.
struct PlaceTable(Vec<u32>);

impl PlaceTable {
    /// A table with a place for each number; `None` where that is too much for so many rows.
    fn with_places(numbers: u64, rows: usize) -> Option<PlaceTable> {
        let most = u64::try_from(rows).unwrap_or(u64::MAX).saturating_mul(PLACES);
        let is_close = numbers <= most.max(PLACES * 256) && u32::try_from(rows).is_ok();
        let places = usize::try_from(numbers).ok().filter(|_| is_close)?;
        Some(PlaceTable(vec![NONE; places]))
    }

    /// The row that a place names.
    fn row_of(place: u32) -> usize {
        if place == NONE { END } else { usize::try_from(place).unwrap_or(END) }
    }
}

impl FirstByNumber for PlaceTable {
    fn replace(&mut self, number: u64, row: usize) -> usize {
        let place = usize::try_from(number).ok().and_then(|place| self.0.get_mut(place));
        place.map_or(END, |place| {
            let row = u32::try_from(row).unwrap_or(NONE);
            PlaceTable::row_of(std::mem::replace(place, row))
        })
    }

    fn first(&self, number: u64) -> usize {
        let place = usize::try_from(number).ok().and_then(|place| self.0.get(place));
        place.map_or(END, |place| PlaceTable::row_of(*place))
    }
}

/// The first row of each number, found by a hash; never more than half full.
///
/// A [`KeyTable`] would do the same for more: it holds bytes elsewhere and compares them where hashes are
/// equal, and it grows. Here the slot has all that there is, and how many may come is known.
struct NumberTable {
    hashing: KeyHashing,
    /// A free slot has no row.
    slots: Vec<(u64, usize)>,
}

impl NumberTable {
    /// A table with room for so many numbers.
    fn with_room(numbers: usize) -> NumberTable {
        let slots = vec![(NOWHERE, END); (2 * numbers).next_power_of_two().max(2)];
        NumberTable { hashing: KeyHashing::default(), slots }
    }

    /// The slot of a number, or the free one where it would be.
    fn slot(&self, number: u64) -> usize {
        let last = self.slots.len() - 1;
        probe(self.hashing.place(number, last), last, |at| {
            let (known, row) = self.slots[at];
            row == END || known == number
        })
    }
}

impl FirstByNumber for NumberTable {
    fn replace(&mut self, number: u64, row: usize) -> usize {
        let slot = self.slot(number);
        std::mem::replace(&mut self.slots[slot], (number, row)).1
    }

    fn first(&self, number: u64) -> usize {
        if number == NOWHERE { END } else { self.slots[self.slot(number)].1 }
    }
}

impl JoinKeys {
    /// The keys of right rows.
    pub fn new(keys: &RightKeys) -> JoinKeys {
        let rows = keys.rows();
        if keys.ranges.is_empty() {
            let next = (1..rows).chain([END]).take(rows).collect();
            return JoinKeys { first: FirstRows::All(if rows == 0 { END } else { 0 }), next };
        }
        match KeyPacking::new(keys) {
            Some(packing) => JoinKeys::packed(packing, keys),
            None => JoinKeys::encoded(keys),
        }
    }

    fn packed(packing: KeyPacking, keys: &RightKeys) -> JoinKeys {
        let rows = keys.rows();
        let (first, next) = match PlaceTable::with_places(packing.numbers, rows) {
            Some(mut table) => {
                let next = chained(&mut table, &packing, keys);
                (FirstRows::Places(packing, table), next)
            }
            None => {
                let mut table = NumberTable::with_room(rows);
                let next = chained(&mut table, &packing, keys);
                (FirstRows::Hashed(packing, table), next)
            }
        };
        JoinKeys { first, next }
    }

    fn encoded(keys: &RightKeys) -> JoinKeys {
        let (mut known, mut firsts) = (KeyTable::default(), Vec::new());
        let (mut chains, mut key) = (Chains::of(keys.rows()), Vec::new());
        for (first, columns, count) in keys.reversed() {
            for row in (0..count).rev().filter(|row| is_known(columns, *row)) {
                row_key(&mut key, columns, row);
                match known.insert(&key) {
                    (_, true) => firsts.push(first + row),
                    (number, false) => {
                        let before = std::mem::replace(&mut firsts[number], first + row);
                        chains.link(first + row, before);
                    }
                }
            }
        }
        JoinKeys {
            first: FirstRows::Encoded(known, firsts, CodeNumbers::default()),
            next: chains.next,
        }
    }

    /// The first right row for each of some left rows, or [`END`]; `None` where all of them have the same:
    /// then it is [`JoinKeys::first_of_all`].
    pub fn first_partners(&mut self, columns: &[KeyColumn], rows: usize) -> Option<Vec<usize>> {
        let partners = match &mut self.first {
            FirstRows::All(_) => return None,
            FirstRows::Places(packing, table) => firsts(table, packing, columns, rows),
            FirstRows::Hashed(packing, table) => firsts(table, packing, columns, rows),
            FirstRows::Encoded(known, firsts, coded) => {
                let mut key = Vec::new();
                let first = |row: usize| {
                    if !is_known(columns, row) {
                        return END;
                    }
                    row_key(&mut key, columns, row);
                    known.number(&key).map_or(END, |number| firsts[number])
                };
                match columns {
                    [KeyColumn { codes: Some(codes), .. }] => coded.number(codes, first),
                    _ => (0..rows).map(first).collect(),
                }
            }
        };
        Some(partners)
    }

    /// The first right row, where nothing must be equal.
    pub fn first_of_all(&self) -> usize {
        match self.first {
            FirstRows::All(first) => first,
            FirstRows::Places(..) | FirstRows::Hashed(..) | FirstRows::Encoded(..) => END,
        }
    }

    /// Whether there are right rows that have a next one.
    pub fn has_chains(&self) -> bool {
        !self.next.is_empty()
    }

    /// The next right row that has the key of one.
    pub fn next(&self, row: usize) -> usize {
        self.next.get(row).copied().unwrap_or(END)
    }
}

/// Fills a table with the first row of each number, from the last row to the first; gives the row that
/// is next of each.
fn chained(table: &mut impl FirstByNumber, packing: &KeyPacking, keys: &RightKeys) -> Vec<usize> {
    let mut chains = Chains::of(keys.rows());
    for (first, columns, count) in keys.reversed() {
        let packed = packing.pack(columns, count).into_iter().enumerate().rev();
        for (row, number) in packed.filter(|(_, number)| *number != NOWHERE) {
            chains.link(first + row, table.replace(number, first + row));
        }
    }
    chains.next
}

/// The first right row for each of some left rows, or [`END`].
fn firsts(
    table: &impl FirstByNumber,
    packing: &KeyPacking,
    columns: &[KeyColumn],
    rows: usize,
) -> Vec<usize> {
    packing.pack(columns, rows).into_iter().map(|number| table.first(number)).collect()
}

/// Whether no part of a row's key is NULL, which equals nothing.
fn is_known(columns: &[KeyColumn], row: usize) -> bool {
    columns.iter().all(|column| column.is_known(row))
}

/// Rows with one key, each with the next; a list of them only where one has a next.
struct Chains {
    rows: usize,
    next: Vec<usize>,
}

impl Chains {
    fn of(rows: usize) -> Chains {
        Chains { rows, next: Vec::new() }
    }

    fn link(&mut self, row: usize, next: usize) {
        if next == END {
            return;
        }
        if self.next.is_empty() {
            self.next = vec![END; self.rows];
        }
        self.next[row] = next;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::planner::{BoundExpression, JoinType, Plan};
    use crate::types::Value;
    use crate::types::column::array_of;

    /// A join by columns of these types.
    pub fn join(types: &[DataType]) -> Join {
        let side = |(at, data_type): (usize, &DataType)| {
            (BoundExpression::column(at, *data_type), BoundExpression::column(at, *data_type))
        };
        Join {
            left: Box::new(Plan::OneRow),
            right: Box::new(Plan::OneRow),
            types: (types.into(), types.into()),
            kind: JoinType::Inner,
            equal: types.iter().enumerate().map(side).collect(),
            condition: None,
        }
    }

    /// The columns of some rows.
    pub fn columns(types: &[DataType], rows: &[Vec<Value>]) -> Vec<KeyColumn> {
        let column = |(at, data_type): (usize, &DataType)| {
            let values = rows.iter().map(|row| &row[at]);
            KeyColumn::ascending(array_of(*data_type, values).expect("small"), *data_type)
        };
        types.iter().enumerate().map(column).collect()
    }

    /// Each row's partners by a look at all right rows.
    fn naive(lefts: &[Vec<Value>], rights: &[Vec<Value>]) -> Vec<Vec<usize>> {
        let is_known = |row: &&Vec<Value>| !row.iter().any(Value::is_null);
        let partners = |left: &Vec<Value>| {
            let all = rights.iter().enumerate();
            let equal = all.filter(|(_, right)| is_known(right) && *right == left);
            equal.filter(|_| is_known(&&left.clone())).map(|(row, _)| row).collect()
        };
        lefts.iter().map(partners).collect()
    }

    #[test]
    fn keys_of_all_kinds_find_their_rows_in_order() {
        let spread = |step: i64, scale: i64| {
            let value = |row: i64| match row * step % 11 {
                0 => Value::Null,
                rest => Value::Integer((rest - 5).wrapping_mul(scale)),
            };
            (0..70).map(value).collect::<Vec<_>>()
        };
        let texts: Vec<Value> = (0..70).map(|row| Value::text((row % 9).to_string())).collect();
        let wide = spread(3, i64::MAX / 4);
        let cases: [(&[DataType], Vec<Vec<Value>>); 6] = [
            (&[DataType::Integer], vec![spread(1, 1)]),
            (&[DataType::Integer], vec![spread(1, 1 << 40)]),
            (&[DataType::Integer], vec![wide.clone()]),
            (&[DataType::Integer, DataType::Integer], vec![spread(1, 3), spread(5, -70)]),
            (&[DataType::Integer, DataType::Integer], vec![wide.clone(), wide]),
            (&[DataType::Text, DataType::Integer], vec![texts, spread(2, 1)]),
        ];
        for (types, values) in cases {
            let row = |at: usize| values.iter().map(|column| column[at].clone()).collect();
            let rights: Vec<Vec<Value>> = (0..50).map(row).collect();
            let lefts: Vec<Vec<Value>> = (20..70).map(row).collect();
            let parts = [&rights[..20], &rights[20..20], &rights[20..]];
            let batches = parts.map(|part| (part.len(), columns(types, part)));
            let mut keys = JoinKeys::new(&RightKeys::new(&join(types), batches.into()));
            let first = keys.first_partners(&columns(types, &lefts), lefts.len());
            let chain = |first: &usize| {
                let next = |row: &usize| Some(keys.next(*row));
                let chain = std::iter::successors(Some(*first), next);
                chain.take_while(|row| *row != END).collect::<Vec<usize>>()
            };
            let found: Vec<Vec<usize>> = first.expect("keys").iter().map(chain).collect();
            assert_eq!(found, naive(&lefts, &rights), "{types:?}");
        }
    }

    #[test]
    fn without_keys_all_rows_are_one_chain() {
        let rights = |batches| JoinKeys::new(&RightKeys::new(&join(&[]), batches));
        let mut keys = rights(vec![(2, Vec::new()), (1, Vec::new())]);
        assert_eq!(keys.first_partners(&[], 5), None);
        let chain = [keys.first_of_all(), keys.next(0), keys.next(1), keys.next(2)];
        assert_eq!(chain, [0, 1, 2, END]);
        assert_eq!(rights(Vec::new()).first_of_all(), END);
    }
}
