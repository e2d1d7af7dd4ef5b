//! Which right rows of a join have which key: by key the first of them, and from each the next.
//!
//! Keys of whole numbers, which most are, are packed into one number: each part counts from the least
//! that the right side has of it. Where these numbers lie close they are places in a table, as those of
//! numbered rows do; else they are hashed. All other keys are hashed as bytes that
//! [`key`](crate::types::key) makes. What a batch of left rows finds is looked up for all of them at
//! once, column by column.

use crate::planner::Join;
use crate::types::DataType;
use crate::types::key::{KeyColumn, row_key};
use crate::types::key_hash::KeyHashing;
use crate::types::key_table::KeyTable;
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

/// The keys of right rows, which are numbered over all batches.
pub struct JoinKeys {
    first: FirstRows,
    /// From each row the next that has its key; empty where none has one.
    next: Vec<usize>,
}

/// The first row of each key.
enum FirstRows {
    /// Nothing must be equal: all rows are one chain.
    All(usize),
    Places(KeyPacking, Vec<u32>),
    Hashed(KeyPacking, NumberTable),
    Encoded(KeyTable, Vec<usize>),
}

/// How keys of whole numbers become one number.
struct KeyPacking {
    /// For each part the least that it may be, and how many values there are from that on.
    parts: Vec<(i64, u64)>,
    /// How many numbers there are.
    numbers: u64,
}

impl KeyPacking {
    /// The packing of these keys; `None` where they have no room in one number.
    fn new(batches: &[(usize, Vec<KeyColumn>)], width: usize) -> Option<KeyPacking> {
        let mut parts = Vec::with_capacity(width);
        let mut numbers = 1_u64;
        for part in 0..width {
            let columns = batches.iter().map(|(_, columns)| &columns[part]);
            let (mut least, mut most) = (i64::MAX, i64::MIN);
            for column in columns {
                for value in column.known_integers() {
                    (least, most) = (least.min(value), most.max(value));
                }
            }
            let span = if least > most { 0 } else { most.abs_diff(least).checked_add(1)? };
            numbers = numbers.checked_mul(span)?;
            parts.push((least, span));
        }
        Some(KeyPacking { parts, numbers })
    }

    /// The number of each row's key; [`NOWHERE`] where a part is NULL or is none of the right side's.
    fn pack(&self, columns: &[KeyColumn], rows: usize) -> Vec<u64> {
        let mut packed = vec![0; rows];
        for (column, (least, span)) in columns.iter().zip(&self.parts) {
            let integers = column.array.as_primitive::<Int64Type>();
            for (packed, value) in packed.iter_mut().zip(integers.values()) {
                let offset = value.wrapping_sub(*least).cast_unsigned();
                let is_there = *packed != NOWHERE && offset < *span;
                *packed = if is_there { packed.wrapping_mul(*span) + offset } else { NOWHERE };
            }
            if let Some(nulls) = integers.nulls() {
                let known = nulls.iter().zip(&mut packed).filter(|(is_known, _)| !is_known);
                known.for_each(|(_, packed)| *packed = NOWHERE);
            }
        }
        packed
    }
}

/// Numbers, and the first row of each: open addressing with linear probing, never more than half full.
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
        let mut at = self.hashing.place(number, last);
        while self.slots[at].1 != END && self.slots[at].0 != number {
            at = (at + 1) & last;
        }
        at
    }
}

impl JoinKeys {
    /// The keys of right rows: for each batch how many rows it has and what they are equal by.
    pub fn new(join: &Join, batches: &[(usize, Vec<KeyColumn>)]) -> JoinKeys {
        let rows = batches.iter().map(|(rows, _)| rows).sum();
        if join.equal.is_empty() {
            let next = (1..rows).chain([END]).take(rows).collect();
            return JoinKeys { first: FirstRows::All(if rows == 0 { END } else { 0 }), next };
        }
        let mut sides = join.equal.iter().flat_map(|(left, right)| [left, right]);
        let are_integers = sides.all(|side| side.data_type == DataType::Integer);
        match are_integers.then(|| KeyPacking::new(batches, join.equal.len())).flatten() {
            Some(packing) => JoinKeys::packed(packing, batches, rows),
            None => JoinKeys::encoded(batches, rows),
        }
    }

