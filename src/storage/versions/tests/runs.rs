//! What came out of order is put where its row belongs, and nothing else is looked at for it.

use super::chunks::{amounts, row, table_of};
use super::model::{event, scanned};
use crate::storage::versions::chunk::CHUNK_ROWS;
use crate::storage::versions::merge::LOOKED_UP;
use crate::storage::{Change, Fork, Operation, State, View};
use crate::storage::{RowImages, RowOperation};
use crate::types::{EventId, Period, RowId, TableSchema, Value};
use std::sync::Arc;

const FULL: u64 = CHUNK_ROWS as u64;

/// A table of three chunks and a half.
const COUNT: u64 = 3 * FULL + FULL / 2;

fn apply(state: &mut State, table: &Arc<TableSchema>, id: u64, rev: u32, images: RowImages) {
    let (table, row) = (Arc::clone(table), RowId(id));
    let operation = Operation::Row(RowOperation { table, row, rev, images });
    state.apply(&event(state.head().0 + 1, operation)).expect("it can be read back");
}

fn update(state: &mut State, table: &Arc<TableSchema>, id: u64, rev: u32) {
    let amount = row(id, u64::from(rev))[2].clone();
    apply(state, table, id, rev, RowImages::Update(vec![(2, Value::Null, amount)]));
}

fn now(state: &State) -> View {
    state.view(Period::at(state.head()))
}

/// What this many batches of a scan hold, and how many rows were looked up for them.
fn looked_up(view: &View, table: &Arc<TableSchema>, batches: usize) -> (Vec<usize>, usize) {
    let before = LOOKED_UP.get();
    let scan = view.table(table).scan(&[2]).take(batches);
    let sizes = scan.map(|batch| batch.expect("small").rows.len()).collect();
    (sizes, LOOKED_UP.get() - before)
}

/// Row numbers all over a table, each once, in no order.
fn scattered(count: u64) -> impl Iterator<Item = u64> {
    (1..=count).map(|at| 1 + at * 7919 % COUNT)
}

fn expected(rows: impl Iterator<Item = u64>, rev: impl Fn(u64) -> u64) -> Vec<(RowId, String)> {
    rows.map(|id| (RowId(id), format!("{:?}", row(id, rev(id))))).collect()
}

const CHUNKS: [usize; 4] = [CHUNK_ROWS, CHUNK_ROWS, CHUNK_ROWS, CHUNK_ROWS / 2];

#[test]
fn scattered_updates_cost_a_look_each_and_the_moment_before_them_none() {
    let (mut state, table) = table_of(COUNT);
    let before = state.head();
    scattered(500).for_each(|id| update(&mut state, &table, id, 2));
    let changed: Vec<u64> = scattered(500).collect();
    let rev = |id| if changed.contains(&id) { 2 } else { 0 };
    assert_eq!(amounts(&now(&state), &table), expected(1..=COUNT, rev));
    assert_eq!(looked_up(&now(&state), &table, 9), (CHUNKS.to_vec(), 500));
    // Whoever asks for the first rows pays for their chunk alone.
    let first = changed.iter().filter(|id| **id <= FULL).count();
    assert_eq!(looked_up(&now(&state), &table, 1), (vec![CHUNK_ROWS], first));
    let then = state.view(Period::at(before));
    assert_eq!(amounts(&then, &table), expected(1..=COUNT, |_| 0));
    assert_eq!(looked_up(&then, &table, 9), (CHUNKS.to_vec(), 0));
    // The next epoch is in order.
    state.start_epoch().expect("it can be read back");
    assert_eq!(amounts(&now(&state), &table), expected(1..=COUNT, rev));
    assert_eq!(looked_up(&now(&state), &table, 9), (CHUNKS.to_vec(), 0));
}

