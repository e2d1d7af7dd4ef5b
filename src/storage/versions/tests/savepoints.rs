//! Savepoints: what going back to one leaves, and what it does for that.

use super::chunks::{amounts, row, table_of};
use crate::storage::versions::chunk::with_chunk_rows;
use crate::storage::versions::state::APPLIED;
use crate::storage::{Change, Fork};
use crate::types::{EventId, Period, RowId};
use std::sync::Arc;

#[test]
fn going_back_applies_nothing_again() {
    let (state, table) = table_of(5000);
    let mut fork = Fork::new(state.view(Period::at(state.head())), state.head().next());
    let insert = |id| Change::Insert { table: Arc::clone(&table), row: None, new: row(id, 1) };
    let delete = |id| Change::Delete { table: Arc::clone(&table), row: RowId(id), old: row(id, 0) };
    fork.record((5001..=14_000).map(insert).collect()).expect("they are new");
    let (outer, before) = (fork.savepoint(), amounts(&fork.view(), &table));
    let mut inner = Vec::new();
    for id in 1..=50 {
        fork.record(vec![delete(id), insert(20_000 + id)]).expect("the row is there");
        inner.push((fork.savepoint(), fork.len(), amounts(&fork.view(), &table)));
    }
    let applied = APPLIED.get();
    let mut expect = |savepoint, length, rows: &Vec<_>| {
        fork.rollback_to(savepoint);
        assert_eq!((fork.len(), APPLIED.get()), (length, applied));
        assert!(amounts(&fork.view(), &table) == *rows);
    };
    for (savepoint, length, rows) in inner.iter().rev() {
        expect(savepoint, *length, rows);
        expect(savepoint, *length, rows);
    }
    expect(&outer, 9000, &before);
    // It goes on from there, with the same numbers.
    fork.record(vec![delete(9), insert(30_000)]).expect("the row is there");
    let with_two: Vec<_> = amounts(&fork.view(), &table);
    assert_eq!(with_two.len(), before.len());
    assert!(with_two.iter().all(|(row, _)| *row != RowId(9)));
    fork.rollback_to(&outer);
    assert!(amounts(&fork.view(), &table) == before);
    assert_eq!(fork.view().period(), Period::at(EventId(14_001)));
}

#[test]
fn what_a_savepoint_holds_is_copied_in_small_parts() {
    with_chunk_rows(64, || {
        let (state, table) = table_of(10);
        let mut fork = Fork::new(state.view(Period::at(state.head())), state.head().next());
        let mut kept = Vec::new();
        for id in 11..=300 {
            kept.push((fork.savepoint(), amounts(&fork.view(), &table)));
            let new = row(id, 1);
            let insert = Change::Insert { table: Arc::clone(&table), row: None, new };
            fork.record(vec![insert]).expect("it is new");
            let new = row(id, 2);
            let old = row(id, 1);
            let update = Change::Update { table: Arc::clone(&table), row: RowId(id), old, new };
            fork.record(vec![update]).expect("it is there");
        }
        for (savepoint, rows) in kept.iter().rev() {
            fork.rollback_to(savepoint);
            assert!(amounts(&fork.view(), &table) == *rows);
        }
    });
}

#[test]
fn causes_go_with_what_they_made() {
    let (state, table) = table_of(1);
    let mut fork = Fork::new(state.view(Period::at(state.head())), state.head().next());
    let insert = |id| Change::Insert { table: Arc::clone(&table), row: None, new: row(id, 1) };
    let first = fork.record_one(insert(2), None).expect("it is new");
    let savepoint = fork.savepoint();
    let second = fork.record_one(insert(3), first).expect("it is new");
    assert_eq!((first, second), (Some(0), Some(1)));
    fork.rollback_to(&savepoint);
    fork.record_one(insert(4), None).expect("it is new");
    fork.record_one(insert(5), second).expect("it is new");
    let (operations, causes) = fork.into_operations().expect("all was applied");
    let causes: Vec<_> = (0..operations.len()).map(|operation| causes.of(operation)).collect();
    assert_eq!(causes, [None, None, Some(1)]);
}

#[test]
fn a_row_that_nobody_was_expected_to_look_at_is_there_for_whoever_does() {
    let (state, table) = table_of(10);
    let fork = || Fork::new(state.view(Period::at(state.head())), state.head().next());
    let insert = |id| Change::Insert { table: Arc::clone(&table), row: None, new: row(id, 1) };
    let update = |id| Change::Update {
        table: Arc::clone(&table),
        row: RowId(id),
        old: row(id, 1),
        new: row(id, 2),
    };
    let (mut seen, mut unseen) = (fork(), fork().unseen());
    let (before, applied) = (unseen.savepoint(), APPLIED.get());
    for fork in [&mut seen, &mut unseen] {
        fork.record(vec![insert(11)]).expect("it is new");
    }
    assert_eq!(APPLIED.get(), applied + 1, "the one that is seen");
    assert!(amounts(&unseen.view(), &table) == amounts(&seen.view(), &table));
    let with_one = unseen.savepoint();
    for fork in [&mut seen, &mut unseen] {
        fork.record(vec![update(11), insert(12)]).expect("the row is there");
    }
    assert_eq!(unseen.view().period(), seen.view().period());
    assert!(amounts(&unseen.view(), &table) == amounts(&seen.view(), &table));
    unseen.rollback_to(&with_one);
    assert_eq!(amounts(&unseen.view(), &table).len(), 11);
    unseen.rollback_to(&before);
    assert_eq!(amounts(&unseen.view(), &table).len(), 10);
    unseen.record(vec![insert(13)]).expect("it is new");
    assert_eq!(amounts(&unseen.view(), &table).len(), 11);
    let operations = |fork: Fork| format!("{:?}", fork.into_operations().expect("all was applied"));
    let (mut seen, mut unseen) = (fork(), fork().unseen());
    for fork in [&mut seen, &mut unseen] {
        fork.record(vec![insert(11)]).expect("it is new");
    }
    assert_eq!(operations(unseen), operations(seen));
}