    fn packed(packing: KeyPacking, batches: &[(usize, Vec<KeyColumn>)], rows: usize) -> JoinKeys {
        let mut chains = Chains::of(rows);
        let most = u64::try_from(rows).unwrap_or(u64::MAX).saturating_mul(PLACES);
        let is_close = packing.numbers <= most.max(PLACES * 256) && u32::try_from(rows).is_ok();
        let places = usize::try_from(packing.numbers).ok().filter(|_| is_close);
        let Some(places) = places else {
            let mut table = NumberTable::with_room(rows);
            for (first, columns, count) in from_the_last(batches, rows) {
                let packed = packing.pack(columns, count).into_iter().enumerate().rev();
                for (row, number) in packed.filter(|(_, number)| *number != NOWHERE) {
                    let slot = table.slot(number);
                    let before = std::mem::replace(&mut table.slots[slot], (number, first + row));
                    chains.link(first + row, before.1);
                }
            }
            return JoinKeys { first: FirstRows::Hashed(packing, table), next: chains.next };
        };
        let mut table = vec![NONE; places];
        for (first, columns, count) in from_the_last(batches, rows) {
            let packed = packing.pack(columns, count).into_iter().enumerate().rev();
            for (row, number) in packed {
                let place = usize::try_from(number).ok().and_then(|place| table.get_mut(place));
                if let Some(place) = place {
                    let this = u32::try_from(first + row).unwrap_or(NONE);
                    chains.link(first + row, row_of(std::mem::replace(place, this)));
                }
            }
        }
        JoinKeys { first: FirstRows::Places(packing, table), next: chains.next }
    }

    fn encoded(batches: &[(usize, Vec<KeyColumn>)], rows: usize) -> JoinKeys {
        let (mut known, mut firsts) = (KeyTable::default(), Vec::new());
        let (mut chains, mut key) = (Chains::of(rows), Vec::new());
        for (first, columns, count) in from_the_last(batches, rows) {
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
        JoinKeys { first: FirstRows::Encoded(known, firsts), next: chains.next }
    }

    /// The first right row for each of some left rows, or [`END`]; `None` where all of them have the same:
    /// then it is [`JoinKeys::first_of_all`].
    pub fn first_partners(&self, columns: &[KeyColumn], rows: usize) -> Option<Vec<usize>> {
        let partners = match &self.first {
            FirstRows::All(_) => return None,
            FirstRows::Places(packing, table) => {
                let first = |number: u64| {
                    let place = usize::try_from(number).ok().and_then(|place| table.get(place));
                    place.map_or(END, |row| row_of(*row))
                };
                packing.pack(columns, rows).into_iter().map(first).collect()
            }
            FirstRows::Hashed(packing, table) => {
                let first = |number: u64| match number {
                    NOWHERE => END,
                    number => table.slots[table.slot(number)].1,
                };
                packing.pack(columns, rows).into_iter().map(first).collect()
            }
            FirstRows::Encoded(known, firsts) => {
                let mut key = Vec::new();
                let first = |row: usize| {
                    if !is_known(columns, row) {
                        return END;
                    }
                    row_key(&mut key, columns, row);
                    known.number(&key).map_or(END, |number| firsts[number])
                };
                (0..rows).map(first).collect()
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

    /// The next right row that has the key of one.
    pub fn next(&self, row: usize) -> usize {
        self.next.get(row).copied().unwrap_or(END)
    }
}

/// Batches from the last to the first, so that chains are in order: the number of each one's first row, its
/// keys, and how many rows it has.
fn from_the_last(
    batches: &[(usize, Vec<KeyColumn>)],
    rows: usize,
) -> impl Iterator<Item = (usize, &[KeyColumn], usize)> {
    let mut first = rows;
    batches.iter().rev().map(move |(count, columns)| {
        first -= count;
        (first, columns.as_slice(), *count)
    })
}

/// Whether no part of a row's key is NULL, which equals nothing.
fn is_known(columns: &[KeyColumn], row: usize) -> bool {
    columns.iter().all(|column| column.is_known(row))
}

/// The row that a table of places names.
fn row_of(row: u32) -> usize {
    if row == NONE { END } else { usize::try_from(row).unwrap_or(END) }
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
mod tests {
    use super::*;
    use crate::planner::{BoundExpression, JoinType, Plan};
    use crate::types::Value;
    use crate::types::column::array_of;

    fn join(types: &[DataType]) -> Join {
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

    fn columns(types: &[DataType], rows: &[Vec<Value>]) -> Vec<KeyColumn> {
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
            let keys = JoinKeys::new(&join(types), &batches);
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
        let keys = JoinKeys::new(&join(&[]), &[(2, Vec::new()), (1, Vec::new())]);
        assert_eq!(keys.first_partners(&[], 5), None);
        let chain = [keys.first_of_all(), keys.next(0), keys.next(1), keys.next(2)];
        assert_eq!(chain, [0, 1, 2, END]);
        assert_eq!(JoinKeys::new(&join(&[]), &[]).first_of_all(), END);
    }
}