#[test]
fn updates_of_all_rows_in_any_order_show_in_order_of_rows() {
    for in_order in [true, false] {
        let (mut state, table) = table_of(COUNT);
        let rows: Vec<u64> =
            if in_order { (1..=COUNT).collect() } else { scattered(COUNT).collect() };
        for rev in 2..=3 {
            rows.iter().for_each(|id| update(&mut state, &table, *id, rev));
            assert!(amounts(&now(&state), &table) == expected(1..=COUNT, |_| rev.into()));
        }
        let between = state.view(Period::at(EventId(state.head().0 - COUNT)));
        assert!(amounts(&between, &table) == expected(1..=COUNT, |_| 2));
        assert_eq!(looked_up(&between, &table, 1).1, CHUNK_ROWS);
        // A period shows all versions of a row, oldest first, in batches of no more rows than others.
        let all = state.view(Period { first: EventId(0), last: state.head() });
        let versions = (1..=COUNT).flat_map(|id| [0, 2, 3].map(|rev| (id, rev)));
        let versions = versions.map(|(id, rev)| (RowId(id), format!("{:?}", row(id, rev))));
        assert!(amounts(&all, &table) == versions.collect::<Vec<_>>());
    }
}

#[test]
fn rows_that_come_back_and_rows_of_low_numbers_are_where_they_belong() {
    let (mut state, table) = table_of(COUNT);
    let middle = FULL + 5..=2 * FULL - 5;
    for id in middle.clone() {
        apply(&mut state, &table, id, 2, RowImages::Delete(row(id, 0)));
    }
    state.start_epoch().expect("it can be read back");
    let rest = |id: &u64| !middle.contains(id);
    assert!(amounts(&now(&state), &table) == expected((1..=COUNT).filter(rest), |_| 0));
    // They come back from the last to the first; one of two goes again.
    for id in middle.clone().rev() {
        let new = row(id, 3);
        apply(&mut state, &table, id, 3, RowImages::Insert { new, prev: EventId::START });
        if id % 2 == 0 {
            apply(&mut state, &table, id, 4, RowImages::Delete(row(id, 3)));
        }
    }
    update(&mut state, &table, 1, 9);
    let is_there = |id: &u64| rest(id) || id % 2 == 1;
    let rev = |id| if id == 1 { 9 } else { u64::from(middle.contains(&id)) * 3 };
    let rows = expected((1..=COUNT).filter(is_there), rev);
    assert!(amounts(&now(&state), &table) == rows);
    state.start_epoch().expect("it can be read back");
    assert!(amounts(&now(&state), &table) == rows);
    assert_eq!(looked_up(&now(&state), &table, 9).1, 0);
}

#[test]
fn a_table_that_came_backwards_is_shown_batch_by_batch() {
    let (mut state, table) = table_of(0);
    for id in (1..=COUNT).rev() {
        let new = row(id, 0);
        apply(&mut state, &table, id, 1, RowImages::Insert { new, prev: EventId::START });
    }
    assert!(amounts(&now(&state), &table) == expected(1..=COUNT, |_| 0));
    let (sizes, looks) = looked_up(&now(&state), &table, 1);
    assert!(sizes == [CHUNK_ROWS] && looks <= CHUNK_ROWS, "{sizes:?} by {looks}");
}

#[test]
fn a_fork_over_updated_rows_hides_what_it_touches() {
    let (mut state, table) = table_of(COUNT);
    scattered(500).for_each(|id| update(&mut state, &table, id, 2));
    let changed: Vec<u64> = scattered(500).collect();
    let rev = |id: u64| if changed.contains(&id) { 2 } else { 0 };
    let mut fork = Fork::new(now(&state), state.head().next());
    let touched: Vec<u64> = scattered(900).filter(|id| id % 3 == 0).collect();
    for id in &touched {
        let (table, row, old) = (Arc::clone(&table), RowId(*id), row(*id, rev(*id)));
        let new = self::row(*id, 7);
        let change = match id % 2 {
            0 => Change::Update { table, row, old, new },
            _ => Change::Delete { table, row, old },
        };
        fork.record(vec![change]).expect("the row is there");
    }
    for id in COUNT + 1..=COUNT + 9 {
        let (table, new) = (Arc::clone(&table), row(id, 1));
        fork.record(vec![Change::Insert { table, row: None, new }]).expect("small");
    }
    let seen = |id: u64| match id {
        id if touched.contains(&id) => 7,
        id if id > COUNT => 1,
        id => rev(id),
    };
    let is_there = |id: &u64| id.is_multiple_of(2) || !touched.contains(id);
    let shown = expected((1..=COUNT + 9).filter(is_there), seen);
    assert_eq!(scanned(&fork.view().table(&table), &[0, 1, 2]), shown);
    assert_eq!(amounts(&now(&state), &table), expected(1..=COUNT, rev));
}
